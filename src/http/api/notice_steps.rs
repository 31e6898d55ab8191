//! Steps of notices 督办单: raised by hand, approved, objected to, decided.

use super::notices::{self, NoticeDetail, TAG};
use super::{examples, whose};
use crate::domain::access::Action;
use crate::domain::ids::{NoticeId, ObligationId, TaskId};
use crate::domain::notice::{NoticeEvent, Rung};
use crate::domain::user_role::UserRole;
use crate::flow::RefusalCode;
use crate::flow::decide_notice::{NoticeDecision, decide_notice, object_to_notice};
use crate::flow::issue_notices::{
    Approver, Approving, MOST_AT_ONCE, approve_notices, issue_notice,
};
use crate::flow::raise_notice_by_hand::{NoticeWanted, WantedAbout, raise_notice_by_hand};
use crate::http::kernel::text::Written;
use crate::http::kernel::{
    Call, Check, Day, Endpoint, FieldCode, FieldErrors, Line, NoQuery, Problem, Prose, Reply,
};
use crate::storage::notices as stored;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The endpoints that write.
pub fn endpoints() -> Vec<Endpoint> {
    let all = [raising(), approving(), deciding(), objecting()];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

fn raising() -> Endpoint {
    Endpoint::post("/notices", "raise_notice", Action::RaiseNotices, raise)
        .says(
            "提出督办单",
            "Raise a notice by hand",
            "就一个单位没有办理的应报事项，或它在一项任务中的分工提出。先为草稿，批准后发出。一事一单：同一事项已有督办单在办的不能再提，但黄色的发出后没有答复的，可以提红色的。",
        )
        .refuses(&[
            RefusalCode::NotFound,
            RefusalCode::UnknownUnit,
            RefusalCode::InvalidValue,
            RefusalCode::ObligationSettled,
            RefusalCode::Taken,
        ])
        .example_body(json!({
            "task_id": examples::TASK,
            "unit_code": "B2",
            "rung": "yellow",
            "reason": "局长办公会要求加快推进",
            "demand": "请倒排工期，书面说明滞后原因和完成时间。",
            "answer_workdays": 5,
        }))
}

fn approving() -> Endpoint {
    Endpoint::post(
        "/notices/approvals",
        "approve_notices",
        Action::ApproveNotices,
        approve,
    )
    .says(
        "批准督办单",
        "Approve notices",
        "一次最多 100 份，全部批准或全部不批准。默认批准后立即发出：取得编号，列明的事实不再变化，要求单位答复并立即通知。配置规定须由局领导批准的，其他角色不能批准。",
    )
    .refuses(&[
        RefusalCode::NotFound,
        RefusalCode::InvalidValue,
        RefusalCode::OutOfOrder,
        RefusalCode::ObligationSettled,
        RefusalCode::NotYours,
    ])
    .answers(&[StatusCode::OK])
    .example_body(json!({ "ids": [examples::NOTICE_DRAFT], "note": "同意" }))
}

fn deciding() -> Endpoint {
    Endpoint::post(
        "/notices/{id}/decision",
        "decide_notice",
        Action::DecideNotices,
        decide,
    )
    .says(
        "处理督办单",
        "Decide what becomes of a notice",
        "issue 发出（已批准未发出的），return 退回答复并给出新的期限，close 办结，withdraw 撤回，uphold 采纳异议（督办单撤回），reject 不采纳异议。除发出和办结已答复的以外，都须写明理由。",
    )
    .refuses(&[
        RefusalCode::InvalidValue,
        RefusalCode::WrongDay,
        RefusalCode::OutOfOrder,
        RefusalCode::ObligationSettled,
    ])
    .answers(&[StatusCode::OK])
    .example_param("id", examples::NOTICE)
    .example_body(json!({ "event": "close", "reason": "已电话核实办结" }))
}

fn objecting() -> Endpoint {
    Endpoint::post(
        "/notices/{id}/objection",
        "object_to_notice",
        Action::ObjectToNotices,
        object,
    )
    .says(
        "对督办单提出异议",
        "Object to a notice",
        "由收到督办单的单位在答复期限内提出，一份督办单一次；督导办可以代为登记。异议处理期间，答复期限不变，不升级。",
    )
    .refuses(&[RefusalCode::OutOfOrder, RefusalCode::DueDayPassed])
    .answers(&[StatusCode::OK])
    .example_param("id", examples::NOTICE)
    .example_body(json!({ "reason": "该任务已由区教育局统一组织，材料已随区汇总报送" }))
}

/// 要提出的督办单
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoticeToRaise {
    /// 没有办理的应报事项；与 task_id 任选其一
    obligation_id: Option<ObligationId>,
    /// 任务
    task_id: Option<TaskId>,
    /// 单位代码；就任务提出的必填
    unit_code: Option<Line<64>>,
    /// 级别
    rung: Rung,
    /// 提出的理由
    #[schema(value_type = Written<2000>)]
    reason: Prose<2000>,
    /// 办理要求；不写的，用通常的要求
    demand: Option<Prose<2000>>,
    /// 发出后几个工作日内答复，1 至 30；不写的，按配置
    #[schema(minimum = 1, maximum = 30)]
    answer_workdays: Option<i32>,
}

impl Check for NoticeToRaise {
    fn check(&self, errors: &mut FieldErrors) {
        let code = FieldCode::OutOfRange;
        if self.reason.trim().is_empty() {
            errors.add("reason", code, "不能为空");
        }
        if self
            .answer_workdays
            .is_some_and(|days| !(1..=30).contains(&days))
        {
            errors.add("answer_workdays", code, "应为 1 至 30");
        }
        match (self.obligation_id, self.task_id, &self.unit_code) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => {}
            (Some(_), None, Some(_)) => {
                errors.add(
                    "unit_code",
                    code,
                    "就应报事项提出的，单位由事项确定，请去掉",
                );
            }
            (None, Some(_), None) => errors.add("unit_code", code, "就任务提出的，须写明单位"),
            (Some(_), Some(_), _) => {
                errors.add("task_id", code, "obligation_id 和 task_id 只能写一个");
            }
            (None, None, _) => errors.add("obligation_id", code, "请写 obligation_id 或 task_id"),
        }
    }
}

/// 对督办单的批准
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoticesToApprove {
    /// 督办单编号，最多 100 份
    #[schema(min_items = 1, max_items = 100)]
    ids: Vec<NoticeId>,
    /// 批示
    note: Option<Prose<2000>>,
    /// 办理要求；不写的，用草稿所写的
    demand: Option<Prose<2000>>,
    /// 是否立即发出，默认是
    issue: Option<bool>,
}

impl Check for NoticesToApprove {
    fn check(&self, errors: &mut FieldErrors) {
        if self.ids.is_empty() || self.ids.len() > MOST_AT_ONCE {
            let message = format!("应有 1 至 {MOST_AT_ONCE} 份");
            errors.add("ids", FieldCode::OutOfRange, message);
        }
    }
}

/// 批准的督办单
#[derive(Debug, Serialize, ToSchema)]
struct NoticesApproved {
    /// 督办单，按给出的顺序
    notices: Vec<notices::Notice>,
}

/// 对督办单的处理
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionOnNotice {
    /// 处理：issue、return、close、withdraw、uphold、reject
    event: NoticeEvent,
    /// 理由或说明
    reason: Option<Prose<2000>>,
    /// 重新答复的期限，须为今天以后的工作日
    due_on: Option<Day>,
}

impl Check for DecisionOnNotice {}

/// 异议
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ObjectionToMake {
    /// 理由
    #[schema(value_type = Written<2000>)]
    reason: Prose<2000>,
}

impl Check for ObjectionToMake {
    fn check(&self, errors: &mut FieldErrors) {
        if self.reason.trim().is_empty() {
            errors.add("reason", FieldCode::OutOfRange, "不能为空");
        }
    }
}

async fn raise(call: Call<NoQuery, NoticeToRaise>) -> Result<Reply<NoticeDetail>, Problem> {
    let given = &call.body;
    let about = match (given.obligation_id, given.task_id, &given.unit_code) {
        (Some(ask), _, _) => WantedAbout::Ask(ask),
        (None, Some(task), Some(code)) => WantedAbout::Part(task, code.to_string()),
        (None, _, _) => {
            return Err(Problem::internal(
                "a notice about nothing passed the check of its fields",
            ));
        }
    };
    let wanted = NoticeWanted {
        about,
        rung: given.rung,
        reason: given.reason.trim().to_owned(),
        demand: told(given.demand.as_ref()),
        answer_workdays: given.answer_workdays,
    };
    let id = raise_notice_by_hand(&call.ctx, &call.viewer.address, wanted).await?;
    let made = notices::one(&call.ctx.db, id).await?;
    Ok(Reply::created(made, &format!("/notices/{id}")))
}

async fn approve(call: Call<NoQuery, NoticesToApprove>) -> Result<Reply<NoticesApproved>, Problem> {
    let given = &call.body;
    let memberships = call.viewer.memberships.iter();
    let by = Approver {
        name: &call.viewer.address,
        is_leader: memberships.clone().any(|one| one.role == UserRole::Leader),
    };
    let approving = Approving {
        note: told(given.note.as_ref()),
        demand: told(given.demand.as_ref()),
        issue: given.issue.unwrap_or(true),
    };
    approve_notices(&call.ctx, by, &given.ids, &approving).await?;
    let mut rows = stored::with_ids(&call.ctx.db, &given.ids).await?;
    rows.sort_by_key(|row| given.ids.iter().position(|id| *id == row.id));
    let notices = notices::shown(&call.ctx.db, rows).await?;
    Ok(Reply::ok(NoticesApproved { notices }))
}

async fn decide(call: Call<NoQuery, DecisionOnNotice>) -> Result<Reply<NoticeDetail>, Problem> {
    let id: NoticeId = call.id("id")?;
    let given = &call.body;
    let by = &call.viewer.address;
    if given.event == NoticeEvent::Issue {
        issue_notice(&call.ctx, by, id).await?;
    } else {
        let decision = NoticeDecision {
            event: given.event,
            reason: told(given.reason.as_ref()),
            due_on: given.due_on.map(|day| day.0),
        };
        decide_notice(&call.ctx, by, id, &decision).await?;
    }
    Ok(Reply::ok(notices::one(&call.ctx.db, id).await?))
}

async fn object(call: Call<NoQuery, ObjectionToMake>) -> Result<Reply<NoticeDetail>, Problem> {
    let notice = notices::found(&call, Action::ReadNotices).await?;
    let id = notice.id;
    let (viewer, unit) = (&call.viewer, notice.unit_id);
    whose::require(viewer, Action::ObjectToNotices, unit, || {
        format!("notice {id}")
    })?;
    let reason = call.body.reason.trim();
    object_to_notice(&call.ctx, &viewer.address, id, reason).await?;
    Ok(Reply::ok(notices::one(&call.ctx.db, id).await?))
}

/// A text that says something.
fn told(text: Option<&Prose<2000>>) -> Option<String> {
    let text = text.map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty())
}
