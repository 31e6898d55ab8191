//! Tells the kinds of calendar file apart by their content and reads them: holidays (JSON, iCalendar) or terms (csv).
//! What each must look like is in `holidays`, `holidays_ics` and `terms`.

use super::holidays::{HolidayFileError, read_holidays_json};
use super::holidays_ics::read_holidays_ics;
use super::terms::{TermFileError, read_terms_csv};
use crate::domain::calendar::HolidayEntry;
use crate::domain::term_row::TermRow;
use serde::{Deserialize, Serialize};

/// The content of a calendar file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CalendarFile {
    /// Days off and make-up workdays, by date; the years they announce are `domain::calendar::announced_years`.
    Holidays(Vec<HolidayEntry>),
    /// Terms, by line; all settled, to be checked by `TermTable::updated_by`.
    Terms(Vec<TermRow>),
}

/// Why a calendar file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFileError {
    /// A holiday file.
    #[error(transparent)]
    Holidays(#[from] HolidayFileError),
    /// A terms file.
    #[error(transparent)]
    Terms(#[from] TermFileError),
}

/// Reads a calendar file: JSON if it begins with a brace or bracket, iCalendar if with `BEGIN:VCALENDAR`, else csv.
///
/// # Errors
/// Those of the reader chosen.
pub fn read_calendar_file(bytes: &[u8]) -> Result<CalendarFile, CalendarFileError> {
    let content = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    let first_word = content.get(..15).unwrap_or(content);
    if content.starts_with(b"{") || content.starts_with(b"[") {
        Ok(CalendarFile::Holidays(read_holidays_json(bytes)?))
    } else if first_word.eq_ignore_ascii_case(b"BEGIN:VCALENDAR") {
        Ok(CalendarFile::Holidays(read_holidays_ics(bytes)?))
    } else {
        Ok(CalendarFile::Terms(read_terms_csv(bytes)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_the_reader() {
        let json = "\u{feff} {\"holidays\":{\"2027-10-01\":\"国庆节\"}}";
        let ics = "begin:vcalendar\nBEGIN:VEVENT\nDTSTART:20271001\nSUMMARY:国庆节 休\nEND:VEVENT\nEND:VCALENDAR\n";
        let csv = "学年,学期,学段,开始,结束\n2027,1,小学,2027-09-01,2028-01-20\n";
        let kinds = [json, ics, csv].map(|text| read_calendar_file(text.as_bytes()));
        assert!(matches!(kinds[0], Ok(CalendarFile::Holidays(_))));
        assert!(matches!(kinds[1], Ok(CalendarFile::Holidays(_))));
        assert!(matches!(kinds[2], Ok(CalendarFile::Terms(_))));
        assert!(matches!(
            read_calendar_file(b"PK\x03\x04"),
            Err(CalendarFileError::Terms(_))
        ));
    }
}
