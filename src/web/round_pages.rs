//! What belongs to a round or a cycle and is no list of the API: the draw, the results, the rounds to come.

use super::detail_page::facts_of;
use super::field::{Field, Input, mark};
use super::list_page::{Col, col, table_of, with_query};
use super::part::{Action, Form, Link, Note, Part, Table};
use super::row::Show::{Code, Day, Number, Percent, Text, YesNo};
use super::row::{plain, rows, text_at};
use super::visit::{Shown, Visit};
use serde_json::Value;

const TEAMS: &[Col] = &[
    col("unit_code", Text),
    col("inspectors.name", Text).called("inspector_name"),
    col("missing", Number).called("inspectors_missing"),
];

const STRATA: &[Col] = &[
    col("name", Text).called("stratum"),
    col("population", Number),
    col("quota", Number),
    col("left_out", Number),
];

const PICKS: &[Col] = &[
    col("unit_code", Text),
    col("stratum", Text),
    col("task_numbers", Text),
];

const TO_COME: &[Col] = &[
    col("period_label", Text),
    col("planned_on", Day),
    col("opens_on", Day),
    col("due_on", Day),
    col("units_asked", Number),
    col("mail_days", Number),
    col("provisional", YesNo),
];

const SUMMARY: &[Col] = &[
    col("unit_name", Text),
    col("state", Code("ObligationState")),
    col("answered_on", Day),
    col("note", Text),
];

const SUMMARY_ITEMS: &[Col] = &[
    col("task_number", Text).to("/assignments/{assignment_id}"),
    col("unit_name", Text),
    col("light", Code("Light")),
    col("percent", Percent),
    col("done", Text),
    col("problems", Text),
    col("next_steps", Text),
];

const LETTER: &[Col] = &[
    col("unit_name", Text).to("/units/{unit_id}"),
    col("period_label", Text),
    col("opens_on", Day),
    col("due_on", Day),
    col("subject", Text),
];

fn trail(visit: &Visit) -> Vec<Link> {
    let round = format!("/rounds/{}", visit.param("id"));
    vec![Link::new(round, visit.words.say("word.round"))]
}

fn headed(visit: &Visit, key: &str, columns: &[Col], shown: &[Value]) -> [Part; 2] {
    let mut table: Table = table_of(visit, "rounds", columns, shown);
    table.caption = visit.words.say(&format!("part.{key}"));
    [Part::Heading(table.caption.clone()), Part::Table(table)]
}

/// Whom a draw picked, and that it comes out the same when it is done again.
pub(super) async fn draw(visit: Visit) -> Shown {
    let words = visit.words;
    let draw = visit.read("get_draw", &visit.parts(), &[]).await?;
    let holds = |name: &str| draw[name].as_bool().unwrap_or_default();
    let (tone, heading) = match holds("commitment_holds") && holds("result_holds") {
        true => ("good", "draw.holds"),
        false => ("bad", "draw.differs"),
    };
    let mut parts = vec![Part::Note(Note {
        tone,
        heading: words.say(heading),
        texts: vec![
            words.fill("draw.seed", &[("seed", &text_at(&draw, "seed"))]),
            words.fill(
                "draw.commitment",
                &[("commitment", &text_at(&draw, "commitment"))],
            ),
        ],
    })];
    parts.extend(headed(&visit, "picks", PICKS, rows(&draw, "picks")));
    parts.extend(headed(&visit, "strata", STRATA, rows(&draw, "strata")));
    let teams: Vec<Value> = rows(&draw, "teams").iter().map(named_team).collect();
    parts.extend(headed(&visit, "teams", TEAMS, &teams));
    visit.shown(&visit.page(words.say("act.round_draw.title"), trail(&visit), parts))
}

/// A team with its inspectors' names in one place.
fn named_team(team: &Value) -> Value {
    let mut named = team.clone();
    let names = rows(team, "inspectors")
        .iter()
        .map(|one| one["name"].clone());
    named["inspectors"] = serde_json::json!({ "name": names.collect::<Vec<_>>() });
    named
}

/// What a round came to: the summary of a dispatch, or where the indicators stand.
pub(super) async fn results(visit: Visit) -> Shown {
    let words = visit.words;
    let round = visit.read("get_round", &visit.parts(), &[]).await?;
    let id = text_at(&round, "id");
    if text_at(&round, "kind") != "dispatch" {
        return Ok(visit.to(&format!("/rounds/{id}/attainment")));
    }
    let told = visit.read("get_summary", &visit.parts(), &[]).await?;
    let summary = &told["summary"];
    let figure = |name: &str| super::part::Figure {
        label: words.say(&format!("summary.{name}")),
        value: plain(words, &summary["totals"][name], Number),
        href: None,
        tone: match name {
            "green" => "green",
            "yellow" => "yellow",
            "red" | "newly_red" => "red",
            _ => "",
        },
    };
    let totals = [
        "units",
        "answered",
        "unanswered",
        "items",
        "green",
        "yellow",
        "red",
        "newly_red",
        "behind",
        "blocked",
    ];
    let file = |kind: &str| Action {
        link: Link::new(
            format!("/rounds/{id}/summary.{kind}"),
            words.say(&format!("file.{kind}")),
        ),
        is_main: false,
    };
    let mut items = Vec::new();
    for unit in rows(summary, "units") {
        for item in rows(unit, "items") {
            let mut item = item.clone();
            item["unit_name"] = unit["unit_name"].clone();
            items.push(item);
        }
    }
    let mut parts = vec![
        Part::Figures(totals.iter().map(|name| figure(name)).collect()),
        Part::Links(vec![file("docx"), file("xlsx")]),
    ];
    parts.extend(headed(
        &visit,
        "summary_units",
        SUMMARY,
        rows(summary, "units"),
    ));
    parts.extend(headed(&visit, "summary_items", SUMMARY_ITEMS, &items));
    let title = words.say("act.round_results.title");
    visit.shown(&visit.page(title, trail(&visit), parts))
}

/// The mail with which a cycle's next round will ask a unit.
pub(super) async fn letter(visit: Visit) -> Shown {
    let words = visit.words;
    let code = visit.asked("unit_code").unwrap_or_default();
    let query: Vec<(&str, &str)> = [("unit_code", code)]
        .into_iter()
        .filter(|(_, code)| !code.is_empty())
        .collect();
    let field = Field::new("unit_code", words.label("unit_code"), Input::Line).holding(code);
    let mut fields = vec![field];
    let mut errors = Vec::new();
    let mut parts = Vec::new();
    match visit.read("preview_letter", &visit.parts(), &query).await {
        Ok(letter) => {
            let html = with_query(&format!("{}/html", visit.path), &query);
            parts.push(Part::Facts(facts_of(&visit, LETTER, &letter)));
            parts.push(Part::Links(vec![Action {
                link: Link::new(html, words.say("file.mail_html")),
                is_main: false,
            }]));
            parts.push(Part::Text(text_at(&letter, "text_body")));
        }
        Err(problem) if problem.status().is_client_error() && problem.status() != 404 => {
            let wrong = ("unit_code".to_owned(), words.problem_met(&problem));
            errors = mark(fields.iter_mut(), vec![wrong]);
        }
        Err(problem) => return Err(problem),
    }
    let form = Form {
        errors,
        method: "get",
        address: visit.path.clone(),
        hidden: Vec::new(),
        hint: words.say("act.preview_letter.hint"),
        fields,
        button: words.say("act.preview_letter.button"),
        other: None,
        back: None,
        is_filter: false,
        is_used: false,
    };
    parts.insert(0, Part::Form(form));
    let cycle = format!("/cycles/{}", visit.param("id"));
    let trail = vec![Link::new(cycle, words.say("page.cycles"))];
    let title = words.say("act.preview_letter.title");
    visit.shown(&visit.page(title, trail, parts))
}

/// The rounds that a cycle will open.
pub(super) async fn preview(visit: Visit) -> Shown {
    let words = visit.words;
    let planned = visit.read("preview_cycle", &visit.parts(), &[]).await?;
    let parts = headed(&visit, "rounds_to_come", TO_COME, rows(&planned, "items"));
    let cycle = format!("/cycles/{}", visit.param("id"));
    let trail = vec![Link::new(cycle, words.say("page.cycles"))];
    let title = words.say("act.preview_cycle.title");
    visit.shown(&visit.page(title, trail, parts.into_iter().collect()))
}
