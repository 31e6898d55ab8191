//! Indicators through REST: found in the text or added, confirmed, rejected, retired, and who is asked for them.

use crate::support::Town;
use crate::support::office::{Office, at, merge};
use crate::support::pages::{all, refused};
use duban::domain::cycle_kind::CycleKind;
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

const SCHOOLS: [&str; 6] = ["S1", "S2", "S3", "S4", "S5", "S6"];

async fn what_the_text_promises_is_asked_until_somebody_rejects_it(
    town: &Town,
) -> anyhow::Result<()> {
    let mut office = Office::of(town).await?;
    let found = office.found("开齐率");
    assert_eq!(found["state"], "proposed");
    assert_eq!(found["name"], "课程开齐率");
    assert_eq!(
        (&found["target"], &found["comparator"]),
        (&json!(95), &json!(">="))
    );
    assert_eq!(found["targets"].as_array().map(Vec::len), Some(1));
    let first = office.open("2026-03-09").await?;
    assert_eq!(office.units(&first), SCHOOLS);
    let told = office.change(
        &found,
        &json!({ "state": "rejected", "reason": "不是本市的指标" }),
    );
    assert_eq!(
        (&told["state"], &told["reason"]),
        (&json!("rejected"), &json!("不是本市的指标"))
    );
    let second = office.open("2026-09-14").await?;
    assert_eq!(office.units(&second), Vec::<String>::new());
    let told = office.change(&found, &json!({ "state": "confirmed" }));
    assert_eq!(told["reason"], Value::Null);
    Ok(())
}

async fn units_that_a_person_names_report_it_from_its_term_on(town: &Town) -> anyhow::Result<()> {
    let mut office = Office::of(town).await?;
    let rate = office.found("开齐率");
    office.change(&rate, &json!({ "reporters": ["S5", "信息中心"] }));
    office
        .add(json!({ "reporters": ["各地"], "starts_in": "2026-T1" }))
        .await?;
    let spring = office.open("2026-03-09").await?;
    // B4 has nothing to do with the task of the indicator.
    assert_eq!(office.units(&spring), ["B4", "S5"]);
    let autumn = office.open("2026-09-14").await?;
    assert_eq!(office.units(&autumn), ["B4", "D1", "D2", "S5"]);
    let preview = format!(
        "/cycles/{}/preview?from=2027-01-01&to=2027-07-31",
        town.cycle(CycleKind::Monitoring).await?.id
    );
    let seen = office.service.get(&office.token, &preview).expect(200);
    assert_eq!(seen["items"][0]["units_asked"], 4, "{seen}");
    // The unit is gone by that name: the others are asked, and a person is told.
    town.import_units(&crate::support::town::UNITS.replace("信息中心", "数据中心"))
        .await?;
    let next = office.open("2027-03-15").await?;
    assert_eq!(office.units(&next), ["D1", "D2", "S5"]);
    let listed = office
        .service
        .get(&office.token, &format!("/rounds/{next}"))
        .expect(200)["listed"]
        .to_string();
    assert!(listed.contains("信息中心"), "{listed}");
    Ok(())
}

async fn what_cannot_be_an_indicator_is_refused(town: &Town) -> anyhow::Result<()> {
    let mut office = Office::of(town).await?;
    let plan = town.plan().await?.id;
    let rate = office.found("开齐率");
    let nobody = uuid::Uuid::nil();
    for (more, wanted) in [
        (json!({ "plan_id": nobody }), (404, "not_found", "plan_id")),
        (
            json!({ "task_id": nobody }),
            (422, "invalid_value", "task_id"),
        ),
        (
            json!({ "reporters": [] }),
            (422, "invalid_value", "reporters"),
        ),
        (
            json!({ "reporters": ["各校", "无此校"] }),
            (422, "unknown_unit", "reporters[1]"),
        ),
        (
            json!({ "measured_in": "%", "target": 101 }),
            (422, "invalid_value", "target"),
        ),
        (
            json!({ "target": 0.0000001 }),
            (422, "invalid_field", "target"),
        ),
        (
            json!({ "starts_in": "2026-11" }),
            (422, "wrong_period", "starts_in"),
        ),
        (
            json!({ "comparator": ">" }),
            (422, "invalid_field", "comparator"),
        ),
    ] {
        let mut body = json!({ "plan_id": plan, "text": "听课", "comparator": ">=", "target": 20, "reporters": ["各校"] });
        merge(&mut body, more);
        let request = || office.service.post(&office.token, "/indicators", &body);
        refused(&office.service, request, wanted).await?;
    }
    office.open("2026-03-09").await?;
    office.tell("S1", &rate, json!(96)).await?;
    for (body, wanted) in [
        (
            json!({ "state": "retired" }),
            (409, "reason_needed", "reason"),
        ),
        (
            json!({ "state": "rejected", "reason": "错" }),
            (409, "in_use", "state"),
        ),
        (
            json!({ "text": "另一句话" }),
            (422, "invalid_value", "text"),
        ),
        (
            json!({ "measured_in": "所" }),
            (409, "in_use", "measured_in"),
        ),
        (json!({ "reason": "错" }), (422, "invalid_value", "reason")),
        (json!({ "target": 120 }), (422, "invalid_value", "target")),
        (
            json!({ "target": 90, "target_from": "2026" }),
            (422, "wrong_period", "target_from"),
        ),
        (
            json!({ "reporters": ["无此校"] }),
            (422, "unknown_unit", "reporters[0]"),
        ),
    ] {
        let request = || {
            office
                .service
                .change("PATCH", &office.token, &at(&rate), "*", &body)
        };
        refused(&office.service, request, wanted).await?;
    }
    let read = office.service.get(&office.token, &at(&rate));
    let etag = read.header("etag").to_owned();
    let retire = json!({ "state": "retired", "reason": "已并入其他指标" });
    let change = |etag: &str| {
        office
            .service
            .change("PATCH", &office.token, &at(&rate), etag, &retire)
    };
    assert_eq!(change(&etag).expect(200)["state"], "retired");
    assert_eq!(change(&etag).refused(412), "stale");
    let contact = office.service.token(UserRole::UnitHead, Some("S1")).await?;
    let request = || {
        office
            .service
            .change("PATCH", &contact, &at(&rate), "*", &retire)
    };
    refused(&office.service, request, (403, "forbidden", "")).await?;
    let admin = office.service.token(UserRole::Administrator, None).await?;
    let done = all(
        &office.service,
        &admin,
        "/audit-events?action=change_indicator",
        50,
    );
    assert_eq!(done.len(), 2, "a rejection of the other, and this");
    // What is asked already stays asked.
    office.tell("S2", &rate, json!(96)).await?;
    Ok(())
}

async fn a_simulation_keeps_what_was_decided(town: &Town) -> anyhow::Result<()> {
    let office = Office::of(town).await?;
    let rate = office.found("开齐率");
    office.change(
        &rate,
        &json!({ "state": "confirmed", "target": 97, "reporters": ["S5"] }),
    );
    let copy = duban::storage::Db::connect("sqlite::memory:").await?;
    duban::storage::schema::migrate(&copy).await?;
    let ctx = duban::flow::Ctx::with_clock(
        copy,
        town.ctx.settings.clone(),
        duban::clock::Clock::Set(town.clock.clone()),
        duban::entropy::Entropy::seeded(1),
    );
    let tx = ctx.write().await?;
    duban::storage::copies::copy_settings(&town.ctx.db, &tx).await?;
    tx.commit().await?;
    let plan = town.plan().await?.id;
    let (was, is) = (
        duban::storage::indicators::of_plan(&town.ctx.db, plan).await?,
        duban::storage::indicators::of_plan(&ctx.db, plan).await?,
    );
    assert_eq!(was, is);
    assert!(is.iter().any(|one| one.later.len() == 1));
    Ok(())
}

on_both! {
    what_the_text_promises_is_asked_until_somebody_rejects_it,
    units_that_a_person_names_report_it_from_its_term_on,
    what_cannot_be_an_indicator_is_refused,
    a_simulation_keeps_what_was_decided,
}
