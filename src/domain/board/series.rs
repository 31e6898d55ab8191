//! Expected and actual progress over time: one pass over the assignments and one over the progress log, whatever the
//! number of points.

use std::collections::HashMap;

use chrono::{Days, Months, NaiveDate};

use crate::domain::light::Ending;
use crate::domain::workday_line::WorkdayLine;

use super::Board;
use super::columns::{AssignmentRow, NOT_REPORTED};
use super::day::Day;
use super::reach::{Reach, Seen};

/// The most points of a series.
pub const MOST_POINTS: usize = 60;

/// The distance between two points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Seven days.
    Week,
    /// A calendar month; where the day does not exist, the last of that month.
    Month,
}

/// The state of things in the evening of one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesPoint {
    /// The day, bureau-local.
    pub on: NaiveDate,
    /// Assignments counted: issued by that day, seen, with an expected progress, and neither paused nor withdrawn.
    pub assignments: u32,
    /// Mean of what is expected of them, 0–100; `None` where there are none.
    pub expected_percent: Option<f64>,
    /// Mean of what they had reported last by that day, 0–100: nothing reported counts 0, closed counts 100.
    pub actual_percent: Option<f64>,
}

/// The points at which one assignment counts, each below [`MOST_POINTS`] or the number of points where it never comes:
/// four bytes for each of a million.
#[derive(Clone, Copy)]
struct Stay {
    /// First point.
    from: u8,
    /// First point at which it no longer counts.
    to: u8,
    /// First point at which it is closed, and so counts 100.
    closed: u8,
}

/// The days of the points, for finding a point by its day.
struct Points {
    /// For each day up to the last point: the first point on or after it.
    first: Vec<u8>,
    number: u8,
    last: Day,
}

/// What is added up, each as the change from one point to the next.
struct Changes {
    points: Points,
    /// For each task and point: assignments that begin to count less those that cease.
    assignments: Vec<i32>,
    /// For each point: change of the sum of percentages.
    percents: Vec<i64>,
}

impl Board {
    /// Means over the assignments within `reach`, at `to` and at every step before it down to `from`, in ascending order.
    /// Where these are more than [`MOST_POINTS`], the latest; none with `from` after `to`.
    ///
    /// What is expected follows the days of the tasks: more time given to a unit moves its light, not the plan's course.
    ///
    /// `line` must cover the days the tasks run.
    pub fn series(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        step: Step,
        reach: &Reach,
        line: &WorkdayLine,
    ) -> Vec<SeriesPoint> {
        let points = points(from, to, step);
        if points.is_empty() {
            return Vec::new();
        }
        let mut changes = Changes {
            assignments: vec![0; self.tasks.rows.len() * points.len()],
            percents: vec![0; points.len()],
            points: Points::of(&points),
        };
        let seen = Seen::of(reach, self);
        let (stays, wavering) = self.stays(&seen, &mut changes);
        self.add_reports(&stays, &mut changes);
        self.add_wavering(&wavering, &points, &mut changes);
        self.sum_up(points, changes, line)
    }

    /// When each assignment counts; `None` where it never does. Those that may come and go, because they or their task have
    /// been otherwise, are given by themselves.
    fn stays(&self, seen: &Seen, changes: &mut Changes) -> (Vec<Option<Stay>>, Vec<u32>) {
        let rows = u32::try_from(self.assignments.ids.len()).unwrap_or(u32::MAX);
        let mut wavering = Vec::new();
        let stays = (0..rows)
            .map(|at| {
                let row = self.assignments.get(at)?;
                let task = self.tasks.get(row.task)?;
                if !seen.assignment(row.task, row.unit) {
                    return None;
                }
                if row.part.has_past() || task.is_expected_at_times() {
                    wavering.push(at);
                    return None;
                }
                task.days.span?;
                let stay = changes.stay(&row)?;
                changes.count(row.task, stay.from, 1);
                changes.count(row.task, stay.to, -1);
                Some(stay)
            })
            .collect();
        (stays, wavering)
    }

    /// Counts assignments point by point.
    fn add_wavering(&self, rows: &[u32], points: &[NaiveDate], changes: &mut Changes) {
        if rows.is_empty() {
            return;
        }
        let nothing = vec![NOT_REPORTED; points.len()];
        let mut told: HashMap<u32, Vec<u8>> =
            rows.iter().map(|at| (*at, nothing.clone())).collect();
        for (day, assignment, percent) in self.log.until(changes.points.last) {
            let point = usize::from(changes.points.at(day));
            let of_row = told.get_mut(&assignment);
            if let Some(place) = of_row.and_then(|told| told.get_mut(point)) {
                *place = percent;
            }
        }
        for at in rows {
            let told = told.get(at).unwrap_or(&nothing);
            let mut reached = 0;
            let mut before: Option<u8> = None;
            for ((point, on), told) in (0_u8..).zip(points).zip(told) {
                if *told != NOT_REPORTED {
                    reached = *told;
                }
                let now = self.counted_as(*at, Day::of(*on), reached);
                let number = |of: Option<u8>| i32::from(of.is_some());
                let percent = |of: Option<u8>| i64::from(of.unwrap_or(0));
                if let Some(task) = self.assignments.task.get(*at as usize) {
                    changes.count(*task, point, number(now) - number(before));
                }
                changes.change(point, percent(now) - percent(before));
                before = now;
            }
        }
    }

    /// What an assignment that has reported so much adds on a day; `None` where it does not count.
    fn counted_as(&self, at: u32, day: Day, reached: u8) -> Option<u8> {
        let row = self.assignment_on(at, day)?;
        self.tasks.get(row.task)?.on(day).span?;
        if row.issued > day {
            return None;
        }
        match row.part.ending() {
            _ if row.ended > day => Some(reached),
            Ending::Closed => Some(100),
            Ending::Paused | Ending::Withdrawn => None,
        }
    }

    fn add_reports(&self, stays: &[Option<Stay>], changes: &mut Changes) {
        let mut reached = vec![0_u8; stays.len()];
        for (day, assignment, percent) in self.log.until(changes.points.last) {
            let at = assignment as usize;
            let (Some(Some(stay)), Some(known)) = (stays.get(at), reached.get_mut(at)) else {
                continue;
            };
            let point = changes.points.at(day).max(stay.from);
            if point >= stay.to.min(stay.closed) || percent == NOT_REPORTED {
                continue;
            }
            changes.change(point, i64::from(percent) - i64::from(*known));
            *known = percent;
        }
        for (stay, percent) in stays.iter().zip(reached) {
            let Some(stay) = stay else { continue };
            let mut percent = i64::from(percent);
            if stay.closed < stay.to {
                changes.change(stay.closed, 100 - percent);
                percent = 100;
            }
            changes.change(stay.to, -percent);
        }
    }

    fn sum_up(
        &self,
        points: Vec<NaiveDate>,
        changes: Changes,
        line: &WorkdayLine,
    ) -> Vec<SeriesPoint> {
        let width = points.len();
        let mut assignments = vec![0_i32; width];
        let mut expected = vec![0_f64; width];
        for (task, changed) in self
            .tasks
            .rows
            .iter()
            .zip(changes.assignments.chunks(width))
        {
            let mut counted = 0;
            for (at, change) in changed.iter().enumerate() {
                counted += change;
                let (Some(on), Some(number), Some(sum)) = (
                    points.get(at),
                    assignments.get_mut(at),
                    expected.get_mut(at),
                ) else {
                    continue;
                };
                if counted != 0
                    && let Some(span) = task.on(Day::of(*on)).span
                {
                    *number += counted;
                    *sum += f64::from(counted) * span.expected(*on, line).percent();
                }
            }
        }
        let mut actual = 0_i64;
        let columns = points.into_iter().zip(assignments).zip(expected);
        columns
            .zip(changes.percents)
            .map(|(((on, assignments), expected), change)| {
                actual += change;
                let mean = |sum: f64| (assignments > 0).then(|| sum / f64::from(assignments));
                SeriesPoint {
                    on,
                    assignments: u32::try_from(assignments).unwrap_or(0),
                    expected_percent: mean(expected),
                    // Far below 2⁵³, so exact.
                    actual_percent: mean(actual as f64),
                }
            })
            .collect()
    }
}

impl Points {
    /// The points of ascending days, [`MOST_POINTS`] at most.
    fn of(days: &[NaiveDate]) -> Self {
        let days: Vec<Day> = days.iter().map(|on| Day::of(*on)).collect();
        let mut first = Vec::new();
        for (point, day) in (0_u8..).zip(&days) {
            first.resize(day.number() + 1, point);
        }
        Self {
            first,
            number: u8::try_from(days.len()).unwrap_or(u8::MAX),
            last: days.last().copied().unwrap_or(Day::FIRST),
        }
    }

    /// The first point on or after a day; their number where all lie before it.
    fn at(&self, day: Day) -> u8 {
        self.first.get(day.number()).copied().unwrap_or(self.number)
    }
}

impl Changes {
    fn stay(&self, row: &AssignmentRow) -> Option<Stay> {
        let never = self.points.number;
        let ended = self.points.at(row.ended);
        let from = self.points.at(row.issued);
        let (to, closed) = match row.part.ending() {
            Ending::Closed => (never, ended.max(from)),
            Ending::Paused | Ending::Withdrawn => (ended, never),
        };
        (from < to).then_some(Stay { from, to, closed })
    }

    fn count(&mut self, task: u32, point: u8, change: i32) {
        let point = usize::from(point);
        let width = usize::from(self.points.number);
        if point < width {
            let at = task as usize * width + point;
            if let Some(number) = self.assignments.get_mut(at) {
                *number += change;
            }
        }
    }

    fn change(&mut self, point: u8, change: i64) {
        if let Some(sum) = self.percents.get_mut(usize::from(point)) {
            *sum += change;
        }
    }
}

/// The days of the points, ascending.
fn points(from: NaiveDate, to: NaiveDate, step: Step) -> Vec<NaiveDate> {
    let back = |steps: u32| match step {
        Step::Week => to.checked_sub_days(Days::new(7 * u64::from(steps))),
        Step::Month => to.checked_sub_months(Months::new(steps)),
    };
    let mut days: Vec<NaiveDate> = (0..)
        .map_while(back)
        .take_while(|day| *day >= from)
        .take(MOST_POINTS)
        .collect();
    days.reverse();
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn points_end_on_the_last_day_and_are_sixty_at_most() {
        let months = points(day("2026-01-31"), day("2026-05-31"), Step::Month);
        let expected = [
            "2026-01-31",
            "2026-02-28",
            "2026-03-31",
            "2026-04-30",
            "2026-05-31",
        ];
        assert_eq!(months, expected.map(day));
        let weeks = points(NaiveDate::MIN, day("2026-05-31"), Step::Week);
        assert_eq!(weeks.len(), MOST_POINTS);
        assert_eq!(weeks.last(), Some(&day("2026-05-31")));
        assert!(points(day("2026-06-01"), day("2026-05-31"), Step::Week).is_empty());
        assert_eq!(points(NaiveDate::MIN, NaiveDate::MIN, Step::Month).len(), 1);
        assert_eq!(points(NaiveDate::MAX, NaiveDate::MAX, Step::Week).len(), 1);
    }
}
