//! Rows into the board. Putting a row whose id is known replaces it, so that a changed row is put like a new one; no row
//! is ever taken out, since nothing is forgotten (design §5.10).
//!
//! A row comes after those it names: plans and units, then tasks (plan), assignments (task, unit), progress (assignment),
//! rounds (plan), obligations (unit, plan, round, assignments). One that comes too early is refused and changes nothing.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::domain::expected_progress::{Duty, TaskSpan};
use crate::domain::light::Ending;
use crate::domain::obligation::ObligationState;
use crate::domain::role::Role;

use super::Board;
use super::asks::{NO_ROUND, NewAsk};
use super::columns::{AssignmentRow, Lead, Part, TaskRow, put};
use super::day::Day;
use super::error::BoardError;
use super::past::{Course, PastAsk, TaskDays};
use super::progress_log::Place;
use super::rows::{
    BoardAssignment, BoardObligation, BoardPlan, BoardProgress, BoardRound, BoardRows, BoardSizes,
    BoardTask, BoardUnit, FormerAsk, FormerCourse,
};

/// The highest percentage.
const MOST_PERCENT: u8 = 100;

impl Board {
    /// A board of these rows.
    ///
    /// # Errors
    /// [`BoardError`] for the first row that does not fit.
    pub fn load(rows: BoardRows) -> Result<Self, BoardError> {
        let mut board = Self::default();
        board.reserve(BoardSizes {
            assignments: rows.assignments.len(),
            progress: rows.progress.len(),
            obligations: rows.obligations.len(),
            items: rows
                .obligations
                .iter()
                .map(|row| row.assignment_ids.len())
                .sum(),
        });
        rows.plans
            .into_iter()
            .try_for_each(|row| board.put_plan(row))?;
        rows.units
            .into_iter()
            .try_for_each(|row| board.put_unit(row))?;
        rows.tasks
            .into_iter()
            .try_for_each(|row| board.put_task(row))?;
        rows.assignments
            .into_iter()
            .try_for_each(|row| board.put_assignment(row))?;
        rows.progress
            .into_iter()
            .try_for_each(|row| board.put_progress(row))?;
        rows.rounds
            .into_iter()
            .try_for_each(|row| board.put_round(row))?;
        rows.obligations
            .into_iter()
            .try_for_each(|row| board.put_obligation(row))?;
        Ok(board)
    }

    /// Makes room for so many rows in all, without slack. Whoever loads row by row calls it first.
    pub fn reserve(&mut self, sizes: BoardSizes) {
        self.assignments.reserve(sizes.assignments);
        self.log.reserve(sizes.progress);
        self.asks.reserve(sizes.obligations, sizes.items);
    }

    /// Adds or replaces a plan.
    ///
    /// # Errors
    /// [`BoardError::Full`].
    pub fn put_plan(&mut self, plan: BoardPlan) -> Result<(), BoardError> {
        self.shape += 1;
        self.plans.put(plan.id.0, plan).ok_or(full("方案"))
    }

    /// Adds or replaces a unit.
    ///
    /// # Errors
    /// [`BoardError::Full`].
    pub fn put_unit(&mut self, unit: BoardUnit) -> Result<(), BoardError> {
        self.shape += 1;
        self.units.put(unit.id.0, unit).ok_or(full("单位"))
    }

    /// Adds or replaces a task; its assignments stay.
    ///
    /// # Errors
    /// [`BoardError::Missing`] for a plan that has not come, [`BoardError::Full`].
    pub fn put_task(&mut self, mut task: BoardTask) -> Result<(), BoardError> {
        let id = task.id.0;
        found(
            self.plans.ids.row(task.plan_id.0),
            ("任务", id),
            ("方案", task.plan_id.0),
        )?;
        let leads = match self.tasks.ids.row(id) {
            Some(at) => match self.tasks.rows.get_mut(at as usize) {
                Some(old) => std::mem::take(&mut old.leads),
                None => Vec::new(),
            },
            None => Vec::new(),
        };
        let issued_on = task.issued_on;
        let days = |duty: Duty, due_on, phases_end_on| TaskDays {
            span: TaskSpan::of(duty, issued_on, due_on, phases_end_on),
            due_on,
            duty,
        };
        let past = std::mem::take(&mut task.past).into_iter().map(|former| {
            let days = days(former.duty, former.due_on, former.phases_end_on);
            (Day::of(former.until), days)
        });
        let row = TaskRow {
            days: days(task.duty, task.due_on, task.phases_end_on),
            past: past.collect(),
            row: task,
            leads,
        };
        self.shape += 1;
        self.tasks.put(id, row).ok_or(full("任务"))
    }

    /// Adds or replaces an assignment; what it reported stays.
    ///
    /// # Errors
    /// [`BoardError::Missing`] for a task or unit that has not come, [`BoardError::Full`].
    pub fn put_assignment(&mut self, assignment: BoardAssignment) -> Result<(), BoardError> {
        let id = assignment.id.0;
        let (task_id, unit_id) = (assignment.task_id.0, assignment.unit_id.0);
        let mut part = Part::new(assignment.role, assignment.ended.map(|(ending, _)| ending));
        if assignment.due_on.is_some() {
            part = part.with_own_day();
        }
        if !assignment.past.is_empty() {
            part = part.with_past();
        }
        let row = AssignmentRow {
            task: found(
                self.tasks.ids.row(task_id),
                ("任务分工", id),
                ("任务", task_id),
            )?,
            unit: found(
                self.units.ids.row(unit_id),
                ("任务分工", id),
                ("单位", unit_id),
            )?,
            issued: Day::of(assignment.issued_on),
            ended: Day::of_option(assignment.ended.map(|(_, on)| on)),
            part,
        };
        self.shape += 1;
        let at = match self.assignments.ids.row(id) {
            Some(at) => {
                if self.assignments.unit.get(at as usize) != Some(&row.unit) {
                    self.asks.has_strangers();
                }
                self.forget_lead(at);
                self.assignments.replace(at, row);
                at
            }
            None => {
                let at = self.assignments.ids.push(id).ok_or(full("任务分工"))?;
                self.assignments.push(row);
                at
            }
        };
        match assignment.due_on {
            Some(day) => self.own_days.insert(at, day),
            None => self.own_days.remove(&at),
        };
        let past = assignment.past.iter();
        self.courses.set(at, past.map(course_of));
        if assignment.role == Role::Lead
            && let Some(task) = self.tasks.rows.get_mut(row.task as usize)
        {
            task.leads.push(Lead {
                position: assignment.position,
                assignment: at,
            });
            task.leads.sort_unstable();
        }
        Ok(())
    }

    /// Adds a percentage that was reported or set back. Putting a row again that was put before does no harm.
    ///
    /// # Errors
    /// [`BoardError::PercentTooHigh`], or [`BoardError::Missing`] for an assignment that has not come.
    pub fn put_progress(&mut self, progress: BoardProgress) -> Result<(), BoardError> {
        let id = progress.assignment_id.0;
        if progress.percent > MOST_PERCENT {
            return Err(BoardError::PercentTooHigh {
                assignment: id,
                percent: progress.percent,
            });
        }
        let at = found(self.assignments.ids.row(id), ("填报", id), ("任务分工", id))?;
        let day = Day::of(progress.reported_on);
        match self.log.add(day, at, progress.percent) {
            Place::Newest => put(&mut self.assignments.percent, at, progress.percent),
            Place::BeforeANewer => {}
        }
        Ok(())
    }

    /// Adds or replaces a round.
    ///
    /// # Errors
    /// [`BoardError::Missing`] for a plan that has not come, [`BoardError::Full`].
    pub fn put_round(&mut self, round: BoardRound) -> Result<(), BoardError> {
        let (id, plan_id) = (round.id.0, round.plan_id.0);
        found(
            self.plans.ids.row(plan_id),
            ("督办轮次", id),
            ("方案", plan_id),
        )?;
        self.rounds.put(id, round).ok_or(full("督办轮次"))
    }

    /// Adds or replaces an obligation with all its items.
    ///
    /// # Errors
    /// [`BoardError::Missing`] for a unit, plan, round or assignment that has not come, [`BoardError::Full`].
    pub fn put_obligation(&mut self, obligation: BoardObligation) -> Result<(), BoardError> {
        let id = obligation.id.0;
        let (unit_id, plan_id) = (obligation.unit_id.0, obligation.plan_id.0);
        let unit = found(
            self.units.ids.row(unit_id),
            ("应报事项", id),
            ("单位", unit_id),
        )?;
        found(
            self.plans.ids.row(plan_id),
            ("应报事项", id),
            ("方案", plan_id),
        )?;
        let round = match obligation.round_id {
            Some(round) => found(
                self.rounds.ids.row(round.0),
                ("应报事项", id),
                ("督办轮次", round.0),
            )?,
            None => NO_ROUND,
        };
        let items: Result<Vec<u32>, BoardError> = obligation
            .assignment_ids
            .iter()
            .map(|item| {
                let row = self.assignments.ids.row(item.0);
                found(row, ("应报事项", id), ("任务分工", item.0))
            })
            .collect();
        let items = items?;
        let is_strange = |item: &u32| self.assignments.unit.get(*item as usize) != Some(&unit);
        let ask = NewAsk {
            id,
            unit,
            round,
            opened: Day::of(obligation.opened_on),
            due: Day::of(obligation.due_on),
            settled: settled_from(obligation.state, obligation.settled_on),
            kind: obligation.kind,
            state: obligation.state,
            asks_strangers: items.iter().any(is_strange),
            past: obligation.past.iter().map(past_ask_of).collect(),
            items,
        };
        self.asks.put(ask).ok_or(full("应报事项"))
    }

    /// Takes an assignment out of the leads of the task it has had so far.
    fn forget_lead(&mut self, assignment: u32) {
        let Some(old) = self.assignments.get(assignment) else {
            return;
        };
        if let Some(task) = self.tasks.rows.get_mut(old.task as usize) {
            task.leads.retain(|lead| lead.assignment != assignment);
        }
    }
}

fn course_of(former: &FormerCourse) -> (Day, Course) {
    let course = Course {
        ended: Day::of_option(former.ended.map(|(_, on)| on)),
        ending: former.ended.map_or(Ending::Closed, |(ending, _)| ending),
        own_day: Day::of_option(former.due_on),
    };
    (Day::of(former.until), course)
}

fn past_ask_of(former: &FormerAsk) -> (Day, PastAsk) {
    let past = PastAsk {
        due: Day::of(former.due_on),
        settled: settled_from(former.state, former.settled_on),
        state: former.state,
    };
    (Day::of(former.until), past)
}

/// The day from which a state holds; before it, the obligation was open.
fn settled_from(state: ObligationState, settled_on: Option<NaiveDate>) -> Day {
    match state {
        ObligationState::Open => Day::NEVER,
        ObligationState::Answered | ObligationState::Unanswered | ObligationState::Withdrawn => {
            settled_on.map_or(Day::FIRST, Day::of)
        }
    }
}

fn full(what: &'static str) -> BoardError {
    BoardError::Full { what }
}

/// The row number, or the error that says what `of` names in vain.
fn found(
    row: Option<u32>,
    of: (&'static str, Uuid),
    named: (&'static str, Uuid),
) -> Result<u32, BoardError> {
    row.ok_or(BoardError::Missing {
        row: of.0,
        id: of.1,
        what: named.0,
        missing: named.1,
    })
}
