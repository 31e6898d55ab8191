//! How often a cycle comes round. The periods themselves are in `period_key` and `period`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How often a cycle comes round, shortest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// 每周: an ISO week, Monday to Sunday.
    Week,
    /// 每月: a calendar month.
    Month,
    /// 每双月: January–February, March–April, …
    TwoMonths,
    /// 每季: a calendar quarter.
    Quarter,
    /// 每学期: a school term.
    Term,
    /// 每学年: 1 September to 31 August.
    SchoolYear,
    /// 每年: a calendar year.
    Year,
}

impl Frequency {
    /// Every frequency, shortest first.
    pub const ALL: [Self; 7] = [
        Self::Week,
        Self::Month,
        Self::TwoMonths,
        Self::Quarter,
        Self::Term,
        Self::SchoolYear,
        Self::Year,
    ];

    /// The code used in JSON and in the database, e.g. `two_months`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::TwoMonths => "two_months",
            Self::Quarter => "quarter",
            Self::Term => "term",
            Self::SchoolYear => "school_year",
            Self::Year => "year",
        }
    }
}

/// A code that names no frequency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是频次代码，请用 week、month、two_months、quarter、term、school_year 或 year。")]
pub struct UnknownFrequency(pub String);

impl std::fmt::Display for Frequency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Frequency {
    type Err = UnknownFrequency;

    /// Reads the code of [`Frequency::as_str`], exactly.
    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|frequency| frequency.as_str() == code)
            .ok_or_else(|| UnknownFrequency(code.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_json_are_one_word() {
        for frequency in Frequency::ALL {
            assert_eq!(frequency.as_str().parse(), Ok(frequency));
            assert_eq!(
                serde_json::to_string(&frequency).expect("serialises"),
                format!("\"{}\"", frequency.as_str())
            );
        }
        assert!("monthly".parse::<Frequency>().is_err());
    }
}
