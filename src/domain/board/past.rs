//! What rows were on earlier days, for the few that have changed since: beside the columns, sorted by row and day.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::expected_progress::{Duty, TaskSpan};
use crate::domain::light::Ending;
use crate::domain::obligation::ObligationState;

use super::Board;
use super::columns::{AssignmentRow, TaskRow};
use super::day::Day;

/// Former values of rows, each up to the evening of a day. What holds after the last of them is in the columns.
#[derive(Debug, Clone)]
pub(super) struct Past<V> {
    /// By row number and last day.
    values: BTreeMap<(u32, Day), V>,
    /// No value holds longer; `None` where there was never any.
    last: Option<Day>,
}

impl<V> Default for Past<V> {
    fn default() -> Self {
        Self {
            values: BTreeMap::new(),
            last: None,
        }
    }
}

impl<V: Copy> Past<V> {
    /// Puts other former values of a row in the place of those known; of several up to the same day the first holds.
    pub(super) fn set(&mut self, row: u32, values: impl IntoIterator<Item = (Day, V)>) {
        let known: Vec<Day> = self.of_row(row, Day::FIRST).map(|(day, _)| day).collect();
        for day in known {
            self.values.remove(&(row, day));
        }
        for (day, value) in values {
            self.values.entry((row, day)).or_insert(value);
            self.last = self.last.max(Some(day));
        }
    }

    /// Whether a row may have been another in the evening of `day` than it is now.
    pub(super) fn reaches(&self, day: Day) -> bool {
        Some(day) <= self.last
    }

    /// What a row was in the evening of `day`; `None` where it was as it is now.
    pub(super) fn on(&self, row: u32, day: Day) -> Option<V> {
        if !self.reaches(day) {
            return None;
        }
        self.of_row(row, day).next().map(|(_, value)| value)
    }

    /// Every row that was another in the evening of `day`, ascending, with what it was.
    pub(super) fn all_on(&self, day: Day) -> impl Iterator<Item = (u32, V)> {
        let values = match self.reaches(day) {
            true => Some(&self.values),
            false => None,
        };
        let mut done = None;
        let holding = values.into_iter().flatten();
        holding.filter_map(move |((row, until), value)| {
            if *until < day || done == Some(*row) {
                return None;
            }
            done = Some(*row);
            Some((*row, *value))
        })
    }

    /// Bytes held on the heap, at the most: a node of the tree is half full at least.
    pub(super) fn heap_bytes(&self) -> usize {
        2 * self.values.len() * (size_of::<(u32, Day)>() + size_of::<V>())
    }

    fn of_row(&self, row: u32, from: Day) -> impl Iterator<Item = (Day, V)> {
        let of_row = self.values.range((row, from)..=(row, Day::NEVER));
        of_row.map(|((_, day), value)| (*day, *value))
    }
}

/// What an assignment was: how it had left its course, and its own due day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Course {
    /// [`Day::NEVER`] where it had not.
    pub(super) ended: Day,
    pub(super) ending: Ending,
    /// [`Day::NEVER`] where its task's held.
    pub(super) own_day: Day,
}

/// What an obligation was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PastAsk {
    pub(super) due: Day,
    /// [`Day::NEVER`] while it was open.
    pub(super) settled: Day,
    pub(super) state: ObligationState,
}

/// The days of a task, and whether it has an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TaskDays {
    /// `None` where nothing is expected.
    pub(super) span: Option<TaskSpan>,
    /// Its due day as named.
    pub(super) due_on: Option<NaiveDate>,
    pub(super) duty: Duty,
}

impl TaskRow {
    /// Its days as they were in the evening of `day`.
    pub(super) fn on(&self, day: Day) -> TaskDays {
        let former = self.past.iter().find(|(until, _)| *until >= day);
        former.map_or(self.days, |(_, days)| *days)
    }

    /// Whether something is expected of it on some days of its course and nothing on others, by amendments.
    pub(super) fn is_expected_at_times(&self) -> bool {
        let has_span = self.days.span.is_some();
        let mut former = self.past.iter();
        former.any(|(_, days)| days.span.is_some() != has_span)
    }
}

impl AssignmentRow {
    /// The same as it was in the evening of `day`.
    #[inline]
    pub(super) fn on(self, at: u32, day: Day, courses: &Past<Course>) -> Self {
        match self.part.has_past() {
            false => self,
            true => self.looked_up(at, day, courses),
        }
    }

    fn looked_up(self, at: u32, day: Day, courses: &Past<Course>) -> Self {
        courses.on(at, day).map_or(self, |course| Self {
            ended: course.ended,
            part: self.part.as_in(course),
            ..self
        })
    }
}

impl Board {
    /// An assignment as it was in the evening of `day`; it need not be issued by then.
    pub(super) fn assignment_on(&self, at: u32, day: Day) -> Option<AssignmentRow> {
        let row = self.assignments.get(at)?;
        Some(row.on(at, day, &self.courses))
    }

    /// The own due day that an assignment had in the evening of `day`.
    pub(super) fn own_day_on(&self, at: u32, day: Day) -> Option<NaiveDate> {
        match self.courses.on(at, day) {
            Some(course) => course.own_day.date(),
            None => self.own_days.get(&at).copied(),
        }
    }

    /// The days that a task, or one of its assignments, had in the evening of `day`: more time given to one unit moves its
    /// end alone.
    pub(super) fn span_on(
        &self,
        task: &TaskRow,
        assignment: Option<u32>,
        day: Day,
    ) -> Option<TaskSpan> {
        let span = task.on(day).span?;
        let own = assignment.and_then(|at| self.own_day_on(at, day));
        Some(match own {
            Some(ends_on) => TaskSpan {
                ends_on,
                inferred: false,
                ..span
            },
            None => span,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u64) -> Day {
        Day::of(NaiveDate::from_ymd_opt(2027, 1, 1).unwrap() + chrono::Days::new(number))
    }

    #[test]
    fn a_former_value_holds_up_to_its_day_and_the_first_of_a_day_counts() {
        let mut past = Past::default();
        past.set(7, [(day(3), 'a'), (day(5), 'b'), (day(5), 'c')]);
        past.set(8, [(day(4), 'd')]);
        let on = |past: &Past<char>, row| [0, 3, 4, 5, 6].map(|at| past.on(row, day(at)));
        assert_eq!(
            on(&past, 7),
            [Some('a'), Some('a'), Some('b'), Some('b'), None]
        );
        assert_eq!(on(&past, 6), [None; 5]);
        let all: Vec<_> = past.all_on(day(4)).collect();
        assert_eq!(all, [(7, 'b'), (8, 'd')]);
        assert_eq!(past.all_on(day(6)).count(), 0);
        past.set(7, [(day(2), 'e')]);
        assert_eq!(on(&past, 7), [Some('e'), None, None, None, None]);
        assert_eq!(past.on(8, day(4)), Some('d'));
        assert!(!past.reaches(day(6)));
    }
}
