//! Bulletins through REST: frozen when their round opens, edited, approved, published once by mail, corrected by a new
//! version alone.

use crate::support::Town;
use crate::support::bulletin_desk::{Desk, path};
use crate::support::read_files::{lines, rows};
use crate::support::service::Service;
use crate::support::state::state_hash;
use anyhow::Context;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::ids::BulletinId;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::freeze_snapshot::checksum;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::publish_bulletin::publish_bulletin;
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both! {
    a_round_freezes_what_its_bulletin_tells_for_ever,
    a_bulletin_is_edited_approved_and_published_once,
    what_is_published_is_corrected_by_a_new_version_alone,
    numbers_have_no_gaps_whoever_publishes_at_once,
    of_two_who_publish_one_bulletin_one_does,
    a_snapshot_that_was_changed_is_told_nowhere,
    who_approves_stands_for_what_they_have_read,
    units_meet_what_is_published,
    a_day_that_cannot_be_told_is_refused,
}

fn id_of(made: &Value) -> anyhow::Result<BulletinId> {
    Ok(BulletinId(made["id"].as_str().context("id")?.parse()?))
}

#[track_caller]
fn has(lines: &[String], wanted: &str) {
    // Titles are divided into lines.
    let whole = lines.concat().replace('\n', "");
    assert!(whole.contains(wanted), "{wanted}: {lines:#?}");
}

async fn a_round_freezes_what_its_bulletin_tells_for_ever(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let service = Service::start(town)?;
    let contact = service.token(UserRole::UnitContact, Some("S1")).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let reports = format!("/obligations/{}/reports", ask.id);
    let items = service
        .get(&contact, &format!("/obligations/{}", ask.id))
        .expect(200)["items"]
        .clone();
    let report = |percent: u8, done: &str| json!({ "items": [{ "assignment_id": items[0]["assignment_id"], "percent": percent, "done": done, "problems": null, "next_steps": null }], "note": null });
    service
        .post(&contact, &reports, &report(40, "已公示到班"))
        .expect(201);
    town.live("2026-03-30", "2026-04-01").await?;
    town.set("2026-04-01", "10:00")?;
    let office = service.token(UserRole::Leader, None).await?;
    let list = service.get(&office, "/bulletins").expect(200);
    let [made] = list["items"].as_array().context("items")?.as_slice() else {
        panic!("{list}");
    };
    assert_eq!(made["state"], "draft");
    assert_eq!(made["as_of"], "2026-03-31");
    assert_eq!(made["period"], "2026-Q1");
    assert_eq!(made["made_by"], "bulletin");
    assert_eq!(
        made["round_id"],
        json!(town.rounds(CycleKind::Bulletin).await?[0].id)
    );
    let before = service.get(&office, &path(&made["id"], "")).expect(200);
    let figures = &before["figures"];
    let standings = figures["standings"].as_array().context("standings")?;
    let count: u64 = standings
        .iter()
        .filter_map(|one| one["count"].as_u64())
        .sum();
    assert_eq!(Some(count), figures["assignments"].as_u64());
    let percent: f64 = standings
        .iter()
        .filter_map(|one| one["percent"].as_f64())
        .sum();
    assert!((percent - 100.0).abs() < 1e-6, "{standings:?}");
    let frozen = service.get(&office, &path(&made["id"], "/snapshot")).body;
    let frozen = String::from_utf8(frozen)?;
    assert_eq!(json!(checksum(&frozen)), before["snapshot_sha256"]);
    assert!(frozen.contains("已公示到班"), "{frozen}");
    let docx = service
        .get(&office, &path(&made["id"], "/bulletin.docx"))
        .body;
    has(
        &lines(&docx),
        before["snapshot_sha256"].as_str().context("sum")?,
    );
    // What is reported later, and a new name, change nothing of it.
    let admin = service.token(UserRole::Administrator, None).await?;
    service
        .post(&admin, &reports, &report(90, "全部公示"))
        .expect(201);
    let after = service.get(&office, &path(&made["id"], "")).expect(200);
    assert_eq!(before, after);
    let again = service
        .get(&office, &path(&made["id"], "/bulletin.docx"))
        .body;
    assert_eq!(docx, again);
    Ok(())
}

/// Bad input B11: publishing before the approval.
async fn a_bulletin_is_edited_approved_and_published_once(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let made = desk.draft("2026-03-10");
    let id = &made["id"];
    let untouched = state_hash(&town.ctx.db).await?;
    let early = desk.publish(id);
    assert_eq!(early.refused(409), "out_of_order");
    assert!(early.json()["detail"].to_string().contains("请先审定"));
    let same_day = json!({ "plan_id": desk.plan, "as_of": "2026-03-10" });
    let second = desk.service.post(&desk.office, "/bulletins", &same_day);
    assert_eq!(second.refused(409), "bulletin_pending");
    let too_many: Vec<&str> = vec!["抓紧整改。"; 21];
    let etag = desk
        .service
        .get(&desk.office, &path(id, "/text"))
        .header("etag")
        .to_owned();
    let edit = |body: &Value| {
        desk.service
            .change("PATCH", &desk.office, &path(id, "/text"), &etag, body)
    };
    assert_eq!(edit(&json!({ "demands": too_many })).status, 422);
    assert_eq!(state_hash(&town.ctx.db).await?, untouched);
    let edited = json!({
        "opening": "现将有关情况通报如下。",
        "good_practices": ["东区第一小学建立隐患台账。"],
        "demands": ["抓紧整改。", "按时报送。"],
        "recipients": ["各区教育局", "各学校"],
        "copies": ["市政府办公室"],
    });
    assert_eq!(edit(&edited).expect(200)["opening"], edited["opening"]);
    // The texts that were seen are no longer those.
    assert_eq!(edit(&json!({ "opening": "另一种开头" })).status, 412);
    let leader = desk.service.token(UserRole::Leader, None).await?;
    let approved = desk
        .service
        .post(&leader, &path(id, "/approval"), &json!({}));
    assert_eq!(approved.expect(200)["approved_by"], "leader@example.org");
    let etag = desk
        .service
        .get(&desk.office, &path(id, "/text"))
        .header("etag")
        .to_owned();
    let late = desk
        .service
        .change("PATCH", &desk.office, &path(id, "/text"), &etag, &edited);
    assert_eq!(late.refused(409), "out_of_order");
    let by_leader = format!("/api/v1{}", path(id, "/publication"));
    let by_leader = desk.service.send("POST", &by_leader, &leader, &[], b"");
    assert_eq!(by_leader.refused(403), "forbidden");
    let before = town.mails().await?.len();
    let published = desk.publish(id).expect(200);
    assert_eq!(published["issue_number"], 1);
    assert_eq!(published["issue_year"], 2026);
    assert_eq!(published["mails"], 9);
    assert_eq!(published["units_without_address"], json!(["西区实验小学"]));
    assert_eq!(desk.publish(id).refused(409), "out_of_order");
    assert_eq!(town.mails().await?.len(), before + 9);
    town.run("deliver").await?;
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for mail in town.outbox.mails() {
        let text = String::from_utf8(mail.message)?;
        // Others bring a calendar.
        if text.contains("wordprocessingml") {
            *told
                .entry(mail.envelope.to.as_str().to_owned())
                .or_default() += 1;
            assert_eq!(text.matches("Content-Disposition: attachment").count(), 2);
        }
    }
    assert_eq!((told.len(), told.values().max()), (9, Some(&1)), "{told:?}");
    let told = lines(&desk.file(id, "bulletin.docx"));
    for wanted in [
        "第1期",
        "关于《青石市校园安全与课堂质量提升方案》截至2026年3月10日落实情况的通报",
        "各区教育局，各学校：",
        "现将有关情况通报如下。",
        "总体情况",
        "东区第一小学建立隐患台账。",
        "存在问题",
        "一是抓紧整改。",
        "二是按时报送。",
        "市政府办公室",
        "2026年3月10日",
    ] {
        has(&told, wanted);
    }
    let table = rows(&desk.file(id, "bulletin.xlsx"));
    assert!(
        table
            .iter()
            .any(|row| row.get(4).is_some_and(|code| code == "S1"))
    );
    Ok(())
}

async fn what_is_published_is_corrected_by_a_new_version_alone(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let first = desk.published("2026-03-10");
    let original = desk.file(&first["id"], "bulletin.docx");
    let wanted = json!({ "note": "东区第一小学的数据有误", "fresh_numbers": true });
    let correct = |id: &Value| {
        let path = path(id, "/corrections");
        desk.service.post(&desk.office, &path, &wanted)
    };
    let second = correct(&first["id"]).expect(201);
    assert_eq!(second["state"], "draft");
    assert_eq!(second["version"], 2);
    assert_eq!(second["corrects_id"], first["id"]);
    assert_eq!(second["issue_number"], 1);
    assert_eq!(correct(&first["id"]).refused(409), "out_of_order");
    assert_eq!(correct(&second["id"]).refused(409), "out_of_order");
    desk.approve(&second["id"]).expect(200);
    town.set("2026-03-11", "09:00")?;
    let published = desk.publish(&second["id"]).expect(200);
    assert_eq!(published["issue_number"], 1);
    assert_eq!(published["mails"], 9);
    let told = lines(&desk.file(&second["id"], "bulletin.docx"));
    has(&told, "落实情况的通报（更正）");
    has(
        &told,
        "2026年3月10日印发的2026年第1期有关内容更正如下，以本件为准。更正说明：东区第一小学的数据有误",
    );
    assert_eq!(desk.file(&first["id"], "bulletin.docx"), original);
    assert_eq!(desk.get(&first["id"])["state"], "published");
    let third = desk.published("2026-03-11");
    assert_eq!(third["issue_number"], 2);
    Ok(())
}

async fn numbers_have_no_gaps_whoever_publishes_at_once(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let drafts = [desk.draft("2026-03-09"), desk.draft("2026-03-10")];
    for one in &drafts {
        desk.approve(&one["id"]).expect(200);
    }
    let other = town.another().await?;
    let (mine, theirs) = tokio::join!(
        publish_bulletin(&town.ctx, id_of(&drafts[0])?),
        publish_bulletin(&other, id_of(&drafts[1])?)
    );
    assert_eq!((mine?, theirs?), (9, 9));
    let mut numbers: Vec<i64> = drafts
        .iter()
        .filter_map(|one| desk.get(&one["id"])["issue_number"].as_i64())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2]);
    Ok(())
}

async fn of_two_who_publish_one_bulletin_one_does(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let made = desk.draft("2026-03-10");
    desk.approve(&made["id"]).expect(200);
    let before = town.mails().await?.len();
    let (id, other) = (id_of(&made)?, town.another().await?);
    let both = tokio::join!(
        publish_bulletin(&town.ctx, id),
        publish_bulletin(&other, id)
    );
    let won = [both.0, both.1].into_iter().filter(Result::is_ok).count();
    assert_eq!(won, 1);
    assert_eq!(town.mails().await?.len(), before + 9);
    Ok(())
}

async fn a_snapshot_that_was_changed_is_told_nowhere(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let made = desk.draft("2026-03-10");
    desk.approve(&made["id"]).expect(200);
    let change = "UPDATE bulletin_snapshot SET content = replace(content, 'S1', 'S9')";
    sea_orm::ConnectionTrait::execute_unprepared(&town.ctx.db, change).await?;
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(desk.publish(&made["id"]).refused(409), "snapshot_damaged");
    // The service keeps answers until something changes; another instance asks the database.
    let fresh = Service::with(&town.another().await?, crate::support::service::no_rates())?;
    let docx = fresh.get(&desk.office, &path(&made["id"], "/bulletin.docx"));
    assert_eq!(docx.refused(409), "snapshot_damaged");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn who_approves_stands_for_what_they_have_read(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let made = desk.draft("2026-03-10");
    let id = &made["id"];
    let etag = desk
        .service
        .get(&desk.office, &path(id, "/text"))
        .header("etag")
        .to_owned();
    let edit = json!({ "demands": ["限期整改。"] });
    desk.service
        .change("PATCH", &desk.office, &path(id, "/text"), &etag, &edit)
        .expect(200);
    let leader = desk.service.token(UserRole::Leader, None).await?;
    let approve = |sum: &Value| {
        let body = json!({ "text_sha256": sum });
        desk.service.post(&leader, &path(id, "/approval"), &body)
    };
    assert_eq!(approve(&made["text_sha256"]).refused(412), "stale");
    approve(&desk.get(id)["text_sha256"]).expect(200);
    let back = json!({ "reason": "请补充主要做法" });
    let returned = desk
        .service
        .post(&leader, &path(id, "/return"), &back)
        .expect(200);
    assert_eq!(
        (&returned["state"], &returned["approved_by"]),
        (&json!("draft"), &Value::Null)
    );
    let again = desk.service.post(&leader, &path(id, "/return"), &back);
    assert_eq!(again.refused(409), "out_of_order");
    // Without demands nobody can stand for it.
    let etag = desk
        .service
        .get(&desk.office, &path(id, "/text"))
        .header("etag")
        .to_owned();
    desk.service
        .change(
            "PATCH",
            &desk.office,
            &path(id, "/text"),
            &etag,
            &json!({ "demands": [] }),
        )
        .expect(200);
    assert_eq!(approve(&Value::Null).refused(409), "out_of_order");
    Ok(())
}

async fn units_meet_what_is_published(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let contact = desk
        .service
        .token(UserRole::UnitContact, Some("S1"))
        .await?;
    let read = |path: &str| desk.service.get(&contact, path);
    let made = desk.draft("2026-03-10");
    let whole = path(&made["id"], "");
    assert_eq!(read("/bulletins").expect(200)["items"], json!([]));
    let below = ["", "/bulletin.docx", "/bulletin.html", "/snapshot"];
    for name in below {
        assert_eq!(read(&format!("{whole}{name}")).refused(404), "not_found");
    }
    let feed = || {
        let page = read("/changes?limit=200").expect(200);
        let items = page["items"].as_array().cloned().unwrap_or_default();
        let mut of = items.iter().map(|one| one["resource"].clone());
        of.any(|resource| resource == "bulletins")
    };
    assert!(!feed());
    desk.approve(&made["id"]).expect(200);
    desk.publish(&made["id"]).expect(200);
    assert_eq!(read("/bulletins").expect(200)["items"][0]["id"], made["id"]);
    for name in below {
        assert_eq!(read(&format!("{whole}{name}")).status, 200, "{name}");
    }
    assert!(feed());
    // The mailed files are met as well.
    let mail = town.mails_to("s1@town.example.org").await?;
    let mail = mail.last().context("a mail")?;
    let detail = read(&format!("/mails/{}", mail.id)).expect(200);
    let files = detail["files"].as_array().context("files")?;
    assert_eq!(files.len(), 2);
    for file in files {
        let id = file["attachment_id"].as_str().context("id")?;
        assert_eq!(read(&format!("/attachments/{id}")).status, 200);
    }
    Ok(())
}

async fn a_day_that_cannot_be_told_is_refused(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let before = state_hash(&town.ctx.db).await?;
    for day in ["2026-03-08", "2026-03-11"] {
        let body = json!({ "plan_id": desk.plan, "as_of": day });
        let refused = desk.service.post(&desk.office, "/bulletins", &body);
        assert_eq!(refused.refused(422), "wrong_day", "{day}");
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}
