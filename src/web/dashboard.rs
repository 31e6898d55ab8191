//! `/dashboard`: the figures of a day, each leading to the rows it counts; as charts, and the same numbers as tables.

use super::charts::Size;
use super::dashboard_charts::{
    Drawn, LEADS, Lights, SECTIONS, ages, count, day_of, fill, lights, progress, say,
};
use super::dashboard_tables as tables;
use super::field::{self, Field, Input, mark};
use super::part::{Figure, Form, Link, Note, Part, Table};
use super::row::{at, rows, text_at};
use super::visit::{Shown, Visit};
use super::words::Words;
use crate::http::kernel::Problem;
use actix_web::http::StatusCode;
use serde_json::Value;

/// How lines are drawn: narrow screens scroll to the rest.
const LINES: Size = Size {
    width: 720.0,
    text: 14.0,
    plot: 240.0,
    has_legend: true,
};

/// How bars are drawn: narrow enough for a phone, as half a bar would say something else.
const BARS: Size = Size {
    width: 440.0,
    ..LINES
};

/// Bars of a chart; the table below it has all.
const MOST_BARS: usize = 15;

/// Answers with the dashboard, as of any past day.
pub(super) async fn dashboard(visit: Visit) -> Shown {
    let words = visit.words;
    let given = visit.asked("as_of").unwrap_or_default();
    // Browsers without a field for days send what was typed.
    let day = field::day_of(given).map_or_else(|| given.to_owned(), |day| day.to_string());
    let query: &[(&str, &str)] = match day.as_str() {
        "" => &[],
        day => &[("as_of", day)],
    };
    let (status, parts) = match visit.read("read_dashboard", &[], query).await {
        Ok(figures) => (StatusCode::OK, parts(&visit, &figures)),
        Err(problem) => {
            let refusal = refusal_of_day(words, &problem).ok_or(problem)?;
            let form = day_form(words, given.to_owned(), true, Some(refusal.1));
            (refusal.0, vec![Part::Form(form)])
        }
    };
    let page = visit.page(words.say("page.dashboard"), Vec::new(), parts);
    Ok(visit.answer(status, &page))
}

/// What is said of the day that was asked for, where it is that which was refused.
fn refusal_of_day(words: Words, problem: &Problem) -> Option<(StatusCode, String)> {
    let mut errors = problem.errors().iter();
    let error = errors.find(|error| error.path.ends_with("as_of"))?;
    Some((problem.status(), words.wrong_field(problem, error)))
}

fn day_form(words: Words, value: String, is_used: bool, wrong: Option<String>) -> Form {
    let mut fields = vec![
        Field::new("as_of", say(words, "as_of"), Input::Day)
            .hinted(say(words, "as_of_hint"))
            .holding(value),
    ];
    let wrong = wrong.map(|text| ("as_of".to_owned(), text));
    Form {
        errors: mark(fields.iter_mut(), wrong.into_iter().collect()),
        method: "get",
        address: "/dashboard".to_owned(),
        hidden: Vec::new(),
        hint: String::new(),
        fields,
        button: say(words, "show"),
        other: None,
        back: Some(Link::new("/dashboard", say(words, "today"))),
        is_filter: true,
        is_used,
    }
}

fn parts(visit: &Visit, figures: &Value) -> Vec<Part> {
    let words = visit.words;
    let past = day_of(figures).filter(|day| *day != visit.now.today);
    let form = day_form(words, text_at(figures, "as_of"), past.is_some(), None);
    let mut parts = vec![Part::Form(form)];
    if let Some(day) = past {
        let day = words.day(day);
        parts.push(Part::Text(fill(words, "stands", &[("day", &day)])));
    }
    let is_bare = count(figures, "assignments.total") == 0;
    if is_bare {
        parts.push(Part::Note(Note {
            tone: "plain",
            heading: say(words, "nothing"),
            texts: vec![say(words, "nothing_more")],
        }));
    }
    for what in ["tasks", "assignments"] {
        parts.push(Part::Heading(say(words, what)));
        parts.push(Part::Figures(counts(words, &figures[what])));
    }
    if !is_bare {
        parts.push(Part::Heading(say(words, "progress")));
        parts.extend(progress(words, figures, LINES).map(Part::Drawing));
        parts.push(folded(words, tables::progress(words, figures)));
        for (what, table) in [
            (SECTIONS, tables::by_section(words, figures)),
            (LEADS, tables::by_lead_unit(words, figures)),
        ] {
            parts.extend(lights_parts(words, figures, what, table));
        }
        for table in [
            tables::by_plan(words, figures),
            tables::by_unit_kind(words, figures),
            tables::by_level(words, figures),
        ] {
            parts.push(Part::Heading(table.caption.clone()));
            parts.push(Part::Folded {
                summary: say(words, "numbers"),
                is_open: true,
                table,
            });
        }
    }
    parts.push(Part::Heading(say(words, "rounds")));
    parts.push(Part::Table(tables::rounds(words, figures)));
    parts.extend(overdue(words, figures));
    parts.extend(burden(words, figures));
    parts.extend(mails(words, figures));
    parts
}

/// A table that is opened by whoever wants it: the numbers of what is drawn.
fn folded(words: Words, table: Table) -> Part {
    Part::Folded {
        summary: say(words, "numbers"),
        is_open: false,
        table,
    }
}

fn lights_parts(words: Words, figures: &Value, what: Lights, table: Table) -> Vec<Part> {
    let Drawn { svg, left_out } = lights(words, figures, what, BARS, MOST_BARS);
    let mut parts = vec![Part::Heading(table.caption.clone())];
    parts.extend(svg.map(Part::Drawing));
    if left_out > 0 {
        let count = left_out.to_string();
        parts.push(Part::Text(fill(words, "not_shown", &[("count", &count)])));
    }
    parts.push(folded(words, table));
    parts
}

/// Rows by light and by standing.
fn counts(words: Words, counts: &Value) -> Vec<Figure> {
    let all = [
        ("total", ""),
        ("green", "green"),
        ("yellow", "yellow"),
        ("red", "red"),
        ("ahead", ""),
        ("on_track", ""),
        ("behind", ""),
        ("done", ""),
        ("none", ""),
    ];
    all.iter()
        .map(|(key, tone)| figure(say(words, key), &counts[key], tone))
        .collect()
}

/// A number with the address of its rows.
fn figure(label: String, counted: &Value, tone: &'static str) -> Figure {
    Figure {
        label,
        value: text_at(counted, "count"),
        href: tables::page_of(&text_at(counted, "href")),
        tone,
    }
}

/// A number that leads nowhere.
fn plain(label: String, value: &Value) -> Figure {
    Figure {
        label,
        value: text_at(value, ""),
        href: None,
        tone: "",
    }
}

fn overdue(words: Words, figures: &Value) -> Vec<Part> {
    let mut parts = vec![Part::Heading(say(words, "overdue"))];
    parts.push(Part::Figures(vec![
        figure(
            say(words, "overdue_total"),
            at(figures, "overdue.total"),
            "red",
        ),
        plain(
            say(words, "overdue_units"),
            at(figures, "overdue.units_total"),
        ),
    ]));
    if count(figures, "overdue.total") == 0 {
        parts.push(Part::Text(say(words, "overdue_none")));
        return parts;
    }
    parts.extend(ages(words, figures, BARS).map(Part::Drawing));
    parts.push(folded(words, tables::ages(words, figures)));
    parts.push(Part::Table(tables::overdue_units(words, figures)));
    parts
}

fn burden(words: Words, figures: &Value) -> Vec<Part> {
    let burden = &figures["burden"];
    let day = |place| {
        let day = text_at(burden, place).parse();
        day.map_or_else(|_| String::new(), |day| words.date(day))
    };
    let with = [
        ("from", day("from")),
        ("to", day("to")),
        ("budget", text_at(burden, "budget")),
    ];
    let with: Vec<(&str, &str)> = with
        .iter()
        .map(|(key, text)| (*key, text.as_str()))
        .collect();
    let mut parts = vec![
        Part::Heading(say(words, "burden")),
        Part::Text(fill(words, "burden_says", &with)),
        Part::Figures(vec![
            figure(say(words, "asks"), &burden["asks"], ""),
            plain(say(words, "asked_units"), &burden["units_total"]),
            plain(say(words, "at_budget_units"), &burden["units_at_budget"]),
        ]),
    ];
    if !rows(burden, "units").is_empty() {
        parts.push(folded(words, tables::burden(words, burden)));
    }
    parts
}

/// The outbox; there is none of a past day.
fn mails(words: Words, figures: &Value) -> Vec<Part> {
    let mails = &figures["mails"];
    if mails.is_null() {
        return Vec::new();
    }
    let alarming = |counted: &Value| if count(counted, "") > 0 { "red" } else { "" };
    let mut shown: Vec<Figure> = ["failed", "unknown"]
        .iter()
        .map(|state| {
            let label = say(words, &format!("mail_{state}"));
            figure(label, &mails[state], alarming(&mails[state]))
        })
        .collect();
    let others = rows(mails, "by_state").iter().filter(|row| {
        let state = text_at(row, "state");
        state != "failed" && state != "unknown"
    });
    shown.extend(others.map(|row| {
        let state = words.code("MailState", &text_at(row, "state"));
        figure(fill(words, "mail_state", &[("state", &state)]), row, "")
    }));
    let without = &mails["contacts_without_address"];
    shown.push(figure(say(words, "no_address"), without, alarming(without)));
    let mut parts = vec![Part::Heading(say(words, "mails")), Part::Figures(shown)];
    parts.extend(tables::oldest_mail(words, mails));
    parts
}
