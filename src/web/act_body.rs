//! What was typed on the page of an act, as the API takes it, and what the API says of it, beside the page's fields.

use super::act::{ActField, ActPage, Kind};
use super::field::{Typed, Wrong};
use super::visit::Visit;
use super::words::Words;
use crate::http::kernel::upload::RawForm;
use crate::http::kernel::{Problem, UploadedFile};
use serde_json::{Value, json};

/// The body of an upload: what was typed as it is, and the files that are any.
pub(super) fn upload(act: &ActPage, typed: &Typed, form: RawForm) -> RawForm {
    let texts = act.fields.iter().filter(|field| field.kind != Kind::File);
    let texts = texts.filter_map(|field| Some((field.name.to_owned(), typed.text(field.name)?)));
    let is_any = |file: &UploadedFile| !(file.file_name.is_empty() && file.bytes.is_empty());
    RawForm {
        texts: texts.collect(),
        files: form.files.into_iter().filter(is_any).collect(),
    }
}

/// The body as JSON: what was left empty is not sent.
pub(super) fn body(act: &ActPage, visit: &Visit, typed: &Typed) -> Value {
    let mut body = json!({});
    for (place, what) in act.fixed {
        let value = match (what.strip_prefix('='), what.strip_prefix('#')) {
            (Some(code), _) => json!(code),
            (None, Some(json)) => json.parse().unwrap_or_default(),
            (None, None) => json!(visit.param(what)),
        };
        put(&mut body, place, value);
    }
    for field in act.fields {
        if let Some(value) = value_of(field, typed) {
            put(&mut body, field.name, value);
        }
    }
    body
}

fn value_of(field: &ActField, typed: &Typed) -> Option<Value> {
    let text = typed.text(field.name);
    let split = |text: String, at: &[char]| -> Value {
        let names = text
            .split(at)
            .map(str::trim)
            .filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    };
    match field.kind {
        Kind::Check => Some(json!(text.is_some())),
        Kind::Number => {
            let text = text?;
            // What is no number is told so by the API, beside its field.
            Some(
                text.parse::<serde_json::Number>()
                    .map_or(json!(text), Value::Number),
            )
        }
        Kind::Names => Some(split(text?, &['、', '，', ',', '\n'])),
        Kind::Lines => Some(split(text?, &['\n'])),
        Kind::Prose | Kind::Line | Kind::Day | Kind::Code(_) | Kind::OneOf(_) => Some(json!(text?)),
        Kind::File => None,
    }
}

/// Puts a value at a place: members one after the other, `opens.days`; a name that ends in `[]` is a list of one.
fn put(body: &mut Value, place: &str, value: Value) {
    let (name, rest) = place.split_once('.').unwrap_or((place, ""));
    let (name, is_list) = match name.strip_suffix("[]") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let Some(members) = body.as_object_mut() else {
        return;
    };
    let slot = members.entry(name).or_insert(Value::Null);
    match (is_list, rest) {
        (false, "") => *slot = value,
        (true, "") => *slot = json!([value]),
        (false, rest) => {
            if slot.is_null() {
                *slot = json!({});
            }
            put(slot, rest, value);
        }
        (true, rest) => {
            if slot.is_null() {
                *slot = json!([{}]);
            }
            if let Some(first) = slot.get_mut(0) {
                put(first, rest, value);
            }
        }
    }
}

/// The problem's fields under the names of this page's; what is about none of them is about the whole.
pub(super) fn wrong_of(words: Words, act: &ActPage, problem: &Problem) -> Vec<Wrong> {
    let named = |path: &str| {
        let plain: String = path
            .chars()
            .filter(|letter| !letter.is_ascii_digit() && !matches!(letter, '[' | ']'))
            .collect();
        let mut fields = act.fields.iter().map(|field| field.name);
        fields.find(|name| {
            let bare = name.replace("[]", "");
            bare == path || bare == plain || path.starts_with(&format!("{bare}["))
        })
    };
    let mut wrong: Vec<Wrong> = problem
        .errors()
        .iter()
        .map(|error| {
            let name = named(&error.path).unwrap_or_default();
            (name.to_owned(), words.wrong_field(problem, error))
        })
        .collect();
    if wrong.is_empty() {
        wrong.push((String::new(), words.problem_met(problem)));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_where_they_belong() {
        let mut body = json!({});
        put(&mut body, "reason", json!("迟"));
        put(&mut body, "opens.days", json!(3));
        put(&mut body, "opens.at", json!("before_end"));
        put(&mut body, "decisions[].event", json!("return"));
        put(&mut body, "decisions[].reason", json!("不完整"));
        put(&mut body, "ids[]", json!("1"));
        assert_eq!(
            body,
            json!({
                "reason": "迟",
                "opens": { "days": 3, "at": "before_end" },
                "decisions": [{ "event": "return", "reason": "不完整" }],
                "ids": ["1"],
            })
        );
    }
}
