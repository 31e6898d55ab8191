//! `/leader-page`: a month on one page, as the bureau's leaders are mailed it.

use super::field::{Field, Input};
use super::list_page::{Col, col, table_of, with_query};
use super::part::{Action, Figure, Form, Link, Part};
use super::row::Show::{Number, Text};
use super::row::{rows, text_at};
use super::visit::{Shown, Visit};

const RED_TASKS: &[Col] = &[
    col("task_number", Text),
    col("title", Text),
    col("why", Text).called("explain"),
];

const RED_UNITS: &[Col] = &[
    col("unit_name", Text),
    col("leader", Text),
    col("red", Number),
    col("overdue", Number).called("overdue_count"),
];

const LIAISONS: &[Col] = &[
    col("leader", Text),
    col("units", Number).called("units_asked"),
    col("lights.green", Number).called("green"),
    col("lights.yellow", Number).called("yellow"),
    col("lights.red", Number).called("red"),
    col("overdue", Number).called("overdue_count"),
];

/// Answers with the month of `?month=2026-11`, the last one where none is given.
pub(super) async fn leader_page(visit: Visit) -> Shown {
    let words = visit.words;
    let query: Vec<(&str, &str)> = visit
        .asked("month")
        .map(|month| ("month", month))
        .into_iter()
        .collect();
    let told = visit.read("read_leader_page", &[], &query).await?;
    let month = text_at(&told, "month");
    let figure = |place: &str, key: &str, tone| Figure {
        label: words.label(key),
        value: text_at(&told, place),
        href: None,
        tone,
    };
    let mut parts = vec![
        Part::Form(Form {
            errors: Vec::new(),
            method: "get",
            address: visit.path.clone(),
            hidden: Vec::new(),
            hint: String::new(),
            fields: vec![Field::new("month", words.label("month"), Input::Line).holding(&month)],
            button: words.say("word.filter"),
            other: None,
            back: None,
            is_filter: true,
            is_used: true,
        }),
        Part::Links(vec![Action {
            link: Link::new(
                with_query("/leader-page.docx", &[("month", &month)]),
                words.say("file.docx"),
            ),
            is_main: false,
        }]),
        Part::Figures(vec![
            figure("lights.green", "green", "green"),
            figure("lights.yellow", "yellow", "yellow"),
            figure("lights.red", "red", "red"),
            figure("overdue", "overdue_count", "red"),
            figure("rounds", "rounds_open", ""),
        ]),
    ];
    for (key, columns, place) in [
        ("red_tasks", RED_TASKS, "red_tasks"),
        ("red_units", RED_UNITS, "red_units"),
        ("liaisons", LIAISONS, "liaisons"),
    ] {
        let mut table = table_of(&visit, "leader_page", columns, rows(&told, place));
        table.caption = words.say(&format!("part.{key}"));
        parts.push(Part::Heading(table.caption.clone()));
        parts.push(Part::Table(table));
    }
    visit.shown(&visit.page(text_at(&told, "title"), Vec::new(), parts))
}
