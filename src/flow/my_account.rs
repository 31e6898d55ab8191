//! Somebody's own account: what they see of it, and what they change besides the password.

use crate::domain::access::Viewer;
use crate::domain::delegation::Delegation;
use crate::domain::ids::UserId;
use crate::domain::locale::Locale;
use crate::domain::resource::Resource;
use crate::domain::user_role::UserRole;
use crate::flow::change_password::is_fresh_by_link;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::users::{StoredToken, StoredUser};
use crate::storage::{accounts, delegations, users};
use serde_json::json;

/// A role, as its holder sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleHeld {
    /// The role.
    pub role: UserRole,
    /// Name of its unit.
    pub unit: Option<String>,
    /// For whom it is held, where it is not the holder's own.
    pub of: Option<String>,
}

/// A delegation, as one of both sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationSeen {
    /// The delegation.
    pub delegation: Delegation,
    /// Whether it was given by who looks at it, and is not held.
    pub is_given: bool,
    /// Address of the other.
    pub other: String,
}

/// An account.
#[derive(Debug, Clone)]
pub struct MyAccount {
    /// The user.
    pub user: StoredUser,
    /// The roles.
    pub roles: Vec<RoleHeld>,
    /// Sessions that are good, the newest first.
    pub sessions: Vec<StoredToken>,
    /// Delegations that hold, or will.
    pub delegations: Vec<DelegationSeen>,
    /// Whether the password may be changed without the present one.
    pub is_fresh_by_link: bool,
}

/// The account of whoever acts.
///
/// # Errors
/// [`FlowError::Storage`]; [`FlowError::Refused`] where the user is gone.
pub async fn my_account(ctx: &Ctx, viewer: &Viewer) -> Result<MyAccount, FlowError> {
    let (db, now) = (&ctx.db, ctx.now());
    let user = held(ctx, viewer.user_id).await?;
    let directory = ctx.units().await?;
    let roles = viewer.memberships.iter().map(|one| {
        let of = viewer
            .delegated
            .iter()
            .find(|other| other.membership == *one);
        RoleHeld {
            role: one.role,
            unit: one
                .unit_id
                .and_then(|id| Some(directory.get(id)?.name.clone())),
            of: of.map(|other| other.address.clone()),
        }
    });
    let sessions = accounts::sessions_of(db, user.id, now.at).await?;
    let mut seen = Vec::new();
    for delegation in delegations::to_come_of(db, user.id, now.today).await? {
        let is_given = delegation.user_id == user.id;
        let other = match is_given {
            true => delegation.delegate_id,
            false => delegation.user_id,
        };
        let other = users::get(db, other).await?;
        seen.push(DelegationSeen {
            delegation,
            is_given,
            other: other.map(|other| other.email).unwrap_or_default(),
        });
    }
    let mut current = sessions.iter();
    let current = current.find(|one| one.id == viewer.token_id);
    Ok(MyAccount {
        is_fresh_by_link: current.is_some_and(|one| is_fresh_by_link(one, now.at)),
        roles: roles.collect(),
        sessions,
        delegations: seen,
        user,
    })
}

async fn held(ctx: &Ctx, id: UserId) -> Result<StoredUser, FlowError> {
    users::get(&ctx.db, id)
        .await?
        .ok_or_else(|| FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的用户")))
}

/// Changes name and language of whoever acts.
///
/// # Errors
/// [`FlowError`].
pub async fn change_profile(
    ctx: &Ctx,
    viewer: &Viewer,
    name: String,
    locale: Option<Locale>,
) -> Result<(), FlowError> {
    let before = held(ctx, viewer.user_id).await?;
    let after = StoredUser {
        name: Some(name),
        locale,
        ..before.clone()
    };
    if after == before {
        return Ok(());
    }
    let tx = ctx.write().await?;
    users::update(&tx, &after).await?;
    let tag = |user: &StoredUser| user.locale.map(Locale::tag);
    tx.audit(
        AuditEntry::done(
            "change_profile",
            Resource::Users,
            after.id.0,
            &after.address,
        )
        .before(json!({ "name": before.name, "locale": tag(&before) }))
        .after(json!({ "name": after.name, "locale": tag(&after) })),
    );
    tx.commit().await?;
    Ok(())
}
