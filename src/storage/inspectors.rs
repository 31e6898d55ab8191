//! Inspectors 检查人员: the pool from which a spot-check draws. `UNIQUE(address)`: a person is in it once.

use crate::domain::ids::{InspectorId, UnitId};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, insert_absent};
use chrono::{DateTime, Utc};
use entity::inspector;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// An inspector as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredInspector {
    /// Their id.
    pub id: InspectorId,
    /// Normalised address.
    pub address: String,
    /// Address as given.
    pub email: String,
    /// Name.
    pub name: String,
    /// Unit.
    pub unit_id: UnitId,
    /// Whether they may be drawn.
    pub active: bool,
    /// When they came into the pool.
    pub since_at: DateTime<Utc>,
}

/// Everybody in the pool, by address.
///
/// # Errors
/// [`StorageError`].
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<StoredInspector>, StorageError> {
    let rows = inspector::Entity::find()
        .order_by_asc(inspector::Column::Address)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(inspector_of).collect())
}

/// Those with these ids, in no particular order.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[InspectorId],
) -> Result<Vec<StoredInspector>, StorageError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = inspector::Entity::find()
            .filter(inspector::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(inspector_of));
    }
    Ok(found)
}

/// The whole pool, kept as it is until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_all(tx: &WriteTx) -> Result<Vec<StoredInspector>, StorageError> {
    let rows = inspector::Entity::find()
        .order_by_asc(inspector::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(inspector_of).collect())
}

/// Adds somebody unless their address is in the pool; whether they were added.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredInspector) -> Result<bool, StorageError> {
    let row = inspector::ActiveModel {
        id: Set(new.id.0),
        address: Set(new.address.clone()),
        email: Set(new.email.clone()),
        name: Set(new.name.clone()),
        unit_id: Set(new.unit_id.0),
        active: Set(new.active),
        since_at: Set(new.since_at),
    };
    let inserted = insert_absent(tx, row, vec![inspector::Column::Address]).await?;
    if inserted {
        tx.note(Resource::Inspectors, new.id.0);
    }
    Ok(inserted)
}

/// Writes down what has changed of somebody; their address stays.
///
/// # Errors
/// [`StorageError`].
pub async fn update(tx: &WriteTx, one: &StoredInspector) -> Result<(), StorageError> {
    inspector::Entity::update_many()
        .col_expr(inspector::Column::Email, Expr::value(one.email.clone()))
        .col_expr(inspector::Column::Name, Expr::value(one.name.clone()))
        .col_expr(inspector::Column::UnitId, Expr::value(one.unit_id.0))
        .col_expr(inspector::Column::Active, Expr::value(one.active))
        .filter(inspector::Column::Id.eq(one.id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Inspectors, one.id.0);
    Ok(())
}

pub(super) fn inspector_of(row: inspector::Model) -> StoredInspector {
    StoredInspector {
        id: InspectorId(row.id),
        address: row.address,
        email: row.email,
        name: row.name,
        unit_id: UnitId(row.unit_id),
        active: row.active,
        since_at: row.since_at,
    }
}
