//! The recorder of deliveries: one task that writes what all connections have to record, many records a transaction.

use crate::crash_point::crash_point;
use crate::domain::ids::MailId;
use crate::flow::{Ctx, FlowError};
use crate::storage::StorageError;
use crate::storage::outbox_leases::{self, Settled};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

/// How often an outcome that could not be written is tried again, and the pause between: a minute together, in which a
/// database is started anew. Whoever has taken a mail over meanwhile is not overwritten: every write names its lease.
const TRIES: u32 = 120;
const PAUSE: Duration = Duration::from_millis(500);

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

/// The way to the recorder.
pub(super) struct Recorder {
    entries: mpsc::UnboundedSender<Entry>,
    /// Ends with whoever started it.
    task: AbortOnDropHandle<Result<(), StorageError>>,
}

impl Recorder {
    /// Starts recording.
    pub(super) fn start(ctx: Ctx) -> Self {
        let (entries, inbox) = mpsc::unbounded_channel();
        Self {
            entries,
            task: AbortOnDropHandle::new(tokio::spawn(write_all(ctx, inbox))),
        }
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

    /// Waits until everything is recorded.
    ///
    /// # Errors
    /// The database did not take a record in spite of several tries.
    pub(super) async fn finish(self) -> Result<(), FlowError> {
        drop(self.entries);
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
    while inbox.recv_many(&mut gathered, 256).await > 0 {
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
        let mut begun = begun.into_iter();
        for entry in gathered.drain(..) {
            if let Entry::Begin(_, _, told) = entry {
                // A worker that no longer listens has been dropped; its lease will run out.
                let _ = told.send(begun.next().unwrap_or(false));
            }
        }
    }
    Ok(())
}

/// Writes the entries in their order, in one transaction; for each beginning, whether it may go on.
async fn write_once(ctx: &Ctx, entries: &[Entry]) -> Result<Vec<bool>, StorageError> {
    let tx = ctx.db.write(ctx.author()).await?;
    let mut begun = Vec::new();
    for entry in entries {
        match entry {
            Entry::Settle(record) => {
                if record.turn == Turn::Counts {
                    outbox_leases::count_refused_offer(&tx, record.id, record.lease).await?;
                }
                if !outbox_leases::settle(&tx, record.id, record.lease, &record.settled).await? {
                    tracing::warn!(mail.id = %record.id, "The lease on a mail was lost before its outcome was recorded");
                }
            }
            Entry::Begin(id, lease, _) => {
                begun.push(outbox_leases::begin_transmission(&tx, *id, *lease).await?)
            }
        }
    }
    crash_point("commit");
    tx.commit().await?;
    Ok(begun)
}
