//! The OpenAPI document is complete and true: the table has no fault, every example works and is answered as promised, and
//! there is no other way in.

use crate::support::Town;
use crate::support::appraised::QUALITY;
use crate::support::example_rows::Samples;
use crate::support::filled_sheet::FilledSheet;
use crate::support::operations::{Document, Operation, Request};
use crate::support::service::{Response, Service};
use crate::support::town::{PLAN, UNITS};
use duban::domain::user_role::UserRole;
use duban::http::api::endpoints;
use duban::http::kernel::faults;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

on_both!(every_example_works_and_is_answered_as_the_document_says);

#[test]
fn the_table_of_endpoints_has_no_fault() {
    assert_eq!(faults(&endpoints()), Vec::<String>::new());
}

/// Links name operations that there are, give them all that stands in their path, and reach every row.
#[test]
fn every_row_is_linked_to() {
    let document = serde_json::to_value(duban::http::kernel::document(&endpoints()))
        .expect("a document is JSON");
    let operations = Document(document.clone()).operations();
    let mut linked = BTreeSet::new();
    let responses = document["paths"].as_object().into_iter().flatten();
    let responses = responses.flat_map(|(_, item)| item.as_object().into_iter().flatten());
    let responses =
        responses.flat_map(|(_, one)| one["responses"].as_object().into_iter().flatten());
    for (_, response) in responses {
        for (_, link) in response["links"].as_object().into_iter().flatten() {
            let to = link["operationId"].as_str().unwrap_or_default();
            let operation = operations.iter().find(|one| one.id == to).expect(to);
            for (name, _) in &operation.params {
                assert!(link["parameters"][name].is_string(), "{to}: {link}");
            }
            linked.insert(to.to_owned());
        }
    }
    let has_row = |one: &&Operation| one.path.contains("{id}");
    let missed = operations
        .iter()
        .filter(has_row)
        .filter(|one| !linked.contains(&one.id));
    let missed: Vec<&str> = missed.map(|one| one.id.as_str()).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

async fn every_example_works_and_is_answered_as_the_document_says(
    town: &Town,
) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let samples = Samples::of(town, &service).await?;
    let token = service.token(UserRole::Administrator, None).await?;
    let document = Document::of(&service);
    assert_eq!(document.0["openapi"], "3.1.0");
    let mut operations = document.closed_operations();
    // Reading first: writing changes what there is to read.
    operations.sort_by_key(|operation| (!operation.reads(), order(&operation.id)));
    let mut faults = Vec::new();
    let make = operations.iter().find(|one| one.id == "make_task").cloned();
    for operation in &operations {
        // What is issued stays as it is: these are tried on a task that is not.
        let own = match (operation.id.as_str(), &make) {
            ("issue_tasks" | "change_task" | "remove_task", Some(make)) => {
                let made = send(&service, &samples, make, &token).expect(201);
                samples.with_task(made["id"].as_str().unwrap_or_default().parse()?)
            }
            _ => samples.clone(),
        };
        let answer = send(&service, &own, operation, &token);
        if !operation.succeeds_with(answer.status) {
            let body = String::from_utf8_lossy(&answer.body);
            faults.push(format!("{}: {} {body}", operation.id, answer.status));
        } else if answer.header("content-type") == "application/json" {
            let wrong = document.faults(operation, answer.status, &answer.json());
            faults.extend(
                wrong
                    .into_iter()
                    .map(|one| format!("{}{one}", operation.id)),
            );
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    no_other_way_in(&service, &samples, &operations, &token);
    Ok(())
}

/// What takes rows away comes after what needs them.
fn order(operation: &str) -> u8 {
    match operation {
        name if name.starts_with("delete") || name.starts_with("revoke") => 3,
        name if name.starts_with("close") || name.starts_with("end") => 2,
        // What asks units takes from what they may be asked in the month.
        name if ["confirm", "decide", "raise", "record"]
            .iter()
            .any(|word| name.starts_with(word)) =>
        {
            1
        }
        _ => 0,
    }
}

/// Sends the example of an operation, with what a client adds to it: files, or what it has seen.
fn send(service: &Service, samples: &Samples, operation: &Operation, token: &str) -> Response {
    let request = samples.real(operation.full_request());
    if operation.takes_form() {
        return with_files(service, operation, request, token).sent(service, token);
    }
    if operation.reads() || !operation.names_a_row() {
        return request.sent(service, token);
    }
    let row = Request {
        method: "GET".to_owned(),
        path: request.path.clone(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    let seen = match row.sent(service, token).header("etag") {
        "" => "*".to_owned(),
        etag => etag.to_owned(),
    };
    request
        .without("if-match")
        .header(format!("If-Match: {seen}"))
        .sent(service, token)
}

/// The form's files as a clerk would send them.
fn with_files(service: &Service, operation: &Operation, request: Request, token: &str) -> Request {
    let holidays = json!({ "holidays": { "2027-01-01": "New Year's Day,元旦,1" }, "workdays": {}, "inLieuDays": {} });
    let holidays = holidays.to_string();
    let filled = match operation.path.as_str() {
        "/plans/{id}/ledger" => {
            let (place, _) = request.path.split_once('?').unwrap_or((&request.path, ""));
            let path = format!("{place}.xlsx");
            service.send("GET", &path, token, &[], b"").body
        }
        "/obligations/{id}/reports/from-file" => {
            let place = request.path.trim_end_matches("/reports/from-file");
            let path = format!("{place}/template.xlsx");
            let template = service.send("GET", &path, token, &[], b"");
            FilledSheet::of(&template.body)
                .number("G2", "96")
                .bytes()
                .to_vec()
        }
        _ => Vec::new(),
    };
    let files: &[(&str, &str, &[u8])] = match operation.path.as_str() {
        "/obligations/{id}/reports/from-file" | "/plans/{id}/ledger" => {
            &[("file", "a.xlsx", &filled)]
        }
        "/plans" => &[
            ("file", "plan.txt", PLAN.as_bytes()),
            ("units", "units.csv", UNITS.as_bytes()),
        ],
        "/plans/{id}/revisions" => &[("file", "plan.txt", PLAN.as_bytes())],
        "/units/import" => &[("file", "units.csv", UNITS.as_bytes())],
        "/quality-results/import" => &[("file", "quality.csv", QUALITY.as_bytes())],
        "/calendars/import" => &[("file", "holidays.json", holidays.as_bytes())],
        _ => &[("file", "a.txt", "填写说明".as_bytes())],
    };
    let texts = operation.body.as_ref().map(|body| body.texts());
    request.form(&texts.unwrap_or_default(), files)
}

/// Every method that the document does not name for a path is refused with what is allowed; paths beside it are unknown.
fn no_other_way_in(service: &Service, samples: &Samples, operations: &[Operation], token: &str) {
    let mut known: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in operations {
        known.entry(&operation.path).or_default().push(operation);
    }
    for ways in known.values() {
        let place = samples.real(ways[0].request()).path;
        let place = place.split('?').next().unwrap_or_default();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"] {
            if ways.iter().any(|way| way.method == method) {
                continue;
            }
            let refused = service.send(method, place, token, &[], b"");
            assert_eq!(
                refused.refused(405),
                "method_not_allowed",
                "{method} {place}"
            );
            for way in ways {
                assert!(refused.header("allow").contains(&way.method), "{place}");
            }
        }
        let beside = service.send("GET", &format!("{place}/beside/it"), token, &[], b"");
        assert_eq!(beside.status, 404, "{place}");
    }
}

/// Every error that anybody met in these tests has a code; here: those of the framework of the service itself.
#[test]
fn codes_are_stable_and_unique() {
    let mut codes: Vec<&str> = duban::http::kernel::Code::ALL
        .iter()
        .map(|code| code.as_str())
        .chain(
            duban::flow::RefusalCode::ALL
                .iter()
                .map(|code| code.as_str()),
        )
        .collect();
    let told = codes.len();
    codes.sort_unstable();
    codes.dedup();
    // `not_found` is one word for a path and for a row.
    assert!(told - codes.len() <= 1, "{codes:?}");
    assert!(
        codes
            .iter()
            .all(|code| !code.is_empty() && *code == code.to_lowercase())
    );
    let _: Value = json!(codes);
}
