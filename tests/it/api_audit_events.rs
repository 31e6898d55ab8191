//! `/audit-events` through the real routes: who did what, whoever tried what they may not, and whether all is whole.

use crate::support::Town;
use crate::support::service::Service;
use crate::support::town::UNITS;
use duban::domain::user_role::UserRole;
use duban::flow::seal_audit::seal_audit;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

async fn served(town: &Town) -> anyhow::Result<(Service, String, String)> {
    town.import_units(UNITS).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let auditor = service.token(UserRole::Auditor, None).await?;
    Ok((service, office, auditor))
}

fn actions(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("a list");
    items
        .iter()
        .map(|item| item["action"].as_str().expect("a code"))
        .collect()
}

async fn changes_are_told_with_who_and_what_before_and_after(town: &Town) -> anyhow::Result<()> {
    let (service, office, auditor) = served(town).await?;
    let unit = service.get(&office, "/units/by-code/S1").expect(200);
    let path = format!("/units/{}", unit["id"].as_str().unwrap_or_default());
    let body = json!({ "name": "东区一小", "parent_code": null });
    let changed = service.change("PATCH", &office, &path, "*", &body);
    changed.expect(200);
    let list = |query: &str| {
        service
            .get(&auditor, &format!("/audit-events?{query}"))
            .expect(200)
    };
    let page = list("action=change_unit");
    let event = &page["items"][0];
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&event["actor"], &event["actor_kind"], &event["outcome"]),
        (
            &json!("supervisor@example.org"),
            &json!("user"),
            &json!("done")
        )
    );
    assert_eq!(
        (&event["resource"], &event["row_id"], &event["target"]),
        (&json!("units"), &unit["id"], &json!("S1 东区一小"))
    );
    assert_eq!(
        (&event["before"]["name"], &event["before"]["parent_code"]),
        (&json!("东区第一小学"), &json!("D1"))
    );
    assert_eq!(
        (&event["after"]["name"], &event["after"]["parent_code"]),
        (&json!("东区一小"), &Value::Null)
    );
    assert_eq!(event["request_id"], changed.header("x-request-id"));
    assert_eq!(event["happened_at"], "2026-03-09T02:00:00Z");
    let at = format!("/audit-events/{}", event["id"].as_str().unwrap_or_default());
    assert_eq!(&service.get(&auditor, &at).expect(200), event);
    let of_row = format!("row_id={}", unit["id"].as_str().unwrap_or_default());
    assert_eq!(actions(&list(&of_row)), ["change_unit"]);
    Ok(())
}

async fn attempts_are_told_and_filters_narrow(town: &Town) -> anyhow::Result<()> {
    let (service, office, auditor) = served(town).await?;
    let school = service.token(UserRole::UnitHead, Some("S1")).await?;
    let foreign =
        service.get(&office, "/contacts?unit_code=S2").expect(200)["items"][0]["id"].clone();
    let path = format!("/contacts/{}", foreign.as_str().unwrap_or_default());
    assert_eq!(
        service.delete(&school, &path, "*").refused(404),
        "not_found"
    );
    let body = json!({ "code": "N1", "name": "x", "kind": "section" });
    assert_eq!(
        service.post(&school, "/units", &body).refused(403),
        "forbidden"
    );
    let list = |query: &str| {
        service
            .get(&auditor, &format!("/audit-events?{query}"))
            .expect(200)
    };
    let refused = list("outcome=refused&actor=unit-head-s1@example.org&sort=happened_at");
    assert_eq!(actions(&refused), ["write_contacts", "write_units"]);
    assert!(
        refused["items"][0]["target"]
            .as_str()
            .is_some_and(|target| target.contains(foreign.as_str().unwrap_or("-"))),
        "{refused}"
    );
    // Days of the bureau: 10:00 on 9 March there.
    assert_eq!(actions(&list("to=2026-03-08")), [""; 0]);
    assert_eq!(actions(&list("from=2026-03-10")), [""; 0]);
    assert!(actions(&list("from=2026-03-09&to=2026-03-09")).contains(&"import_units"));
    assert_eq!(actions(&list("resource=units")), ["import_units"]);
    assert_eq!(
        actions(&list("actor=unit-head")),
        [""; 0],
        "names are taken whole"
    );
    // Only administrators and auditors read them.
    for token in [&office, &school] {
        for path in ["/audit-events", "/audit-events/verification"] {
            assert_eq!(service.get(token, path).refused(403), "forbidden");
        }
    }
    let bad = service.get(&auditor, "/audit-events?from=2026-02-30");
    assert_eq!(bad.refused(422), "invalid_parameter");
    Ok(())
}

async fn the_newest_come_first_and_pages_hold(town: &Town) -> anyhow::Result<()> {
    let (service, office, auditor) = served(town).await?;
    for number in 0..7 {
        town.set("2026-03-09", &format!("11:0{number}"))?;
        let body = json!({ "code": format!("N{number}"), "name": "x", "kind": "external" });
        service.post(&office, "/units", &body).expect(201);
    }
    let mut targets = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/audit-events?action=create_unit&limit=3{cursor}");
        let page = service.get(&auditor, &path).expect(200);
        for item in page["items"].as_array().into_iter().flatten() {
            targets.push(item["target"].as_str().unwrap_or_default().to_owned());
        }
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
        town.set("2026-03-09", "12:00")?;
        let body =
            json!({ "code": format!("Z{}", targets.len()), "name": "x", "kind": "external" });
        service.post(&office, "/units", &body).expect(201);
    }
    let expected: Vec<String> = (0..7).rev().map(|number| format!("N{number} x")).collect();
    assert_eq!(targets, expected);
    Ok(())
}

async fn verification_reads_only_and_names_what_is_wrong(town: &Town) -> anyhow::Result<()> {
    let (service, _, auditor) = served(town).await?;
    let verify = |query: &str| {
        service
            .get(&auditor, &format!("/audit-events/verification{query}"))
            .expect(200)
    };
    let first = verify("");
    assert_eq!(
        (&first["whole"], &first["checked"]),
        (&json!(true), &json!(0))
    );
    assert!(first["unsealed"].as_u64() > Some(0), "{first}");
    assert_eq!(
        verify("")["unsealed"],
        first["unsealed"],
        "asking seals nothing"
    );
    seal_audit(&town.ctx).await?;
    let sealed = verify("");
    assert_eq!(
        (&sealed["checked"], &sealed["unsealed"]),
        (&first["unsealed"], &json!(0))
    );
    let anchor = format!(
        "{}:{}",
        sealed["checked"],
        sealed["head"].as_str().unwrap_or_default()
    );
    assert_eq!(verify(&format!("?anchor={anchor}"))["whole"], true);
    let other = anchor.replace(|letter: char| letter.is_ascii_alphabetic(), "0");
    assert_eq!(verify(&format!("?anchor={other}"))["whole"], false);
    for bad in ["x", "x:y", "1"] {
        let response = service.get(
            &auditor,
            &format!("/audit-events/verification?anchor={bad}"),
        );
        assert_eq!(response.refused(422), "invalid_parameter");
    }
    town.ctx
        .db
        .execute_unprepared("UPDATE audit_event SET target = 'x' WHERE chain_no = 2")
        .await?;
    let broken = verify("");
    assert_eq!(
        (&broken["whole"], &broken["checked"]),
        (&json!(false), &json!(1))
    );
    assert!(
        broken["broken"]
            .as_str()
            .is_some_and(|text| text.contains("第 2 条")),
        "{broken}"
    );
    Ok(())
}

on_both! {
    changes_are_told_with_who_and_what_before_and_after,
    attempts_are_told_and_filters_narrow,
    the_newest_come_first_and_pages_hold,
    verification_reads_only_and_names_what_is_wrong,
}
