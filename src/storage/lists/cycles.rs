//! Cycles, page by page.

use crate::domain::access::Reach;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::{CycleId, PlanId};
use crate::storage::cycles::{StoredCycle, cycle_of};
use crate::storage::error::StorageError;
use crate::storage::lists::labels;
use crate::storage::paging::{PageWanted, Paged, page};
use entity::cycle;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// Which cycles.
#[derive(Debug, Clone, Default)]
pub struct CycleFilter {
    /// Of this plan.
    pub plan_id: Option<PlanId>,
    /// Of this kind.
    pub kind: Option<CycleKind>,
    /// Switched on, or off.
    pub enabled: Option<bool>,
}

/// A cycle in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct CycleRow {
    /// The cycle.
    pub cycle: StoredCycle,
    /// Title of its plan.
    pub plan_title: String,
}

/// Cycles by id. They are everyone's: the reach is that of a caller who may read them at all.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &CycleFilter,
    _: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<CycleRow>, StorageError> {
    let mut select = cycle::Entity::find();
    if let Some(plan) = filter.plan_id {
        select = select.filter(cycle::Column::PlanId.eq(plan.0));
    }
    if let Some(kind) = filter.kind {
        select = select.filter(cycle::Column::Kind.eq(kind.as_str()));
    }
    if let Some(enabled) = filter.enabled {
        select = select.filter(cycle::Column::Enabled.eq(enabled));
    }
    let found = page(db, select, cycle::Column::Id, |row| row.id, None, wanted).await?;
    Ok(Paged {
        rows: shown(db, found.rows).await?,
        next: found.next,
    })
}

/// The cycle of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn one(db: &impl ConnectionTrait, id: CycleId) -> Result<Option<CycleRow>, StorageError> {
    let row = cycle::Entity::find_by_id(id.0).one(db).await?;
    Ok(shown(db, row.into_iter().collect()).await?.pop())
}

async fn shown(
    db: &impl ConnectionTrait,
    rows: Vec<cycle::Model>,
) -> Result<Vec<CycleRow>, StorageError> {
    let titles = labels::plans(db, rows.iter().map(|row| PlanId(row.plan_id))).await?;
    let rows = rows.into_iter().map(|row| {
        let cycle = cycle_of(row)?;
        let plan_title = titles.get(&cycle.plan_id).cloned().unwrap_or_default();
        Ok(CycleRow { cycle, plan_title })
    });
    rows.collect()
}
