//! What is answered, moved, closed or withdrawn is never chased: its unsent reminders are cancelled, and mails that told
//! it and have not left are written anew without it, or suppressed where nothing is left to tell.

use crate::domain::ids::{MailId, ObligationId, ReminderId};
use crate::domain::mail_state::MailState;
use crate::domain::obligation::ObligationState;
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::compose_letters::{LetterDesk, Told};
use crate::flow::link_keys::current_key;
use crate::flow::mail_calendar::{NoLongerDue, mail_calendar};
use crate::flow::{Ctx, FlowError, Now};
use crate::storage::obligations::StoredObligation;
use crate::storage::outbox::StoredMail;
use crate::storage::reminders::{Addressee, ReminderState, StoredReminder};
use crate::storage::{WriteTx, calendar_cancellations, obligations, outbox, reminders};
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
    take_out(ctx, tx, calendar, now, &theirs, reason).await
}

/// Takes these reminders out of every mail that has not left.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn take_out(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    taken: &[StoredReminder],
    reason: &str,
) -> Result<(), FlowError> {
    let gone: HashSet<_> = taken.iter().map(|one| one.id).collect();
    write_without(ctx, tx, calendar, now, mails_of(taken), &gone, reason).await
}

/// What these mails told that is past: settled, or due on another day by now.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn past_of(
    tx: &WriteTx,
    mails: &[MailId],
) -> Result<Vec<StoredReminder>, FlowError> {
    let mut told = reminders::of_mails(tx, mails).await?;
    told.retain(|one| one.state == ReminderState::Mailed);
    let asked: Vec<ObligationId> = told.iter().map(|one| one.key.obligation_id).collect();
    let asked = obligations::with_ids(tx, &asked).await?;
    let asked: HashMap<ObligationId, _> = asked.into_iter().map(|one| (one.id, one)).collect();
    told.retain(|one| is_past(one, &asked));
    Ok(told)
}

/// Whether what a reminder speaks of is settled, or its due day has moved.
pub(super) fn is_past(
    reminder: &StoredReminder,
    asked: &HashMap<ObligationId, StoredObligation>,
) -> bool {
    asked.get(&reminder.key.obligation_id).is_none_or(|one| {
        one.state != ObligationState::Open || one.due_revision != reminder.key.due_revision
    })
}

/// Writes every mail that has not left and tells these obligations anew: they ask about less than before.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn write_anew(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    changed: &[ObligationId],
) -> Result<(), FlowError> {
    let theirs = reminders::of_obligations(tx, changed).await?;
    let nothing = HashSet::new();
    write_without(
        ctx,
        tx,
        calendar,
        now,
        mails_of(&theirs),
        &nothing,
        "amended",
    )
    .await
}

fn mails_of(reminders: &[StoredReminder]) -> HashSet<MailId> {
    let mailed = reminders
        .iter()
        .filter(|one| one.state == ReminderState::Mailed);
    mailed.filter_map(|one| one.mail_id).collect()
}

/// Writes those of the mails that have not left anew without some reminders.
async fn write_without(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    mail_ids: HashSet<MailId>,
    taken: &HashSet<ReminderId>,
    reason: &str,
) -> Result<(), FlowError> {
    let (unsent, perhaps_sent) = unsent(tx, mail_ids).await?;
    settle_perhaps_sent(tx, &perhaps_sent, taken, reason).await?;
    if unsent.is_empty() {
        return Ok(());
    }
    let ids: Vec<MailId> = unsent.iter().map(|mail| mail.id).collect();
    let (gone, staying): (Vec<StoredReminder>, Vec<StoredReminder>) = reminders::of_mails(tx, &ids)
        .await?
        .into_iter()
        .filter(|one| one.state == ReminderState::Mailed)
        .partition(|one| taken.contains(&one.id));
    let gone: Vec<_> = gone.iter().map(|one| one.id).collect();
    reminders::cancel(tx, &gone, reason).await?;
    let mut desk = LetterDesk::open(ctx, calendar, now, tx).await?;
    let staying_ids: HashSet<ObligationId> =
        staying.iter().map(|one| one.key.obligation_id).collect();
    let staying_ids: Vec<ObligationId> = staying_ids.into_iter().collect();
    desk.items.load(tx, &staying_ids).await?;
    let known: HashMap<_, _> = obligations::with_ids(tx, &staying_ids)
        .await?
        .into_iter()
        .map(|one| (one.id, one))
        .collect();
    let before = told_by_others(tx, &staying_ids, &ids).await?;
    let key = current_key(ctx, tx).await?;
    let rewritten: HashSet<MailId> = ids.iter().copied().collect();
    let addresses = unsent.iter().map(|mail| mail.address.as_str());
    let no_longer_due = NoLongerDue::load(tx, &desk, addresses, &rewritten).await?;
    calendar_cancellations::forget(tx, &rewritten).await?;
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
            let mut rewritten = desk.write(mail.kind, &mail.address, &told, &before, &key)?;
            rewritten.id = mail.id;
            let cancelled = no_longer_due.of(&mail.address);
            rewritten.calendar = mail_calendar(&desk, &told, cancelled);
            outbox::rewrite(tx, &rewritten).await?;
            calendar_cancellations::insert(tx, mail.id, cancelled).await?;
        }
    }
    Ok(())
}

/// How often each obligation's unit has been told of it by mails other than these.
async fn told_by_others(
    tx: &WriteTx,
    obligations: &[ObligationId],
    mails: &[MailId],
) -> Result<HashMap<ObligationId, u32>, FlowError> {
    let mut told = HashMap::new();
    for one in reminders::of_obligations(tx, obligations).await? {
        let elsewhere = one.mail_id.is_some_and(|mail| !mails.contains(&mail));
        if elsewhere && one.state == ReminderState::Mailed && one.key.addressee == Addressee::Unit {
            *told.entry(one.key.obligation_id).or_default() += 1;
        }
    }
    Ok(told)
}

/// Mails that may have arrived and would be sent once more: where nothing they told is left they are not, and else they go
/// as they are.
async fn settle_perhaps_sent(
    tx: &WriteTx,
    mails: &[MailId],
    taken: &HashSet<ReminderId>,
    reason: &str,
) -> Result<(), FlowError> {
    let theirs = reminders::of_mails(tx, mails).await?;
    let asked: Vec<ObligationId> = theirs.iter().map(|one| one.key.obligation_id).collect();
    let asked = obligations::with_ids(tx, &asked).await?;
    let open: HashSet<ObligationId> = asked
        .iter()
        .filter(|one| one.state == ObligationState::Open)
        .map(|one| one.id)
        .collect();
    let is_settled =
        |one: &StoredReminder| taken.contains(&one.id) || !open.contains(&one.key.obligation_id);
    for &mail in mails {
        let mut told = theirs
            .iter()
            .filter(|one| one.mail_id == Some(mail) && one.state == ReminderState::Mailed);
        if told.all(is_settled) {
            outbox::suppress(tx, mail, reason).await?;
        }
    }
    Ok(())
}

/// Those of the mails of which nothing has left, and those that may have arrived and would be sent once more.
async fn unsent(
    tx: &WriteTx,
    ids: HashSet<MailId>,
) -> Result<(Vec<StoredMail>, Vec<MailId>), FlowError> {
    let ids: Vec<MailId> = ids.into_iter().collect();
    let (mut unsent, mut perhaps_sent) = (Vec::new(), Vec::new());
    for mail in outbox::with_ids(tx, &ids).await? {
        match (mail.state, mail.resent) {
            (MailState::Queued | MailState::Deferred | MailState::Claimed, false) => {
                unsent.push(mail);
            }
            (MailState::Queued | MailState::Deferred | MailState::Claimed, true)
            | (MailState::Unknown, false) => perhaps_sent.push(mail.id),
            _ => {}
        }
    }
    Ok((unsent, perhaps_sent))
}
