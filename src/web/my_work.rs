//! `/`: what is to be done now, most urgent first, one step away.

use super::list_page::with_query;
use super::part::{Cell, Column, Figure, Link, Note, Part, Table};
use super::row::{Show, plain, rows, text_at};
use super::visit::{Shown, Visit};
use crate::domain::access::{Action, Reach};
use crate::http::kernel::Problem;
use chrono::NaiveDate;
use serde_json::Value;

/// Requests shown of a visitor's own.
const SHOWN: &str = "50";

/// What may wait for a decision: the key of its figure, the operation, the page's path, and the state that waits.
const WAITING: &[(&str, &str, &str, &str, &str)] = &[
    (
        "waiting_reports",
        "list_assignments",
        "/assignments",
        "reported",
        "decide_assignments",
    ),
    (
        "waiting_forwarded",
        "list_assignments",
        "/assignments",
        "forwarded",
        "close_plan",
    ),
    (
        "waiting_extensions",
        "list_extensions",
        "/extensions",
        "requested",
        "view_extension",
    ),
    (
        "waiting_completions",
        "list_completions",
        "/completions",
        "reported",
        "decide_task",
    ),
    (
        "waiting_findings",
        "list_findings",
        "/findings",
        "reported",
        "recheck_finding",
    ),
    (
        "waiting_inspections",
        "list_inspections",
        "/inspections",
        "planned",
        "record_inspection",
    ),
    (
        "waiting_decisions",
        "list_decisions",
        "/decisions",
        "answered",
        "close_decision",
    ),
    (
        "waiting_notices",
        "list_notices",
        "/notices",
        "drafted",
        "approve_notices",
    ),
    (
        "waiting_notice_answers",
        "list_notices",
        "/notices",
        "answered",
        "decide_notice",
    ),
    (
        "waiting_bulletins",
        "list_bulletins",
        "/bulletins",
        "draft",
        "approve_bulletin",
    ),
    (
        "waiting_publication",
        "list_bulletins",
        "/bulletins",
        "approved",
        "publish_bulletin",
    ),
    (
        "waiting_warnings",
        "list_warnings",
        "/warnings",
        "proposed",
        "decide_warning",
    ),
    (
        "waiting_indicators",
        "list_indicators",
        "/indicators",
        "proposed",
        "change_indicator",
    ),
    (
        "waiting_tasks",
        "list_tasks",
        "/tasks",
        "held",
        "issue_tasks",
    ),
    (
        "waiting_mails",
        "list_mails",
        "/mails",
        "unknown",
        "send_mail_again",
    ),
    (
        "failed_mails",
        "list_mails",
        "/mails",
        "failed",
        "send_mail_again",
    ),
];

/// Answers with the visitor's work.
pub(super) async fn my_work(visit: Visit) -> Shown {
    let words = visit.words;
    let mut parts = Vec::new();
    if let Reach::Units { own, .. } = visit.asking.viewer().reach(Action::AnswerObligations)
        && !own.is_empty()
    {
        let table = own_requests(&visit).await?;
        if table.rows.is_empty() {
            parts.push(Part::Note(Note {
                tone: "good",
                heading: words.say("work.nothing"),
                texts: vec![words.say("work.nothing_more")],
            }));
        } else {
            parts.push(Part::Heading(words.say("work.asked")));
            parts.push(Part::Table(table));
        }
    }
    let waiting = waiting(&visit).await?;
    if !waiting.is_empty() {
        parts.push(Part::Heading(words.say("work.waiting")));
        parts.push(Part::Figures(waiting));
    }
    if parts.is_empty() {
        parts.push(Part::Note(Note {
            tone: "good",
            heading: words.say("work.nothing"),
            texts: Vec::new(),
        }));
    }
    visit.shown(&visit.page(words.say("page.my_work"), Vec::new(), parts))
}

/// Open requests of the visitor's own units, by due day, each with the step that answers it.
async fn own_requests(visit: &Visit) -> Result<Table, Problem> {
    let words = visit.words;
    let query = [("state", "open"), ("sort", "due_on"), ("limit", SHOWN)];
    let answer = visit.read("list_obligations", &[], &query).await?;
    let reach = visit.asking.viewer().reach(Action::AnswerObligations);
    let is_own = |row: &&Value| {
        let unit = text_at(row, "unit_id").parse();
        unit.is_ok_and(|unit| reach.covers(unit))
    };
    let more = !text_at(&answer, "next_cursor").is_empty();
    let shown = rows(&answer, "items").iter().filter(is_own);
    Ok(Table {
        caption: words.say("work.asked"),
        columns: ["request", "unit_name", "due_on", "action"]
            .iter()
            .map(|key| Column {
                label: words.label(key),
                sort: None,
                is_number: false,
            })
            .collect(),
        rows: shown.map(|row| request(visit, row)).collect(),
        none: words.say("work.nothing"),
        more: more.then(|| {
            let query = [("state", "open"), ("sort", "due_on")];
            Link::new(
                with_query("/obligations", &query),
                words.say("word.all_rows"),
            )
        }),
    })
}

fn request(visit: &Visit, row: &Value) -> Vec<Cell> {
    let words = visit.words;
    let id = text_at(row, "id");
    let kind = text_at(row, "kind");
    let (step, key) = match kind.as_str() {
        "acknowledge" => ("acknowledge", "acknowledge"),
        _ => ("report", "report"),
    };
    let what = what(visit, row);
    vec![
        Cell::Link(Link::new(format!("/obligations/{id}"), what)),
        Cell::Text(text_at(row, "unit_name")),
        due(visit, row),
        Cell::Link(Link::new(
            format!("/obligations/{id}/{step}"),
            words.say(&format!("act.{key}.button")),
        )),
    ]
}

/// What a request asks, as its mail said it.
fn what(visit: &Visit, row: &Value) -> String {
    let words = visit.words;
    let title = text_at(row, "plan_title");
    let plan = match title.is_empty() {
        true => String::new(),
        false => words.mail("title", &[("title", &title)]),
    };
    words.mail(
        &format!("action.{}", text_at(row, "kind")),
        &[
            ("plan", &plan),
            ("period", &text_at(row, "period")),
            ("what", &text_at(row, "what")),
        ],
    )
}

fn due(visit: &Visit, row: &Value) -> Cell {
    let shown = plain(visit.words, &row["due_on"], Show::Day);
    let Ok(day) = text_at(row, "due_on").parse::<NaiveDate>() else {
        return Cell::Text(shown);
    };
    let left = (day - visit.now.today).num_days();
    let (tone, key) = match left {
        ..0 => ("red", "word.late"),
        0 => ("red", "word.today"),
        1..=3 => ("yellow", "word.soon"),
        _ => return Cell::Text(shown),
    };
    Cell::Badge {
        tone,
        text: visit.words.fill(key, &[("day", &shown)]),
    }
}

/// What waits for this visitor's decision; what does not wait is not shown.
async fn waiting(visit: &Visit) -> Result<Vec<Figure>, Problem> {
    let mut figures = Vec::new();
    for (key, operation, path, state, decides) in WAITING {
        if !visit.asking.may(operation) || !visit.asking.may(decides) {
            continue;
        }
        let query = [("state", *state), ("limit", "100")];
        let answer = visit.read(operation, &[], &query).await?;
        let count = rows(&answer, "items").len();
        if count == 0 {
            continue;
        }
        let more = !text_at(&answer, "next_cursor").is_empty();
        figures.push(Figure {
            label: visit.words.say(&format!("work.{key}")),
            value: match more {
                true => format!("{count}+"),
                false => count.to_string(),
            },
            href: Some(with_query(path, &[("state", state)])),
            tone: "",
        });
    }
    Ok(figures)
}
