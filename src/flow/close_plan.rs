//! The end of a plan: no round is opened whose period begins later (design §5.2), no task is issued. What was asked stays
//! asked.

use crate::domain::ids::PlanId;
use crate::domain::resource::Resource;
use crate::flow::issue_desk::refuse_closed;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::plans;
use crate::storage::plans::StoredPlan;
use serde_json::json;

/// Closes a plan today.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such plan, or it is closed.
pub async fn close_plan(ctx: &Ctx, id: PlanId) -> Result<StoredPlan, FlowError> {
    let today = ctx.now().today;
    let tx = ctx.write().await?;
    let plan = plans::hold(&tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的方案"))
    })?;
    refuse_closed(&plan)?;
    plans::close(&tx, id, today).await?;
    tx.audit(
        AuditEntry::done("close_plans", Resource::Plans, id.0, &plan.title)
            .after(json!({ "closed_on": today })),
    );
    tx.commit().await?;
    Ok(StoredPlan {
        closed_on: Some(today),
        ..plan
    })
}
