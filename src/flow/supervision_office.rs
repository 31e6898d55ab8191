//! The supervision office 督导办: its unit, and its telephone number.

use crate::domain::unit::{Unit, UnitDirectory};
use crate::flow::Ctx;
use crate::mail::letter::OfficePhone;

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

    /// The supervision office's telephone number in a letter of this office, named where it is another's; in letters of
    /// the sender as configured, `None`, it is the letter's own.
    pub(crate) fn office_phone(
        &self,
        directory: &UnitDirectory,
        office: Option<&Unit>,
    ) -> Option<OfficePhone> {
        let supervision = self.supervision_unit(directory);
        let other = supervision.filter(|unit| office.is_some_and(|office| office.id != unit.id));
        Some(OfficePhone {
            of: other.map(|unit| unit.name.clone()),
            ..self.own_phone()?
        })
    }

    /// The supervision office's telephone number in its own letters; none where none is configured.
    pub(crate) fn own_phone(&self) -> Option<OfficePhone> {
        let number = self.settings.supervision_phone.clone()?;
        Some(OfficePhone { number, of: None })
    }
}
