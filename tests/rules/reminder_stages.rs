//! The days of reminder stages, by hand-made tables.

use chrono::NaiveDate;
use duban::documents::default_calendar::default_calendar;
use duban::domain::calendar::Holidays;
use duban::domain::stage::{ReminderPolicy, Stage};
use duban::domain::stage_days::{chased_until, current_stages, stage_days};

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).expect("a real day")
}

fn holidays() -> Holidays {
    default_calendar().expect("compiled-in data reads").holidays
}

fn texts(
    policy: &ReminderPolicy,
    opened_on: NaiveDate,
    due_on: NaiveDate,
    until: NaiveDate,
) -> Vec<String> {
    stage_days(policy, opened_on, due_on, &holidays(), until)
        .iter()
        .map(|day| format!("{} {}", day.stage, day.falls_on.format("%m-%d")))
        .collect()
}

#[test]
fn a_spot_check_is_reminded_on_these_days() {
    // Opened Thursday 8 October, due Wednesday the 21st; Saturday the 10th is worked. Closes 10 workdays later.
    let policy = ReminderPolicy::default();
    assert_eq!(
        texts(&policy, day(10, 8), day(10, 21), day(11, 4)),
        [
            "notice 10-08",
            "due-5 10-14",
            "due-2 10-19",
            "due-0 10-21",
            "over+1 10-22",
            "over+3 10-26",
            "over+7 10-30"
        ]
    );
}

#[test]
fn chasing_goes_on_every_five_workdays_and_ends_after_twenty() {
    let policy = ReminderPolicy::default();
    let until = chased_until(&policy, day(11, 2), &holidays());
    assert_eq!(until, day(11, 30));
    let days = texts(&policy, day(10, 28), day(11, 2), until);
    assert_eq!(
        days[days.len() - 3..],
        ["over+7 11-11", "over+12 11-18", "over+17 11-25"]
    );
    let once = ReminderPolicy {
        over: vec![],
        then_every: 0,
        ..policy
    };
    assert_eq!(
        texts(&once, day(10, 28), day(11, 2), until)
            .last()
            .map(String::as_str),
        Some("due-0 11-02")
    );
}

#[test]
fn a_due_day_off_is_reminded_on_the_workday_before() {
    // Due Sunday 11 October: due-0 on Saturday the 10th, which is worked; over+1 on Monday. 1–7 October are off.
    let policy = ReminderPolicy::default();
    let days = texts(&policy, day(9, 24), day(10, 11), day(10, 12));
    assert_eq!(
        days,
        [
            "notice 09-24",
            "due-5 09-28",
            "due-2 10-08",
            "due-0 10-10",
            "over+1 10-12"
        ]
    );
}

#[test]
fn stages_on_or_before_the_opening_day_are_covered_by_the_notice() {
    let policy = ReminderPolicy::default();
    // Three workdays to acknowledge: due-5 lies before, due-2 after the notice.
    assert_eq!(
        texts(&policy, day(11, 2), day(11, 5), day(11, 5)),
        ["notice 11-02", "due-2 11-03", "due-0 11-05"]
    );
    // Opened on the due day, and opened after it.
    assert_eq!(
        texts(&policy, day(11, 5), day(11, 5), day(11, 6)),
        ["notice 11-05", "over+1 11-06"]
    );
    assert_eq!(
        texts(&policy, day(11, 10), day(11, 5), day(11, 10)),
        ["notice 11-10"]
    );
    // Opened on a Sunday: the notice waits for Monday and covers what falls there.
    assert_eq!(
        texts(&policy, day(11, 1), day(11, 4), day(11, 4)),
        ["notice 11-02", "due-0 11-04"]
    );
}

#[test]
fn after_downtime_only_the_latest_stage_is_current() {
    let (policy, holidays) = (ReminderPolicy::default(), holidays());
    let on = |today| {
        current_stages(
            &policy,
            day(10, 8),
            day(10, 21),
            today,
            &holidays,
            day(11, 4),
        )
        .map(|stages| (stages.current, stages.falling_today))
    };
    assert_eq!(on(day(10, 7)), None, "before the notice");
    assert_eq!(on(day(10, 8)), Some((Stage::Notice, vec![Stage::Notice])));
    assert_eq!(on(day(10, 13)), Some((Stage::Notice, vec![])));
    assert_eq!(
        on(day(10, 20)),
        Some((Stage::Before(2), vec![])),
        "due-5 is not made up for"
    );
    assert_eq!(on(day(10, 21)), Some((Stage::Due, vec![Stage::Due])));
    assert_eq!(on(day(10, 24)), None, "a Saturday");
    assert_eq!(on(day(11, 4)), Some((Stage::Over(7), vec![])));
    assert_eq!(on(day(11, 5)), None, "after the close");
}

#[test]
fn stages_that_fall_on_one_day_are_told_together() {
    let policy = ReminderPolicy {
        over: vec![1, 2],
        then_every: 1,
        before: vec![1, 1],
        ..ReminderPolicy::default()
    };
    let holidays = holidays();
    let stages = current_stages(
        &policy,
        day(10, 8),
        day(10, 21),
        day(10, 20),
        &holidays,
        day(11, 4),
    );
    assert_eq!(
        stages.expect("a workday").falling_today,
        [Stage::Before(1)],
        "named twice, told once"
    );
    // Due Sunday the 11th: nothing else falls on Saturday, a make-up workday; over+1 and over+2 follow.
    let days = texts(&policy, day(9, 28), day(10, 11), day(10, 14));
    assert_eq!(days[3..], ["over+1 10-12", "over+2 10-13", "over+3 10-14"]);
}

#[test]
fn absurd_days_end() {
    let (policy, holidays) = (
        ReminderPolicy {
            then_every: 1,
            ..ReminderPolicy::default()
        },
        holidays(),
    );
    for (opened_on, due_on, until) in [
        (NaiveDate::MIN, NaiveDate::MAX, NaiveDate::MAX),
        (NaiveDate::MAX, NaiveDate::MIN, NaiveDate::MAX),
        (day(1, 5), day(1, 9), NaiveDate::MAX),
    ] {
        let days = stage_days(&policy, opened_on, due_on, &holidays, until);
        assert!(days.len() < 300);
        current_stages(&policy, opened_on, due_on, day(5, 6), &holidays, until);
    }
}
