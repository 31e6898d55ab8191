//! The present contacts that letters are written to, found by unit and by address.

use crate::domain::ids::UnitId;
use crate::storage::contacts::Contact;
use std::collections::HashMap;

/// Contacts with the places of those of each unit and each address. A large bureau has tens of thousands, and a letter for
/// each.
#[derive(Debug, Default)]
pub(super) struct DeskContacts {
    all: Vec<Contact>,
    of_units: HashMap<UnitId, Vec<usize>>,
    of_addresses: HashMap<String, Vec<usize>>,
}

impl DeskContacts {
    /// These contacts; their order stays theirs wherever several are found.
    pub(super) fn new(all: Vec<Contact>) -> Self {
        let mut of_units: HashMap<UnitId, Vec<usize>> = HashMap::new();
        let mut of_addresses: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, contact) in all.iter().enumerate() {
            of_units.entry(contact.unit_id).or_default().push(place);
            if let Some(address) = &contact.address {
                of_addresses.entry(address.clone()).or_default().push(place);
            }
        }
        Self {
            all,
            of_units,
            of_addresses,
        }
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Contact> {
        self.all.iter()
    }

    /// Those of a unit.
    pub(super) fn of_unit(&self, unit: UnitId) -> impl Iterator<Item = &Contact> {
        self.at(self.of_units.get(&unit))
    }

    /// Those of a normalised address; one person may be the contact of several units.
    pub(super) fn of_address(&self, address: &str) -> impl Iterator<Item = &Contact> {
        self.at(self.of_addresses.get(address))
    }

    fn at<'a>(&'a self, places: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a Contact> {
        let places = places.into_iter().flatten();
        places.filter_map(|place| self.all.get(*place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ContactId;
    use uuid::Uuid;

    fn contact(id: u128, unit: u128, address: Option<&str>) -> Contact {
        Contact {
            id: ContactId(Uuid::from_u128(id)),
            unit_id: UnitId(Uuid::from_u128(unit)),
            name: None,
            email: address.map(str::to_owned),
            address: address.map(str::to_owned),
            since_at: chrono::DateTime::UNIX_EPOCH,
            ended_at: None,
        }
    }

    fn ids<'a>(found: impl Iterator<Item = &'a Contact>) -> Vec<u128> {
        found.map(|one| one.id.0.as_u128()).collect()
    }

    #[test]
    fn contacts_are_found_by_unit_and_by_address_in_their_order() {
        let contacts = DeskContacts::new(vec![
            contact(3, 1, Some("li@town.example.org")),
            contact(1, 2, Some("li@town.example.org")),
            contact(2, 1, None),
        ]);
        assert_eq!(ids(contacts.iter()), [3, 1, 2]);
        assert_eq!(ids(contacts.of_unit(UnitId(Uuid::from_u128(1)))), [3, 2]);
        assert_eq!(ids(contacts.of_address("li@town.example.org")), [3, 1]);
        assert!(ids(contacts.of_address("wang@town.example.org")).is_empty());
        assert!(ids(contacts.of_unit(UnitId(Uuid::from_u128(9)))).is_empty());
    }
}
