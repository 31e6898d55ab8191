//! The board (看板): tasks, assignments, obligations and reported progress of a bureau in memory, compact enough for a
//! million assignments, and every figure of the dashboard as a function of it, a local day and a reach.
//!
//! Rows come in through [`Board::load`] or one by one through the `put_*` methods of `apply`; where they come from is not
//! known here. [`Board::as_of`] fixes a day and answers:
//!
//! | question | method of [`AsOf`] | file |
//! |---|---|---|
//! | what all assignments add up to, per task and unit | [`AsOf::sums`], kept up by [`FollowedSums`] | `sums`, `followed_sums` |
//! | of these, how many of each light and standing, by every grouping | [`AsOf::counts`] | `counts` |
//! | which assignments, page by page; how many in all | [`AsOf::page`], [`AsOf::matching`] | `page` |
//! | which tasks, page by page | [`AsOf::task_page`] | `task_page` |
//! | every assignment of a plan with what is expected of it | [`AsOf::each_of_plan`] | `ledger` |
//! | of these, expected and actual progress of the day | [`AsOf::point`] | `point` |
//! | one light and why | [`AsOf::assignment_light`], [`AsOf::task_light`] | `explain` |
//! | rounds that run, or were opened since a day; who answered | [`AsOf::open_rounds`], [`AsOf::rounds_since`] | `rounds` |
//! | asks overdue, by unit and age | [`AsOf::overdue`] | `overdue` |
//!
//! Over time: [`Board::series`] (expected and actual progress) and [`Board::burden`] (asks per unit in a month).
//!
//! As of a day `D`, in the evening: assignments issued by `D`; the percentage each had reported last by `D`; how each had
//! left its course, and its own due day, as they stood then; the due day and duty of tasks and the end of plans as they stood
//! then; obligations opened by `D`, due and settled as they stood then. What has changed since is in `past`. Titles,
//! headings, roles and units are those of now: their past is not kept here.

use crate::domain::ids::{AssignmentId, PlanId, RoundId, TaskId, UnitId};
use crate::domain::workday_line::WorkdayLine;
use std::collections::HashMap;

use chrono::NaiveDate;

mod apply;
mod as_of;
mod ask_marks;
mod asks;
mod burden;
mod columns;
mod counts;
mod day;
mod error;
mod explain;
mod followed_sums;
mod former;
mod id_column;
mod ledger;
mod lens;
mod overdue;
mod page;
mod past;
mod point;
mod progress_log;
mod reach;
mod rounds;
mod rows;
mod series;
mod sums;
mod tally;
mod task_page;

pub use as_of::AsOf;
pub use burden::UnitBurden;
pub use counts::{BoardCounts, Group, TaskGroup};
pub use error::BoardError;
pub use explain::Explained;
pub use followed_sums::FollowedSums;
pub use former::{CourseChange, DaysChange};
pub use ledger::LedgerLine;
pub use overdue::{AgeBucket, UnitOverdue};
pub use page::{PageFilter, PageRow};
pub use reach::Reach;
pub use rounds::OpenRound;
pub use rows::{
    BoardAssignment, BoardObligation, BoardPlan, BoardProgress, BoardRound, BoardRows, BoardSizes,
    BoardTask, BoardUnit, FormerAsk, FormerCourse, FormerDays,
};
pub use series::{MOST_POINTS, SeriesPoint, Step};
pub use sums::Sums;
pub use tally::Tally;
pub use task_page::{TaskPageFilter, TaskPageRow};

use asks::Asks;
use columns::{Assignments, Plans, Rounds, Tasks, Units};
use past::{Course, Past};
use progress_log::ProgressLog;

/// Everything the dashboard counts. Cheap to keep up, read by any number of readers at once.
#[derive(Debug, Clone, Default)]
pub struct Board {
    plans: Plans,
    units: Units,
    tasks: Tasks,
    assignments: Assignments,
    log: ProgressLog,
    rounds: Rounds,
    asks: Asks,
    /// Due days of their own, of the few assignments that were given more time.
    own_days: HashMap<u32, NaiveDate>,
    /// What assignments were before they were taken up again, or given another day.
    courses: Past<Course>,
    /// Raised with every plan, unit, task and assignment that is put.
    shape: u64,
}

impl Board {
    /// The board as of the evening of `on`, a bureau-local day; today gives what holds now. `line` must cover the days
    /// the tasks run and the due days of obligations, or these count too few workdays.
    ///
    /// What is worked out for the day is kept in the result, each part when first needed: a pass over the progress log for a
    /// past day, one over the obligations for lights that asks decide. Keep it while answering one request.
    pub fn as_of<'b>(&'b self, on: NaiveDate, line: &'b WorkdayLine) -> AsOf<'b> {
        AsOf::new(self, on, line)
    }

    /// A plan by its id.
    pub fn plan(&self, id: PlanId) -> Option<&BoardPlan> {
        self.plans.by_id(id.0)
    }

    /// A unit by its id.
    pub fn unit(&self, id: UnitId) -> Option<&BoardUnit> {
        self.units.by_id(id.0)
    }

    /// A task by its id.
    pub fn task(&self, id: TaskId) -> Option<&BoardTask> {
        self.tasks.by_id(id.0).map(|task| &task.row)
    }

    /// A round by its id.
    pub fn round(&self, id: RoundId) -> Option<&BoardRound> {
        self.rounds.by_id(id.0)
    }

    /// How many assignments it holds, issued or not.
    pub fn assignments(&self) -> usize {
        self.assignments.ids.len()
    }

    /// Whether it holds this assignment.
    pub fn has_assignment(&self, id: AssignmentId) -> bool {
        self.assignments.ids.row(id.0).is_some()
    }

    /// A number that rises with everything that is put but reports, rounds, and obligations that ask about no less than
    /// before.
    fn shape(&self) -> u64 {
        self.shape + self.asks.shape()
    }

    /// Bytes held for assignments, progress and obligations, slack included: what grows with a bureau. Plans, units,
    /// tasks and rounds are few and not counted.
    pub fn heap_bytes(&self) -> usize {
        self.assignments.heap_bytes()
            + self.log.heap_bytes()
            + self.asks.heap_bytes()
            + self.courses.heap_bytes()
    }
}
