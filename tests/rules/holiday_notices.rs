//! The compiled-in calendar against the State Council's notices, and what it gives for years without one.

use chrono::{Datelike, NaiveDate, Weekday};
use duban::documents::default_calendar::default_calendar;
use duban::documents::holidays_ics::read_holidays_ics;
use duban::domain::calendar::Holidays;
use duban::domain::level::Level;
use duban::domain::statutory_days::statutory_day;
use duban::domain::term::TermNumber;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a real day")
}

fn holidays() -> Holidays {
    default_calendar().expect("compiled-in data reads").holidays
}

/// First and last (month, day) of each stretch off, and the make-up workdays.
struct Notice {
    year: i32,
    off: &'static [[(u32, u32); 2]],
    work: &'static [(u32, u32)],
}

/// The notices of 12 November 2024 and 4 November 2025.
const NOTICES: [Notice; 2] = [
    Notice {
        year: 2025,
        off: &[
            [(1, 1), (1, 1)],
            [(1, 28), (2, 4)],
            [(4, 4), (4, 6)],
            [(5, 1), (5, 5)],
            [(5, 31), (6, 2)],
            [(10, 1), (10, 8)],
        ],
        work: &[(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)],
    },
    Notice {
        year: 2026,
        off: &[
            [(1, 1), (1, 3)],
            [(2, 15), (2, 23)],
            [(4, 4), (4, 6)],
            [(5, 1), (5, 5)],
            [(6, 19), (6, 21)],
            [(9, 25), (9, 27)],
            [(10, 1), (10, 7)],
        ],
        work: &[(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)],
    },
];

#[test]
fn every_day_of_2025_and_2026_is_as_the_notice_says() {
    let holidays = holidays();
    for notice in NOTICES {
        let days = day(notice.year, 1, 1)
            .iter_days()
            .take_while(|date| date.year() == notice.year);
        for date in days {
            let month_day = (date.month(), date.day());
            let is_off = notice
                .off
                .iter()
                .any(|[first, last]| (*first..=*last).contains(&month_day));
            let is_weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
            let expected = notice.work.contains(&month_day) || !(is_off || is_weekend);
            assert_eq!(holidays.is_workday(date), expected, "{date}");
            assert!(!holidays.is_provisional(date), "{date}");
        }
    }
}

#[test]
fn known_notices_give_these_days_off() {
    // Since 2008 Qingming, Dragon Boat and Mid-Autumn are holidays; Spring Festival's eve was none in 2014–2024.
    let holidays = holidays();
    let moving = ["春节", "清明节", "端午节", "中秋节"];
    for year in 2008..=2026 {
        let mut found = 0;
        let days = day(year, 1, 1)
            .iter_days()
            .take_while(|date| date.year() == year);
        for date in
            days.filter(|date| statutory_day(*date).is_some_and(|name| moving.contains(&name)))
        {
            let is_eve = statutory_day(date - chrono::Days::new(1)) != Some("春节")
                && statutory_day(date) == Some("春节");
            if !is_eve {
                assert!(!holidays.is_workday(date), "{date}");
                found += 1;
            }
        }
        assert_eq!(found, 6, "{year}");
    }
}

#[test]
fn announced_years_end_with_the_last_notice_and_later_ones_are_provisional() {
    let holidays = holidays();
    let years: Vec<_> = holidays.announced_years().iter().copied().collect();
    assert_eq!(years, (2004..=2026).collect::<Vec<_>>());
    assert!(holidays.is_provisional(day(2027, 2, 5)));
    assert!(
        !holidays.is_workday(day(2027, 2, 5)),
        "Spring Festival's eve"
    );
    assert!(
        holidays.is_workday(day(2027, 2, 10)),
        "not moved before the notice says so"
    );
}

#[test]
fn an_ics_calendar_replaces_the_provisional_year() {
    let ics = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270205\r\nDTEND;VALUE=DATE:20270213\r\n\
               SUMMARY:春节 休\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270214\r\n\
               SUMMARY:春节（班）\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let entries = read_holidays_ics(ics.as_bytes()).expect("reads");
    let updated = holidays().updated_by(&Holidays::from_entries(entries));
    assert!(!updated.is_workday(day(2027, 2, 12)));
    assert!(updated.is_workday(day(2027, 2, 14)));
    assert!(!updated.is_provisional(day(2027, 3, 1)));
    assert!(updated.is_workday(day(2026, 1, 4)), "other years stay");
}

#[test]
fn default_terms_cover_two_years_and_every_level_provisionally() {
    let terms = default_calendar().expect("compiled-in data reads").terms;
    assert_eq!(terms.terms().count(), 2 * 2 * Level::ALL.len());
    assert!(terms.terms().all(|term| term.provisional));
    let reused = terms
        .term(2030, TermNumber::Autumn, Level::Senior)
        .expect("reused");
    assert_eq!(reused.ends_on, day(2031, 1, 29));
    let spring_festival = [Level::Primary, Level::Senior];
    for date in [day(2026, 2, 17), day(2027, 2, 6)] {
        assert!(
            terms.vacation_at(&spring_festival, date).is_some(),
            "{date}"
        );
    }
}
