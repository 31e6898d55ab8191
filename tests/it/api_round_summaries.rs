//! What a dispatch came to: previewed while it runs, frozen with its hash when it closes, compared with the last.

use crate::support::Town;
use crate::support::read_files::{lines, rows};
use crate::support::service::Service;
use crate::support::state::state_hash;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::ids::RoundId;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::close_asks::close_round_by_hand;
use duban::flow::open_round_by_hand::open_round_by_hand;
use duban::storage::round_summaries;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

on_both! {
    a_summary_is_frozen_at_the_close_and_does_not_change_afterwards,
    the_next_summary_tells_what_has_changed_and_what_came_of_decisions,
    units_read_their_own_part,
    only_a_dispatch_has_a_summary,
    of_two_who_close_one_wins_and_one_summary_stays,
    a_round_that_time_closes_leaves_a_summary
}

async fn open(town: &Town) -> anyhow::Result<RoundId> {
    let plan = town.plan().await?;
    let reason = Some("测试");
    let opened = open_round_by_hand(&town.ctx, &plan, CycleKind::Dispatch, None, reason).await?;
    Ok(opened.round.id)
}

/// A lead unit answers its newest dispatch: the same percentage for everything.
async fn answer(
    town: &Town,
    service: &Service,
    token: &str,
    unit: &str,
    percent: u8,
    problems: &str,
) -> anyhow::Result<()> {
    let asked = town.asked(unit, ObligationKind::Dispatch).await?;
    let path = format!("/obligations/{}", asked[0].id);
    let items = service.get(token, &path).expect(200)["items"].clone();
    let items: Vec<Value> = items
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| json!({ "assignment_id": item["assignment_id"], "percent": percent, "done": "已推进", "problems": problems, "next_steps": "抓紧" }))
        .collect();
    let body = json!({ "items": items, "note": null });
    service
        .post(token, &format!("{path}/reports"), &body)
        .expect(201);
    Ok(())
}

fn summary(service: &Service, token: &str, round: RoundId) -> Value {
    service
        .get(token, &format!("/rounds/{round}/summary"))
        .expect(200)
}

/// The part of a reply that is hashed, as it was sent.
fn hashed(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let (_, content) = text.split_once("\"summary\":").unwrap_or_default();
    let content = content.strip_suffix('}').unwrap_or_default();
    let digest = Sha256::digest(content.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn a_summary_is_frozen_at_the_close_and_does_not_change_afterwards(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let round = open(town).await?;
    let preview = summary(&service, &office, round);
    assert_eq!(
        (&preview["preliminary"], &preview["sha256"]),
        (&json!(true), &Value::Null)
    );
    assert!(round_summaries::get(&town.ctx.db, round).await?.is_none());
    answer(town, &service, &office, "B2", 40, "缺少设备").await?;
    let path = format!("/rounds/{round}");
    service
        .post(&office, &format!("{path}/close"), &json!({}))
        .expect(200);
    let read = service.get(&office, &format!("{path}/summary"));
    let frozen = read.expect(200);
    assert_eq!(frozen["preliminary"], false);
    assert_eq!(frozen["sha256"], hashed(&read.body), "anybody can check it");
    let told = &frozen["summary"];
    let totals = &told["totals"];
    for (name, count) in [
        ("units", 2),
        ("answered", 1),
        ("unanswered", 1),
        ("items", 4),
        ("tasks", 4),
        ("blocked", 2),
        ("silent", 2),
    ] {
        assert_eq!(totals[name], count, "{name}: {totals}");
    }
    let lights = ["green", "yellow", "red"].map(|light| totals[light].as_u64().unwrap_or(0));
    assert_eq!(lights.iter().sum::<u64>(), 4);
    let unit = &told["units"][0];
    assert_eq!(
        (&unit["unit_code"], &unit["state"]),
        (&json!("B2"), &json!("answered"))
    );
    assert_eq!(unit["items"][0]["percent"], 40);
    assert_eq!(unit["items"][0]["decides"], true);
    assert_eq!(told["units"][1]["state"], "unanswered");
    // What was asked and not answered counts at once: the close and the summary are one.
    let silent = &told["units"][1]["items"];
    let standing = silent.as_array().into_iter().flatten();
    let standing: Vec<&Value> = standing
        .filter(|item| item["expected_percent"].is_null())
        .collect();
    assert!(
        standing.iter().all(|item| item["light"] == "red"),
        "{standing:?}"
    );
    let files: Vec<Vec<u8>> = ["docx", "xlsx"]
        .map(|kind| service.get(&office, &format!("{path}/summary.{kind}")).body)
        .into();
    let words = lines(&files[0]);
    for wanted in [
        "2026年3—4月调度小结",
        "涉及 2 个牵头单位、4 项任务、4 份分工。截至2026年3月9日，已填报 1 个单位，未填报 1 个单位。",
        "此前没有调度小结，不作比较。",
        "教学科|已填报|2|",
        "缺少设备",
        "以下 1 个单位未按要求填报：安全科。",
        "没有在办或新办结的议定事项。",
        "督导室",
    ] {
        assert!(
            words.iter().any(|line| line.contains(wanted)),
            "{wanted}: {words:#?}"
        );
    }
    let table = rows(&files[1]);
    let has = |wanted: &[&str]| {
        table
            .iter()
            .any(|row| row.iter().take(wanted.len()).eq(wanted))
    };
    assert!(
        has(&["未填报单位", "1"]) && has(&["B2", "教学科", "已填报"]),
        "{table:#?}"
    );
    // What comes later changes nothing.
    town.live("2026-03-10", "2026-03-12").await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    answer(town, &service, &office, "B3", 80, "无").await?;
    assert_eq!(summary(&service, &office, round), frozen);
    for (kind, before) in ["docx", "xlsx"].iter().zip(files) {
        let after = service.get(&office, &format!("{path}/summary.{kind}")).body;
        assert!(after == before, "{kind}: the same bytes");
    }
    Ok(())
}

async fn the_next_summary_tells_what_has_changed_and_what_came_of_decisions(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let first = open(town).await?;
    answer(town, &service, &office, "B2", 20, "无").await?;
    let decision = json!({ "round_id": first.to_string(), "text": "补齐台账", "unit_code": "B3", "due_on": "2026-03-20" });
    service.post(&office, "/decisions", &decision).expect(201);
    close_round_by_hand(&town.ctx, first).await?;
    let told = summary(&service, &office, first);
    assert_eq!(told["summary"]["decisions"][0]["state"], "open");
    town.set("2026-05-11", "10:00")?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let second = open(town).await?;
    answer(town, &service, &office, "B2", 70, "无").await?;
    let ask = town.ask("B3", ObligationKind::FollowUp).await?;
    let body = json!({ "note": "已补齐" });
    service
        .post(&office, &format!("/obligations/{}/reports", ask.id), &body)
        .expect(201);
    close_round_by_hand(&town.ctx, second).await?;
    let told = summary(&service, &office, second)["summary"].clone();
    assert_eq!(told["before"]["period"], "2026-B2");
    assert_eq!(told["totals"]["moved"], 2);
    let item = &told["units"][0]["items"][0];
    assert_eq!(
        (&item["change"]["percent_before"], &item["change"]["moved"]),
        (&json!(20), &json!(50))
    );
    let decided = &told["decisions"][0];
    assert_eq!(
        (&decided["state"], &decided["answer"]),
        (&json!("answered"), &json!("已补齐"))
    );
    let path = format!("/rounds/{second}/summary.docx");
    let words = lines(&service.get(&office, &path).body);
    for wanted in [
        "与2026年3—4月的小结（2026年3月9日）相比，2 份分工的进度有变化",
        "反馈：已补齐。",
    ] {
        assert!(
            words.iter().any(|line| line.contains(wanted)),
            "{wanted}: {words:#?}"
        );
    }
    Ok(())
}

async fn units_read_their_own_part(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let round = open(town).await?;
    close_round_by_hand(&town.ctx, round).await?;
    let lead = service.token(UserRole::UnitContact, Some("B2")).await?;
    let own = summary(&service, &lead, round);
    assert_eq!(own["whole"], false);
    let units = own["summary"]["units"].as_array().map_or(0, Vec::len);
    assert_eq!(
        (units, &own["summary"]["units"][0]["unit_code"]),
        (1, &json!("B2"))
    );
    assert_eq!(own["summary"]["totals"]["units"], 1);
    let docx = service
        .get(&lead, &format!("/rounds/{round}/summary.docx"))
        .body;
    let words = lines(&docx);
    assert!(words.iter().any(|line| line.contains("本小结只包括本单位")));
    assert!(
        !words
            .iter()
            .any(|line| line.contains("安全科") || line.contains("督导室")),
        "{words:#?}"
    );
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let path = format!("/rounds/{round}/summary");
    assert_eq!(service.get(&school, &path).refused(404), "not_found");
    Ok(())
}

async fn only_a_dispatch_has_a_summary(town: &Town) -> anyhow::Result<()> {
    use duban::flow::issue_plan::CyclesAtIssue;
    town.issue(CyclesAtIssue::On).await?;
    let plan = town.plan().await?;
    let opened =
        open_round_by_hand(&town.ctx, &plan, CycleKind::SpotCheck, None, Some("测试")).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let before = state_hash(&town.ctx.db).await?;
    for kind in ["", ".docx", ".xlsx"] {
        let path = format!("/rounds/{}/summary{kind}", opened.round.id);
        assert_eq!(service.get(&office, &path).refused(409), "no_summary");
    }
    let nothing = "0199f3a0-0000-7000-8000-0000000000ff";
    let path = format!("/rounds/{nothing}/summary");
    assert_eq!(service.get(&office, &path).refused(404), "not_found");
    close_round_by_hand(&town.ctx, opened.round.id).await?;
    assert!(
        round_summaries::get(&town.ctx.db, opened.round.id)
            .await?
            .is_none()
    );
    assert_ne!(
        state_hash(&town.ctx.db).await?,
        before,
        "closed all the same"
    );
    Ok(())
}

async fn of_two_who_close_one_wins_and_one_summary_stays(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let round = open(town).await?;
    let other = town.another().await?;
    let (one, two) = tokio::join!(
        close_round_by_hand(&town.ctx, round),
        close_round_by_hand(&other, round),
    );
    assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
    let lost = one.err().or(two.err()).map(|error| error.to_string());
    let lost = lost.unwrap_or_default();
    assert!(
        lost.contains("已经结束，由") && lost.contains("2026年3月9日"),
        "{lost}"
    );
    assert!(round_summaries::get(&town.ctx.db, round).await?.is_some());
    Ok(())
}

async fn a_round_that_time_closes_leaves_a_summary(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let round = open(town).await?;
    // Ten workdays after the due day, 2026-03-16.
    town.dawn("2026-03-31").await?;
    let kept = round_summaries::get(&town.ctx.db, round).await?;
    assert_eq!(
        kept.map(|kept| kept.made_on.to_string()).as_deref(),
        Some("2026-03-31")
    );
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let shown = service
        .get(&office, &format!("/rounds/{round}"))
        .expect(200);
    assert_eq!(shown["closed_by"], "housekeep");
    Ok(())
}
