//! A mail that waits for a person is sent again: refused for good, or its outcome unknown after the second try. It keeps
//! its Message-ID, so that whoever has got it already can tell; what has been answered meanwhile is taken out of it.

use crate::domain::ids::{MailId, ObligationId};
use crate::domain::resource::Resource;
use crate::flow::refresh_mails::{is_past, take_out};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::obligations::StoredObligation;
use crate::storage::reminders::{ReminderState, StoredReminder};
use crate::storage::{WriteTx, obligations, outbox, outbox_leases, reminders};
use serde_json::json;
use std::collections::HashMap;

/// Queues a mail again.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such mail, it does not wait for a person, or nothing is left to tell in it.
pub async fn send_again(ctx: &Ctx, id: MailId) -> Result<(), FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let real_now = ctx.lease_now().await?;
    let tx = ctx.write().await?;
    let before = outbox::with_ids(&tx, &[id]).await?.pop().ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的邮件"))
    })?;
    let theirs = reminders::of_mails(&tx, &[id]).await?;
    let asked = held(&tx, &theirs).await?;
    if !outbox_leases::queue_again(&tx, id, now.at, real_now).await? {
        return Err(FlowError::refused(
            RefusalCode::MailNotWaiting,
            "这封邮件不需要人工处理，只有被拒收的、或重发后仍不知是否送达的邮件可以再次发送",
        ));
    }
    let (past, staying): (Vec<StoredReminder>, Vec<StoredReminder>) = theirs
        .into_iter()
        .filter(|one| one.state == ReminderState::Mailed)
        .partition(|one| is_past(one, &asked));
    if staying.is_empty() && !past.is_empty() {
        return Err(FlowError::refused(
            RefusalCode::MailNotWaiting,
            "这封邮件所提醒的事项都已办结，不需要再次发送",
        ));
    }
    if !past.is_empty() {
        take_out(ctx, &tx, &calendar, now, &past, "settled").await?;
    }
    tx.audit(
        AuditEntry::done("send_mail_again", Resource::Mails, id.0, &before.to_address)
            .before(json!({ "state": before.state, "reason": before.reason }))
            .after(json!({ "state": "queued", "taken_out": past.len() })),
    );
    Ok(tx.commit().await?)
}

/// The obligations a mail speaks of, held in the order in which everybody holds them.
async fn held(
    tx: &WriteTx,
    theirs: &[StoredReminder],
) -> Result<HashMap<ObligationId, StoredObligation>, FlowError> {
    let mut ids: Vec<ObligationId> = theirs.iter().map(|one| one.key.obligation_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let held = obligations::hold(tx, &ids).await?;
    Ok(held.into_iter().map(|one| (one.id, one)).collect())
}
