//! What the example bureau was asked and what it answered: the assignments of one plan with their progress, obligations
//! with their items, and at the end all reports in the order of time.

use crate::domain::cycle::CycleRule;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{AssignmentId, ObligationId, ReportId};
use crate::domain::obligation::{ObligationKind, ObligationState, Source};
use crate::domain::role::Role;
use crate::domain::seeded_town::{self, Due};
use crate::flow::FlowError;
use crate::flow::seed_assignments::{PLAN_ENDS_IN, Part, SeededPlan, SeededRound, Seeding};
use crate::storage::seed_rows::{
    SeedAssignment, SeedObligation, SeedReport, SeedReportItem, insert_assignments, insert_items,
    insert_obligations, insert_report_items, insert_reports,
};
use crate::storage::{WriteTx, new_id};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of one transaction, about.
const TOGETHER: usize = 50_000;

/// Days after which asking ends unanswered.
const CHASED_DAYS: i32 = 28;

/// Tasks that one ask of a round is about.
const MOST_OF_A_ROUND: usize = 40;

/// A report that is still to be written.
#[derive(Debug, Clone)]
pub(super) struct LateReport {
    back: i32,
    obligation_id: ObligationId,
    version: i32,
    told: Arc<Told>,
}

/// What a unit reports about: assignments of a plan that are due together.
#[derive(Debug)]
struct Told {
    plan: u64,
    issued_back: i32,
    ends_in: i32,
    assignments: Vec<(usize, AssignmentId)>,
}

/// An obligation with what it asks about.
type Ask = (SeedObligation, Vec<AssignmentId>);

/// Days back from today on which something was asked, is due, and was answered.
#[derive(Debug, Clone, Copy)]
struct Course {
    asked: i32,
    due: i32,
    answered: Option<i32>,
    /// When asking ended.
    given_up: i32,
}

/// Writes the assignments of a plan, what was asked about them, and its rounds.
pub(super) async fn seed_asks(
    seeding: &mut Seeding<'_>,
    plan: &SeededPlan,
) -> Result<(), FlowError> {
    let mut progress = vec![None; plan.assignments.len()];
    let mut acknowledged = vec![None; seeding.unit_ids.len()];
    let mut asks = acknowledgements(seeding, plan, &mut acknowledged);
    asks.extend(completions(seeding, plan, &mut progress));
    let numbered: Vec<(usize, &Part)> = plan.assignments.iter().enumerate().collect();
    for some in numbered.chunks(TOGETHER) {
        let tx = seeding.ctx.write().await?;
        let rows = some.iter().filter_map(|(at, part)| {
            let progress = progress.get(*at).copied().flatten();
            let acknowledged = acknowledged.get(part.unit).copied().flatten();
            Some(SeedAssignment {
                id: part.id,
                task_id: plan.tasks.get(part.task)?.0,
                unit_id: *seeding.unit_ids.get(part.unit)?,
                role: part.role,
                position: part.position,
                issued_at: seeding.at(plan.issued_back),
                progress: progress.map(|(percent, back)| (percent, seeding.day(back))),
                acknowledged_on: acknowledged.map(|back| seeding.day(back)),
            })
        });
        insert_assignments(&tx, rows).await?;
        tx.commit_unseen().await?;
    }
    write_asks(seeding, asks).await?;
    let tx = seeding.ctx.write().await?;
    let dispatch = CycleRule::standard(CycleKind::Dispatch, Frequency::TwoMonths);
    let dispatches = seeding
        .make_rounds(&tx, plan, CycleKind::Dispatch, dispatch)
        .await?;
    let spot_check = CycleRule::standard(CycleKind::SpotCheck, Frequency::Month);
    let checks = seeding
        .make_rounds(&tx, plan, CycleKind::SpotCheck, spot_check)
        .await?;
    tx.commit_unseen().await?;
    let mut asks = Vec::new();
    for (round, kind) in dispatches
        .into_iter()
        .map(|round| (round, ObligationKind::Dispatch))
        .chain(
            checks
                .into_iter()
                .map(|round| (round, ObligationKind::SpotCheck)),
        )
    {
        asks.extend(of_round(seeding, plan, round, kind));
    }
    write_asks(seeding, asks).await
}

/// One acknowledgement per unit.
fn acknowledgements(
    seeding: &Seeding<'_>,
    plan: &SeededPlan,
    acknowledged: &mut [Option<i32>],
) -> Vec<Ask> {
    let mut by_unit: BTreeMap<usize, Vec<AssignmentId>> = BTreeMap::new();
    for part in &plan.assignments {
        by_unit.entry(part.unit).or_default().push(part.id);
    }
    let asks = by_unit.into_iter().map(|(unit, assignments)| {
        let mut dice = seeding.dice(&[plan.number, unit as u64, 1]);
        let answered = dice
            .happens(92)
            .then(|| plan.issued_back - dice.between(1, 4));
        if let Some(place) = acknowledged.get_mut(unit) {
            *place = answered;
        }
        let course = Course {
            asked: plan.issued_back,
            due: plan.issued_back - 5,
            answered,
            given_up: plan.issued_back - 5 - CHASED_DAYS,
        };
        let source = Source::Issue(plan.id, 1);
        let ask = obligation(
            seeding,
            plan,
            unit,
            source,
            ObligationKind::Acknowledge,
            course,
        );
        (ask, assignments)
    });
    asks.collect()
}

/// One completion per unit and day on which something is due, with its reports.
fn completions(
    seeding: &mut Seeding<'_>,
    plan: &SeededPlan,
    progress: &mut [Option<(u8, i32)>],
) -> Vec<Ask> {
    let mut together: BTreeMap<(usize, Due), Vec<(usize, AssignmentId)>> = BTreeMap::new();
    for (at, part) in plan.assignments.iter().enumerate() {
        let due = plan.due(part);
        if due != Due::Standing {
            let known = together.entry((part.unit, due)).or_default();
            known.push((at, part.id));
        }
    }
    let mut asks = Vec::with_capacity(together.len());
    for ((unit, due), assignments) in together {
        let ends_in = match due {
            Due::Day(day) => day,
            Due::EndOfPlan | Due::Standing => PLAN_ENDS_IN,
        };
        let thing = [
            plan.number,
            unit as u64,
            2,
            u64::from(ends_in.unsigned_abs()),
        ];
        let days = seeded_town::report_days(&mut seeding.dice(&thing), plan.issued_back, due);
        let course = Course {
            asked: plan.issued_back,
            due: -ends_in,
            answered: days.first().copied(),
            given_up: -ends_in - CHASED_DAYS,
        };
        let source = Source::DueDay(plan.id, seeding.day(-ends_in));
        let ask = obligation(
            seeding,
            plan,
            unit,
            source,
            ObligationKind::Complete,
            course,
        );
        let told = Arc::new(Told {
            plan: plan.number,
            issued_back: plan.issued_back,
            ends_in,
            assignments,
        });
        for (version, back) in (1..).zip(&days) {
            seeding.late.push(LateReport {
                back: *back,
                obligation_id: ask.id,
                version,
                told: told.clone(),
            });
        }
        if let Some(last) = days.last() {
            for (at, _) in &told.assignments {
                if let Some(place) = progress.get_mut(*at) {
                    *place = Some((told.percent(seeding, *at, *last), *last));
                }
            }
        }
        let items = told.assignments.iter().map(|(_, id)| *id).collect();
        asks.push((ask, items));
    }
    asks
}

/// What a round asks: a dispatch the leads about what they lead, a spot-check some units about some tasks.
fn of_round(
    seeding: &Seeding<'_>,
    plan: &SeededPlan,
    round: SeededRound,
    kind: ObligationKind,
) -> Vec<Ask> {
    let is_dispatch = kind == ObligationKind::Dispatch;
    let mut by_unit: BTreeMap<usize, Vec<AssignmentId>> = BTreeMap::new();
    for part in &plan.assignments {
        if is_dispatch == (part.role == Role::Lead) {
            by_unit.entry(part.unit).or_default().push(part.id);
        }
    }
    let asks = by_unit.into_iter().filter_map(|(unit, mut assignments)| {
        let number = round.opened_back.unsigned_abs();
        let mut dice = seeding.dice(&[plan.number, unit as u64, 3, u64::from(number)]);
        if !is_dispatch && !dice.happens(5) {
            return None;
        }
        assignments.truncate(if is_dispatch { MOST_OF_A_ROUND } else { 3 });
        let answered = dice.happens(if round.closed_back.is_some() { 90 } else { 40 });
        let latest = round.due_back.max(0);
        let course = Course {
            asked: round.opened_back,
            due: round.due_back,
            answered: answered.then(|| dice.between(latest, round.opened_back - 1)),
            given_up: round.closed_back.unwrap_or(-1),
        };
        let source = Source::Round(round.id);
        let mut ask = obligation(seeding, plan, unit, source, kind, course);
        ask.round_id = Some(round.id);
        Some((ask, assignments))
    });
    asks.collect()
}

fn obligation(
    seeding: &Seeding<'_>,
    plan: &SeededPlan,
    unit: usize,
    source: Source,
    kind: ObligationKind,
    course: Course,
) -> SeedObligation {
    let unanswered = course.given_up >= 0;
    let (state, settled) = match course.answered {
        Some(back) => (ObligationState::Answered, Some(back)),
        None if unanswered => (ObligationState::Unanswered, Some(course.given_up)),
        None => (ObligationState::Open, None),
    };
    SeedObligation {
        id: ObligationId(new_id()),
        source,
        // Every place comes from the list of units.
        unit_id: seeding
            .unit_ids
            .get(unit)
            .copied()
            .unwrap_or_else(|| crate::domain::ids::UnitId(uuid::Uuid::nil())),
        kind,
        plan_id: plan.id,
        round_id: None,
        opened: (seeding.day(course.asked), seeding.at(course.asked)),
        due_on: seeding.day(course.due),
        state,
        settled_at: settled.map(|back| seeding.at(back)),
    }
}

async fn write_asks(seeding: &mut Seeding<'_>, asks: Vec<Ask>) -> Result<(), FlowError> {
    seeding.made.obligations += asks.len() as u64;
    let mut asks = asks.into_iter().peekable();
    while asks.peek().is_some() {
        let tx = seeding.ctx.write().await?;
        let (mut rows, mut items) = (Vec::new(), Vec::new());
        while items.len() < TOGETHER
            && let Some((ask, assignments)) = asks.next()
        {
            let placed = (0..).zip(assignments);
            items.extend(placed.map(|(position, assignment)| (ask.id, assignment, position)));
            rows.push(ask);
        }
        insert_obligations(&tx, rows).await?;
        insert_items(&tx, items).await?;
        tx.commit_unseen().await?;
    }
    Ok(())
}

impl Told {
    /// What is told of the assignment at that place of its plan, so many days ago: the same whenever it is asked.
    fn percent(&self, seeding: &Seeding<'_>, at: usize, back: i32) -> u8 {
        let thing = [self.plan, at as u64, 4, u64::from(back.unsigned_abs())];
        let mut dice = seeding.dice(&thing);
        seeded_town::percent(&mut dice, self.issued_back, self.ends_in, back)
    }
}

/// Writes all reports, the oldest first.
pub(super) async fn write_reports(seeding: &mut Seeding<'_>) -> Result<(), FlowError> {
    let mut late = std::mem::take(&mut seeding.late);
    late.sort_by_key(|report| (-report.back, report.version));
    seeding.made.reports += late.len() as u64;
    let mut late = late.into_iter().peekable();
    while late.peek().is_some() {
        let tx = seeding.ctx.write().await?;
        write_some(seeding, &tx, &mut late).await?;
        tx.commit_unseen().await?;
    }
    Ok(())
}

async fn write_some(
    seeding: &Seeding<'_>,
    tx: &WriteTx,
    late: &mut impl Iterator<Item = LateReport>,
) -> Result<(), FlowError> {
    let (mut rows, mut items) = (Vec::new(), Vec::new());
    while items.len() < TOGETHER
        && let Some(report) = late.next()
    {
        let report_id = ReportId(new_id());
        rows.push(SeedReport {
            id: report_id,
            obligation_id: report.obligation_id,
            version: report.version,
            reported_at: seeding.at(report.back),
        });
        for (position, (at, assignment_id)) in (0..).zip(&report.told.assignments) {
            items.push(SeedReportItem {
                report_id,
                assignment_id: *assignment_id,
                position,
                percent: report.told.percent(seeding, *at, report.back),
                reported_on: seeding.day(report.back),
            });
        }
    }
    insert_reports(tx, rows).await?;
    Ok(insert_report_items(tx, items).await?)
}
