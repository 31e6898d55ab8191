//! What is opened after downtime, day by day, and what never is.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use duban::documents::default_calendar::default_calendar;
use duban::domain::catch_up::{
    CycleOnDay, OpenRound, RoundToOpen, rounds_closed_by_opening, rounds_to_open,
};
use duban::domain::cycle::{CatchUp, CycleRule};
use duban::domain::cycle_kind::CycleKind;
use duban::domain::frequency::Frequency;
use duban::domain::period_key::PeriodKey;
use duban::domain::school_calendar::SchoolCalendar;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a real day")
}

fn calendar() -> SchoolCalendar {
    default_calendar().expect("compiled-in data reads")
}

/// A plan issued and switched on on one day, whose phases end with 2027, and the rounds it has had.
struct Plan {
    calendar: SchoolCalendar,
    rule: CycleRule,
    on: NaiveDate,
    last_phase_ends_on: Option<NaiveDate>,
    closed_on: Option<NaiveDate>,
    existing: BTreeSet<PeriodKey>,
}

impl Plan {
    fn new(kind: CycleKind, frequency: Frequency, catch_up: CatchUp) -> Self {
        Self {
            calendar: calendar(),
            rule: CycleRule {
                catch_up,
                ..CycleRule::standard(kind, frequency)
            },
            on: day(2026, 1, 1),
            last_phase_ends_on: Some(day(2027, 12, 31)),
            closed_on: None,
            existing: BTreeSet::new(),
        }
    }

    fn due_on_day(&self, today: NaiveDate) -> Vec<RoundToOpen> {
        rounds_to_open(&CycleOnDay {
            rule: &self.rule,
            calendar: &self.calendar,
            levels: &[],
            existing: &self.existing,
            switched_on_on: self.on,
            issued_on: self.on,
            last_phase_ends_on: self.last_phase_ends_on,
            closed_on: self.closed_on,
            today,
        })
    }

    /// Opens what is due today and returns period keys, `late` marked by a star.
    fn run(&mut self, today: NaiveDate) -> Vec<String> {
        let rounds = self.due_on_day(today);
        for round in &rounds {
            assert_eq!(round.opens_on, today);
            assert!(
                self.existing.insert(round.period.key),
                "twice: {}",
                round.period.key
            );
        }
        assert!(
            self.due_on_day(today).is_empty(),
            "asking again opens nothing"
        );
        rounds
            .iter()
            .map(|round| format!("{}{}", round.period.key, if round.late { "*" } else { "" }))
            .collect()
    }

    fn run_days(&mut self, first: NaiveDate, last: NaiveDate) -> Vec<String> {
        let days = first.iter_days().take_while(|date| *date <= last);
        days.flat_map(|date| self.run(date)).collect()
    }
}

const CITY_CYCLES: [(CycleKind, Frequency); 5] = [
    (CycleKind::SpotCheck, Frequency::Month),
    (CycleKind::Dispatch, Frequency::TwoMonths),
    (CycleKind::Bulletin, Frequency::Quarter),
    (CycleKind::Monitoring, Frequency::Term),
    (CycleKind::Appraisal, Frequency::SchoolYear),
];

/// Down from 31 May to 5 September 2026, a Saturday, so that late rounds open on Monday 7 September.
///
/// Opening days missed: spot-checks 1 June, 1 July, 3 August (the 1st is a Saturday), 1 September; dispatches 22 June
/// (the 20th lies in Dragon Boat's 19–21) and 20 August; the bulletin of the second quarter 1 July; monitoring 12 June
/// (21 days before 3 July); the appraisal 1 September. Of each, latest opens the newest, since no next opening day has
/// come by 7 September; all opens all, oldest first; skip none.
#[test]
fn golden_table_of_a_summer_without_power() {
    let all: [&[&str]; 5] = [
        &["2026-06*", "2026-07*", "2026-08*", "2026-09*"],
        &["2026-B3*", "2026-B4*"],
        &["2026-Q2*"],
        &["2025-T2*"],
        &["2025Y*"],
    ];
    let latest: [&[&str]; 5] = [
        &["2026-09*"],
        &["2026-B4*"],
        &["2026-Q2*"],
        &["2025-T2*"],
        &["2025Y*"],
    ];
    let before: [&[&str]; 5] = [
        &["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"],
        &["2026-B1", "2026-B2"],
        // The quarter that ended before the plan was issued has none.
        &["2026-Q1"],
        &["2025-T1"],
        &[],
    ];
    // On from 8 September to the end of the year: each in time.
    let after: [&[&str]; 5] = [
        &["2026-10", "2026-11", "2026-12"],
        &["2026-B5", "2026-B6"],
        &["2026-Q3"],
        &[],
        &[],
    ];
    for (policy, expected) in [
        (CatchUp::All, all),
        (CatchUp::Latest, latest),
        (CatchUp::Skip, [&[] as &[&str]; 5]),
    ] {
        for (index, (kind, frequency)) in CITY_CYCLES.into_iter().enumerate() {
            let mut plan = Plan::new(kind, frequency, policy);
            assert_eq!(
                plan.run_days(day(2026, 1, 1), day(2026, 5, 30)),
                before[index],
                "{kind:?}"
            );
            assert!(
                plan.run(day(2026, 9, 5)).is_empty(),
                "{kind:?}: nothing late on a Saturday"
            );
            assert!(
                plan.run(day(2026, 9, 6)).is_empty(),
                "{kind:?}: nor on a Sunday"
            );
            assert_eq!(
                plan.run(day(2026, 9, 7)),
                expected[index],
                "{kind:?} {policy:?}"
            );
            assert_eq!(
                plan.run_days(day(2026, 9, 8), day(2026, 12, 31)),
                after[index],
                "{kind:?}"
            );
        }
    }
}

#[test]
fn a_late_round_gives_as_many_workdays_as_one_in_time() {
    let plan = Plan::new(CycleKind::SpotCheck, Frequency::Month, CatchUp::Latest);
    let rounds = plan.due_on_day(day(2026, 9, 7));
    assert_eq!(rounds.len(), 1);
    assert_eq!(
        (rounds[0].planned_opens_on, rounds[0].late),
        (day(2026, 9, 1), true)
    );
    // Sunday 20 September is worked.
    assert_eq!(rounds[0].due_on, Some(day(2026, 9, 20)));
}

#[test]
fn latest_ends_at_the_next_opening_day() {
    let mut plan = Plan::new(CycleKind::SpotCheck, Frequency::Month, CatchUp::Latest);
    assert_eq!(plan.run(day(2026, 9, 30)), ["2026-09*"]);
    let mut plan = Plan::new(CycleKind::SpotCheck, Frequency::Month, CatchUp::Latest);
    assert!(
        plan.run(day(2026, 10, 7)).is_empty(),
        "National Day is no workday"
    );
    assert_eq!(
        plan.run(day(2026, 10, 8)),
        ["2026-10"],
        "the next one's own day"
    );
}

#[test]
fn all_goes_back_one_year_only() {
    let mut plan = Plan::new(CycleKind::SpotCheck, Frequency::Month, CatchUp::All);
    plan.on = day(2020, 1, 1);
    let opened = plan.run(day(2026, 9, 7));
    assert_eq!(opened.first().map(String::as_str), Some("2025-10*"));
    assert_eq!(opened.len(), 12);
}

#[test]
fn in_2026_the_city_plan_has_twelve_six_three_and_one_rounds() {
    let year = |kind, frequency| {
        Plan::new(kind, frequency, CatchUp::Latest).run_days(day(2026, 1, 1), day(2026, 12, 31))
    };
    let counts = CITY_CYCLES.map(|(kind, frequency)| year(kind, frequency).len());
    assert_eq!(counts, [12, 6, 3, 2, 1]);
    assert_eq!(year(CycleKind::Appraisal, Frequency::SchoolYear), ["2025Y"]);
}

#[test]
fn a_cycle_switched_on_after_an_opening_day_waits_for_the_next() {
    let mut plan = Plan::new(CycleKind::SpotCheck, Frequency::Month, CatchUp::All);
    plan.on = day(2026, 3, 3);
    assert!(plan.run(day(2026, 3, 3)).is_empty());
    assert_eq!(
        plan.run_days(day(2026, 3, 4), day(2026, 4, 30)),
        ["2026-04"]
    );
    // Switched on on the rolled opening day itself, though the planned day is past.
    let mut plan = Plan::new(CycleKind::SpotCheck, Frequency::Month, CatchUp::Skip);
    plan.on = day(2026, 2, 2);
    assert_eq!(plan.run(day(2026, 2, 2)), ["2026-02"]);
}

#[test]
fn no_round_begins_after_the_last_phase_or_the_closing() {
    let mut ended = Plan::new(CycleKind::Bulletin, Frequency::Quarter, CatchUp::Latest);
    ended.last_phase_ends_on = Some(day(2026, 6, 30));
    // The last quarter is still reported on after its end.
    assert_eq!(
        ended.run_days(day(2026, 1, 1), day(2027, 3, 1)),
        ["2026-Q1", "2026-Q2"]
    );
    let mut closed = Plan::new(CycleKind::SpotCheck, Frequency::Month, CatchUp::Latest);
    closed.closed_on = Some(day(2026, 2, 28));
    assert_eq!(
        closed.run_days(day(2026, 1, 1), day(2026, 12, 31)),
        ["2026-01", "2026-02"]
    );
}

#[test]
fn no_round_of_a_period_that_ended_before_the_plan_was_issued() {
    let mut plan = Plan::new(CycleKind::Appraisal, Frequency::SchoolYear, CatchUp::All);
    plan.on = day(2026, 9, 1);
    assert!(
        plan.run(day(2026, 9, 1)).is_empty(),
        "2025Y ended on 31 August"
    );
    plan.on = day(2026, 8, 31);
    assert_eq!(plan.run(day(2026, 9, 1)), ["2025Y"]);
}

#[test]
fn the_next_opening_closes_earlier_rounds_but_not_those_of_the_same_catch_up() {
    let key = |text: &str| text.parse::<PeriodKey>().expect("a key");
    let open = [
        OpenRound {
            period: key("2026-05"),
            opened_on: day(2026, 5, 6),
        },
        OpenRound {
            period: key("2026-06"),
            opened_on: day(2026, 9, 7),
        },
        // Opened ahead of time by a person.
        OpenRound {
            period: key("2026-11"),
            opened_on: day(2026, 9, 1),
        },
    ];
    let openings = [key("2026-06"), key("2026-07")];
    assert_eq!(
        rounds_closed_by_opening(&open, &openings, day(2026, 9, 7)),
        [key("2026-05")]
    );
    assert!(rounds_closed_by_opening(&open, &[], day(2026, 9, 7)).is_empty());
}

#[test]
fn days_without_period_open_nothing() {
    for today in [
        NaiveDate::MIN,
        NaiveDate::MAX,
        day(0, 1, 1),
        day(9999, 12, 31),
    ] {
        for policy in [CatchUp::Latest, CatchUp::All, CatchUp::Skip] {
            for (kind, frequency) in CITY_CYCLES {
                assert!(
                    Plan::new(kind, frequency, policy)
                        .due_on_day(today)
                        .is_empty()
                );
            }
        }
    }
}

#[test]
fn any_outage_opens_each_period_at_most_once_and_late_ones_on_workdays() {
    use proptest::prelude::*;
    let calendar = calendar();
    let first = day(2026, 1, 1);
    let strategy = (0..5usize, 0..7usize, 0..300u64, 0..350u64);
    let config = ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |((kind, frequency, down_from, down_for) in strategy)| {
        let frequency = Frequency::ALL[frequency];
        let is_up = |index: u64| !(down_from..down_from + down_for).contains(&index);
        let mut opened: BTreeMap<CatchUp, BTreeMap<PeriodKey, RoundToOpen>> = BTreeMap::new();
        for policy in [CatchUp::All, CatchUp::Latest, CatchUp::Skip] {
            let mut plan = Plan::new(CycleKind::ALL[kind], frequency, policy);
            plan.last_phase_ends_on = None;
            let rounds = opened.entry(policy).or_default();
            for (index, today) in first.iter_days().take(700).enumerate() {
                if !is_up(index as u64) {
                    continue;
                }
                for round in plan.due_on_day(today) {
                    prop_assert!(calendar.holidays.is_workday(today));
                    prop_assert_eq!(round.late, round.planned_opens_on < today);
                    prop_assert!(plan.existing.insert(round.period.key));
                    rounds.insert(round.period.key, round);
                }
            }
        }
        let [all, latest, skip] = [CatchUp::All, CatchUp::Latest, CatchUp::Skip]
            .map(|policy| opened.remove(&policy).unwrap_or_default());
        prop_assert!(skip.values().all(|round| !round.late));
        prop_assert!(skip.keys().all(|key| latest.contains_key(key)));
        prop_assert!(latest.keys().all(|key| all.contains_key(key)));
        prop_assert!(latest.values().filter(|round| round.late).count() <= 1);
        // Down for less than a year: all leaves no gap.
        let keys: Vec<_> = all.keys().copied().collect();
        prop_assert!(keys.windows(2).all(|pair| pair[0].next() == Some(pair[1])));
    });
}
