//! Where assignments stand, and what was decided about them. The steps are in `domain::assignment_life`.

use crate::domain::assignment_life::{AssignmentEvent, AssignmentState};
use crate::domain::ids::{AssignmentEventId, AssignmentId, ObligationId, TaskId, UnitId};
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, code, former_values, insert_all};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{assignment, assignment_event, obligation, obligation_item, report, report_item};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationDef,
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// An assignment with where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
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
    /// Progress as last reported, or set back since.
    pub percent: Option<u8>,
}

/// These assignments, as far as they exist, kept as they are until the transaction ends: two who decide about one wait
/// for each other.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(
    tx: &WriteTx,
    ids: impl IntoIterator<Item = AssignmentId>,
) -> Result<HashMap<AssignmentId, Standing>, StorageError> {
    let mut ids: Vec<Uuid> = ids.into_iter().map(|id| id.0).collect();
    // In one order, so that two who hold some of the same do not wait for each other in a circle.
    ids.sort_unstable();
    ids.dedup();
    let mut held = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = assignment::Entity::find()
            .filter(assignment::Column::Id.is_in(chunk.iter().copied()))
            .order_by_asc(assignment::Column::Id)
            .lock_exclusive()
            .all(tx)
            .await?;
        for row in rows {
            let one = standing_of(&row)?;
            held.insert(one.id, one);
        }
    }
    Ok(held)
}

pub(super) fn standing_of(row: &assignment::Model) -> Result<Standing, StorageError> {
    Ok(Standing {
        id: AssignmentId(row.id),
        task_id: TaskId(row.task_id),
        unit_id: UnitId(row.unit_id),
        role: code("role", &row.role)?,
        state: code("assignment state", &row.state)?,
        percent: row.percent.and_then(|percent| u8::try_from(percent).ok()),
    })
}

/// What a report makes of an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progressed {
    /// The assignment.
    pub id: AssignmentId,
    /// Where it stands now.
    pub state: AssignmentState,
    /// Progress, where the report tells one.
    pub percent: Option<u8>,
}

/// Writes down what reports of a local day make of assignments.
///
/// # Errors
/// [`StorageError`].
pub async fn record_progress(
    tx: &WriteTx,
    progress: &[Progressed],
    today: NaiveDate,
) -> Result<(), StorageError> {
    let mut alike: BTreeMap<(AssignmentState, Option<u8>), Vec<Uuid>> = BTreeMap::new();
    for one in progress {
        tx.note(Resource::Assignments, one.id.0);
        alike
            .entry((one.state, one.percent))
            .or_default()
            .push(one.id.0);
    }
    for ((state, percent), ids) in alike {
        for chunk in ids.chunks(CHUNK) {
            let mut update = assignment::Entity::update_many()
                .col_expr(assignment::Column::State, Expr::value(state.as_str()))
                .filter(assignment::Column::Id.is_in(chunk.iter().copied()));
            if let Some(percent) = percent {
                update = update
                    .col_expr(assignment::Column::Percent, Expr::value(i32::from(percent)))
                    .col_expr(assignment::Column::ReportedOn, Expr::value(today));
            }
            update.exec(tx).await?;
        }
    }
    Ok(())
}

/// A decision to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id.
    pub id: AssignmentEventId,
    /// The assignment.
    pub assignment_id: AssignmentId,
    /// What was decided.
    pub event: AssignmentEvent,
    /// Where it stood.
    pub before: AssignmentState,
    /// Where it stands now.
    pub after: AssignmentState,
    /// Why.
    pub reason: Option<String>,
    /// The new day.
    pub due_on: Option<NaiveDate>,
    /// The obligation that is opened again.
    pub obligation_id: Option<ObligationId>,
    /// The progress to which the assignment goes back; none where that stays.
    pub percent: Option<u8>,
}

/// Writes decisions, and where their assignments stand now. One that has ended has done so on `today`, the local day;
/// one that goes on has not ended. Progress goes back as the decisions say.
///
/// # Errors
/// [`StorageError`].
pub async fn record_events(
    tx: &WriteTx,
    events: &[NewEvent],
    decided_by: &str,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let mut alike: BTreeMap<(AssignmentState, Option<u8>), Vec<Uuid>> = BTreeMap::new();
    for event in events {
        tx.note(Resource::Assignments, event.assignment_id.0);
        tx.note(Resource::AssignmentEvents, event.id.0);
        alike
            .entry((event.after, event.percent))
            .or_default()
            .push(event.assignment_id.0);
    }
    for ((state, percent), ids) in alike {
        let ended_on = state.ending().map(|_| today);
        for chunk in ids.chunks(CHUNK) {
            let mut update = assignment::Entity::update_many()
                .col_expr(assignment::Column::State, Expr::value(state.as_str()))
                .col_expr(assignment::Column::EndedOn, Expr::value(ended_on))
                .filter(assignment::Column::Id.is_in(chunk.iter().copied()));
            if let Some(percent) = percent {
                let percent = Expr::value(i32::from(percent));
                update = update.col_expr(assignment::Column::Percent, percent);
            }
            update.exec(tx).await?;
        }
    }
    let rows = events.iter().map(|event| assignment_event::ActiveModel {
        id: Set(event.id.0),
        assignment_id: Set(event.assignment_id.0),
        event: Set(event.event.as_str().to_owned()),
        state_before: Set(event.before.as_str().to_owned()),
        state_after: Set(event.after.as_str().to_owned()),
        reason: Set(event.reason.clone()),
        due_on: Set(event.due_on),
        obligation_id: Set(event.obligation_id.map(|id| id.0)),
        percent: Set(event.percent.map(i32::from)),
        decided_by: Set(decided_by.to_owned()),
        decided_on: Set(today),
        decided_at: Set(now),
    });
    insert_all(tx, rows.collect()).await
}

/// Gives assignments a due day of their own; what it was is kept.
///
/// # Errors
/// [`StorageError`].
pub async fn move_due(
    tx: &WriteTx,
    ids: &[AssignmentId],
    due_on: NaiveDate,
) -> Result<(), StorageError> {
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    for chunk in uuids.chunks(CHUNK) {
        former_values::keep_days(tx, chunk, Some(due_on)).await?;
        assignment::Entity::update_many()
            .col_expr(assignment::Column::DueOn, Expr::value(due_on))
            .filter(assignment::Column::Id.is_in(chunk.iter().copied()))
            .exec(tx)
            .await?;
    }
    for id in ids {
        tx.note(Resource::Assignments, id.0);
    }
    Ok(())
}

/// The obligation that the last report of each of these assignments answered.
///
/// # Errors
/// [`StorageError`].
pub async fn last_answered(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<HashMap<AssignmentId, ObligationId>, StorageError> {
    let of_report: RelationDef = report_item::Entity::belongs_to(report::Entity)
        .from(report_item::Column::ReportId)
        .to(report::Column::Id)
        .into();
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, Uuid)> = report_item::Entity::find()
            .select_only()
            .column(report_item::Column::AssignmentId)
            .column(report::Column::ObligationId)
            .join(JoinType::InnerJoin, of_report.clone())
            .filter(report_item::Column::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(report::Column::ReportedAt)
            .order_by_asc(report_item::Column::Id)
            .into_tuple()
            .all(db)
            .await?;
        // The later takes the place of the earlier.
        found.extend(
            rows.into_iter().map(|(assignment, obligation)| {
                (AssignmentId(assignment), ObligationId(obligation))
            }),
        );
    }
    Ok(found)
}

/// The percentages that were reported of each of these assignments, oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn percents_reported(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<HashMap<AssignmentId, Vec<u8>>, StorageError> {
    let mut found: HashMap<AssignmentId, Vec<u8>> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, i32)> = report_item::Entity::find()
            .select_only()
            .columns([
                report_item::Column::AssignmentId,
                report_item::Column::Percent,
            ])
            .filter(report_item::Column::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
            .filter(report_item::Column::Percent.is_not_null())
            .order_by_asc(report_item::Column::Id)
            .into_tuple()
            .all(db)
            .await?;
        for (assignment, percent) in rows {
            let told = found.entry(AssignmentId(assignment)).or_default();
            told.extend(u8::try_from(percent));
        }
    }
    Ok(found)
}

/// Obligations in this state that ask about any of these assignments.
///
/// # Errors
/// [`StorageError`].
pub async fn obligations_about(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
    state: crate::domain::obligation::ObligationState,
) -> Result<Vec<ObligationId>, StorageError> {
    let of_obligation: RelationDef = obligation_item::Entity::belongs_to(obligation::Entity)
        .from(obligation_item::Column::ObligationId)
        .to(obligation::Column::Id)
        .into();
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<Uuid> = obligation_item::Entity::find()
            .select_only()
            .column(obligation_item::Column::ObligationId)
            .join(JoinType::InnerJoin, of_obligation.clone())
            .filter(obligation_item::Column::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
            .filter(obligation::Column::State.eq(state.as_str()))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(ObligationId));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Those of these obligations that ask about something that goes on: an assignment on its course, or an indicator.
///
/// # Errors
/// [`StorageError`].
pub async fn asking_on(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
) -> Result<Vec<ObligationId>, StorageError> {
    let on_assignment: RelationDef = obligation_item::Entity::belongs_to(assignment::Entity)
        .from(obligation_item::Column::AssignmentId)
        .to(assignment::Column::Id)
        .into();
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<Uuid> = obligation_item::Entity::find()
            .select_only()
            .column(obligation_item::Column::ObligationId)
            .distinct()
            .join(JoinType::LeftJoin, on_assignment.clone())
            .filter(obligation_item::Column::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .filter(
                obligation_item::Column::AssignmentId
                    .is_null()
                    .or(assignment::Column::State.is_not_in(ended_states())),
            )
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(ObligationId));
    }
    Ok(found)
}

/// The codes of the states that have ended.
pub(super) fn ended_states() -> impl Iterator<Item = &'static str> {
    AssignmentState::ALL
        .iter()
        .filter(|state| state.ending().is_some())
        .map(|state| state.as_str())
}

/// The last decision about each of these assignments: who, and when.
///
/// # Errors
/// [`StorageError`].
pub async fn last_decided(
    db: &impl ConnectionTrait,
    id: AssignmentId,
) -> Result<Option<(String, NaiveDate)>, StorageError> {
    let row = assignment_event::Entity::find()
        .filter(assignment_event::Column::AssignmentId.eq(id.0))
        .order_by_desc(assignment_event::Column::DecidedAt)
        .order_by_desc(assignment_event::Column::Id)
        .one(db)
        .await?;
    Ok(row.map(|row| (row.decided_by, row.decided_on)))
}

/// The lead units of these tasks; who was taken out leads no more.
///
/// # Errors
/// [`StorageError`].
pub async fn leads_of(
    db: &impl ConnectionTrait,
    tasks: impl IntoIterator<Item = TaskId>,
) -> Result<HashMap<TaskId, Vec<UnitId>>, StorageError> {
    let mut ids: Vec<Uuid> = tasks.into_iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut found: HashMap<TaskId, Vec<UnitId>> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, Uuid)> = assignment::Entity::find()
            .select_only()
            .columns([assignment::Column::TaskId, assignment::Column::UnitId])
            .filter(assignment::Column::TaskId.is_in(chunk.iter().copied()))
            .filter(assignment::Column::Role.eq(Role::Lead.as_str()))
            .filter(assignment::Column::State.ne(AssignmentState::Withdrawn.as_str()))
            .into_tuple()
            .all(db)
            .await?;
        for (task, unit) in rows {
            found.entry(TaskId(task)).or_default().push(UnitId(unit));
        }
    }
    Ok(found)
}
