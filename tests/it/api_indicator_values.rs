//! Values of indicators through REST: told, refused, judged by the target of their term, summed up.

use crate::support::Town;
use crate::support::office::{Office, at};
use crate::support::pages::{all, column, refused};
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

async fn every_version_of_a_value_stays_and_the_newest_counts(town: &Town) -> anyhow::Result<()> {
    let mut office = Office::of(town).await?;
    let rate = office.found("开齐率");
    office.open("2026-03-09").await?;
    let made = office.tell("S1", &rate, json!(94.5)).await?;
    assert_eq!(made["items"], json!([]));
    assert_eq!(made["values"][0]["attainment"], "not_attained");
    assert_eq!(made["values"][0]["trend"], "no_earlier_value");
    assert_eq!(
        made["values"][0]["sentence"],
        "课程开齐率 94.5%，目标不低于 95%，上学期没有数值"
    );
    office.tell("S1", &rate, json!(95)).await?;
    office.tell("S5", &rate, json!(100)).await?;
    let path = format!("{}/values", at(&rate));
    let newest = all(&office.service, &office.token, &path, 1);
    assert_eq!(column(&newest, "unit_code"), ["S1", "S5"]);
    assert_eq!(column(&newest, "value"), ["95", "100"]);
    assert_eq!(column(&newest, "attainment"), ["attained", "attained"]);
    let every = format!("{path}?all_versions=true&unit_code=S1&period=2025-T2");
    let every = all(&office.service, &office.token, &every, 50);
    assert_eq!(column(&every, "value"), ["94.5", "95"]);
    assert_eq!(column(&every, "superseded"), ["true", "false"]);
    assert_eq!(column(&every, "version"), ["1", "2"]);
    let other = format!("{path}?period=2026-T1");
    assert_eq!(
        all(&office.service, &office.token, &other, 50),
        Vec::<Value>::new()
    );
    let item = office
        .service
        .get(&office.token, &office.asked("S1").await?)
        .expect(200)["items"][0]
        .clone();
    assert_eq!(
        (&item["value"], &item["target"], &item["last_value"]),
        (&json!(95), &json!(95), &Value::Null)
    );
    let state = town.ask("S1", ObligationKind::Monitoring).await?.state;
    assert_eq!(state.as_str(), "answered");
    // A school sees its own, a district its schools', who was not asked nothing.
    for (role, unit, seen) in [
        (UserRole::UnitContact, "S5", vec!["S5"]),
        (UserRole::UnitContact, "D1", vec!["S1"]),
    ] {
        let token = office.service.token(role, Some(unit)).await?;
        let rows = all(&office.service, &token, &path, 50);
        assert_eq!(column(&rows, "unit_code"), seen, "{unit}");
    }
    let stranger = office
        .service
        .token(UserRole::UnitContact, Some("B4"))
        .await?;
    assert_eq!(
        office.service.get(&stranger, &path).refused(404),
        "not_found"
    );
    assert_eq!(office.service.get(&stranger, &at(&rate)).status, 200);
    Ok(())
}

/// Bad input: indicator values that are no numbers, out of bounds, or of indicators that are not asked for.
async fn a_value_that_cannot_be_is_refused_by_name(town: &Town) -> anyhow::Result<()> {
    let mut office = Office::of(town).await?;
    let rate = office.found("开齐率");
    let lessons = office.add(json!({ "reporters": ["S1"] })).await?;
    let foreign = office
        .add(json!({ "text": "别的", "reporters": ["S2"] }))
        .await?;
    office.open("2026-03-09").await?;
    let path = format!("{}/reports", office.asked("S1").await?);
    let (rate, lessons, foreign) = (&rate["id"], &lessons["id"], &foreign["id"]);
    let assignment = uuid::Uuid::nil();
    let good = json!({ "indicator_id": rate, "value": 96 });
    for (items, code, field) in [
        (
            json!([good, { "indicator_id": lessons, "value": 0.1234567 }]),
            "invalid_field",
            "items[1].value",
        ),
        (
            json!([good, { "indicator_id": lessons, "value": 1e12 }]),
            "invalid_field",
            "items[1].value",
        ),
        (
            json!([good, { "indicator_id": lessons, "value": "20" }]),
            "invalid_field",
            "items[1].value",
        ),
        (
            json!([good, { "indicator_id": lessons }]),
            "invalid_field",
            "items[1].value",
        ),
        (
            json!([good, { "indicator_id": lessons, "value": 1, "percent": 1 }]),
            "invalid_field",
            "items[1].percent",
        ),
        (
            json!([good, { "value": 1 }]),
            "invalid_field",
            "items[1].assignment_id",
        ),
        (
            json!([good, { "assignment_id": assignment, "percent": 1 }]),
            "invalid_field",
            "items[1].indicator_id",
        ),
        (
            json!([good, { "assignment_id": assignment, "indicator_id": lessons, "value": 1 }]),
            "invalid_field",
            "items[1].indicator_id",
        ),
        (
            json!([{ "indicator_id": lessons, "value": 1 }, { "indicator_id": rate, "value": 100.5 }]),
            "invalid_value",
            "items[1].value",
        ),
        (
            json!([{ "indicator_id": rate, "value": -1 }]),
            "invalid_value",
            "items[0].value",
        ),
        (
            json!([good, { "indicator_id": foreign, "value": 1 }]),
            "foreign_item",
            "items[1].indicator_id",
        ),
        (
            json!([good, { "indicator_id": assignment, "value": 1 }]),
            "foreign_item",
            "items[1].indicator_id",
        ),
        (
            json!([good, good]),
            "invalid_value",
            "items[1].indicator_id",
        ),
    ] {
        let body = json!({ "items": items });
        let request = || office.service.post(&office.token, &path, &body);
        refused(&office.service, request, (422, code, field)).await?;
    }
    // A number of lessons is no share: it may be large, and less than nothing is for people to judge.
    let both =
        json!({ "items": [good, { "indicator_id": lessons, "value": 250.25, "note": "含线上" }] });
    let made = office.service.post(&office.token, &path, &both).expect(201);
    assert_eq!(made["values"][1]["value"], 250.25);
    assert_eq!(made["values"][1]["note"], "含线上");
    // An acknowledgement asks for no indicator.
    let other = town.ask("S1", ObligationKind::Acknowledge).await?.id;
    let body = json!({ "items": [good] });
    let request = || {
        office.service.post(
            &office.token,
            &format!("/obligations/{other}/reports"),
            &body,
        )
    };
    refused(
        &office.service,
        request,
        (422, "foreign_item", "items[0].indicator_id"),
    )
    .await
}

async fn a_changed_target_judges_from_its_term_on(town: &Town) -> anyhow::Result<()> {
    let mut office = Office::of(town).await?;
    let rate = office.found("开齐率");
    office.change(&rate, &json!({ "state": "confirmed" }));
    office.open("2026-03-09").await?;
    office.tell("S1", &rate, json!(96)).await?;
    office.on("2026-09-14").await?;
    let told = office.change(&rate, &json!({ "target": 97.5 }));
    assert_eq!(told["target"], 97.5);
    let set = &told["targets"][1];
    assert_eq!(
        (&set["applies_from"], &set["value"]),
        (&json!("2026-T1"), &json!(97.5))
    );
    assert_eq!(set["set_by"], "supervisor@example.org");
    office.open("2026-09-14").await?;
    let made = office.tell("S1", &rate, json!(95.9)).await?;
    assert_eq!(made["values"][0]["trend"], "falling");
    assert_eq!(
        made["values"][0]["sentence"],
        "课程开齐率 95.9%，目标不低于 97.5%，比上学期（96%）下降 0.1 个百分点"
    );
    let rows = all(
        &office.service,
        &office.token,
        &format!("{}/values", at(&rate)),
        50,
    );
    assert_eq!(column(&rows, "target"), ["95", "97.5"]);
    assert_eq!(column(&rows, "attainment"), ["attained", "not_attained"]);
    // What nobody has confirmed was read wrongly from the beginning.
    let lessons = office.found("整改率");
    let told = office.change(&lessons, &json!({ "target": 99 }));
    assert_eq!(told["targets"][1]["applies_from"], Value::Null);
    Ok(())
}

async fn a_round_is_summed_up_for_those_who_meet_its_units(town: &Town) -> anyhow::Result<()> {
    let mut office = Office::of(town).await?;
    let rate = office.found("开齐率");
    office.open("2026-03-09").await?;
    for (unit, value) in [("S1", 97), ("S2", 99), ("S5", 94)] {
        office.tell(unit, &rate, json!(value)).await?;
    }
    let round = office.open("2026-09-14").await?;
    for (unit, value) in [("S1", 96), ("S2", 99), ("S3", 94), ("S5", 94)] {
        office.tell(unit, &rate, json!(value)).await?;
    }
    let path = format!("/rounds/{round}/attainment");
    let counts = |token: &str| {
        let rows = all(&office.service, token, &path, 1);
        assert_eq!(rows.len(), 1);
        [
            "asked",
            "answered",
            "attained",
            "not_attained",
            "falling",
            "missing",
        ]
        .map(|field| rows[0][field].as_u64().unwrap_or(99))
    };
    assert_eq!(counts(&office.token), [6, 4, 2, 2, 1, 2]);
    let flags = |token: &str, query: &str| {
        let mut rows = all(&office.service, token, &format!("{path}/flags?{query}"), 2);
        rows.sort_by_key(|row| row["unit_code"].to_string());
        rows
    };
    let flagged = flags(&office.token, "");
    assert_eq!(
        column(&flagged, "unit_code"),
        ["S1", "S3", "S4", "S5", "S6"]
    );
    assert_eq!(
        column(&flagged, "attainment"),
        [
            "attained",
            "not_attained",
            "no_value",
            "not_attained",
            "no_value"
        ]
    );
    assert_eq!(
        flagged[0]["sentence"],
        "课程开齐率 96%，目标不低于 95%，比上学期（97%）下降 1 个百分点"
    );
    assert_eq!(flagged[2]["sentence"], "课程开齐率尚未填报，目标不低于 95%");
    for (query, units) in [
        ("flag=falling", vec!["S1"]),
        ("flag=missing", vec!["S4", "S6"]),
        ("flag=not_attained", vec!["S3", "S5"]),
        ("unit_code=S4", vec!["S4"]),
        ("unit_code=S2", vec![]),
        ("unit_code=none", vec![]),
    ] {
        assert_eq!(
            column(&flags(&office.token, query), "unit_code"),
            units,
            "{query}"
        );
    }
    let down = all(
        &office.service,
        &office.token,
        &format!("{path}/flags?sort=-id"),
        2,
    );
    assert_eq!(down.len(), 5);
    let district = office.service.token(UserRole::UnitHead, Some("D1")).await?;
    assert_eq!(counts(&district), [3, 3, 2, 1, 1, 0]);
    assert_eq!(column(&flags(&district, ""), "unit_code"), ["S1", "S3"]);
    let stranger = office
        .service
        .token(UserRole::UnitContact, Some("B4"))
        .await?;
    for path in [path.clone(), format!("{path}/flags")] {
        assert_eq!(
            office.service.get(&stranger, &path).refused(404),
            "not_found"
        );
    }
    Ok(())
}

on_both! {
    every_version_of_a_value_stays_and_the_newest_counts,
    a_value_that_cannot_be_is_refused_by_name,
    a_changed_target_judges_from_its_term_on,
    a_round_is_summed_up_for_those_who_meet_its_units,
}
