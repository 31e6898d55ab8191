//! A request with an `Idempotency-Key` is carried out once; sent again it gets the same reply.

use crate::domain::access::Viewer;
use crate::flow::{Ctx, FlowError};
use crate::storage::kept_replies;
pub use crate::storage::kept_replies::{Begun, StoredReply, Ticket};

/// Takes a key for a request; `fingerprint` is the hash of its method, path and body.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn begin(
    ctx: &Ctx,
    viewer: &Viewer,
    key: &str,
    fingerprint: &str,
) -> Result<Begun, FlowError> {
    let tx = ctx.without_ticket().write().await?;
    let begun = kept_replies::begin(&tx, viewer.user_id, key, fingerprint, ctx.now().at).await?;
    tx.commit_unseen().await?;
    Ok(begun)
}

/// Keeps the reply to a request that was carried out.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn finish(ctx: &Ctx, ticket: &Ticket, reply: &StoredReply) -> Result<(), FlowError> {
    let tx = ctx.without_ticket().write().await?;
    kept_replies::keep(&tx, ticket, reply).await?;
    Ok(tx.commit_unseen().await?)
}

/// Ends a request that failed. The key of one that has changed nothing is given back: corrected, it may be sent again under
/// the same key. One that was carried out all the same is [`Begun::Lost`] from now on.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn release(ctx: &Ctx, ticket: &Ticket) -> Result<(), FlowError> {
    let tx = ctx.without_ticket().write().await?;
    kept_replies::release(&tx, ticket).await?;
    Ok(tx.commit_unseen().await?)
}
