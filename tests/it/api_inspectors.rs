//! The pool of inspectors through REST, and the draw of inspectors: recused, spread, replayed.

use crate::support::Town;
use crate::support::checks::{Checks, INSPECTING, address, text};
use crate::support::pages::wrong;
use crate::support::state::state_hash;
use duban::domain::draw::commitment;
use duban::domain::user_role::UserRole;
use duban::flow::verify_draw::verify_draw;
use duban::storage::rounds::StoredDraw;
use entity::{inspection, inspection_inspector, inspection_item, round};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use std::collections::BTreeMap;

on_both! {
    a_batch_is_kept_whole_or_not_at_all,
    inspectors_are_drawn_from_the_committed_seed_and_never_of_the_unit_or_above,
    a_changed_team_does_not_verify_and_an_old_draw_does,
    a_pool_that_cannot_satisfy_is_told
}

async fn a_batch_is_kept_whole_or_not_at_all(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({})).await?;
    let before = state_hash(&town.ctx.db).await?;
    let one = |name: &str, unit: &str, email: &str| json!({ "name": name, "unit_code": unit, "email": email });
    for (second, code, field) in [
        (
            one("乙", "X9", "yi@example.org"),
            "unknown_unit",
            "inspectors[1].unit_code",
        ),
        (
            one("乙", "B3", "JIA@example.org"),
            "invalid_value",
            "inspectors[1].email",
        ),
        (
            one("乙", "B3", "no address"),
            "invalid_field",
            "inspectors[1].email",
        ),
    ] {
        let body = json!({ "inspectors": [one("甲", "B2", "jia@example.org"), second] });
        let refused = checks.post("/inspectors", &body);
        assert_eq!(refused.refused(422), code, "{body}");
        assert_eq!(wrong(&refused.json()), [field], "{body}");
    }
    let none = checks.post("/inspectors", &json!({ "inspectors": [] }));
    assert_eq!(none.status, 422);
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    // The same again changes nothing; another name and unit under a known address is a correction.
    let body = json!({ "inspectors": [one("B2检查员", "B2", &address("B2")), one("换名", "B4", &address("B3").to_uppercase())] });
    let kept = checks.post("/inspectors", &body).expect(200);
    assert_eq!((&kept["added"], &kept["changed"]), (&json!(0), &json!(1)));
    let rows = checks.rows("/inspectors?unit_code=B4");
    assert_eq!((rows.len(), text(&rows[0]["name"])), (1, "换名".to_owned()));
    let path = format!("/inspectors/{}", text(&rows[0]["id"]));
    let (service, office) = (&checks.service, &checks.office());
    let stale = service.change(
        "PATCH",
        office,
        &path,
        "\"1-x\"",
        &json!({ "active": false }),
    );
    assert!(
        stale.status == 412 || stale.status == 422,
        "{}",
        stale.status
    );
    let changed = service.change("PATCH", office, &path, "*", &json!({ "active": false }));
    assert_eq!(changed.expect(200)["active"], false);
    assert_eq!(checks.rows("/inspectors?active=true").len(), 3);
    // Who may inspect is nothing for units.
    let unit = checks.contact("B2").await?;
    assert_eq!(service.get(&unit, "/inspectors").refused(403), "forbidden");
    Ok(())
}

async fn inspectors_are_drawn_from_the_committed_seed_and_never_of_the_unit_or_above(
    town: &Town,
) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({})).await?;
    let cycle = &checks.rows("/cycles?kind=spot_check")[0];
    let published = text(&cycle["next_commitment"]);
    assert!(cycle.get("next_seed").is_none() && published.len() == 64);
    assert_eq!(
        (&cycle["mode"], &cycle["confirm"]),
        (&json!("desk"), &json!("auto"))
    );
    assert_eq!(cycle["inspectors_per_unit"], 2);
    let round = checks.open().await?;
    let path = format!("/rounds/{}/draw", round.id);
    let drawn = checks.service.get(&checks.office(), &path).expect(200);
    assert_eq!(text(&drawn["commitment"]), published);
    assert_eq!(commitment(&text(&drawn["seed"])), published);
    assert_eq!(
        (&drawn["commitment_holds"], &drawn["result_holds"]),
        (&json!(true), &json!(true))
    );
    let directory = town.ctx.units().await?;
    let teams = drawn["teams"].as_array().cloned().unwrap_or_default();
    assert_eq!(Some(teams.len()), drawn["picks"].as_array().map(Vec::len));
    let mut load: BTreeMap<String, usize> = BTreeMap::new();
    for team in &teams {
        let unit = directory.by_code(&text(&team["unit_code"])).expect("drawn");
        let parent = unit.parent_id.and_then(|id| directory.get(id));
        let parent = parent.map(|parent| parent.code.clone()).unwrap_or_default();
        let inspectors = team["inspectors"].as_array().cloned().unwrap_or_default();
        assert_eq!(inspectors.len(), 2, "{team}");
        for one in &inspectors {
            let of = text(&one["unit_code"]);
            assert!(of != unit.code && of != parent, "{team}");
            *load.entry(text(&one["address"])).or_default() += 1;
        }
    }
    // Fourteen places among four.
    assert_eq!(load.len(), INSPECTING.len());
    assert!(
        load.values().all(|count| (2..=5).contains(count)),
        "{load:?}"
    );
    // Whoever is a unit sees the commitment, not the draw.
    let unit = checks.contact("S5").await?;
    assert_eq!(checks.service.get(&unit, &path).refused(403), "forbidden");
    let seen = checks.service.get(&unit, &format!("/rounds/{}", round.id));
    assert_eq!(text(&seen.expect(200)["commitment"]), published);
    Ok(())
}

async fn a_changed_team_does_not_verify_and_an_old_draw_does(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({})).await?;
    let id = checks.open().await?.id;
    let db = sea_orm::Database::connect(&town.url).await?;
    let row = round::Entity::find_by_id(id.0)
        .one(&db)
        .await?
        .expect("the round");
    let kept: StoredDraw = serde_json::from_value(row.draw.clone().expect("its draw"))?;
    let store = async |draw: &StoredDraw| -> anyhow::Result<bool> {
        let mut changed = row.clone().into_active_model();
        changed.draw = Set(Some(serde_json::to_value(draw)?));
        changed.update(&db).await?;
        Ok(verify_draw(&town.ctx, id).await?.result_holds)
    };
    assert!(store(&kept).await?);
    let mut friend = kept.clone();
    let teams = friend.inspectors.as_mut().expect("teams");
    teams.teams[0].inspectors.reverse();
    assert!(!store(&friend).await?, "another order is another draw");
    let mut hidden = kept.clone();
    hidden.inspectors.as_mut().expect("teams").pool.remove(0);
    assert!(!store(&hidden).await?, "somebody was hidden from the pool");
    let mut spared = kept.clone();
    let teams = spared.inspectors.as_mut().expect("teams");
    teams.units.pop();
    teams.teams.pop();
    assert!(!store(&spared).await?, "a drawn unit has no team");
    let mut old = kept.clone();
    old.inspectors = None;
    assert!(!store(&old).await?, "inspections without their draw");
    // A draw made before inspectors were drawn has neither.
    inspection_inspector::Entity::delete_many()
        .exec(&db)
        .await?;
    inspection_item::Entity::delete_many().exec(&db).await?;
    inspection::Entity::delete_many().exec(&db).await?;
    let mut json = serde_json::to_value(&kept)?;
    json.as_object_mut()
        .expect("an object")
        .remove("inspectors");
    let old: StoredDraw = serde_json::from_value(json)?;
    assert!(store(&old).await?);
    Ok(())
}

async fn a_pool_that_cannot_satisfy_is_told(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({ "inspectors_per_unit": 4 })).await?;
    let round = checks.open().await?;
    let told = round.listed.iter().find(|line| line.contains("回避"));
    let told = told.expect("listed").clone();
    let drawn = checks
        .service
        .get(&checks.office(), &format!("/rounds/{}/draw", round.id))
        .expect(200);
    let teams = drawn["teams"].as_array().cloned().unwrap_or_default();
    let short: Vec<_> = teams.iter().filter(|team| team["missing"] != 0).collect();
    assert!(told.contains(&format!("有 {} 个", short.len())) && !short.is_empty());
    for team in short {
        // Which units they are would tell units that they were drawn.
        assert!(!told.contains(&text(&team["unit_code"])));
    }
    // Nobody at all, and a visit: said, not refused.
    for row in checks.rows("/inspectors") {
        let path = format!("/inspectors/{}", text(&row["id"]));
        let off = json!({ "active": false });
        let changed = checks
            .service
            .change("PATCH", &checks.office(), &path, "*", &off);
        changed.expect(200);
    }
    town.dawn("2026-05-06").await?;
    let round = checks.round().await?;
    assert!(
        round.listed.iter().all(|line| !line.contains("回避")),
        "at the desk nobody is missed"
    );
    let admin = checks.service.token(UserRole::Administrator, None).await?;
    let rows = crate::support::pages::all(
        &checks.service,
        &admin,
        &format!("/inspections?round_id={}", round.id),
        50,
    );
    assert!(!rows.is_empty() && rows.iter().all(|row| row["inspectors"] == json!([])));
    Ok(())
}
