//! Percentages, as they were reported and set back, in the order of time, and what they were on any day.

use super::columns::{NOT_REPORTED, put};
use super::day::Day;
use super::id_column::push_tight;

/// Every percentage that was reported or set back, by day; within a day in the order they came.
#[derive(Debug, Clone, Default)]
pub(super) struct ProgressLog {
    days: Vec<Day>,
    assignments: Vec<u32>,
    percents: Vec<u8>,
}

/// Whether a row added to the log is the newest of its assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Newest,
    BeforeANewer,
}

impl ProgressLog {
    pub(super) fn reserve(&mut self, rows: usize) {
        let more = rows.saturating_sub(self.days.len());
        self.days.reserve_exact(more);
        self.assignments.reserve_exact(more);
        self.percents.reserve_exact(more);
    }

    /// Adds a row behind all rows of its day. One that comes after rows of later days goes to its place between them.
    pub(super) fn add(&mut self, day: Day, assignment: u32, percent: u8) -> Place {
        if self.days.last().is_none_or(|last| *last <= day) {
            push_tight(&mut self.days, day);
            push_tight(&mut self.assignments, assignment);
            push_tight(&mut self.percents, percent);
            return Place::Newest;
        }
        let at = self.days.partition_point(|known| *known <= day);
        let later = self.assignments.get(at..).unwrap_or_default();
        let place = if later.contains(&assignment) {
            Place::BeforeANewer
        } else {
            Place::Newest
        };
        self.days.insert(at, day);
        self.assignments.insert(at, assignment);
        self.percents.insert(at, percent);
        place
    }

    /// The last day on which something was reported.
    pub(super) fn last_day(&self) -> Day {
        self.days.last().copied().unwrap_or(Day::FIRST)
    }

    /// The rows up to and including `day`, in order: day, assignment, percentage.
    pub(super) fn until(&self, day: Day) -> impl Iterator<Item = (Day, u32, u8)> {
        let end = self.days.partition_point(|known| *known <= day);
        let rows = self.days.iter().zip(&self.assignments).zip(&self.percents);
        rows.take(end)
            .map(|((day, assignment), percent)| (*day, *assignment, *percent))
    }

    /// What each of `assignments` assignments had reported by the evening of `day`.
    pub(super) fn replayed(&self, day: Day, assignments: usize) -> Vec<u8> {
        let mut percents = vec![NOT_REPORTED; assignments];
        for (_, assignment, percent) in self.until(day) {
            put(&mut percents, assignment, percent);
        }
        percents
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.days.capacity() * size_of::<Day>()
            + self.assignments.capacity() * size_of::<u32>()
            + self.percents.capacity()
    }
}
