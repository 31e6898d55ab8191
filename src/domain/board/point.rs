//! Expected and actual progress of one day, from what the day's marks already know: the last point of a series changes
//! with every report, those before it do not.

use super::as_of::AsOf;
use super::series::SeriesPoint;
use super::sums::Sums;

impl AsOf<'_> {
    /// The point of [`super::Board::series`] at this day, of sums of this day.
    pub fn point(&self, sums: &Sums) -> SeriesPoint {
        let (mut assignments, mut expected, mut actual) = (0_u32, 0_f64, 0_u64);
        for (task, sum) in self.board.tasks.rows.iter().zip(&sums.tasks) {
            let Some(span) = task.on(self.day).span else {
                continue;
            };
            if sum.taking_part > 0 {
                assignments += sum.taking_part;
                expected +=
                    f64::from(sum.taking_part) * span.expected(self.on, self.line).percent();
                actual += sum.percents;
            }
        }
        let mean = |sum: f64| (assignments > 0).then(|| sum / f64::from(assignments));
        SeriesPoint {
            on: self.on,
            assignments,
            expected_percent: mean(expected),
            // Far below 2⁵³, so exact.
            actual_percent: mean(actual as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Board, BoardAssignment, BoardPlan, BoardProgress, BoardRows, BoardTask};
    use super::super::{BoardUnit, Reach, Step};
    use crate::domain::calendar::Holidays;
    use crate::domain::expected_progress::Duty;
    use crate::domain::ids::{AssignmentId, PlanId, TaskId, UnitId};
    use crate::domain::light::Ending;
    use crate::domain::role::Role;
    use crate::domain::unit_kind::UnitKind;
    use crate::domain::workday_line::WorkdayLine;
    use chrono::{Days, NaiveDate};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 2).unwrap() + Days::new(number)
    }

    /// Task, unit, day of issue in days, and what was reported: percentage and day.
    type Sample = (u8, u8, u64, Option<(u8, u64)>);

    /// Three tasks, the last without end, in the hands of four units.
    fn rows(assignments: &[Sample], reports: &[(u8, u64, u8)]) -> BoardRows {
        let id = |number: u8| Uuid::from_u128(u128::from(number) + 1);
        let plan_id = PlanId(id(0));
        let task = |number: u8| BoardTask {
            id: TaskId(id(number)),
            plan_id,
            number: number.to_string(),
            title: String::new(),
            section: Vec::new(),
            issued_on: Some(day(0)),
            due_on: (number != 2).then(|| day(20 * u64::from(number + 1))),
            phases_end_on: None,
            duty: Duty::Ending,
            past: Vec::new(),
        };
        let unit = |number: u8| BoardUnit {
            id: UnitId(id(number)),
            code: number.to_string(),
            name: String::new(),
            kind: UnitKind::School,
            levels: Vec::new(),
            parent_id: None,
            liaison: None,
        };
        let endings = [Ending::Closed, Ending::Paused, Ending::Withdrawn];
        let mut progress: Vec<BoardProgress> = reports
            .iter()
            .filter(|(of, ..)| usize::from(*of) < assignments.len())
            .map(|(of, on, percent)| BoardProgress {
                assignment_id: AssignmentId(id(*of)),
                reported_on: day(*on),
                percent: *percent,
            })
            .collect();
        progress.sort_by_key(|row| row.reported_on);
        BoardRows {
            plans: vec![BoardPlan {
                id: plan_id,
                title: String::new(),
            }],
            units: (0..4).map(unit).collect(),
            tasks: (0..3).map(task).collect(),
            assignments: (0_u8..)
                .zip(assignments)
                .map(|(at, (task, unit, issued, ended))| BoardAssignment {
                    id: AssignmentId(id(at)),
                    task_id: TaskId(id(*task)),
                    unit_id: UnitId(id(*unit)),
                    role: Role::Responsible,
                    position: 0,
                    issued_on: day(*issued),
                    ended: ended.map(|(how, on)| (endings[usize::from(how)], day(on))),
                    due_on: None,
                    past: Vec::new(),
                })
                .collect(),
            progress,
            ..BoardRows::default()
        }
    }

    proptest! {
        #[test]
        fn it_is_the_last_point_of_the_series(
            assignments in proptest::collection::vec((0_u8..3, 0_u8..4, 0_u64..30, proptest::option::of((0_u8..3, 0_u64..40))), 0..8),
            reports in proptest::collection::vec((0_u8..8, 0_u64..45, 0_u8..=100), 0..20),
            on in 0_u64..50,
        ) {
            let board = Board::load(rows(&assignments, &reports)).unwrap();
            let line = WorkdayLine::new(&Holidays::default(), day(0), day(100));
            let on = day(on);
            let reach = Reach::Some { units: [UnitId(Uuid::from_u128(1)), UnitId(Uuid::from_u128(3))].into(), led_tasks: [].into() };
            for reach in [Reach::All, reach] {
                let series = board.series(on, on, Step::Week, &reach, &line);
                let as_of = board.as_of(on, &line);
                let point = as_of.point(&as_of.sums(&reach));
                let last = series[0];
                prop_assert_eq!((point.on, point.assignments), (last.on, last.assignments));
                let near = |one: Option<f64>, other: Option<f64>| match (one, other) {
                    (Some(one), Some(other)) => (one - other).abs() < 1e-9,
                    (one, other) => one == other,
                };
                prop_assert!(near(point.expected_percent, last.expected_percent));
                prop_assert!(near(point.actual_percent, last.actual_percent));
            }
        }
    }
}
