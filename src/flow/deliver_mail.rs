//! outbox → mail (design §5.3). Claims under a fenced lease, commits `transmitting` before a byte of the letter leaves,
//! sends outside any transaction, and records the outcome after the server's reply.
//!
//! Each connection has its own worker. Their records go through one recorder, which commits what has gathered in one
//! transaction: the outcome of one mail together with the beginning of the next, and those of all connections at once.

use crate::crash_point::crash_point;
use crate::documents::calendar_out::CalendarMethod;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::MailId;
use crate::domain::mail_state::MailState;
use crate::domain::retry::next_delay;
use crate::flow::mail_bytes::{FileTrouble, MailBytes};
use crate::flow::record_deliveries::{Record, Recorder, Turn};
use crate::flow::{Ctx, FlowError, Progress};
use crate::mail::compose::Composed;
use crate::mail::due_words::{cancelled_file_name, due_file_name};
use crate::mail::letter::Locale;
use crate::mail::message::{Enclosed, MessageHead, build_with_files};
use crate::mail::outcome::{Delivery, Failure};
use crate::mail::reason::{Reason, ReasonCode, Stage};
use crate::mail::transport::{Connection, Envelope};
use crate::storage::mail_files::{self, MailFile};
use crate::storage::outbox::StoredMail;
use crate::storage::outbox_leases::{self, Lease, Settled};
use chrono::TimeDelta;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// Mails taken at a time.
const CLAIM: u64 = 200;

/// How long nothing is tried after the server refused us altogether.
const QUEUE_STOP: TimeDelta = TimeDelta::minutes(5);

/// How often a held lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(10);

/// Delivers what is due until nothing is left, the queue is stopped by the server, or `stop` is asked for (then what is
/// being transmitted is finished and the rest given back).
///
/// # Errors
/// [`FlowError`].
pub async fn deliver_mail(ctx: &Ctx, stop: &CancellationToken) -> Result<Progress, FlowError> {
    if ctx.is_delivery_held() {
        return Ok(Progress::default());
    }
    let calendar = ctx.calendar().await?;
    let mut connections: Vec<Connection> = (0..ctx.settings.connections)
        .map(|_| ctx.settings.transport.connection())
        .collect();
    let mut progress = Progress::default();
    let bytes = MailBytes::default();
    loop {
        let now = ctx.now();
        let only_any_hour = !ctx.settings.window.is_open(now.local, &calendar.holidays);
        let lease = Lease {
            id: crate::storage::new_id(),
            now: ctx.lease_now().await?,
        };
        let tx = ctx.write().await?;
        let (requeued, unknown) = outbox_leases::sweep(&tx, lease.now).await?;
        let mails = outbox_leases::claim(&tx, &lease, now.at, CLAIM, only_any_hour).await?;
        tx.commit().await?;
        crash_point("claim");
        if requeued + unknown > 0 {
            tracing::warn!(
                mails.requeued = requeued,
                mails.unknown = unknown,
                "Took back mails of a worker that is gone"
            );
        }
        if mails.is_empty() {
            break;
        }
        let ids: Vec<MailId> = mails.iter().map(|mail| mail.id).collect();
        let files = FilesOfBatch {
            of: mail_files::of_mails(&ctx.db, &ids).await?,
            bytes: &bytes,
        };
        let batch = Batch::new(ctx, lease, mails, files, stop);
        let (back, sent) = batch.run(connections).await?;
        connections = back;
        progress.done += sent;
        if stop.is_cancelled() || batch.stopped.load(Ordering::Relaxed) {
            break;
        }
    }
    for connection in connections {
        connection.quit().await;
    }
    Ok(progress)
}

/// The files of the mails of a batch.
struct FilesOfBatch<'a> {
    of: HashMap<MailId, Vec<MailFile>>,
    bytes: &'a MailBytes,
}

/// Mails claimed together, worked through by all connections.
struct Batch<'a> {
    ctx: &'a Ctx,
    lease: Lease,
    waiting: Mutex<VecDeque<StoredMail>>,
    files: FilesOfBatch<'a>,
    sent: AtomicUsize,
    /// The server refuses us altogether: no further mail is tried now.
    stopped: AtomicBool,
    stop: &'a CancellationToken,
}

impl<'a> Batch<'a> {
    fn new(
        ctx: &'a Ctx,
        lease: Lease,
        mails: Vec<StoredMail>,
        files: FilesOfBatch<'a>,
        stop: &'a CancellationToken,
    ) -> Self {
        Self {
            ctx,
            lease,
            waiting: Mutex::new(mails.into()),
            files,
            sent: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            stop,
        }
    }

    /// Works the batch off; gives the connections back, with the number of mails sent.
    async fn run(
        &self,
        connections: Vec<Connection>,
    ) -> Result<(Vec<Connection>, usize), FlowError> {
        let recorder = Recorder::start(self.ctx.clone(), self.lease.id);
        let renewing = CancellationToken::new();
        let work = async {
            let workers = connections
                .into_iter()
                .map(|connection| self.work(connection, &recorder));
            let connections = futures_util::future::join_all(workers).await;
            renewing.cancel();
            connections
        };
        let (connections, ()) = tokio::join!(work, self.renew(&renewing));
        recorder.finish().await?;
        let tx = self.ctx.write().await?;
        outbox_leases::release(&tx, self.lease.id).await?;
        tx.commit().await?;
        Ok((connections, self.sent.load(Ordering::Relaxed)))
    }

    /// Keeps the lease while there is work, however long a server takes to answer.
    async fn renew(&self, done: &CancellationToken) {
        while tokio::time::timeout(RENEW_EVERY, done.cancelled())
            .await
            .is_err()
        {
            let renewed = async {
                let lease = Lease {
                    id: self.lease.id,
                    now: self.ctx.lease_now().await?,
                };
                let tx = self.ctx.write().await?;
                outbox_leases::renew(&tx, &lease).await?;
                tx.commit_unseen().await?;
                Ok::<(), FlowError>(())
            };
            if let Err(error) = renewed.await {
                tracing::warn!(%error, "Could not renew the lease on mails");
            }
        }
    }

    async fn work(&self, mut connection: Connection, recorder: &Recorder) -> Connection {
        while !self.stop.is_cancelled() && !self.stopped.load(Ordering::Relaxed) {
            let Some(mail) = self.waiting.lock().await.pop_front() else {
                break;
            };
            let outcome = self.hand_over(&mut connection, recorder, &mail).await;
            match outcome {
                HandOver::Settled(delivery) => {
                    let settled = self.settled(&mail, &delivery);
                    self.count(&delivery);
                    recorder.record(Record {
                        id: mail.id,
                        settled,
                        turn: turn_of(&delivery),
                    });
                }
                // The lease was lost or the mail withdrawn: it is somebody else's now.
                HandOver::Lost => {}
                // Nothing can be recorded: nothing more may be sent.
                HandOver::Unrecordable => break,
            }
        }
        connection
    }

    /// One mail: offer, commit `transmitting`, transmit.
    async fn hand_over(
        &self,
        connection: &mut Connection,
        recorder: &Recorder,
        mail: &StoredMail,
    ) -> HandOver {
        let files = match self.files_of(mail).await {
            Ok(files) => files,
            Err(trouble) => return HandOver::Settled(trouble.into()),
        };
        let (envelope, message) = match self.message(mail, &files) {
            Ok(built) => built,
            Err(error) => {
                let reason = Reason::new(ReasonCode::MessageMalformed, Stage::Body, None, &error);
                return HandOver::Settled(Delivery::Failed { reason });
            }
        };
        if let Err(refusal) = connection.offer(&envelope).await {
            return HandOver::Settled(Delivery::from(refusal));
        }
        match recorder.begin(mail.id).await {
            Some(true) => {}
            Some(false) => return HandOver::Lost,
            None => return HandOver::Unrecordable,
        }
        crash_point("transmitting");
        let transmitted = connection.transmit(&message).await;
        crash_point("reply");
        HandOver::Settled(match transmitted {
            Ok(accepted) => Delivery::Sent {
                reply: accepted.reply,
            },
            Err(Failure::Refused(refusal)) => Delivery::from(refusal),
            Err(Failure::Unknown { reason }) => Delivery::Unknown { reason },
        })
    }

    /// What comes with a mail; bytes are read once for all mails of a run.
    async fn files_of(
        &self,
        mail: &StoredMail,
    ) -> Result<Vec<(&MailFile, Arc<Vec<u8>>)>, FileTrouble> {
        let mut files = Vec::new();
        for file in self.files.of.get(&mail.id).into_iter().flatten() {
            let bytes = self.files.bytes.of(self.ctx, file.attachment_id).await?;
            files.push((file, bytes));
        }
        Ok(files)
    }

    fn message(
        &self,
        mail: &StoredMail,
        files: &[(&MailFile, Arc<Vec<u8>>)],
    ) -> Result<(Envelope, Vec<u8>), String> {
        let settings = &self.ctx.settings;
        let to = EmailAddress::parse(&mail.to_address).map_err(|error| error.to_string())?;
        let reply_to = match &mail.reply_to {
            Some(address) => Some(EmailAddress::parse(address).map_err(|error| error.to_string())?),
            None => None,
        };
        let head = MessageHead {
            from: settings.from.clone(),
            from_name: settings.from_name.clone(),
            to: to.clone(),
            to_name: mail.to_name.clone().unwrap_or_default(),
            reply_to,
            message_id: mail.message_id.clone(),
            date_at: mail.queued_at,
        };
        let composed = Composed {
            subject: mail.subject.clone(),
            text: mail.text_body.clone(),
            html: mail.html_body.clone(),
        };
        let mut enclosed: Vec<Enclosed<'_>> = files
            .iter()
            .map(|(file, bytes)| Enclosed {
                name: &file.name,
                media_type: &file.media_type,
                bytes,
            })
            .collect();
        let locale = Locale::of_tag(&settings.locale);
        let (due, cancelled) = (due_file_name(locale), cancelled_file_name(locale));
        let calendar = &mail.calendar;
        let calendar = [
            (&calendar.published, &due, CalendarMethod::Publish),
            (&calendar.cancelled, &cancelled, CalendarMethod::Cancel),
        ];
        enclosed.extend(calendar.into_iter().filter_map(|(file, name, method)| {
            Some(Enclosed {
                name,
                media_type: method.media_type(),
                bytes: file.as_deref()?.as_bytes(),
            })
        }));
        let message = build_with_files(&head, &composed, &enclosed);
        let message = message.map_err(|error| error.to_string())?;
        let envelope = Envelope {
            from: settings.from.clone(),
            to,
        };
        Ok((envelope, message))
    }

    /// What the outbox is to say of a mail after a try.
    fn settled(&self, mail: &StoredMail, delivery: &Delivery) -> Settled {
        let settled = |state, reason: Option<&Reason>, reply: Option<String>| Settled {
            state,
            reason: reason.map(|reason| reason.code().as_str().to_owned()),
            reply: reply.or_else(|| reason.map(|reason| reason.detail().to_owned())),
            retry_at: None,
            sent_at: None,
        };
        match delivery {
            Delivery::Sent { reply } => Settled {
                sent_at: Some(self.ctx.clock.now()),
                ..settled(MailState::Sent, None, Some(reply.clone()))
            },
            Delivery::Failed { reason } => settled(MailState::Failed, Some(reason), None),
            Delivery::Unknown { reason } => settled(MailState::Unknown, Some(reason), None),
            Delivery::Deferred { reason, hint } => {
                let real_now = self.ctx.real_clock.now();
                let hint = hint.and_then(|hint| TimeDelta::from_std(hint).ok());
                let tries = u32::try_from(mail.attempts).unwrap_or(0).saturating_add(1);
                let age = (real_now - mail.made_at).max(TimeDelta::zero());
                match next_delay(tries, age, hint, self.ctx.entropy.fraction()) {
                    Some(delay) => Settled {
                        retry_at: Some(real_now + delay),
                        ..settled(MailState::Deferred, Some(reason), None)
                    },
                    None => settled(MailState::Failed, Some(reason), None),
                }
            }
            Delivery::QueueStopped { reason } => {
                self.stopped.store(true, Ordering::Relaxed);
                self.ctx
                    .hold_delivery_until(self.ctx.real_clock.now() + QUEUE_STOP);
                tracing::error!(
                    reason = reason.code().as_str(),
                    "The mail server refuses us; delivery is stopped for now"
                );
                Settled {
                    retry_at: Some(self.ctx.real_clock.now() + QUEUE_STOP),
                    ..settled(MailState::Deferred, Some(reason), None)
                }
            }
        }
    }

    fn count(&self, delivery: &Delivery) {
        let outcome = match delivery {
            Delivery::Sent { .. } => {
                self.sent.fetch_add(1, Ordering::Relaxed);
                MailState::Sent
            }
            Delivery::Deferred { .. } | Delivery::QueueStopped { .. } => MailState::Deferred,
            Delivery::Failed { .. } => MailState::Failed,
            Delivery::Unknown { .. } => MailState::Unknown,
        };
        metrics::counter!("duban_mails_total", "outcome" => outcome.as_str()).increment(1);
    }
}

/// What became of handing over one mail.
enum HandOver {
    Settled(Delivery),
    Lost,
    Unrecordable,
}

fn turn_of(delivery: &Delivery) -> Turn {
    match delivery {
        Delivery::Deferred { .. } | Delivery::Failed { .. } => Turn::Counts,
        Delivery::Sent { .. } | Delivery::Unknown { .. } | Delivery::QueueStopped { .. } => {
            Turn::DoesNotCount
        }
    }
}
