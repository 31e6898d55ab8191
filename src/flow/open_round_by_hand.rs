//! A person opens a round, before its day or beside it: with all it asks, as the schedule would, and with a reason where a
//! rule is stretched.

use crate::domain::catch_up::RoundToOpen;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::due_day::round_due_day;
use crate::domain::ids::CycleId;
use crate::domain::opening::planned_round;
use crate::domain::period::Period;
use crate::domain::period_key::PeriodKey;
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::ask_budget::{Stretched, require_reason};
use crate::flow::open_rounds::{RoundOpened, close_earlier, levels_asked, open_round};
use crate::flow::round_asks::Ask;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::cycles::StoredCycle;
use crate::storage::plans::StoredPlan;
use crate::storage::{cycles, plans};

/// A person opens a round.
pub(super) struct ByHand<'a> {
    /// Why, where a rule is stretched.
    pub(super) reason: Option<&'a str>,
}

impl ByHand<'_> {
    /// Whoever goes over a unit's budget, or asks for the same day, gives a reason.
    pub(super) fn check(
        &self,
        asked: &[Ask],
        stretched: &Stretched,
        now: Now,
    ) -> Result<(), FlowError> {
        let mut due = asked.iter().map(|ask| ask.obligation.due_on);
        let asks_for_today = due.any(|day| day <= now.today);
        require_reason(self.reason, asks_for_today, &stretched.names_over_budget())
    }
}

/// Opens a round because a person asks: for `period`, or the one that contains today. The rules that keep cron from
/// opening it do not apply; only that there is one per period does.
///
/// # Errors
/// [`FlowError::Refused`] where the plan is not issued, the period is none of this cycle, its round exists, or a reason
/// is needed.
pub async fn open_round_by_hand(
    ctx: &Ctx,
    plan: &StoredPlan,
    kind: CycleKind,
    period: Option<PeriodKey>,
    reason: Option<&str>,
) -> Result<RoundOpened, FlowError> {
    let cycle = cycles::all(&ctx.db)
        .await?
        .into_iter()
        .find(|cycle| cycle.plan_id == plan.id && cycle.kind == kind)
        .ok_or_else(|| {
            FlowError::refused(
                RefusalCode::NotFound,
                format!("方案《{}》没有这种督办周期", plan.title),
            )
        })?;
    open_cycle_by_hand(ctx, plan, &cycle, period, reason).await
}

/// The same, of a cycle named by its id.
///
/// # Errors
/// As [`open_round_by_hand`].
pub async fn open_round_of_cycle(
    ctx: &Ctx,
    id: CycleId,
    period: Option<PeriodKey>,
    reason: Option<&str>,
) -> Result<RoundOpened, FlowError> {
    let missing = || {
        FlowError::refused_field(
            RefusalCode::NotFound,
            "cycle_id",
            format!("没有编号为 {id} 的督办周期"),
        )
    };
    let cycle = cycles::get(&ctx.db, id).await?.ok_or_else(missing)?;
    let plan = plans::get(&ctx.db, cycle.plan_id).await?;
    open_cycle_by_hand(ctx, &plan.ok_or_else(missing)?, &cycle, period, reason).await
}

async fn open_cycle_by_hand(
    ctx: &Ctx,
    plan: &StoredPlan,
    cycle: &StoredCycle,
    period: Option<PeriodKey>,
    reason: Option<&str>,
) -> Result<RoundOpened, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    if plan.issued_on.is_none() {
        return Err(FlowError::refused(
            RefusalCode::PlanNotIssued,
            format!(
                "方案《{}》尚未下发，不能开展督办。请先执行 duban issue",
                plan.title
            ),
        ));
    }
    let period = period_asked(&calendar, cycle, period, now)?;
    let levels = levels_asked(&ctx.db, &cycle.rule, plan.id).await?;
    let planned_on = planned_round(&cycle.rule, period, &calendar, &levels)
        .opening
        .opens_on;
    let due = round_due_day(&cycle.rule, &period, now.today, &calendar, &levels);
    let wanted = RoundToOpen {
        period,
        planned_opens_on: planned_on,
        opens_on: now.today,
        due_on: due.map(|due| due.due_on),
        late: planned_on < now.today,
        provisional: due.is_some_and(|due| due.provisional),
    };
    let by_hand = ByHand { reason };
    let opened = open_round(ctx, &calendar, cycle, plan, &wanted, Some(&by_hand), now).await?;
    let opened = opened.ok_or_else(|| {
        FlowError::refused(
            RefusalCode::RoundExists,
            format!("{} 的这一次督办已经开展过", period.key.label()),
        )
    })?;
    close_earlier(ctx, cycle, &[wanted], now).await?;
    Ok(opened)
}

fn period_asked(
    calendar: &SchoolCalendar,
    cycle: &StoredCycle,
    asked: Option<PeriodKey>,
    now: Now,
) -> Result<Period, FlowError> {
    let frequency = cycle.rule.frequency;
    let period = match asked {
        Some(key) if key.frequency() == frequency => Period::of(key, &calendar.terms),
        Some(key) => {
            return Err(FlowError::refused(
                RefusalCode::WrongPeriod,
                format!("周期段 {key} 与该督办周期的频次不符"),
            ));
        }
        None => Period::containing(frequency, now.today, &calendar.terms),
    };
    period.ok_or_else(|| {
        FlowError::refused(
            RefusalCode::WrongPeriod,
            "该周期段超出校历范围（1900 至 2200 年）",
        )
    })
}
