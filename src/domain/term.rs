//! One school term (学期) of one level, and the vacation between two. The table of them is `term_table`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::level::Level;

/// Which term of a school year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermNumber {
    /// Term 1, from about September to January.
    Autumn,
    /// Term 2, from about February to July of the next calendar year.
    Spring,
}

impl TermNumber {
    /// Both terms, in order of time.
    pub const ALL: [Self; 2] = [Self::Autumn, Self::Spring];

    /// 1 or 2, as in the period key `2026-T1`.
    pub fn as_number(self) -> u8 {
        match self {
            Self::Autumn => 1,
            Self::Spring => 2,
        }
    }

    /// The term of a number, `None` unless 1 or 2.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|term| term.as_number() == number)
    }
}

/// One term of one level; both days are school days, bureau-local.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The calendar year in which the school year begins: 2026 is September 2026 to August 2027.
    pub school_year: i32,
    /// Autumn or spring.
    pub number: TermNumber,
    /// The level it holds for.
    pub level: Level,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day, inclusive.
    pub ends_on: NaiveDate,
    /// Not set by the bureau: a built-in default, or another year's dates reused.
    pub provisional: bool,
}

/// Days between two terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vacation {
    /// First day of vacation.
    pub starts_on: NaiveDate,
    /// Last day of vacation, inclusive.
    pub ends_on: NaiveDate,
    /// First day of the term that follows.
    pub next_term_starts_on: NaiveDate,
    /// Whether one of the bounding terms is provisional.
    pub provisional: bool,
}
