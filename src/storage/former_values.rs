//! What due days and obligations were before they became others: kept in the transaction that changes them, for the lights
//! of past days.

use crate::storage::error::StorageError;
use crate::storage::{WriteTx, insert_all, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{assignment, former_ask, former_day, obligation};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

/// Keeps the own due days of those of these assignments, few enough for one statement, that have another than `next`.
///
/// # Errors
/// [`StorageError`].
pub(super) async fn keep_days(
    tx: &WriteTx,
    ids: &[Uuid],
    next: Option<NaiveDate>,
) -> Result<(), StorageError> {
    use assignment::Column;
    let rows: Vec<(Uuid, Option<NaiveDate>)> = assignment::Entity::find()
        .select_only()
        .columns([Column::Id, Column::DueOn])
        .filter(Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(tx)
        .await?;
    let differing = rows.into_iter().filter(|(_, due_on)| *due_on != next);
    let kept = differing.map(|(id, due_on)| former_day::ActiveModel {
        id: Set(new_id()),
        assignment_id: Set(id),
        due_on: Set(due_on),
        changed_at: Set(tx.at()),
    });
    insert_all(tx, kept.collect()).await
}

/// Keeps what those obligations are that are about to change.
///
/// # Errors
/// [`StorageError`].
pub(super) async fn keep_asks(tx: &WriteTx, which: Condition) -> Result<(), StorageError> {
    use obligation::Column;
    let rows: Vec<(Uuid, NaiveDate, String, Option<DateTime<Utc>>)> = obligation::Entity::find()
        .select_only()
        .columns([Column::Id, Column::DueOn, Column::State, Column::SettledAt])
        .filter(which)
        .into_tuple()
        .all(tx)
        .await?;
    let kept = rows
        .into_iter()
        .map(|(id, due_on, state, settled_at)| former_ask::ActiveModel {
            id: Set(new_id()),
            obligation_id: Set(id),
            due_on: Set(due_on),
            state: Set(state),
            settled_at: Set(settled_at),
            changed_at: Set(tx.at()),
        });
    insert_all(tx, kept.collect()).await
}
