//! Drafts of bulletins that are given up: they stay, and others take their place.

use crate::support::Town;
use crate::support::bulletin_desk::{Desk, path};
use crate::support::service::Service;
use crate::support::state::state_hash;
use anyhow::Context;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};

on_both! {
    a_draft_is_discarded_and_another_takes_its_place,
    a_round_has_its_bulletin_drafted_anew,
    a_correction_that_is_given_up_is_made_anew
}

fn reason() -> Value {
    json!({ "reason": "数据不全，下周重新起草" })
}

async fn a_draft_is_discarded_and_another_takes_its_place(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let made = desk.draft("2026-03-10");
    let discard = |id: &Value| {
        desk.service
            .post(&desk.office, &path(id, "/discard"), &reason())
    };
    let lead = desk.service.token(UserRole::Leader, None).await?;
    let refused = desk
        .service
        .post(&lead, &path(&made["id"], "/discard"), &reason());
    assert_eq!(refused.refused(403), "forbidden");
    let blank = json!({ "reason": " " });
    let blank = desk
        .service
        .post(&desk.office, &path(&made["id"], "/discard"), &blank);
    assert_eq!(blank.status, 422);
    let shown = discard(&made["id"]).expect(200);
    assert_eq!(shown["state"], "discarded");
    assert_eq!(shown["discard_reason"], "数据不全，下周重新起草");
    assert!(shown["discarded_by"].is_string() && shown["discarded_at"].is_string());
    let before = state_hash(&town.ctx.db).await?;
    for refused in [
        discard(&made["id"]),
        desk.approve(&made["id"]),
        desk.publish(&made["id"]),
    ] {
        assert_eq!(refused.refused(409), "out_of_order");
        let detail = refused.json()["detail"].to_string();
        assert!(detail.contains("重新起草"), "{detail}");
    }
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    // Of the same day, and neither approved nor published ones are given up.
    let other = desk.draft("2026-03-10");
    desk.approve(&other["id"]).expect(200);
    assert_eq!(discard(&other["id"]).refused(409), "out_of_order");
    let published = desk.publish(&other["id"]).expect(200);
    assert_eq!(
        published["issue_number"], 1,
        "what is discarded has no number"
    );
    let late = discard(&other["id"]);
    assert_eq!(late.refused(409), "out_of_order");
    let detail = late.json()["detail"].to_string();
    assert!(
        detail.contains("于 2026年3月") && detail.contains("已印发"),
        "{detail}"
    );
    let school = desk
        .service
        .token(UserRole::UnitContact, Some("S1"))
        .await?;
    let hidden = desk.service.get(&school, &path(&made["id"], ""));
    assert_eq!(hidden.refused(404), "not_found");
    let list = desk
        .service
        .get(&desk.office, "/bulletins?state=discarded")
        .expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    Ok(())
}

async fn a_round_has_its_bulletin_drafted_anew(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    town.live("2026-03-30", "2026-04-01").await?;
    town.set("2026-04-01", "10:00")?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let list = service.get(&office, "/bulletins").expect(200);
    let first = list["items"][0].clone();
    let plan = first["plan_id"].clone();
    let discarded = service.post(&office, &path(&first["id"], "/discard"), &reason());
    discarded.expect(200);
    let body = json!({ "plan_id": plan, "as_of": first["as_of"] });
    let anew = service.post(&office, "/bulletins", &body).expect(201);
    for same in ["round_id", "period", "title", "as_of", "version"] {
        assert_eq!(anew[same], first[same], "{same}");
    }
    assert_ne!(anew["id"], first["id"]);
    // The round has its bulletin again: nothing more takes its place.
    let again = service.post(&office, "/bulletins", &body);
    assert_eq!(again.refused(409), "bulletin_pending");
    let of_round = format!(
        "/bulletins?round_id={}",
        first["round_id"].as_str().context("a round")?
    );
    let of_round = service.get(&office, &of_round).expect(200);
    assert_eq!(of_round["items"].as_array().map(Vec::len), Some(2));
    Ok(())
}

async fn a_correction_that_is_given_up_is_made_anew(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let published = desk.published("2026-03-10");
    let corrections = path(&published["id"], "/corrections");
    let wanted = json!({ "note": "数据有误", "fresh_numbers": false });
    let correct = || desk.service.post(&desk.office, &corrections, &wanted);
    let first = correct().expect(201);
    assert_eq!(correct().refused(409), "out_of_order");
    let discard = path(&first["id"], "/discard");
    desk.service
        .post(&desk.office, &discard, &reason())
        .expect(200);
    let second = correct().expect(201);
    assert_eq!(
        (&second["version"], &first["version"]),
        (&json!(2), &json!(2))
    );
    desk.approve(&second["id"]).expect(200);
    let second = desk.publish(&second["id"]).expect(200);
    assert_eq!(second["issue_number"], published["issue_number"]);
    Ok(())
}
