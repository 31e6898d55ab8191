//! `/plans`: reading, issuing and closing them. Importing is in `plan_import`.

use super::examples;
use super::plan_json::{IssuedJson, IssuedTo, PlanDetail, PlanJson, PlanProblem};
use crate::domain::access::Action;
use crate::domain::ids::{PlanId, TaskId};
use crate::domain::plan_origin::PlanOrigin;
use crate::flow::RefusalCode;
use crate::flow::close_plan::close_plan;
use crate::flow::issue_plan::{CyclesAtIssue, IssuedBy, issue_plan_by};
use crate::flow::issue_tasks::{TasksToIssue, issue_tasks};
use crate::http::kernel::{
    Call, Check, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Page, Problem, Reply,
    SortKey, Tag,
};
use crate::storage::lists::plans::{self as list, PlanFilter};
use crate::storage::plans::{self, StoredPlan};
use crate::storage::tasks::TaskState;
use actix_web::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The group of these endpoints.
pub(super) const PLANS: Tag = Tag {
    name: "plans",
    says: "方案：工作方案，以及每年的领导批示、会议议定、一次性报送台账",
};

/// No more tasks than this are issued by one call.
pub(super) const MOST_TASKS: usize = 1_000;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let says = "按来源、是否下发、文字筛选；文字在标题和发文字号中逐字查找。";
    let issue_says = "不给 task_ids 时，能下发的全部下发，不能下发的在 held 中说明原因；给出 task_ids 时全有或全无。手工登记的任务要求当日完成或使单位超出每月填报上限时，须填 reason。";
    vec![
        Endpoint::get("/plans", "list_plans", Action::ReadPlans, list_plans)
            .tag(PLANS)
            .says("方案列表", "List plans", says)
            .example_query("origin=document&issued=false&sort=-imported_at"),
        Endpoint::get("/plans/{id}", "get_plan", Action::ReadPlans, get_plan)
            .tag(PLANS)
            .says("查看方案", "Get a plan", "")
            .example_param("id", examples::PLAN),
        Endpoint::post("/plans/{id}/issue", "issue_plan", Action::IssueTasks, issue)
            .tag(PLANS)
            .says("下发方案", "Issue a plan, or some of its tasks", issue_says)
            .answers(&[StatusCode::OK])
            .refuses(&[
                RefusalCode::PlanClosed,
                RefusalCode::TaskHeld,
                RefusalCode::TaskIssued,
                RefusalCode::InvalidValue,
                RefusalCode::ReasonNeeded,
            ])
            .example_param("id", examples::PLAN)
            .example_body(json!({ "cycles": "on" })),
        Endpoint::post("/plans/{id}/close", "close_plan", Action::ClosePlans, close)
            .tag(PLANS)
            .says(
                "办结方案",
                "Close a plan",
                "今后才开始的周期段不再开展督办，也不再下发任务；已经要求的填报照旧。",
            )
            .answers(&[StatusCode::OK])
            .refuses(&[RefusalCode::PlanClosed])
            .example_param("id", examples::PLAN),
    ]
}

/// 筛选方案。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlanQuery {
    /// 来源，可给多个。
    origin: Option<Vec<PlanOrigin>>,
    /// true 已下发，false 未下发。
    issued: Option<bool>,
    /// 标题或发文字号中的文字。
    q: Option<Line<100>>,
}

/// How plans are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ByImport;

impl SortKey for ByImport {
    const ALL: &'static [Self] = &[Self];

    fn as_str(self) -> &'static str {
        "imported_at"
    }
}

async fn list_plans(
    call: Call<List<PlanQuery, ByImport>>,
) -> Result<Reply<Page<PlanJson>>, Problem> {
    let query = &call.query.filter;
    let filter = PlanFilter {
        origin: query.origin.clone(),
        issued: query.issued,
        q: query.q.as_deref().map(str::to_owned),
    };
    let db = &call.ctx.db;
    let page = list::list(db, &filter, &call.query.wanted()).await?;
    let ids: Vec<PlanId> = page.rows.iter().map(|plan| plan.id).collect();
    let mut counts = list::task_counts(db, &ids).await?;
    let shown = page.rows.into_iter().map(|plan| {
        let tasks = counts.remove(&plan.id).unwrap_or_default();
        PlanJson::new(plan, by_code(tasks))
    });
    Ok(Reply::ok(call.query.shown(shown.collect(), page.next)))
}

fn by_code(tasks: BTreeMap<TaskState, u64>) -> BTreeMap<String, u64> {
    let told = |(state, count): (TaskState, u64)| (state.as_str().to_owned(), count);
    tasks.into_iter().map(told).collect()
}

async fn get_plan(call: Call) -> Result<Reply<PlanDetail>, Problem> {
    let id: PlanId = call.id("id")?;
    let plan = plans::get(&call.ctx.db, id).await?;
    let plan = plan.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(detail(&call.ctx.db, plan).await?))
}

async fn detail(db: &crate::storage::Db, plan: StoredPlan) -> Result<PlanDetail, Problem> {
    let id = plan.id;
    let problems: Vec<PlanProblem> = serde_json::from_value(plan.problems.clone())
        .map_err(|error| Problem::internal(format!("problems of plan {id}: {error}")))?;
    let tasks = list::task_counts(db, &[id]).await?.remove(&id);
    let goals = plans::indicators(db, id).await?.into_iter();
    let kinds = list::issued_to(db, id).await?;
    Ok(PlanDetail {
        phases: convert(plans::phases(db, id).await?),
        goals: convert(goals.filter(|one| one.task_id.is_none()).collect()),
        deadlines: convert(plans::deadlines(db, id).await?),
        problems,
        issued_to: IssuedTo {
            assignments: list::count_assignments(db, id).await?,
            units: kinds.values().sum(),
            by_kind: kinds
                .into_iter()
                .map(|(kind, units)| (kind.as_str().to_owned(), units))
                .collect(),
        },
        plan: PlanJson::new(plan, by_code(tasks.unwrap_or_default())),
    })
}

fn convert<A, B: From<A>>(all: Vec<A>) -> Vec<B> {
    all.into_iter().map(Into::into).collect()
}

/// 是否开启方案的督办周期。
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CyclesChoice {
    /// 首次下发时开启。
    #[default]
    On,
    /// 暂不开启。
    Off,
}

impl From<CyclesChoice> for CyclesAtIssue {
    fn from(choice: CyclesChoice) -> Self {
        match choice {
            CyclesChoice::On => Self::On,
            CyclesChoice::Off => Self::Off,
        }
    }
}

/// 下发方案的要求。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IssuePlan {
    /// 只下发这些任务，全有或全无；不给时下发全部能下发的任务。
    #[schema(min_items = 1, max_items = 1000)]
    task_ids: Option<Vec<TaskId>>,
    /// 首次下发时是否开启督办周期，默认 on。
    #[serde(default)]
    cycles: CyclesChoice,
    /// 理由：要求当日完成或超出单位每月填报次数上限时必须填写。
    reason: Option<Line<500>>,
}

impl Check for IssuePlan {
    fn check(&self, errors: &mut FieldErrors) {
        if let Some(ids) = &self.task_ids {
            check_count(ids.len(), errors);
        }
    }
}

/// A list of tasks holds at least one, and not too many.
pub(super) fn check_count(count: usize, errors: &mut FieldErrors) {
    if !(1..=MOST_TASKS).contains(&count) {
        let text = format!("应有 1 至 {MOST_TASKS} 项任务");
        errors.add("task_ids", FieldCode::OutOfRange, text);
    }
}

async fn issue(call: Call<NoQuery, IssuePlan>) -> Result<Reply<IssuedJson>, Problem> {
    let id: PlanId = call.id("id")?;
    let IssuePlan {
        task_ids,
        cycles,
        reason,
    } = &call.body;
    let by = IssuedBy::Person(reason.as_deref());
    let cycles = (*cycles).into();
    let issued = match task_ids {
        None => issue_plan_by(&call.ctx, id, cycles, by).await?,
        Some(ids) => {
            let plan = plans::get(&call.ctx.db, id).await?;
            plan.ok_or_else(Problem::not_found)?;
            let wanted = TasksToIssue {
                ids,
                of_plan: Some(id),
                cycles,
                by,
            };
            issue_tasks(&call.ctx, wanted).await?
        }
    };
    Ok(Reply::ok(issued.into()))
}

async fn close(call: Call) -> Result<Reply<PlanDetail>, Problem> {
    let id: PlanId = call.id("id")?;
    let plan = close_plan(&call.ctx, id).await?;
    Ok(Reply::ok(detail(&call.ctx.db, plan).await?))
}
