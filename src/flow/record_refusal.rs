//! A caller wanted something they may not: one audit row, nothing else.

use crate::domain::access::Action;
use crate::flow::{Ctx, FlowError};
use crate::storage::audit_events::{AuditEntry, Outcome};

/// Records that whoever acts in `ctx` was refused an action on `target` (the path of the request).
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn record_refusal(ctx: &Ctx, action: Action, target: &str) -> Result<(), FlowError> {
    let tx = ctx.without_ticket().write().await?;
    tx.audit(AuditEntry {
        action: action.as_str(),
        outcome: Outcome::Refused,
        resource: None,
        row_id: None,
        target: target.chars().take(200).collect(),
        before: None,
        after: None,
    });
    Ok(tx.commit().await?)
}
