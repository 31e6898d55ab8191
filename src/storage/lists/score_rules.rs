//! The list of rule tables.

use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use crate::storage::score_rules::{StoredRules, rules_of};
use entity::score_rules;
use sea_orm::{ConnectionTrait, EntityTrait};

/// A page of rule tables, in the order of their versions.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    wanted: &PageWanted,
) -> Result<Paged<StoredRules>, StorageError> {
    let sort: Option<SortKey<score_rules::Model>> = None;
    let select = score_rules::Entity::find();
    page(
        db,
        select,
        score_rules::Column::Id,
        |row| row.id,
        sort,
        wanted,
    )
    .await?
    .try_map(rules_of)
}
