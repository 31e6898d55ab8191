//! From a letter to its subject, text and HTML. Pure: the same letter gives the same words. What a letter says is
//! decided by the caller (`letter`); the RFC 5322 form is made in `message`.

use std::cmp::Reverse;

use askama::Template;
use chrono::NaiveDate;

use super::account_letter::{AccountLetter, account_subject, account_view};
use super::inspection_letter::{InspectionLetter, inspection_subject, inspection_view};
use super::letter::{Announcement, Ask, AskKind, Letter, TestLetter, Timing};
use super::letter_view::{LetterView, announcement_view, letter_view, test_view};
use super::plain_text::fold;
use super::subject::{announcement_subject, cut_subject, subject, test_subject};

/// A letter in words, ready to be put into a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// One line of at most 60 characters.
    pub subject: String,
    /// Complete by itself; lines end in LF and have at most 76 columns, but for web addresses, each on a line of its own.
    pub text: String,
    /// A whole HTML page without script and without anything to load.
    pub html: String,
}

/// Why a letter could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A template failed.
    #[error("邮件模板出错，请联系管理员：{0}")]
    Template(#[from] askama::Error),
    /// An address does not fit into a mail header.
    #[error("邮箱地址“{0}”不能用于发信，请核对")]
    Address(String),
    /// The Message-ID is not of the form `local@domain` in printable ASCII.
    #[error("邮件编号“{0}”不符合规定，请联系管理员")]
    MessageId(String),
    /// The media type of a file that is to be sent is none.
    #[error("附件“{0}”的类型不能用于发信，请联系管理员")]
    MediaType(String),
    /// The message could not be built.
    #[error("邮件生成失败，请联系管理员：{0}")]
    Message(#[from] lettre::error::Error),
}

#[derive(Template)]
#[template(path = "letter.txt", config = "config/askama.toml")]
struct TextTemplate<'a> {
    letter: &'a LetterView,
}

#[derive(Template)]
#[template(path = "letter.html", config = "config/askama.toml")]
struct HtmlTemplate<'a> {
    subject: &'a str,
    letter: &'a LetterView,
}

/// The letter in words, its asks most urgent first.
///
/// Words from outside cannot break the layout: line breaks, control and direction-changing characters are taken out,
/// HTML is escaped, and long texts and long lists are cut with a remark.
///
/// # Errors
/// [`ComposeError::Template`], which no letter is known to cause.
pub fn compose(letter: &Letter) -> Result<Composed, ComposeError> {
    let asks = most_urgent_first(&letter.asks);
    render(subject(letter, &asks), &letter_view(letter, &asks))
}

/// An announcement in words.
///
/// # Errors
/// As [`compose`].
pub fn compose_announcement(letter: &Announcement) -> Result<Composed, ComposeError> {
    render(announcement_subject(letter), &announcement_view(letter))
}

/// A text and a page that stand by themselves, under a subject.
#[must_use]
pub fn compose_page(subject: &str, text: &str, html: &str) -> Composed {
    Composed {
        subject: cut_subject(subject),
        text: fold(text),
        html: html.to_owned(),
    }
}

/// The test letter in words.
///
/// # Errors
/// As [`compose`].
pub fn compose_test(letter: &TestLetter) -> Result<Composed, ComposeError> {
    render(test_subject(letter), &test_view(letter))
}

/// The letter about somebody's own account, in words.
///
/// # Errors
/// As [`compose`].
pub fn compose_account(letter: &AccountLetter) -> Result<Composed, ComposeError> {
    render(account_subject(letter), &account_view(letter))
}

/// The letter to somebody who inspects, in words.
///
/// # Errors
/// As [`compose`].
pub fn compose_inspection(letter: &InspectionLetter) -> Result<Composed, ComposeError> {
    render(inspection_subject(letter), &inspection_view(letter))
}

fn render(subject: String, view: &LetterView) -> Result<Composed, ComposeError> {
    let text = fold(&TextTemplate { letter: view }.render()?);
    let html = HtmlTemplate {
        subject: &subject,
        letter: view,
    }
    .render()?;
    Ok(Composed {
        subject,
        text,
        html,
    })
}

/// Notices 督办单 before everything else; then the longest overdue first, then today's, then by due day, those without a day last; among equals by unit and plan, so
/// that a repeated letter has the same order.
fn most_urgent_first(asks: &[Ask]) -> Vec<&Ask> {
    let mut sorted: Vec<&Ask> = asks.iter().collect();
    sorted.sort_by_key(|ask| {
        let (class, overdue) = match ask.timing {
            Timing::Overdue(workdays) => (0, workdays),
            Timing::Today => (1, 0),
            Timing::Open(_) => (2, 0),
            Timing::Undated => (3, 0),
        };
        let due_on = ask.due_on.unwrap_or(NaiveDate::MAX);
        let is_notice = matches!(ask.what, AskKind::Notice { .. });
        (
            Reverse(is_notice),
            class,
            Reverse(overdue),
            due_on,
            &ask.unit_name,
            &ask.plan_title,
        )
    });
    sorted
}
