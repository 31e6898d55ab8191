//! Which notices 督办单 were issued about assignments, for their rows in a ledger.

use crate::domain::ids::AssignmentId;
use crate::domain::notice::NoticeNumber;
use crate::storage::CHUNK;
use crate::storage::error::StorageError;
use entity::{assignment, notice, notice_ask, obligation_item};
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// The notices 督办单 that were issued about these assignments: about a request that asks for them, or about the unit's
/// part in the task. The earliest first.
///
/// # Errors
/// [`StorageError`].
pub async fn notices_about(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<HashMap<AssignmentId, Vec<NoticeNumber>>, StorageError> {
    let mut numbers: HashMap<AssignmentId, BTreeSet<(i32, i32)>> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let chunk: Vec<Uuid> = chunk.iter().map(|id| id.0).collect();
        let to_ask = notice_ask::Entity::belongs_to(obligation_item::Entity)
            .from(notice_ask::Column::ObligationId)
            .to(obligation_item::Column::ObligationId);
        let to_notice = notice_ask::Entity::belongs_to(notice::Entity)
            .from(notice_ask::Column::NoticeId)
            .to(notice::Column::Id);
        let asked: Vec<(Uuid, i32, i32)> = notice_ask::Entity::find()
            .select_only()
            .column(obligation_item::Column::AssignmentId)
            .column(notice::Column::Year)
            .column(notice::Column::Serial)
            .join(JoinType::InnerJoin, to_ask.into())
            .join(JoinType::InnerJoin, to_notice.into())
            .filter(obligation_item::Column::AssignmentId.is_in(chunk.iter().copied()))
            .filter(notice::Column::Serial.is_not_null())
            .into_tuple()
            .all(db)
            .await?;
        let to_part = notice::Entity::belongs_to(assignment::Entity)
            .from(notice::Column::TaskId)
            .to(assignment::Column::TaskId)
            .on_condition(|notice, part| {
                let same = Expr::col((notice, notice::Column::UnitId));
                same.equals((part, assignment::Column::UnitId))
                    .into_condition()
            });
        let parts: Vec<(Uuid, i32, i32)> = notice::Entity::find()
            .select_only()
            .column(assignment::Column::Id)
            .column(notice::Column::Year)
            .column(notice::Column::Serial)
            .join(JoinType::InnerJoin, to_part.into())
            .filter(assignment::Column::Id.is_in(chunk))
            .filter(notice::Column::Serial.is_not_null())
            .into_tuple()
            .all(db)
            .await?;
        for (id, year, serial) in asked.into_iter().chain(parts) {
            numbers
                .entry(AssignmentId(id))
                .or_default()
                .insert((year, serial));
        }
    }
    let number = |(year, serial)| NoticeNumber { year, serial };
    let told = numbers
        .into_iter()
        .map(|(id, numbers)| (id, numbers.into_iter().map(number).collect()));
    Ok(told.collect())
}
