//! Units.

use crate::domain::ids::{PlanId, UnitId};
use crate::domain::level::Level;
use crate::domain::resource::Resource;
use crate::domain::unit::Unit;
use crate::domain::unit_kind::UnitKind;
use crate::storage::error::StorageError;
use crate::storage::{Session, WriteTx, from_json, insert_absent, to_json};
use entity::{assignment, task, unit};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, LockType};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// All units, in the order of the units file.
///
/// # Errors
/// [`StorageError`].
pub async fn all(db: &impl Session) -> Result<Vec<Unit>, StorageError> {
    match db.known_people() {
        Some(known) => known.units(db, read_all).await,
        None => read_all(db).await,
    }
}

async fn read_all(db: &impl ConnectionTrait) -> Result<Vec<Unit>, StorageError> {
    let rows = unit::Entity::find()
        .order_by_asc(unit::Column::Position)
        .order_by_asc(unit::Column::Code)
        .all(db)
        .await?;
    rows.into_iter().map(unit_of).collect()
}

/// The unit of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(db: &impl ConnectionTrait, id: UnitId) -> Result<Option<Unit>, StorageError> {
    let row = unit::Entity::find_by_id(id.0).one(db).await?;
    row.map(unit_of).transpose()
}

/// Units with these ids, in no particular order.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[UnitId],
) -> Result<Vec<Unit>, StorageError> {
    let rows = unit::Entity::find()
        .filter(unit::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .all(db)
        .await?;
    rows.into_iter().map(unit_of).collect()
}

/// All units in the order of the units file, kept from changing until the transaction ends: whoever judges them as a whole
/// (who stands above whom) must not be overtaken by another instance.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_all(tx: &WriteTx) -> Result<Vec<Unit>, StorageError> {
    // By id, as everybody takes locks; weak enough for rows that refer to units to be written meanwhile.
    unit::Entity::find()
        .order_by_asc(unit::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(tx)
        .await?;
    all(tx).await
}

/// The unit of that code, kept from changing until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_of_code(tx: &WriteTx, code: &str) -> Result<Option<Unit>, StorageError> {
    let row = unit::Entity::find()
        .filter(unit::Column::Code.eq(code))
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await?;
    row.map(unit_of).transpose()
}

/// The position behind all units. Two units made at the same moment on PostgreSQL may share one; their codes then tell
/// their order.
///
/// # Errors
/// [`StorageError`].
pub async fn next_position(tx: &WriteTx) -> Result<i32, StorageError> {
    let last: Option<Option<i32>> = unit::Entity::find()
        .select_only()
        .column_as(unit::Column::Position.max(), "last")
        .into_tuple()
        .one(tx)
        .await?;
    Ok(last.flatten().map_or(0, |last| last.saturating_add(1)))
}

/// Keeps these units, and with them who their contacts are, from changing until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(tx: &WriteTx, ids: &[UnitId]) -> Result<(), StorageError> {
    unit::Entity::find()
        .filter(unit::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(unit::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(tx)
        .await?;
    Ok(())
}

/// Every unit that has a parent, with its parent.
///
/// # Errors
/// [`StorageError`].
pub async fn parents(db: &impl ConnectionTrait) -> Result<Vec<(UnitId, UnitId)>, StorageError> {
    let rows: Vec<(Uuid, Option<Uuid>)> = unit::Entity::find()
        .select_only()
        .columns([unit::Column::Id, unit::Column::ParentId])
        .filter(unit::Column::ParentId.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(unit, parent)| Some((UnitId(unit), UnitId(parent?))))
        .collect())
}

/// The levels of all schools that hold an assignment of a plan, each once.
///
/// # Errors
/// [`StorageError`].
pub async fn levels_of_plan(
    db: &impl ConnectionTrait,
    plan_id: PlanId,
) -> Result<Vec<Level>, StorageError> {
    let tasks = task::Entity::find()
        .select_only()
        .column(task::Column::Id)
        .filter(task::Column::PlanId.eq(plan_id.0));
    let asked = assignment::Entity::find()
        .select_only()
        .column(assignment::Column::UnitId)
        .filter(assignment::Column::TaskId.in_subquery(tasks.into_query()));
    // As text: PostgreSQL tells no two json values apart.
    let text = Expr::col(unit::Column::Levels).cast_as(Alias::new("text"));
    let rows: Vec<String> = unit::Entity::find()
        .select_only()
        .column_as(text, "levels")
        .distinct()
        .filter(unit::Column::Kind.eq(UnitKind::School.as_str()))
        .filter(unit::Column::Id.in_subquery(asked.into_query()))
        .into_tuple()
        .all(db)
        .await?;
    let mut levels = BTreeSet::new();
    for row in rows {
        let row: Vec<Level> =
            serde_json::from_str(&row).map_err(|source| StorageError::DamagedJson {
                column: "unit.levels",
                source,
            })?;
        levels.extend(row);
    }
    Ok(levels.into_iter().collect())
}

/// Writes `unit` as a new row at `position`.
///
/// # Errors
/// [`StorageError`]; a taken code is a conflict.
pub async fn insert(tx: &WriteTx, unit: &Unit, position: i32) -> Result<(), StorageError> {
    let mut row = row_of(unit)?;
    row.position = Set(position);
    unit::Entity::insert(row).exec_without_returning(tx).await?;
    tx.note(Resource::Units, unit.id.0);
    Ok(())
}

/// Writes `unit` as a new row at `position` unless its code is taken; whether it was written.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_new(tx: &WriteTx, unit: &Unit, position: i32) -> Result<bool, StorageError> {
    let mut row = row_of(unit)?;
    row.position = Set(position);
    let inserted = insert_absent(tx, row, vec![unit::Column::Code]).await?;
    if inserted {
        tx.note(Resource::Units, unit.id.0);
    }
    Ok(inserted)
}

/// Overwrites the row of `unit` (found by its id).
///
/// # Errors
/// [`StorageError`].
pub async fn update(tx: &WriteTx, unit: &Unit) -> Result<(), StorageError> {
    row_of(unit)?.update(tx).await?;
    tx.note(Resource::Units, unit.id.0);
    Ok(())
}

fn row_of(unit: &Unit) -> Result<unit::ActiveModel, StorageError> {
    Ok(unit::ActiveModel {
        id: Set(unit.id.0),
        code: Set(unit.code.clone()),
        name: Set(unit.name.clone()),
        kind: Set(unit.kind.as_str().to_owned()),
        parent_id: Set(unit.parent_id.map(|id| id.0)),
        aliases: Set(to_json("unit.aliases", &unit.aliases)?),
        levels: Set(to_json("unit.levels", &unit.levels)?),
        groups: Set(to_json("unit.groups", &unit.groups)?),
        liaison: Set(unit.liaison.clone()),
        position: sea_orm::ActiveValue::NotSet,
    })
}

pub(super) fn unit_of(row: unit::Model) -> Result<Unit, StorageError> {
    Ok(Unit {
        id: UnitId(row.id),
        kind: crate::storage::code("unit kind", &row.kind)?,
        code: row.code,
        name: row.name,
        parent_id: row.parent_id.map(UnitId),
        aliases: from_json("unit.aliases", row.aliases)?,
        levels: from_json("unit.levels", row.levels)?,
        groups: from_json("unit.groups", row.groups)?,
        liaison: row.liaison,
    })
}
