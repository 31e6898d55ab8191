//! What units send to answer: one report, or many at once. How reports are shown is in `reports`.

use crate::domain::decimal::Decimal;
use crate::domain::ids::{AssignmentId, IndicatorId, ObligationId};
use crate::domain::report::{MOST_ITEMS, ReportItem};
use crate::flow::answer_obligation::Answer;
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
    value: Option<f64>,
    /// 对数值的说明
    note: Option<Prose<1000>>,
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
}

/// 批量填报
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkReports {
    /// 1 至 200 份
    pub(super) reports: Vec<BulkReport>,
}

impl Check for ReportToMake {
    fn check(&self, errors: &mut FieldErrors) {
        check_items("", &self.items, errors);
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
            check_items(&format!("reports[{position}]."), &report.items, errors);
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

/// The answer that a body gives to an obligation.
pub(super) fn answer(
    obligation_id: ObligationId,
    items: Vec<ItemToReport>,
    note: Option<Prose<4000>>,
    reported_by: &str,
) -> Answer {
    let mut answer = Answer {
        obligation_id,
        reported_by: reported_by.to_owned(),
        note: told(note),
        items: Vec::new(),
        values: Vec::new(),
    };
    for (position, item) in items.into_iter().enumerate() {
        if let Some(assignment_id) = item.assignment_id {
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

/// A text that says something.
fn told<const MAX: usize>(text: Option<Prose<MAX>>) -> Option<String> {
    text.map(Prose::into_string).filter(|text| !text.is_empty())
}
