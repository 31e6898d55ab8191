//! A row of the API as a page: what is known of it, what belongs to it, what can be done. The table of them is `details`.

use super::act::offered;
use super::list_page::{Col, ListPage, first_rows, table_of};
use super::pages::lists;
use super::part::{Action, Fact, Link, Part};
use super::row::{Show, address, at, linked, plain, rows, text_at};
use super::visit::{Shown, Visit};
use crate::http::kernel::Problem;
use actix_web::http::StatusCode;
use serde_json::Value;

/// Seconds after which what comes in is looked at again.
const LIVE_SECONDS: u32 = 30;

/// A page about one row.
pub(super) struct DetailPage {
    /// Its path, such as `/notices/{id}`.
    pub(super) path: &'static str,
    /// The key of the list that it belongs to, `page.{key}`, and that list's path.
    pub(super) of: (&'static str, &'static str),
    /// The API's operation.
    pub(super) operation: &'static str,
    /// Where the row's name stands; several, one after the other.
    pub(super) title: &'static [&'static str],
    /// What is told of it first.
    pub(super) facts: &'static [Col],
    /// Rows inside it: the key of their heading `part.{key}`, where they stand, their columns.
    pub(super) tables: &'static [(&'static str, &'static str, &'static [Col])],
    /// Lists of what belongs to it: the heading's key, the list's path, its query filled in from the row.
    pub(super) lists: &'static [Inside],
    /// Files: address filled in from the row, and the key `file.{key}`.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// What can be done: keys of acts.
    pub(super) acts: &'static [&'static str],
}

/// A list of what belongs to a row: its heading's key, the list's path, its query filled in from the row.
pub(super) type Inside = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// Answers with a row.
pub(super) async fn detail_page(detail: &'static DetailPage, visit: Visit) -> Shown {
    let row = visit.read(detail.operation, &visit.parts(), &[]).await?;
    let parts = detail_parts(detail, &visit, &row).await?;
    let title = title_of(detail, &visit, &row);
    let trail = vec![Link::new(
        detail.of.1,
        visit.words.say(&format!("page.{}", detail.of.0)),
    )];
    visit.shown(&visit.page(title, trail, parts))
}

/// The row's name, or that of its list.
pub(super) fn title_of(detail: &DetailPage, visit: &Visit, row: &Value) -> String {
    let named = detail.title.iter().map(|path| {
        let fact = detail.facts.iter().find(|fact| fact.at == *path);
        let show = fact.map_or(Show::Text, |fact| fact.show);
        plain(visit.words, at(row, path), show)
    });
    let title = named.filter(|text| !text.is_empty()).collect::<Vec<_>>();
    match title.is_empty() {
        true => visit.words.say(&format!("page.{}", detail.of.0)),
        false => title.join(" "),
    }
}

/// Whether the visitor meets what is inside a row, too: its lists and files, which may be hidden from whoever meets the row
/// itself. They are hidden together, so its first list tells.
async fn is_open(detail: &DetailPage, visit: &Visit) -> Result<bool, Problem> {
    let mut inside = detail.files.iter();
    let list = inside.find_map(|(path, _)| lists().find(|list| list.path == *path));
    let Some(list) = list else {
        return Ok(true);
    };
    let read = visit
        .read(list.operation, &visit.parts(), &[("limit", "1")])
        .await;
    match read {
        Ok(_) => Ok(true),
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// The parts of such a page.
pub(super) async fn detail_parts(
    detail: &'static DetailPage,
    visit: &Visit,
    row: &Value,
) -> Result<Vec<Part>, Problem> {
    let words = visit.words;
    let is_open = is_open(detail, visit).await?;
    let facts: Vec<Col> = detail
        .facts
        .iter()
        .map(|fact| match is_open || !fact.to.starts_with(detail.path) {
            true => *fact,
            false => fact.to(""),
        })
        .collect();
    let mut parts = vec![Part::Facts(facts_of(visit, &facts, row))];
    let mut actions = offered(visit, detail.acts, row);
    let files = detail.files.iter().filter(|_| is_open);
    let files = files.filter_map(|(to, key)| {
        Some(Action {
            link: Link::new(address(to, row)?, words.say(&format!("file.{key}"))),
            is_main: false,
        })
    });
    actions.extend(files);
    if !actions.is_empty() {
        parts.push(Part::Links(actions));
    }
    for (key, place, columns) in detail.tables {
        let inner = rows(row, place);
        if inner.is_empty() {
            continue;
        }
        let mut table = table_of(visit, key, columns, inner);
        table.caption = words.say(&format!("part.{key}"));
        parts.push(Part::Heading(table.caption.clone()));
        parts.push(Part::Table(table));
    }
    for (key, path, query) in detail.lists {
        let Some(list) = lists().find(|list| list.path == *path) else {
            continue;
        };
        if let Some((heading, table)) = related(visit, list, key, query, row).await? {
            parts.push(Part::Heading(heading));
            // Answers come in while a round is open.
            parts.push(match (*key, text_at(row, "state").as_str()) {
                ("round_obligations", "open") => Part::Live {
                    id: (*key).to_owned(),
                    href: visit.path.clone(),
                    every: LIVE_SECONDS,
                    table,
                },
                _ => Part::Table(table),
            });
        }
    }
    Ok(parts)
}

/// A list of what belongs to a row; none where the visitor may not read it, or the row lacks what names it.
async fn related(
    visit: &Visit,
    list: &'static ListPage,
    key: &str,
    query: &[(&str, &str)],
    row: &Value,
) -> Result<Option<(String, super::part::Table)>, Problem> {
    if !visit.asking.may(list.operation) {
        return Ok(None);
    }
    let filled: Vec<(&str, String)> = query
        .iter()
        .map(|(name, place)| {
            // A place is a path into the row; `=…` is the value itself.
            let value = place.strip_prefix('=').map(str::to_owned);
            (*name, value.unwrap_or_else(|| text_at(row, place)))
        })
        .collect();
    if filled.iter().any(|(_, value)| value.is_empty()) {
        return Ok(None);
    }
    let query: Vec<(&str, &str)> = filled
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let heading = visit.words.say(&format!("part.{key}"));
    let table = first_rows(visit, list, heading.clone(), &query).await?;
    Ok(Some((heading, table)))
}

/// What is told of a row; what it lacks is left out.
pub(super) fn facts_of(visit: &Visit, facts: &[Col], row: &Value) -> Vec<Fact> {
    let shown = facts.iter().filter_map(|fact| {
        let value = at(row, fact.at);
        let is_empty = match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(all) => all.is_empty(),
            Value::Bool(yes) => !yes && fact.show == Show::YesNo,
            Value::Number(_) | Value::Object(_) => false,
        };
        if is_empty {
            return None;
        }
        let href = fact.leads(visit, row);
        Some(Fact {
            label: visit.words.label(fact.key),
            value: linked(visit.words, value, fact.show, href),
        })
    });
    shown.collect()
}
