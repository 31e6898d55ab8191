//! A person's own password: another one, for whoever knows the present one or has just signed in by a link.

use crate::domain::access::Viewer;
use crate::domain::resource::Resource;
use crate::domain::sign_in_link::SignInPurpose;
use crate::domain::token_kind::SessionStart;
use crate::flow::account_desk::Counted;
use crate::flow::account_mails;
use crate::flow::passwords::{self, Fit};
use crate::flow::{Ctx, FlowError};
use crate::storage::audit_events::AuditEntry;
use crate::storage::users::StoredToken;
use crate::storage::{accounts, sign_in_links, users};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::json;

/// How long a link that was used stands for the present password.
const LINK_STANDS: TimeDelta = TimeDelta::minutes(10);

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordChange {
    /// It is changed, and all other sessions of the user have ended.
    Done,
    /// The present password is another.
    Wrong,
    /// There were too many failures.
    Waits(TimeDelta),
}

/// Whether a session began so lately by a link that the present password is not asked for.
pub fn is_fresh_by_link(session: &StoredToken, now: DateTime<Utc>) -> bool {
    session.begun_by == Some(SessionStart::Link) && now < session.created_at + LINK_STANDS
}

/// Changes the password of whoever acts in a session, and tells their address that it was changed.
///
/// # Errors
/// [`FlowError::Refused`] where the password may not be one.
pub async fn change_password(
    ctx: &Ctx,
    viewer: &Viewer,
    present: &SecretString,
    new: &SecretString,
) -> Result<PasswordChange, FlowError> {
    let now = ctx.now().at;
    let (id, address) = (viewer.user_id, &viewer.address);
    passwords::check(new, address, "new_password")?;
    let session = users::token(&ctx.db, viewer.token_id).await?;
    if !session.is_some_and(|session| is_fresh_by_link(&session, now)) {
        let account = Counted::Account(address.clone());
        if let Err(wait) = ctx.account_desk.count(&account, now) {
            return Ok(PasswordChange::Waits(wait));
        }
        let stored = accounts::password_of(&ctx.db, id).await?;
        match passwords::fits(ctx, stored, present).await {
            Ok(Fit::No) => return Ok(PasswordChange::Wrong),
            Ok(Fit::Yes | Fit::Weakly) => ctx.account_desk.forget(&account),
            Err(error) => {
                ctx.account_desk.take_back(&account, now);
                return Err(error);
            }
        }
    }
    let kept = passwords::kept(ctx, new).await?;
    let tx = ctx.write().await?;
    accounts::set_password(&tx, id, &kept).await?;
    for purpose in [SignInPurpose::Invite, SignInPurpose::SignIn] {
        sign_in_links::withdraw(&tx, purpose, Some(id), now).await?;
    }
    let ended = accounts::end_sessions(&tx, id, Some(viewer.token_id), now).await?;
    if let Some(user) = users::get(&tx, id).await? {
        account_mails::tell_new_password(ctx, &tx, &user).await?;
    }
    let entry = AuditEntry::done("set_password", Resource::Users, id.0, address);
    tx.audit(entry.after(json!({ "by": "user", "sessions_ended": ended })));
    tx.commit().await?;
    Ok(PasswordChange::Done)
}
