//! The term report of a monitoring round as a document and as sheets.

use crate::support::Town;
use crate::support::office::Office;
use crate::support::read_files::{lines, rows};
use duban::domain::cycle_kind::CycleKind;
use duban::domain::user_role::UserRole;
use duban::flow::open_round_by_hand::open_round_by_hand;
use serde_json::json;

/// Two terms, the second half told: the path of its round.
async fn two_terms(office: &mut Office<'_>) -> anyhow::Result<String> {
    let rate = office.found("开齐率");
    office.open("2026-03-09").await?;
    for (unit, value) in [("S1", 97), ("S2", 99), ("S5", 94)] {
        office.tell(unit, &rate, json!(value)).await?;
    }
    let round = office.open("2026-09-14").await?;
    for (unit, value) in [("S1", 96.0), ("S2", 99.0), ("S3", 94.5), ("S5", 94.0)] {
        office.tell(unit, &rate, json!(value)).await?;
    }
    Ok(format!("/rounds/{round}"))
}

fn has(lines: &[String], wanted: &str) {
    assert!(
        lines.iter().any(|line| line.contains(wanted)),
        "{wanted}: {lines:#?}"
    );
}

async fn a_report_tells_counts_that_sum_and_names_who_needs_a_look(
    town: &Town,
) -> anyhow::Result<()> {
    let mut office = Office::of(town).await?;
    let round = two_terms(&mut office).await?;
    let given = office
        .service
        .get(&office.token, &format!("{round}/report.docx"));
    assert_eq!(given.status, 200);
    let kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    assert_eq!(given.header("content-type"), kind);
    let told = lines(&given.body);
    for wanted in [
        "《青石市校园安全与课堂质量提升方案》",
        "2026—2027学年第一学期监测报告",
        "2026—2027学年第一学期共监测 1 项指标，涉及 6 个单位，应报数据 6 项。截至2026年9月14日，填报尚未截止，已报 4 项。其中达标 2 项，占应报的 33.3%；未达标 2 项，占 33.4%；未填报 2 项，占 33.3%。",
        "上学期应报数据 6 项，达标 2 项，占 33.3%；未达标 1 项，占 16.7%；未填报 3 项，占 50.0%。与上学期相比，本期有 1 项数据变差。",
        "课程开齐率由系统从方案原文读出，尚未经人工确认。",
        "课程开齐率|不低于 95%|6|2|2|2|33.3%|33.3%",
        "课程开齐率|4|94%|95.88%|95.25%|99%|96.67%",
        "东区第一小学：课程开齐率 96%，目标不低于 95%，比上学期（97%）下降 1 个百分点。",
        "课程开齐率 94%，目标不低于 95%，与上学期（94%）持平。",
        "2 个单位尚未填报：",
        "附件",
        "课程开齐率|东区第一小学|不低于 95%|96%|97%|达标|变差",
        "督导室",
    ] {
        has(&told, wanted);
    }
    assert!(
        !told.iter().any(|line| line.contains("东区第二小学：")),
        "{told:#?}"
    );
    let sheets = office
        .service
        .get(&office.token, &format!("{round}/report.xlsx"));
    let table = rows(&sheets.body);
    for row in [
        &["应报", "6", "", "6", ""][..],
        &["达标", "2", "33.3%", "2", "33.3%"],
        &["未达标", "2", "33.4%", "1", "16.7%"],
        &["未填报", "2", "33.3%", "3", "50%"],
        &["变差", "1", "", "0", ""],
    ] {
        assert!(table.iter().any(|one| one == row), "{row:?}: {table:#?}");
    }
    let own = table
        .iter()
        .find(|row| row.get(1).is_some_and(|code| code == "S1"));
    let own = own.expect("S1");
    assert_eq!(own[4..8], ["96", "97", "达标", "变差"]);
    Ok(())
}

async fn the_same_state_gives_the_same_bytes_and_another_one_others(
    town: &Town,
) -> anyhow::Result<()> {
    let mut office = Office::of(town).await?;
    let round = two_terms(&mut office).await?;
    for kind in ["docx", "xlsx"] {
        let path = format!("{round}/report.{kind}");
        let first = office.service.get(&office.token, &path);
        let again = office.service.get(&office.token, &path);
        assert_eq!(first.body, again.body, "{kind}");
        let known = format!("If-None-Match: {}", first.header("etag"));
        let ask = || {
            let path = format!("/api/v1{path}");
            office
                .service
                .send("GET", &path, &office.token, &[&known], b"")
        };
        assert_eq!(ask().status, 304);
        let rate = office.found("开齐率");
        let value = if kind == "docx" { 95.5 } else { 96.5 };
        office.tell("S4", &rate, json!(value)).await?;
        let other = ask();
        assert_eq!(other.status, 200);
        assert_ne!(first.body, other.body, "{kind}");
    }
    Ok(())
}

async fn a_report_holds_the_units_that_its_reader_meets(town: &Town) -> anyhow::Result<()> {
    let mut office = Office::of(town).await?;
    let round = two_terms(&mut office).await?;
    let district = office.service.token(UserRole::UnitHead, Some("D1")).await?;
    let told = lines(
        &office
            .service
            .get(&district, &format!("{round}/report.docx"))
            .body,
    );
    has(&told, "本报告只包括本单位及所属单位的数据");
    has(&told, "涉及 3 个单位，应报数据 3 项");
    has(&told, "上学期应报数据 3 项，达标 2 项");
    let foreign = |line: &&String| line.contains("西区") || line.contains("督导室");
    assert_eq!(told.iter().find(foreign), None);
    let sheets = rows(
        &office
            .service
            .get(&district, &format!("{round}/report.xlsx"))
            .body,
    );
    assert!(!sheets.iter().flatten().any(|cell| cell == "S5"));
    let stranger = office
        .service
        .token(UserRole::UnitContact, Some("B4"))
        .await?;
    let plan = town.plan().await?;
    open_round_by_hand(&town.ctx, &plan, CycleKind::Dispatch, None, Some("测试")).await?;
    let path = "/rounds?kind=dispatch";
    let check = office.service.get(&office.token, path).expect(200)["items"][0]["id"].clone();
    let check = format!("/rounds/{}", check.as_str().unwrap_or_default());
    for kind in ["docx", "xlsx"] {
        let path = format!("{round}/report.{kind}");
        assert_eq!(
            office.service.get(&stranger, &path).refused(404),
            "not_found"
        );
        // A dispatch asks for no indicators.
        let path = format!("{check}/report.{kind}");
        assert_eq!(
            office.service.get(&office.token, &path).refused(409),
            "no_indicators"
        );
        let path = format!("/rounds/{}/report.{kind}", uuid::Uuid::nil());
        assert_eq!(
            office.service.get(&office.token, &path).refused(404),
            "not_found"
        );
    }
    Ok(())
}

async fn a_first_round_that_all_attain_has_nothing_to_compare_or_to_name(
    town: &Town,
) -> anyhow::Result<()> {
    let mut office = Office::of(town).await?;
    let rate = office.found("开齐率");
    office.change(&rate, &json!({ "state": "confirmed", "reporters": ["S1"] }));
    let round = office.open("2026-03-09").await?;
    office.tell("S1", &rate, json!(100)).await?;
    let path = format!("/rounds/{round}/report.docx");
    let told = lines(&office.service.get(&office.token, &path).body);
    for wanted in [
        "上学期没有监测数据，不作比较。",
        "达标 1 项，占应报的 100.0%；未达标 0 项，占 0.0%",
        "课程开齐率|1|100%|—|—|100%|—",
        "各单位均已填报并达到目标，没有比上学期变差的。",
    ] {
        has(&told, wanted);
    }
    assert!(!told.iter().any(|line| line.contains("尚未经人工确认")));
    Ok(())
}

async fn a_goal_of_the_plan_is_asked_once_a_person_says_who_reports_it(
    town: &Town,
) -> anyhow::Result<()> {
    let mut office = Office::of(town).await?;
    let goal = office.found("整改率");
    assert_eq!(
        (&goal["task_id"], &goal["state"]),
        (&json!(null), &json!("proposed"))
    );
    let spring = office.open("2026-03-09").await?;
    assert!(!office.units(&spring).contains(&"D1".to_owned()));
    let confirmed = json!({ "state": "confirmed", "reporters": ["各地"] });
    assert_eq!(office.change(&goal, &confirmed)["state"], "confirmed");
    let autumn = office.open("2026-09-14").await?;
    assert!(office.units(&autumn).contains(&"D1".to_owned()));
    let goals = format!("/plans/{}", town.plan().await?.id);
    let goals = office.service.get(&office.token, &goals).expect(200)["goals"].clone();
    assert_eq!(goals[0]["text"], goal["text"]);
    let path = format!("/rounds/{autumn}/report.docx");
    has(
        &lines(&office.service.get(&office.token, &path).body),
        "校园安全隐患整改率|等于 100%|2|0|0|2|0.0%|—",
    );
    Ok(())
}

on_both! {
    a_report_tells_counts_that_sum_and_names_who_needs_a_look,
    the_same_state_gives_the_same_bytes_and_another_one_others,
    a_report_holds_the_units_that_its_reader_meets,
    a_first_round_that_all_attain_has_nothing_to_compare_or_to_name,
    a_goal_of_the_plan_is_asked_once_a_person_says_who_reports_it,
}
