//! The recorder of deliveries: one task that writes what all connections have to record, many records a transaction.

use crate::crash_point::crash_point;
use crate::domain::ids::MailId;
use crate::flow::{Ctx, FlowError};
use crate::storage::StorageError;
use crate::storage::outbox_leases::{self, Settled, Settlement};
use std::collections::HashSet;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

/// How often an outcome that could not be written is tried again, and the pause between: a minute together, in which a
/// database is started anew. Whoever has taken a mail over meanwhile is not overwritten: every write names its lease.
const TRIES: u32 = 120;
const PAUSE: Duration = Duration::from_millis(500);

/// Entries written together at the most, and how long those who are about to ask are waited for.
const MOST: usize = 256;
const MOMENT: Duration = Duration::from_millis(1);

/// The outcome of one mail.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: MailId,
    /// The lease under which the worker holds it.
    pub(super) lease: Uuid,
    pub(super) settled: Settled,
    pub(super) turn: Turn,
}

/// Whether a try that ended before the letter began to leave is one of the mail's tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The mail itself was refused or put off: the next pause is longer.
    Counts,
    /// It was counted when it began to leave, or it was we who were refused.
    DoesNotCount,
}

enum Entry {
    Settle(Record),
    Begin(MailId, Uuid, oneshot::Sender<bool>),
}

impl Entry {
    fn is_beginning(&self) -> bool {
        matches!(self, Self::Begin(..))
    }
}

/// A way to the recorder. When the last of them is gone, it has nothing more to write.
#[derive(Clone)]
pub(super) struct Recorder {
    entries: mpsc::UnboundedSender<Entry>,
}

/// The recorder at work; ends with whoever started it.
pub(super) struct Recording {
    task: AbortOnDropHandle<Result<(), StorageError>>,
}

impl Recorder {
    /// Starts recording.
    pub(super) fn start(ctx: Ctx) -> (Self, Recording) {
        let (entries, inbox) = mpsc::unbounded_channel();
        let task = AbortOnDropHandle::new(tokio::spawn(write_all(ctx, inbox)));
        (Self { entries }, Recording { task })
    }

    /// Commits a mail to being transmitted: `Some(false)` where it must not be sent, `None` where nothing can be
    /// written. Returns after the commit.
    pub(super) async fn begin(&self, id: MailId, lease: Uuid) -> Option<bool> {
        let (told, answer) = oneshot::channel();
        self.entries.send(Entry::Begin(id, lease, told)).ok()?;
        answer.await.ok()
    }

    /// Has an outcome recorded, in the order given.
    pub(super) fn record(&self, record: Record) {
        // A recorder that is gone has said why when it ended; the lease's end then says `unknown`.
        let _ = self.entries.send(Entry::Settle(record));
    }
}

impl Recording {
    /// Waits until everything is recorded, once no [`Recorder`] is left.
    ///
    /// # Errors
    /// The database did not take a record in spite of several tries.
    pub(super) async fn finish(self) -> Result<(), FlowError> {
        match self.task.await {
            Ok(result) => Ok(result?),
            Err(error) => Err(FlowError::Interrupted(format!("投递记录中断：{error}"))),
        }
    }
}

async fn write_all(
    ctx: Ctx,
    mut inbox: mpsc::UnboundedReceiver<Entry>,
) -> Result<(), StorageError> {
    let mut gathered = Vec::new();
    let mut transmitting = HashSet::new();
    while gather(&mut inbox, &mut gathered, &transmitting).await {
        let mut tries = 0;
        let begun = loop {
            tries += 1;
            match write_once(&ctx, &gathered).await {
                Ok(begun) => break begun,
                // What was sent has to be recorded; what was not may wait.
                Err(error) if tries < TRIES => {
                    tracing::warn!(%error, tries, "Could not record deliveries, trying again");
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        };
        for entry in gathered.drain(..) {
            match entry {
                Entry::Settle(record) => {
                    transmitting.remove(&record.id);
                }
                Entry::Begin(id, _, told) => {
                    let may_go_on = begun.contains(&id);
                    // A worker that no longer listens has been dropped; its lease will run out.
                    if told.send(may_go_on).is_ok() && may_go_on {
                        transmitting.insert(id);
                    }
                }
            }
        }
    }
    Ok(())
}

/// What is written together; `false` at the end. A transaction costs much the same for one mail and for eight, so those
/// that transmit, or have just done so, are waited for a moment: they will soon have an outcome, and a mail to begin.
/// Until an outcome is durable its worker begins nothing: a crash leaves one mail a connection of which it is not known
/// whether it was sent, however long the moment is.
async fn gather(
    inbox: &mut mpsc::UnboundedReceiver<Entry>,
    gathered: &mut Vec<Entry>,
    transmitting: &HashSet<MailId>,
) -> bool {
    if inbox.recv_many(gathered, MOST).await == 0 {
        return false;
    }
    let until = Instant::now() + MOMENT;
    while gathered.len() < MOST && is_worth_waiting(gathered, transmitting) {
        let more = inbox.recv_many(gathered, MOST);
        match tokio::time::timeout_at(until, more).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    true
}

/// Whether more beginnings are to come than there are.
fn is_worth_waiting(gathered: &[Entry], transmitting: &HashSet<MailId>) -> bool {
    let beginnings = gathered.iter().filter(|entry| entry.is_beginning()).count();
    let outcomes = gathered.len() - beginnings;
    beginnings < transmitting.len().max(outcomes)
}

/// Writes the entries in one transaction, and answers with the mails that may be transmitted. No mail stands in it twice:
/// its outcome comes after its beginning is answered.
async fn write_once(ctx: &Ctx, entries: &[Entry]) -> Result<HashSet<MailId>, StorageError> {
    let tx = ctx.db.write(ctx.author()).await?;
    let (mut settlements, mut beginnings) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Settle(record) => {
                if record.turn == Turn::Counts {
                    outbox_leases::count_refused_offer(&tx, record.id, record.lease).await?;
                }
                settlements.push(Settlement {
                    id: record.id,
                    lease_id: record.lease,
                    settled: &record.settled,
                });
            }
            Entry::Begin(id, lease, _) => beginnings.push((*id, *lease)),
        }
    }
    let recorded = outbox_leases::settle(&tx, &settlements).await?;
    for lost in settlements.iter().filter(|one| !recorded.contains(&one.id)) {
        tracing::warn!(mail.id = %lost.id, "The lease on a mail was lost before its outcome was recorded");
    }
    let begun = outbox_leases::begin_transmissions(&tx, &beginnings).await?;
    crash_point("commit");
    tx.commit().await?;
    Ok(begun)
}
