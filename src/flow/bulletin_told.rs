//! A bulletin with the snapshot it is made of: what documents, sheets and pages are written from. A snapshot whose bytes
//! are no longer those that were frozen is told of nowhere.

use crate::domain::bulletin_snapshot::BulletinSnapshot;
use crate::domain::ids::{BulletinId, SnapshotId};
use crate::flow::freeze_snapshot::checksum;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::bulletins::{self, StoredBulletin};
use chrono::NaiveDate;

/// A bulletin as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct BulletinTold {
    /// Its texts, its number, who stands for it.
    pub bulletin: StoredBulletin,
    /// What it tells of.
    pub snapshot: BulletinSnapshot,
    /// SHA-256 (hex) of the snapshot's bytes.
    pub sha256: String,
    /// The day printed: of publishing; before that, of approving or making it.
    pub dated_on: NaiveDate,
    /// The day on which the version that it corrects was published.
    pub corrects: Option<NaiveDate>,
}

/// The bulletin of that id.
///
/// # Errors
/// [`FlowError::Refused`] where there is none, or its snapshot was changed.
pub async fn bulletin_told(ctx: &Ctx, id: BulletinId) -> Result<BulletinTold, FlowError> {
    let bulletin = bulletins::get(&ctx.db, id).await?;
    told(ctx, bulletin.ok_or_else(|| no_such_bulletin(id))?).await
}

/// A bulletin that was read.
///
/// # Errors
/// As [`bulletin_told`].
pub async fn told(ctx: &Ctx, bulletin: StoredBulletin) -> Result<BulletinTold, FlowError> {
    let (snapshot, sha256) = snapshot_of(ctx, bulletin.snapshot_id).await?;
    let corrected = match bulletin.corrects_id {
        Some(id) => bulletins::get(&ctx.db, id).await?,
        None => None,
    };
    let signed = bulletin.approved.as_ref().unwrap_or(&bulletin.made);
    let signed_on = ctx.settings.zone.day(signed.at);
    Ok(BulletinTold {
        dated_on: bulletin.published_on.unwrap_or(signed_on),
        corrects: corrected.and_then(|one| one.published_on),
        bulletin,
        snapshot,
        sha256,
    })
}

/// A snapshot with its checksum.
///
/// # Errors
/// [`FlowError::Refused`] where it is gone, or no longer what was frozen.
pub async fn snapshot_of(
    ctx: &Ctx,
    id: SnapshotId,
) -> Result<(BulletinSnapshot, String), FlowError> {
    let stored = bulletins::snapshot(&ctx.db, id).await?;
    let stored = stored.ok_or_else(|| damaged("数据快照已不存在"))?;
    if checksum(&stored.content) != stored.sha256 {
        return Err(damaged("数据快照与冻结时的校验码不符"));
    }
    let snapshot = serde_json::from_str(&stored.content)
        .map_err(|error| damaged(&format!("数据快照无法读出：{error}")))?;
    Ok((snapshot, stored.sha256))
}

/// That there is no such bulletin.
pub(super) fn no_such_bulletin(id: BulletinId) -> FlowError {
    FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的通报"))
}

fn damaged(what: &str) -> FlowError {
    let text = format!("{what}，不能生成通报。请联系系统管理员从备份恢复，或另起草一份");
    FlowError::refused(RefusalCode::SnapshotDamaged, text)
}
