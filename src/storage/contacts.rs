//! Contacts 联络员. A changed contact is ended and a new one begins, so that the ledger keeps who was written to.

use crate::domain::ids::{ContactId, UnitId};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{Session, WriteTx, new_id};
use chrono::{DateTime, Utc};
use entity::contact;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

/// A contact of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// The unit.
    pub unit_id: UnitId,
    /// Name, if given.
    pub name: Option<String>,
    /// Address as given; `None` where the unit has told none.
    pub email: Option<String>,
    /// Normalised address: the key of digests.
    pub address: Option<String>,
    /// Since when.
    pub since_at: DateTime<Utc>,
    /// Until when; `None` for a present one.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Contacts of today, oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn present(db: &impl Session) -> Result<Vec<Contact>, StorageError> {
    match db.known_people() {
        Some(known) => known.contacts(db, read_present).await,
        None => read_present(db).await,
    }
}

async fn read_present(db: &impl ConnectionTrait) -> Result<Vec<Contact>, StorageError> {
    let rows = contact::Entity::find()
        .filter(contact::Column::EndedAt.is_null())
        .order_by_asc(contact::Column::SinceAt)
        .order_by_asc(contact::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(contact_of).collect())
}

/// Contacts of an address, past ones too, oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn of_address(
    db: &impl ConnectionTrait,
    address: &str,
) -> Result<Vec<Contact>, StorageError> {
    let rows = contact::Entity::find()
        .filter(contact::Column::Address.eq(address))
        .order_by_asc(contact::Column::SinceAt)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(contact_of).collect())
}

/// The contact of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: ContactId,
) -> Result<Option<Contact>, StorageError> {
    let row = contact::Entity::find_by_id(id.0).one(db).await?;
    Ok(row.map(contact_of))
}

/// The present contacts of these units, oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn present_of(
    db: &impl ConnectionTrait,
    units: &[UnitId],
) -> Result<Vec<Contact>, StorageError> {
    let rows = contact::Entity::find()
        .filter(contact::Column::UnitId.is_in(units.iter().map(|id| id.0)))
        .filter(contact::Column::EndedAt.is_null())
        .order_by_asc(contact::Column::SinceAt)
        .order_by_asc(contact::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(contact_of).collect())
}

/// The contact of a unit that began last, present or past.
///
/// # Errors
/// [`StorageError`].
pub async fn last_of(
    db: &impl ConnectionTrait,
    unit: UnitId,
) -> Result<Option<Contact>, StorageError> {
    let row = contact::Entity::find()
        .filter(contact::Column::UnitId.eq(unit.0))
        .order_by_desc(contact::Column::SinceAt)
        .order_by_desc(contact::Column::Id)
        .one(db)
        .await?;
    Ok(row.map(contact_of))
}

/// Begins a contact; its id.
///
/// # Errors
/// [`StorageError`].
pub async fn begin(
    tx: &WriteTx,
    unit_id: UnitId,
    name: Option<String>,
    email: Option<(String, String)>,
    now: DateTime<Utc>,
) -> Result<ContactId, StorageError> {
    let id = new_id();
    let (email, address) = email.unzip();
    let row = contact::ActiveModel {
        id: Set(id),
        unit_id: Set(unit_id.0),
        name: Set(name),
        email: Set(email),
        address: Set(address),
        since_at: Set(now),
        ended_at: Set(None),
    };
    contact::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    tx.note(Resource::Contacts, id);
    Ok(ContactId(id))
}

/// Corrects a contact's name.
///
/// # Errors
/// [`StorageError`].
pub async fn rename(tx: &WriteTx, id: ContactId, name: Option<&str>) -> Result<(), StorageError> {
    contact::Entity::update_many()
        .col_expr(contact::Column::Name, Expr::value(name))
        .filter(contact::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Contacts, id.0);
    Ok(())
}

/// Ends a contact.
///
/// # Errors
/// [`StorageError`].
pub async fn end(tx: &WriteTx, id: ContactId, now: DateTime<Utc>) -> Result<(), StorageError> {
    contact::Entity::update_many()
        .col_expr(contact::Column::EndedAt, Expr::value(now))
        .filter(contact::Column::Id.eq(id.0))
        .filter(contact::Column::EndedAt.is_null())
        .exec(tx)
        .await?;
    tx.note(Resource::Contacts, id.0);
    Ok(())
}

pub(super) fn contact_of(row: contact::Model) -> Contact {
    Contact {
        id: ContactId(row.id),
        unit_id: UnitId(row.unit_id),
        name: row.name,
        email: row.email,
        address: row.address,
        since_at: row.since_at,
        ended_at: row.ended_at,
    }
}
