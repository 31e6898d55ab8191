//! A proposed draw takes effect: a person confirms it, units are asked and inspectors told, and days count from then on.

use crate::domain::ids::RoundId;
use crate::domain::inspection::DrawState;
use crate::domain::local_time::chinese_day;
use crate::domain::period::Period;
use crate::domain::resource::Resource;
use crate::flow::ask_budget::{Override, record_override, require_reason};
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::plan_inspections::plan_inspections;
use crate::flow::round_asks::{Asks, RoundScope};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::rounds::{RoundCheck, StoredDraw, StoredRound};
use crate::storage::{WriteTx, cycles, obligations, plans, rounds};
use serde_json::json;

/// Confirms the draw of a round.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such round, it has no draw or is closed, somebody was quicker (who and when),
/// or a reason is needed.
pub async fn confirm_draw(
    ctx: &Ctx,
    confirmed_by: &str,
    id: RoundId,
    reason: Option<&str>,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let (round, check, drawn) = proposed(&tx, id).await?;
    let missing = || FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的督办"));
    let cycle = cycles::get(&tx, round.cycle_id)
        .await?
        .ok_or_else(missing)?;
    let plan = plans::get(&tx, cycle.plan_id).await?.ok_or_else(missing)?;
    let period = Period::of(round.period, &calendar.terms).ok_or_else(|| {
        FlowError::refused(RefusalCode::WrongPeriod, "该周期段超出校历范围，不能确认")
    })?;
    let scope = RoundScope {
        ctx,
        tx: &tx,
        calendar: &calendar,
        cycle: &cycle,
        plan: &plan,
        period,
        round_id: id,
        now,
    };
    let check = RoundCheck {
        confirmed_by: Some(confirmed_by.to_owned()),
        ..check
    };
    let Asks {
        obligations: asked,
        inspections,
        listed,
        stretched,
        check,
        ..
    } = scope.asks_of_draw(&drawn, check).await?;
    let over_budget = stretched.names_over_budget();
    require_reason(reason, stretched.asks_for_today(), &over_budget)?;
    let provisional = asked.iter().any(|ask| ask.obligation.provisional);
    let round = StoredRound {
        due_on: asked.iter().map(|ask| ask.obligation.due_on).max(),
        provisional: round.provisional || provisional,
        listed: round.listed.into_iter().chain(listed).collect(),
        check,
        ..round
    };
    rounds::confirm(&tx, &round).await?;
    for ask in &asked {
        obligations::insert(&tx, &ask.source, &ask.obligation, &ask.items).await?;
    }
    let over = Override {
        what: format!("《{}》{}抽查抽签确认", plan.title, round.period.label()),
        by_hand: true,
        reason,
        plan_id: Some(plan.id),
        round_id: Some(id),
        same_day: false,
    };
    record_override(ctx, &tx, now, &stretched, over).await?;
    let told = plan_inspections(&scope, &round, &inspections).await?;
    let obligations: Vec<_> = asked.into_iter().map(|ask| ask.obligation).collect();
    mail_at_once(ctx, &tx, &calendar, now, &obligations).await?;
    let counts = [obligations.len(), inspections.len(), told];
    tx.audit(confirmed(&round, counts, reason));
    tx.commit().await?;
    Ok(())
}

/// What the audit keeps of a confirmation.
fn confirmed(
    round: &StoredRound,
    [obligations, inspections, told]: [usize; 3],
    reason: Option<&str>,
) -> AuditEntry {
    let period = round.period.to_string();
    AuditEntry::done("confirm_draws", Resource::Rounds, round.id.0, period).after(json!({
        "obligations": obligations,
        "inspections": inspections,
        "inspectors_told": told,
        "due_on": round.due_on,
        "results_due_on": round.check.as_ref().and_then(|check| check.results_due_on),
        "reason": reason,
    }))
}

/// The round with its draw, while the draw waits for somebody.
async fn proposed(
    tx: &WriteTx,
    id: RoundId,
) -> Result<(StoredRound, RoundCheck, StoredDraw), FlowError> {
    let round = rounds::hold(tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的督办"))
    })?;
    let drawn = rounds::draw(tx, id).await?;
    let (Some(check), Some(drawn)) = (round.check.clone(), drawn) else {
        return Err(FlowError::refused(
            RefusalCode::NoDraw,
            format!("{} 的这一次督办没有抽签，不需要确认", round.period.label()),
        ));
    };
    if check.state == DrawState::Confirmed {
        let on = check.confirmed_on.unwrap_or(round.opened_on);
        let on = chinese_day(on);
        let text = match &check.confirmed_by {
            Some(by) => format!("这次抽签已由 {by} 于 {on} 确认，不能再确认"),
            None => format!("这次抽签不需要确认，已于 {on} 生效"),
        };
        return Err(FlowError::refused(RefusalCode::OutOfOrder, text));
    }
    if !round.open {
        return Err(FlowError::refused(
            RefusalCode::RoundClosed,
            format!(
                "{} 的这一次督办已经结束，不能再确认抽签",
                round.period.label()
            ),
        ));
    }
    Ok((round, check, drawn))
}
