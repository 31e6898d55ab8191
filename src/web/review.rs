//! `/review`: answers that wait for a look, several decided at once.

use super::field::{Field, Input, Typed};
use super::list_page::with_query;
use super::part::{Form, Link, Note, Part};
use super::row::{Show, plain, rows, text_at};
use super::visit::{Shown, Visit};
use crate::http::kernel::upload::FormBounds;
use crate::http::kernel::{Act, Problem, RawBody};
use actix_web::{HttpRequest, web};
use serde_json::{Value, json};
use std::time::Duration;

/// Answers shown at once.
const SHOWN: &str = "20";

/// Characters of a text that are shown at the most; the whole of it stands on the assignment's page.
const MOST_SAID: usize = 300;

/// What bounds the form.
const BOUNDS: FormBounds<'static> = FormBounds {
    bytes: 1 << 20,
    parts: 80,
    files: &[],
    time: Duration::from_secs(30),
};

/// The states that wait, each with what is decided of it at once.
const WAITING: [(&str, &str); 2] = [("reported", "accept"), ("forwarded", "close")];

/// GET: what waits.
pub(super) async fn show_review(visit: Visit) -> Shown {
    let page = page(&visit, None).await?;
    visit.shown(&page)
}

async fn page(visit: &Visit, refused: Option<&Problem>) -> Result<super::part::Page, Problem> {
    let words = visit.words;
    let mut parts = Vec::new();
    if let Some(problem) = refused {
        parts.push(Part::Note(Note {
            tone: "bad",
            heading: words.say("wrong.refused"),
            texts: vec![words.problem_met(problem)],
        }));
    }
    for (state, event) in WAITING {
        let query = [("state", state), ("limit", SHOWN)];
        let answer = visit.read("list_assignments", &[], &query).await?;
        let waiting = rows(&answer, "items");
        if waiting.is_empty() {
            continue;
        }
        parts.push(Part::Heading(words.say(&format!("review.{state}"))));
        parts.push(Part::Form(form(visit, event, waiting).await?));
        if !text_at(&answer, "next_cursor").is_empty() {
            parts.push(Part::Links(vec![super::part::Action {
                link: Link::new(
                    with_query("/assignments", &[("state", state)]),
                    words.say("word.all_rows"),
                ),
                is_main: false,
            }]));
        }
    }
    if parts.is_empty() {
        parts.push(Part::Note(Note {
            tone: "good",
            heading: words.say("review.nothing"),
            texts: Vec::new(),
        }));
    }
    Ok(visit.page(words.say("page.review"), Vec::new(), parts))
}

async fn form(visit: &Visit, event: &str, waiting: &[Value]) -> Result<Form, Problem> {
    let words = visit.words;
    let mut fields = Vec::with_capacity(waiting.len() + 1);
    for row in waiting {
        let percent = plain(words, &row["percent"], Show::Number);
        let label = [
            text_at(row, "unit_name"),
            text_at(row, "task_number"),
            text_at(row, "task_title"),
        ];
        let told = words.fill(
            "review.told",
            &[
                ("day", &plain(words, &row["reported_on"], Show::Day)),
                ("percent", &percent),
                ("files", &text_at(row, "evidence_count")),
            ],
        );
        let name = format!("pick-{}", text_at(row, "id"));
        let href = format!("/assignments/{}", text_at(row, "id"));
        let told = [told, said(visit, row).await?].join("\n");
        fields.push(
            Field::new(name, label.join(" "), Input::Check)
                .hinted(told.trim_end().to_owned())
                .leading_to(href),
        );
    }
    fields.push(Field::new(
        "reason",
        words.say("review.note"),
        Input::Text { rows: 2 },
    ));
    let hidden = [("once", visit.once()?), ("event", event.to_owned())];
    Ok(Form {
        hint: words.say(&format!("review.hint.{event}")),
        fields,
        ..visit.posting(&hidden, words.say(&format!("review.button.{event}")))
    })
}

/// What the newest answer says of an assignment: what was done, what stands in the way; empty where it says nothing.
async fn said(visit: &Visit, row: &Value) -> Result<String, Problem> {
    let id = text_at(row, "id");
    let assignment = visit
        .read("get_assignment", &[("id", id.as_str())], &[])
        .await?;
    let Some(item) = rows(&assignment, "reports").last() else {
        return Ok(String::new());
    };
    let lines = ["done", "problems", "next_steps"]
        .iter()
        .filter_map(|place| {
            let whole = text_at(item, place);
            let cut = whole.char_indices().nth(MOST_SAID);
            let text = match cut {
                Some((end, _)) => format!("{}…", &whole[..end]),
                None => whole,
            };
            (!text.is_empty()).then(|| format!("{}：{text}", visit.words.label(place)))
        });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// POST: decides of those that were picked.
pub(super) async fn do_review(visit: Visit, request: HttpRequest, payload: web::Payload) -> Shown {
    let received = visit.kernel.receive_form(&request, payload, BOUNDS).await?;
    let typed = Typed::of(&received.form);
    if !visit.is_ours(&request, &typed.raw("form")) {
        return Ok(visit.stale_form());
    }
    let event = typed.raw("event");
    let reason = typed.text("reason");
    let picked = received.form.texts.iter();
    let picked = picked.filter_map(|(name, _)| name.strip_prefix("pick-"));
    let decisions: Vec<Value> = picked
        .map(|id| json!({ "assignment_id": id, "event": event, "reason": reason }))
        .collect();
    if decisions.is_empty() {
        return Ok(visit.to("/review"));
    }
    let once = typed.raw("once");
    let body = json!({ "decisions": decisions });
    let acted = visit
        .asking
        .act(Act {
            operation: "decide_assignments",
            params: &[],
            query: &[],
            body: RawBody::Json(body.to_string().into()),
            seen: None,
            once: (!once.is_empty()).then_some(once.as_str()),
            room: None,
        })
        .await;
    match acted {
        Ok(_) => Ok(visit.to("/review?done=review")),
        Err(problem) if problem.status().is_server_error() => Err(problem),
        Err(problem) => {
            let page = page(&visit, Some(&problem)).await?;
            Ok(visit.answer(problem.status(), &page))
        }
    }
}
