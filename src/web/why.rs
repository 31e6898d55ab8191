//! `/reminders/why`: why somebody was, or was not, reminded on a day.

use super::field::{Field, Input};
use super::list_page::{Col, col, table_of};
use super::part::{Form, Note, Part};
use super::row::Show::{Code, Day, Text};
use super::row::{rows, text_at};
use super::visit::{Shown, Visit};
use serde_json::Value;

const MAILS: &[Col] = &[
    col("subject", Text).to("/mails/{id}"),
    col("kind", Code("MailKind")),
    col("state", Code("MailState")),
    col("reason", Text),
    col("reply", Text),
];

const ASKS: &[Col] = &[
    col("unit_code", Text),
    col("kind", Code("ObligationKind")).to("/obligations/{obligation_id}"),
    col("due_on", Day),
    col("state", Code("ObligationState")),
    col("why", Text),
    col("told", Text).called("told_before"),
    col("next_on", Day),
];

/// Answers with the question, and with the answer once an address is given.
pub(super) async fn why(visit: Visit) -> Shown {
    let words = visit.words;
    let mut fields = vec![
        Field::new("address", words.label("address"), Input::Line)
            .required()
            .holding(visit.asked("address").unwrap_or_default()),
        Field::new("on", words.label("on"), Input::Day)
            .holding(visit.asked("on").unwrap_or_default()),
    ];
    let mut parts = Vec::new();
    let mut errors = Vec::new();
    if let Some(address) = visit.asked("address") {
        let mut query = vec![("address", address)];
        query.extend(visit.asked("on").map(|on| ("on", on)));
        match visit.read("explain_address", &[], &query).await {
            Ok(why) => parts = answer(&visit, &why),
            Err(problem) if problem.status().is_server_error() => return Err(problem),
            Err(problem) => {
                let mut wrong = words.wrong_fields(&problem);
                if wrong.is_empty() {
                    wrong.push(("address".to_owned(), words.problem_met(&problem)));
                }
                errors = super::field::mark(fields.iter_mut(), wrong);
            }
        }
    }
    let form = Form {
        errors,
        method: "get",
        address: visit.path.clone(),
        hidden: Vec::new(),
        hint: words.say("why.hint"),
        fields,
        button: words.say("why.button"),
        other: None,
        back: None,
        is_filter: false,
        is_used: false,
    };
    parts.insert(0, Part::Form(form));
    visit.shown(&visit.page(words.say("page.why"), Vec::new(), parts))
}

fn answer(visit: &Visit, why: &Value) -> Vec<Part> {
    let words = visit.words;
    let was_mailed = why["mailed"].as_bool().unwrap_or_default();
    let heading = match was_mailed {
        true => "why.mailed",
        false => "why.not_mailed",
    };
    let reasons = rows(why, "reasons").iter().filter_map(Value::as_str);
    let mails = table_of(visit, "mails", MAILS, rows(why, "mails"));
    let asks = table_of(visit, "obligations", ASKS, rows(why, "obligations"));
    vec![
        Part::Note(Note {
            tone: if was_mailed { "good" } else { "plain" },
            heading: words.fill(heading, &[("address", &text_at(why, "address"))]),
            texts: reasons.map(str::to_owned).collect(),
        }),
        Part::Heading(mails.caption.clone()),
        Part::Table(mails),
        Part::Heading(asks.caption.clone()),
        Part::Table(asks),
    ]
}
