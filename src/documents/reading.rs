//! The kinds of file that are read for what they say, one way for all of them: name and bytes in, a value or the reason out.
//! Both can be written down, so that a file may be read in another process than the one that uses it.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::calendar_file::{CalendarFile, CalendarFileError, read_calendar_file};
use super::error::DocumentError;
use super::ledger_file::{LedgerFile, read_ledger};
use super::quality_table::{QualityFileError, QualityRow, read_quality};
use super::read_document;
use super::units::{UnitRow, UnitsFileError, read_units};
use super::value_template::{FilledTemplate, read_filled};
use crate::domain::plan::document::Document;

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadKind {
    /// A plan: [`Document`].
    Plan,
    /// A units file: rows of [`UnitRow`].
    Units,
    /// A calendar: [`CalendarFile`].
    Calendar,
    /// A ledger that comes back: [`LedgerFile`].
    Ledger,
    /// Quality results: rows of [`QualityRow`].
    Quality,
    /// A template of values that comes back: [`FilledTemplate`].
    Values,
}

impl ReadKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Plan,
        Self::Units,
        Self::Calendar,
        Self::Ledger,
        Self::Quality,
        Self::Values,
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Units => "units",
            Self::Calendar => "calendar",
            Self::Ledger => "ledger",
            Self::Quality => "quality",
            Self::Values => "values",
        }
    }

    /// The kind of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a file can be read into.
pub trait Readable: Serialize + DeserializeOwned + Send + 'static {
    /// The kind of file.
    const KIND: ReadKind;

    /// Reads a file; `name` has its extension.
    ///
    /// # Errors
    /// [`Unreadable`], in words for whoever has the file.
    fn read(name: &str, bytes: &[u8]) -> Result<Self, Unreadable>;
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// What is wrong, and what to do.
    pub text: String,
    /// The cells that are why, where it is about cells.
    pub cells: Vec<UnreadableCell>,
}

/// A cell that is why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableCell {
    /// Its sheet, where the file has several.
    pub sheet: Option<String>,
    /// The cell, such as `C4`.
    pub cell: String,
    /// What is wrong with it, and what to do.
    pub text: String,
}

impl Unreadable {
    /// A file that is unreadable as a whole.
    pub fn whole(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            cells: Vec::new(),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl std::error::Error for Unreadable {}

impl From<DocumentError> for Unreadable {
    fn from(error: DocumentError) -> Self {
        let text = error.to_string();
        let cells = match error {
            DocumentError::Cell { sheet, cell, .. } => vec![UnreadableCell {
                sheet: Some(sheet),
                cell,
                text: text.clone(),
            }],
            _ => Vec::new(),
        };
        Self { text, cells }
    }
}

impl From<UnitsFileError> for Unreadable {
    fn from(error: UnitsFileError) -> Self {
        Self::whole(error.to_string())
    }
}

impl From<CalendarFileError> for Unreadable {
    fn from(error: CalendarFileError) -> Self {
        Self::whole(error.to_string())
    }
}

impl From<QualityFileError> for Unreadable {
    fn from(error: QualityFileError) -> Self {
        let text = error.to_string();
        match error {
            QualityFileError::Document(error) => error.into(),
            QualityFileError::Problems(problems) => {
                let cells = problems.into_iter().map(|problem| UnreadableCell {
                    sheet: None,
                    cell: problem.cell,
                    text: problem.text,
                });
                let cells = cells.collect();
                Self { text, cells }
            }
            _ => Self::whole(text),
        }
    }
}

impl Readable for Document {
    const KIND: ReadKind = ReadKind::Plan;

    fn read(name: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        Ok(read_document(name, bytes)?)
    }
}

impl Readable for Vec<UnitRow> {
    const KIND: ReadKind = ReadKind::Units;

    fn read(name: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        Ok(read_units(name, bytes)?)
    }
}

impl Readable for CalendarFile {
    const KIND: ReadKind = ReadKind::Calendar;

    fn read(_name: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        Ok(read_calendar_file(bytes)?)
    }
}

impl Readable for LedgerFile {
    const KIND: ReadKind = ReadKind::Ledger;

    fn read(name: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        Ok(read_ledger(name, bytes)?)
    }
}

impl Readable for Vec<QualityRow> {
    const KIND: ReadKind = ReadKind::Quality;

    fn read(name: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        Ok(read_quality(name, bytes)?)
    }
}

impl Readable for FilledTemplate {
    const KIND: ReadKind = ReadKind::Values;

    fn read(name: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        Ok(read_filled(name, bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written down and taken up again, a value is what it was.
    fn same_after<T: Readable + PartialEq + fmt::Debug>(name: &str, text: &str) -> Unreadable {
        let read = T::read(name, text.as_bytes()).expect("a sample");
        let written = serde_json::to_vec(&read).expect("written");
        assert_eq!(serde_json::from_slice::<T>(&written).expect("taken"), read);
        T::read(name, b"PK\x03\x04 and no more").expect_err("no file")
    }

    #[test]
    fn what_was_read_survives_being_written_down() {
        let plan = "方案\n\n一、加强领导\n甲\t乙\n丙\t丁\n";
        let units =
            "编码,名称,类型,学段,邮箱\nA1,一小,学校,小学,a.b+c@edu.example.org\nB1,二科,科室,,\n";
        let terms = "学年,学期,学段,开始,结束\n2027,1,小学,2027-09-01,2028-01-20\n";
        let days = "{\"holidays\":{\"2027-10-01\":\"国庆节\"}}";
        let quality = "学校代码,学段,得分\nA1,小学,91.25\nA2,初中,0.000001\nA3,初中,999.999999\n";
        let told = [
            same_after::<Document>("a.txt", plan),
            same_after::<Vec<UnitRow>>("a.csv", units),
            same_after::<CalendarFile>("a.csv", terms),
            same_after::<CalendarFile>("a.json", days),
            same_after::<Vec<QualityRow>>("a.csv", quality),
        ];
        for unreadable in told {
            assert!(!unreadable.text.is_empty());
            assert_eq!(unreadable.cells, []);
        }
    }

    #[test]
    fn cells_that_are_why_are_named() {
        let told =
            <Vec<QualityRow>>::read("a.csv", "学校代码,学段,得分\nA1,小学,很好\n".as_bytes());
        let told = told.expect_err("a word for a number");
        assert_eq!(told.cells.len(), 1);
        assert_eq!(told.cells[0].cell, "C2");
        assert_eq!(told.cells[0].sheet, None);
    }

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for kind in ReadKind::ALL {
            assert_eq!(ReadKind::of_word(kind.as_str()), Some(kind));
        }
        assert_eq!(ReadKind::of_word("zip"), None);
    }
}
