//! `/decisions`: what was decided in dispatches 议定事项, followed up by units, closed or returned by the office.

use super::examples;
use crate::domain::access::{Action, Reach};
use crate::domain::decision::DecisionState;
use crate::domain::ids::{DecisionId, ObligationId, PlanId, RoundId, TaskId, UnitId};
use crate::domain::obligation::MovedBy;
use crate::flow::RefusalCode;
use crate::flow::keep_decisions::{
    DecisionWanted, close_decision, make_decision, return_decision, withdraw_decision,
};
use crate::http::kernel::text::Written;
use crate::http::kernel::{
    Call, Check, Day, Direction, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Page,
    Problem, Prose, Reply, SortKey, Tag,
};
use crate::storage::decisions::StoredDecision;
use crate::storage::lists::decisions::{self as list, DecisionFilter};
use crate::storage::lists::{labels, obligations};
use crate::storage::{Db, dispatch_rows, tasks};
use actix_web::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "decisions",
    says: "议定事项：调度中议定、由一个单位限期办理的事项",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let (read, write) = (Action::ReadDecisions, Action::WriteDecisions);
    let reading = [
        Endpoint::get("/decisions", "list_decisions", read, list_decisions)
            .says(
                "议定事项列表",
                "List decisions",
                "默认先登记的在前。单位看到自己和下级单位的。",
            )
            .example_query("state=open&unit_code=S1"),
        Endpoint::get("/decisions/{id}", "get_decision", read, get)
            .says("查看议定事项", "Get a decision", "含最近的反馈。")
            .example_param("id", examples::DECISION),
        Endpoint::post("/decisions", "make_decision", write, make)
            .says(
                "登记议定事项",
                "Write a decision down",
                "登记后立即通知办理单位，按普通应报事项催办；单位在 /obligations/{id}/reports 反馈。期限须为今天或以后的工作日；学校的期限落在假期的，顺延到开学后第 3 个工作日。要求当日办理或超出单位每月填报次数上限时，须说明理由。",
            )
            .refuses(&[
                RefusalCode::NotFound,
                RefusalCode::InvalidValue,
                RefusalCode::UnknownUnit,
                RefusalCode::WrongDay,
                RefusalCode::ReasonNeeded,
            ])
            .example_body(json!({
                "round_id": examples::DISPATCH_ROUND,
                "text": "两周内补齐作业公示制度并上墙公示",
                "unit_code": "B2",
                "due_on": "2027-06-30",
                "reason": "局长办公会要求",
            })),
    ];
    let all = reading.into_iter().chain(deciding(write));
    all.map(|endpoint| endpoint.tag(TAG)).collect()
}

fn deciding(write: Action) -> [Endpoint; 3] {
    let complete = |endpoint: Endpoint, example: &'static str| {
        endpoint
            .answers(&[StatusCode::OK])
            .example_param("id", example)
    };
    let back = Endpoint::post(
        "/decisions/{id}/return",
        "return_decision",
        write,
        send_back,
    )
    .says(
        "退回议定事项的反馈",
        "Send an answer to a decision back",
        "只有已反馈的可以退回。写明理由和重新反馈的期限，立即通知单位。",
    )
    .refuses(&[RefusalCode::WrongDay, RefusalCode::OutOfOrder])
    .example_body(json!({ "reason": "没有写明完成时间", "due_on": "2027-06-30" }));
    let closing = Endpoint::post("/decisions/{id}/close", "close_decision", write, close)
        .says("办结议定事项", "Close a decision", "只有已反馈的可以办结。")
        .refuses(&[RefusalCode::OutOfOrder])
        .example_body(json!({ "note": "已办结" }));
    let taking_back = Endpoint::post(
        "/decisions/{id}/withdraw",
        "withdraw_decision",
        write,
        withdraw,
    )
    .says(
        "撤回议定事项",
        "Withdraw a decision",
        "不再要求办理，也不再催办；理由保留。",
    )
    .refuses(&[RefusalCode::OutOfOrder])
    .example_body(json!({ "reason": "并入其他任务" }));
    [
        complete(back, examples::DECISION_TO_RETURN),
        complete(closing, examples::DECISION_TO_CLOSE),
        complete(taking_back, examples::DECISION),
    ]
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionQuery {
    /// 一次调度
    round_id: Option<RoundId>,
    /// 方案
    plan_id: Option<PlanId>,
    /// 任务
    task_id: Option<TaskId>,
    /// 单位代码
    unit_code: Option<Line<64>>,
    /// 状态：open 办理中，answered 已反馈，unanswered 未反馈，closed 已办结，withdrawn 已撤回
    state: Option<DecisionState>,
    /// 是否已逾期：没有反馈，期限在今天之前
    overdue: Option<bool>,
}

/// Decisions come in the order in which they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct InOrder;

impl SortKey for InOrder {
    const ALL: &'static [Self] = &[Self];
    const USUAL: Direction = Direction::Ascending;

    fn as_str(self) -> &'static str {
        "id"
    }
}

/// 议定事项
#[derive(Debug, Serialize, ToSchema)]
struct Decision {
    /// 编号
    id: DecisionId,
    /// 议定的那次调度
    round_id: RoundId,
    /// 该次调度的周期段
    #[schema(required)]
    period: Option<String>,
    /// 方案编号
    plan_id: PlanId,
    /// 方案标题
    plan_title: String,
    /// 该次调度的第几项
    number: i32,
    /// 内容
    text: String,
    /// 办理单位编号
    unit_id: UnitId,
    /// 办理单位代码
    unit_code: String,
    /// 办理单位名称
    unit_name: String,
    /// 相关任务的编号
    #[schema(required)]
    task_id: Option<TaskId>,
    /// 相关任务的序号
    #[schema(required)]
    task_number: Option<String>,
    /// 所成的应报事项
    obligation_id: ObligationId,
    /// 状态：open 办理中，answered 已反馈，unanswered 未反馈，closed 已办结，withdrawn 已撤回
    state: DecisionState,
    /// 最初的期限
    first_due_on: NaiveDate,
    /// 现在的期限
    due_on: NaiveDate,
    /// 期限最近一次变更的由来
    #[schema(required)]
    moved_by: Option<MovedBy>,
    /// 最近的反馈
    #[schema(required)]
    answer: Option<String>,
    /// 最近反馈的时间
    #[schema(required)]
    answered_at: Option<DateTime<Utc>>,
    /// 谁登记的
    made_by: String,
    /// 登记的时刻
    made_at: DateTime<Utc>,
    /// 要求当日办理或超出填报次数上限的理由
    #[schema(required)]
    reason: Option<String>,
    /// 最近由谁退回、办结或撤回
    #[schema(required)]
    decided_by: Option<String>,
    /// 其时刻
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
    /// 其说明
    #[schema(required)]
    decision_note: Option<String>,
}

/// 要登记的议定事项
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionToWriteDown {
    /// 议定的那次调度
    round_id: RoundId,
    /// 内容
    #[schema(value_type = Written<2000>)]
    text: Prose<2000>,
    /// 办理单位的代码
    unit_code: Line<64>,
    /// 期限，今天或以后的工作日
    due_on: Day,
    /// 相关任务的编号
    task_id: Option<TaskId>,
    /// 理由；要求当日办理或超出填报次数上限时必填
    reason: Option<Line<500>>,
}

impl Check for DecisionToWriteDown {
    fn check(&self, errors: &mut FieldErrors) {
        require_text("text", &self.text, errors);
    }
}

/// 退回反馈
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionReturn {
    /// 理由
    #[schema(value_type = Written<2000>)]
    reason: Prose<2000>,
    /// 重新反馈的期限，今天以后的工作日
    due_on: Day,
}

impl Check for DecisionReturn {
    fn check(&self, errors: &mut FieldErrors) {
        require_text("reason", &self.reason, errors);
    }
}

/// 办结
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionClosing {
    /// 说明
    note: Option<Prose<2000>>,
}

impl Check for DecisionClosing {}

/// 撤回
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionWithdrawal {
    /// 理由
    #[schema(value_type = Written<2000>)]
    reason: Prose<2000>,
}

impl Check for DecisionWithdrawal {
    fn check(&self, errors: &mut FieldErrors) {
        require_text("reason", &self.reason, errors);
    }
}

fn require_text(field: &'static str, text: &str, errors: &mut FieldErrors) {
    if text.trim().is_empty() {
        errors.add(field, FieldCode::OutOfRange, "不能为空");
    }
}

async fn list_decisions(
    call: Call<List<DecisionQuery, InOrder>>,
) -> Result<Reply<Page<Decision>>, Problem> {
    let query = &call.query.filter;
    let filter = DecisionFilter {
        round_id: query.round_id,
        plan_id: query.plan_id,
        task_id: query.task_id,
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        state: query.state,
        overdue: query.overdue.map(|overdue| (overdue, call.now.today)),
    };
    let reach = call.viewer.reach(Action::ReadDecisions);
    let page = list::list(&call.ctx.db, &filter, &reach, &call.query.wanted()).await?;
    let items = shown(&call.ctx.db, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<Decision>, Problem> {
    let id: DecisionId = call.id("id")?;
    let db = &call.ctx.db;
    let reach = call.viewer.reach(Action::ReadDecisions);
    match list::one(db, id, &reach).await? {
        Some(_) => Ok(Reply::ok(one(db, id).await?)),
        None if list::exists(db, id).await? => Err(Problem::hidden(format!("decision {id}"))),
        None => Err(Problem::not_found()),
    }
}

async fn make(call: Call<NoQuery, DecisionToWriteDown>) -> Result<Reply<Decision>, Problem> {
    let given = &call.body;
    let wanted = DecisionWanted {
        round_id: given.round_id,
        text: given.text.trim().to_owned(),
        unit_code: given.unit_code.to_string(),
        due_on: given.due_on.0,
        task_id: given.task_id,
        reason: given.reason.as_deref().map(str::to_owned),
    };
    let id = make_decision(&call.ctx, &call.viewer.address, wanted).await?;
    let made = one(&call.ctx.db, id).await?;
    Ok(Reply::created(made, &format!("/decisions/{id}")))
}

async fn send_back(call: Call<NoQuery, DecisionReturn>) -> Result<Reply<Decision>, Problem> {
    let id: DecisionId = call.id("id")?;
    let (by, given) = (&call.viewer.address, &call.body);
    let reason = given.reason.trim().to_owned();
    return_decision(&call.ctx, by, id, reason, given.due_on.0).await?;
    Ok(Reply::ok(one(&call.ctx.db, id).await?))
}

async fn close(call: Call<NoQuery, DecisionClosing>) -> Result<Reply<Decision>, Problem> {
    let id: DecisionId = call.id("id")?;
    let note = call.body.note.as_ref().map(|note| note.trim().to_owned());
    let note = note.filter(|note| !note.is_empty());
    close_decision(&call.ctx, &call.viewer.address, id, note).await?;
    Ok(Reply::ok(one(&call.ctx.db, id).await?))
}

async fn withdraw(call: Call<NoQuery, DecisionWithdrawal>) -> Result<Reply<Decision>, Problem> {
    let id: DecisionId = call.id("id")?;
    let reason = call.body.reason.trim().to_owned();
    withdraw_decision(&call.ctx, &call.viewer.address, id, reason).await?;
    Ok(Reply::ok(one(&call.ctx.db, id).await?))
}

async fn one(db: &Db, id: DecisionId) -> Result<Decision, Problem> {
    let row = list::one(db, id, &Reach::All).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let shown = shown(db, vec![row]).await?.pop();
    shown.ok_or_else(|| Problem::internal(format!("decision {id} has no obligation")))
}

/// Decisions as they are shown, in their order.
async fn shown(db: &Db, rows: Vec<StoredDecision>) -> Result<Vec<Decision>, Problem> {
    let ids: Vec<ObligationId> = rows.iter().map(|row| row.obligation_id).collect();
    let mut answers = dispatch_rows::last_answers(db, &ids).await?;
    let periods = labels::periods(db, rows.iter().map(|row| row.round_id)).await?;
    let about: Vec<TaskId> = rows.iter().filter_map(|row| row.task_id).collect();
    let about = tasks::with_ids(db, &about).await?.into_iter();
    let about: HashMap<TaskId, String> = about.map(|task| (task.id, task.number)).collect();
    let asked = obligations::with_ids(db, ids).await?.into_iter();
    let mut asked: HashMap<ObligationId, _> = asked.map(|row| (row.obligation.id, row)).collect();
    let shown = rows.into_iter().filter_map(|row| {
        let asked = asked.remove(&row.obligation_id)?;
        let answer = answers.remove(&row.obligation_id);
        let obligation = asked.obligation;
        Some(Decision {
            id: row.id,
            round_id: row.round_id,
            period: periods.get(&row.round_id).cloned(),
            plan_id: obligation.plan_id,
            plan_title: asked.plan_title,
            number: row.number,
            text: row.text,
            unit_id: row.unit_id,
            unit_code: asked.unit.code,
            unit_name: asked.unit.name,
            task_number: row.task_id.and_then(|task| about.get(&task).cloned()),
            task_id: row.task_id,
            obligation_id: row.obligation_id,
            state: DecisionState::of(row.course, obligation.state),
            first_due_on: obligation.first_due_on,
            due_on: obligation.due_on,
            moved_by: obligation.moved.map(|moved| moved.by),
            answered_at: answer.as_ref().map(|answer| answer.reported_at),
            answer: answer.and_then(|answer| answer.note),
            made_by: row.made_by,
            made_at: row.made_at,
            reason: row.ask_reason,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            decision_note: row.decision_note,
        })
    });
    Ok(shown.collect())
}
