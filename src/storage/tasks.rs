//! Tasks, their parties as written, and the assignments frozen when they are issued.

use crate::domain::assignment_life::AssignmentState;
use crate::domain::fan_out::{Party, Share};
use crate::domain::ids::{AssignmentId, AttachmentId, PlanId, TaskId, UnitId};
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::storage::assignment_life::ended_states;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, code, from_json, insert_all, new_id, to_json};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{assignment, task, task_party};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Read from the plan, not issued.
    Imported,
    /// Issuing was tried and something stood in the way.
    Held,
    /// Issued: its assignments are frozen.
    Issued,
    /// Verified as done, as a whole.
    Closed,
    /// Nothing is asked about it any more: withdrawn, split, or gone from its plan.
    Withdrawn,
}

impl TaskState {
    /// All states.
    pub const ALL: [Self; 5] = [
        Self::Imported,
        Self::Held,
        Self::Issued,
        Self::Closed,
        Self::Withdrawn,
    ];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Held => "held",
            Self::Issued => "issued",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl std::str::FromStr for TaskState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(())
    }
}

/// A task as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTask {
    /// Its id.
    pub id: TaskId,
    /// Its plan.
    pub plan_id: PlanId,
    /// Outline path.
    pub number: String,
    /// Headings above.
    pub section: Vec<String>,
    /// Title.
    pub title: String,
    /// Whole text.
    pub text: String,
    /// Due day named in the text.
    pub due_on: Option<NaiveDate>,
    /// A standing duty.
    pub continuous: bool,
    /// Where it stands.
    pub state: TaskState,
    /// Why it could not be issued, for people.
    pub held_reason: Option<String>,
    /// When it was issued.
    pub issued_at: Option<DateTime<Utc>>,
    /// Who asked for it and where, for a task made by hand.
    pub origin_note: Option<String>,
    /// The file to be filled in.
    pub template_id: Option<AttachmentId>,
    /// The task that it is a part of.
    pub split_from: Option<TaskId>,
    /// Due day at first, where it was amended after issue.
    pub first_due_on: Option<NaiveDate>,
    /// Whether a dispatch also asks the responsible units, along `parent`.
    pub collects: bool,
}

/// An assignment as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredAssignment {
    /// Its id.
    pub id: AssignmentId,
    /// Its task.
    pub task_id: TaskId,
    /// Its unit.
    pub unit_id: UnitId,
    /// The unit's part.
    pub role: Role,
    /// Order among the units of that role.
    pub position: i32,
}

/// Writes tasks with their parties, in order, the first of them at `first` in its plan.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    first: i32,
    tasks: &[(StoredTask, Vec<Party>)],
) -> Result<(), StorageError> {
    let mut rows = Vec::new();
    let mut parties = Vec::new();
    for (position, (task, named)) in (first..).zip(tasks) {
        rows.push(task::ActiveModel {
            id: Set(task.id.0),
            plan_id: Set(task.plan_id.0),
            position: Set(position),
            number: Set(task.number.clone()),
            section: Set(to_json("task.section", &task.section)?),
            title: Set(task.title.clone()),
            text: Set(task.text.clone()),
            due_on: Set(task.due_on),
            continuous: Set(task.continuous),
            state: Set(task.state.as_str().to_owned()),
            held_reason: Set(None),
            issued_at: Set(None),
            origin_note: Set(task.origin_note.clone()),
            template_id: Set(task.template_id.map(|id| id.0)),
            split_from: Set(task.split_from.map(|id| id.0)),
            first_due_on: Set(task.first_due_on),
            collects: Set(task.collects),
        });
        tx.note(Resource::Tasks, task.id.0);
        parties.extend(party_rows(task.id, named));
    }
    insert_all(tx, rows).await?;
    insert_all(tx, parties).await
}

/// The rows of a task's parties.
pub(super) fn party_rows(
    id: TaskId,
    named: &[Party],
) -> impl Iterator<Item = task_party::ActiveModel> {
    (0..)
        .zip(named)
        .map(move |(position, party)| task_party::ActiveModel {
            id: Set(new_id()),
            task_id: Set(id.0),
            role: Set(party.role.as_str().to_owned()),
            position: Set(position),
            name: Set(party.name.clone()),
        })
}

/// The task of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: TaskId,
) -> Result<Option<StoredTask>, StorageError> {
    let row = task::Entity::find_by_id(id.0).one(db).await?;
    row.map(task_of).transpose()
}

/// Tasks with these ids, in no particular order.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[TaskId],
) -> Result<Vec<StoredTask>, StorageError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = task::Entity::find()
            .filter(task::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .all(db)
            .await?;
        for row in rows {
            found.push(task_of(row)?);
        }
    }
    Ok(found)
}

/// The parties of these tasks, as written.
///
/// # Errors
/// [`StorageError`].
pub async fn parties_of(
    db: &impl ConnectionTrait,
    ids: &[TaskId],
) -> Result<HashMap<TaskId, Vec<Party>>, StorageError> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let of_chunk = task_party::Entity::find()
            .filter(task_party::Column::TaskId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(task_party::Column::Position)
            .all(db)
            .await?;
        rows.extend(of_chunk);
    }
    by_task(rows)
}

/// Tasks of a plan, in the order of the plan.
///
/// # Errors
/// [`StorageError`].
pub async fn of_plan(
    db: &impl ConnectionTrait,
    plan_id: PlanId,
) -> Result<Vec<StoredTask>, StorageError> {
    let rows = task::Entity::find()
        .filter(task::Column::PlanId.eq(plan_id.0))
        .order_by_asc(task::Column::Position)
        .all(db)
        .await?;
    rows.into_iter().map(task_of).collect()
}

/// The parties of every task of a plan, as written.
///
/// # Errors
/// [`StorageError`].
pub async fn parties(
    db: &impl ConnectionTrait,
    plan_id: PlanId,
) -> Result<HashMap<TaskId, Vec<Party>>, StorageError> {
    let rows = task_party::Entity::find()
        .filter(
            task_party::Column::TaskId.in_subquery(sea_orm::QueryTrait::into_query(
                task::Entity::find()
                    .select_only()
                    .column(task::Column::Id)
                    .filter(task::Column::PlanId.eq(plan_id.0)),
            )),
        )
        .order_by_asc(task_party::Column::Position)
        .all(db)
        .await?;
    by_task(rows)
}

fn by_task(rows: Vec<task_party::Model>) -> Result<HashMap<TaskId, Vec<Party>>, StorageError> {
    let mut parties: HashMap<TaskId, Vec<Party>> = HashMap::new();
    for row in rows {
        parties.entry(TaskId(row.task_id)).or_default().push(Party {
            role: code("role", &row.role)?,
            name: row.name,
        });
    }
    Ok(parties)
}

/// Marks a task as issued.
///
/// # Errors
/// [`StorageError`].
pub async fn mark_issued(tx: &WriteTx, id: TaskId, now: DateTime<Utc>) -> Result<(), StorageError> {
    task::Entity::update_many()
        .col_expr(task::Column::State, Expr::value(TaskState::Issued.as_str()))
        .col_expr(task::Column::HeldReason, Expr::value(None::<String>))
        .col_expr(task::Column::IssuedAt, Expr::value(now))
        .filter(task::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Tasks, id.0);
    Ok(())
}

/// Marks a task as held back, with the reason a person reads.
///
/// # Errors
/// [`StorageError`].
pub async fn mark_held(tx: &WriteTx, id: TaskId, reason: &str) -> Result<(), StorageError> {
    task::Entity::update_many()
        .col_expr(task::Column::State, Expr::value(TaskState::Held.as_str()))
        .col_expr(task::Column::HeldReason, Expr::value(reason))
        .filter(task::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Tasks, id.0);
    Ok(())
}

/// Freezes the fan-out of a task; the ids in the order of `shares`.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_assignments(
    tx: &WriteTx,
    task_id: TaskId,
    shares: &[Share],
    now: DateTime<Utc>,
) -> Result<Vec<StoredAssignment>, StorageError> {
    let made: Vec<StoredAssignment> = shares
        .iter()
        .map(|share| StoredAssignment {
            id: AssignmentId(new_id()),
            task_id,
            unit_id: share.unit_id,
            role: share.role,
            position: i32::try_from(share.position).unwrap_or(i32::MAX),
        })
        .collect();
    let rows = made.iter().map(|assignment| assignment::ActiveModel {
        id: Set(assignment.id.0),
        task_id: Set(task_id.0),
        unit_id: Set(assignment.unit_id.0),
        role: Set(assignment.role.as_str().to_owned()),
        position: Set(assignment.position),
        issued_at: Set(now),
        percent: Set(None),
        reported_on: Set(None),
        acknowledged_on: Set(None),
        state: Set(AssignmentState::Issued.as_str().to_owned()),
        ended_on: Set(None),
        due_on: Set(None),
    });
    insert_all(tx, rows.collect()).await?;
    for assignment in &made {
        tx.note(Resource::Assignments, assignment.id.0);
    }
    Ok(made)
}

/// Assignments of every issued task of a plan that go on (neither closed, paused nor withdrawn), by task and in the order
/// of the fan-out.
///
/// # Errors
/// [`StorageError`].
pub async fn assignments(
    db: &impl ConnectionTrait,
    plan_id: PlanId,
) -> Result<Vec<StoredAssignment>, StorageError> {
    assignments_of(db, plan_id, None).await
}

async fn assignments_of(
    db: &impl ConnectionTrait,
    plan_id: PlanId,
    role: Option<Role>,
) -> Result<Vec<StoredAssignment>, StorageError> {
    let mut query = assignment::Entity::find();
    query = match role {
        Some(role) => query
            .filter(assignment::Column::Role.eq(role.as_str()))
            .filter(assignment::Column::State.ne(AssignmentState::Withdrawn.as_str())),
        None => query.filter(assignment::Column::State.is_not_in(ended_states())),
    };
    let rows = query
        .filter(
            assignment::Column::TaskId.in_subquery(sea_orm::QueryTrait::into_query(
                task::Entity::find()
                    .select_only()
                    .column(task::Column::Id)
                    .filter(task::Column::PlanId.eq(plan_id.0)),
            )),
        )
        .order_by_asc(assignment::Column::TaskId)
        .order_by_asc(assignment::Column::Position)
        .all(db)
        .await?;
    let assignments = rows.into_iter().map(|row| {
        Ok(StoredAssignment {
            id: AssignmentId(row.id),
            task_id: TaskId(row.task_id),
            unit_id: UnitId(row.unit_id),
            role: code("role", &row.role)?,
            position: row.position,
        })
    });
    assignments.collect()
}

/// Lead assignments of a plan that are not withdrawn, by task, the first-named lead first.
///
/// # Errors
/// [`StorageError`].
pub async fn leads(
    db: &impl ConnectionTrait,
    plan_id: PlanId,
) -> Result<Vec<StoredAssignment>, StorageError> {
    assignments_of(db, plan_id, Some(Role::Lead)).await
}

pub(super) fn task_of(row: task::Model) -> Result<StoredTask, StorageError> {
    Ok(StoredTask {
        id: TaskId(row.id),
        plan_id: PlanId(row.plan_id),
        number: row.number,
        section: from_json("task.section", row.section)?,
        title: row.title,
        text: row.text,
        due_on: row.due_on,
        continuous: row.continuous,
        state: code("task state", &row.state)?,
        held_reason: row.held_reason,
        issued_at: row.issued_at,
        origin_note: row.origin_note,
        template_id: row.template_id.map(AttachmentId),
        split_from: row.split_from.map(TaskId),
        first_due_on: row.first_due_on,
        collects: row.collects,
    })
}
