//! The pool of inspectors, page by page.

use super::parts::unit_of_code;
use crate::domain::access::Reach;
use crate::domain::ids::{InspectorId, UnitId};
use crate::storage::error::StorageError;
use crate::storage::inspectors::{StoredInspector, inspector_of};
use crate::storage::lists::labels::{self, UnitLabel};
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use entity::inspector;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// Which inspectors; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct InspectorFilter {
    /// Of the unit of this code.
    pub unit_code: Option<String>,
    /// Who may be drawn, or who may not.
    pub active: Option<bool>,
}

/// An inspector with their unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectorRow {
    /// The inspector.
    pub inspector: StoredInspector,
    /// Their unit.
    pub unit: UnitLabel,
}

/// A page of the pool, by id. It is the bureau's alone.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &InspectorFilter,
    _: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<InspectorRow>, StorageError> {
    use inspector::Column as C;
    let mut select = inspector::Entity::find();
    if let Some(code) = filter.unit_code.as_deref() {
        select = select.filter(C::UnitId.in_subquery(unit_of_code(code)));
    }
    if let Some(active) = filter.active {
        select = select.filter(C::Active.eq(active));
    }
    let sort: Option<SortKey<inspector::Model>> = None;
    let found = page(db, select, C::Id, |row| row.id, sort, wanted).await?;
    let rows = found.rows.into_iter().map(inspector_of).collect();
    Ok(Paged {
        rows: labelled(db, rows).await?,
        next: found.next,
    })
}

/// The inspectors with these ids, by address.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[InspectorId],
) -> Result<Vec<InspectorRow>, StorageError> {
    let mut rows = crate::storage::inspectors::with_ids(db, ids).await?;
    rows.sort_by(|one, other| one.address.cmp(&other.address));
    labelled(db, rows).await
}

async fn labelled(
    db: &impl ConnectionTrait,
    rows: Vec<StoredInspector>,
) -> Result<Vec<InspectorRow>, StorageError> {
    let of: Vec<UnitId> = rows.iter().map(|row| row.unit_id).collect();
    let units = labels::units(db, of).await?;
    let rows = rows.into_iter().filter_map(|inspector| {
        let unit = units.get(&inspector.unit_id)?.clone();
        Some(InspectorRow { inspector, unit })
    });
    Ok(rows.collect())
}
