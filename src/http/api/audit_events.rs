//! `/audit-events`: who did what, before and after, and whether the record is whole.

use super::examples;
use crate::domain::access::Action;
use crate::domain::ids::{AuditEventId, TokenId, UserId};
use crate::domain::resource::Resource;
use crate::flow::seal_audit::{AuditVerified, verify_audit};
use crate::http::kernel::{
    Call, Day, Direction, Endpoint, FieldCode, FieldErrors, Line, List, Page, Problem, Reply,
    SortKey, Tag,
};
use crate::storage::audit_events::Outcome;
use crate::storage::lists::audit_events as lists;
use crate::storage::lists::audit_events::{AuditEventFilter, AuditEventListed};
use chrono::{DateTime, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

const TAG: Tag = Tag {
    name: "audit-events",
    says: "审计记录",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let all = [
        Endpoint::get("/audit-events", "list_audit_events", Action::ReadAuditEvents, list_events)
            .says("审计记录", "List audit events", "谁在何时做了什么，改动前后如何；无权的尝试也有记录（outcome=refused）。最新的在前。")
            .example_query("action=set_contact&outcome=done&from=2026-03-01&to=2026-03-31"),
        Endpoint::get("/audit-events/{id}", "read_audit_event", Action::ReadAuditEvents, read_event)
            .says("读取一条审计记录", "Read an audit event", "")
            .example_param("id", examples::AUDIT_EVENT),
        Endpoint::get("/audit-events/verification", "verify_audit_events", Action::ReadAuditEvents, verify)
            .never_kept()
            .says("核验审计记录", "Verify the chain of audit events", "逐条核验已封存的记录，指出第一处被改动、删除或插入的地方；只读。anchor 是另行记下的“序号:校验值”，核验当时的记录是否仍在。请不要带 If-None-Match。")
            .example_query(""),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EventQuery {
    /// 何人：邮箱（小写）、系统账号或任务名，须完整
    actor: Option<Line<254>>,
    /// 何事，例如 set_contact
    action: Option<Line<100>>,
    /// 对哪类内容
    resource: Option<Resource>,
    /// 对哪一条内容
    row_id: Option<Uuid>,
    /// 结果：done 已办，refused 无权
    outcome: Option<Outcome>,
    /// 从哪一天起
    from: Option<Day>,
    /// 到哪一天为止，含当天
    to: Option<Day>,
}

/// The one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ByTime;

impl SortKey for ByTime {
    const ALL: &'static [Self] = &[Self];
    const USUAL: Direction = Direction::Descending;

    fn as_str(self) -> &'static str {
        "happened_at"
    }
}

/// 审计记录
#[derive(Debug, Serialize, ToSchema)]
struct EventShown {
    /// 编号
    id: AuditEventId,
    /// 何时
    happened_at: DateTime<Utc>,
    /// 何人的类别：user 用户，mail_link 邮件链接，command_line 命令行，system 定时任务
    actor_kind: String,
    /// 何人：邮箱、系统账号或任务名
    actor: String,
    /// 用户
    #[schema(required)]
    user_id: Option<UserId>,
    /// 所用的令牌
    #[schema(required)]
    token_id: Option<TokenId>,
    /// 何事
    action: String,
    /// 结果：done 已办，refused 无权
    outcome: String,
    /// 哪类内容
    #[schema(required)]
    resource: Option<String>,
    /// 哪一条内容
    #[schema(required)]
    row_id: Option<Uuid>,
    /// 对象，供人阅读
    target: String,
    /// 改动之前
    #[schema(required, value_type = Option<Object>)]
    before: Option<Value>,
    /// 改动之后
    #[schema(required, value_type = Option<Object>)]
    after: Option<Value>,
    /// 请求编号
    #[schema(required)]
    request_id: Option<String>,
    /// 封存的序号；尚未封存的为 null
    #[schema(required)]
    chain_no: Option<i64>,
    /// 封存的校验值
    #[schema(required)]
    hash: Option<String>,
}

fn shown(event: AuditEventListed) -> EventShown {
    let AuditEventListed {
        record,
        chain_no,
        hash,
    } = event;
    // What was altered into something that is no JSON is shown as the text it is.
    let json = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
    EventShown {
        id: AuditEventId(record.id),
        happened_at: record.happened_at,
        actor_kind: record.actor_kind,
        actor: record.actor,
        user_id: record.user_id.map(UserId),
        token_id: record.token_id.map(TokenId),
        action: record.action,
        outcome: record.outcome,
        resource: record.resource,
        row_id: record.row_id,
        target: record.target,
        before: record.before.map(json),
        after: record.after.map(json),
        request_id: record.request_id,
        chain_no,
        hash,
    }
}

async fn list_events(
    call: Call<List<EventQuery, ByTime>>,
) -> Result<Reply<Page<EventShown>>, Problem> {
    let query = &call.query.filter;
    let zone = call.ctx.settings.zone;
    let begin = |day: chrono::NaiveDate| zone.instant(day.and_time(NaiveTime::MIN));
    let filter = AuditEventFilter {
        actor: query.actor.as_deref().map(str::to_owned),
        action: query.action.as_deref().map(str::to_owned),
        resource: query.resource,
        row_id: query.row_id,
        outcome: query.outcome,
        from: query.from.map(|day| begin(day.0)),
        before: query.to.and_then(|day| day.0.succ_opt()).map(begin),
    };
    let paged = lists::list(&call.ctx.db, &filter, &call.query.wanted()).await?;
    let items = paged.rows.into_iter().map(shown).collect();
    Ok(Reply::ok(call.query.shown(items, paged.next)))
}

async fn read_event(call: Call) -> Result<Reply<EventShown>, Problem> {
    let id: AuditEventId = call.id("id")?;
    let event = lists::one(&call.ctx.db, id).await?;
    let event = event.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(shown(event)))
}

/// 怎样核验
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerifyQuery {
    /// 另行记下的“序号:校验值”
    #[schema(value_type = Option<String>, pattern = r"^[0-9]{1,18}:[!-~]{0,80}$")]
    anchor: Option<Line<100>>,
}

/// 核验的结果
#[derive(Debug, Serialize, ToSchema)]
struct VerifiedShown {
    /// 已封存的记录是否全部无误、一条不缺
    whole: bool,
    /// 从第一条起核验无误的条数
    checked: i64,
    /// 尚未封存的条数
    unsealed: u64,
    /// 最后一条无误记录的校验值；与 checked 一起写成“序号:校验值”，可作以后的 anchor
    head: String,
    /// 第一处错误；没有错误的为 null
    #[schema(required)]
    broken: Option<String>,
}

async fn verify(call: Call<VerifyQuery>) -> Result<Reply<VerifiedShown>, Problem> {
    let anchor = match call.query.anchor.as_deref() {
        None => None,
        Some(text) => Some(read_anchor(text).ok_or_else(bad_anchor)?),
    };
    let AuditVerified {
        whole,
        checked,
        unsealed,
        head,
        broken,
    } = verify_audit(&call.ctx, anchor).await?;
    Ok(Reply::ok(VerifiedShown {
        whole,
        checked,
        unsealed,
        head,
        broken,
    }))
}

fn read_anchor(text: &str) -> Option<(i64, &str)> {
    let (place, hash) = text.split_once(':')?;
    Some((place.parse().ok()?, hash))
}

fn bad_anchor() -> Problem {
    let mut errors = FieldErrors::default();
    let message = "应写成“序号:校验值”，例如 120:9f…";
    errors.add("anchor", FieldCode::Invalid, message);
    Problem::of_parameters(errors).unwrap_or_else(Problem::not_found)
}
