//! Every way into the service × every role × own and foreign rows: the matrix is made from the OpenAPI document, so that no
//! way can be forgotten.

use crate::support::Town;
use crate::support::described::{Described, Operation};
use crate::support::example_rows::{FOREIGN, OWN, Samples};
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

on_both!(every_way_is_open_to_those_the_document_names_and_to_nobody_else);

/// Ways whose rows lists show; the others' own or foreign rows are named by their path.
async fn every_way_is_open_to_those_the_document_names_and_to_nobody_else(
    town: &Town,
) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let samples = Samples::of(town, &service).await?;
    let described = Described::new(
        service
            .send("GET", "/api/v1/openapi.json", "", &[], b"")
            .json(),
    );
    let operations = described.operations();
    assert!(operations.len() > 60, "{} ways", operations.len());
    let mut cells = 0;
    for role in UserRole::ALL {
        let units: &[Option<&str>] = match role.is_of_unit() {
            true => &[Some(OWN), Some(FOREIGN)],
            false => &[None],
        };
        for unit in units {
            let token = service.token(role, *unit).await?;
            let reader = service.token_of(role, *unit, TokenScope::Read).await?;
            let before = state_hash(&town.ctx.db).await?;
            for operation in &operations {
                cells += walk(&service, &samples, operation, role, *unit, &token, &reader);
            }
            assert_eq!(before, state_hash(&town.ctx.db).await?, "{role:?} {unit:?}");
        }
    }
    assert!(cells > 500, "{cells} cells");
    Ok(())
}

/// Tries one way as one caller; how many cells of the matrix that was. Nothing that is tried here may change anything.
fn walk(
    service: &Service,
    samples: &Samples,
    operation: &Operation,
    role: UserRole,
    unit: Option<&str>,
    token: &str,
    reader: &str,
) -> usize {
    let at = format!(
        "{} {} as {role:?} of {unit:?}",
        operation.method, operation.path
    );
    let allowed = operation.roles.iter().any(|one| one == role.as_str());
    let reads = operation.method == "GET";
    assert_eq!(call(service, samples, operation, "").status, 401, "{at}");
    if !allowed {
        let refused = call(service, samples, operation, token);
        assert_eq!(refused.refused(403), "forbidden", "{at}");
        return 2;
    }
    if !reads {
        let refused = call(service, samples, operation, reader);
        assert_eq!(refused.refused(403), "read_only_token", "{at}");
    }
    let foreign = unit == Some(FOREIGN)
        && ["units", "own_unit"].contains(&operation.rows.as_str())
        && operation.names_a_row();
    if foreign {
        let hidden = call(service, samples, operation, token);
        assert_eq!(hidden.refused(404), "not_found", "{at}");
        return 3;
    }
    if reads {
        let shown = call(service, samples, operation, token);
        let others = operation.rows == "own_user" && operation.names_a_row();
        if others && role != UserRole::Administrator {
            assert_eq!(shown.refused(404), "not_found", "{at}");
            return 3;
        }
        assert_eq!(
            shown.status,
            200,
            "{at}: {}",
            String::from_utf8_lossy(&shown.body)
        );
        if unit == Some(FOREIGN) && operation.rows == "units" {
            assert_no_row_of(OWN, &shown, &at);
        }
    }
    3
}

/// Sends the example. A writing one states that it has seen anything, so that nothing but who calls decides.
fn call(service: &Service, samples: &Samples, operation: &Operation, token: &str) -> Response {
    let place = operation.place(samples);
    if operation.is_upload() {
        return service.upload(token, &place, &[], &[("file", "a.txt", b"text")]);
    }
    match operation.method.as_str() {
        "GET" => service.get(token, &place),
        "DELETE" => service.delete(token, &place, "*"),
        method => {
            let body = operation.body(samples).unwrap_or_else(|| json!({}));
            service.change(method, token, &place, "*", &body)
        }
    }
}

fn assert_no_row_of(unit: &str, shown: &Response, at: &str) {
    if shown.header("content-type") != "application/json" {
        return;
    }
    for item in shown.json()["items"].as_array().into_iter().flatten() {
        assert_ne!(item["unit_code"], Value::from(unit), "{at}: {item}");
    }
}
