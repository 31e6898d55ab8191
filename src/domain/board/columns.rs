//! The tables of a board in memory: few plans, units, tasks and rounds as rows, and assignments as columns of small
//! numbers.

use crate::domain::light::Ending;
use crate::domain::role::Role;

use super::day::Day;
use super::id_column::{IdColumn, push_tight};
use super::past::{Course, TaskDays};
use super::rows::{BoardPlan, BoardRound, BoardTask, BoardUnit};

/// No percentage was reported.
pub(super) const NOT_REPORTED: u8 = 127;

/// The bit of a [`Part`] that says that there is a due day of its own.
const OWN_DAY: u8 = 16;

/// The bit that says that it was another on earlier days.
const HAS_PAST: u8 = 32;

/// Rows that are kept whole, found by id.
#[derive(Debug, Clone)]
pub(super) struct Table<Row> {
    pub(super) ids: IdColumn,
    pub(super) rows: Vec<Row>,
}

impl<Row> Default for Table<Row> {
    fn default() -> Self {
        Self {
            ids: IdColumn::default(),
            rows: Vec::new(),
        }
    }
}

impl<Row> Table<Row> {
    pub(super) fn get(&self, row: u32) -> Option<&Row> {
        self.rows.get(row as usize)
    }

    pub(super) fn by_id(&self, id: uuid::Uuid) -> Option<&Row> {
        self.get(self.ids.row(id)?)
    }

    /// Puts a row in the place of the one of its id, or at the end; `None` where there is no room.
    pub(super) fn put(&mut self, id: uuid::Uuid, row: Row) -> Option<()> {
        match self.ids.row(id) {
            Some(at) => *self.rows.get_mut(at as usize)? = row,
            None => {
                self.ids.push(id)?;
                push_tight(&mut self.rows, row);
            }
        }
        Some(())
    }
}

pub(super) type Plans = Table<BoardPlan>;
pub(super) type Units = Table<BoardUnit>;
pub(super) type Tasks = Table<TaskRow>;
pub(super) type Rounds = Table<BoardRound>;

/// A task with what is worked out from its row once.
#[derive(Debug, Clone)]
pub(super) struct TaskRow {
    pub(super) row: BoardTask,
    pub(super) days: TaskDays,
    /// Its days before they were amended, each up to the evening of a day, ascending.
    pub(super) past: Vec<(Day, TaskDays)>,
    /// Its lead assignments, first-named first.
    pub(super) leads: Vec<Lead>,
}

/// A lead assignment of a task; sorts in the order in which leads are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lead {
    pub(super) position: u16,
    pub(super) assignment: u32,
}

/// Role and ending of an assignment in one byte, whether it has a due day of its own, and whether it was another before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part(u8);

impl Part {
    pub(super) fn new(role: Role, ending: Option<Ending>) -> Self {
        let role = match role {
            Role::Lead => 0,
            Role::Responsible => 1,
            Role::Cooperating => 2,
        };
        let ending = match ending {
            None | Some(Ending::Closed) => 0,
            Some(Ending::Paused) => 4,
            Some(Ending::Withdrawn) => 8,
        };
        Self(role | ending)
    }

    /// The same, with a due day of its own.
    pub(super) fn with_own_day(self) -> Self {
        Self(self.0 | OWN_DAY)
    }

    /// The same, having been another on earlier days.
    pub(super) fn with_past(self) -> Self {
        Self(self.0 | HAS_PAST)
    }

    /// Whether it was another on earlier days: see [`super::Board::courses`].
    pub(super) fn has_past(self) -> bool {
        self.0 & HAS_PAST != 0
    }

    /// The same role, ended and due as it was.
    pub(super) fn as_in(self, course: Course) -> Self {
        let part = Self::new(self.role(), Some(course.ending)).with_past();
        match course.own_day {
            Day::NEVER => part,
            _ => part.with_own_day(),
        }
    }

    /// Whether it has a due day of its own: see [`super::Board::own_days`].
    pub(super) fn has_own_day(self) -> bool {
        self.0 & OWN_DAY != 0
    }

    pub(super) fn role(self) -> Role {
        match self.0 & 3 {
            0 => Role::Lead,
            1 => Role::Responsible,
            _ => Role::Cooperating,
        }
    }

    /// The number of its role, 0–2, in the order of [`Role::ALL`].
    pub(super) fn role_slot(self) -> usize {
        usize::from(self.0 & 3)
    }

    /// How it ended, if it has an end day.
    pub(super) fn ending(self) -> Ending {
        match (self.0 >> 2) & 3 {
            0 => Ending::Closed,
            1 => Ending::Paused,
            _ => Ending::Withdrawn,
        }
    }
}

/// All assignments, one column per field.
#[derive(Debug, Clone, Default)]
pub(super) struct Assignments {
    pub(super) ids: IdColumn,
    pub(super) task: Vec<u32>,
    pub(super) unit: Vec<u32>,
    pub(super) issued: Vec<Day>,
    /// Day from which its ending holds; [`Day::NEVER`] without one.
    pub(super) ended: Vec<Day>,
    pub(super) part: Vec<Part>,
    /// What was reported last, 0–100, or [`NOT_REPORTED`].
    pub(super) percent: Vec<u8>,
}

/// One assignment, its columns gathered.
#[derive(Debug, Clone, Copy)]
pub(super) struct AssignmentRow {
    pub(super) task: u32,
    pub(super) unit: u32,
    pub(super) issued: Day,
    pub(super) ended: Day,
    pub(super) part: Part,
}

impl Assignments {
    pub(super) fn reserve(&mut self, rows: usize) {
        let more = rows.saturating_sub(self.task.len());
        self.ids.reserve(rows);
        self.task.reserve_exact(more);
        self.unit.reserve_exact(more);
        self.issued.reserve_exact(more);
        self.ended.reserve_exact(more);
        self.part.reserve_exact(more);
        self.percent.reserve_exact(more);
    }

    pub(super) fn get(&self, row: u32) -> Option<AssignmentRow> {
        let at = row as usize;
        Some(AssignmentRow {
            task: *self.task.get(at)?,
            unit: *self.unit.get(at)?,
            issued: *self.issued.get(at)?,
            ended: *self.ended.get(at)?,
            part: *self.part.get(at)?,
        })
    }

    /// Adds a row to the columns other than the ids.
    pub(super) fn push(&mut self, row: AssignmentRow) {
        push_tight(&mut self.task, row.task);
        push_tight(&mut self.unit, row.unit);
        push_tight(&mut self.issued, row.issued);
        push_tight(&mut self.ended, row.ended);
        push_tight(&mut self.part, row.part);
        push_tight(&mut self.percent, NOT_REPORTED);
    }

    /// Replaces a row; what was reported stays.
    pub(super) fn replace(&mut self, at: u32, row: AssignmentRow) {
        put(&mut self.task, at, row.task);
        put(&mut self.unit, at, row.unit);
        put(&mut self.issued, at, row.issued);
        put(&mut self.ended, at, row.ended);
        put(&mut self.part, at, row.part);
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.ids.heap_bytes()
            + (self.task.capacity() + self.unit.capacity()) * size_of::<u32>()
            + (self.issued.capacity() + self.ended.capacity()) * size_of::<Day>()
            + self.part.capacity()
            + self.percent.capacity()
    }
}

/// Writes one place of a column; a place outside it is passed over.
pub(super) fn put<T>(column: &mut [T], at: u32, value: T) {
    if let Some(place) = column.get_mut(at as usize) {
        *place = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_and_ending_come_back_from_one_byte() {
        for (slot, role) in Role::ALL.into_iter().enumerate() {
            for ending in [Ending::Closed, Ending::Paused, Ending::Withdrawn] {
                let part = Part::new(role, Some(ending));
                assert_eq!((part.role(), part.ending()), (role, ending));
                assert_eq!(part.role_slot(), slot);
                let moved = part.with_own_day();
                assert_eq!((moved.role(), moved.ending()), (role, ending));
                assert!(moved.has_own_day() && !part.has_own_day());
                let former = moved.with_past();
                assert_eq!((former.role(), former.ending()), (role, ending));
                assert!(former.has_past() && !moved.has_past());
                let course = Course {
                    ended: Day::FIRST,
                    ending: Ending::Paused,
                    own_day: Day::NEVER,
                };
                let was = former.as_in(course);
                assert_eq!((was.role(), was.ending()), (role, Ending::Paused));
                assert!(was.has_past() && !was.has_own_day());
            }
            assert_eq!(Part::new(role, None).role(), role);
        }
    }
}
