//! The life of an assignment through REST: reported, forwarded, sent back, accepted, closed, paused, withdrawn.

use crate::support::Town;
use crate::support::pages::all;
use crate::support::review::{Review, assignment, decision};
use crate::support::state::state_hash;
use crate::support::town::day;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

on_both! {
    a_report_goes_its_way_to_the_close_out,
    steps_out_of_order_change_nothing_and_name_who_was_quicker,
    each_decides_what_is_theirs,
    what_has_ended_is_asked_no_more_and_what_is_resumed_again,
    a_round_asks_nothing_about_what_has_ended,
    wrong_decisions_are_refused_whole,
    the_board_follows_what_was_decided,
    the_roll_up_counts_by_district
}

async fn a_report_goes_its_way_to_the_close_out(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    assert_eq!(it.state(), "issued");
    town.answer(town.ask("S1", ObligationKind::Acknowledge).await?.id)
        .await?;
    assert_eq!(it.state(), "acknowledged");
    it.report(40).expect(201);
    assert_eq!(it.state(), "under_way");
    it.report(100).expect(201);
    assert_eq!(it.state(), "reported");
    it.decide(&it.district, "forward", None, None).expect(201);
    assert_eq!(it.state(), "forwarded");
    it.decide(&it.lead, "accept", None, None).expect(201);
    it.decide(&it.office, "close", None, None).expect(201);
    assert_eq!(it.state(), "closed");
    let path = format!(
        "/assignment-events?assignment_id={}",
        it.id.as_str().unwrap_or_default()
    );
    let told: Vec<_> = all(&it.service, &it.school, &path, 2)
        .into_iter()
        .map(|row| (row["event"].clone(), row["state_after"].clone()))
        .collect();
    let expected = [
        ("forward", "forwarded"),
        ("accept", "accepted"),
        ("close", "closed"),
    ];
    assert_eq!(
        told,
        expected.map(|(event, after)| (event.into(), after.into()))
    );
    let again = it.decide(
        &it.office,
        "reopen",
        Some("回头看发现公示栏已撤"),
        Some("2026-03-16"),
    );
    again.expect(201);
    assert_eq!(it.state(), "returned");
    Ok(())
}

/// Bad input B11: steps out of order, such as closing what nobody has reported.
async fn steps_out_of_order_change_nothing_and_name_who_was_quicker(
    town: &Town,
) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    let before = state_hash(&town.ctx.db).await?;
    for (event, reason, due_on) in [
        ("accept", None, None),
        ("close", None, None),
        ("forward", None, None),
        ("resume", None, None),
        ("return", Some("退"), Some("2026-03-16")),
        ("reopen", Some("重"), Some("2026-03-16")),
    ] {
        let refused = it.decide(&it.office, event, reason, due_on);
        assert_eq!(refused.refused(409), "out_of_order", "{event}");
    }
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    it.report(100).expect(201);
    it.decide(&it.lead, "accept", None, None).expect(201);
    let late = it.decide(&it.office, "accept", None, None);
    assert_eq!(late.refused(409), "out_of_order");
    let detail = late.json()["detail"].to_string();
    assert!(
        detail.contains("2026年3月9日") && detail.contains('@'),
        "{detail}"
    );
    it.decide(&it.office, "close", None, None).expect(201);
    assert_eq!(it.report(100).refused(409), "out_of_order");
    Ok(())
}

async fn each_decides_what_is_theirs(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    it.report(100).expect(201);
    let foreign = it.service.token(UserRole::UnitHead, Some("D2")).await?;
    assert_eq!(
        it.decide(&foreign, "forward", None, None).refused(404),
        "not_found"
    );
    let refused = |token: &str, event: &str| it.decide(token, event, None, None).refused(403);
    assert_eq!(refused(&it.school, "accept"), "not_yours");
    assert_eq!(refused(&it.district, "accept"), "not_yours");
    assert_eq!(refused(&it.lead, "close"), "not_yours");
    // What a unit leads itself, the office reviews.
    let own = assignment(&it.service, &it.office, "B2", "二(一)2")["id"].clone();
    let body = decision(&own, "accept", None, None);
    let lead = it.service.post(&it.lead, "/assignment-events", &body);
    assert_eq!(lead.refused(403), "not_yours");
    Ok(())
}

async fn what_has_ended_is_asked_no_more_and_what_is_resumed_again(
    town: &Town,
) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    let first = town.ask("S1", ObligationKind::Complete).await?;
    it.decide(&it.office, "pause", Some("校舍维修"), None)
        .expect(201);
    assert_eq!(it.state(), "paused");
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(ask.state, ObligationState::Withdrawn);
    // S1 still acknowledges its other tasks.
    let acknowledge = town.ask("S1", ObligationKind::Acknowledge).await?;
    assert_eq!(acknowledge.state, ObligationState::Open);
    let told = town.ledger(first.id).await?.len();
    town.live("2026-04-20", "2026-04-29").await?;
    assert_eq!(town.ledger(first.id).await?.len(), told);
    town.set("2026-05-06", "10:00")?;
    let it = Review {
        office: it.service.token(UserRole::Supervisor, None).await?,
        ..it
    };
    let late = it.decide(&it.office, "resume", None, None);
    assert_eq!(late.refused(422), "wrong_day");
    it.decide(&it.office, "resume", None, Some("2026-05-20"))
        .expect(201);
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!((ask.id, ask.state), (first.id, ObligationState::Open));
    assert_eq!(ask.due_on, day("2026-05-20")?);
    it.decide(&it.office, "withdraw", Some("任务取消"), None)
        .expect(201);
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(ask.state, ObligationState::Withdrawn);
    assert_eq!(
        it.decide(&it.office, "resume", None, None).refused(409),
        "out_of_order"
    );
    Ok(())
}

/// Bad input: a day of the past to report again by, a reason that is missing; one bad decision among many.
async fn wrong_decisions_are_refused_whole(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    it.report(100).expect(201);
    let before = state_hash(&town.ctx.db).await?;
    let post = |decisions: Value| {
        let body = json!({ "decisions": decisions });
        it.service.post(&it.office, "/assignment-events", &body)
    };
    let one = |event: &str, reason: Option<&str>, due_on: Option<&str>| json!({ "assignment_id": it.id, "event": event, "reason": reason, "due_on": due_on });
    for (decisions, field, code) in [
        (
            json!([one("return", None, Some("2026-03-16"))]),
            "decisions[0].reason",
            "invalid_value",
        ),
        (
            json!([one("return", Some("  "), Some("2026-03-16"))]),
            "decisions[0].reason",
            "invalid_value",
        ),
        (
            json!([one("return", Some("退"), None)]),
            "decisions[0].due_on",
            "invalid_value",
        ),
        (
            json!([one("return", Some("退"), Some("2026-03-09"))]),
            "decisions[0].due_on",
            "wrong_day",
        ),
        // A Saturday.
        (
            json!([one("return", Some("退"), Some("2026-03-14"))]),
            "decisions[0].due_on",
            "wrong_day",
        ),
        (
            json!([one("accept", None, Some("2026-03-16"))]),
            "decisions[0].due_on",
            "invalid_value",
        ),
        (
            json!([one("finish", None, None)]),
            "decisions[0].event",
            "invalid_value",
        ),
        (
            json!([one("accept", None, None), one("close", None, None)]),
            "decisions[1].assignment_id",
            "invalid_value",
        ),
    ] {
        let refused = post(decisions.clone());
        assert_eq!(refused.refused(422), code, "{decisions}");
        assert_eq!(refused.json()["errors"][0]["path"], field, "{decisions}");
    }
    assert_eq!(post(json!([])).status, 422);
    let unknown =
        json!([{ "assignment_id": "0199f3a0-0000-7000-8000-0000000000ff", "event": "accept" }]);
    assert_eq!(post(unknown).refused(404), "not_found");
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    Ok(())
}

async fn the_board_follows_what_was_decided(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    let standing = || {
        let path = "/assignments?standing=done&unit_code=S1";
        all(&it.service, &it.office, path, 50).len()
    };
    let withdrawn = || {
        let path = "/assignments?standing=none&unit_code=S1";
        all(&it.service, &it.office, path, 50).len()
    };
    let others = withdrawn();
    assert_eq!(standing(), 0);
    it.report(100).expect(201);
    it.decide(&it.lead, "accept", None, None).expect(201);
    it.decide(&it.office, "close", None, None).expect(201);
    assert_eq!(standing(), 1);
    it.decide(&it.office, "reopen", Some("复查"), Some("2026-03-16"))
        .expect(201);
    it.decide(&it.office, "withdraw", Some("取消"), None)
        .expect(201);
    assert_eq!((standing(), withdrawn()), (0, others + 1));
    Ok(())
}

async fn the_roll_up_counts_by_district(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    it.report(100).expect(201);
    let plan = town.plan().await?.id;
    let path = format!("/roll-up?plan_id={plan}");
    let shown = it.service.get(&it.office, &path).expect(200);
    let rows = all(&it.service, &it.office, "/assignments", 50);
    assert_eq!(shown["total"]["total"], rows.len());
    assert_eq!(shown["total"]["reported"], 1);
    let groups = shown["groups"].as_array().cloned().unwrap_or_default();
    let of = |code: &str| groups.iter().find(|group| group["district_code"] == code);
    let east = of("D1").map(|group| (group["reported"].clone(), group["returned"].clone()));
    assert_eq!(east, Some((1.into(), 0.into())));
    let sum: u64 = groups
        .iter()
        .filter_map(|group| group["total"].as_u64())
        .sum();
    assert_eq!(shown["total"]["total"], sum);
    it.decide(&it.lead, "return", Some("缺照片"), Some("2026-03-16"))
        .expect(201);
    let own = it.service.get(&it.district, &path).expect(200);
    assert_eq!(own["total"]["returned"], 1);
    assert!(own["total"]["total"].as_u64() < shown["total"]["total"].as_u64());
    // The day after it was due, what is not reported is overdue.
    assert_eq!(shown["total"]["overdue"], 0);
    town.set("2026-05-06", "10:00")?;
    let office = it.service.token(UserRole::Supervisor, None).await?;
    let late = it.service.get(&office, &path).expect(200);
    let due = rows
        .iter()
        .filter(|row| row["due_on"] == "2026-04-30")
        .count();
    assert_eq!(late["total"]["overdue"], due);
    let none = it.service.get(
        &office,
        "/roll-up?plan_id=0199f3a0-0000-7000-8000-0000000000ff",
    );
    assert_eq!(none.refused(404), "not_found");
    Ok(())
}

async fn a_round_asks_nothing_about_what_has_ended(town: &Town) -> anyhow::Result<()> {
    use duban::domain::cycle_kind::CycleKind;
    use duban::flow::open_round_by_hand::open_round_by_hand;
    let it = Review::of(town).await?;
    let led = assignment(&it.service, &it.office, "B2", "二(一)2")["id"].clone();
    let body = decision(&led, "pause", Some("合并推进"), None);
    it.service
        .post(&it.office, "/assignment-events", &body)
        .expect(201);
    let plan = town.plan().await?;
    open_round_by_hand(&town.ctx, &plan, CycleKind::Dispatch, None, Some("测试")).await?;
    let ask = town.ask("B2", ObligationKind::Dispatch).await?.id;
    let shown = it
        .service
        .get(&it.office, &format!("/obligations/{ask}"))
        .expect(200);
    let tasks: Vec<Value> = shown["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| item["task_number"].clone())
        .collect();
    assert_eq!(tasks, ["二(一)1"]);
    Ok(())
}
