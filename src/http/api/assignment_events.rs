//! `/assignment-events`: what was decided about assignments, and deciding.

use super::examples;
use crate::domain::access::Action;
use crate::domain::assignment_life::{AssignmentEvent, AssignmentState};
use crate::domain::ids::{AssignmentEventId, AssignmentId, ObligationId, TaskId};
use crate::flow::RefusalCode;
use crate::flow::decide_assignments::{Decision, decide_assignments};
use crate::http::kernel::{
    Call, Check, Day, Endpoint, FieldCode, FieldErrors, List, NoQuery, Page, Problem, Prose, Reply,
    SortKey, Tag,
};
use crate::storage::lists::assignment_events::{self as list, EventFilter, EventRow};
use crate::storage::lists::assignments;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "assignment-events",
    says: "办理决定：转报、复核、退回、销号、重新办理、暂停、恢复、撤销",
};

/// Decisions in one call at the most.
const MOST_DECISIONS: usize = 500;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let says = "最多 500 项，要么全部办理，要么一项也不办。上级区可以转报、退回所属学校的；牵头单位可以复核通过、退回责任单位的；\
                其余由督导办决定。退回和重新办理须写明理由、给出重新填报的工作日，原应报事项重新打开，通知立即发出；销号、暂停、撤销的\
                不再催办。";
    vec![
        Endpoint::get(
            "/assignment-events",
            "list_assignment_events",
            Action::ReadAssignments,
            list_events,
        )
        .tag(TAG)
        .says(
            "办理决定列表",
            "List decisions about assignments",
            "先作出的在前。",
        )
        .example_query("event=return"),
        Endpoint::get(
            "/assignment-events/{id}",
            "get_assignment_event",
            Action::ReadAssignments,
            get_event,
        )
        .tag(TAG)
        .says(
            "查看办理决定",
            "Get a decision about an assignment",
            "由谁、何时、为何决定。",
        )
        .example_param("id", examples::ASSIGNMENT_EVENT),
        Endpoint::post(
            "/assignment-events",
            "decide_assignments",
            Action::DecideAssignments,
            decide,
        )
        .tag(TAG)
        .says("作出办理决定", "Decide about assignments", says)
        .refuses(&[
            RefusalCode::NotFound,
            RefusalCode::InvalidValue,
            RefusalCode::WrongDay,
            RefusalCode::OutOfOrder,
            RefusalCode::NotYours,
        ])
        .example_body(json!({ "decisions": [{
            "assignment_id": examples::ASSIGNMENT,
            "event": "return",
            "reason": "缺少佐证材料，请补充课程表照片",
            "due_on": "2026-12-14",
        }] })),
    ]
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EventQuery {
    /// 任务分工编号
    assignment_id: Option<AssignmentId>,
    /// 任务编号（UUID）
    task_id: Option<TaskId>,
    /// 哪一种决定
    event: Option<AssignmentEvent>,
}

/// Decisions come in the order in which they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct InOrder;

impl SortKey for InOrder {
    const ALL: &'static [Self] = &[Self];

    fn as_str(self) -> &'static str {
        "id"
    }
}

/// 一项办理决定
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AssignmentEventJson {
    /// 编号
    id: AssignmentEventId,
    /// 任务分工编号
    assignment_id: AssignmentId,
    /// 决定：forward 转报，accept 复核通过，return 退回，close 销号，reopen 重新办理，pause 暂停，resume 恢复，withdraw 撤销
    event: AssignmentEvent,
    /// 决定前的状态
    state_before: AssignmentState,
    /// 决定后的状态
    state_after: AssignmentState,
    /// 理由
    #[schema(required)]
    reason: Option<String>,
    /// 重新填报的期限
    #[schema(required)]
    due_on: Option<NaiveDate>,
    /// 因此重新打开的应报事项
    #[schema(required)]
    obligation_id: Option<ObligationId>,
    /// 因此退到的进度：退回时进度为 100 的，退到此前最近一次不足 100 的填报；没有退的为空
    #[schema(required)]
    percent: Option<u8>,
    /// 谁决定的
    decided_by: String,
    /// 决定的日期
    decided_on: NaiveDate,
    /// 决定的时刻
    decided_at: DateTime<Utc>,
}

impl From<EventRow> for AssignmentEventJson {
    fn from(row: EventRow) -> Self {
        Self {
            id: row.id,
            assignment_id: row.assignment_id,
            event: row.event,
            state_before: row.before,
            state_after: row.after,
            reason: row.reason,
            due_on: row.due_on,
            obligation_id: row.obligation_id,
            percent: row.percent,
            decided_by: row.decided_by,
            decided_on: row.decided_on,
            decided_at: row.decided_at,
        }
    }
}

/// 要作出的一项决定
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionToMake {
    /// 任务分工编号
    assignment_id: AssignmentId,
    /// 决定
    event: AssignmentEvent,
    /// 理由；退回、重新办理、暂停、撤销必填
    reason: Option<Prose<2000>>,
    /// 重新填报的期限，须为今天以后的工作日；退回、重新办理必填，恢复可填，其余不填
    due_on: Option<Day>,
}

/// 要作出的决定
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionsToMake {
    /// 1 至 500 项
    #[schema(min_items = 1, max_items = 500)]
    decisions: Vec<DecisionToMake>,
}

impl Check for DecisionsToMake {
    fn check(&self, errors: &mut FieldErrors) {
        if !(1..=MOST_DECISIONS).contains(&self.decisions.len()) {
            let message = format!("一批应有 1 至 {MOST_DECISIONS} 项决定");
            errors.add("decisions", FieldCode::OutOfRange, message);
        }
    }
}

/// 作出的决定
#[derive(Debug, Serialize, ToSchema)]
struct DecisionsMade {
    /// 各项决定，次序与请求相同
    decisions: Vec<AssignmentEventJson>,
}

async fn list_events(
    call: Call<List<EventQuery, InOrder>>,
) -> Result<Reply<Page<AssignmentEventJson>>, Problem> {
    let query = &call.query.filter;
    let filter = EventFilter {
        assignment_id: query.assignment_id,
        task_id: query.task_id,
        event: query.event,
    };
    let reach = call.viewer.reach(Action::ReadAssignments);
    let page = list::list(&call.ctx.db, &filter, &reach, &call.query.wanted()).await?;
    let items = page.rows.into_iter().map(Into::into).collect();
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get_event(call: Call) -> Result<Reply<AssignmentEventJson>, Problem> {
    let id: AssignmentEventId = call.id("id")?;
    let db = &call.ctx.db;
    let row = list::with_ids(db, &[id]).await?.pop();
    let row = row.ok_or_else(Problem::not_found)?;
    let reach = call.viewer.reach(Action::ReadAssignments);
    match assignments::is_met(db, row.assignment_id, &reach).await? {
        true => Ok(Reply::ok(row.into())),
        false => Err(Problem::hidden(format!("assignment event {id}"))),
    }
}

async fn decide(call: Call<NoQuery, DecisionsToMake>) -> Result<Reply<DecisionsMade>, Problem> {
    let reach = call.viewer.reach(Action::DecideAssignments);
    let given = call.body.decisions.iter();
    // What is not the caller's to see does not exist for them; only who tries such ids is written down.
    for id in given.map(|one| one.assignment_id) {
        if !assignments::is_met(&call.ctx.db, id, &reach).await? {
            return Err(Problem::hidden(format!("assignment {id}")));
        }
    }
    let decisions = call.body.decisions.iter().map(|one| Decision {
        assignment_id: one.assignment_id,
        event: one.event,
        reason: one
            .reason
            .as_deref()
            .filter(|reason| !reason.is_empty())
            .map(str::to_owned),
        due_on: one.due_on.map(|day| day.0),
    });
    let ids = decide_assignments(&call.ctx, &call.viewer, decisions.collect()).await?;
    let mut rows = list::with_ids(&call.ctx.db, &ids).await?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    let decisions = rows.into_iter().map(Into::into).collect();
    Ok(Reply::created(
        DecisionsMade { decisions },
        "/assignment-events",
    ))
}
