//! The school calendar from what is compiled in, under what the bureau has imported.

use crate::documents::default_calendar::default_calendar;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::term_row::TermRow;
use crate::flow::FlowError;
use crate::storage::{Session, calendars};

/// Reads it.
pub(super) async fn load_calendar(db: &impl Session) -> Result<SchoolCalendar, FlowError> {
    let mut calendar =
        default_calendar().map_err(|error| FlowError::Calendar(error.to_string()))?;
    calendar.holidays = calendar
        .holidays
        .updated_by(&calendars::holidays(db).await?);
    let rows: Vec<TermRow> = (1..)
        .zip(calendars::terms(db).await?)
        .map(|(line, term)| TermRow { line, term })
        .collect();
    calendar.terms = calendar
        .terms
        .updated_by(&rows)
        .map_err(|error| FlowError::Calendar(error.to_string()))?;
    Ok(calendar)
}
