//! The reader on whole plans: a corpus in the styles that offices use (`tests/data/plans/*.txt` with what a clerk
//! would read out of each beside it), and the real plans where `DUBAN_PLANS` names their folder.

use std::path::{Path, PathBuf};

use duban::domain::plan::{Document, ParsedPlan, ProblemKind, parse_plan};
use serde::Deserialize;
use serde_json::Value;

/// What a plan of the corpus is expected to give.
#[derive(Deserialize)]
struct Expected {
    /// The year given to the reader.
    year: Option<i32>,
    plan: Value,
}

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/plans");
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut plans: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .collect();
    plans.sort();
    plans
}

#[test]
fn every_plan_of_the_corpus_is_read_as_a_clerk_would() {
    let mut failures = Vec::new();
    let plans = corpus();
    assert!(plans.len() >= 25);
    for path in plans {
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = std::fs::read_to_string(path.with_extension("json")).unwrap();
        let expected: Expected = serde_json::from_str(&expected).unwrap();
        let read =
            serde_json::to_value(parse_plan(&Document::from_text(&text), expected.year)).unwrap();
        for (field, wanted) in expected.plan.as_object().unwrap() {
            if read.get(field) != Some(wanted) {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                failures.push(format!(
                    "{name}.{field}:\n  wanted {wanted}\n  read   {}",
                    read[field]
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    for path in corpus() {
        let text = std::fs::read_to_string(&path).unwrap();
        let windows = format!(
            "\u{feff}{}",
            text.trim_start_matches('\u{feff}').replace('\n', "\r\n")
        );
        let year = Some(2026);
        assert_eq!(
            parse_plan(&Document::from_text(&windows), year),
            parse_plan(&Document::from_text(&text), year),
            "{}",
            path.display()
        );
    }
}

/// Half-width marks instead of full-width ones must give the same units, dates and numbers.
#[test]
fn half_width_punctuation_gives_the_same_reading() {
    for path in corpus() {
        let text = std::fs::read_to_string(&path).unwrap();
        let half: String = text
            .chars()
            .map(|c| match c {
                '（' => '(',
                '）' => ')',
                '：' => ':',
                '，' => ',',
                '；' => ';',
                c => c,
            })
            .collect();
        let (full, half) = (
            parse_plan(&Document::from_text(&text), Some(2026)),
            parse_plan(&Document::from_text(&half), Some(2026)),
        );
        let essence = |plan: &ParsedPlan| {
            let measures: Vec<_> = plan
                .measures
                .iter()
                .map(|m| {
                    let folded = |names: &[String]| {
                        names
                            .iter()
                            .map(|n| n.replace('（', "(").replace('）', ")"))
                            .collect::<Vec<_>>()
                    };
                    (
                        m.number.clone(),
                        folded(&m.lead_units),
                        folded(&m.responsible_units),
                        folded(&m.cooperating_units),
                        m.due_on,
                        m.continuous,
                    )
                })
                .collect();
            let dates: Vec<_> = plan
                .phases
                .iter()
                .map(|phase| (phase.starts_on, phase.ends_on))
                .collect();
            let due: Vec<_> = plan
                .deadlines
                .iter()
                .map(|deadline| deadline.due_on)
                .collect();
            (measures, dates, due, plan.cycles.len(), plan.goals.len())
        };
        assert_eq!(essence(&half), essence(&full), "{}", path.display());
    }
}

fn real_plan(name: &str) -> Option<ParsedPlan> {
    let Some(folder) = std::env::var_os("DUBAN_PLANS") else {
        println!("skipped: DUBAN_PLANS does not name the folder of the real plans");
        return None;
    };
    let text = std::fs::read_to_string(Path::new(&folder).join(name)).unwrap();
    Some(parse_plan(&Document::from_text(&text), Some(2026)))
}

fn days(plan: &ParsedPlan) -> Vec<String> {
    let day = |day: Option<chrono::NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
    plan.phases
        .iter()
        .map(|phase| format!("{}/{}", day(phase.starts_on), day(phase.ends_on)))
        .collect()
}

#[test]
fn the_city_plan_is_read_exactly() {
    let Some(plan) = real_plan("city.txt") else {
        return;
    };
    let numbers: Vec<&str> = plan
        .measures
        .iter()
        .map(|measure| measure.number.as_str())
        .collect();
    assert_eq!(
        numbers,
        [
            "四(一)1",
            "四(一)2",
            "四(一)3",
            "四(一)4",
            "四(二)1",
            "四(二)2",
            "四(二)3",
            "四(二)4",
            "四(三)1",
            "四(三)2",
            "四(三)3",
            "四(四)1",
            "四(四)2",
            "四(四)3",
            "四(四)4",
            "四(五)1",
            "四(五)2",
            "四(五)3"
        ]
    );
    let leads: Vec<String> = plan
        .measures
        .iter()
        .map(|measure| measure.lead_units.join("、"))
        .collect();
    assert_eq!(leads.iter().filter(|lead| *lead == "教师科").count(), 8);
    assert_eq!(
        leads
            .iter()
            .filter(|lead| *lead == "基教科、学高科")
            .count(),
        3
    );
    assert_eq!(leads.iter().filter(|lead| *lead == "教研室").count(), 3);
    assert_eq!(
        leads
            .iter()
            .filter(|lead| *lead == "教研室、人事科")
            .count(),
        1
    );
    assert_eq!(leads.iter().filter(|lead| *lead == "督导办").count(), 3);
    assert!(plan.measures.iter().all(|measure| {
        measure
            .responsible_units
            .last()
            .is_some_and(|unit| unit == "各地各校")
    }));
    assert_eq!(
        plan.measures
            .iter()
            .map(|measure| measure.responsible_units.len())
            .sum::<usize>(),
        76
    );
    assert_eq!(
        days(&plan),
        [
            "2026-04-01/2026-05-31",
            "2026-06-01/2027-06-30",
            "2027-07-01/2027-10-31",
            "2027-11-01/2027-12-31"
        ]
    );
    let cycles: Vec<String> = plan
        .cycles
        .iter()
        .map(|cycle| format!("{} {}", cycle.kind, cycle.frequency))
        .collect();
    assert_eq!(
        cycles,
        [
            "spot_check month",
            "dispatch two_months",
            "bulletin quarter",
            "monitoring term",
            "appraisal school_year"
        ]
    );
    assert_eq!(plan.deadlines.len(), 1);
    assert_eq!(
        plan.deadlines[0]
            .due_on
            .map(|day| day.to_string())
            .as_deref(),
        Some("2026-05-15")
    );
    assert_eq!(
        plan.deadlines[0].from_units,
        ["各区教育行政部门", "市直学校"]
    );
    assert!(
        plan.problems
            .iter()
            .any(|problem| problem.kind == ProblemKind::MissingAnnex && problem.line == 17)
    );
    assert_eq!(plan.document_number, None);
}

#[test]
fn the_county_campaign_and_the_township_school_are_read_exactly() {
    let (Some(county), Some(school)) = (
        real_plan("county-campaign.txt"),
        real_plan("township-school.txt"),
    ) else {
        return;
    };
    let numbers = |plan: &ParsedPlan| {
        plan.measures
            .iter()
            .map(|measure| measure.number.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&county), ["三(一)", "三(二)", "三(三)"]);
    assert_eq!(
        days(&county),
        [
            "2026-05-01/2026-06-10",
            "2026-06-11/2026-08-31",
            "2026-09-01/2027-01-31",
            "2027-02-01/2027-02-28"
        ]
    );
    assert_eq!(county.deadlines.len(), 1);
    assert_eq!(
        numbers(&school),
        [
            "三1(1)", "三1(2)", "三1(3)", "三1(4)", "三1(5)", "三2(1)", "三2(2)", "三3(1)",
            "三3(2)", "三3(3)"
        ]
    );
    assert_eq!(
        days(&school),
        [
            "2026-03-01/2026-03-31",
            "2026-03-01/2026-06-30",
            "2026-07-01/2026-07-31"
        ]
    );
    assert!(county.cycles.is_empty() && school.cycles.is_empty());
}
