//! The feed of changes, in the order of commits: what a mirror reads to catch up, and what tells whether a row has changed
//! since somebody looked.

use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code};
use chrono::{DateTime, Utc};
use entity::{change, change_counter};
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// A row that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChange {
    /// Number of its transaction.
    pub change_no: i64,
    /// Order inside the transaction.
    pub position: i32,
    /// The kind of row.
    pub resource: Resource,
    /// The row.
    pub row_id: Uuid,
    /// When.
    pub changed_at: DateTime<Utc>,
}

/// How far back the feed reaches, and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedSpan {
    /// Changes up to this number are no longer kept.
    pub oldest_kept: i64,
    /// Number of the newest change.
    pub newest: i64,
}

/// How far the feed reaches.
///
/// # Errors
/// [`StorageError`].
pub async fn span(db: &impl ConnectionTrait) -> Result<FeedSpan, StorageError> {
    let row = change_counter::Entity::find().one(db).await?;
    let row = row.ok_or(StorageError::NoCounter)?;
    Ok(FeedSpan {
        oldest_kept: row.oldest_kept,
        newest: row.value,
    })
}

/// Changes after a place in the feed, in order; at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn after(
    db: &impl ConnectionTrait,
    change_no: i64,
    position: i32,
    limit: u64,
) -> Result<Vec<StoredChange>, StorageError> {
    use change::Column::{ChangeNo, Position};
    let later = Condition::any().add(ChangeNo.gt(change_no)).add(
        Condition::all()
            .add(ChangeNo.eq(change_no))
            .add(Position.gt(position)),
    );
    let rows = change::Entity::find()
        // Bounds the search by the key's first column, which an OR alone does not.
        .filter(ChangeNo.gte(change_no))
        .filter(later)
        .order_by_asc(ChangeNo)
        .order_by_asc(Position)
        .limit(limit)
        .all(db)
        .await?;
    let changes = rows.into_iter().map(|row| {
        Ok(StoredChange {
            change_no: row.change_no,
            position: row.position,
            resource: code("resource", &row.resource)?,
            row_id: row.row_id,
            changed_at: row.changed_at,
        })
    });
    changes.collect()
}

/// Whether a row has changed after a change number; where the feed does not reach back that far, it counts as changed.
///
/// # Errors
/// [`StorageError`].
pub async fn changed_since(
    db: &impl ConnectionTrait,
    row_id: Uuid,
    change_no: i64,
) -> Result<bool, StorageError> {
    if change_no < span(db).await?.oldest_kept {
        return Ok(true);
    }
    let later = change::Entity::find()
        .filter(change::Column::RowId.eq(row_id))
        .filter(change::Column::ChangeNo.gt(change_no))
        .limit(1)
        .one(db)
        .await?;
    Ok(later.is_some())
}

/// Forgets changes made before an instant; how many.
///
/// # Errors
/// [`StorageError`].
pub async fn forget_before(tx: &WriteTx, before: DateTime<Utc>) -> Result<u64, StorageError> {
    let newest: Option<Option<i64>> = change::Entity::find()
        .select_only()
        .column_as(change::Column::ChangeNo.max(), "newest")
        .filter(change::Column::ChangedAt.lt(before))
        .into_tuple()
        .one(tx)
        .await?;
    let Some(newest) = newest.flatten() else {
        return Ok(0);
    };
    change_counter::Entity::update_many()
        .col_expr(change_counter::Column::OldestKept, Expr::value(newest))
        .exec(tx)
        .await?;
    let gone = change::Entity::delete_many()
        .filter(change::Column::ChangeNo.lte(newest))
        .exec(tx)
        .await?;
    Ok(gone.rows_affected)
}

/// Lets the feed begin anew behind this transaction: what it changes besides is not told row by row, and whoever follows
/// the feed starts over.
///
/// # Errors
/// [`StorageError`].
pub async fn forget_all(tx: &WriteTx) -> Result<(), StorageError> {
    // The commit raises the number by one.
    change_counter::Entity::update_many()
        .col_expr(
            change_counter::Column::OldestKept,
            Expr::col(change_counter::Column::Value).add(1),
        )
        .exec(tx)
        .await?;
    change::Entity::delete_many().exec(tx).await?;
    Ok(())
}
