//! What is made and shown only once: a token's text, the address of a unit's calendar feed, that of a big screen.

use super::field::{Field, Input, Typed, mark};
use super::list_page::choices;
use super::part::{Action, Form, Link, Note, Page, Part};
use super::row::text_at;
use super::visit::{Shown, Visit};
use crate::http::kernel::upload::FormBounds;
use crate::http::kernel::{Act, Problem, RawBody};
use actix_web::{HttpRequest, web};
use serde_json::{Value, json};
use std::time::Duration;

/// What bounds the form.
const BOUNDS: FormBounds<'static> = FormBounds {
    bytes: 64 << 10,
    parts: 10,
    files: &[],
    time: Duration::from_secs(30),
};

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secret {
    /// A token of the visitor.
    Token,
    /// The calendar feed of the unit in the path.
    Feed,
    /// A link to the big screen.
    Wall,
}

impl Secret {
    fn key(self) -> &'static str {
        match self {
            Self::Token => "make_token",
            Self::Feed => "make_calendar_feed",
            Self::Wall => "make_wall",
        }
    }

    fn operation(self) -> &'static str {
        match self {
            Self::Token => "make_token",
            Self::Feed => "make_calendar_feed",
            Self::Wall => "make_wall",
        }
    }

    /// Where the secret stands in the answer.
    fn told(self) -> &'static str {
        match self {
            Self::Token => "text",
            Self::Feed | Self::Wall => "url",
        }
    }

    fn fields(self, visit: &Visit) -> Vec<Field> {
        match self {
            Self::Token => vec![
                Field::new("name", visit.words.label("token_name"), Input::Line).required(),
                Field::new(
                    "scope",
                    visit.words.label("scope"),
                    Input::Choice(choices(visit, "TokenScope", None)),
                ),
                Field::new(
                    "expires_in_days",
                    visit.words.label("expires_in_days"),
                    Input::Number,
                )
                .required()
                .holding("90"),
            ],
            Self::Feed => Vec::new(),
            Self::Wall => vec![
                Field::new("name", visit.words.say("wall.name"), Input::Line)
                    .hinted(visit.words.say("wall.name_hint"))
                    .required(),
                Field::new(
                    "expires_in_days",
                    visit.words.say("wall.days"),
                    Input::Number,
                )
                .hinted(visit.words.say("wall.days_hint")),
            ],
        }
    }
}

/// GET: the form.
pub(super) async fn show_secret(secret: Secret, visit: Visit) -> Shown {
    visit.asking.judge(secret.operation()).await?;
    let page = page(secret, &visit, None, Vec::new())?;
    visit.shown(&page)
}

fn page(
    secret: Secret,
    visit: &Visit,
    typed: Option<&Typed>,
    wrong: Vec<(String, String)>,
) -> Result<Page, Problem> {
    let words = visit.words;
    let say = |what: &str| words.say(&format!("act.{}.{what}", secret.key()));
    let mut fields = secret.fields(visit);
    if let Some(typed) = typed {
        for field in &mut fields {
            field.value = typed.raw(&field.name);
        }
    }
    let form = Form {
        errors: mark(fields.iter_mut(), wrong),
        method: "post",
        address: visit.path.clone(),
        hidden: vec![
            ("form".to_owned(), visit.visitor.csrf()),
            ("once".to_owned(), visit.once()?),
        ],
        hint: say("hint"),
        fields,
        button: say("button"),
        other: None,
        back: None,
        is_filter: false,
        is_used: false,
    };
    Ok(visit.page(say("title"), Vec::new(), vec![Part::Form(form)]))
}

/// POST: makes it, and shows it this once.
pub(super) async fn do_secret(
    secret: Secret,
    visit: Visit,
    request: HttpRequest,
    payload: web::Payload,
) -> Shown {
    let received = visit.kernel.receive_form(&request, payload, BOUNDS).await?;
    let typed = Typed::of(&received.form);
    if !visit.is_ours(&request, &typed.raw("form")) {
        return Ok(visit.stale_form());
    }
    let body = match secret {
        Secret::Token => {
            let days = typed.text("expires_in_days").unwrap_or_default();
            let days = days.parse::<u32>().map_or(json!(days), |days| json!(days));
            json!({
                "name": typed.text("name"),
                "scope": typed.text("scope"),
                "expires_in_days": days,
            })
        }
        Secret::Feed => Value::Null,
        Secret::Wall => {
            let days = typed.text("expires_in_days");
            // What is no number is told so by the API, beside its field.
            let days = days.map(|days| days.parse::<u32>().map_or(json!(days), |days| json!(days)));
            json!({ "name": typed.text("name"), "expires_in_days": days })
        }
    };
    let once = typed.raw("once");
    let parts = visit.parts();
    let acted = visit
        .asking
        .act(Act {
            operation: secret.operation(),
            params: &parts,
            query: &[],
            body: match body {
                Value::Null => RawBody::Nothing,
                body => RawBody::Json(body.to_string().into()),
            },
            seen: None,
            once: (!once.is_empty()).then_some(once.as_str()),
            room: None,
        })
        .await;
    match acted {
        Ok(acted) => visit.shown(&made(secret, &visit, text_at(&acted.json, secret.told()))),
        Err(problem) if problem.status().is_client_error() && !problem.errors().is_empty() => {
            let wrong = problem.errors().iter();
            let wrong = wrong.map(|error| (error.path.clone(), error.message.clone()));
            let page = page(secret, &visit, Some(&typed), wrong.collect())?;
            Ok(visit.answer(problem.status(), &page))
        }
        Err(problem) => Err(problem),
    }
}

/// The page that shows what was made; nothing of it, where it was shown before.
fn made(secret: Secret, visit: &Visit, text: String) -> Page {
    let words = visit.words;
    let say = |what: &str| words.say(&format!("act.{}.{what}", secret.key()));
    let open = (secret == Secret::Wall && !text.is_empty()).then(|| Action {
        link: Link::new(text.clone(), words.say("wall.open")),
        is_main: true,
    });
    let note = Note {
        tone: "good",
        heading: say("done"),
        texts: match text.is_empty() {
            // Sent a second time: it was shown before, and is kept nowhere.
            true => vec![words.say("word.shown_before")],
            false => vec![text, words.say("word.shown_once")],
        },
    };
    let back = match secret {
        Secret::Token => Link::new("/tokens", words.say("page.tokens")),
        Secret::Feed => {
            let unit = format!("/units/{}", visit.param("id"));
            Link::new(unit, words.say("word.back"))
        }
        Secret::Wall => Link::new("/walls", words.say("page.walls")),
    };
    let mut parts = vec![Part::Note(note)];
    parts.extend(open.map(|open| Part::Links(vec![open])));
    visit.page(say("title"), vec![back], parts)
}
