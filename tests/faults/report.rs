//! What a row measured, and what of that is not as demanded.

use crate::reckon::Reckoning;
use std::any::Any;

/// What a row has to say.
#[derive(Debug, Default)]
pub struct Report {
    /// Figures, for the table.
    pub figures: Vec<String>,
    /// What is not as demanded.
    pub broken: Vec<String>,
    /// Why nothing was measured.
    pub skipped: Option<String>,
}

impl Report {
    /// Nothing could be measured.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self {
            skipped: Some(why.into()),
            ..Self::default()
        }
    }

    /// It ended in a panic.
    pub fn panicked(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Self {
            broken: vec![text.unwrap_or_else(|| "a panic without words".to_owned())],
            ..Self::default()
        }
    }

    /// Writes a figure down.
    pub fn figure(&mut self, text: impl Into<String>) {
        self.figures.push(text.into());
    }

    /// Writes down what is broken, unless it holds.
    pub fn demand(&mut self, holds: bool, broken: impl Into<String>) {
        if !holds {
            self.broken.push(broken.into());
        }
    }

    /// Demands of a reckoning that nothing is lost, strange or unmarked, and that no more copies were sent than allowed.
    pub fn demand_reckoning(&mut self, of: &str, found: &Reckoning, copies_allowed: usize) {
        let Reckoning {
            mails,
            lost,
            undecided,
            doubled,
            unmarked,
            strange,
            failed,
        } = found;
        self.figure(format!(
            "{of}: {mails} mails, {lost} lost, {doubled} sent twice ({copies_allowed} allowed), {unmarked} unmarked, {undecided} left to a person"
        ));
        let sound = *lost == 0 && *unmarked == 0 && *strange == 0 && *failed == 0;
        self.demand(
            sound && *doubled <= copies_allowed && *undecided <= copies_allowed,
            format!("{of}: {found:?}, {copies_allowed} copies allowed"),
        );
        self.demand(*mails > 0, format!("{of}: there was no mail at all"));
    }

    /// Takes another's words over.
    pub fn add(&mut self, other: Self) {
        self.figures.extend(other.figures);
        self.broken.extend(other.broken);
        self.skipped = self.skipped.take().or(other.skipped);
    }
}
