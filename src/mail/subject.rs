//! Subject lines: the most urgent ask, its day, and how many more there are, in at most 60 characters.

use rust_i18n::t;

use super::letter::{Announcement, Ask, Letter, Occasion, TestLetter, Timing};
use super::plain_text::clean;
use super::wording::{TITLE_CHARS, Wording};

/// Longer subjects are cut by list views and phones.
const SUBJECT_CHARS: usize = 60;

/// Fewer characters of a title say nothing.
const TITLE_CHARS_LEFT: usize = 6;

/// The subject of a letter; `asks` are its asks, most urgent first.
pub(super) fn subject(letter: &Letter, asks: &[&Ask]) -> String {
    let words = Wording::new(letter.locale);
    let Some((first, others)) = asks.split_first() else {
        return without_asks(words, letter);
    };
    let mut limit = TITLE_CHARS;
    loop {
        let subject = ask_subject(words, first, others, limit);
        let excess = subject.chars().count().saturating_sub(SUBJECT_CHARS);
        if excess == 0 || limit == TITLE_CHARS_LEFT {
            return clean(&subject, SUBJECT_CHARS);
        }
        // Only the title gives way: the day and the count are what the subject is for.
        let shown = first
            .plan_title
            .chars()
            .count()
            .max(what_length(first))
            .min(limit);
        limit = shown
            .saturating_sub(excess)
            .clamp(TITLE_CHARS_LEFT, limit - 1);
    }
}

/// The subject of an announcement.
pub(super) fn announcement_subject(letter: &Announcement) -> String {
    cut_subject(&letter.subject)
}

/// A subject as given, cut like every other.
pub(super) fn cut_subject(subject: &str) -> String {
    clean(subject, SUBJECT_CHARS)
}

/// The subject of the test letter.
pub(super) fn test_subject(letter: &TestLetter) -> String {
    t!("mail.subject.test", locale = letter.locale.tag()).into_owned()
}

fn what_length(ask: &Ask) -> usize {
    use super::letter::AskKind as Kind;
    match &ask.what {
        Kind::SendUp { what }
        | Kind::Notice { what }
        | Kind::FollowUp { what }
        | Kind::Other { what } => what.chars().count(),
        Kind::Acknowledge
        | Kind::Complete
        | Kind::SpotCheck
        | Kind::Dispatch
        | Kind::Monitoring
        | Kind::Collect { .. }
        | Kind::Rectify => 0,
    }
}

fn ask_subject(words: Wording, first: &Ask, others: &[&Ask], limit: usize) -> String {
    let tag = words.tag;
    let is_one_day = others
        .iter()
        .all(|other| other.due_on == first.due_on && other.timing == first.timing);
    let mut action = words.action(first, limit);
    if others.is_empty() {
        return sentence(words, first, &action);
    }
    if is_one_day && matches!(first.timing, Timing::Open(_)) {
        let count = others.len() + 1;
        action.push_str(&t!("mail.subject.all_of", locale = tag, count = count));
        return sentence(words, first, &action);
    }
    let rest = t!("mail.subject.and_others", locale = tag, rest = others.len());
    format!("{}{rest}", sentence(words, first, &action))
}

fn sentence(words: Wording, ask: &Ask, action: &str) -> String {
    let tag = words.tag;
    let due = match (ask.timing, ask.due_on) {
        (Timing::Overdue(count), _) => {
            return t!(
                "mail.subject.overdue",
                locale = tag,
                action = action,
                count = count
            )
            .into_owned();
        }
        (Timing::Today, _) => {
            return t!("mail.subject.today", locale = tag, action = action).into_owned();
        }
        (Timing::Undated, _) | (Timing::Open(_), None) => {
            return t!("mail.subject.undated", locale = tag, action = action).into_owned();
        }
        (Timing::Open(_), Some(due_on)) => words.date(due_on),
    };
    match &ask.occasion {
        Occasion::New | Occasion::FindingRaised { .. } => {
            t!("mail.subject.new", locale = tag, due = due, action = action)
        }
        Occasion::Reminder => t!(
            "mail.subject.reminder",
            locale = tag,
            due = due,
            action = action
        ),
        Occasion::Returned { .. } => {
            t!(
                "mail.subject.returned",
                locale = tag,
                due = due,
                action = action
            )
        }
        Occasion::ExtensionGranted => {
            t!(
                "mail.subject.extension_granted",
                locale = tag,
                due = due,
                action = action
            )
        }
        Occasion::Amended { .. } => {
            t!(
                "mail.subject.amended",
                locale = tag,
                due = due,
                action = action
            )
        }
        Occasion::ExtensionRefused { .. } => {
            t!(
                "mail.subject.extension_refused",
                locale = tag,
                due = due,
                action = action
            )
        }
        Occasion::ObjectionRejected { .. } => {
            t!(
                "mail.subject.objection_rejected",
                locale = tag,
                due = due,
                action = action
            )
        }
    }
    .into_owned()
}

fn without_asks(words: Wording, letter: &Letter) -> String {
    let tag = words.tag;
    let date = words.date(letter.date_on);
    let tasks: usize = letter.copies.iter().map(|group| group.lines.len()).sum();
    let subject = if tasks > 0 {
        t!(
            "mail.subject.copies",
            locale = tag,
            count = tasks,
            date = date
        )
    } else {
        t!(
            "mail.subject.notes",
            locale = tag,
            count = letter.notes.len(),
            date = date
        )
    };
    subject.into_owned()
}
