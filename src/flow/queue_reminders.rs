//! obligations → reminders and mails. Asks “what is due today?”; each address gets at most one digest a day, made together
//! with its reminders (design §5.1, §6).

use crate::domain::chase::stage_today;
use crate::domain::ids::ObligationId;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::stage::Stage;
use crate::flow::compose_letters::LetterDesk;
use crate::flow::make_digests::{EarlierDigests, make_digests};
use crate::flow::reminder_lines::{Ledger, Lines, suppressed};
use crate::flow::{Ctx, FlowError, Now, Progress};
use crate::storage::obligations::StoredObligation;
use crate::storage::{marks, obligations, outbox, reminders};
use std::collections::HashSet;

/// Makes today's digests; on a day or at an hour when nothing may be sent, does nothing.
///
/// # Errors
/// [`FlowError`].
pub async fn queue_reminders(ctx: &Ctx) -> Result<Progress, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    if !ctx.settings.window.is_open(now.local, &calendar.holidays) {
        return Ok(Progress::default());
    }
    let open = obligations::open(&ctx.db).await?;
    let mut lines = Lines::default();
    let mut progress = Progress::default();
    if !open.is_empty() {
        let mut desk = LetterDesk::open(ctx, &calendar, now, &ctx.db).await?;
        let ledger = Ledger::load(&ctx.db, &open).await?;
        let due: Vec<(&StoredObligation, Stage)> = open
            .iter()
            .filter_map(|one| Some((one, stage_now(&desk, &calendar, one, now)?)))
            .filter(|(one, stage)| ledger.has_untold(&desk, one, *stage))
            .collect();
        let earlier = EarlierDigests::load(&ctx.db, &desk, now).await?;
        let ids: HashSet<ObligationId> = due
            .iter()
            .map(|(one, _)| one.id)
            .chain(earlier.obligation_ids())
            .collect();
        desk.items
            .load(&ctx.db, &ids.into_iter().collect::<Vec<_>>())
            .await?;
        for (obligation, stage) in due {
            lines.add(&desk, obligation, stage, &ledger);
        }
        for address in outbox::addresses_with_digest(&ctx.db, now.today).await? {
            lines.by_address.remove(&address);
        }
        progress.done = make_digests(ctx, &desk, &lines, &earlier, &ledger, now).await?;
    }
    let tx = ctx.write().await?;
    let without_address = suppressed(&lines.without_address);
    reminders::insert(&tx, &without_address, (now.today, now.at)).await?;
    marks::record_digests_made(&tx, now.today, now.at).await?;
    tx.commit().await?;
    metrics::counter!("duban_reminders_queued_total")
        .increment(u64::try_from(progress.done).unwrap_or(0));
    if progress.done > 0 {
        tracing::info!(mails.queued = progress.done, "Queued the day's digests");
    }
    Ok(progress)
}

/// The stage of an obligation today, if it may be told: not before it is asked, not to a school in vacation.
fn stage_now(
    desk: &LetterDesk<'_>,
    calendar: &SchoolCalendar,
    obligation: &StoredObligation,
    now: Now,
) -> Option<Stage> {
    let policy = desk.policy(obligation);
    stage_today(&policy, desk.chased(obligation), now.today, calendar)
}
