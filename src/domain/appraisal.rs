//! Appraisals 考评 as they stand: proposed until a person confirms them, with objections 异议 decided before that; and when
//! a school year can be appraised at all.

use crate::domain::frequency::Frequency;
use crate::domain::ids::{PlanId, RoundId};
use crate::domain::period_key::PeriodKey;
use crate::domain::role::UnknownCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! states {
    ($(#[$type_doc:meta])* $type:ident $what:literal { $($(#[$doc:meta])* $name:ident $code:literal $label:literal),+ $(,)? }) => {
        $(#[$type_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $type {
            $($(#[$doc])* $name,)+
        }

        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The Chinese name.
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label),+ }
            }
        }

        impl FromStr for $type {
            type Err = UnknownCode;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut all = Self::ALL.iter().copied();
                all.find(|one| one.as_str() == text)
                    .ok_or_else(|| UnknownCode::new($what, text))
            }
        }
    };
}

states! {
    /// Where an appraisal stands.
    AppraisalState "appraisal state" {
        /// Computed; units may object, and it may be computed again.
        Proposed "proposed" "公示中",
        /// A person has confirmed it: nothing of it changes any more.
        Confirmed "confirmed" "已确认",
    }
}

states! {
    /// Where an objection stands.
    ObjectionState "objection state" {
        /// Waits for the supervision office.
        Raised "raised" "待处理",
        /// The unit was found right.
        Upheld "upheld" "成立",
        /// The unit was not found right.
        Dismissed "dismissed" "不成立",
    }
}

states! {
    /// Where a talk or a card stands.
    WarningState "warning state" {
        /// Follows from the results; nobody has decided.
        Proposed "proposed" "待决定",
        /// A person has confirmed it.
        Confirmed "confirmed" "已确认",
        /// A person has rejected it.
        Rejected "rejected" "未采纳",
        /// The results were corrected before anybody decided; they no longer propose it.
        Lapsed "lapsed" "已失效",
    }
}

/// What an appraisal is about; each is appraised once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppraisalScope {
    /// What a round stands for: the school year of its plan.
    Round(RoundId),
    /// A school year, because a person asks: of one plan, or of all.
    Year(PeriodKey, Option<PlanId>),
}

impl fmt::Display for AppraisalScope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Round(id) => write!(out, "round:{id}"),
            Self::Year(year, Some(plan)) => write!(out, "year:{year}:{plan}"),
            Self::Year(year, None) => write!(out, "year:{year}"),
        }
    }
}

/// Why a school year is not looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YearError {
    /// Another kind of period.
    #[error("“{0}”不是学年，请按 2025Y 的格式填写（2025 年 9 月至 2026 年 8 月）")]
    NoYear(PeriodKey),
    /// Before the calendar, or beyond it.
    #[error("学年 {0} 超出校历范围")]
    OutOfRange(PeriodKey),
    /// It has not ended.
    #[error("{year}到 {ends_on} 才结束，请在此后办理", year = .key.label())]
    Open {
        /// The year.
        key: PeriodKey,
        /// Its last day.
        ends_on: NaiveDate,
    },
}

/// First and last day of a school year.
///
/// # Errors
/// [`YearError::NoYear`], [`YearError::OutOfRange`].
pub fn days_of_year(key: PeriodKey) -> Result<(NaiveDate, NaiveDate), YearError> {
    if key.frequency() != Frequency::SchoolYear {
        return Err(YearError::NoYear(key));
    }
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day);
    let days = day(key.year(), 9, 1).zip(day(key.year() + 1, 8, 31));
    days.ok_or(YearError::OutOfRange(key))
}

/// First and last day of a school year that has ended by `today`.
///
/// # Errors
/// [`YearError`].
pub fn ended_year(key: PeriodKey, today: NaiveDate) -> Result<(NaiveDate, NaiveDate), YearError> {
    let (starts_on, ends_on) = days_of_year(key)?;
    match today > ends_on {
        true => Ok((starts_on, ends_on)),
        false => Err(YearError::Open { key, ends_on }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> PeriodKey {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_year_is_looked_at_from_the_day_after_its_last() {
        let ended = |today| ended_year(key("2025Y"), day(today));
        assert_eq!(
            ended("2026-09-01"),
            Ok((day("2025-09-01"), day("2026-08-31")))
        );
        assert!(matches!(ended("2026-08-31"), Err(YearError::Open { .. })));
        assert!(matches!(
            ended_year(key("2025-T1"), day("2027-01-01")),
            Err(YearError::NoYear(_))
        ));
    }

    #[test]
    fn codes_are_read_back() {
        for one in AppraisalState::ALL {
            assert_eq!(one.as_str().parse(), Ok(*one));
        }
        for one in ObjectionState::ALL {
            assert_eq!(one.as_str().parse(), Ok(*one));
        }
        for one in WarningState::ALL {
            assert_eq!(one.as_str().parse(), Ok(*one));
        }
    }
}
