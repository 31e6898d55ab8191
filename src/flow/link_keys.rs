//! The keys of the links in mails: one is in use; it is made when first needed, and replaced by hand (`duban link rotate`).

use crate::domain::mail_link::{self, LinkKey};
use crate::entropy::Entropy;
use crate::flow::{Ctx, FlowError};
use crate::storage::audit_events::{AuditEntry, Outcome};
use crate::storage::{WriteTx, link_keys};
use serde_json::json;
use std::sync::{Arc, PoisonError, RwLock};

/// The good keys as last read, with the change number they had.
#[derive(Debug, Default)]
pub(super) struct KnownLinkKeys(RwLock<Option<(i64, Arc<[LinkKey]>)>>);

/// Every key that opens links, the newest first; none where no mail had links yet. What another process has changed is
/// seen within 50 ms.
///
/// # Errors
/// [`FlowError::Storage`].
pub(super) async fn good_keys(ctx: &Ctx) -> Result<Arc<[LinkKey]>, FlowError> {
    // The number before the rows: rows that are newer than it are read once more, never taken for older ones.
    let number = ctx.change_no().await?;
    let known = &ctx.link_keys.0;
    let kept = known.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((at, keys)) = kept
        && at == number
    {
        return Ok(keys);
    }
    let keys: Arc<[LinkKey]> = link_keys::good(&ctx.db).await?.into();
    *known.write().unwrap_or_else(PoisonError::into_inner) = Some((number, keys.clone()));
    Ok(keys)
}

/// The key in use, made where there is none yet. It stays the one in use until `tx` ends; what is signed with it may be
/// written in `tx` alone, with which the key may be undone.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn current_key(ctx: &Ctx, tx: &WriteTx) -> Result<LinkKey, FlowError> {
    // Twice: who has waited for the end of a rotation sees that the old key is retired before it sees the new one.
    for _ in 0..2 {
        if let Some(key) = link_keys::hold_current(tx).await? {
            return Ok(key);
        }
    }
    make_next(ctx, tx).await
}

/// The key after the last. Where another instance makes it at the same time, theirs.
async fn make_next(ctx: &Ctx, tx: &WriteTx) -> Result<LinkKey, FlowError> {
    let number = link_keys::last_number(tx).await? + 1;
    let secret = Entropy::secret()?;
    if link_keys::insert(tx, number, &secret, ctx.now().at).await? {
        return Ok(LinkKey::new(number, secret));
    }
    let theirs = link_keys::hold_current(tx).await?;
    theirs.ok_or_else(|| {
        FlowError::Interrupted("邮件链接的签名密钥正在被他人更换，请重试".to_owned())
    })
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// Number of the key in use from now on.
    pub number: u32,
    /// Keys that are good for nothing any more.
    pub retired: u64,
}

/// Makes a new key and retires all others: no link in a mail made before opens any more.
///
/// # Errors
/// [`FlowError`].
pub async fn rotate_link_keys(ctx: &Ctx) -> Result<Rotated, FlowError> {
    let tx = ctx.write().await?;
    let key = make_next(ctx, &tx).await?;
    let number = key.number();
    let retired = link_keys::retire_below(&tx, number, ctx.now().at).await?;
    tx.audit(AuditEntry {
        action: "rotate_link_keys",
        outcome: Outcome::Done,
        resource: None,
        row_id: None,
        target: format!("邮件链接第 {number} 号签名密钥"),
        before: None,
        after: Some(json!({ "number": number, "retired": retired })),
    });
    tx.commit().await?;
    Ok(Rotated { number, retired })
}

/// The token of the form that a link's page shows, for [`form_token_fits`]; `None` where no link can be good, as there is
/// no key.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn form_token(
    ctx: &Ctx,
    link_text: &str,
    nonce: &str,
) -> Result<Option<String>, FlowError> {
    let keys = good_keys(ctx).await?;
    let current = keys.first();
    Ok(current.map(|key| mail_link::form_mac(key, link_text, nonce)))
}

/// Whether `given` is the token of that link's form.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn form_token_fits(
    ctx: &Ctx,
    link_text: &str,
    nonce: &str,
    given: &str,
) -> Result<bool, FlowError> {
    let keys = good_keys(ctx).await?;
    Ok(mail_link::form_mac_fits(&keys, link_text, nonce, given))
}
