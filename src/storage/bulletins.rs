//! Bulletins 通报 and the snapshots they are made of. A number is unique in its plan, year and version; a version is
//! corrected once. What was discarded takes no such place.

use crate::domain::bulletin::{BulletinState, BulletinText, IssueNumber};
use crate::domain::ids::{AttachmentId, BulletinId, PlanId, RoundId, SnapshotId};
use crate::domain::period_key::PeriodKey;
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code, from_json, new_id, to_json};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{bulletin, bulletin_snapshot};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};

/// States of what is neither published nor given up.
const ON_ITS_WAY: [BulletinState; 2] = [BulletinState::Draft, BulletinState::Approved];

/// A bulletin as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBulletin {
    /// Its id.
    pub id: BulletinId,
    /// The plan.
    pub plan_id: PlanId,
    /// The round that opened it; `None` where a person did.
    pub round_id: Option<RoundId>,
    /// The period it tells of.
    pub period: Option<PeriodKey>,
    /// The day of its snapshot.
    pub as_of: NaiveDate,
    /// From 1.
    pub version: i32,
    /// The version it corrects.
    pub corrects_id: Option<BulletinId>,
    /// What is corrected.
    pub correction_note: Option<String>,
    /// Where it stands.
    pub state: BulletinState,
    /// Its number, from publishing on; a correction has that of the version it corrects.
    pub issue: Option<IssueNumber>,
    /// What it is made of.
    pub snapshot_id: SnapshotId,
    /// What it is called.
    pub title: String,
    /// What a person has written.
    pub text: BulletinText,
    /// Who made it, and when.
    pub made: Signed,
    /// Who edited it last, and when.
    pub changed: Option<Signed>,
    /// Who approved it, and when.
    pub approved: Option<Signed>,
    /// Why it was sent back last.
    pub return_reason: Option<String>,
    /// Who discarded it, and when.
    pub discarded: Option<Signed>,
    /// Why it was discarded.
    pub discard_reason: Option<String>,
    /// Who published it, and when.
    pub published: Option<Signed>,
    /// Local day of that.
    pub published_on: Option<NaiveDate>,
    /// The document as published.
    pub docx_id: Option<AttachmentId>,
    /// The annex as published.
    pub xlsx_id: Option<AttachmentId>,
    /// Mails queued when it was published.
    pub mails: i32,
    /// Names of units that could not be mailed then.
    pub without_address: Vec<String>,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A snapshot as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// Its id.
    pub id: SnapshotId,
    /// SHA-256 (hex) of `content`.
    pub sha256: String,
    /// JSON.
    pub content: String,
    /// When it was frozen.
    pub frozen_at: DateTime<Utc>,
}

/// Writes a snapshot; its id.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_snapshot(
    tx: &WriteTx,
    sha256: &str,
    content: &str,
    frozen_at: DateTime<Utc>,
) -> Result<SnapshotId, StorageError> {
    let id = SnapshotId(new_id());
    let row = bulletin_snapshot::ActiveModel {
        id: Set(id.0),
        sha256: Set(sha256.to_owned()),
        content: Set(content.to_owned()),
        frozen_at: Set(frozen_at),
    };
    bulletin_snapshot::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Ok(id)
}

/// The snapshot of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn snapshot(
    db: &impl ConnectionTrait,
    id: SnapshotId,
) -> Result<Option<StoredSnapshot>, StorageError> {
    let row = bulletin_snapshot::Entity::find_by_id(id.0).one(db).await?;
    Ok(row.map(|row| StoredSnapshot {
        id: SnapshotId(row.id),
        sha256: row.sha256,
        content: row.content,
        frozen_at: row.frozen_at,
    }))
}

/// The checksums of these snapshots.
///
/// # Errors
/// [`StorageError`].
pub async fn checksums(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = SnapshotId>,
) -> Result<std::collections::HashMap<SnapshotId, String>, StorageError> {
    let rows: Vec<(uuid::Uuid, String)> = bulletin_snapshot::Entity::find()
        .select_only()
        .columns([
            bulletin_snapshot::Column::Id,
            bulletin_snapshot::Column::Sha256,
        ])
        .filter(bulletin_snapshot::Column::Id.is_in(ids.map(|id| id.0)))
        .into_tuple()
        .all(db)
        .await?;
    let known = rows.into_iter();
    Ok(known.map(|(id, sum)| (SnapshotId(id), sum)).collect())
}

/// Writes a bulletin. Whoever drafts holds the plan, the version that is corrected, or has made the round: nobody else can
/// draft the same one.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredBulletin) -> Result<(), StorageError> {
    let row = row_of(new)?.into_active_model().reset_all();
    bulletin::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    tx.note(Resource::Bulletins, new.id.0);
    Ok(())
}

/// Writes a bulletin anew, as it is now.
///
/// # Errors
/// [`StorageError`].
pub async fn update(tx: &WriteTx, changed: &StoredBulletin) -> Result<(), StorageError> {
    let row = row_of(changed)?.into_active_model().reset_all();
    row.update(tx).await?;
    tx.note(Resource::Bulletins, changed.id.0);
    Ok(())
}

/// All bulletins, in the order in which they were made.
///
/// # Errors
/// [`StorageError`].
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<StoredBulletin>, StorageError> {
    let rows = bulletin::Entity::find()
        .order_by_asc(bulletin::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(bulletin_of).collect()
}

/// The bulletin of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: BulletinId,
) -> Result<Option<StoredBulletin>, StorageError> {
    let row = bulletin::Entity::find_by_id(id.0).one(db).await?;
    row.map(bulletin_of).transpose()
}

/// The bulletin of that id, kept as it is until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(tx: &WriteTx, id: BulletinId) -> Result<Option<StoredBulletin>, StorageError> {
    let row = bulletin::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(tx)
        .await?;
    row.map(bulletin_of).transpose()
}

/// The version that corrects a bulletin; one that was discarded corrects nothing.
///
/// # Errors
/// [`StorageError`].
pub async fn correction_of(
    db: &impl ConnectionTrait,
    id: BulletinId,
) -> Result<Option<StoredBulletin>, StorageError> {
    let row = bulletin::Entity::find()
        .filter(bulletin::Column::CorrectsId.eq(id.0))
        .filter(bulletin::Column::State.ne(BulletinState::Discarded.as_str()))
        .one(db)
        .await?;
    row.map(bulletin_of).transpose()
}

/// A bulletin of a plan as of a day that is on its way: a draft, or approved.
///
/// # Errors
/// [`StorageError`].
pub async fn unpublished_of(
    db: &impl ConnectionTrait,
    plan: PlanId,
    as_of: NaiveDate,
) -> Result<Option<StoredBulletin>, StorageError> {
    let row = bulletin::Entity::find()
        .filter(bulletin::Column::PlanId.eq(plan.0))
        .filter(bulletin::Column::AsOf.eq(as_of))
        .filter(bulletin::Column::State.is_in(ON_ITS_WAY.map(BulletinState::as_str)))
        .order_by_asc(bulletin::Column::Id)
        .one(db)
        .await?;
    row.map(bulletin_of).transpose()
}

/// The discarded draft of a round that has no other bulletin; of a plan as of a day.
///
/// # Errors
/// [`StorageError`].
pub async fn discarded_of_round(
    db: &impl ConnectionTrait,
    plan: PlanId,
    as_of: NaiveDate,
) -> Result<Option<StoredBulletin>, StorageError> {
    use bulletin::Column as C;
    let rows = bulletin::Entity::find()
        .filter(C::PlanId.eq(plan.0))
        .filter(C::AsOf.eq(as_of))
        .filter(C::RoundId.is_not_null())
        .order_by_asc(C::Id)
        .all(db)
        .await?;
    let is_discarded = |row: &bulletin::Model| row.state == BulletinState::Discarded.as_str();
    let of_round = |row: &bulletin::Model| {
        rows.iter()
            .filter(|other| other.round_id == row.round_id)
            .all(is_discarded)
    };
    let free = rows.iter().rev().find(|row| of_round(row));
    free.cloned().map(bulletin_of).transpose()
}

/// The highest number of a plan in a year. Whoever is about to take the next one holds the plan.
///
/// # Errors
/// [`StorageError`].
pub async fn last_number(
    db: &impl ConnectionTrait,
    plan: PlanId,
    year: i32,
) -> Result<Option<i32>, StorageError> {
    let last: Option<Option<i32>> = bulletin::Entity::find()
        .select_only()
        .column_as(bulletin::Column::IssueNumber.max(), "last")
        .filter(bulletin::Column::PlanId.eq(plan.0))
        .filter(bulletin::Column::IssueYear.eq(year))
        .into_tuple()
        .one(db)
        .await?;
    Ok(last.flatten())
}

fn row_of(one: &StoredBulletin) -> Result<bulletin::Model, StorageError> {
    let split = |signed: &Option<Signed>| {
        let signed = signed.clone();
        signed.map_or((None, None), |one| (Some(one.by), Some(one.at)))
    };
    let (changed_by, changed_at) = split(&one.changed);
    let (approved_by, approved_at) = split(&one.approved);
    let (published_by, published_at) = split(&one.published);
    let (discarded_by, discarded_at) = split(&one.discarded);
    Ok(bulletin::Model {
        id: one.id.0,
        plan_id: one.plan_id.0,
        round_id: one.round_id.map(|id| id.0),
        period_key: one.period.map(|period| period.to_string()),
        as_of: one.as_of,
        version: one.version,
        corrects_id: one.corrects_id.map(|id| id.0),
        correction_note: one.correction_note.clone(),
        state: one.state.as_str().to_owned(),
        issue_year: one.issue.map(|issue| issue.year),
        issue_number: one.issue.map(|issue| issue.number),
        snapshot_id: one.snapshot_id.0,
        title: one.title.clone(),
        opening: one.text.opening.clone(),
        good_practices: to_json("bulletin.good_practices", &one.text.good_practices)?,
        demands: to_json("bulletin.demands", &one.text.demands)?,
        recipients: to_json("bulletin.recipients", &one.text.recipients)?,
        copies: to_json("bulletin.copies", &one.text.copies)?,
        made_by: one.made.by.clone(),
        made_at: one.made.at,
        changed_by,
        changed_at,
        approved_by,
        approved_at,
        return_reason: one.return_reason.clone(),
        published_by,
        published_at,
        published_on: one.published_on,
        docx_id: one.docx_id.map(|id| id.0),
        xlsx_id: one.xlsx_id.map(|id| id.0),
        mails: one.mails,
        discarded_by,
        discarded_at,
        discard_reason: one.discard_reason.clone(),
        without_address: to_json("bulletin.without_address", &one.without_address)?,
    })
}

pub(super) fn bulletin_of(row: bulletin::Model) -> Result<StoredBulletin, StorageError> {
    let signed = |by: Option<String>, at: Option<DateTime<Utc>>| {
        let (by, at) = (by?, at?);
        Some(Signed { by, at })
    };
    let issue = match (row.issue_year, row.issue_number) {
        (Some(year), Some(number)) => Some(IssueNumber { year, number }),
        _ => None,
    };
    let period = row.period_key.as_deref();
    Ok(StoredBulletin {
        id: BulletinId(row.id),
        plan_id: PlanId(row.plan_id),
        round_id: row.round_id.map(RoundId),
        period: period.map(|key| code("period", key)).transpose()?,
        as_of: row.as_of,
        version: row.version,
        corrects_id: row.corrects_id.map(BulletinId),
        correction_note: row.correction_note,
        state: code("bulletin state", &row.state)?,
        issue,
        snapshot_id: SnapshotId(row.snapshot_id),
        title: row.title,
        text: BulletinText {
            opening: row.opening,
            good_practices: from_json("bulletin.good_practices", row.good_practices)?,
            demands: from_json("bulletin.demands", row.demands)?,
            recipients: from_json("bulletin.recipients", row.recipients)?,
            copies: from_json("bulletin.copies", row.copies)?,
        },
        made: Signed {
            by: row.made_by,
            at: row.made_at,
        },
        changed: signed(row.changed_by, row.changed_at),
        approved: signed(row.approved_by, row.approved_at),
        return_reason: row.return_reason,
        discarded: signed(row.discarded_by, row.discarded_at),
        discard_reason: row.discard_reason,
        published: signed(row.published_by, row.published_at),
        published_on: row.published_on,
        docx_id: row.docx_id.map(AttachmentId),
        xlsx_id: row.xlsx_id.map(AttachmentId),
        mails: row.mails,
        without_address: from_json("bulletin.without_address", row.without_address)?,
    })
}
