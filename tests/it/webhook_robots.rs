//! Group robots: what they are sent, how often and when, and that their word is read.

use crate::support::Town;
use crate::support::hook_desk::{HookDesk, path};
use crate::support::receiver::Answered;
use chrono::TimeDelta;
use duban::clock::Clock;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};

on_both! {
    each_robot_gets_what_its_platform_takes,
    what_waits_together_is_one_message,
    a_robot_that_refuses_is_asked_again,
    twenty_messages_a_minute_at_the_most,
    a_group_is_not_spoken_to_at_night,
}

async fn each_robot_gets_what_its_platform_takes(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let title = "督办动态";
    let line = "【测试】本群已与督办系统连通（专班群），无须处理。";
    for (kind, secret, body) in [
        (
            "wecom",
            Value::Null,
            json!({ "msgtype": "markdown", "markdown": { "content": format!("**{title}**\n> {line}") } }),
        ),
        (
            "dingtalk",
            json!("SECtest"),
            json!({ "msgtype": "markdown", "markdown": { "title": title, "text": format!("#### {title}\n\n- {line}") } }),
        ),
        (
            "feishu",
            json!("test"),
            json!({
                "msg_type": "post",
                "content": { "post": { "zh_cn": { "title": title, "content": [[{ "tag": "text", "text": line }]] } } },
                "timestamp": "1773021600",
                "sign": "",
            }),
        ),
    ] {
        let url = it.receiver.url("robot?key=abc");
        let hook = it.make_of(&json!({ "name": "专班群", "url": url, "kind": kind, "secret": secret, "events": ["task.issued"] }));
        it.test(&hook);
        it.receiver
            .answer([Answered::with(200).body(r#"{"errcode":0,"code":0}"#)]);
        assert_eq!(it.send().await?, 1, "{kind}");
        let heard = it.receiver.take().remove(0);
        let mut told = heard.json();
        if kind == "feishu" {
            assert_eq!(told["sign"].as_str().map(str::len), Some(44));
            told["sign"] = json!("");
        }
        assert_eq!(told, body, "{kind}");
        assert_eq!(heard.header("webhook-id"), "");
        match kind {
            "dingtalk" => {
                let start = "/robot?key=abc&timestamp=1773021600000&sign=";
                assert!(heard.path.starts_with(start), "{}", heard.path);
            }
            _ => assert_eq!(heard.path, "/robot?key=abc"),
        }
        assert_eq!(it.delivery(&hook)["state"], "delivered");
    }
    Ok(())
}

async fn what_waits_together_is_one_message(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let hook = it.make("wecom", &["task.issued"]);
    town.issue(CyclesAtIssue::On).await?;
    assert_eq!(it.send().await?, 4);
    let heard = it.receiver.take();
    assert_eq!(heard.len(), 1);
    let told = heard[0].json();
    let content = told["markdown"]["content"].as_str().unwrap_or_default();
    let lines: Vec<&str> = content.lines().collect();
    assert_eq!(lines.len(), 5, "{content}");
    assert_eq!(lines[0], "**督办动态（4条）**");
    assert!(lines[1].starts_with("> 【任务下发】《"), "{content}");
    let told = it.deliveries(&hook);
    assert!(told.iter().all(|one| one["state"] == "delivered"));
    Ok(())
}

async fn a_robot_that_refuses_is_asked_again(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let hook = it.make("wecom", &["task.issued"]);
    it.receiver.answer([
        Answered::with(200).body(r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#),
        Answered::with(200).body("<html>"),
    ]);
    it.test(&hook);
    assert_eq!(it.send().await?, 0, "200, and yet it is refused");
    let told = it.delivery(&hook);
    assert_eq!(
        (&told["state"], &told["trouble"]),
        (&json!("waiting"), &json!("robot_refused"))
    );
    assert_eq!(told["attempts"][0]["detail"], "93000 invalid webhook url");
    town.set("2026-03-09", "10:01")?;
    assert_eq!(it.send().await?, 0);
    assert_eq!(it.delivery(&hook)["trouble"], "garbled");
    town.set("2026-03-09", "10:10")?;
    assert_eq!(it.send().await?, 1);
    assert_eq!(it.delivery(&hook)["state"], "delivered");
    Ok(())
}

async fn twenty_messages_a_minute_at_the_most(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let hook = it.make("wecom", &["task.issued"]);
    let Clock::Set(clock) = &it.ctx.clock else {
        anyhow::bail!("the town's clock is set");
    };
    let mut now = it.ctx.now().at;
    let mut told = 0;
    for second in 0..60 {
        clock.set(now + TimeDelta::seconds(second));
        it.test(&hook);
        it.send().await?;
        told += it.receiver.take().len();
    }
    assert!((15..=20).contains(&told), "{told} messages in a minute");
    now += TimeDelta::seconds(70);
    clock.set(now);
    it.send().await?;
    let all = it.deliveries(&hook);
    assert_eq!(all.len(), 60);
    assert!(all.iter().all(|one| one["state"] == "delivered"));
    Ok(())
}

async fn a_group_is_not_spoken_to_at_night(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let robot = it.make("feishu", &["task.issued"]);
    let program = it.make("standard", &["task.issued"]);
    town.set("2026-03-09", "22:00")?;
    it.test(&robot);
    it.test(&program);
    assert_eq!(it.send().await?, 1);
    assert_eq!(it.delivery(&program)["state"], "delivered");
    assert_eq!(it.delivery(&robot)["state"], "waiting");
    town.set("2026-03-10", "08:31")?;
    assert_eq!(it.send().await?, 1);
    assert_eq!(it.get(&robot)["failing_since_at"], Value::Null);
    assert!(path(&robot, "").starts_with("/webhooks/"));
    Ok(())
}
