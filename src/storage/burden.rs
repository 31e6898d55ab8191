//! What units were asked between two days, counted by the database: requests by kind and origin, and copies of reminders.

use crate::domain::ids::{PlanId, RoundId, UnitId};
use crate::domain::obligation::{ObligationKind, ObligationState};
use crate::storage::error::StorageError;
use crate::storage::reminders::{Addressee, ReminderState};
use crate::storage::{CHUNK, code};
use chrono::NaiveDate;
use entity::{contact, obligation, reminder, round};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Requests of one unit that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The unit.
    pub unit_id: UnitId,
    /// Their kind.
    pub kind: ObligationKind,
    /// Their plan.
    pub plan_id: PlanId,
    /// The round that asked.
    pub round_id: Option<RoundId>,
    /// How many.
    pub count: u32,
}

/// What was asked on the local days `from..=to` and was not withdrawn, acknowledgements included.
///
/// # Errors
/// [`StorageError`].
pub async fn asked_between(
    db: &impl ConnectionTrait,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<Asked>, StorageError> {
    use obligation::Column as C;
    let rows: Vec<(Uuid, String, Uuid, Option<Uuid>, i64)> = obligation::Entity::find()
        .select_only()
        .columns([C::UnitId, C::Kind, C::PlanId, C::RoundId])
        .column_as(C::Id.count(), "asks")
        .filter(C::OpenedOn.between(from, to))
        .filter(C::State.ne(ObligationState::Withdrawn.as_str()))
        .group_by(C::UnitId)
        .group_by(C::Kind)
        .group_by(C::PlanId)
        .group_by(C::RoundId)
        .into_tuple()
        .all(db)
        .await?;
    let asked = rows.into_iter().map(|(unit, kind, plan, round, count)| {
        Ok(Asked {
            unit_id: UnitId(unit),
            kind: code("obligation kind", &kind)?,
            plan_id: PlanId(plan),
            round_id: round.map(RoundId),
            count: u32::try_from(count).unwrap_or(u32::MAX),
        })
    });
    asked.collect()
}

/// Mails of the local days `from..=to` that told a unit, by copy, of what others were asked.
///
/// # Errors
/// [`StorageError`].
pub async fn copies_between(
    db: &impl ConnectionTrait,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<HashMap<UnitId, u32>, StorageError> {
    use reminder::Column as C;
    let to_contact = reminder::Entity::belongs_to(contact::Entity)
        .from(C::ContactId)
        .to(contact::Column::Id);
    let mails = Expr::col((reminder::Entity, C::MailId)).count_distinct();
    let rows: Vec<(Uuid, i64)> = reminder::Entity::find()
        .select_only()
        .column(contact::Column::UnitId)
        .expr_as(mails, "mails")
        .join(JoinType::InnerJoin, to_contact.into())
        .filter(C::MadeOn.between(from, to))
        .filter(C::Role.ne(Addressee::Unit.as_str()))
        .filter(C::State.eq(ReminderState::Mailed.as_str()))
        .group_by(contact::Column::UnitId)
        .into_tuple()
        .all(db)
        .await?;
    let told = rows
        .into_iter()
        .map(|(unit, mails)| (UnitId(unit), u32::try_from(mails).unwrap_or(u32::MAX)));
    Ok(told.filter(|(_, mails)| *mails > 0).collect())
}

/// Those of these rounds that a person opened.
///
/// # Errors
/// [`StorageError`].
pub async fn opened_by_hand(
    db: &impl ConnectionTrait,
    ids: &[RoundId],
) -> Result<HashSet<RoundId>, StorageError> {
    let mut found = HashSet::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<Uuid> = round::Entity::find()
            .select_only()
            .column(round::Column::Id)
            .filter(round::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .filter(round::Column::ByHand.is_not_null())
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(RoundId));
    }
    Ok(found)
}
