//! A finding is withdrawn: it was recorded wrongly, or is none after all. Its report is asked for no more, and the unit is told
//! so, once.

use crate::domain::finding_life::{FindingEvent, transition};
use crate::domain::ids::FindingId;
use crate::domain::resource::Resource;
use crate::flow::issue_notices::stop_asking;
use crate::flow::recheck_finding::{held, out_of_order};
use crate::flow::tell_decisions::tell_finding;
use crate::flow::{Ctx, FlowError};
use crate::storage::audit_events::AuditEntry;
use crate::storage::findings;
use crate::storage::findings::FindingStep;
use serde_json::json;

/// Withdraws a finding that is not closed, with the reason that its unit is told.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such finding, or it is closed or withdrawn (by whom and when).
pub async fn withdraw_finding(
    ctx: &Ctx,
    by: &str,
    id: FindingId,
    reason: String,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let (one, asked) = held(&tx, id).await?;
    let event = FindingEvent::Withdraw;
    let after = match transition(one.state, event) {
        Ok(after) => after,
        Err(wrong) => return Err(out_of_order(&tx, id, wrong).await?),
    };
    let step = FindingStep {
        finding_id: id,
        event,
        before: one.state,
        after,
        reason: Some(reason),
        due_on: None,
        report_id: None,
        by: by.to_owned(),
        on: now.today,
        at: now.at,
    };
    findings::step(&tx, &step).await?;
    stop_asking(ctx, &tx, &calendar, now, &[asked.id]).await?;
    let told = tell_finding(ctx, &tx, now, &one, step.reason.as_deref()).await?;
    tx.audit(
        AuditEntry::done("withdraw_findings", Resource::Findings, id.0, event.label())
            .before(json!({ "state": step.before }))
            .after(json!({ "state": step.after, "reason": step.reason, "mails": told.mails })),
    );
    tx.commit().await?;
    Ok(())
}
