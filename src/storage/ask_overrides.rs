//! Asking over units' budgets, or for the same day: each time with its reason and the units concerned.

use crate::domain::ids::{AskOverrideId, PlanId, RoundId, UnitId};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, insert_all, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{ask_override, ask_override_unit};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};

/// One time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOverride {
    /// Its id.
    pub id: AskOverrideId,
    /// What was asked, for people.
    pub what: String,
    /// Whether a person asked; else a round that opened by itself.
    pub by_hand: bool,
    /// Who.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// Local day of that.
    pub asked_on: NaiveDate,
    /// Why; none where nobody could be asked.
    pub reason: Option<String>,
    /// Asks that a unit might get in that month.
    pub budget: u32,
    /// Whether an answer was wanted on the day of asking.
    pub same_day: bool,
    /// The plan, where it is one plan's.
    pub plan_id: Option<PlanId>,
    /// The round, where one asked.
    pub round_id: Option<RoundId>,
}

/// A unit concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverriddenUnit {
    /// The override.
    pub override_id: AskOverrideId,
    /// The unit.
    pub unit_id: UnitId,
    /// Its asks of the month, these included.
    pub asks: u32,
    /// Whether these are more than the budget.
    pub over_budget: bool,
    /// Whether it was to answer on the day of asking.
    pub same_day: bool,
}

/// Writes one down with its units.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    new: &StoredOverride,
    units: &[OverriddenUnit],
) -> Result<(), StorageError> {
    let row = ask_override::ActiveModel {
        id: Set(new.id.0),
        what: Set(new.what.clone()),
        by_hand: Set(new.by_hand),
        asked_by: Set(new.asked_by.clone()),
        asked_at: Set(new.asked_at),
        asked_on: Set(new.asked_on),
        reason: Set(new.reason.clone()),
        budget: Set(stored(new.budget)),
        same_day: Set(new.same_day),
        plan_id: Set(new.plan_id.map(|id| id.0)),
        round_id: Set(new.round_id.map(|id| id.0)),
    };
    row.insert(tx).await?;
    let rows = units.iter().map(|unit| ask_override_unit::ActiveModel {
        id: Set(new_id()),
        override_id: Set(new.id.0),
        unit_id: Set(unit.unit_id.0),
        asks: Set(stored(unit.asks)),
        over_budget: Set(unit.over_budget),
        same_day: Set(unit.same_day),
    });
    insert_all(tx, rows.collect()).await?;
    tx.note(Resource::AskOverrides, new.id.0);
    Ok(())
}

/// The units that these concern.
///
/// # Errors
/// [`StorageError`].
pub async fn units_of(
    db: &impl ConnectionTrait,
    ids: &[AskOverrideId],
) -> Result<Vec<OverriddenUnit>, StorageError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = ask_override_unit::Entity::find()
            .filter(ask_override_unit::Column::OverrideId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(ask_override_unit::Column::OverrideId)
            .order_by_asc(ask_override_unit::Column::Id)
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|row| OverriddenUnit {
            override_id: AskOverrideId(row.override_id),
            unit_id: UnitId(row.unit_id),
            asks: u32::try_from(row.asks).unwrap_or(0),
            over_budget: row.over_budget,
            same_day: row.same_day,
        }));
    }
    Ok(found)
}

pub(super) fn override_of(row: ask_override::Model) -> StoredOverride {
    StoredOverride {
        id: AskOverrideId(row.id),
        what: row.what,
        by_hand: row.by_hand,
        asked_by: row.asked_by,
        asked_at: row.asked_at,
        asked_on: row.asked_on,
        reason: row.reason,
        budget: u32::try_from(row.budget).unwrap_or(0),
        same_day: row.same_day,
        plan_id: row.plan_id.map(PlanId),
        round_id: row.round_id.map(RoundId),
    }
}

fn stored(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
