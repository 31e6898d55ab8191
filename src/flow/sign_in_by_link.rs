//! Signing in with a link that is mailed: asked for by anybody, used once by whoever reads the mail. A contact of a unit who
//! is no user yet becomes one by using it.

use crate::domain::access::Membership;
use crate::domain::actor::Actor;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::UserId;
use crate::domain::resource::Resource;
use crate::domain::sign_in_link::SignInPurpose;
use crate::domain::token_kind::SessionStart;
use crate::domain::user_role::UserRole;
use crate::flow::account_mails;
use crate::flow::one_time_links::{self, GoodLink, LinkOf};
use crate::flow::sessions::{NewSession, SessionBegun, SignInPlace};
use crate::flow::{Ctx, FlowError};
use crate::mail::account_letter::AccountOccasion;
use crate::storage::audit_events::AuditEntry;
use crate::storage::contacts::{self, Contact};
use crate::storage::users::StoredUser;
use crate::storage::{new_id, sign_in_links, users};
use serde_json::json;

/// Mails a link to an address, if somebody may sign in with it. `query` is put behind the link: where it leads on, or
/// nothing. The caller answers the same whatever this does, and without waiting for it.
///
/// # Errors
/// [`FlowError`].
pub async fn mail_sign_in_link(ctx: &Ctx, to: &EmailAddress, query: &str) -> Result<(), FlowError> {
    let address = to.normalized();
    let user = users::by_address(&ctx.db, &address).await?;
    let (of, name) = match user {
        Some(user) if user.enabled => (LinkOf::User(Box::new(user.clone())), user.name),
        Some(_) => return Ok(()),
        None if one_time_links::is_contact(ctx, &address).await? => {
            (LinkOf::Contact(address.clone()), None)
        }
        None => return Ok(()),
    };
    if one_time_links::has_enough(ctx, &address).await? {
        return Ok(());
    }
    let tx = ctx.acting_as(Actor::System("sign_in")).write().await?;
    let mut url = one_time_links::make(ctx, &tx, SignInPurpose::SignIn, &of).await?;
    url.push_str(query);
    account_mails::mail(ctx, &tx, AccountOccasion::SignIn { url }, to, name).await?;
    Ok(tx.commit().await?)
}

/// A link that signs in a user, for whoever stands at the terminal.
///
/// # Errors
/// [`FlowError`].
pub async fn make_sign_in_link(ctx: &Ctx, user: &StoredUser) -> Result<String, FlowError> {
    let of = LinkOf::User(Box::new(user.clone()));
    let tx = ctx.write().await?;
    let url = one_time_links::make(ctx, &tx, SignInPurpose::SignIn, &of).await?;
    let entry = AuditEntry::done(
        "make_sign_in_link",
        Resource::Users,
        user.id.0,
        &user.address,
    );
    tx.audit(entry);
    tx.commit().await?;
    Ok(url)
}

/// The address that a link signs in; `None` where the link is no good. Changes nothing.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn address_of_link(ctx: &Ctx, text: &str) -> Result<Option<String>, FlowError> {
    let found = one_time_links::find(ctx, SignInPurpose::SignIn, text).await?;
    Ok(found.and_then(|found| match found.of {
        LinkOf::User(user) => Some(user.email),
        LinkOf::Contact(address) => Some(address),
        LinkOf::Nobody => None,
    }))
}

/// Signs in whoever holds the link; `None` where it is no good, or somebody was quicker.
///
/// # Errors
/// [`FlowError`].
pub async fn sign_in_by_link(
    ctx: &Ctx,
    text: &str,
    place: &SignInPlace,
) -> Result<Option<SessionBegun>, FlowError> {
    let found = one_time_links::find(ctx, SignInPurpose::SignIn, text).await?;
    let Some(GoodLink { link, of }) = found else {
        return Ok(None);
    };
    let (user, new_of) = match of {
        LinkOf::User(user) => (*user, Vec::new()),
        LinkOf::Contact(address) => {
            let all = contacts::of_address(&ctx.db, &address).await?;
            let present: Vec<Contact> = all
                .into_iter()
                .filter(|one| one.ended_at.is_none())
                .collect();
            match user_of(ctx, &present) {
                Some(user) => (user, present),
                None => return Ok(None),
            }
        }
        LinkOf::Nobody => return Ok(None),
    };
    let session = NewSession::of(ctx, &user, SessionStart::Link, place)?;
    let acting = ctx.acting_as(session.actor.clone());
    let tx = acting.write().await?;
    if !sign_in_links::use_up(&tx, link.id, ctx.now().at).await? {
        return Ok(None);
    }
    if let Some(contact) = new_of.first() {
        if !users::insert(&tx, &user).await? {
            return Ok(None);
        }
        let roles = roles_of(&new_of);
        users::set_memberships(&tx, user.id, &roles).await?;
        let units: Vec<_> = roles.iter().filter_map(|one| one.unit_id).collect();
        let by = Actor::Link {
            contact_id: contact.id,
            address: user.address.clone(),
        };
        let entry = AuditEntry::done("become_user", Resource::Users, user.id.0, &user.address);
        let entry = entry.after(json!({ "role": UserRole::UnitContact, "unit_ids": units }));
        tx.audit_for(ctx.acting_as(by).without_ticket().author(), entry);
    }
    let begun = session.begin(&tx, &user.address).await?;
    tx.commit().await?;
    Ok(Some(begun))
}

/// The user that contacts of one address become.
fn user_of(ctx: &Ctx, contacts: &[Contact]) -> Option<StoredUser> {
    let last = contacts.last()?;
    Some(StoredUser {
        id: UserId(new_id()),
        email: last.email.clone()?,
        address: last.address.clone()?,
        name: last.name.clone(),
        locale: None,
        has_password: false,
        enabled: true,
        created_at: ctx.now().at,
    })
}

fn roles_of(contacts: &[Contact]) -> Vec<Membership> {
    let mut roles: Vec<Membership> = Vec::new();
    for contact in contacts {
        let role = Membership {
            role: UserRole::UnitContact,
            unit_id: Some(contact.unit_id),
        };
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    roles
}
