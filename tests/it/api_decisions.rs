//! What is decided in a dispatch, through REST: asked for, told at once, chased, answered, returned, closed, withdrawn.

use crate::support::Town;
use crate::support::pages::all;
use crate::support::service::Service;
use crate::support::state::state_hash;
use crate::support::town::day;
use anyhow::Context;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use duban::flow::keep_decisions::{close_decision, return_decision};
use duban::flow::open_round_by_hand::open_round_by_hand;
use serde_json::{Value, json};

on_both! {
    a_decision_is_told_chased_answered_returned_and_closed,
    whoever_decides_wrongly_is_refused_and_nothing_changes,
    a_withdrawn_decision_is_not_asked_for_any_more,
    a_unit_over_its_budget_is_asked_with_a_reason_only,
    of_two_who_decide_about_an_answer_one_wins
}

/// A dispatch that was opened by hand on a Monday, the day's digests being made.
async fn dispatched(town: &Town) -> anyhow::Result<String> {
    town.issue_on_monday().await?;
    let plan = town.plan().await?;
    let reason = Some("测试");
    let opened = open_round_by_hand(&town.ctx, &plan, CycleKind::Dispatch, None, reason).await?;
    Ok(opened.round.id.to_string())
}

fn wanted(round: &str, unit: &str, due_on: &str) -> Value {
    json!({ "round_id": round, "text": "补齐作业公示制度并上墙", "unit_code": unit, "due_on": due_on })
}

fn path(made: &Value) -> String {
    format!("/decisions/{}", made["id"].as_str().unwrap_or_default())
}

async fn a_decision_is_told_chased_answered_returned_and_closed(town: &Town) -> anyhow::Result<()> {
    let round = dispatched(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let other = service.token(UserRole::UnitContact, Some("S2")).await?;
    let before = town.mails_to("s1@town.example.org").await?.len();
    let made = service
        .post(&office, "/decisions", &wanted(&round, "S1", "2026-03-20"))
        .expect(201);
    assert_eq!(
        (&made["state"], &made["number"]),
        (&json!("open"), &json!(1))
    );
    let mails = town.mails_to("s1@town.example.org").await?;
    assert_eq!(mails.len(), before + 1, "told at once");
    let words = mails
        .iter()
        .find(|mail| mail.subject.contains("落实调度议定事项"));
    let words = words.context("told of the decision")?;
    assert!(words.text_body.contains("补齐作业公示制度并上墙"));
    town.run("deliver").await?;
    let ask = town.ask("S1", ObligationKind::FollowUp).await?;
    town.live("2026-03-12", "2026-03-25").await?;
    let stages: Vec<String> = town
        .ledger(ask.id)
        .await?
        .iter()
        .map(|one| one.key.stage.to_string())
        .collect();
    for stage in ["notice", "due-5", "due-2", "due-0", "over+1", "over+3"] {
        assert!(stages.iter().any(|one| one == stage), "{stage}: {stages:?}");
    }
    let overdue = all(&service, &office, "/decisions?overdue=true", 50);
    assert_eq!(overdue.len(), 1);
    // Foreign units do not meet it; an answer needs words.
    let hidden = service.get(&other, &path(&made)).refused(404);
    assert_eq!(hidden, "not_found");
    assert!(all(&service, &other, "/decisions", 50).is_empty());
    let reports = format!("/obligations/{}/reports", ask.id);
    let bare = service.post(&school, &reports, &json!({})).refused(422);
    assert_eq!(bare, "invalid_value");
    let answer = json!({ "note": "已上墙" });
    service.post(&school, &reports, &answer).expect(201);
    let shown = service.get(&school, &path(&made)).expect(200);
    assert_eq!(
        (&shown["state"], &shown["answer"]),
        (&json!("answered"), &json!("已上墙"))
    );
    let returning = json!({ "reason": "没有照片", "due_on": "2026-04-01" });
    let returned = service
        .post(&office, &format!("{}/return", path(&made)), &returning)
        .expect(200);
    assert_eq!(
        (&returned["state"], &returned["moved_by"]),
        (&json!("open"), &json!("return"))
    );
    assert_eq!(returned["due_on"], "2026-04-01");
    assert_eq!(returned["first_due_on"], "2026-03-20");
    let mails = town.mails_to("s1@town.example.org").await?;
    assert!(mails.iter().any(|mail| mail.text_body.contains("没有照片")));
    let answer = json!({ "note": "附照片" });
    service.post(&school, &reports, &answer).expect(201);
    let closed = service
        .post(&office, &format!("{}/close", path(&made)), &json!({}))
        .expect(200);
    assert_eq!(closed["state"], "closed");
    assert_eq!(
        all(&service, &office, "/decisions?state=closed", 50).len(),
        1
    );
    Ok(())
}

/// Bad input B11: what is decided about an answer before there is one.
async fn whoever_decides_wrongly_is_refused_and_nothing_changes(town: &Town) -> anyhow::Result<()> {
    let round = dispatched(town).await?;
    let plan = town.plan().await?;
    let check =
        open_round_by_hand(&town.ctx, &plan, CycleKind::SpotCheck, None, Some("测试")).await;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let made = service
        .post(&office, "/decisions", &wanted(&round, "S1", "2026-03-20"))
        .expect(201);
    let nothing = "0199f3a0-0000-7000-8000-0000000000ff";
    let mut about_task = wanted(&round, "S1", "2026-03-20");
    about_task["task_id"] = json!(nothing);
    let mut cases = vec![
        (
            wanted(&round, "S1", "2026-03-06"),
            422,
            "wrong_day",
            "due_on",
        ),
        // A Saturday.
        (
            wanted(&round, "S1", "2026-03-21"),
            422,
            "wrong_day",
            "due_on",
        ),
        (
            wanted(&round, "S9", "2026-03-20"),
            422,
            "unknown_unit",
            "unit_code",
        ),
        (
            wanted(nothing, "S1", "2026-03-20"),
            404,
            "not_found",
            "round_id",
        ),
        (
            wanted(&round, "S2", "2026-03-09"),
            409,
            "reason_needed",
            "reason",
        ),
        (about_task, 422, "invalid_value", "task_id"),
    ];
    if let Ok(check) = check {
        let id = check.round.id.to_string();
        cases.push((
            wanted(&id, "S1", "2026-03-20"),
            422,
            "invalid_value",
            "round_id",
        ));
    }
    let before = state_hash(&town.ctx.db).await?;
    for (body, status, code, field) in cases {
        let told = service.post(&office, "/decisions", &body).expect(status);
        assert_eq!(told["code"], code, "{body}");
        assert_eq!(told["errors"][0]["path"], field, "{body}");
    }
    let forbidden = service
        .post(&school, "/decisions", &wanted(&round, "S1", "2026-03-20"))
        .refused(403);
    assert_eq!(forbidden, "forbidden");
    // Nothing has been answered: there is nothing to close or to send back.
    for (step, body) in [
        ("close", json!({})),
        (
            "return",
            json!({ "reason": "不全", "due_on": "2026-03-27" }),
        ),
    ] {
        let early = service
            .post(&office, &format!("{}/{step}", path(&made)), &body)
            .refused(409);
        assert_eq!(early, "out_of_order");
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn a_withdrawn_decision_is_not_asked_for_any_more(town: &Town) -> anyhow::Result<()> {
    let round = dispatched(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let made = service
        .post(&office, "/decisions", &wanted(&round, "S1", "2026-03-20"))
        .expect(201);
    let withdraw = format!("{}/withdraw", path(&made));
    service
        .post(&office, &withdraw, &json!({ "reason": " " }))
        .refused(422);
    let reason = json!({ "reason": "并入其他事项" });
    let told = service.post(&office, &withdraw, &reason).expect(200);
    assert_eq!(
        (&told["state"], &told["decision_note"]),
        (&json!("withdrawn"), &json!("并入其他事项"))
    );
    let ask = town.ask("S1", ObligationKind::FollowUp).await?;
    assert_eq!(ask.state, ObligationState::Withdrawn);
    let known = town.ledger(ask.id).await?.len();
    town.live("2026-03-16", "2026-03-25").await?;
    assert_eq!(town.ledger(ask.id).await?.len(), known, "never chased");
    let again = service.post(&office, &withdraw, &reason).expect(409);
    assert!(
        again["detail"]
            .as_str()
            .is_some_and(|text| text.contains("2026年3月9日")),
        "{again}"
    );
    Ok(())
}

async fn a_unit_over_its_budget_is_asked_with_a_reason_only(town: &Town) -> anyhow::Result<()> {
    let round = dispatched(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let ask = || service.post(&office, "/decisions", &wanted(&round, "B4", "2026-03-20"));
    let limit = town.ctx.settings.asks_per_unit_month;
    let mut made = 0;
    while ask().status == 201 {
        made += 1;
        assert!(made <= limit, "the budget holds");
    }
    assert!(made > 0);
    assert_eq!(ask().refused(409), "reason_needed");
    let mut body = wanted(&round, "B4", "2026-03-20");
    body["reason"] = json!("局长办公会要求");
    let over = service.post(&office, "/decisions", &body).expect(201);
    assert_eq!(over["reason"], "局长办公会要求");
    Ok(())
}

async fn of_two_who_decide_about_an_answer_one_wins(town: &Town) -> anyhow::Result<()> {
    let round = dispatched(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let made = service
        .post(&office, "/decisions", &wanted(&round, "S1", "2026-03-20"))
        .expect(201);
    let ask = town.ask("S1", ObligationKind::FollowUp).await?.id;
    let answer = json!({ "note": "已上墙" });
    service
        .post(&office, &format!("/obligations/{ask}/reports"), &answer)
        .expect(201);
    let id = duban::domain::ids::DecisionId(serde_json::from_value(made["id"].clone())?);
    let other = town.another().await?;
    let (closed, returned) = tokio::join!(
        close_decision(&town.ctx, "a@example.org", id, None),
        return_decision(
            &other,
            "b@example.org",
            id,
            "不全".to_owned(),
            day("2026-03-27")?
        ),
    );
    assert_ne!(closed.is_ok(), returned.is_ok(), "{closed:?} {returned:?}");
    let (winner, lost) = match (closed, returned) {
        (Ok(()), Err(lost)) => ("a@example.org", lost),
        (Err(lost), _) => ("b@example.org", lost),
        (Ok(()), Ok(())) => anyhow::bail!("both"),
    };
    let text = lost.to_string();
    assert!(text.contains(winner), "{text}");
    Ok(())
}
