//! What is made and shown only once: a token's text, the address of a unit's calendar feed, that of a big screen.

use super::field::{Field, Input, Typed};
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
    /// An address that is told of events.
    Webhook,
    /// Another secret for the webhook in the path.
    Renewed,
}

impl Secret {
    fn key(self) -> &'static str {
        match self {
            Self::Token => "make_token",
            Self::Feed => "make_calendar_feed",
            Self::Wall => "make_wall",
            Self::Webhook => "make_webhook",
            Self::Renewed => "renew_webhook_secret",
        }
    }

    fn operation(self) -> &'static str {
        match self {
            Self::Token => "make_token",
            Self::Feed => "make_calendar_feed",
            Self::Wall => "make_wall",
            Self::Webhook => "make_webhook",
            Self::Renewed => "renew_webhook_secret",
        }
    }

    /// Where the secret stands in the answer.
    fn told(self) -> &'static str {
        match self {
            Self::Token => "text",
            Self::Feed | Self::Wall => "url",
            Self::Webhook | Self::Renewed => "secret",
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
            Self::Feed | Self::Renewed => Vec::new(),
            Self::Webhook => webhook_fields(visit),
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

/// The events are a box each.
fn webhook_fields(visit: &Visit) -> Vec<Field> {
    let words = visit.words;
    let mut fields = vec![
        Field::new("name", words.label("webhook_name"), Input::Line).required(),
        Field::new("url", words.label("webhook_url"), Input::Line).required(),
        Field::new(
            "kind",
            words.label("webhook_kind"),
            Input::Choice(choices(visit, "WebhookKind", None)),
        ),
        Field::new("secret", words.label("robot_secret"), Input::Line)
            .hinted(words.say("act.make_webhook.about.secret")),
    ];
    let events = choices(visit, "EventType", None).into_iter();
    // A test goes to the webhook that is tried, whatever it has chosen.
    let events = events.filter(|(code, _)| code != "webhook.test");
    fields.extend(events.map(|(code, says)| Field::new(event_field(&code), says, Input::Check)));
    fields
}

/// The name of an event's box; names of fields have no dots.
fn event_field(code: &str) -> String {
    format!("event-{}", code.replace('.', "-"))
}

/// The body of a webhook as it was typed.
fn webhook_body(visit: &Visit, typed: &Typed) -> Value {
    let codes = visit.kernel.codes("EventType").iter();
    let events = codes.filter(|code| typed.text(&event_field(code)).is_some());
    let mut body = json!({
        "name": typed.text("name").unwrap_or_default(),
        "url": typed.text("url").unwrap_or_default(),
        "kind": typed.text("kind"),
        "events": events.collect::<Vec<_>>(),
    });
    if let Some(secret) = typed.text("secret") {
        body["secret"] = json!(secret);
    }
    body
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
    let mut form = Form {
        hint: say("hint"),
        fields: secret.fields(visit),
        ..visit.posting(&[("once", visit.once()?)], say("button"))
    };
    if let Some(typed) = typed {
        form.retype(typed);
    }
    form.mark(wrong);
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
        Secret::Feed | Secret::Renewed => Value::Null,
        Secret::Webhook => webhook_body(&visit, &typed),
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
            let wrong = visit.words.wrong_fields(&problem);
            let page = page(secret, &visit, Some(&typed), wrong)?;
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
            // A robot's is not ours to tell.
            true if secret == Secret::Webhook => Vec::new(),
            // Sent a second time: it was shown before, and is kept nowhere.
            true => vec![words.say("word.shown_before")],
            false => vec![text, words.say("word.shown_once")],
        },
    };
    let back = match secret {
        Secret::Token => Link::new("/tokens", words.say("page.tokens")),
        Secret::Feed => {
            let unit = format!("/units/{}", visit.param("id"));
            Link::new(unit, words.say("page.units"))
        }
        Secret::Wall => Link::new("/walls", words.say("page.walls")),
        Secret::Webhook | Secret::Renewed => Link::new("/webhooks", words.say("page.webhooks")),
    };
    let mut parts = vec![Part::Note(note)];
    parts.extend(open.map(|open| Part::Links(vec![open])));
    visit.page(say("title"), vec![back], parts)
}
