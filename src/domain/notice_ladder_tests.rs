//! Every edge of the ladder, and a matter that nobody answers over a year.

use super::*;
use crate::domain::calendar::Holidays;
use crate::domain::expected_progress::TaskSpan;
use crate::domain::light::{Ending, light_of};
use NoticeState as S;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

const TODAY: &str = "2026-05-13";

fn asked(at: Stage) -> Evidence {
    Evidence::Asked {
        at,
        due_on: day("2026-04-30"),
    }
}

fn earlier(state: S, answer_by: Option<&str>) -> Option<Earlier> {
    Some(Earlier {
        state,
        answer_by: answer_by.map(day),
        contested: false,
    })
}

/// The rung that is raised and what becomes of the yellow one; else why not.
fn step(
    evidence: Evidence,
    yellow: Option<Earlier>,
    red: Option<Earlier>,
) -> Result<(Rung, YellowThen), Option<Resting>> {
    match next_step(
        &ReminderPolicy::default(),
        evidence,
        yellow,
        red,
        day(TODAY),
    ) {
        Step::Raise { rung, yellow, .. } => Ok((rung, yellow)),
        Step::Rest(why) => Err(Some(why)),
        Step::Blue => Err(None),
    }
}

#[test]
fn a_matter_without_notice_gets_the_one_it_has_come_to() {
    let first = |at| step(asked(at), None, None);
    let not_yet = Err(Some(Resting::NotYet));
    for (at, wanted) in [
        (Stage::Notice, not_yet),
        (Stage::Before(5), not_yet),
        (Stage::Before(3), not_yet),
        (Stage::Before(2), Err(None)),
        (Stage::Before(1), not_yet),
        (Stage::Due, not_yet),
        (Stage::Over(1), not_yet),
        (Stage::Over(2), not_yet),
        (Stage::Over(3), Ok((Rung::Yellow, YellowThen::IsRaised))),
        (Stage::Over(6), Ok((Rung::Yellow, YellowThen::IsRaised))),
        (Stage::Over(7), Ok((Rung::Red, YellowThen::PassedOver))),
        (Stage::Over(19), Ok((Rung::Red, YellowThen::PassedOver))),
    ] {
        assert_eq!(first(at), wanted, "{at}");
    }
    let by_light = |rung| step(Evidence::Light(rung), None, None);
    assert_eq!(
        by_light(Rung::Yellow),
        Ok((Rung::Yellow, YellowThen::IsRaised))
    );
    assert_eq!(by_light(Rung::Red), Ok((Rung::Red, YellowThen::PassedOver)));
}

#[test]
fn a_yellow_notice_decides_whether_a_red_one_follows() {
    let rest = |why| Err(Some(why));
    let passed = Ok((Rung::Red, YellowThen::PassedOver));
    let unanswered = Ok((Rung::Red, YellowThen::Unanswered));
    let (late, in_time) = (Some("2026-05-12"), Some(TODAY));
    let (over3, over7) = (asked(Stage::Over(3)), asked(Stage::Over(7)));
    let (yellow, red) = (Evidence::Light(Rung::Yellow), Evidence::Light(Rung::Red));
    for (state, answer_by, wanted) in [
        (
            S::Drafted,
            None,
            [rest(Resting::Raised), passed, rest(Resting::Raised), passed],
        ),
        (
            S::Approved,
            None,
            [rest(Resting::Raised), passed, rest(Resting::Raised), passed],
        ),
        (S::Issued, in_time, [rest(Resting::TimeToAnswer); 4]),
        (
            S::Issued,
            late,
            [rest(Resting::Raised), unanswered, unanswered, unanswered],
        ),
        (S::Answered, late, [rest(Resting::InHand); 4]),
        (S::Closed, late, [rest(Resting::InHand); 4]),
        (S::Withdrawn, late, [rest(Resting::InHand); 4]),
        (S::Withdrawn, None, [rest(Resting::InHand); 4]),
    ] {
        for (evidence, wanted) in [over3, over7, yellow, red].into_iter().zip(wanted) {
            let found = step(evidence, earlier(state, answer_by), None);
            assert_eq!(found, wanted, "{state:?} {answer_by:?} {evidence:?}");
        }
    }
}

#[test]
fn after_a_red_notice_and_while_an_objection_waits_nothing_is_raised() {
    for state in S::ALL.iter().copied() {
        for evidence in [asked(Stage::Over(12)), Evidence::Light(Rung::Red)] {
            let yellow = earlier(S::Issued, Some("2026-05-01"));
            let found = step(evidence, yellow, earlier(state, None));
            assert_eq!(found, Err(Some(Resting::Raised)), "{state:?}");
        }
    }
    let contested = earlier(S::Issued, Some("2026-05-01")).map(|one| Earlier {
        contested: true,
        ..one
    });
    let found = step(asked(Stage::Over(12)), contested, None);
    assert_eq!(found, Err(Some(Resting::Contested)));
}

#[test]
fn the_days_are_those_of_the_policy_and_the_reason_names_them() {
    let policy = ReminderPolicy {
        yellow_notice_at: Stage::Due,
        red_notice_at: Stage::Over(2),
        ..ReminderPolicy::default()
    };
    let at = |at| next_step(&policy, asked(at), None, None, day(TODAY));
    let Step::Raise { rung, reason, .. } = at(Stage::Due) else {
        panic!("a notice")
    };
    assert_eq!(rung, Rung::Yellow);
    assert_eq!(
        reason,
        "应于2026年4月30日前填报，今日到期仍未填报，达到发黄色督办单的条件（到期当日）"
    );
    let Step::Raise { rung, reason, .. } = at(Stage::Over(2)) else {
        panic!("a notice")
    };
    assert_eq!(rung, Rung::Red);
    assert_eq!(
        reason,
        "应于2026年4月30日前填报，已逾期 2 个工作日仍未填报，达到发红色督办单的条件（逾期 2 个工作日）；黄色督办单没有发出，直接升为红色"
    );
}

#[test]
fn signing_and_answering_a_notice_are_no_matters_of_their_own() {
    let laddered: Vec<&str> = ObligationKind::ALL
        .into_iter()
        .filter(|kind| !kind.is_laddered())
        .map(ObligationKind::as_str)
        .collect();
    assert_eq!(laddered, ["acknowledge", "notice"]);
}

#[test]
fn a_light_speaks_by_its_lag_once_something_was_reported() {
    let rung = |expected: u32, percent: Option<u8>, on: &str| {
        let basis = Basis::Timed {
            span: TaskSpan {
                issued_on: day("2026-03-09"),
                ends_on: day("2026-06-30"),
                inferred: false,
            },
            expected: Expected::new(expected, 10_000),
            on: day(on),
        };
        let (_, why) = light_of(basis, percent.unwrap_or(0));
        rung_of_light(&why, percent)
    };
    let in_time = "2026-05-13";
    assert_eq!(rung(3_999, Some(30), in_time), None, "9.99 points");
    assert_eq!(rung(4_000, Some(30), in_time), Some(Rung::Yellow));
    assert_eq!(rung(6_000, Some(30), in_time), Some(Rung::Yellow));
    assert_eq!(rung(6_001, Some(30), in_time), Some(Rung::Red));
    assert_eq!(rung(9_000, None, in_time), None, "never reported");
    assert_eq!(rung(10_000, Some(95), "2026-07-01"), Some(Rung::Yellow));
    assert_eq!(rung(10_000, Some(100), "2026-07-01"), None);
    let (_, ended) = light_of(Basis::Ended(Ending::Paused), 10);
    assert_eq!(rung_of_light(&ended, Some(10)), None);
}

/// A unit that never answers, day by day: one yellow and one red notice, each on its day, and nothing more in a year.
#[test]
fn over_a_year_a_silent_unit_gets_two_notices() {
    let holidays = Holidays::default();
    let policy = ReminderPolicy::default();
    let due_on = day("2026-06-30");
    let mut yellow: Option<Earlier> = None;
    let mut red: Option<Earlier> = None;
    let mut told = Vec::new();
    let year = day("2026-06-01").iter_days().take(365);
    for today in year.filter(|today| holidays.is_workday(*today)) {
        let at = stage_of(due_on, today, &holidays);
        let evidence = Evidence::Asked { at, due_on };
        match next_step(&policy, evidence, yellow, red, today) {
            Step::Raise { rung, .. } => {
                told.push(format!("{} {today}", rung.as_str()));
                let issued = Some(Earlier {
                    state: S::Issued,
                    answer_by: Some(holidays.add_workdays(today, 3)),
                    contested: false,
                });
                match rung {
                    Rung::Yellow => yellow = issued,
                    Rung::Red => red = issued,
                }
            }
            Step::Blue => told.push(format!("blue {today}")),
            Step::Rest(_) => {}
        }
    }
    assert_eq!(
        told,
        ["blue 2026-06-26", "yellow 2026-07-03", "red 2026-07-09"]
    );
}

fn stage_of(due_on: NaiveDate, today: NaiveDate, holidays: &Holidays) -> Stage {
    stage_at(due_on, today, holidays, |_| false)
}
