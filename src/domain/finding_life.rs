//! The life of a finding 问题: raised, reported as put right (整改), rechecked (复查), and closed (销号) or sent back; or
//! withdrawn (撤销), because it was recorded wrongly. One table; what each step opens and tells is carried out in `flow`.

use crate::domain::coded::coded;

coded! {
    /// Where a finding stands.
    FindingState "finding state" {
        /// The unit is to put it right.
        Open "open" "待整改",
        /// The unit has reported that it did; somebody is to recheck.
        Reported "reported" "待复查",
        /// Rechecked and not found right; the unit is to report anew.
        Returned "returned" "整改退回",
        /// Rechecked and found right.
        Closed "closed" "已销号",
        /// No finding after all: nothing is asked, and it counts nowhere.
        Withdrawn "withdrawn" "已撤销",
    }
}

coded! {
    /// What happens to a finding.
    FindingEvent "finding event" {
        /// The unit sends its rectification report.
        Report "report" "整改报告",
        /// The recheck finds it right.
        Close "close" "复查销号",
        /// The recheck does not.
        SendBack "send_back" "复查退回",
        /// The office takes it back.
        Withdraw "withdraw" "撤销",
    }
}

impl FindingState {
    /// Whether the unit still has to do something.
    pub fn waits_for_unit(self) -> bool {
        match self {
            Self::Open | Self::Returned => true,
            Self::Reported | Self::Closed | Self::Withdrawn => false,
        }
    }
}

/// A step that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("“{}”的问题不能{}", .state.label(), .event.label())]
pub struct FindingOutOfOrder {
    /// Where the finding stands.
    pub state: FindingState,
    /// What was to happen.
    pub event: FindingEvent,
}

/// What an event makes of a state.
///
/// # Errors
/// [`FindingOutOfOrder`]; nothing happens then.
pub fn transition(
    state: FindingState,
    event: FindingEvent,
) -> Result<FindingState, FindingOutOfOrder> {
    use FindingEvent as E;
    use FindingState as S;
    match (state, event) {
        // A report may be corrected until somebody has rechecked.
        (S::Open | S::Returned | S::Reported, E::Report) => Ok(S::Reported),
        (S::Reported, E::Close) => Ok(S::Closed),
        (S::Reported, E::SendBack) => Ok(S::Returned),
        (S::Open | S::Returned | S::Reported, E::Withdraw) => Ok(S::Withdrawn),
        (S::Open | S::Returned, E::Close | E::SendBack)
        | (S::Closed | S::Withdrawn, E::Report | E::Close | E::SendBack | E::Withdraw) => {
            Err(FindingOutOfOrder { state, event })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_step_is_in_the_table_or_refused() {
        use FindingEvent::{Close, Report, SendBack, Withdraw};
        use FindingState::{Closed, Open, Reported, Returned, Withdrawn};
        let steps = [
            (Open, Report, Reported),
            (Returned, Report, Reported),
            (Reported, Report, Reported),
            (Reported, Close, Closed),
            (Reported, SendBack, Returned),
            (Open, Withdraw, Withdrawn),
            (Returned, Withdraw, Withdrawn),
            (Reported, Withdraw, Withdrawn),
        ];
        for state in FindingState::ALL {
            for event in FindingEvent::ALL {
                let known = steps
                    .iter()
                    .find(|(from, by, _)| from == state && by == event);
                let after = transition(*state, *event);
                assert_eq!(after.ok(), known.map(|(.., to)| *to), "{state:?} {event:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_closes_that_was_not_reported_since_it_was_last_sent_back(
            events in proptest::collection::vec(0usize..4, 0..40),
        ) {
            let mut state = FindingState::Open;
            let mut last = None;
            for event in events.into_iter().map(|index| FindingEvent::ALL[index]) {
                let Ok(next) = transition(state, event) else {
                    continue;
                };
                if matches!(event, FindingEvent::Close | FindingEvent::SendBack) {
                    prop_assert_eq!(last, Some(FindingEvent::Report));
                }
                (state, last) = (next, Some(event));
            }
            prop_assert_eq!(state == FindingState::Closed, last == Some(FindingEvent::Close));
        }
    }
}
