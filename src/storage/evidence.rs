//! Evidence 佐证材料: which attached files belong to which report, version by version; nothing of it is ever taken away.

use crate::domain::access::Reach;
use crate::domain::ids::{AssignmentId, AttachmentId, ReportId};
use crate::domain::resource::Resource;
use crate::storage::attachments::{self, StoredAttachment};
use crate::storage::error::StorageError;
use crate::storage::lists::{assignments, reports};
use crate::storage::{CHUNK, WriteTx, insert_all, new_id};
use entity::{assignment, attachment, report, report_evidence};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use std::collections::HashMap;
use uuid::Uuid;

/// A file that is evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoredEvidence {
    /// The report.
    pub report_id: ReportId,
    /// The assignment that it is about; none where it is about the report as a whole.
    pub assignment_id: Option<AssignmentId>,
    /// The file.
    pub attachment_id: AttachmentId,
}

/// Writes down which files are evidence, in their order within each report. Whoever meets the reports meets the files from
/// now on, so that these are told by the feed.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &[StoredEvidence]) -> Result<(), StorageError> {
    let mut next: HashMap<ReportId, i32> = HashMap::new();
    let mut rows = Vec::with_capacity(new.len());
    for one in new {
        let position = next.entry(one.report_id).or_insert(0);
        rows.push(report_evidence::ActiveModel {
            id: Set(new_id()),
            report_id: Set(one.report_id.0),
            assignment_id: Set(one.assignment_id.map(|id| id.0)),
            attachment_id: Set(one.attachment_id.0),
            position: Set(*position),
        });
        *position += 1;
        tx.note(Resource::Attachments, one.attachment_id.0);
    }
    insert_all(tx, rows).await
}

/// The evidence of these reports with its files, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn of_reports(
    db: &impl ConnectionTrait,
    ids: &[ReportId],
) -> Result<Vec<(StoredEvidence, StoredAttachment)>, StorageError> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let found = report_evidence::Entity::find()
            .filter(report_evidence::Column::ReportId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(report_evidence::Column::ReportId)
            .order_by_asc(report_evidence::Column::Position)
            .all(db)
            .await?;
        rows.extend(found);
    }
    let mut wanted: Vec<AttachmentId> = rows
        .iter()
        .map(|row| AttachmentId(row.attachment_id))
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let files: HashMap<AttachmentId, StoredAttachment> = attachments::with_ids(db, &wanted)
        .await?
        .into_iter()
        .map(|file| (file.id, file))
        .collect();
    let told = rows.into_iter().filter_map(|row| {
        let file = files.get(&AttachmentId(row.attachment_id))?.clone();
        let evidence = StoredEvidence {
            report_id: ReportId(row.report_id),
            assignment_id: row.assignment_id.map(AssignmentId),
            attachment_id: file.id,
        };
        Some((evidence, file))
    });
    Ok(told.collect())
}

/// How many files came last as evidence of each of these assignments; those without any are left out.
///
/// # Errors
/// [`StorageError`].
pub async fn last_counts(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<HashMap<AssignmentId, u32>, StorageError> {
    use report_evidence::Column as C;
    let mut counts = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        // Reports made later have later ids.
        let later = Alias::new("later");
        let newer = Query::select()
            .expr(Expr::val(1))
            .from_as(report_evidence::Entity, later.clone())
            .and_where(
                Expr::col((later.clone(), C::AssignmentId))
                    .equals((report_evidence::Entity, C::AssignmentId)),
            )
            .and_where(
                Expr::col((later, C::ReportId))
                    .gt(Expr::col((report_evidence::Entity, C::ReportId))),
            )
            .to_owned();
        let rows: Vec<(Uuid, i64)> = report_evidence::Entity::find()
            .select_only()
            .column(C::AssignmentId)
            .column_as(C::Id.count(), "files")
            .filter(C::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
            .filter(Expr::exists(newer).not())
            .group_by(C::AssignmentId)
            .into_tuple()
            .all(db)
            .await?;
        let told = rows.into_iter().map(|(id, files)| {
            let files = u32::try_from(files).unwrap_or(u32::MAX);
            (AssignmentId(id), files)
        });
        counts.extend(told);
    }
    Ok(counts)
}

/// Whether a file is evidence of anything.
///
/// # Errors
/// [`StorageError`].
pub async fn is_evidence(
    db: &impl ConnectionTrait,
    id: AttachmentId,
) -> Result<bool, StorageError> {
    let found = report_evidence::Entity::find()
        .filter(report_evidence::Column::AttachmentId.eq(id.0))
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// The condition on `attachment` that it is evidence which the viewer meets: of reports that they meet, and, where it is
/// about an assignment, of assignments that they meet.
pub(super) fn files_met(reach: &Reach) -> Condition {
    let reports = report::Entity::find()
        .select_only()
        .column(report::Column::Id)
        .filter(reports::met(reach));
    let assignments = assignment::Entity::find()
        .select_only()
        .column(assignment::Column::Id)
        .filter(assignments::met(reach));
    let of_report = report_evidence::Column::ReportId.in_subquery(reports.into_query());
    let of_assignment = report_evidence::Column::AssignmentId.in_subquery(assignments.into_query());
    Condition::any()
        .add(attachment::Column::Id.in_subquery(files_where(of_report)))
        .add(attachment::Column::Id.in_subquery(files_where(of_assignment)))
}

fn files_where(condition: Expr) -> SelectStatement {
    report_evidence::Entity::find()
        .select_only()
        .column(report_evidence::Column::AttachmentId)
        .filter(condition)
        .into_query()
}
