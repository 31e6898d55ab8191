//! What keeps the house in order: rounds and digests that a sleeping machine has missed are made up for; what is
//! kept for a while only is forgotten, and files that no record knows go.

use crate::flow::open_rounds::open_due_rounds;
use crate::flow::queue_reminders::queue_reminders;
use crate::flow::raise_notices::raise_notices;
use crate::flow::send_leader_page::send_leader_page;
use crate::flow::sweep_files::sweep_files;
use crate::flow::{Ctx, FlowError};
use crate::storage::{changes, kept_replies, marks, sign_in_links, users, webhook_deliveries};
use chrono::TimeDelta;

/// Does it; harmless at any time.
///
/// # Errors
/// [`FlowError`].
pub async fn tidy_up(ctx: &Ctx) -> Result<(), FlowError> {
    open_due_rounds(ctx, None).await?;
    let now = ctx.now();
    if !marks::digests_made(&ctx.db, now.today).await? && now.local.time() >= DIGEST_TIME {
        raise_notices(ctx).await?;
        queue_reminders(ctx).await?;
        send_leader_page(ctx).await?;
    }
    let tx = ctx.write().await?;
    changes::forget_before(&tx, now.at - FEED_KEPT).await?;
    webhook_deliveries::forget_before(&tx, now.at - DELIVERIES_KEPT, MOST_FORGOTTEN).await?;
    tx.commit().await?;
    // Nobody can see a reply that is kept for somebody else: no reader need look again because it is gone.
    let tx = ctx.write().await?;
    kept_replies::forget_before(&tx, now.at).await?;
    sign_in_links::forget_before(&tx, now.at - LINKS_KEPT).await?;
    tx.commit_unseen().await?;
    sweep_files(ctx).await?;
    record_token_uses(ctx).await
}

/// Writes down when tokens were last used, outside the change counter: a reader must not change what is read.
///
/// # Errors
/// [`FlowError`].
pub async fn record_token_uses(ctx: &Ctx) -> Result<(), FlowError> {
    let uses = ctx.callers.take_uses();
    if uses.is_empty() {
        return Ok(());
    }
    let tx = ctx.write().await?;
    for (token, used_at) in uses {
        users::record_use(&tx, token, used_at).await?;
    }
    Ok(tx.commit_unseen().await?)
}

/// How long links that sign somebody in are kept after their end: whoever asks why one did not work learns it.
const LINKS_KEPT: TimeDelta = TimeDelta::days(30);

/// How long the feed of changes reaches back: a mirror that was away longer begins anew.
const FEED_KEPT: TimeDelta = TimeDelta::days(90);

/// How long what webhooks were told is kept, and how much of it goes in an hour.
const DELIVERIES_KEPT: TimeDelta = TimeDelta::days(30);
const MOST_FORGOTTEN: u64 = 20_000;

/// The hour of the `remind` job: before it a day's digests are not missed yet.
const DIGEST_TIME: chrono::NaiveTime = match chrono::NaiveTime::from_hms_opt(8, 30, 0) {
    Some(time) => time,
    None => chrono::NaiveTime::MIN,
};
