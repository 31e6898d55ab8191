//! Reports that are larger than towns have: what is cut, and where the rest is.

use super::*;
use crate::domain::indicator::Target;
use crate::domain::plan::Comparator;
use crate::flow::term_report_sheets::report_sheets;
use chrono::NaiveDate;

fn number(text: &str) -> Decimal {
    text.parse().expect("a number")
}

/// So many units, of which `told` have told 50% where 80% are wanted.
fn report(units: usize, told: usize) -> TermReport {
    let unit = |at: usize| UnitTold {
        code: format!("S{at}"),
        name: format!("第{at}小学"),
        weighed: Weighed {
            target: Target {
                comparator: Comparator::AtLeast,
                value: number("80"),
            },
            value: (at < told).then(|| number("50")),
            last: None,
            attainment: match at < told {
                true => Attainment::NotAttained,
                false => Attainment::NoValue,
            },
            trend: (at < told).then_some(Trend::NoEarlierValue),
            flagged: true,
            sentence: "达标率 50%".to_owned(),
        },
        note: None,
    };
    let one = IndicatorTold {
        name: "达标率".to_owned(),
        target: "不低于 80%".to_owned(),
        measured_in: Some("%".to_owned()),
        confirmed: true,
        tally: Tally {
            asked: units,
            answered: told,
            not_attained: told,
            missing: units - told,
            ..Tally::default()
        },
        values: None,
        before: None,
        units: (0..units).map(unit).collect(),
    };
    TermReport {
        plan_title: "方案".to_owned(),
        period: "2026-T1".parse().expect("a period"),
        open: false,
        made_on: NaiveDate::from_ymd_opt(2027, 1, 15).expect("a day"),
        about: About::CallersUnits,
        units,
        indicators: vec![one],
        before: None,
    }
}

/// What the body says below its last heading of the first rank.
fn named(document: &OfficialDocument) -> (usize, Vec<&str>) {
    let points = document.body.iter().filter_map(|block| match block {
        Block::Points { points, .. } => Some(points.len()),
        Block::Heading(_) | Block::Paragraph(_) | Block::Table(_) | Block::FinePrint(_) => None,
    });
    let texts = document.body.iter().filter_map(|block| match block {
        Block::Paragraph(paragraph) => Some(paragraph.text.as_str()),
        Block::Heading(_) | Block::Points { .. } | Block::Table(_) | Block::FinePrint(_) => None,
    });
    (points.sum(), texts.collect())
}

#[test]
fn thirty_units_are_named_and_the_annex_has_the_others() {
    for (told, points, more) in [
        (30, 30, None),
        (31, 30, Some("此外还有 1 个单位未达标或变差，见附件。")),
    ] {
        let document = report_document(&report(told + 31, told));
        assert_eq!(document.check(), Ok(()));
        let (named, texts) = named(&document);
        assert_eq!(named, points);
        let found = texts.iter().find(|text| text.starts_with("此外"));
        assert_eq!(found.copied(), more);
        let silent = texts.last().expect("who is silent");
        assert!(silent.starts_with("31 个单位尚未填报：") && silent.ends_with("等。"));
        assert_eq!(silent.matches('、').count(), 29);
    }
}

#[test]
fn an_annex_of_more_than_a_thousand_rows_is_read_in_excel() {
    for (units, on_pages) in [(1_000, true), (1_001, false)] {
        let document = report_document(&report(units, 1));
        let content = &document.annexes[0].content;
        assert_eq!(
            matches!(content, AnnexContent::Pages { .. }),
            on_pages,
            "{units}"
        );
        let sheets = report_sheets(&report(units, 1));
        assert_eq!(sheets.last().map(|sheet| sheet.rows.len()), Some(units));
    }
}

#[test]
fn what_is_for_the_callers_units_alone_is_signed_by_nobody() {
    let mut report = report(1, 1);
    let own = report_document(&report);
    assert_eq!(own.signature, None);
    let about_own = |document: &OfficialDocument| {
        let (_, texts) = named(document);
        texts.iter().any(|text| text.starts_with("本报告只包括"))
    };
    assert!(about_own(&own));
    report.about = About::Everyone {
        office: "督导室".to_owned(),
    };
    let whole = report_document(&report);
    assert_eq!(
        whole.signature.as_ref().map(|one| one.offices.len()),
        Some(1)
    );
    assert!(!about_own(&whole));
}
