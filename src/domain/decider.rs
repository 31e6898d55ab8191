//! Who may decide what about an assignment. Which step comes after which is in `assignment_life`.

use crate::domain::assignment_life::AssignmentEvent;
use crate::domain::role::Role;

/// Who decides about an assignment, seen from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decider {
    /// The supervision office 督导办.
    Office,
    /// A lead unit of its task.
    Lead,
    /// The unit above its unit: a district over its schools.
    Above,
}

impl AssignmentEvent {
    /// Whether somebody may decide it about an assignment of that role. What a lead unit has done itself, the office
    /// reviews.
    pub fn is_for(self, decider: Decider, role: Role) -> bool {
        match (self, decider) {
            (Self::Acknowledge | Self::Report | Self::Finish | Self::Rejoin, _) => false,
            (_, Decider::Office) => true,
            (Self::Accept | Self::Return, Decider::Lead) => role != Role::Lead,
            (Self::Forward | Self::Return, Decider::Above) => role != Role::Lead,
            (
                Self::Forward
                | Self::Accept
                | Self::Close
                | Self::Reopen
                | Self::Pause
                | Self::Resume
                | Self::Withdraw,
                Decider::Lead | Decider::Above,
            ) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AssignmentEvent as E;

    #[test]
    fn nobody_reviews_what_they_lead_and_the_office_decides_all() {
        for event in E::ALL.iter().filter(|event| event.is_decision()) {
            for role in Role::ALL {
                assert!(event.is_for(Decider::Office, role));
            }
            assert!(!event.is_for(Decider::Lead, Role::Lead), "{event:?}");
            assert!(!event.is_for(Decider::Above, Role::Lead), "{event:?}");
        }
        assert!(E::Accept.is_for(Decider::Lead, Role::Responsible));
        assert!(E::Forward.is_for(Decider::Above, Role::Responsible));
        assert!(!E::Accept.is_for(Decider::Above, Role::Responsible));
        assert!(!E::Close.is_for(Decider::Lead, Role::Responsible));
    }
}
