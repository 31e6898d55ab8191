//! What a ledger tells of assignments, read for many at once.

use crate::domain::access::Reach;
use crate::domain::assignment_life::AssignmentState;
use crate::domain::extension::ExtensionState;
use crate::domain::ids::{AssignmentId, ObligationId, PlanId, TaskId, UnitId};
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::storage::error::StorageError;
use crate::storage::lists::assignments::met;
use crate::storage::obligations::{StoredObligation, obligation_of};
use crate::storage::{CHUNK, code};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    assignment, assignment_event, change, extension, obligation, obligation_item, report,
    report_item, task,
};
use sea_orm::sea_query::Condition;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, RelationDef,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Which assignments are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct LedgerFilter {
    /// Of tasks of this plan.
    pub plan_id: Option<PlanId>,
    /// Of this unit.
    pub unit_id: Option<UnitId>,
    /// Of tasks that this unit leads.
    pub lead_unit_id: Option<UnitId>,
    /// Where it stands, one of these.
    pub state: Option<Vec<AssignmentState>>,
}

/// An assignment as the ledger tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerAssignment {
    /// Its id.
    pub id: AssignmentId,
    /// Its task.
    pub task_id: TaskId,
    /// Its unit.
    pub unit_id: UnitId,
    /// The unit's part.
    pub role: Role,
    /// Order among the task's units of that role.
    pub position: i32,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Progress as last reported, 0 to 100.
    pub percent: Option<u8>,
    /// Where it stands.
    pub state: AssignmentState,
    /// Local day from which it has ended.
    pub ended_on: Option<NaiveDate>,
    /// Its own due day.
    pub due_on: Option<NaiveDate>,
}

/// Assignments that pass the filter and are met, in no particular order; at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn assignments(
    db: &impl ConnectionTrait,
    filter: &LedgerFilter,
    reach: &Reach,
    limit: u64,
) -> Result<Vec<LedgerAssignment>, StorageError> {
    let mut select = assignment::Entity::find().filter(met(reach));
    if let Some(plan) = filter.plan_id {
        let tasks = task::Entity::find()
            .select_only()
            .column(task::Column::Id)
            .filter(task::Column::PlanId.eq(plan.0));
        select = select.filter(assignment::Column::TaskId.in_subquery(tasks.into_query()));
    }
    if let Some(unit) = filter.unit_id {
        select = select.filter(assignment::Column::UnitId.eq(unit.0));
    }
    if let Some(lead) = filter.lead_unit_id {
        let led = assignment::Entity::find()
            .select_only()
            .column(assignment::Column::TaskId)
            .filter(assignment::Column::Role.eq(Role::Lead.as_str()))
            .filter(assignment::Column::UnitId.eq(lead.0));
        select = select.filter(assignment::Column::TaskId.in_subquery(led.into_query()));
    }
    if let Some(states) = &filter.state {
        let codes = states.iter().map(|state| state.as_str());
        select = select.filter(assignment::Column::State.is_in(codes));
    }
    let rows = select
        .order_by_asc(assignment::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(assignment_of).collect()
}

/// Those of these assignments that are there and met.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
    reach: &Reach,
) -> Result<Vec<LedgerAssignment>, StorageError> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows = assignment::Entity::find()
            .filter(assignment::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .filter(met(reach))
            .all(db)
            .await?;
        for row in rows {
            found.push(assignment_of(row)?);
        }
    }
    Ok(found)
}

fn assignment_of(row: assignment::Model) -> Result<LedgerAssignment, StorageError> {
    Ok(LedgerAssignment {
        id: AssignmentId(row.id),
        task_id: TaskId(row.task_id),
        unit_id: UnitId(row.unit_id),
        role: code("role", &row.role)?,
        position: row.position,
        issued_at: row.issued_at,
        percent: row.percent.and_then(|percent| u8::try_from(percent).ok()),
        state: code("assignment state", &row.state)?,
        ended_on: row.ended_on,
        due_on: row.due_on,
    })
}

/// The lead units of these tasks, the first-named first.
///
/// # Errors
/// [`StorageError`].
pub async fn leads(
    db: &impl ConnectionTrait,
    tasks: &[TaskId],
) -> Result<HashMap<TaskId, Vec<UnitId>>, StorageError> {
    let mut found: HashMap<TaskId, Vec<UnitId>> = HashMap::new();
    for chunk in tasks.chunks(CHUNK) {
        let rows: Vec<(Uuid, Uuid)> = assignment::Entity::find()
            .select_only()
            .columns([assignment::Column::TaskId, assignment::Column::UnitId])
            .filter(assignment::Column::TaskId.is_in(chunk.iter().map(|id| id.0)))
            .filter(assignment::Column::Role.eq(Role::Lead.as_str()))
            .order_by_asc(assignment::Column::Position)
            .order_by_asc(assignment::Column::Id)
            .into_tuple()
            .all(db)
            .await?;
        for (task, unit) in rows {
            found.entry(TaskId(task)).or_default().push(UnitId(unit));
        }
    }
    Ok(found)
}

/// What was told of an assignment last, each thing by itself; and who told something last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastTold {
    /// What was done.
    pub done: Option<String>,
    /// Problems.
    pub problems: Option<String>,
    /// Next steps.
    pub next_steps: Option<String>,
    /// Who reported last, and when.
    pub by: Option<(String, DateTime<Utc>)>,
}

#[derive(FromQueryResult)]
struct ToldRow {
    assignment_id: Uuid,
    done: Option<String>,
    problems: Option<String>,
    next_steps: Option<String>,
    reported_by: String,
    reported_at: DateTime<Utc>,
}

/// What was told of these assignments last; those of which nothing was told are left out.
///
/// # Errors
/// [`StorageError`].
pub async fn last_told(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<HashMap<AssignmentId, LastTold>, StorageError> {
    use report_item::Column as Told;
    let of_report: RelationDef = report_item::Entity::belongs_to(report::Entity)
        .from(Told::ReportId)
        .to(report::Column::Id)
        .into();
    let mut found: HashMap<AssignmentId, LastTold> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let says_something = Condition::any()
            .add(Told::Percent.is_not_null())
            .add(Told::Done.is_not_null())
            .add(Told::Problems.is_not_null())
            .add(Told::NextSteps.is_not_null());
        let rows = report_item::Entity::find()
            .select_only()
            .columns([
                Told::AssignmentId,
                Told::Done,
                Told::Problems,
                Told::NextSteps,
            ])
            .columns([report::Column::ReportedBy, report::Column::ReportedAt])
            .join(JoinType::InnerJoin, of_report.clone())
            .filter(Told::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
            .filter(says_something)
            .order_by_asc(report::Column::ReportedAt)
            .order_by_asc(Told::Id)
            .into_model::<ToldRow>()
            .all(db)
            .await?;
        for row in rows {
            let told = found.entry(AssignmentId(row.assignment_id)).or_default();
            // The later takes the place of the earlier, thing by thing.
            told.done = row.done.or(told.done.take());
            told.problems = row.problems.or(told.problems.take());
            told.next_steps = row.next_steps.or(told.next_steps.take());
            told.by = Some((row.reported_by, row.reported_at));
        }
    }
    Ok(found)
}

/// More time that was given for these assignments: how often, by whom last, and when.
///
/// # Errors
/// [`StorageError`].
pub async fn more_time(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<HashMap<AssignmentId, (u32, String, DateTime<Utc>)>, StorageError> {
    let of_item: RelationDef = obligation_item::Entity::belongs_to(extension::Entity)
        .from(obligation_item::Column::ObligationId)
        .to(extension::Column::ObligationId)
        .into();
    let mut found: HashMap<AssignmentId, (u32, String, DateTime<Utc>)> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, Option<String>, Option<DateTime<Utc>>)> =
            obligation_item::Entity::find()
                .select_only()
                .column(obligation_item::Column::AssignmentId)
                .columns([extension::Column::DecidedBy, extension::Column::DecidedAt])
                .join(JoinType::InnerJoin, of_item.clone())
                .filter(obligation_item::Column::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
                .filter(extension::Column::State.eq(ExtensionState::Granted.as_str()))
                .order_by_asc(extension::Column::DecidedAt)
                .into_tuple()
                .all(db)
                .await?;
        for (id, by, at) in rows {
            let (Some(by), Some(at)) = (by, at) else {
                continue;
            };
            let number = found.get(&AssignmentId(id)).map_or(0, |known| known.0);
            found.insert(AssignmentId(id), (number + 1, by, at));
        }
    }
    Ok(found)
}

/// What has ever asked about these assignments, each with the assignment.
///
/// # Errors
/// [`StorageError`].
pub async fn asking(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<Vec<(AssignmentId, StoredObligation)>, StorageError> {
    let mut pairs: Vec<(Uuid, Uuid)> = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, Uuid)> = obligation_item::Entity::find()
            .select_only()
            .columns([
                obligation_item::Column::AssignmentId,
                obligation_item::Column::ObligationId,
            ])
            .filter(obligation_item::Column::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
            .into_tuple()
            .all(db)
            .await?;
        pairs.extend(rows);
    }
    let mut asked: Vec<Uuid> = pairs.iter().map(|(_, obligation)| *obligation).collect();
    asked.sort_unstable();
    asked.dedup();
    let mut known: HashMap<Uuid, StoredObligation> = HashMap::new();
    for chunk in asked.chunks(CHUNK) {
        let rows = obligation::Entity::find()
            .filter(obligation::Column::Id.is_in(chunk.iter().copied()))
            .all(db)
            .await?;
        for row in rows {
            known.insert(row.id, obligation_of(row)?);
        }
    }
    let pairs = pairs.into_iter().filter_map(|(assignment, obligation)| {
        Some((AssignmentId(assignment), known.get(&obligation)?.clone()))
    });
    Ok(pairs.collect())
}

/// Assignments of which a report to an obligation has told something, each with the obligation.
///
/// # Errors
/// [`StorageError`].
pub async fn told_to(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
) -> Result<Vec<(ObligationId, AssignmentId)>, StorageError> {
    let of_report: RelationDef = report_item::Entity::belongs_to(report::Entity)
        .from(report_item::Column::ReportId)
        .to(report::Column::Id)
        .into();
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, Uuid)> = report_item::Entity::find()
            .select_only()
            .column(report::Column::ObligationId)
            .column(report_item::Column::AssignmentId)
            .distinct()
            .join(JoinType::InnerJoin, of_report.clone())
            .filter(report::Column::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .into_tuple()
            .all(db)
            .await?;
        let pairs = rows.into_iter();
        found.extend(
            pairs.map(|(obligation, assignment)| {
                (ObligationId(obligation), AssignmentId(assignment))
            }),
        );
    }
    Ok(found)
}

/// The last decision about each of these assignments: by whom, and when.
///
/// # Errors
/// [`StorageError`].
pub async fn last_decided(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<HashMap<AssignmentId, (String, DateTime<Utc>)>, StorageError> {
    use assignment_event::Column as Event;
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, String, DateTime<Utc>)> = assignment_event::Entity::find()
            .select_only()
            .columns([Event::AssignmentId, Event::DecidedBy, Event::DecidedAt])
            .filter(Event::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(Event::DecidedAt)
            .order_by_asc(Event::Id)
            .into_tuple()
            .all(db)
            .await?;
        // The later takes the place of the earlier.
        found.extend(
            rows.into_iter()
                .map(|(id, by, at)| (AssignmentId(id), (by, at))),
        );
    }
    Ok(found)
}

/// When these assignments changed last, as far as the feed reaches back.
///
/// # Errors
/// [`StorageError`].
pub async fn last_changed(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<HashMap<AssignmentId, DateTime<Utc>>, StorageError> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, DateTime<Utc>)> = change::Entity::find()
            .select_only()
            .columns([change::Column::RowId, change::Column::ChangedAt])
            .filter(change::Column::Resource.eq(Resource::Assignments.as_str()))
            .filter(change::Column::RowId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(change::Column::ChangeNo)
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|(id, at)| (AssignmentId(id), at)));
    }
    Ok(found)
}
