//! Lead units' reports that tasks as a whole are done, and what the supervision office made of them.

use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{CompletionId, TaskId, UnitId};
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::domain::task_life::CompletionState;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code, from_json, insert_absent, to_json};
use chrono::{DateTime, NaiveDate, Utc};
use entity::completion;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};

/// A part of a task that stands in the way of closing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The unit.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Its part.
    pub role: Role,
    /// Where it stands.
    pub state: AssignmentState,
}

/// A report as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCompletion {
    /// Its id.
    pub id: CompletionId,
    /// The task.
    pub task_id: TaskId,
    /// The lead unit that reports.
    pub unit_id: UnitId,
    /// The how-manieth report of the task, from 1.
    pub number: i32,
    /// Where it stands.
    pub state: CompletionState,
    /// What was done, as a whole.
    pub summary: String,
    /// Parts that were open when it was reported, then when it was decided.
    pub gaps: Vec<Gap>,
    /// Who reported.
    pub reported_by: String,
    /// Local day.
    pub reported_on: NaiveDate,
    /// When.
    pub reported_at: DateTime<Utc>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Local day.
    pub decided_on: Option<NaiveDate>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// What the decision says.
    pub decision_note: Option<String>,
}

/// Writes a report unless somebody has written that number meanwhile; whether it was written.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredCompletion) -> Result<bool, StorageError> {
    let row = completion::ActiveModel {
        id: Set(new.id.0),
        task_id: Set(new.task_id.0),
        unit_id: Set(new.unit_id.0),
        number: Set(new.number),
        state: Set(new.state.as_str().to_owned()),
        summary: Set(new.summary.clone()),
        gaps: Set(to_json("completion.gaps", &new.gaps)?),
        reported_by: Set(new.reported_by.clone()),
        reported_on: Set(new.reported_on),
        reported_at: Set(new.reported_at),
        decided_by: Set(new.decided_by.clone()),
        decided_on: Set(new.decided_on),
        decided_at: Set(new.decided_at),
        decision_note: Set(new.decision_note.clone()),
    };
    let key = vec![completion::Column::TaskId, completion::Column::Number];
    let inserted = insert_absent(tx, row, key).await?;
    if inserted {
        tx.note(Resource::Completions, new.id.0);
    }
    Ok(inserted)
}

/// The last report of a task, kept as it is until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_last(
    tx: &WriteTx,
    task: TaskId,
) -> Result<Option<StoredCompletion>, StorageError> {
    let row = completion::Entity::find()
        .filter(completion::Column::TaskId.eq(task.0))
        .order_by_desc(completion::Column::Number)
        .lock_exclusive()
        .one(tx)
        .await?;
    row.map(completion_of).transpose()
}

/// Every report of a task, the first first.
///
/// # Errors
/// [`StorageError`].
pub async fn of_task(
    db: &impl ConnectionTrait,
    task: TaskId,
) -> Result<Vec<StoredCompletion>, StorageError> {
    let rows = completion::Entity::find()
        .filter(completion::Column::TaskId.eq(task.0))
        .order_by_asc(completion::Column::Number)
        .all(db)
        .await?;
    rows.into_iter().map(completion_of).collect()
}

/// Writes what was decided.
///
/// # Errors
/// [`StorageError`].
pub async fn decide(tx: &WriteTx, decided: &StoredCompletion) -> Result<(), StorageError> {
    use completion::Column;
    completion::Entity::update_many()
        .col_expr(Column::State, Expr::value(decided.state.as_str()))
        .col_expr(
            Column::Gaps,
            Expr::value(to_json("completion.gaps", &decided.gaps)?),
        )
        .col_expr(Column::DecidedBy, Expr::value(decided.decided_by.clone()))
        .col_expr(Column::DecidedOn, Expr::value(decided.decided_on))
        .col_expr(Column::DecidedAt, Expr::value(decided.decided_at))
        .col_expr(
            Column::DecisionNote,
            Expr::value(decided.decision_note.clone()),
        )
        .filter(Column::Id.eq(decided.id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Completions, decided.id.0);
    Ok(())
}

pub(super) fn completion_of(row: completion::Model) -> Result<StoredCompletion, StorageError> {
    Ok(StoredCompletion {
        id: CompletionId(row.id),
        task_id: TaskId(row.task_id),
        unit_id: UnitId(row.unit_id),
        number: row.number,
        state: code("completion state", &row.state)?,
        summary: row.summary,
        gaps: from_json("completion.gaps", row.gaps)?,
        reported_by: row.reported_by,
        reported_on: row.reported_on,
        reported_at: row.reported_at,
        decided_by: row.decided_by,
        decided_on: row.decided_on,
        decided_at: row.decided_at,
        decision_note: row.decision_note,
    })
}
