//! Scores by cases and by property: bounded, in any order the same, every point with its rows.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn ask(number: u128, asked_for: AskedFor, answered_on: Option<&str>) -> AskFact {
    AskFact {
        id: ObligationId(id(number)),
        asked_for,
        due_on: day("2026-04-30"),
        answered_on: answered_on.map(day),
        told: Told::Progress,
        sent_back: Vec::new(),
    }
}

fn points(score: &Score, subject: ScoreSubject) -> String {
    let line = score
        .lines
        .iter()
        .find(|line| line.of == LineOf::Rule(subject));
    line.unwrap().points.to_string()
}

#[test]
fn whoever_was_asked_nothing_has_full_marks() {
    let score = score(&ScoreTable::shipped(), &ScoreFacts::default(), &[]);
    assert_eq!(score.total.to_string(), "100");
}

#[test]
fn what_was_done_late_or_not_at_all_costs_what_the_table_says() {
    use AskedFor::{Acknowledgement, Progress};
    let mut bare = ask(3, Progress, Some("2026-04-29"));
    bare.told = Told::Nothing;
    let mut returned = ask(4, Progress, Some("2026-04-30"));
    returned.sent_back = vec![AssignmentEventId(id(40)), AssignmentEventId(id(41))];
    let facts = ScoreFacts {
        asks: vec![
            ask(1, Acknowledgement, Some("2026-05-06")),
            ask(2, Progress, None),
            bare,
            returned,
            ask(5, Progress, Some("2026-05-01")),
        ],
        ..ScoreFacts::default()
    };
    let score = score(&ScoreTable::shipped(), &facts, &[]);
    for (subject, wanted) in [
        // Late, so not in time, but given.
        (ScoreSubject::AcknowledgedOnTime, "0"),
        (ScoreSubject::NotAcknowledged, "0"),
        (ScoreSubject::ReportedOnTime, "4"),
        (ScoreSubject::NotReported, "-10"),
        (ScoreSubject::ReportedLate, "-2"),
        (ScoreSubject::NoProgress, "-5"),
        (ScoreSubject::ThinReport, "-10"),
        (ScoreSubject::OnCourse, "4"),
    ] {
        assert_eq!(points(&score, subject), wanted, "{subject:?}");
    }
    assert_eq!(score.total.to_string(), "65");
    let not_reported = score
        .lines
        .iter()
        .find(|line| line.of == LineOf::Rule(ScoreSubject::NotReported));
    assert_eq!(not_reported.unwrap().bad[0].id, id(2));
}

#[test]
fn courses_without_expected_progress_are_not_counted() {
    let course = |number, light, standing| CourseFact {
        id: AssignmentId(id(number)),
        light,
        standing,
    };
    let facts = ScoreFacts {
        courses: vec![
            course(1, Light::Green, Standing::OnTrack),
            course(2, Light::Yellow, Standing::Behind),
            course(3, Light::Red, Standing::Behind),
            course(4, Light::Red, Standing::None),
        ],
        ..ScoreFacts::default()
    };
    let score = score(&ScoreTable::shipped(), &facts, &[]);
    assert_eq!(points(&score, ScoreSubject::OnCourse), "1.33");
    assert_eq!(points(&score, ScoreSubject::FarBehind), "-1");
}

#[test]
fn findings_and_values_count_both_ways() {
    let value = |number, attained| ValueFact {
        report_id: ReportId(id(1)),
        indicator_id: IndicatorId(id(number)),
        attained,
    };
    let facts = ScoreFacts {
        findings: FindingFacts {
            closed: vec![id(1), id(2), id(3)],
            open: vec![id(4)],
        },
        values: vec![value(1, true), value(2, false)],
        ..ScoreFacts::default()
    };
    let score = score(&ScoreTable::shipped(), &facts, &[]);
    assert_eq!(points(&score, ScoreSubject::FindingClosed), "1.5");
    assert_eq!(points(&score, ScoreSubject::FindingOpen), "-2");
    assert_eq!(points(&score, ScoreSubject::Attained), "1");
    assert_eq!(points(&score, ScoreSubject::NotAttained), "-1");
}

#[test]
fn a_bound_holds_and_says_so_and_an_objection_is_a_line_of_its_own() {
    let late = |number| ask(number, AskedFor::Other, Some("2026-05-20"));
    let facts = ScoreFacts {
        asks: (0..11).map(late).collect(),
        ..ScoreFacts::default()
    };
    let upheld = Adjustment {
        objection_id: ObjectionId(id(90)),
        points: decimal("5"),
    };
    let score = score(&ScoreTable::shipped(), &facts, &[upheld]);
    let line = score
        .lines
        .iter()
        .find(|line| line.of == LineOf::Rule(ScoreSubject::ReportedLate))
        .unwrap();
    assert_eq!(
        (line.points.to_string().as_str(), line.is_bounded),
        ("-20", true)
    );
    assert_eq!(score.lines.last().unwrap().of, LineOf::Objection);
    assert_eq!(score.total.to_string(), "77");
}

#[test]
fn alike_scores_share_a_place() {
    let totals: Vec<Decimal> = ["90", "95", "90", "80"].map(decimal).to_vec();
    assert_eq!(places(&totals), [2, 1, 2, 4]);
    assert_eq!(places(&[]), Vec::<usize>::new());
}

fn some_ask() -> impl Strategy<Value = AskFact> {
    let asked_for = prop_oneof![
        Just(AskedFor::Acknowledgement),
        Just(AskedFor::Progress),
        Just(AskedFor::Other)
    ];
    let answered = prop_oneof![Just(None), (0_u64..60).prop_map(Some)];
    (
        any::<u64>(),
        asked_for,
        answered,
        any::<bool>(),
        vec(any::<u64>(), 0..3),
    )
        .prop_map(|(number, asked_for, answered, tells, sent_back)| AskFact {
            id: ObligationId(id(u128::from(number))),
            asked_for,
            due_on: day("2026-04-30"),
            answered_on: answered.map(|days| day("2026-04-01") + chrono::Days::new(days)),
            told: if tells { Told::Progress } else { Told::Nothing },
            sent_back: sent_back
                .into_iter()
                .map(|one| AssignmentEventId(id(u128::from(one))))
                .collect(),
        })
}

fn some_course() -> impl Strategy<Value = CourseFact> {
    (any::<u64>(), 0..3_usize, 0..5_usize).prop_map(|(number, light, standing)| CourseFact {
        id: AssignmentId(id(u128::from(number))),
        light: Light::ALL[light],
        standing: Standing::ALL[standing],
    })
}

fn some_facts() -> impl Strategy<Value = ScoreFacts> {
    let value =
        (any::<u64>(), any::<u64>(), any::<bool>()).prop_map(|(report, number, attained)| {
            ValueFact {
                report_id: ReportId(id(u128::from(report))),
                indicator_id: IndicatorId(id(u128::from(number))),
                attained,
            }
        });
    let ids = || vec(any::<u64>().prop_map(|one| id(u128::from(one))), 0..6);
    (
        vec(some_ask(), 0..40),
        vec(some_course(), 0..40),
        ids(),
        ids(),
        vec(value, 0..10),
    )
        .prop_map(|(asks, courses, closed, open, values)| ScoreFacts {
            asks,
            courses,
            findings: FindingFacts { closed, open },
            values,
        })
}

fn rows_of(facts: &ScoreFacts) -> BTreeSet<Uuid> {
    let asks = facts.asks.iter().map(|ask| ask.id.0);
    let events = facts.asks.iter().flat_map(|ask| &ask.sent_back);
    let courses = facts.courses.iter().map(|one| one.id.0);
    let findings = facts.findings.closed.iter().chain(&facts.findings.open);
    let values = facts.values.iter().map(|one| one.report_id.0);
    asks.chain(events.map(|one| one.0))
        .chain(courses)
        .chain(findings.copied())
        .chain(values)
        .collect()
}

proptest! {
    #[test]
    fn a_score_lies_between_the_least_and_full_marks(
        facts in some_facts(),
        adjusted in -200_i64..200,
    ) {
        let table = ScoreTable::shipped();
        let adjusted = Adjustment {
            objection_id: ObjectionId(id(1)),
            points: Decimal::of_micros(adjusted * 1_000_000),
        };
        let total = score(&table, &facts, &[adjusted]).total;
        prop_assert!(total >= table.least && total <= table.full);
    }

    #[test]
    fn the_order_of_facts_and_rules_does_not_matter(facts in some_facts(), turn in any::<prop::sample::Index>()) {
        let table = ScoreTable::shipped();
        let first = score(&table, &facts, &[]);
        let mut turned = facts.clone();
        if !turned.asks.is_empty() {
            let by = turn.index(turned.asks.len());
            turned.asks.rotate_left(by);
        }
        turned.courses.reverse();
        turned.values.reverse();
        turned.findings.closed.reverse();
        let mut other = table.clone();
        other.rules.reverse();
        prop_assert_eq!(&score(&other, &turned, &[]), &first);
        prop_assert_eq!(turned.clone().in_order(), facts.clone().in_order());
        prop_assert_eq!(score(&table, &facts, &[]), first);
    }

    #[test]
    fn every_point_is_traced_to_its_rows(facts in some_facts()) {
        let table = ScoreTable::shipped();
        let known = rows_of(&facts);
        let found = score(&table, &facts, &[]);
        prop_assert_eq!(total(&table, &found.lines), found.total);
        prop_assert_eq!(found.lines.len(), table.rules.len());
        for line in &found.lines {
            let LineOf::Rule(subject) = line.of else {
                return Err(TestCaseError::fail("a line of nobody"));
            };
            let rule = table.rules.iter().find(|rule| rule.subject == subject).unwrap();
            for row in line.good.iter().chain(&line.bad) {
                prop_assert!(known.contains(&row.id));
            }
            match subject.counting() {
                Counting::Share => {
                    let all = line.good.len() + line.bad.len();
                    prop_assert_eq!(line.points == rule.points, line.bad.is_empty());
                    prop_assert_eq!(line.points == Decimal::ZERO, all > 0 && line.good.is_empty());
                }
                Counting::Each => {
                    let cost = rule.points.micros() * i64::try_from(line.bad.len()).unwrap();
                    let most = rule.most.map_or(cost, |most| most.micros().min(cost));
                    prop_assert_eq!(line.points.micros(), -most);
                    prop_assert!(line.good.is_empty());
                }
            }
        }
    }
}
