//! Letters about somebody's own account: the link to sign in, and the one to set a password.

use chrono::NaiveDate;
use rust_i18n::t;

use super::letter::{Locale, Office};
use super::letter_view::{LetterView, LinkShown, greeting, whom_to_ask};
use super::plain_text::clean;
use super::wording::{TITLE_CHARS, Wording};

/// What such a letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountOccasion {
    /// Somebody wants to sign in.
    SignIn,
    /// An account was made for somebody.
    Invitation,
}

/// A letter with a link that is its reader's alone.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountLetter {
    /// The language.
    pub locale: Locale,
    /// What it is about.
    pub occasion: AccountOccasion,
    /// Name of its reader, if known.
    pub recipient_name: Option<String>,
    /// Where the link leads.
    pub url: String,
    /// The local day the letter is made.
    pub date_on: NaiveDate,
    /// Whom to ask.
    pub office: Office,
}

/// Its subject.
pub(super) fn account_subject(letter: &AccountLetter) -> String {
    let tag = letter.locale.tag();
    match letter.occasion {
        AccountOccasion::SignIn => t!("mail.sign_in.subject", locale = tag),
        AccountOccasion::Invitation => t!("mail.invitation.subject", locale = tag),
    }
    .into_owned()
}

/// The letter worded.
pub(super) fn account_view(letter: &AccountLetter) -> LetterView {
    let words = Wording::new(letter.locale);
    let tag = words.tag;
    let (opening, label) = match letter.occasion {
        AccountOccasion::SignIn => (
            t!("mail.sign_in.opening", locale = tag),
            t!("mail.sign_in.button", locale = tag),
        ),
        AccountOccasion::Invitation => (
            t!("mail.invitation.opening", locale = tag),
            t!("mail.invitation.button", locale = tag),
        ),
    };
    let ignore = t!("mail.sign_in.ignore", locale = tag).into_owned();
    let ignore = (letter.occasion == AccountOccasion::SignIn).then_some(ignore);
    LetterView {
        lang: tag,
        greeting: greeting(words, letter.recipient_name.as_deref(), &[]),
        hello: t!("mail.greeting.hello", locale = tag).into_owned(),
        label_separator: t!("mail.label_separator", locale = tag).into_owned(),
        opening: vec![opening.into_owned()],
        link: Some(LinkShown {
            url: letter.url.clone(),
            label: label.into_owned(),
        }),
        asks: Vec::new(),
        asks_left_out: None,
        copies: Vec::new(),
        notes: None,
        closing: ignore
            .into_iter()
            .chain([whom_to_ask(words, &letter.office)])
            .collect(),
        signature: vec![
            clean(&letter.office.name, TITLE_CHARS),
            words.date(letter.date_on),
        ],
        footer: t!("mail.closing.footer", locale = tag).into_owned(),
    }
}
