//! More time through REST: asked for before the due day, seen by the lead unit, decided by the office.

use crate::support::Town;
use crate::support::pages::{all, refused};
use crate::support::service::Service;
use crate::support::state::state_hash;
use crate::support::town::day;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

on_both! {
    more_time_moves_the_day_and_the_reminders,
    a_refusal_is_told_and_no_stage_twice,
    a_second_request_says_so,
    whoever_asks_too_late_or_for_a_wrong_day_is_refused,
    lead_units_say_what_they_think_once,
    an_answer_lets_a_request_lapse,
    of_two_decisions_one_holds
}

fn wanted(ask: impl ToString, expected_on: &str) -> Value {
    json!({ "obligation_id": ask.to_string(), "reason": "设备未到", "progress": "场地已备好", "expected_on": expected_on })
}

async fn more_time_moves_the_day_and_the_reminders(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(ask.due_on, day("2026-04-30")?);
    town.live("2026-04-22", "2026-04-24").await?;
    town.set("2026-04-24", "14:00")?;
    let service = Service::start(town)?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let made = service
        .post(&school, "/extensions", &wanted(ask.id, "2026-05-29"))
        .expect(201);
    assert_eq!(made["state"], "requested");
    assert_eq!(made["number"], 1);
    let path = format!("/extensions/{}", made["id"].as_str().unwrap_or_default());
    let before = town.mails_to("s1@town.example.org").await?.len();
    let granted = json!({ "granted_on": "2026-05-20", "note": "请抓紧" });
    let decided = service
        .post(&office, &format!("{path}/decision"), &granted)
        .expect(200);
    assert_eq!(decided["state"], "granted");
    assert_eq!(decided["due_on"], "2026-05-20");
    assert_eq!(decided["first_due_on"], "2026-04-30");
    let mails = town.mails_to("s1@town.example.org").await?;
    assert_eq!(mails.len(), before + 1);
    let mail = &mails[mails.len() - 1];
    assert!(mail.subject.contains("延期已同意"), "{}", mail.subject);
    assert!(mail.text_body.contains("2026年5月20日") && mail.text_body.contains("2026年4月30日"));
    // The old day passes in silence; the new one is reminded of.
    town.live("2026-04-27", "2026-05-06").await?;
    let moved = town.ask("S1", ObligationKind::Complete).await?;
    let told =
        |revision: i32, ledger: &[duban::storage::reminders::StoredReminder]| -> Vec<String> {
            let of = ledger.iter().filter(|one| one.key.due_revision == revision);
            of.map(|one| one.key.stage.to_string()).collect()
        };
    let ledger = town.ledger(ask.id).await?;
    assert_eq!(told(moved.due_revision, &ledger), ["notice"]);
    town.live("2026-05-13", "2026-05-13").await?;
    let ledger = town.ledger(ask.id).await?;
    assert_eq!(told(moved.due_revision, &ledger), ["notice", "due-5"]);
    // The light is judged by the new day, which stands beside the first.
    let rows = all(&service, &school, "/assignments?unit_code=S1", 50);
    let row = rows.iter().find(|row| row["task_number"] == "二(一)2");
    let days = row.map(|row| (row["due_on"].clone(), row["first_due_on"].clone()));
    assert_eq!(days, Some(("2026-05-20".into(), "2026-04-30".into())));
    let explained = |unit: &str| {
        let rows = all(
            &service,
            &office,
            &format!("/assignments?unit_code={unit}"),
            50,
        );
        let row = rows.into_iter().find(|row| row["task_number"] == "二(一)2");
        let id = row.map(|row| row["id"].clone()).unwrap_or_default();
        let path = format!("/assignments/{}", id.as_str().unwrap_or_default());
        let light = service.get(&office, &path).expect(200)["light_today"].clone();
        light["expected_percent"].as_f64()
    };
    assert_eq!(explained("S2"), Some(100.0));
    assert!(explained("S1").is_some_and(|percent| percent < 100.0));
    Ok(())
}

async fn a_refusal_is_told_and_no_stage_twice(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    // due-5 was told on the 23rd.
    town.live("2026-04-22", "2026-04-24").await?;
    town.set("2026-04-24", "14:00")?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let made = service
        .post(&office, "/extensions", &wanted(ask.id, "2026-05-29"))
        .expect(201);
    let path = format!(
        "/extensions/{}/decision",
        made["id"].as_str().unwrap_or_default()
    );
    let without = service.post(&office, &path, &json!({ "granted_on": null, "note": null }));
    assert_eq!(without.refused(422), "invalid_value");
    let before = town.mails_to("s1@town.example.org").await?.len();
    service
        .post(
            &office,
            &path,
            &json!({ "granted_on": null, "note": "时间足够" }),
        )
        .expect(200);
    let mails = town.mails_to("s1@town.example.org").await?;
    assert_eq!(mails.len(), before + 1);
    let mail = &mails[mails.len() - 1];
    assert!(mail.subject.contains("延期未获同意"), "{}", mail.subject);
    assert!(mail.text_body.contains("时间足够"));
    let moved = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(moved.due_on, ask.due_on);
    // A digest on the next workday has nothing new to tell; the stage after it does.
    town.live("2026-04-27", "2026-04-27").await?;
    assert_eq!(
        town.mails_to("s1@town.example.org").await?.len(),
        before + 1
    );
    town.live("2026-04-28", "2026-04-30").await?;
    assert!(town.mails_to("s1@town.example.org").await?.len() > before + 1);
    Ok(())
}

async fn a_second_request_says_so(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    for (number, day) in [(1, "2026-05-20"), (2, "2026-06-10")] {
        let made = service
            .post(&office, "/extensions", &wanted(ask.id, day))
            .expect(201);
        assert_eq!(made["number"], number);
        let again = service.post(&office, "/extensions", &wanted(ask.id, "2026-07-10"));
        assert_eq!(again.refused(409), "extension_pending");
        let path = format!(
            "/extensions/{}/decision",
            made["id"].as_str().unwrap_or_default()
        );
        let granted = json!({ "granted_on": day, "note": null });
        let decided = service.post(&office, &path, &granted).expect(200);
        assert_eq!(decided["first_due_on"], "2026-04-30");
    }
    let rows = all(&service, &office, "/extensions?unit_code=S1", 1);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1]["due_on_before"], "2026-05-20");
    Ok(())
}

/// Bad input: more time asked for after the due day, or until a day that is none.
async fn whoever_asks_too_late_or_for_a_wrong_day_is_refused(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let foreign = town.ask("S2", ObligationKind::Complete).await?;
    let acknowledge = town.ask("S1", ObligationKind::Acknowledge).await?;
    let before = state_hash(&town.ctx.db).await?;
    let post = |body: &Value| service.post(&school, "/extensions", body);
    assert_eq!(
        post(&wanted(foreign.id, "2026-05-20")).refused(404),
        "not_found"
    );
    for (body, code) in [
        (wanted(acknowledge.id, "2026-05-20"), "invalid_value"),
        (wanted(ask.id, "2026-04-30"), "wrong_day"),
        // A Sunday.
        (wanted(ask.id, "2026-05-24"), "wrong_day"),
    ] {
        assert_eq!(post(&body).refused(422), code, "{body}");
    }
    let mut empty = wanted(ask.id, "2026-05-20");
    empty["reason"] = "  ".into();
    assert_eq!(post(&empty).status, 422);
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    town.set("2026-05-06", "09:00")?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let late = || service.post(&school, "/extensions", &wanted(ask.id, "2026-05-20"));
    refused(&service, late, (409, "due_day_passed", "obligation_id")).await
}

async fn lead_units_say_what_they_think_once(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let lead = service.token(UserRole::UnitContact, Some("B2")).await?;
    let other = service.token(UserRole::UnitContact, Some("B4")).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let made = service
        .post(&school, "/extensions", &wanted(ask.id, "2026-05-20"))
        .expect(201);
    let path = format!("/extensions/{}", made["id"].as_str().unwrap_or_default());
    let view = json!({ "agrees": false, "note": "上学期已延过" });
    let views = format!("{path}/views");
    assert_eq!(
        service.post(&other, &views, &view).refused(404),
        "not_found"
    );
    assert_eq!(
        service.post(&school, &views, &view).refused(403),
        "not_yours"
    );
    let seen = service.post(&lead, &views, &view).expect(200);
    assert_eq!(seen["views"][0]["unit_name"], "教学科");
    assert_eq!(seen["views"][0]["agrees"], false);
    assert_eq!(service.post(&lead, &views, &view).refused(409), "taken");
    assert_eq!(all(&service, &lead, "/extensions", 50).len(), 1);
    assert_eq!(all(&service, &other, "/extensions", 50).len(), 0);
    Ok(())
}

async fn an_answer_lets_a_request_lapse(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let made = service
        .post(&office, "/extensions", &wanted(ask.id, "2026-05-20"))
        .expect(201);
    town.answer(ask.id).await?;
    let path = format!("/extensions/{}", made["id"].as_str().unwrap_or_default());
    assert_eq!(service.get(&office, &path).expect(200)["state"], "lapsed");
    let granted = json!({ "granted_on": "2026-05-20", "note": null });
    let late = service.post(&office, &format!("{path}/decision"), &granted);
    assert_eq!(late.refused(409), "out_of_order");
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(ask.state, ObligationState::Answered);
    let late = service.post(&office, "/extensions", &wanted(ask.id, "2026-05-20"));
    assert_eq!(late.refused(409), "obligation_settled");
    Ok(())
}

async fn of_two_decisions_one_holds(town: &Town) -> anyhow::Result<()> {
    use duban::flow::extend_due_day::decide_extension;
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let made = service
        .post(&office, "/extensions", &wanted(ask.id, "2026-05-20"))
        .expect(201);
    let id: uuid::Uuid = made["id"].as_str().unwrap_or_default().parse()?;
    let id = duban::domain::ids::ExtensionId(id);
    let other = town.another().await?;
    let (grant, refuse) = tokio::join!(
        decide_extension(
            &town.ctx,
            "one@town.example.org",
            id,
            Some(day("2026-05-20")?),
            None
        ),
        decide_extension(
            &other,
            "two@town.example.org",
            id,
            None,
            Some("不宜延期".to_owned())
        ),
    );
    assert!(grant.is_ok() != refuse.is_ok(), "{grant:?} {refuse:?}");
    let lost = grant.err().or(refuse.err()).map(|error| error.to_string());
    assert!(lost.is_some_and(|text| text.contains("@town.example.org")));
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(ask.due_revision, 1);
    Ok(())
}
