//! A task as a whole 整体: what may be decided about it, its close-out by the lead unit's report and the supervision
//! office's verification, and which units' parts stand in the way of closing it.

use crate::domain::assignment_life::{AssignmentEvent, AssignmentState, transition};
use crate::domain::coded::coded;
use crate::domain::role::Role;

coded! {
    /// What is decided about a task as a whole.
    TaskDecision "task decision" {
        /// Asking rests.
        Pause "pause" "暂停",
        /// Asking goes on.
        Resume "resume" "恢复",
        /// It is not asked for any more.
        Withdraw "withdraw" "撤销",
        /// The lead unit's report is verified: the task is closed.
        Close "close" "整体销号",
        /// The lead unit's report is sent back.
        Return "return" "退回",
    }
}

coded! {
    /// Where a lead unit's report that a task is done stands.
    CompletionState "completion state" {
        /// Waits for the supervision office.
        Reported "reported" "待核实",
        /// Verified: the task is closed.
        Closed "closed" "已销号",
        /// Sent back with a reason.
        Returned "returned" "已退回",
        /// The task was withdrawn or split before anybody decided.
        Lapsed "lapsed" "已失效",
    }
}

impl TaskDecision {
    /// Whether it has to be justified.
    pub fn needs_reason(self) -> bool {
        match self {
            Self::Pause | Self::Withdraw | Self::Return => true,
            Self::Resume | Self::Close => false,
        }
    }

    /// What it is about each assignment that goes along; none for what is decided about the lead unit's report.
    pub fn of_each(self) -> Option<AssignmentEvent> {
        match self {
            Self::Pause => Some(AssignmentEvent::Pause),
            Self::Resume => Some(AssignmentEvent::Resume),
            Self::Withdraw => Some(AssignmentEvent::Withdraw),
            Self::Close | Self::Return => None,
        }
    }
}

/// Whether an assignment stands in the way of closing its task as a whole. A responsible unit's part must have been
/// reviewed; what a lead unit has reported of its own part is verified with the whole; who cooperates is not waited for.
pub fn is_gap(role: Role, state: AssignmentState) -> bool {
    use AssignmentState as S;
    match state {
        S::Accepted | S::Closed | S::Withdrawn => false,
        S::Reported | S::Forwarded => role == Role::Responsible,
        S::Issued | S::Acknowledged | S::UnderWay | S::Returned | S::Paused => {
            role != Role::Cooperating
        }
    }
}

/// The steps that closing the task is for an assignment that is no gap.
pub fn closing_steps(state: AssignmentState) -> Vec<AssignmentEvent> {
    use AssignmentEvent as E;
    let can = |event| transition(state, event).is_ok();
    if can(E::Close) {
        return vec![E::Close];
    }
    if can(E::Accept) {
        return vec![E::Accept, E::Close];
    }
    match can(E::Withdraw) {
        true => vec![E::Withdraw],
        false => Vec::new(),
    }
}

/// The number of the n-th part of a task, from 1: `四(一)1-1`.
pub fn part_number(whole: &str, part: usize) -> String {
    format!("{whole}-{part}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use AssignmentEvent as E;
    use AssignmentState as S;

    #[test]
    fn a_responsible_part_that_nobody_reviewed_is_a_gap() {
        for state in S::ALL.iter().copied() {
            let reviewed = matches!(state, S::Accepted | S::Closed | S::Withdrawn);
            assert_eq!(is_gap(Role::Responsible, state), !reviewed, "{state:?}");
            assert!(!is_gap(Role::Cooperating, state), "{state:?}");
            let told = reviewed || matches!(state, S::Reported | S::Forwarded);
            assert_eq!(is_gap(Role::Lead, state), !told, "{state:?}");
        }
    }

    #[test]
    fn closing_ends_every_part_by_steps_that_exist() {
        for state in S::ALL.iter().copied() {
            let mut now = state;
            for event in closing_steps(state) {
                now = transition(now, event).unwrap();
            }
            assert!(matches!(now, S::Closed | S::Withdrawn), "{state:?}");
            let was_told = matches!(state, S::Reported | S::Forwarded | S::Accepted);
            assert_eq!(
                now == S::Closed,
                was_told || state == S::Closed,
                "{state:?}"
            );
        }
        assert_eq!(closing_steps(S::Reported), [E::Accept, E::Close]);
    }

    #[test]
    fn every_decision_about_all_parts_is_one_about_each() {
        for decision in TaskDecision::ALL {
            assert_eq!(decision.as_str().parse(), Ok(*decision));
            if let Some(event) = decision.of_each() {
                assert!(event.is_decision());
                assert_eq!(event.needs_reason(), decision.needs_reason());
            }
        }
        assert_eq!(part_number("四(一)1", 2), "四(一)1-2");
    }
}
