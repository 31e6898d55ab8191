//! Which rounds of one cycle are to be opened today, and which open ones that closes. A pure decision: a round is a row
//! with a unique period, so asking again after opening answers with nothing.

use std::collections::BTreeSet;

use chrono::{Months, NaiveDate};

use super::cycle::{CatchUp, CycleRule};
use super::due_day::round_due_day;
use super::level::Level;
use super::opening::{Opening, opened_by};
use super::period::Period;
use super::period_key::PeriodKey;
use super::school_calendar::SchoolCalendar;

/// The most periods looked at for [`CatchUp::All`]: more than a year of weeks.
const MOST_PERIODS: usize = 64;

/// One cycle, seen on one local day.
#[derive(Debug, Clone, Copy)]
pub struct CycleOnDay<'a> {
    /// The cycle's rule.
    pub rule: &'a CycleRule,
    /// The calendar it runs by.
    pub calendar: &'a SchoolCalendar,
    /// The school levels it asks; empty means all.
    pub levels: &'a [Level],
    /// The periods that have a round already, open or closed.
    pub existing: &'a BTreeSet<PeriodKey>,
    /// The local day on which the cycle was switched on.
    pub switched_on_on: NaiveDate,
    /// The local day on which the plan was issued.
    pub issued_on: NaiveDate,
    /// The last day of the plan's last phase, if it has phases.
    pub last_phase_ends_on: Option<NaiveDate>,
    /// The local day on which the plan was closed, if it was.
    pub closed_on: Option<NaiveDate>,
    /// The local day asked about.
    pub today: NaiveDate,
}

/// A round to be opened now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundToOpen {
    /// Its period.
    pub period: Period,
    /// The workday on which it should open: today, or earlier for a late one.
    pub planned_opens_on: NaiveDate,
    /// Today.
    pub opens_on: NaiveDate,
    /// The latest due day among the levels asked, counted from `opens_on`; `None` where nobody is asked.
    pub due_on: Option<NaiveDate>,
    /// Whether its own opening day is past.
    pub late: bool,
    /// Whether opening day (of one in time) or due day rests on something not settled yet.
    pub provisional: bool,
}

/// The rounds to open today, oldest period first (design §5 rule 2).
///
/// None whose period ended before the plan was issued, whose opening day lies before the cycle was switched on, or
/// whose period begins after the plan's last phase or closing. One whose opening day is today is in time. One whose
/// opening day is past is late and opened only on a workday: under [`CatchUp::Latest`] if no later opening day has come
/// since, whether or not that opening had a round; under [`CatchUp::All`] if its opening day lies within one year.
pub fn rounds_to_open(cycle: &CycleOnDay<'_>) -> Vec<RoundToOpen> {
    let opened =
        opened_by(cycle.rule, cycle.calendar, cycle.levels, cycle.today).take(MOST_PERIODS);
    let reached: Vec<_> = match cycle.rule.catch_up {
        CatchUp::Latest => opened.take(1).collect(),
        CatchUp::All => {
            let one_year_ago = cycle
                .today
                .checked_sub_months(Months::new(12))
                .unwrap_or(NaiveDate::MIN);
            opened
                .take_while(|(_, opening)| opening.opens_on >= one_year_ago)
                .collect()
        }
        CatchUp::Skip => opened
            .take_while(|(_, opening)| opening.opens_on == cycle.today)
            .collect(),
    };
    reached
        .into_iter()
        .rev()
        .filter(|(period, opening)| is_wanted(cycle, period, opening))
        .filter(|(_, opening)| {
            opening.opens_on == cycle.today || cycle.calendar.holidays.is_workday(cycle.today)
        })
        .map(|(period, opening)| round_to_open(cycle, period, opening))
        .collect()
}

/// An open round of a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenRound {
    /// Its period.
    pub period: PeriodKey,
    /// The local day on which it was opened.
    pub opened_on: NaiveDate,
}

/// The open rounds of a cycle that close because `openings` of the same cycle are opened on `today`: those of earlier
/// periods that were opened before today. Rounds opened in one catch-up do not close each other.
pub fn rounds_closed_by_opening(
    open: &[OpenRound],
    openings: &[PeriodKey],
    today: NaiveDate,
) -> Vec<PeriodKey> {
    let Some(newest) = openings.iter().max() else {
        return Vec::new();
    };
    open.iter()
        .filter(|round| round.opened_on < today && round.period < *newest)
        .map(|round| round.period)
        .collect()
}

/// Whether the cycle opens the round of a period by itself, some day: it has none yet, and the period and its opening day
/// lie within what the plan and the switch allow.
pub fn is_wanted(cycle: &CycleOnDay<'_>, period: &Period, opening: &Opening) -> bool {
    let begins_by = |last: Option<NaiveDate>| last.is_none_or(|last| period.starts_on <= last);
    !cycle.existing.contains(&period.key)
        && period.ends_on >= cycle.issued_on
        && opening.opens_on >= cycle.switched_on_on
        && begins_by(cycle.last_phase_ends_on)
        && begins_by(cycle.closed_on)
}

fn round_to_open(cycle: &CycleOnDay<'_>, period: Period, opening: Opening) -> RoundToOpen {
    let late = opening.opens_on < cycle.today;
    let due = round_due_day(
        cycle.rule,
        &period,
        cycle.today,
        cycle.calendar,
        cycle.levels,
    );
    RoundToOpen {
        period,
        planned_opens_on: opening.opens_on,
        opens_on: cycle.today,
        due_on: due.map(|due| due.due_on),
        late,
        provisional: (!late && opening.provisional) || due.is_some_and(|due| due.provisional),
    }
}
