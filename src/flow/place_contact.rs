//! Who is the contact of a unit from now on: the one way in which contacts change, for the units file and for single
//! changes alike.

use crate::domain::access::Membership;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{ContactId, UnitId};
use crate::domain::resource::Resource;
use crate::domain::user_role::UserRole;
use crate::flow::refresh_mails::take_out;
use crate::flow::{Ctx, FlowError, load_calendar};
use crate::storage::audit_events::AuditEntry;
use crate::storage::contacts::Contact;
use crate::storage::{WriteTx, contacts, reminders, users};
use chrono::{DateTime, Utc};
use serde_json::json;

/// A contact as somebody wants it. Without name and address it is nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Name.
    pub name: Option<String>,
    /// Address.
    pub email: Option<EmailAddress>,
}

/// What became of a unit's contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContactChange {
    /// It stays as it was.
    None,
    /// There was none before.
    Begun(ContactId),
    /// The same one has another name.
    Renamed(ContactId),
    /// The old one is ended; mails to it that have not left are not sent.
    Replaced {
        /// The old one.
        gone: ContactId,
        /// The new one, unless it is nobody.
        new: Option<ContactId>,
    },
}

impl ContactChange {
    /// Who is not the contact any more.
    pub(super) fn gone(self) -> Option<ContactId> {
        match self {
            Self::Replaced { gone, .. } => Some(gone),
            Self::None | Self::Begun(_) | Self::Renamed(_) => None,
        }
    }
}

/// Makes `wanted` the contact of a unit whose contact was `before`. Under the same address it stays the same contact, so
/// that nobody is reminded twice because a name was corrected.
pub(super) async fn place_contact(
    tx: &WriteTx,
    unit_id: UnitId,
    before: Option<&Contact>,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<ContactChange, FlowError> {
    let nobody = wanted.name.is_none() && wanted.email.is_none();
    let email = wanted.email.as_ref();
    if let Some(before) = before
        && before.address == email.map(EmailAddress::normalized)
        && !nobody
    {
        if before.name == wanted.name {
            return Ok(ContactChange::None);
        }
        contacts::rename(tx, before.id, wanted.name.as_deref()).await?;
        return Ok(ContactChange::Renamed(before.id));
    }
    if let Some(before) = before {
        contacts::end(tx, before.id, now).await?;
        end_role(tx, before).await?;
    }
    let new = match nobody {
        true => None,
        false => {
            let email = email.map(|email| (email.as_str().to_owned(), email.normalized()));
            Some(contacts::begin(tx, unit_id, wanted.name.clone(), email, now).await?)
        }
    };
    Ok(match (before, new) {
        (Some(before), new) => ContactChange::Replaced {
            gone: before.id,
            new,
        },
        (None, Some(new)) => ContactChange::Begun(new),
        (None, None) => ContactChange::None,
    })
}

/// Who is not the contact of a unit any more does not answer for it any more: their user loses that role, and keeps all
/// others.
pub(super) async fn end_role(tx: &WriteTx, gone: &Contact) -> Result<(), FlowError> {
    let Some(address) = &gone.address else {
        return Ok(());
    };
    let Some(user) = users::by_address(tx, address).await? else {
        return Ok(());
    };
    let all = users::memberships(tx, &[user.id]).await?.into_iter();
    let (ended, kept): (Vec<Membership>, Vec<Membership>) = all
        .map(|(_, one)| one)
        .partition(|one| one.role == UserRole::UnitContact && one.unit_id == Some(gone.unit_id));
    if ended.is_empty() {
        return Ok(());
    }
    users::set_memberships(tx, user.id, &kept).await?;
    let entry = AuditEntry::done(
        "end_contact_role",
        Resource::Users,
        user.id.0,
        &user.address,
    );
    tx.audit(entry.before(json!({ "role": UserRole::UnitContact, "unit_id": gone.unit_id })));
    Ok(())
}

/// Mails to contacts that are no longer there and have not left are not sent; who came in their place is told the
/// current stage by the next digest.
pub(super) async fn stop_mails_to(
    ctx: &Ctx,
    tx: &WriteTx,
    gone: &[ContactId],
) -> Result<(), FlowError> {
    let mut theirs = Vec::new();
    for contact in gone {
        theirs.extend(reminders::of_contact(tx, *contact).await?);
    }
    if theirs.is_empty() {
        return Ok(());
    }
    let calendar = load_calendar(tx).await?;
    // All at once: contacts of many units share one address, and its mail is written anew once.
    take_out(ctx, tx, &calendar, ctx.now(), &theirs, "contact_changed").await
}
