//! What has left, for the account of a simulation.

use crate::domain::ids::UnitId;
use crate::domain::mail_state::MailKind;
use crate::storage::code;
use crate::storage::error::StorageError;
use chrono::{DateTime, NaiveDate, Utc};
use entity::mail;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

/// Mails that the server took, in the order of time, without their bodies: for the simulation's account.
///
/// # Errors
/// [`StorageError`].
pub async fn sent(db: &impl ConnectionTrait) -> Result<Vec<SentMail>, StorageError> {
    use mail::Column as C;
    let rows = mail::Entity::find()
        .select_only()
        .columns([
            C::SentAt,
            C::LocalOn,
            C::UnitId,
            C::ToAddress,
            C::Kind,
            C::Asks,
            C::Copies,
        ])
        .filter(C::SentAt.is_not_null())
        .order_by_asc(C::SentAt)
        .order_by_asc(C::Id)
        .into_model::<SentRow>()
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(SentMail {
                sent_at: row.sent_at,
                local_on: row.local_on,
                unit_id: row.unit_id.map(UnitId),
                to_address: row.to_address,
                kind: code("mail kind", &row.kind)?,
                asks: row.asks,
                copies: row.copies,
            })
        })
        .collect()
}

#[derive(Debug, FromQueryResult)]
struct SentRow {
    sent_at: DateTime<Utc>,
    local_on: NaiveDate,
    unit_id: Option<Uuid>,
    to_address: String,
    kind: String,
    asks: i32,
    copies: i32,
}

/// A mail that the server took, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMail {
    /// When.
    pub sent_at: DateTime<Utc>,
    /// Local day it was for.
    pub local_on: NaiveDate,
    /// First unit of the address.
    pub unit_id: Option<UnitId>,
    /// Address as given.
    pub to_address: String,
    /// Kind.
    pub kind: MailKind,
    /// Obligations it asks for.
    pub asks: i32,
    /// Obligations it is a copy of.
    pub copies: i32,
}
