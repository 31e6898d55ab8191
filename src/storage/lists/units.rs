//! The list of units. Everybody may read the directory, so it is bounded by nobody's reach.

use super::text_search::{as_json, contains, json_text};
use crate::domain::ids::UnitId;
use crate::domain::level::Level;
use crate::domain::unit::Unit;
use crate::domain::unit_kind::UnitKind;
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use crate::storage::units::{unit_of, with_ids};
use entity::unit;
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Value};
use std::collections::{BTreeSet, HashMap};

/// Which units; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct UnitFilter {
    /// Of this kind.
    pub kind: Option<UnitKind>,
    /// Right below the unit of this id.
    pub parent: Option<UnitId>,
    /// With this school level among theirs.
    pub level: Option<Level>,
    /// Only these, such as the members of a group.
    pub among: Option<Vec<UnitId>>,
    /// With this text in the code, the name or another name.
    pub text: Option<String>,
}

/// The orders of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitSort {
    /// By place in the units file that made them.
    Position,
    /// By code.
    Code,
}

/// A unit with what the list tells besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitListed {
    /// The unit.
    pub unit: Unit,
    /// Place in the units file that made it.
    pub position: i32,
    /// The unit above it.
    pub parent: Option<Unit>,
}

/// A page of units.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &UnitFilter,
    sort: UnitSort,
    wanted: &PageWanted,
) -> Result<Paged<UnitListed>, StorageError> {
    let mut select = unit::Entity::find();
    if let Some(kind) = filter.kind {
        select = select.filter(unit::Column::Kind.eq(kind.as_str()));
    }
    if let Some(parent) = filter.parent {
        select = select.filter(unit::Column::ParentId.eq(parent.0));
    }
    if let Some(level) = filter.level {
        let levels = json_text(Expr::col(unit::Column::Levels));
        select = select.filter(contains(db, levels, &as_json(level.as_str())));
    }
    if let Some(among) = &filter.among {
        select = select.filter(unit::Column::Id.is_in(among.iter().map(|id| id.0)));
    }
    if let Some(text) = &filter.text {
        let quoted = as_json(text);
        let inner = quoted.trim_start_matches('"');
        let inner = inner.strip_suffix('"').unwrap_or(inner);
        let aliases = json_text(Expr::col(unit::Column::Aliases));
        let anywhere = Condition::any()
            .add(contains(db, Expr::col(unit::Column::Code), text))
            .add(contains(db, Expr::col(unit::Column::Name), text))
            .add(contains(db, aliases, inner));
        select = select.filter(anywhere);
    }
    let paged = page(
        db,
        select,
        unit::Column::Id,
        |row| row.id,
        Some(key(sort)),
        wanted,
    );
    let paged = paged.await?;
    let parents = parents(db, &paged.rows).await?;
    paged.try_map(|row| listed(row, &parents))
}

/// One unit as the list shows it.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: UnitId,
) -> Result<Option<UnitListed>, StorageError> {
    let row = unit::Entity::find_by_id(id.0).one(db).await?;
    told(db, row).await
}

/// The unit of a code as the list shows it.
///
/// # Errors
/// [`StorageError`].
pub async fn by_code(
    db: &impl ConnectionTrait,
    code: &str,
) -> Result<Option<UnitListed>, StorageError> {
    let row = unit::Entity::find()
        .filter(unit::Column::Code.eq(code))
        .one(db)
        .await?;
    told(db, row).await
}

/// Codes and names of units, for rows that refer to them.
///
/// # Errors
/// [`StorageError`].
pub(super) async fn named(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = UnitId>,
) -> Result<HashMap<UnitId, Unit>, StorageError> {
    let ids: BTreeSet<UnitId> = ids.into_iter().collect();
    let ids: Vec<UnitId> = ids.into_iter().collect();
    let units = match ids.is_empty() {
        true => Vec::new(),
        false => with_ids(db, &ids).await?,
    };
    Ok(units.into_iter().map(|unit| (unit.id, unit)).collect())
}

async fn told(
    db: &impl ConnectionTrait,
    row: Option<unit::Model>,
) -> Result<Option<UnitListed>, StorageError> {
    let Some(row) = row else {
        return Ok(None);
    };
    let parents = parents(db, std::slice::from_ref(&row)).await?;
    listed(row, &parents).map(Some)
}

async fn parents(
    db: &impl ConnectionTrait,
    rows: &[unit::Model],
) -> Result<HashMap<UnitId, Unit>, StorageError> {
    named(db, rows.iter().filter_map(|row| row.parent_id.map(UnitId))).await
}

fn listed(row: unit::Model, parents: &HashMap<UnitId, Unit>) -> Result<UnitListed, StorageError> {
    let position = row.position;
    let unit = unit_of(row)?;
    let parent = unit.parent_id.and_then(|id| parents.get(&id)).cloned();
    Ok(UnitListed {
        unit,
        position,
        parent,
    })
}

fn key(sort: UnitSort) -> SortKey<unit::Model> {
    match sort {
        UnitSort::Position => SortKey {
            expr: Expr::col(unit::Column::Position),
            read: |text| text.parse::<i32>().ok().map(Value::from),
            tell: |row| row.position.to_string(),
        },
        UnitSort::Code => SortKey {
            expr: Expr::col(unit::Column::Code),
            read: |text| Some(Value::from(text)),
            tell: |row| row.code.clone(),
        },
    }
}
