//! What the supervision office is told when mails come back.

use super::decision_letter::DecisionWords;
use super::letter::Locale;
use rust_i18n::t;

/// The words; `url` is where the mails that were not delivered are listed.
#[must_use]
pub fn bounce_words(locale: Locale, url: &str) -> DecisionWords {
    let tag = locale.tag();
    DecisionWords {
        subject: t!("mail.bounced.subject", locale = tag).into_owned(),
        paragraphs: vec![
            t!("mail.bounced.what", locale = tag).into_owned(),
            t!("mail.bounced.where", locale = tag, url = url).into_owned(),
        ],
    }
}
