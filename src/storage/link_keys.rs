//! Keys of the links in mails. A number is given once, so that two instances that make a key at once end with one.

use crate::domain::mail_link::LinkKey;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, insert_absent};
use chrono::{DateTime, Utc};
use entity::link_key;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// Keys that are good, the newest first.
///
/// # Errors
/// [`StorageError`].
pub async fn good(db: &impl ConnectionTrait) -> Result<Vec<LinkKey>, StorageError> {
    let rows = link_key::Entity::find()
        .filter(link_key::Column::RetiredAt.is_null())
        .order_by_desc(link_key::Column::Number)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(key_of).collect())
}

/// The newest good key, kept good until the transaction ends: whoever would retire it waits.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_current(tx: &WriteTx) -> Result<Option<LinkKey>, StorageError> {
    let row = link_key::Entity::find()
        .filter(link_key::Column::RetiredAt.is_null())
        .order_by_desc(link_key::Column::Number)
        .lock_shared()
        .one(tx)
        .await?;
    Ok(row.and_then(key_of))
}

/// The highest number given so far; 0 before the first.
///
/// # Errors
/// [`StorageError`].
pub async fn last_number(db: &impl ConnectionTrait) -> Result<u32, StorageError> {
    let last: Option<i32> = link_key::Entity::find()
        .select_only()
        .column(link_key::Column::Number)
        .order_by_desc(link_key::Column::Number)
        .into_tuple()
        .one(db)
        .await?;
    Ok(last.and_then(|last| u32::try_from(last).ok()).unwrap_or(0))
}

/// Writes a key unless its number is taken; whether it was written.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    number: u32,
    secret: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let row = link_key::ActiveModel {
        number: Set(i32::try_from(number).unwrap_or(i32::MAX)),
        secret: Set(secret.to_vec()),
        made_at: Set(now),
        retired_at: Set(None),
    };
    insert_absent(tx, row, vec![link_key::Column::Number]).await
}

/// Retires every good key below a number; how many.
///
/// # Errors
/// [`StorageError`].
pub async fn retire_below(
    tx: &WriteTx,
    number: u32,
    now: DateTime<Utc>,
) -> Result<u64, StorageError> {
    let retired = link_key::Entity::update_many()
        .col_expr(link_key::Column::RetiredAt, Expr::value(now))
        .filter(link_key::Column::Number.lt(i64::from(number)))
        .filter(link_key::Column::RetiredAt.is_null())
        .exec(tx)
        .await?;
    Ok(retired.rows_affected)
}

/// A row as a key; none where its number or secret was damaged from outside.
fn key_of(row: link_key::Model) -> Option<LinkKey> {
    let secret: [u8; 32] = row.secret.try_into().ok()?;
    Some(LinkKey::new(u32::try_from(row.number).ok()?, secret))
}
