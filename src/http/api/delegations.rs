//! `/delegations`: who stands in for whom during an absence. Everybody keeps their own; administrators everyone's.

use super::email_text::EmailText;
use super::examples;
use crate::domain::access::Action;
use crate::domain::delegation::Delegation;
use crate::domain::ids::{DelegationId, UserId};
use crate::flow::delegate::{NewDelegation, delegate, end_delegation};
use crate::flow::refusal::RefusalCode;
use crate::http::kernel::{
    Call, Check, Day, Endpoint, Line, List, NoQuery, Nothing, Page, Problem, Reply, Tag,
};
use crate::storage::lists::delegations as lists;
use crate::storage::lists::delegations::{DelegationFilter, DelegationListed};
use crate::storage::lists::tokens::Whose;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "delegations",
    says: "代办",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    use RefusalCode::{InvalidValue, NotFound, Stale, Taken};
    let all = [
        Endpoint::get("/delegations", "list_delegations", Action::ReadDelegations, list_delegations)
            .says("代办列表", "List delegations", "本人请人代办的，以及代他人办理的，包括已结束的；系统管理员可见全部。")
            .example_query("on=2026-03-09"),
        Endpoint::get("/delegations/{id}", "read_delegation", Action::ReadDelegations, read_delegation)
            .says("读取一项代办", "Read a delegation", "")
            .example_param("id", examples::DELEGATION),
        Endpoint::post("/delegations", "make_delegation", Action::WriteDelegations, post_delegation)
            .says("请人代办", "Let somebody stand in", "在 from_on 至 until_on 的各日（本地日期，含首尾），代办人除自己的角色外，还有本人自己的角色；系统管理员的角色不能代办，代他人办理的角色不能再转给别人。代办人所做的，审计记录中 actor 仍是代办人，stands_in_for 注明代谁。同一天只能请一人代办。")
            .refuses(&[InvalidValue, NotFound, Taken])
            .example_body(json!({
                "delegate_email": "li@example.org", "from_on": "2026-12-14",
                "until_on": "2026-12-18", "reason": "外出学习",
            })),
        Endpoint::delete("/delegations/{id}", "end_delegation", Action::WriteDelegations, delete_delegation)
            .says("结束代办", "End a delegation", "从下一个请求起即无效。本人和代办人都可以结束；再结束一次没有变化。")
            .refuses(&[NotFound, Stale])
            .example_param("id", examples::DELEGATION),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DelegationQuery {
    /// 谁请人代办
    user_id: Option<UserId>,
    /// 代办人
    delegate_id: Option<UserId>,
    /// 在这一天有效的
    on: Option<Day>,
}

/// 代办
#[derive(Debug, Serialize, ToSchema)]
struct DelegationShown {
    /// 编号
    id: DelegationId,
    /// 谁请人代办
    user_id: UserId,
    /// 其邮箱
    user_email: String,
    /// 代办人
    delegate_id: UserId,
    /// 代办人的邮箱
    delegate_email: String,
    /// 第一天
    from_on: NaiveDate,
    /// 最后一天
    until_on: NaiveDate,
    /// 原因
    reason: String,
    /// 何时登记
    made_at: DateTime<Utc>,
    /// 何时提前结束；没有提前结束的为 null
    #[schema(required)]
    ended_at: Option<DateTime<Utc>>,
}

fn shown(listed: DelegationListed) -> DelegationShown {
    let DelegationListed {
        delegation,
        user_email,
        delegate_email,
    } = listed;
    let Delegation {
        id,
        user_id,
        delegate_id,
        from_on,
        until_on,
        reason,
        made_at,
        ended_at,
    } = delegation;
    DelegationShown {
        id,
        user_id,
        user_email,
        delegate_id,
        delegate_email,
        from_on,
        until_on,
        reason,
        made_at,
        ended_at,
    }
}

async fn list_delegations(
    call: Call<List<DelegationQuery>>,
) -> Result<Reply<Page<DelegationShown>>, Problem> {
    let query = &call.query.filter;
    let filter = DelegationFilter {
        user_id: query.user_id,
        delegate_id: query.delegate_id,
        on: query.on.map(|day| day.0),
    };
    let whose = match call.viewer.reaches_everyone(Action::ReadDelegations) {
        true => Whose::Everyones,
        false => Whose::Of(call.viewer.user_id),
    };
    let paged = lists::list(&call.ctx.db, &filter, whose, &call.query.wanted()).await?;
    let items = paged.rows.into_iter().map(shown).collect();
    Ok(Reply::ok(call.query.shown(items, paged.next)))
}

/// The delegation in the path, if the caller has given it, holds it, or meets everyone's under an action.
async fn met(call: &Call, action: Action) -> Result<DelegationListed, Problem> {
    let id: DelegationId = call.id("id")?;
    let found = lists::one(&call.ctx.db, id).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    let both = [found.delegation.user_id, found.delegation.delegate_id];
    let is_met = |user| call.viewer.reaches_user(action, user);
    match both.into_iter().any(is_met) {
        true => Ok(found),
        false => Err(Problem::hidden(format!("delegation {id}"))),
    }
}

async fn read_delegation(call: Call) -> Result<Reply<DelegationShown>, Problem> {
    met(&call, Action::ReadDelegations)
        .await
        .map(shown)
        .map(Reply::ok)
}

/// 请谁代办
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DelegationBody {
    /// 为谁登记；不填为本人，只有系统管理员可填他人
    user_id: Option<UserId>,
    /// 代办人的邮箱，须是用户
    delegate_email: EmailText,
    /// 第一天
    from_on: Day,
    /// 最后一天，与第一天相距不超过 365 天
    until_on: Day,
    /// 原因
    reason: Line<200>,
}

impl Check for DelegationBody {}

async fn post_delegation(
    call: Call<NoQuery, DelegationBody>,
) -> Result<Reply<DelegationShown>, Problem> {
    let body = call.body;
    let user_id = body.user_id.unwrap_or(call.viewer.user_id);
    if !call.viewer.reaches_user(Action::WriteDelegations, user_id) {
        return Err(Problem::hidden(format!("delegations of user {user_id}")));
    }
    let new = NewDelegation {
        user_id,
        delegate: body.delegate_email.0,
        from_on: body.from_on.0,
        until_on: body.until_on.0,
        reason: body.reason.into_string(),
    };
    let made = delegate(&call.ctx, new).await?;
    let listed = lists::one(&call.ctx.db, made.id).await?;
    let listed = listed.ok_or_else(Problem::not_found)?;
    Ok(Reply::created(
        shown(listed),
        &format!("/delegations/{}", made.id),
    ))
}

async fn delete_delegation(call: Call) -> Result<Reply<Nothing>, Problem> {
    let one = met(&call, Action::WriteDelegations).await?;
    end_delegation(&call.ctx, one.delegation.id, call.seen.change_no()).await?;
    Ok(Reply::no_content())
}
