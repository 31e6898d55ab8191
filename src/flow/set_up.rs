//! The first user of all: whoever starts the service is shown a link, and whoever opens it becomes administrator. There is
//! no password that a program brings along.

use crate::domain::access::Membership;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::UserId;
use crate::domain::resource::Resource;
use crate::domain::sign_in_link::SignInPurpose;
use crate::domain::token_kind::SessionStart;
use crate::domain::user_role::UserRole;
use crate::flow::one_time_links::{self, LinkOf};
use crate::flow::passwords;
use crate::flow::sessions::{NewSession, SessionBegun, SignInPlace};
use crate::flow::{Ctx, FlowError};
use crate::storage::audit_events::AuditEntry;
use crate::storage::users::StoredUser;
use crate::storage::{accounts, new_id, sign_in_links, users};
use secrecy::SecretString;
use serde_json::json;

/// A new link to set up the service, its address; `None` where there is a user. The one made before is good no more.
///
/// # Errors
/// [`FlowError`].
pub async fn make_setup_link(ctx: &Ctx) -> Result<Option<String>, FlowError> {
    if accounts::any_user(&ctx.db).await? {
        return Ok(None);
    }
    let purpose = SignInPurpose::Setup;
    let tx = ctx.write().await?;
    sign_in_links::withdraw(&tx, purpose, None, ctx.now().at).await?;
    let url = one_time_links::make(ctx, &tx, purpose, &LinkOf::Nobody).await?;
    tx.commit().await?;
    Ok(Some(url))
}

/// Whether a link sets up the service. Changes nothing.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn is_setup_link(ctx: &Ctx, text: &str) -> Result<bool, FlowError> {
    let found = one_time_links::find(ctx, SignInPurpose::Setup, text).await?;
    Ok(found.is_some())
}

/// The first user, as they describe themselves.
#[derive(Debug)]
pub struct FirstUser {
    /// Name.
    pub name: String,
    /// Address.
    pub email: EmailAddress,
    /// Password.
    pub password: SecretString,
}

/// Makes the first user, an administrator, and signs them in; `None` where the link is no good, or somebody was quicker.
///
/// # Errors
/// [`FlowError::Refused`] where the password may not be one.
pub async fn set_up(
    ctx: &Ctx,
    text: &str,
    first: FirstUser,
    place: &SignInPlace,
) -> Result<Option<SessionBegun>, FlowError> {
    let Some(found) = one_time_links::find(ctx, SignInPurpose::Setup, text).await? else {
        return Ok(None);
    };
    let address = first.email.normalized();
    passwords::check(&first.password, &address, "new_password")?;
    let kept = passwords::kept(ctx, &first.password).await?;
    let user = StoredUser {
        id: UserId(new_id()),
        email: first.email.as_str().to_owned(),
        address,
        name: Some(first.name),
        locale: None,
        has_password: true,
        enabled: true,
        created_at: ctx.now().at,
    };
    let session = NewSession::of(ctx, &user, SessionStart::Password, place)?;
    let tx = ctx.acting_as(session.actor.clone()).write().await?;
    let is_first = sign_in_links::use_up(&tx, found.link.id, ctx.now().at).await?
        && !accounts::any_user(&tx).await?;
    if !is_first || !users::insert(&tx, &user).await? {
        return Ok(None);
    }
    let role = Membership {
        role: UserRole::Administrator,
        unit_id: None,
    };
    users::set_memberships(&tx, user.id, &[role]).await?;
    accounts::set_password(&tx, user.id, &kept).await?;
    let entry = AuditEntry::done("set_up", Resource::Users, user.id.0, &user.address);
    tx.audit(entry.after(json!({ "name": user.name, "role": role.role })));
    let begun = session.begin(&tx, &user.address).await?;
    tx.commit().await?;
    Ok(Some(begun))
}
