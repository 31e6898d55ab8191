//! What was changed of tasks after they were issued, and of plans. Rows are only added.

use crate::domain::amendment::AmendmentKind;
use crate::domain::ids::{AmendmentId, PlanId, TaskId};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code};
use chrono::{DateTime, NaiveDate, Utc};
use entity::amendment;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use serde_json::Value;

/// An amendment as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAmendment {
    /// Its id.
    pub id: AmendmentId,
    /// The plan.
    pub plan_id: PlanId,
    /// The task; none where it is about the plan as a whole.
    pub task_id: Option<TaskId>,
    /// The amendment of the plan that it is a part of.
    pub revision_id: Option<AmendmentId>,
    /// What was done.
    pub kind: AmendmentKind,
    /// What was changed, as it was: an object.
    pub before: Value,
    /// The same as it is now.
    pub after: Value,
    /// Why.
    pub reason: String,
    /// Who did it.
    pub amended_by: String,
    /// Local day.
    pub amended_on: NaiveDate,
    /// When.
    pub amended_at: DateTime<Utc>,
}

/// Writes an amendment.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredAmendment) -> Result<(), StorageError> {
    let row = amendment::ActiveModel {
        id: Set(new.id.0),
        plan_id: Set(new.plan_id.0),
        task_id: Set(new.task_id.map(|id| id.0)),
        revision_id: Set(new.revision_id.map(|id| id.0)),
        kind: Set(new.kind.as_str().to_owned()),
        before: Set(new.before.clone()),
        after: Set(new.after.clone()),
        reason: Set(new.reason.clone()),
        amended_by: Set(new.amended_by.clone()),
        amended_on: Set(new.amended_on),
        amended_at: Set(new.amended_at),
    };
    row.insert(tx).await?;
    tx.note(Resource::Amendments, new.id.0);
    Ok(())
}

/// Every amendment of a plan and its tasks, the first first.
///
/// # Errors
/// [`StorageError`].
pub async fn of_plan(
    db: &impl ConnectionTrait,
    id: PlanId,
) -> Result<Vec<StoredAmendment>, StorageError> {
    let rows = amendment::Entity::find()
        .filter(amendment::Column::PlanId.eq(id.0))
        .order_by_asc(amendment::Column::AmendedAt)
        .order_by_asc(amendment::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(amendment_of).collect()
}

/// The last amendment of a task.
///
/// # Errors
/// [`StorageError`].
pub async fn last_of_task(
    db: &impl ConnectionTrait,
    id: TaskId,
) -> Result<Option<StoredAmendment>, StorageError> {
    let row = amendment::Entity::find()
        .filter(amendment::Column::TaskId.eq(id.0))
        .order_by_desc(amendment::Column::AmendedAt)
        .order_by_desc(amendment::Column::Id)
        .one(db)
        .await?;
    row.map(amendment_of).transpose()
}

pub(super) fn amendment_of(row: amendment::Model) -> Result<StoredAmendment, StorageError> {
    Ok(StoredAmendment {
        id: AmendmentId(row.id),
        plan_id: PlanId(row.plan_id),
        task_id: row.task_id.map(TaskId),
        revision_id: row.revision_id.map(AmendmentId),
        kind: code("amendment kind", &row.kind)?,
        before: row.before,
        after: row.after,
        reason: row.reason,
        amended_by: row.amended_by,
        amended_on: row.amended_on,
        amended_at: row.amended_at,
    })
}
