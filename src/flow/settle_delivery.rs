//! What follows from the outcome of one try: the mail's next state, and what it says of the server and of the pace.

use crate::domain::mail_pace::Trouble;
use crate::domain::mail_state::MailState;
use crate::domain::retry::next_delay;
use crate::flow::deliver_mail::{Held, Run};
use crate::flow::keep_pace::hold_lane;
use crate::flow::lock;
use crate::flow::record_deliveries::{Record, Recorder, Turn};
use crate::mail::outcome::Delivery;
use crate::mail::reason::{Reason, ReasonCode, Stage};
use crate::storage::outbox_leases::Settled;
use chrono::TimeDelta;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Mails to different recipients at which the server must find fault with our own address before we believe that it means
/// all mails: some servers say so of a recipient's own rules.
const SENDER_REFUSED: usize = 3;

/// Refusals in a row for going too fast after which a domain rests, and those after which all mail rests.
const TOO_FAST_FOR_DOMAIN: u32 = 5;
const TOO_FAST_FOR_ALL: u32 = 10;

/// Letters in a row of which the server has not said whether it took them, after which all mail rests.
const UNANSWERED: u32 = 3;

/// Tries of a mail that the server calls too large, or a mailbox too full, for good.
const STORAGE_TRIES: u32 = 2;

impl Run {
    /// Records the outcome of a try, and draws the consequences.
    pub(super) async fn conclude(
        &self,
        worker: usize,
        recorder: &Recorder,
        held: &Held,
        delivery: Delivery,
    ) {
        if let Delivery::QueueStopped { reason } = &delivery
            && reason.stage() == Stage::Recipient
        {
            lock(&self.sender_refused).insert(held.mail.id);
        }
        let (settled, turn) = match &delivery {
            Delivery::Deferred { reason, .. } if reason.stage().is_before_mail() => (
                settled(MailState::Queued, Some(reason), None),
                Turn::DoesNotCount,
            ),
            Delivery::QueueStopped { reason } if self.concerns_all(reason) => (
                settled(MailState::Queued, Some(reason), None),
                Turn::DoesNotCount,
            ),
            Delivery::QueueStopped { reason } => (self.put_off(held, reason, None), Turn::Counts),
            Delivery::Deferred { reason, hint } => {
                (self.put_off(held, reason, *hint), Turn::Counts)
            }
            Delivery::Failed { reason } => {
                (settled(MailState::Failed, Some(reason), None), Turn::Counts)
            }
            Delivery::Unknown { reason } => (
                settled(MailState::Unknown, Some(reason), None),
                Turn::DoesNotCount,
            ),
            Delivery::Sent { reply } => (
                Settled {
                    sent_at: Some(self.ctx.clock.now()),
                    ..settled(MailState::Sent, None, Some(reply.clone()))
                },
                Turn::DoesNotCount,
            ),
        };
        let outcome = match settled.state {
            MailState::Queued => "given_back",
            state => state.as_str(),
        };
        metrics::counter!("duban_mails_total", "outcome" => outcome).increment(1);
        recorder.record(Record {
            id: held.mail.id,
            lease: held.lease,
            settled,
            turn,
        });
        self.draw_consequences(worker, recorder, held, &delivery)
            .await;
    }

    /// A mail that is tried again later, or given up.
    fn put_off(&self, held: &Held, reason: &Reason, hint: Option<Duration>) -> Settled {
        let mail = &held.mail;
        let real_now = self.real_now();
        let hint = hint.and_then(|hint| TimeDelta::from_std(hint).ok());
        let tries = u32::try_from(mail.attempts).unwrap_or(0).saturating_add(1);
        let age = (real_now - mail.made_at).max(TimeDelta::zero());
        let is_hopeless = reason.code() == ReasonCode::StorageExceeded
            && reason.reply_code().is_some_and(|code| code >= 500)
            && tries >= STORAGE_TRIES;
        let delay = next_delay(tries, age, hint, self.ctx.entropy.fraction());
        match delay.filter(|_| !is_hopeless) {
            Some(delay) => Settled {
                retry_at: Some(real_now + delay),
                ..settled(MailState::Deferred, Some(reason), None)
            },
            None => settled(MailState::Failed, Some(reason), None),
        }
    }

    /// Whether the server's refusal of ourselves is to be believed of every mail.
    fn concerns_all(&self, reason: &Reason) -> bool {
        reason.stage() != Stage::Recipient || lock(&self.sender_refused).len() >= SENDER_REFUSED
    }

    async fn draw_consequences(
        &self,
        worker: usize,
        recorder: &Recorder,
        held: &Held,
        delivery: &Delivery,
    ) {
        match delivery {
            Delivery::Sent { .. } => {
                self.sent.fetch_add(1, Ordering::Relaxed);
                self.went_well(held);
            }
            Delivery::QueueStopped { reason } => {
                if self.concerns_all(reason) {
                    self.hold_server(Trouble::Refused, reason, None).await;
                }
            }
            Delivery::Deferred { reason, hint } if reason.stage().is_before_mail() => {
                self.ctx.pace.connections().leave_one();
                // While there is another connection, the server has no room for this one. Else it is away.
                if !self.leave_seat(worker) {
                    let trouble = match reason.code() {
                        ReasonCode::RateLimited => Trouble::RateLimited,
                        _ => Trouble::Away,
                    };
                    self.hold_server(trouble, reason, *hint).await;
                }
            }
            Delivery::Deferred { reason, hint } if reason.code() == ReasonCode::RateLimited => {
                self.goes_too_fast(recorder, held, reason, *hint).await;
            }
            Delivery::Deferred { reason, .. } | Delivery::Failed { reason } => {
                if reason.reply_code().is_some() {
                    self.server_works.store(true, Ordering::Relaxed);
                }
            }
            Delivery::Unknown { reason } => {
                // One may be an accident. A server that takes letter after letter and never says so gets every mail twice.
                let in_a_row = self.unanswered.fetch_add(1, Ordering::Relaxed) + 1;
                if in_a_row >= UNANSWERED {
                    self.hold_server(Trouble::Away, reason, None).await;
                }
            }
        }
    }

    /// The server has taken a mail: whatever was wrong before is over.
    fn went_well(&self, held: &Held) {
        self.server_works.store(true, Ordering::Relaxed);
        self.all_too_fast.store(0, Ordering::Relaxed);
        self.unanswered.store(0, Ordering::Relaxed);
        lock(&self.sender_refused).clear();
        lock(&self.too_fast).remove(&held.domain);
        if lock(&self.troubled).remove(&held.domain) {
            lock(&self.recovered).insert(held.domain.clone());
        }
        if self.ctx.pace.connections().went_well() {
            self.mails.notify_waiters();
        }
    }

    /// The provider's limit: fewer connections, and after several refusals in a row a rest.
    async fn goes_too_fast(
        &self,
        recorder: &Recorder,
        held: &Held,
        reason: &Reason,
        hint: Option<Duration>,
    ) {
        self.ctx.pace.connections().slow_down();
        self.mails.notify_waiters();
        let altogether = self.all_too_fast.fetch_add(1, Ordering::Relaxed) + 1;
        let of_domain = {
            let mut too_fast = lock(&self.too_fast);
            let count = too_fast.entry(held.domain.clone()).or_default();
            *count += 1;
            *count
        };
        // Before a recipient is named, and after refusals to many domains, it is our own account that is over its limit.
        if reason.stage() == Stage::Sender || altogether >= TOO_FAST_FOR_ALL {
            self.hold_server(Trouble::RateLimited, reason, hint).await;
        } else if of_domain >= TOO_FAST_FOR_DOMAIN {
            lock(&self.too_fast).remove(&held.domain);
            self.hold_domain(recorder, &held.domain, reason, hint).await;
        }
    }

    /// Nothing more is tried in this run, nor in any other until the pause is over.
    async fn hold_server(&self, trouble: Trouble, reason: &Reason, hint: Option<Duration>) {
        if !self.halt() || self.only.is_some() {
            return;
        }
        let server = self.server.clone();
        self.hold_up(&server, trouble, reason, hint).await;
    }

    /// Nothing more goes to a domain until the pause is over; its mails are given back.
    async fn hold_domain(
        &self,
        recorder: &Recorder,
        domain: &str,
        reason: &Reason,
        hint: Option<Duration>,
    ) {
        let lane = self.lane_of(domain);
        self.hold_up(&lane, Trouble::RateLimited, reason, hint)
            .await;
        lock(&self.troubled).insert(domain.to_owned());
        self.put_back(recorder, self.forgo(domain));
    }

    async fn hold_up(&self, lane: &str, trouble: Trouble, reason: &Reason, hint: Option<Duration>) {
        let hint = hint.and_then(|hint| TimeDelta::from_std(hint).ok());
        let now = self.real_now();
        if let Err(error) = hold_lane(&self.ctx, lane, (trouble, reason), hint, now).await {
            tracing::warn!(%error, lane, "Could not record that sending pauses");
        }
    }
}

fn settled(state: MailState, reason: Option<&Reason>, reply: Option<String>) -> Settled {
    Settled {
        state,
        reason: reason.map(|reason| reason.code().as_str().to_owned()),
        reply: reply.or_else(|| reason.map(|reason| reason.detail().to_owned())),
        retry_at: None,
        sent_at: None,
    }
}
