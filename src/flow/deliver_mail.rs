//! outbox → mail (design §5.3). Claims under a fenced lease, commits `transmitting` before a byte of the letter leaves,
//! sends outside any transaction, and records the outcome after the server's reply.
//!
//! Each connection has its own worker. Mails are supplied while there are any, so that one server's long silence on one
//! connection holds up nothing else. The workers' records go through one recorder, which commits what has gathered in one
//! transaction: the outcome of one mail together with the beginning of the next, and those of all connections at once.

use crate::domain::ids::MailId;
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::hand_over_mail::{Built, HandOver};
use crate::flow::mail_bytes::MailBytes;
use crate::flow::record_deliveries::Recorder;
use crate::flow::{Ctx, FlowError, Progress, lock};
use crate::storage::mail_files::MailFile;
use crate::storage::outbox::StoredMail;
use crate::storage::outbox_leases;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often held leases are renewed.
const RENEW_EVERY: Duration = Duration::from_secs(10);

/// Delivers what is due until nothing is left, the server is held up, or `stop` is asked for (then what is being
/// transmitted is finished and the rest given back).
///
/// # Errors
/// [`FlowError`].
pub async fn deliver_mail(ctx: &Ctx, stop: &CancellationToken) -> Result<Progress, FlowError> {
    deliver(ctx, stop, None).await
}

/// Delivers one mail that somebody waits for, though others have waited longer and sending may be held up: it is how one
/// finds out whether the server works. What goes wrong with it is told of this mail alone.
///
/// # Errors
/// [`FlowError`].
pub async fn deliver_one(
    ctx: &Ctx,
    stop: &CancellationToken,
    id: MailId,
) -> Result<Progress, FlowError> {
    deliver(ctx, stop, Some(id)).await
}

async fn deliver(
    ctx: &Ctx,
    stop: &CancellationToken,
    only: Option<MailId>,
) -> Result<Progress, FlowError> {
    let run = Arc::new(Run::begin(ctx, stop, only).await?);
    let (recorder, recording) = Recorder::start(ctx.clone());
    let over = CancellationToken::new();
    let work = async {
        let (supplied, ()) = tokio::join!(run.supply(recorder.clone()), run.work_all(recorder));
        over.cancel();
        supplied
    };
    let (supplied, ()) = tokio::join!(work, run.renew(&over));
    let recorded = recording.finish().await;
    run.give_back().await?;
    recorded?;
    supplied?;
    Ok(Progress {
        done: run.sent.load(Ordering::Relaxed),
    })
}

/// A mail held under a lease, with what comes with it.
pub(super) struct Held {
    pub(super) mail: StoredMail,
    pub(super) lease: Uuid,
    pub(super) files: Vec<MailFile>,
    /// What is sent; `None` where it has files, which are read when its turn comes.
    pub(super) built: Option<Built>,
    /// Normalised domain of the address.
    pub(super) domain: String,
}

/// What waits for a worker, and what workers are at.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) waiting: VecDeque<Held>,
    pub(super) is_closed: bool,
    /// Mails in workers' hands.
    pub(super) busy: usize,
    /// Those by domain.
    of_domain: HashMap<String, usize>,
    /// Workers that have a connection to the server or are making one, from their first mail on; `true` for those that
    /// are taking leave. A server counts connections, not mails: one that is kept open takes the room of another.
    seats: BTreeMap<usize, bool>,
}

impl Queue {
    fn may_sit(&self, worker: usize, allowed: usize) -> bool {
        self.seats.contains_key(&worker) || self.seats.len() < allowed
    }

    /// Whether a worker has to take leave because fewer connections are allowed; noted then.
    fn must_leave(&mut self, worker: usize, allowed: usize) -> bool {
        let staying = self.seats.values().filter(|leaves| !**leaves).count();
        match self.seats.get_mut(&worker) {
            Some(leaves) if staying > allowed => {
                *leaves = true;
                true
            }
            _ => false,
        }
    }
}

/// What a worker does next.
enum Next {
    HandOver(Box<Held>),
    /// Its connection is one too many.
    TakeLeave,
    Stop,
}

/// One run of delivery.
pub(super) struct Run {
    pub(super) ctx: Ctx,
    pub(super) stop: CancellationToken,
    /// The one mail that this run is about; else all that are due.
    pub(super) only: Option<MailId>,
    pub(super) calendar: Arc<SchoolCalendar>,
    /// The name of the server's lane.
    pub(super) server: String,
    pub(super) is_first: bool,
    pub(super) bytes: MailBytes,
    queue: Mutex<Queue>,
    /// Told when there are mails, and when there will be none.
    pub(super) mails: Notify,
    /// Told when a mail is out of a worker's hands and few wait.
    pub(super) room: Notify,
    leases: Mutex<HashMap<Uuid, usize>>,
    /// Nothing more is tried in this run.
    pub(super) is_halted: AtomicBool,
    pub(super) sent: AtomicUsize,
    /// The server was in trouble when last looked at.
    pub(super) is_probing: AtomicBool,
    /// The server has let a connection in, and heard of a mail.
    is_let_in: AtomicBool,
    /// The server has dealt with a mail in this run.
    pub(super) server_works: AtomicBool,
    /// Lanes of domains that were in trouble when last looked at, and those that have taken a mail since.
    pub(super) troubled: Mutex<HashSet<String>>,
    pub(super) recovered: Mutex<HashSet<String>>,
    /// Mails at whose recipient the server found fault with our own address.
    pub(super) sender_refused: Mutex<HashSet<MailId>>,
    /// Refusals in a row for going too fast, by domain and altogether.
    pub(super) too_fast: Mutex<HashMap<String, u32>>,
    pub(super) all_too_fast: AtomicU32,
    /// Letters in a row whose reply is missing.
    pub(super) unanswered: AtomicU32,
    /// Milliseconds by which the clock of leases is ahead of this machine's.
    ahead: AtomicI64,
    pub(super) swept: Mutex<Option<Instant>>,
}

impl Run {
    async fn begin(
        ctx: &Ctx,
        stop: &CancellationToken,
        only: Option<MailId>,
    ) -> Result<Self, FlowError> {
        Ok(Self {
            ctx: ctx.clone(),
            stop: stop.clone(),
            only,
            calendar: ctx.calendar().await?,
            server: ctx.settings.transport.to_string(),
            is_first: ctx.pace.is_first_run(),
            bytes: MailBytes::default(),
            queue: Mutex::default(),
            mails: Notify::new(),
            room: Notify::new(),
            leases: Mutex::default(),
            is_halted: AtomicBool::new(false),
            sent: AtomicUsize::new(0),
            is_probing: AtomicBool::new(false),
            is_let_in: AtomicBool::new(false),
            server_works: AtomicBool::new(false),
            troubled: Mutex::default(),
            recovered: Mutex::default(),
            sender_refused: Mutex::default(),
            too_fast: Mutex::default(),
            all_too_fast: AtomicU32::new(0),
            unanswered: AtomicU32::new(0),
            ahead: AtomicI64::new(0),
            swept: Mutex::default(),
        })
    }

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    /// The clock of leases and back-off, as near as it was last asked.
    pub(super) fn real_now(&self) -> DateTime<Utc> {
        let ahead = TimeDelta::milliseconds(self.ahead.load(Ordering::Relaxed));
        self.ctx.real_clock.now() + ahead
    }

    /// Asks the clock of leases.
    pub(super) async fn ask_real_now(&self) -> Result<DateTime<Utc>, FlowError> {
        let now = self.ctx.lease_now().await?;
        let ahead = (now - self.ctx.real_clock.now()).num_milliseconds();
        self.ahead.store(ahead, Ordering::Relaxed);
        Ok(now)
    }

    /// Whether no further mail is begun.
    pub(super) fn is_over(&self) -> bool {
        self.stop.is_cancelled() || self.is_halted.load(Ordering::Relaxed)
    }

    /// Begins nothing more; what is on its way is finished. Whether this call has halted it.
    pub(super) fn halt(&self) -> bool {
        let was_halted = self.is_halted.swap(true, Ordering::Relaxed);
        self.mails.notify_waiters();
        self.room.notify_one();
        !was_halted
    }

    /// Waiting mails below which more are claimed: enough that no worker waits meanwhile.
    pub(super) fn low(&self) -> usize {
        8 * self.ctx.settings.connections
    }

    /// One connection until the server has let it in: a wrong password is tried once, not eight times at once.
    fn connections_allowed(&self) -> usize {
        match self.is_let_in.load(Ordering::Relaxed) {
            true => self.ctx.pace.connections().allowed(),
            false => 1,
        }
    }

    /// The server has let a connection in: the others may follow.
    pub(super) fn note_let_in(&self) {
        if !self.is_let_in.swap(true, Ordering::Relaxed) {
            self.mails.notify_waiters();
        }
    }

    /// A worker has no connection any more; whether others have one.
    pub(super) fn leave_seat(&self, worker: usize) -> bool {
        let mut queue = self.queue();
        queue.seats.remove(&worker);
        let others = !queue.seats.is_empty();
        drop(queue);
        self.mails.notify_waiters();
        others
    }

    /// All workers, each a task of its own, until the last has ended.
    async fn work_all(self: &Arc<Self>, recorder: Recorder) {
        let mut workers = JoinSet::new();
        for worker in 0..self.ctx.settings.connections {
            let (run, recorder) = (Arc::clone(self), recorder.clone());
            workers.spawn(async move { run.work(worker, &recorder).await });
        }
        drop(recorder);
        while let Some(ended) = workers.join_next().await {
            if let Err(error) = ended {
                // The others end with this one, as their mails' leases do: nobody counts on a broken worker's mail.
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }

    /// Takes mails up until there are none and will be none.
    async fn work(&self, worker: usize, recorder: &Recorder) {
        let transport = &self.ctx.settings.transport;
        let mut connection = transport.connection();
        loop {
            let held = match self.next(worker).await {
                Next::HandOver(held) => held,
                Next::TakeLeave => {
                    let leaving = std::mem::replace(&mut connection, transport.connection());
                    leaving.quit().await;
                    self.leave_seat(worker);
                    continue;
                }
                Next::Stop => break,
            };
            match self.hand_over(&mut connection, recorder, &held).await {
                HandOver::Settled(delivery) => {
                    self.conclude(worker, recorder, &held, delivery).await;
                }
                HandOver::GivenBack => self.back_in_queue(recorder, &held),
                // The lease was lost or the mail withdrawn: it is somebody else's now.
                HandOver::Lost => {}
                // Nothing can be recorded: nothing more may be sent.
                HandOver::Unrecordable => {
                    self.halt();
                }
            }
            self.done_with(&held);
        }
        connection.quit().await;
    }

    /// What a worker does next, waited for.
    async fn next(&self, worker: usize) -> Next {
        loop {
            let told = self.mails.notified();
            tokio::pin!(told);
            // From here on a word said is heard, though nobody waits yet.
            told.as_mut().enable();
            if self.is_over() {
                return Next::Stop;
            }
            let allowed = self.connections_allowed();
            {
                let mut queue = self.queue();
                if queue.must_leave(worker, allowed) {
                    return Next::TakeLeave;
                }
                if queue.may_sit(worker, allowed)
                    && let Some(held) = self.take_from(&mut queue)
                {
                    queue.seats.insert(worker, false);
                    return Next::HandOver(Box::new(held));
                }
                if queue.is_closed {
                    return Next::Stop;
                }
            }
            tokio::select! {
                biased;
                () = told => {}
                () = self.stop.cancelled() => return Next::Stop,
            }
        }
    }

    /// The first mail whose domain has a connection left.
    fn take_from(&self, queue: &mut Queue) -> Option<Held> {
        let caps = &self.ctx.settings.mail_caps.domains;
        let at = match caps.is_empty() {
            true => 0,
            false => queue.waiting.iter().position(|held| {
                let used = queue.of_domain.get(&held.domain).copied().unwrap_or(0);
                caps.get(&held.domain)
                    .is_none_or(|cap| used < cap.connections)
            })?,
        };
        let held = queue.waiting.remove(at)?;
        queue.busy += 1;
        *queue.of_domain.entry(held.domain.clone()).or_default() += 1;
        Some(held)
    }

    /// Takes the mails of a domain out of the queue.
    pub(super) fn forgo(&self, domain: &str) -> Vec<Held> {
        let mut queue = self.queue();
        let (forgone, waiting) = std::mem::take(&mut queue.waiting)
            .into_iter()
            .partition(|held| held.domain == domain);
        queue.waiting = waiting;
        forgone.into_iter().collect::<VecDeque<_>>().into()
    }

    fn done_with(&self, held: &Held) {
        let mut queue = self.queue();
        queue.busy -= 1;
        if let Some(used) = queue.of_domain.get_mut(&held.domain) {
            *used -= 1;
        }
        let is_wanted = queue.waiting.len() < self.low();
        drop(queue);
        self.let_go(held.lease, 1);
        // While mails wait in plenty, whoever supplies them need not hear of each.
        if is_wanted {
            self.room.notify_one();
        }
        if !self.ctx.settings.mail_caps.domains.is_empty() {
            self.mails.notify_waiters();
        }
    }

    /// Mails held under a new lease.
    pub(super) fn hold(&self, lease: Uuid, mails: usize) {
        lock(&self.leases).insert(lease, mails);
    }

    /// So many mails are no longer held under a lease.
    pub(super) fn let_go(&self, lease: Uuid, mails: usize) {
        let mut leases = lock(&self.leases);
        if let Some(left) = leases.get_mut(&lease) {
            *left = left.saturating_sub(mails);
            if *left == 0 {
                leases.remove(&lease);
            }
        }
    }

    /// The leases under which this run holds mails.
    pub(super) fn held_leases(&self) -> Vec<Uuid> {
        lock(&self.leases).keys().copied().collect()
    }

    /// Keeps the leases while there is work, however long a server takes to answer.
    async fn renew(&self, over: &CancellationToken) {
        while tokio::time::timeout(RENEW_EVERY, over.cancelled())
            .await
            .is_err()
        {
            let leases = self.held_leases();
            if leases.is_empty() {
                continue;
            }
            let renewed = async {
                let now = self.ask_real_now().await?;
                let tx = self.ctx.write().await?;
                outbox_leases::renew(&tx, &leases, now).await?;
                tx.commit_unseen().await?;
                Ok::<(), FlowError>(())
            };
            if let Err(error) = renewed.await {
                tracing::warn!(%error, "Could not renew the leases on mails");
            }
        }
    }

    /// Gives back what was claimed and not begun.
    async fn give_back(&self) -> Result<(), FlowError> {
        let leases = self.held_leases();
        if leases.is_empty() {
            return Ok(());
        }
        let tx = self.ctx.write().await?;
        outbox_leases::release(&tx, &leases).await?;
        Ok(tx.commit().await?)
    }
}
