//! What the API answers, as pages read it: by path, and put into the words of a language.

use super::part::{Cell, Link};
use super::words::Words;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    /// As it stands; a list line by line.
    Text,
    /// A day: 2026年11月23日（周一）.
    Day,
    /// An instant, as local day and minute.
    Moment,
    /// A share of 100.
    Percent,
    /// A number.
    Number,
    /// A code of the API's enumeration of that name.
    Code(&'static str),
    /// Yes or no.
    YesNo,
    /// A stage of reminders, `due-5`.
    Stage,
    /// What needs a person's eye in a plan, by its code.
    Problem,
    /// Files, each leading to its content.
    Files,
}

/// A value of an answer: the members named one after the other, `light_today.light`; null where there is none.
pub(super) fn at<'a>(row: &'a Value, path: &str) -> &'a Value {
    let mut value = row;
    for name in path.split('.').filter(|name| !name.is_empty()) {
        value = &value[name];
    }
    value
}

/// The same as text; empty where it is none.
pub(super) fn text_at(row: &Value, path: &str) -> String {
    match at(row, path) {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// The rows of a list, or the members of an array.
pub(super) fn rows<'a>(answer: &'a Value, path: &str) -> &'a [Value] {
    at(answer, path).as_array().map_or(&[], Vec::as_slice)
}

/// An address with the parts in braces filled in from a row: `/tasks/{task_id}`; none where the row lacks one of them.
pub(super) fn address(template: &str, row: &Value) -> Option<String> {
    let mut address = String::with_capacity(template.len() + 36);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        let text = text_at(row, name);
        if text.is_empty() {
            return None;
        }
        address.push_str(before);
        address.extend(url::form_urlencoded::byte_serialize(text.as_bytes()));
        rest = behind;
    }
    address.push_str(rest);
    Some(address)
}

/// A value in words.
pub(super) fn cell(words: Words, value: &Value, show: Show) -> Cell {
    if let (Show::Files, Value::Array(all)) = (show, value) {
        let links = all.iter().filter_map(|file| {
            let href = address("/attachments/{id}/content", file)?;
            Some(Link::new(href, text_at(file, "name")))
        });
        let links: Vec<Link> = links.collect();
        return match links.is_empty() {
            true => Cell::Empty,
            false => Cell::Links(links),
        };
    }
    if let Value::Array(all) = value {
        let lines: Vec<String> = all
            .iter()
            .map(|one| plain(words, one, show))
            .filter(|line| !line.is_empty())
            .collect();
        return match lines.is_empty() {
            true => Cell::Empty,
            false => Cell::Lines(lines),
        };
    }
    if let (Show::Percent, Some(percent)) = (show, value.as_f64()) {
        // Shares are 0 to 100; what is not shown as one is shown as it is.
        let rounded = percent.round().clamp(0.0, 100.0);
        return Cell::Percent(rounded as u8);
    }
    let text = plain(words, value, show);
    match (text.is_empty(), show) {
        (true, _) => Cell::Empty,
        (false, Show::Code(group)) => match tone(group, value) {
            "" => Cell::Text(text),
            tone => Cell::Badge { tone, text },
        },
        (false, Show::Day | Show::Moment) => Cell::Day(text),
        (false, _) => Cell::Text(text),
    }
}

/// The same, as a link where there is a place to go.
pub(super) fn linked(words: Words, value: &Value, show: Show, href: Option<String>) -> Cell {
    match (cell(words, value, show), href) {
        // An id tells nobody what it leads to.
        (Cell::Text(text), Some(href)) if text.parse::<uuid::Uuid>().is_ok() => {
            Cell::Link(Link::new(href, words.say("word.open")))
        }
        (Cell::Text(text) | Cell::Day(text), Some(href)) => Cell::Link(Link { href, text }),
        (shown, _) => shown,
    }
}

/// A value as plain words; empty for null.
pub(super) fn plain(words: Words, value: &Value, show: Show) -> String {
    match (show, value) {
        (_, Value::Null) => String::new(),
        (Show::Day, Value::String(text)) => {
            let day = text.parse::<NaiveDate>();
            day.map_or_else(|_| text.clone(), |day| words.day(day))
        }
        (Show::Moment, Value::String(text)) => {
            let moment = text.parse::<DateTime<Utc>>();
            moment.map_or_else(|_| text.clone(), |moment| words.moment(moment))
        }
        (Show::Code(group), Value::String(code)) => words.code(group, code),
        (Show::Stage, Value::String(stage)) => words.stage(stage),
        (Show::Problem, Value::String(kind)) => words.problem(kind),
        (Show::YesNo, Value::Bool(yes)) => words.say(match yes {
            true => "word.yes",
            false => "word.no",
        }),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::Bool(yes)) => yes.to_string(),
        (_, Value::Array(_) | Value::Object(_)) => String::new(),
    }
}

/// The colour of a code, where it has one.
fn tone(group: &str, value: &Value) -> &'static str {
    let code = value.as_str().unwrap_or_default();
    match (group, code) {
        ("Light", "green") => "green",
        ("Light" | "Rung", "yellow") | ("Card", "yellow_card") => "yellow",
        ("Light" | "Rung", "red") | ("Card", "red_card") => "red",
        ("Standing", "behind") | ("Attainment", "not_attained") | ("Flag", _) => "red",
        ("Standing", "ahead" | "done") | ("Attainment", "attained") => "green",
        (_, "closed" | "accepted" | "published" | "confirmed" | "granted" | "sent") => "green",
        (_, "answered" | "reported" | "recorded" | "approved" | "issued" | "done") => "blue",
        (_, "unanswered" | "returned" | "failed" | "unknown" | "refused") => "red",
        (_, "open" | "held" | "requested" | "raised" | "drafted" | "draft" | "proposed") => {
            "yellow"
        }
        (_, "withdrawn" | "discarded" | "lapsed" | "cancelled" | "suppressed" | "paused") => "grey",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_are_filled_in_and_escaped() {
        let row = json!({ "id": "1", "unit": { "code": "a/b?c" }, "none": null });
        assert_eq!(address("/x/{id}/y", &row).as_deref(), Some("/x/1/y"));
        let filled = address("/x?unit_code={unit.code}", &row);
        assert_eq!(filled.as_deref(), Some("/x?unit_code=a%2Fb%3Fc"));
        assert_eq!(address("/x/{none}", &row), None);
        assert_eq!(address("/x/{missing}", &row), None);
    }
}
