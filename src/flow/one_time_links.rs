//! Links that sign somebody in, once: how they are made and found again. A link's text is in its address alone.

use crate::domain::draw::hex;
use crate::domain::ids::SignInLinkId;
use crate::domain::sign_in_link::SignInPurpose;
use crate::entropy::Entropy;
use crate::flow::recognise_caller::token_hash;
use crate::flow::{Ctx, FlowError};
use crate::storage::sign_in_links::{self, StoredSignInLink};
use crate::storage::users::StoredUser;
use crate::storage::{WriteTx, accounts, contacts, new_id, users};
use chrono::TimeDelta;

/// Letters of a link's text.
const LETTERS: usize = 64;

/// Mails with links that an address gets within the time below; more are not sent, so that nobody is flooded.
const MOST_MAILS: u64 = 3;

/// See [`MOST_MAILS`].
const MAILS_WITHIN: TimeDelta = TimeDelta::minutes(15);

/// Who is to be signed in.
#[derive(Debug, Clone)]
pub(super) enum LinkOf {
    /// The first user of all.
    Nobody,
    /// A user.
    User(Box<StoredUser>),
    /// A contact of this normalised address who is no user yet.
    Contact(String),
}

/// A new link: its row is written in `tx`; its address.
pub(super) async fn make(
    ctx: &Ctx,
    tx: &WriteTx,
    purpose: SignInPurpose,
    of: &LinkOf,
) -> Result<String, FlowError> {
    let text = hex(&Entropy::secret()?);
    let now = ctx.now().at;
    let (user_id, address) = match of {
        LinkOf::Nobody => (None, None),
        LinkOf::User(user) => (Some(user.id), Some(user.address.clone())),
        LinkOf::Contact(address) => (None, Some(address.clone())),
    };
    let link = StoredSignInLink {
        id: SignInLinkId(new_id()),
        user_id,
        address,
        purpose,
        hash: token_hash(&text),
        made_at: now,
        expires_at: now + purpose.lasting(),
        used_at: None,
    };
    sign_in_links::insert(tx, &link).await?;
    Ok(format!("{}{}{text}", ctx.settings.base_url, purpose.path()))
}

/// A link that is good, and for whom.
#[derive(Debug, Clone)]
pub(super) struct GoodLink {
    pub(super) link: StoredSignInLink,
    pub(super) of: LinkOf,
}

/// The link of that text, where it is for that purpose and good.
pub(super) async fn find(
    ctx: &Ctx,
    purpose: SignInPurpose,
    text: &str,
) -> Result<Option<GoodLink>, FlowError> {
    if text.len() != LETTERS {
        return Ok(None);
    }
    let link = sign_in_links::by_hash(&ctx.db, &token_hash(text)).await?;
    let is_good = |link: &StoredSignInLink| {
        link.purpose == purpose && link.used_at.is_none() && ctx.now().at < link.expires_at
    };
    let Some(link) = link.filter(is_good) else {
        return Ok(None);
    };
    let of = match (link.user_id, &link.address) {
        (Some(id), _) => {
            let user = users::get(&ctx.db, id).await?;
            let user = user.filter(|user| user.enabled);
            user.map(|user| LinkOf::User(Box::new(user)))
        }
        (None, None) if purpose == SignInPurpose::Setup => {
            let is_first = !accounts::any_user(&ctx.db).await?;
            is_first.then_some(LinkOf::Nobody)
        }
        (None, Some(address)) => match users::by_address(&ctx.db, address).await? {
            Some(user) => user.enabled.then(|| LinkOf::User(Box::new(user))),
            None if is_contact(ctx, address).await? => Some(LinkOf::Contact(address.clone())),
            None => None,
        },
        (None, None) => None,
    };
    Ok(of.map(|of| GoodLink { link, of }))
}

/// Whether that is the address of a present contact who may sign in.
pub(super) async fn is_contact(ctx: &Ctx, address: &str) -> Result<bool, FlowError> {
    if !ctx.settings.accounts.contacts_may_sign_in {
        return Ok(false);
    }
    let all = contacts::of_address(&ctx.db, address).await?;
    Ok(all.iter().any(|one| one.ended_at.is_none()))
}

/// Whether an address has been sent as many links as it gets for now.
pub(super) async fn has_enough(ctx: &Ctx, address: &str) -> Result<bool, FlowError> {
    let since = ctx.now().at - MAILS_WITHIN;
    Ok(sign_in_links::sent_since(&ctx.db, address, since).await? >= MOST_MAILS)
}
