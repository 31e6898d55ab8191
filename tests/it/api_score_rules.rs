//! Rule tables through REST: another version each, and none whose points do not fit.

use crate::support::Town;
use crate::support::pages::all;
use crate::support::service::Service;
use crate::support::state::state_hash;
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

on_both! {
    every_table_is_another_version,
    a_table_whose_points_do_not_fit_is_refused_by_field
}

fn table() -> Value {
    json!({
        "name": "简明办法", "full": 100, "base": 90, "least": 0, "kinds": ["school"],
        "rules": [
            { "subject": "reported_on_time", "points": 10 },
            { "subject": "not_reported", "points": 10, "most": 40 },
        ],
    })
}

async fn every_table_is_another_version(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let shipped = service.get(&office, "/score-rules/shipped").expect(200);
    assert_eq!(
        (shipped["full"].as_i64(), shipped["base"].as_i64()),
        (Some(100), Some(80))
    );
    assert_eq!(all(&service, &office, "/score-rules", 50).len(), 0);
    let made = service.post(&office, "/score-rules", &table()).expect(201);
    // The first is the one that comes with the program.
    assert_eq!(made["version"], 2);
    let rows = all(&service, &office, "/score-rules", 1);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["table"]["rules"], shipped["rules"]);
    assert_eq!(rows[1], made);
    assert_eq!(made["table"]["rules"][1]["most"], 40);
    assert_eq!(made["table"]["rules"][1]["by_share"], false);
    Ok(())
}

async fn a_table_whose_points_do_not_fit_is_refused_by_field(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let before = state_hash(&town.ctx.db).await?;
    for (field, value, path) in [
        ("base", json!(95), "rules"),
        ("full", json!(0), "full"),
        ("least", json!(100), "least"),
        ("kinds", json!([]), "kinds"),
        ("rules", json!([]), "rules"),
    ] {
        let mut wrong = table();
        wrong[field] = value;
        let answer = service.post(&office, "/score-rules", &wrong);
        assert_eq!(answer.refused(422), "rules_unfit", "{wrong}");
        assert_eq!(answer.json()["errors"][0]["path"], path, "{wrong}");
    }
    let mut wrong = table();
    wrong["rules"][1]["points"] = json!(-10);
    let answer = service.post(&office, "/score-rules", &wrong);
    assert_eq!(answer.refused(422), "rules_unfit");
    assert_eq!(answer.json()["errors"][0]["path"], "rules[1].points");
    for (pointer, value) in [("full", json!("100")), ("kinds", json!(["大学"]))] {
        let mut wrong = table();
        wrong[pointer] = value;
        assert_eq!(service.post(&office, "/score-rules", &wrong).status, 422);
    }
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    Ok(())
}
