//! The list of yearly quality results.

use crate::domain::access::Reach;
use crate::domain::ids::QualityResultId;
use crate::domain::level::Level;
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use crate::storage::quality_results::{StoredResult, result_of};
use entity::quality_result;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::parts::{of_reach, unit_of_code};

/// Which results are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct ResultFilter {
    /// Of the school year that begins in this year.
    pub school_year: Option<i32>,
    /// Of the school of this code.
    pub unit_code: Option<String>,
    /// Of this level.
    pub level: Option<Level>,
    /// Only those that count, or only those that were corrected.
    pub superseded: Option<bool>,
}

/// A page of results, in the order in which they were imported.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &ResultFilter,
    reach: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<StoredResult>, StorageError> {
    use quality_result::Column as C;
    let mut select = quality_result::Entity::find().filter(met(reach));
    if let Some(year) = filter.school_year {
        select = select.filter(C::SchoolYear.eq(year));
    }
    if let Some(code) = filter.unit_code.as_deref() {
        select = select.filter(C::UnitId.in_subquery(unit_of_code(code)));
    }
    if let Some(level) = filter.level {
        select = select.filter(C::Level.eq(level.as_str()));
    }
    if let Some(superseded) = filter.superseded {
        select = select.filter(C::Superseded.eq(superseded));
    }
    let sort: Option<SortKey<quality_result::Model>> = None;
    page(db, select, C::Id, |row| row.id, sort, wanted)
        .await?
        .try_map(result_of)
}

/// The result of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: QualityResultId,
) -> Result<Option<StoredResult>, StorageError> {
    let row = quality_result::Entity::find_by_id(id.0).one(db).await?;
    row.map(result_of).transpose()
}

/// The results that are met: those of the units in reach.
pub(super) fn met(reach: &Reach) -> Condition {
    of_reach(quality_result::Column::UnitId, reach)
}
