//! A link of a mail → whose it is, and everything its page shows. It reads only: what is done through a link is done by the
//! use cases that everybody has, as `Actor::Link`.

use crate::domain::mail_link::{MailLink, text_hash};
use crate::flow::answer_target::{AnswerTarget, answer_target};
use crate::flow::link_keys::good_keys;
use crate::flow::{Ctx, FlowError};
use crate::storage::contacts::{self, Contact};

/// Where a link leads.
#[derive(Debug, Clone)]
pub enum LinkFollowed {
    /// To what it is about. It may have been answered already: the answer may be corrected.
    Open(Box<LinkTarget>),
    /// Nowhere.
    Refused(LinkRefusal),
}

/// Why a link leads nowhere; in this order where several are true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkRefusal {
    /// Altered, signed with a key that is retired, or about rows that do not exist.
    Unknown,
    /// Its last day is over.
    Expired,
    /// Its contact has ended, or is that of another unit than the one asked.
    NotYours,
    /// The request is withdrawn, or everything it asks about has ended.
    Over,
}

/// What a link is about.
#[derive(Debug, Clone)]
pub struct LinkTarget {
    /// What it says.
    pub link: MailLink,
    /// SHA-256 (hex) of its text: names the link where its text must not be shown.
    pub text_hash: String,
    /// Whose it is; a present one.
    pub contact: Contact,
    /// What it asks for.
    pub asked: AnswerTarget,
}

/// Follows the link of that text.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn follow_link(ctx: &Ctx, text: &str) -> Result<LinkFollowed, FlowError> {
    let refused = |why| Ok(LinkFollowed::Refused(why));
    let keys = good_keys(ctx).await?;
    let Ok(link) = MailLink::open(text, &keys) else {
        return refused(LinkRefusal::Unknown);
    };
    let contact = contacts::get(&ctx.db, link.contact_id).await?;
    let asked = answer_target(ctx, link.obligation_id).await?;
    let (Some(contact), Some(asked)) = (contact, asked) else {
        return refused(LinkRefusal::Unknown);
    };
    if link.is_expired(ctx.now().today) {
        return refused(LinkRefusal::Expired);
    }
    if contact.ended_at.is_some() || contact.unit_id != asked.obligation.unit_id {
        return refused(LinkRefusal::NotYours);
    }
    if asked.is_over() {
        return refused(LinkRefusal::Over);
    }
    Ok(LinkFollowed::Open(Box::new(LinkTarget {
        text_hash: text_hash(text),
        link,
        contact,
        asked,
    })))
}
