//! Reminders through REST: the ledger, why each was told or not, and why an address was (not) mailed.

use crate::support::Town;
use crate::support::pages::{all, column, refused};
use crate::support::service::Service;
use crate::support::town::UNITS;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};

/// Why the one reminder of a query was told or not.
fn why(service: &Service, token: &str, query: &str) -> Value {
    let rows = all(service, token, &format!("/reminders?{query}"), 50);
    assert_eq!(rows.len(), 1, "{query}: {rows:?}");
    let id = rows[0]["id"].as_str().expect("an id");
    service.get(token, &format!("/reminders/{id}")).expect(200)
}

async fn each_reminder_says_why(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let sent = why(&service, &token, &format!("obligation_id={}", ask.id));
    assert_eq!(
        sent["why"],
        "2026-03-09 处于“首次通知”阶段（2026-04-30 到期），提醒“东区第一小学”的联络员；由邮件承载，该邮件已由邮件服务器接收。"
    );
    assert_eq!(
        (&sent["mail_state"], &sent["addressee"]),
        (&json!("sent"), &json!("to"))
    );
    let unaddressed = town.ask("S4", ObligationKind::Complete).await?;
    let none = why(
        &service,
        &token,
        &format!("obligation_id={}", unaddressed.id),
    );
    assert_eq!(
        (&none["state"], &none["reason"]),
        (&json!("suppressed"), &json!("no_address"))
    );
    assert!(
        none["why"]
            .as_str()
            .is_some_and(|why| why.contains("没有发出：联络员没有邮箱地址")),
        "{none}"
    );
    town.set("2026-03-10", "08:30")?;
    town.run("remind").await?;
    let signing = town.ask("S1", ObligationKind::Acknowledge).await?;
    town.answer(signing.id).await?;
    let taken = why(
        &service,
        &token,
        &format!("obligation_id={}&state=cancelled", signing.id),
    );
    assert_eq!(taken["reason"], "answered");
    assert!(
        taken["why"]
            .as_str()
            .is_some_and(|why| why.contains("已取消：单位已填报")),
        "{taken}"
    );
    Ok(())
}

async fn the_ledger_is_found_by_what_it_is_of(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.live("2026-03-10", "2026-03-10").await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Leader, None).await?;
    let rows = all(&service, &token, "/reminders", 7);
    let made = column(&rows, "made_at");
    assert!(made.is_sorted_by(|one, next| one >= next), "newest first");
    let count = |query: &str| all(&service, &token, &format!("/reminders?{query}"), 200).len();
    let of = |wanted: &dyn Fn(&Value) -> bool| rows.iter().filter(|row| wanted(row)).count();
    let mailed = rows.iter().find(|row| row["state"] == "mailed");
    let first = mailed.expect("a reminder that a mail carries");
    for field in [
        "contact_id",
        "mail_id",
        "obligation_id",
        "unit_code",
        "stage",
        "state",
    ] {
        let text = first[field].as_str().expect(field);
        let text = text.replace('+', "%2B");
        assert_eq!(
            count(&format!("{field}={text}")),
            of(&|row| row[field] == first[field]),
            "{field}"
        );
    }
    assert_eq!(
        count("from=2026-03-10"),
        of(&|row| row["made_on"] == "2026-03-10")
    );
    assert_eq!(
        count("to=2026-03-09"),
        of(&|row| row["made_on"] == "2026-03-09")
    );
    assert_eq!(count("stage=over%2B3"), 0);
    let bad = service.get(&token, "/reminders?stage=soon").expect(422);
    assert_eq!(bad["errors"][0]["path"], "stage");
    Ok(())
}

async fn a_lead_sees_its_copies_and_a_school_no_stranger_addresses(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::Off).await?;
    for on in ["2026-03-10", "2026-03-17", "2026-03-18", "2026-03-19"] {
        town.live(on, on).await?;
    }
    let service = Service::start(town)?;
    let lead = service.token(UserRole::UnitHead, Some("B2")).await?;
    let copies: Vec<Value> = all(&service, &lead, "/reminders", 50)
        .into_iter()
        .filter(|row| row["addressee"] == "copy_lead")
        .collect();
    assert!(!copies.is_empty());
    assert!(copies.iter().any(|row| row["unit_code"] == "S1"));
    assert!(
        copies
            .iter()
            .all(|row| row["contact_email"] == "jiaoxue@town.example.org")
    );
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let rows = all(&service, &school, "/reminders", 50);
    assert!(rows.iter().all(|row| row["unit_code"] == "S1"));
    let copied = rows
        .iter()
        .find(|row| row["addressee"] == "copy_lead")
        .expect("a copy");
    assert_eq!(
        (&copied["contact_email"], &copied["contact_name"]),
        (&Value::Null, &Value::Null)
    );
    assert!(
        rows.iter()
            .any(|row| row["contact_email"] == "s1@town.example.org")
    );
    let office = service.token(UserRole::Supervisor, None).await?;
    let foreign = all(&service, &office, "/reminders?unit_code=S5", 50);
    let path = format!("/reminders/{}", foreign[0]["id"].as_str().expect("an id"));
    assert_eq!(service.get(&school, &path).refused(404), "not_found");
    service.get(&office, &path).expect(200);
    Ok(())
}

async fn why_an_address_was_mailed_is_told_to_whom_it_concerns(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let ask = "/reminders/why?address=S1@Town.example.org&on=2026-03-09";
    let told = service.get(&office, ask).expect(200);
    assert_eq!(
        (&told["mailed"], &told["address"]),
        (&json!(true), &json!("s1@town.example.org"))
    );
    assert_eq!(told["unit_codes"], json!(["S1"]));
    assert_eq!(told["obligations"].as_array().map(Vec::len), Some(2));
    let own = service.token(UserRole::UnitContact, Some("S1")).await?;
    assert_eq!(service.get(&own, ask).expect(200), told);
    let district = service.token(UserRole::UnitHead, Some("D1")).await?;
    assert_eq!(service.get(&district, ask).expect(200), told);
    let other = service.token(UserRole::UnitContact, Some("S5")).await?;
    let foreign = service.get(&other, ask);
    assert_eq!(foreign.refused(404), "not_found");
    let nobody = service.get(&other, "/reminders/why?address=nobody@town.example.org");
    assert_eq!(foreign.expect(404)["detail"], nobody.expect(404)["detail"]);
    let shared = "/reminders/why?address=shared@town.example.org&on=2026-03-09";
    assert_eq!(
        service.get(&office, shared).expect(200)["unit_codes"],
        json!(["S2", "S3"])
    );
    let one = service.token(UserRole::UnitContact, Some("S3")).await?;
    let part = service.get(&one, shared).expect(200);
    assert_eq!(part["unit_codes"], json!(["S3"]));
    assert_eq!(
        column(part["obligations"].as_array().expect("asks"), "unit_code"),
        ["S3", "S3"]
    );
    for (query, field) in [
        ("address=x", "address"),
        ("", "address"),
        ("address=s1@town.example.org&on=1", "on"),
    ] {
        let request = || service.get(&office, &format!("/reminders/why?{query}"));
        refused(&service, request, (422, "invalid_parameter", field)).await?;
    }
    town.import_units(&UNITS.replace("甲老师,s1@", "庚老师,new@"))
        .await?;
    let past = service.get(&own, ask).expect(200);
    assert!(past["reasons"].to_string().contains("现已更换"), "{past}");
    Ok(())
}

on_both! {
    each_reminder_says_why,
    the_ledger_is_found_by_what_it_is_of,
    a_lead_sees_its_copies_and_a_school_no_stranger_addresses,
    why_an_address_was_mailed_is_told_to_whom_it_concerns,
}
