//! What becomes of deliveries that meet trouble on the way: tried again with the same id, at least once whatever happens,
//! by one instance, and to the cost of nobody else.

use crate::support::Town;
use crate::support::hook_desk::{ALL, HookDesk, path, reaching};
use crate::support::receiver::{Answered, Receiver};
use crate::support::town::run_in;
use anyhow::Context;
use chrono::TimeDelta;
use duban::clock::{Clock, SetClock};
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};
use std::time::Duration;

on_both! {
    what_fails_is_tried_again_with_the_same_id,
    the_endpoint_says_when_to_come_again,
    who_is_gone_or_fails_for_days_is_switched_off,
    two_instances_send_once,
    who_is_killed_while_sending_sends_again,
    a_slow_endpoint_holds_up_no_other,
    a_dead_endpoint_is_not_tried_with_everything,
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
    let mut mails = town.mails().await?;
    mails.retain(|mail| mail.subject == "一个事件推送地址已自动停用");
    let texts: Vec<&str> = mails.iter().map(|mail| mail.text_body.as_str()).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(
        texts[0].contains("410") && texts[0].contains(&path(&gone, "")),
        "{texts:?}"
    );
    assert!(texts[1].contains("连续多日未能送达"), "{texts:?}");
    assert!(
        mails
            .iter()
            .all(|mail| mail.address == "supervisor@example.org")
    );
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
        receiver: Receiver::start()?,
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
