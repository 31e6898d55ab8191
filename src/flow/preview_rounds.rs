//! What the next rounds of each cycle will be, for `duban jobs` and before a cycle is switched on. Changes nothing.

use crate::domain::catch_up::{CycleOnDay, RoundToOpen, is_wanted, rounds_to_open};
use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::CycleId;
use crate::domain::opening::{opening_between, upcoming};
use crate::domain::period_key::PeriodKey;
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::open_rounds::levels_asked;
use crate::flow::round_parties::Circle;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::cycles::StoredCycle;
use crate::storage::plans::StoredPlan;
use crate::storage::{cycles, dispatch_rows, indicators, plans, rounds, tasks};
use chrono::{Months, NaiveDate};
use serde::Serialize;
use std::collections::BTreeSet;

/// A round to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoundPreview {
    /// Title of the plan.
    pub plan: String,
    /// Its period.
    pub period: String,
    /// Day it opens.
    pub opens_on: NaiveDate,
    /// Latest due day; none where nothing is asked.
    pub due_on: Option<NaiveDate>,
    /// A date rests on a calendar not announced yet.
    pub provisional: bool,
}

/// The next `count` rounds of every enabled cycle of a kind, by opening day.
///
/// # Errors
/// [`FlowError`].
pub async fn preview_rounds(
    ctx: &Ctx,
    kind: CycleKind,
    count: usize,
) -> Result<Vec<RoundPreview>, FlowError> {
    let calendar = ctx.calendar().await?;
    let today = ctx.now().today;
    let plans = plans::all(&ctx.db).await?;
    let mut previews = Vec::new();
    for cycle in cycles::all(&ctx.db).await? {
        if !cycle.enabled || cycle.kind != kind {
            continue;
        }
        let Some(plan) = plans.iter().find(|plan| plan.id == cycle.plan_id) else {
            continue;
        };
        let levels = levels_asked(&ctx.db, &cycle.rule, plan.id).await?;
        let rounds = upcoming(&cycle.rule, &calendar, &levels, today, count).into_iter();
        let rounds = rounds.filter(|round| {
            plan.last_phase_ends_on
                .is_none_or(|last| round.period.starts_on <= last)
        });
        previews.extend(rounds.map(|round| RoundPreview {
            plan: plan.title.clone(),
            period: round.period.key.to_string(),
            opens_on: round.opening.opens_on,
            due_on: round.due_on,
            provisional: round.provisional,
        }));
    }
    previews.sort_by_key(|preview| preview.opens_on);
    previews.truncate(count);
    Ok(previews)
}

/// The longest span that is looked ahead.
const LONGEST_SPAN: Months = Months::new(36);

/// A round that one cycle would open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CycleRoundPreview {
    /// Its period.
    pub period: PeriodKey,
    /// Day by the calendar.
    pub planned_on: NaiveDate,
    /// Day it opens.
    pub opens_on: NaiveDate,
    /// Latest due day; none where nothing is asked.
    pub due_on: Option<NaiveDate>,
    /// Its own opening day is past: it is made up for.
    pub late: bool,
    /// A date rests on a calendar not announced yet.
    pub provisional: bool,
    /// Units it would ask; none where a draw decides that.
    pub units_asked: Option<usize>,
    /// Days that one mail to each of them takes at the mail provider's limit of a day; none where a day is enough, no limit
    /// is known, or a draw decides whom it asks.
    pub mail_days: Option<u64>,
}

/// The rounds that one cycle opens by itself on the local days `from..=to`, as things stand; of a cycle that is off, what
/// it would open if it were switched on today.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such cycle, or the span ends before it begins or is longer than three years.
pub async fn preview_cycle(
    ctx: &Ctx,
    id: CycleId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<CycleRoundPreview>, FlowError> {
    check_span(from, to)?;
    let missing =
        || FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的督办周期"));
    let cycle = cycles::get(&ctx.db, id).await?.ok_or_else(missing)?;
    let plan = plans::get(&ctx.db, cycle.plan_id)
        .await?
        .ok_or_else(missing)?;
    let calendar = ctx.calendar().await?;
    let to_open = to_open(ctx, &calendar, &cycle, &plan, to).await?;
    let directory = ctx.units().await?;
    let assignments = tasks::assignments(&ctx.db, plan.id).await?;
    let indicators = indicators::of_plan(&ctx.db, plan.id).await?;
    let collecting = dispatch_rows::collecting(&ctx.db, plan.id).await?;
    let wanted = |round: &RoundToOpen| (from..=to).contains(&round.opens_on);
    let previews = to_open.into_iter().filter(wanted);
    let previews = previews.map(|round| {
        let circle = Circle {
            rule: &cycle.rule,
            period: round.period,
            opened_on: round.opens_on,
            calendar: &calendar,
            collecting: &collecting,
            levels: None,
        };
        let units_asked = circle.units_asked(&directory, &assignments, &indicators);
        CycleRoundPreview {
            period: round.period.key,
            planned_on: round.planned_opens_on,
            opens_on: round.opens_on,
            due_on: round.due_on,
            late: round.late,
            provisional: round.provisional,
            units_asked,
            mail_days: units_asked
                .and_then(|units| ctx.settings.mail_caps.days_for(units as u64))
                .filter(|days| *days > 1),
        }
    });
    Ok(previews.collect())
}

/// What a cycle opens by itself until `to`, as things stand; of one that is off, as if it were switched on today.
pub(super) async fn to_open(
    ctx: &Ctx,
    calendar: &SchoolCalendar,
    cycle: &StoredCycle,
    plan: &StoredPlan,
    to: NaiveDate,
) -> Result<Vec<RoundToOpen>, FlowError> {
    let today = ctx.now().today;
    let existing = rounds::of_cycle(&ctx.db, cycle.id).await?;
    let existing: BTreeSet<PeriodKey> = existing.iter().map(|round| round.period).collect();
    let levels = levels_asked(&ctx.db, &cycle.rule, plan.id).await?;
    let switched_on = cycle.switched_on_on.filter(|_| cycle.enabled);
    // What is late is made up for on a workday.
    let next_workday = calendar.holidays.on_or_after(today);
    let on_day = CycleOnDay {
        rule: &cycle.rule,
        calendar,
        levels: &levels,
        existing: &existing,
        switched_on_on: switched_on.unwrap_or(today),
        issued_on: plan.issued_on.unwrap_or(today),
        last_phase_ends_on: plan.last_phase_ends_on,
        closed_on: plan.closed_on,
        today: next_workday,
    };
    Ok(all_to_open(&on_day, to))
}

/// What is opened on the day of `cycle` and afterwards until `to`.
fn all_to_open(cycle: &CycleOnDay<'_>, to: NaiveDate) -> Vec<RoundToOpen> {
    let mut all = rounds_to_open(cycle);
    let Some(tomorrow) = cycle.today.succ_opt() else {
        return all;
    };
    let later = opening_between(cycle.rule, cycle.calendar, cycle.levels, tomorrow, to);
    all.extend(
        later
            .into_iter()
            .filter(|round| is_wanted(cycle, &round.period, &round.opening))
            .map(|round| RoundToOpen {
                period: round.period,
                planned_opens_on: round.opening.opens_on,
                opens_on: round.opening.opens_on,
                due_on: round.due_on,
                late: false,
                provisional: round.provisional,
            }),
    );
    all
}

fn check_span(from: NaiveDate, to: NaiveDate) -> Result<(), FlowError> {
    let refuse = |text: String| {
        Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "to",
            text,
        ))
    };
    if to < from {
        return refuse(format!("结束日 {to} 早于开始日 {from}，请改正"));
    }
    match from.checked_add_months(LONGEST_SPAN) {
        Some(last) if to > last => refuse(format!("最多预览三年，结束日请不晚于 {last}")),
        Some(_) | None => Ok(()),
    }
}
