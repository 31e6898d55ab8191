//! The log of progress: what was reported, and to what assignments were set back by decisions, in the order in which it
//! was written. Reported rows are those of reports, the others those of decisions; the ids of both grow with time.

use crate::domain::board::BoardProgress;
use crate::domain::ids::AssignmentId;
use crate::storage::CHUNK;
use crate::storage::error::StorageError;
use chrono::NaiveDate;
use entity::{assignment_event, report_item};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// One row of the log with the id that gives its place.
type Logged = (Uuid, BoardProgress);

/// A page of the log.
#[derive(Debug, Clone)]
pub struct ProgressPage {
    /// The percentages.
    pub rows: Vec<BoardProgress>,
    /// The id of the last report's item read, whether it told a percentage or not; none at the end.
    pub last: Option<Uuid>,
}

/// What was reported by the next `limit` items behind `after`, with what was decided between them; the last page has
/// everything decided afterwards.
///
/// # Errors
/// [`StorageError`].
pub async fn progress_page(
    db: &impl ConnectionTrait,
    after: Option<Uuid>,
    limit: u64,
) -> Result<ProgressPage, StorageError> {
    let select = items().limit(limit);
    let select = match after {
        Some(after) => select.filter(report_item::Column::Id.gt(after)),
        None => select,
    };
    let found: Vec<ItemRow> = select.into_tuple().all(db).await?;
    let is_full = u64::try_from(found.len()).unwrap_or(u64::MAX) >= limit;
    let last = found.last().map(|row| row.0).filter(|_| is_full);
    let mut between = Condition::all();
    if let Some(after) = after {
        between = between.add(assignment_event::Column::Id.gt(after));
    }
    if let Some(last) = last {
        between = between.add(assignment_event::Column::Id.lte(last));
    }
    let mut rows: Vec<Logged> = found.into_iter().filter_map(reported).collect();
    rows.extend(set_back(db, between).await?);
    Ok(ProgressPage {
        rows: in_order(rows),
        last,
    })
}

/// What these reports and decisions tell.
///
/// # Errors
/// [`StorageError`].
pub async fn progress_told(
    db: &impl ConnectionTrait,
    reports: &[Uuid],
    decisions: &[Uuid],
) -> Result<Vec<BoardProgress>, StorageError> {
    let mut rows = Vec::new();
    for chunk in reports.chunks(CHUNK) {
        let of_these = report_item::Column::ReportId.is_in(chunk.iter().copied());
        let found: Vec<ItemRow> = items().filter(of_these).into_tuple().all(db).await?;
        rows.extend(found.into_iter().filter_map(reported));
    }
    for chunk in decisions.chunks(CHUNK) {
        let these = assignment_event::Column::Id.is_in(chunk.iter().copied());
        rows.extend(set_back(db, Condition::all().add(these)).await?);
    }
    Ok(in_order(rows))
}

/// Everything of these assignments.
///
/// # Errors
/// [`StorageError`].
pub async fn progress_of(
    db: &impl ConnectionTrait,
    assignments: &[AssignmentId],
) -> Result<Vec<BoardProgress>, StorageError> {
    let mut rows = Vec::new();
    for chunk in assignments.chunks(CHUNK) {
        let ids = || chunk.iter().map(|id| id.0);
        let of_these = report_item::Column::AssignmentId.is_in(ids());
        let found: Vec<ItemRow> = items().filter(of_these).into_tuple().all(db).await?;
        rows.extend(found.into_iter().filter_map(reported));
        let about = assignment_event::Column::AssignmentId.is_in(ids());
        rows.extend(set_back(db, Condition::all().add(about)).await?);
    }
    Ok(in_order(rows))
}

fn in_order(mut rows: Vec<Logged>) -> Vec<BoardProgress> {
    rows.sort_by_key(|(id, _)| *id);
    rows.into_iter().map(|(_, row)| row).collect()
}

type ItemRow = (Uuid, Uuid, Option<i32>, NaiveDate);

fn items() -> sea_orm::Select<report_item::Entity> {
    use report_item::Column;
    report_item::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::AssignmentId,
            Column::Percent,
            Column::ReportedOn,
        ])
        .order_by_asc(Column::Id)
}

fn reported((id, assignment_id, percent, reported_on): ItemRow) -> Option<Logged> {
    let row = BoardProgress {
        assignment_id: AssignmentId(assignment_id),
        reported_on,
        percent: u8::try_from(percent?).ok()?,
    };
    Some((id, row))
}

/// The decisions that set an assignment back.
async fn set_back(
    db: &impl ConnectionTrait,
    among: Condition,
) -> Result<impl Iterator<Item = Logged>, StorageError> {
    use assignment_event::Column;
    let rows: Vec<ItemRow> = assignment_event::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::AssignmentId,
            Column::Percent,
            Column::DecidedOn,
        ])
        .filter(Column::Percent.is_not_null())
        .filter(among)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(reported))
}
