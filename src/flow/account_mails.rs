//! Mails about somebody's own account. They leave at any hour, and what they tell is written with them.

use crate::domain::email_address::EmailAddress;
use crate::domain::mail_state::MailKind;
use crate::flow::{Ctx, FlowError};
use crate::mail::account_letter::{AccountLetter, AccountOccasion};
use crate::mail::compose::compose_account;
use crate::mail::letter::Locale;
use crate::storage::WriteTx;
use crate::storage::outbox::{self, Recipient, StoredMail};
use crate::storage::users::StoredUser;

/// Queues a mail.
pub(super) async fn mail(
    ctx: &Ctx,
    tx: &WriteTx,
    occasion: AccountOccasion,
    to: &EmailAddress,
    name: Option<String>,
) -> Result<(), FlowError> {
    let (now, settings) = (ctx.now(), &ctx.settings);
    let letter = AccountLetter {
        locale: Locale::of_tag(&settings.locale),
        occasion,
        recipient_name: name.clone(),
        date_on: now.today,
        office: ctx.own_office(),
    };
    let words = compose_account(&letter).map_err(|error| FlowError::Letter(error.to_string()))?;
    let recipient = Recipient::person(to, name);
    let when = ctx.queued_when(now);
    let mail = StoredMail {
        subject: words.subject,
        text_body: words.text,
        html_body: words.html,
        ..StoredMail::queued(MailKind::Account, recipient, settings.from.domain(), when)
    };
    outbox::insert(tx, &mail).await?;
    Ok(())
}

/// Tells a user that their password is another now, so that they notice where it was not them.
pub(super) async fn tell_new_password(
    ctx: &Ctx,
    tx: &WriteTx,
    user: &StoredUser,
) -> Result<(), FlowError> {
    // Nobody is kept from another password by an address that cannot be written to.
    let Ok(to) = EmailAddress::parse(&user.email) else {
        return Ok(());
    };
    let occasion = AccountOccasion::PasswordChanged {
        address: user.email.clone(),
        at: ctx.settings.zone.local(ctx.now().at),
    };
    mail(ctx, tx, occasion, &to, user.name.clone()).await
}
