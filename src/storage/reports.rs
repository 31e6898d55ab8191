//! Reports 填报: every version of an answer stays, and with it what it told of each assignment.

use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{AssignmentId, ObligationId, ReportId};
use crate::domain::report::ReportItem;
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, insert_all, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{assignment, obligation_item, report, report_item};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, SimpleExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use std::collections::HashMap;
use uuid::Uuid;

/// An answer to be written.
#[derive(Debug, Clone)]
pub struct NewReport {
    /// Its id.
    pub id: ReportId,
    /// What it answers.
    pub obligation_id: ObligationId,
    /// From 1.
    pub version: i32,
    /// Who answered, or who recorded the answer.
    pub reported_by: String,
    /// Its text.
    pub note: Option<String>,
    /// What it tells of each assignment.
    pub items: Vec<ReportItem>,
}

/// A report as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReport {
    /// Its id.
    pub id: ReportId,
    /// What it answers.
    pub obligation_id: ObligationId,
    /// From 1.
    pub version: i32,
    /// Who answered, or who recorded the answer.
    pub reported_by: String,
    /// Its text.
    pub note: Option<String>,
    /// When.
    pub reported_at: DateTime<Utc>,
}

/// Writes reports with their items.
///
/// # Errors
/// [`StorageError`]; a conflict where somebody else wrote that version first.
pub async fn insert(
    tx: &WriteTx,
    new: &[&NewReport],
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let mut reports = Vec::with_capacity(new.len());
    let mut items = Vec::new();
    for one in new {
        tx.note(Resource::Reports, one.id.0);
        reports.push(report::ActiveModel {
            id: Set(one.id.0),
            obligation_id: Set(one.obligation_id.0),
            version: Set(one.version),
            reported_by: Set(one.reported_by.clone()),
            note: Set(one.note.clone()),
            reported_at: Set(now),
        });
        for (position, item) in (0..).zip(&one.items) {
            items.push(report_item::ActiveModel {
                id: Set(new_id()),
                report_id: Set(one.id.0),
                assignment_id: Set(item.assignment_id.0),
                position: Set(position),
                percent: Set(item.percent.map(i32::from)),
                done: Set(item.done.clone()),
                problems: Set(item.problems.clone()),
                next_steps: Set(item.next_steps.clone()),
                reported_on: Set(today),
            });
        }
    }
    insert_all(tx, reports).await?;
    insert_all(tx, items).await
}

/// Numbers of the newest reports of these obligations; those without report are left out.
///
/// # Errors
/// [`StorageError`].
pub async fn last_versions(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
) -> Result<HashMap<ObligationId, i32>, StorageError> {
    let rows: Vec<(Uuid, Option<i32>)> = report::Entity::find()
        .select_only()
        .column(report::Column::ObligationId)
        .column_as(report::Column::Version.max(), "last")
        .filter(report::Column::ObligationId.is_in(ids.iter().map(|id| id.0)))
        .group_by(report::Column::ObligationId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, last)| Some((ObligationId(id), last?)))
        .collect())
}

/// Writes down that everything these obligations ask about has been acknowledged 签收 on a local day; what was before
/// stays as it was.
///
/// # Errors
/// [`StorageError`].
pub async fn record_acknowledged(
    tx: &WriteTx,
    obligations: &[ObligationId],
    today: NaiveDate,
) -> Result<(), StorageError> {
    if obligations.is_empty() {
        return Ok(());
    }
    let asked = obligation_item::Entity::find()
        .select_only()
        .column(obligation_item::Column::AssignmentId)
        .filter(obligation_item::Column::ObligationId.is_in(obligations.iter().map(|id| id.0)))
        .filter(obligation_item::Column::AssignmentId.is_not_null());
    let acknowledged = assignment::Entity::update_many()
        .col_expr(assignment::Column::AcknowledgedOn, Expr::value(today))
        .col_expr(assignment::Column::State, acknowledged_state())
        .filter(assignment::Column::Id.in_subquery(asked.into_query()))
        .filter(assignment::Column::AcknowledgedOn.is_null())
        .exec_with_returning(tx)
        .await?;
    for row in acknowledged {
        tx.note(Resource::Assignments, row.id);
    }
    Ok(())
}

/// What an acknowledgement makes of a state, as the database says it: it is one statement for a whole plan.
fn acknowledged_state() -> SimpleExpr {
    let state = || Expr::col(assignment::Column::State);
    let issued = AssignmentState::Issued.as_str();
    let acknowledged = AssignmentState::Acknowledged.as_str();
    CaseStatement::new()
        .case(state().eq(issued), acknowledged)
        .finally(state())
        .into()
}

/// How many reports there are.
///
/// # Errors
/// [`StorageError`].
pub async fn count(
    db: &impl ConnectionTrait,
    obligation_id: ObligationId,
) -> Result<u64, StorageError> {
    use sea_orm::PaginatorTrait;
    Ok(report::Entity::find()
        .filter(report::Column::ObligationId.eq(obligation_id.0))
        .count(db)
        .await?)
}

/// What these reports tell of each assignment, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn items(
    db: &impl ConnectionTrait,
    ids: &[ReportId],
) -> Result<Vec<(ReportId, ReportItem)>, StorageError> {
    let rows = report_item::Entity::find()
        .filter(report_item::Column::ReportId.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(report_item::Column::ReportId)
        .order_by_asc(report_item::Column::Position)
        .all(db)
        .await?;
    let items = rows.into_iter().map(|row| {
        let item = ReportItem {
            assignment_id: AssignmentId(row.assignment_id),
            percent: row.percent.and_then(|percent| u8::try_from(percent).ok()),
            done: row.done,
            problems: row.problems,
            next_steps: row.next_steps,
        };
        (ReportId(row.report_id), item)
    });
    Ok(items.collect())
}

/// A version of the answer to an obligation.
///
/// # Errors
/// [`StorageError`].
pub async fn of_version(
    db: &impl ConnectionTrait,
    obligation_id: ObligationId,
    version: i32,
) -> Result<Option<StoredReport>, StorageError> {
    let found = report::Entity::find()
        .filter(report::Column::ObligationId.eq(obligation_id.0))
        .filter(report::Column::Version.eq(version));
    Ok(found.one(db).await?.map(report_of))
}

/// The report of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: ReportId,
) -> Result<Option<StoredReport>, StorageError> {
    Ok(report::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .map(report_of))
}

pub(super) fn report_of(row: report::Model) -> StoredReport {
    StoredReport {
        id: ReportId(row.id),
        obligation_id: ObligationId(row.obligation_id),
        version: row.version,
        reported_by: row.reported_by,
        note: row.note,
        reported_at: row.reported_at,
    }
}
