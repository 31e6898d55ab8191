//! A delivery is sent again because a person wants it: given up, or taken by a receiver that has lost it. It keeps its id,
//! so that a receiver that has it can tell.

use crate::domain::ids::WebhookDeliveryId;
use crate::domain::resource::Resource;
use crate::flow::keep_webhooks::{held, refuse_off};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::webhook_deliveries;
use serde_json::json;

/// Queues a delivery again.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such delivery, it still waits, or its webhook is off.
pub async fn send_delivery_again(ctx: &Ctx, id: WebhookDeliveryId) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let before = webhook_deliveries::get(&tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的推送"))
    })?;
    let webhook = held(&tx, before.webhook_id).await?;
    refuse_off(&webhook)?;
    if !webhook_deliveries::queue_again(&tx, id).await? {
        let text = "这条推送还在等待发送，不需要再次发送";
        return Err(FlowError::refused(RefusalCode::OutOfOrder, text));
    }
    let entry = AuditEntry::done(
        "send_delivery_again",
        Resource::WebhookDeliveries,
        id.0,
        format!("{} {}", webhook.name, before.event_type.as_str()),
    );
    tx.audit(entry.before(json!({ "state": before.state, "trouble": before.trouble })));
    Ok(tx.commit().await?)
}
