//! Inspections 检查: one a drawn unit and round, whatever number of tasks it looks at. `UNIQUE(round_id, unit_id)`.

use crate::domain::ids::{
    AssignmentId, AttachmentId, FindingId, InspectionId, InspectorId, PlanId, RoundId, UnitId,
};
use crate::domain::inspection::{InspectionMode, InspectionResult, InspectionState};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::inspectors::{StoredInspector, inspector_of};
use crate::storage::{WriteTx, code, insert_all, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{inspection, inspection_file, inspection_inspector, inspection_item, inspector};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// An inspection as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredInspection {
    /// Its id.
    pub id: InspectionId,
    /// Its round.
    pub round_id: RoundId,
    /// The unit that is inspected.
    pub unit_id: UnitId,
    /// Its plan.
    pub plan_id: PlanId,
    /// How it is done.
    pub mode: InspectionMode,
    /// Where it stands.
    pub state: InspectionState,
    /// What it showed.
    pub result: Option<InspectionResult>,
    /// What else was written down.
    pub note: Option<String>,
    /// Local day it was planned.
    pub opened_on: NaiveDate,
    /// Day by which its result is to be recorded.
    pub results_due_on: NaiveDate,
    /// Who recorded it, and when.
    pub recorded: Option<Recorded>,
}

/// Who recorded an inspection, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Who.
    pub by: String,
    /// Local day.
    pub on: NaiveDate,
    /// When.
    pub at: DateTime<Utc>,
}

/// What files are attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOwner {
    /// An inspection.
    Inspection(InspectionId),
    /// A finding.
    Finding(FindingId),
}

/// Plans an inspection of these assignments by these inspectors.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    new: &StoredInspection,
    items: &[AssignmentId],
    inspectors: &[InspectorId],
) -> Result<(), StorageError> {
    let recorded = new.recorded.as_ref();
    let row = inspection::ActiveModel {
        id: Set(new.id.0),
        round_id: Set(new.round_id.0),
        unit_id: Set(new.unit_id.0),
        plan_id: Set(new.plan_id.0),
        mode: Set(new.mode.as_str().to_owned()),
        state: Set(new.state.as_str().to_owned()),
        result: Set(new.result.map(|result| result.as_str().to_owned())),
        note: Set(new.note.clone()),
        opened_on: Set(new.opened_on),
        results_due_on: Set(new.results_due_on),
        recorded_by: Set(recorded.map(|recorded| recorded.by.clone())),
        recorded_on: Set(recorded.map(|recorded| recorded.on)),
        recorded_at: Set(recorded.map(|recorded| recorded.at)),
    };
    row.insert(tx).await?;
    let items = (0..)
        .zip(items)
        .map(|(position, id)| inspection_item::ActiveModel {
            id: Set(new_id()),
            inspection_id: Set(new.id.0),
            assignment_id: Set(id.0),
            position: Set(position),
        });
    insert_all(tx, items.collect()).await?;
    let team = (0..)
        .zip(inspectors)
        .map(|(position, id)| inspection_inspector::ActiveModel {
            id: Set(new_id()),
            inspection_id: Set(new.id.0),
            inspector_id: Set(id.0),
            position: Set(position),
        });
    insert_all(tx, team.collect()).await?;
    tx.note(Resource::Inspections, new.id.0);
    Ok(())
}

/// The inspection of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: InspectionId,
) -> Result<Option<StoredInspection>, StorageError> {
    let row = inspection::Entity::find_by_id(id.0).one(db).await?;
    row.map(inspection_of).transpose()
}

/// The inspection of that id, kept as it is until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(
    tx: &WriteTx,
    id: InspectionId,
) -> Result<Option<StoredInspection>, StorageError> {
    let row = inspection::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(tx)
        .await?;
    row.map(inspection_of).transpose()
}

/// Writes down what an inspection showed.
///
/// # Errors
/// [`StorageError`].
pub async fn record(
    tx: &WriteTx,
    id: InspectionId,
    result: InspectionResult,
    note: Option<&str>,
    recorded: &Recorded,
) -> Result<(), StorageError> {
    use inspection::Column as C;
    inspection::Entity::update_many()
        .col_expr(C::State, Expr::value(InspectionState::Recorded.as_str()))
        .col_expr(C::Result, Expr::value(result.as_str()))
        .col_expr(C::Note, Expr::value(note.map(str::to_owned)))
        .col_expr(C::RecordedBy, Expr::value(recorded.by.clone()))
        .col_expr(C::RecordedOn, Expr::value(recorded.on))
        .col_expr(C::RecordedAt, Expr::value(recorded.at))
        .filter(C::Id.eq(id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Inspections, id.0);
    Ok(())
}

/// What these inspections look at, each with its inspection, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn items(
    db: &impl ConnectionTrait,
    ids: &[InspectionId],
) -> Result<Vec<(InspectionId, AssignmentId)>, StorageError> {
    use inspection_item::Column as C;
    let rows: Vec<(Uuid, Uuid)> = inspection_item::Entity::find()
        .select_only()
        .columns([C::InspectionId, C::AssignmentId])
        .filter(C::InspectionId.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(C::InspectionId)
        .order_by_asc(C::Position)
        .into_tuple()
        .all(db)
        .await?;
    let items = rows.into_iter();
    Ok(items
        .map(|(inspection, assignment)| (InspectionId(inspection), AssignmentId(assignment)))
        .collect())
}

/// Who inspects, each with the inspection, in the order drawn.
///
/// # Errors
/// [`StorageError`].
pub async fn inspectors(
    db: &impl ConnectionTrait,
    ids: &[InspectionId],
) -> Result<Vec<(InspectionId, InspectorId)>, StorageError> {
    use inspection_inspector::Column as C;
    let rows: Vec<(Uuid, Uuid)> = inspection_inspector::Entity::find()
        .select_only()
        .columns([C::InspectionId, C::InspectorId])
        .filter(C::InspectionId.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(C::InspectionId)
        .order_by_asc(C::Position)
        .into_tuple()
        .all(db)
        .await?;
    let team = rows.into_iter();
    Ok(team
        .map(|(inspection, inspector)| (InspectionId(inspection), InspectorId(inspector)))
        .collect())
}

/// The inspectors of one inspection.
///
/// # Errors
/// [`StorageError`].
pub async fn team(
    db: &impl ConnectionTrait,
    id: InspectionId,
) -> Result<Vec<StoredInspector>, StorageError> {
    let of = inspection_inspector::Entity::find()
        .select_only()
        .column(inspection_inspector::Column::InspectorId)
        .filter(inspection_inspector::Column::InspectionId.eq(id.0));
    let rows = inspector::Entity::find()
        .filter(inspector::Column::Id.in_subquery(of.into_query()))
        .order_by_asc(inspector::Column::Address)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(inspector_of).collect())
}

/// How many inspections of a round are not recorded.
///
/// # Errors
/// [`StorageError`].
pub async fn unrecorded(db: &impl ConnectionTrait, round_id: RoundId) -> Result<u64, StorageError> {
    Ok(inspection::Entity::find()
        .filter(inspection::Column::RoundId.eq(round_id.0))
        .filter(inspection::Column::State.eq(InspectionState::Planned.as_str()))
        .count(db)
        .await?)
}

/// The inspections of a round, in the order in which they were planned.
///
/// # Errors
/// [`StorageError`].
pub async fn of_round(
    db: &impl ConnectionTrait,
    round_id: RoundId,
) -> Result<Vec<StoredInspection>, StorageError> {
    let rows = inspection::Entity::find()
        .filter(inspection::Column::RoundId.eq(round_id.0))
        .order_by_asc(inspection::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(inspection_of).collect()
}

/// Attaches files, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn link_files(
    tx: &WriteTx,
    owner: FileOwner,
    files: &[AttachmentId],
) -> Result<(), StorageError> {
    let (inspection, finding) = match owner {
        FileOwner::Inspection(id) => (Some(id.0), None),
        FileOwner::Finding(id) => (None, Some(id.0)),
    };
    let rows = (0..)
        .zip(files)
        .map(|(position, file)| inspection_file::ActiveModel {
            id: Set(new_id()),
            inspection_id: Set(inspection),
            finding_id: Set(finding),
            attachment_id: Set(file.0),
            position: Set(position),
        });
    insert_all(tx, rows.collect()).await?;
    // Whoever meets the inspection or the finding now meets the files.
    for file in files {
        tx.note(Resource::Attachments, file.0);
    }
    Ok(())
}

/// Files of these inspections or findings, each with the id of what it is attached to, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn files(
    db: &impl ConnectionTrait,
    owners: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<(Uuid, AttachmentId)>, StorageError> {
    use inspection_file::Column as C;
    let owners: BTreeSet<Uuid> = owners.into_iter().collect();
    let of = Condition::any()
        .add(C::InspectionId.is_in(owners.iter().copied()))
        .add(C::FindingId.is_in(owners));
    let rows = inspection_file::Entity::find()
        .filter(of)
        .order_by_asc(C::Position)
        .order_by_asc(C::Id)
        .all(db)
        .await?;
    let linked = rows.into_iter().filter_map(|row| {
        let owner = row.inspection_id.or(row.finding_id)?;
        Some((owner, AttachmentId(row.attachment_id)))
    });
    Ok(linked.collect())
}

pub(super) fn inspection_of(row: inspection::Model) -> Result<StoredInspection, StorageError> {
    let recorded = match (row.recorded_by, row.recorded_on, row.recorded_at) {
        (Some(by), Some(on), Some(at)) => Some(Recorded { by, on, at }),
        _ => None,
    };
    Ok(StoredInspection {
        id: InspectionId(row.id),
        round_id: RoundId(row.round_id),
        unit_id: UnitId(row.unit_id),
        plan_id: PlanId(row.plan_id),
        mode: code("inspection mode", &row.mode)?,
        state: code("inspection state", &row.state)?,
        result: match row.result {
            Some(result) => Some(code("inspection result", &result)?),
            None => None,
        },
        note: row.note,
        opened_on: row.opened_on,
        results_due_on: row.results_due_on,
        recorded,
    })
}
