//! Whether mail leaves at all: what people and their machines are told while the mail server is in trouble.

use crate::domain::mail_pace::Trouble;
use crate::flow::{Ctx, FlowError};
use crate::storage::mail_lanes;
use chrono::{DateTime, TimeDelta, Utc};

/// A server that is away, or that rests, often comes back before anybody can do anything about it.
const WORTH_TELLING: TimeDelta = TimeDelta::minutes(5);

/// What is wrong with the mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailTrouble {
    /// What.
    pub trouble: Trouble,
    /// Since when (real clock).
    pub since: DateTime<Utc>,
    /// The server's words, addresses masked; may be empty.
    pub reply: String,
}

/// The trouble with the mail server that somebody should know of; `None` where mail leaves, or where it may well go on by
/// itself in a moment. A login that is refused is told at once: nothing but a person helps there.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn mail_trouble(ctx: &Ctx) -> Result<Option<MailTrouble>, FlowError> {
    let server = ctx.settings.transport.to_string();
    let troubled = mail_lanes::troubled(&ctx.db).await?;
    let Some(lane) = troubled.into_iter().find(|lane| lane.name == server) else {
        return Ok(None);
    };
    let (Some(trouble), Some(since)) = (lane.trouble, lane.since_at) else {
        return Ok(None);
    };
    let is_told = trouble == Trouble::Refused || ctx.lease_now().await? - since >= WORTH_TELLING;
    Ok(is_told.then(|| MailTrouble {
        trouble,
        since,
        reply: lane.reply.unwrap_or_default(),
    }))
}
