//! Changing tasks that are not issued: their words and days, the parties they name; and taking them away.

use crate::domain::fan_out::Party;
use crate::domain::ids::{PlanId, TaskId};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::tasks::{StoredTask, party_rows};
use crate::storage::{WriteTx, insert_all, to_json};
use entity::{task, task_party};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

/// The ends of a plan's tasks, to append behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanEnd {
    /// Position behind the last task.
    pub next_position: i32,
    /// The number after the largest that is a plain number.
    pub next_number: u32,
}

/// Where the next task of a plan goes.
///
/// # Errors
/// [`StorageError`].
pub async fn end_of_plan(tx: &WriteTx, id: PlanId) -> Result<PlanEnd, StorageError> {
    let rows: Vec<(i32, String)> = task::Entity::find()
        .select_only()
        .columns([task::Column::Position, task::Column::Number])
        .filter(task::Column::PlanId.eq(id.0))
        .into_tuple()
        .all(tx)
        .await?;
    let last_position = rows.iter().map(|(position, _)| *position).max();
    let numbers = rows.iter().filter_map(|(_, number)| number.parse().ok());
    Ok(PlanEnd {
        next_position: last_position.map_or(0, |last| last.saturating_add(1)),
        next_number: numbers.max().map_or(1, |last: u32| last.saturating_add(1)),
    })
}

/// Overwrites what a person, or an amended document, may change of a task (found by its id).
///
/// # Errors
/// [`StorageError`].
pub async fn update(tx: &WriteTx, task: &StoredTask) -> Result<(), StorageError> {
    task::Entity::update_many()
        .col_expr(task::Column::Number, Expr::value(task.number.clone()))
        .col_expr(
            task::Column::Section,
            Expr::value(to_json("task.section", &task.section)?),
        )
        .col_expr(task::Column::Continuous, Expr::value(task.continuous))
        .col_expr(task::Column::FirstDueOn, Expr::value(task.first_due_on))
        .col_expr(task::Column::Title, Expr::value(task.title.clone()))
        .col_expr(task::Column::Text, Expr::value(task.text.clone()))
        .col_expr(task::Column::DueOn, Expr::value(task.due_on))
        .col_expr(task::Column::State, Expr::value(task.state.as_str()))
        .col_expr(
            task::Column::HeldReason,
            Expr::value(task.held_reason.clone()),
        )
        .col_expr(
            task::Column::OriginNote,
            Expr::value(task.origin_note.clone()),
        )
        .col_expr(
            task::Column::TemplateId,
            Expr::value(task.template_id.map(|id| id.0)),
        )
        .col_expr(task::Column::Collects, Expr::value(task.collects))
        .filter(task::Column::Id.eq(task.id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Tasks, task.id.0);
    Ok(())
}

/// Puts other parties in the place of those a task names.
///
/// # Errors
/// [`StorageError`].
pub async fn set_parties(tx: &WriteTx, id: TaskId, parties: &[Party]) -> Result<(), StorageError> {
    remove_parties(tx, id).await?;
    insert_all(tx, party_rows(id, parties).collect()).await?;
    tx.note(Resource::Tasks, id.0);
    Ok(())
}

/// Takes a task away that nothing hangs on.
///
/// # Errors
/// [`StorageError`].
pub async fn remove(tx: &WriteTx, id: TaskId) -> Result<(), StorageError> {
    remove_parties(tx, id).await?;
    task::Entity::delete_by_id(id.0).exec(tx).await?;
    tx.note(Resource::Tasks, id.0);
    Ok(())
}

async fn remove_parties(tx: &WriteTx, id: TaskId) -> Result<(), StorageError> {
    task_party::Entity::delete_many()
        .filter(task_party::Column::TaskId.eq(id.0))
        .exec(tx)
        .await?;
    Ok(())
}
