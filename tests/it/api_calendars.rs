//! `/calendars` through the real routes: what is known, what is provisional, and what an import moves.

use crate::support::Town;
use crate::support::service::Service;
use crate::support::state::state_hash;
use crate::support::town::day;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};

/// 2027 as it might be announced.
const YEAR_2027: &str = r#"{"holidays":{"2027-01-01":"New Year's Day,元旦,1","2027-02-05":"Spring Festival,春节,4",
"2027-02-06":"Spring Festival,春节,4","2027-02-07":"Spring Festival,春节,4","2027-02-08":"Spring Festival,春节,4"},
"workdays":{"2027-01-09":"Spring Festival,春节,4","2027-01-16":"Spring Festival,春节,4"}}"#;

const TERMS: &str = "学年,学期,学段,开始,结束\n2026,1,小学,2026-09-02,2027-01-22\n";

fn find<'a>(list: &'a Value, name: &str, value: &Value) -> &'a Value {
    let items = list.as_array().expect("a list");
    items
        .iter()
        .find(|item| &item[name] == value)
        .unwrap_or(&Value::Null)
}

async fn years_and_days_tell_what_is_provisional(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::UnitContact, Some("S1")).await?;
    let known = service.get(&token, "/calendars").expect(200);
    let year = |number: i32| find(&known["years"], "year", &json!(number)).clone();
    assert_eq!(
        (&year(2026)["source"], &year(2026)["provisional"]),
        (&json!("built_in"), &json!(false))
    );
    assert_eq!(
        (
            &year(2027)["source"],
            &year(2027)["provisional"],
            &year(2027)["make_up_workdays"]
        ),
        (&json!("law"), &json!(true), &json!(0))
    );
    let days = service.get(&token, "/calendars/2026/days").expect(200);
    assert_eq!(days["provisional"], false);
    let on = |date: &str| find(&days["items"], "on", &json!(date)).clone();
    assert_eq!(
        (&on("2026-10-01")["kind"], &on("2026-10-01")["name"]),
        (&json!("off"), &json!("国庆节"))
    );
    assert_eq!(
        (&on("2026-03-08")["kind"], &on("2026-03-08")["name"]),
        (&json!("off"), &Value::Null)
    );
    assert_eq!(
        on("2026-03-09"),
        Value::Null,
        "a plain workday is not listed"
    );
    let off = days["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|day| day["kind"] == "off");
    assert_eq!(json!(off.count()), year(2026)["days_off"]);
    let far = service.get(&token, "/calendars/2150/days").expect(200);
    assert_eq!(
        far["items"][0],
        json!({ "on": "2150-01-01", "kind": "off", "name": "元旦", "provisional": true })
    );
    for path in [
        "/calendars/1899/days",
        "/calendars/9999999999/days",
        "/calendars/x/days",
    ] {
        assert_eq!(
            service.get(&token, path).refused(404),
            "not_found",
            "{path}"
        );
    }
    Ok(())
}

async fn an_import_tells_how_many_due_days_moved(town: &Town) -> anyhow::Result<()> {
    town.set("2026-12-31", "19:00")?;
    town.issue(CyclesAtIssue::On).await?;
    town.dawn("2027-01-04").await?;
    let check = town.ask("S6", ObligationKind::SpotCheck).await?;
    assert_eq!(check.due_on, day("2027-01-18")?);
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let upload = |name: &str, text: &str| {
        service.upload(
            &token,
            "/calendars/import",
            &[],
            &[("file", name, text.as_bytes())],
        )
    };
    let imported = upload("../节假日\u{202e}2027.json", YEAR_2027).expect(200);
    assert_eq!(
        (&imported["years"], &imported["days"], &imported["terms"]),
        (&json!([2027]), &json!(7), &json!(0))
    );
    let moved = imported["moved"].as_u64().unwrap_or_default();
    assert_eq!(
        town.ask("S6", ObligationKind::SpotCheck).await?.due_on,
        day("2027-01-15")?
    );
    let rounds = town.rounds(CycleKind::SpotCheck).await?;
    assert!(moved >= rounds.len() as u64, "{moved}");
    let known = service.get(&token, "/calendars").expect(200);
    let year = find(&known["years"], "year", &json!(2027));
    assert_eq!(
        (
            &year["source"],
            &year["provisional"],
            &year["file_name"],
            &year["make_up_workdays"]
        ),
        (
            &json!("imported"),
            &json!(false),
            &json!("节假日2027.json"),
            &json!(2)
        )
    );
    assert_eq!(
        upload("2027.json", YEAR_2027).expect(200)["moved"],
        0,
        "the same again moves nothing"
    );
    let next = YEAR_2027.replace("2027-", "2028-");
    upload("2028.json", &next).expect(200);
    let known = service.get(&token, "/calendars").expect(200);
    assert_eq!(
        find(&known["years"], "year", &json!(2027))["file_name"],
        "2027.json",
        "a year keeps the file it came from"
    );
    Ok(())
}

async fn terms_are_imported_and_told(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let primary = |year: i32| {
        let path = format!("/calendars/terms?school_year={year}");
        let terms = service.get(&token, &path).expect(200);
        assert_eq!(
            terms["items"].as_array().map(Vec::len),
            Some(12),
            "two terms of six levels"
        );
        find(&terms["items"], "level", &json!("primary")).clone()
    };
    assert_eq!(primary(2026)["provisional"], true);
    let files = [("file", "学期.csv", TERMS.as_bytes())];
    let imported = service
        .upload(&token, "/calendars/import", &[], &files)
        .expect(200);
    assert_eq!(imported["terms"], 1);
    assert_eq!(
        primary(2026),
        json!({ "period": "2026-T1", "school_year": 2026, "number": 1, "level": "primary",
                "starts_on": "2026-09-02", "ends_on": "2027-01-22", "provisional": false })
    );
    let later = primary(2027);
    assert_eq!(
        (&later["starts_on"], &later["provisional"]),
        (&json!("2027-09-02"), &json!(true))
    );
    // In March 2026 the school year is that of September 2025.
    let now = service.get(&token, "/calendars/terms").expect(200);
    assert_eq!(now["items"][0]["school_year"], 2025);
    let known = service.get(&token, "/calendars").expect(200);
    let settled: Vec<_> = known["terms"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|term| term["provisional"] == false)
        .collect();
    assert_eq!(settled.len(), 1);
    let bad = service.get(&token, "/calendars/terms?school_year=3000");
    assert_eq!(bad.refused(422), "invalid_parameter");
    Ok(())
}

async fn a_file_that_is_no_calendar_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let leader = service.token(UserRole::Leader, None).await?;
    let before = state_hash(&town.ctx.db).await?;
    for text in [
        "{}",
        "学年,学期\n",
        "BEGIN:VCALENDAR\n",
        "{\"holidays\":{\"2027-13-01\":\"x\"}}",
    ] {
        let files = [("file", "2027.json", text.as_bytes())];
        let response = service.upload(&token, "/calendars/import", &[], &files);
        assert_eq!(response.refused(422), "unreadable_file", "{text}");
    }
    let files = [("file", "2027.json", YEAR_2027.as_bytes())];
    let refused = service.upload(&leader, "/calendars/import", &[], &files);
    assert_eq!(refused.refused(403), "forbidden");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

on_both! {
    years_and_days_tell_what_is_provisional,
    an_import_tells_how_many_due_days_moved,
    terms_are_imported_and_told,
    a_file_that_is_no_calendar_changes_nothing,
}
