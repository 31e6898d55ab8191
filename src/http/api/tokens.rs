//! `/tokens`: what programs call with. Everybody keeps their own; administrators everyone's. A token's text is told once.

use super::examples;
use crate::domain::access::Action;
use crate::domain::ids::{TokenId, UserId};
use crate::domain::token_kind::TokenKind;
use crate::domain::token_scope::TokenScope;
use crate::flow::FlowError;
use crate::flow::manage_users::{LONGEST_TOKEN_DAYS, make_token, may_give, revoke_token};
use crate::flow::refusal::RefusalCode;
use crate::http::kernel::{
    Call, Check, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Nothing, Page, Problem,
    Reply, Tag,
};
use crate::storage::lists::tokens as lists;
use crate::storage::lists::tokens::{TokenFilter, TokenListed, Whose};
use crate::storage::users::{StoredToken, get as user};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "tokens",
    says: "令牌",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    use RefusalCode::{InvalidValue, NotFound, NotYours, Stale};
    let all = [
        Endpoint::get("/tokens", "list_tokens", Action::ReadTokens, list_tokens)
            .says("令牌列表", "List tokens", "本人的令牌和网页登录（kind 为 session），包括已收回和已过期的；系统管理员可见全部。令牌原文不保存，无从查看。last_used_at 只精确到小时，且会晚些时候才更新。")
            .example_query("revoked=false&kind=bearer"),
        Endpoint::get("/tokens/{id}", "read_token", Action::ReadTokens, read_token)
            .says("读取一个令牌", "Read a token", "不含令牌原文。")
            .example_param("id", examples::TOKEN),
        Endpoint::post("/tokens", "make_token", Action::WriteTokens, post_token)
            .says("申请令牌", "Make a token", "令牌原文只在答复的 text 中出现这一次。用同一 Idempotency-Key 重复提交时不会另发令牌，但 text 为 null：没有收到原文的，请收回后另行申请。系统管理员可为他人申请。")
            .refuses(&[InvalidValue, NotFound, NotYours])
            .example_body(json!({ "name": "看板", "scope": "read", "expires_in_days": 90 })),
        Endpoint::delete("/tokens/{id}", "revoke_token", Action::WriteTokens, delete_token)
            .says("收回令牌", "Revoke a token", "从下一个请求起即无效；收回网页登录，即在那个浏览器上退出。再收回一次没有变化。")
            .refuses(&[NotFound, Stale])
            .example_param("id", examples::TOKEN),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenQuery {
    /// 用户；不是系统管理员的只能查自己
    user_id: Option<UserId>,
    /// 权限范围
    scope: Option<TokenScope>,
    /// 种类：bearer 接口令牌，session 网页登录
    kind: Option<TokenKind>,
    /// true 只列已收回的，false 只列没有收回的
    revoked: Option<bool>,
}

/// 令牌
#[derive(Debug, Serialize, ToSchema)]
struct TokenShown {
    /// 编号
    id: TokenId,
    /// 用户
    user_id: UserId,
    /// 用户的邮箱
    user_email: String,
    /// 用途；网页登录的为浏览器
    name: String,
    /// 种类：bearer 接口令牌，session 网页登录
    kind: TokenKind,
    /// 权限范围：read 只读，write 可读写
    scope: TokenScope,
    /// 何时申请
    created_at: DateTime<Utc>,
    /// 何时到期
    expires_at: DateTime<Utc>,
    /// 最近使用，精确到小时；没有用过的为 null
    #[schema(required)]
    last_used_at: Option<DateTime<Utc>>,
    /// 何时收回；没有收回的为 null
    #[schema(required)]
    revoked_at: Option<DateTime<Utc>>,
}

/// 新令牌
#[derive(Debug, Serialize, ToSchema)]
struct TokenMadeShown {
    /// 令牌的资料
    #[serde(flatten)]
    token: TokenShown,
    /// 令牌原文，只出现这一次，请妥善保存；重复提交的答复中为 null
    #[schema(required)]
    text: Option<String>,
}

fn shown(token: StoredToken, user_email: String) -> TokenShown {
    TokenShown {
        id: token.id,
        user_id: token.user_id,
        user_email,
        name: token.name,
        kind: token.kind,
        scope: token.scope,
        created_at: token.created_at,
        expires_at: token.expires_at,
        last_used_at: token.last_used_at,
        revoked_at: token.revoked_at,
    }
}

async fn list_tokens(call: Call<List<TokenQuery>>) -> Result<Reply<Page<TokenShown>>, Problem> {
    let query = &call.query.filter;
    let filter = TokenFilter {
        user_id: query.user_id,
        scope: query.scope,
        kind: query.kind,
        revoked: query.revoked,
    };
    let whose = match call.viewer.reaches_everyone(Action::ReadTokens) {
        true => Whose::Everyones,
        false => Whose::Of(call.viewer.user_id),
    };
    let paged = lists::list(&call.ctx.db, &filter, whose, &call.query.wanted()).await?;
    let items = paged.rows.into_iter();
    let items = items.map(|one| shown(one.token, one.user_email)).collect();
    Ok(Reply::ok(call.query.shown(items, paged.next)))
}

/// The token in the path, if the caller meets it under an action.
async fn met<Q, B>(call: &Call<Q, B>, action: Action) -> Result<TokenListed, Problem> {
    let id: TokenId = call.id("id")?;
    let token = lists::one(&call.ctx.db, id).await?;
    let token = token.ok_or_else(Problem::not_found)?;
    match call.viewer.reaches_user(action, token.token.user_id) {
        true => Ok(token),
        false => Err(Problem::hidden(format!("token {id}"))),
    }
}

async fn read_token(call: Call) -> Result<Reply<TokenShown>, Problem> {
    let one = met(&call, Action::ReadTokens).await?;
    Ok(Reply::ok(shown(one.token, one.user_email)))
}

/// 申请什么令牌
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenBody {
    /// 为谁申请；不填为本人，只有系统管理员可填他人
    user_id: Option<UserId>,
    /// 用途，例如“教育局大屏”
    name: Line<100>,
    /// 权限范围，不能超出当前令牌
    scope: TokenScope,
    /// 有效天数，1 至 366
    #[schema(minimum = 1, maximum = 366)]
    expires_in_days: u32,
}

impl Check for TokenBody {
    fn check(&self, errors: &mut FieldErrors) {
        if !(1..=LONGEST_TOKEN_DAYS).contains(&self.expires_in_days) {
            let message = format!("应在 1 至 {LONGEST_TOKEN_DAYS} 之间");
            errors.add("expires_in_days", FieldCode::OutOfRange, message);
        }
    }
}

async fn post_token(call: Call<NoQuery, TokenBody>) -> Result<Reply<TokenMadeShown>, Problem> {
    let body = call.body;
    let user_id = body.user_id.unwrap_or(call.viewer.user_id);
    if !call.viewer.reaches_user(Action::WriteTokens, user_id) {
        return Err(Problem::hidden(format!("tokens of user {user_id}")));
    }
    if !may_give(&call.viewer, body.scope) {
        let refusal = FlowError::refused_field(
            RefusalCode::NotYours,
            "scope",
            "不能申请比当前令牌权限更大的令牌",
        );
        return Err(refusal.into());
    }
    let (db, days) = (&call.ctx.db, body.expires_in_days);
    let owner = user(db, user_id).await?;
    let email = owner.ok_or_else(Problem::not_found)?.email;
    let made = make_token(&call.ctx, user_id, &body.name, body.scope, days).await?;
    let told = |text| TokenMadeShown {
        token: shown(made.token.clone(), email.clone()),
        text,
    };
    let path = format!("/tokens/{}", made.token.id);
    Ok(Reply::created(told(Some(made.text.clone())), &path).told_again_as(told(None)))
}

async fn delete_token(call: Call) -> Result<Reply<Nothing>, Problem> {
    let one = met(&call, Action::WriteTokens).await?;
    revoke_token(&call.ctx, one.token.id, call.seen.change_no()).await?;
    Ok(Reply::no_content())
}
