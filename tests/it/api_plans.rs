//! `/plans` through the real service: importing, reading, issuing, closing; and what a refusal leaves behind: nothing.

use crate::support::Town;
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use crate::support::town::{PLAN, UNITS, parsed, unit_rows};
use duban::domain::cycle_kind::CycleKind;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::preview_import::preview_import;
use serde_json::{Value, json};

const CENTRE: &str = "B4,信息中心,institution,B0,,,辛老师,xinxi@town.example.org\n";

fn import(
    service: &Service,
    token: &str,
    query: &str,
    plan: &str,
    units: Option<&str>,
) -> Response {
    let mut files = vec![("file", "plan.txt", plan.as_bytes())];
    files.extend(units.map(|units| ("units", "units.csv", units.as_bytes())));
    service.upload(
        token,
        &format!("/plans{query}"),
        &[("year", "2026")],
        &files,
    )
}

/// Paths of the fields that a refusal names.
pub fn paths(refusal: &Value) -> Vec<String> {
    let errors = refusal["errors"].as_array().expect("errors");
    errors
        .iter()
        .map(|error| error["path"].as_str().expect("a path").to_owned())
        .collect()
}

async fn a_dry_run_answers_what_the_command_prints(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let before = state_hash(&town.ctx.db).await?;
    let without = UNITS.replace(CENTRE, "");
    for units in [None, Some(UNITS), Some(without.as_str())] {
        let answer = import(&service, &office, "?dry_run=true", PLAN, units).expect(200);
        let rows = units.map(unit_rows).transpose()?;
        let printed = preview_import(parsed(PLAN)?, rows.as_deref())?;
        assert_eq!(answer, serde_json::to_value(&printed)?);
        let is_listed = answer["problems"].to_string().contains("信息中心");
        assert_eq!(is_listed, units == Some(without.as_str()));
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

/// Bad input F11: the same plan again over REST.
async fn a_plan_is_imported_once(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let first = import(&service, &office, "", PLAN, Some(UNITS));
    let told = first.expect(201);
    assert_eq!(told["new"], true);
    assert_eq!(told["units"]["total"], 13);
    let id = town.plan().await?.id;
    assert_eq!(told["plan_id"], id.to_string());
    assert_eq!(first.header("location"), format!("/api/v1/plans/{id}"));
    let before = state_hash(&town.ctx.db).await?;
    let again = import(&service, &office, "", PLAN, Some(UNITS)).expect(200);
    assert_eq!(
        (&again["new"], &again["plan_id"]),
        (&json!(false), &told["plan_id"])
    );
    let other = PLAN.replace("课程表", "课程表和作息表");
    assert_eq!(
        import(&service, &office, "", &other, None).refused(409),
        "plan_differs"
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn what_is_no_plan_is_refused_and_leaves_nothing(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let before = state_hash(&town.ctx.db).await?;
    let empty = import(&service, &office, "", "今日无事。", None);
    assert_eq!(empty.refused(422), "not_a_plan");
    let picture = service.upload(
        &office,
        "/plans",
        &[],
        &[("file", "a.docx", b"\x89PNG\r\n\x1a\n")],
    );
    assert_eq!(picture.refused(422), "unreadable_file");
    assert_eq!(paths(&picture.json()), ["file"]);
    let units = import(&service, &office, "", PLAN, Some("code,name\nA,"));
    assert_eq!(units.refused(422), "unreadable_file");
    assert_eq!(paths(&units.json()), ["units"]);
    let orphan = UNITS.replace("S1,东区第一小学,school,D1", "S1,东区第一小学,school,D9");
    for query in ["", "?dry_run=true"] {
        let orphan = import(&service, &office, query, PLAN, Some(&orphan));
        assert_eq!(orphan.refused(422), "unknown_unit");
    }
    let year = service.upload(
        &office,
        "/plans",
        &[("year", "99999")],
        &[("file", "a.txt", PLAN.as_bytes())],
    );
    assert_eq!(year.refused(422), "invalid_field");
    let missing = service.upload(&office, "/plans", &[], &[]);
    assert!(
        missing.status == 422 || missing.status == 400,
        "{}",
        missing.status
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn only_the_office_changes_plans(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let plan = town.import().await?;
    let before = state_hash(&town.ctx.db).await?;
    let mut tokens = Vec::new();
    for (role, unit) in [
        (UserRole::Leader, None),
        (UserRole::Auditor, None),
        (UserRole::UnitHead, Some("D1")),
        (UserRole::UnitContact, Some("S1")),
    ] {
        tokens.push((service.token(role, unit).await?, "forbidden"));
    }
    let reader = service.token_of(UserRole::Supervisor, None, TokenScope::Read);
    tokens.push((reader.await?, "read_only_token"));
    let settled = state_hash(&town.ctx.db).await?;
    for (token, code) in &tokens {
        assert_eq!(import(&service, token, "", PLAN, None).refused(403), *code);
        for action in ["issue", "close"] {
            let path = format!("/plans/{plan}/{action}");
            assert_eq!(service.post(token, &path, &json!({})).refused(403), *code);
        }
        service.get(token, &format!("/plans/{plan}")).expect(200);
    }
    assert_ne!(before, settled, "users are rows too");
    assert_eq!(state_hash(&town.ctx.db).await?, settled);
    assert_eq!(service.get("", "/plans").refused(401), "unauthenticated");
    Ok(())
}

async fn plans_are_listed_by_import_and_filtered(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import().await?;
    let make = |origin: &str| {
        let task = json!({ "origin": origin, "title": "事项", "lead_units": ["教学科"] });
        service.post(&office, "/tasks", &task).expect(201)["plan_id"].clone()
    };
    let titles = |query: &str| -> Vec<String> {
        let page = service.get(&office, &format!("/plans{query}")).expect(200);
        let items = page["items"].as_array().expect("items").iter();
        items
            .map(|item| item["title"].as_str().expect("a title").to_owned())
            .collect()
    };
    town.set("2026-03-09", "11:00")?;
    make("meeting");
    let (document, meeting) = ("青石市校园安全与课堂质量提升方案", "2026年会议议定事项");
    assert_eq!(titles(""), [document, meeting]);
    assert_eq!(titles("?sort=-imported_at"), [meeting, document]);
    assert_eq!(titles("?origin=document"), [document]);
    assert_eq!(titles("?origin=meeting,instruction"), [meeting]);
    assert_eq!(titles("?q=%E5%AE%89%E5%85%A8"), [document]);
    assert_eq!(
        titles("?q=%E9%9D%92%E6%95%99"),
        [document],
        "by document number"
    );
    assert_eq!(
        titles("?q=%25"),
        Vec::<String>::new(),
        "a percent sign is no pattern"
    );
    assert_eq!(titles("?issued=true"), Vec::<String>::new());
    let first = service.get(&office, "/plans?limit=1").expect(200);
    // Made between the pages: behind what was told, and told.
    town.set("2026-03-09", "12:00")?;
    make("collection");
    let cursor = first["next_cursor"].as_str().expect("a next page");
    let rest = titles(&format!("?cursor={cursor}"));
    assert_eq!(rest, [meeting, "2026年一次性报送事项"]);
    assert_eq!(
        service.get(&office, "/plans?state=x").refused(422),
        "unknown_parameter"
    );
    Ok(())
}

async fn a_plan_is_shown_whole(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Leader, None).await?;
    let without = UNITS.replace(CENTRE, "");
    let id = town.import_with(&without).await?;
    let path = format!("/plans/{id}");
    let plan = service.get(&office, &path).expect(200);
    assert_eq!(plan["document_number"], "青教〔2026〕3号");
    assert_eq!(plan["tasks"], json!({ "imported": 4 }));
    assert_eq!(plan["phases"].as_array().map(Vec::len), Some(3));
    assert_eq!(plan["goals"][0]["value"], 100);
    assert_eq!(plan["deadlines"][0]["due_on"], "2026-05-15");
    assert!(plan["problems"].to_string().contains("信息中心"));
    assert_eq!(plan["issued_to"]["units"], 0);
    duban::flow::issue_plan::issue_plan(&town.ctx, id, CyclesAtIssue::Off).await?;
    let plan = service.get(&office, &path).expect(200);
    assert_eq!(plan["tasks"], json!({ "held": 1, "issued": 3 }));
    assert_eq!(plan["issued_on"], "2026-03-09");
    let issued_to = &plan["issued_to"];
    assert_eq!(
        issued_to["by_kind"],
        json!({ "section": 2, "district": 2, "school": 6 })
    );
    assert_eq!(
        (&issued_to["units"], &issued_to["assignments"]),
        (&json!(10), &json!(23))
    );
    let unknown = service.get(&office, "/plans/0199f3a0-0000-7000-8000-000000000001");
    assert_eq!(unknown.refused(404), "not_found");
    Ok(())
}

async fn issuing_names_what_is_held(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let without = UNITS.replace(CENTRE, "");
    let id = town.import_with(&without).await?;
    let issue = |body: Value| service.post(&office, &format!("/plans/{id}/issue"), &body);
    let tasks = service.get(&office, "/tasks").expect(200);
    let ids: Vec<&Value> = (0..4).map(|at| &tasks["items"][at]["id"]).collect();
    let before = state_hash(&town.ctx.db).await?;
    let refusal = issue(json!({ "task_ids": [ids[3], ids[0]] }));
    assert_eq!(refusal.refused(409), "task_held");
    assert_eq!(paths(&refusal.json()), ["task_ids[0]"]);
    let words = refusal.json()["errors"][0]["message"].to_string();
    assert!(words.contains("信息中心"), "{words}");
    let nobody = "0199f3a0-0000-7000-8000-000000000002";
    let refusal = issue(json!({ "task_ids": [ids[0], nobody, ids[0]] }));
    assert_eq!(refusal.refused(422), "invalid_value");
    assert_eq!(paths(&refusal.json()), ["task_ids[1]", "task_ids[2]"]);
    assert_eq!(
        issue(json!({ "task_ids": [] })).refused(422),
        "invalid_field"
    );
    assert_eq!(issue(json!({ "tasks": [] })).refused(422), "unknown_field");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let some = issue(json!({ "task_ids": [ids[0]], "cycles": "off" })).expect(200);
    assert_eq!((&some["tasks"], &some["cycles"]), (&json!(1), &json!([])));
    let refusal = issue(json!({ "task_ids": [ids[0], ids[1]] }));
    assert_eq!(refusal.refused(409), "task_issued");
    assert_eq!(paths(&refusal.json()), ["task_ids[0]"]);
    let rest = issue(json!({})).expect(200);
    assert_eq!(rest["tasks"], 2);
    assert_eq!(rest["held"][0]["task_id"], *ids[3]);
    assert_eq!(rest["obligations"]["acknowledge"], 10);
    Ok(())
}

async fn a_first_issue_switches_the_cycles_on(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Administrator, None).await?;
    let id = town.import().await?;
    let issued = service.post(&office, &format!("/plans/{id}/issue"), &json!({}));
    assert_eq!(
        issued.expect(200)["cycles"].as_array().map(Vec::len),
        Some(5)
    );
    assert!(town.cycle(CycleKind::Dispatch).await?.enabled);
    Ok(())
}

async fn a_closed_plan_begins_no_rounds_and_issues_nothing(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.issue(CyclesAtIssue::On).await?;
    let id = town.plan().await?.id;
    let close = || {
        service.send(
            "POST",
            &format!("/api/v1/plans/{id}/close"),
            &office,
            &[],
            b"",
        )
    };
    assert_eq!(close().expect(200)["closed_on"], "2026-03-09");
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(close().refused(409), "plan_closed");
    let issue = service.post(&office, &format!("/plans/{id}/issue"), &json!({}));
    assert_eq!(issue.refused(409), "plan_closed");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    // The period of this one begins after the closing; that of March's dispatch began before, and runs to its end.
    town.dawn("2026-04-01").await?;
    assert_eq!(town.rounds(CycleKind::SpotCheck).await?.len(), 0);
    town.dawn("2026-06-22").await?;
    let dispatches = town.rounds(CycleKind::Dispatch).await?;
    let periods: Vec<String> = dispatches
        .iter()
        .map(|round| round.period.to_string())
        .collect();
    assert!(!periods.contains(&"2026-B3".to_owned()), "{periods:?}");
    Ok(())
}

on_both!(
    a_dry_run_answers_what_the_command_prints,
    a_plan_is_imported_once,
    what_is_no_plan_is_refused_and_leaves_nothing,
    only_the_office_changes_plans,
    plans_are_listed_by_import_and_filtered,
    a_plan_is_shown_whole,
    issuing_names_what_is_held,
    a_first_issue_switches_the_cycles_on,
    a_closed_plan_begins_no_rounds_and_issues_nothing,
);
