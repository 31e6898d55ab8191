//! Links to the big screen, those revoked and run out too.

use crate::domain::ids::WallId;
use crate::domain::resource::Resource;
use crate::storage::WriteTx;
use crate::storage::error::StorageError;
use chrono::{DateTime, Utc};
use entity::wall_link;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// A link as stored; its secret is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWall {
    /// Id.
    pub id: WallId,
    /// Where the screen hangs, as its maker wrote.
    pub name: String,
    /// SHA-256 (hex) of its secret.
    pub hash: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: DateTime<Utc>,
    /// Until when it is good; none for until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl StoredWall {
    /// Whether it is good at that instant.
    pub fn is_good(&self, at: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| at < end)
    }
}

pub(super) fn wall_of(row: wall_link::Model) -> StoredWall {
    StoredWall {
        id: WallId(row.id),
        name: row.name,
        hash: row.hash,
        made_by: row.made_by,
        made_at: row.made_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    }
}

/// Writes a link.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredWall) -> Result<(), StorageError> {
    let row = wall_link::ActiveModel {
        id: Set(new.id.0),
        name: Set(new.name.clone()),
        hash: Set(new.hash.clone()),
        made_by: Set(new.made_by.clone()),
        made_at: Set(new.made_at),
        expires_at: Set(new.expires_at),
        revoked_at: Set(new.revoked_at),
    };
    tx.note(Resource::Walls, new.id.0);
    super::insert_all(tx, vec![row]).await
}

/// A link by id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: WallId,
) -> Result<Option<StoredWall>, StorageError> {
    let row = wall_link::Entity::find_by_id(id.0).one(db).await?;
    Ok(row.map(wall_of))
}

/// The link whose secret has this hash.
///
/// # Errors
/// [`StorageError`].
pub async fn by_hash(
    db: &impl ConnectionTrait,
    hash: &str,
) -> Result<Option<StoredWall>, StorageError> {
    let row = wall_link::Entity::find()
        .filter(wall_link::Column::Hash.eq(hash))
        .one(db)
        .await?;
    Ok(row.map(wall_of))
}

/// Revokes a link; whether this call did it.
///
/// # Errors
/// [`StorageError`].
pub async fn revoke(tx: &WriteTx, id: WallId, now: DateTime<Utc>) -> Result<bool, StorageError> {
    let result = wall_link::Entity::update_many()
        .col_expr(wall_link::Column::RevokedAt, Expr::value(now))
        .filter(wall_link::Column::Id.eq(id.0))
        .filter(wall_link::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    if result.rows_affected > 0 {
        tx.note(Resource::Walls, id.0);
    }
    Ok(result.rows_affected > 0)
}
