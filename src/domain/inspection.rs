//! Inspections 检查: how what a spot-check has drawn is looked at, and what is written down of it.

use crate::domain::calendar::Holidays;
use crate::domain::coded::coded;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The most inspectors of one unit.
pub const MOST_INSPECTORS: usize = 5;

/// Inspectors of one unit, where the pool allows.
const USUAL_INSPECTORS: usize = 2;

coded! {
    /// How drawn units are inspected.
    InspectionMode "inspection mode" {
        /// The unit sends a self-check, which is looked at.
        Desk "desk" "书面检查",
        /// Inspectors go there; the unit does not know beforehand.
        Visit "visit" "实地检查",
    }
}

coded! {
    /// Who says that a draw holds.
    DrawConfirm "draw confirmation" {
        /// Nobody has to.
        Auto "auto" "自动",
        /// A person, before anybody is asked or told.
        Manual "manual" "人工确认",
    }
}

coded! {
    /// Where a draw stands.
    DrawState "draw state" {
        /// Made, and not confirmed: nobody is asked or told yet.
        Proposed "proposed" "待确认",
        /// In force.
        Confirmed "confirmed" "已确认",
    }
}

coded! {
    /// Where an inspection stands.
    InspectionState "inspection state" {
        /// Nothing is recorded yet.
        Planned "planned" "待检查",
        /// What it showed is recorded.
        Recorded "recorded" "已登记",
    }
}

coded! {
    /// What an inspection showed.
    InspectionResult "inspection result" {
        /// Nothing to put right.
        Pass "pass" "通过",
        /// Something to put right.
        Findings "findings" "发现问题",
    }
}

/// How what was drawn is inspected, as a part of its cycle's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpotCheckRule {
    /// At the desk, or on the spot.
    pub mode: InspectionMode,
    /// Whether a person confirms the draw.
    pub confirm: DrawConfirm,
    /// Inspectors of each unit, where the pool allows.
    pub inspectors_per_unit: usize,
}

impl Default for SpotCheckRule {
    fn default() -> Self {
        Self {
            mode: InspectionMode::Desk,
            confirm: DrawConfirm::Auto,
            inspectors_per_unit: USUAL_INSPECTORS,
        }
    }
}

/// Why what was found cannot be put right by a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RectifyDayError {
    /// Nobody puts anything right in the past.
    #[error("整改期限 {day} 已过，请填写今天（{today}）或以后的工作日")]
    Past {
        /// As given.
        day: NaiveDate,
        /// The local day.
        today: NaiveDate,
    },
    /// Nothing falls due on a day off.
    #[error("整改期限 {day} 不是工作日，请改为 {next}")]
    NoWorkday {
        /// As given.
        day: NaiveDate,
        /// The next workday.
        next: NaiveDate,
    },
}

/// Whether what was found may be wanted right by `day`: a workday, today or later.
///
/// # Errors
/// [`RectifyDayError`].
pub fn may_be_rectified_by(
    day: NaiveDate,
    today: NaiveDate,
    holidays: &Holidays,
) -> Result<(), RectifyDayError> {
    if day < today {
        return Err(RectifyDayError::Past { day, today });
    }
    match holidays.on_or_after(day) {
        next if next == day => Ok(()),
        next => Err(RectifyDayError::NoWorkday { day, next }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_put_right_by_a_workday_that_has_not_passed() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        // A Monday.
        let by = |text| may_be_rectified_by(day(text), day("2026-03-09"), &Holidays::default());
        assert_eq!(by("2026-03-09"), Ok(()));
        assert_eq!(by("2026-03-13"), Ok(()));
        assert!(matches!(
            by("2026-03-06"),
            Err(RectifyDayError::Past { .. })
        ));
        assert_eq!(
            by("2026-03-14"),
            Err(RectifyDayError::NoWorkday {
                day: day("2026-03-14"),
                next: day("2026-03-16")
            })
        );
    }

    #[test]
    fn a_rule_may_leave_everything_to_the_defaults() {
        let rule: SpotCheckRule = serde_json::from_str("{}").unwrap();
        assert_eq!(rule, SpotCheckRule::default());
        assert!(serde_json::from_str::<SpotCheckRule>(r#"{"modes":"visit"}"#).is_err());
    }
}
