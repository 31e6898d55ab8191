//! Pausing everything that reaches out: no mail leaves, no round opens, no webhook is told, until somebody lets it go on. A
//! restored copy begins so: it does not know what the original has sent since.

use crate::domain::mail_state::MailState;
use crate::files::store::FileStore;
use crate::flow::{Ctx, FlowError};
use crate::storage::audit_events::{AuditEntry, Outcome};
pub use crate::storage::marks::Pause;
use crate::storage::{WriteTx, mail_health, marks, schema, webhook_leases};
use serde_json::json;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How soon work that is under way notices a pause.
const LOOK: Duration = Duration::from_secs(1);

/// The pause that is on; `None` where work goes on.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn paused(ctx: &Ctx) -> Result<Option<Pause>, FlowError> {
    Ok(marks::pause(&ctx.db).await?)
}

/// What becomes of a call to pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paused {
    /// It is paused now.
    Now(Pause),
    /// It was paused already, and stays so as it was.
    Already(Pause),
}

/// Pauses it. What is in the middle of being sent is brought to its end, nothing else is begun.
///
/// # Errors
/// [`FlowError`].
pub async fn pause(ctx: &Ctx, reason: &str) -> Result<Paused, FlowError> {
    let pause = Pause {
        since: ctx.now().at,
        by: ctx.actor.name().to_owned(),
        reason: reason.to_owned(),
    };
    let tx = ctx.write().await?;
    let begun = begin(&tx, &pause).await?;
    tx.commit().await?;
    if begun {
        return Ok(Paused::Now(pause));
    }
    Ok(Paused::Already(paused(ctx).await?.unwrap_or(pause)))
}

/// Begins a pause within a transaction; `false` where one is on.
pub(super) async fn begin(tx: &WriteTx, pause: &Pause) -> Result<bool, FlowError> {
    let begun = marks::begin_pause(tx, pause).await?;
    if begun {
        tx.audit(audited("pause", json!({ "reason": pause.reason })));
    }
    Ok(begun)
}

/// Pauses a database that another tool has restored, and takes it for another one from now on: what clients keep of the
/// original does not fit it. The folder of attached files stays its own, if it was the original's.
///
/// # Errors
/// [`FlowError`].
pub async fn pause_restored(
    ctx: &Ctx,
    files: &FileStore,
    reason: &str,
) -> Result<Paused, FlowError> {
    let paused = pause(ctx, reason).await?;
    let former = marks::epoch(&ctx.db).await?;
    let tx = ctx.write().await?;
    schema::renew_epoch(&tx).await?;
    tx.audit(audited("renew_epoch", json!({ "reason": reason })));
    tx.commit().await?;
    files
        .hand_over(&former, &marks::epoch(&ctx.db).await?)
        .await?;
    Ok(paused)
}

/// What waits for the end of a pause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Mails that are still to leave.
    pub mails: u64,
    /// Mails that were being handed over when their sender ended: each is sent once more.
    pub undecided: u64,
    /// Webhooks that have something to be told.
    pub webhooks: u64,
}

/// What waits for the end of a pause.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn waiting(ctx: &Ctx) -> Result<Waiting, FlowError> {
    let counts = mail_health::counts(&ctx.db).await?;
    let of = |states: &[MailState]| {
        let counted = states.iter().filter_map(|state| counts.get(state.as_str()));
        counted
            .map(|count| u64::try_from(*count).unwrap_or(0))
            .sum()
    };
    let real_now = ctx.lease_now().await?;
    let webhooks = webhook_leases::with_due(&ctx.db, real_now, true).await?;
    Ok(Waiting {
        mails: of(&mail_health::WAITING),
        undecided: of(&[MailState::Transmitting]),
        webhooks: u64::try_from(webhooks.len()).unwrap_or(u64::MAX),
    })
}

/// Lets work go on; the pause that has ended, `None` where there was none. What waits is done by the next run of its job.
///
/// # Errors
/// [`FlowError`].
pub async fn resume(ctx: &Ctx) -> Result<Option<Pause>, FlowError> {
    let tx = ctx.write().await?;
    let pause = marks::pause(&tx).await?;
    if !marks::end_pause(&tx).await? {
        return Ok(None);
    }
    let since = pause.as_ref().map(|pause| pause.since);
    tx.audit(audited("resume", json!({ "paused_since": since })));
    tx.commit().await?;
    Ok(pause)
}

/// Has `work` stop when a pause begins: it is given a token that is cancelled then, and with `stop`.
///
/// # Errors
/// Those of `work`.
pub async fn until_paused<T, W>(
    ctx: &Ctx,
    stop: &CancellationToken,
    work: impl FnOnce(CancellationToken) -> W,
) -> Result<T, FlowError>
where
    W: Future<Output = Result<T, FlowError>>,
{
    let stop = stop.child_token();
    let working = work(stop.clone());
    let watching = async {
        loop {
            tokio::time::sleep(LOOK).await;
            // A database that does not answer now is told by the work itself.
            if let Ok(Some(_)) = paused(ctx).await {
                stop.cancel();
                return std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        done = working => done,
        () = watching => Err(FlowError::Interrupted("暂停的检查中断了，请重试".to_owned())),
    }
}

fn audited(action: &'static str, after: serde_json::Value) -> AuditEntry {
    AuditEntry {
        action,
        outcome: Outcome::Done,
        resource: None,
        row_id: None,
        target: "全系统".to_owned(),
        before: None,
        after: Some(after),
    }
}
