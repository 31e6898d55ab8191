//! What webhooks are told: each thing once, signed, at least once whatever happens on the way, and by one instance.

use crate::support::Town;
use crate::support::bulletin_desk::Desk;
use crate::support::hook_desk::{ALL, HookDesk, path, reaching};
use crate::support::receiver::{Answered, Heard};
use crate::support::review::Review;
use crate::support::town::run_in;
use anyhow::Context;
use chrono::TimeDelta;
use duban::clock::{Clock, SetClock};
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::domain::webhook_signature::{SigningSecret, standard_signatures};
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

on_both! {
    tasks_that_are_issued_are_told_once_each,
    a_report_and_its_return_are_told,
    a_missed_day_is_told_once_a_revision,
    a_published_bulletin_is_told,
    what_is_undone_is_not_told,
    requests_are_signed_with_both_secrets_for_a_day,
    what_fails_is_tried_again_with_the_same_id,
    the_endpoint_says_when_to_come_again,
    who_is_gone_or_fails_for_days_is_switched_off,
    two_instances_send_once,
    who_is_killed_while_sending_sends_again,
    a_slow_endpoint_holds_up_no_other,
    a_dead_endpoint_is_not_tried_with_everything,
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
    let names: Vec<&str> = data.keys().map(String::as_str).collect();
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
    (one?, other?);
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

async fn what_fails_is_tried_again_with_the_same_id(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &ALL);
    it.receiver.answer([
        Answered::with(500),
        Answered::with(302).header("Location: http://127.0.0.1:1/"),
        Answered::with(204).body(""),
    ]);
    it.test(&hook);
    assert_eq!(it.send().await?, 0);
    let told = it.delivery(&hook);
    assert_eq!(
        (&told["state"], &told["trouble"]),
        (&json!("waiting"), &json!("bad_status"))
    );
    assert_eq!(it.get(&hook)["failing_since_at"], "2026-03-09T02:00:00Z");
    assert_eq!(it.send().await?, 0, "not before its pause");
    assert_eq!(it.receiver.heard().len(), 1);
    town.set("2026-03-09", "10:01")?;
    assert_eq!(it.send().await?, 0);
    assert_eq!(it.delivery(&hook)["trouble"], "redirected");
    town.set("2026-03-09", "10:10")?;
    assert_eq!(it.send().await?, 1);
    let heard = it.receiver.take();
    assert_eq!(heard.len(), 3);
    let ids: Vec<&str> = heard.iter().map(|one| one.header("webhook-id")).collect();
    let told = it.delivery(&hook);
    let id = told["id"].as_str().context("id")?.replace('-', "");
    assert_eq!(ids, vec![format!("msg_{id}"); 3]);
    assert!(heard.iter().all(|one| one.body == heard[0].body));
    assert_ne!(
        heard[0].header("webhook-timestamp"),
        heard[2].header("webhook-timestamp")
    );
    assert_eq!(
        (&told["state"], &told["tries"]),
        (&json!("delivered"), &json!(3))
    );
    assert_eq!(it.get(&hook)["failing_since_at"], Value::Null);
    let statuses = told["attempts"].as_array().context("attempts")?.iter();
    let statuses: Vec<&Value> = statuses.map(|one| &one["status"]).collect();
    assert_eq!(statuses, [500, 302, 204]);
    // Once more, because a person wants it.
    let again = format!(
        "/webhook-deliveries/{}/send-again",
        told["id"].as_str().unwrap_or_default()
    );
    it.post(&again).expect(202);
    assert_eq!(it.post(&again).refused(409), "out_of_order");
    assert_eq!(it.send().await?, 1);
    assert_eq!(
        it.receiver.take()[0].header("webhook-id"),
        format!("msg_{id}")
    );
    Ok(())
}

async fn the_endpoint_says_when_to_come_again(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &ALL);
    for (answer, trouble, retry_at) in [
        (
            Answered::with(429).header("Retry-After: 600"),
            "throttled",
            "2026-03-09T02:10:00Z",
        ),
        (
            Answered::with(503).header("Retry-After: Mon, 09 Mar 2026 04:00:00 GMT"),
            "bad_status",
            "2026-03-09T04:00:00Z",
        ),
        (
            Answered::with(503).header("Retry-After: 99999999"),
            "bad_status",
            "2026-03-10T02:00:00Z",
        ),
    ] {
        it.receiver.answer([answer]);
        it.test(&hook);
        assert_eq!(it.send().await?, 0);
        let told = it.deliveries(&hook).remove(0);
        assert_eq!(told["trouble"], trouble);
        assert_eq!(told["retry_at"], retry_at, "{trouble}");
    }
    Ok(())
}

async fn who_is_gone_or_fails_for_days_is_switched_off(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let gone = it.make("standard", &ALL);
    it.receiver.answer([Answered::with(410)]);
    it.test(&gone);
    it.send().await?;
    let shown = it.get(&gone);
    assert_eq!(
        (&shown["enabled"], &shown["off_reason"]),
        (&json!(false), &json!("gone"))
    );
    assert_eq!(it.delivery(&gone)["state"], "failed");
    assert_eq!(it.post(&path(&gone, "/test")).refused(409), "out_of_order");
    let failing = it.make("standard", &ALL);
    for day in ["09", "11", "13", "14"] {
        town.set(&format!("2026-03-{day}"), "10:00")?;
        it.receiver.answer(vec![Answered::with(500); 8]);
        it.test(&failing);
        it.send().await?;
        let enabled = it.get(&failing)["enabled"].clone();
        assert_eq!(enabled, day != "14", "{day}");
        it.receiver.take();
    }
    assert_eq!(it.get(&failing)["off_reason"], "failing");
    let told = it.deliveries(&failing);
    assert!(told.iter().all(|one| one["state"] == "failed"), "{told:?}");
    // What happens while it is off is not kept for it; switched on again, it is told what happens then.
    town.issue(CyclesAtIssue::On).await?;
    assert_eq!(it.deliveries(&failing).len(), told.len());
    let on = json!({ "enabled": true });
    it.service
        .change("PATCH", &it.office, &path(&failing, ""), "*", &on)
        .expect(200);
    assert_eq!(it.get(&failing)["failing_since_at"], Value::Null);
    assert_eq!(it.send().await?, 0);
    Ok(())
}

async fn two_instances_send_once(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    it.make("standard", &ALL);
    it.make("wecom", &ALL);
    town.issue(CyclesAtIssue::On).await?;
    let mut second = town.another().await?;
    second.settings = it.ctx.settings.clone();
    let (one, other) = tokio::join!(run_in(&it.ctx, "webhooks"), run_in(&second, "webhooks"));
    assert_eq!(one? + other?, 8);
    let heard = it.receiver.take();
    assert_eq!(heard.len(), 4 + 1, "the robot hears one message");
    let mut ids: Vec<&str> = heard.iter().map(|one| one.header("webhook-id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5);
    Ok(())
}

async fn who_is_killed_while_sending_sends_again(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &ALL);
    it.test(&hook);
    it.receiver
        .answer([Answered::with(200).after(Duration::from_secs(4))]);
    let killed = tokio::time::timeout(Duration::from_secs(2), it.send()).await;
    assert!(killed.is_err(), "it was taken before its word came");
    let first = it.receiver.take();
    assert_eq!(first.len(), 1);
    assert_eq!(it.delivery(&hook)["state"], "waiting");
    assert_eq!(it.send().await?, 0, "the lease still holds");
    assert!(it.receiver.take().is_empty());
    let later = it.ctx.real_clock.now() + TimeDelta::seconds(61);
    let mut heir = it.ctx.clone();
    heir.real_clock = Clock::Set(SetClock::at(later));
    assert_eq!(run_in(&heir, "webhooks").await?, 1);
    let second = it.receiver.take();
    assert_eq!(
        second[0].header("webhook-id"),
        first[0].header("webhook-id")
    );
    assert_eq!(it.delivery(&hook)["state"], "delivered");
    Ok(())
}

async fn a_slow_endpoint_holds_up_no_other(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let slow = it.make("standard", &ALL);
    it.receiver
        .answer([Answered::with(200).after(Duration::from_secs(20))]);
    it.test(&slow);
    let other = HookDesk {
        receiver: crate::support::receiver::Receiver::start()?,
        ctx: reaching(town),
        ..HookDesk::of(town).await?
    };
    let quick = other.make("standard", &ALL);
    let ctx = it.ctx.clone();
    let running = tokio::spawn(async move { run_in(&ctx, "webhooks").await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    // It has something to be told while the slow one is served already.
    other.test(&quick);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(other.delivery(&quick)["state"], "delivered");
    assert_eq!(it.delivery(&slow)["state"], "waiting");
    assert_eq!(running.await??, 1);
    let told = it.delivery(&slow);
    assert_eq!(told["trouble"], "timed_out");
    let took = told["attempts"][0]["duration_ms"].as_u64().unwrap_or(0);
    assert!((14_000..18_000).contains(&took), "{took}");
    Ok(())
}

async fn a_dead_endpoint_is_not_tried_with_everything(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let dead = it.make_of(
        &json!({ "name": "关了", "url": format!("http://127.0.0.1:{port}/"), "events": ALL }),
    );
    for _ in 0..20 {
        it.test(&dead);
    }
    assert_eq!(it.send().await?, 0);
    let told = it.deliveries(&dead);
    let tried = told.iter().filter(|one| one["tries"] == 1).count();
    assert!((1..=4).contains(&tried), "{tried} tries");
    let tried = told.iter().find(|one| one["tries"] == 1).context("a try")?;
    assert_eq!(tried["trouble"], "unreachable");
    assert!(told.iter().all(|one| one["state"] == "waiting"));
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
