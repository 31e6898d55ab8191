//! A test letter to one address, through the outbox like every other mail but at any hour.

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::MailId;
use crate::domain::mail_state::MailKind;
use crate::flow::{Ctx, FlowError};
use crate::mail::compose::compose_test;
use crate::mail::letter::{Locale, TestLetter};
use crate::storage::outbox::{self, Recipient};

/// Queues a test letter; its id.
///
/// # Errors
/// [`FlowError`].
pub async fn send_test_letter(ctx: &Ctx, to: &EmailAddress) -> Result<MailId, FlowError> {
    let now = ctx.now();
    let settings = &ctx.settings;
    let letter = TestLetter {
        locale: Locale::of_tag(&settings.locale),
        sent_at_local: now.local,
        server: settings.transport.to_string(),
        office: ctx.own_office(),
    };
    let words = compose_test(&letter).map_err(|error| FlowError::Letter(error.to_string()))?;
    let recipient = Recipient::person(to, None);
    let mail = ctx.queued_mail(now, MailKind::Test, recipient, words);
    let tx = ctx.write().await?;
    outbox::insert(&tx, &mail).await?;
    tx.commit().await?;
    Ok(mail.id)
}
