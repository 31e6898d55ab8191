//! A dispatch through REST: forms filled in before, and collecting from below along `parent`.

use crate::support::Town;
use crate::support::service::Service;
use crate::support::town::day;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use duban::flow::open_round_by_hand::open_round_by_hand;
use duban::storage::obligations;
use duban::storage::obligations::StoredObligation;
use serde_json::{Value, json};

on_both! {
    a_form_is_filled_in_with_what_was_told_and_confirmed_as_it_is,
    what_has_ended_is_not_asked_for,
    schools_answer_to_their_district_which_sums_up,
    in_a_vacation_schools_are_left_out_and_districts_have_nothing_to_sum_up,
    without_the_flag_only_leads_are_asked,
    an_issued_task_changes_in_nothing_but_whether_it_collects
}

async fn open(town: &Town) -> anyhow::Result<Vec<StoredObligation>> {
    let plan = town.plan().await?;
    let reason = Some("测试");
    let opened = open_round_by_hand(&town.ctx, &plan, CycleKind::Dispatch, None, reason).await?;
    Ok(obligations::of_round(&town.ctx.db, opened.round.id).await?)
}

fn form(service: &Service, token: &str, ask: &StoredObligation) -> Value {
    let path = format!("/obligations/{}/form", ask.id);
    service.get(token, &path).expect(200)
}

fn report(service: &Service, token: &str, ask: &StoredObligation, body: &Value) {
    let path = format!("/obligations/{}/reports", ask.id);
    service.post(token, &path, body).expect(201);
}

/// The item of a form about a task.
fn about<'a>(form: &'a Value, number: &str) -> &'a Value {
    let mut items = form["items"].as_array().into_iter().flatten();
    let found = items.find(|item| item["task_number"] == number);
    found.unwrap_or_else(|| panic!("{number}: {form}"))
}

/// Asks for the task of that number to collect.
fn collect(service: &Service, office: &str, number: &str) {
    let tasks = service.get(office, "/tasks?limit=50").expect(200);
    let mut tasks = tasks["items"].as_array().into_iter().flatten();
    let task = tasks.find(|task| task["number"] == number);
    let id = task
        .and_then(|task| task["id"].as_str())
        .unwrap_or_default();
    let changed = service
        .change(
            "PATCH",
            office,
            &format!("/tasks/{id}"),
            "*",
            &json!({ "collects": true }),
        )
        .expect(200);
    assert_eq!(changed["collects"], true);
}

async fn a_form_is_filled_in_with_what_was_told_and_confirmed_as_it_is(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let lead = service.token(UserRole::UnitContact, Some("B2")).await?;
    // The unit tells of everything it leads when it acknowledges and completes; a school tells of its part.
    let signing = town.ask("B2", ObligationKind::Acknowledge).await?;
    let items = form(&service, &lead, &signing)["answer"]["items"].clone();
    let told: Vec<Value> = items
        .as_array()
        .into_iter()
        .flatten()
        .zip([30, 60])
        .map(|(item, percent)| json!({ "assignment_id": item["assignment_id"], "percent": percent, "done": "已部署", "problems": "缺设备", "next_steps": null }))
        .collect();
    report(
        &service,
        &lead,
        &signing,
        &json!({ "items": told[..1], "note": null }),
    );
    let school = town.ask("S1", ObligationKind::Complete).await?;
    let part = form(&service, &office, &school)["items"][0]["assignment_id"].clone();
    let half = json!({ "items": [{ "assignment_id": part, "percent": 50, "done": "半数" }], "note": null });
    report(&service, &office, &school, &half);
    let asked = open(town).await?;
    assert_eq!(asked.len(), 2, "two lead units, one form each");
    let ask = town.ask("B2", ObligationKind::Dispatch).await?;
    let before = form(&service, &lead, &ask);
    assert_eq!(before["period"], "2026-B2");
    assert_eq!(before["since"], "2026-03-01");
    assert_eq!(before["ready"], false, "one of two was told");
    let first = about(&before, "二(一)1");
    assert_eq!(first["in_period"], true);
    assert_eq!(first["last"]["percent"], 30);
    assert_eq!(first["last"]["problems"], "缺设备");
    assert_eq!(first["light"]["percent"], 30);
    assert!(first["light"]["expected_percent"].is_number());
    assert_eq!(before["answer"]["items"][0]["percent"], 30);
    assert_eq!(before["answer"]["items"][0]["done"], "已部署");
    // What is not told yet is proposed by what has come from below: six schools, one of them half done.
    let second = about(&before, "二(一)2");
    assert_eq!(
        (&second["in_period"], &second["last"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(second["below"]["counts"]["total"], 6);
    assert_eq!(second["below"]["mean_percent"], 8.3);
    assert_eq!(second["below"]["reported_in_period"], 1);
    assert_eq!(before["answer"]["items"][1]["percent"], 8);
    report(
        &service,
        &lead,
        &signing,
        &json!({ "items": told, "note": null }),
    );
    let ready = form(&service, &lead, &ask);
    assert_eq!(ready["ready"], true);
    // Confirmed as it is, in one call.
    report(&service, &lead, &ask, &ready["answer"]);
    let answered = town.ask("B2", ObligationKind::Dispatch).await?;
    assert_eq!(answered.state, ObligationState::Answered);
    let reports = format!("/obligations/{}/reports", ask.id);
    let made = service.get(&lead, &reports).expect(200);
    assert_eq!(made["items"][0]["items"][1]["percent"], 60);
    // Others do not meet it.
    let other = service.token(UserRole::UnitContact, Some("B4")).await?;
    let path = format!("/obligations/{}/form", ask.id);
    assert_eq!(service.get(&other, &path).refused(404), "not_found");
    Ok(())
}

async fn what_has_ended_is_not_asked_for(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    open(town).await?;
    let ask = town.ask("B2", ObligationKind::Dispatch).await?;
    let before = form(&service, &office, &ask);
    let paused = &about(&before, "二(一)1")["assignment_id"];
    let pause =
        json!({ "decisions": [{ "assignment_id": paused, "event": "pause", "reason": "测试" }] });
    service
        .post(&office, "/assignment-events", &pause)
        .expect(201);
    let after = form(&service, &office, &ask);
    assert_eq!(after["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(after["answer"]["items"].as_array().map(Vec::len), Some(1));
    about(&after, "二(一)2");
    Ok(())
}

async fn schools_answer_to_their_district_which_sums_up(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    collect(&service, &office, "二(一)1");
    let asked = open(town).await?;
    // Two leads; six schools; two districts, which have no part in that task themselves, sum up.
    assert_eq!(asked.len(), 10);
    let round_due = asked.iter().map(|one| one.due_on).max();
    let lead_ask = town.ask("B2", ObligationKind::Dispatch).await?;
    assert_eq!(Some(lead_ask.due_on), round_due);
    let due = |unit: &'static str| async move {
        let ask = town.ask(unit, ObligationKind::Collect).await?;
        anyhow::Ok((ask.due_on, ask.what))
    };
    assert_eq!(lead_ask.due_on, day("2026-03-16")?);
    assert_eq!(due("S1").await?, (day("2026-03-12")?, None));
    assert_eq!(
        due("S6").await?,
        (day("2026-03-13")?, None),
        "of no district"
    );
    let (on, what) = due("D1").await?;
    assert_eq!(on, day("2026-03-13")?);
    assert_eq!(what.as_deref(), Some("审核并汇总所属 3 所学校的进展"));
    let told = town.mails_to("dong@town.example.org").await?;
    let sums_up = |mail: &&entity::mail::Model| mail.subject.contains("汇总报送");
    assert_eq!(told.iter().filter(sums_up).count(), 1, "told what is asked");
    let told = town.mails_to("s1@town.example.org").await?;
    let to_district = told
        .iter()
        .filter(|mail| mail.reply_to.as_deref() == Some("dong@town.example.org"));
    assert_eq!(to_district.count(), 1, "a school answers to its district");
    // A school answers; its district sees it, sends it back, sees it again and forwards it.
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let district = service.token(UserRole::UnitContact, Some("D1")).await?;
    let lead = service.token(UserRole::UnitContact, Some("B2")).await?;
    let ask = town.ask("S1", ObligationKind::Collect).await?;
    let part = form(&service, &school, &ask)["items"][0]["assignment_id"].clone();
    let done = |percent: u8| json!({ "items": [{ "assignment_id": part, "percent": percent, "done": "已公开" }], "note": null });
    report(&service, &school, &ask, &done(100));
    let decide = |token: &str, event: &str, due_on: Option<&str>| {
        let reason = due_on.map(|_| "请附课程表");
        let body = json!({ "decisions": [{ "assignment_id": part, "event": event, "reason": reason, "due_on": due_on }] });
        service.post(token, "/assignment-events", &body).expect(201);
    };
    decide(&district, "return", Some("2026-03-12"));
    let again = town.ask("S1", ObligationKind::Collect).await?;
    assert_eq!(again.state, ObligationState::Open, "sent back in the round");
    report(&service, &school, &ask, &done(100));
    decide(&district, "forward", None);
    let sum = town.ask("D1", ObligationKind::Collect).await?;
    let sheet = form(&service, &district, &sum);
    let below = sheet["from_below"].as_array().map_or(0, Vec::len);
    assert_eq!(below, 3, "its schools alone: {sheet}");
    assert_eq!(sheet["from_below"][0]["items"][0]["state"], "forwarded");
    assert_eq!(sheet["from_below"][0]["items"][0]["last"]["percent"], 100);
    let summary = json!({ "note": "三所学校中一所已完成，其余月底前完成" });
    report(&service, &district, &sum, &summary);
    // The lead unit sees districts and the school of none, with the summary.
    let seen = form(&service, &lead, &lead_ask);
    let codes: Vec<&str> = seen["from_below"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["unit_code"].as_str())
        .collect();
    assert_eq!(codes, ["D1", "D2", "S6"]);
    let first = &seen["from_below"][0];
    assert_eq!(first["note"], "三所学校中一所已完成，其余月底前完成");
    assert_eq!(
        (&first["schools_asked"], &first["schools_answered"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(about(&seen, "二(一)1")["below"]["counts"]["reported"], 1);
    Ok(())
}

async fn in_a_vacation_schools_are_left_out_and_districts_have_nothing_to_sum_up(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    collect(&service, &office, "二(一)1");
    town.set("2026-07-20", "10:00")?;
    let asked = open(town).await?;
    let kinds: Vec<ObligationKind> = asked.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [ObligationKind::Dispatch; 2]);
    let round = town.rounds(CycleKind::Dispatch).await?.pop();
    let listed = round.map(|round| round.listed).unwrap_or_default();
    assert!(
        listed
            .iter()
            .any(|one| one.contains("6 所学校因假期不参加")),
        "{listed:?}"
    );
    Ok(())
}

async fn without_the_flag_only_leads_are_asked(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let asked = open(town).await?;
    let kinds: Vec<ObligationKind> = asked.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [ObligationKind::Dispatch; 2]);
    assert!(asked.iter().all(|one| one.what.is_none()));
    Ok(())
}

async fn an_issued_task_changes_in_nothing_but_whether_it_collects(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    collect(&service, &office, "二(一)1");
    let tasks = service.get(&office, "/tasks?limit=50").expect(200);
    let id = tasks["items"][0]["id"].as_str().unwrap_or_default();
    let both = json!({ "collects": false, "title": "另一件" });
    let refused = service
        .change("PATCH", &office, &format!("/tasks/{id}"), "*", &both)
        .refused(409);
    assert_eq!(refused, "task_issued");
    let shown = service.get(&office, &format!("/tasks/{id}")).expect(200);
    assert_eq!(shown["collects"], tasks["items"][0]["collects"]);
    Ok(())
}
