//! What was decided about assignments, page by page.

use crate::domain::access::Reach;
use crate::domain::assignment_life::{AssignmentEvent, AssignmentState};
use crate::domain::ids::{AssignmentEventId, AssignmentId, ObligationId, TaskId};
use crate::storage::error::StorageError;
use crate::storage::lists::assignments;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use crate::storage::{CHUNK, code};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{assignment, assignment_event};
use sea_orm::sea_query::Condition;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

/// Which decisions are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventFilter {
    /// About this assignment.
    pub assignment_id: Option<AssignmentId>,
    /// About assignments of this task.
    pub task_id: Option<TaskId>,
    /// Of this kind.
    pub event: Option<AssignmentEvent>,
}

/// A decision as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its id.
    pub id: AssignmentEventId,
    /// The assignment.
    pub assignment_id: AssignmentId,
    /// What was decided.
    pub event: AssignmentEvent,
    /// Where it stood.
    pub before: AssignmentState,
    /// Where it stood afterwards.
    pub after: AssignmentState,
    /// Why.
    pub reason: Option<String>,
    /// The new day.
    pub due_on: Option<NaiveDate>,
    /// The obligation that was opened again.
    pub obligation_id: Option<ObligationId>,
    /// The progress to which the assignment was set back.
    pub percent: Option<u8>,
    /// Who decided.
    pub decided_by: String,
    /// Local day.
    pub decided_on: NaiveDate,
    /// When.
    pub decided_at: DateTime<Utc>,
}

/// A page of decisions, in the order in which they were made.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &EventFilter,
    reach: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<EventRow>, StorageError> {
    let mut select = assignment_event::Entity::find().filter(met(reach));
    if let Some(id) = filter.assignment_id {
        select = select.filter(assignment_event::Column::AssignmentId.eq(id.0));
    }
    if let Some(task) = filter.task_id {
        let of_task = assignment::Entity::find()
            .select_only()
            .column(assignment::Column::Id)
            .filter(assignment::Column::TaskId.eq(task.0));
        let of_task = of_task.into_query();
        select = select.filter(assignment_event::Column::AssignmentId.in_subquery(of_task));
    }
    if let Some(event) = filter.event {
        select = select.filter(assignment_event::Column::Event.eq(event.as_str()));
    }
    let sort: Option<SortKey<assignment_event::Model>> = None;
    let id = assignment_event::Column::Id;
    page(db, select, id, |row| row.id, sort, wanted)
        .await?
        .try_map(event_of)
}

/// Decisions with these ids, in the order in which they were made.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[AssignmentEventId],
) -> Result<Vec<EventRow>, StorageError> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows = assignment_event::Entity::find()
            .filter(assignment_event::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(assignment_event::Column::Id)
            .all(db)
            .await?;
        for row in rows {
            found.push(event_of(row)?);
        }
    }
    Ok(found)
}

/// The decisions that are met: those about assignments that are.
pub(super) fn met(reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Units { .. } => {
            let assignments = assignment::Entity::find()
                .select_only()
                .column(assignment::Column::Id)
                .filter(assignments::met(reach));
            let among = assignment_event::Column::AssignmentId;
            Condition::all().add(among.in_subquery(assignments.into_query()))
        }
    }
}

fn event_of(row: assignment_event::Model) -> Result<EventRow, StorageError> {
    Ok(EventRow {
        id: AssignmentEventId(row.id),
        assignment_id: AssignmentId(row.assignment_id),
        event: code("assignment event", &row.event)?,
        before: code("assignment state", &row.state_before)?,
        after: code("assignment state", &row.state_after)?,
        reason: row.reason,
        due_on: row.due_on,
        obligation_id: row.obligation_id.map(ObligationId),
        percent: row.percent.and_then(|percent| u8::try_from(percent).ok()),
        decided_by: row.decided_by,
        decided_on: row.decided_on,
        decided_at: row.decided_at,
    })
}
