//! Opening and due days of all cycles, by hand-made tables.

use chrono::NaiveDate;
use duban::documents::default_calendar::default_calendar;
use duban::domain::calendar::{HolidayEntry, Holidays, Roll};
use duban::domain::cycle::{CycleRule, InVacation, Opens};
use duban::domain::cycle_kind::CycleKind;
use duban::domain::due_day::{
    UnitAsk, closes_on, results_due_on, round_due_day, unit_ask, unit_due_day,
};
use duban::domain::frequency::Frequency;
use duban::domain::level::Level;
use duban::domain::opening::{opening_day, upcoming};
use duban::domain::period::Period;
use duban::domain::school_calendar::SchoolCalendar;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a real day")
}

fn calendar() -> SchoolCalendar {
    default_calendar().expect("compiled-in data reads")
}

fn period(key: &str, calendar: &SchoolCalendar) -> Period {
    Period::of(key.parse().expect(key), &calendar.terms).expect(key)
}

fn standard(kind: CycleKind, key: &str, calendar: &SchoolCalendar) -> (CycleRule, Period) {
    let period = period(key, calendar);
    (CycleRule::standard(kind, period.key.frequency()), period)
}

#[test]
fn standard_openings_and_due_days() {
    use CycleKind::{Appraisal, Bulletin, Dispatch, Monitoring, SpotCheck};
    let calendar = calendar();
    let cases = [
        // 1–3 January off, Sunday the 4th a make-up workday.
        (SpotCheck, "2026-01", (2026, 1, 4), Some((2026, 1, 16))),
        (SpotCheck, "2026-02", (2026, 2, 2), Some((2026, 2, 14))),
        (SpotCheck, "2026-05", (2026, 5, 6), Some((2026, 5, 19))),
        // 1–7 October off; Saturday the 10th is worked.
        (SpotCheck, "2026-10", (2026, 10, 8), Some((2026, 10, 21))),
        // 20–23 February off; the 28th is worked.
        (Dispatch, "2026-B1", (2026, 2, 24), Some((2026, 3, 2))),
        (Dispatch, "2026-B3", (2026, 6, 22), Some((2026, 6, 29))),
        (Dispatch, "2026-B6", (2026, 12, 21), Some((2026, 12, 28))),
        (Bulletin, "2026-Q3", (2026, 10, 8), None),
        (Bulletin, "2026-Q4", (2027, 1, 4), None),
        // 30 January − 21 days; the round's due day is the senior level's: 6 February − 21 days + 10 workdays.
        (Monitoring, "2025-T1", (2026, 1, 9), Some((2026, 1, 30))),
        // 3 July − 21 days; 10 July − 21 days is 19 June, off until the 21st, so from the 22nd.
        (Monitoring, "2025-T2", (2026, 6, 12), Some((2026, 7, 6))),
        // 22 January 2027 − 21 days is New Year's Day; senior: 8 January + 10 workdays.
        (Monitoring, "2026-T1", (2027, 1, 4), Some((2027, 1, 22))),
        (Appraisal, "2025Y", (2026, 9, 1), None),
        // Other frequencies.
        (SpotCheck, "2026-W41", (2026, 10, 8), Some((2026, 10, 12))),
        (Dispatch, "2026-W42", (2026, 10, 15), Some((2026, 10, 19))),
        (Monitoring, "2026-11", (2026, 11, 9), Some((2026, 11, 23))),
        (Dispatch, "2025-T2", (2026, 6, 23), Some((2026, 7, 7))),
        (Appraisal, "2026", (2027, 1, 4), None),
    ];
    for (kind, key, opens, due) in cases {
        let (rule, period) = standard(kind, key, &calendar);
        let opening = opening_day(&rule, &period, &calendar, &[]);
        assert_eq!(
            opening.opens_on,
            day(opens.0, opens.1, opens.2),
            "{key} opens"
        );
        let due_on =
            round_due_day(&rule, &period, opening.opens_on, &calendar, &[]).map(|due| due.due_on);
        assert_eq!(due_on, due.map(|(y, m, d)| day(y, m, d)), "{key} due");
    }
}

#[test]
fn only_what_rests_on_settled_data_is_not_provisional() {
    let calendar = calendar();
    for (kind, key, provisional) in [
        (CycleKind::SpotCheck, "2026-10", false),
        (CycleKind::SpotCheck, "2027-01", true),
        (CycleKind::Bulletin, "2026-Q4", true),
        (CycleKind::Monitoring, "2025-T2", true),
        (CycleKind::Appraisal, "2025Y", false),
    ] {
        let (rule, period) = standard(kind, key, &calendar);
        let opening = opening_day(&rule, &period, &calendar, &[]);
        assert_eq!(opening.provisional, provisional, "{key}");
    }
}

#[test]
fn a_due_day_that_rests_on_a_provisional_term_says_so() {
    let calendar = calendar();
    let (rule, period) = standard(CycleKind::Monitoring, "2025-T1", &calendar);
    let due = |opened_on| unit_due_day(&rule, &period, opened_on, &calendar, &[], &[Level::Senior]);
    assert!(
        due(day(2026, 1, 9)).is_some_and(|due| due.provisional),
        "counted from the term's end"
    );
    assert!(
        due(day(2026, 1, 19)).is_some_and(|due| !due.provisional),
        "counted from a late opening"
    );
}

#[test]
fn a_lead_time_longer_than_the_period_opens_on_its_first_day() {
    let calendar = calendar();
    let (rule, period) = standard(CycleKind::Monitoring, "2026-12", &calendar);
    let rule = CycleRule {
        opens: Opens::BeforeEnd(31),
        ..rule
    };
    let opening = opening_day(&rule, &period, &calendar, &[]);
    assert_eq!(
        (opening.planned_on, opening.opens_on),
        (day(2026, 12, 1), day(2026, 12, 1))
    );
}

#[test]
fn rolling_back_never_leaves_the_period() {
    let calendar = calendar();
    for (kind, key, expected) in [
        // 31 December 2025 lies before January; the quarter's last day lies before its end.
        (CycleKind::SpotCheck, "2026-01", day(2026, 1, 4)),
        (CycleKind::Bulletin, "2026-Q3", day(2026, 10, 8)),
        // 14 February is worked.
        (CycleKind::Dispatch, "2026-B1", day(2026, 2, 14)),
    ] {
        let (rule, period) = standard(kind, key, &calendar);
        let rule = CycleRule {
            roll: Roll::Previous,
            ..rule
        };
        assert_eq!(
            opening_day(&rule, &period, &calendar, &[]).opens_on,
            expected,
            "{key}"
        );
    }
}

#[test]
fn weeks_crowded_out_by_a_long_holiday_open_on_successive_workdays() {
    let calendar = calendar();
    // 15–23 February 2026 off: W08 (from the 16th) and W09 (from the 23rd) both move to the 24th.
    for (key, expected) in [
        ("2026-W07", day(2026, 2, 9)),
        ("2026-W08", day(2026, 2, 24)),
        ("2026-W09", day(2026, 2, 25)),
        ("2026-W10", day(2026, 3, 2)),
    ] {
        let (rule, period) = standard(CycleKind::SpotCheck, key, &calendar);
        assert_eq!(
            opening_day(&rule, &period, &calendar, &[]).opens_on,
            expected,
            "{key}"
        );
    }
}

#[test]
fn monitoring_counts_each_unit_from_its_own_term_end() {
    let calendar = calendar();
    let (rule, period) = standard(CycleKind::Monitoring, "2025-T1", &calendar);
    let opened_on = opening_day(&rule, &period, &calendar, &[]).opens_on;
    let due = |own: &[Level], asked: &[Level]| {
        unit_due_day(&rule, &period, opened_on, &calendar, asked, own).map(|due| due.due_on)
    };
    let (primary_due, senior_due) = (Some(day(2026, 1, 23)), Some(day(2026, 1, 30)));
    assert_eq!(due(&[Level::Primary], &[]), primary_due);
    assert_eq!(due(&[Level::Senior], &[]), senior_due);
    assert_eq!(due(&[Level::Junior, Level::Senior], &[]), senior_due);
    assert_eq!(due(&[], &[]), senior_due);
    assert_eq!(due(&[], &[Level::Primary]), primary_due);
    let late = day(2026, 1, 20);
    let late_due = unit_due_day(&rule, &period, late, &calendar, &[], &[Level::Primary]);
    assert_eq!(
        late_due.map(|due| due.due_on),
        Some(day(2026, 2, 3)),
        "10 workdays all the same"
    );
}

#[test]
fn only_the_levels_asked_set_the_opening() {
    let calendar = calendar();
    let (rule, period) = standard(CycleKind::Monitoring, "2025-T1", &calendar);
    let opens_on = |levels: &[Level]| opening_day(&rule, &period, &calendar, levels).opens_on;
    assert_eq!(opens_on(&[Level::Senior]), day(2026, 1, 16));
    assert_eq!(opens_on(&[Level::Senior, Level::Primary]), day(2026, 1, 9));
}

#[test]
fn a_vacation_over_opening_or_due_day_leaves_a_school_out_or_moves_it() {
    let calendar = calendar();
    let (rule, period) = standard(CycleKind::SpotCheck, "2026-02", &calendar);
    let opened_on = day(2026, 2, 2);
    let ask = |in_vacation, own: &[Level]| {
        let rule = CycleRule {
            in_vacation,
            ..rule
        };
        unit_ask(&rule, &period, opened_on, &calendar, &[], own)
    };
    // Primary schools rest from 31 January, senior ones from 7 February: before their due day of the 14th.
    for level in [Level::Primary, Level::Senior] {
        assert!(
            matches!(ask(InVacation::Skip, &[level]), UnitAsk::LeftOut { .. }),
            "{level:?}"
        );
        assert!(matches!(
            ask(InVacation::AskAnyway, &[level]),
            UnitAsk::AtOpening { .. }
        ));
        let UnitAsk::AtTermStart { asks_on, due, .. } = ask(InVacation::MoveToTermStart, &[level])
        else {
            panic!("moved");
        };
        assert_eq!(
            (asks_on, due.map(|due| due.due_on)),
            (day(2026, 3, 2), Some(day(2026, 3, 16)))
        );
    }
    assert!(
        matches!(
            ask(InVacation::Skip, &[]),
            UnitAsk::AtOpening { due: Some(_) }
        ),
        "no school"
    );
}

#[test]
fn due_days_outside_cycles_move_to_the_third_workday_of_term() {
    let calendar = calendar();
    let moved = calendar.settle_due_day(&[Level::Primary], day(2026, 7, 20));
    assert_eq!(
        (moved.due_on, moved.moved, moved.provisional),
        (day(2026, 9, 3), true, true)
    );
    let office = calendar.settle_due_day(&[], day(2026, 7, 20));
    assert_eq!(
        (office.due_on, office.moved, office.provisional),
        (day(2026, 7, 20), false, false)
    );
}

#[test]
fn rounds_close_and_results_fall_due_by_workdays() {
    let calendar = calendar();
    let rule = CycleRule::standard(CycleKind::SpotCheck, Frequency::Month);
    assert_eq!(
        closes_on(day(2026, 1, 16), &calendar.holidays),
        day(2026, 1, 30)
    );
    assert_eq!(
        results_due_on(&rule, day(2026, 1, 4), &calendar.holidays),
        Some(day(2026, 1, 23))
    );
    let bulletin = CycleRule::standard(CycleKind::Bulletin, Frequency::Quarter);
    assert_eq!(
        results_due_on(&bulletin, day(2026, 1, 4), &calendar.holidays),
        None
    );
}

#[test]
fn the_next_rounds_of_the_city_year() {
    let calendar = calendar();
    let from = day(2026, 1, 1);
    for (kind, frequency, expected) in [
        (
            CycleKind::SpotCheck,
            Frequency::Month,
            ["2026-01", "2026-02", "2026-03"],
        ),
        (
            CycleKind::Dispatch,
            Frequency::TwoMonths,
            ["2026-B1", "2026-B2", "2026-B3"],
        ),
        // The quarter of 2025 opens on 4 January, since the first three days are off.
        (
            CycleKind::Bulletin,
            Frequency::Quarter,
            ["2025-Q4", "2026-Q1", "2026-Q2"],
        ),
        (
            CycleKind::Monitoring,
            Frequency::Term,
            ["2025-T1", "2025-T2", "2026-T1"],
        ),
        (
            CycleKind::Appraisal,
            Frequency::SchoolYear,
            ["2025Y", "2026Y", "2027Y"],
        ),
    ] {
        let rule = CycleRule::standard(kind, frequency);
        let keys: Vec<_> = upcoming(&rule, &calendar, &[], from, 3)
            .iter()
            .map(|round| round.period.key.to_string())
            .collect();
        assert_eq!(keys, expected);
    }
    let rule = CycleRule::standard(CycleKind::SpotCheck, Frequency::Month);
    assert_eq!(
        upcoming(&rule, &calendar, &[], day(2200, 11, 15), 9).len(),
        1,
        "ends with the year 2200"
    );
    assert!(upcoming(&rule, &calendar, &[], day(9999, 1, 1), 9).is_empty());
    assert!(upcoming(&rule, &calendar, &[], from, 0).is_empty());
}

#[test]
fn an_empty_calendar_still_gives_days() {
    let empty = SchoolCalendar::default();
    for kind in CycleKind::ALL {
        for frequency in Frequency::ALL {
            let rule = CycleRule::standard(kind, frequency);
            let rounds = upcoming(&rule, &empty, &[], day(2026, 1, 1), 20);
            assert_eq!(rounds.len(), 20);
            assert!(rounds.iter().all(|round| round.opening.provisional));
        }
    }
}

#[test]
fn a_calendar_that_is_always_off_is_survived() {
    let off = day(2026, 1, 1)
        .iter_days()
        .take(1200)
        .map(|date| HolidayEntry {
            date,
            kind: duban::domain::calendar::DayKind::Off,
            name: String::new(),
        });
    let closed = SchoolCalendar {
        holidays: Holidays::from_entries(off.collect()),
        ..calendar()
    };
    for frequency in Frequency::ALL {
        let rule = CycleRule::standard(CycleKind::SpotCheck, frequency);
        assert_eq!(upcoming(&rule, &closed, &[], day(2026, 6, 1), 3).len(), 3);
    }
}
