//! The end of asking: rounds close by hand, 10 workdays after their due day, or when the next one opens; obligations
//! outside rounds stop being chased 20 workdays after theirs. What is open then is unanswered (design §5.2).

use crate::domain::due_day::closes_on;
use crate::domain::ids::{ObligationId, RoundId};
use crate::domain::inspection::DrawState;
use crate::domain::local_time::chinese_day;
use crate::domain::obligation::ObligationState;
use crate::domain::resource::Resource;
use crate::domain::stage::ReminderPolicy;
use crate::domain::stage_days::chased_until;
use crate::flow::dispatch_summary::freeze_summary;
use crate::flow::refresh_mails::take_out_of_unsent;
use crate::flow::{Ctx, FlowError, Now, Progress, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::obligations::StoredObligation;
use crate::storage::rounds::StoredRound;
use crate::storage::{WriteTx, decisions, inspections, obligations, rounds};
use serde_json::json;
use std::collections::HashSet;

/// Closes what is to be closed today.
///
/// # Errors
/// [`FlowError`].
pub async fn close_due(ctx: &Ctx) -> Result<Progress, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let mut progress = Progress::default();
    for round in rounds::open(&ctx.db).await? {
        // A visit asks for nothing: its results are what is due.
        let results_due_on = round.check.as_ref().and_then(|check| check.results_due_on);
        let ends = round
            .due_on
            .or(results_due_on)
            .map(|due_on| closes_on(due_on, &calendar.holidays));
        if ends.is_some_and(|ends| now.today > ends) {
            let closed = close_round_in(ctx, &round, now).await?;
            progress.done += usize::from(closed.is_some());
        }
    }
    let running: HashSet<RoundId> = rounds::open(&ctx.db)
        .await?
        .into_iter()
        .map(|round| round.id)
        .collect();
    let policy = ReminderPolicy::default();
    let mut ended: Vec<StoredObligation> = obligations::open(&ctx.db)
        .await?
        .into_iter()
        .filter(|one| one.round_id.is_none_or(|round| !running.contains(&round)))
        .filter(|one| now.today > chased_until(&policy, one.due_on, &calendar.holidays))
        .collect();
    if !ended.is_empty() {
        // In the order in which everybody holds them: nobody waits in a circle.
        ended.sort_unstable_by_key(|one| one.id);
        let tx = ctx.write().await?;
        let unanswered = leave_unanswered(ctx, &tx, &ended, now).await?;
        for one in &ended {
            tx.audit(AuditEntry::done(
                "stop_asking",
                Resource::Obligations,
                one.id.0,
                format!("{} {}", one.kind.as_str(), one.due_on),
            ));
        }
        progress.done += unanswered;
        tx.commit().await?;
    }
    Ok(progress)
}

/// Closes a round because a person asks; how many obligations stay unanswered.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such open round.
pub async fn close_round_by_hand(ctx: &Ctx, id: RoundId) -> Result<usize, FlowError> {
    let round = rounds::get(&ctx.db, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的督办"))
    })?;
    if !round.open {
        return Err(closed_already(ctx, &round).await?);
    }
    match close_round_in(ctx, &round, ctx.now()).await? {
        Some(unanswered) => Ok(unanswered),
        // Somebody was quicker, a moment ago.
        None => Err(closed_already(ctx, &round).await?),
    }
}

/// The refusal of closing a round again, with who closed it and when.
async fn closed_already(ctx: &Ctx, round: &StoredRound) -> Result<FlowError, FlowError> {
    let who = match rounds::closing(&ctx.db, round.id).await? {
        Some((at, by)) => {
            let on = chinese_day(ctx.settings.zone.day(at));
            let by = by.map_or_else(String::new, |by| format!("由 {by} "));
            format!("，{by}于 {on} 结束")
        }
        None => String::new(),
    };
    let text = format!("{} 的这一次督办已经结束{who}", round.period.label());
    Ok(FlowError::refused(RefusalCode::RoundClosed, text))
}

/// Closes a round with its open obligations, in a transaction of its own; a dispatch leaves its summary. How many
/// obligations stay unanswered; `None` where somebody else has closed it.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn close_round_in(
    ctx: &Ctx,
    round: &StoredRound,
    now: Now,
) -> Result<Option<usize>, FlowError> {
    let tx = ctx.write().await?;
    let author = ctx.author();
    if !rounds::close(&tx, round.id, author.actor.name(), now.at).await? {
        return Ok(None);
    }
    let open: Vec<StoredObligation> = obligations::of_round(&tx, round.id)
        .await?
        .into_iter()
        .filter(|one| one.state == ObligationState::Open)
        // What was sent back, or given more time, is chased by its own day.
        .filter(|one| one.moved.is_none() || one.due_on < now.today)
        .collect();
    let unanswered = leave_unanswered(ctx, &tx, &open, now).await?;
    list_unchecked(&tx, round.id).await?;
    freeze_summary(ctx, &tx, round, now).await?;
    tx.audit(
        AuditEntry::done(
            "close_round",
            Resource::Rounds,
            round.id.0,
            round.period.to_string(),
        )
        .after(json!({ "unanswered": unanswered })),
    );
    tx.commit().await?;
    tracing::info!(period = %round.period, unanswered, "Closed a round");
    Ok(Some(unanswered))
}

/// Lists what a spot-check that closes has left undone. How many, not which: who was drawn for a visit is not to know.
async fn list_unchecked(tx: &WriteTx, id: RoundId) -> Result<(), FlowError> {
    let Some(round) = rounds::get(tx, id).await? else {
        return Ok(());
    };
    let Some(check) = &round.check else {
        return Ok(());
    };
    let undone = match check.state {
        DrawState::Proposed => "抽签结果没有确认，本次没有开展检查".to_owned(),
        DrawState::Confirmed => match inspections::unrecorded(tx, id).await? {
            0 => return Ok(()),
            count => format!("到结束时还有 {count} 个单位的检查结果没有登记，请尽快登记"),
        },
    };
    let listed: Vec<String> = round.listed.into_iter().chain([undone]).collect();
    Ok(rounds::set_listed(tx, id, &listed).await?)
}

async fn leave_unanswered(
    ctx: &Ctx,
    tx: &WriteTx,
    open: &[StoredObligation],
    now: Now,
) -> Result<usize, FlowError> {
    let mut settled: Vec<ObligationId> = Vec::new();
    for one in open {
        if obligations::settle(tx, one.id, ObligationState::Unanswered, now.at).await? {
            settled.push(one.id);
        }
    }
    decisions::note_asked(tx, open);
    if !settled.is_empty() {
        let calendar = super::load_calendar(tx).await?;
        take_out_of_unsent(ctx, tx, &calendar, now, &settled, "closed").await?;
    }
    Ok(settled.len())
}
