//! What webhooks are told: what happened, each thing once, without names of persons, and signed.

use crate::support::Town;
use crate::support::bulletin_desk::Desk;
use crate::support::hook_desk::{ALL, HookDesk, path};
use crate::support::receiver::Heard;
use crate::support::review::Review;
use crate::support::town::run_in;
use anyhow::Context;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::domain::webhook_signature::{SigningSecret, standard_signatures};
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both! {
    tasks_that_are_issued_are_told_once_each,
    a_report_and_its_return_are_told,
    a_missed_day_is_told_once_a_revision,
    a_published_bulletin_is_told,
    what_is_undone_is_not_told,
    requests_are_signed_with_both_secrets_for_a_day,
    what_was_told_is_forgotten_after_thirty_days,
}

fn types(told: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for one in told {
        let event = one["event"].as_str().unwrap_or_default().to_owned();
        *counts.entry(event).or_default() += 1;
    }
    counts
}

async fn tasks_that_are_issued_are_told_once_each(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &ALL);
    let other = it.make("standard", &["report.made"]);
    let issued = town.issue(CyclesAtIssue::On).await?;
    assert_eq!(issued.tasks, 4);
    assert_eq!(
        types(&it.deliveries(&hook)),
        [("task.issued".to_owned(), 4)].into()
    );
    assert_eq!(it.deliveries(&other), Vec::<Value>::new());
    assert_eq!(it.send().await?, 4);
    assert_eq!(it.send().await?, 0);
    let heard = it.receiver.take();
    assert_eq!(heard.len(), 4);
    let told = heard[0].json();
    assert_eq!(told["type"], "task.issued");
    assert_eq!(told["timestamp"], "2026-03-09T02:00:00.000000Z");
    let data = told["data"].as_object().context("data")?;
    let mut names: Vec<&str> = data.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "assignments",
            "due_on",
            "plan_id",
            "plan_title",
            "task_id",
            "task_number",
            "task_title"
        ]
    );
    for one in &heard {
        assert!(!one.body.contains('@'), "no address: {}", one.body);
        assert_eq!(
            one.header("content-type"),
            "application/json; charset=utf-8"
        );
        assert!(one.header("user-agent").starts_with("duban/"));
        assert_eq!(one.header("host"), it.receiver.address.to_string());
    }
    let done = it.deliveries(&hook);
    assert!(
        done.iter().all(|one| one["state"] == "delivered"),
        "{done:?}"
    );
    let attempts = done[0]["attempts"].as_array().context("attempts")?;
    assert_eq!((attempts.len(), &attempts[0]["status"]), (1, &json!(200)));
    Ok(())
}

async fn a_report_and_its_return_are_told(town: &Town) -> anyhow::Result<()> {
    let review = Review::of(town).await?;
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &ALL);
    review.report(100).expect(201);
    review
        .decide(
            &review.lead,
            "return",
            Some("缺少照片，请找王老师"),
            Some("2026-03-16"),
        )
        .expect(201);
    assert_eq!(it.send().await?, 2);
    let heard: Vec<Value> = it.receiver.take().iter().map(Heard::json).collect();
    let of = |name: &str| heard.iter().find(|one| one["type"] == name);
    let report = &of("report.made").context("a report")?["data"];
    assert_eq!(report["unit_code"], "S1");
    assert_eq!(report["obligation_kind"], "complete");
    assert_eq!(
        (&report["version"], &report["items"]),
        (&json!(1), &json!(1))
    );
    let returned = &of("assignment.returned").context("a return")?["data"];
    assert_eq!(returned["assignment_id"], review.id);
    assert_eq!(returned["task_number"], "二(一)2");
    assert_eq!(returned["due_on"], "2026-03-16");
    assert_eq!(returned["event"], "return");
    assert!(
        !returned.to_string().contains("王老师"),
        "what people wrote"
    );
    assert_eq!(it.deliveries(&hook).len(), 2);
    Ok(())
}

async fn a_missed_day_is_told_once_a_revision(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let ask = town.ask("S1", ObligationKind::Acknowledge).await?;
    assert_eq!(ask.due_on.to_string(), "2026-03-12");
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &ALL);
    let answered = town.ask("S2", ObligationKind::Acknowledge).await?;
    town.answer(answered.id).await?;
    let overdue = |it: &HookDesk| {
        let told = it.deliveries(&hook);
        types(&told).get("obligation.overdue").copied().unwrap_or(0)
    };
    town.dawn("2026-03-12").await?;
    assert_eq!(overdue(&it), 0, "the day itself is not over");
    town.dawn("2026-03-13").await?;
    let first = overdue(&it);
    assert!(first > 3, "{first}");
    // Whoever comes later is not told of what was missed before.
    let late = it.make("standard", &ALL);
    for day in ["2026-03-13", "2026-03-14", "2026-03-20"] {
        town.dawn(day).await?;
    }
    let two = [town.another().await?, town.another().await?];
    let (one, other) = tokio::join!(run_in(&two[0], "housekeep"), run_in(&two[1], "housekeep"));
    one?;
    other?;
    assert_eq!(overdue(&it), first, "told once");
    assert_eq!(it.deliveries(&late), Vec::<Value>::new());
    it.send().await?;
    let heard = it.receiver.take();
    let own: Vec<Value> = heard
        .iter()
        .map(Heard::json)
        .filter(|one| one["data"]["obligation_id"] == json!(ask.id))
        .collect();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0]["type"], "obligation.overdue");
    assert_eq!(own[0]["data"]["unit_code"], "S1");
    assert_eq!(own[0]["data"]["due_on"], "2026-03-12");
    assert_eq!(own[0]["data"]["due_revision"], 0);
    Ok(())
}

async fn a_published_bulletin_is_told(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &["bulletin.published"]);
    let bulletin = desk.published("2026-03-09");
    desk.publish(&bulletin["id"]);
    assert_eq!(it.send().await?, 1);
    let heard = it.receiver.take()[0].json();
    assert_eq!(heard["type"], "bulletin.published");
    assert_eq!(heard["data"]["bulletin_id"], bulletin["id"]);
    assert_eq!(heard["data"]["published_on"], "2026-03-10");
    assert_eq!(it.delivery(&hook)["state"], "delivered");
    Ok(())
}

async fn what_is_undone_is_not_told(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &ALL);
    let plan = town.import().await?;
    let tasks = it.service.get(&it.office, "/tasks?limit=200").expect(200);
    let id = &tasks["items"][0]["id"];
    // One of them is named twice: none is issued.
    let body = json!({ "task_ids": [id, id] });
    let path = format!("/plans/{plan}/issue");
    let refused = it.service.post(&it.office, &path, &body);
    assert!(refused.status >= 400, "{}", refused.status);
    assert_eq!(it.deliveries(&hook), Vec::<Value>::new());
    Ok(())
}

/// Whether one of the signatures of a request is that of a secret.
fn is_signed(heard: &Heard, secret: &str) -> anyhow::Result<bool> {
    let secret = SigningSecret::of_text(secret);
    let timestamp = heard.header("webhook-timestamp").parse()?;
    let wanted = standard_signatures(
        [&secret],
        heard.header("webhook-id"),
        timestamp,
        &heard.body,
    );
    let given = heard.header("webhook-signature");
    Ok(given.split(' ').any(|one| one == wanted))
}

async fn requests_are_signed_with_both_secrets_for_a_day(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &ALL);
    let first = hook["secret"].as_str().context("a secret")?;
    assert!(first.starts_with("whsec_"));
    it.test(&hook);
    it.send().await?;
    let heard = it.receiver.take();
    assert!(is_signed(&heard[0], first)?);
    assert_eq!(heard[0].header("webhook-timestamp"), "1773021600");
    let renewed = it.post(&path(&hook, "/secret")).expect(200);
    let second = renewed["secret"].as_str().context("a secret")?;
    assert_eq!(renewed["former_secret_until_at"], "2026-03-10T02:00:00Z");
    it.test(&hook);
    it.send().await?;
    let heard = it.receiver.take();
    assert!(is_signed(&heard[0], first)? && is_signed(&heard[0], second)?);
    town.set("2026-03-10", "10:00")?;
    it.test(&hook);
    it.send().await?;
    let heard = it.receiver.take();
    assert!(!is_signed(&heard[0], first)? && is_signed(&heard[0], second)?);
    assert_eq!(it.get(&hook)["has_secret"], true);
    Ok(())
}

async fn what_was_told_is_forgotten_after_thirty_days(town: &Town) -> anyhow::Result<()> {
    let mut it = HookDesk::of(town).await?;
    let hook = it.make("standard", &["bulletin.published"]);
    it.test(&hook);
    it.send().await?;
    town.set("2026-04-08", "09:00")?;
    it.office = it.service.token(UserRole::Supervisor, None).await?;
    it.test(&hook);
    run_in(&it.ctx, "housekeep").await?;
    assert_eq!(it.deliveries(&hook).len(), 2);
    town.set("2026-04-08", "10:01")?;
    run_in(&it.ctx, "housekeep").await?;
    let left = it.delivery(&hook);
    assert_eq!(left["state"], "waiting", "what waits is kept");
    Ok(())
}
