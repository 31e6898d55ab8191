//! A list of the API as a page: filters, rows in order, the next page. The table of lists is `lists`.

use super::field::{Field, Input};
use super::part::{Action, Cell, Column, Form, Link, Part, Table};
use super::row::{Show, address, at, linked, rows, text_at};
use super::visit::{Shown, Visit};
use crate::domain::access::Action as Doing;
use crate::http::kernel::Problem;
use serde_json::Value;

/// A list.
pub(super) struct ListPage {
    /// Its page's path.
    pub(super) path: &'static str,
    /// Its key in the catalogue, `page.{key}`.
    pub(super) key: &'static str,
    /// The API's operation.
    pub(super) operation: &'static str,
    /// Its columns; the first names its row.
    pub(super) columns: &'static [Col],
    /// What it can be narrowed down by, besides what links to it give along.
    pub(super) filters: &'static [Filter],
    /// What the board tells of its lights; none for lists without lights.
    pub(super) board: Option<Board>,
    /// What can be done above it: keys of acts.
    pub(super) acts: &'static [&'static str],
    /// Files of the same rows: path and key.
    pub(super) files: &'static [(&'static str, &'static str)],
}

/// Lights as of today, as the board tells them.
pub(super) struct Board {
    /// Parameters that it does not know: with one of them, rows are listed without lights.
    pub(super) beside: &'static [&'static str],
    /// States of rows that it does not know: where there are any, a link above tells so, in the words of
    /// `left_out.{key}.{state}`.
    pub(super) unknown: &'static [&'static str],
}

impl Board {
    /// Whether it can answer a query; who asks for a day has that day told.
    fn answers(&self, query: &[(&str, &str)]) -> bool {
        let is_beside = |name: &str| name == "as_of" || self.beside.contains(&name);
        !query.iter().any(|(name, _)| is_beside(name))
    }
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Col {
    /// Its key in the catalogue, `col.{key}`.
    pub(super) key: &'static str,
    /// Where its value stands in a row.
    pub(super) at: &'static str,
    /// How it is shown.
    pub(super) show: Show,
    /// Where it leads, filled in from the row; empty for nowhere.
    pub(super) to: &'static str,
    /// Whether only visitors who are bound to no unit are led there: others may not meet that row.
    pub(super) is_for_unbound: bool,
    /// The API's name for the order by it; empty where there is none.
    pub(super) sort: &'static str,
}

/// A column whose key and place are the same.
pub(super) const fn col(at: &'static str, show: Show) -> Col {
    Col {
        key: at,
        at,
        show,
        to: "",
        is_for_unbound: false,
        sort: "",
    }
}

impl Col {
    /// The same under another key.
    pub(super) const fn called(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    /// The same, leading somewhere.
    pub(super) const fn to(self, to: &'static str) -> Self {
        Self { to, ..self }
    }

    /// The same, leading somewhere, but nobody who is bound to a unit: that may be none of theirs.
    pub(super) const fn to_unbound(self, to: &'static str) -> Self {
        Self {
            is_for_unbound: true,
            ..self.to(to)
        }
    }

    /// Where it leads whoever looks at this row; `None` for nowhere.
    pub(super) fn leads(&self, visit: &Visit, row: &Value) -> Option<String> {
        let viewer = &visit.visitor.viewer;
        let is_met = !self.is_for_unbound || viewer.reaches_everyone(Doing::ReadTasks);
        (is_met && !self.to.is_empty())
            .then(|| address(self.to, row))
            .flatten()
    }

    /// The same, with an order by it.
    pub(super) const fn sorts(self, sort: &'static str) -> Self {
        Self { sort, ..self }
    }
}

/// What a list can be narrowed down by; the names are the API's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Filter {
    /// A text.
    Text(&'static str),
    /// A day.
    Day(&'static str),
    /// A code of one of the API's enumerations.
    Choice(&'static str, &'static str),
    /// Yes or no.
    Flag(&'static str),
}

impl Filter {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Day(name) | Self::Choice(name, _) | Self::Flag(name) => name,
        }
    }
}

/// Rows of a page.
const ROWS: &str = "50";

/// Answers with a list.
pub(super) async fn list_page(list: &'static ListPage, visit: Visit) -> Shown {
    let words = visit.words;
    let known: Vec<(&str, &str)> = visit
        .query
        .iter()
        .filter(|(name, value)| !value.is_empty() && visit.asking.knows(list.operation, name))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut query = known.clone();
    if !query.iter().any(|(name, _)| *name == "limit")
        && visit.asking.knows(list.operation, "limit")
    {
        query.push(("limit", ROWS));
    }
    let answer = answer_of(&visit, list, &visit.parts(), &query).await?;
    let title = words.say(&format!("page.{}", list.key));
    let mut parts = Vec::new();
    let mut acts = super::act::offered(&visit, list.acts, &Value::Null);
    let shown: Vec<(&str, &str)> = known
        .iter()
        .copied()
        .filter(|(name, _)| !matches!(*name, "cursor" | "limit" | "sort"))
        .collect();
    acts.extend(list.files.iter().map(|(path, key)| Action {
        link: Link::new(with_query(path, &shown), words.say(&format!("file.{key}"))),
        is_main: false,
    }));
    if !acts.is_empty() {
        parts.push(Part::Links(acts));
    }
    if !list.filters.is_empty() {
        parts.push(Part::Form(filter_form(&visit, list, &known)));
    }
    parts.extend(left_out(&visit, list, &known).await?);
    let mut table = table_of(&visit, list.key, list.columns, rows(&answer, "items"));
    order(&mut table, &visit, list, &known);
    let next = text_at(&answer, "next_cursor");
    if !next.is_empty() {
        let mut on: Vec<(&str, &str)> = known
            .iter()
            .copied()
            .filter(|(name, _)| *name != "cursor")
            .collect();
        on.push(("cursor", &next));
        table.more = Some(Link::new(
            with_query(&visit.path, &on),
            words.say("word.next_page"),
        ));
    }
    parts.push(Part::Table(table));
    visit.shown(&visit.page(title, Vec::new(), parts))
}

/// What stands in no list with lights: that there is some is told above, each with the way to it.
async fn left_out(
    visit: &Visit,
    list: &ListPage,
    known: &[(&str, &str)],
) -> Result<Option<Part>, Problem> {
    let is_further = known.iter().any(|(name, _)| *name == "cursor");
    let board = list.board.as_ref();
    let Some(board) = board.filter(|board| board.answers(known) && !is_further) else {
        return Ok(None);
    };
    let is_kept = |name: &str| matches!(name, "plan_id" | "unit_code");
    let kept = known.iter().copied().filter(|(name, _)| is_kept(name));
    let kept: Vec<(&str, &str)> = kept.collect();
    let mut links = Vec::new();
    for state in board.unknown {
        let query = [kept.as_slice(), &[("state", *state)]].concat();
        let one = [query.as_slice(), &[("limit", "1")]].concat();
        let answer = visit.read(list.operation, &[], &one).await?;
        if !rows(&answer, "items").is_empty() {
            let words = visit.words.say(&format!("left_out.{}.{state}", list.key));
            links.push(Action {
                link: Link::new(with_query(list.path, &query), words),
                is_main: false,
            });
        }
    }
    Ok((!links.is_empty()).then_some(Part::Links(links)))
}

/// What the API answers: with lights as of today where the list has them. The board knows only what was issued: where it knows
/// nothing of a plan, or nothing at all, what was not issued yet is listed without lights.
async fn answer_of(
    visit: &Visit,
    list: &ListPage,
    parts: &[(&str, &str)],
    query: &[(&str, &str)],
) -> Result<Value, Problem> {
    let board = list.board.as_ref();
    if !board.is_some_and(|board| board.answers(query)) {
        return visit.read(list.operation, parts, query).await;
    }
    let today = visit.now.today.to_string();
    let with_lights = [query, &[("as_of", today.as_str())]].concat();
    let answer = visit.read(list.operation, parts, &with_lights).await?;
    let is_of_all = |(name, _): &(&str, &str)| matches!(*name, "plan_id" | "limit");
    if !rows(&answer, "items").is_empty() || !query.iter().all(is_of_all) {
        return Ok(answer);
    }
    visit.read(list.operation, parts, query).await
}

/// Rows as a table, under the name of a page.
pub(super) fn table_of(visit: &Visit, key: &str, columns: &[Col], rows: &[Value]) -> Table {
    let words = visit.words;
    let mut table = Table {
        caption: words.say(&format!("page.{key}")),
        columns: columns
            .iter()
            .map(|column| Column {
                label: words.label(column.key),
                sort: None,
                is_number: matches!(column.show, Show::Number | Show::Percent),
            })
            .collect(),
        rows: rows.iter().map(|row| cells(visit, columns, row)).collect(),
        none: words.say("word.no_rows"),
        more: None,
    };
    table.drop_empty_columns();
    table
}

fn cells(visit: &Visit, columns: &[Col], row: &Value) -> Vec<Cell> {
    let cells = columns.iter().enumerate().map(|(position, column)| {
        let value = at(row, column.at);
        let href = column.leads(visit, row);
        match linked(visit.words, value, column.show, href.clone()) {
            // A row has a name that leads to it, whatever it lacks.
            Cell::Empty if position == 0 => match href {
                Some(href) => Cell::Link(Link::new(href, visit.words.say("word.open"))),
                None => Cell::Empty,
            },
            shown => shown,
        }
    });
    cells.collect()
}

/// A page's address with a query.
pub(super) fn with_query(path: &str, query: &[(&str, &str)]) -> String {
    if query.is_empty() {
        return path.to_owned();
    }
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(query);
    format!("{path}?{}", pairs.finish())
}

/// Puts the links to other orders into the headings.
fn order(table: &mut Table, visit: &Visit, list: &ListPage, known: &[(&str, &str)]) {
    let present = visit.asked("sort").unwrap_or_default();
    let rest: Vec<(&str, &str)> = known
        .iter()
        .copied()
        .filter(|(name, _)| !matches!(*name, "sort" | "cursor"))
        .collect();
    for column in list.columns.iter().filter(|column| !column.sort.is_empty()) {
        let label = visit.words.label(column.key);
        let Some(shown) = table.columns.iter_mut().find(|shown| shown.label == label) else {
            continue;
        };
        let (turned, state) = match present.strip_prefix('-') {
            Some(name) if name == column.sort => (column.sort.to_owned(), "descending"),
            _ if present == column.sort => (format!("-{}", column.sort), "ascending"),
            _ => (column.sort.to_owned(), "none"),
        };
        let mut query = rest.clone();
        query.push(("sort", &turned));
        shown.sort = Some((with_query(&visit.path, &query), state));
    }
}

fn filter_form(visit: &Visit, list: &ListPage, known: &[(&str, &str)]) -> Form {
    let words = visit.words;
    let fields = list.filters.iter().map(|filter| {
        let name = filter.name();
        let input = match filter {
            Filter::Text(_) => Input::Line,
            Filter::Day(_) => Input::Day,
            Filter::Choice(_, group) => Input::Choice(choices(visit, group, Some("word.any"))),
            Filter::Flag(_) => Input::Choice(vec![
                (String::new(), words.say("word.any")),
                ("true".to_owned(), words.say("word.yes")),
                ("false".to_owned(), words.say("word.no")),
            ]),
        };
        Field::new(name, words.label(name), input).holding(visit.asked(name).unwrap_or_default())
    });
    let is_shown = |name: &str| list.filters.iter().any(|filter| filter.name() == name);
    // What a link gave along is kept, and told, though there is no field for it.
    let hidden: Vec<(String, String)> = known
        .iter()
        .filter(|(name, _)| !is_shown(name) && *name != "cursor")
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let narrowed = hidden
        .iter()
        .any(|(name, _)| name != "sort" && name != "limit");
    Form {
        errors: Vec::new(),
        method: "get",
        address: visit.path.clone(),
        hint: match narrowed {
            true => words.say("word.narrowed"),
            false => String::new(),
        },
        hidden,
        fields: fields.collect(),
        button: words.say("word.filter"),
        other: None,
        back: Some(Link::new(visit.path.clone(), words.say("word.all"))),
        is_filter: true,
        is_used: !known.is_empty(),
    }
}

/// The codes of an enumeration with their words; before them none of them, called by the words of a key, where that may be.
pub(super) fn choices(visit: &Visit, group: &str, none: Option<&str>) -> Vec<(String, String)> {
    let none = none.map(|key| (String::new(), visit.words.say(key)));
    let codes = visit.kernel.codes(group).iter();
    let named = codes.map(|code| (code.clone(), visit.words.code(group, code)));
    none.into_iter().chain(named).collect()
}

/// Whether every row of a list narrowed down by this query has the same in a column: the page is about it.
fn is_told(column: &Col, query: &[(&str, &str)]) -> bool {
    let is_by = |name: &str| query.iter().any(|(by, _)| *by == name);
    match column.key {
        "plan_title" => ["plan_id", "task_id", "round_id", "cycle_id"]
            .iter()
            .any(|by| is_by(by)),
        "task_number" | "task_title" => is_by("task_id") || is_by("assignment_id"),
        "period" => is_by("round_id"),
        "unit_name" => is_by("unit_code"),
        _ => false,
    }
}

/// The first rows of a list, with a link to all of them: for pages of what they belong to.
pub(super) async fn first_rows(
    visit: &Visit,
    list: &'static ListPage,
    caption: String,
    query: &[(&str, &str)],
) -> Result<Table, Problem> {
    let mut asked = query.to_vec();
    asked.push(("limit", "10"));
    let answer = answer_of(visit, list, &[], &asked).await?;
    let columns: Vec<Col> = list
        .columns
        .iter()
        .enumerate()
        .filter(|(position, column)| *position == 0 || !is_told(column, query))
        .map(|(_, column)| *column)
        .collect();
    let mut table = table_of(visit, list.key, &columns, rows(&answer, "items"));
    table.caption = caption;
    if !text_at(&answer, "next_cursor").is_empty() {
        let href = with_query(list.path, query);
        table.more = Some(Link::new(href, visit.words.say("word.all_rows")));
    }
    Ok(table)
}
