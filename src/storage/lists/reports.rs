//! Reports, page by page, and what they tell.

use crate::domain::access::Reach;
use crate::domain::ids::{AssignmentId, ObligationId, PlanId, ReportId};
use crate::storage::error::StorageError;
use crate::storage::lists::obligations::{self, ObligationRow};
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use crate::storage::reports::{StoredReport, report_of};
use chrono::{DateTime, Utc};
use entity::{obligation, report, report_item};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use std::collections::HashMap;

use super::parts::{read_instant, tell_instant, unit_of_code};

/// Which reports.
#[derive(Debug, Clone, Default)]
pub struct ReportFilter {
    /// Of this obligation.
    pub obligation_id: Option<ObligationId>,
    /// Of the unit with this code.
    pub unit_code: Option<String>,
    /// Of this plan.
    pub plan_id: Option<PlanId>,
    /// That tell of this assignment.
    pub assignment_id: Option<AssignmentId>,
    /// Made at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Made before this instant.
    pub before: Option<DateTime<Utc>>,
}

/// What reports are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportSort {
    /// When they were made.
    ReportedAt,
}

/// A report in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// The report.
    pub report: StoredReport,
    /// What it answers.
    pub asked: ObligationRow,
}

/// The reports that are met: those of obligations that are.
pub(in crate::storage) fn met(reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Units { .. } => {
            let asked = obligation::Entity::find()
                .select_only()
                .column(obligation::Column::Id)
                .filter(obligations::met(reach));
            let of_asked = report::Column::ObligationId.in_subquery(asked.into_query());
            Condition::all().add(of_asked)
        }
    }
}

/// Reports in order.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &ReportFilter,
    reach: &Reach,
    sort: ReportSort,
    wanted: &PageWanted,
) -> Result<Paged<ReportRow>, StorageError> {
    use report::Column as C;
    let select = report::Entity::find()
        .filter(met(reach))
        .filter(wanted_by(filter));
    let key = match sort {
        ReportSort::ReportedAt => SortKey {
            expr: Expr::col(C::ReportedAt),
            read: read_instant,
            tell: |row: &report::Model| tell_instant(row.reported_at),
        },
    };
    let found = page(db, select, C::Id, |row| row.id, Some(key), wanted).await?;
    Ok(Paged {
        rows: shown(db, found.rows).await?,
        next: found.next,
    })
}

fn wanted_by(filter: &ReportFilter) -> Condition {
    use report::Column as C;
    let mut all = Condition::all();
    if let Some(id) = filter.obligation_id {
        all = all.add(C::ObligationId.eq(id.0));
    }
    if filter.unit_code.is_some() || filter.plan_id.is_some() {
        let mut asked = obligation::Entity::find()
            .select_only()
            .column(obligation::Column::Id);
        if let Some(code) = &filter.unit_code {
            asked = asked.filter(obligation::Column::UnitId.in_subquery(unit_of_code(code)));
        }
        if let Some(plan) = filter.plan_id {
            asked = asked.filter(obligation::Column::PlanId.eq(plan.0));
        }
        all = all.add(C::ObligationId.in_subquery(asked.into_query()));
    }
    if let Some(assignment) = filter.assignment_id {
        let telling = report_item::Entity::find()
            .select_only()
            .column(report_item::Column::ReportId)
            .filter(report_item::Column::AssignmentId.eq(assignment.0));
        all = all.add(C::Id.in_subquery(telling.into_query()));
    }
    if let Some(from) = filter.from {
        all = all.add(C::ReportedAt.gte(from));
    }
    if let Some(before) = filter.before {
        all = all.add(C::ReportedAt.lt(before));
    }
    all
}

/// The report of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: ReportId,
) -> Result<Option<ReportRow>, StorageError> {
    Ok(with_ids(db, &[id]).await?.pop())
}

/// The reports with these ids, in their order.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[ReportId],
) -> Result<Vec<ReportRow>, StorageError> {
    let rows = report::Entity::find()
        .filter(report::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .all(db)
        .await?;
    let mut known: HashMap<ReportId, ReportRow> = shown(db, rows)
        .await?
        .into_iter()
        .map(|row| (row.report.id, row))
        .collect();
    Ok(ids.iter().filter_map(|id| known.remove(id)).collect())
}

async fn shown(
    db: &impl ConnectionTrait,
    rows: Vec<report::Model>,
) -> Result<Vec<ReportRow>, StorageError> {
    let asked = rows.iter().map(|row| ObligationId(row.obligation_id));
    let asked: HashMap<ObligationId, ObligationRow> = obligations::with_ids(db, asked)
        .await?
        .into_iter()
        .map(|row| (row.obligation.id, row))
        .collect();
    let rows = rows.into_iter().filter_map(|row| {
        let asked = asked.get(&ObligationId(row.obligation_id))?.clone();
        let report = report_of(row);
        Some(ReportRow { report, asked })
    });
    Ok(rows.collect())
}
