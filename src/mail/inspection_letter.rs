//! The letter to somebody who inspects: which units, which tasks, until when. Plain data, and how it is worded.

use chrono::NaiveDate;
use rust_i18n::t;

use super::ask_view::{AskView, Row, item_line};
use super::letter::{AskItem, Locale, Office, Timing};
use super::letter_view::{LetterView, whom_to_ask};
use super::plain_text::clean;
use super::wording::{TITLE_CHARS, Wording};
use crate::domain::inspection::InspectionMode;

/// Units told in detail; one inspector seldom has ten.
const UNITS_SHOWN: usize = 40;

/// The longest title in a subject, in characters.
const SUBJECT_TITLE: usize = 16;

/// What an inspector is told of a draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectionLetter {
    /// The language.
    pub locale: Locale,
    /// The inspector's name.
    pub recipient_name: String,
    /// The inspector's unit.
    pub recipient_unit: String,
    /// The local day the letter is written.
    pub date_on: NaiveDate,
    /// The plan's title without 《》.
    pub plan_title: String,
    /// The period of the round: 2026年11月.
    pub period_label: String,
    /// How the units are inspected.
    pub mode: InspectionMode,
    /// Day by which results are to be recorded.
    pub results_due_on: NaiveDate,
    /// How near that day is.
    pub timing: Timing,
    /// What is to be inspected.
    pub units: Vec<UnitToInspect>,
    /// Whom to ask.
    pub office: Office,
}

/// A unit that somebody inspects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitToInspect {
    /// Its name.
    pub name: String,
    /// Everybody who inspects it.
    pub inspectors: Vec<String>,
    /// The tasks that are looked at.
    pub items: Vec<AskItem>,
}

/// One line, which names no unit: it may be seen on a telephone that lies on a desk.
pub(super) fn inspection_subject(letter: &InspectionLetter) -> String {
    let words = Wording::new(letter.locale);
    t!(
        "mail.inspection.subject",
        locale = words.tag,
        plan = words.plan(&letter.plan_title, SUBJECT_TITLE),
        period = clean(&letter.period_label, TITLE_CHARS),
        due = words.date(letter.results_due_on),
        count = letter.units.len()
    )
    .into_owned()
}

/// The letter worded.
pub(super) fn inspection_view(letter: &InspectionLetter) -> LetterView {
    let words = Wording::new(letter.locale);
    let tag = words.tag;
    let opening = t!(
        "mail.inspection.opening",
        locale = tag,
        plan = words.plan(&letter.plan_title, TITLE_CHARS),
        period = clean(&letter.period_label, TITLE_CHARS),
        count = letter.units.len(),
        due = words.date_with_weekday(letter.results_due_on)
    );
    let mode = match letter.mode {
        InspectionMode::Visit => t!("mail.inspection.visit", locale = tag),
        InspectionMode::Desk => t!("mail.inspection.desk", locale = tag),
    };
    let shown = letter.units.iter().take(UNITS_SHOWN).enumerate();
    let rest = letter.units.len().saturating_sub(UNITS_SHOWN);
    LetterView {
        lang: tag,
        greeting: t!(
            "mail.greeting.named",
            locale = tag,
            name = clean(&letter.recipient_name, TITLE_CHARS),
            units = clean(&letter.recipient_unit, TITLE_CHARS)
        )
        .into_owned(),
        hello: t!("mail.greeting.hello", locale = tag).into_owned(),
        label_separator: t!("mail.label_separator", locale = tag).into_owned(),
        opening: vec![opening.into_owned(), mode.into_owned()],
        link: None,
        asks: shown
            .map(|(index, unit)| unit_view(words, letter, unit, index + 1))
            .collect(),
        asks_left_out: (rest > 0)
            .then(|| t!("mail.inspection.left_out", locale = tag, rest = rest).into_owned()),
        copies: Vec::new(),
        notes: None,
        closing: vec![
            t!("mail.inspection.recusal", locale = tag).into_owned(),
            whom_to_ask(words, &letter.office),
            t!("mail.closing.thanks", locale = tag).into_owned(),
        ],
        signature: vec![
            clean(&letter.office.name, TITLE_CHARS),
            words.date(letter.date_on),
        ],
        footer: t!("mail.closing.footer", locale = tag).into_owned(),
    }
}

fn unit_view(
    words: Wording,
    letter: &InspectionLetter,
    unit: &UnitToInspect,
    number: usize,
) -> AskView {
    let tag = words.tag;
    let name = clean(&unit.name, TITLE_CHARS);
    let status = words.status(letter.timing);
    let heading = t!(
        "mail.ask_heading",
        locale = tag,
        number = number,
        status = status,
        action = name
    );
    let team: Vec<String> = unit
        .inspectors
        .iter()
        .map(|name| clean(name, TITLE_CHARS))
        .collect();
    AskView {
        heading: heading.into_owned(),
        number,
        action: name,
        status,
        timing: letter.timing,
        rows: vec![
            Row {
                label: t!("mail.inspection.team", locale = tag).into_owned(),
                value: words.list(&team),
            },
            Row {
                label: t!("mail.label.items", locale = tag).into_owned(),
                value: t!("mail.value.items", locale = tag, count = unit.items.len()).into_owned(),
            },
        ],
        items: unit
            .items
            .iter()
            .map(|item| item_line(words, item))
            .collect(),
        items_left_out: None,
        answer: None,
        other_links: Vec::new(),
        how: Row {
            label: t!("mail.label.how", locale = tag).into_owned(),
            value: t!("mail.inspection.how", locale = tag).into_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::compose::compose_inspection;

    fn letter(mode: InspectionMode) -> InspectionLetter {
        let item = |number: &str, title: &str| AskItem {
            number: number.to_owned(),
            title: title.to_owned(),
            role: None,
        };
        InspectionLetter {
            locale: Locale::ZhCn,
            recipient_name: "黎老师".to_owned(),
            recipient_unit: "教学科".to_owned(),
            date_on: "2026-11-02".parse().unwrap(),
            plan_title: "临山市义务教育优质均衡发展三年行动方案".to_owned(),
            period_label: "2026年11月".to_owned(),
            mode,
            results_due_on: "2026-11-23".parse().unwrap(),
            timing: Timing::Open(15),
            units: vec![UnitToInspect {
                name: "江岸区第一小学".to_owned(),
                inspectors: vec!["黎老师".to_owned(), "穆老师".to_owned()],
                items: vec![
                    item("四(一)1", "落实课堂常规"),
                    item("四(一)2", "完成作业公示"),
                ],
            }],
            office: Office {
                name: "市教育局督导办".to_owned(),
                phone: None,
                address: None,
            },
        }
    }

    #[test]
    fn an_inspector_reads_units_tasks_and_day_and_the_subject_gives_nobody_away() {
        let visit = compose_inspection(&letter(InspectionMode::Visit)).unwrap();
        assert_eq!(
            visit.subject,
            "【督办】请于2026年11月23日前完成《临山市义务教育优质均衡发展三年…》2026年11月抽查（1个单位）"
        );
        for told in [
            "江岸区第一小学",
            "黎老师、穆老师",
            "四(一)2　完成作业公示",
            "2026年11月23日（周一）",
            "保密",
        ] {
            assert!(visit.text.contains(told), "{told}: {}", visit.text);
            assert!(visit.html.contains(told), "{told}");
        }
        let desk = compose_inspection(&letter(InspectionMode::Desk)).unwrap();
        assert!(desk.text.contains("自查") && !desk.text.contains("保密"));
    }
}
