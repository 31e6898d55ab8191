//! Users, their roles, and their tokens. A token's text is told once and kept nowhere.

use crate::domain::access::{Membership, Viewer};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{TokenId, UnitId, UserId};
use crate::domain::resource::Resource;
use crate::domain::token_kind::TokenKind;
use crate::domain::token_scope::TokenScope;
use crate::domain::user_role::UserRole;
use crate::flow::recognise_caller::{token_hash, token_text};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::changes::changed_since;
use crate::storage::users::{StoredToken, StoredUser};
use crate::storage::{WriteTx, accounts, new_id, units, users};
use chrono::TimeDelta;
use serde_json::json;

/// How long a token is good at the most, and unless said otherwise.
pub const LONGEST_TOKEN_DAYS: u32 = 366;

/// A user to be made, or given more roles.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Address.
    pub email: EmailAddress,
    /// Name.
    pub name: Option<String>,
    /// Roles.
    pub roles: Vec<Membership>,
}

/// Makes a user.
///
/// # Errors
/// [`FlowError::Refused`] where the address has a user, a unit does not exist, or a role and its unit do not fit.
pub async fn create_user(ctx: &Ctx, new: NewUser) -> Result<StoredUser, FlowError> {
    let tx = ctx.write().await?;
    let address = new.email.normalized();
    if users::by_address(&tx, &address).await?.is_some() {
        return Err(FlowError::refused_field(
            RefusalCode::Taken,
            "email",
            format!("地址 {} 已有用户，请直接为其增加角色", new.email.as_str()),
        ));
    }
    check_roles(&tx, &new.roles).await?;
    let user = StoredUser {
        id: UserId(new_id()),
        email: new.email.as_str().to_owned(),
        address,
        name: new.name,
        locale: None,
        has_password: false,
        enabled: true,
        created_at: ctx.now().at,
    };
    if !users::insert(&tx, &user).await? {
        return Err(FlowError::refused_field(
            RefusalCode::Taken,
            "email",
            format!("地址 {} 已有用户，请直接为其增加角色", user.email),
        ));
    }
    users::set_memberships(&tx, user.id, &new.roles).await?;
    tx.audit(
        AuditEntry::done("create_user", Resource::Users, user.id.0, &user.address)
            .after(json!({ "name": user.name, "roles": roles_told(&new.roles) })),
    );
    tx.commit().await?;
    Ok(user)
}

/// Makes a user, or gives a known one the roles it does not have yet; for the command line, where naming a user twice
/// means “also in this role”.
///
/// # Errors
/// As [`create_user`].
pub async fn create_or_extend_user(ctx: &Ctx, new: NewUser) -> Result<StoredUser, FlowError> {
    let known = users::by_address(&ctx.db, &new.email.normalized()).await?;
    let Some(known) = known else {
        return create_user(ctx, new).await;
    };
    let mut roles = roles_of(ctx, known.id).await?;
    for role in new.roles {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    let change = UserChange {
        name: new.name.map(Some),
        enabled: None,
        roles: Some(roles),
    };
    change_user(ctx, known.id, change, None).await
}

/// What is to be changed of a user; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// Name.
    pub name: Option<Option<String>>,
    /// Whether its tokens are good.
    pub enabled: Option<bool>,
    /// All its roles.
    pub roles: Option<Vec<Membership>>,
}

/// Changes a user; `seen` is the change number at which the caller last looked.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such user, it has changed since, a role does not fit, or nobody would be
/// administrator any more.
pub async fn change_user(
    ctx: &Ctx,
    id: UserId,
    change: UserChange,
    seen: Option<i64>,
) -> Result<StoredUser, FlowError> {
    let tx = ctx.write().await?;
    // Two administrators who take each other's role at once would leave none.
    users::hold_role(&tx, UserRole::Administrator.as_str()).await?;
    let before = users::get(&tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的用户"))
    })?;
    refuse_stale(&tx, id.0, seen).await?;
    let roles_before = memberships(&tx, id).await?;
    let after = StoredUser {
        name: change.name.unwrap_or_else(|| before.name.clone()),
        enabled: change.enabled.unwrap_or(before.enabled),
        ..before.clone()
    };
    let roles = change.roles.unwrap_or_else(|| roles_before.clone());
    check_roles(&tx, &roles).await?;
    let administers = |enabled: bool, roles: &[Membership]| {
        enabled && roles.iter().any(|one| one.role == UserRole::Administrator)
    };
    if administers(before.enabled, &roles_before) && !administers(after.enabled, &roles) {
        let all = users::enabled_with_role(&tx, UserRole::Administrator.as_str()).await?;
        if all.iter().all(|one| *one == id) {
            return Err(FlowError::refused(
                RefusalCode::LastAdministrator,
                "这是最后一名系统管理员，不能停用或取消其角色。请先指定另一名管理员",
            ));
        }
    }
    users::update(&tx, &after).await?;
    if before.enabled && !after.enabled {
        accounts::end_sessions(&tx, id, None, ctx.now().at).await?;
    }
    users::set_memberships(&tx, id, &roles).await?;
    tx.audit(
        AuditEntry::done("change_user", Resource::Users, id.0, &after.address)
            .before(json!({ "name": before.name, "enabled": before.enabled, "roles": roles_told(&roles_before) }))
            .after(json!({ "name": after.name, "enabled": after.enabled, "roles": roles_told(&roles) })),
    );
    tx.commit().await?;
    Ok(after)
}

/// A token that was just made.
#[derive(Debug, Clone)]
pub struct TokenMade {
    /// Its row.
    pub token: StoredToken,
    /// Its text: told here and never again.
    pub text: String,
}

/// Makes a token for a user.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such user, or the time it is to be good is not 1 to
/// [`LONGEST_TOKEN_DAYS`] days.
pub async fn make_token(
    ctx: &Ctx,
    user_id: UserId,
    name: &str,
    scope: TokenScope,
    days: u32,
) -> Result<TokenMade, FlowError> {
    if !(1..=LONGEST_TOKEN_DAYS).contains(&days) {
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "expires_in_days",
            format!("有效天数应在 1 至 {LONGEST_TOKEN_DAYS} 之间"),
        ));
    }
    let now = ctx.now().at;
    let text = token_text(&ctx.entropy.seed()?);
    let tx = ctx.write().await?;
    let user = users::get(&tx, user_id).await?.ok_or_else(|| {
        FlowError::refused(
            RefusalCode::NotFound,
            format!("没有编号为 {user_id} 的用户"),
        )
    })?;
    let token = StoredToken {
        id: TokenId(new_id()),
        user_id,
        name: name.to_owned(),
        kind: TokenKind::Bearer,
        begun_by: None,
        hash: token_hash(&text),
        scope,
        created_at: now,
        expires_at: now + TimeDelta::days(i64::from(days)),
        last_used_at: None,
        revoked_at: None,
    };
    users::insert_token(&tx, &token).await?;
    tx.audit(
        AuditEntry::done("make_token", Resource::Tokens, token.id.0, &user.address).after(
            json!({ "name": token.name, "scope": scope.as_str(), "expires_at": token.expires_at }),
        ),
    );
    tx.commit().await?;
    Ok(TokenMade { token, text })
}

/// Takes a token back; from the next request on it is no good. Taking it back twice changes nothing.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such token.
pub async fn revoke_token(ctx: &Ctx, id: TokenId, seen: Option<i64>) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let token = users::token(&tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的令牌"))
    })?;
    refuse_stale(&tx, id.0, seen).await?;
    if users::revoke_token(&tx, id, ctx.now().at).await? {
        tx.audit(AuditEntry::done(
            "revoke_token",
            Resource::Tokens,
            id.0,
            &token.name,
        ));
    }
    tx.commit().await?;
    Ok(())
}

/// Refuses what was decided on an older state of a row than the present one; `seen` is the change number at which the
/// caller last looked, `None` where that does not matter.
///
/// # Errors
/// [`FlowError::Refused`] with [`RefusalCode::Stale`].
pub(super) async fn refuse_stale(
    tx: &WriteTx,
    row: uuid::Uuid,
    seen: Option<i64>,
) -> Result<(), FlowError> {
    match seen {
        Some(seen) if changed_since(tx, row, seen).await? => Err(FlowError::refused(
            RefusalCode::Stale,
            "在您查看之后，这条记录已被他人改动。请重新读取后再改",
        )),
        Some(_) | None => Ok(()),
    }
}

/// The roles of a user.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn roles_of(ctx: &Ctx, id: UserId) -> Result<Vec<Membership>, FlowError> {
    let all = users::memberships(&ctx.db, &[id]).await?;
    Ok(all.into_iter().map(|(_, one)| one).collect())
}

/// Whether the caller may make tokens of this scope: never more than their own token's.
pub fn may_give(viewer: &Viewer, scope: TokenScope) -> bool {
    viewer.scope >= scope
}

async fn memberships(tx: &WriteTx, id: UserId) -> Result<Vec<Membership>, FlowError> {
    let all = users::memberships(tx, &[id]).await?;
    Ok(all.into_iter().map(|(_, one)| one).collect())
}

/// A unit's role needs a unit that exists, a bureau's role has none.
async fn check_roles(tx: &WriteTx, roles: &[Membership]) -> Result<(), FlowError> {
    for (position, one) in roles.iter().enumerate() {
        let field = format!("roles[{position}]");
        match (one.role.is_of_unit(), one.unit_id) {
            (true, None) => {
                return Err(FlowError::refused_field(
                    RefusalCode::InvalidValue,
                    field,
                    format!("角色 {} 须指明单位", one.role.as_str()),
                ));
            }
            (false, Some(_)) => {
                return Err(FlowError::refused_field(
                    RefusalCode::InvalidValue,
                    field,
                    format!("角色 {} 面向全局，不能指定单位", one.role.as_str()),
                ));
            }
            (true, Some(unit)) => require_unit(tx, unit, &field).await?,
            (false, None) => {}
        }
        if roles.iter().skip(position + 1).any(|other| other == one) {
            return Err(FlowError::refused_field(
                RefusalCode::InvalidValue,
                field,
                format!("角色 {} 重复", one.role.as_str()),
            ));
        }
    }
    Ok(())
}

async fn require_unit(tx: &WriteTx, unit: UnitId, field: &str) -> Result<(), FlowError> {
    match units::get(tx, unit).await? {
        Some(_) => Ok(()),
        None => Err(FlowError::refused_field(
            RefusalCode::UnknownUnit,
            field,
            format!("没有编号为 {unit} 的单位"),
        )),
    }
}

fn roles_told(roles: &[Membership]) -> serde_json::Value {
    roles
        .iter()
        .map(|one| json!({ "role": one.role.as_str(), "unit_id": one.unit_id }))
        .collect()
}
