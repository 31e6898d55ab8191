//! Small random boards: few units and tasks, so that everything meets everything.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use duban::domain::board::{
    Board, BoardAssignment, BoardError, BoardObligation, BoardPlan, BoardProgress, BoardRound,
    BoardRows, BoardTask, BoardUnit, FormerAsk, FormerCourse, FormerDays, PageFilter, Reach,
};
use duban::domain::calendar::Holidays;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::expected_progress::Duty;
use duban::domain::ids::{AssignmentId, ObligationId, PlanId, RoundId, TaskId, UnitId};
use duban::domain::level::Level;
use duban::domain::light::{Ending, Light};
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::role::Role;
use duban::domain::standing::Standing;
use duban::domain::unit_kind::UnitKind;
use duban::domain::workday_line::WorkdayLine;
use uuid::Uuid;

/// The days on which things happen lie in the first so many of 2027.
pub const DAYS: usize = 120;

/// How many rows of each kind.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    pub units: usize,
    pub tasks: usize,
    pub assignments: usize,
    pub progress: usize,
    pub obligations: usize,
}

/// Numbers that look random and are the same each time (SplitMix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub fn perhaps<T>(&mut self, value: T) -> Option<T> {
        (self.below(2) == 0).then_some(value)
    }

    pub fn day(&mut self) -> NaiveDate {
        day(self.below(DAYS))
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }
}

pub fn day(after: usize) -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 1, 1).unwrap() + Days::new(after as u64)
}

pub fn id(number: usize) -> Uuid {
    Uuid::from_u128(number as u128 + 1)
}

pub fn line() -> WorkdayLine {
    WorkdayLine::new(&Holidays::default(), day(0), day(600))
}

/// A board's rows: assignments, units and tasks in no order, progress in no order of time.
pub fn rows(seed: u64, sizes: Sizes) -> BoardRows {
    let mut numbers = Numbers(seed);
    let n = &mut numbers;
    let mut rows = BoardRows {
        plans: (0..2).map(plan).collect(),
        units: (0..sizes.units).map(|at| unit(n, at)).collect(),
        tasks: (0..sizes.tasks).map(|at| task(n, at)).collect(),
        rounds: (0..3).map(|at| round(n, at)).collect(),
        ..BoardRows::default()
    };
    if sizes.units > 0 && sizes.tasks > 0 {
        rows.assignments = (0..sizes.assignments)
            .map(|at| assignment(n, at, sizes))
            .collect();
    }
    if !rows.assignments.is_empty() {
        rows.progress = (0..sizes.progress)
            .map(|_| BoardProgress {
                assignment_id: AssignmentId(id(n.below(sizes.assignments))),
                reported_on: n.day(),
                percent: n.one(&[0, 5, 20, 40, 50, 60, 70, 85, 95, 100]),
            })
            .collect();
    }
    if sizes.units > 0 {
        let assignments = rows.assignments.len();
        rows.obligations = (0..sizes.obligations)
            .map(|at| obligation(n, at, sizes.units, assignments))
            .collect();
    }
    n.shuffle(&mut rows.units);
    n.shuffle(&mut rows.tasks);
    n.shuffle(&mut rows.assignments);
    rows
}

fn plan(at: usize) -> BoardPlan {
    BoardPlan {
        id: PlanId(id(at)),
        title: format!("方案{at}"),
    }
}

fn unit(n: &mut Numbers, at: usize) -> BoardUnit {
    let kind = n.one(&[UnitKind::Section, UnitKind::District, UnitKind::School]);
    let mut levels = Vec::new();
    if kind == UnitKind::School {
        levels.extend(n.perhaps(Level::Primary));
        levels.extend(n.perhaps(Level::Junior));
    }
    BoardUnit {
        id: UnitId(id(at)),
        code: format!("U{}", n.below(3)),
        name: format!("单位{at}"),
        kind,
        levels,
        parent_id: None,
        liaison: None,
    }
}

fn task(n: &mut Numbers, at: usize) -> BoardTask {
    let (issued_on, due_on, phases_end_on) = (n.day(), n.day(), n.day());
    let past = former(n, 3, |n, until| FormerDays {
        until,
        due_on: perhaps_day(n),
        phases_end_on: perhaps_day(n),
        duty: n.one(&[Duty::Standing, Duty::Ending, Duty::Ending]),
    });
    BoardTask {
        id: TaskId(id(at)),
        plan_id: PlanId(id(n.below(2))),
        number: at.to_string(),
        title: format!("任务{at}"),
        section: n
            .perhaps("一、总体".to_owned())
            .into_iter()
            .chain(Some("（一）细目".to_owned()))
            .collect(),
        issued_on: (n.below(8) > 0).then_some(issued_on),
        due_on: n.perhaps(due_on),
        phases_end_on: n.perhaps(phases_end_on),
        duty: n.one(&[Duty::Standing, Duty::Ending, Duty::Ending]),
        past,
    }
}

pub fn assignment(n: &mut Numbers, at: usize, sizes: Sizes) -> BoardAssignment {
    let ending = n.one(&[Ending::Closed, Ending::Paused, Ending::Withdrawn]);
    let ended_on = n.day();
    let own_day = n.day();
    let past = former(n, 4, |n, until| FormerCourse {
        until,
        ended: perhaps_day(n).map(|on| {
            let ending = n.one(&[Ending::Closed, Ending::Paused, Ending::Withdrawn]);
            (ending, on)
        }),
        due_on: perhaps_day(n),
    });
    BoardAssignment {
        id: AssignmentId(id(at)),
        task_id: TaskId(id(n.below(sizes.tasks))),
        unit_id: UnitId(id(n.below(sizes.units))),
        role: n.one(&[Role::Lead, Role::Lead, Role::Responsible, Role::Cooperating]),
        // Distinct, so that leads have one order.
        position: u16::try_from((at * 7) % 1000).unwrap(),
        issued_on: n.day(),
        ended: (n.below(4) == 0).then_some((ending, ended_on)),
        due_on: (n.below(4) == 0).then_some(own_day),
        past,
    }
}

/// Former values of one row in `of`, the earliest first; two may hold up to the same day.
fn former<T>(
    n: &mut Numbers,
    of: usize,
    mut one: impl FnMut(&mut Numbers, NaiveDate) -> T,
) -> Vec<T> {
    if n.below(of) > 0 {
        return Vec::new();
    }
    let mut until: Vec<NaiveDate> = (0..n.below(4)).map(|_| n.day()).collect();
    until.sort_unstable();
    until.into_iter().map(|until| one(n, until)).collect()
}

fn perhaps_day(n: &mut Numbers) -> Option<NaiveDate> {
    let day = n.day();
    n.perhaps(day)
}

fn round(n: &mut Numbers, at: usize) -> BoardRound {
    let (opened_on, closed_on, due_on) = (n.day(), n.day(), n.day());
    BoardRound {
        id: RoundId(id(at)),
        cycle: CycleKind::Dispatch,
        period_key: format!("2027-B{}", at + 1),
        plan_id: PlanId(id(n.below(2))),
        opened_on,
        closed_on: n.perhaps(closed_on),
        due_on: n.perhaps(due_on),
    }
}

fn obligation(n: &mut Numbers, at: usize, units: usize, assignments: usize) -> BoardObligation {
    let (settled_on, items) = (n.day(), n.below(5));
    let past = former(n, 4, |n, until| FormerAsk {
        until,
        due_on: n.day(),
        settled_on: perhaps_day(n),
        state: n.one(&ObligationState::ALL),
    });
    BoardObligation {
        id: ObligationId(id(at)),
        unit_id: UnitId(id(n.below(units))),
        kind: n.one(&ObligationKind::ALL),
        plan_id: PlanId(id(n.below(2))),
        round_id: match n.below(4) {
            3 => None,
            round => Some(RoundId(id(round))),
        },
        opened_on: n.day(),
        due_on: n.day(),
        settled_on: (n.below(8) > 0).then_some(settled_on),
        state: n.one(&ObligationState::ALL),
        assignment_ids: (0..items)
            .filter(|_| assignments > 0)
            .map(|_| AssignmentId(id(n.below(assignments))))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        past,
    }
}

pub fn reach(n: &mut Numbers, sizes: Sizes) -> Reach {
    if n.below(3) == 0 {
        return Reach::All;
    }
    let (units, tasks) = (n.below(3), n.below(3));
    // One more than there are: an id that is not on the board.
    Reach::Some {
        units: (0..units)
            .map(|_| UnitId(id(n.below(sizes.units + 1))))
            .collect(),
        led_tasks: (0..tasks)
            .map(|_| TaskId(id(n.below(sizes.tasks + 1))))
            .collect(),
    }
}

pub fn filter(n: &mut Numbers, sizes: Sizes) -> PageFilter {
    let mut filter = PageFilter::default();
    for _ in 0..n.below(3) {
        match n.below(10) {
            0 => filter.light = Some(n.one(&Light::ALL)),
            1 => filter.standing = Some(n.one(&Standing::ALL)),
            2 => filter.role = Some(n.one(&Role::ALL)),
            3 => filter.unit_id = Some(UnitId(id(n.below(sizes.units + 1)))),
            4 => filter.lead_unit_id = Some(UnitId(id(n.below(sizes.units + 1)))),
            5 => filter.kind = Some(n.one(&UnitKind::ALL)),
            6 => filter.level = Some(n.one(&Level::ALL)),
            7 => filter.plan_id = Some(PlanId(id(n.below(3)))),
            8 => filter.task_id = Some(TaskId(id(n.below(sizes.tasks + 1)))),
            _ => filter.section = Some(n.one(&["一、总体", "（一）细目", "另"]).to_owned()),
        }
    }
    filter
}

/// A board that came to these rows by a detour: other rows first, then these.
pub fn by_detour(seed: u64, sizes: Sizes, rows: &BoardRows) -> Result<Board, BoardError> {
    let mut numbers = Numbers(seed ^ 0x5eed);
    let n = &mut numbers;
    let mut board = Board::default();
    rows.plans
        .iter()
        .cloned()
        .try_for_each(|row| board.put_plan(row))?;
    rows.units
        .iter()
        .cloned()
        .try_for_each(|row| board.put_unit(row))?;
    for row in &rows.tasks {
        let other = BoardTask {
            id: row.id,
            ..task(n, 0)
        };
        board.put_task(other)?;
    }
    for row in &rows.assignments {
        let other = BoardAssignment {
            id: row.id,
            ..assignment(n, 0, sizes)
        };
        board.put_assignment(other)?;
    }
    rows.rounds
        .iter()
        .cloned()
        .try_for_each(|row| board.put_round(row))?;
    for row in &rows.obligations {
        let other = obligation(n, 0, sizes.units, rows.assignments.len());
        board.put_obligation(BoardObligation {
            id: row.id,
            ..other
        })?;
        board.put_obligation(row.clone())?;
    }
    rows.progress
        .iter()
        .try_for_each(|row| board.put_progress(*row))?;
    rows.assignments
        .iter()
        .cloned()
        .try_for_each(|row| board.put_assignment(row))?;
    rows.tasks
        .iter()
        .cloned()
        .try_for_each(|row| board.put_task(row))?;
    Ok(board)
}
