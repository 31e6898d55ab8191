//! What a calendar says of an ask: the words of a letter, without those that hold only on the day of the letter.

use rust_i18n::t;

use super::ask_view::ask_view;
use super::letter::{Ask, DateStatus, Locale};
use super::plain_text::clean;
use super::wording::{TITLE_CHARS, Wording};

/// What stands in a calendar at the due day of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueWhat {
    /// A request that waits for its answer.
    Asked,
    /// A request that was answered.
    Answered,
    /// A request that waits no more, and was not answered.
    Withdrawn,
    /// A round that is still to open.
    ToCome,
}

/// What is due, on one line.
#[must_use]
pub fn due_summary(locale: Locale, ask: &Ask, what: DueWhat) -> String {
    let words = Wording::new(locale);
    let action = words.action(ask, TITLE_CHARS);
    let is_provisional = ask.dates == DateStatus::Provisional;
    let tag = words.tag;
    match (what, is_provisional) {
        (DueWhat::Asked, false) => t!("mail.calendar.due", locale = tag, action = action),
        (DueWhat::Asked, true) => {
            t!(
                "mail.calendar.due_provisional",
                locale = tag,
                action = action
            )
        }
        (DueWhat::Answered, _) => t!("mail.calendar.answered", locale = tag, action = action),
        (DueWhat::Withdrawn, _) => t!("mail.calendar.withdrawn", locale = tag, action = action),
        (DueWhat::ToCome, false) => t!("mail.calendar.to_come", locale = tag, action = action),
        (DueWhat::ToCome, true) => {
            t!(
                "mail.calendar.to_come_provisional",
                locale = tag,
                action = action
            )
        }
    }
    .into_owned()
}

/// What else a letter says of the ask: the unit, the lead units, the items. Lines end in LF, but for the last.
#[must_use]
pub fn due_description(locale: Locale, ask: &Ask) -> String {
    let words = Wording::new(locale);
    let told = Ask {
        reminders_sent: 0,
        ..ask.clone()
    };
    let view = ask_view(words, &told, 1, true);
    let separator = t!("mail.label_separator", locale = words.tag);
    let rows = view.rows.iter();
    let mut lines: Vec<String> = rows
        .map(|row| format!("{}{separator}{}", row.label, row.value))
        .collect();
    lines.extend(view.items);
    lines.extend(view.items_left_out);
    lines.join("\n")
}

/// The name of the file with due days that comes with a letter.
#[must_use]
pub fn due_file_name(locale: Locale) -> String {
    t!("mail.calendar.file", locale = locale.tag()).into_owned()
}

/// The name of the file with what is due no more.
#[must_use]
pub fn cancelled_file_name(locale: Locale) -> String {
    t!("mail.calendar.cancelled_file", locale = locale.tag()).into_owned()
}

/// The name of a unit's calendar.
#[must_use]
pub fn feed_name(locale: Locale, unit_name: &str) -> String {
    let unit = clean(unit_name, TITLE_CHARS);
    t!("mail.calendar.feed", locale = locale.tag(), unit = unit).into_owned()
}
