//! Findings 问题 and every step of theirs: rectification reports, rechecks, close-outs. `UNIQUE(series, number)`.

use crate::domain::finding_life::{FindingEvent, FindingState};
use crate::domain::ids::{
    AssignmentId, FindingId, InspectionId, ObligationId, PlanId, ReportId, RoundId, TaskId, UnitId,
};
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, code, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{assignment, finding, finding_event, task};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, JoinType,
    QueryFilter, QueryOrder, QuerySelect, RelationDef,
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A finding as stored. Its day is that of its obligation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFinding {
    /// Its id.
    pub id: FindingId,
    /// Number in its round, or in its plan where no round found it.
    pub number: i32,
    /// The round that found it.
    pub round_id: Option<RoundId>,
    /// The inspection that found it.
    pub inspection_id: Option<InspectionId>,
    /// The unit that puts it right.
    pub unit_id: UnitId,
    /// Its plan.
    pub plan_id: PlanId,
    /// The assignment it is about.
    pub assignment_id: Option<AssignmentId>,
    /// What was found.
    pub text: String,
    /// Where it stands.
    pub state: FindingState,
    /// What asks for the rectification report.
    pub obligation_id: ObligationId,
    /// Who raised it.
    pub raised_by: String,
    /// Local day.
    pub raised_on: NaiveDate,
    /// When.
    pub raised_at: DateTime<Utc>,
}

impl StoredFinding {
    /// What numbers it.
    fn series(&self) -> Uuid {
        self.round_id.map_or(self.plan_id.0, |round| round.0)
    }
}

/// A step of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingStep {
    /// The finding.
    pub finding_id: FindingId,
    /// What happened.
    pub event: FindingEvent,
    /// Where it stood.
    pub before: FindingState,
    /// Where it stood afterwards.
    pub after: FindingState,
    /// What was said to it.
    pub reason: Option<String>,
    /// The new day, where it was sent back.
    pub due_on: Option<NaiveDate>,
    /// The rectification report.
    pub report_id: Option<ReportId>,
    /// Who.
    pub by: String,
    /// Local day.
    pub on: NaiveDate,
    /// When.
    pub at: DateTime<Utc>,
}

/// The number that the next finding of a round gets, or of a plan where no round found it. The caller holds the round or
/// the plan.
///
/// # Errors
/// [`StorageError`].
pub async fn next_number(tx: &WriteTx, series: Uuid) -> Result<i32, StorageError> {
    let last: Option<Option<i32>> = finding::Entity::find()
        .select_only()
        .column_as(finding::Column::Number.max(), "last")
        .filter(finding::Column::Series.eq(series))
        .into_tuple()
        .one(tx)
        .await?;
    Ok(last.flatten().unwrap_or(0).saturating_add(1))
}

/// Writes a finding whose obligation is written.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredFinding) -> Result<(), StorageError> {
    let row = finding::ActiveModel {
        id: Set(new.id.0),
        series: Set(new.series()),
        number: Set(new.number),
        round_id: Set(new.round_id.map(|id| id.0)),
        inspection_id: Set(new.inspection_id.map(|id| id.0)),
        unit_id: Set(new.unit_id.0),
        plan_id: Set(new.plan_id.0),
        assignment_id: Set(new.assignment_id.map(|id| id.0)),
        text: Set(new.text.clone()),
        state: Set(new.state.as_str().to_owned()),
        obligation_id: Set(new.obligation_id.0),
        raised_by: Set(new.raised_by.clone()),
        raised_on: Set(new.raised_on),
        raised_at: Set(new.raised_at),
    };
    row.insert(tx).await?;
    tx.note(Resource::Findings, new.id.0);
    Ok(())
}

/// The finding of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: FindingId,
) -> Result<Option<StoredFinding>, StorageError> {
    let row = finding::Entity::find_by_id(id.0).one(db).await?;
    row.map(finding_of).transpose()
}

/// The findings that these obligations ask about, kept as they are until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_of_obligations(
    tx: &WriteTx,
    ids: &[ObligationId],
) -> Result<Vec<StoredFinding>, StorageError> {
    let mut held = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = finding::Entity::find()
            .filter(finding::Column::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(finding::Column::Id)
            .lock_exclusive()
            .all(tx)
            .await?;
        for row in rows {
            held.push(finding_of(row)?);
        }
    }
    Ok(held)
}

/// Writes down a step, and where the finding stands after it.
///
/// # Errors
/// [`StorageError`].
pub async fn step(tx: &WriteTx, step: &FindingStep) -> Result<(), StorageError> {
    finding::Entity::update_many()
        .col_expr(finding::Column::State, Expr::value(step.after.as_str()))
        .filter(finding::Column::Id.eq(step.finding_id.0))
        .exec(tx)
        .await?;
    let row = finding_event::ActiveModel {
        id: Set(new_id()),
        finding_id: Set(step.finding_id.0),
        event: Set(step.event.as_str().to_owned()),
        state_before: Set(step.before.as_str().to_owned()),
        state_after: Set(step.after.as_str().to_owned()),
        reason: Set(step.reason.clone()),
        due_on: Set(step.due_on),
        report_id: Set(step.report_id.map(|id| id.0)),
        decided_by: Set(step.by.clone()),
        decided_on: Set(step.on),
        decided_at: Set(step.at),
    };
    row.insert(tx).await?;
    tx.note(Resource::Findings, step.finding_id.0);
    Ok(())
}

/// Every step of these findings, the first first.
///
/// # Errors
/// [`StorageError`].
pub async fn steps(
    db: &impl ConnectionTrait,
    ids: &[FindingId],
) -> Result<Vec<FindingStep>, StorageError> {
    let rows = finding_event::Entity::find()
        .filter(finding_event::Column::FindingId.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(finding_event::Column::DecidedAt)
        .order_by_asc(finding_event::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(step_of).collect()
}

fn step_of(row: finding_event::Model) -> Result<FindingStep, StorageError> {
    Ok(FindingStep {
        finding_id: FindingId(row.finding_id),
        event: code("finding event", &row.event)?,
        before: code("finding state", &row.state_before)?,
        after: code("finding state", &row.state_after)?,
        reason: row.reason,
        due_on: row.due_on,
        report_id: row.report_id.map(ReportId),
        by: row.decided_by,
        on: row.decided_on,
        at: row.decided_at,
    })
}

pub(super) fn finding_of(row: finding::Model) -> Result<StoredFinding, StorageError> {
    Ok(StoredFinding {
        id: FindingId(row.id),
        number: row.number,
        round_id: row.round_id.map(RoundId),
        inspection_id: row.inspection_id.map(InspectionId),
        unit_id: UnitId(row.unit_id),
        plan_id: PlanId(row.plan_id),
        assignment_id: row.assignment_id.map(AssignmentId),
        text: row.text,
        state: code("finding state", &row.state)?,
        obligation_id: ObligationId(row.obligation_id),
        raised_by: row.raised_by,
        raised_on: row.raised_on,
        raised_at: row.raised_at,
    })
}

/// A finding as it stood at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FindingThen {
    /// Its id.
    pub id: FindingId,
    /// The unit that puts it right.
    pub unit_id: UnitId,
    /// Whether it was closed by then.
    pub closed: bool,
}

/// The findings that had to be put right in `from..=until`: raised by its end, and neither closed before its beginning nor
/// withdrawn by its end; of one plan, or of all.
///
/// # Errors
/// [`StorageError`].
pub async fn of_days(
    db: &impl ConnectionTrait,
    plan: Option<PlanId>,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<Vec<FindingThen>, StorageError> {
    let mut select = finding::Entity::find().filter(finding::Column::RaisedOn.lte(until));
    if let Some(plan) = plan {
        select = select.filter(finding::Column::PlanId.eq(plan.0));
    }
    let raised: Vec<(Uuid, Uuid)> = select
        .select_only()
        .column(finding::Column::Id)
        .column(finding::Column::UnitId)
        .into_tuple()
        .all(db)
        .await?;
    let closed: Vec<(Uuid, NaiveDate)> = finding_event::Entity::find()
        .select_only()
        .column(finding_event::Column::FindingId)
        .column(finding_event::Column::DecidedOn)
        .filter(finding_event::Column::Event.eq(FindingEvent::Close.as_str()))
        .filter(finding_event::Column::DecidedOn.lte(until))
        .into_tuple()
        .all(db)
        .await?;
    let closed: HashMap<Uuid, NaiveDate> = closed.into_iter().collect();
    let withdrawn: HashSet<Uuid> = withdrawn_by(db, until)
        .await?
        .into_iter()
        .map(|(id, _)| id.0)
        .collect();
    let raised = raised.into_iter().filter(|(id, _)| !withdrawn.contains(id));
    let then = raised.filter_map(|(id, unit_id)| {
        let closed_on = closed.get(&id);
        let is_over = closed_on.is_some_and(|on| *on < from);
        (!is_over).then_some(FindingThen {
            id: FindingId(id),
            unit_id: UnitId(unit_id),
            closed: closed_on.is_some(),
        })
    });
    Ok(then.collect())
}

/// The findings that were withdrawn by the end of a day, each with what asked for its rectification report.
///
/// # Errors
/// [`StorageError`].
pub async fn withdrawn_by(
    db: &impl ConnectionTrait,
    until: NaiveDate,
) -> Result<Vec<(FindingId, ObligationId)>, StorageError> {
    let withdrawn: Vec<Uuid> = finding_event::Entity::find()
        .select_only()
        .column(finding_event::Column::FindingId)
        .filter(finding_event::Column::Event.eq(FindingEvent::Withdraw.as_str()))
        .filter(finding_event::Column::DecidedOn.lte(until))
        .into_tuple()
        .all(db)
        .await?;
    let mut found = Vec::with_capacity(withdrawn.len());
    for chunk in withdrawn.chunks(CHUNK) {
        let rows: Vec<(Uuid, Uuid)> = finding::Entity::find()
            .select_only()
            .column(finding::Column::Id)
            .column(finding::Column::ObligationId)
            .filter(finding::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        let rows = rows.into_iter();
        found.extend(rows.map(|(id, ask)| (FindingId(id), ObligationId(ask))));
    }
    Ok(found)
}

/// The task that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AboutTask {
    /// What asks for the rectification report.
    pub obligation_id: ObligationId,
    /// The task.
    pub task_id: TaskId,
    /// The unit's role in it.
    pub role: Role,
    /// The task's number.
    pub number: String,
    /// The task's title.
    pub title: String,
}

/// What the findings are about that wait for their units, as far as that is a task.
///
/// # Errors
/// [`StorageError`].
pub async fn about_tasks(db: &impl ConnectionTrait) -> Result<Vec<AboutTask>, StorageError> {
    let of_assignment: RelationDef = finding::Entity::belongs_to(assignment::Entity)
        .from(finding::Column::AssignmentId)
        .to(assignment::Column::Id)
        .into();
    let of_task: RelationDef = assignment::Entity::belongs_to(task::Entity)
        .from(assignment::Column::TaskId)
        .to(task::Column::Id)
        .into();
    let waiting = FindingState::ALL.iter().copied();
    let waiting = waiting.filter(|state| state.waits_for_unit());
    let rows: Vec<(Uuid, Uuid, String, String, String)> = finding::Entity::find()
        .join(JoinType::InnerJoin, of_assignment)
        .join(JoinType::InnerJoin, of_task)
        .filter(finding::Column::State.is_in(waiting.map(FindingState::as_str)))
        .select_only()
        .column(finding::Column::ObligationId)
        .column(assignment::Column::TaskId)
        .column(assignment::Column::Role)
        .column(task::Column::Number)
        .column(task::Column::Title)
        .into_tuple()
        .all(db)
        .await?;
    let about = rows.into_iter().map(|(ask, task, role, number, title)| {
        Ok(AboutTask {
            obligation_id: ObligationId(ask),
            task_id: TaskId(task),
            role: code("role", &role)?,
            number,
            title,
        })
    });
    about.collect()
}
