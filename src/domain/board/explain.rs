//! One light and why it is what it is.

use crate::domain::ids::{AssignmentId, TaskId};
use crate::domain::light::{Basis, Why, light_of};

use super::as_of::AsOf;
use super::ask_marks::record_of;
use super::columns::TaskRow;
use super::reach::{Reach, Seen};

/// A light with its reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    /// Light, standing, and what they were worked out from.
    pub why: Why,
    /// What was reported last by that day, 0–100; `None` where nothing.
    pub percent: Option<u8>,
    /// The assignment whose progress it is; for a task, that of the lead who decides, `None` where nobody leads it.
    pub assignment_id: Option<AssignmentId>,
}

impl AsOf<'_> {
    /// The light of an assignment; `None` where it is not on the board, not issued by that day, or not seen.
    pub fn assignment_light(&self, reach: &Reach, id: AssignmentId) -> Option<Explained> {
        self.light_seen(&Seen::of(reach, self.board), id)
    }

    /// The lights of several assignments, in their order, as [`Self::assignment_light`].
    pub fn assignment_lights(&self, reach: &Reach, ids: &[AssignmentId]) -> Vec<Option<Explained>> {
        let seen = Seen::of(reach, self.board);
        ids.iter().map(|id| self.light_seen(&seen, *id)).collect()
    }

    fn light_seen(&self, seen: &Seen, id: AssignmentId) -> Option<Explained> {
        let at = self.board.assignments.ids.row(id.0)?;
        let row = self.board.assignments.get(at)?;
        if row.issued > self.day || !seen.assignment(row.task, row.unit) {
            return None;
        }
        self.explained(at)
    }

    /// The light of a task, by the lead who decides; see [`super::BoardCounts`]. `None` where it is not on the board, or
    /// none of its assignments is issued by that day and seen.
    pub fn task_light(&self, reach: &Reach, id: TaskId) -> Option<Explained> {
        let task = self.board.tasks.ids.row(id.0)?;
        if !self.sees_task(&Seen::of(reach, self.board), task) {
            return None;
        }
        if let Some(lead) = self.deciding_lead(task) {
            return self.explained(lead);
        }
        let (_, why) = light_of(self.basis(self.board.tasks.get(task)?, None), 0);
        Some(Explained {
            why,
            percent: None,
            assignment_id: None,
        })
    }

    fn sees_task(&self, seen: &Seen, task: u32) -> bool {
        let columns = &self.board.assignments;
        let rows = columns.task.iter().zip(&columns.unit).zip(&columns.issued);
        rows.filter(|((row, _), issued)| **row == task && **issued <= self.day)
            .any(|((_, unit), _)| seen.assignment(task, *unit))
    }

    pub(super) fn explained(&self, at: u32) -> Option<Explained> {
        let row = self.assignment(at)?;
        let percent = self.reported(at as usize);
        let basis = if row.ended <= self.day {
            Basis::Ended(row.part.ending())
        } else {
            self.basis(self.board.tasks.get(row.task)?, Some(at))
        };
        let (_, why) = light_of(basis, percent.unwrap_or(0));
        Some(Explained {
            why,
            percent,
            assignment_id: self.board.assignments.ids.id(at).map(AssignmentId),
        })
    }

    fn basis(&self, task: &TaskRow, assignment: Option<u32>) -> Basis {
        match self.board.span_on(task, assignment, self.day) {
            Some(span) => Basis::Timed {
                span,
                expected: span.expected(self.on, self.line),
                on: self.on,
            },
            None => Basis::Asked {
                duty: task.on(self.day).duty,
                record: assignment
                    .map(|at| record_of(self.board, self.ask_rows(), at, self.on, self.line))
                    .unwrap_or_default(),
            },
        }
    }
}
