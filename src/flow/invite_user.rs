//! Inviting a user to set a password: by an administrator, with a link that is mailed. It is also the way back for whoever
//! has lost theirs.

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::UserId;
use crate::domain::resource::Resource;
use crate::domain::sign_in_link::SignInPurpose;
use crate::domain::token_kind::SessionStart;
use crate::flow::account_mails;
use crate::flow::one_time_links::{self, LinkOf};
use crate::flow::passwords;
use crate::flow::sessions::{NewSession, SessionBegun, SignInPlace};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::mail::account_letter::AccountOccasion;
use crate::storage::audit_events::AuditEntry;
use crate::storage::users::StoredUser;
use crate::storage::{accounts, sign_in_links, users};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::json;

/// How an invitation reaches its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationWay {
    /// By mail.
    Mailed,
    /// By whoever stands at the terminal and is shown it.
    Shown,
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// The user.
    pub user_id: UserId,
    /// Its address.
    pub email: String,
    /// The link, where it is to be shown.
    pub url: Option<String>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

/// Gives a user a link to set a password. One given before is good no more.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such user, or it is disabled.
pub async fn invite_user(ctx: &Ctx, id: UserId, way: InvitationWay) -> Result<Invited, FlowError> {
    let purpose = SignInPurpose::Invite;
    let now = ctx.now().at;
    let tx = ctx.write().await?;
    let user = users::get(&tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的用户"))
    })?;
    if !user.enabled {
        return Err(FlowError::refused(
            RefusalCode::UserDisabled,
            "该用户已停用，不能邀请。请先启用",
        ));
    }
    let to = EmailAddress::parse(&user.email)
        .map_err(|error| FlowError::refused(RefusalCode::InvalidValue, error.to_string()))?;
    sign_in_links::withdraw(&tx, purpose, Some(id), now).await?;
    let of = LinkOf::User(Box::new(user.clone()));
    let url = one_time_links::make(ctx, &tx, purpose, &of).await?;
    let url = match way {
        InvitationWay::Shown => Some(url),
        InvitationWay::Mailed => {
            let name = user.name.clone();
            account_mails::mail(ctx, &tx, AccountOccasion::Invitation { url }, &to, name).await?;
            None
        }
    };
    let expires_at = now + purpose.lasting();
    let entry = AuditEntry::done("invite_user", Resource::Users, id.0, &user.address);
    tx.audit(entry.after(json!({ "expires_at": expires_at })));
    tx.commit().await?;
    Ok(Invited {
        user_id: id,
        email: user.email,
        url,
        expires_at,
    })
}

/// Whom an invitation is for; `None` where it is no good. Changes nothing.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn invited_by_link(ctx: &Ctx, text: &str) -> Result<Option<StoredUser>, FlowError> {
    let found = one_time_links::find(ctx, SignInPurpose::Invite, text).await?;
    Ok(found.and_then(|found| match found.of {
        LinkOf::User(user) => Some(*user),
        LinkOf::Contact(_) | LinkOf::Nobody => None,
    }))
}

/// Sets the password of whoever was invited and signs them in, and nobody else in their name; `None` where the link is no
/// good, or somebody was quicker.
///
/// # Errors
/// [`FlowError::Refused`] where the password may not be one.
pub async fn accept_invitation(
    ctx: &Ctx,
    text: &str,
    password: &SecretString,
    place: &SignInPlace,
) -> Result<Option<SessionBegun>, FlowError> {
    let found = one_time_links::find(ctx, SignInPurpose::Invite, text).await?;
    let Some((link, LinkOf::User(user))) = found.map(|found| (found.link, found.of)) else {
        return Ok(None);
    };
    passwords::check(password, &user.address, "new_password")?;
    let kept = passwords::kept(ctx, password).await?;
    let now = ctx.now().at;
    let session = NewSession::of(ctx, &user, SessionStart::Link, place)?;
    let tx = ctx.acting_as(session.actor.clone()).write().await?;
    if !sign_in_links::use_up(&tx, link.id, now).await? {
        return Ok(None);
    }
    accounts::set_password(&tx, user.id, &kept).await?;
    if user.has_password {
        account_mails::tell_new_password(ctx, &tx, &user).await?;
    }
    sign_in_links::withdraw(&tx, SignInPurpose::SignIn, Some(user.id), now).await?;
    let ended = accounts::end_sessions(&tx, user.id, None, now).await?;
    let entry = AuditEntry::done("set_password", Resource::Users, user.id.0, &user.address);
    tx.audit(entry.after(json!({ "by": "invitation", "sessions_ended": ended })));
    let begun = session.begin(&tx, &user.address).await?;
    tx.commit().await?;
    Ok(Some(begun))
}
