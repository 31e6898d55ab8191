//! Cycles through REST: shown without their seeds, changed by who has seen them, switched, and looked ahead.

use crate::support::Town;
use crate::support::pages::{all, column, refused};
use crate::support::service::Service;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};

async fn path(town: &Town, kind: CycleKind) -> anyhow::Result<String> {
    Ok(format!("/cycles/{}", town.cycle(kind).await?.id))
}

async fn cycles_are_shown_with_rule_and_commitment_and_never_the_seed(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::UnitContact, Some("S1")).await?;
    let rows = all(&service, &token, "/cycles", 2);
    assert_eq!(rows.len(), 5);
    let checks = all(&service, &token, "/cycles?kind=spot_check&enabled=true", 50);
    assert_eq!(column(&checks, "kind"), ["spot_check"]);
    assert!(all(&service, &token, "/cycles?enabled=false", 50).is_empty());
    let stored = town.cycle(CycleKind::SpotCheck).await?;
    let response = service.get(&token, &format!("/cycles/{}", stored.id));
    let shown = response.expect(200);
    assert_eq!(shown["opens"], json!({ "at": "day_of_period", "days": 1 }));
    assert_eq!(shown["reminders"]["over"], json!([1, 3, 7]));
    assert_eq!(shown["plan_title"], town.plan().await?.title);
    assert_eq!(
        shown["next_commitment"].as_str(),
        stored.next_commitment.as_deref()
    );
    let seed = stored.next_seed.expect("laid down");
    assert!(!String::from_utf8_lossy(&response.body).contains(&seed));
    let nobody = uuid::Uuid::nil();
    assert_eq!(
        service
            .get(&token, &format!("/cycles/{nobody}"))
            .refused(404),
        "not_found"
    );
    Ok(())
}

async fn a_rule_is_changed_by_who_has_seen_it(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let path = path(town, CycleKind::SpotCheck).await?;
    let seen = service.get(&token, &path).header("etag").to_owned();
    let body = json!({
        "due_after_workdays": 8,
        "results_after_workdays": null,
        "roll": "previous",
        "opens": { "at": "day_of_last_month", "days": 5 },
    });
    let changed = service
        .change("PATCH", &token, &path, &seen, &body)
        .expect(200);
    assert_eq!(changed["due_after_workdays"], 8);
    assert_eq!(changed["results_after_workdays"], Value::Null);
    assert_eq!(changed["opens"]["at"], "day_of_last_month");
    assert_eq!(changed["in_vacation"], "skip", "what was not given stays");
    assert_eq!(service.get(&token, &path).expect(200), changed);
    let stored = town.cycle(CycleKind::SpotCheck).await?;
    assert_eq!(stored.rule.due_after_workdays, Some(8));

    let again = || service.change("PATCH", &token, &path, &seen, &json!({ "roll": "next" }));
    refused(&service, again, (412, "stale", "")).await?;
    let unseen = || {
        service.send(
            "PATCH",
            &format!("/api/v1{path}"),
            &token,
            &["Content-Type: application/json"],
            b"{}",
        )
    };
    refused(&service, unseen, (428, "precondition_required", "")).await?;
    let unit = service.token(UserRole::UnitHead, Some("B2")).await?;
    let foreign = || service.change("PATCH", &unit, &path, "*", &body);
    refused(&service, foreign, (403, "forbidden", "")).await
}

async fn what_cannot_be_followed_is_refused_with_its_field(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    town.dawn("2026-04-01").await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let check = path(town, CycleKind::SpotCheck).await?;
    let bulletin = path(town, CycleKind::Bulletin).await?;
    let policy = |before: &[u16], chase: u16| {
        json!({ "reminders": {
            "before": before, "over": [1], "then_every": 0, "copy_lead_from": "over+3",
            "copy_supervision_from": "over+7", "blue_notice_at": "due-2", "yellow_notice_at": "over+3",
            "red_notice_at": "over+7", "chase_for_workdays": chase,
        } })
    };
    for (path, body, code, status, field) in [
        (
            &check,
            json!({ "frequency": "0_months" }),
            "invalid_field",
            422,
            "frequency",
        ),
        (
            &check,
            json!({ "every_months": 0 }),
            "unknown_field",
            422,
            "every_months",
        ),
        (
            &check,
            json!({ "kind": "dispatch" }),
            "unknown_field",
            422,
            "kind",
        ),
        (
            &check,
            json!({ "due_after_workdays": -3 }),
            "invalid_field",
            422,
            "due_after_workdays",
        ),
        (
            &check,
            json!({ "due_after_workdays": 0 }),
            "invalid_value",
            422,
            "due_after_workdays",
        ),
        (
            &check,
            json!({ "due_after_workdays": 1_000_000 }),
            "invalid_field",
            422,
            "due_after_workdays",
        ),
        (
            &check,
            json!({ "due_after_workdays": 61 }),
            "invalid_value",
            422,
            "due_after_workdays",
        ),
        (
            &check,
            json!({ "due_after_workdays": null }),
            "invalid_value",
            422,
            "due_after_workdays",
        ),
        (
            &check,
            json!({ "results_after_workdays": 2 }),
            "invalid_value",
            422,
            "results_after_workdays",
        ),
        (
            &check,
            json!({ "opens": { "at": "day_of_period", "days": 0 } }),
            "invalid_value",
            422,
            "opens",
        ),
        (
            &check,
            json!({ "opens": { "at": "day_of_period", "days": 32 } }),
            "invalid_value",
            422,
            "opens",
        ),
        (
            &check,
            json!({ "opens": { "at": "someday", "days": 3 } }),
            "invalid_field",
            422,
            "opens.at",
        ),
        (
            &check,
            policy(&[0], 20),
            "invalid_value",
            422,
            "reminders.before",
        ),
        (
            &check,
            policy(&[5], 121),
            "invalid_value",
            422,
            "reminders.chase_for_workdays",
        ),
        (
            &check,
            json!({ "frequency": "quarter" }),
            "in_use",
            409,
            "frequency",
        ),
        (
            &bulletin,
            json!({ "due_after_workdays": 5 }),
            "invalid_value",
            422,
            "due_after_workdays",
        ),
    ] {
        let request = || service.change("PATCH", &token, path, "*", &body);
        refused(&service, request, (status, code, field)).await?;
    }
    let appraisal = path(town, CycleKind::Appraisal).await?;
    let allowed = json!({ "frequency": "year" });
    let allowed = service.change("PATCH", &token, &appraisal, "*", &allowed);
    assert_eq!(
        allowed.expect(200)["frequency"],
        "year",
        "it has had no round yet"
    );
    Ok(())
}

async fn a_cycle_is_switched_and_stays_switched(town: &Town) -> anyhow::Result<()> {
    let plan = town.import().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let path = path(town, CycleKind::SpotCheck).await?;
    let (on, off) = (format!("{path}/on"), format!("{path}/off"));
    let early = || service.post(&token, &on, &json!({}));
    refused(&service, early, (409, "plan_not_issued", "")).await?;
    duban::flow::issue_plan::issue_plan(&town.ctx, plan, CyclesAtIssue::Off).await?;
    for _ in 0..2 {
        let shown = service.post(&token, &on, &json!({})).expect(200);
        assert_eq!(shown["enabled"], true);
        assert_eq!(shown["switched_on_on"], "2026-03-09");
        assert!(shown["next_commitment"].is_string());
    }
    town.set("2026-03-10", "09:00")?;
    for _ in 0..2 {
        let shown = service.post(&token, &off, &json!({})).expect(200);
        assert_eq!(
            (&shown["enabled"], &shown["switched_on_on"]),
            (&json!(false), &json!("2026-03-09"))
        );
    }
    let leader = service.token(UserRole::Leader, None).await?;
    let request = || service.post(&leader, &on, &json!({}));
    refused(&service, request, (403, "forbidden", "")).await?;
    let nobody = format!("/cycles/{}/on", uuid::Uuid::nil());
    let request = || service.post(&token, &nobody, &json!({}));
    refused(&service, request, (404, "not_found", "")).await
}

/// Period, opening day, due day of each row.
fn told(rows: &Value) -> Vec<(String, String, Value)> {
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let one = |row: &Value| {
        (
            text(row, "period"),
            text(row, "opens_on"),
            row["due_on"].clone(),
        )
    };
    rows["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(one)
        .collect()
}

async fn what_was_foreseen_is_what_opens(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Leader, None).await?;
    let mut foreseen = Vec::new();
    for kind in CycleKind::ALL {
        let path = path(town, kind).await?;
        let rows = service
            .get(
                &token,
                &format!("{path}/preview?from=2026-03-01&to=2026-04-21"),
            )
            .expect(200);
        assert_eq!(rows["enabled"], true);
        for row in rows["items"].as_array().expect("items") {
            foreseen.push((kind, row.clone()));
        }
    }
    assert_eq!(foreseen.len(), 3, "{foreseen:?}");
    for on in ["2026-03-31", "2026-04-01", "2026-04-20", "2026-04-21"] {
        town.dawn(on).await?;
    }
    let mut opened = 0;
    for (kind, row) in foreseen {
        let rounds = town.rounds(kind).await?;
        let round = rounds
            .iter()
            .find(|one| row["period"] == one.period.to_string());
        let round = round.unwrap_or_else(|| panic!("{row} did not open"));
        assert_eq!(row["opens_on"], json!(round.opened_on));
        assert_eq!(row["due_on"], json!(round.due_on));
        let asked = duban::storage::obligations::of_round(&town.ctx.db, round.id).await?;
        match kind {
            CycleKind::SpotCheck => assert_eq!(row["units_asked"], Value::Null),
            _ => assert_eq!(row["units_asked"], asked.len(), "{row}"),
        }
        opened += 1;
    }
    let mut all = 0;
    for kind in CycleKind::ALL {
        all += town.rounds(kind).await?.len();
    }
    assert_eq!(opened, all, "nothing opens that was not foreseen");
    Ok(())
}

async fn a_cycle_that_is_off_can_be_looked_ahead_and_a_late_round_is_marked(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::Off).await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let path = path(town, CycleKind::SpotCheck).await?;
    let off = service
        .get(
            &token,
            &format!("{path}/preview?from=2026-03-09&to=2026-06-30"),
        )
        .expect(200);
    assert_eq!(off["enabled"], false);
    let periods: Vec<String> = told(&off).into_iter().map(|one| one.0).collect();
    assert_eq!(periods, ["2026-04", "2026-05", "2026-06"]);
    service
        .post(&token, &format!("{path}/on"), &json!({}))
        .expect(200);
    town.set("2026-04-03", "09:00")?;
    let on = service
        .get(&token, &format!("{path}/preview?to=2026-05-31"))
        .expect(200);
    assert_eq!(
        (
            &on["items"][0]["period"],
            &on["items"][0]["opens_on"],
            &on["items"][0]["late"]
        ),
        (&json!("2026-04"), &json!("2026-04-03"), &json!(true))
    );
    assert_eq!(on["items"][1]["late"], false);
    town.dawn("2026-04-03").await?;
    let after = service
        .get(&token, &format!("{path}/preview?to=2026-05-31"))
        .expect(200);
    assert_eq!(
        told(&after).first().map(|one| one.0.clone()),
        Some("2026-05".to_owned())
    );
    for query in [
        "from=2026-05-02&to=2026-05-01",
        "from=2026-01-01&to=2029-01-02",
    ] {
        let request = || service.get(&token, &format!("{path}/preview?{query}"));
        refused(&service, request, (422, "invalid_value", "to")).await?;
    }
    let three_years = format!("{path}/preview?from=2026-01-01&to=2029-01-01");
    assert!(service.get(&token, &three_years).expect(200)["items"].is_array());
    Ok(())
}

on_both! {
    cycles_are_shown_with_rule_and_commitment_and_never_the_seed,
    a_rule_is_changed_by_who_has_seen_it,
    what_cannot_be_followed_is_refused_with_its_field,
    a_cycle_is_switched_and_stays_switched,
    what_was_foreseen_is_what_opens,
    a_cycle_that_is_off_can_be_looked_ahead_and_a_late_round_is_marked,
}
