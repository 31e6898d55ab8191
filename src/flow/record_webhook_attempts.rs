//! How tries ended → deliveries, and what that says of their webhook: nothing gets through, or it is gone for good.

use crate::domain::resource::Resource;
use crate::domain::webhook::{DeliveryState, DeliveryTrouble, FAILING_FOR, OffReason, next_pause};
use crate::flow::account_mails::tell_webhook_off;
use crate::flow::{Ctx, FlowError};
use crate::storage::WriteTx;
use crate::storage::audit_events::AuditEntry;
use crate::storage::webhook_deliveries::{self, Attempt, StoredDelivery};
use crate::storage::webhook_leases::{self, DeliverySettled};
use crate::storage::webhooks::{self, StoredWebhook};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// Tries of one delivery that are kept, the newest.
const ATTEMPTS_KEPT: usize = 30;

/// A try of one delivery, or of several in one message.
pub(super) struct Tried<'a> {
    /// Whom it was for.
    pub(super) webhook: &'a StoredWebhook,
    /// What was told.
    pub(super) deliveries: &'a [StoredDelivery],
    /// Under which lease.
    pub(super) lease_id: Uuid,
    /// What came of it.
    pub(super) attempt: Attempt,
    /// After what pause the endpoint wants to be asked again.
    pub(super) asked_pause: Option<TimeDelta>,
}

/// Writes it down; whether it was taken.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn record(ctx: &Ctx, tried: &Tried<'_>) -> Result<bool, FlowError> {
    let (now, real_now) = (ctx.now().at, ctx.lease_now().await?);
    let tx = ctx.write().await?;
    let trouble = tried.attempt.trouble;
    // The webhook before its deliveries, as everybody holds them: nobody waits in a circle.
    let Some(webhook) = webhooks::hold(&tx, tried.webhook.id).await? else {
        return Ok(false);
    };
    let jitter = ctx.entropy.fraction();
    let mut recorded = false;
    for delivery in tried.deliveries {
        let settled = settled(delivery, tried, now, real_now, jitter);
        recorded |= webhook_leases::settle(&tx, delivery.id, tried.lease_id, &settled).await?;
    }
    // Another instance has taken over: its word holds.
    if recorded {
        match trouble {
            None => webhooks::set_failing(&tx, tried.webhook.id, None).await?,
            Some(trouble) => note_failing(ctx, &tx, &webhook, trouble, real_now).await?,
        }
    }
    tx.commit().await?;
    let outcome = trouble.map_or("delivered", DeliveryTrouble::as_str);
    metrics::counter!("duban_webhook_tries_total", "outcome" => outcome).increment(1);
    if let Some(trouble) = trouble {
        tracing::info!(
            webhook.id = %tried.webhook.id,
            webhook.name = tried.webhook.name,
            trouble = trouble.as_str(),
            "A webhook did not take what it was told"
        );
    }
    Ok(trouble.is_none())
}

fn settled(
    delivery: &StoredDelivery,
    tried: &Tried<'_>,
    now: DateTime<Utc>,
    real_now: DateTime<Utc>,
    jitter: f64,
) -> DeliverySettled {
    let tries = delivery.tries.saturating_add(1);
    let mut attempts = delivery.attempts.clone();
    attempts.push(tried.attempt.clone());
    let surplus = attempts.len().saturating_sub(ATTEMPTS_KEPT);
    attempts.drain(..surplus);
    let trouble = tried.attempt.trouble;
    let pause = match trouble {
        None | Some(DeliveryTrouble::Gone) => None,
        Some(_) => next_pause(tries, tried.asked_pause, jitter),
    };
    let state = match (trouble, pause) {
        (None, _) => DeliveryState::Delivered,
        (Some(_), Some(_)) => DeliveryState::Waiting,
        (Some(_), None) => DeliveryState::Failed,
    };
    DeliverySettled {
        state,
        trouble,
        tries,
        attempts,
        retry_at: pause.map(|pause| real_now + pause),
        settled_at: (state != DeliveryState::Waiting).then_some(now),
    }
}

/// Notes that nothing gets through; an endpoint that is gone, or that has failed for days, is switched off, and what it
/// still was to be told is given up.
async fn note_failing(
    ctx: &Ctx,
    tx: &WriteTx,
    webhook: &StoredWebhook,
    trouble: DeliveryTrouble,
    real_now: DateTime<Utc>,
) -> Result<(), FlowError> {
    let (id, now) = (webhook.id, ctx.now().at);
    webhooks::set_failing(tx, id, Some(real_now)).await?;
    let since = webhook.failing_since_at;
    let has_failed_long = since.is_some_and(|since| real_now - since >= FAILING_FOR);
    let reason = match (trouble, has_failed_long) {
        (DeliveryTrouble::Gone, _) => OffReason::Gone,
        (_, true) => OffReason::Failing,
        (_, false) => return Ok(()),
    };
    if webhooks::switch_off(tx, id, reason, now).await? {
        let given_up =
            webhook_deliveries::give_up_waiting(tx, id, DeliveryTrouble::SwitchedOff, now).await?;
        let name = &webhook.name;
        let entry = AuditEntry::done("switch_webhook_off", Resource::Webhooks, id.0, name);
        tx.audit(entry.after(serde_json::json!({ "off_reason": reason, "given_up": given_up })));
        tell_webhook_off(ctx, tx, webhook, reason, given_up).await?;
        tracing::warn!(
            webhook.id = %id,
            webhook.name = name,
            reason = reason.as_str(),
            given_up,
            "Switched a webhook off"
        );
    }
    Ok(())
}
