//! Which stage a unit is told today: the stages of `stage_days`, under the vacations of schools.

use crate::domain::cycle::InVacation;
use crate::domain::level::Level;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::stage::{ReminderPolicy, Stage};
use crate::domain::stage_days::current_stages;
use chrono::NaiveDate;

/// An obligation as chasing sees it. All days are bureau-local.
#[derive(Debug, Clone, Copy)]
pub struct Chased<'a> {
    /// Day it was asked.
    pub opened_on: NaiveDate,
    /// Due day as it stands.
    pub due_on: NaiveDate,
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

/// The stage that is current on `today`; `None` where nothing may be told: not yet asked, no workday, or a school in
/// vacation. A stage that comes up in a vacation is not lost: it is current on the first workday of term. A cycle that
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
    // Chasing ends by closing the obligation, so there is no further end to look at here.
    current_stages(
        policy,
        chased.opened_on,
        chased.due_on,
        today,
        &calendar.holidays,
        today,
    )
    .map(|stages| stages.current)
}
