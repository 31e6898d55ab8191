//! Query strings and ids in paths that cannot be right, or that are meant for a database.

use super::Sweep;
use crate::support::operations::{Operation, Parameter, Request, kind};
use serde_json::Value;

/// What is tried in every parameter, as it stands in the address.
const TRIED: [&str; 24] = [
    "%27%20OR%201%3D1--",
    "%25",
    "%25%25",
    "_",
    "__",
    "%5C",
    "%22%3B%20DROP%20TABLE%20task%3B--",
    "%24%7Bjndi%3Aldap%3A%2F%2Fx%7D",
    "1000000000",
    "-1",
    "9223372036854775808",
    "99999999999999999999999999",
    "1e9",
    "NaN",
    "0000-00-00",
    "9999-12-31",
    "2026-02-30",
    "%2B12026-01-01",
    "31",
    "",
    "%E2%80%AE",
    "null",
    "true%20",
    "0198c1f2-7a10-7000-8000-00000000000",
];

/// A parameter takes what fits its type; a text is taken literally, and finds nothing here.
pub async fn wrong_values(sweep: &Sweep<'_>) {
    let mut tried = 0;
    for operation in sweep.closed() {
        for parameter in &operation.query {
            for text in TRIED {
                let response = sweep.asked(&with(sweep, operation, parameter, text));
                let what = format!("{} ?{}={text}", operation.id, parameter.name);
                match fits(parameter, text) {
                    Fit::Never => {
                        sweep.refused(what, &response, 422, &["invalid_parameter", "bad_cursor"])
                    }
                    Fit::Perhaps => {
                        sweep.hold(matches!(response.status, 200 | 404 | 422), || {
                            format!("{what}: {}", response.status)
                        });
                        finds_nothing(sweep, &what, text, &response.body);
                    }
                }
                tried += 1;
            }
            let twice =
                with(sweep, operation, parameter, "1").query(&format!("{}=1", parameter.name));
            let response = sweep.asked(&twice);
            sweep.refused(
                format!("{} ?{} twice", operation.id, parameter.name),
                &response,
                422,
                &["invalid_parameter"],
            );
            for broken in ["%00", "%", "%f", "%zz", "%ff", "%c0%af", "%ed%a0%80"] {
                let response = sweep.asked(&with(sweep, operation, parameter, broken));
                sweep.refused(
                    format!("{} ?{}={broken}", operation.id, parameter.name),
                    &response,
                    400,
                    &["invalid_encoding"],
                );
            }
        }
    }
    sweep.hold(tried > 0, || "no parameter was tried".to_owned());
}

/// A list has pages of at most 200 rows, and orders that it names.
pub async fn pages_and_orders(sweep: &Sweep<'_>) {
    let lists: Vec<&Operation> = sweep
        .closed()
        .filter(|one| one.query.iter().any(|parameter| parameter.name == "limit"))
        .collect();
    sweep.hold(!lists.is_empty(), || {
        "the document names no list".to_owned()
    });
    for operation in lists {
        for limit in [
            "0",
            "201",
            "1000000000",
            "-1",
            "+5",
            "05x",
            "5.0",
            "9223372036854775808",
            "",
        ] {
            let response = sweep.asked(
                &sweep
                    .real(operation.request())
                    .query(&format!("limit={}", limit.replace('+', "%2B"))),
            );
            sweep.refused(
                format!("{} ?limit={limit}", operation.id),
                &response,
                422,
                &["invalid_parameter"],
            );
        }
        for page in [
            "offset=1000000000",
            "page=2",
            "page_size=1000000000",
            "per_page=1",
            "staet=open",
        ] {
            let response = sweep.asked(&sweep.real(operation.request()).query(page));
            sweep.refused(
                format!("{} ?{page}", operation.id),
                &response,
                422,
                &["unknown_parameter"],
            );
        }
        for cursor in [
            "x",
            "AA",
            "%27%20OR%201%3D1--",
            "eyJpZCI6MX0",
            &"A".repeat(3_000),
        ] {
            let response = sweep.asked(
                &sweep
                    .real(operation.request())
                    .query(&format!("cursor={cursor}")),
            );
            let shown: String = cursor.chars().take(20).collect();
            sweep.refused(
                format!("{} ?cursor={shown}", operation.id),
                &response,
                422,
                &["bad_cursor", "invalid_parameter"],
            );
        }
        if !operation
            .query
            .iter()
            .any(|parameter| parameter.name == "sort")
        {
            continue;
        }
        for sort in [
            "%27%20OR%201%3D1--",
            "id%3B%20DROP%20TABLE%20task",
            "--id",
            "-",
            "",
            "password",
            "hash",
            "id%20desc",
            "1",
            "id%2Cname",
        ] {
            let response = sweep.asked(
                &sweep
                    .real(operation.request())
                    .query(&format!("sort={sort}")),
            );
            sweep.refused(
                format!("{} ?sort={sort}", operation.id),
                &response,
                422,
                &["invalid_parameter"],
            );
        }
    }
}

/// A parameter that an operation does not know is refused.
pub async fn unknown_parameters(sweep: &Sweep<'_>) {
    for operation in sweep.closed() {
        for name in ["nothing", "Limit", "limit%5B%5D", "debug", "_method"] {
            let response =
                sweep.asked(&sweep.real(operation.request()).query(&format!("{name}=1")));
            sweep.refused(
                format!("{} ?{name}", operation.id),
                &response,
                422,
                &["unknown_parameter"],
            );
        }
    }
}

/// What is no id is no row: reading, changing and removing alike.
pub async fn malformed_ids(sweep: &Sweep<'_>) {
    let bad = [
        "1",
        "0",
        "-1",
        "null",
        "0198c1f27a10700080000000000000a1",
        "%7B0198c1f2-7a10-7000-8000-000000000001%7D",
        "0198c1f2-7a10-7000-8000-00000000000g",
        "0198c1f2-7a10-7000-8000-000000000001;a=b",
        "0198c1f2-7a10-7000-8000-000000000001%00",
        "%00",
        "%ff",
        "..",
        "..%2f..%2fetc%2fpasswd",
        "%27%20OR%201%3D1--",
        "%E2%80%AE",
        "0000-00-00",
        "1000000000",
        "99999999999999999999",
        "x".repeat(2_000).as_str(),
    ]
    .map(str::to_owned);
    for operation in sweep.closed() {
        for (name, _) in &operation.params {
            for id in &bad {
                let mut request = sweep.real(operation.request());
                request.path = path_with(sweep, operation, name, id);
                let response = sweep.asked(&request);
                let shown: String = id.chars().take(60).collect();
                let what = format!("{} {name}={shown}", operation.id);
                // `..` is another path, which may be known under other methods.
                let is_other = id == ".." && response.status == 405;
                if !is_other {
                    sweep.refused(what, &response, 404, &["not_found"]);
                }
            }
        }
    }
}

/// The path with `id` in place of one of its names, real ids in the others, and its required parameters.
fn path_with(sweep: &Sweep<'_>, operation: &Operation, name: &str, id: &str) -> String {
    let mut other = operation.clone();
    for (known, example) in &mut other.params {
        if known == name {
            *example = id.to_owned();
        }
    }
    sweep.real(other.request()).path
}

/// A request whose parameter has that text; the others that are needed have their examples.
fn with(sweep: &Sweep<'_>, operation: &Operation, parameter: &Parameter, text: &str) -> Request {
    let mut other = operation.clone();
    other.query.retain(|one| one.name != parameter.name);
    sweep
        .real(other.request())
        .query(&format!("{}={text}", parameter.name))
}

enum Fit {
    /// 422 whatever the data.
    Never,
    /// A text, or a number that may be one.
    Perhaps,
}

fn fits(parameter: &Parameter, text: &str) -> Fit {
    let schema = match kind(&parameter.schema) {
        "array" => &parameter.schema["items"],
        _ => &parameter.schema,
    };
    let is_closed = schema["enum"].is_array()
        || schema.get("$ref").is_some()
        || matches!(
            schema["format"].as_str(),
            Some("date" | "uuid" | "date-time")
        )
        || kind(schema) == "boolean"
        || parameter.name == "cursor";
    let may_be_number = matches!(text, "31" | "1000000000" | "-1");
    match kind(schema) {
        _ if is_closed => Fit::Never,
        "integer" | "number" if !may_be_number || text == "-1" => Fit::Never,
        _ => Fit::Perhaps,
    }
}

/// A text made for a database finds no row. One sign alone may stand in a plan.
fn finds_nothing(sweep: &Sweep<'_>, what: &str, text: &str, body: &[u8]) {
    let is_made_for_sql =
        text.contains("%27") || text.contains("%22") || matches!(text, "%25%25" | "__" | "%5C");
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(items) = told["items"].as_array() {
        sweep.hold(!is_made_for_sql || items.is_empty(), || {
            format!("{what} finds {} rows", items.len())
        });
    }
}
