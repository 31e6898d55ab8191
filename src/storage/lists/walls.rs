//! The list of links to the big screen.

use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, page};
use crate::storage::wall_links::{StoredWall, wall_of};
use entity::wall_link;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// A page of links, by id; `revoked`: those revoked, or those not.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    revoked: Option<bool>,
    wanted: &PageWanted,
) -> Result<Paged<StoredWall>, StorageError> {
    use wall_link::Column as C;
    let mut select = wall_link::Entity::find();
    match revoked {
        Some(true) => select = select.filter(C::RevokedAt.is_not_null()),
        Some(false) => select = select.filter(C::RevokedAt.is_null()),
        None => {}
    }
    let paged = page(db, select, C::Id, |row| row.id, None, wanted).await?;
    Ok(Paged {
        rows: paged.rows.into_iter().map(wall_of).collect(),
        next: paged.next,
    })
}
