//! The links in mails: each lets one contact do one thing about one obligation until a day, without an account. Whoever
//! holds its text holds it; nobody can make or change one without the key.
//!
//! A link's text is 76 letters of base64url (RFC 4648 §5) without padding, for these bytes:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version |
//! | 4 | number of the key, big-endian |
//! | 1 | purpose |
//! | 16 + 16 | obligation, contact |
//! | 3 | last day, counted from 0001-01-01 as 1, big-endian |
//! | 16 | HMAC-SHA256 (RFC 2104) over all before, cut to 128 bits |

use crate::domain::coded::coded;
use crate::domain::ids::{ContactId, ObligationId};
use crate::domain::sign_in_link::SignInPurpose;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{Datelike as _, Days, NaiveDate};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::fmt;
use uuid::Uuid;

/// What stands before a link's text in its address.
pub const LINK_PATH: &str = "/l/";

/// Letters of a link's text.
pub const LINK_CHARS: usize = 76;

/// Days that a link is good for after the due day.
const DAYS_GOOD: u64 = 60;

/// The version of the form above.
const VERSION: u8 = 1;

/// Bytes before the MAC, and all.
const SIGNED: usize = 41;
const WHOLE: usize = 57;

/// What each kind of MAC is about, so that none can be taken for another.
const OF_LINK: &[u8] = b"duban mail link\0";
const OF_FORM: &[u8] = b"duban mail link form\0";

/// A run of letters this long behind [`LINK_PATH`] is hidden: long enough that no address made by people is.
const HIDDEN_CHARS: usize = 32;

coded! {
    /// What a link lets its contact do.
    LinkPurpose "link purpose" {
        /// To acknowledge.
        Acknowledge "acknowledge" "签收",
        /// To answer.
        Report "report" "填报",
        /// To ask for more time.
        Extend "extend" "申请延期",
        /// To add evidence.
        Evidence "evidence" "上传佐证",
    }
}

impl LinkPurpose {
    /// Its byte in a link's text; never changed, as links live in mails.
    fn byte(self) -> u8 {
        match self {
            Self::Acknowledge => 1,
            Self::Report => 2,
            Self::Extend => 3,
            Self::Evidence => 4,
        }
    }

    fn of_byte(byte: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.byte() == byte)
    }
}

/// A key that links are signed with. Its secret is shown nowhere.
#[derive(Clone)]
pub struct LinkKey {
    number: u32,
    secret: [u8; 32],
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkKey")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl LinkKey {
    /// The key of that number.
    pub fn new(number: u32, secret: [u8; 32]) -> Self {
        Self { number, secret }
    }

    /// Its number, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// A MAC that is still to be told what it is of.
    fn mac(&self, about: &[u8]) -> Hmac<Sha256> {
        // As RFC 2104 says: a key shorter than a block of the hash is filled up with zeros.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.secret);
        Hmac::<Sha256>::new(&block.into()).chain_update(about)
    }
}

/// Not a link of ours, or none any more: wrong length, altered, of another version, or of a key that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("链接无效：可能没有复制完整，或已经作废。请重新打开最近一封邮件中的链接")]
pub struct LinkError;

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailLink {
    /// What it lets its contact do.
    pub purpose: LinkPurpose,
    /// About which obligation.
    pub obligation_id: ObligationId,
    /// Whose it is.
    pub contact_id: ContactId,
    /// The last local day on which it is good.
    pub expires_on: NaiveDate,
}

impl MailLink {
    /// The last day of links in a mail made on `today`: 60 days after the due day, or after `today` where that is later or
    /// there is no due day: a mail about what is long overdue has links that work.
    pub fn good_until(due_on: Option<NaiveDate>, today: NaiveDate) -> NaiveDate {
        let from = due_on.map_or(today, |due_on| due_on.max(today));
        from.checked_add_days(Days::new(DAYS_GOOD)).unwrap_or(from)
    }

    /// Whether its last day is over on a local day.
    pub fn is_expired(&self, today: NaiveDate) -> bool {
        today > self.expires_on
    }

    /// Its text, [`LINK_CHARS`] letters; the same link and key give the same text.
    pub fn seal(&self, key: &LinkKey) -> String {
        let signed = self.signed(key.number);
        let mac = key.mac(OF_LINK).chain_update(signed).finalize();
        let mut whole = [0; WHOLE];
        let (head, tail) = whole.split_at_mut(SIGNED);
        head.copy_from_slice(&signed);
        for (to, from) in tail.iter_mut().zip(mac.into_bytes()) {
            *to = from;
        }
        URL_SAFE_NO_PAD.encode(whole)
    }

    /// The link of that text, signed with one of `keys`. Whether it has expired is the caller's question.
    ///
    /// # Errors
    /// [`LinkError`], the same whatever is wrong; MACs are compared in constant time.
    pub fn open(text: &str, keys: &[LinkKey]) -> Result<Self, LinkError> {
        if text.len() != LINK_CHARS {
            return Err(LinkError);
        }
        let whole = URL_SAFE_NO_PAD.decode(text).map_err(|_| LinkError)?;
        let (signed, mac) = whole.split_first_chunk::<SIGNED>().ok_or(LinkError)?;
        if mac.len() != WHOLE - SIGNED {
            return Err(LinkError);
        }
        let (number, link) = Self::read(signed).ok_or(LinkError)?;
        let key = keys.iter().find(|key| key.number == number);
        key.ok_or(LinkError)?
            .mac(OF_LINK)
            .chain_update(signed)
            .verify_truncated_left(mac)
            .map_err(|_| LinkError)?;
        Ok(link)
    }

    /// Its bytes before the MAC.
    fn signed(&self, number: u32) -> [u8; SIGNED] {
        let mut signed = [0; SIGNED];
        let day = u32::try_from(self.expires_on.num_days_from_ce()).unwrap_or(0);
        let parts: [&[u8]; 6] = [
            &[VERSION],
            &number.to_be_bytes(),
            &[self.purpose.byte()],
            self.obligation_id.0.as_bytes(),
            self.contact_id.0.as_bytes(),
            // Three bytes last until the year 45,000.
            &day.to_be_bytes()[1..],
        ];
        for (to, from) in signed.iter_mut().zip(parts.concat()) {
            *to = from;
        }
        signed
    }

    /// What these bytes say, and the number of their key.
    fn read(signed: &[u8; SIGNED]) -> Option<(u32, Self)> {
        let (version, rest) = signed.split_first()?;
        let (number, rest) = rest.split_first_chunk::<4>()?;
        let (purpose, rest) = rest.split_first()?;
        let (obligation, rest) = rest.split_first_chunk::<16>()?;
        let (contact, rest) = rest.split_first_chunk::<16>()?;
        let &[high, middle, low] = rest.first_chunk::<3>()?;
        let day = i32::from_be_bytes([0, high, middle, low]);
        (*version == VERSION).then_some(())?;
        let link = Self {
            purpose: LinkPurpose::of_byte(*purpose)?,
            obligation_id: ObligationId(Uuid::from_bytes(*obligation)),
            contact_id: ContactId(Uuid::from_bytes(*contact)),
            expires_on: NaiveDate::from_num_days_from_ce_opt(day)?,
        };
        Some((u32::from_be_bytes(*number), link))
    }
}

/// The token of the form that a link's page shows: who posts the form has seen the page. 43 letters, so that it can never
/// be taken for a link. `nonce` is what the page knows of its reader, such as a cookie's value; it may be empty.
pub fn form_mac(key: &LinkKey, link_text: &str, nonce: &str) -> String {
    let mac = of_form(key, link_text, nonce).finalize();
    URL_SAFE_NO_PAD.encode(mac.into_bytes())
}

/// Whether `given` is the token of that link's form, by any of these keys; compared in constant time.
pub fn form_mac_fits(keys: &[LinkKey], link_text: &str, nonce: &str, given: &str) -> bool {
    let Ok(mac) = URL_SAFE_NO_PAD.decode(given) else {
        return false;
    };
    keys.iter()
        .any(|key| of_form(key, link_text, nonce).verify_slice(&mac).is_ok())
}

fn of_form(key: &LinkKey, link_text: &str, nonce: &str) -> Hmac<Sha256> {
    // Each with its length: what is moved from one to the other is something else.
    let mut mac = key.mac(OF_FORM);
    for part in [link_text, nonce] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}

/// What tells a link's text from others without being good for anything: SHA-256, as lower-case hexadecimal.
pub fn text_hash(text: &str) -> String {
    crate::domain::draw::hex(&Sha256::digest(text))
}

/// The text with what stands behind the path of a link, one of these or one that signs somebody in, replaced by `…` wherever
/// that is long enough to be a link's: for showing mails to others than those they are for.
pub fn without_links(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(begins) = link_begins(rest) {
        let (before, after) = rest.split_at(begins);
        let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let end = after.find(|c| !is_letter(c)).unwrap_or(after.len());
        if end >= HIDDEN_CHARS {
            shown.push_str(before);
            shown.push('…');
            rest = after.get(end..).unwrap_or_default();
        } else {
            // Its last stroke may be the first of another one: /l/l/….
            let (before, after) = rest.split_at(begins - 1);
            shown.push_str(before);
            rest = after;
        }
    }
    if shown.is_empty() {
        return Cow::Borrowed(text);
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Where the text behind the first path of a link begins.
fn link_begins(text: &str) -> Option<usize> {
    let of_sign_in = SignInPurpose::ALL.iter().map(|purpose| purpose.path());
    let paths = of_sign_in.chain([LINK_PATH]);
    paths
        .filter_map(|path| Some(text.find(path)? + path.len()))
        .min()
}

#[cfg(test)]
#[path = "mail_link_tests.rs"]
mod tests;
