//! `POST /plans/{id}/revisions`: an amended document of a plan is compared with it, or applied.

use super::examples;
use super::plan_import::{LARGEST_FORM, YEARS, read_files};
use super::plan_json::{IssuedJson, PlanProblem};
use super::plans::PLANS;
use crate::domain::access::Action;
use crate::domain::ids::{AmendmentId, PlanId, TaskId};
use crate::domain::plan::diff::{Fate, Field, FieldChange};
use crate::flow::RefusalCode;
use crate::flow::compare_plan::{PlanChanges, TaskChange, compare_plan};
use crate::flow::revise_plan::{Revision, revise_plan};
use crate::flow::revision_parts::{ListedChange, PlanPart};
use crate::http::kernel::{
    Call, Check, Endpoint, FieldCode, FieldErrors, FileCount, Line, Problem, Reply, Upload,
};
use crate::storage::plans;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The endpoint.
pub fn endpoints() -> Vec<Endpoint> {
    let says = "file 为修订后的方案全文。dry_run=true 时只比较，不改动任何数据；否则须写明 reason，整份修订一次办理：新增的任务下发，删除的任务\
                撤销，有变动的任务调整，要么全部办理，要么一项也不办。人工调整过、而文件说法与修订前相同的，保持人工的调整。applies 为 false 的\
                不随修订改动，请人工处理。内容与上次相同的文件不作改动。";
    let endpoint = Endpoint::post(
        "/plans/{id}/revisions",
        "revise_plan",
        Action::AmendTasks,
        revise,
    )
    .tag(PLANS)
    .says(
        "修订方案",
        "Compare or apply an amended plan document",
        says,
    )
    .answers(&[StatusCode::OK])
    .body_limit(LARGEST_FORM)
    .file("file", FileCount::One, "修订后的方案文件")
    .refuses(&[
        RefusalCode::UnreadableFile,
        RefusalCode::NotAPlan,
        RefusalCode::OtherPlan,
        RefusalCode::InvalidValue,
        RefusalCode::TaskHeld,
        RefusalCode::PlanClosed,
        RefusalCode::OutOfOrder,
    ])
    .example_param("id", examples::PLAN)
    .example_query("dry_run=true")
    .example_body(json!({ "year": 2026, "reason": "上级调整了完成时限" }));
    vec![endpoint]
}

/// 办理的方式。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RevisionQuery {
    /// 只比较，不改动。
    dry_run: Option<bool>,
}

/// 与文件一并提交的字段。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RevisionFields {
    /// 第一个实施步骤所在的年份；不给时同原方案。
    #[schema(minimum = 1900, maximum = 2200)]
    year: Option<i32>,
    /// 理由；办理修订时必填。
    reason: Option<Line<1000>>,
}

impl Check for RevisionFields {
    fn check(&self, errors: &mut FieldErrors) {
        if self.year.is_some_and(|year| !YEARS.contains(&year)) {
            let text = "年份应在 1900 至 2200 之间";
            errors.add("year", FieldCode::OutOfRange, text);
        }
    }
}

/// 比较或办理的结果。
#[derive(Debug, Serialize, ToSchema)]
struct PlanRevisionJson {
    /// 方案编号。
    plan_id: PlanId,
    /// 是否与上次导入的内容相同；相同的不作改动。
    same: bool,
    /// 是否已经办理。
    applied: bool,
    /// 修订的记录（调整记录编号）；没有办理为 null。
    revision_id: Option<AmendmentId>,
    /// 有变动的任务，依文件的次序，然后是文件中不再有的。
    tasks: Vec<RevisedTask>,
    /// 没有变动的任务数。
    unchanged: u64,
    /// 任务以外的变动。
    listed: Vec<RevisedPart>,
    /// 文件中需要人看一看的问题。
    problems: Vec<PlanProblem>,
    /// 办理时下发新任务的结果；没有办理为 null。
    issued: Option<IssuedJson>,
}

/// 一项任务的变动。
#[derive(Debug, Serialize, ToSchema)]
struct RevisedTask {
    /// added 新增，removed 删除，changed 有变动，kept 与文件不同但保持现状。
    fate: RevisedFate,
    /// 任务编号（UUID）；新增的为 null。
    task_id: Option<TaskId>,
    /// 序号。
    number: String,
    /// 标题。
    title: String,
    /// 如何对上：number 序号，title 标题，similar_title 标题相近；新增、删除的为 null。
    matched_by: Option<String>,
    /// 标题相近的程度，0 至 100。
    similarity: Option<u8>,
    /// 逐个字段的变动。
    changes: Vec<RevisedField>,
    /// 保持现状的原因。
    kept: Option<String>,
}

/// 任务的变动。
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RevisedFate {
    /// 新增。
    Added,
    /// 删除。
    Removed,
    /// 有变动。
    Changed,
    /// 没有变动。
    Unchanged,
    /// 保持现状。
    Kept,
}

/// 一个字段的变动。
#[derive(Debug, Serialize, ToSchema)]
struct RevisedField {
    /// 哪个字段：number、section、title、text、due_on、continuous、lead_units、responsible_units、cooperating_units。
    field: String,
    /// 现在的内容。
    before: Option<String>,
    /// 修订后的内容；applies 为 false 的为文件的说法。
    after: Option<String>,
    /// 新增的单位名称；只用于单位。
    added: Vec<String>,
    /// 去掉的单位名称；只用于单位。
    removed: Vec<String>,
    /// 是否随修订改动。
    applies: bool,
}

/// 任务以外的变动。
#[derive(Debug, Serialize, ToSchema)]
struct RevisedPart {
    /// head 标题、印发单位、发文字号，phases 实施步骤，deadlines 报送期限，cycles 督办周期，indicators 目标和指标。
    part: String,
    /// 现在的内容；新增的为 null。
    before: Option<String>,
    /// 文件的内容；删除的为 null。
    after: Option<String>,
    /// 是否随修订改动；false 的请人工处理。
    applies: bool,
}

impl From<TaskChange> for RevisedTask {
    fn from(task: TaskChange) -> Self {
        Self {
            fate: match task.fate {
                Fate::Added => RevisedFate::Added,
                Fate::Removed => RevisedFate::Removed,
                Fate::Changed => RevisedFate::Changed,
                Fate::Unchanged => RevisedFate::Unchanged,
                Fate::Kept => RevisedFate::Kept,
            },
            task_id: task.task_id,
            number: task.number,
            title: task.title,
            matched_by: task.matched_by.map(str::to_owned),
            similarity: task.similarity,
            changes: task.changes.into_iter().map(Into::into).collect(),
            kept: task.kept.map(str::to_owned),
        }
    }
}

impl From<FieldChange> for RevisedField {
    fn from(change: FieldChange) -> Self {
        let field = match change.field {
            Field::Number => "number",
            Field::Section => "section",
            Field::Title => "title",
            Field::Text => "text",
            Field::DueOn => "due_on",
            Field::Continuous => "continuous",
            Field::LeadUnits => "lead_units",
            Field::ResponsibleUnits => "responsible_units",
            Field::CooperatingUnits => "cooperating_units",
        };
        Self {
            field: field.to_owned(),
            before: change.before,
            after: change.after,
            added: change.added,
            removed: change.removed,
            applies: change.applies,
        }
    }
}

impl From<ListedChange> for RevisedPart {
    fn from(change: ListedChange) -> Self {
        let part = match change.part {
            PlanPart::Head => "head",
            PlanPart::Phases => "phases",
            PlanPart::Deadlines => "deadlines",
            PlanPart::Cycles => "cycles",
            PlanPart::Indicators => "indicators",
        };
        Self {
            part: part.to_owned(),
            before: change.before,
            after: change.after,
            applies: change.applies,
        }
    }
}

impl PlanRevisionJson {
    fn compared(changes: PlanChanges) -> Self {
        Self {
            plan_id: changes.plan_id,
            same: changes.same,
            applied: false,
            revision_id: None,
            tasks: changes.tasks.into_iter().map(Into::into).collect(),
            unchanged: changes.unchanged as u64,
            listed: changes.listed.into_iter().map(Into::into).collect(),
            problems: changes.problems.into_iter().map(Into::into).collect(),
            issued: None,
        }
    }
}

async fn revise(
    call: Call<RevisionQuery, Upload<RevisionFields>>,
) -> Result<Reply<PlanRevisionJson>, Problem> {
    let id: PlanId = call.id("id")?;
    let plan = plans::get(&call.ctx.db, id).await?;
    let plan = plan.ok_or_else(Problem::not_found)?;
    let Some(file) = call.body.file("file").cloned() else {
        return Err(Problem::internal("a form without its file was let pass"));
    };
    let year = call.body.fields.year.or(plan.first_year);
    let read = read_files(&call.ctx, &file, None, year).await?;
    if call.query.dry_run == Some(true) {
        let changes = compare_plan(&call.ctx, id, &read.plan).await?;
        return Ok(Reply::ok(PlanRevisionJson::compared(changes)));
    }
    let Some(reason) = call.body.fields.reason.as_deref() else {
        let text = "办理修订须写明理由；只比较请用 dry_run=true";
        let refused =
            crate::flow::FlowError::refused_field(RefusalCode::InvalidValue, "reason", text);
        return Err(refused.into());
    };
    let revision = Revision {
        document: &read.plan,
        source_name: &read.source_name,
        reason,
    };
    let revised = revise_plan(&call.ctx, &call.viewer.address, id, revision).await?;
    let applied = revised.revision_id.is_some();
    Ok(Reply::ok(PlanRevisionJson {
        applied,
        revision_id: revised.revision_id,
        issued: applied.then(|| revised.issued.into()),
        ..PlanRevisionJson::compared(revised.changes)
    }))
}
