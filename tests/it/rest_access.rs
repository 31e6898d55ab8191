//! Every way into the service × every role × own and foreign rows: the matrix is made from the OpenAPI document, so that no
//! way can be forgotten. That nobody comes without a token, and that a reading token writes nothing, is in `bad_input`.

use crate::support::Town;
use crate::support::example_rows::{FOREIGN, OWN, Samples};
use crate::support::operations::{Document, Operation};
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use duban::domain::user_role::UserRole;
use serde_json::Value;

on_both!(every_way_is_open_to_those_the_document_names_and_to_nobody_else);

/// Ways whose rows lists show; the others' own or foreign rows are named by their path.
async fn every_way_is_open_to_those_the_document_names_and_to_nobody_else(
    town: &Town,
) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let samples = Samples::of(town, &service).await?;
    let document = Document::of(&service);
    let operations = document.closed_operations();
    assert!(operations.len() > 60, "{} ways", operations.len());
    for role in UserRole::ALL {
        let units: &[Option<&str>] = match role.is_of_unit() {
            true => &[Some(OWN), Some(FOREIGN)],
            false => &[None],
        };
        for unit in units {
            let token = service.token(role, *unit).await?;
            let before = state_hash(&town.ctx.db).await?;
            for operation in &operations {
                walk(&service, &samples, operation, role, *unit, &token);
            }
            assert_eq!(before, state_hash(&town.ctx.db).await?, "{role:?} {unit:?}");
        }
    }
    Ok(())
}

/// Tries one way as one caller. Nothing that is tried here may change anything.
fn walk(
    service: &Service,
    samples: &Samples,
    operation: &Operation,
    role: UserRole,
    unit: Option<&str>,
    token: &str,
) {
    let at = format!(
        "{} {} as {role:?} of {unit:?}",
        operation.method, operation.path
    );
    let allowed = operation.is_open_to(role);
    let foreign = unit == Some(FOREIGN)
        && ["units", "own_unit"].contains(&operation.rows.as_str())
        && operation.names_a_row();
    // Writing that is open is tried by the other tests: here it would change something.
    if allowed && !foreign && !operation.reads() {
        return;
    }
    let answer = samples.real(operation.full_request()).sent(service, token);
    if !allowed {
        assert_eq!(answer.refused(403), "forbidden", "{at}");
        return;
    }
    let others = operation.rows == "own_user" && operation.names_a_row();
    if foreign || (others && role != UserRole::Administrator) {
        assert_eq!(answer.refused(404), "not_found", "{at}");
        return;
    }
    assert_eq!(
        answer.status,
        200,
        "{at}: {}",
        String::from_utf8_lossy(&answer.body)
    );
    if unit == Some(FOREIGN) && operation.rows == "units" {
        assert_no_row_of(OWN, &answer, &at);
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
