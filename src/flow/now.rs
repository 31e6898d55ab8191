//! The present moment, seen three ways.

use crate::domain::local_time::LocalZone;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// One moment: as an instant, and as the bureau sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The instant.
    pub at: DateTime<Utc>,
    /// Local date and time.
    pub local: NaiveDateTime,
    /// Local day.
    pub today: NaiveDate,
}

impl Now {
    /// The moment `at` in a time zone.
    pub fn at(at: DateTime<Utc>, zone: LocalZone) -> Self {
        let local = zone.local(at);
        Self {
            at,
            local,
            today: local.date(),
        }
    }
}
