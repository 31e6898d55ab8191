//! A letter as the templates see it: every sentence worded, every foreign word cleaned, nothing left to decide but the
//! layout. The small words come from `wording`, the subject from `subject`.

use rust_i18n::t;

use super::ask_view::{AskView, ask_view};
use super::copy_view::{CopyView, copy_views};
use super::letter::{
    Announcement, Ask, AskKind, DateStatus, Letter, Occasion, Office, TestLetter, Timing,
};
use super::plain_text::clean;
use super::wording::{REMARK_CHARS, TITLE_CHARS, Wording};

/// Asks told in detail; one address seldom has ten.
const ASKS_SHOWN: usize = 40;

/// The longest paragraph of an announcement.
const PARAGRAPH_CHARS: usize = 2_000;

/// Notes shown.
const NOTES_SHOWN: usize = 50;

/// Everything on the page, from top to bottom.
pub(super) struct LetterView {
    pub(super) lang: &'static str,
    pub(super) greeting: String,
    pub(super) hello: String,
    pub(super) label_separator: String,
    pub(super) opening: Vec<String>,
    /// The letter's own link, right below.
    pub(super) link: Option<LinkShown>,
    pub(super) asks: Vec<AskView>,
    pub(super) asks_left_out: Option<String>,
    pub(super) copies: Vec<CopyView>,
    pub(super) notes: Option<NotesView>,
    pub(super) closing: Vec<String>,
    pub(super) signature: Vec<String>,
    pub(super) footer: String,
}

/// A link with its words.
pub(super) struct LinkShown {
    pub(super) url: String,
    pub(super) label: String,
}

/// The notes with their heading.
pub(super) struct NotesView {
    pub(super) heading: String,
    pub(super) lines: Vec<String>,
}

/// The letter worded; `asks` are its asks in the order shown.
pub(super) fn letter_view(letter: &Letter, asks: &[&Ask]) -> LetterView {
    let words = Wording::new(letter.locale);
    let has_several_units = letter.unit_names.len() > 1;
    let shown = asks.iter().take(ASKS_SHOWN).enumerate();
    let rest = asks.len().saturating_sub(ASKS_SHOWN);
    LetterView {
        lang: words.tag,
        greeting: greeting(words, letter.recipient_name.as_deref(), &letter.unit_names),
        hello: t!("mail.greeting.hello", locale = words.tag).into_owned(),
        label_separator: t!("mail.label_separator", locale = words.tag).into_owned(),
        opening: vec![opening(words, letter, asks)],
        link: None,
        asks: shown
            .map(|(index, ask)| ask_view(words, ask, index + 1, has_several_units))
            .collect(),
        asks_left_out: (rest > 0).then(|| {
            let tag = words.tag;
            t!(
                "mail.opening.asks_left_out",
                locale = tag,
                shown = ASKS_SHOWN,
                rest = rest
            )
            .into_owned()
        }),
        copies: copy_views(words, &letter.copies),
        notes: notes(words, &letter.notes),
        closing: closing(words, letter, asks),
        signature: vec![
            clean(&letter.office.name, TITLE_CHARS),
            words.date(letter.date_on),
        ],
        footer: t!("mail.closing.footer", locale = words.tag).into_owned(),
    }
}

/// An announcement worded.
pub(super) fn announcement_view(letter: &Announcement) -> LetterView {
    let words = Wording::new(letter.locale);
    let tag = words.tag;
    let paragraphs = letter.paragraphs.iter();
    let files = letter.files.iter().take(NOTES_SHOWN);
    LetterView {
        lang: tag,
        greeting: greeting(words, letter.recipient_name.as_deref(), &letter.unit_names),
        hello: t!("mail.greeting.hello", locale = tag).into_owned(),
        label_separator: t!("mail.label_separator", locale = tag).into_owned(),
        opening: paragraphs.map(|one| clean(one, PARAGRAPH_CHARS)).collect(),
        link: None,
        asks: Vec::new(),
        asks_left_out: None,
        copies: Vec::new(),
        notes: (!letter.files.is_empty()).then(|| NotesView {
            heading: t!("mail.announcement.files", locale = tag).into_owned(),
            lines: files.map(|name| clean(name, TITLE_CHARS)).collect(),
        }),
        closing: vec![
            t!("mail.announcement.no_answer", locale = tag).into_owned(),
            whom_to_ask(words, &letter.office),
        ],
        signature: vec![
            clean(&letter.office.name, TITLE_CHARS),
            words.date(letter.date_on),
        ],
        footer: t!("mail.closing.footer", locale = tag).into_owned(),
    }
}

/// The test letter worded.
pub(super) fn test_view(letter: &TestLetter) -> LetterView {
    let words = Wording::new(letter.locale);
    let date = words.date_with_weekday(letter.sent_at_local.date());
    let time = letter.sent_at_local.format("%H:%M:%S").to_string();
    let server = clean(&letter.server, TITLE_CHARS);
    let tag = words.tag;
    LetterView {
        lang: tag,
        greeting: t!("mail.greeting.nobody", locale = tag).into_owned(),
        hello: t!("mail.greeting.hello", locale = tag).into_owned(),
        label_separator: t!("mail.label_separator", locale = tag).into_owned(),
        opening: vec![
            t!("mail.test.opening", locale = tag).into_owned(),
            t!("mail.test.sent", locale = tag, date = date, time = time).into_owned(),
            t!("mail.test.server", locale = tag, server = server).into_owned(),
        ],
        link: None,
        asks: Vec::new(),
        asks_left_out: None,
        copies: Vec::new(),
        notes: None,
        closing: vec![whom_to_ask(words, &letter.office)],
        signature: vec![
            clean(&letter.office.name, TITLE_CHARS),
            words.date(letter.sent_at_local.date()),
        ],
        footer: t!("mail.closing.footer", locale = tag).into_owned(),
    }
}

pub(super) fn greeting(words: Wording, name: Option<&str>, units: &[String]) -> String {
    let units = words.units(units);
    let name = clean(name.unwrap_or_default(), TITLE_CHARS);
    let tag = words.tag;
    match (name.is_empty(), units.is_empty()) {
        (false, false) => t!(
            "mail.greeting.named",
            locale = tag,
            name = name,
            units = units
        ),
        (true, false) => t!("mail.greeting.unnamed", locale = tag, units = units),
        (false, true) => t!("mail.greeting.person", locale = tag, name = name),
        (true, true) => t!("mail.greeting.nobody", locale = tag),
    }
    .into_owned()
}

fn opening(words: Wording, letter: &Letter, asks: &[&Ask]) -> String {
    let tag = words.tag;
    let count = asks.len();
    if count == 0 {
        return if letter.copies.is_empty() {
            t!("mail.opening.notes_only", locale = tag).into_owned()
        } else {
            t!("mail.opening.copies_only", locale = tag).into_owned()
        };
    }
    let is_overdue = |ask: &&&Ask| matches!(ask.timing, Timing::Overdue(_));
    let overdue = asks.iter().filter(is_overdue).count();
    let today = asks
        .iter()
        .filter(|ask| ask.timing == Timing::Today)
        .count();
    let mut pressing = Vec::new();
    if overdue > 0 {
        pressing.push(t!("mail.opening.overdue_part", locale = tag, count = overdue).into_owned());
    }
    if today > 0 {
        pressing.push(t!("mail.opening.today_part", locale = tag, count = today).into_owned());
    }
    match (count, overdue, today) {
        (1, 0, 0) => t!("mail.opening.one", locale = tag),
        (1, 0, _) => t!("mail.opening.one_today", locale = tag),
        (1, _, _) => t!("mail.opening.one_overdue", locale = tag),
        (_, 0, 0) => t!("mail.opening.many", locale = tag, count = count),
        _ => {
            let pressing = words.list(&pressing);
            t!(
                "mail.opening.many_pressing",
                locale = tag,
                count = count,
                pressing = pressing
            )
        }
    }
    .into_owned()
}

fn notes(words: Wording, notes: &[String]) -> Option<NotesView> {
    let tag = words.tag;
    let mut lines: Vec<String> = notes.iter().map(|note| clean(note, REMARK_CHARS)).collect();
    lines.retain(|line| !line.is_empty());
    let rest = lines.len().saturating_sub(NOTES_SHOWN);
    if rest > 0 {
        lines.truncate(NOTES_SHOWN);
        lines.push(t!("mail.notes.left_out", locale = tag, rest = rest).into_owned());
    }
    (!lines.is_empty()).then(|| NotesView {
        heading: t!("mail.notes.heading", locale = tag).into_owned(),
        lines,
    })
}

fn closing(words: Wording, letter: &Letter, asks: &[&Ask]) -> Vec<String> {
    let tag = words.tag;
    let office = clean(&letter.office.name, TITLE_CHARS);
    let may_extend = |ask: &&&Ask| {
        matches!(ask.timing, Timing::Open(_) | Timing::Today)
            && ask.what != AskKind::Acknowledge
            && !matches!(ask.what, AskKind::Notice { .. })
            && !matches!(ask.occasion, Occasion::ExtensionRefused { .. })
    };
    let mut lines = Vec::new();
    let has_links = asks.iter().any(|ask| ask.links.is_some());
    match asks.len() {
        0 => {}
        1 if has_links => {
            lines.push(t!("mail.closing.links", locale = tag, office = office).into_owned());
        }
        _ if has_links => {
            lines.push(t!("mail.closing.links_many", locale = tag, office = office).into_owned());
        }
        1 => lines.push(t!("mail.closing.reply", locale = tag, office = office).into_owned()),
        _ => lines.push(t!("mail.closing.reply_many", locale = tag, office = office).into_owned()),
    }
    let extends_by_link = |ask: &&Ask| ask.links.as_ref().is_some_and(|one| one.extend.is_some());
    if asks
        .iter()
        .any(|ask| may_extend(&ask) && extends_by_link(ask))
    {
        lines.push(t!("mail.closing.extension_by_link", locale = tag).into_owned());
    } else if asks.iter().any(|ask| may_extend(&ask)) {
        lines.push(t!("mail.closing.extension", locale = tag).into_owned());
    }
    if asks.iter().any(|ask| ask.occasion == Occasion::Reminder) {
        lines.push(t!("mail.closing.already", locale = tag, office = office).into_owned());
    }
    if asks.iter().any(|ask| ask.dates == DateStatus::Provisional) {
        lines.push(t!("mail.closing.provisional", locale = tag).into_owned());
    }
    lines.push(whom_to_ask(words, &letter.office));
    lines.push(t!("mail.closing.thanks", locale = tag).into_owned());
    lines
}

pub(super) fn whom_to_ask(words: Wording, office: &Office) -> String {
    let tag = words.tag;
    let name = clean(&office.name, TITLE_CHARS);
    let phone = office.phone.as_ref();
    let number = phone.map(|one| clean(&one.number, TITLE_CHARS));
    let other = phone.and_then(|one| one.of.as_ref());
    let other = other.map(|of| clean(of, TITLE_CHARS));
    let text = match (&office.address, number, other) {
        (Some(address), Some(phone), None) => t!(
            "mail.closing.ask_both",
            locale = tag,
            office = name,
            phone = phone,
            address = address.as_str()
        ),
        (Some(address), Some(phone), Some(other)) => t!(
            "mail.closing.ask_either",
            locale = tag,
            office = name,
            address = address.as_str(),
            other = other,
            phone = phone
        ),
        (None, Some(phone), other) => t!(
            "mail.closing.ask_phone",
            locale = tag,
            office = other.unwrap_or(name),
            phone = phone
        ),
        (Some(address), None, _) => t!(
            "mail.closing.ask_address",
            locale = tag,
            office = name,
            address = address.as_str()
        ),
        (None, None, _) => t!("mail.closing.ask_reply", locale = tag),
    };
    text.into_owned()
}
