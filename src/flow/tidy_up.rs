//! What keeps the house in order: rounds and digests that a sleeping machine has missed are made up for, and mails of
//! workers that are gone are taken back.

use crate::flow::open_rounds::open_due_rounds;
use crate::flow::queue_reminders::queue_reminders;
use crate::flow::{Ctx, FlowError};
use crate::storage::{marks, outbox_leases};

/// Does it; harmless at any time.
///
/// # Errors
/// [`FlowError`].
pub async fn tidy_up(ctx: &Ctx) -> Result<(), FlowError> {
    open_due_rounds(ctx, None).await?;
    let now = ctx.now();
    if !marks::digests_made(&ctx.db, now.today).await? && now.local.time() >= DIGEST_TIME {
        queue_reminders(ctx).await?;
    }
    let real_now = ctx.lease_now().await?;
    let tx = ctx.db.write().await?;
    outbox_leases::sweep(&tx, real_now).await?;
    Ok(tx.commit().await?)
}

/// The hour of the `remind` job: before it a day's digests are not missed yet.
const DIGEST_TIME: chrono::NaiveTime = match chrono::NaiveTime::from_hms_opt(8, 30, 0) {
    Some(time) => time,
    None => chrono::NaiveTime::MIN,
};
