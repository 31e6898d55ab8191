//! `/users`: who may call the service, and as what. Administrators keep them.

use super::email_text::EmailText;
use super::examples;
use super::given::given;
use crate::domain::access::{Action, Membership};
use crate::domain::ids::{UnitId, UserId};
use crate::domain::locale::Locale;
use crate::domain::unit::Unit;
use crate::domain::user_role::UserRole;
use crate::flow::invite_user::{InvitationWay, invite_user};
use crate::flow::manage_users::{NewUser, UserChange, change_user, create_user};
use crate::flow::refusal::RefusalCode;
use crate::flow::{Ctx, FlowError};
use crate::http::kernel::{
    Call, Check, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Page, Problem, Reply,
    SortKey, Tag,
};
use crate::storage::lists::users as lists;
use crate::storage::lists::users::{UserFilter, UserListed, UserSort};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "users",
    says: "用户及其角色",
};

/// Roles of one user.
const MOST_ROLES: usize = 50;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    use RefusalCode::{
        InvalidValue, LastAdministrator, NotFound, Stale, Taken, UnknownUnit, UserDisabled,
    };
    let all = [
        Endpoint::get("/users", "list_users", Action::ReadUsers, list_users)
            .says("用户列表", "List users", "q 在邮箱和姓名中查找原文。")
            .example_query("role=unit_contact&enabled=true&sort=address"),
        Endpoint::get("/users/{id}", "read_user", Action::ReadUsers, read_user)
            .says("读取一名用户", "Read a user", "")
            .example_param("id", examples::USER),
        Endpoint::post("/users", "create_user", Action::WriteUsers, post_user)
            .says("新建用户", "Make a user", "单位的角色（unit_head、unit_contact）须给出单位编码，全局的角色不能有单位。令牌另用 POST /tokens 申请。")
            .refuses(&[InvalidValue, UnknownUnit, Taken])
            .example_body(json!({
                "email": "he@town.example.org", "name": "何老师",
                "roles": [{ "role": "unit_contact", "unit_code": "S1" }],
            })),
        Endpoint::patch("/users/{id}", "change_user", Action::WriteUsers, patch_user)
            .says("修改用户", "Change a user", "没有给出的字段不变；roles 是全部角色。停用后，其令牌即刻失效。至少保留一名启用的系统管理员。")
            .refuses(&[InvalidValue, UnknownUnit, NotFound, LastAdministrator, Stale])
            .example_param("id", examples::USER)
            .example_body(json!({ "name": "何老师", "enabled": true })),
        Endpoint::post("/users/{id}/invitation", "invite_user", Action::WriteUsers, post_invitation)
            .says("邀请用户设置密码", "Invite a user to set a password", "向用户的邮箱发送设置密码的链接，7 天内有效，只能用一次；此前发出的邀请即刻作废。忘记密码的，也可以这样重新设置：设置后，其在各浏览器上的登录全部退出。")
            .refuses(&[NotFound, UserDisabled])
            .example_param("id", examples::USER),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserQuery {
    /// 有此角色
    role: Option<UserRole>,
    /// 有此单位的角色
    unit_code: Option<Line<64>>,
    /// 是否启用
    enabled: Option<bool>,
    /// 邮箱（小写）或姓名中的文字
    q: Option<Line<100>>,
}

impl SortKey for UserSort {
    const ALL: &'static [Self] = &[Self::Address, Self::CreatedAt];

    fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::CreatedAt => "created_at",
        }
    }
}

/// 一个角色
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoleShown {
    /// 角色
    role: UserRole,
    /// 单位；全局的角色为 null
    #[schema(required)]
    unit_id: Option<UnitId>,
    /// 单位编码
    #[schema(required)]
    unit_code: Option<String>,
    /// 单位名称
    #[schema(required)]
    unit_name: Option<String>,
}

impl RoleShown {
    /// A role with its unit.
    pub(super) fn new(role: UserRole, unit: Option<&Unit>) -> Self {
        Self {
            role,
            unit_id: unit.map(|unit| unit.id),
            unit_code: unit.map(|unit| unit.code.clone()),
            unit_name: unit.map(|unit| unit.name.clone()),
        }
    }
}

/// 用户
#[derive(Debug, Serialize, ToSchema)]
struct UserShown {
    /// 编号
    id: UserId,
    /// 邮箱
    email: String,
    /// 姓名
    #[schema(required)]
    name: Option<String>,
    /// 是否启用；停用的用户，令牌一律无效，网页登录全部退出
    enabled: bool,
    /// 是否已设置密码
    has_password: bool,
    /// 页面语言：zh-CN 或 en；null 为跟随浏览器
    #[schema(required)]
    locale: Option<&'static str>,
    /// 全部角色；没有角色的不能调用
    roles: Vec<RoleShown>,
    /// 何时新建
    created_at: DateTime<Utc>,
}

fn shown(listed: UserListed) -> UserShown {
    let UserListed { user, roles } = listed;
    UserShown {
        id: user.id,
        email: user.email,
        name: user.name,
        enabled: user.enabled,
        has_password: user.has_password,
        locale: user.locale.map(Locale::tag),
        roles: roles
            .iter()
            .map(|(role, unit)| RoleShown::new(*role, unit.as_ref()))
            .collect(),
        created_at: user.created_at,
    }
}

async fn list_users(
    call: Call<List<UserQuery, UserSort>>,
) -> Result<Reply<Page<UserShown>>, Problem> {
    let query = &call.query.filter;
    let filter = UserFilter {
        role: query.role,
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        enabled: query.enabled,
        text: query.q.as_deref().map(str::to_owned),
    };
    let (sort, wanted) = (call.query.sort.key, call.query.wanted());
    let paged = lists::list(&call.ctx.db, &filter, sort, &wanted).await?;
    let items = paged.rows.into_iter().map(shown).collect();
    Ok(Reply::ok(call.query.shown(items, paged.next)))
}

async fn read_user(call: Call) -> Result<Reply<UserShown>, Problem> {
    one(&call.ctx, call.id("id")?).await.map(Reply::ok)
}

async fn one(ctx: &Ctx, id: UserId) -> Result<UserShown, Problem> {
    let user = lists::one(&ctx.db, id).await?;
    user.map(shown).ok_or_else(Problem::not_found)
}

/// 一个角色
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RoleBody {
    /// 角色
    role: UserRole,
    /// 单位编码；全局的角色不填
    unit_code: Option<Line<64>>,
}

/// 新用户
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserBody {
    /// 邮箱，每个邮箱一名用户
    email: EmailText,
    /// 姓名
    name: Option<Line<200>>,
    /// 全部角色，至多 50 个
    #[schema(max_items = 50)]
    roles: Vec<RoleBody>,
}

impl Check for UserBody {
    fn check(&self, errors: &mut FieldErrors) {
        check_roles(&self.roles, errors);
    }
}

fn check_roles(roles: &[RoleBody], errors: &mut FieldErrors) {
    if roles.len() > MOST_ROLES {
        let message = format!("最多 {MOST_ROLES} 个角色");
        errors.add("roles", FieldCode::OutOfRange, message);
    }
}

/// The roles with the units of these codes.
async fn memberships(ctx: &Ctx, roles: &[RoleBody]) -> Result<Vec<Membership>, Problem> {
    let directory = ctx.units().await?;
    let mut all = Vec::with_capacity(roles.len());
    for (position, one) in roles.iter().enumerate() {
        let unit_id = match &one.unit_code {
            None => None,
            Some(code) => {
                let unit = directory.by_code(code).ok_or_else(|| {
                    FlowError::refused_field(
                        RefusalCode::UnknownUnit,
                        format!("roles[{position}].unit_code"),
                        format!("没有编码为“{}”的单位，请核对", &**code),
                    )
                })?;
                Some(unit.id)
            }
        };
        all.push(Membership {
            role: one.role,
            unit_id,
        });
    }
    Ok(all)
}

async fn post_user(call: Call<NoQuery, UserBody>) -> Result<Reply<UserShown>, Problem> {
    let new = NewUser {
        roles: memberships(&call.ctx, &call.body.roles).await?,
        email: call.body.email.0,
        name: call.body.name.map(Line::into_string),
    };
    let user = create_user(&call.ctx, new).await?;
    let shown = one(&call.ctx, user.id).await?;
    Ok(Reply::created(shown, &format!("/users/{}", user.id)))
}

/// 对用户的修改，没有给出的字段不变
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserPatch {
    /// 姓名；null 为不填
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Line<200>>)]
    name: Option<Option<Line<200>>>,
    /// 是否启用
    enabled: Option<bool>,
    /// 全部角色，至多 50 个
    #[schema(max_items = 50)]
    roles: Option<Vec<RoleBody>>,
}

impl Check for UserPatch {
    fn check(&self, errors: &mut FieldErrors) {
        check_roles(self.roles.as_deref().unwrap_or_default(), errors);
    }
}

async fn patch_user(call: Call<NoQuery, UserPatch>) -> Result<Reply<UserShown>, Problem> {
    let id = call.id("id")?;
    let change = UserChange {
        roles: match &call.body.roles {
            Some(roles) => Some(memberships(&call.ctx, roles).await?),
            None => None,
        },
        name: call.body.name.map(|name| name.map(Line::into_string)),
        enabled: call.body.enabled,
    };
    change_user(&call.ctx, id, change, call.seen.change_no()).await?;
    one(&call.ctx, id).await.map(Reply::ok)
}

/// 已发出的邀请
#[derive(Debug, Serialize, ToSchema)]
struct InvitationShown {
    /// 用户
    user_id: UserId,
    /// 发往的邮箱
    email: String,
    /// 何时到期
    expires_at: DateTime<Utc>,
}

async fn post_invitation(call: Call) -> Result<Reply<InvitationShown>, Problem> {
    let invited = invite_user(&call.ctx, call.id("id")?, InvitationWay::Mailed).await?;
    let path = format!("/users/{}", invited.user_id);
    let shown = InvitationShown {
        user_id: invited.user_id,
        email: invited.email,
        expires_at: invited.expires_at,
    };
    Ok(Reply::created(shown, &path))
}
