//! Fields of bodies one by one: values that cannot be right, and fields that nobody asked for.

use super::Sweep;
use crate::support::operations::{Body, Document, Operation, kind};
use crate::support::service::BOUNDARY;
use serde_json::{Value, json};

/// A field with a value of its own.
struct Leaf {
    /// As in RFC 6901.
    pointer: String,
    /// As in `errors`.
    path: String,
    schema: Value,
}

/// The leaves of a body: those of its example, and those that its schema knows besides.
fn leaves(
    document: &Document,
    schema: &Value,
    example: &Value,
    at: (&str, &str),
    found: &mut Vec<Leaf>,
) {
    let schema = document.resolved(schema);
    let (pointer, path) = at;
    match kind(&schema) {
        "object" => {
            for (name, of) in schema["properties"].as_object().into_iter().flatten() {
                let inner = format!("{pointer}/{name}");
                let named = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                leaves(document, of, &example[name], (&inner, &named), found);
            }
        }
        "array" => {
            if let Some(first) = example.get(0) {
                let (inner, named) = (format!("{pointer}/0"), format!("{path}[0]"));
                leaves(document, &schema["items"], first, (&inner, &named), found);
            }
        }
        "" => {}
        _ => found.push(Leaf {
            pointer: pointer.to_owned(),
            path: path.to_owned(),
            schema,
        }),
    }
}

/// The example with another value at a leaf; `None` where the object around it is not in the example.
fn changed(example: &Value, pointer: &str, value: Value) -> Option<Value> {
    let mut changed = example.clone();
    let (parent, name) = pointer.rsplit_once('/')?;
    match changed.pointer_mut(parent)? {
        Value::Object(object) => {
            object.insert(name.to_owned(), value);
        }
        Value::Array(items) => *items.get_mut(name.parse::<usize>().ok()?)? = value,
        _ => return None,
    }
    Some(changed)
}

/// Values that a field of that schema cannot have.
fn wrong(schema: &Value) -> Vec<Value> {
    let hidden = [
        "a\u{0}b",
        "a\u{202e}b",
        "a\u{2066}b",
        "\u{0}",
        "a\u{7f}b",
        "a\u{1b}[0m",
    ];
    let mut values = match kind(schema) {
        "string" => {
            let mut values: Vec<Value> = hidden.iter().map(|text| json!(text)).collect();
            values.extend([json!(7), json!(true), json!("a".repeat(1_000_000))]);
            values
        }
        "integer" => vec![
            json!(-1),
            json!(i64::MIN),
            json!(9_223_372_036_854_775_808_u64),
            json!(u64::MAX),
            json!(1.5),
            json!("1"),
            json!("' OR 1=1--"),
        ],
        "number" => vec![json!("1"), json!("NaN"), json!(true)],
        "boolean" => vec![json!(1), json!("true"), json!("' OR 1=1--")],
        _ => Vec::new(),
    };
    values.extend([json!({ "a": 1 }), json!([{ "a": 1 }])]);
    let days = [
        "0000-00-00",
        "9999-12-31",
        "2026-02-30",
        "+12026-01-01",
        "31",
        "",
        "2026-1-1",
    ];
    match schema["format"].as_str() {
        Some("date") => values.extend(days.map(|day| json!(day))),
        Some("uuid") => values.extend(["1", "", "' OR 1=1--"].map(|id| json!(id))),
        _ if schema["enum"].is_array() => {
            values.extend(["", "' OR 1=1--", "%"].map(|code| json!(code)))
        }
        _ => {}
    }
    values
}

/// No field takes what it cannot be; the answer names it.
pub async fn wrong_values(sweep: &Sweep<'_>) {
    let mut tried = 0;
    for (operation, body) in with_bodies(sweep, false) {
        let mut all = Vec::new();
        leaves(
            &sweep.document,
            &body.schema,
            &body.example,
            ("", ""),
            &mut all,
        );
        for leaf in &all {
            for value in wrong(&leaf.schema) {
                let Some(bad) = changed(&body.example, &leaf.pointer, value) else {
                    continue;
                };
                let bad = bad.to_string();
                let request = sweep.real(operation.request().body(bad.as_str()));
                let response = sweep.asked(&request);
                let shown: String = bad.chars().take(200).collect();
                let what = format!("{} {} {shown}", operation.id, leaf.path);
                sweep.refused(&what, &response, 422, &[]);
                if response.status == 422 {
                    let path = response.json()["errors"][0]["path"].clone();
                    let path = path.as_str().unwrap_or_default();
                    let is_near = leaf.path.starts_with(path) || path.starts_with(&leaf.path);
                    sweep.hold(!path.is_empty() && is_near, || {
                        format!("{what}: the answer names {path:?}")
                    });
                }
                tried += 1;
            }
        }
    }
    sweep.hold(tried > 0, || "no field of any body was tried".to_owned());
}

/// Half a character, and bytes that are no UTF-8, make the whole body unreadable.
pub async fn broken_texts(sweep: &Sweep<'_>) {
    let breakers: [(&str, &[u8]); 4] = [
        ("lone surrogate", br"\ud800"),
        ("overlong", b"\xc0\xaf"),
        ("cut short", b"\xe7\x9d"),
        ("UTF-16", b"\xff\xfe"),
    ];
    for (operation, body) in with_bodies(sweep, false) {
        let mut all = Vec::new();
        leaves(
            &sweep.document,
            &body.schema,
            &body.example,
            ("", ""),
            &mut all,
        );
        for leaf in all.iter().filter(|leaf| kind(&leaf.schema) == "string") {
            for (name, bytes) in breakers {
                let Some(bad) = changed(&body.example, &leaf.pointer, json!("BREAK")) else {
                    continue;
                };
                let text = bad.to_string();
                let Some((before, after)) = text.split_once("BREAK") else {
                    continue;
                };
                let bad = [before.as_bytes(), bytes, after.as_bytes()].concat();
                let response = sweep.asked(&operation.request().body(bad));
                let what = format!("{} {}: {name}", operation.id, leaf.path);
                sweep.refused(what, &response, 400, &["invalid_json"]);
            }
        }
    }
}

/// A field that nobody asked for is refused by name, at any depth; so nobody makes themselves an administrator.
pub async fn unknown_fields(sweep: &Sweep<'_>) {
    let names = [
        "role",
        "roles",
        "unit_id",
        "created_by",
        "status",
        "state",
        "id",
        "is_admin",
        "__proto__",
    ];
    for (operation, body) in with_bodies(sweep, false) {
        for pointer in objects(&body.example, "") {
            let inside = body.example.pointer(&pointer);
            let known = known_at(&sweep.document, &body.schema, &pointer);
            for name in names {
                let is_new = inside.is_some_and(|object| object.get(name).is_none());
                if !is_new || known.contains(&name.to_owned()) {
                    continue;
                }
                let at = format!("{pointer}/{name}");
                let Some(bad) = changed(&body.example, &at, json!("admin")) else {
                    continue;
                };
                let bad = bad.to_string();
                let response = sweep.asked(&sweep.real(operation.request().body(bad.as_str())));
                let what = format!("{} with {name} in {pointer:?}", operation.id);
                sweep.refused(&what, &response, 422, &["unknown_field"]);
                if response.status == 422 {
                    let told = response.json()["errors"][0]["path"].to_string();
                    sweep.hold(told.contains(name), || {
                        format!("{what}: the answer names {told}")
                    });
                }
            }
        }
    }
    for (operation, body) in with_bodies(sweep, true) {
        for name in names {
            if body.schema["properties"].get(name).is_some() {
                continue;
            }
            let mut texts = body.texts();
            texts.push((name.to_owned(), "admin".to_owned()));
            let response = sweep.asked(&body.form(operation.request(), &texts, b"x"));
            let what = format!("{} with {name}", operation.id);
            sweep.refused(what, &response, 422, &["unknown_field"]);
        }
    }
}

/// Fields and files of a form that cannot be right.
pub async fn wrong_forms(sweep: &Sweep<'_>) {
    for (operation, body) in with_bodies(sweep, true) {
        for (name, schema) in body.schema["properties"].as_object().into_iter().flatten() {
            let schema = sweep.document.resolved(schema);
            if schema.get("contentMediaType").is_some() || kind(&schema) == "array" {
                continue;
            }
            let mut bad: Vec<String> = wrong(&schema)
                .iter()
                .filter_map(|value| {
                    value
                        .as_str()
                        .filter(|text| text.len() < 1000)
                        .map(str::to_owned)
                })
                .filter(|text| !text.is_empty() && (kind(&schema) != "integer" || text != "1"))
                .filter(|text| kind(&schema) != "boolean" || text != "true")
                .filter(|text| kind(&schema) != "number" || text != "1")
                .collect();
            if kind(&schema) == "integer" {
                bad.extend(["-1", "+1", "1e9", "9223372036854775808", "１"].map(str::to_owned));
            }
            for text in bad {
                let mut texts = body.texts();
                texts.retain(|(known, _)| known != name);
                texts.push((name.clone(), text.clone()));
                let response = sweep.asked(&body.form(operation.request(), &texts, b"x"));
                sweep.refused(
                    format!("{} {name}={text:?}", operation.id),
                    &response,
                    422,
                    &[],
                );
            }
        }
        forms_of_wrong_parts(sweep, operation, body);
    }
}

fn forms_of_wrong_parts(sweep: &Sweep<'_>, operation: &Operation, body: &Body) {
    let Some(file) = body.files().into_iter().next() else {
        return;
    };
    let part = |name: &str, file: &str| {
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\nx\r\n"
        )
    };
    let end = format!("--{BOUNDARY}--\r\n");
    let good = part(&file, "a.txt");
    let tries = [
        ("no part", end.clone(), 422, &["invalid_field"][..]),
        (
            "a file twice",
            format!("{good}{good}{end}"),
            422,
            &["invalid_field"],
        ),
        (
            "a file of another name",
            format!("{good}{}{end}", part("other", "a")),
            422,
            &["unknown_field"],
        ),
        (
            "a part without a name",
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n{end}"),
            400,
            &["invalid_multipart"],
        ),
        (
            "no end",
            good.clone(),
            400,
            &["invalid_multipart", "body_incomplete"],
        ),
        (
            "nothing",
            String::new(),
            400,
            &["invalid_multipart", "body_incomplete", "body_required"],
        ),
        (
            "a hundred parts",
            format!("{}{end}", part(&file, "a").repeat(100)),
            413,
            &["body_too_large"],
        ),
    ];
    for (name, bytes, status, codes) in tries {
        let response = sweep.asked(&operation.request().body(bytes));
        sweep.refused(
            format!("{}: {name}", operation.id),
            &response,
            status,
            codes,
        );
    }
}

fn with_bodies<'a>(
    sweep: &'a Sweep<'_>,
    form: bool,
) -> impl Iterator<Item = (&'a Operation, &'a Body)> {
    let all = sweep
        .closed()
        .filter_map(|one| Some((one, one.body.as_ref()?)));
    all.filter(move |(_, body)| body.is_form == form)
}

/// The places of objects in a body.
fn objects(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Object(object) => {
            let inner = object
                .iter()
                .flat_map(|(name, value)| objects(value, &format!("{at}/{name}")));
            std::iter::once(at.to_owned()).chain(inner).collect()
        }
        Value::Array(items) => items
            .first()
            .map(|first| objects(first, &format!("{at}/0")))
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The names that the schema knows at a place.
fn known_at(document: &Document, schema: &Value, pointer: &str) -> Vec<String> {
    let mut schema = document.resolved(schema);
    for step in pointer.split('/').skip(1) {
        let inner = match kind(&schema) {
            "array" => &schema["items"],
            _ => &schema["properties"][step],
        };
        schema = document.resolved(inner);
    }
    let known = schema["properties"].as_object().into_iter().flatten();
    known.map(|(name, _)| name.clone()).collect()
}
