//! Supplies the workers of a run: claims what is due while there is room, as fast as the lanes allow, and takes back what
//! workers that are gone have left.

use crate::crash_point::crash_point;
use crate::domain::email_address::domain_of_normalized;
use crate::domain::ids::MailId;
use crate::domain::mail_pace::room;
use crate::flow::deliver_mail::{Held, Queue, Run};
use crate::flow::hand_over_mail::build;
use crate::flow::record_deliveries::Recorder;
use crate::flow::refresh_mails::{past_of, take_out};
use crate::flow::{FlowError, lock};
use crate::storage::due_mails::{self, Domains, Wanted};
use crate::storage::mail_lanes::{self, Lane, Moment};
use crate::storage::outbox::StoredMail;
use crate::storage::outbox_leases::{self, Lease};
use crate::storage::{WriteTx, mail_files, new_id};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// Mails taken at a time.
const CLAIM: u64 = 200;

/// How often mails of workers that are gone are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// How soon new mails are looked for while some are still on their way.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Outcome of looking for mails.
enum Claimed {
    Mails,
    Nothing,
    /// One mail at a time until the server takes one.
    Probe,
    /// The server is held up.
    HeldUp,
}

impl Run {
    /// Supplies mails until none is due and none on its way, or the run is over.
    pub(super) async fn supply(&self, recorder: Recorder) -> Result<(), FlowError> {
        let supplied = self.supply_all().await;
        self.queue().is_closed = true;
        self.mails.notify_waiters();
        if self.is_over() {
            // Others need not wait for a server that is silent about a mail which is on its way.
            let waiting = std::mem::take(&mut self.queue().waiting);
            self.put_back(&recorder, waiting);
        }
        supplied
    }

    async fn supply_all(&self) -> Result<(), FlowError> {
        let is_idle = |queue: &Queue| queue.waiting.is_empty() && queue.busy == 0;
        let has_room = |queue: &Queue| queue.waiting.len() < self.low();
        while !self.is_over() {
            if !has_room(&self.queue()) {
                self.take_back().await?;
                self.wait_until(has_room, SWEEP_EVERY).await;
                continue;
            }
            match self.claim_more().await? {
                Claimed::Mails => self.wait_until(has_room, SWEEP_EVERY).await,
                Claimed::Probe => self.wait_until(is_idle, SWEEP_EVERY).await,
                Claimed::HeldUp => break,
                Claimed::Nothing => {
                    if is_idle(&self.queue()) {
                        break;
                    }
                    self.wait_until(is_idle, LOOK_AGAIN).await;
                }
            }
        }
        self.note_recovery().await
    }

    /// Waits until the queue is as wanted, the run is over, or the time is up.
    async fn wait_until(&self, is_wanted: impl Fn(&Queue) -> bool, patience: Duration) {
        let until = Instant::now() + patience;
        while !self.is_over() && !is_wanted(&self.queue()) {
            tokio::select! {
                biased;
                () = self.room.notified() => {}
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep_until(until) => return,
            }
        }
    }

    async fn claim_more(&self) -> Result<Claimed, FlowError> {
        let ctx = &self.ctx;
        let caps = &ctx.settings.mail_caps;
        let lease = Lease {
            id: new_id(),
            now: self.ask_real_now().await?,
        };
        let tx = ctx.write().await?;
        self.sweep(&tx, lease.now).await?;
        let lanes = mail_lanes::of_server(&tx, &self.server, caps.count()).await?;
        let server = lanes.get(&self.server);
        let is_troubled = server.is_some_and(|lane| lane.trouble.is_some());
        let mut is_probe = is_troubled && self.only.is_none();
        self.is_probing.store(is_troubled, Ordering::Relaxed);
        if is_probe && self.server_works.load(Ordering::Relaxed) {
            mail_lanes::clear(&tx, &self.server).await?;
            is_probe = false;
            self.is_probing.store(false, Ordering::Relaxed);
        }
        if is_probe && !self.is_first && server.is_some_and(|lane| lane.is_held(lease.now)) {
            tx.commit().await?;
            return Ok(Claimed::HeldUp);
        }
        if is_probe && self.queue().busy > 0 {
            tx.commit().await?;
            return Ok(Claimed::Probe);
        }
        let limit = if is_probe { 1 } else { CLAIM };
        let mails = self.claim_by_lanes(&tx, &lease, &lanes, limit).await?;
        let mails = self.without_answered(&tx, &lease, mails).await?;
        tx.commit().await?;
        crash_point("claim");
        if mails.is_empty() {
            return Ok(Claimed::Nothing);
        }
        self.hold(lease.id, mails.len());
        let ids: Vec<MailId> = mails.iter().map(|mail| mail.id).collect();
        let mut files = mail_files::of_mails(&ctx.db, &ids).await?;
        let held = mails.into_iter().map(|mail| Held {
            files: files.remove(&mail.id).unwrap_or_default(),
            built: None,
            domain: domain_of_normalized(&mail.address).to_owned(),
            lease: lease.id,
            mail,
        });
        let held = self.build_all(held.collect()).await?;
        self.queue().waiting.extend(held);
        self.mails.notify_waiters();
        Ok(if is_probe {
            Claimed::Probe
        } else {
            Claimed::Mails
        })
    }

    /// Builds the messages beside the workers' task, which has enough to do with the server.
    async fn build_all(&self, mut held: Vec<Held>) -> Result<Vec<Held>, FlowError> {
        let settings = self.ctx.settings.clone();
        let building = tokio::spawn(async move {
            for one in held.iter_mut().filter(|one| one.files.is_empty()) {
                one.built = Some(build(&settings, &one.mail, &[]));
                tokio::task::yield_now().await;
            }
            held
        });
        let built = AbortOnDropHandle::new(building).await;
        built.map_err(|error| FlowError::Interrupted(format!("邮件生成中断：{error}")))
    }

    /// Claims for each lane as much as there is room for, and counts it.
    async fn claim_by_lanes(
        &self,
        tx: &WriteTx,
        lease: &Lease,
        lanes: &HashMap<String, Lane>,
        limit: u64,
    ) -> Result<Vec<StoredMail>, FlowError> {
        let ctx = &self.ctx;
        let (now, caps) = (ctx.now(), &ctx.settings.mail_caps);
        let moment = Moment {
            real_now: lease.now,
            day: ctx.settings.zone.local(lease.now).date(),
        };
        let in_minute = |lane: Option<&Lane>| lane.map_or(0, |lane| lane.in_minute(moment));
        let server = lanes.get(&self.server);
        let on_day = server.map_or(0, |lane| lane.on_day(moment));
        let mut left = limit
            .min(room(caps.per_minute, in_minute(server)))
            .min(room(caps.per_day, on_day));
        let wanted = |limit: u64, to: Domains| Wanted {
            only: self.only,
            now: now.at,
            limit,
            only_any_hour: !ctx
                .settings
                .window
                .is_open(now.local, &self.calendar.holidays),
            to,
        };
        let held_up = match self.only {
            Some(_) => Vec::new(),
            None => self.held_up(lanes, lease.now),
        };
        let mut apart = held_up.clone();
        apart.extend(caps.domains.keys().cloned());
        let mut mails = Vec::new();
        if left > 0 {
            let others = wanted(left, Domains::AllBut(apart));
            mails = due_mails::claim(tx, lease, &others).await?;
            left = left.saturating_sub(mails.len() as u64);
        }
        for (domain, cap) in &caps.domains {
            let lane = self.lane_of(domain);
            let before = lanes.get(&lane);
            let limit = left.min(room(cap.per_minute, in_minute(before)));
            if limit == 0 || held_up.contains(domain) {
                continue;
            }
            let only = wanted(limit, Domains::Only(domain.clone()));
            let theirs = due_mails::claim(tx, lease, &only).await?;
            if cap.per_minute.is_some() && !theirs.is_empty() {
                let count = u32::try_from(theirs.len()).unwrap_or(u32::MAX);
                mail_lanes::count(tx, &lane, before, count, moment).await?;
            }
            left = left.saturating_sub(theirs.len() as u64);
            mails.extend(theirs);
        }
        if caps.count() && !mails.is_empty() {
            let count = u32::try_from(mails.len()).unwrap_or(u32::MAX);
            mail_lanes::count(tx, &self.server, server, count, moment).await?;
        }
        Ok(mails)
    }

    /// Takes what was answered while a mail was on its way out of its second try: the answer could not do it, since the
    /// mail had begun to leave.
    async fn without_answered(
        &self,
        tx: &WriteTx,
        lease: &Lease,
        mut mails: Vec<StoredMail>,
    ) -> Result<Vec<StoredMail>, FlowError> {
        let tried = mails.iter().filter(|mail| mail.attempts > 0);
        let tried: Vec<MailId> = tried.map(|mail| mail.id).collect();
        if tried.is_empty() {
            return Ok(mails);
        }
        let past = past_of(tx, &tried).await?;
        if !past.is_empty() {
            let (ctx, now) = (&self.ctx, self.ctx.now());
            take_out(ctx, tx, &self.calendar, now, &past, "answered").await?;
            let held = outbox_leases::held_under(tx, lease.id).await?;
            mails.retain(|mail| held.contains(&mail.id));
        }
        Ok(mails)
    }

    /// Domains that are held up now; remembers those that have to show that they are well again.
    fn held_up(
        &self,
        lanes: &HashMap<String, Lane>,
        real_now: chrono::DateTime<chrono::Utc>,
    ) -> Vec<String> {
        let of_domain = |name: &str| name.strip_prefix(&self.lane_of("")).map(str::to_owned);
        let troubled = lanes.values().filter(|lane| lane.trouble.is_some());
        let mut held_up = Vec::new();
        for lane in troubled {
            if let Some(domain) = of_domain(&lane.name) {
                if lane.is_held(real_now) {
                    held_up.push(domain.clone());
                }
                lock(&self.troubled).insert(domain);
            }
        }
        held_up
    }

    /// The name of a domain's lane on this server.
    pub(super) fn lane_of(&self, domain: &str) -> String {
        format!("{} {domain}", self.server)
    }

    /// Takes back what workers that are gone have left, unless it was just done.
    async fn take_back(&self) -> Result<(), FlowError> {
        let now = self.ask_real_now().await?;
        let tx = self.ctx.write().await?;
        self.sweep(&tx, now).await?;
        Ok(tx.commit().await?)
    }

    async fn sweep(
        &self,
        tx: &WriteTx,
        real_now: chrono::DateTime<chrono::Utc>,
    ) -> Result<(), FlowError> {
        let is_due = lock(&self.swept).is_none_or(|swept| swept.elapsed() >= SWEEP_EVERY);
        if !is_due {
            return Ok(());
        }
        let (requeued, unknown) = outbox_leases::sweep(tx, real_now, &self.held_leases()).await?;
        *lock(&self.swept) = Some(Instant::now());
        if requeued + unknown > 0 {
            tracing::warn!(
                mails.requeued = requeued,
                mails.unknown = unknown,
                "Took back mails of a worker that is gone"
            );
        }
        Ok(())
    }

    /// Notes lanes that work again.
    async fn note_recovery(&self) -> Result<(), FlowError> {
        let mut well: Vec<String> = {
            let mut recovered = lock(&self.recovered);
            recovered
                .drain()
                .map(|domain| self.lane_of(&domain))
                .collect()
        };
        let is_well =
            self.server_works.load(Ordering::Relaxed) && !self.is_halted.load(Ordering::Relaxed);
        if is_well && self.is_probing.load(Ordering::Relaxed) {
            well.push(self.server.clone());
        }
        if well.is_empty() {
            return Ok(());
        }
        let tx = self.ctx.write().await?;
        for lane in &well {
            if mail_lanes::clear(&tx, lane).await? {
                tracing::info!(lane, "Sending goes on");
            }
        }
        Ok(tx.commit().await?)
    }
}
