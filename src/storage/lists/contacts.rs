//! The list of contacts, past ones too.

use super::parts::{of_reach, unit_of_code};
use super::units::named;
use crate::domain::access::Reach;
use crate::domain::ids::{ContactId, UnitId};
use crate::storage::contacts::{Contact, contact_of};
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, page};
use entity::contact;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::HashMap;

/// Which contacts; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct ContactFilter {
    /// Of the unit of this code.
    pub unit_code: Option<String>,
    /// With this normalised address.
    pub address: Option<String>,
    /// With an address, or without one.
    pub has_address: Option<bool>,
    /// Past ones, or present ones.
    pub ended: Option<bool>,
}

/// A contact with what the list tells besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactListed {
    /// The contact.
    pub contact: Contact,
    /// Code of its unit.
    pub unit_code: String,
    /// Name of its unit.
    pub unit_name: String,
}

/// A page of the contacts of the units in reach, by id.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &ContactFilter,
    reach: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<ContactListed>, StorageError> {
    use contact::Column as C;
    let mut select = contact::Entity::find().filter(of_reach(C::UnitId, reach));
    if let Some(code) = &filter.unit_code {
        select = select.filter(C::UnitId.in_subquery(unit_of_code(code)));
    }
    if let Some(address) = &filter.address {
        select = select.filter(C::Address.eq(address));
    }
    match filter.has_address {
        Some(true) => select = select.filter(C::Address.is_not_null()),
        Some(false) => select = select.filter(C::Address.is_null()),
        None => {}
    }
    match filter.ended {
        Some(true) => select = select.filter(C::EndedAt.is_not_null()),
        Some(false) => select = select.filter(C::EndedAt.is_null()),
        None => {}
    }
    let paged = page(db, select, C::Id, |row| row.id, None, wanted).await?;
    let next = paged.next;
    let rows = told(db, paged.rows.into_iter().map(contact_of).collect()).await?;
    Ok(Paged { rows, next })
}

/// One contact as the list shows it.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: ContactId,
) -> Result<Option<ContactListed>, StorageError> {
    let row = contact::Entity::find_by_id(id.0).one(db).await?;
    let row = row.map(contact_of).into_iter().collect();
    Ok(told(db, row).await?.pop())
}

/// The present contacts of these units as the list shows them, in the order of the units.
///
/// # Errors
/// [`StorageError`].
pub async fn present_of(
    db: &impl ConnectionTrait,
    units: &[UnitId],
) -> Result<Vec<ContactListed>, StorageError> {
    let present = crate::storage::contacts::present_of(db, units).await?;
    let mut told: HashMap<UnitId, ContactListed> = told(db, present)
        .await?
        .into_iter()
        .map(|one| (one.contact.unit_id, one))
        .collect();
    Ok(units.iter().filter_map(|id| told.remove(id)).collect())
}

async fn told(
    db: &impl ConnectionTrait,
    contacts: Vec<Contact>,
) -> Result<Vec<ContactListed>, StorageError> {
    let units = named(db, contacts.iter().map(|contact| contact.unit_id)).await?;
    let listed = contacts.into_iter().map(|contact| {
        let unit = units.get(&contact.unit_id);
        ContactListed {
            unit_code: unit.map(|unit| unit.code.clone()).unwrap_or_default(),
            unit_name: unit.map(|unit| unit.name.clone()).unwrap_or_default(),
            contact,
        }
    });
    Ok(listed.collect())
}
