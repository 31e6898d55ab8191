//! Changing, removing and issuing tasks through the service: what was seen, whole or nothing, reasons, and who is told.

use crate::api_plans::paths;
use crate::support::Town;
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use crate::support::town::{MONDAY, UNITS};
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use duban::flow::answer_obligation::{Answer, answer_obligation};
use duban::flow::told_evidence::ToldEvidence;
use entity::audit_event;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

const CENTRE: &str = "B4,信息中心,institution,B0,,,辛老师,xinxi@town.example.org\n";
const NOBODY: &str = "0199f3a0-0000-7000-8000-000000000002";

fn make(service: &Service, token: &str, due_on: &str, extra: &Value) -> Response {
    let mut task = json!({
        "origin": "instruction",
        "title": "排查校门口交通隐患",
        "lead_units": ["安全科"],
        "responsible_units": ["S1"],
        "due_on": due_on,
    });
    for (name, value) in extra.as_object().expect("an object") {
        task[name] = value.clone();
    }
    service.post(token, "/tasks", &task)
}

fn made(service: &Service, token: &str, due_on: &str) -> String {
    let task = make(service, token, due_on, &json!({})).expect(201);
    task["id"].as_str().expect("an id").to_owned()
}

fn etag(service: &Service, token: &str, path: &str) -> String {
    service.get(token, path).header("etag").to_owned()
}

async fn a_held_task_is_settled_and_issued(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let plan = town.import_with(&UNITS.replace(CENTRE, "")).await?;
    let issue = |body: Value| service.post(&office, &format!("/plans/{plan}/issue"), &body);
    let held = issue(json!({ "cycles": "off" })).expect(200)["held"][0]["task_id"].clone();
    let path = format!("/tasks/{}", held.as_str().expect("an id"));
    let before = service.get(&office, &path).expect(200);
    assert_eq!(before["state"], "held");
    assert!(
        before["held_reason"]
            .as_str()
            .is_some_and(|why| why.contains("信息中心"))
    );
    let settle = json!({ "responsible_units": ["B1", "督导办"], "due_on": "2026-06-30" });
    let after = service.change(
        "PATCH",
        &office,
        &path,
        &etag(&service, &office, &path),
        &settle,
    );
    let after = after.expect(200);
    assert_eq!(
        (&after["state"], &after["held_reason"]),
        (&json!("imported"), &Value::Null)
    );
    assert_eq!(after["due_on"], "2026-06-30");
    assert_eq!(after["title"], before["title"], "what is not given stays");
    assert_eq!(after["lead_units"], json!(["安全科"]));
    assert_eq!(issue(json!({})).expect(200)["tasks"], 1);
    let audited = audit_event::Entity::find()
        .filter(audit_event::Column::Action.eq("change_task"))
        .one(&town.ctx.db)
        .await?
        .expect("an audit event");
    assert_eq!(audited.actor, "supervisor@example.org");
    assert!(audited.before.is_some_and(|text| text.contains("信息中心")));
    assert!(audited.after.is_some_and(|text| text.contains("督导室")));
    Ok(())
}

async fn a_change_needs_what_was_seen_and_right_fields(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import_units(UNITS).await?;
    let path = format!("/tasks/{}", made(&service, &office, "2026-05-01"));
    let seen = etag(&service, &office, &path);
    let change = |etag: &str, body: &Value| service.change("PATCH", &office, &path, etag, body);
    let bare = service.send(
        "PATCH",
        &format!("/api/v1{path}"),
        &office,
        &["Content-Type: application/json"],
        b"{}",
    );
    assert_eq!(bare.refused(428), "precondition_required");
    let cleared = change(&seen, &json!({ "due_on": null, "origin_note": "会上再议" })).expect(200);
    assert_eq!(
        (&cleared["due_on"], &cleared["origin_note"]),
        (&Value::Null, &json!("会上再议"))
    );
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(
        change(&seen, &json!({ "title": "另一标题" })).refused(412),
        "stale"
    );
    for (body, status, code, path) in [
        (
            json!({ "due_on": "2026-03-08" }),
            422,
            "invalid_value",
            "due_on",
        ),
        (
            json!({ "lead_units": [] }),
            422,
            "invalid_value",
            "lead_units",
        ),
        (
            json!({ "lead_units": ["甲"] }),
            422,
            "unknown_unit",
            "lead_units[0]",
        ),
        (
            json!({ "template_id": NOBODY }),
            422,
            "invalid_value",
            "template_id",
        ),
        (json!({ "state": "issued" }), 422, "unknown_field", "state"),
        (json!({ "text": "" }), 422, "invalid_field", "text"),
    ] {
        let refusal = change("*", &body);
        assert_eq!(refusal.refused(status), code, "{body}");
        assert_eq!(paths(&refusal.json()), [path], "{body}");
    }
    let missing = service.change(
        "PATCH",
        &office,
        &format!("/tasks/{NOBODY}"),
        "*",
        &json!({}),
    );
    assert_eq!(missing.refused(404), "not_found");
    let leader = service.token(UserRole::Leader, None).await?;
    let settled = state_hash(&town.ctx.db).await?;
    let refusal = service.change("PATCH", &leader, &path, "*", &json!({ "title": "甲" }));
    assert_eq!(refusal.refused(403), "forbidden");
    assert_eq!(state_hash(&town.ctx.db).await?, settled);
    assert_ne!(before, settled, "the leader is a row");
    Ok(())
}

async fn only_unissued_tasks_made_by_hand_are_removed(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import().await?;
    let document = service.get(&office, "/tasks?limit=1").expect(200);
    let document = format!(
        "/tasks/{}",
        document["items"][0]["id"].as_str().expect("an id")
    );
    let issued = make(&service, &office, "2026-05-01", &json!({ "issue": true })).expect(201);
    let issued = format!("/tasks/{}", issued["id"].as_str().expect("an id"));
    let path = format!("/tasks/{}", made(&service, &office, "2026-05-02"));
    let seen = etag(&service, &office, &path);
    service
        .change("PATCH", &office, &path, &seen, &json!({ "title": "改过" }))
        .expect(200);
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(service.delete(&office, &path, &seen).refused(412), "stale");
    assert_eq!(
        service.delete(&office, &document, "*").refused(409),
        "not_made_by_hand"
    );
    assert_eq!(
        service.delete(&office, &issued, "*").refused(409),
        "task_issued"
    );
    let patch = service.change("PATCH", &office, &issued, "*", &json!({ "title": "改" }));
    assert_eq!(patch.refused(409), "task_issued");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    service
        .delete(&office, &path, &etag(&service, &office, &path))
        .expect(204);
    assert_eq!(service.get(&office, &path).refused(404), "not_found");
    assert_eq!(
        service.delete(&office, &path, "*").refused(404),
        "not_found"
    );
    Ok(())
}

async fn tasks_of_several_plans_are_issued_together_or_not_at_all(
    town: &Town,
) -> anyhow::Result<()> {
    town.set(MONDAY, "08:30")?;
    town.run("remind").await?;
    town.set(MONDAY, "10:00")?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import_with(&UNITS.replace(CENTRE, "")).await?;
    let tasks = service.get(&office, "/tasks").expect(200);
    let (first, held) = (&tasks["items"][0]["id"], &tasks["items"][3]["id"]);
    let by_hand = made(&service, &office, "2026-05-01");
    let issue = |ids: Value| service.post(&office, "/tasks/issue", &json!({ "task_ids": ids }));
    let before = state_hash(&town.ctx.db).await?;
    let refusal = issue(json!([by_hand, first, held]));
    assert_eq!(refusal.refused(409), "task_held");
    assert_eq!(paths(&refusal.json()), ["task_ids[2]"]);
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let issued = issue(json!([by_hand, first])).expect(200);
    assert_eq!((&issued["tasks"], &issued["held"]), (&json!(2), &json!([])));
    assert_eq!(issued["assignments"], 2 + 7);
    // Two plans, and one mail for whoever has a part in both.
    assert_eq!(town.mails_to("s1@town.example.org").await?.len(), 1);
    assert_eq!(town.mails_to("s1@town.example.org").await?[0].asks, 3);
    assert_eq!(issue(json!([by_hand])).refused(409), "task_issued");
    Ok(())
}

async fn issuing_at_once_asks_the_units(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import_units(UNITS).await?;
    let task = make(&service, &office, "2026-05-01", &json!({ "issue": true })).expect(201);
    assert_eq!(task["state"], "issued");
    assert_eq!(task["assignments"], json!({ "lead": 1, "responsible": 1 }));
    town.ask("S1", ObligationKind::Acknowledge).await?;
    let complete = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(complete.due_on.to_string(), "2026-05-01");
    Ok(())
}

async fn asking_for_the_same_day_needs_a_reason(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import_units(UNITS).await?;
    let before = state_hash(&town.ctx.db).await?;
    let refusal = make(&service, &office, MONDAY, &json!({ "issue": true }));
    assert_eq!(refusal.refused(409), "reason_needed");
    assert_eq!(paths(&refusal.json()), ["reason"]);
    assert_eq!(
        state_hash(&town.ctx.db).await?,
        before,
        "the task is not made either"
    );
    let urgent = json!({ "issue": true, "reason": "上级要求今日报送" });
    make(&service, &office, MONDAY, &urgent).expect(201);
    let audited = audit_event::Entity::find()
        .filter(audit_event::Column::Action.eq("issue_tasks"))
        .one(&town.ctx.db)
        .await?;
    let after = audited.and_then(|row| row.after).unwrap_or_default();
    assert!(after.contains("上级要求今日报送"), "{after}");
    // The same by way of the plan, and of the task.
    let task = make(&service, &office, MONDAY, &json!({})).expect(201);
    let plan = task["plan_id"].as_str().expect("an id");
    let by_plan = service.post(&office, &format!("/plans/{plan}/issue"), &json!({}));
    assert_eq!(by_plan.refused(409), "reason_needed");
    let ids = json!({ "task_ids": [task["id"]] });
    assert_eq!(
        service.post(&office, "/tasks/issue", &ids).refused(409),
        "reason_needed"
    );
    let said = json!({ "task_ids": [task["id"]], "reason": "同上" });
    service.post(&office, "/tasks/issue", &said).expect(200);
    Ok(())
}

async fn going_over_the_budget_needs_a_reason(town: &Town) -> anyhow::Result<()> {
    let ctx = town.under(|settings| settings.asks_per_unit_month = 2);
    let service = Service::with(&ctx, duban::http::kernel::Limits::default())?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import_units(UNITS).await?;
    let at_once = json!({ "issue": true });
    make(&service, &office, "2026-05-01", &at_once).expect(201);
    make(&service, &office, "2026-05-02", &at_once).expect(201);
    // The same day again is the same request: nobody is asked once more.
    make(&service, &office, "2026-05-02", &at_once).expect(201);
    let before = state_hash(&town.ctx.db).await?;
    let refusal = make(&service, &office, "2026-05-03", &at_once);
    assert_eq!(refusal.refused(409), "reason_needed");
    let words = refusal.json()["detail"].to_string();
    assert!(
        words.contains("东区第一小学") && words.contains("安全科"),
        "{words}"
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let said = json!({ "issue": true, "reason": "汛期" });
    make(&service, &office, "2026-05-03", &said).expect(201);
    assert_eq!(town.asked("S1", ObligationKind::Complete).await?.len(), 3);
    Ok(())
}

async fn who_has_answered_for_a_day_is_asked_again_for_a_new_task(
    town: &Town,
) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import_units(UNITS).await?;
    let at_once = json!({ "issue": true });
    make(&service, &office, "2026-05-01", &at_once).expect(201);
    let first = town.ask("S1", ObligationKind::Complete).await?;
    let answer = Answer {
        obligation_id: first.id,
        reported_by: "test".to_owned(),
        note: Some("已完成".to_owned()),
        items: Vec::new(),
        values: Vec::new(),
        evidence: ToldEvidence::default(),
    };
    answer_obligation(&town.ctx, answer).await?;
    make(&service, &office, "2026-05-01", &at_once).expect(201);
    let asked = town.asked("S1", ObligationKind::Complete).await?;
    let open: Vec<_> = asked
        .iter()
        .filter(|one| one.state == ObligationState::Open)
        .collect();
    assert_eq!((asked.len(), open.len()), (2, 1));
    assert_ne!(open[0].id, first.id);
    // The lead has not answered: its open request takes the new task in.
    assert_eq!(town.asked("B3", ObligationKind::Complete).await?.len(), 1);
    Ok(())
}

/// Calls from several threads at once, in turn to two instances.
fn at_once(
    services: &[Service; 2],
    call: impl Fn(&Service, usize) -> Response + Sync,
) -> Vec<Response> {
    std::thread::scope(|scope| {
        let call = &call;
        let calls: Vec<_> = (0..6)
            .map(|at| scope.spawn(move || call(&services[at % 2], at)))
            .collect();
        calls
            .into_iter()
            .map(|call| call.join().expect("no panic"))
            .collect()
    })
}

async fn two_instances_number_and_issue_each_task_once(town: &Town) -> anyhow::Result<()> {
    let limits = duban::http::kernel::Limits::default();
    let services = [
        Service::start(town)?,
        Service::with(&town.another().await?, limits)?,
    ];
    let office = services[0].token(UserRole::Supervisor, None).await?;
    town.import_units(UNITS).await?;
    let made = at_once(&services, |service, _| {
        make(service, &office, "2026-05-01", &json!({}))
    });
    let made: Vec<Value> = made.iter().map(|response| response.expect(201)).collect();
    let mut numbers: Vec<&str> = made
        .iter()
        .filter_map(|task| task["number"].as_str())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, ["1", "2", "3", "4", "5", "6"]);
    assert!(
        made.iter()
            .all(|task| task["plan_id"] == made[0]["plan_id"]),
        "one ledger"
    );
    let ids: Vec<&Value> = made.iter().map(|task| &task["id"]).collect();
    let body = json!({ "task_ids": ids });
    let issued = at_once(&services, |service, _| {
        service.post(&office, "/tasks/issue", &body)
    });
    let mut statuses: Vec<u16> = issued.iter().map(|response| response.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
    let page = services[1]
        .get(&office, "/assignments?limit=200")
        .expect(200);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(6 * 2));
    assert_eq!(
        town.asked("S1", ObligationKind::Acknowledge).await?.len(),
        1
    );
    Ok(())
}

on_both!(
    two_instances_number_and_issue_each_task_once,
    a_held_task_is_settled_and_issued,
    a_change_needs_what_was_seen_and_right_fields,
    only_unissued_tasks_made_by_hand_are_removed,
    tasks_of_several_plans_are_issued_together_or_not_at_all,
    issuing_at_once_asks_the_units,
    asking_for_the_same_day_needs_a_reason,
    going_over_the_budget_needs_a_reason,
    who_has_answered_for_a_day_is_asked_again_for_a_new_task,
);
