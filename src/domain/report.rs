//! What a unit tells when it answers: per assignment how far it is, what was done, what stands in the way, what comes next.

use crate::domain::assignment_life::{AssignmentState, OutOfOrder, event_of_report, transition};
use crate::domain::ids::AssignmentId;

/// The progress of what is done.
const DONE: u8 = 100;

/// The most items one answer may have.
pub const MOST_ITEMS: usize = 1_000;

/// What an answer tells of one assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportItem {
    /// The assignment.
    pub assignment_id: AssignmentId,
    /// Progress, 0 to 100.
    pub percent: Option<u8>,
    /// What was done.
    pub done: Option<String>,
    /// Problems.
    pub problems: Option<String>,
    /// Next steps.
    pub next_steps: Option<String>,
}

impl ReportItem {
    /// Whether it tells anything.
    pub fn is_empty(&self) -> bool {
        self.percent.is_none()
            && self.done.is_none()
            && self.problems.is_none()
            && self.next_steps.is_none()
    }
}

/// Why a report cannot tell this of an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProgressError {
    /// Nothing is reported of it where it stands.
    #[error(transparent)]
    OutOfOrder(#[from] OutOfOrder),
    /// Less than was reported before.
    #[error("进度不能由 {known}% 降为 {told}%；确需更正的，请由牵头单位或督导办退回后重新填报")]
    Falls {
        /// What was reported before.
        known: u8,
        /// What is told now.
        told: u8,
    },
}

/// Where an assignment stands after a report that tells `told`, or only words; `known` is what was reported before.
///
/// # Errors
/// [`ProgressError`].
pub fn progressed(
    state: AssignmentState,
    known: Option<u8>,
    told: Option<u8>,
) -> Result<AssignmentState, ProgressError> {
    let next = transition(state, event_of_report(told))?;
    match (told, known) {
        (Some(told), Some(known)) if told < known && !state.percent_may_fall() => {
            Err(ProgressError::Falls { known, told })
        }
        _ => Ok(next),
    }
}

/// To what progress an assignment goes back by a decision after which it stands at `after`; `None` where it stays as it
/// is. `known` is its progress, `reported` what was reported of it, oldest first.
///
/// What was sent back was not accepted, and so is not done: 100 goes back to the last that was reported below 100, to 0
/// where nothing was. Anything below 100 claims no end, and stays.
pub fn fallen_back(after: AssignmentState, known: Option<u8>, reported: &[u8]) -> Option<u8> {
    if after != AssignmentState::Returned || known.is_none_or(|known| known < DONE) {
        return None;
    }
    let unfinished = reported.iter().rev().find(|percent| **percent < DONE);
    Some(unfinished.copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_back_goes_back_to_what_was_not_done() {
        let cases: [(Option<u8>, &[u8], Option<u8>); 9] = [
            (None, &[], None),
            (Some(0), &[0], None),
            (Some(60), &[60], None),
            (Some(99), &[100, 99], None),
            (Some(100), &[100], Some(0)),
            (Some(100), &[40, 100], Some(40)),
            (Some(100), &[40, 100, 100], Some(40)),
            (Some(100), &[40, 100, 30, 100], Some(30)),
            (Some(100), &[], Some(0)),
        ];
        for (known, reported, wanted) in cases {
            let told = fallen_back(AssignmentState::Returned, known, reported);
            assert_eq!(told, wanted, "{known:?} {reported:?}");
        }
    }

    #[test]
    fn only_what_is_sent_back_goes_back() {
        for state in AssignmentState::ALL {
            let told = fallen_back(*state, Some(100), &[40, 100]);
            assert_eq!(told.is_some(), *state == AssignmentState::Returned);
        }
    }
}
