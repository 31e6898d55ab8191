//! How the outbox is doing: mails by state, the one that has waited longest, contacts that cannot be written to.

use crate::domain::access::Reach;
use crate::domain::ids::MailId;
use crate::domain::mail_state::MailState;
use crate::storage::code;
use crate::storage::error::StorageError;
use chrono::{DateTime, Utc};
use entity::{contact, mail};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// States of mails that are still to leave.
pub const WAITING: [MailState; 3] = [MailState::Queued, MailState::Claimed, MailState::Deferred];

/// The outbox within a reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailHealth {
    /// Mails of each state that has any.
    pub by_state: Vec<(MailState, u64)>,
    /// Of those that are still to leave, the one queued first, and when.
    pub oldest_waiting: Option<(MailId, DateTime<Utc>)>,
    /// Present contacts without an address.
    pub without_address: u64,
}

/// Looks at the outbox.
///
/// # Errors
/// [`StorageError`].
pub async fn mail_health(
    db: &impl ConnectionTrait,
    mails: &Reach,
    contacts: &Reach,
) -> Result<MailHealth, StorageError> {
    let mut counting = mail::Entity::find()
        .select_only()
        .column(mail::Column::State)
        .column_as(mail::Column::Id.count(), "mails")
        .group_by(mail::Column::State);
    let mut waiting = mail::Entity::find()
        .select_only()
        .columns([mail::Column::Id, mail::Column::QueuedAt])
        .filter(mail::Column::State.is_in(WAITING.map(MailState::as_str)))
        .order_by_asc(mail::Column::QueuedAt)
        .order_by_asc(mail::Column::Id)
        .limit(1);
    if let Some(units) = units_of(mails) {
        counting = counting.filter(mail::Column::UnitId.is_in(units.clone()));
        waiting = waiting.filter(mail::Column::UnitId.is_in(units));
    }
    let mut unreachable = contact::Entity::find()
        .filter(contact::Column::EndedAt.is_null())
        .filter(contact::Column::Address.is_null());
    if let Some(units) = units_of(contacts) {
        unreachable = unreachable.filter(contact::Column::UnitId.is_in(units));
    }
    let counted: Vec<(String, i64)> = counting.into_tuple().all(db).await?;
    let oldest: Option<(Uuid, DateTime<Utc>)> = waiting.into_tuple().one(db).await?;
    let mut by_state = Vec::with_capacity(counted.len());
    for (state, mails) in counted {
        by_state.push((
            code("mail state", &state)?,
            u64::try_from(mails).unwrap_or(0),
        ));
    }
    by_state.sort_unstable();
    Ok(MailHealth {
        by_state,
        oldest_waiting: oldest.map(|(id, at)| (MailId(id), at)),
        without_address: unreachable.count(db).await?,
    })
}

fn units_of(reach: &Reach) -> Option<Vec<Uuid>> {
    match reach {
        Reach::All => None,
        Reach::Units { units, .. } => Some(units.iter().map(|unit| unit.0).collect()),
    }
}

/// How many mails stand where, and when the oldest of those that wait was due.
///
/// # Errors
/// [`StorageError`].
pub async fn counts(db: &impl ConnectionTrait) -> Result<BTreeMap<String, i64>, StorageError> {
    let rows: Vec<(String, i64)> = mail::Entity::find()
        .select_only()
        .column(mail::Column::State)
        .column_as(mail::Column::Id.count(), "mails")
        .group_by(mail::Column::State)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The instant since which the longest waiting unsent mail could have gone; `None` where none waits.
///
/// # Errors
/// [`StorageError`].
pub async fn oldest_waiting(
    db: &impl ConnectionTrait,
) -> Result<Option<DateTime<Utc>>, StorageError> {
    let row: Option<Option<DateTime<Utc>>> = mail::Entity::find()
        .select_only()
        .column_as(mail::Column::NotBeforeAt.min(), "oldest")
        .filter(mail::Column::State.is_in(WAITING.map(MailState::as_str)))
        .into_tuple()
        .one(db)
        .await?;
    Ok(row.flatten())
}
