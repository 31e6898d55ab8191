//! Reports through REST: found by what they are of, and many made at once or none.

use crate::support::Town;
use crate::support::pages::{all, column, refused};
use crate::support::service::Service;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

/// The bulk report of a unit's completion, at a progress.
async fn one(town: &Town, unit: &str, percent: u8) -> anyhow::Result<Value> {
    let ask = town.ask(unit, ObligationKind::Complete).await?;
    let asked = duban::storage::obligations::assignments_asked(&town.ctx.db, &[ask.id]).await?;
    let items: Vec<Value> = asked
        .iter()
        .map(|(_, id)| json!({ "assignment_id": id, "percent": percent }))
        .collect();
    Ok(json!({ "obligation_id": ask.id, "items": items, "note": unit }))
}

async fn many_answers_are_written_together(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let mut reports = Vec::new();
    for (unit, percent) in [("S5", 50), ("S1", 10), ("S6", 60)] {
        reports.push(one(town, unit, percent).await?);
    }
    let before = duban::storage::changes::span(&town.ctx.db).await?.newest;
    let made = service
        .post(&token, "/reports/bulk", &json!({ "reports": reports }))
        .expect(201);
    let made = made["reports"].as_array().expect("reports");
    assert_eq!(
        column(made, "unit_code"),
        ["S5", "S1", "S6"],
        "in the order given"
    );
    assert_eq!(made[0]["items"][0]["percent"], 50);
    let after = duban::storage::changes::span(&town.ctx.db).await?.newest;
    assert_eq!(after, before + 1, "one transaction");
    for unit in ["S1", "S5", "S6"] {
        let state = town.ask(unit, ObligationKind::Complete).await?.state;
        assert_eq!(state.as_str(), "answered", "{unit}");
    }
    Ok(())
}

async fn one_bad_answer_among_many_refuses_all(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let good = one(town, "S1", 10).await?;
    let other = one(town, "S5", 10).await?;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut bad = other.clone();
        change(&mut bad);
        json!({ "reports": [good, bad] })
    };
    let foreign = good["items"].clone();
    let nobody = uuid::Uuid::nil();
    for (body, wanted) in [
        (
            with(&|bad| bad["items"] = foreign.clone()),
            (422, "foreign_item", "reports[1].items[0].assignment_id"),
        ),
        (
            with(&|bad| bad["items"][0]["percent"] = json!(101)),
            (422, "invalid_field", "reports[1].items[0].percent"),
        ),
        (
            with(&|bad| {
                bad["items"] = json!([]);
                bad["note"] = Value::Null;
            }),
            (422, "invalid_value", "reports[1].items"),
        ),
        (
            with(&|bad| bad["obligation_id"] = good["obligation_id"].clone()),
            (422, "invalid_value", "reports[1].obligation_id"),
        ),
        (
            with(&|bad| bad["obligation_id"] = json!(nobody)),
            (404, "not_found", ""),
        ),
        (json!({ "reports": [] }), (422, "invalid_field", "reports")),
        (
            json!({ "reports": vec![good.clone(); 201] }),
            (422, "invalid_field", "reports"),
        ),
    ] {
        let request = || service.post(&token, "/reports/bulk", &body);
        refused(&service, request, wanted).await?;
    }
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let both = json!({ "reports": [good, other] });
    let request = || service.post(&school, "/reports/bulk", &both);
    refused(&service, request, (404, "not_found", "")).await?;
    let auditor = service.token(UserRole::Auditor, None).await?;
    let request = || service.post(&auditor, "/reports/bulk", &both);
    refused(&service, request, (403, "forbidden", "")).await?;
    service
        .post(&school, "/reports/bulk", &json!({ "reports": [good] }))
        .expect(201);
    Ok(())
}

async fn a_repeated_bulk_call_is_made_once(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let body =
        json!({ "reports": [one(town, "S1", 10).await?, one(town, "S5", 20).await?] }).to_string();
    let headers = ["Content-Type: application/json", "Idempotency-Key: bulk-1"];
    let send = || {
        service.send(
            "POST",
            "/api/v1/reports/bulk",
            &token,
            &headers,
            body.as_bytes(),
        )
    };
    let first = send().expect(201);
    let second = send();
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(second.expect(201), first);
    assert_eq!(all(&service, &token, "/reports", 50).len(), 2);
    Ok(())
}

async fn reports_are_found_newest_first_by_what_they_are_of(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    for (on, unit) in [
        ("2026-03-10", "S1"),
        ("2026-03-11", "S5"),
        ("2026-03-12", "S1"),
    ] {
        town.set(on, "23:30")?;
        let body = json!({ "reports": [one(town, unit, 40).await?] });
        service.post(&token, "/reports/bulk", &body).expect(201);
    }
    let of = |token: &str, query: &str| {
        let rows = all(&service, token, &format!("/reports?{query}"), 1);
        rows.iter()
            .map(|row| {
                format!(
                    "{} {}",
                    row["unit_code"].as_str().unwrap_or_default(),
                    row["version"]
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&token, ""), ["S1 2", "S5 1", "S1 1"]);
    assert_eq!(of(&token, "sort=reported_at"), ["S1 1", "S5 1", "S1 2"]);
    assert_eq!(of(&token, "unit_code=S5"), ["S5 1"]);
    assert_eq!(
        of(&token, "from=2026-03-11&to=2026-03-11"),
        ["S5 1"],
        "by local days"
    );
    assert_eq!(of(&token, "from=2026-03-13"), Vec::<String>::new());
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(
        of(&token, &format!("obligation_id={}", ask.id)),
        ["S1 2", "S1 1"]
    );
    assert_eq!(of(&token, &format!("plan_id={}", ask.plan_id)).len(), 3);
    let asked = duban::storage::obligations::assignments_asked(&town.ctx.db, &[ask.id]).await?;
    assert_eq!(
        of(&token, &format!("assignment_id={}", asked[0].1)),
        ["S1 2", "S1 1"]
    );
    let school = service.token(UserRole::UnitContact, Some("S5")).await?;
    assert_eq!(of(&school, ""), ["S5 1"]);
    assert_eq!(
        of(&school, &format!("obligation_id={}", ask.id)),
        Vec::<String>::new()
    );
    let rows = all(&service, &token, "/reports?unit_code=S1", 50);
    let foreign = format!("/reports/{}", rows[0]["id"].as_str().expect("an id"));
    assert_eq!(service.get(&school, &foreign).refused(404), "not_found");
    assert_eq!(
        service.get(&token, &foreign).expect(200)["items"][0]["percent"],
        40
    );
    Ok(())
}

on_both! {
    many_answers_are_written_together,
    one_bad_answer_among_many_refuses_all,
    a_repeated_bulk_call_is_made_once,
    reports_are_found_newest_first_by_what_they_are_of,
}
