//! What was decided in a dispatch 议定事项: where it stands, and by which day it may be asked for.

use crate::domain::calendar::Holidays;
use crate::domain::obligation::ObligationState;
use crate::domain::role::UnknownCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What people have made of a decision; how the unit answers is in its obligation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecisionCourse {
    /// It is followed up.
    Open,
    /// The office has found it done.
    Closed,
    /// It is not asked for any more.
    Withdrawn,
}

impl DecisionCourse {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Closed, Self::Withdrawn];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl FromStr for DecisionCourse {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|one| one.as_str() == text)
            .ok_or_else(|| UnknownCode::new("course of a decision", text))
    }
}

/// Where a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionState {
    /// The unit has not answered; it may have been returned.
    Open,
    /// The unit has answered; the office looks at it.
    Answered,
    /// Asking ended without an answer.
    Unanswered,
    /// The office has found it done.
    Closed,
    /// It is not asked for any more.
    Withdrawn,
}

impl DecisionState {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Answered,
        Self::Unanswered,
        Self::Closed,
        Self::Withdrawn,
    ];

    /// What a course and what became of its obligation come to.
    pub fn of(course: DecisionCourse, asked: ObligationState) -> Self {
        match (course, asked) {
            (DecisionCourse::Closed, _) => Self::Closed,
            (DecisionCourse::Withdrawn, _) | (_, ObligationState::Withdrawn) => Self::Withdrawn,
            (DecisionCourse::Open, ObligationState::Open) => Self::Open,
            (DecisionCourse::Open, ObligationState::Answered) => Self::Answered,
            (DecisionCourse::Open, ObligationState::Unanswered) => Self::Unanswered,
        }
    }

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Unanswered => "unanswered",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The Chinese name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "办理中",
            Self::Answered => "已反馈",
            Self::Unanswered => "未反馈",
            Self::Closed => "已办结",
            Self::Withdrawn => "已撤回",
        }
    }

    /// Whether nothing more comes of it.
    pub fn has_ended(self) -> bool {
        match self {
            Self::Closed | Self::Withdrawn => true,
            Self::Open | Self::Answered | Self::Unanswered => false,
        }
    }

    /// Whether the office may say `step` of it.
    pub fn allows(self, step: DecisionStep) -> bool {
        match step {
            DecisionStep::Close | DecisionStep::Return => self == Self::Answered,
            DecisionStep::Withdraw => !self.has_ended(),
        }
    }
}

impl FromStr for DecisionState {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|one| one.as_str() == text)
            .ok_or_else(|| UnknownCode::new("decision state", text))
    }
}

/// What the office may make of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionStep {
    /// 办结.
    Close,
    /// 退回.
    Return,
    /// 撤回.
    Withdraw,
}

impl DecisionStep {
    /// The Chinese name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Close => "办结",
            Self::Return => "退回",
            Self::Withdraw => "撤回",
        }
    }
}

/// Why a decision cannot be asked for by a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FollowUpDayError {
    /// Nobody is asked for a day that is over.
    #[error("{day} 已过，请填写今天（{today}）或以后的工作日")]
    Past {
        /// As given.
        day: NaiveDate,
        /// Today.
        today: NaiveDate,
    },
    /// Nothing falls due on a day off.
    #[error("{day} 不是工作日，请改为 {next}")]
    NoWorkday {
        /// As given.
        day: NaiveDate,
        /// The next workday.
        next: NaiveDate,
    },
}

/// Whether a decision may be asked for by `day`: a workday that is not over.
///
/// # Errors
/// [`FollowUpDayError`].
pub fn may_be_due(
    day: NaiveDate,
    today: NaiveDate,
    holidays: &Holidays,
) -> Result<(), FollowUpDayError> {
    if day < today {
        return Err(FollowUpDayError::Past { day, today });
    }
    match holidays.on_or_after(day) {
        next if next == day => Ok(()),
        next => Err(FollowUpDayError::NoWorkday { day, next }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_stays_so_and_only_an_answer_is_closed_or_returned() {
        use DecisionCourse as C;
        use ObligationState as O;
        for asked in O::ALL {
            assert_eq!(DecisionState::of(C::Closed, asked), DecisionState::Closed);
            let withdrawn = DecisionState::of(C::Withdrawn, asked);
            assert_eq!(withdrawn, DecisionState::Withdrawn);
        }
        for state in DecisionState::ALL {
            let answered = state == DecisionState::Answered;
            assert_eq!(state.allows(DecisionStep::Close), answered);
            assert_eq!(state.allows(DecisionStep::Return), answered);
            assert_eq!(state.allows(DecisionStep::Withdraw), !state.has_ended());
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }

    #[test]
    fn a_follow_up_falls_due_on_a_workday_that_is_not_over() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let holidays = Holidays::default();
        let due = |on: &str| may_be_due(day(on), day("2026-07-10"), &holidays);
        assert_eq!(due("2026-07-10"), Ok(()));
        assert!(matches!(
            due("2026-07-09"),
            Err(FollowUpDayError::Past { .. })
        ));
        assert_eq!(
            due("2026-07-11"),
            Err(FollowUpDayError::NoWorkday {
                day: day("2026-07-11"),
                next: day("2026-07-13")
            })
        );
    }
}
