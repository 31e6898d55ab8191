//! deliveries → endpoints. Each webhook has a worker of its own, so that one that is slow holds up no other; what it claims
//! is held under a lease, sent outside any transaction, and recorded after the answer. Whoever is killed in between sends it
//! again, with the same id: at least once, never silently not.

use crate::domain::ids::WebhookId;
use crate::domain::locale::Locale;
use crate::domain::webhook::{DeliveryTrouble, ROBOT_PAUSE};
use crate::domain::webhook_event::Event;
use crate::domain::webhook_signature::standard_signatures;
use crate::domain::webhook_target::Target;
use crate::flow::record_webhook_attempts::{Tried, record};
use crate::flow::{Ctx, FlowError, Progress};
use crate::storage::new_id;
use crate::storage::webhook_deliveries::{Attempt, StoredDelivery};
use crate::storage::webhook_leases::{self, DeliveryLease};
use crate::storage::webhooks::{self, StoredWebhook};
use crate::webhook::caller::{Outgoing, Trouble, post};
use crate::webhook::judge::judge;
use crate::webhook::robot::message;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Deliveries to a program that are claimed together, and requests to it at the same time. All of them end before the lease
/// does: twice the time that a request may take.
const CLAIM: u64 = 8;
const AT_ONCE: usize = 4;

/// Deliveries to a robot that are one message.
const CLAIM_OF_ROBOT: u64 = 100;

/// Where nobody is there, what was claimed besides waits this long: it would fare no better.
const HELD_BACK: TimeDelta = TimeDelta::minutes(1);

/// How often it is asked whether others have something to be sent, while some are busy.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Sends what is due until nothing is left, or `stop` is asked for (then what is being sent is finished).
///
/// # Errors
/// [`FlowError`].
pub async fn deliver_webhooks(ctx: &Ctx, stop: &CancellationToken) -> Result<Progress, FlowError> {
    let mut progress = Progress::default();
    if !ctx.settings.webhooks.sends {
        return Ok(progress);
    }
    let calendar = ctx.calendar().await?;
    let mut workers: JoinSet<(WebhookId, Result<usize, FlowError>)> = JoinSet::new();
    // Who is served, or was and had nothing that could be sent: each is served once in a run, or as long as there is more.
    let mut seen: HashSet<WebhookId> = HashSet::new();
    loop {
        if !stop.is_cancelled() {
            let open = ctx
                .settings
                .window
                .is_open(ctx.now().local, &calendar.holidays);
            let due = webhook_leases::with_due(&ctx.db, ctx.lease_now().await?, open).await?;
            for id in due.into_iter().filter(|id| seen.insert(*id)) {
                let (ctx, stop) = (ctx.clone(), stop.clone());
                workers.spawn(async move { (id, serve(&ctx, id, &stop).await) });
            }
        }
        match tokio::time::timeout(LOOK_EVERY, workers.join_next()).await {
            Err(_) => {}
            Ok(None) => return Ok(progress),
            Ok(Some(Ok((id, Ok(sent))))) => {
                progress.done += sent;
                if sent > 0 {
                    seen.remove(&id);
                }
            }
            Ok(Some(Ok((id, Err(error))))) => {
                tracing::error!(webhook.id = %id, %error, "A webhook could not be served");
            }
            Ok(Some(Err(error))) => tracing::error!(%error, "The worker of a webhook broke off"),
        }
    }
}

/// Sends what one webhook is to be told, until nothing is due or nothing gets through; how many it took.
async fn serve(ctx: &Ctx, id: WebhookId, stop: &CancellationToken) -> Result<usize, FlowError> {
    let mut sent = 0;
    while !stop.is_cancelled() {
        let Some(batch) = Batch::claim(ctx, id).await? else {
            break;
        };
        let taken = match batch.webhook.kind.is_robot() {
            true => batch.send_together(ctx).await?,
            false => batch.send_each(ctx, stop).await?,
        };
        sent += taken;
        if taken < batch.deliveries.len() {
            break;
        }
    }
    Ok(sent)
}

/// Deliveries of a webhook that are held together.
struct Batch {
    webhook: StoredWebhook,
    deliveries: Vec<StoredDelivery>,
    lease: DeliveryLease,
}

impl Batch {
    /// Claims what is due; `None` where nothing is, or it is somebody else's turn.
    async fn claim(ctx: &Ctx, id: WebhookId) -> Result<Option<Self>, FlowError> {
        let lease = DeliveryLease {
            id: new_id(),
            now: ctx.lease_now().await?,
        };
        let tx = ctx.write().await?;
        let webhook = webhooks::get(&tx, id).await?;
        let Some(webhook) = webhook.filter(|one| one.off.is_none()) else {
            return Ok(None);
        };
        let is_robot = webhook.kind.is_robot();
        let next = lease.now + ROBOT_PAUSE;
        if is_robot && !webhooks::take_turn(&tx, id, lease.now, next).await? {
            return Ok(None);
        }
        let most = match is_robot {
            true => CLAIM_OF_ROBOT,
            false => CLAIM,
        };
        let deliveries = webhook_leases::claim(&tx, id, &lease, most).await?;
        if deliveries.is_empty() {
            return Ok(None);
        }
        tx.commit_unseen().await?;
        Ok(Some(Self {
            webhook,
            deliveries,
            lease,
        }))
    }

    /// Sends each as a request of its own; how many were taken.
    async fn send_each(&self, ctx: &Ctx, stop: &CancellationToken) -> Result<usize, FlowError> {
        let nobody_there = AtomicBool::new(false);
        let mut sending = Vec::with_capacity(self.deliveries.len());
        for delivery in &self.deliveries {
            sending.push(self.send_one(ctx, delivery, &nobody_there, stop));
        }
        let told: Vec<Result<Option<bool>, FlowError>> = futures_util::stream::iter(sending)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut taken = 0;
        let mut is_left = false;
        for one in told {
            match one? {
                Some(true) => taken += 1,
                Some(false) => {}
                None => is_left = true,
            }
        }
        if is_left {
            let wait = nobody_there.into_inner().then_some(HELD_BACK);
            let retry_at = wait.map(|wait| self.lease.now + wait);
            let tx = ctx.write().await?;
            webhook_leases::give_back(&tx, self.lease.id, retry_at).await?;
            tx.commit().await?;
        }
        Ok(taken)
    }

    /// Sends one of several; whether it was taken, `None` where it was not tried.
    async fn send_one(
        &self,
        ctx: &Ctx,
        delivery: &StoredDelivery,
        nobody_there: &AtomicBool,
        stop: &CancellationToken,
    ) -> Result<Option<bool>, FlowError> {
        if nobody_there.load(Ordering::Relaxed) || stop.is_cancelled() {
            return Ok(None);
        }
        let (attempt, asked_pause) = self.send(ctx, Sending::One(delivery)).await?;
        if attempt.trouble.is_some_and(DeliveryTrouble::is_of_the_way) {
            nobody_there.store(true, Ordering::Relaxed);
        }
        let tried = Tried {
            webhook: &self.webhook,
            deliveries: std::slice::from_ref(delivery),
            lease_id: self.lease.id,
            attempt,
            asked_pause,
        };
        record(ctx, &tried).await.map(Some)
    }

    /// Sends all in one message; how many were taken: all or none.
    async fn send_together(&self, ctx: &Ctx) -> Result<usize, FlowError> {
        let (attempt, asked_pause) = self.send(ctx, Sending::All(&self.deliveries)).await?;
        let tried = Tried {
            webhook: &self.webhook,
            deliveries: &self.deliveries,
            lease_id: self.lease.id,
            attempt,
            asked_pause,
        };
        Ok(match record(ctx, &tried).await? {
            true => self.deliveries.len(),
            false => 0,
        })
    }

    /// One request, and what came of it.
    async fn send(
        &self,
        ctx: &Ctx,
        what: Sending<'_>,
    ) -> Result<(Attempt, Option<TimeDelta>), FlowError> {
        let outward = &ctx.settings.webhooks;
        let at = ctx.lease_now().await?;
        let started = Instant::now();
        let target = Target::parse(&self.webhook.url.0, &outward.intranet);
        let answer = match &target {
            Ok(target) => post(outward, self.outgoing(ctx, target, what, at)).await,
            Err(wrong) => Err(Trouble::new(DeliveryTrouble::AddressRefused, wrong)),
        };
        let verdict = judge(self.webhook.kind, answer, at);
        let (trouble, said) = verdict.trouble.map(|one| (one.kind, one.detail)).unzip();
        let detail = said.map(|said| self.without_secrets(&said, target.as_ref().ok()));
        let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let attempt = Attempt {
            at,
            status: verdict.status,
            duration_ms: took,
            trouble,
            detail,
        };
        Ok((attempt, verdict.asked_pause))
    }

    fn outgoing<'a>(
        &self,
        ctx: &Ctx,
        target: &'a Target,
        what: Sending<'_>,
        at: DateTime<Utc>,
    ) -> Outgoing<'a> {
        match what {
            Sending::One(delivery) => {
                let (id, timestamp) = (message_id(delivery), at.timestamp());
                let secrets = self.webhook.secrets_at(at);
                let signed = standard_signatures(secrets, &id, timestamp, &delivery.body);
                Outgoing {
                    target,
                    query: Vec::new(),
                    headers: vec![
                        ("webhook-id", id),
                        ("webhook-timestamp", timestamp.to_string()),
                        ("webhook-signature", signed),
                    ],
                    body: delivery.body.clone(),
                }
            }
            Sending::All(deliveries) => {
                let events: Vec<Event> = deliveries
                    .iter()
                    .filter_map(|one| serde_json::from_str(&one.body).ok())
                    .collect();
                let locale = Locale::of_tag(&ctx.settings.locale);
                let secret = self.webhook.secret.as_ref();
                let at = at.timestamp_millis();
                let message = message(self.webhook.kind, secret, &events, locale, at);
                Outgoing {
                    target,
                    query: message.query,
                    headers: Vec::new(),
                    body: message.body,
                }
            }
        }
    }

    /// What was said of a try, without what nobody is to read in a log.
    fn without_secrets(&self, said: &str, target: Option<&Target>) -> String {
        let said = target.map_or_else(|| said.to_owned(), |target| target.without_keys(said));
        match &self.webhook.secret {
            Some(secret) if !secret.expose().is_empty() => said.replace(secret.expose(), "***"),
            _ => said,
        }
    }
}

/// What goes into one request.
#[derive(Clone, Copy)]
enum Sending<'a> {
    One(&'a StoredDelivery),
    All(&'a [StoredDelivery]),
}

/// The id by which a receiver tells repeats: that of the delivery.
fn message_id(delivery: &StoredDelivery) -> String {
    format!("msg_{}", delivery.id.0.simple())
}
