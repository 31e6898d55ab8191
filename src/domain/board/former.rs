//! From what is and what was changed, to what was: changes are walked back from the newest.

use chrono::NaiveDate;

use crate::domain::assignment_life::AssignmentState;
use crate::domain::expected_progress::Duty;
use crate::domain::light::Ending;

use super::rows::{BoardAssignment, BoardTask, FormerCourse, FormerDays};

/// A change of an assignment's course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CourseChange {
    /// A decision led from one state to another.
    Decided {
        /// Where it stood.
        before: AssignmentState,
        /// Where it stood then.
        after: AssignmentState,
    },
    /// Its own due day became another.
    DayMoved {
        /// The day before; `None` where its task's held.
        before: Option<NaiveDate>,
    },
}

/// What an amendment changed of the days of a task; a field that is `None` stayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DaysChange {
    /// The due day before.
    pub due_on: Option<Option<NaiveDate>>,
    /// The end of the plan's last phase before.
    pub phases_end_on: Option<Option<NaiveDate>>,
    /// Whether it was a standing duty before.
    pub duty: Option<Duty>,
}

impl BoardAssignment {
    /// What it was before these changes, each with its local day, in the order of time. A decision that ends its course and
    /// holds needs no former value: the day from which it has ended tells as much.
    pub fn former(&self, changes: &[(NaiveDate, CourseChange)]) -> Vec<FormerCourse> {
        let (mut ended, mut due_on) = (self.ended, self.due_on);
        let mut found = Vec::new();
        for (at, (on, change)) in changes.iter().enumerate().rev() {
            match *change {
                CourseChange::DayMoved { before } => due_on = before,
                CourseChange::Decided { before, .. } => {
                    let earlier = changes.get(..at).unwrap_or_default();
                    ended = before
                        .ending()
                        .map(|ending| (ending, ended_since(ending, earlier)));
                    if ended.is_none() {
                        continue;
                    }
                }
            }
            found.extend(on.pred_opt().map(|until| FormerCourse {
                until,
                ended,
                due_on,
            }));
        }
        found.reverse();
        found
    }
}

/// The day on which the last decision led to an ending; the first of all days where none is known.
fn ended_since(ending: Ending, changes: &[(NaiveDate, CourseChange)]) -> NaiveDate {
    let mut newest_first = changes.iter().rev();
    newest_first
        .find_map(|(on, change)| match change {
            CourseChange::Decided { after, .. } if after.ending() == Some(ending) => Some(*on),
            CourseChange::Decided { .. } | CourseChange::DayMoved { .. } => None,
        })
        .unwrap_or(NaiveDate::MIN)
}

impl BoardTask {
    /// What its days were before these changes, each with its local day, in the order of time.
    pub fn former(&self, changes: &[(NaiveDate, DaysChange)]) -> Vec<FormerDays> {
        let (mut due_on, mut phases_end_on) = (self.due_on, self.phases_end_on);
        let mut duty = self.duty;
        let mut found = Vec::new();
        for (on, change) in changes.iter().rev() {
            due_on = change.due_on.unwrap_or(due_on);
            phases_end_on = change.phases_end_on.unwrap_or(phases_end_on);
            duty = change.duty.unwrap_or(duty);
            found.extend(on.pred_opt().map(|until| FormerDays {
                until,
                due_on,
                phases_end_on,
                duty,
            }));
        }
        found.reverse();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AssignmentId, PlanId, TaskId, UnitId};
    use crate::domain::role::Role;
    use AssignmentState::{Closed, Issued, Paused, Returned, UnderWay, Withdrawn};
    use uuid::Uuid;

    /// Until when, how it had ended, and its own day.
    type Told = (NaiveDate, Option<(Ending, NaiveDate)>, Option<NaiveDate>);

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 3, number).unwrap()
    }

    fn decided(
        on: u32,
        before: AssignmentState,
        after: AssignmentState,
    ) -> (NaiveDate, CourseChange) {
        (day(on), CourseChange::Decided { before, after })
    }

    fn former(
        ended: Option<(Ending, NaiveDate)>,
        due_on: Option<NaiveDate>,
        changes: &[(NaiveDate, CourseChange)],
    ) -> Vec<Told> {
        let row = BoardAssignment {
            id: AssignmentId(Uuid::nil()),
            task_id: TaskId(Uuid::nil()),
            unit_id: UnitId(Uuid::nil()),
            role: Role::Lead,
            position: 0,
            issued_on: day(1),
            ended,
            due_on,
            past: Vec::new(),
        };
        let found = row.former(changes).into_iter();
        found
            .map(|one| (one.until, one.ended, one.due_on))
            .collect()
    }

    #[test]
    fn what_ended_and_went_on_had_ended_between() {
        let changes = [decided(5, UnderWay, Paused), decided(9, Paused, UnderWay)];
        let paused = Some((Ending::Paused, day(5)));
        assert_eq!(former(None, None, &changes), [(day(8), paused, None)]);
        let changes = [decided(4, Issued, Withdrawn), decided(7, Withdrawn, Issued)];
        let withdrawn = Some((Ending::Withdrawn, day(4)));
        assert_eq!(former(None, None, &changes), [(day(6), withdrawn, None)]);
        let changes = [
            decided(4, UnderWay, Closed),
            decided(7, Closed, Returned),
            decided(11, UnderWay, Closed),
        ];
        let closed = |on| Some((Ending::Closed, day(on)));
        assert_eq!(
            former(closed(11), None, &changes),
            [(day(6), closed(4), None)]
        );
    }

    #[test]
    fn one_end_after_another_keeps_both_days() {
        let changes = [decided(5, UnderWay, Paused), decided(9, Paused, Withdrawn)];
        let withdrawn = Some((Ending::Withdrawn, day(9)));
        let paused = Some((Ending::Paused, day(5)));
        assert_eq!(former(withdrawn, None, &changes), [(day(8), paused, None)]);
    }

    #[test]
    fn what_ended_once_needs_nothing_but_its_day() {
        let changes = [decided(5, UnderWay, Closed)];
        let closed = Some((Ending::Closed, day(5)));
        assert_eq!(former(closed, None, &changes), []);
    }

    #[test]
    fn days_of_its_own_and_pauses_are_told_together() {
        let moved = |on, before: Option<NaiveDate>| (day(on), CourseChange::DayMoved { before });
        let changes = [
            moved(3, None),
            decided(5, UnderWay, Paused),
            moved(6, Some(day(20))),
            decided(9, Paused, UnderWay),
        ];
        let paused = Some((Ending::Paused, day(5)));
        assert_eq!(
            former(None, Some(day(25)), &changes),
            [
                (day(2), None, None),
                (day(5), paused, Some(day(20))),
                (day(8), paused, Some(day(25))),
            ]
        );
    }

    #[test]
    fn amendments_of_a_task_are_taken_back_field_by_field() {
        let task = BoardTask {
            id: TaskId(Uuid::nil()),
            plan_id: PlanId(Uuid::nil()),
            number: String::new(),
            title: String::new(),
            section: Vec::new(),
            issued_on: Some(day(1)),
            due_on: None,
            phases_end_on: Some(day(30)),
            duty: Duty::Standing,
            past: Vec::new(),
        };
        let later = DaysChange {
            due_on: Some(Some(day(20))),
            duty: Some(Duty::Ending),
            ..DaysChange::default()
        };
        let earlier = DaysChange {
            phases_end_on: Some(Some(day(25))),
            due_on: Some(Some(day(15))),
            ..DaysChange::default()
        };
        let told: Vec<_> = task
            .former(&[(day(4), earlier), (day(8), later)])
            .into_iter()
            .map(|one| (one.until, one.due_on, one.phases_end_on, one.duty))
            .collect();
        assert_eq!(
            told,
            [
                (day(3), Some(day(15)), Some(day(25)), Duty::Ending),
                (day(7), Some(day(20)), Some(day(30)), Duty::Ending),
            ]
        );
    }
}
