//! Obligations through REST: who sees them, and answering them.

use crate::support::Town;
use crate::support::pages::{all, column, refused};
use crate::support::service::Service;
use duban::domain::obligation::ObligationKind;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};

async fn path(town: &Town, unit: &str, kind: ObligationKind) -> anyhow::Result<String> {
    Ok(format!("/obligations/{}", town.ask(unit, kind).await?.id))
}

async fn each_sees_its_own_and_a_district_its_schools(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let units = |token: &str, query: &str| {
        let rows = all(&service, token, &format!("/obligations{query}"), 3);
        let mut codes = column(&rows, "unit_code");
        codes.sort();
        codes.dedup();
        codes
    };
    let office = service.token(UserRole::Supervisor, None).await?;
    assert!(units(&office, "").len() >= 11);
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    assert_eq!(units(&school, ""), ["S1"]);
    assert_eq!(units(&school, "?unit_code=S5"), Vec::<String>::new());
    let district = service.token(UserRole::UnitHead, Some("D1")).await?;
    assert_eq!(units(&district, ""), ["D1", "S1", "S2", "S3"]);
    let foreign = path(town, "S5", ObligationKind::Complete).await?;
    assert_eq!(service.get(&school, &foreign).refused(404), "not_found");
    assert_eq!(service.get(&district, &foreign).refused(404), "not_found");
    let own = path(town, "S1", ObligationKind::Complete).await?;
    for token in [&school, &district, &office] {
        assert_eq!(service.get(token, &own).expect(200)["unit_code"], "S1");
    }
    let reports = format!("{foreign}/reports");
    assert_eq!(service.get(&school, &reports).refused(404), "not_found");
    Ok(())
}

async fn filters_and_orders_say_what_they_mean(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Leader, None).await?;
    let rows = all(&service, &token, "/obligations?sort=due_on", 4);
    let due = column(&rows, "due_on");
    assert!(due.is_sorted(), "{due:?}");
    let mut backwards = column(&all(&service, &token, "/obligations?sort=-due_on", 7), "id");
    backwards.reverse();
    assert_eq!(backwards, column(&rows, "id"));
    let count = |query: &str| all(&service, &token, &format!("/obligations?{query}"), 200).len();
    let of = |wanted: &dyn Fn(&Value) -> bool| rows.iter().filter(|row| wanted(row)).count();
    assert_eq!(count("kind=complete"), of(&|row| row["kind"] == "complete"));
    assert_eq!(
        count("due_from=2026-04-30&due_to=2026-04-30"),
        of(&|row| row["due_on"] == "2026-04-30")
    );
    assert_eq!(count("unit_code=S1&state=open"), 2);
    assert_eq!(count("overdue=true"), 0);
    town.set("2026-03-13", "09:00")?;
    let late = of(&|row| row["kind"] == "acknowledge");
    assert!(late > 0);
    assert_eq!(count("overdue=true"), late);
    assert_eq!(count("overdue=false"), rows.len() - late);
    town.answer(town.ask("S1", ObligationKind::Acknowledge).await?.id)
        .await?;
    assert_eq!(count("overdue=true"), late - 1);
    assert_eq!(count("state=answered"), 1);
    let bad = service.get(&token, "/obligations?overdue=yes").expect(422);
    assert_eq!(bad["code"], "invalid_parameter");
    Ok(())
}

async fn pages_stay_as_they_are_while_rows_are_added(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Leader, None).await?;
    let before = column(&all(&service, &token, "/obligations", 200), "id");
    let first = service.get(&token, "/obligations?limit=5").expect(200);
    let mut seen = column(first["items"].as_array().expect("items"), "id");
    town.dawn("2026-04-01").await?;
    let mut cursor = first["next_cursor"].as_str().map(str::to_owned);
    while let Some(next) = cursor {
        let page = service
            .get(&token, &format!("/obligations?limit=5&cursor={next}"))
            .expect(200);
        seen.extend(column(page["items"].as_array().expect("items"), "id"));
        cursor = page["next_cursor"].as_str().map(str::to_owned);
    }
    let after = column(&all(&service, &token, "/obligations", 200), "id");
    assert!(after.len() > before.len());
    let kept: Vec<_> = seen.iter().filter(|id| before.contains(id)).collect();
    assert_eq!(kept.len(), before.len(), "none of those before is lost");
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), seen.len(), "none comes twice");
    let first = first["next_cursor"].as_str().unwrap_or_default();
    let other = service.get(&token, &format!("/obligations?state=open&cursor={first}"));
    assert_eq!(other.refused(422), "bad_cursor");
    Ok(())
}

async fn a_unit_answers_and_sees_what_it_said(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::UnitContact, Some("S1")).await?;
    let path = path(town, "S1", ObligationKind::Complete).await?;
    let before = service.get(&token, &path).expect(200);
    assert_eq!(
        (
            &before["state"],
            &before["first_due_on"],
            &before["settled_at"]
        ),
        (&json!("open"), &before["due_on"], &Value::Null)
    );
    let item = &before["items"][0];
    assert_eq!(
        (&item["task_number"], &item["role"], &item["percent"]),
        (&json!("二(一)2"), &json!("responsible"), &Value::Null)
    );
    let body = json!({
        "items": [{
            "assignment_id": item["assignment_id"], "percent": 80, "done": " 已建公示栏 ", "problems": "",
        }],
        "note": "按期",
    });
    let response = service.post(&token, &format!("{path}/reports"), &body);
    let made = response.expect(201);
    let report = format!("/reports/{}", made["id"].as_str().expect("an id"));
    assert_eq!(response.header("location"), format!("/api/v1{report}"));
    assert_eq!(
        (
            &made["version"],
            &made["reported_by"],
            &made["note"],
            &made["items"][0]["done"]
        ),
        (
            &json!(1),
            &json!("unit_contact-s1@example.org".replace('_', "-")),
            &json!("按期"),
            &json!("已建公示栏")
        )
    );
    assert_eq!(
        made["items"][0]["problems"],
        Value::Null,
        "nothing said is nothing"
    );
    assert_eq!(made["items"][0]["task_number"], "二(一)2");
    assert_eq!(service.get(&token, &report).expect(200), made);
    let body = json!({ "items": [{ "assignment_id": item["assignment_id"], "percent": 100 }] });
    let again = service
        .post(&token, &format!("{path}/reports"), &body)
        .expect(201);
    assert_eq!(again["version"], 2);
    let after = service.get(&token, &path).expect(200);
    assert_eq!(
        (&after["state"], &after["items"][0]["percent"]),
        (&json!("answered"), &json!(100))
    );
    assert_eq!(after["items"][0]["reported_on"], "2026-03-09");
    assert_eq!(
        column(after["reports"].as_array().expect("reports"), "version"),
        ["2", "1"]
    );
    let versions = all(&service, &token, &format!("{path}/reports"), 1);
    assert_eq!(versions, [again, made]);
    let acknowledge = self::path(town, "S1", ObligationKind::Acknowledge).await?;
    let bare = service.post(&token, &format!("{acknowledge}/reports"), &json!({}));
    assert_eq!(
        bare.expect(201)["items"],
        json!([]),
        "signing for it needs no words"
    );
    Ok(())
}

/// Bad input: a report on another unit's assignment; percent below 0 or above 100.
async fn what_is_no_answer_is_refused_and_changes_nothing(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::UnitContact, Some("S1")).await?;
    let own = path(town, "S1", ObligationKind::Complete).await?;
    let shown = service.get(&token, &own).expect(200);
    let mine = &shown["items"][0]["assignment_id"];
    let office = service.token(UserRole::Supervisor, None).await?;
    let other = path(town, "S5", ObligationKind::Complete).await?;
    let theirs = service.get(&office, &other).expect(200)["items"][0]["assignment_id"].clone();
    let item = |id: &Value, percent: i64| json!({ "items": [{ "assignment_id": id, "percent": percent }] });
    let place = "items[0].percent";
    for (body, wanted) in [
        (item(mine, 101), (422, "invalid_field", place)),
        (item(mine, -1), (422, "invalid_field", place)),
        (item(mine, 300), (422, "invalid_field", place)),
        (
            item(&theirs, 10),
            (422, "foreign_item", "items[0].assignment_id"),
        ),
        (json!({}), (422, "invalid_value", "items")),
        (json!({ "note": "  " }), (422, "invalid_value", "items")),
        (
            json!({ "items": [{ "assignment_id": mine, "percent": 1 }, { "assignment_id": mine, "percent": 2 }] }),
            (422, "invalid_value", "items[1].assignment_id"),
        ),
        (
            json!({ "note": "a\u{202e}b" }),
            (422, "invalid_field", "note"),
        ),
        (json!({ "percent": 5 }), (422, "unknown_field", "percent")),
    ] {
        let request = || service.post(&token, &format!("{own}/reports"), &body);
        refused(&service, request, wanted).await?;
    }
    let answer = item(mine, 10);
    let district = service.token(UserRole::UnitHead, Some("D1")).await?;
    let leader = service.token(UserRole::Leader, None).await?;
    let reading = service
        .token_of(UserRole::UnitContact, Some("S1"), TokenScope::Read)
        .await?;
    for (who, path, wanted) in [
        (&district, &own, (404, "not_found", "")),
        (&token, &other, (404, "not_found", "")),
        (&leader, &own, (403, "forbidden", "")),
        (&reading, &own, (403, "read_only_token", "")),
    ] {
        let request = || service.post(who, &format!("{path}/reports"), &answer);
        refused(&service, request, wanted).await?;
    }
    service
        .post(&office, &format!("{own}/reports"), &answer)
        .expect(201);
    Ok(())
}

on_both! {
    each_sees_its_own_and_a_district_its_schools,
    filters_and_orders_say_what_they_mean,
    pages_stay_as_they_are_while_rows_are_added,
    a_unit_answers_and_sees_what_it_said,
    what_is_no_answer_is_refused_and_changes_nothing,
}
