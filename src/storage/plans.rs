//! Plans with their phases, indicators and deadlines.

use crate::domain::ids::{DeadlineId, IndicatorId, PlanId, TaskId};
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code, from_json, insert_absent, insert_all, new_id, to_json};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{indicator, phase, plan, sending_deadline};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// A plan as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPlan {
    /// Its id.
    pub id: PlanId,
    /// What makes it the same plan again.
    pub identity: String,
    /// SHA-256 (hex) of the document as read.
    pub content_hash: String,
    /// Title.
    pub title: String,
    /// Issuer as written.
    pub issued_by: Option<String>,
    /// 发文字号 as written.
    pub document_number: Option<String>,
    /// Year of the first phase.
    pub first_year: Option<i32>,
    /// Name of the imported file.
    pub source_name: String,
    /// Problems listed by the reader.
    pub problems: serde_json::Value,
    /// First day of the first phase.
    pub first_phase_starts_on: Option<NaiveDate>,
    /// Last day of the last phase.
    pub last_phase_ends_on: Option<NaiveDate>,
    /// How many times tasks of it were issued.
    pub issue_count: i32,
    /// When it was imported.
    pub imported_at: DateTime<Utc>,
    /// Local day of the first issue.
    pub issued_on: Option<NaiveDate>,
    /// Local day of its closing.
    pub closed_on: Option<NaiveDate>,
    /// Where its tasks come from.
    pub origin: PlanOrigin,
}

/// A phase as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPhase {
    /// Name.
    pub name: String,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
}

/// An indicator as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredIndicator {
    /// Its id.
    pub id: IndicatorId,
    /// Task; `None` for a goal of the plan.
    pub task_id: Option<TaskId>,
    /// Clause that states it.
    pub text: String,
    /// `>=`, `<=` or `=`.
    pub comparator: String,
    /// Target.
    pub value: f64,
    /// Unit of the value.
    pub measured_in: Option<String>,
    /// How often, as a code.
    pub frequency: Option<String>,
}

/// A deadline for sending something up, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDeadline {
    /// Its id.
    pub id: DeadlineId,
    /// The sentence.
    pub text: String,
    /// What is sent up.
    pub what: String,
    /// Names of the senders as written.
    pub from_units: Vec<String>,
    /// Name of the receiver as written.
    pub to_unit: Option<String>,
    /// By when.
    pub due_on: Option<NaiveDate>,
}

/// All plans, oldest import first.
///
/// # Errors
/// [`StorageError`].
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<StoredPlan>, StorageError> {
    let rows = plan::Entity::find()
        .order_by_asc(plan::Column::ImportedAt)
        .order_by_asc(plan::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(plan_of).collect()
}

/// The plan of that identity.
///
/// # Errors
/// [`StorageError`].
pub async fn by_identity(
    db: &impl ConnectionTrait,
    identity: &str,
) -> Result<Option<StoredPlan>, StorageError> {
    let row = plan::Entity::find()
        .filter(plan::Column::Identity.eq(identity))
        .one(db)
        .await?;
    row.map(plan_of).transpose()
}

/// The plan of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: PlanId,
) -> Result<Option<StoredPlan>, StorageError> {
    let row = plan::Entity::find_by_id(id.0).one(db).await?;
    row.map(plan_of).transpose()
}

/// Plans with these ids, in no particular order.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[PlanId],
) -> Result<Vec<StoredPlan>, StorageError> {
    let rows = plan::Entity::find()
        .filter(plan::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .all(db)
        .await?;
    rows.into_iter().map(plan_of).collect()
}

/// The plan of that id, kept as it is until the transaction ends: two who issue its tasks, or add some, wait for each
/// other.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(tx: &WriteTx, id: PlanId) -> Result<Option<StoredPlan>, StorageError> {
    let row = plan::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(tx)
        .await?;
    row.map(plan_of).transpose()
}

/// Writes a plan that was just imported (not issued).
///
/// # Errors
/// [`StorageError`]; a taken identity is a conflict.
pub async fn insert(tx: &WriteTx, plan: &StoredPlan) -> Result<(), StorageError> {
    plan::Entity::insert(row_of(plan))
        .exec_without_returning(tx)
        .await?;
    tx.note(Resource::Plans, plan.id.0);
    Ok(())
}

/// Writes a plan unless its identity is taken; whether it was written.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_new(tx: &WriteTx, plan: &StoredPlan) -> Result<bool, StorageError> {
    let written = insert_absent(tx, row_of(plan), vec![plan::Column::Identity]).await?;
    if written {
        tx.note(Resource::Plans, plan.id.0);
    }
    Ok(written)
}

/// Records that a plan was closed on a local day.
///
/// # Errors
/// [`StorageError`].
pub async fn close(tx: &WriteTx, id: PlanId, today: NaiveDate) -> Result<(), StorageError> {
    plan::Entity::update_many()
        .col_expr(plan::Column::ClosedOn, Expr::value(today))
        .filter(plan::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Plans, id.0);
    Ok(())
}

fn row_of(plan: &StoredPlan) -> plan::ActiveModel {
    plan::ActiveModel {
        id: Set(plan.id.0),
        identity: Set(plan.identity.clone()),
        content_hash: Set(plan.content_hash.clone()),
        title: Set(plan.title.clone()),
        issued_by: Set(plan.issued_by.clone()),
        document_number: Set(plan.document_number.clone()),
        first_year: Set(plan.first_year),
        source_name: Set(plan.source_name.clone()),
        problems: Set(plan.problems.clone()),
        first_phase_starts_on: Set(plan.first_phase_starts_on),
        last_phase_ends_on: Set(plan.last_phase_ends_on),
        issue_count: Set(0),
        imported_at: Set(plan.imported_at),
        issued_at: Set(None),
        issued_on: Set(None),
        closed_on: Set(None),
        origin: Set(plan.origin.as_str().to_owned()),
    }
}

/// Records that tasks were issued: the n-th time, on a local day.
///
/// # Errors
/// [`StorageError`].
pub async fn record_issue(
    tx: &WriteTx,
    plan: &StoredPlan,
    issue_count: i32,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> Result<(), StorageError> {
    let mut update =
        plan::Entity::update_many().col_expr(plan::Column::IssueCount, Expr::value(issue_count));
    if plan.issued_on.is_none() {
        update = update
            .col_expr(plan::Column::IssuedAt, Expr::value(now))
            .col_expr(plan::Column::IssuedOn, Expr::value(today));
    }
    update
        .filter(plan::Column::Id.eq(plan.id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Plans, plan.id.0);
    Ok(())
}

/// Writes the phases, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_phases(
    tx: &WriteTx,
    plan_id: PlanId,
    phases: &[StoredPhase],
) -> Result<(), StorageError> {
    let rows = (0..)
        .zip(phases)
        .map(|(position, phase)| phase::ActiveModel {
            id: Set(new_id()),
            plan_id: Set(plan_id.0),
            position: Set(position),
            name: Set(phase.name.clone()),
            starts_on: Set(phase.starts_on),
            ends_on: Set(phase.ends_on),
        });
    insert_all(tx, rows.collect()).await
}

/// Writes indicators and goals, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_indicators(
    tx: &WriteTx,
    plan_id: PlanId,
    all: &[StoredIndicator],
) -> Result<(), StorageError> {
    for one in all {
        tx.note(Resource::Indicators, one.id.0);
    }
    let rows = (0..)
        .zip(all)
        .map(|(position, indicator)| indicator::ActiveModel {
            id: Set(indicator.id.0),
            plan_id: Set(plan_id.0),
            task_id: Set(indicator.task_id.map(|id| id.0)),
            position: Set(position),
            text: Set(indicator.text.clone()),
            comparator: Set(indicator.comparator.clone()),
            value: Set(indicator.value),
            measured_in: Set(indicator.measured_in.clone()),
            frequency: Set(indicator.frequency.clone()),
            ..Default::default()
        });
    insert_all(tx, rows.collect()).await
}

/// Indicators and goals of a plan, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn indicators(
    db: &impl ConnectionTrait,
    plan_id: PlanId,
) -> Result<Vec<StoredIndicator>, StorageError> {
    let rows = indicator::Entity::find()
        .filter(indicator::Column::PlanId.eq(plan_id.0))
        .order_by_asc(indicator::Column::Position)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(indicator_of).collect())
}

/// Indicators of these tasks, each task's in order.
///
/// # Errors
/// [`StorageError`].
pub async fn indicators_of_tasks(
    db: &impl ConnectionTrait,
    ids: &[TaskId],
) -> Result<Vec<StoredIndicator>, StorageError> {
    let rows = indicator::Entity::find()
        .filter(indicator::Column::TaskId.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(indicator::Column::PlanId)
        .order_by_asc(indicator::Column::Position)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(indicator_of).collect())
}

fn indicator_of(row: indicator::Model) -> StoredIndicator {
    StoredIndicator {
        id: IndicatorId(row.id),
        task_id: row.task_id.map(TaskId),
        text: row.text,
        comparator: row.comparator,
        value: row.value,
        measured_in: row.measured_in,
        frequency: row.frequency,
    }
}

/// Writes the deadlines, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_deadlines(
    tx: &WriteTx,
    plan_id: PlanId,
    all: &[StoredDeadline],
) -> Result<(), StorageError> {
    let mut rows = Vec::new();
    for (position, deadline) in (0..).zip(all) {
        rows.push(sending_deadline::ActiveModel {
            id: Set(deadline.id.0),
            plan_id: Set(plan_id.0),
            position: Set(position),
            text: Set(deadline.text.clone()),
            what: Set(deadline.what.clone()),
            from_units: Set(to_json(
                "sending_deadline.from_units",
                &deadline.from_units,
            )?),
            to_unit: Set(deadline.to_unit.clone()),
            due_on: Set(deadline.due_on),
        });
    }
    insert_all(tx, rows).await
}

/// Deadlines of a plan, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn deadlines(
    db: &impl ConnectionTrait,
    plan_id: PlanId,
) -> Result<Vec<StoredDeadline>, StorageError> {
    let rows = sending_deadline::Entity::find()
        .filter(sending_deadline::Column::PlanId.eq(plan_id.0))
        .order_by_asc(sending_deadline::Column::Position)
        .all(db)
        .await?;
    let deadlines = rows.into_iter().map(|row| {
        Ok(StoredDeadline {
            id: DeadlineId(row.id),
            text: row.text,
            what: row.what,
            from_units: from_json("sending_deadline.from_units", row.from_units)?,
            to_unit: row.to_unit,
            due_on: row.due_on,
        })
    });
    deadlines.collect()
}

/// Phases of a plan, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn phases(
    db: &impl ConnectionTrait,
    plan_id: PlanId,
) -> Result<Vec<StoredPhase>, StorageError> {
    let rows = phase::Entity::find()
        .filter(phase::Column::PlanId.eq(plan_id.0))
        .order_by_asc(phase::Column::Position)
        .all(db)
        .await?;
    let phases = rows.into_iter().map(|row| StoredPhase {
        name: row.name,
        starts_on: row.starts_on,
        ends_on: row.ends_on,
    });
    Ok(phases.collect())
}

pub(super) fn plan_of(row: plan::Model) -> Result<StoredPlan, StorageError> {
    Ok(StoredPlan {
        id: PlanId(row.id),
        identity: row.identity,
        content_hash: row.content_hash,
        title: row.title,
        issued_by: row.issued_by,
        document_number: row.document_number,
        first_year: row.first_year,
        source_name: row.source_name,
        problems: row.problems,
        first_phase_starts_on: row.first_phase_starts_on,
        last_phase_ends_on: row.last_phase_ends_on,
        issue_count: row.issue_count,
        imported_at: row.imported_at,
        issued_on: row.issued_on,
        closed_on: row.closed_on,
        origin: code("plan origin", &row.origin)?,
    })
}
