//! Calendar feeds of units, at most one a unit, and what stands in them.

use crate::domain::ids::{AssignmentId, PlanId, TaskId, UnitId};
use crate::domain::obligation::ObligationState;
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::storage::assignment_life::ended_states;
use crate::storage::error::StorageError;
use crate::storage::obligations::{StoredObligation, obligation_of};
use crate::storage::tasks::StoredAssignment;
use crate::storage::{CHUNK, WriteTx, code, new_id};
use chrono::{DateTime, Utc};
use entity::{assignment, calendar_feed, obligation, task};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The most requests in a feed; the first ones by due day.
const MOST_REQUESTS: u64 = 2_000;

/// A feed as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFeed {
    /// Its unit.
    pub unit_id: UnitId,
    /// SHA-256 (hex) of its secret.
    pub hash: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: DateTime<Utc>,
}

fn feed_of(row: calendar_feed::Model) -> StoredFeed {
    StoredFeed {
        unit_id: UnitId(row.unit_id),
        hash: row.hash,
        made_by: row.made_by,
        made_at: row.made_at,
    }
}

/// The feed of a unit.
///
/// # Errors
/// [`StorageError`].
pub async fn of_unit(
    db: &impl ConnectionTrait,
    unit_id: UnitId,
) -> Result<Option<StoredFeed>, StorageError> {
    let row = calendar_feed::Entity::find()
        .filter(calendar_feed::Column::UnitId.eq(unit_id.0))
        .one(db)
        .await?;
    Ok(row.map(feed_of))
}

/// The feed whose secret has this hash.
///
/// # Errors
/// [`StorageError`].
pub async fn by_hash(
    db: &impl ConnectionTrait,
    hash: &str,
) -> Result<Option<StoredFeed>, StorageError> {
    let row = calendar_feed::Entity::find()
        .filter(calendar_feed::Column::Hash.eq(hash))
        .one(db)
        .await?;
    Ok(row.map(feed_of))
}

/// Writes the feed of a unit that has none. The caller holds the unit.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredFeed) -> Result<(), StorageError> {
    let row = calendar_feed::ActiveModel {
        id: Set(new_id()),
        unit_id: Set(new.unit_id.0),
        hash: Set(new.hash.clone()),
        made_by: Set(new.made_by.clone()),
        made_at: Set(new.made_at),
    };
    row.insert(tx).await?;
    tx.note(Resource::Units, new.unit_id.0);
    Ok(())
}

/// Takes the feed of a unit away; whether it had one.
///
/// # Errors
/// [`StorageError`].
pub async fn remove(tx: &WriteTx, unit_id: UnitId) -> Result<bool, StorageError> {
    let result = calendar_feed::Entity::delete_many()
        .filter(calendar_feed::Column::UnitId.eq(unit_id.0))
        .exec(tx)
        .await?;
    if result.rows_affected > 0 {
        tx.note(Resource::Units, unit_id.0);
    }
    Ok(result.rows_affected > 0)
}

/// Requests to a unit that are open, or were answered at `answered_since` or later, by due day.
///
/// # Errors
/// [`StorageError`].
pub async fn requests(
    db: &impl ConnectionTrait,
    unit_id: UnitId,
    answered_since: DateTime<Utc>,
) -> Result<Vec<StoredObligation>, StorageError> {
    use obligation::Column as C;
    let answered = Condition::all()
        .add(C::State.eq(ObligationState::Answered.as_str()))
        .add(C::SettledAt.gte(answered_since));
    let wanted = Condition::any()
        .add(C::State.eq(ObligationState::Open.as_str()))
        .add(answered);
    let rows = obligation::Entity::find()
        .filter(C::UnitId.eq(unit_id.0))
        .filter(wanted)
        .order_by_asc(C::DueOn)
        .order_by_asc(C::Id)
        .limit(MOST_REQUESTS)
        .all(db)
        .await?;
    rows.into_iter().map(obligation_of).collect()
}

/// Assignments of these units under a plan that go on, by task.
///
/// # Errors
/// [`StorageError`].
pub async fn assignments(
    db: &impl ConnectionTrait,
    plan_id: PlanId,
    units: &[UnitId],
) -> Result<Vec<StoredAssignment>, StorageError> {
    let mut found = Vec::new();
    for chunk in units.chunks(CHUNK) {
        let tasks = task::Entity::find()
            .select_only()
            .column(task::Column::Id)
            .filter(task::Column::PlanId.eq(plan_id.0));
        let rows = assignment::Entity::find()
            .filter(assignment::Column::UnitId.is_in(chunk.iter().map(|id| id.0)))
            .filter(assignment::Column::State.is_not_in(ended_states()))
            .filter(assignment::Column::TaskId.in_subquery(tasks.into_query()))
            .order_by_asc(assignment::Column::TaskId)
            .order_by_asc(assignment::Column::Position)
            .all(db)
            .await?;
        for row in rows {
            found.push(StoredAssignment {
                id: AssignmentId(row.id),
                task_id: TaskId(row.task_id),
                unit_id: UnitId(row.unit_id),
                role: code("role", &row.role)?,
                position: row.position,
            });
        }
    }
    Ok(found)
}

/// Those of the tasks that some responsible unit carries out.
///
/// # Errors
/// [`StorageError`].
pub async fn carried_out(
    db: &impl ConnectionTrait,
    tasks: &[TaskId],
) -> Result<BTreeSet<TaskId>, StorageError> {
    let mut found = BTreeSet::new();
    for chunk in tasks.chunks(CHUNK) {
        let rows: Vec<Uuid> = assignment::Entity::find()
            .select_only()
            .column(assignment::Column::TaskId)
            .distinct()
            .filter(assignment::Column::TaskId.is_in(chunk.iter().map(|id| id.0)))
            .filter(assignment::Column::Role.eq(Role::Responsible.as_str()))
            .filter(assignment::Column::State.is_not_in(ended_states()))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(TaskId));
    }
    Ok(found)
}
