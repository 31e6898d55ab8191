//! What units try with what others lead, and what they find of what is not theirs (bad inputs B4, B7).

use crate::api_amendments::{below, task};
use crate::api_tasks::{column, encoded};
use crate::support::Town;
use crate::support::review::{Review, decision};
use crate::support::state::state_hash;
use duban::domain::user_role::UserRole;
use serde_json::json;

on_both! {
    who_cooperates_decides_nothing_that_the_lead_decides,
    words_of_foreign_rows_find_nothing,
}

const NUMBER: &str = "二(一)2";

/// Bad input B4: a unit that cooperates takes the steps of the lead unit.
async fn who_cooperates_decides_nothing_that_the_lead_decides(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    let whole = task(&it.service, &it.office, NUMBER);
    let joined = json!({ "add_cooperating_units": ["信息中心"], "reason": "请配合" });
    let amended = it
        .service
        .post(&it.office, &below(&whole, "amendments"), &joined);
    amended.expect(201);
    let helper = it.service.token(UserRole::UnitContact, Some("B4")).await?;
    // It has its part, and sees the task.
    assert_eq!(task(&it.service, &helper, NUMBER)["id"], whole["id"]);
    it.report(100).expect(201);
    it.decide(&it.district, "forward", None, None).expect(201);

    let before = state_hash(&town.ctx.db).await?;
    for event in ["accept", "return", "close", "pause", "withdraw"] {
        let body = decision(&it.id, event, Some("代办"), Some("2026-04-20"));
        let told = it.service.post(&helper, "/assignment-events", &body);
        assert!([403, 404].contains(&told.status), "{event}: {told:?}");
    }
    let completion = json!({ "summary": "全部完成" });
    let told = it
        .service
        .post(&helper, &below(&whole, "completions"), &completion);
    assert_eq!(told.refused(403), "not_yours");
    let day = json!({ "due_on": "2026-05-20", "reason": "推迟" });
    let told = it.service.post(&helper, &below(&whole, "amendments"), &day);
    assert_eq!(told.status, 403, "{told:?}");
    let decided = json!({ "decision": "close", "reason": "完成", "due_on": null });
    let told = it
        .service
        .post(&helper, &below(&whole, "decisions"), &decided);
    assert_eq!(told.status, 403, "{told:?}");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    // The lead unit's own step is as free as it was.
    it.decide(&it.lead, "accept", None, None).expect(201);
    Ok(())
}

/// Bad input B7: words that stand only in what others have.
async fn words_of_foreign_rows_find_nothing(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    let made = json!({
        "origin": "instruction",
        "title": "独角兽行动",
        "lead_units": ["安全科"],
        "responsible_units": ["S6"],
        "due_on": "2026-05-20",
    });
    let made = it.service.post(&it.office, "/tasks", &made).expect(201);
    let issue = json!({ "task_ids": [made["id"]] });
    it.service
        .post(&it.office, "/tasks/issue", &issue)
        .expect(200);
    let sixth = it.service.token(UserRole::UnitContact, Some("S6")).await?;
    let path = format!("/tasks?q={}", encoded("独角兽"));
    let found = |token: &str| column(&it.service.get(token, &path).expect(200), "title");
    assert_eq!(found(&sixth), ["独角兽行动"]);
    assert_eq!(found(&it.school), Vec::<String>::new());
    let page = it.service.get(&it.school, &path).expect(200);
    assert_eq!(page["next_cursor"], json!(null), "{page}");
    // Not in any number either: what a school counts is the same with and without it.
    let sums = |token: &str| {
        let shown = it.service.get(token, "/dashboard").expect(200);
        let text = shown.to_string();
        (text.contains("独角兽"), shown["assignments"].clone())
    };
    let (named, counted) = sums(&it.school);
    assert!(!named);
    let path = format!("/tasks/{}", made["id"].as_str().unwrap_or_default());
    assert_eq!(it.service.get(&it.school, &path).refused(404), "not_found");
    let withdrawn = json!({ "decision": "withdraw", "reason": "另行安排", "due_on": null });
    let path = format!("{path}/decisions");
    it.service.post(&it.office, &path, &withdrawn).expect(201);
    assert_eq!(sums(&it.school), (false, counted));
    Ok(())
}
