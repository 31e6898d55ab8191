//! Links to the big screen 大屏: made, revoked, followed. Whoever has one reads the whole dashboard without an account, so
//! the secret in the address is told once and kept nowhere.

use crate::domain::ids::WallId;
use crate::domain::resource::Resource;
use crate::flow::manage_users::refuse_stale;
use crate::flow::recognise_caller::token_hash;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::new_id;
use crate::storage::wall_links::{self, StoredWall};
use chrono::TimeDelta;
use serde_json::json;

/// Days that a link is good for at the most, where an end is set.
pub const LONGEST_WALL_DAYS: u32 = 3_660;

/// A link that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WallMade {
    /// As stored.
    pub wall: StoredWall,
    /// Its address: the service's own with the secret, told only here.
    pub url: String,
}

/// Makes a link; without days, it is good until it is revoked.
///
/// # Errors
/// [`FlowError::Refused`] where the days are not 1 to [`LONGEST_WALL_DAYS`].
pub async fn make_wall(ctx: &Ctx, name: &str, days: Option<u32>) -> Result<WallMade, FlowError> {
    if days.is_some_and(|days| !(1..=LONGEST_WALL_DAYS).contains(&days)) {
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "expires_in_days",
            format!("有效天数应在 1 至 {LONGEST_WALL_DAYS} 之间"),
        ));
    }
    let secret = ctx.entropy.seed()?;
    let now = ctx.now().at;
    let wall = StoredWall {
        id: WallId(new_id()),
        name: name.to_owned(),
        hash: token_hash(&secret),
        made_by: ctx.actor.name().to_owned(),
        made_at: now,
        expires_at: days.map(|days| now + TimeDelta::days(i64::from(days))),
        revoked_at: None,
    };
    let tx = ctx.write().await?;
    wall_links::insert(&tx, &wall).await?;
    let entry = AuditEntry::done("make_wall", Resource::Walls, wall.id.0, name);
    tx.audit(entry.after(json!({ "name": name, "expires_at": wall.expires_at })));
    tx.commit().await?;
    let url = format!("{}/wall/{secret}", ctx.settings.base_url);
    Ok(WallMade { wall, url })
}

/// Revokes a link; from the next request on its address leads nowhere. Revoking it twice changes nothing. `seen` is the
/// change number at which the caller last looked at it.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such link, or it has changed since.
pub async fn revoke_wall(ctx: &Ctx, id: WallId, seen: Option<i64>) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let wall = wall_links::get(&tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的大屏链接"))
    })?;
    refuse_stale(&tx, id.0, seen).await?;
    if wall_links::revoke(&tx, id, ctx.now().at).await? {
        let entry = AuditEntry::done("revoke_wall", Resource::Walls, id.0, &wall.name);
        tx.audit(entry);
    }
    tx.commit().await?;
    Ok(())
}

/// The link with this secret, where it is good now.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn follow_wall(ctx: &Ctx, secret: &str) -> Result<Option<StoredWall>, FlowError> {
    if secret.len() != 64 || !secret.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let wall = wall_links::by_hash(&ctx.db, &token_hash(secret)).await?;
    let now = ctx.now().at;
    Ok(wall.filter(|wall| wall.is_good(now)))
}
