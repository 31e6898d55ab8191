//! The calendar compiled into the binary: announced holidays, and provisional terms for all levels. Calendars that a
//! bureau imports are put over it.

use super::holidays::{HolidayFileError, read_holidays_json};
use super::terms::{TermFileError, read_terms_csv};
use crate::domain::calendar::Holidays;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::term_row::TermTableError;
use crate::domain::term_table::TermTable;

/// The announced holidays since 2004, from the package `chinese-days` (licence beside the file).
const HOLIDAYS: &str = include_str!("../../config/calendar/holidays.json");
/// Plausible terms of two school years, for a bureau that has imported none.
const TERMS: &str = include_str!("../../config/calendar/terms-default.csv");

/// A compiled-in file that cannot be read; the tests see to it that this does not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefaultCalendarError {
    /// The holidays.
    #[error("内置节假日表有误：{0}")]
    Holidays(#[from] HolidayFileError),
    /// The terms, as a file.
    #[error("内置学期表有误：{0}")]
    TermFile(#[from] TermFileError),
    /// The terms, as a table.
    #[error("内置学期表有误：{0}")]
    Terms(#[from] TermTableError),
}

/// The compiled-in calendar. Its terms are all provisional.
///
/// # Errors
/// A compiled-in file cannot be read.
pub fn default_calendar() -> Result<SchoolCalendar, DefaultCalendarError> {
    let holidays = Holidays::from_entries(read_holidays_json(HOLIDAYS.as_bytes())?);
    let mut rows = read_terms_csv(TERMS.as_bytes())?;
    for row in &mut rows {
        row.term.provisional = true;
    }
    Ok(SchoolCalendar {
        holidays,
        terms: TermTable::new(&rows)?,
    })
}
