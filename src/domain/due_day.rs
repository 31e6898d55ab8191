//! When the answers of a round are due, for the round and for each unit, and what a vacation changes. When the round
//! opens is in `opening`; due days outside cycles are in `school_calendar`.

use chrono::NaiveDate;

use super::calendar::Holidays;
use super::cycle::{CycleRule, InVacation, Opens};
use super::level::Level;
use super::opening::{before_end, ends_of, roll_within};
use super::period::Period;
use super::school_calendar::SchoolCalendar;
use super::term::Vacation;

/// A round closes this many workdays after its due day, at the latest (design §5 rule 2).
pub const ROUND_CLOSES_AFTER_WORKDAYS: i32 = 10;

/// A due day in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueDay {
    /// The last day to answer, a bureau-local workday.
    pub due_on: NaiveDate,
    /// Whether it rests on a year or a term that is not settled yet.
    pub provisional: bool,
}

/// How a round asks one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitAsk {
    /// When the round opens; `None` where the cycle has no due day.
    AtOpening {
        /// Its due day.
        due: Option<DueDay>,
    },
    /// When its next term starts, because of this vacation.
    AtTermStart {
        /// The workday on which it is asked.
        asks_on: NaiveDate,
        /// Its due day, counted from there.
        due: Option<DueDay>,
        /// The vacation that covers the opening or the due day.
        vacation: Vacation,
    },
    /// Not at all, because of this vacation.
    LeftOut {
        /// The vacation that covers the opening or the due day.
        vacation: Vacation,
    },
}

/// The due day that a round shows: the latest among the levels asked (all if empty). `None` where nothing is due.
///
/// `opened_on` is the day the round was really opened, so that a late round gives as many workdays as one in time.
pub fn round_due_day(
    rule: &CycleRule,
    period: &Period,
    opened_on: NaiveDate,
    calendar: &SchoolCalendar,
    levels: &[Level],
) -> Option<DueDay> {
    unit_due_day(rule, period, opened_on, calendar, levels, &[])
}

/// The due day of one unit, its vacations left aside. `None` where nothing is due.
///
/// Cycles that open before the end of a term count each unit from its own level's term end (rolled, and not before the
/// round's opening); a unit of several levels by the latest of them, a unit of none (`own_levels` empty: every unit
/// that is no school) by the latest of `levels`, the levels asked. Other cycles count from the opening.
pub fn unit_due_day(
    rule: &CycleRule,
    period: &Period,
    opened_on: NaiveDate,
    calendar: &SchoolCalendar,
    levels: &[Level],
    own_levels: &[Level],
) -> Option<DueDay> {
    let workdays = i32::from(rule.due_after_workdays?);
    let counted_levels = if own_levels.is_empty() {
        levels
    } else {
        own_levels
    };
    let last_end = match rule.opens {
        Opens::BeforeEnd(_) => ends_of(period, calendar, counted_levels).last().copied(),
        Opens::DayOfPeriod(_) | Opens::DayOfLastMonth(_) | Opens::AfterEnd(_) => None,
    };
    let (counted_from, rests_on_term) = match last_end {
        Some((ends_on, provisional)) => {
            let planned_on = before_end(rule, period, ends_on);
            let own = roll_within(rule, period, planned_on, calendar);
            (own.max(opened_on), provisional && own > opened_on)
        }
        None => (opened_on, false),
    };
    let due_on = calendar.holidays.add_workdays(counted_from, workdays);
    Some(DueDay {
        due_on,
        provisional: rests_on_term || calendar.holidays.is_provisional(due_on),
    })
}

/// How a round asks one unit, its vacations considered (design §6).
///
/// `own_levels` are empty for every unit that is no school: it has no vacation. A vacation counts when it covers the
/// day the round was opened or the unit's due day.
pub fn unit_ask(
    rule: &CycleRule,
    period: &Period,
    opened_on: NaiveDate,
    calendar: &SchoolCalendar,
    levels: &[Level],
    own_levels: &[Level],
) -> UnitAsk {
    let due = unit_due_day(rule, period, opened_on, calendar, levels, own_levels);
    let vacation = calendar
        .terms
        .vacation_at(own_levels, opened_on)
        .or_else(|| due.and_then(|due| calendar.terms.vacation_at(own_levels, due.due_on)));
    let Some(vacation) = vacation else {
        return UnitAsk::AtOpening { due };
    };
    match rule.in_vacation {
        InVacation::AskAnyway => UnitAsk::AtOpening { due },
        InVacation::Skip => UnitAsk::LeftOut { vacation },
        InVacation::MoveToTermStart => {
            let asks_on = calendar.holidays.on_or_after(vacation.next_term_starts_on);
            let moved_due = rule.due_after_workdays.map(|workdays| {
                let due_on = calendar.holidays.add_workdays(asks_on, i32::from(workdays));
                DueDay {
                    due_on,
                    provisional: vacation.provisional || calendar.holidays.is_provisional(due_on),
                }
            });
            UnitAsk::AtTermStart {
                asks_on,
                due: moved_due,
                vacation,
            }
        }
    }
}

/// The day by which inspection results are to be recorded; `None` where the cycle records none.
pub fn results_due_on(
    rule: &CycleRule,
    opened_on: NaiveDate,
    holidays: &Holidays,
) -> Option<NaiveDate> {
    let workdays = i32::from(rule.results_after_workdays?);
    Some(holidays.add_workdays(opened_on, workdays))
}

/// The day on which a round closes by itself unless the next one opens earlier: 10 workdays after its due day.
pub fn closes_on(due_on: NaiveDate, holidays: &Holidays) -> NaiveDate {
    holidays.add_workdays(due_on, ROUND_CLOSES_AFTER_WORKDAYS)
}
