//! What a unit tells when it answers: per assignment how far it is, what was done, what stands in the way, what comes next.

use crate::domain::ids::AssignmentId;
use crate::domain::obligation::ObligationKind;

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

/// Whether an answer without note and items says enough: that something was received, but not how far it is.
pub fn may_be_bare(kind: ObligationKind) -> bool {
    match kind {
        ObligationKind::Acknowledge => true,
        ObligationKind::Complete
        | ObligationKind::SendUp
        | ObligationKind::SpotCheck
        | ObligationKind::Dispatch
        | ObligationKind::Monitoring
        | ObligationKind::Rectify
        | ObligationKind::Notice
        | ObligationKind::Collect
        | ObligationKind::FollowUp => false,
    }
}
