//! Editing a bulletin's texts while it is a draft, standing for them, sending them back, and giving a draft up. Two who
//! decide at once: one wins, the other is told who did what when.

use crate::domain::bulletin::{BulletinState, BulletinStep, BulletinText, WrongStep, after_step};
use crate::domain::draw::hex;
use crate::domain::ids::BulletinId;
use crate::domain::local_time::chinese_minute;
use crate::domain::resource::Resource;
use crate::flow::bulletin_told::no_such_bulletin;
use crate::flow::manage_users::refuse_stale;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::bulletins::{self, Signed, StoredBulletin};
use serde_json::json;
use sha2::{Digest, Sha256};

/// What is to be changed of a bulletin's texts; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulletinChange {
    /// 开头.
    pub opening: Option<String>,
    /// 主要做法.
    pub good_practices: Option<Vec<String>>,
    /// 下一步要求.
    pub demands: Option<Vec<String>>,
    /// 主送.
    pub recipients: Option<Vec<String>>,
    /// 抄送.
    pub copies: Option<Vec<String>>,
}

/// Edits the texts of a draft; `seen` is the change number at which the caller last looked.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such bulletin, it has changed since, or it is no draft.
pub async fn edit_bulletin(
    ctx: &Ctx,
    id: BulletinId,
    change: BulletinChange,
    seen: Option<i64>,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let tx = ctx.write().await?;
    let before = bulletins::hold(&tx, id).await?;
    let before = before.ok_or_else(|| no_such_bulletin(id))?;
    refuse_stale(&tx, id.0, seen).await?;
    step(ctx, &before, BulletinStep::Edit)?;
    let text = BulletinText {
        opening: change
            .opening
            .unwrap_or_else(|| before.text.opening.clone()),
        good_practices: change
            .good_practices
            .unwrap_or_else(|| before.text.good_practices.clone()),
        demands: change
            .demands
            .unwrap_or_else(|| before.text.demands.clone()),
        recipients: change
            .recipients
            .unwrap_or_else(|| before.text.recipients.clone()),
        copies: change.copies.unwrap_or_else(|| before.text.copies.clone()),
    };
    if text == before.text {
        return Ok(());
    }
    let after = StoredBulletin {
        text,
        changed: Some(signed(ctx, now.at)),
        ..before.clone()
    };
    bulletins::update(&tx, &after).await?;
    tx.audit(
        AuditEntry::done("edit_bulletin", Resource::Bulletins, id.0, &after.title)
            .before(json!(before.text))
            .after(json!(after.text)),
    );
    Ok(tx.commit().await?)
}

/// Stands for the texts of a draft: from here on they are fixed. Where `read` is given, it is the checksum of the texts
/// that the caller has read.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such bulletin, it is no draft, a text is missing, or the texts are not those
/// that were read.
pub async fn approve_bulletin(
    ctx: &Ctx,
    id: BulletinId,
    read: Option<&str>,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let tx = ctx.write().await?;
    let before = bulletins::hold(&tx, id).await?;
    let before = before.ok_or_else(|| no_such_bulletin(id))?;
    let state = step(ctx, &before, BulletinStep::Approve)?;
    refuse_blanks(&before.text)?;
    let sum = text_checksum(&before.text);
    if read.is_some_and(|read| !read.eq_ignore_ascii_case(&sum)) {
        let by = before.changed.as_ref().unwrap_or(&before.made);
        let text = format!("您看过之后，{} 又修改了文字，请重新阅读后再审定", by.by);
        return Err(FlowError::refused_field(
            RefusalCode::Stale,
            "text_sha256",
            text,
        ));
    }
    let after = StoredBulletin {
        state,
        approved: Some(signed(ctx, now.at)),
        ..before
    };
    bulletins::update(&tx, &after).await?;
    tx.audit(
        AuditEntry::done("approve_bulletin", Resource::Bulletins, id.0, &after.title)
            .after(json!({ "state": after.state, "text_sha256": sum })),
    );
    Ok(tx.commit().await?)
}

/// Sends an approved bulletin back: it is a draft again.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such bulletin, or it is not approved.
pub async fn return_bulletin(ctx: &Ctx, id: BulletinId, reason: String) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let before = bulletins::hold(&tx, id).await?;
    let before = before.ok_or_else(|| no_such_bulletin(id))?;
    let state = step(ctx, &before, BulletinStep::Return)?;
    let after = StoredBulletin {
        state,
        approved: None,
        return_reason: Some(reason),
        ..before.clone()
    };
    bulletins::update(&tx, &after).await?;
    let approved_by = before.approved.as_ref().map(|one| one.by.as_str());
    tx.audit(
        AuditEntry::done("return_bulletin", Resource::Bulletins, id.0, &after.title)
            .before(json!({ "state": before.state, "approved_by": approved_by }))
            .after(json!({ "state": after.state, "reason": after.return_reason })),
    );
    Ok(tx.commit().await?)
}

/// Gives up a draft: it stays as it is, with the reason, and another may be drafted in its place.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such bulletin, or it is no draft.
pub async fn discard_bulletin(ctx: &Ctx, id: BulletinId, reason: String) -> Result<(), FlowError> {
    let now = ctx.now();
    let tx = ctx.write().await?;
    let before = bulletins::hold(&tx, id).await?;
    let before = before.ok_or_else(|| no_such_bulletin(id))?;
    let state = step(ctx, &before, BulletinStep::Discard)?;
    let after = StoredBulletin {
        state,
        discarded: Some(signed(ctx, now.at)),
        discard_reason: Some(reason),
        ..before.clone()
    };
    bulletins::update(&tx, &after).await?;
    tx.audit(
        AuditEntry::done("discard_bulletin", Resource::Bulletins, id.0, &after.title)
            .before(json!({ "state": before.state }))
            .after(json!({ "state": after.state, "reason": after.discard_reason })),
    );
    Ok(tx.commit().await?)
}

/// SHA-256 (hex) of a bulletin's texts: who approves can say which ones were read.
pub fn text_checksum(text: &BulletinText) -> String {
    hex(&Sha256::digest(json!(text).to_string().as_bytes()))
}

/// The state after a step, or who did what that rules it out.
pub(super) fn step(
    ctx: &Ctx,
    one: &StoredBulletin,
    step: BulletinStep,
) -> Result<BulletinState, FlowError> {
    after_step(one.state, step).map_err(|wrong| refuse_step(ctx, one, wrong))
}

/// Tells a step that does not exist, with what brought the bulletin where it stands: who and at which local time, or why it
/// was sent back.
fn refuse_step(ctx: &Ctx, one: &StoredBulletin, wrong: WrongStep) -> FlowError {
    let signed = |who: &Signed| {
        let at = chinese_minute(ctx.settings.zone.local(who.at));
        format!("（{} 于 {at} {}）", who.by, one.state.label())
    };
    let how = match one.state {
        BulletinState::Draft => one
            .return_reason
            .as_ref()
            .map(|reason| format!("（审定后曾被退回修改：{reason}）")),
        BulletinState::Approved => one.approved.as_ref().map(signed),
        BulletinState::Published => one.published.as_ref().map(signed),
        BulletinState::Discarded => one.discarded.as_ref().map(signed),
    };
    let text = format!("{wrong}{}", how.unwrap_or_default());
    FlowError::refused(RefusalCode::OutOfOrder, text)
}

fn refuse_blanks(text: &BulletinText) -> Result<(), FlowError> {
    let missing = if text.opening.trim().is_empty() {
        "开头（opening）"
    } else if text.demands.is_empty() {
        "下一步要求（demands）"
    } else if text.recipients.is_empty() {
        "主送单位（recipients）"
    } else {
        return Ok(());
    };
    let text = format!("这份通报还没有{missing}，请先补上再审定");
    Err(FlowError::refused(RefusalCode::OutOfOrder, text))
}

fn signed(ctx: &Ctx, at: chrono::DateTime<chrono::Utc>) -> Signed {
    Signed {
        by: ctx.actor.name().to_owned(),
        at,
    }
}
