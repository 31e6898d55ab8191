//! A task while it is amended or decided about: itself, the units it names, and every part of it, held.

use crate::domain::assignment_life::{AssignmentEvent, AssignmentState};
use crate::domain::fan_out::Party;
use crate::domain::ids::{AssignmentEventId, UnitId};
use crate::domain::role::Role;
use crate::storage::assignment_life::{NewEvent, Standing};
use crate::storage::new_id;
use crate::storage::task_life::Share;
use crate::storage::tasks::StoredTask;
use std::collections::HashMap;

/// A task with everything that an amendment may move, held.
pub(super) struct HeldTask {
    pub(super) task: StoredTask,
    pub(super) parties: Vec<Party>,
    pub(super) shares: Vec<Share>,
}

impl HeldTask {
    /// The part that each unit has; who was taken out has none.
    pub(super) fn roles(&self) -> HashMap<UnitId, Role> {
        let there = self.there();
        there.map(|one| (one.unit_id, one.role)).collect()
    }

    /// The parts that units have.
    pub(super) fn there(&self) -> impl Iterator<Item = &Standing> {
        let all = self.shares.iter().map(|share| &share.standing);
        all.filter(|one| one.state != AssignmentState::Withdrawn)
    }

    /// Whether asking about it rests.
    pub(super) fn is_paused(&self) -> bool {
        let mut open = self
            .there()
            .filter(|one| one.state != AssignmentState::Closed)
            .peekable();
        open.peek().is_some() && open.all(|one| one.state == AssignmentState::Paused)
    }
}

/// A step of one part.
pub(super) fn new_event(
    standing: &Standing,
    event: AssignmentEvent,
    after: AssignmentState,
    reason: Option<&str>,
) -> NewEvent {
    NewEvent {
        id: AssignmentEventId(new_id()),
        assignment_id: standing.id,
        event,
        before: standing.state,
        after,
        reason: reason.map(str::to_owned),
        due_on: None,
        obligation_id: None,
        percent: None,
    }
}
