//! The form that answers a request: its fields, and what was typed into them.

use crate::domain::ids::{AssignmentId, IndicatorId};
use crate::domain::mail_link::LinkPurpose;
use crate::domain::report::ReportItem;
use crate::flow::answer_target::{AnswerItem, AnswerTarget};
use crate::flow::told_values::{Place, ToldValue};
use crate::web::field::{Field, Input, Typed, Wrong, bounded};
use crate::web::words::Words;

/// Items that a form asks about at the most; who has more answers by ledger or over REST.
pub(super) const MOST_ITEMS: usize = 200;

/// The fields of one item.
#[derive(Debug, Clone)]
pub(super) struct ItemFields {
    /// Number of the task.
    pub(super) number: String,
    /// Its title.
    pub(super) title: String,
    /// The measure's whole text.
    pub(super) text: String,
    /// Its fields.
    pub(super) fields: Vec<Field>,
}

/// The form as it is shown.
#[derive(Debug, Clone)]
pub(super) struct AnswerForm {
    /// Proves that it came from our page.
    pub(super) token: String,
    /// Version of the last answer that its page showed; 0 for none.
    pub(super) seen: i32,
    /// What to do.
    pub(super) hint: Option<String>,
    /// By item.
    pub(super) items: Vec<ItemFields>,
    /// Of the answer as a whole.
    pub(super) fields: Vec<Field>,
    /// What the button says.
    pub(super) button: String,
}

/// The form for a purpose: empty but for what is known, or with what was typed.
pub(super) fn form_of(
    words: Words,
    purpose: LinkPurpose,
    target: &AnswerTarget,
    token: String,
    typed: Option<&Typed>,
) -> AnswerForm {
    let (items, fields) = match purpose {
        LinkPurpose::Acknowledge => (Vec::new(), Vec::new()),
        LinkPurpose::Report => (item_fields(words, target), report_fields(words, target)),
        LinkPurpose::Extend => (Vec::new(), extension_fields(words)),
        LinkPurpose::Evidence => (Vec::new(), evidence_fields(words)),
    };
    let key = purpose.as_str();
    let hint = words.say(&format!("link.ask.{key}"));
    let mut form = AnswerForm {
        token,
        seen: target.last_version,
        hint: (!hint.is_empty()).then_some(hint),
        items,
        fields,
        button: words.say(&format!("link.button.{key}")),
    };
    if let Some(typed) = typed {
        for field in form.all_fields() {
            field.retype(typed);
        }
    }
    form
}

impl AnswerForm {
    /// All its fields, those of items first.
    pub(super) fn all_fields(&mut self) -> impl Iterator<Item = &mut Field> {
        let of_items = self.items.iter_mut().flat_map(|item| &mut item.fields);
        of_items.chain(&mut self.fields)
    }
}

/// The name of an item's field.
fn item_field(what: &str, id: AssignmentId) -> String {
    format!("{what}-{id}")
}

/// A field of these pages, with its words.
fn link_field(words: Words, name: impl Into<String>, key: &str, input: Input) -> Field {
    Field::new(name, words.say(&format!("link.field.{key}")), input)
}

fn item_fields(words: Words, target: &AnswerTarget) -> Vec<ItemFields> {
    let asked = target.items.iter().filter(|item| !item.ended);
    let fields = asked.take(MOST_ITEMS).map(|item| ItemFields {
        number: item.task_number.clone(),
        title: item.task_title.clone(),
        text: item.task_text.clone(),
        fields: match (item.assignment_id, item.indicator_id) {
            (Some(id), _) => progress_fields(words, item, id),
            (None, Some(id)) => {
                vec![link_field(words, value_field(id), "value", Input::Number)]
            }
            (None, None) => Vec::new(),
        },
    });
    fields.filter(|item| !item.fields.is_empty()).collect()
}

fn progress_fields(words: Words, item: &AnswerItem, id: AssignmentId) -> Vec<Field> {
    let text = |what: &str, rows, known: &Option<String>| {
        link_field(words, item_field(what, id), what, Input::Text { rows })
            .holding(known.clone().unwrap_or_default())
    };
    let percent = item.percent.map(|percent| percent.to_string());
    vec![
        link_field(words, item_field("percent", id), "percent", Input::Percent)
            .holding(percent.unwrap_or_default())
            .hinted(words.say("link.hint.percent")),
        text("done", 3, &item.done),
        text("problems", 2, &item.problems),
        text("next_steps", 2, &item.next_steps),
    ]
}

/// The name of an indicator's field.
fn value_field(id: IndicatorId) -> String {
    format!("value-{id}")
}

fn report_fields(words: Words, target: &AnswerTarget) -> Vec<Field> {
    let has_items = target.items.iter().any(|item| !item.ended);
    let note = link_field(words, "note", "note", Input::Text { rows: 4 });
    let note = match has_items {
        true => note,
        false => note.required(),
    };
    vec![note, files(words)]
}

fn evidence_fields(words: Words) -> Vec<Field> {
    vec![
        files(words).required(),
        link_field(words, "note", "note", Input::Text { rows: 3 }),
    ]
}

fn files(words: Words) -> Field {
    link_field(words, "files", "files", Input::Files { many: true })
        .hinted(words.say("link.hint.files"))
}

fn extension_fields(words: Words) -> Vec<Field> {
    vec![
        link_field(words, "reason", "reason", Input::Text { rows: 3 }).required(),
        link_field(words, "progress", "progress", Input::Text { rows: 3 }).required(),
        link_field(words, "expected_on", "expected_on", Input::Day)
            .required()
            .hinted(words.say("link.hint.expected_on")),
    ]
}

/// What was typed of each assignment. One of which nothing was changed since the page was made is told again as it stands:
/// whoever sends the form has confirmed it. What is no percentage, or too long, is put down as wrong.
pub(super) fn typed_items(
    words: Words,
    target: &AnswerTarget,
    typed: &Typed,
    wrong: &mut Vec<Wrong>,
) -> Vec<ReportItem> {
    let asked = target.items.iter().filter(|item| !item.ended);
    let asked = asked.take(MOST_ITEMS).filter_map(|item| item.assignment_id);
    let items = asked.filter_map(|id| {
        let name = item_field("percent", id);
        let percent = typed.text(&name).map(|text| percent_of(&text));
        if percent == Some(None) {
            wrong.push((name, words.say("link.wrong.percent")));
        }
        let mut text = |what: &str| bounded(words, typed, &item_field(what, id), wrong);
        let item = ReportItem {
            assignment_id: id,
            percent: percent.flatten(),
            done: text("done"),
            problems: text("problems"),
            next_steps: text("next_steps"),
        };
        (!item.is_empty()).then_some(item)
    });
    items.collect()
}

/// What was typed of each indicator; what is no number is put down as wrong.
pub(super) fn typed_values(
    words: Words,
    target: &AnswerTarget,
    typed: &Typed,
    wrong: &mut Vec<Wrong>,
) -> Vec<ToldValue> {
    let asked = target.items.iter().take(MOST_ITEMS);
    let asked = asked.filter_map(|item| item.indicator_id);
    let values = asked.filter_map(|id| {
        let name = value_field(id);
        let text = typed.text(&name)?;
        let Ok(value) = text.parse() else {
            wrong.push((name, words.say("link.wrong.number")));
            return None;
        };
        Some(ToldValue {
            place: Place {
                indicator: name.clone(),
                value: name,
            },
            indicator_id: id,
            value,
            note: None,
        })
    });
    values.collect()
}

/// The field of the page that a refusal's path is about (`items[2].percent`, `evidence[0]`); `sent` are the assignments told
/// of, in order.
pub(super) fn name_of(sent: &[AssignmentId], path: &str) -> Option<String> {
    let Some(rest) = path.strip_prefix("items[") else {
        return match path.starts_with("evidence") {
            true => Some("files".to_owned()),
            // A value's place is its field.
            false => path.starts_with("value-").then(|| path.to_owned()),
        };
    };
    let (position, field) = rest.split_once("].")?;
    let id = sent.get(position.parse::<usize>().ok()?)?;
    Some(item_field(field, *id))
}

/// 0 to 100, also as full-width digits and with a percent sign.
fn percent_of(text: &str) -> Option<u8> {
    let narrow: String = text
        .trim_end_matches(['%', '％'])
        .trim()
        .chars()
        .map(|digit| match digit {
            '０'..='９' => {
                char::from_u32(digit as u32 - '０' as u32 + '0' as u32).unwrap_or(digit)
            }
            other => other,
        })
        .collect();
    let is_plain = !narrow.is_empty() && narrow.bytes().all(|byte| byte.is_ascii_digit());
    narrow
        .parse()
        .ok()
        .filter(|percent| is_plain && *percent <= 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read_as_people_write_them() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("100", Some(100)),
            ("80%", Some(80)),
            ("８０％", Some(80)),
            ("101", None),
            ("-1", None),
            ("+5", None),
            ("8.5", None),
            ("256", None),
            ("八十", None),
            ("%", None),
        ] {
            assert_eq!(percent_of(text), wanted, "{text}");
        }
    }
}
