//! What a unit tells when it answers: per assignment how far it is, what was done, what stands in the way, what comes next.

use crate::domain::assignment_life::{AssignmentState, OutOfOrder, event_of_report, transition};
use crate::domain::ids::AssignmentId;

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
