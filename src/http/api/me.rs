//! `/me`: who calls, as what, and what they may do.

use super::users::RoleShown;
use crate::domain::access::Action;
use crate::domain::ids::{TokenId, UnitId, UserId};
use crate::domain::token_scope::TokenScope;
use crate::http::kernel::{Call, Endpoint, Problem, Reply, Tag};
use crate::storage::users;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "me",
    says: "我是谁",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let me = Endpoint::get("/me", "read_me", Action::ReadMe, read_me)
        .tag(TAG)
        .says("我是谁，能做什么", "Who am I, and what may I do", "当前令牌的用户、角色和单位。actions 是角色和令牌都允许的操作，与各接口的 x-action 对应；对哪些单位的内容有效，见 x-rows。");
    vec![me]
}

/// 调用者
#[derive(Debug, Serialize, ToSchema)]
struct MeShown {
    /// 编号
    id: UserId,
    /// 邮箱
    email: String,
    /// 姓名
    #[schema(required)]
    name: Option<String>,
    /// 全部角色
    roles: Vec<RoleShown>,
    /// 本人角色所属的单位，及其下级单位
    units: Vec<MyUnit>,
    /// 可以做的操作
    actions: Vec<&'static str>,
    /// 当前令牌
    token: MyToken,
}

/// 看得到其内容的单位
#[derive(Debug, Serialize, ToSchema)]
struct MyUnit {
    /// 单位
    unit_id: UnitId,
    /// 单位编码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 是本单位，不是下级单位
    own: bool,
}

/// 当前令牌
#[derive(Debug, Serialize, ToSchema)]
struct MyToken {
    /// 编号
    id: TokenId,
    /// 用途
    name: String,
    /// 权限范围
    scope: TokenScope,
    /// 何时到期
    expires_at: DateTime<Utc>,
}

async fn read_me(call: Call) -> Result<Reply<MeShown>, Problem> {
    let (db, viewer) = (&call.ctx.db, &call.viewer);
    let user = users::get(db, viewer.user_id).await?;
    let token = users::token(db, viewer.token_id).await?;
    let (Some(user), Some(token)) = (user, token) else {
        return Err(Problem::not_found());
    };
    let directory = call.ctx.units().await?;
    let own: BTreeSet<UnitId> = viewer
        .memberships
        .iter()
        .filter_map(|one| one.unit_id)
        .collect();
    let mine = directory.units().iter();
    let mine = mine.filter(|unit| own.contains(&unit.id) || viewer.below.contains(&unit.id));
    let roles = viewer.memberships.iter();
    Ok(Reply::ok(MeShown {
        id: user.id,
        email: user.email,
        name: user.name,
        roles: roles
            .map(|one| RoleShown::new(one.role, one.unit_id.and_then(|id| directory.get(id))))
            .collect(),
        units: mine
            .map(|unit| MyUnit {
                unit_id: unit.id,
                unit_code: unit.code.clone(),
                unit_name: unit.name.clone(),
                own: own.contains(&unit.id),
            })
            .collect(),
        actions: Action::ALL
            .iter()
            .filter(|action| viewer.may(**action))
            .map(|action| action.as_str())
            .collect(),
        token: MyToken {
            id: token.id,
            name: token.name,
            scope: token.scope,
            expires_at: token.expires_at,
        },
    }))
}
