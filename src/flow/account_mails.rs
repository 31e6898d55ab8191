//! Mails about an account and what it is trusted with. They leave at any hour, and what they tell is written with them.

use crate::domain::access::Action;
use crate::domain::delegation::Delegation;
use crate::domain::email_address::EmailAddress;
use crate::domain::mail_state::MailKind;
use crate::domain::webhook::OffReason;
use crate::flow::{Ctx, FlowError};
use crate::mail::account_letter::{AccountLetter, AccountOccasion};
use crate::mail::compose::compose_account;
use crate::mail::letter::Locale;
use crate::storage::WriteTx;
use crate::storage::outbox::{self, Recipient};
use crate::storage::users::{self, StoredUser};
use crate::storage::webhooks::StoredWebhook;
use std::collections::BTreeSet;

/// Queues a mail.
pub(super) async fn mail(
    ctx: &Ctx,
    tx: &WriteTx,
    occasion: AccountOccasion,
    to: &EmailAddress,
    name: Option<String>,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let letter = AccountLetter {
        locale: Locale::of_tag(&ctx.settings.locale),
        occasion,
        recipient_name: name.clone(),
        date_on: now.today,
        office: ctx.own_office(),
    };
    let words = compose_account(&letter).map_err(|error| FlowError::Letter(error.to_string()))?;
    let recipient = Recipient::person(to, name);
    let mail = ctx.queued_mail(now, MailKind::Account, recipient, words);
    outbox::insert(tx, &mail).await?;
    Ok(())
}

/// Tells a user that they are to stand in for another.
pub(super) async fn tell_stand_in(
    ctx: &Ctx,
    tx: &WriteTx,
    absent: &StoredUser,
    delegate: &StoredUser,
    made: &Delegation,
) -> Result<(), FlowError> {
    let occasion = AccountOccasion::StandIn {
        url: format!("{}/", ctx.settings.base_url),
        absent: absent.name.clone().unwrap_or_else(|| absent.email.clone()),
        from_on: made.from_on,
        until_on: made.until_on,
        reason: made.reason.clone(),
    };
    mail_user(ctx, tx, occasion, delegate).await
}

/// Tells everybody who may switch webhooks on that one was switched off by itself, with so many deliveries given up.
pub(super) async fn tell_webhook_off(
    ctx: &Ctx,
    tx: &WriteTx,
    webhook: &StoredWebhook,
    reason: OffReason,
    given_up: usize,
) -> Result<(), FlowError> {
    let occasion = AccountOccasion::WebhookOff {
        url: format!("{}/webhooks/{}", ctx.settings.base_url, webhook.id),
        name: webhook.name.clone(),
        reason,
        given_up,
    };
    let mut told = BTreeSet::new();
    for role in Action::WriteWebhooks.roles() {
        told.extend(users::enabled_with_role(tx, role.as_str()).await?);
    }
    for id in told {
        if let Some(user) = users::get(tx, id).await? {
            mail_user(ctx, tx, occasion.clone(), &user).await?;
        }
    }
    Ok(())
}

/// Tells a user that their password is another now, so that they notice where it was not them.
pub(super) async fn tell_new_password(
    ctx: &Ctx,
    tx: &WriteTx,
    user: &StoredUser,
) -> Result<(), FlowError> {
    let occasion = AccountOccasion::PasswordChanged {
        address: user.email.clone(),
        at: ctx.settings.zone.local(ctx.now().at),
    };
    mail_user(ctx, tx, occasion, user).await
}

/// What is done is not kept back by an address that cannot be written to.
async fn mail_user(
    ctx: &Ctx,
    tx: &WriteTx,
    occasion: AccountOccasion,
    user: &StoredUser,
) -> Result<(), FlowError> {
    match EmailAddress::parse(&user.email) {
        Ok(to) => mail(ctx, tx, occasion, &to, user.name.clone()).await,
        Err(_) => Ok(()),
    }
}
