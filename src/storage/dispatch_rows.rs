//! Rows that forms and summaries of dispatches are made of: who stands where below a task, what was told last.

use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{AssignmentId, ObligationId, PlanId, TaskId, UnitId};
use crate::domain::report::ReportItem;
use crate::domain::role::Role;
use crate::storage::error::StorageError;
use crate::storage::reports::{StoredReport, report_of};
use crate::storage::{CHUNK, code};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{assignment, obligation_item, report, report_item, task};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationDef,
};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// An assignment of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskPart {
    /// Its id.
    pub id: AssignmentId,
    /// Its task.
    pub task_id: TaskId,
    /// Its unit.
    pub unit_id: UnitId,
    /// The unit's part.
    pub role: Role,
    /// Where it stands.
    pub state: AssignmentState,
    /// Progress as last reported.
    pub percent: Option<u8>,
    /// Local day of that report.
    pub reported_on: Option<NaiveDate>,
    /// Its own due day.
    pub due_on: Option<NaiveDate>,
}

/// The assignments of these tasks in these roles, by task and in the order of the fan-out.
///
/// # Errors
/// [`StorageError`].
pub async fn parts_of_tasks(
    db: &impl ConnectionTrait,
    tasks: &BTreeSet<TaskId>,
    roles: &[Role],
) -> Result<Vec<TaskPart>, StorageError> {
    let ids: Vec<Uuid> = tasks.iter().map(|id| id.0).collect();
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = assignment::Entity::find()
            .filter(assignment::Column::TaskId.is_in(chunk.iter().copied()))
            .filter(assignment::Column::Role.is_in(roles.iter().map(|role| role.as_str())))
            .order_by_asc(assignment::Column::TaskId)
            .order_by_asc(assignment::Column::Position)
            .order_by_asc(assignment::Column::Id)
            .all(db)
            .await?;
        for row in rows {
            found.push(TaskPart {
                id: AssignmentId(row.id),
                task_id: TaskId(row.task_id),
                unit_id: UnitId(row.unit_id),
                role: code("role", &row.role)?,
                state: code("assignment state", &row.state)?,
                percent: row.percent.and_then(|percent| u8::try_from(percent).ok()),
                reported_on: row.reported_on,
                due_on: row.due_on,
            });
        }
    }
    Ok(found)
}

/// Tasks of a plan that collect from below.
///
/// # Errors
/// [`StorageError`].
pub async fn collecting(
    db: &impl ConnectionTrait,
    plan: PlanId,
) -> Result<BTreeSet<TaskId>, StorageError> {
    let ids: Vec<Uuid> = task::Entity::find()
        .select_only()
        .column(task::Column::Id)
        .filter(task::Column::PlanId.eq(plan.0))
        .filter(task::Column::Collects.eq(true))
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(TaskId).collect())
}

/// What was told last of an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastTold {
    /// The obligation that was answered.
    pub obligation_id: ObligationId,
    /// What was told.
    pub item: ReportItem,
    /// Who told it.
    pub reported_by: String,
    /// Local day.
    pub reported_on: NaiveDate,
    /// When.
    pub reported_at: DateTime<Utc>,
}

#[derive(Debug, FromQueryResult)]
struct ToldRow {
    assignment_id: Uuid,
    percent: Option<i32>,
    done: Option<String>,
    problems: Option<String>,
    next_steps: Option<String>,
    reported_on: NaiveDate,
    obligation_id: Uuid,
    reported_by: String,
    reported_at: DateTime<Utc>,
}

/// What was told last of each of these assignments; what says nothing is passed over.
///
/// # Errors
/// [`StorageError`].
pub async fn last_told(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<HashMap<AssignmentId, LastTold>, StorageError> {
    let of_report: RelationDef = report_item::Entity::belongs_to(report::Entity)
        .from(report_item::Column::ReportId)
        .to(report::Column::Id)
        .into();
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        use report_item::Column as C;
        let rows = report_item::Entity::find()
            .select_only()
            .columns([
                C::AssignmentId,
                C::Percent,
                C::Done,
                C::Problems,
                C::NextSteps,
                C::ReportedOn,
            ])
            .columns([
                report::Column::ObligationId,
                report::Column::ReportedBy,
                report::Column::ReportedAt,
            ])
            .join(JoinType::InnerJoin, of_report.clone())
            .filter(C::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(report::Column::ReportedAt)
            .order_by_asc(C::Id)
            .into_model::<ToldRow>()
            .all(db)
            .await?;
        for row in rows {
            let item = ReportItem {
                assignment_id: AssignmentId(row.assignment_id),
                percent: row.percent.and_then(|percent| u8::try_from(percent).ok()),
                done: row.done,
                problems: row.problems,
                next_steps: row.next_steps,
            };
            // The later takes the place of the earlier.
            if !item.is_empty() {
                let told = LastTold {
                    obligation_id: ObligationId(row.obligation_id),
                    reported_by: row.reported_by,
                    reported_on: row.reported_on,
                    reported_at: row.reported_at,
                    item,
                };
                found.insert(told.item.assignment_id, told);
            }
        }
    }
    Ok(found)
}

/// The last answer to each of these obligations.
///
/// # Errors
/// [`StorageError`].
pub async fn last_answers(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
) -> Result<HashMap<ObligationId, StoredReport>, StorageError> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = report::Entity::find()
            .filter(report::Column::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(report::Column::Version)
            .all(db)
            .await?;
        for row in rows {
            let one = report_of(row);
            found.insert(one.obligation_id, one);
        }
    }
    Ok(found)
}

/// Obligations that ask about any of these assignments.
///
/// # Errors
/// [`StorageError`].
pub async fn obligations_about(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<Vec<Uuid>, StorageError> {
    let mut found: BTreeSet<Uuid> = BTreeSet::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<Uuid> = obligation_item::Entity::find()
            .select_only()
            .column(obligation_item::Column::ObligationId)
            .distinct()
            .filter(obligation_item::Column::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found.into_iter().collect())
}
