//! `/completions`: lead units' reports that tasks as a whole are done. Verifying them is a decision about the task
//! (`task_amends`).

use super::examples;
use super::tasks::TASKS;
use crate::domain::access::{Action, Reach};
use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{CompletionId, PlanId, TaskId, UnitId};
use crate::domain::role::Role;
use crate::domain::task_life::CompletionState;
use crate::domain::unit::UnitDirectory;
use crate::flow::RefusalCode;
use crate::flow::decide_task::gaps;
use crate::flow::report_completion::{CompletionToReport, report_completion};
use crate::http::kernel::text::Written;
use crate::http::kernel::{
    Call, Check, Direction, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Page, Problem,
    Prose, Reply, SortKey, Tag,
};
use crate::storage::completions::{Gap, StoredCompletion};
use crate::storage::lists::completions::{self as list, CompletionFilter};
use crate::storage::lists::tasks::is_met;
use crate::storage::{Db, task_life, tasks, units};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "completions",
    says: "整体完成报告：牵头单位报告，督导办核实后整体销号或退回",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadCompletions;
    vec![
        Endpoint::get("/completions", "list_completions", read, list_completions)
            .tag(TAG)
            .says(
                "整体完成报告列表",
                "List reports that tasks are done",
                "默认先报告的在前。单位用户看到自己承担的任务的报告。",
            )
            .example_query("state=reported"),
        Endpoint::get("/completions/{id}", "get_completion", read, get)
            .tag(TAG)
            .says(
                "查看整体完成报告",
                "Get a report that a task is done",
                "gaps 列出分工尚未复核通过的单位：等待核实的为现在的情况，已处理的为处理时的情况。",
            )
            .example_param("id", examples::COMPLETION),
        Endpoint::post(
            "/tasks/{id}/completions",
            "report_completion",
            Action::ReportCompletions,
            report,
        )
        .tag(TASKS)
        .says(
            "报告任务整体完成",
            "Report a task as a whole as done",
            "由任务的牵头单位报告；督导办可以代为登记。责任单位的分工尚未全部复核通过时也可以报告，缺口列在 gaps 中，督导办在缺口补齐\
             之前不能销号。",
        )
        .refuses(&[
            RefusalCode::NotYours,
            RefusalCode::UnknownUnit,
            RefusalCode::OutOfOrder,
            RefusalCode::PlanClosed,
        ])
        .example_param("id", examples::WHOLE_TASK)
        .example_body(json!({ "unit_code": null, "summary": "各校均已建立制度并公示" })),
    ]
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CompletionQuery {
    /// 方案编号
    plan_id: Option<PlanId>,
    /// 任务编号（UUID）
    task_id: Option<TaskId>,
    /// 状态
    state: Option<CompletionState>,
}

/// Reports come in the order in which they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct InOrder;

impl SortKey for InOrder {
    const ALL: &'static [Self] = &[Self];
    const USUAL: Direction = Direction::Ascending;

    fn as_str(self) -> &'static str {
        "id"
    }
}

/// 分工尚未复核通过的单位
#[derive(Debug, Serialize, ToSchema)]
struct CompletionGap {
    /// 单位编号
    unit_id: UnitId,
    /// 单位名称
    unit_name: String,
    /// 角色
    role: Role,
    /// 分工的状态
    state: AssignmentState,
}

impl From<Gap> for CompletionGap {
    fn from(gap: Gap) -> Self {
        Self {
            unit_id: gap.unit_id,
            unit_name: gap.unit_name,
            role: gap.role,
            state: gap.state,
        }
    }
}

/// 整体完成报告
#[derive(Debug, Serialize, ToSchema)]
struct Completion {
    /// 编号
    id: CompletionId,
    /// 任务编号（UUID）
    task_id: TaskId,
    /// 任务序号
    task_number: String,
    /// 任务标题
    task_title: String,
    /// 报告的牵头单位编号
    unit_id: UnitId,
    /// 报告的牵头单位代码
    unit_code: String,
    /// 报告的牵头单位名称
    unit_name: String,
    /// 对该任务的第几次报告
    number: i32,
    /// 状态：reported 待核实，closed 已销号，returned 已退回，lapsed 已失效
    state: CompletionState,
    /// 整体完成情况
    summary: String,
    /// 分工尚未复核通过的单位
    gaps: Vec<CompletionGap>,
    /// 谁报告的
    reported_by: String,
    /// 报告的日期
    reported_on: NaiveDate,
    /// 报告的时刻
    reported_at: DateTime<Utc>,
    /// 谁核实的
    #[schema(required)]
    decided_by: Option<String>,
    /// 核实的日期
    #[schema(required)]
    decided_on: Option<NaiveDate>,
    /// 核实的时刻
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
    /// 核实的意见
    #[schema(required)]
    decision_note: Option<String>,
}

/// 牵头单位的报告
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CompletionReport {
    /// 哪个牵头单位的报告；单位用户可以不填
    unit_code: Option<Line<64>>,
    /// 整体完成情况
    #[schema(value_type = Written<5000>)]
    summary: Prose<5000>,
}

impl Check for CompletionReport {
    fn check(&self, errors: &mut FieldErrors) {
        if self.summary.trim().is_empty() {
            errors.add("summary", FieldCode::OutOfRange, "不能为空");
        }
    }
}

async fn list_completions(
    call: Call<List<CompletionQuery, InOrder>>,
) -> Result<Reply<Page<Completion>>, Problem> {
    let query = &call.query.filter;
    let filter = CompletionFilter {
        plan_id: query.plan_id,
        task_id: query.task_id,
        state: query.state,
    };
    let reach = call.viewer.reach(Action::ReadCompletions);
    let page = list::list(&call.ctx.db, &filter, &reach, &call.query.wanted()).await?;
    let items = shown(&call.ctx.db, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<Completion>, Problem> {
    let id: CompletionId = call.id("id")?;
    let db = &call.ctx.db;
    let reach = call.viewer.reach(Action::ReadCompletions);
    match list::one(db, id, &reach).await? {
        Some(found) => Ok(Reply::ok(one(db, found).await?)),
        None if list::exists(db, id).await? => Err(Problem::hidden(format!("completion {id}"))),
        None => Err(Problem::not_found()),
    }
}

async fn report(call: Call<NoQuery, CompletionReport>) -> Result<Reply<Completion>, Problem> {
    let id: TaskId = call.id("id")?;
    let db = &call.ctx.db;
    if tasks::get(db, id).await?.is_none() {
        return Err(Problem::not_found());
    }
    if !is_met(db, id, &call.viewer.reach(Action::ReadTasks)).await? {
        return Err(Problem::hidden(format!("task {id}")));
    }
    let told = CompletionToReport {
        unit_code: call.body.unit_code.as_deref().map(str::to_owned),
        summary: call.body.summary.to_string(),
    };
    let made = report_completion(&call.ctx, &call.viewer, id, told).await?;
    let found = list::one(db, made, &Reach::All).await?;
    let found = found.ok_or_else(|| Problem::internal("a report that was just made is gone"))?;
    let shown = one(db, found).await?;
    Ok(Reply::created(shown, &format!("/completions/{made}")))
}

async fn one(db: &Db, row: StoredCompletion) -> Result<Completion, Problem> {
    let found = shown(db, vec![row]).await?.pop();
    found.ok_or_else(|| Problem::internal("the task of a report is gone"))
}

/// Rows as they are shown; what waits shows the gaps of now.
async fn shown(db: &Db, rows: Vec<StoredCompletion>) -> Result<Vec<Completion>, Problem> {
    let ids: Vec<TaskId> = rows.iter().map(|row| row.task_id).collect();
    let tasks: HashMap<TaskId, (String, String)> = tasks::with_ids(db, &ids)
        .await?
        .into_iter()
        .map(|task| (task.id, (task.number, task.title)))
        .collect();
    let directory = UnitDirectory::new(units::all(db).await?);
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        let open = match row.state {
            CompletionState::Reported => {
                gaps(&directory, &task_life::standings(db, row.task_id).await?)
            }
            CompletionState::Closed | CompletionState::Returned | CompletionState::Lapsed => {
                row.gaps
            }
        };
        let (Some((number, title)), Some(unit)) =
            (tasks.get(&row.task_id), directory.get(row.unit_id))
        else {
            continue;
        };
        shown.push(Completion {
            id: row.id,
            task_id: row.task_id,
            task_number: number.clone(),
            task_title: title.clone(),
            unit_id: row.unit_id,
            unit_code: unit.code.clone(),
            unit_name: unit.name.clone(),
            number: row.number,
            state: row.state,
            summary: row.summary,
            gaps: open.into_iter().map(Into::into).collect(),
            reported_by: row.reported_by,
            reported_on: row.reported_on,
            reported_at: row.reported_at,
            decided_by: row.decided_by,
            decided_on: row.decided_on,
            decided_at: row.decided_at,
            decision_note: row.decision_note,
        });
    }
    Ok(shown)
}
