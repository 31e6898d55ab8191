//! Rows of example data, many at a time. They are not noted for the feed: whoever follows it starts over, see
//! [`changes::forget_all`](super::changes::forget_all).

use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{AssignmentId, ObligationId, PlanId, ReportId, RoundId, TaskId, UnitId};
use crate::domain::obligation::{ObligationKind, ObligationState, Source};
use crate::domain::role::Role;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, insert_all, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{assignment, obligation, obligation_item, report, report_item};
use sea_orm::ActiveValue::Set;

/// An assignment.
#[derive(Debug, Clone, Copy)]
pub struct SeedAssignment {
    /// Its id.
    pub id: AssignmentId,
    /// Task.
    pub task_id: TaskId,
    /// Unit.
    pub unit_id: UnitId,
    /// The unit's part.
    pub role: Role,
    /// Order among the units of that role.
    pub position: i32,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// What was reported last, and on which local day.
    pub progress: Option<(u8, NaiveDate)>,
    /// Local day it was acknowledged.
    pub acknowledged_on: Option<NaiveDate>,
}

/// An obligation.
#[derive(Debug, Clone)]
pub struct SeedObligation {
    /// Its id.
    pub id: ObligationId,
    /// What asks.
    pub source: Source,
    /// Unit asked.
    pub unit_id: UnitId,
    /// What is asked.
    pub kind: ObligationKind,
    /// Plan.
    pub plan_id: PlanId,
    /// Round.
    pub round_id: Option<RoundId>,
    /// Local day it was asked, and when.
    pub opened: (NaiveDate, DateTime<Utc>),
    /// Due day.
    pub due_on: NaiveDate,
    /// Where it stands.
    pub state: ObligationState,
    /// When it left `open`.
    pub settled_at: Option<DateTime<Utc>>,
}

/// A report.
#[derive(Debug, Clone, Copy)]
pub struct SeedReport {
    /// Its id.
    pub id: ReportId,
    /// What it answers.
    pub obligation_id: ObligationId,
    /// From 1.
    pub version: i32,
    /// When.
    pub reported_at: DateTime<Utc>,
}

/// What a report tells of an assignment.
#[derive(Debug, Clone, Copy)]
pub struct SeedReportItem {
    /// The report.
    pub report_id: ReportId,
    /// The assignment.
    pub assignment_id: AssignmentId,
    /// Order.
    pub position: i32,
    /// Progress.
    pub percent: u8,
    /// Local day of the report.
    pub reported_on: NaiveDate,
}

/// Writes assignments.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_assignments(
    tx: &WriteTx,
    rows: impl IntoIterator<Item = SeedAssignment>,
) -> Result<(), StorageError> {
    let rows = rows.into_iter().map(|row| assignment::ActiveModel {
        state: Set(state_of(&row).as_str().to_owned()),
        ended_on: Set(None),
        due_on: Set(None),
        id: Set(row.id.0),
        task_id: Set(row.task_id.0),
        unit_id: Set(row.unit_id.0),
        role: Set(row.role.as_str().to_owned()),
        position: Set(row.position),
        issued_at: Set(row.issued_at),
        percent: Set(row.progress.map(|(percent, _)| i32::from(percent))),
        reported_on: Set(row.progress.map(|(_, on)| on)),
        acknowledged_on: Set(row.acknowledged_on),
    });
    insert_all(tx, rows.collect()).await
}

fn state_of(row: &SeedAssignment) -> AssignmentState {
    match (row.progress, row.acknowledged_on) {
        (Some((100.., _)), _) => AssignmentState::Reported,
        (Some(_), _) => AssignmentState::UnderWay,
        (None, Some(_)) => AssignmentState::Acknowledged,
        (None, None) => AssignmentState::Issued,
    }
}

/// Writes obligations.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_obligations(
    tx: &WriteTx,
    rows: impl IntoIterator<Item = SeedObligation>,
) -> Result<(), StorageError> {
    let rows = rows.into_iter().map(|row| obligation::ActiveModel {
        id: Set(row.id.0),
        source: Set(row.source.to_string()),
        unit_id: Set(row.unit_id.0),
        kind: Set(row.kind.as_str().to_owned()),
        plan_id: Set(row.plan_id.0),
        round_id: Set(row.round_id.map(|id| id.0)),
        deadline_id: Set(None),
        what: Set(None),
        opened_on: Set(row.opened.0),
        due_on: Set(row.due_on),
        first_due_on: Set(row.due_on),
        due_revision: Set(0),
        moved_by: Set(None),
        moved_reason: Set(None),
        provisional: Set(false),
        state: Set(row.state.as_str().to_owned()),
        opened_at: Set(row.opened.1),
        settled_at: Set(row.settled_at),
    });
    insert_all(tx, rows.collect()).await
}

/// Writes items: the assignment that stands at that place of an obligation.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_items(
    tx: &WriteTx,
    rows: impl IntoIterator<Item = (ObligationId, AssignmentId, i32)>,
) -> Result<(), StorageError> {
    let rows = rows.into_iter();
    let rows = rows.map(
        |(obligation, assignment, position)| obligation_item::ActiveModel {
            id: Set(new_id()),
            obligation_id: Set(obligation.0),
            assignment_id: Set(Some(assignment.0)),
            indicator_id: Set(None),
            position: Set(position),
        },
    );
    insert_all(tx, rows.collect()).await
}

/// Writes reports.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_reports(
    tx: &WriteTx,
    rows: impl IntoIterator<Item = SeedReport>,
) -> Result<(), StorageError> {
    let rows = rows.into_iter().map(|row| report::ActiveModel {
        id: Set(row.id.0),
        obligation_id: Set(row.obligation_id.0),
        version: Set(row.version),
        reported_by: Set("示例数据".to_owned()),
        note: Set(None),
        reported_at: Set(row.reported_at),
    });
    insert_all(tx, rows.collect()).await
}

/// Writes what reports tell.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_report_items(
    tx: &WriteTx,
    rows: impl IntoIterator<Item = SeedReportItem>,
) -> Result<(), StorageError> {
    let rows = rows.into_iter().map(|row| report_item::ActiveModel {
        id: Set(new_id()),
        report_id: Set(row.report_id.0),
        assignment_id: Set(row.assignment_id.0),
        position: Set(row.position),
        percent: Set(Some(i32::from(row.percent))),
        done: Set(None),
        problems: Set(None),
        next_steps: Set(None),
        reported_on: Set(row.reported_on),
    });
    insert_all(tx, rows.collect()).await
}
