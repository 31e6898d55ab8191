//! The dashboard's tables: the numbers of its charts and more, each leading to the rows it counts.

use super::dashboard_charts::{fill, name, say, section};
use super::part::{Action, Cell, Column, Link, Part, Table};
use super::row::{Show, at, cell, plain, rows, text_at};
use super::words::Words;
use serde_json::Value;

/// Counts of tasks, with the keys of their headings.
const TASKS: [(&str, &str); 4] = [
    ("tasks.total", "task_total"),
    ("tasks.green", "task_green"),
    ("tasks.yellow", "task_yellow"),
    ("tasks.red", "task_red"),
];

/// Counts of assignments.
const ASSIGNMENTS: [(&str, &str); 9] = [
    ("assignments.total", "total_short"),
    ("assignments.green", "green_short"),
    ("assignments.yellow", "yellow_short"),
    ("assignments.red", "red_short"),
    ("assignments.ahead", "ahead_short"),
    ("assignments.on_track", "on_track_short"),
    ("assignments.behind", "behind_short"),
    ("assignments.done", "done_short"),
    ("assignments.none", "none_short"),
];

/// The page with the rows of an address of the API: it has the same path and query.
pub(super) fn page_of(href: &str) -> Option<String> {
    let page = href.strip_prefix("/api/v1")?;
    page.starts_with('/').then(|| page.to_owned())
}

/// A number that leads to its rows.
fn number(counted: &Value) -> Cell {
    let text = text_at(counted, "count");
    match page_of(&text_at(counted, "href")) {
        Some(href) => Cell::Link(Link::new(href, text)),
        None => Cell::Text(text),
    }
}

fn unit(row: &Value) -> Cell {
    let id = text_at(row, "unit_id");
    Cell::Link(Link::new(format!("/units/{id}"), name(row, "unit_name")))
}

fn plan(row: &Value) -> Cell {
    let id = text_at(row, "plan_id");
    Cell::Link(Link::new(format!("/plans/{id}"), name(row, "plan_title")))
}

/// A table with headings of these keys, those from `numbers` on being of numbers.
fn table(
    words: Words,
    caption: &str,
    keys: &[&str],
    numbers: usize,
    rows: Vec<Vec<Cell>>,
) -> Table {
    let column = |(at, key): (usize, &&str)| Column {
        label: say(words, key),
        sort: None,
        is_number: at >= numbers,
    };
    Table {
        caption: say(words, caption),
        columns: keys.iter().enumerate().map(column).collect(),
        rows,
        none: words.say("word.no_rows"),
        more: None,
    }
}

/// A table of counts behind the names of its rows.
fn counts(
    words: Words,
    caption: &str,
    heads: &[&str],
    counted: &[(&str, &str)],
    rows: &[Value],
    names: impl Fn(&Value) -> Vec<Cell>,
) -> Table {
    let keys: Vec<&str> = heads
        .iter()
        .copied()
        .chain(counted.iter().map(|(_, key)| *key))
        .collect();
    let row = |row: &Value| {
        let counts = counted.iter().map(|(place, _)| number(at(row, place)));
        names(row).into_iter().chain(counts).collect()
    };
    let rows = rows.iter().map(row).collect();
    table(words, caption, &keys, heads.len(), rows)
}

fn both() -> Vec<(&'static str, &'static str)> {
    TASKS.into_iter().chain(ASSIGNMENTS).collect()
}

/// Sections of plans.
pub(super) fn by_section(words: Words, figures: &Value) -> Table {
    let all = rows(figures, "by_section");
    counts(
        words,
        "by_section",
        &["section", "plan"],
        &both(),
        all,
        |row| vec![Cell::Text(section(words, row)), plan(row)],
    )
}

/// Units that lead.
pub(super) fn by_lead_unit(words: Words, figures: &Value) -> Table {
    let all = rows(figures, "by_lead_unit");
    counts(words, "by_lead", &["unit"], &both(), all, |row| {
        vec![unit(row)]
    })
}

/// Plans.
pub(super) fn by_plan(words: Words, figures: &Value) -> Table {
    let all = rows(figures, "by_plan");
    counts(words, "by_plan", &["plan"], &both(), all, |row| {
        vec![plan(row)]
    })
}

/// Kinds of units.
pub(super) fn by_unit_kind(words: Words, figures: &Value) -> Table {
    let all = rows(figures, "by_unit_kind");
    counts(words, "by_kind", &["kind"], &ASSIGNMENTS, all, |row| {
        vec![Cell::Text(
            words.code("UnitKind", &text_at(row, "unit_kind")),
        )]
    })
}

/// Levels of schools.
pub(super) fn by_level(words: Words, figures: &Value) -> Table {
    let all = rows(figures, "by_level");
    counts(words, "by_level", &["level"], &ASSIGNMENTS, all, |row| {
        vec![Cell::Text(words.code("Level", &text_at(row, "level")))]
    })
}

/// Progress over time, the newest day first.
pub(super) fn progress(words: Words, figures: &Value) -> Table {
    let percent = |point: &Value, place: &str| match point[place].as_f64() {
        Some(percent) => Cell::Text(format!("{percent}%")),
        None => Cell::Empty,
    };
    let row = |point: &Value| {
        vec![
            cell(words, &point["on"], Show::Day),
            percent(point, "expected_percent"),
            percent(point, "actual_percent"),
            Cell::Text(text_at(point, "assignments")),
        ]
    };
    let rows = rows(figures, "progress").iter().rev().map(row).collect();
    let keys = ["day", "expected", "actual", "counted"];
    table(words, "progress", &keys, 1, rows)
}

/// Rounds that run.
pub(super) fn rounds(words: Words, figures: &Value) -> Table {
    let row = |round: &Value| {
        let title = round_name(words, round);
        let id = text_at(round, "id");
        vec![
            Cell::Link(Link::new(format!("/rounds/{id}"), title)),
            plan(round),
            cell(words, &round["due_on"], Show::Day),
            number(&round["asked"]),
            number(&round["answered"]),
            number(&round["overdue"]),
            match round["answer_percent"].as_f64() {
                Some(percent) => Cell::Text(format!("{percent}%")),
                None => Cell::Empty,
            },
        ]
    };
    let rows = rows(figures, "open_rounds").iter().map(row).collect();
    let keys = [
        "round",
        "plan",
        "due_on",
        "asked",
        "answered",
        "overdue_count",
        "answer_percent",
    ];
    Table {
        none: say(words, "no_rounds"),
        ..table(words, "rounds", &keys, 3, rows)
    }
}

/// What a round is called: its kind and its period.
pub(super) fn round_name(words: Words, round: &Value) -> String {
    let kind = words.code("CycleKind", &text_at(round, "kind"));
    format!("{kind} {}", text_at(round, "period"))
}

/// What is overdue, by age.
pub(super) fn ages(words: Words, figures: &Value) -> Table {
    let row = |age: &Value| {
        let text = fill(words, "age_words", &[("age", &text_at(age, "age"))]);
        vec![Cell::Text(text), number(age)]
    };
    let rows = rows(figures, "overdue.by_age").iter().map(row).collect();
    table(words, "by_age", &["age", "count"], 1, rows)
}

/// Units with most overdue, and how old it is.
pub(super) fn overdue_units(words: Words, figures: &Value) -> Table {
    let ages = |row: &Value| {
        let links = rows(row, "by_age").iter().filter_map(|age| {
            let days = fill(words, "age_words", &[("age", &text_at(age, "age"))]);
            let href = page_of(&text_at(age, "href"))?;
            let text = format!("{days} {}", text_at(age, "count"));
            Some(Link::new(href, text))
        });
        Cell::Links(links.collect())
    };
    let row = |row: &Value| vec![unit(row), ages(row), number(&row["total"])];
    let rows = rows(figures, "overdue.units").iter().map(row).collect();
    table(
        words,
        "overdue_heaviest",
        &["unit", "by_age", "count"],
        2,
        rows,
    )
}

/// Units asked most in the month.
pub(super) fn burden(words: Words, burden: &Value) -> Table {
    let row = |row: &Value| {
        let at_budget = row["at_budget"].as_bool() == Some(true);
        let badge = Cell::Badge {
            tone: if at_budget { "yellow" } else { "grey" },
            text: say(words, if at_budget { "yes" } else { "no" }),
        };
        vec![unit(row), badge, number(&row["asks"])]
    };
    let rows = rows(burden, "units").iter().map(row).collect();
    let keys = ["unit", "at_budget", "asks"];
    table(words, "burden_heaviest", &keys, 2, rows)
}

/// The mail that has waited longest, where one waits.
pub(super) fn oldest_mail(words: Words, mails: &Value) -> Option<Part> {
    let oldest = &mails["oldest_waiting"];
    let href = page_of(&text_at(oldest, "href"))?;
    let since = plain(words, &oldest["queued_at"], Show::Moment);
    let text = format!("{}：{since}", say(words, "oldest"));
    Some(Part::Links(vec![Action {
        link: Link::new(href, text),
        is_main: false,
    }]))
}
