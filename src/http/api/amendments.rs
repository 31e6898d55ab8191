//! `/amendments`: what was changed of issued tasks and of plans, by whom and why. Amending is in `task_amends`.

use super::examples;
use crate::domain::access::Action;
use crate::domain::amendment::AmendmentKind;
use crate::domain::ids::{AmendmentId, PlanId, TaskId};
use crate::http::kernel::{Call, Direction, Endpoint, List, Page, Problem, Reply, SortKey, Tag};
use crate::storage::Db;
use crate::storage::amendments::StoredAmendment;
use crate::storage::lists::amendments::{self as list, AmendmentFilter};
use crate::storage::{plans, tasks};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

/// The group of these endpoints.
pub(super) const AMENDMENTS: Tag = Tag {
    name: "amendments",
    says: "调整：任务下发后的调整、分解、整体办理，以及方案的修订，逐项保留理由",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadAmendments;
    vec![
        Endpoint::get("/amendments", "list_amendments", read, list_amendments)
            .tag(AMENDMENTS)
            .says(
                "调整记录列表",
                "List amendments",
                "先作出的在前。单位用户看到自己承担的任务的调整。",
            )
            .example_query("kind=amend"),
        Endpoint::get("/amendments/{id}", "get_amendment", read, get)
            .tag(AMENDMENTS)
            .says(
                "查看调整记录",
                "Get an amendment",
                "由谁、何时、为何调整，调整前后各是什么。",
            )
            .example_param("id", examples::AMENDMENT),
    ]
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AmendmentQuery {
    /// 方案编号，含其任务的调整
    plan_id: Option<PlanId>,
    /// 任务编号（UUID）
    task_id: Option<TaskId>,
    /// 哪一种
    kind: Option<AmendmentKind>,
    /// 属于哪一次方案修订（调整记录编号）
    revision_id: Option<AmendmentId>,
}

/// Amendments come in the order in which they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct InOrder;

impl SortKey for InOrder {
    const ALL: &'static [Self] = &[Self];
    const USUAL: Direction = Direction::Ascending;

    fn as_str(self) -> &'static str {
        "id"
    }
}

/// 一次调整
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Amendment {
    /// 编号
    id: AmendmentId,
    /// 方案编号
    plan_id: PlanId,
    /// 方案标题
    plan_title: String,
    /// 任务编号（UUID）；方案修订本身为 null
    #[schema(required)]
    task_id: Option<TaskId>,
    /// 任务序号
    #[schema(required)]
    task_number: Option<String>,
    /// 任务标题
    #[schema(required)]
    task_title: Option<String>,
    /// 属于哪一次方案修订；单独的调整为 null
    #[schema(required)]
    revision_id: Option<AmendmentId>,
    /// 哪一种：amend 调整，settle 下发前修改，split 分解，part 由分解形成，pause 暂停，resume 恢复，withdraw 撤销，
    /// close 整体销号，give_back 退回整体完成报告，reopen 重新办理，add 方案修订新增，remove 方案修订删除，revise 方案修订
    kind: AmendmentKind,
    /// 调整前（只含有变动的内容）
    #[schema(value_type = Object)]
    before: Value,
    /// 调整后（只含有变动的内容）；parts 为单位的变动：joins 加入，leaves 移出，changes 改变角色
    #[schema(value_type = Object)]
    after: Value,
    /// 理由
    reason: String,
    /// 由谁调整
    amended_by: String,
    /// 调整的日期
    amended_on: NaiveDate,
    /// 调整的时刻
    amended_at: DateTime<Utc>,
}

async fn list_amendments(
    call: Call<List<AmendmentQuery, InOrder>>,
) -> Result<Reply<Page<Amendment>>, Problem> {
    let query = &call.query.filter;
    let filter = AmendmentFilter {
        plan_id: query.plan_id,
        task_id: query.task_id,
        kind: query.kind,
        revision_id: query.revision_id,
    };
    let reach = call.viewer.reach(Action::ReadAmendments);
    let page = list::list(&call.ctx.db, &filter, &reach, &call.query.wanted()).await?;
    let items = shown(&call.ctx.db, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<Amendment>, Problem> {
    let id: AmendmentId = call.id("id")?;
    let db = &call.ctx.db;
    let reach = call.viewer.reach(Action::ReadAmendments);
    match list::one(db, id, &reach).await? {
        Some(found) => Ok(Reply::ok(one(db, found).await?)),
        None if list::exists(db, id).await? => Err(Problem::hidden(format!("amendment {id}"))),
        None => Err(Problem::not_found()),
    }
}

/// An amendment that was just made.
pub(super) async fn made(db: &Db, id: AmendmentId) -> Result<Amendment, Problem> {
    let found = list::one(db, id, &crate::domain::access::Reach::All).await?;
    let found =
        found.ok_or_else(|| Problem::internal("an amendment that was just made is gone"))?;
    one(db, found).await
}

async fn one(db: &Db, row: StoredAmendment) -> Result<Amendment, Problem> {
    let found = shown(db, vec![row]).await?.pop();
    found.ok_or_else(|| Problem::internal("the plan of an amendment is gone"))
}

/// Rows as they are shown; plans and tasks of all of them in one query each.
async fn shown(db: &Db, rows: Vec<StoredAmendment>) -> Result<Vec<Amendment>, Problem> {
    let plan_ids: HashSet<PlanId> = rows.iter().map(|row| row.plan_id).collect();
    let plan_ids: Vec<PlanId> = plan_ids.into_iter().collect();
    let plans: HashMap<PlanId, String> = plans::with_ids(db, &plan_ids)
        .await?
        .into_iter()
        .map(|plan| (plan.id, plan.title))
        .collect();
    let task_ids: HashSet<TaskId> = rows.iter().filter_map(|row| row.task_id).collect();
    let task_ids: Vec<TaskId> = task_ids.into_iter().collect();
    let tasks: HashMap<TaskId, (String, String)> = tasks::with_ids(db, &task_ids)
        .await?
        .into_iter()
        .map(|task| (task.id, (task.number, task.title)))
        .collect();
    let shown = rows.into_iter().filter_map(|row| {
        let task = row.task_id.and_then(|id| tasks.get(&id));
        Some(Amendment {
            plan_title: plans.get(&row.plan_id)?.clone(),
            task_number: task.map(|(number, _)| number.clone()),
            task_title: task.map(|(_, title)| title.clone()),
            id: row.id,
            plan_id: row.plan_id,
            task_id: row.task_id,
            revision_id: row.revision_id,
            kind: row.kind,
            before: row.before,
            after: row.after,
            reason: row.reason,
            amended_by: row.amended_by,
            amended_on: row.amended_on,
            amended_at: row.amended_at,
        })
    });
    Ok(shown.collect())
}
