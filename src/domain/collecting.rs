//! Collecting from below 向下汇集, along with a dispatch: schools answer to their district, districts and units of no
//! district to the lead units; whoever is further down answers earlier.

use crate::domain::calendar::Holidays;
use crate::domain::ids::UnitId;
use crate::domain::unit::{Unit, UnitDirectory};
use chrono::NaiveDate;

/// To whom a unit answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnswersTo {
    /// A district above it, which sums up.
    District(UnitId),
    /// The lead units themselves.
    Leads,
}

impl AnswersTo {
    /// To whom `unit` answers.
    pub fn of(directory: &UnitDirectory, unit: UnitId) -> Self {
        match directory.district_of(unit) {
            Some(district) if district.id != unit => Self::District(district.id),
            Some(_) | None => Self::Leads,
        }
    }

    /// Workdays before the day of the leads by which it answers: schools of a district two, so that the district has a
    /// day to review, districts and others one.
    fn workdays_before(self) -> i32 {
        match self {
            Self::District(_) => 2,
            Self::Leads => 1,
        }
    }

    /// The day by which it answers where the leads answer by `due_on`: never the day on which it is asked.
    pub fn due_on(self, due_on: NaiveDate, asks_on: NaiveDate, holidays: &Holidays) -> NaiveDate {
        let earlier = holidays.add_workdays(due_on, -self.workdays_before());
        let soonest = holidays.add_workdays(asks_on, 1);
        earlier.max(soonest).min(due_on)
    }
}

/// What a district is asked that sums up so many schools.
pub fn words_of_summary(schools: usize) -> String {
    format!("审核并汇总所属 {schools} 所学校的进展")
}

/// The district that reviews what `unit` tells, if any.
pub fn district_above(directory: &UnitDirectory, unit: UnitId) -> Option<&Unit> {
    match AnswersTo::of(directory, unit) {
        AnswersTo::District(district) => directory.get(district),
        AnswersTo::Leads => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn schools_answer_before_districts_and_these_before_leads() {
        let holidays = Holidays::default();
        let district = AnswersTo::District(UnitId(Uuid::from_u128(1)));
        for (due_on, asks_on, school, other) in [
            ("2026-04-27", "2026-04-20", "2026-04-23", "2026-04-24"),
            // Two workdays are not enough for all: nobody answers on the day of asking, or after the leads.
            ("2026-04-22", "2026-04-20", "2026-04-21", "2026-04-21"),
            ("2026-04-21", "2026-04-20", "2026-04-21", "2026-04-21"),
            ("2026-04-20", "2026-04-20", "2026-04-20", "2026-04-20"),
        ] {
            let of = |to: AnswersTo| to.due_on(day(due_on), day(asks_on), &holidays);
            assert_eq!(of(district), day(school), "{due_on}");
            assert_eq!(of(AnswersTo::Leads), day(other), "{due_on}");
        }
    }
}
