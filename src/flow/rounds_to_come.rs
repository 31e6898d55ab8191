//! Which rounds will ask one unit in the next twelve months, as things stand. Spot-checks are not among them: whom a draw
//! will pick nobody knows.

use crate::domain::collecting::{district_above, words_of_summary};
use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::{CycleId, UnitId};
use crate::domain::obligation::ObligationKind;
use crate::domain::period_key::PeriodKey;
use crate::domain::role::Role;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::unit::UnitDirectory;
use crate::flow::open_rounds::levels_asked;
use crate::flow::preview_rounds::to_open;
use crate::flow::round_parties::Circle;
use crate::flow::{Ctx, FlowError, Now};
use crate::storage::cycles::StoredCycle;
use crate::storage::plans::StoredPlan;
use crate::storage::{calendar_feeds, cycles, dispatch_rows, indicators};
use chrono::{Months, NaiveDate};
use std::collections::HashMap;

/// How far is looked ahead.
const AHEAD: Months = Months::new(12);

/// A round that will ask the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoundToCome {
    pub(super) cycle_id: CycleId,
    pub(super) period: PeriodKey,
    pub(super) plan_title: String,
    pub(super) kind: ObligationKind,
    /// What the request will say besides its kind.
    pub(super) what: Option<String>,
    pub(super) due_on: NaiveDate,
    pub(super) provisional: bool,
}

/// The rounds of all issued plans that will ask a unit, by plan and cycle.
pub(super) async fn rounds_to_come(
    ctx: &Ctx,
    now: Now,
    directory: &UnitDirectory,
    plans: &[StoredPlan],
    unit: UnitId,
) -> Result<Vec<RoundToCome>, FlowError> {
    let calendar = ctx.calendar().await?;
    let plans = plans.iter().map(|plan| (plan.id, plan));
    let plans: HashMap<_, _> = plans
        .filter(|(_, plan)| plan.issued_on.is_some() && plan.closed_on.is_none())
        .collect();
    let mut found = Vec::new();
    for cycle in cycles::all(&ctx.db).await? {
        let asks = match cycle.kind {
            CycleKind::Dispatch | CycleKind::Monitoring => cycle.enabled,
            CycleKind::SpotCheck | CycleKind::Bulletin | CycleKind::Appraisal => false,
        };
        if let Some(plan) = plans.get(&cycle.plan_id)
            && asks
        {
            let looking = Looking {
                ctx,
                now,
                calendar: &calendar,
                directory,
                unit,
            };
            found.extend(looking.rounds_of(&cycle, plan).await?);
        }
    }
    Ok(found)
}

/// Looking ahead for one unit.
struct Looking<'a> {
    ctx: &'a Ctx,
    now: Now,
    calendar: &'a SchoolCalendar,
    directory: &'a UnitDirectory,
    unit: UnitId,
}

impl Looking<'_> {
    async fn rounds_of(
        &self,
        cycle: &StoredCycle,
        plan: &StoredPlan,
    ) -> Result<Vec<RoundToCome>, FlowError> {
        let db = &self.ctx.db;
        let until = self.now.today.checked_add_months(AHEAD);
        let until = until.unwrap_or(NaiveDate::MAX);
        let is_monitoring = cycle.kind == CycleKind::Monitoring;
        let indicators = match is_monitoring {
            true => indicators::of_plan(db, plan.id).await?,
            false => Vec::new(),
        };
        let collecting = dispatch_rows::collecting(db, plan.id).await?;
        let mut schools = Vec::new();
        if !is_monitoring && !collecting.is_empty() {
            schools = self.schools_below();
        }
        let units: Vec<UnitId> = schools.iter().copied().chain([self.unit]).collect();
        let mut assignments = calendar_feeds::assignments(db, plan.id, &units).await?;
        if is_monitoring {
            // Who leads a task reports its indicators only where nobody carries it out, wherever those who do may be.
            let led = assignments.iter().filter(|one| one.role == Role::Lead);
            let led: Vec<_> = led.map(|one| one.task_id).collect();
            let carried_out = calendar_feeds::carried_out(db, &led).await?;
            assignments.retain(|one| one.role != Role::Lead || !carried_out.contains(&one.task_id));
        }
        if assignments.is_empty() && indicators.is_empty() {
            return Ok(Vec::new());
        }
        let levels = levels_asked(db, &cycle.rule, plan.id).await?;
        let rounds = to_open(self.ctx, self.calendar, cycle, plan, until).await?;
        let rounds = rounds.into_iter().filter_map(|round| {
            let circle = Circle {
                rule: &cycle.rule,
                period: round.period,
                opened_on: round.opens_on,
                calendar: self.calendar,
                collecting: &collecting,
                levels: Some(&levels),
            };
            let asked = circle.asked(self.directory, &assignments, &indicators)?;
            let own = asked.into_iter().find(|one| one.unit_id == self.unit)?;
            Some(RoundToCome {
                cycle_id: cycle.id,
                period: round.period.key,
                plan_title: plan.title.clone(),
                kind: own.kind,
                what: (own.schools > 0).then(|| words_of_summary(own.schools)),
                due_on: own.due.due_on,
                provisional: round.provisional || own.due.provisional,
            })
        });
        Ok(rounds.collect())
    }

    /// The schools that answer to the unit.
    fn schools_below(&self) -> Vec<UnitId> {
        let ids = self.directory.units().iter().map(|one| one.id);
        let answers_to_it = |id: &UnitId| {
            let above = district_above(self.directory, *id);
            above.is_some_and(|above| above.id == self.unit)
        };
        ids.filter(answers_to_it).collect()
    }
}
