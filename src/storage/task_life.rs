//! Tasks that change after they were issued: their state, their assignments with all that an amendment moves, and what
//! asks for their completion.

use crate::domain::ids::{AssignmentId, ObligationId, PlanId, TaskId, UnitId};
use crate::domain::obligation::{ObligationKind, ObligationState};
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::storage::assignment_life::{Standing, standing_of};
use crate::storage::error::StorageError;
use crate::storage::obligations::{StoredObligation, obligation_of};
use crate::storage::tasks::{StoredTask, TaskState, task_of};
use crate::storage::{CHUNK, WriteTx, former_values};
use chrono::NaiveDate;
use entity::{assignment, obligation, obligation_item, task};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationDef,
};
use uuid::Uuid;

/// An assignment of a task, with its place and own day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Where it stands.
    pub standing: Standing,
    /// Order among the units of its role.
    pub position: i32,
    /// A due day of its own.
    pub due_on: Option<NaiveDate>,
}

/// Every assignment of a task, ended or not, in the order of the fan-out, kept as they are until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_shares(tx: &WriteTx, id: TaskId) -> Result<Vec<Share>, StorageError> {
    let mut rows = assignment::Entity::find()
        .filter(assignment::Column::TaskId.eq(id.0))
        .order_by_asc(assignment::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    rows.sort_by_key(|row| (row.position, row.id));
    let shares = rows.iter().map(|row| {
        Ok(Share {
            standing: standing_of(row)?,
            position: row.position,
            due_on: row.due_on,
        })
    });
    let mut shares: Vec<Share> = shares.collect::<Result<_, StorageError>>()?;
    shares.sort_by_key(|share| (share.standing.role, share.position));
    Ok(shares)
}

/// Every assignment of a task, to look at.
///
/// # Errors
/// [`StorageError`].
pub async fn standings(
    db: &impl ConnectionTrait,
    id: TaskId,
) -> Result<Vec<Standing>, StorageError> {
    let rows = assignment::Entity::find()
        .filter(assignment::Column::TaskId.eq(id.0))
        .order_by_asc(assignment::Column::Position)
        .order_by_asc(assignment::Column::Id)
        .all(db)
        .await?;
    rows.iter().map(standing_of).collect()
}

/// Gives a unit another part in a task.
///
/// # Errors
/// [`StorageError`].
pub async fn change_role(
    tx: &WriteTx,
    id: AssignmentId,
    role: Role,
    position: i32,
) -> Result<(), StorageError> {
    assignment::Entity::update_many()
        .col_expr(assignment::Column::Role, Expr::value(role.as_str()))
        .col_expr(assignment::Column::Position, Expr::value(position))
        .filter(assignment::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Assignments, id.0);
    Ok(())
}

/// Takes the own due days of assignments away: their task's holds. What they were is kept.
///
/// # Errors
/// [`StorageError`].
pub async fn follow_task(tx: &WriteTx, ids: &[AssignmentId]) -> Result<(), StorageError> {
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    for chunk in uuids.chunks(CHUNK) {
        former_values::keep_days(tx, chunk, None).await?;
        assignment::Entity::update_many()
            .col_expr(assignment::Column::DueOn, Expr::value(None::<NaiveDate>))
            .filter(assignment::Column::Id.is_in(chunk.iter().copied()))
            .exec(tx)
            .await?;
    }
    for id in ids {
        tx.note(Resource::Assignments, id.0);
    }
    Ok(())
}

/// Puts tasks in another state.
///
/// # Errors
/// [`StorageError`].
pub async fn set_state(tx: &WriteTx, id: TaskId, state: TaskState) -> Result<(), StorageError> {
    task::Entity::update_many()
        .col_expr(task::Column::State, Expr::value(state.as_str()))
        .filter(task::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Tasks, id.0);
    Ok(())
}

/// Those of these tasks that are closed.
///
/// # Errors
/// [`StorageError`].
pub async fn closed_among(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = TaskId>,
) -> Result<Vec<StoredTask>, StorageError> {
    let mut ids: Vec<Uuid> = ids.into_iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = task::Entity::find()
            .filter(task::Column::Id.is_in(chunk.iter().copied()))
            .filter(task::Column::State.eq(TaskState::Closed.as_str()))
            .order_by_asc(task::Column::Id)
            .all(db)
            .await?;
        for row in rows {
            found.push(task_of(row)?);
        }
    }
    Ok(found)
}

/// The parts that a task was split into, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn parts(
    db: &impl ConnectionTrait,
    ids: &[TaskId],
) -> Result<Vec<StoredTask>, StorageError> {
    let rows = task::Entity::find()
        .filter(task::Column::SplitFrom.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(task::Column::Position)
        .all(db)
        .await?;
    rows.into_iter().map(task_of).collect()
}

/// What asks for the completion of these assignments, each with its obligation, the oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn completion_asks(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<Vec<(AssignmentId, ObligationId)>, StorageError> {
    let of_obligation: RelationDef = obligation_item::Entity::belongs_to(obligation::Entity)
        .from(obligation_item::Column::ObligationId)
        .to(obligation::Column::Id)
        .into();
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, Uuid)> = obligation_item::Entity::find()
            .select_only()
            .column(obligation_item::Column::AssignmentId)
            .column(obligation_item::Column::ObligationId)
            .join(JoinType::InnerJoin, of_obligation.clone())
            .filter(obligation_item::Column::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
            .filter(obligation::Column::Kind.eq(ObligationKind::Complete.as_str()))
            .order_by_asc(obligation::Column::OpenedAt)
            .order_by_asc(obligation::Column::Id)
            .into_tuple()
            .all(db)
            .await?;
        let pairs = rows.into_iter();
        found.extend(pairs.map(|(item, ask)| (AssignmentId(item), ObligationId(ask))));
    }
    Ok(found)
}

/// What asks a unit to complete tasks of a plan by that day, while it is open.
///
/// # Errors
/// [`StorageError`].
pub async fn open_ask_by(
    db: &impl ConnectionTrait,
    plan: PlanId,
    unit: UnitId,
    due_on: NaiveDate,
) -> Result<Option<StoredObligation>, StorageError> {
    let row = obligation::Entity::find()
        .filter(obligation::Column::PlanId.eq(plan.0))
        .filter(obligation::Column::UnitId.eq(unit.0))
        .filter(obligation::Column::Kind.eq(ObligationKind::Complete.as_str()))
        .filter(obligation::Column::State.eq(ObligationState::Open.as_str()))
        .filter(obligation::Column::DueOn.eq(due_on))
        .order_by_asc(obligation::Column::Id)
        .one(db)
        .await?;
    row.map(obligation_of).transpose()
}
