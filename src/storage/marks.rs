//! Small facts about the whole installation: the revision of its calendar, the days whose digests are made, whether it is
//! a demonstration or a simulation, what tells it from others, whether it is paused, and where its audit chain ends.

use crate::storage::error::StorageError;
use crate::storage::{WriteTx, insert_absent, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use entity::mark;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Raised by every import of a calendar.
pub(super) const CALENDAR_REVISION: &str = "calendar_revision";

/// Another one after every change of a unit or a contact.
const PEOPLE_REVISION: &str = "people_revision";

/// Touched by every import of quality results.
const QUALITY_RESULTS: &str = "quality_results";

/// Set by `duban demo`.
const DEMO: &str = "demo";

/// Set by `duban seed`; holds how many times.
const SEEDED: &str = "seeded";

/// Set in a kept simulation; holds the instant at which it ended (RFC 3339).
const SIMULATED: &str = "simulated";

/// Tells this database from every other, restored copies included.
pub(super) const EPOCH: &str = "epoch";

/// Place and hash of the last sealed audit event.
const AUDIT_HEAD: &str = "audit_head";

/// Held by whoever counts the bytes of attached files.
const FILE_ROOM: &str = "file_room";

/// Set while nothing may go out; holds who paused it and why, as JSON.
const PAUSED: &str = "paused";

/// Beginning of the marks of days whose digests are made.
const DIGESTS: &str = "digests_";

/// Beginning of the marks of months whose leaders' page was sent.
const LEADER_PAGE: &str = "leader_page_";

/// The revision of the imported calendar; 0 where nothing was imported. Readers that know another one load it again.
///
/// # Errors
/// [`StorageError`].
pub async fn calendar_revision(db: &impl ConnectionTrait) -> Result<i64, StorageError> {
    let row = mark::Entity::find_by_id(CALENDAR_REVISION).one(db).await?;
    Ok(row.and_then(|row| row.value.parse().ok()).unwrap_or(0))
}

/// Raises the revision of the calendar.
///
/// # Errors
/// [`StorageError`].
pub async fn raise_calendar_revision(tx: &WriteTx, now: DateTime<Utc>) -> Result<(), StorageError> {
    let next = calendar_revision(tx).await? + 1;
    put(tx, row(CALENDAR_REVISION, next.to_string(), now)).await
}

/// What tells units and contacts as they stand from how they stood before and after; nil before the first.
///
/// # Errors
/// [`StorageError`].
pub(super) async fn people_revision(db: &impl ConnectionTrait) -> Result<Uuid, StorageError> {
    let row = mark::Entity::find_by_id(PEOPLE_REVISION).one(db).await?;
    Ok(row
        .and_then(|row| row.value.parse().ok())
        .unwrap_or_default())
}

/// Writes down that units or contacts are others now.
///
/// # Errors
/// [`StorageError`].
pub(super) async fn renew_people_revision(
    tx: &WriteTx,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    put(tx, row(PEOPLE_REVISION, new_id().to_string(), now)).await
}

/// Holds the quality results until the transaction ends: who imports others meanwhile waits, and sees these. What cards
/// propose depends on all of them.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_quality_results(tx: &WriteTx, now: DateTime<Utc>) -> Result<(), StorageError> {
    put(tx, row(QUALITY_RESULTS, String::new(), now)).await
}

/// Whether the digests of a local day have been made.
///
/// # Errors
/// [`StorageError`].
pub async fn digests_made(db: &impl ConnectionTrait, day: NaiveDate) -> Result<bool, StorageError> {
    Ok(mark::Entity::find_by_id(format!("{DIGESTS}{day}"))
        .one(db)
        .await?
        .is_some())
}

/// Records that the digests of a local day have been made; doing so twice changes nothing.
///
/// # Errors
/// [`StorageError`].
pub async fn record_digests_made(
    tx: &WriteTx,
    day: NaiveDate,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let made = row(&format!("{DIGESTS}{day}"), String::new(), now);
    insert_absent(tx, made, vec![mark::Column::Name]).await?;
    Ok(())
}

/// Whether the leaders' page of a month was sent.
///
/// # Errors
/// [`StorageError`].
pub async fn leader_page_sent(
    db: &impl ConnectionTrait,
    month: &str,
) -> Result<bool, StorageError> {
    let mark = mark::Entity::find_by_id(format!("{LEADER_PAGE}{month}"));
    Ok(mark.one(db).await?.is_some())
}

/// Records that the leaders' page of a month is sent; `false` where somebody else has recorded it.
///
/// # Errors
/// [`StorageError`].
pub async fn record_leader_page(
    tx: &WriteTx,
    month: &str,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let sent = row(&format!("{LEADER_PAGE}{month}"), String::new(), now);
    insert_absent(tx, sent, vec![mark::Column::Name]).await
}

/// Whether the installation is a demonstration.
///
/// # Errors
/// [`StorageError`].
pub async fn is_demo(db: &impl ConnectionTrait) -> Result<bool, StorageError> {
    Ok(mark::Entity::find_by_id(DEMO).one(db).await?.is_some())
}

/// Marks the installation as a demonstration.
///
/// # Errors
/// [`StorageError`].
pub async fn mark_demo(tx: &WriteTx, now: DateTime<Utc>) -> Result<(), StorageError> {
    insert_absent(tx, row(DEMO, String::new(), now), vec![mark::Column::Name]).await?;
    Ok(())
}

/// The instant at which the simulation ended that this database keeps; `None` for a real one.
///
/// # Errors
/// [`StorageError`].
pub async fn simulated_until(
    db: &impl ConnectionTrait,
) -> Result<Option<DateTime<Utc>>, StorageError> {
    let row = mark::Entity::find_by_id(SIMULATED).one(db).await?;
    Ok(row.and_then(|row| row.value.parse().ok()))
}

/// Marks the database as a simulation that ended at `until`.
///
/// # Errors
/// [`StorageError`].
pub async fn mark_simulated(tx: &WriteTx, until: DateTime<Utc>) -> Result<(), StorageError> {
    put(tx, row(SIMULATED, until.to_rfc3339(), until)).await
}

/// How many times the database was filled with example data; 0 where it never was.
///
/// # Errors
/// [`StorageError`].
pub async fn times_seeded(db: &impl ConnectionTrait) -> Result<u64, StorageError> {
    let row = mark::Entity::find_by_id(SEEDED).one(db).await?;
    Ok(row.and_then(|row| row.value.parse().ok()).unwrap_or(0))
}

/// Writes down how many times the database was filled with example data.
///
/// # Errors
/// [`StorageError`].
pub async fn set_times_seeded(
    tx: &WriteTx,
    times: u64,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    put(tx, row(SEEDED, times.to_string(), now)).await
}

/// What tells this database from every other; empty before it was given.
///
/// # Errors
/// [`StorageError`].
pub async fn epoch(db: &impl ConnectionTrait) -> Result<String, StorageError> {
    let row = mark::Entity::find_by_id(EPOCH).one(db).await?;
    Ok(row.map(|row| row.value).unwrap_or_default())
}

/// The last sealed audit event: its place and hash.
///
/// # Errors
/// [`StorageError`].
pub async fn audit_head(db: &impl ConnectionTrait) -> Result<Option<(i64, String)>, StorageError> {
    let row = mark::Entity::find_by_id(AUDIT_HEAD).one(db).await?;
    Ok(row.and_then(|row| {
        let (chain_no, hash) = row.value.split_once(':')?;
        Some((chain_no.parse().ok()?, hash.to_owned()))
    }))
}

/// Keeps other instances from sealing until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_audit_head(tx: &WriteTx, now: DateTime<Utc>) -> Result<(), StorageError> {
    let first = row(AUDIT_HEAD, String::new(), now);
    insert_absent(tx, first, vec![mark::Column::Name]).await?;
    mark::Entity::find_by_id(AUDIT_HEAD)
        .lock_exclusive()
        .one(tx)
        .await?;
    Ok(())
}

/// Keeps others from counting the bytes of attached files until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_file_room(tx: &WriteTx, now: DateTime<Utc>) -> Result<(), StorageError> {
    let first = row(FILE_ROOM, String::new(), now);
    insert_absent(tx, first, vec![mark::Column::Name]).await?;
    mark::Entity::find_by_id(FILE_ROOM)
        .lock_exclusive()
        .one(tx)
        .await?;
    Ok(())
}

/// Writes down the last sealed audit event.
///
/// # Errors
/// [`StorageError`].
pub async fn set_audit_head(
    tx: &WriteTx,
    chain_no: i64,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let head = row(AUDIT_HEAD, format!("{chain_no}:{hash}"), now);
    put(tx, head).await
}

/// That nothing goes out: since when, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Since when, by the business clock.
    pub since: DateTime<Utc>,
    /// Who paused it.
    pub by: String,
    /// Why, as they said.
    pub reason: String,
}

/// What a mark holds of a pause.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct PauseHeld {
    by: String,
    reason: String,
}

/// The pause that is on.
///
/// # Errors
/// [`StorageError`].
pub async fn pause(db: &impl ConnectionTrait) -> Result<Option<Pause>, StorageError> {
    let row = mark::Entity::find_by_id(PAUSED).one(db).await?;
    Ok(row.map(|row| {
        // Whatever the mark holds, the pause is on.
        let held: PauseHeld = serde_json::from_str(&row.value).unwrap_or_default();
        Pause {
            since: row.marked_at,
            by: held.by,
            reason: held.reason,
        }
    }))
}

/// Begins a pause; `false` where one is on, which stays as it is.
///
/// # Errors
/// [`StorageError`].
pub async fn begin_pause(tx: &WriteTx, pause: &Pause) -> Result<bool, StorageError> {
    let held = PauseHeld {
        by: pause.by.clone(),
        reason: pause.reason.clone(),
    };
    let held = serde_json::json!(held).to_string();
    let paused = row(PAUSED, held, pause.since);
    insert_absent(tx, paused, vec![mark::Column::Name]).await
}

/// Ends the pause; `false` where none is on.
///
/// # Errors
/// [`StorageError`].
pub async fn end_pause(tx: &WriteTx) -> Result<bool, StorageError> {
    let ended = mark::Entity::delete_by_id(PAUSED).exec(tx).await?;
    Ok(ended.rows_affected > 0)
}

/// Writes a mark, over the one of that name.
async fn put(tx: &WriteTx, mark: mark::ActiveModel) -> Result<(), StorageError> {
    mark::Entity::insert(mark)
        .on_conflict(
            OnConflict::column(mark::Column::Name)
                .update_columns([mark::Column::Value, mark::Column::MarkedAt])
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

fn row(name: &str, value: String, now: DateTime<Utc>) -> mark::ActiveModel {
    mark::ActiveModel {
        name: Set(name.to_owned()),
        value: Set(value),
        marked_at: Set(now),
    }
}
