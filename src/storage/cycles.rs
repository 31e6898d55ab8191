//! Cycles 督办周期: which plans have them, by which rule, and whether they are on.

use crate::domain::cycle::CycleRule;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::{CycleId, PlanId};
use crate::domain::resource::Resource;
use crate::domain::stage::ReminderPolicy;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code, from_json, insert_absent, to_json};
use chrono::NaiveDate;
use entity::cycle;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// A cycle as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCycle {
    /// Its id.
    pub id: CycleId,
    /// Its plan.
    pub plan_id: PlanId,
    /// Kind.
    pub kind: CycleKind,
    /// When it opens, what is due when, and its policies.
    pub rule: CycleRule,
    /// Which stages are reminded, and who gets copies.
    pub reminders: ReminderPolicy,
    /// Words of the plan that name it.
    pub text: Option<String>,
    /// Whether rounds open by themselves.
    pub enabled: bool,
    /// Local day it was last switched on.
    pub switched_on_on: Option<NaiveDate>,
    /// Seed of the next draw.
    pub next_seed: Option<String>,
    /// What may be published of it before the draw.
    pub next_commitment: Option<String>,
}

/// Writes a cycle unless the plan has one of that kind; whether it was written.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, cycle: &StoredCycle) -> Result<bool, StorageError> {
    let row = cycle::ActiveModel {
        id: Set(cycle.id.0),
        plan_id: Set(cycle.plan_id.0),
        kind: Set(cycle.kind.as_str().to_owned()),
        frequency: Set(cycle.rule.frequency.as_str().to_owned()),
        rule: Set(to_json("cycle.rule", &cycle.rule)?),
        reminders: Set(to_json("cycle.reminders", &cycle.reminders)?),
        text: Set(cycle.text.clone()),
        enabled: Set(cycle.enabled),
        switched_on_on: Set(cycle.switched_on_on),
        next_seed: Set(cycle.next_seed.clone()),
        next_commitment: Set(cycle.next_commitment.clone()),
    };
    tx.note(Resource::Cycles, cycle.id.0);
    insert_absent(tx, row, vec![cycle::Column::PlanId, cycle::Column::Kind]).await
}

/// All cycles, by plan (oldest first) and kind.
///
/// # Errors
/// [`StorageError`].
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<StoredCycle>, StorageError> {
    let rows = cycle::Entity::find()
        .order_by_asc(cycle::Column::PlanId)
        .order_by_asc(cycle::Column::Id)
        .all(db)
        .await?;
    let mut cycles: Vec<StoredCycle> = rows.into_iter().map(cycle_of).collect::<Result<_, _>>()?;
    cycles.sort_by_key(|cycle| (cycle.plan_id, cycle.kind));
    Ok(cycles)
}

/// The cycle of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: CycleId,
) -> Result<Option<StoredCycle>, StorageError> {
    let row = cycle::Entity::find_by_id(id.0).one(db).await?;
    row.map(cycle_of).transpose()
}

/// Switches a cycle on from a local day, or off (`None`); whether that changed anything.
///
/// # Errors
/// [`StorageError`].
pub async fn switch(
    tx: &WriteTx,
    id: CycleId,
    on_from: Option<NaiveDate>,
) -> Result<bool, StorageError> {
    let mut update = cycle::Entity::update_many()
        .col_expr(cycle::Column::Enabled, Expr::value(on_from.is_some()));
    if let Some(day) = on_from {
        update = update.col_expr(cycle::Column::SwitchedOnOn, Expr::value(day));
    }
    let result = update
        .filter(cycle::Column::Id.eq(id.0))
        .filter(cycle::Column::Enabled.eq(on_from.is_none()))
        .exec(tx)
        .await?;
    tx.note(Resource::Cycles, id.0);
    Ok(result.rows_affected > 0)
}

/// Lays down the seed of the next draw and what may be published of it.
///
/// # Errors
/// [`StorageError`].
pub async fn set_next_seed(
    tx: &WriteTx,
    id: CycleId,
    seed: &str,
    commitment: &str,
) -> Result<(), StorageError> {
    cycle::Entity::update_many()
        .col_expr(cycle::Column::NextSeed, Expr::value(seed))
        .col_expr(cycle::Column::NextCommitment, Expr::value(commitment))
        .filter(cycle::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Cycles, id.0);
    Ok(())
}

/// Holds a cycle until the transaction ends: whoever else would change it waits.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(tx: &WriteTx, id: CycleId) -> Result<Option<StoredCycle>, StorageError> {
    let row = cycle::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(tx)
        .await?;
    row.map(cycle_of).transpose()
}

/// Writes down another rule and reminder policy of a cycle.
///
/// # Errors
/// [`StorageError`].
pub async fn set_rule(
    tx: &WriteTx,
    id: CycleId,
    rule: &CycleRule,
    reminders: &ReminderPolicy,
) -> Result<(), StorageError> {
    cycle::Entity::update_many()
        .col_expr(
            cycle::Column::Frequency,
            Expr::value(rule.frequency.as_str()),
        )
        .col_expr(
            cycle::Column::Rule,
            Expr::value(to_json("cycle.rule", rule)?),
        )
        .col_expr(
            cycle::Column::Reminders,
            Expr::value(to_json("cycle.reminders", reminders)?),
        )
        .filter(cycle::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Cycles, id.0);
    Ok(())
}

pub(super) fn cycle_of(row: cycle::Model) -> Result<StoredCycle, StorageError> {
    Ok(StoredCycle {
        id: CycleId(row.id),
        plan_id: PlanId(row.plan_id),
        kind: code("cycle kind", &row.kind)?,
        rule: from_json("cycle.rule", row.rule)?,
        reminders: from_json("cycle.reminders", row.reminders)?,
        text: row.text,
        enabled: row.enabled,
        switched_on_on: row.switched_on_on,
        next_seed: row.next_seed,
        next_commitment: row.next_commitment,
    })
}
