//! Properties of openings, periods and workday arithmetic over random days, cycles and calendars.

use std::sync::LazyLock;

use chrono::{Days, NaiveDate};
use duban::documents::default_calendar::default_calendar;
use duban::domain::calendar::{DayKind, HolidayEntry, Holidays, Roll};
use duban::domain::cycle::CycleRule;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::due_day::{round_due_day, unit_due_day};
use duban::domain::frequency::Frequency;
use duban::domain::level::Level;
use duban::domain::opening::{opening_day, upcoming};
use duban::domain::period::Period;
use duban::domain::period_key::PeriodKey;
use duban::domain::school_calendar::SchoolCalendar;
use proptest::prelude::*;

static CALENDAR: LazyLock<SchoolCalendar> =
    LazyLock::new(|| default_calendar().expect("compiled-in data reads"));

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A day of 1910–2190, half of them in the years of announced holidays.
fn any_day() -> impl Strategy<Value = NaiveDate> {
    let from = |year| NaiveDate::from_ymd_opt(year, 1, 1).expect("a real day");
    prop_oneof![
        (0..102_000u64).prop_map(move |days| from(1910) + Days::new(days)),
        (0..9_000u64).prop_map(move |days| from(2004) + Days::new(days)),
    ]
}

fn any_rule() -> impl Strategy<Value = CycleRule> {
    let rolls = prop_oneof![Just(Roll::Next), Just(Roll::Previous)];
    (0..5usize, 0..7usize, rolls).prop_map(|(kind, frequency, roll)| CycleRule {
        roll,
        ..CycleRule::standard(CycleKind::ALL[kind], Frequency::ALL[frequency])
    })
}

fn any_levels() -> impl Strategy<Value = Vec<Level>> {
    proptest::sample::subsequence(Level::ALL.to_vec(), 0..=6)
}

/// The compiled-in calendar with some long holidays more.
fn any_calendar() -> impl Strategy<Value = SchoolCalendar> {
    proptest::collection::vec((0..1500u64, 1..31u64), 0..12).prop_map(|holidays| {
        let first = NaiveDate::from_ymd_opt(2027, 1, 1).expect("a real day");
        let entries = holidays.into_iter().flat_map(|(start, length)| {
            (start..start + length).map(move |offset| HolidayEntry {
                date: first + Days::new(offset),
                kind: DayKind::Off,
                name: String::new(),
            })
        });
        SchoolCalendar {
            holidays: CALENDAR
                .holidays
                .updated_by(&Holidays::from_entries(entries.collect())),
            terms: CALENDAR.terms.clone(),
        }
    })
}

/// One opening per period, on a workday, in or after its period, before its due day, and before the next one.
fn check_openings(
    rule: &CycleRule,
    calendar: &SchoolCalendar,
    levels: &[Level],
    date: NaiveDate,
) -> Result<(), TestCaseError> {
    let period = Period::containing(rule.frequency, date, &calendar.terms).expect("in range");
    let next = period.next(&calendar.terms).expect("in range");
    let opening = opening_day(rule, &period, calendar, levels);
    let next_opening = opening_day(rule, &next, calendar, levels);
    prop_assert!(calendar.holidays.is_workday(opening.opens_on));
    prop_assert!(opening.opens_on >= period.starts_on);
    prop_assert!(next_opening.opens_on > opening.opens_on);
    if let Some(due) = round_due_day(rule, &period, opening.opens_on, calendar, levels) {
        prop_assert!(due.due_on > opening.opens_on);
        prop_assert!(calendar.holidays.is_workday(due.due_on));
        let own = unit_due_day(
            rule,
            &period,
            opening.opens_on,
            calendar,
            levels,
            &[Level::Primary],
        );
        prop_assert!(own.is_some_and(|own| own.due_on > opening.opens_on));
    }
    Ok(())
}

#[test]
fn openings_increase_on_workdays_once_a_period() {
    proptest!(config(100_000), |(rule in any_rule(), levels in any_levels(), date in any_day())| {
        check_openings(&rule, &CALENDAR, &levels, date)?;
    });
}

#[test]
fn openings_increase_also_around_long_holidays() {
    proptest!(config(3_000), |(
        rule in any_rule(),
        calendar in any_calendar(),
        offset in 0..1600u64,
    )| {
        let first = NaiveDate::from_ymd_opt(2027, 1, 1).expect("a real day");
        check_openings(&rule, &calendar, &[], first + Days::new(offset))?;
    });
}

#[test]
fn upcoming_skips_no_period() {
    proptest!(config(3_000), |(rule in any_rule(), date in any_day())| {
        let rounds = upcoming(&rule, &CALENDAR, &[], date, 4);
        prop_assert_eq!(rounds.len(), 4);
        for pair in rounds.windows(2) {
            prop_assert_eq!(pair[0].period.key.next(), Some(pair[1].period.key));
        }
        prop_assert!(rounds[0].opening.opens_on >= date);
        let before = rounds[0].period.previous(&CALENDAR.terms).expect("in range");
        prop_assert!(opening_day(&rule, &before, &CALENDAR, &[]).opens_on < date);
    });
}

#[test]
fn periods_tile_the_days_and_their_keys_are_read_back() {
    proptest!(config(100_000), |(frequency in 0..7usize, date in any_day())| {
        let frequency = Frequency::ALL[frequency];
        let period = Period::containing(frequency, date, &CALENDAR.terms).expect("in range");
        prop_assert!(period.starts_on <= date && date <= period.ends_on);
        let next = period.next(&CALENDAR.terms).expect("in range");
        prop_assert_eq!(next.starts_on, period.ends_on + Days::new(1));
        prop_assert!(next.key > period.key);
        prop_assert_eq!(next.previous(&CALENDAR.terms), Some(period));
        prop_assert_eq!(period.key.to_string().parse::<PeriodKey>(), Ok(period.key));
    });
}

#[test]
fn workday_arithmetic_is_inverse() {
    proptest!(config(20_000), |(date in any_day(), count in -80..80i32)| {
        let holidays = &CALENDAR.holidays;
        let workday = holidays.on_or_after(date);
        prop_assert!(workday >= date && holidays.is_workday(workday));
        prop_assert!(holidays.on_or_before(date) <= date);
        let moved = holidays.add_workdays(workday, count);
        prop_assert!(holidays.is_workday(moved));
        prop_assert_eq!(holidays.add_workdays(moved, -count), workday);
        prop_assert_eq!(holidays.workdays_between(workday, moved), count);
        prop_assert_eq!(holidays.workdays_between(moved, workday), -count);
    });
}

#[test]
fn nobody_is_in_vacation_and_in_term() {
    proptest!(config(10_000), |(date in any_day(), levels in any_levels())| {
        let vacation = CALENDAR.terms.vacation_at(&levels, date);
        if let Some(vacation) = vacation {
            prop_assert!(vacation.starts_on <= date && date <= vacation.ends_on);
            prop_assert_eq!(vacation.next_term_starts_on, vacation.ends_on + Days::new(1));
            prop_assert_eq!(CALENDAR.terms.vacation_at(&levels, vacation.next_term_starts_on), None);
        }
        let each = levels.iter().all(|level| CALENDAR.terms.vacation_at(&[*level], date).is_some());
        prop_assert_eq!(vacation.is_some(), each && !levels.is_empty());
    });
}

#[test]
fn garbage_never_breaks_a_reader() {
    use duban::documents::calendar_file::read_calendar_file;
    let ics_like = "(BEGIN:VEVENT\n|END:VEVENT\n|DTSTART:[0-9TZ]{6,16}\n|DTEND:2027[0-9]{4}\n|SUMMARY:.{0,4}[休班]\n|DURATION:P[0-9]{1,9}[DW]\n){0,20}";
    let csv_like = "学年,学期,学段,开始,结束\n([0-9-]{0,12},[12],小学,[0-9/年月-]{0,12},[0-9-]{0,12}\r?\n){0,5}";
    proptest!(config(4_000), |(noise in proptest::collection::vec(any::<u8>(), 0..200), ics in ics_like, csv in csv_like)| {
        // Only that each returns is claimed here.
        drop(read_calendar_file(&noise));
        drop(read_calendar_file(format!("BEGIN:VCALENDAR\n{ics}").as_bytes()));
        drop(read_calendar_file(csv.as_bytes()));
    });
}
