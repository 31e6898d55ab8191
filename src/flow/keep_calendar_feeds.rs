//! The calendar feed of a unit: made, made anew, revoked. Whoever has its address reads it without an account, so the secret
//! in the address is told once and kept nowhere.

use crate::domain::ids::UnitId;
use crate::domain::resource::Resource;
use crate::flow::manage_users::refuse_stale;
use crate::flow::recognise_caller::token_hash;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::calendar_feeds::{self, StoredFeed};
use crate::storage::{WriteTx, units};

/// A feed that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedMade {
    /// As stored.
    pub feed: StoredFeed,
    /// Where it is read: the service's own address with the secret, told only here.
    pub url: String,
}

/// Makes the feed of a unit. One that it had is no good from now on.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such unit.
pub async fn make_feed(ctx: &Ctx, unit_id: UnitId) -> Result<FeedMade, FlowError> {
    let secret = ctx.entropy.seed()?;
    let tx = ctx.write().await?;
    let target = held(&tx, unit_id).await?;
    let feed = StoredFeed {
        unit_id,
        hash: token_hash(&secret),
        made_by: ctx.actor.name().to_owned(),
        made_at: ctx.now().at,
    };
    let is_new = !calendar_feeds::remove(&tx, unit_id).await?;
    calendar_feeds::insert(&tx, &feed).await?;
    let entry = AuditEntry::done("make_calendar_feed", Resource::Units, unit_id.0, target);
    tx.audit(entry.after(serde_json::json!({ "replaces": !is_new })));
    tx.commit().await?;
    let url = format!("{}/calendar/{secret}.ics", ctx.settings.base_url);
    Ok(FeedMade { feed, url })
}

/// Revokes the feed of a unit; from the next request on its address leads nowhere. Where there is none, nothing changes.
/// `seen` is the change number at which the caller last looked at the unit.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such unit, or it has changed since.
pub async fn revoke_feed(ctx: &Ctx, unit_id: UnitId, seen: Option<i64>) -> Result<bool, FlowError> {
    let tx = ctx.write().await?;
    let target = held(&tx, unit_id).await?;
    refuse_stale(&tx, unit_id.0, seen).await?;
    if !calendar_feeds::remove(&tx, unit_id).await? {
        return Ok(false);
    }
    let entry = AuditEntry::done("revoke_calendar_feed", Resource::Units, unit_id.0, target);
    tx.audit(entry);
    tx.commit().await?;
    Ok(true)
}

/// Holds a unit; as audit events tell it.
async fn held(tx: &WriteTx, id: UnitId) -> Result<String, FlowError> {
    units::hold(tx, &[id]).await?;
    let unit = units::get(tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的单位"))
    })?;
    Ok(format!("{} {}", unit.code, unit.name))
}
