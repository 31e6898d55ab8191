//! How fast this process delivers, remembered from one run to the next; and lanes that are held up, which all instances
//! share.

use crate::domain::mail_pace::{ConnectionPace, Trouble, hold_for};
use crate::flow::{Ctx, FlowError, lock};
use crate::mail::reason::Reason;
use crate::storage::mail_lanes::{self, Hold};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

/// The pace of this process.
#[derive(Debug)]
pub(super) struct DeliveryPace {
    connections: Mutex<ConnectionPace>,
    /// Whether this process has tried to deliver yet.
    has_tried: AtomicBool,
}

impl DeliveryPace {
    /// Begins with all connections.
    pub(super) fn new(connections: usize) -> Self {
        Self {
            connections: Mutex::new(ConnectionPace::new(connections)),
            has_tried: AtomicBool::new(false),
        }
    }

    /// The pace of connections.
    pub(super) fn connections(&self) -> MutexGuard<'_, ConnectionPace> {
        lock(&self.connections)
    }

    /// Whether this is the first run of delivery in this process. Somebody has started it, perhaps with a new password:
    /// one mail is tried even where the server is held up.
    pub(super) fn is_first_run(&self) -> bool {
        !self.has_tried.swap(true, Ordering::Relaxed)
    }
}

/// Holds a lane up, for all instances, the longer the more often it happens in a row. Tells the operator in the log.
///
/// # Errors
/// [`FlowError::Storage`].
pub(super) async fn hold_lane(
    ctx: &Ctx,
    lane: &str,
    (trouble, reason): (Trouble, &Reason),
    hint: Option<TimeDelta>,
    real_now: DateTime<Utc>,
) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let failures = mail_lanes::failures(&tx, lane).await?.saturating_add(1);
    let pause = hold_for(trouble, failures, hint, ctx.entropy.fraction());
    let hold = Hold {
        name: lane,
        trouble,
        until: real_now + pause,
        reason: reason.code().as_str(),
        reply: reason.detail(),
    };
    mail_lanes::hold(&tx, &hold, real_now).await?;
    tx.commit().await?;
    let (reason, seconds) = (reason.code().as_str(), pause.num_seconds());
    match trouble {
        Trouble::Refused => tracing::error!(
            lane,
            reason,
            failures,
            seconds,
            "The mail server refuses us; nothing is sent until it takes a mail again"
        ),
        Trouble::Away | Trouble::RateLimited => {
            tracing::warn!(
                lane,
                reason,
                failures,
                seconds,
                trouble = trouble.as_str(),
                "Sending pauses"
            );
        }
    }
    Ok(())
}
