//! What obligations ask about: assignments and indicators.

use crate::domain::ids::{AssignmentId, IndicatorId, ObligationId};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, insert_all, new_id};
use entity::{assignment, obligation_item, task};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType,
    QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// What an obligation asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// An assignment of the unit.
    Assignment(AssignmentId),
    /// The value of an indicator.
    Indicator(IndicatorId),
}

/// An item of an obligation, with the task it belongs to.
#[derive(Debug, Clone, FromQueryResult)]
pub struct ItemRow {
    /// The obligation.
    pub obligation_id: Uuid,
    /// The assignment.
    pub assignment_id: Option<Uuid>,
    /// The indicator.
    pub indicator_id: Option<Uuid>,
    /// Task of the assignment.
    pub task_id: Option<Uuid>,
    /// Role of the assignment.
    pub role: Option<String>,
    /// Where the assignment stands.
    pub state: Option<String>,
    /// Number of that task.
    pub number: Option<String>,
    /// Title of that task.
    pub title: Option<String>,
}

/// Adds items behind those an obligation has.
///
/// # Errors
/// [`StorageError`].
pub async fn add_items(tx: &WriteTx, id: ObligationId, items: &[Item]) -> Result<(), StorageError> {
    let last: Option<Option<i32>> = obligation_item::Entity::find()
        .select_only()
        .column_as(obligation_item::Column::Position.max(), "last")
        .filter(obligation_item::Column::ObligationId.eq(id.0))
        .into_tuple()
        .one(tx)
        .await?;
    insert(tx, id, last.flatten().map_or(0, |last| last + 1), items).await
}

/// Takes an assignment out of what an obligation asks about.
///
/// # Errors
/// [`StorageError`].
pub async fn remove_item(
    tx: &WriteTx,
    id: ObligationId,
    assignment: AssignmentId,
) -> Result<(), StorageError> {
    tx.note(Resource::Obligations, id.0);
    obligation_item::Entity::delete_many()
        .filter(obligation_item::Column::ObligationId.eq(id.0))
        .filter(obligation_item::Column::AssignmentId.eq(assignment.0))
        .exec(tx)
        .await?;
    Ok(())
}

/// Writes items from position `first` on.
///
/// # Errors
/// [`StorageError`].
pub(super) async fn insert(
    tx: &WriteTx,
    id: ObligationId,
    first: i32,
    items: &[Item],
) -> Result<(), StorageError> {
    tx.note(Resource::Obligations, id.0);
    let rows = (first..).zip(items).map(|(position, item)| {
        let (assignment, indicator) = match item {
            Item::Assignment(id) => (Some(id.0), None),
            Item::Indicator(id) => (None, Some(id.0)),
        };
        obligation_item::ActiveModel {
            id: Set(new_id()),
            obligation_id: Set(id.0),
            assignment_id: Set(assignment),
            indicator_id: Set(indicator),
            position: Set(position),
        }
    });
    insert_all(tx, rows.collect()).await
}

/// Items of these obligations with their tasks, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn items(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
) -> Result<Vec<ItemRow>, StorageError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = obligation_item::Entity::find()
            .select_only()
            .column(obligation_item::Column::ObligationId)
            .column(obligation_item::Column::AssignmentId)
            .column(obligation_item::Column::IndicatorId)
            .column(assignment::Column::TaskId)
            .column(assignment::Column::Role)
            .column(assignment::Column::State)
            .column(task::Column::Number)
            .column(task::Column::Title)
            .join(JoinType::LeftJoin, on_assignment())
            .join(JoinType::LeftJoin, on_task())
            .filter(obligation_item::Column::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(obligation_item::Column::ObligationId)
            .order_by_asc(obligation_item::Column::Position)
            .into_model::<ItemRow>()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Assignments that these obligations ask about, each with its obligation.
///
/// # Errors
/// [`StorageError`].
pub async fn assignments_asked(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
) -> Result<Vec<(ObligationId, AssignmentId)>, StorageError> {
    let mut asked = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, Option<Uuid>)> = obligation_item::Entity::find()
            .select_only()
            .columns([
                obligation_item::Column::ObligationId,
                obligation_item::Column::AssignmentId,
            ])
            .filter(obligation_item::Column::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .filter(obligation_item::Column::AssignmentId.is_not_null())
            .into_tuple()
            .all(db)
            .await?;
        asked.extend(rows.into_iter().filter_map(|(obligation, assignment)| {
            Some((ObligationId(obligation), AssignmentId(assignment?)))
        }));
    }
    Ok(asked)
}

fn on_assignment() -> sea_orm::RelationDef {
    obligation_item::Entity::belongs_to(assignment::Entity)
        .from(obligation_item::Column::AssignmentId)
        .to(assignment::Column::Id)
        .into()
}

fn on_task() -> sea_orm::RelationDef {
    assignment::Entity::belongs_to(task::Entity)
        .from(assignment::Column::TaskId)
        .to(task::Column::Id)
        .into()
}
