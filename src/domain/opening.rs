//! The day on which a cycle's round of a period opens, and the rounds to come. Whether it is opened today is decided in
//! `catch_up`, when its answers are due in `due_day`.

use chrono::{Datelike, Days, NaiveDate};

use super::calendar::Roll;
use super::cycle::{CycleRule, Opens};
use super::due_day::round_due_day;
use super::frequency::Frequency;
use super::level::Level;
use super::period::Period;
use super::school_calendar::SchoolCalendar;
use super::term::TermNumber;

/// How many periods back an opening looks for others crowded onto its day: in the longest run of days off
/// (`documents::holidays` refuses more than 31) at most six weeks meet; longer periods hold more days than that.
const WEEKS_LOOKED_BACK: usize = 12;
const PERIODS_LOOKED_BACK: usize = 2;
/// The most rounds [`upcoming`] lists.
const MOST_UPCOMING: usize = 100;
/// The most periods walked back from a day to find one that opened before it; a rule that [`CycleRule::check`] accepts
/// needs three.
const MOST_PERIODS_BACK: usize = 64;

/// The opening of one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The day the rule names, bureau-local.
    pub planned_on: NaiveDate,
    /// The workday it is moved to.
    pub opens_on: NaiveDate,
    /// Whether it rests on a year or a term that is not settled yet.
    pub provisional: bool,
}

/// A round to come, for previews.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedRound {
    /// Its period.
    pub period: Period,
    /// When it opens.
    pub opening: Opening,
    /// Its latest due day; `None` where nobody is asked.
    pub due_on: Option<NaiveDate>,
    /// Whether opening or due day rests on something not settled yet.
    pub provisional: bool,
}

/// The opening of `period`'s round. `levels` are the school levels the cycle asks; empty means all.
///
/// Openings of successive periods strictly increase: where a long holiday would move several weeks' openings to one
/// workday, each later one takes the workday after.
pub fn opening_day(
    rule: &CycleRule,
    period: &Period,
    calendar: &SchoolCalendar,
    levels: &[Level],
) -> Opening {
    let periods_back = match rule.frequency {
        Frequency::Week => WEEKS_LOOKED_BACK,
        Frequency::Month
        | Frequency::TwoMonths
        | Frequency::Quarter
        | Frequency::Term
        | Frequency::SchoolYear
        | Frequency::Year => PERIODS_LOOKED_BACK,
    };
    let mut earlier: Vec<NaiveDate> =
        std::iter::successors(period.previous(&calendar.terms), |earlier| {
            earlier.previous(&calendar.terms)
        })
        .take(periods_back)
        .map(|earlier| rolled(rule, &earlier, calendar, levels).opens_on)
        .collect();
    earlier.reverse();
    let previous_opening = earlier
        .into_iter()
        .reduce(|previous, opens_on| opens_on.max(calendar.holidays.add_workdays(previous, 1)));
    let own = rolled(rule, period, calendar, levels);
    let opens_on = previous_opening.map_or(own.opens_on, |previous| {
        if own.opens_on > previous {
            own.opens_on
        } else {
            calendar.holidays.add_workdays(previous, 1)
        }
    });
    Opening { opens_on, ..own }
}

/// The first `count` rounds (at most 100) that open on `from` or later, in order of time; fewer only at the year 2200.
pub fn upcoming(
    rule: &CycleRule,
    calendar: &SchoolCalendar,
    levels: &[Level],
    from: NaiveDate,
    count: usize,
) -> Vec<PlannedRound> {
    opening_from(rule, calendar, levels, from)
        .take(count.min(MOST_UPCOMING))
        .collect()
}

/// The rounds that open on the days `from..=to`, in order of time.
pub fn opening_between(
    rule: &CycleRule,
    calendar: &SchoolCalendar,
    levels: &[Level],
    from: NaiveDate,
    to: NaiveDate,
) -> Vec<PlannedRound> {
    opening_from(rule, calendar, levels, from)
        .take_while(|round| round.opening.opens_on <= to)
        .collect()
}

/// The rounds that open on `from` or later, in order of time.
fn opening_from<'a>(
    rule: &'a CycleRule,
    calendar: &'a SchoolCalendar,
    levels: &'a [Level],
    from: NaiveDate,
) -> impl Iterator<Item = PlannedRound> + 'a {
    let mut first = Period::containing(rule.frequency, from, &calendar.terms);
    for _ in 0..MOST_PERIODS_BACK {
        match first.and_then(|period| period.previous(&calendar.terms)) {
            Some(previous) => {
                first = Some(previous);
                if opening_day(rule, &previous, calendar, levels).opens_on < from {
                    break;
                }
            }
            None => break,
        }
    }
    std::iter::successors(first, |period| period.next(&calendar.terms))
        .map(|period| planned_round(rule, period, calendar, levels))
        .skip_while(move |round| round.opening.opens_on < from)
}

/// The round of one period as planned: opened on its opening day.
pub fn planned_round(
    rule: &CycleRule,
    period: Period,
    calendar: &SchoolCalendar,
    levels: &[Level],
) -> PlannedRound {
    let opening = opening_day(rule, &period, calendar, levels);
    let due = round_due_day(rule, &period, opening.opens_on, calendar, levels);
    PlannedRound {
        period,
        opening,
        due_on: due.map(|due| due.due_on),
        provisional: opening.provisional || due.is_some_and(|due| due.provisional),
    }
}

/// The periods whose opening day is `today` or earlier, newest first, with that day.
pub(super) fn opened_by<'a>(
    rule: &'a CycleRule,
    calendar: &'a SchoolCalendar,
    levels: &'a [Level],
    today: NaiveDate,
) -> impl Iterator<Item = (Period, Opening)> + 'a {
    // No opening lies before its period, so the newest candidate is the period of today.
    std::iter::successors(
        Period::containing(rule.frequency, today, &calendar.terms),
        |period| period.previous(&calendar.terms),
    )
    .map(|period| (period, opening_day(rule, &period, calendar, levels)))
    .skip_while(move |(_, opening)| opening.opens_on > today)
}

/// The opening by the rule alone, without regard to other periods.
fn rolled(
    rule: &CycleRule,
    period: &Period,
    calendar: &SchoolCalendar,
    levels: &[Level],
) -> Opening {
    let (planned_on, rests_on_terms) = match rule.opens {
        Opens::DayOfPeriod(day) => (
            plus_days(period.starts_on, day.saturating_sub(1)).min(period.ends_on),
            period.provisional,
        ),
        Opens::DayOfLastMonth(day) => (day_of_last_month(period, day), period.provisional),
        Opens::BeforeEnd(_) => {
            let ends = ends_of(period, calendar, levels);
            let (ends_on, provisional) = ends
                .first()
                .copied()
                .unwrap_or((period.ends_on, period.provisional));
            (before_end(rule, period, ends_on), provisional)
        }
        Opens::AfterEnd(day) => (plus_days(period.ends_on, day), period.provisional),
    };
    let opens_on = roll_within(rule, period, planned_on, calendar);
    Opening {
        planned_on,
        opens_on,
        provisional: rests_on_terms
            || calendar.holidays.is_provisional(planned_on)
            || calendar.holidays.is_provisional(opens_on),
    }
}

/// `planned_on` rolled to a workday, but never back out of the period (or, for rounds after it, into it).
pub(super) fn roll_within(
    rule: &CycleRule,
    period: &Period,
    planned_on: NaiveDate,
    calendar: &SchoolCalendar,
) -> NaiveDate {
    let earliest = match rule.opens {
        Opens::DayOfPeriod(_) | Opens::DayOfLastMonth(_) | Opens::BeforeEnd(_) => period.starts_on,
        Opens::AfterEnd(_) => plus_days(period.ends_on, 1),
    };
    match rule.roll {
        Roll::Next => calendar.holidays.on_or_after(planned_on),
        Roll::Previous => {
            let before = calendar.holidays.on_or_before(planned_on);
            if before >= earliest {
                before
            } else {
                calendar.holidays.on_or_after(planned_on)
            }
        }
    }
}

/// The day that [`Opens::BeforeEnd`] names for an end, not before the period; `ends_on` itself for other rules.
pub(super) fn before_end(rule: &CycleRule, period: &Period, ends_on: NaiveDate) -> NaiveDate {
    match rule.opens {
        Opens::BeforeEnd(days) => ends_on
            .checked_sub_days(Days::new(u64::from(days)))
            .unwrap_or(ends_on)
            .max(period.starts_on),
        Opens::DayOfPeriod(_) | Opens::DayOfLastMonth(_) | Opens::AfterEnd(_) => ends_on,
    }
}

/// The last school days of `levels` (all if empty) in a term or in a school year's spring term, earliest first, each
/// with whether it is provisional. Empty for other frequencies and for an empty table.
pub(super) fn ends_of(
    period: &Period,
    calendar: &SchoolCalendar,
    levels: &[Level],
) -> Vec<(NaiveDate, bool)> {
    let number = match period.key.frequency() {
        Frequency::Term => TermNumber::from_number(period.key.index()),
        Frequency::SchoolYear => Some(TermNumber::Spring),
        Frequency::Week
        | Frequency::Month
        | Frequency::TwoMonths
        | Frequency::Quarter
        | Frequency::Year => None,
    };
    let Some(number) = number else {
        return Vec::new();
    };
    calendar
        .terms
        .ends(period.key.year(), number, levels)
        .into_iter()
        .map(|term| (term.ends_on, term.provisional))
        .collect()
}

fn day_of_last_month(period: &Period, day: u16) -> NaiveDate {
    let month_starts_on = period
        .ends_on
        .with_day(1)
        .unwrap_or(period.starts_on)
        .max(period.starts_on);
    plus_days(month_starts_on, day.saturating_sub(1)).min(period.ends_on)
}

fn plus_days(date: NaiveDate, days: u16) -> NaiveDate {
    date.checked_add_days(Days::new(u64::from(days)))
        .unwrap_or(NaiveDate::MAX)
}
