//! What is sent back: asked again, at once, once, whole; and what may be said again.

use crate::support::Town;
use crate::support::review::{Review, decision};
use crate::support::service::Service;
use crate::support::state::state_hash;
use crate::support::town::day;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use serde_json::json;

on_both! {
    what_is_sent_back_is_asked_again_at_once_and_once,
    what_is_sent_back_is_reported_whole,
    progress_does_not_fall_unless_it_is_sent_back,
    what_was_sent_back_outlives_its_round
}

async fn what_is_sent_back_is_asked_again_at_once_and_once(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    it.report(100).expect(201);
    let first = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(first.state, ObligationState::Answered);
    town.set("2026-03-09", "11:00")?;
    let before = town.mails_to("s1@town.example.org").await?.len();
    let reason = "缺少公示照片";
    it.decide(&it.lead, "return", Some(reason), Some("2026-03-16"))
        .expect(201);
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!((ask.id, ask.state), (first.id, ObligationState::Open));
    assert_eq!(ask.due_on, day("2026-03-16")?);
    assert_eq!(ask.first_due_on, first.first_due_on);
    assert_eq!(ask.due_revision, first.due_revision + 1);
    let shown = it.service.get(&it.school, &it.ask).expect(200);
    assert_eq!(shown["moved_by"], "return");
    assert_eq!(shown["moved_reason"], reason);
    let id = it.id.as_str().unwrap_or_default();
    let events = format!("/assignment-events?assignment_id={id}");
    let events = it.service.get(&it.office, &events).expect(200);
    assert_eq!(events["items"][0]["percent"], 0);
    let mails = town.mails_to("s1@town.example.org").await?;
    assert_eq!(mails.len(), before + 1);
    let mail = mails
        .last()
        .map(|mail| (mail.kind.clone(), mail.subject.clone()));
    let (kind, subject) = mail.unwrap_or_default();
    assert_eq!(kind, "immediate");
    assert!(subject.contains("重新"), "{subject}");
    assert!(
        mails
            .last()
            .is_some_and(|mail| mail.text_body.contains(reason))
    );
    // The next digests remind of the new day, and tell no stage twice.
    town.live("2026-03-10", "2026-03-18").await?;
    let told: Vec<_> = town
        .ledger(ask.id)
        .await?
        .into_iter()
        .filter(|one| one.key.due_revision == ask.due_revision)
        .map(|one| one.key.stage.to_string())
        .collect();
    let mut once = told.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), told.len(), "{told:?}");
    assert!(told.contains(&"over+1".to_owned()), "{told:?}");
    Ok(())
}

async fn what_is_sent_back_is_reported_whole(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    it.report(100).expect(201);
    it.decide(&it.lead, "return", Some("数字有误"), Some("2026-03-16"))
        .expect(201);
    let path = format!("{}/reports", it.ask);
    let words = json!({ "items": [], "note": "已改正" });
    let refused = it.service.post(&it.school, &path, &words);
    assert_eq!(refused.refused(422), "returned_item_missing");
    // Sent back it may say less.
    it.report(80).expect(201);
    assert_eq!(it.state(), "under_way");
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(ask.state, ObligationState::Answered);
    Ok(())
}

/// Bad input: percent that falls, or passes 100.
async fn progress_does_not_fall_unless_it_is_sent_back(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    it.report(60).expect(201);
    let before = state_hash(&town.ctx.db).await?;
    let refused = it.report(59);
    assert_eq!(refused.refused(422), "percent_falls");
    let problem = refused.json();
    assert_eq!(problem["errors"][0]["path"], "items[0].percent");
    assert_eq!(it.report(101).status, 422);
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    it.report(60).expect(201);
    Ok(())
}

async fn what_was_sent_back_outlives_its_round(town: &Town) -> anyhow::Result<()> {
    use duban::domain::cycle_kind::CycleKind;
    use duban::flow::close_asks::close_round_by_hand;
    use duban::flow::open_round_by_hand::open_round_by_hand;
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let plan = town.plan().await?;
    open_round_by_hand(&town.ctx, &plan, CycleKind::Dispatch, None, Some("测试")).await?;
    let ask = town.ask("B2", ObligationKind::Dispatch).await?;
    let path = format!("/obligations/{}", ask.id);
    let items = service.get(&office, &path).expect(200)["items"].clone();
    let id = items[0]["assignment_id"].clone();
    let body =
        json!({ "items": [{ "assignment_id": id, "percent": 100, "done": "完成" }], "note": null });
    service
        .post(&office, &format!("{path}/reports"), &body)
        .expect(201);
    let due_on = "2026-04-15";
    let back = decision(&id, "return", Some("请补充"), Some(due_on));
    service
        .post(&office, "/assignment-events", &back)
        .expect(201);
    let round = ask
        .round_id
        .map(|round| close_round_by_hand(&town.ctx, round));
    if let Some(closing) = round {
        closing.await?;
    }
    let after = town.ask("B2", ObligationKind::Dispatch).await?;
    assert_eq!(after.state, ObligationState::Open);
    town.live("2026-04-13", "2026-04-17").await?;
    let stages: Vec<_> = town
        .ledger(ask.id)
        .await?
        .into_iter()
        .filter(|one| one.key.due_revision == after.due_revision)
        .map(|one| one.key.stage.to_string())
        .collect();
    assert!(stages.contains(&"due-0".to_owned()), "{stages:?}");
    // Twenty workdays after its own day nobody asks any more.
    town.dawn("2026-05-29").await?;
    let ended = town.ask("B2", ObligationKind::Dispatch).await?;
    assert_eq!(ended.state, ObligationState::Unanswered);
    Ok(())
}
