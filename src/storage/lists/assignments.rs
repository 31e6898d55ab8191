//! The list of assignments, and what was reported of one.

use crate::domain::access::Reach;
use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{AssignmentId, ObligationId, PlanId, ReportId, TaskId, UnitId};
use crate::domain::level::Level;
use crate::domain::obligation::ObligationKind;
use crate::domain::role::Role;
use crate::domain::roll_up::Alike;
use crate::domain::unit_kind::UnitKind;
use crate::storage::code;
use crate::storage::error::StorageError;
use crate::storage::lists::parts::{among, units_wanted};
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{assignment, obligation, report, report_item, task};
use sea_orm::sea_query::{CaseStatement, Condition, Expr, ExprTrait, Func, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Which assignments are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct AssignmentFilter {
    /// Of tasks of this plan.
    pub plan_id: Option<PlanId>,
    /// Of this task.
    pub task_id: Option<TaskId>,
    /// Of the unit of this code.
    pub unit_code: Option<String>,
    /// Of units of one of these kinds.
    pub unit_kind: Option<Vec<UnitKind>>,
    /// Of schools that have this level.
    pub level: Option<Level>,
    /// In this role.
    pub role: Option<Role>,
    /// Acknowledged 签收, or not.
    pub acknowledged: Option<bool>,
    /// Where it stands, one of these.
    pub state: Option<Vec<AssignmentState>>,
    /// Reported as this far or farther; what was not reported is left out.
    pub percent_from: Option<u8>,
    /// Reported as this far or less; what was not reported is left out.
    pub percent_to: Option<u8>,
}

/// How assignments are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignmentSort {
    /// By the time they were issued.
    Id,
    /// By progress; what was not reported first.
    Percent,
}

/// An assignment with its progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssignmentRow {
    /// Its id.
    pub id: AssignmentId,
    /// Its task.
    pub task_id: TaskId,
    /// Its unit.
    pub unit_id: UnitId,
    /// The unit's part.
    pub role: Role,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Progress as last reported, 0 to 100.
    pub percent: Option<u8>,
    /// Local day of that report.
    pub reported_on: Option<NaiveDate>,
    /// Local day it was acknowledged.
    pub acknowledged_on: Option<NaiveDate>,
    /// Where it stands.
    pub state: AssignmentState,
    /// Its own due day, where more time was given.
    pub due_on: Option<NaiveDate>,
}

/// A page of assignments.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &AssignmentFilter,
    reach: &Reach,
    sort: AssignmentSort,
    wanted: &PageWanted,
) -> Result<Paged<AssignmentRow>, StorageError> {
    let select = filtered(db, filter).filter(met(reach));
    let sort = match sort {
        AssignmentSort::Id => None,
        AssignmentSort::Percent => {
            let percent = Expr::col((assignment::Entity, assignment::Column::Percent));
            Some(SortKey {
                expr: Func::coalesce([percent, Expr::value(-1)]).into(),
                read: |text| Some(text.parse::<i32>().ok()?.into()),
                tell: |row: &assignment::Model| row.percent.unwrap_or(-1).to_string(),
            })
        }
    };
    let id = assignment::Column::Id;
    page(db, select, id, |row| row.id, sort, wanted)
        .await?
        .try_map(row_of)
}

/// Assignments with these ids, in the order of the ids given.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<Vec<AssignmentRow>, StorageError> {
    let rows = assignment::Entity::find()
        .filter(assignment::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .all(db)
        .await?;
    let rows: Result<Vec<AssignmentRow>, StorageError> = rows.into_iter().map(row_of).collect();
    let mut rows = rows?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok(rows)
}

/// The assignment of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: AssignmentId,
) -> Result<Option<AssignmentRow>, StorageError> {
    let row = assignment::Entity::find_by_id(id.0).one(db).await?;
    row.map(row_of).transpose()
}

/// Whether the viewer meets an assignment.
///
/// # Errors
/// [`StorageError`].
pub async fn is_met(
    db: &impl ConnectionTrait,
    id: AssignmentId,
    reach: &Reach,
) -> Result<bool, StorageError> {
    let found = assignment::Entity::find_by_id(id.0).filter(met(reach));
    Ok(found.one(db).await?.is_some())
}

/// The condition on `assignment` that the viewer meets it: their units', and those of tasks that their own units lead.
pub(in crate::storage) fn met(reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Units { units, own } => Condition::any()
            .add(among(assignment::Column::UnitId, units))
            .add(assignment::Column::TaskId.in_subquery(led_by(own).into_query())),
    }
}

/// The tasks that any of these units lead, by id.
fn led_by(units: &BTreeSet<UnitId>) -> Select<assignment::Entity> {
    assignment::Entity::find()
        .select_only()
        .column(assignment::Column::TaskId)
        .filter(assignment::Column::Role.eq(Role::Lead.as_str()))
        .filter(among(assignment::Column::UnitId, units))
}

/// The tasks that any of these units lead.
///
/// # Errors
/// [`StorageError`].
pub async fn tasks_led_by(
    db: &impl ConnectionTrait,
    units: &BTreeSet<UnitId>,
) -> Result<BTreeSet<TaskId>, StorageError> {
    let ids: Vec<Uuid> = led_by(units).into_tuple().all(db).await?;
    Ok(ids.into_iter().map(TaskId).collect())
}

fn filtered(db: &impl ConnectionTrait, filter: &AssignmentFilter) -> Select<assignment::Entity> {
    let mut select = assignment::Entity::find();
    if let Some(plan) = filter.plan_id {
        let tasks = task::Entity::find()
            .select_only()
            .column(task::Column::Id)
            .filter(task::Column::PlanId.eq(plan.0));
        select = select.filter(assignment::Column::TaskId.in_subquery(tasks.into_query()));
    }
    if let Some(task) = filter.task_id {
        select = select.filter(assignment::Column::TaskId.eq(task.0));
    }
    let (code, kinds) = (filter.unit_code.as_deref(), filter.unit_kind.as_deref());
    if let Some(units) = units_wanted(db, code, kinds, filter.level) {
        select = select.filter(assignment::Column::UnitId.in_subquery(units));
    }
    if let Some(role) = filter.role {
        select = select.filter(assignment::Column::Role.eq(role.as_str()));
    }
    select = match filter.acknowledged {
        Some(true) => select.filter(assignment::Column::AcknowledgedOn.is_not_null()),
        Some(false) => select.filter(assignment::Column::AcknowledgedOn.is_null()),
        None => select,
    };
    if let Some(states) = &filter.state {
        let codes = states.iter().map(|state| state.as_str());
        select = select.filter(assignment::Column::State.is_in(codes));
    }
    if let Some(from) = filter.percent_from {
        select = select.filter(assignment::Column::Percent.gte(i32::from(from)));
    }
    if let Some(to) = filter.percent_to {
        select = select.filter(assignment::Column::Percent.lte(i32::from(to)));
    }
    select
}

/// What a report told of an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedRow {
    /// The report.
    pub report_id: ReportId,
    /// What it answered.
    pub obligation_id: ObligationId,
    /// The kind of that.
    pub kind: ObligationKind,
    /// The how-manieth answer to it, from 1.
    pub version: i32,
    /// Who answered.
    pub reported_by: String,
    /// When.
    pub reported_at: DateTime<Utc>,
    /// Progress, 0 to 100.
    pub percent: Option<u8>,
    /// What was done.
    pub done: Option<String>,
    /// Problems.
    pub problems: Option<String>,
    /// Next steps.
    pub next_steps: Option<String>,
}

#[derive(FromQueryResult)]
struct Reported {
    report_id: Uuid,
    obligation_id: Uuid,
    kind: String,
    version: i32,
    reported_by: String,
    reported_at: DateTime<Utc>,
    percent: Option<i32>,
    done: Option<String>,
    problems: Option<String>,
    next_steps: Option<String>,
}

/// Everything that was reported of an assignment, oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn reported(
    db: &impl ConnectionTrait,
    id: AssignmentId,
) -> Result<Vec<ReportedRow>, StorageError> {
    let of_report = report_item::Entity::belongs_to(report::Entity)
        .from(report_item::Column::ReportId)
        .to(report::Column::Id);
    let of_obligation = report::Entity::belongs_to(obligation::Entity)
        .from(report::Column::ObligationId)
        .to(obligation::Column::Id);
    let rows = report_item::Entity::find()
        .select_only()
        .columns([
            report_item::Column::ReportId,
            report_item::Column::Percent,
            report_item::Column::Done,
            report_item::Column::Problems,
            report_item::Column::NextSteps,
        ])
        .columns([
            report::Column::ObligationId,
            report::Column::Version,
            report::Column::ReportedBy,
            report::Column::ReportedAt,
        ])
        .column(obligation::Column::Kind)
        .join(JoinType::InnerJoin, of_report.into())
        .join(JoinType::InnerJoin, of_obligation.into())
        .filter(report_item::Column::AssignmentId.eq(id.0))
        .order_by_asc(report::Column::ReportedAt)
        .order_by_asc(report_item::Column::ReportId)
        .into_model::<Reported>()
        .all(db)
        .await?;
    let told = rows.into_iter().map(|row| {
        Ok(ReportedRow {
            report_id: ReportId(row.report_id),
            obligation_id: ObligationId(row.obligation_id),
            kind: code("obligation kind", &row.kind)?,
            version: row.version,
            reported_by: row.reported_by,
            reported_at: row.reported_at,
            percent: percent_of(row.percent),
            done: row.done,
            problems: row.problems,
            next_steps: row.next_steps,
        })
    });
    told.collect()
}

fn percent_of(stored: Option<i32>) -> Option<u8> {
    stored.and_then(|percent| u8::try_from(percent).ok())
}

fn row_of(row: assignment::Model) -> Result<AssignmentRow, StorageError> {
    Ok(AssignmentRow {
        id: AssignmentId(row.id),
        task_id: TaskId(row.task_id),
        unit_id: UnitId(row.unit_id),
        role: code("role", &row.role)?,
        issued_at: row.issued_at,
        percent: percent_of(row.percent),
        reported_on: row.reported_on,
        acknowledged_on: row.acknowledged_on,
        state: code("assignment state", &row.state)?,
        due_on: row.due_on,
    })
}

/// Where the assignments of a plan, or of one task, stand, by unit; `today` is the local day.
///
/// # Errors
/// [`StorageError`].
pub async fn alike(
    db: &impl ConnectionTrait,
    plan_id: PlanId,
    task_id: Option<TaskId>,
    reach: &Reach,
    today: NaiveDate,
) -> Result<Vec<Alike>, StorageError> {
    let of_task = assignment::Entity::belongs_to(task::Entity)
        .from(assignment::Column::TaskId)
        .to(task::Column::Id);
    let due_on = Func::coalesce([
        Expr::col((assignment::Entity, assignment::Column::DueOn)),
        Expr::col((task::Entity, task::Column::DueOn)),
    ]);
    // 1 where the day has passed, 0 where it has not or there is none.
    let past = CaseStatement::new()
        .case(SimpleExpr::from(due_on).lt(today), 1)
        .finally(0);
    let mut select = assignment::Entity::find()
        .select_only()
        .columns([assignment::Column::UnitId, assignment::Column::State])
        .expr_as(Expr::expr(past).sum(), "past")
        .expr_as(
            Expr::col((assignment::Entity, assignment::Column::Id)).count(),
            "number",
        )
        .join(JoinType::InnerJoin, of_task.into())
        .filter(task::Column::PlanId.eq(plan_id.0))
        .filter(met(reach));
    if let Some(task) = task_id {
        select = select.filter(assignment::Column::TaskId.eq(task.0));
    }
    let rows: Vec<(Uuid, String, i64, i64)> = select
        .group_by(assignment::Column::UnitId)
        .group_by(assignment::Column::State)
        .into_tuple()
        .all(db)
        .await?;
    let alike = rows.into_iter().map(|(unit_id, state, past, number)| {
        Ok(Alike {
            unit_id: UnitId(unit_id),
            state: code("assignment state", &state)?,
            number: u32::try_from(number).unwrap_or(u32::MAX),
            past_due: u32::try_from(past).unwrap_or(u32::MAX),
        })
    });
    alike.collect()
}
