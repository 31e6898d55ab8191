//! A unit's answer → report. It stops the reminders of that obligation in the same transaction.

use crate::domain::ids::ObligationId;
use crate::domain::obligation::ObligationState;
use crate::flow::refresh_mails::take_out_of_unsent;
use crate::flow::{Ctx, FlowError};
use crate::storage::{obligations, reports};

/// An answer as it was received.
#[derive(Debug, Clone)]
pub struct Answer<'a> {
    /// Who answered, or who recorded the answer for the unit.
    pub reported_by: &'a str,
    /// Its text.
    pub note: Option<&'a str>,
}

/// Records the answer; the number of its version. Answering again adds a version.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such obligation, or it is withdrawn.
pub async fn answer_obligation(
    ctx: &Ctx,
    id: ObligationId,
    answer: &Answer<'_>,
) -> Result<i32, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.db.write().await?;
    let known = obligations::with_ids(&tx, &[id]).await?;
    let obligation = known
        .first()
        .ok_or_else(|| FlowError::refused(format!("没有编号为 {id} 的应报事项")))?;
    if obligation.state == ObligationState::Withdrawn {
        return Err(FlowError::refused("该应报事项已撤回，不需要填报"));
    }
    let items = serde_json::Value::Array(Vec::new());
    let version = reports::insert(&tx, id, answer.reported_by, answer.note, items, now.at).await?;
    if obligations::settle(&tx, id, ObligationState::Answered, now.at).await? {
        take_out_of_unsent(ctx, &tx, &calendar, now, &[id], "answered").await?;
    } else {
        // An answer that comes after the close still counts as one.
        obligations::answer_late(&tx, id, now.at).await?;
    }
    tx.commit().await?;
    Ok(version)
}
