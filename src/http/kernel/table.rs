//! The table of endpoints by path, and what can be wrong with such a table.

use super::body::RawBody;
use super::document::document;
use super::endpoint::{Endpoint, Verb};
use super::meters::Meters;
use super::query::Pairs;
use super::raw_body::BodyKind;
use super::reply::Shown;
use super::schemas::Schemas;
use super::upload::RawForm;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A path and its endpoints.
pub(super) struct Place {
    /// Below `/api/v1`.
    pub path: &'static str,
    /// By method.
    pub endpoints: BTreeMap<Verb, Way>,
    /// The Allow header.
    pub allow: String,
}

/// An endpoint and its meters.
pub(super) struct Way {
    pub endpoint: Endpoint,
    pub meters: Meters,
}

/// The endpoints by path, fixed paths before those with names in braces, so that `/tasks/overdue` is not taken for an id.
pub(super) fn places(endpoints: Vec<Endpoint>) -> Vec<Arc<Place>> {
    let mut by_path: BTreeMap<(usize, &'static str), BTreeMap<Verb, Way>> = BTreeMap::new();
    for endpoint in endpoints {
        let names = endpoint.param_names().count();
        let meters = Meters::new(endpoint.operation);
        let ways = by_path.entry((names, endpoint.path)).or_default();
        ways.insert(endpoint.verb, Way { endpoint, meters });
    }
    let place = |((_, path), endpoints): ((usize, &'static str), BTreeMap<Verb, Way>)| {
        let mut allow: Vec<&str> = endpoints.keys().map(|verb| verb.as_str()).collect();
        if endpoints.contains_key(&Verb::Get) {
            allow.insert(1, "HEAD");
        }
        allow.push("OPTIONS");
        Arc::new(Place {
            path,
            endpoints,
            allow: allow.join(", "),
        })
    };
    by_path.into_iter().map(place).collect()
}

/// Everything wrong with a table: a test asserts that there is nothing. Operations and paths must be unique, each endpoint
/// must have its words and examples, the examples must be readable by the handler's own types, bodies must refuse unknown
/// fields, and no two types may share a name in the document.
pub fn faults(endpoints: &[Endpoint]) -> Vec<String> {
    let mut faults = Vec::new();
    let (mut operations, mut ways) = (BTreeSet::new(), BTreeSet::new());
    let mut schemas = Schemas::default();
    for endpoint in endpoints {
        let own = faults_of(endpoint, &mut schemas);
        faults.extend(
            own.into_iter()
                .map(|fault| format!("{}: {fault}", endpoint.operation)),
        );
        if !operations.insert(endpoint.operation) {
            faults.push(format!("{}: the operation id is taken", endpoint.operation));
        }
        if !ways.insert((endpoint.verb, endpoint.path)) {
            faults.push(format!("{}: method and path are taken", endpoint.operation));
        }
    }
    let clash = |name: &String| format!("{name}: two types have this name in the document");
    faults.extend(schemas.clashes().map(clash));
    faults
}

fn faults_of(endpoint: &Endpoint, schemas: &mut Schemas) -> Vec<String> {
    let mut faults = Vec::new();
    let mut hold = |holds: bool, fault: &str| {
        if !holds {
            faults.push(fault.to_owned());
        }
    };
    let is_snake = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    hold(
        is_snake(endpoint.operation),
        "the operation id is not in snake_case",
    );
    hold(
        endpoint.path.starts_with('/') && !endpoint.path.ends_with('/'),
        "the path must begin, and not end, with /",
    );
    hold(
        !endpoint.summary.is_empty() && !endpoint.english.is_empty(),
        "a summary is missing",
    );
    hold(endpoint.tag.name != "other", "the tag is missing");
    hold(
        (endpoint.shape.is_closed)(),
        "the body lets unknown fields pass: add deny_unknown_fields",
    );
    hold(
        endpoint.action.writes() != (endpoint.verb == Verb::Get),
        "a GET must read and all others must write",
    );
    hold(
        (endpoint.body_kind == BodyKind::Form) != endpoint.files.is_empty(),
        "uploads name their files, and only they",
    );
    let needs_body = endpoint.body_kind == BodyKind::Json;
    hold(
        !needs_body || endpoint.examples.body.is_some(),
        "an example of the body is missing",
    );
    for name in endpoint.param_names() {
        let known = endpoint
            .examples
            .params
            .iter()
            .any(|(known, _)| *known == name);
        hold(known, "an example of a part of the path is missing");
    }
    (endpoint.shape.query)(schemas);
    (endpoint.shape.body)(schemas, &endpoint.files);
    match (endpoint.shape.reply)(schemas) {
        Shown::File => hold(endpoint.verb == Verb::Get, "only a GET can answer a file"),
        Shown::Nothing | Shown::Json(_) => {}
    }
    faults.extend(unreadable_examples(endpoint));
    faults
}

fn unreadable_examples(endpoint: &Endpoint) -> Vec<String> {
    let query = Pairs::parse(endpoint.examples.query)
        .and_then(|pairs| (endpoint.shape.read_query)(&pairs, endpoint.operation));
    let body = match (endpoint.body_kind, &endpoint.examples.body) {
        (BodyKind::Json, Some(body)) => Some(RawBody::Json(body.to_string().into())),
        (BodyKind::Form, body) => Some(RawBody::Form(RawForm {
            texts: form_texts(body.as_ref()),
            files: Vec::new(),
        })),
        (BodyKind::Json, None) | (BodyKind::Nothing, _) => None,
    };
    let body = body.map_or(Ok(()), |body| (endpoint.shape.read_body)(&body));
    let tell = |what: &str, read: Result<(), super::problem::Problem>| {
        let problem = read.err()?;
        Some(format!("the example of the {what} is refused: {problem:?}"))
    };
    tell("query", query)
        .into_iter()
        .chain(tell("body", body))
        .collect()
}

fn form_texts(body: Option<&Value>) -> Vec<(String, String)> {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let fields = body.and_then(Value::as_object).into_iter().flatten();
    fields
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// The document as text, for the command line: pretty, the same for the same table.
///
/// # Errors
/// It cannot be written as JSON.
pub fn openapi_json(endpoints: &[Endpoint]) -> Result<String, serde_json::Error> {
    // Extensions come in no order.
    let mut value = serde_json::to_value(document(endpoints))?;
    value.sort_all_objects();
    serde_json::to_string_pretty(&value)
}
