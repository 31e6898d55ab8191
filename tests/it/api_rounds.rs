//! Rounds through REST: opened early, counted, closed, and their draws replayed.

use crate::support::Town;
use crate::support::pages::{all, column, refused};
use crate::support::service::Service;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};

async fn a_round_opens_early_once_and_closes_once(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let cycle = town.cycle(CycleKind::Dispatch).await?.id;
    let body = json!({ "cycle_id": cycle, "period": "2026-B2" });
    let response = service.post(&token, "/rounds", &body);
    let opened = response.expect(201);
    let path = format!("/rounds/{}", opened["id"].as_str().expect("an id"));
    assert_eq!(response.header("location"), format!("/api/v1{path}"));
    assert_eq!(
        (
            &opened["kind"],
            &opened["state"],
            &opened["by_hand"],
            &opened["period_label"]
        ),
        (
            &json!("dispatch"),
            &json!("open"),
            &json!(true),
            &json!("2026年3—4月")
        )
    );
    assert_eq!(
        opened["counts"],
        json!({ "asked": 2, "answered": 0, "unanswered": 0, "open": 2, "overdue": 0 })
    );
    let again = || service.post(&token, "/rounds", &body);
    refused(&service, again, (409, "round_exists", "")).await?;
    town.answer(town.ask("B2", ObligationKind::Dispatch).await?.id)
        .await?;
    town.set("2026-03-20", "09:00")?;
    assert_eq!(
        service.get(&token, &path).expect(200)["counts"],
        json!({ "asked": 2, "answered": 1, "unanswered": 0, "open": 1, "overdue": 1 })
    );
    let closed = service
        .post(&token, &format!("{path}/close"), &json!({}))
        .expect(200);
    assert_eq!(closed["state"], "closed");
    assert!(closed["closed_at"].is_string());
    assert_eq!(
        closed["counts"],
        json!({ "asked": 2, "answered": 1, "unanswered": 1, "open": 0, "overdue": 0 })
    );
    let again = || service.post(&token, &format!("{path}/close"), &json!({}));
    refused(&service, again, (409, "round_closed", "")).await
}

async fn what_cannot_be_opened_is_refused(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let cycle = town.cycle(CycleKind::Dispatch).await?.id;
    let nobody = uuid::Uuid::nil();
    for (body, wanted) in [
        (
            json!({ "cycle_id": cycle, "period": "2026-04" }),
            (422, "wrong_period", ""),
        ),
        (
            json!({ "cycle_id": cycle, "period": "2026-B7" }),
            (422, "invalid_field", "period"),
        ),
        (
            json!({ "cycle_id": cycle, "reason": "" }),
            (422, "invalid_field", "reason"),
        ),
        (
            json!({ "cycle_id": nobody }),
            (404, "not_found", "cycle_id"),
        ),
        (
            json!({ "cycle_id": "1" }),
            (422, "invalid_field", "cycle_id"),
        ),
        (json!({}), (422, "invalid_field", "cycle_id")),
    ] {
        let request = || service.post(&token, "/rounds", &body);
        refused(&service, request, wanted).await?;
    }
    let unit = service.token(UserRole::UnitHead, Some("B2")).await?;
    let request = || service.post(&unit, "/rounds", &json!({ "cycle_id": cycle }));
    refused(&service, request, (403, "forbidden", "")).await?;
    let request = || service.post(&token, &format!("/rounds/{nobody}/close"), &json!({}));
    refused(&service, request, (404, "not_found", "")).await
}

async fn rounds_are_listed_by_what_they_are(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    for on in ["2026-04-01", "2026-04-20", "2026-05-06"] {
        town.dawn(on).await?;
    }
    let service = Service::start(town)?;
    let token = service.token(UserRole::UnitContact, Some("S1")).await?;
    let rows = all(&service, &token, "/rounds", 1);
    let opened = column(&rows, "opened_on");
    assert!(opened.len() >= 4, "{opened:?}");
    assert!(
        opened.is_sorted_by(|one, next| one >= next),
        "newest first: {opened:?}"
    );
    let cycle = town.cycle(CycleKind::SpotCheck).await?.id;
    let of = |query: &str| {
        column(
            &all(&service, &token, &format!("/rounds?{query}"), 50),
            "period",
        )
    };
    assert_eq!(of("kind=spot_check&sort=opened_on"), ["2026-04", "2026-05"]);
    assert_eq!(of(&format!("cycle_id={cycle}&state=open")), ["2026-05"]);
    assert_eq!(of("kind=spot_check&state=closed"), ["2026-04"]);
    assert_eq!(of("period=2026-B2"), ["2026-B2"]);
    assert_eq!(
        of(&format!("plan_id={}", uuid::Uuid::nil())),
        Vec::<String>::new()
    );
    assert!(!rows.iter().any(|row| row.to_string().contains("seed")));
    let bad = service.get(&token, "/rounds?period=2026-13").expect(422);
    assert_eq!(bad["code"], "invalid_parameter");
    Ok(())
}

async fn a_draw_is_replayed_for_the_bureau_alone(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let published = town.cycle(CycleKind::SpotCheck).await?.next_commitment;
    for on in ["2026-04-01", "2026-04-20"] {
        town.dawn(on).await?;
    }
    let service = Service::start(town)?;
    let token = service.token(UserRole::Auditor, None).await?;
    let round = town.rounds(CycleKind::SpotCheck).await?.remove(0);
    let path = format!("/rounds/{}/draw", round.id);
    let draw = service.get(&token, &path).expect(200);
    assert_eq!(draw["commitment"].as_str(), published.as_deref());
    assert_eq!(
        (&draw["commitment_holds"], &draw["result_holds"]),
        (&json!(true), &json!(true))
    );
    let picked = column(draw["picks"].as_array().expect("picks"), "unit_code");
    let mut asked = Vec::new();
    let directory = town.ctx.units().await?;
    for one in duban::storage::obligations::of_round(&town.ctx.db, round.id).await? {
        asked.push(directory.get(one.unit_id).expect("a unit").code.clone());
    }
    asked.sort();
    let mut sorted = picked.clone();
    sorted.sort();
    assert_eq!(sorted, asked);
    let quota: u64 = draw["strata"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|stratum| stratum["quota"].as_u64())
        .sum();
    assert_eq!(quota, picked.len() as u64);
    let unit = service.token(UserRole::UnitHead, Some("S1")).await?;
    assert_eq!(service.get(&unit, &path).refused(403), "forbidden");
    let dispatch = town.rounds(CycleKind::Dispatch).await?.remove(0);
    let without = service.get(&token, &format!("/rounds/{}/draw", dispatch.id));
    assert_eq!(without.refused(409), "no_draw");
    let nobody = service.get(&token, &format!("/rounds/{}/draw", uuid::Uuid::nil()));
    assert_eq!(nobody.refused(404), "not_found");
    assert_ne!(draw["seed"], Value::Null);
    Ok(())
}

on_both! {
    a_round_opens_early_once_and_closes_once,
    what_cannot_be_opened_is_refused,
    rounds_are_listed_by_what_they_are,
    a_draw_is_replayed_for_the_bureau_alone,
}
