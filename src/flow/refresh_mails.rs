//! What is answered, moved, closed or withdrawn is never chased: its unsent reminders are cancelled, and mails that told
//! it and have not left are written anew without it, or suppressed where nothing is left to tell.

use crate::domain::ids::{MailId, ObligationId};
use crate::domain::mail_state::MailState;
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::compose_letters::{LetterDesk, Told};
use crate::flow::{Ctx, FlowError, Now};
use crate::storage::reminders::{ReminderState, StoredReminder};
use crate::storage::{WriteTx, obligations, outbox, reminders};
use std::collections::{HashMap, HashSet};

/// Takes these obligations out of every mail that has not left. `reason` is a stable code such as `answered`.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn take_out_of_unsent(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    settled: &[ObligationId],
    reason: &str,
) -> Result<(), FlowError> {
    let theirs = reminders::of_obligations(tx, settled).await?;
    let pending: Vec<_> = theirs
        .iter()
        .filter(|one| one.state == ReminderState::Pending)
        .map(|one| one.id)
        .collect();
    reminders::cancel(tx, &pending, reason).await?;
    let mail_ids: HashSet<MailId> = theirs
        .iter()
        .filter(|one| one.state == ReminderState::Mailed)
        .filter_map(|one| one.mail_id)
        .collect();
    let mail_ids: Vec<MailId> = mail_ids.into_iter().collect();
    let unsent: Vec<_> = outbox::with_ids(tx, &mail_ids)
        .await?
        .into_iter()
        .filter(|mail| {
            matches!(
                mail.state,
                MailState::Queued | MailState::Deferred | MailState::Claimed
            )
        })
        .collect();
    if unsent.is_empty() {
        return Ok(());
    }
    let all =
        reminders::of_mails(tx, &unsent.iter().map(|mail| mail.id).collect::<Vec<_>>()).await?;
    let (gone, staying): (Vec<&StoredReminder>, Vec<&StoredReminder>) = all
        .iter()
        .filter(|one| one.state == ReminderState::Mailed)
        .partition(|one| settled.contains(&one.key.obligation_id));
    reminders::cancel(
        tx,
        &gone.iter().map(|one| one.id).collect::<Vec<_>>(),
        reason,
    )
    .await?;
    let staying_ids: Vec<ObligationId> = staying.iter().map(|one| one.key.obligation_id).collect();
    let mut desk = LetterDesk::open(ctx, calendar, now, tx).await?;
    desk.load_items(
        tx,
        &staying_ids
            .iter()
            .copied()
            .collect::<HashSet<_>>()
            .into_iter()
            .collect::<Vec<_>>(),
    )
    .await?;
    let known: HashMap<_, _> = obligations::with_ids(tx, &staying_ids)
        .await?
        .into_iter()
        .map(|one| (one.id, one))
        .collect();
    for mail in unsent {
        let told: Vec<Told<'_>> = staying
            .iter()
            .filter(|one| one.mail_id == Some(mail.id))
            .filter_map(|one| {
                Some(Told {
                    obligation: known.get(&one.key.obligation_id)?,
                    stage: one.key.stage,
                    addressee: one.key.addressee,
                })
            })
            .collect();
        if told.is_empty() {
            outbox::suppress(tx, mail.id, reason).await?;
        } else {
            let mut rewritten = desk.write(mail.kind, &mail.address, &told, &HashMap::new())?;
            rewritten.id = mail.id;
            outbox::rewrite(tx, &rewritten).await?;
        }
    }
    Ok(())
}
