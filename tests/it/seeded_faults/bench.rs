//! Where instances meet the world in a simulation of faults: the edges of their transactions and a mail server, both under
//! the hand of one driver. An instance that comes to an edge waits there until the driver lets it pass, or dies there.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDateTime, Utc};
use duban::clock::{Clock, SetClock};
use duban::domain::local_time::LocalZone;
use duban::mail::outcome::{Accepted, Failure, Refusal};
use duban::mail::reason::{Reason, ReasonCode, Stage};
use duban::mail::transport::{Envelope, MailPort};
use duban::storage::boundary::{Boundary, Edge};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// What an instance waits to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Pass an edge of a transaction.
    Edge(Edge),
    /// Name a recipient to the mail server.
    Offer(String),
    /// Hand a message over, known by its Message-ID.
    Transmit(String),
    /// Hear the reply to it: the server has written it down.
    Hear(String),
}

/// What the mail server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Well,
    /// Cannot be reached.
    Away,
    /// Asks to come again later.
    Later,
    /// Takes the message, and its reply is lost.
    Silent,
}

struct Waiting {
    instance: usize,
    step: Step,
    go: oneshot::Sender<Server>,
}

/// A message that the server wrote down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub message_id: String,
    pub to: String,
    /// Local time at which its recipient was named.
    pub offered: NaiveDateTime,
}

/// The world of one seed.
pub struct Bench {
    waiting: Mutex<Vec<Waiting>>,
    under_way: AtomicUsize,
    moves: AtomicUsize,
    taken: Mutex<Vec<Taken>>,
    /// When each recipient was last named.
    named: Mutex<BTreeMap<String, NaiveDateTime>>,
    clock: SetClock,
    zone: LocalZone,
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bench")
    }
}

impl Bench {
    pub fn new(clock: SetClock, zone: LocalZone) -> Arc<Self> {
        Arc::new(Self {
            waiting: Mutex::default(),
            under_way: AtomicUsize::new(0),
            moves: AtomicUsize::new(0),
            taken: Mutex::default(),
            named: Mutex::default(),
            clock,
            zone,
        })
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now(&self) -> DateTime<Utc> {
        Clock::Set(self.clock.clone()).now()
    }

    /// What the server has written down.
    pub fn taken(&self) -> Vec<Taken> {
        let taken = self.taken.lock();
        taken.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who waits for what, in an order that does not depend on who came first.
    pub fn steps(&self) -> Vec<(usize, Step)> {
        let mut waiting = self.waiting();
        waiting.retain(|one| !one.go.is_closed());
        let mut steps: Vec<_> = waiting
            .iter()
            .map(|one| (one.instance, one.step.clone()))
            .collect();
        steps.sort();
        steps
    }

    /// Lets an instance do what it waits for.
    pub fn let_pass(&self, wanted: &(usize, Step), server: Server) {
        let mut waiting = self.waiting();
        let at = waiting
            .iter()
            .position(|one| (one.instance, &one.step) == (wanted.0, &wanted.1));
        if let Some(at) = at {
            // Whoever died meanwhile does not hear it.
            let _ = waiting.remove(at).go.send(server);
        }
    }

    /// Waits until everybody waits: for the driver, or for a time that has not come.
    pub async fn settle(&self) {
        let mut quiet = 0;
        let mut seen = self.moves.load(Ordering::SeqCst);
        while quiet < 100 {
            tokio::task::yield_now().await;
            let moves = self.moves.load(Ordering::SeqCst);
            if self.under_way.load(Ordering::SeqCst) > 0 {
                std::thread::yield_now();
                quiet = 0;
            } else if moves != seen {
                quiet = 0;
            } else {
                quiet += 1;
            }
            seen = moves;
        }
    }

    async fn wait(&self, instance: usize, step: Step) -> Server {
        let (go, told) = oneshot::channel();
        self.moves.fetch_add(1, Ordering::SeqCst);
        self.waiting().push(Waiting { instance, step, go });
        let server = told.await;
        self.moves.fetch_add(1, Ordering::SeqCst);
        match server {
            Ok(server) => server,
            // The driver is gone: the test has ended.
            Err(_) => std::future::pending().await,
        }
    }
}

/// One instance at the bench.
#[derive(Debug, Clone)]
pub struct Seat {
    pub bench: Arc<Bench>,
    pub instance: usize,
}

#[async_trait]
impl Boundary for Seat {
    async fn pass(&self, edge: Edge) {
        self.bench.wait(self.instance, Step::Edge(edge)).await;
    }

    fn enters(&self) {
        self.bench.moves.fetch_add(1, Ordering::SeqCst);
        self.bench.under_way.fetch_add(1, Ordering::SeqCst);
    }

    fn leaves(&self) {
        self.bench.moves.fetch_add(1, Ordering::SeqCst);
        self.bench.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

fn later(code: ReasonCode, stage: Stage, reply: Option<u16>) -> Refusal {
    Refusal::Deferred {
        reason: Reason::new(code, stage, reply, "simulated"),
        hint: None,
    }
}

#[async_trait]
impl MailPort for Seat {
    async fn offer(&self, envelope: &Envelope) -> Result<(), Refusal> {
        let to = envelope.to.as_str().to_owned();
        let server = self
            .bench
            .wait(self.instance, Step::Offer(to.clone()))
            .await;
        let now = self.bench.zone.local(self.bench.now());
        let named = self.bench.named.lock();
        named
            .unwrap_or_else(PoisonError::into_inner)
            .insert(to, now);
        match server {
            Server::Well | Server::Silent => Ok(()),
            Server::Away => Err(later(ReasonCode::ConnectionFailed, Stage::Connect, None)),
            Server::Later => Err(later(ReasonCode::Greylisted, Stage::Recipient, Some(450))),
        }
    }

    async fn transmit(&self, envelope: &Envelope, message: &[u8]) -> Result<Accepted, Failure> {
        let text = String::from_utf8_lossy(message);
        let id = text
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "))
            .unwrap_or_default()
            .to_owned();
        let offered = {
            let named = self.bench.named.lock();
            let named = named.unwrap_or_else(PoisonError::into_inner);
            named.get(envelope.to.as_str()).copied().unwrap_or_default()
        };
        let step = Step::Transmit(id.clone());
        let server = self.bench.wait(self.instance, step).await;
        match server {
            Server::Away => {
                return Err(later(ReasonCode::ConnectionLost, Stage::Data, None).into());
            }
            Server::Later => {
                let stage = Stage::FinalReply;
                return Err(later(ReasonCode::TemporaryRefusal, stage, Some(451)).into());
            }
            Server::Well | Server::Silent => {}
        }
        let taken = Taken {
            message_id: id.clone(),
            to: envelope.to.as_str().to_owned(),
            offered,
        };
        let journal = self.bench.taken.lock();
        journal.unwrap_or_else(PoisonError::into_inner).push(taken);
        self.bench.wait(self.instance, Step::Hear(id)).await;
        match server {
            Server::Silent => Err(Failure::Unknown {
                reason: Reason::new(ReasonCode::ReplyLost, Stage::FinalReply, None, "simulated"),
            }),
            _ => Ok(Accepted::new("simulated")),
        }
    }
}
