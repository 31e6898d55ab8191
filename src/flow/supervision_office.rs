//! The supervision office 督导办, and the offices that letters name: whom their readers ask.

use crate::domain::email_address::EmailAddress;
use crate::domain::unit::{Unit, UnitDirectory};
use crate::flow::Ctx;
use crate::mail::letter::{Office, OfficePhone};

impl Ctx {
    /// The supervision office's unit: the configured one, else the one unit named or aliased 督导办.
    pub fn supervision_unit<'a>(&self, directory: &'a UnitDirectory) -> Option<&'a Unit> {
        match &self.settings.supervision_unit {
            Some(code) => directory.by_code(code),
            None => match directory.resolve("督导办").as_deref() {
                Ok([unit]) => Some(unit),
                _ => None,
            },
        }
    }

    /// The office of a letter that `unit` answers for, at its contact's address; the sender as configured for what is not
    /// known.
    pub(crate) fn office_of(
        &self,
        directory: &UnitDirectory,
        unit: Option<&Unit>,
        email: Option<&str>,
    ) -> Office {
        let own = self.own_office();
        let whose = || {
            let supervision = self.supervision_unit(directory)?;
            let is_other = unit.is_some_and(|unit| unit.id != supervision.id);
            is_other.then(|| supervision.name.clone())
        };
        let address = email.and_then(|email| EmailAddress::parse(email).ok());
        Office {
            name: unit.map_or(own.name, |unit| unit.name.clone()),
            phone: own.phone.map(|phone| OfficePhone {
                of: whose(),
                ..phone
            }),
            address: address.or(own.address),
        }
    }

    /// The office of letters that no unit answers for: the sender as configured.
    pub(crate) fn own_office(&self) -> Office {
        let settings = &self.settings;
        let phone = settings.supervision_phone.clone();
        Office {
            name: settings.from_name.clone(),
            phone: phone.map(|number| OfficePhone { number, of: None }),
            address: Some(settings.from.clone()),
        }
    }
}
