//! New obligations → immediate mails, merged per contact: 18 tasks issued make one mail (design §6, Reminders).

use crate::domain::chase::{rests, stage_today};
use crate::domain::mail_state::MailKind;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::send_window::SendWindow;
use crate::domain::stage::Stage;
use crate::flow::compose_letters::{LetterDesk, Told};
use crate::flow::link_keys::current_key;
use crate::flow::mail_calendar::{NoLongerDue, mail_calendar};
use crate::flow::notice_files::enclose_notices;
use crate::flow::reminder_lines::{Ledger, Lines, suppressed};
use crate::flow::{Ctx, FlowError, Now};
use crate::storage::obligations::StoredObligation;
use crate::storage::reminders::Addressee;
use crate::storage::{WriteTx, calendar_cancellations, marks, outbox, reminders};
use std::collections::HashSet;

/// Tells the units of new obligations at once, where that is allowed now. Returns the number of mails queued.
///
/// Inside the send window it is allowed once the day's digests are made; before that, and outside the window, the next
/// digest tells it.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn mail_at_once(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    asked: &[StoredObligation],
) -> Result<usize, FlowError> {
    let asked: Vec<&StoredObligation> = asked
        .iter()
        .filter(|one| one.opened_on <= now.today)
        .collect();
    if asked.is_empty() || !is_allowed(ctx, tx, calendar, now).await? {
        return Ok(0);
    }
    let mut desk = LetterDesk::open(ctx, calendar, now, tx).await?;
    desk.items
        .load(tx, &asked.iter().map(|one| one.id).collect::<Vec<_>>())
        .await?;
    let nothing_told = Ledger::default();
    let mut lines = Lines::default();
    // A school in vacation is told by the digest of its first day of term.
    let awake = asked
        .into_iter()
        .filter(|one| !rests(desk.chased(one), now.today, calendar));
    for obligation in awake {
        let own = (obligation.unit_id, Addressee::Unit);
        let stage = match obligation.due_revision {
            0 => Stage::Notice,
            // Asked before: the stage it has come to counts as told, so that the next digest does not tell it again.
            _ => stage_today(
                &desk.policy(obligation),
                desk.chased(obligation),
                now.today,
                calendar,
            )
            .unwrap_or(Stage::Notice),
        };
        lines.add_for(&desk, obligation, stage, own, &nothing_told);
    }
    let mut new = suppressed(&lines.without_address);
    let key = current_key(ctx, tx).await?;
    let addresses = lines.by_address.keys().map(String::as_str);
    let no_longer_due = NoLongerDue::load(tx, &desk, addresses, &HashSet::new()).await?;
    for (address, lines) in &lines.by_address {
        let told: Vec<Told<'_>> = lines.iter().map(|line| line.told).collect();
        let mut mail = desk.write(
            MailKind::Immediate,
            address,
            &told,
            &nothing_told.told,
            &key,
        )?;
        let cancelled = no_longer_due.of(address);
        mail.calendar = mail_calendar(&desk, &told, cancelled);
        outbox::insert(tx, &mail).await?;
        calendar_cancellations::insert(tx, mail.id, cancelled).await?;
        enclose_notices(tx, mail.id, &told).await?;
        new.extend(lines.iter().map(|line| line.carried_by(mail.id)));
    }
    reminders::insert(tx, &new, (now.today, now.at)).await?;
    Ok(lines.by_address.len())
}

async fn is_allowed(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
) -> Result<bool, FlowError> {
    match ctx.settings.window {
        SendWindow::Always => Ok(true),
        window @ SendWindow::Workdays { .. } => Ok(window.is_open(now.local, &calendar.holidays)
            && marks::digests_made(tx, now.today).await?),
    }
}
