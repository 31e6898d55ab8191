//! The end of spot-check rounds: what was not recorded is listed, a draw that nobody confirmed was none.

use crate::support::Town;
use crate::support::checks::{Checks, text};
use serde_json::json;

on_both! {
    a_close_lists_what_was_not_recorded,
    a_visit_ends_ten_workdays_after_its_results_are_due
}

async fn a_close_lists_what_was_not_recorded(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({})).await?;
    let round = checks.open().await?;
    let path = checks.inspection("S5");
    checks
        .post(&format!("{path}/record"), &json!({ "result": "pass" }))
        .expect(200);
    let open = checks.rows("/inspections?state=planned").len();
    let closed = checks
        .post(&format!("/rounds/{}/close", round.id), &json!({}))
        .expect(200);
    let told = format!("还有 {open} 个单位的检查结果没有登记");
    assert!(closed["listed"].to_string().contains(&told), "{closed}");
    // What is late can still be recorded.
    let late = checks.inspection("S6");
    checks
        .post(&format!("{late}/record"), &json!({ "result": "pass" }))
        .expect(200);
    // A draw that nobody confirmed was no draw.
    let cycle = text(&checks.rows("/cycles?kind=spot_check")[0]["id"]);
    let manual = json!({ "confirm": "manual" });
    let path = format!("/cycles/{cycle}");
    checks
        .service
        .change("PATCH", &checks.office(), &path, "*", &manual)
        .expect(200);
    town.dawn("2026-05-06").await?;
    checks.at("2026-05-06").await?;
    let waiting = checks.round().await?;
    let closed = checks
        .post(&format!("/rounds/{}/close", waiting.id), &json!({}))
        .expect(200);
    assert!(closed["listed"].to_string().contains("没有确认"));
    let confirm = format!("/rounds/{}/draw/confirm", waiting.id);
    assert_eq!(
        checks.post(&confirm, &json!({})).refused(409),
        "round_closed"
    );
    let visit = json!({ "mode": "visit", "results_after_workdays": null });
    let refused = checks
        .service
        .change("PATCH", &checks.office(), &path, "*", &visit);
    assert_eq!(refused.refused(422), "invalid_value");
    let dispatch = text(&checks.rows("/cycles?kind=dispatch")[0]["id"]);
    let path = format!("/cycles/{dispatch}");
    let refused = checks
        .service
        .change("PATCH", &checks.office(), &path, "*", &manual);
    assert_eq!(
        crate::support::pages::wrong(&refused.expect(422)),
        ["confirm"]
    );
    Ok(())
}

async fn a_visit_ends_ten_workdays_after_its_results_are_due(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(
        town,
        &json!({ "mode": "visit", "results_after_workdays": 10 }),
    )
    .await?;
    checks.open().await?;
    // Results are due on the sixteenth of April.
    for (day, is_open) in [("2026-04-30", true), ("2026-05-01", false)] {
        town.set(day, "00:10")?;
        town.run("housekeep").await?;
        assert_eq!(checks.round().await?.open, is_open, "{day}");
    }
    Ok(())
}
