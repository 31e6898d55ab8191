//! The rows a board is made of, as they come from the database: plans, units, tasks, assignments, progress, rounds,
//! obligations. How they are taken in is in `apply`.

use chrono::NaiveDate;

use crate::domain::cycle_kind::CycleKind;
use crate::domain::expected_progress::Duty;
use crate::domain::ids::{AssignmentId, ObligationId, PlanId, RoundId, TaskId, UnitId};
use crate::domain::level::Level;
use crate::domain::light::Ending;
use crate::domain::obligation::{ObligationKind, ObligationState};
use crate::domain::role::Role;
use crate::domain::unit_kind::UnitKind;

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardPlan {
    /// Its id.
    pub id: PlanId,
    /// Its title.
    pub title: String,
}

/// A unit. The one above it need not be on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardUnit {
    /// Its id.
    pub id: UnitId,
    /// Code from the units file.
    pub code: String,
    /// Full name.
    pub name: String,
    /// Kind.
    pub kind: UnitKind,
    /// School levels; empty for everything that is no school.
    pub levels: Vec<Level>,
    /// The unit above it.
    pub parent_id: Option<UnitId>,
    /// 联系领导.
    pub liaison: Option<String>,
}

/// A task. Its days are bureau-local.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardTask {
    /// Its id.
    pub id: TaskId,
    /// Plan it belongs to.
    pub plan_id: PlanId,
    /// Outline path such as 四(一)1.
    pub number: String,
    /// Title.
    pub title: String,
    /// Headings above it, outermost first.
    pub section: Vec<String>,
    /// Day of issue; `None` where it is not issued, and then nothing is expected of it.
    pub issued_on: Option<NaiveDate>,
    /// Due day named in the text.
    pub due_on: Option<NaiveDate>,
    /// End of the plan's last phase.
    pub phases_end_on: Option<NaiveDate>,
    /// Whether it is a standing duty.
    pub duty: Duty,
    /// What its days were before they were amended, the earliest first.
    pub past: Vec<FormerDays>,
}

/// The days of a task as they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormerDays {
    /// The local day in whose evening they held for the last time. Of several of one day the first counts.
    pub until: NaiveDate,
    /// Due day named in the text.
    pub due_on: Option<NaiveDate>,
    /// End of the plan's last phase.
    pub phases_end_on: Option<NaiveDate>,
    /// Whether it was a standing duty.
    pub duty: Duty,
}

/// An assignment: a task × a unit × a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardAssignment {
    /// Its id.
    pub id: AssignmentId,
    /// Task.
    pub task_id: TaskId,
    /// Unit.
    pub unit_id: UnitId,
    /// The unit's part.
    pub role: Role,
    /// Order among the task's units of that role; the lead at the lowest is the first-named.
    pub position: u16,
    /// Day of issue, bureau-local: before it the assignment is on no board. A late joiner's is later than its task's.
    pub issued_on: NaiveDate,
    /// How it left the course of its task, and from which local day on.
    pub ended: Option<(Ending, NaiveDate)>,
    /// Its own due day, where more time was given.
    pub due_on: Option<NaiveDate>,
    /// What these two were before, the earliest first; empty for most.
    pub past: Vec<FormerCourse>,
}

/// How an assignment had left its course, and its own due day, as they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormerCourse {
    /// The local day in whose evening they held for the last time. Of several of one day the first counts.
    pub until: NaiveDate,
    /// How it had left the course of its task, and from which local day on.
    pub ended: Option<(Ending, NaiveDate)>,
    /// Its own due day.
    pub due_on: Option<NaiveDate>,
}

/// One percentage that was reported, or to which a decision set the assignment back. Rows come in the order of time; of one
/// assignment on one day the one that came last holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoardProgress {
    /// Assignment.
    pub assignment_id: AssignmentId,
    /// Local day of the report or decision.
    pub reported_on: NaiveDate,
    /// Progress, 0–100.
    pub percent: u8,
}

/// A round of a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardRound {
    /// Its id.
    pub id: RoundId,
    /// Kind of its cycle.
    pub cycle: CycleKind,
    /// Its period, such as 2026-B6.
    pub period_key: String,
    /// Plan.
    pub plan_id: PlanId,
    /// Local day it was opened.
    pub opened_on: NaiveDate,
    /// Local day it was closed.
    pub closed_on: Option<NaiveDate>,
    /// Latest due day of its obligations; `None` where nothing is asked.
    pub due_on: Option<NaiveDate>,
}

/// A request to one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardObligation {
    /// Its id.
    pub id: ObligationId,
    /// Unit asked.
    pub unit_id: UnitId,
    /// What is asked.
    pub kind: ObligationKind,
    /// Plan.
    pub plan_id: PlanId,
    /// Round it belongs to.
    pub round_id: Option<RoundId>,
    /// Local day it was asked.
    pub opened_on: NaiveDate,
    /// Due day.
    pub due_on: NaiveDate,
    /// Local day it left `open`: before it, it was open. Not looked at while it is open; where it is missing the state
    /// holds from the opening.
    pub settled_on: Option<NaiveDate>,
    /// Where it stands.
    pub state: ObligationState,
    /// The assignments it asks about; empty where it asks about indicators or sends something up.
    pub assignment_ids: Vec<AssignmentId>,
    /// What it was before it was opened again, moved, or answered after all, the earliest first; empty for most.
    pub past: Vec<FormerAsk>,
}

/// A request as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormerAsk {
    /// The local day in whose evening it was so for the last time. Of several of one day the first counts.
    pub until: NaiveDate,
    /// Due day.
    pub due_on: NaiveDate,
    /// As [`BoardObligation::settled_on`].
    pub settled_on: Option<NaiveDate>,
    /// Where it stood.
    pub state: ObligationState,
}

/// All rows of a board, to load it from. Every list may be in any order except progress; in ascending order of ids the
/// board answers pages fastest.
#[derive(Debug, Clone, Default)]
pub struct BoardRows {
    /// Plans.
    pub plans: Vec<BoardPlan>,
    /// Units.
    pub units: Vec<BoardUnit>,
    /// Tasks.
    pub tasks: Vec<BoardTask>,
    /// Assignments.
    pub assignments: Vec<BoardAssignment>,
    /// Reported progress, in the order of time.
    pub progress: Vec<BoardProgress>,
    /// Rounds.
    pub rounds: Vec<BoardRound>,
    /// Obligations.
    pub obligations: Vec<BoardObligation>,
}

/// How many rows are to come, so that columns are made in their size at once. More and fewer may come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BoardSizes {
    /// Assignments.
    pub assignments: usize,
    /// Reported percentages.
    pub progress: usize,
    /// Obligations.
    pub obligations: usize,
    /// Items of all obligations that are assignments.
    pub items: usize,
}
