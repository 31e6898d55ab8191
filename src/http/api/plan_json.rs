//! What plans look like from outside.

use crate::domain::cycle_kind::CycleKind;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{PlanId, TaskId};
use crate::domain::plan::{
    CycleMention, Deadline, Indicator, Measure, ParsedPlan, Phase, Problem as Listed, ProblemKind,
};
use crate::domain::plan_origin::PlanOrigin;
use crate::flow::issue_plan::{HeldTask, PlanIssued};
use crate::storage::plans::{StoredDeadline, StoredIndicator, StoredPhase, StoredPlan};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// 方案。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlanJson {
    /// 方案编号。
    pub id: PlanId,
    /// 来源：document 文件，instruction 领导批示，meeting 会议议定，collection 一次性报送。
    pub origin: PlanOrigin,
    /// 标题。
    pub title: String,
    /// 印发单位，照原文。
    pub issued_by: Option<String>,
    /// 发文字号，照原文。
    pub document_number: Option<String>,
    /// 第一个实施步骤所在的年份；台账为其年度。
    pub first_year: Option<i32>,
    /// 导入的文件名。
    pub source_name: String,
    /// 实施的第一天。
    pub first_phase_starts_on: Option<NaiveDate>,
    /// 实施的最后一天，此后不再开展督办。
    pub last_phase_ends_on: Option<NaiveDate>,
    /// 导入的时刻。
    pub imported_at: DateTime<Utc>,
    /// 首次下发的日期；未下发为 null。
    pub issued_on: Option<NaiveDate>,
    /// 办结的日期；未办结为 null。
    pub closed_on: Option<NaiveDate>,
    /// 任务数，按状态：imported 未下发，held 暂不能下发，issued 已下发，closed 已整体销号，withdrawn 已撤销。
    pub tasks: BTreeMap<String, u64>,
}

impl PlanJson {
    pub(super) fn new(plan: StoredPlan, tasks: BTreeMap<String, u64>) -> Self {
        Self {
            id: plan.id,
            origin: plan.origin,
            title: plan.title,
            issued_by: plan.issued_by,
            document_number: plan.document_number,
            first_year: plan.first_year,
            source_name: plan.source_name,
            first_phase_starts_on: plan.first_phase_starts_on,
            last_phase_ends_on: plan.last_phase_ends_on,
            imported_at: plan.imported_at,
            issued_on: plan.issued_on,
            closed_on: plan.closed_on,
            tasks,
        }
    }
}

/// 方案的全部内容。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlanDetail {
    #[serde(flatten)]
    pub plan: PlanJson,
    /// 实施步骤，依次。
    pub phases: Vec<PlanPhase>,
    /// 方案的总目标。
    pub goals: Vec<PlanIndicator>,
    /// 报送期限。
    pub deadlines: Vec<PlanDeadline>,
    /// 读取时发现的问题。
    pub problems: Vec<PlanProblem>,
    /// 下发到哪些单位。
    pub issued_to: IssuedTo,
}

/// 下发的范围。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IssuedTo {
    /// 分工条数。
    pub assignments: u64,
    /// 单位数。
    pub units: u64,
    /// 单位数，按单位类型。
    pub by_kind: BTreeMap<String, u64>,
}

/// 实施步骤。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlanPhase {
    /// 名称。
    pub name: String,
    /// 第一天。
    pub starts_on: Option<NaiveDate>,
    /// 最后一天。
    pub ends_on: Option<NaiveDate>,
}

impl From<StoredPhase> for PlanPhase {
    fn from(phase: StoredPhase) -> Self {
        Self {
            name: phase.name,
            starts_on: phase.starts_on,
            ends_on: phase.ends_on,
        }
    }
}

/// 指标。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlanIndicator {
    /// 原文。
    pub text: String,
    /// 比较：>=、<= 或 =。
    pub comparator: String,
    /// 目标值。
    #[schema(value_type = f64)]
    pub value: Number,
    /// 计量单位，照原文。
    pub unit: String,
    /// 频次。
    pub frequency: Option<String>,
}

impl From<StoredIndicator> for PlanIndicator {
    fn from(indicator: StoredIndicator) -> Self {
        Self {
            text: indicator.text,
            comparator: indicator.comparator,
            value: number(indicator.value),
            unit: indicator.measured_in.unwrap_or_default(),
            frequency: indicator.frequency,
        }
    }
}

impl From<Indicator> for PlanIndicator {
    fn from(indicator: Indicator) -> Self {
        Self {
            text: indicator.text,
            comparator: indicator.comparator.as_str().to_owned(),
            value: number(indicator.value),
            unit: indicator.unit,
            frequency: indicator.frequency.map(|one| one.as_str().to_owned()),
        }
    }
}

/// A value as an integer where it is whole, as the command line prints it.
fn number(value: f64) -> Number {
    let is_whole = value.fract() == 0.0 && value.abs() < 9e15;
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
    let whole = is_whole.then(|| Number::from(value as i64));
    whole
        .or_else(|| Number::from_f64(value))
        .unwrap_or_else(|| Number::from(0))
}

/// 报送期限。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlanDeadline {
    /// 原文。
    pub text: String,
    /// 报送什么。
    pub what: String,
    /// 由谁报送，照原文。
    pub from_units: Vec<String>,
    /// 报送给谁，照原文。
    pub to_unit: Option<String>,
    /// 截止日期。
    pub due_on: Option<NaiveDate>,
}

impl From<StoredDeadline> for PlanDeadline {
    fn from(deadline: StoredDeadline) -> Self {
        Self {
            text: deadline.text,
            what: deadline.what,
            from_units: deadline.from_units,
            to_unit: deadline.to_unit,
            due_on: deadline.due_on,
        }
    }
}

impl From<Deadline> for PlanDeadline {
    fn from(deadline: Deadline) -> Self {
        Self {
            text: deadline.text,
            what: deadline.what,
            from_units: deadline.from_units,
            to_unit: deadline.to_unit,
            due_on: deadline.due_on,
        }
    }
}

/// 读取时发现、需要人看一看的问题。
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct PlanProblem {
    /// 第几行；0 表示与整份文件有关。
    pub line: u64,
    /// 问题的种类，固定代码，例如 unknown_unit。
    pub kind: String,
    /// 相关的原文。
    pub text: String,
}

impl From<Listed> for PlanProblem {
    fn from(problem: Listed) -> Self {
        Self {
            line: problem.line as u64,
            kind: code_of(problem.kind),
            text: problem.text,
        }
    }
}

/// The stable code, as serde tells it.
fn code_of(kind: ProblemKind) -> String {
    let code = serde_json::to_value(kind).ok();
    let code = code.as_ref().and_then(serde_json::Value::as_str);
    code.unwrap_or_default().to_owned()
}

/// 从文件中读到的方案，与命令 `import --dry-run` 输出的 JSON 相同。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlanRead {
    /// 标题。
    pub title: Option<String>,
    /// 印发单位。
    pub issued_by: Option<String>,
    /// 发文字号。
    pub document_number: Option<String>,
    /// 总目标。
    pub goals: Vec<PlanIndicator>,
    /// 实施步骤。
    pub phases: Vec<PhaseRead>,
    /// 举措，依原文次序。
    pub measures: Vec<MeasureRead>,
    /// 督办周期，每种一次。
    pub cycles: Vec<CycleRead>,
    /// 报送期限。
    pub deadlines: Vec<PlanDeadline>,
    /// 需要人看一看的问题。
    pub problems: Vec<PlanProblem>,
}

impl From<ParsedPlan> for PlanRead {
    fn from(plan: ParsedPlan) -> Self {
        Self {
            title: plan.title,
            issued_by: plan.issued_by,
            document_number: plan.document_number,
            goals: plan.goals.into_iter().map(Into::into).collect(),
            phases: plan.phases.into_iter().map(Into::into).collect(),
            measures: plan.measures.into_iter().map(Into::into).collect(),
            cycles: plan.cycles.into_iter().map(Into::into).collect(),
            deadlines: plan.deadlines.into_iter().map(Into::into).collect(),
            problems: plan.problems.into_iter().map(Into::into).collect(),
        }
    }
}

/// 读到的实施步骤。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PhaseRead {
    /// 名称。
    pub name: String,
    /// 第一天。
    pub starts_on: Option<NaiveDate>,
    /// 最后一天。
    pub ends_on: Option<NaiveDate>,
    /// 年份是否为推断。
    pub inferred: bool,
}

impl From<Phase> for PhaseRead {
    fn from(phase: Phase) -> Self {
        Self {
            name: phase.name,
            starts_on: phase.starts_on,
            ends_on: phase.ends_on,
            inferred: phase.inferred,
        }
    }
}

/// 读到的举措。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MeasureRead {
    /// 编号，例如 四(一)1。
    pub number: String,
    /// 上级标题，由外到内。
    pub section: Vec<String>,
    /// 标题。
    pub title: String,
    /// 全文。
    pub text: String,
    /// 牵头单位，照原文。
    pub lead_units: Vec<String>,
    /// 责任单位，照原文。
    pub responsible_units: Vec<String>,
    /// 配合单位，照原文。
    pub cooperating_units: Vec<String>,
    /// 完成时限。
    pub due_on: Option<NaiveDate>,
    /// 是否长期坚持。
    pub continuous: bool,
    /// 指标。
    pub indicators: Vec<PlanIndicator>,
    /// 第几行。
    pub line: u64,
    /// 牵头单位是否为推断。
    pub lead_inferred: bool,
}

impl From<Measure> for MeasureRead {
    fn from(measure: Measure) -> Self {
        Self {
            number: measure.number,
            section: measure.section,
            title: measure.title,
            text: measure.text,
            lead_units: measure.lead_units,
            responsible_units: measure.responsible_units,
            cooperating_units: measure.cooperating_units,
            due_on: measure.due_on,
            continuous: measure.continuous,
            indicators: measure.indicators.into_iter().map(Into::into).collect(),
            line: measure.line as u64,
            lead_inferred: measure.lead_inferred,
        }
    }
}

/// 读到的督办周期。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CycleRead {
    /// 种类。
    pub kind: CycleKind,
    /// 频次。
    pub frequency: Frequency,
    /// 原文。
    pub text: String,
}

impl From<CycleMention> for CycleRead {
    fn from(mention: CycleMention) -> Self {
        Self {
            kind: mention.kind,
            frequency: mention.frequency,
            text: mention.text,
        }
    }
}

/// 下发的结果。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IssuedJson {
    /// 本次下发的任务数。
    pub tasks: usize,
    /// 本次形成的分工条数。
    pub assignments: usize,
    /// 本次生成的应报事项数，按种类。
    pub obligations: BTreeMap<&'static str, usize>,
    /// 即时发出的邮件数，其余随次日提醒一并告知。
    pub mails: usize,
    /// 未能下发的任务及原因。
    pub held: Vec<HeldJson>,
    /// 请留意的情况，例如已过的期限。
    pub listed: Vec<String>,
    /// 本次开启的督办周期。
    pub cycles: Vec<&'static str>,
}

/// 未能下发的任务。
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HeldJson {
    /// 任务编号（UUID）。
    pub task_id: TaskId,
    /// 任务序号，例如 四(一)1。
    pub task_number: String,
    /// 任务标题。
    pub title: String,
    /// 原因。
    pub reason: String,
}

impl From<PlanIssued> for IssuedJson {
    fn from(issued: PlanIssued) -> Self {
        Self {
            tasks: issued.tasks,
            assignments: issued.assignments,
            obligations: issued.obligations,
            mails: issued.mails,
            held: issued.held.into_iter().map(Into::into).collect(),
            listed: issued.listed,
            cycles: issued.cycles,
        }
    }
}

impl From<HeldTask> for HeldJson {
    fn from(held: HeldTask) -> Self {
        Self {
            task_id: held.task_id,
            task_number: held.task_number,
            title: held.title,
            reason: held.reason,
        }
    }
}
