//! What units send to answer: one report, or many at once. How reports are shown is in `reports`.

use crate::domain::access::{Action, Reach, Viewer};
use crate::domain::decimal::Decimal;
use crate::domain::ids::{AssignmentId, AttachmentId, IndicatorId, ObligationId};
use crate::domain::report::{MOST_ITEMS, ReportItem};
use crate::flow::answer_obligation::Answer;
use crate::flow::told_evidence::{MOST_FILES, ToldEvidence, ToldFile};
use crate::flow::told_values::{Place, ToldValue};
use crate::http::kernel::{Check, FieldCode, FieldErrors, Prose};
use serde::Deserialize;
use utoipa::ToSchema;

/// Answers in one bulk call at the most.
const MOST_REPORTS: usize = 200;

/// 一项填报内容：任务分工填 assignment_id 及进度，指标填 indicator_id 及 value
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemToReport {
    /// 任务分工编号
    assignment_id: Option<AssignmentId>,
    /// 进度，0 至 100
    #[schema(maximum = 100)]
    percent: Option<u8>,
    /// 完成情况
    done: Option<Prose<4000>>,
    /// 存在问题
    problems: Option<Prose<4000>>,
    /// 下一步打算
    next_steps: Option<Prose<4000>>,
    /// 指标编号
    indicator_id: Option<IndicatorId>,
    /// 指标的数值，最多 6 位小数；计量单位为 % 的，0 至 100
    #[schema(value_type = Option<Decimal>)]
    value: Option<f64>,
    /// 对数值的说明
    note: Option<Prose<1000>>,
    /// 佐证材料：填报单位已上传的附件的编号，最多 20 个
    #[serde(default)]
    #[schema(max_items = 20)]
    #[schema(max_items = 20)]
    evidence: Vec<AttachmentId>,
}

impl ItemToReport {
    /// Adds what is wrong with it, at `place`.
    fn check(&self, place: &str, errors: &mut FieldErrors) {
        match (self.assignment_id, self.indicator_id) {
            (None, None) => {
                let path = format!("{place}.assignment_id");
                errors.add(path, FieldCode::Missing, "请写明任务分工或指标");
            }
            (Some(_), Some(_)) => {
                let path = format!("{place}.indicator_id");
                errors.add(path, FieldCode::Invalid, "任务分工与指标只能写一个");
            }
            (Some(_), None) => self.check_progress(place, errors),
            (None, Some(_)) => self.check_value(place, errors),
        }
    }

    fn check_progress(&self, place: &str, errors: &mut FieldErrors) {
        check_files(place, &self.evidence, errors);
        if self.percent.is_some_and(|percent| percent > 100) {
            let path = format!("{place}.percent");
            errors.add(path, FieldCode::OutOfRange, "进度应为 0 至 100 的整数");
        }
        for (name, given) in [
            ("value", self.value.is_some()),
            ("note", self.note.is_some()),
        ] {
            if given {
                let path = format!("{place}.{name}");
                errors.add(path, FieldCode::Invalid, "只有指标才填这一项");
            }
        }
    }

    fn check_value(&self, place: &str, errors: &mut FieldErrors) {
        if !self.evidence.is_empty() {
            let path = format!("{place}.evidence");
            let message = "指标的佐证材料请填在整份填报的 evidence 中";
            errors.add(path, FieldCode::Invalid, message);
        }
        let path = format!("{place}.value");
        match self.value.map(Decimal::of_float) {
            None => errors.add(path, FieldCode::Missing, "请填写指标的数值"),
            Some(Err(wrong)) => errors.add(path, FieldCode::OutOfRange, wrong.to_string()),
            Some(Ok(_)) => {}
        }
        for (name, given) in [
            ("percent", self.percent.is_some()),
            ("done", self.done.is_some()),
            ("problems", self.problems.is_some()),
            ("next_steps", self.next_steps.is_some()),
        ] {
            if given {
                let path = format!("{place}.{name}");
                errors.add(path, FieldCode::Invalid, "指标只填 value 和 note");
            }
        }
    }
}

/// 对应报事项的填报
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportToMake {
    /// 逐项内容；签收可不填
    #[serde(default)]
    pub(super) items: Vec<ItemToReport>,
    /// 说明
    pub(super) note: Option<Prose<4000>>,
    /// 整份填报的佐证材料：填报单位已上传的附件的编号，最多 20 个
    #[serde(default)]
    #[schema(max_items = 20)]
    #[schema(max_items = 20)]
    pub(super) evidence: Vec<AttachmentId>,
}

/// 批量填报中的一份
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkReport {
    /// 应报事项编号
    pub(super) obligation_id: ObligationId,
    /// 逐项内容；签收可不填
    #[serde(default)]
    pub(super) items: Vec<ItemToReport>,
    /// 说明
    pub(super) note: Option<Prose<4000>>,
    /// 整份填报的佐证材料：填报单位已上传的附件的编号，最多 20 个
    #[serde(default)]
    #[schema(max_items = 20)]
    #[schema(max_items = 20)]
    pub(super) evidence: Vec<AttachmentId>,
}

/// 批量填报
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkReports {
    /// 1 至 200 份
    #[schema(min_items = 1, max_items = 200)]
    pub(super) reports: Vec<BulkReport>,
}

impl ReportToMake {
    /// The same as one of a bulk.
    pub(super) fn to(self, obligation_id: ObligationId) -> BulkReport {
        let Self {
            items,
            note,
            evidence,
        } = self;
        BulkReport {
            obligation_id,
            items,
            note,
            evidence,
        }
    }
}

impl Check for ReportToMake {
    fn check(&self, errors: &mut FieldErrors) {
        check_items("", &self.items, errors);
        check_files("", &self.evidence, errors);
    }
}

impl Check for BulkReports {
    fn check(&self, errors: &mut FieldErrors) {
        if !(1..=MOST_REPORTS).contains(&self.reports.len()) {
            let message = format!("一批应有 1 至 {MOST_REPORTS} 份填报");
            errors.add("reports", FieldCode::OutOfRange, message);
            return;
        }
        for (position, report) in self.reports.iter().enumerate() {
            let place = format!("reports[{position}].");
            check_items(&place, &report.items, errors);
            check_files(&place, &report.evidence, errors);
        }
    }
}

fn check_items(place: &str, items: &[ItemToReport], errors: &mut FieldErrors) {
    if items.len() > MOST_ITEMS {
        let message = format!("一次最多填报 {MOST_ITEMS} 项，请分次填报");
        errors.add(format!("{place}items"), FieldCode::OutOfRange, message);
        return;
    }
    // Nothing asks for both; so each item's position is its position among its kind.
    let of_indicators = items
        .first()
        .is_some_and(|item| item.indicator_id.is_some());
    for (position, item) in items.iter().enumerate() {
        let place = format!("{place}items[{position}]");
        item.check(&place, errors);
        if item.assignment_id.is_some() == of_indicators
            && item.indicator_id.is_some() != of_indicators
        {
            let message = "任务分工与指标请分开填报";
            errors.add(format!("{place}.indicator_id"), FieldCode::Invalid, message);
        }
    }
}

/// The list of files at `place`, a prefix of its path.
fn check_files(place: &str, files: &[AttachmentId], errors: &mut FieldErrors) {
    if files.len() > MOST_FILES {
        let dot = if place.is_empty() || place.ends_with('.') {
            ""
        } else {
            "."
        };
        let message = format!("佐证材料最多 {MOST_FILES} 份");
        errors.add(
            format!("{place}{dot}evidence"),
            FieldCode::OutOfRange,
            message,
        );
    }
}

/// The answer that a body of `viewer` gives to an obligation.
pub(super) fn answer(viewer: &Viewer, report: BulkReport) -> Answer {
    let BulkReport {
        obligation_id,
        items,
        note,
        evidence,
    } = report;
    let mut answer = Answer {
        obligation_id,
        reported_by: viewer.address.clone(),
        note: told(note),
        items: Vec::new(),
        values: Vec::new(),
        evidence: ToldEvidence {
            files: files("evidence", None, &evidence).collect(),
            by_office: viewer.reach(Action::AnswerObligations) == Reach::All,
        },
    };
    for (position, item) in items.into_iter().enumerate() {
        if let Some(assignment_id) = item.assignment_id {
            let place = format!("items[{position}].evidence");
            let about = files(&place, Some(assignment_id), &item.evidence);
            answer.evidence.files.extend(about);
            answer.items.push(ReportItem {
                assignment_id,
                percent: item.percent,
                done: told(item.done),
                problems: told(item.problems),
                next_steps: told(item.next_steps),
            });
        } else if let (Some(indicator_id), Some(Ok(value))) =
            (item.indicator_id, item.value.map(Decimal::of_float))
        {
            answer.values.push(ToldValue {
                place: Place::item(position),
                indicator_id,
                value,
                note: told(item.note),
            });
        }
    }
    answer
}

/// The files of a list at `place`.
fn files(
    place: &str,
    assignment_id: Option<AssignmentId>,
    ids: &[AttachmentId],
) -> impl Iterator<Item = ToldFile> {
    ids.iter().enumerate().map(move |(position, id)| ToldFile {
        place: format!("{place}[{position}]"),
        assignment_id,
        attachment_id: *id,
    })
}

/// A text that says something.
fn told<const MAX: usize>(text: Option<Prose<MAX>>) -> Option<String> {
    text.map(Prose::into_string).filter(|text| !text.is_empty())
}
