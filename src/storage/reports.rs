//! Reports 填报: every version of an answer stays.

use crate::domain::ids::ObligationId;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, insert_absent, new_id};
use chrono::{DateTime, Utc};
use entity::report;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};

/// Writes the next version of an answer; its number, from 1.
///
/// # Errors
/// [`StorageError`]; a conflict where somebody else wrote that version first.
pub async fn insert(
    tx: &WriteTx,
    obligation_id: ObligationId,
    reported_by: &str,
    note: Option<&str>,
    items: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<i32, StorageError> {
    let last: Option<Option<i32>> = report::Entity::find()
        .select_only()
        .column_as(report::Column::Version.max(), "last")
        .filter(report::Column::ObligationId.eq(obligation_id.0))
        .into_tuple()
        .one(tx)
        .await?;
    let version = last.flatten().unwrap_or(0) + 1;
    let row = report::ActiveModel {
        id: Set(new_id()),
        obligation_id: Set(obligation_id.0),
        version: Set(version),
        reported_by: Set(reported_by.to_owned()),
        note: Set(note.map(str::to_owned)),
        items: Set(items),
        reported_at: Set(now),
    };
    insert_absent(
        tx,
        row,
        vec![report::Column::ObligationId, report::Column::Version],
    )
    .await?;
    Ok(version)
}

/// How many reports there are.
///
/// # Errors
/// [`StorageError`].
pub async fn count(
    db: &impl ConnectionTrait,
    obligation_id: ObligationId,
) -> Result<u64, StorageError> {
    use sea_orm::PaginatorTrait;
    Ok(report::Entity::find()
        .filter(report::Column::ObligationId.eq(obligation_id.0))
        .count(db)
        .await?)
}
