//! Letters about an account and what it is trusted with: the link to sign in, the one to set a password, that it was changed,
//! that somebody is to stand in, and that a webhook is off.

use crate::domain::webhook::OffReason;
use chrono::{NaiveDate, NaiveDateTime};
use rust_i18n::t;
use std::borrow::Cow;

use super::letter::{Locale, Office};
use super::letter_view::{LetterView, LinkShown, greeting, whom_to_ask};
use super::plain_text::clean;
use super::wording::{TITLE_CHARS, Wording};

/// What such a letter is about. Links are their reader's alone.
#[derive(Clone, PartialEq, Eq)]
pub enum AccountOccasion {
    /// Somebody wants to sign in.
    SignIn {
        /// Where the link leads.
        url: String,
    },
    /// An account was made for somebody.
    Invitation {
        /// Where the link leads.
        url: String,
    },
    /// A password was changed.
    PasswordChanged {
        /// The account's address.
        address: String,
        /// The local time of it.
        at: NaiveDateTime,
    },
    /// The reader is to stand in for somebody.
    StandIn {
        /// Where they sign in.
        url: String,
        /// Who is absent.
        absent: String,
        /// First local day.
        from_on: NaiveDate,
        /// Last local day.
        until_on: NaiveDate,
        /// Why.
        reason: String,
    },
    /// A webhook that the reader may switch on again was switched off by itself.
    WebhookOff {
        /// Where it is shown.
        url: String,
        /// Its name.
        name: String,
        /// Why.
        reason: OffReason,
        /// Deliveries that were given up.
        given_up: usize,
    },
}

/// A letter about its reader's account.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountLetter {
    /// The language.
    pub locale: Locale,
    /// What it is about.
    pub occasion: AccountOccasion,
    /// Name of its reader, if known.
    pub recipient_name: Option<String>,
    /// The local day the letter is made.
    pub date_on: NaiveDate,
    /// Whom to ask.
    pub office: Office,
}

/// Its subject.
pub(super) fn account_subject(letter: &AccountLetter) -> String {
    let tag = letter.locale.tag();
    match letter.occasion {
        AccountOccasion::SignIn { .. } => t!("mail.sign_in.subject", locale = tag),
        AccountOccasion::Invitation { .. } => t!("mail.invitation.subject", locale = tag),
        AccountOccasion::PasswordChanged { .. } => {
            t!("mail.password_changed.subject", locale = tag)
        }
        AccountOccasion::StandIn { .. } => t!("mail.stand_in.subject", locale = tag),
        AccountOccasion::WebhookOff { .. } => t!("mail.webhook_off.subject", locale = tag),
    }
    .into_owned()
}

/// What a letter tells: in paragraphs, with a link and its words, and at its end.
struct Told<'a> {
    opening: Vec<Cow<'a, str>>,
    link: Option<(&'a String, Cow<'a, str>)>,
    closing: Option<Cow<'a, str>>,
}

/// What a letter tells, by its occasion.
fn told_of(words: Wording, occasion: &AccountOccasion) -> Told<'_> {
    let tag = words.tag;
    match occasion {
        AccountOccasion::SignIn { url } => Told {
            opening: vec![t!("mail.sign_in.opening", locale = tag)],
            link: Some((url, t!("mail.sign_in.button", locale = tag))),
            closing: Some(t!("mail.sign_in.ignore", locale = tag)),
        },
        AccountOccasion::Invitation { url } => Told {
            opening: vec![t!("mail.invitation.opening", locale = tag)],
            link: Some((url, t!("mail.invitation.button", locale = tag))),
            closing: None,
        },
        AccountOccasion::PasswordChanged { address, at } => Told {
            opening: vec![
                t!(
                    "mail.password_changed.opening",
                    locale = tag,
                    address = clean(address, TITLE_CHARS),
                    date = words.date(at.date()),
                    time = at.format("%H:%M")
                ),
                t!("mail.password_changed.warning", locale = tag),
            ],
            link: None,
            closing: None,
        },
        AccountOccasion::StandIn {
            url,
            absent,
            from_on,
            until_on,
            reason,
        } => Told {
            opening: vec![t!(
                "mail.stand_in.opening",
                locale = tag,
                absent = clean(absent, TITLE_CHARS),
                from = words.date(*from_on),
                until = words.date(*until_on),
                reason = clean(reason, TITLE_CHARS)
            )],
            link: Some((url, t!("mail.stand_in.button", locale = tag))),
            closing: Some(t!("mail.stand_in.mails", locale = tag)),
        },
        AccountOccasion::WebhookOff {
            url,
            name,
            reason,
            given_up,
        } => Told {
            opening: vec![t!(
                "mail.webhook_off.opening",
                locale = tag,
                name = clean(name, TITLE_CHARS),
                reason = t!(
                    format!("web.code.OffReason.{}", reason.as_str()),
                    locale = tag
                ),
                given_up = given_up
            )],
            link: Some((url, t!("mail.webhook_off.button", locale = tag))),
            closing: Some(t!("mail.webhook_off.next", locale = tag)),
        },
    }
}

/// The letter worded.
pub(super) fn account_view(letter: &AccountLetter) -> LetterView {
    let words = Wording::new(letter.locale);
    let tag = words.tag;
    let told = told_of(words, &letter.occasion);
    let closing = told.closing.map(Cow::into_owned);
    LetterView {
        lang: tag,
        greeting: greeting(words, letter.recipient_name.as_deref(), &[]),
        hello: t!("mail.greeting.hello", locale = tag).into_owned(),
        label_separator: t!("mail.label_separator", locale = tag).into_owned(),
        opening: told.opening.into_iter().map(Cow::into_owned).collect(),
        link: told.link.map(|(url, label)| LinkShown {
            url: url.clone(),
            label: label.into_owned(),
        }),
        asks: Vec::new(),
        asks_left_out: None,
        copies: Vec::new(),
        notes: None,
        closing: closing
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
