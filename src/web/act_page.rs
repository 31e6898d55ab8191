//! An operation of the API as a page: what to know before, its fields, a button. Only its POST acts, and a form that is sent
//! twice acts once. The table of them is `acts`.

use super::act::{ActField, ActPage, Kind, filled};
use super::act_body::{body, upload, wrong_of};
use super::field::{Field, Input, Typed, Wrong};
use super::list_page::choices;
use super::part::{Action, Form, Link, Note, Part};
use super::row::{Show, address, at, plain, rows, text_at};
use super::visit::{Shown, Visit};
use crate::http::kernel::upload::{FormBounds, RawForm};
use crate::http::kernel::{Act, Acted, Problem, RawBody};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;
use std::time::Duration;

/// What bounds a form.
const BOUNDS: FormBounds<'static> = FormBounds {
    bytes: 60 << 20,
    parts: 40,
    files: &super::files::PARTS,
    time: Duration::from_secs(120),
};

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
        wrong: wrong_of(visit.words, act, &problem),
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
    let once = match given.typed {
        Some(typed) => typed.raw("once"),
        None => visit.once()?,
    };
    let hidden = [("once", once), ("seen", given.change_no.to_string())];
    let mut form = Form {
        hint: words
            .known(&format!("act.{}.hint", act.key))
            .unwrap_or_default(),
        fields,
        back: Some(Link::new(back(act, visit), words.say("word.back"))),
        ..visit.posting(&hidden, say("button"))
    };
    form.mark(given.wrong);
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
    let texts = names.iter().filter_map(|name| at(row, name).as_str());
    let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).take(3).collect();
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
    let mut shown = Field::new(field.name, label, input).hinted(hint.unwrap_or_default());
    match given.typed {
        Some(typed) => shown.retype(typed),
        None if field.from.is_empty() => {}
        None => shown.value = held(at(given.row, field.from), field.kind),
    }
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

/// Where whoever thinks better of it goes: the page of the row it is about, or the list it adds to.
fn back(act: &ActPage, visit: &Visit) -> String {
    let of = super::pages::details().find(|detail| detail.operation == act.of);
    let place = match (act.then, of) {
        ("@", Some(detail)) => filled(detail.path, visit),
        ("@", None) => visit
            .path
            .rsplit_once('/')
            .map(|(above, _)| above.to_owned()),
        (then, _) => filled(then, visit),
    };
    place
        .filter(|place| !place.is_empty())
        .unwrap_or_else(|| "/".to_owned())
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
