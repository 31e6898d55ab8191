//! An operation of the API as a page: what to know before, its fields, a button. Only its POST acts, and a form that is sent
//! twice acts once. The table of them is `acts`.

use super::field::{Field, Input, Typed, Wrong, mark};
use super::list_page::choices;
use super::part::{Action, Form, Link, Note, Part};
use super::row::{Show, address, at, plain, rows, text_at};
use super::visit::{Shown, Visit};
use crate::http::kernel::upload::{FormBounds, RawForm};
use crate::http::kernel::{Act, Acted, Problem, RawBody};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Something that can be done.
pub(super) struct ActPage {
    /// Its key in the catalogue, `act.{key}`, and among acts.
    pub(super) key: &'static str,
    /// Its page's path.
    pub(super) path: &'static str,
    /// The API's operation.
    pub(super) operation: &'static str,
    /// The operation that reads the row it is about; empty for none.
    pub(super) of: &'static str,
    /// Where in that row what must be one of these codes; none for always.
    pub(super) when: &'static [(&'static str, &'static [&'static str])],
    /// Its fields.
    pub(super) fields: &'static [ActField],
    /// What is sent along: where in the body, and what: `=code`, `#true`, or a part of the path.
    pub(super) fixed: &'static [(&'static str, &'static str)],
    /// Where it leads when it is done, filled in from the answer, else from the path; `@` for what was made.
    pub(super) then: &'static str,
    /// Whether it is what most come for.
    pub(super) is_main: bool,
}

/// A field of such a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct ActField {
    /// Its place in the body, `opens.days`; also its key `col.{name}`.
    pub(super) name: &'static str,
    /// How it is filled in and sent.
    pub(super) kind: Kind,
    /// Whether it must be.
    pub(super) is_required: bool,
    /// Where in the row what stands in it at first; empty for nothing.
    pub(super) from: &'static str,
}

/// How a field is filled in, and what it becomes in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text of several lines.
    Prose,
    /// A text of one line.
    Line,
    /// A day.
    Day,
    /// A number.
    Number,
    /// Yes or no; what is not ticked is sent as no.
    Check,
    /// A code of the API's enumeration of that name.
    Code(&'static str),
    /// One of the rows of a list of the API, by its id.
    OneOf(&'static str),
    /// Names, apart by 、 or line by line; sent as a list.
    Names,
    /// Texts, line by line; sent as a list.
    Lines,
    /// A file; several where the API takes them.
    File,
}

/// A field that may stay empty.
pub(super) const fn field(name: &'static str, kind: Kind) -> ActField {
    ActField {
        name,
        kind,
        is_required: false,
        from: "",
    }
}

impl ActField {
    /// The same, to be filled in.
    pub(super) const fn required(self) -> Self {
        Self {
            is_required: true,
            ..self
        }
    }

    /// The same, holding what stands there in the row.
    pub(super) const fn from(self, from: &'static str) -> Self {
        Self { from, ..self }
    }
}

/// An act that has nothing but its button, about a row.
pub(super) const PLAIN: ActPage = ActPage {
    key: "",
    path: "",
    operation: "",
    of: "",
    when: &[],
    fields: &[],
    fixed: &[],
    then: "/",
    is_main: false,
};

/// What bounds a form.
const BOUNDS: FormBounds<'static> = FormBounds {
    bytes: 60 << 20,
    parts: 40,
    files: &super::files::PARTS,
    time: Duration::from_secs(120),
};

/// A step that has a page of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    /// Its key in the catalogue, `act.{key}`, and among acts.
    pub(super) key: &'static str,
    /// Its page's path.
    pub(super) path: &'static str,
    /// The operation that its visitor must be allowed.
    pub(super) operation: &'static str,
    /// Where in the row what must be one of these codes.
    pub(super) when: &'static [(&'static str, &'static [&'static str])],
    /// Whether it is what most come for.
    pub(super) is_main: bool,
}

impl ActPage {
    /// The way to it.
    fn way(&self) -> Way {
        Way {
            key: self.key,
            path: self.path,
            operation: self.operation,
            when: self.when,
            is_main: self.is_main,
        }
    }
}

/// The way to the step of a key.
fn way_to(key: &str) -> Option<Way> {
    let act = super::pages::acts().find(|act| act.key == key);
    let way = || {
        super::pages::WAYS
            .iter()
            .find(|way| way.key == key)
            .copied()
    };
    act.map(ActPage::way).or_else(way)
}

/// The steps of these keys that a visitor may take now, about a row.
pub(super) fn offered(visit: &Visit, keys: &[&str], row: &Value) -> Vec<Action> {
    let ways = keys.iter().filter_map(|key| way_to(key));
    let offered = ways.filter_map(|way| {
        if !visit.asking.may(way.operation) || !fits(&way, row) {
            return None;
        }
        let href = match address(way.path, row) {
            Some(href) => href,
            None => filled(way.path, visit)?,
        };
        Some(Action {
            link: Link::new(href, visit.words.say(&format!("act.{}.button", way.key))),
            is_main: way.is_main,
        })
    });
    offered.collect()
}

fn fits(way: &Way, row: &Value) -> bool {
    way.when.iter().all(|(place, codes)| {
        let value = text_at(row, place);
        codes.contains(&value.as_str())
    })
}

/// A path with its parts filled in from the page's own.
fn filled(path: &str, visit: &Visit) -> Option<String> {
    let parts: Map<String, Value> = visit
        .params
        .iter()
        .map(|(name, text)| (name.clone(), Value::String(text.clone())))
        .collect();
    address(path, &Value::Object(parts))
}

/// Answers a GET with the form.
pub(super) async fn show_act(act: &'static ActPage, visit: Visit) -> Shown {
    let (row, change_no) = row_of(act, &visit).await?;
    if !visit.asking.may(act.operation) {
        // Refused by the API in its own words.
        visit.asking.judge(act.operation).await?;
    }
    let form = ActForm {
        row: &row,
        change_no,
        typed: None,
        wrong: Vec::new(),
    };
    visit.shown(&page(act, &visit, form).await?)
}

/// Answers a POST: does it.
pub(super) async fn do_act(
    act: &'static ActPage,
    visit: Visit,
    request: HttpRequest,
    payload: web::Payload,
) -> Shown {
    let received = visit.kernel.receive_form(&request, payload, BOUNDS).await?;
    let typed = Typed::of(&received.form);
    if !visit.is_ours(&request, &typed.raw("form")) {
        return Ok(visit.stale_form());
    }
    let sent = send(act, &visit, &typed, received.form).await;
    let problem = match sent {
        Ok(acted) => return Ok(visit.to(&then(act, &visit, &acted))),
        Err(problem) => problem,
    };
    if problem.status().is_server_error() || problem.status() == StatusCode::NOT_FOUND {
        return Err(problem);
    }
    let (row, _) = row_of(act, &visit).await?;
    let form = ActForm {
        row: &row,
        change_no: typed.raw("seen").parse().unwrap_or_default(),
        wrong: wrong_of(act, &problem),
        typed: Some(&typed),
    };
    let page = page(act, &visit, form).await?;
    Ok(visit.answer(problem.status(), &page))
}

async fn row_of(act: &ActPage, visit: &Visit) -> Result<(Value, i64), Problem> {
    if act.of.is_empty() {
        return Ok((Value::Null, 0));
    }
    let told = visit.asking.read(act.of, &visit.parts(), &[]).await?;
    Ok((told.json, told.change_no))
}

async fn send(
    act: &ActPage,
    visit: &Visit,
    typed: &Typed,
    form: RawForm,
) -> Result<Acted, Problem> {
    let has_files = act.fields.iter().any(|field| field.kind == Kind::File);
    let body = match has_files {
        true => RawBody::Form(upload(act, typed, form)),
        false => RawBody::Json(body(act, visit, typed).to_string().into()),
    };
    let (once, seen) = (typed.raw("once"), typed.raw("seen"));
    let parts = visit.parts();
    visit
        .asking
        .act(Act {
            operation: act.operation,
            params: &parts,
            query: &[],
            body,
            seen: seen.parse().ok().filter(|seen| *seen > 0),
            once: (!once.is_empty()).then_some(once.as_str()),
            room: None,
        })
        .await
}

/// The body of an upload: what was typed as it is, and the files that are any.
fn upload(act: &ActPage, typed: &Typed, form: RawForm) -> RawForm {
    let texts = act.fields.iter().filter(|field| field.kind != Kind::File);
    let texts = texts.filter_map(|field| Some((field.name.to_owned(), typed.text(field.name)?)));
    let is_any = |file: &crate::http::kernel::UploadedFile| {
        !(file.file_name.is_empty() && file.bytes.is_empty())
    };
    RawForm {
        texts: texts.collect(),
        files: form.files.into_iter().filter(is_any).collect(),
    }
}

/// The body as JSON: what was left empty is not sent.
fn body(act: &ActPage, visit: &Visit, typed: &Typed) -> Value {
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
fn wrong_of(act: &ActPage, problem: &Problem) -> Vec<Wrong> {
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
        .map(|error| match named(&error.path) {
            Some(name) => (name.to_owned(), error.message.clone()),
            None => (String::new(), error.message.clone()),
        })
        .collect();
    if wrong.is_empty() {
        wrong.push((String::new(), problem.detail().to_owned()));
    }
    wrong
}

/// What stands in the form.
struct ActForm<'a> {
    row: &'a Value,
    change_no: i64,
    typed: Option<&'a Typed>,
    wrong: Vec<Wrong>,
}

async fn page(
    act: &'static ActPage,
    visit: &Visit,
    given: ActForm<'_>,
) -> Result<super::part::Page, Problem> {
    let words = visit.words;
    let say = |what: &str| words.say(&format!("act.{}.{what}", act.key));
    let mut fields = Vec::with_capacity(act.fields.len());
    for field in act.fields {
        fields.push(shown_field(act, visit, field, &given).await?);
    }
    let errors = mark(fields.iter_mut(), given.wrong);
    let once = match given.typed {
        Some(typed) => typed.raw("once"),
        None => visit.once()?,
    };
    let form = Form {
        errors,
        method: "post",
        address: visit.path.clone(),
        hidden: vec![
            ("form".to_owned(), visit.visitor.csrf()),
            ("once".to_owned(), once),
            ("seen".to_owned(), given.change_no.to_string()),
        ],
        hint: words
            .known(&format!("act.{}.hint", act.key))
            .unwrap_or_default(),
        fields,
        button: say("button"),
        other: None,
        back: Some(Link::new(back(act, visit), words.say("word.back"))),
        is_filter: false,
        is_used: false,
    };
    let about = about(visit, given.row);
    let parts = about.into_iter().chain([Part::Form(form)]).collect();
    Ok(visit.page(say("title"), Vec::new(), parts))
}

/// Which row it is, in one line.
fn about(visit: &Visit, row: &Value) -> Option<Part> {
    let names = [
        "number",
        "task_number",
        "title",
        "task_title",
        "unit_name",
        "name",
        "about",
        "text",
        "what",
    ];
    let texts = names.iter().map(|name| text_at(row, name));
    let texts: Vec<String> = texts.filter(|text| !text.is_empty()).take(3).collect();
    let state = plain(visit.words, at(row, "due_on"), Show::Day);
    if texts.is_empty() {
        return None;
    }
    Some(Part::Note(Note {
        tone: "plain",
        heading: texts.join(" "),
        texts: match state.is_empty() {
            true => Vec::new(),
            false => vec![visit.words.fill("word.due", &[("day", &state)])],
        },
    }))
}

async fn shown_field(
    act: &ActPage,
    visit: &Visit,
    field: &ActField,
    given: &ActForm<'_>,
) -> Result<Field, Problem> {
    let words = visit.words;
    let input = match field.kind {
        Kind::Prose => Input::Text { rows: 4 },
        Kind::Names => Input::Text { rows: 2 },
        Kind::Lines => Input::Text { rows: 5 },
        Kind::Line => Input::Line,
        Kind::Day => Input::Day,
        Kind::Number => Input::Number,
        Kind::Check => Input::Check,
        Kind::Code(group) => Input::Choice(match field.is_required {
            true => choices(visit, group, None),
            false => choices(visit, group, Some("word.choose")),
        }),
        Kind::OneOf(operation) => Input::Choice(rows_to_choose(visit, operation).await?),
        Kind::File => Input::Files { many: false },
    };
    let name = field.name.replace("[]", "").replace('.', "_");
    let own = words.known(&format!("act.{}.field.{name}", act.key));
    let label = own.unwrap_or_else(|| words.label(field.name));
    let hint = words.known(&format!("act.{}.about.{name}", act.key));
    let hint = hint.or_else(|| match field.kind {
        Kind::Names => Some(words.say("word.names")),
        Kind::Lines => Some(words.say("word.lines")),
        _ => None,
    });
    let value = match given.typed {
        Some(typed) => typed.raw(field.name),
        None if field.from.is_empty() => String::new(),
        None => held(at(given.row, field.from), field.kind),
    };
    let shown = Field::new(field.name, label, input)
        .hinted(hint.unwrap_or_default())
        .holding(value);
    Ok(match field.is_required {
        true => shown.required(),
        false => shown,
    })
}

/// The newest rows of a list, to choose one of; the first choice is none of them.
async fn rows_to_choose(visit: &Visit, operation: &str) -> Result<Vec<(String, String)>, Problem> {
    let answer = visit.read(operation, &[], &[("limit", "200")]).await?;
    let none = (String::new(), visit.words.say("word.choose"));
    let named = rows(&answer, "items").iter().map(|row| {
        let kind = plain(visit.words, at(row, "kind"), Show::Code("CycleKind"));
        let names = [kind, text_at(row, "title"), text_at(row, "plan_title")];
        let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
        (text_at(row, "id"), names.join(" · "))
    });
    Ok(std::iter::once(none).chain(named).collect())
}

/// A value of the row as it is typed.
fn held(value: &Value, kind: Kind) -> String {
    match value {
        Value::Array(all) => {
            let apart = if kind == Kind::Names { "、" } else { "\n" };
            let texts: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            texts.join(apart)
        }
        other => text_at(other, ""),
    }
}

/// Where an act leads when it is done.
fn then(act: &ActPage, visit: &Visit, acted: &Acted) -> String {
    let place = match act.then {
        "@" => acted
            .location
            .as_deref()
            .and_then(|path| path.strip_prefix("/api/v1"))
            .map(str::to_owned),
        path => address(path, &acted.json).or_else(|| filled(path, visit)),
    };
    let place = place.unwrap_or_else(|| "/".to_owned());
    let apart = if place.contains('?') { '&' } else { '?' };
    format!("{place}{apart}done={}", act.key)
}

/// Where whoever thinks better of it goes: the page of the row it is about, or its list.
fn back(act: &ActPage, visit: &Visit) -> String {
    let path = visit.path.as_str();
    let above = path.rsplit_once('/').map_or("/", |(above, _)| above);
    match (act.then, above) {
        (_, "") => "/".to_owned(),
        (then, _) if then != "@" => filled(then, visit).unwrap_or_else(|| above.to_owned()),
        (_, above) => above.to_owned(),
    }
}

impl Visit {
    /// A form that did not come from a page of ours, or from one before the visitor signed in anew.
    pub(super) fn stale_form(&self) -> HttpResponse {
        let words = self.words;
        let note = Note {
            tone: "bad",
            heading: words.say("link.refused.form.title"),
            texts: vec![words.say("link.refused.form.text")],
        };
        let home = Link::new(self.path.clone(), words.say("word.try_again"));
        let parts = vec![
            Part::Note(note),
            Part::Links(vec![Action {
                link: home,
                is_main: true,
            }]),
        ];
        let page = self.page(words.say("link.refused.form.title"), Vec::new(), parts);
        self.answer(StatusCode::FORBIDDEN, &page)
    }
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
