//! Links of the document: what an answer tells of a row leads to the operations on that row. Derived from the table by its
//! paths, so that a new endpoint is linked without a word about it.

use super::endpoint::{Endpoint, Verb};
use super::reply::Shown;
use super::schemas::Schemas;
use utoipa::openapi::link::{Link, LinkBuilder};

/// Links from the answer of an endpoint with that status, by name. What was made, or stands first in a list, has its id in
/// the body; what was read keeps the id of its own path.
pub(super) fn links(
    endpoint: &Endpoint,
    status: u16,
    table: &[Endpoint],
    schemas: &mut Schemas,
) -> Vec<(String, Link)> {
    let Some(row) = row(endpoint, status, table, schemas) else {
        return Vec::new();
    };
    let known = |name: &str| match &row.told {
        Some((own, expression)) if own == name => Some(expression.clone()),
        Some(_) | None => {
            let is_own = endpoint.param_names().any(|own| own == name);
            is_own.then(|| format!("$request.path.{name}"))
        }
    };
    let link = |target: &Endpoint| {
        let rest = target.path.strip_prefix(&row.path)?;
        let is_of_row = rest.is_empty() || rest.starts_with('/');
        if !is_of_row || target.operation == endpoint.operation {
            return None;
        }
        let mut link = LinkBuilder::new().operation_id(target.operation);
        for name in target.param_names() {
            link = link.parameter(name, known(name)?);
        }
        if target.verb.needs_seen() {
            link = link.parameter("If-Match", seen(endpoint.verb));
        }
        Some((target.operation.to_owned(), link.build()))
    };
    table.iter().filter_map(link).collect()
}

/// What whoever got this answer has seen: its ETag; or what was just made, which has none and which nobody changed yet.
fn seen(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "$response.header.ETag",
        Verb::Post | Verb::Put | Verb::Patch | Verb::Delete => "*",
    }
}

/// The row that an answer tells of.
struct Row {
    /// Its path in the table: `/tasks/{id}`.
    path: String,
    /// The name in the path that the body tells, and where in the body it is.
    told: Option<(String, String)>,
}

fn row(endpoint: &Endpoint, status: u16, table: &[Endpoint], schemas: &mut Schemas) -> Option<Row> {
    let place = match (endpoint.verb, status) {
        (Verb::Get, 200) if endpoint.path.ends_with('}') => {
            let path = endpoint.path.to_owned();
            return Some(Row { path, told: None });
        }
        (Verb::Get, 200) => "items/0/",
        (Verb::Post, 201) => "",
        _ => return None,
    };
    let Shown::Json(schema) = (endpoint.shape.reply)(schemas) else {
        return None;
    };
    // `/obligations/{id}/reports` makes what is read at `/reports/{id}`.
    let (_, last) = endpoint.path.rsplit_once('/')?;
    let collections = [endpoint.path.to_owned(), format!("/{last}")];
    let (collection, name) = collections
        .into_iter()
        .find_map(|path| name_below(&path, table).map(|name| (path, name)))?;
    let pointer = [name, "id"]
        .map(|field| format!("{place}{field}"))
        .into_iter()
        .find(|pointer| schemas.has(&schema, pointer.split('/')))?;
    let expression = format!("$response.body#/{pointer}");
    Some(Row {
        path: format!("{collection}/{{{name}}}"),
        told: Some((name.to_owned(), expression)),
    })
}

/// The name that stands for a row directly below a path.
fn name_below(path: &str, table: &[Endpoint]) -> Option<&'static str> {
    table.iter().find_map(|endpoint| {
        let below = endpoint.path.strip_prefix(path)?.strip_prefix("/{")?;
        Some(below.split_once('}')?.0)
    })
}
