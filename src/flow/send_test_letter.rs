//! A test letter to one address, through the outbox like every other mail but at any hour.

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::MailId;
use crate::domain::mail_state::{MailKind, MailState};
use crate::flow::{Ctx, FlowError};
use crate::mail::compose::compose_test;
use crate::mail::letter::{Locale, Office, TestLetter};
use crate::mail::transport::Transport;
use crate::storage::new_id;
use crate::storage::outbox::{self, StoredMail};

/// Queues a test letter; its id.
///
/// # Errors
/// [`FlowError`].
pub async fn send_test_letter(ctx: &Ctx, to: &EmailAddress) -> Result<MailId, FlowError> {
    let now = ctx.now();
    let settings = &ctx.settings;
    let letter = TestLetter {
        locale: if settings.locale == "en" {
            Locale::En
        } else {
            Locale::ZhCn
        },
        sent_at_local: now.local,
        server: server_name(&settings.transport),
        office: Office {
            name: settings.from_name.clone(),
            phone: None,
            address: Some(settings.from.clone()),
        },
    };
    let composed = compose_test(&letter).map_err(|error| FlowError::Letter(error.to_string()))?;
    let id = new_id();
    let mail = StoredMail {
        id: MailId(id),
        kind: MailKind::Test,
        address: to.normalized(),
        to_address: to.as_str().to_owned(),
        to_name: None,
        unit_id: None,
        local_on: now.today,
        reply_to: None,
        subject: composed.subject,
        text_body: composed.text,
        html_body: composed.html,
        asks: 0,
        copies: 0,
        message_id: format!("{id}@{}", settings.from.domain()),
        state: MailState::Queued,
        reason: None,
        not_before_at: now.at,
        retry_at: None,
        attempts: 0,
        resent: false,
        queued_at: now.at,
        made_at: ctx.real_clock.now(),
        sent_at: None,
        reply: None,
    };
    let tx = ctx.db.write().await?;
    outbox::insert(&tx, &mail).await?;
    tx.commit().await?;
    Ok(mail.id)
}

fn server_name(transport: &Transport) -> String {
    match transport {
        Transport::Smtp(smtp) => format!("{}:{}", smtp.host, smtp.port),
        Transport::File(folder) => folder.display().to_string(),
        Transport::Memory(_) | Transport::Discard => String::new(),
    }
}
