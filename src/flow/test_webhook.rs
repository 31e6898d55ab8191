//! Trying whether a webhook is reached: a test goes the way of everything else, signed, logged and tried again.

use crate::domain::ids::{WebhookDeliveryId, WebhookId};
use crate::domain::resource::Resource;
use crate::domain::webhook_event::{Event, EventData, WebhookTest};
use crate::flow::keep_webhooks::{held, refuse_off};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::new_id;
use crate::storage::webhook_deliveries::{self, NewDelivery};

/// Queues a test; its id.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such webhook, or it is off.
pub async fn test_webhook(ctx: &Ctx, id: WebhookId) -> Result<WebhookDeliveryId, FlowError> {
    let tx = ctx.write().await?;
    let webhook = held(&tx, id).await?;
    refuse_off(&webhook)?;
    let at = ctx.now().at;
    let data = EventData::WebhookTest(WebhookTest {
        webhook_id: id,
        webhook_name: webhook.name.clone(),
        test_id: new_id(),
    });
    let (event_type, event_key) = (data.event_type(), data.key());
    let event = Event {
        data,
        timestamp: at,
    };
    let body = serde_json::to_string(&event);
    let body = body.map_err(|error| FlowError::Interrupted(error.to_string()))?;
    let new = NewDelivery {
        webhook_id: id,
        event_key: &event_key,
        event_type,
        body: &body,
        made_at: at,
    };
    let queued = webhook_deliveries::insert(&tx, &new).await?;
    let queued = queued
        .ok_or_else(|| FlowError::refused(RefusalCode::Taken, "测试刚刚已经排队，请稍后再试"))?;
    tx.audit(AuditEntry::done(
        "test_webhook",
        Resource::Webhooks,
        id.0,
        &webhook.name,
    ));
    tx.commit().await?;
    Ok(queued)
}
