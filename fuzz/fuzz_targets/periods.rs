//! Keys of periods, and rules of cycles as they are edited: a line with a key, then a rule as JSON.
#![no_main]

use duban::documents::default_calendar::default_calendar;
use duban::domain::cycle::CycleRule;
use duban::domain::level::Level;
use duban::domain::opening::{planned_round, upcoming};
use duban::domain::period::Period;
use duban::domain::period_key::PeriodKey;
use duban::domain::school_calendar::SchoolCalendar;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static CALENDAR: LazyLock<SchoolCalendar> =
    LazyLock::new(|| default_calendar().expect("what is compiled in"));

fuzz_target!(|text: &str| {
    let (key, rule) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(key) = key.parse::<PeriodKey>() else {
        return;
    };
    assert_eq!(key.to_string().parse(), Ok(key));
    assert!(!key.label().is_empty());
    if let Some(next) = key.next() {
        assert_eq!(next.previous(), Some(key));
    }
    let period = Period::of(key, &CALENDAR.terms);
    let Ok(rule) = serde_json::from_str::<CycleRule>(rule) else {
        return;
    };
    if rule.check().is_err() {
        return;
    }
    let Some(period) = period.filter(|_| key.frequency() == rule.frequency) else {
        return;
    };
    let round = planned_round(&rule, period, &CALENDAR, &Level::ALL);
    let from = round.opening.opens_on;
    let rounds = upcoming(&rule, &CALENDAR, &Level::ALL, from, 3);
    let days: Vec<_> = rounds.iter().map(|round| round.opening.opens_on).collect();
    assert!(days.is_sorted_by(|one, next| one < next), "{days:?}");
});
