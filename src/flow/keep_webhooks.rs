//! Webhooks: made, changed, given another secret, taken away. A secret of ours is told once; what a person gave, or what may
//! be a key in an address, is told never.

use crate::domain::ids::WebhookId;
use crate::domain::resource::Resource;
use crate::domain::webhook::{DeliveryTrouble, EventType, OffReason, WebhookKind};
use crate::domain::webhook_signature::SigningSecret;
use crate::domain::webhook_target::Target;
use crate::entropy::Entropy;
use crate::flow::manage_users::refuse_stale;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::webhooks::{self, HiddenUrl, StoredWebhook};
use crate::storage::{WriteTx, new_id, webhook_deliveries};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// There are no more: each is told in the transaction in which something happens.
const MOST_WEBHOOKS: usize = 50;

/// How long requests are signed with the former secret too.
const FORMER_GOOD: TimeDelta = TimeDelta::hours(24);

/// A webhook as wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookWanted {
    /// What people call it.
    pub name: String,
    /// Where it is told.
    pub url: HiddenUrl,
    /// In which form.
    pub kind: WebhookKind,
    /// Which event types.
    pub events: Vec<EventType>,
    /// The secret that a robot's platform gave.
    pub secret: Option<SigningSecret>,
}

/// Makes a webhook. A standard one has its secret in the answer, and only there.
///
/// # Errors
/// [`FlowError::Refused`] naming the field: an address to which nothing may be sent, no event, a secret where none belongs.
pub async fn make_webhook(ctx: &Ctx, wanted: WebhookWanted) -> Result<StoredWebhook, FlowError> {
    let target = target(ctx, &wanted.url.0)?;
    let events = chosen(wanted.events)?;
    let secret = match wanted.kind {
        WebhookKind::Standard if wanted.secret.is_some() => {
            return Err(no_secret_here("标准格式的密钥由系统生成，请不要填写"));
        }
        WebhookKind::Standard => Some(SigningSecret::of_bytes(Entropy::secret()?)),
        kind => secret_of_robot(kind, wanted.secret)?,
    };
    let now = ctx.now().at;
    let webhook = StoredWebhook {
        id: WebhookId(new_id()),
        name: wanted.name,
        url: HiddenUrl(target.expose().to_owned()),
        kind: wanted.kind,
        events,
        off: None,
        since_at: now,
        failing_since_at: None,
        secret,
        former: None,
        made_by: ctx.actor.name().to_owned(),
        made_at: now,
    };
    let tx = ctx.write().await?;
    if webhooks::count(&tx).await? >= MOST_WEBHOOKS {
        let text = format!("最多 {MOST_WEBHOOKS} 个事件推送，请先删除不再使用的");
        return Err(FlowError::refused(RefusalCode::QuotaExceeded, text));
    }
    webhooks::insert(&tx, &webhook).await?;
    tx.audit(audited("make_webhook", ctx, &webhook).after(told(ctx, &webhook)));
    tx.commit().await?;
    Ok(webhook)
}

/// What is to be changed of a webhook; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookChange {
    /// What people call it.
    pub name: Option<String>,
    /// Where it is told.
    pub url: Option<HiddenUrl>,
    /// Which event types.
    pub events: Option<Vec<EventType>>,
    /// Whether it is on.
    pub enabled: Option<bool>,
    /// The secret that a robot's platform gave; `Some(None)` takes it away.
    pub secret: Option<Option<SigningSecret>>,
}

/// Changes a webhook; `seen` is the change number at which the caller last looked. Switched off, what it still was to be
/// told is given up; switched on, it is told what happens from now on.
///
/// # Errors
/// As [`make_webhook`], and where there is no such webhook or it has changed since.
pub async fn change_webhook(
    ctx: &Ctx,
    id: WebhookId,
    change: WebhookChange,
    seen: Option<i64>,
) -> Result<(), FlowError> {
    let now = ctx.now().at;
    let tx = ctx.write().await?;
    let before = held(&tx, id).await?;
    refuse_stale(&tx, id.0, seen).await?;
    let mut after = before.clone();
    if let Some(name) = change.name {
        after.name = name;
    }
    if let Some(url) = change.url {
        after.url = HiddenUrl(target(ctx, &url.0)?.expose().to_owned());
    }
    if let Some(events) = change.events {
        after.events = chosen(events)?;
    }
    match change.secret {
        None => {}
        Some(_) if before.kind == WebhookKind::Standard => {
            let text = "标准格式的密钥由系统生成，请用“更换密钥”";
            return Err(no_secret_here(text));
        }
        Some(secret) => after.secret = secret_of_robot(before.kind, secret)?,
    }
    match (change.enabled, before.off) {
        (Some(true), Some(_)) => (after.off, after.since_at) = (None, now),
        (Some(false), None) => (after.off, after.since_at) = (Some(OffReason::ByHand), now),
        _ => {}
    }
    if after == before {
        return Ok(());
    }
    if after.url != before.url || (before.off.is_some() && after.off.is_none()) {
        after.failing_since_at = None;
    }
    webhooks::update(&tx, &after).await?;
    if before.off.is_none() && after.off.is_some() {
        webhook_deliveries::give_up_waiting(&tx, id, DeliveryTrouble::SwitchedOff, now).await?;
    }
    let entry = audited("change_webhook", ctx, &after);
    tx.audit(
        entry
            .before(told(ctx, &before))
            .after(changed(ctx, &before, &after)),
    );
    Ok(tx.commit().await?)
}

/// Gives a standard webhook another secret; requests are signed with both for a day. The webhook with its new secret.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such webhook, or its secret is given by a platform.
pub async fn renew_secret(ctx: &Ctx, id: WebhookId) -> Result<StoredWebhook, FlowError> {
    let secret = SigningSecret::of_bytes(Entropy::secret()?);
    let real_now = ctx.lease_now().await?;
    let tx = ctx.write().await?;
    let before = held(&tx, id).await?;
    if before.kind != WebhookKind::Standard {
        let text = "群机器人的密钥由对方平台给出，请在对方平台更换后修改 secret";
        return Err(FlowError::refused(RefusalCode::OutOfOrder, text));
    }
    let former = before.secret.clone();
    let after = StoredWebhook {
        secret: Some(secret),
        former: former.map(|secret| (secret, real_now + FORMER_GOOD)),
        ..before
    };
    webhooks::update(&tx, &after).await?;
    let until = after.former.as_ref().map(|(_, until)| *until);
    let entry = audited("renew_webhook_secret", ctx, &after);
    tx.audit(entry.after(json!({ "former_until_at": until })));
    tx.commit().await?;
    Ok(after)
}

/// Takes a webhook away with everything that it was told; `seen` is the change number at which the caller last looked.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such webhook, or it has changed since.
pub async fn remove_webhook(ctx: &Ctx, id: WebhookId, seen: Option<i64>) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let webhook = held(&tx, id).await?;
    refuse_stale(&tx, id.0, seen).await?;
    webhooks::remove(&tx, id).await?;
    tx.audit(audited("remove_webhook", ctx, &webhook).before(told(ctx, &webhook)));
    Ok(tx.commit().await?)
}

/// The webhook of that id, held until the transaction ends.
///
/// # Errors
/// [`FlowError::Refused`] where there is none.
pub(super) async fn held(tx: &WriteTx, id: WebhookId) -> Result<StoredWebhook, FlowError> {
    webhooks::hold(tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的事件推送"))
    })
}

/// Refuses to send something to a webhook that is off.
pub(super) fn refuse_off(webhook: &StoredWebhook) -> Result<(), FlowError> {
    match webhook.off {
        None => Ok(()),
        Some(reason) => Err(FlowError::refused(
            RefusalCode::OutOfOrder,
            format!("这个事件推送已停用（{}），请先启用", reason.label()),
        )),
    }
}

fn target(ctx: &Ctx, url: &str) -> Result<Target, FlowError> {
    Target::parse(url, &ctx.settings.webhooks.intranet).map_err(|wrong| {
        FlowError::refused_field(RefusalCode::InvalidValue, "url", wrong.to_string())
    })
}

/// The event types, each once and in their order.
fn chosen(mut events: Vec<EventType>) -> Result<Vec<EventType>, FlowError> {
    events.sort_unstable();
    events.dedup();
    let text = match events.iter().all(|event| event.is_chosen()) {
        true if !events.is_empty() => return Ok(events),
        true => "请至少选择一种事件",
        false => "测试不需要选择，可随时发送",
    };
    Err(FlowError::refused_field(
        RefusalCode::InvalidValue,
        "events",
        text,
    ))
}

fn secret_of_robot(
    kind: WebhookKind,
    secret: Option<SigningSecret>,
) -> Result<Option<SigningSecret>, FlowError> {
    match secret.is_some() && !kind.takes_secret() {
        true => Err(no_secret_here("企业微信群机器人没有加签密钥，请不要填写")),
        false => Ok(secret),
    }
}

fn no_secret_here(text: &str) -> FlowError {
    FlowError::refused_field(RefusalCode::InvalidValue, "secret", text)
}

fn audited(action: &'static str, ctx: &Ctx, webhook: &StoredWebhook) -> AuditEntry {
    let target = format!("{} {}", webhook.name, shown_url(ctx, webhook));
    AuditEntry::done(action, Resource::Webhooks, webhook.id.0, target)
}

/// A webhook's address as people may see it.
pub fn shown_url(ctx: &Ctx, webhook: &StoredWebhook) -> String {
    let target = Target::parse(&webhook.url.0, &ctx.settings.webhooks.intranet);
    // One that is no longer allowed is shown by what is wrong with it: it may have a key in it all the same.
    target.map_or_else(|wrong| wrong.to_string(), |target| target.shown())
}

/// What the audit keeps of a webhook: no key.
fn told(ctx: &Ctx, webhook: &StoredWebhook) -> Value {
    json!({
        "name": webhook.name,
        "url": shown_url(ctx, webhook),
        "kind": webhook.kind,
        "events": webhook.events,
        "off_reason": webhook.off,
    })
}

/// The same of a webhook that was changed, with what cannot be told by what is shown.
fn changed(ctx: &Ctx, before: &StoredWebhook, after: &StoredWebhook) -> Value {
    let mut told = told(ctx, after);
    told["url_changed"] = (before.url != after.url).into();
    told["secret_changed"] = (before.secret != after.secret).into();
    told
}
