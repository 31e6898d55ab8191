//! A mail comes back that the server had taken: it was not delivered after all. The mail says so from then on, wherever
//! mails are listed and explained, and the supervision office is told, once a day.
//!
//! Anybody can write to the mailbox that bounces arrive in. A report is believed because it knows the mail's Message-ID,
//! which only its recipient and the servers on its way have seen.

use crate::domain::ids::MailId;
use crate::domain::resource::Resource;
use crate::flow::tell_units::{Telling, TellingWords, tell_units};
use crate::flow::{Ctx, FlowError};
use crate::mail::bounce_letter::bounce_words;
use crate::mail::delivery_report::{DeliveryReport, Verdict, read_report};
use crate::mail::letter::Locale;
use crate::mail::reason::ReasonCode;
use crate::storage::audit_events::AuditEntry;
use crate::storage::outbox::StoredMail;
use crate::storage::{WriteTx, outbox, outbox_leases};
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BounceRead {
    /// The mail is marked as not delivered.
    Recorded(MailId),
    /// It was marked before, or has not left: nothing changed.
    Known(MailId),
    /// It says that the mail is late, not that it was given up: nothing changed.
    NoEnd,
    /// It names no mail of ours.
    NotOurs,
    /// It is no report of a mail server.
    NoReport,
}

/// Reads a message that came back, and marks the mail that it is about.
///
/// # Errors
/// [`FlowError`].
pub async fn record_bounce(ctx: &Ctx, message: &[u8]) -> Result<BounceRead, FlowError> {
    let Some(report) = read_report(message) else {
        return Ok(BounceRead::NoReport);
    };
    let tx = ctx.write().await?;
    let Some(mail) = mail_of(&tx, &report).await? else {
        return Ok(BounceRead::NotOurs);
    };
    if report.verdict == Verdict::Other {
        return Ok(BounceRead::NoEnd);
    }
    let reply = match &report.status {
        Some(status) if !report.detail.contains(status.as_str()) => {
            format!("{status} {}", report.detail)
        }
        Some(_) | None => report.detail.clone(),
    };
    let reason = ReasonCode::Bounced.as_str();
    if !outbox_leases::come_back(&tx, mail.id, reason, reply.trim()).await? {
        return Ok(BounceRead::Known(mail.id));
    }
    tx.audit(
        AuditEntry::done(
            "record_bounce",
            Resource::Mails,
            mail.id.0,
            &mail.to_address,
        )
        .before(json!({ "state": mail.state }))
        .after(json!({ "state": "failed", "reason": reason })),
    );
    tell_office(ctx, &tx).await?;
    tx.commit().await?;
    metrics::counter!("duban_bounces_total").increment(1);
    Ok(BounceRead::Recorded(mail.id))
}

/// The mail whose whole Message-ID the report knows.
async fn mail_of(tx: &WriteTx, report: &DeliveryReport) -> Result<Option<StoredMail>, FlowError> {
    for message_id in &report.message_ids {
        let id = message_id.split('@').next().unwrap_or_default();
        let Ok(id) = id.parse::<Uuid>() else {
            continue;
        };
        let found = outbox::with_ids(tx, &[MailId(id)]).await?.pop();
        if let Some(mail) = found.filter(|mail| mail.message_id == *message_id) {
            return Ok(Some(mail));
        }
    }
    Ok(None)
}

/// Tells the supervision office that mails came back today; where there is none, the list of mails has to do.
async fn tell_office(ctx: &Ctx, tx: &WriteTx) -> Result<(), FlowError> {
    let directory = ctx.units().await?;
    let Some(office) = ctx.supervision_unit(&directory) else {
        return Ok(());
    };
    let now = ctx.now();
    let url = format!("{}/mails?state=failed", ctx.settings.base_url);
    let words = bounce_words(Locale::of_tag(&ctx.settings.locale), &url);
    let telling = Telling {
        key: format!("bounces|{}", now.today),
        subject: words.subject,
        words: TellingWords::Letter(words.paragraphs),
        files: Vec::new(),
    };
    tell_units(ctx, tx, now, &BTreeSet::from([office.id]), &telling).await?;
    Ok(())
}
