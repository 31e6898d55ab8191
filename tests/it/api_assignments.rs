//! `/assignments` through the service: whose are seen, what the filters mean, and what was reported in the course of time.

use crate::api_tasks::column;
use crate::support::Town;
use crate::support::service::Service;
use duban::domain::obligation::ObligationKind;
use duban::domain::report::ReportItem;
use duban::domain::user_role::UserRole;
use duban::flow::answer_obligation::{Answer, answer_obligation};
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::told_evidence::ToldEvidence;
use duban::storage::obligations;
use serde_json::{Value, json};

const NOBODY: &str = "0199f3a0-0000-7000-8000-000000000003";

fn units(service: &Service, token: &str, query: &str) -> Vec<String> {
    let page = service
        .get(token, &format!("/assignments{query}"))
        .expect(200);
    column(&page, "unit_code")
}

/// Reports how far a unit is with all that its completion asks.
async fn report(town: &Town, unit: &str, percent: u8) -> anyhow::Result<()> {
    let obligation_id = town.ask(unit, ObligationKind::Complete).await?.id;
    let asked = obligations::assignments_asked(&town.ctx.db, &[obligation_id]).await?;
    let items = asked.iter().map(|(_, assignment)| ReportItem {
        assignment_id: *assignment,
        percent: Some(percent),
        done: Some(format!("完成 {percent}%")),
        problems: None,
        next_steps: Some("继续推进".to_owned()),
    });
    let answer = Answer {
        obligation_id,
        reported_by: format!("{unit} 联络员"),
        note: None,
        items: items.collect(),
        values: Vec::new(),
        evidence: ToldEvidence::default(),
    };
    answer_obligation(&town.ctx, answer).await?;
    Ok(())
}

async fn a_unit_sees_its_own_those_below_and_those_it_leads(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.issue(CyclesAtIssue::Off).await?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let district = service.token(UserRole::UnitHead, Some("D1")).await?;
    let lead = service.token(UserRole::UnitContact, Some("B3")).await?;
    let leader = service.token(UserRole::Leader, None).await?;
    assert_eq!(units(&service, &school, ""), ["S1", "S1", "S1"]);
    let mut below = units(&service, &district, "");
    below.sort();
    below.dedup();
    assert_eq!(below, ["D1", "S1", "S2", "S3"]);
    // It leads two tasks: 1 + 8 and 1 + 1 parts.
    assert_eq!(units(&service, &lead, "").len(), 11);
    assert_eq!(units(&service, &leader, "?limit=200").len(), 25);
    let of_others = service
        .get(&leader, "/assignments?unit_code=B4")
        .expect(200);
    let id = of_others["items"][0]["id"].as_str().expect("an id");
    let hidden = service.get(&school, &format!("/assignments/{id}"));
    let missing = service.get(&school, &format!("/assignments/{NOBODY}"));
    assert_eq!(hidden.refused(404), "not_found");
    assert_eq!(hidden.json()["detail"], missing.json()["detail"]);
    service
        .get(&lead, &format!("/assignments/{id}"))
        .expect(200);
    // A filter opens nothing.
    assert_eq!(
        units(&service, &school, "?unit_code=S2"),
        Vec::<String>::new()
    );
    Ok(())
}

async fn filters_of_assignments_hold_exactly(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Auditor, None).await?;
    town.issue(CyclesAtIssue::Off).await?;
    report(town, "S1", 40).await?;
    report(town, "S5", 100).await?;
    town.answer(town.ask("S6", ObligationKind::Acknowledge).await?.id)
        .await?;
    let plan = town.plan().await?.id;
    let tasks = service.get(&office, "/tasks").expect(200);
    let second = tasks["items"][1]["id"].as_str().expect("an id");
    let cases: Vec<(String, Vec<&str>)> = vec![
        (
            format!("?task_id={second}"),
            vec!["B2", "S1", "S2", "S3", "S4", "S5", "S6"],
        ),
        (format!("?task_id={second}&role=lead"), vec!["B2"]),
        (format!("?plan_id={NOBODY}"), vec![]),
        (format!("?plan_id={plan}&unit_code=B4"), vec!["B4"]),
        (
            "?unit_kind=district,institution".into(),
            vec!["D1", "D2", "B4"],
        ),
        (format!("?task_id={second}&level=junior"), vec!["S5"]),
        (format!("?task_id={second}&level=special"), vec![]),
        ("?percent_from=40".into(), vec!["S1", "S5"]),
        ("?percent_from=41&percent_to=100".into(), vec!["S5"]),
        ("?percent_to=99".into(), vec!["S1"]),
        ("?acknowledged=true".into(), vec!["S6", "S6", "S6"]),
        ("?acknowledged=false&unit_code=S6".into(), vec![]),
        ("?sort=-percent&limit=2".into(), vec!["S5", "S1"]),
    ];
    for (query, wanted) in cases {
        assert_eq!(units(&service, &office, &query), wanted, "{query}");
    }
    for query in [
        "?percent_from=-1",
        "?level=x",
        "?acknowledged=yes",
        "?unit=S1",
    ] {
        assert_eq!(
            service.get(&office, &format!("/assignments{query}")).status,
            422,
            "{query}"
        );
    }
    Ok(())
}

async fn pages_of_assignments_miss_nothing_in_either_order(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.issue(CyclesAtIssue::Off).await?;
    report(town, "S2", 40).await?;
    for sort in ["id", "-id", "percent", "-percent"] {
        let mut seen: Vec<String> = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/assignments?limit=4&sort={sort}{cursor}");
            let page = service.get(&office, &path).expect(200);
            seen.extend(column(&page, "id"));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 25, "{sort}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 25, "{sort}");
    }
    Ok(())
}

async fn an_assignment_tells_what_was_reported_in_order(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.issue(CyclesAtIssue::Off).await?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    report(town, "S1", 40).await?;
    town.set("2026-03-20", "09:00")?;
    report(town, "S1", 90).await?;
    let page = service
        .get(&school, "/assignments?percent_from=0")
        .expect(200);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
    let id = page["items"][0]["id"].as_str().expect("an id");
    let detail = service
        .get(&school, &format!("/assignments/{id}"))
        .expect(200);
    assert_eq!(
        (&detail["percent"], &detail["reported_on"]),
        (&json!(90), &json!("2026-03-20"))
    );
    assert_eq!(
        (&detail["task_number"], &detail["due_on"]),
        (&json!("二(一)2"), &json!("2026-04-30"))
    );
    assert_eq!(
        (&detail["unit_name"], &detail["role"]),
        (&json!("东区第一小学"), &json!("responsible"))
    );
    let told: Vec<(&Value, &Value, &Value)> = (0..2)
        .map(|at| &detail["reports"][at])
        .map(|one| (&one["version"], &one["percent"], &one["done"]))
        .collect();
    let (first, second) = (json!("完成 40%"), json!("完成 90%"));
    assert_eq!(
        told,
        [
            (&json!(1), &json!(40), &first),
            (&json!(2), &json!(90), &second)
        ]
    );
    assert_eq!(detail["reports"][0]["kind"], "complete");
    assert_eq!(detail["reports"][0]["reported_by"], "S1 联络员");
    Ok(())
}

on_both!(
    a_unit_sees_its_own_those_below_and_those_it_leads,
    filters_of_assignments_hold_exactly,
    pages_of_assignments_miss_nothing_in_either_order,
    an_assignment_tells_what_was_reported_in_order,
);
