//! The sweep of bad inputs on the sample endpoints, where it must find nothing; and on tables that let something pass, where
//! it must find it.

use crate::support::Town;
use crate::support::database::{Database, Kind};
use crate::support::example_rows::Samples;
use crate::support::sample_tasks::make_task;
use crate::support::samples::{Runs, TASK, well_behaved};
use crate::support::service::no_rates;
use crate::support::town::UNITS;
use crate::sweep::{Sweep, bodies, callers, fields, framing, queries, writes};
use anyhow::Context;
use duban::domain::access::Action;
use duban::domain::user_role::UserRole;
use duban::flow::refusal::RefusalCode;
use duban::http::kernel::{Call, Check, Endpoint, Limits, NoQuery, Nothing, Problem, Reply, Tag};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use utoipa::ToSchema;

/// Tries a table of endpoints on a database of its own.
async fn swept(
    endpoints: Vec<Endpoint>,
    limits: Limits,
    tries: impl AsyncFnOnce(&Sweep<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<String>> {
    let database = Database::create(Kind::Sqlite).await?;
    let database = database.context("a database")?;
    let town = Town::found(&database).await?;
    town.import_units(UNITS).await?;
    let task = make_task(&town.ctx, "查看校园", None).await?;
    let mut sweep = Sweep::of(&town, endpoints, limits).await?;
    sweep.samples = Samples::new(vec![(TASK, task.0)]);
    tries(&sweep).await?;
    let findings = sweep.findings();
    database.remove().await?;
    Ok(findings)
}

async fn samples(tries: impl AsyncFnOnce(&Sweep<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let findings = swept(well_behaved(&Runs::default()), no_rates(), tries).await?;
    assert!(findings.is_empty(), "{findings:#?}");
    Ok(())
}

macro_rules! spared {
    ($($claim:ident: $($tries:path),+;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $claim() -> anyhow::Result<()> {
            samples(async |sweep| {
                $(sweep.spared($tries).await?;)+
                Ok(())
            })
            .await
        }
    )+};
}

spared! {
    nobody_gets_anything_without_a_token: callers::nobody;
    a_damaged_token_is_none: callers::damaged_tokens;
    a_token_in_the_address_is_none_and_in_no_log: callers::tokens_in_the_address;
    a_field_nobody_asked_for_is_refused: fields::unknown_fields;
    a_field_takes_only_what_it_can_be: fields::wrong_values, fields::wrong_forms;
    what_is_no_json_is_refused: bodies::no_json, fields::broken_texts;
    a_body_too_large_is_refused: bodies::too_large, bodies::lying_lengths;
    a_packed_body_is_not_unpacked: bodies::packed;
    a_body_of_another_type_is_not_read: bodies::other_types;
    a_parameter_takes_only_what_it_can_be: queries::wrong_values, queries::pages_and_orders, queries::unknown_parameters;
    what_is_no_id_is_no_row: queries::malformed_ids;
    a_broken_head_ends_the_connection: framing::broken_heads;
    no_other_origin_is_given_anything: framing::other_origins;
    unknown_methods_and_paths_are_told_so: framing::other_methods, framing::other_paths;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_come_is_not_waited_for() -> anyhow::Result<()> {
    let impatient = Limits {
        body_time: Duration::from_millis(60),
        ..no_rates()
    };
    let tried = swept(well_behaved(&Runs::default()), impatient, async |sweep| {
        sweep.spared(bodies::endless).await
    });
    assert_eq!(tried.await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_and_reading_tokens_end_where_the_document_says() -> anyhow::Result<()> {
    samples(callers::roles_and_scopes).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_header_makes_another_method() -> anyhow::Result<()> {
    samples(callers::method_overrides).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_sent_again_is_carried_out_once() -> anyhow::Result<()> {
    samples(async |sweep| {
        let done = writes::repeats(sweep, |operation| operation.request()).await?;
        assert_eq!(done, ["import_plan", "create_task"]);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_changes_what_they_have_not_seen() -> anyhow::Result<()> {
    samples(async |sweep| {
        let other = sweep.service.token(UserRole::Supervisor, None).await?;
        let tried = sweep.spared(async |sweep| writes::unseen(sweep, &other).await);
        let tried = tried.await??;
        assert_eq!(tried, ["remove_task", "change_task"]);
        Ok(())
    })
    .await
}

/// A body that lets everything pass.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
struct Lax {
    title: String,
}

impl Check for Lax {}

const LAX: Tag = Tag {
    name: "lax",
    says: "不严",
};

async fn takes_all(_: Call<NoQuery, Lax>) -> Result<Reply<Nothing>, Problem> {
    Ok(Reply::no_content())
}

async fn takes_any_id(_: Call) -> Result<Reply<Lax>, Problem> {
    Ok(Reply::ok(Lax {
        title: String::new(),
    }))
}

async fn fails(_: Call<NoQuery, Lax>) -> Result<Reply<Nothing>, Problem> {
    Err(Problem::internal("SELECT secret FROM token"))
}

/// A table of one endpoint that lets pass what it should refuse.
fn lax(which: &str) -> Vec<Endpoint> {
    let one = match which {
        "takes_all" => Endpoint::post("/lax", "takes_all", Action::WriteTasks, takes_all),
        "takes_any_id" => {
            Endpoint::get("/lax/{id}", "takes_any_id", Action::ReadTasks, takes_any_id)
                .example_param("id", TASK)
        }
        "ignores_seen" => Endpoint::put("/lax/{id}", "ignores_seen", Action::WriteTasks, takes_all)
            .example_param("id", TASK),
        _ => Endpoint::post("/lax", "fails", Action::WriteTasks, fails),
    };
    let reading = Endpoint::get("/reads", "reads", Action::ReadTasks, takes_any_id).tag(LAX);
    let one = one
        .tag(LAX)
        .refuses(&[RefusalCode::Stale])
        .example_body(json!({ "title": "甲" }));
    vec![
        one.answers(&[
            actix_web::http::StatusCode::NO_CONTENT,
            actix_web::http::StatusCode::OK,
        ]),
        reading,
    ]
}

macro_rules! found {
    ($($claim:ident: $which:literal, $tries:path, $finds:literal;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $claim() -> anyhow::Result<()> {
            let tried = swept(lax($which), no_rates(), async |sweep| {
                $tries(sweep).await;
                Ok(())
            });
            let findings = tried.await?;
            assert!(findings.iter().any(|one| one.contains($finds)), "{findings:#?}");
            Ok(())
        }
    )+};
}

found! {
    a_body_that_takes_any_field_is_found: "takes_all", fields::unknown_fields, "takes_all with role in \"\": 204 instead of 422";
    a_text_that_takes_anything_is_found: "takes_all", fields::wrong_values, "takes_all title {\"title\":\"a\\u0000b\"}: 204 instead of 422";
    an_id_that_may_be_anything_is_found: "takes_any_id", queries::malformed_ids, "takes_any_id id=1: 200 instead of 404";
    an_answer_of_500_is_found: "fails", bodies::examples, "POST /api/v1/lax: 500";
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_does_not_ask_what_was_seen_is_found() -> anyhow::Result<()> {
    let tried = swept(lax("ignores_seen"), no_rates(), async |sweep| {
        let other = sweep.service.token(UserRole::Supervisor, None).await?;
        writes::unseen(sweep, &other).await.map(drop)
    });
    let findings = tried.await?;
    let is_found = |one: &String| one.contains("ignores_seen changed meanwhile: 204");
    assert!(findings.iter().any(is_found), "{findings:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_a_refusal_leaves_is_found() -> anyhow::Result<()> {
    let tried = swept(well_behaved(&Runs::default()), no_rates(), async |sweep| {
        let leaves =
            async |sweep: &Sweep<'_>| make_task(&sweep.town.ctx, "留下", None).await.map(drop);
        Ok(sweep.spared(leaves).await??)
    });
    assert_eq!(tried.await?, ["something was changed"]);
    Ok(())
}
