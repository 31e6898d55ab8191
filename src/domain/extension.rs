//! More time 延期: who may ask for it and until when, and what a decision makes of the due day.

use crate::domain::calendar::Holidays;
use crate::domain::obligation::{ObligationKind, ObligationState};
use crate::domain::role::UnknownCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Where a request for more time stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtensionState {
    /// Waits for the supervision office.
    Requested,
    /// The due day has moved.
    Granted,
    /// The due day stays.
    Refused,
    /// What was asked was answered, or asking ended, before anybody decided.
    Lapsed,
}

impl ExtensionState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Requested, Self::Granted, Self::Refused, Self::Lapsed];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Lapsed => "lapsed",
        }
    }

    /// The Chinese name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Requested => "待决定",
            Self::Granted => "已同意",
            Self::Refused => "未同意",
            Self::Lapsed => "已失效",
        }
    }
}

impl FromStr for ExtensionState {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|one| one.as_str() == text)
            .ok_or_else(|| UnknownCode::new("extension state", text))
    }
}

/// Why more time cannot be asked for, or given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionError {
    /// An acknowledgement takes no time.
    #[error("签收不能申请延期，请直接签收")]
    NotForAcknowledging,
    /// It is answered, withdrawn, or asking has ended.
    #[error("该事项已经填报、撤回或结束，不需要延期")]
    Settled,
    /// Too late (design §6: asked before the due day).
    #[error("到期日 {due_on} 已过，不能再申请延期；请尽快填报，并在说明中写明原因")]
    DueDayPassed {
        /// The due day.
        due_on: NaiveDate,
    },
    /// No more time than there is.
    #[error("{day} 不晚于现在的到期日 {due_on}，请填写更晚的日期")]
    NotLater {
        /// As given.
        day: NaiveDate,
        /// The due day.
        due_on: NaiveDate,
    },
    /// Nothing falls due on a day off.
    #[error("{day} 不是工作日，请改为 {next}")]
    NoWorkday {
        /// As given.
        day: NaiveDate,
        /// The next workday.
        next: NaiveDate,
    },
    /// Nobody is asked for a day that is over.
    #[error("{day} 已过，请填写 {next} 或以后的工作日")]
    Past {
        /// As given.
        day: NaiveDate,
        /// The next workday after today.
        next: NaiveDate,
    },
}

/// Whether more time may be asked for today.
///
/// # Errors
/// [`ExtensionError`].
pub fn may_be_asked(
    kind: ObligationKind,
    state: ObligationState,
    due_on: NaiveDate,
    today: NaiveDate,
) -> Result<(), ExtensionError> {
    if kind == ObligationKind::Acknowledge {
        return Err(ExtensionError::NotForAcknowledging);
    }
    if state != ObligationState::Open {
        return Err(ExtensionError::Settled);
    }
    if today > due_on {
        return Err(ExtensionError::DueDayPassed { due_on });
    }
    Ok(())
}

/// Whether a due day may move to `day`: a workday after it.
///
/// # Errors
/// [`ExtensionError::NotLater`], [`ExtensionError::NoWorkday`], [`ExtensionError::Past`].
pub fn may_move_to(
    day: NaiveDate,
    due_on: NaiveDate,
    today: NaiveDate,
    holidays: &Holidays,
) -> Result<(), ExtensionError> {
    if day <= due_on {
        return Err(ExtensionError::NotLater { day, due_on });
    }
    may_be_set(day, today, holidays)
}

/// Whether a person may set `day` as a due day: a workday after today.
///
/// # Errors
/// [`ExtensionError::NoWorkday`], [`ExtensionError::Past`].
pub fn may_be_set(
    day: NaiveDate,
    today: NaiveDate,
    holidays: &Holidays,
) -> Result<(), ExtensionError> {
    if day <= today {
        let next = holidays.add_workdays(today, 1);
        return Err(ExtensionError::Past { day, next });
    }
    match holidays.on_or_after(day) {
        next if next == day => Ok(()),
        next => Err(ExtensionError::NoWorkday { day, next }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn more_time_is_asked_for_up_to_the_due_day() {
        let asked = |kind, state, today| may_be_asked(kind, state, day("2026-06-30"), day(today));
        use ObligationKind::{Acknowledge, Complete};
        use ObligationState::{Answered, Open, Unanswered, Withdrawn};
        assert_eq!(asked(Complete, Open, "2026-06-30"), Ok(()));
        assert!(matches!(
            asked(Complete, Open, "2026-07-01"),
            Err(ExtensionError::DueDayPassed { .. })
        ));
        for state in [Answered, Unanswered, Withdrawn] {
            assert_eq!(
                asked(Complete, state, "2026-06-01"),
                Err(ExtensionError::Settled)
            );
        }
        assert_eq!(
            asked(Acknowledge, Open, "2026-06-01"),
            Err(ExtensionError::NotForAcknowledging)
        );
    }

    #[test]
    fn a_due_day_moves_to_a_later_workday() {
        let holidays = Holidays::default();
        let moved = |to| may_move_to(day(to), day("2026-06-30"), day("2026-06-01"), &holidays);
        assert_eq!(moved("2026-07-10"), Ok(()));
        assert!(matches!(
            moved("2026-06-30"),
            Err(ExtensionError::NotLater { .. })
        ));
        // A Saturday.
        assert_eq!(
            moved("2026-07-11"),
            Err(ExtensionError::NoWorkday {
                day: day("2026-07-11"),
                next: day("2026-07-13")
            })
        );
        let set = |to| may_be_set(day(to), day("2026-07-10"), &holidays);
        assert_eq!(
            set("2026-07-10"),
            Err(ExtensionError::Past {
                day: day("2026-07-10"),
                next: day("2026-07-13")
            })
        );
        assert_eq!(set("2026-07-13"), Ok(()));
    }
}
