//! What is sent back is no longer done: its progress goes back, and the decision tells to what.

use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::AssignmentId;
use crate::domain::report::fallen_back;
use crate::flow::FlowError;
use crate::storage::WriteTx;
use crate::storage::assignment_life::{self, NewEvent};

/// Notes in the decisions that send something back to what percentage that goes back; to be called before they are
/// written down.
///
/// # Errors
/// [`FlowError::Storage`].
pub(super) async fn fall_back(tx: &WriteTx, events: &mut [NewEvent]) -> Result<(), FlowError> {
    let sent_back = events
        .iter()
        .filter(|event| event.after == AssignmentState::Returned);
    let ids: Vec<AssignmentId> = sent_back.map(|event| event.assignment_id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let standing = assignment_life::hold(tx, ids.iter().copied()).await?;
    let reported = assignment_life::percents_reported(tx, &ids).await?;
    for event in events {
        let known = standing.get(&event.assignment_id);
        let known = known.and_then(|standing| standing.percent);
        let reported = reported.get(&event.assignment_id).map(Vec::as_slice);
        event.percent = fallen_back(event.after, known, reported.unwrap_or_default());
    }
    Ok(())
}
