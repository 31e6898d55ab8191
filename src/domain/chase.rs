//! Which stage a unit is told today: the stages of `stage_days`, under the vacations of schools.

use crate::domain::cycle::InVacation;
use crate::domain::due_day::closes_on;
use crate::domain::level::Level;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::stage::{ReminderPolicy, Stage};
use crate::domain::stage_days::{chased_until, current_stages};
use chrono::NaiveDate;

/// An obligation as chasing sees it. All days are bureau-local.
#[derive(Debug, Clone, Copy)]
pub struct Chased<'a> {
    /// Day it was asked.
    pub opened_on: NaiveDate,
    /// Due day as it stands.
    pub due_on: NaiveDate,
    /// Latest due day of its round, if one asks: chasing ends when the round closes.
    pub round_due_on: Option<NaiveDate>,
    /// Levels of the unit; empty for everything that is no school.
    pub levels: &'a [Level],
    /// What its cycle does in vacations; `None` outside cycles.
    pub in_vacation: Option<InVacation>,
}

/// Whether `today` lies in a vacation of the school, so that it is not written to.
pub fn rests(chased: Chased<'_>, today: NaiveDate, calendar: &SchoolCalendar) -> bool {
    match chased.in_vacation {
        Some(InVacation::AskAnyway) => false,
        Some(InVacation::Skip | InVacation::MoveToTermStart) | None => {
            calendar.terms.vacation_at(chased.levels, today).is_some()
        }
    }
}

/// The last day on which a unit is chased: until its round closes, or 20 workdays after the due day (design §5.2). Asking
/// ends by closing the obligation; this holds even where nobody has closed it yet.
pub fn last_day(
    policy: &ReminderPolicy,
    chased: Chased<'_>,
    calendar: &SchoolCalendar,
) -> NaiveDate {
    match chased.round_due_on {
        Some(due_on) => closes_on(due_on.max(chased.due_on), &calendar.holidays),
        None => chased_until(policy, chased.due_on, &calendar.holidays),
    }
}

/// The stage that is current on `today`; `None` where nothing may be told: not yet asked, no longer chased, no
/// workday, or a school in vacation. A stage that comes up in a vacation is not lost: it is current on the first workday of term. A cycle that
/// asks anyway also chases anyway.
pub fn stage_today(
    policy: &ReminderPolicy,
    chased: Chased<'_>,
    today: NaiveDate,
    calendar: &SchoolCalendar,
) -> Option<Stage> {
    if rests(chased, today, calendar) {
        return None;
    }
    current_stages(
        policy,
        chased.opened_on,
        chased.due_on,
        today,
        &calendar.holidays,
        last_day(policy, chased, calendar),
    )
    .map(|stages| stages.current)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn chasing_ends_with_the_round_or_twenty_workdays_after_the_due_day() {
        let policy = ReminderPolicy::default();
        let calendar = SchoolCalendar::default();
        let mut chased = Chased {
            opened_on: day("2027-03-01"),
            due_on: day("2027-03-08"),
            round_due_on: None,
            levels: &[],
            in_vacation: None,
        };
        let stage = |chased, today| {
            stage_today(&policy, chased, day(today), &calendar).map(|s| s.to_string())
        };
        // 20 workdays after Monday 8 March 2027 is Monday 5 April, a statutory day (清明): Tuesday 6 April.
        assert_eq!(last_day(&policy, chased, &calendar), day("2027-04-06"));
        assert_eq!(stage(chased, "2027-04-06").as_deref(), Some("over+17"));
        assert_eq!(stage(chased, "2027-04-07"), None);
        chased.round_due_on = Some(day("2027-03-08"));
        assert_eq!(last_day(&policy, chased, &calendar), day("2027-03-22"));
        assert_eq!(stage(chased, "2027-03-22").as_deref(), Some("over+7"));
        assert_eq!(stage(chased, "2027-03-23"), None);
    }
}
