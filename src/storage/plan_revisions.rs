//! What an amended document changes of a plan itself: who it is, its steps, and what it says for the first time.

use crate::domain::ids::PlanId;
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::plans::{StoredDeadline, StoredIndicator, StoredPhase, StoredPlan};
use crate::storage::{WriteTx, indicators, insert_all, plans, to_json};
use entity::{indicator, phase, plan, sending_deadline};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

/// Overwrites what a document says of a plan as a whole (found by its id).
///
/// # Errors
/// [`StorageError`]; a taken identity is a conflict.
pub async fn update(tx: &WriteTx, revised: &StoredPlan) -> Result<(), StorageError> {
    use plan::Column;
    plan::Entity::update_many()
        .col_expr(Column::Identity, Expr::value(revised.identity.clone()))
        .col_expr(
            Column::ContentHash,
            Expr::value(revised.content_hash.clone()),
        )
        .col_expr(Column::Title, Expr::value(revised.title.clone()))
        .col_expr(Column::IssuedBy, Expr::value(revised.issued_by.clone()))
        .col_expr(
            Column::DocumentNumber,
            Expr::value(revised.document_number.clone()),
        )
        .col_expr(Column::FirstYear, Expr::value(revised.first_year))
        .col_expr(Column::SourceName, Expr::value(revised.source_name.clone()))
        .col_expr(Column::Problems, Expr::value(revised.problems.clone()))
        .col_expr(
            Column::FirstPhaseStartsOn,
            Expr::value(revised.first_phase_starts_on),
        )
        .col_expr(
            Column::LastPhaseEndsOn,
            Expr::value(revised.last_phase_ends_on),
        )
        .filter(Column::Id.eq(revised.id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Plans, revised.id.0);
    Ok(())
}

/// Puts other steps in the place of a plan's.
///
/// # Errors
/// [`StorageError`].
pub async fn replace_phases(
    tx: &WriteTx,
    id: PlanId,
    phases: &[StoredPhase],
) -> Result<(), StorageError> {
    phase::Entity::delete_many()
        .filter(phase::Column::PlanId.eq(id.0))
        .exec(tx)
        .await?;
    plans::insert_phases(tx, id, phases).await?;
    tx.note(Resource::Plans, id.0);
    Ok(())
}

/// Adds deadlines behind those of a plan.
///
/// # Errors
/// [`StorageError`].
pub async fn add_deadlines(
    tx: &WriteTx,
    id: PlanId,
    new: &[StoredDeadline],
) -> Result<(), StorageError> {
    let last: Option<Option<i32>> = sending_deadline::Entity::find()
        .select_only()
        .column_as(sending_deadline::Column::Position.max(), "last")
        .filter(sending_deadline::Column::PlanId.eq(id.0))
        .into_tuple()
        .one(tx)
        .await?;
    let first = last.flatten().map_or(0, |last| last.saturating_add(1));
    let mut rows = Vec::with_capacity(new.len());
    for (position, deadline) in (first..).zip(new) {
        rows.push(sending_deadline::ActiveModel {
            id: Set(deadline.id.0),
            plan_id: Set(id.0),
            position: Set(position),
            text: Set(deadline.text.clone()),
            what: Set(deadline.what.clone()),
            from_units: Set(to_json(
                "sending_deadline.from_units",
                &deadline.from_units,
            )?),
            to_unit: Set(deadline.to_unit.clone()),
            due_on: Set(deadline.due_on),
        });
    }
    insert_all(tx, rows).await?;
    tx.note(Resource::Plans, id.0);
    Ok(())
}

/// Adds indicators and goals behind those of a plan, as proposed.
///
/// # Errors
/// [`StorageError`].
pub async fn add_indicators(
    tx: &WriteTx,
    id: PlanId,
    new: &[StoredIndicator],
) -> Result<(), StorageError> {
    if new.is_empty() {
        return Ok(());
    }
    let first = indicators::next_position(tx, id).await?;
    for one in new {
        tx.note(Resource::Indicators, one.id.0);
    }
    let rows = (first..)
        .zip(new)
        .map(|(position, one)| indicator::ActiveModel {
            id: Set(one.id.0),
            plan_id: Set(id.0),
            task_id: Set(one.task_id.map(|id| id.0)),
            position: Set(position),
            text: Set(one.text.clone()),
            comparator: Set(one.comparator.clone()),
            value: Set(one.value),
            measured_in: Set(one.measured_in.clone()),
            frequency: Set(one.frequency.clone()),
            ..Default::default()
        });
    insert_all(tx, rows.collect()).await?;
    tx.note(Resource::Plans, id.0);
    Ok(())
}
