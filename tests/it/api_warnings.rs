//! Quality results and what they propose through REST: imported whole or not at all, decided by a person.

use crate::support::Town;
use crate::support::appraised::{QUALITY, QUALITY_BEFORE, import};
use crate::support::pages::all;
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use duban::domain::ids::WarningId;
use duban::domain::user_role::UserRole;
use duban::flow::decide_warning::decide_warning;
use serde_json::{Value, json};

on_both! {
    years_of_decline_propose_a_card_with_its_years,
    the_same_file_twice_changes_nothing,
    what_cannot_be_taken_is_named_by_its_cell,
    a_correction_keeps_the_old_result_and_what_was_decided,
    of_two_decisions_one_holds,
    a_leader_confirms_and_the_school_is_told_once
}

fn upload(service: &Service, token: &str, year: &str, text: &str) -> Response {
    let fields = [
        ("school_year", year),
        ("source", "监测中心"),
        ("approved_by", "局长办公会"),
    ];
    let file = [("file", "质量.csv", text.as_bytes())];
    service.upload(token, "/quality-results/import", &fields, &file)
}

/// The town with its units, in the autumn after three school years.
async fn found(town: &Town) -> anyhow::Result<Service> {
    town.import().await?;
    town.set("2026-09-01", "09:00")?;
    Service::start(town)
}

fn cards(service: &Service, token: &str, query: &str) -> Vec<(String, String, String)> {
    let rows = all(service, token, &format!("/warnings{query}"), 2);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rows.iter()
        .map(|row| {
            (
                text(&row["unit_code"]),
                text(&row["school_year"]),
                text(&row["card"]),
            )
        })
        .collect()
}

async fn years_of_decline_propose_a_card_with_its_years(town: &Town) -> anyhow::Result<()> {
    let service = found(town).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let district = service.token(UserRole::UnitHead, Some("D1")).await?;
    for (year, text, proposed) in [
        ("2023Y", "code,score\nS1,90\nS2,80\nS3,85\n", 1),
        ("2024Y", "code,score\nS1,88\nS2,81\nS3,80\n", 2),
        ("2025Y", "code,score\nS1,82\nS2,83\nS3,80\n", 2),
    ] {
        let imported = upload(&service, &office, year, text).expect(200);
        assert_eq!(imported["added"], 3);
        assert_eq!(imported["proposed"], proposed, "{year} {imported}");
    }
    let told =
        |unit: &str, year: &str, card: &str| (unit.to_owned(), year.to_owned(), card.to_owned());
    assert_eq!(
        cards(&service, &office, "?school_year=2025Y"),
        [
            told("S1", "2025Y", "yellow_card"),
            told("S3", "2025Y", "yellow_card")
        ]
    );
    let yellow = &all(
        &service,
        &office,
        "/warnings?unit_code=S1&school_year=2025Y",
        50,
    )[0];
    assert_eq!(yellow["years"][0]["school_year"], "2024Y");
    assert_eq!(yellow["years"][1]["declined"], true);
    let sentence = yellow["years"][1]["sentence"].as_str().unwrap_or_default();
    assert!(
        sentence.contains("82 分") && sentence.contains("比上一学年（88 分）下降"),
        "{sentence}"
    );
    // Nobody else meets what is only proposed.
    let path = format!("/warnings/{}", yellow["id"].as_str().unwrap_or_default());
    for token in [&school, &district] {
        assert_eq!(cards(&service, token, "").len(), 0);
        assert_eq!(service.get(token, &path).refused(404), "not_found");
    }
    let decision = json!({ "confirmed": true, "reason": "属实" });
    assert_eq!(
        service
            .post(&school, &format!("{path}/decision"), &decision)
            .refused(403),
        "forbidden"
    );
    let decided = service
        .post(&office, &format!("{path}/decision"), &decision)
        .expect(200);
    assert_eq!(decided["state"], "confirmed");
    for token in [&school, &district] {
        assert_eq!(
            cards(&service, token, ""),
            [told("S1", "2025Y", "yellow_card")]
        );
        assert_eq!(service.get(token, &path).expect(200)["reason"], "属实");
    }
    let results = all(&service, &school, "/quality-results", 50);
    assert_eq!(results.len(), 3);
    assert_eq!(results[0]["source"], "监测中心");
    assert_eq!(results[0]["approved_by"], "局长办公会");
    Ok(())
}

/// Bad input F11: the same quality results again.
async fn the_same_file_twice_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let service = found(town).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    upload(&service, &office, "2024Y", QUALITY).expect(200);
    let before = state_hash(&town.ctx.db).await?;
    let change = town.ctx.db.change_no().await?;
    let again = upload(&service, &office, "2024Y", QUALITY).expect(200);
    assert_eq!(again["unchanged"], 3);
    assert_eq!(
        (again["added"].as_u64(), again["corrected"].as_u64()),
        (Some(0), Some(0))
    );
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    assert_eq!(change, town.ctx.db.change_no().await?);
    Ok(())
}

/// Bad input F10: quality results of no school, of two, of no number.
async fn what_cannot_be_taken_is_named_by_its_cell(town: &Town) -> anyhow::Result<()> {
    let service = found(town).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    upload(&service, &office, "2023Y", QUALITY_BEFORE).expect(200);
    let before = state_hash(&town.ctx.db).await?;
    let head = "学校代码,学校名称,学段,学年,得分\nS2,,,,70\n";
    for (row, cell) in [
        ("S1,,,,优秀", "E3"),
        ("S9,,,,80", "A3"),
        (",没有的学校,,,80", "A3"),
        ("S1,东区第二小学,,,80", "A3"),
        ("D1,,,,80", "A3"),
        ("S1,,初中,,80", "C3"),
        ("S1,,,2023,80", "D3"),
        ("S2,,小学,,80", "A3"),
        ("S1,,大学,,80", "C3"),
    ] {
        let answer = upload(&service, &office, "2024Y", &format!("{head}{row}\n"));
        assert_eq!(answer.refused(422), "invalid_cell", "{row}");
        assert_eq!(answer.json()["errors"][0]["path"], cell, "{row}");
    }
    for (year, text, status, code) in [
        ("2026Y", QUALITY, 409, "year_open"),
        ("2024-T1", QUALITY, 422, "wrong_period"),
        ("2024Y", "姓名,年龄\n甲,1\n", 422, "unreadable_file"),
        (
            "2024Y",
            "学校代码,得分,名次\nS1,1,2\n",
            422,
            "unreadable_file",
        ),
        ("去年", QUALITY, 422, "invalid_field"),
    ] {
        let answer = upload(&service, &office, year, text);
        assert_eq!(answer.refused(status), code, "{year} {text}");
    }
    let without = [("school_year", "2024Y"), ("source", "监测中心")];
    let file = [("file", "a.csv", QUALITY.as_bytes())];
    let answer = service.upload(&office, "/quality-results/import", &without, &file);
    assert_eq!(answer.status, 422);
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    Ok(())
}

async fn a_correction_keeps_the_old_result_and_what_was_decided(town: &Town) -> anyhow::Result<()> {
    let service = found(town).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    import(town, "2023Y", QUALITY_BEFORE).await?;
    import(town, "2024Y", QUALITY).await?;
    let of_2023 = all(&service, &office, "/warnings?school_year=2023Y", 50);
    let id = of_2023[0]["id"].as_str().unwrap_or_default();
    let decision = json!({ "confirmed": false, "reason": "首年，先提醒" });
    let path = format!("/warnings/{id}/decision");
    service.post(&office, &path, &decision).expect(200);
    // S1 was not last in 2024 after all, and S2 was not in 2023.
    let corrected = upload(&service, &office, "2023Y", "code,score\nS2,75\n").expect(200);
    assert_eq!(corrected["corrected"], 1);
    assert_eq!(corrected["decided_differing"], 1);
    let corrected = upload(&service, &office, "2024Y", "code,score\nS1,81\nS2,76\n").expect(200);
    assert_eq!(
        (
            corrected["corrected"].as_u64(),
            corrected["lapsed"].as_u64()
        ),
        (Some(2), Some(1))
    );
    let state = |query: &str| {
        let rows = all(&service, &office, &format!("/warnings{query}"), 50);
        rows.first()
            .map(|row| row["state"].clone())
            .unwrap_or_default()
    };
    assert_eq!(state("?unit_code=S2&school_year=2023Y"), "rejected");
    assert_eq!(state("?unit_code=S1&school_year=2024Y"), "lapsed");
    let versions = all(
        &service,
        &office,
        "/quality-results?unit_code=S1&school_year=2024Y",
        50,
    );
    let told: Vec<_> = versions
        .iter()
        .map(|row| {
            (
                row["version"].as_u64(),
                row["superseded"].as_bool(),
                row["value"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some(1), Some(true), Some(60)),
            (Some(2), Some(false), Some(81))
        ]
    );
    // What lapsed comes back where the results say so again.
    let back = upload(&service, &office, "2024Y", "code,score\nS1,60\n").expect(200);
    assert!(back["proposed"].as_u64() >= Some(1), "{back}");
    assert_eq!(state("?unit_code=S1&school_year=2024Y"), "proposed");
    Ok(())
}

async fn of_two_decisions_one_holds(town: &Town) -> anyhow::Result<()> {
    let service = found(town).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    import(town, "2024Y", QUALITY).await?;
    let rows = all(&service, &office, "/warnings", 50);
    let id: uuid::Uuid = rows[0]["id"].as_str().unwrap_or_default().parse()?;
    let other = town.another().await?;
    let reason = || "理由".to_owned();
    let (one, two) = tokio::join!(
        decide_warning(&town.ctx, "one@example.org", WarningId(id), true, reason()),
        decide_warning(&other, "two@example.org", WarningId(id), false, reason()),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let lost = one.err().or(two.err()).map(|error| error.to_string());
    assert!(lost.is_some_and(|text| text.contains("@example.org")));
    let before = state_hash(&town.ctx.db).await?;
    let path = format!("/warnings/{id}/decision");
    let late = service.post(
        &office,
        &path,
        &json!({ "confirmed": true, "reason": "再议" }),
    );
    assert_eq!(late.refused(409), "out_of_order");
    let empty = service.post(&office, &path, &json!({ "confirmed": true, "reason": " " }));
    assert_eq!(empty.status, 422);
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    Ok(())
}

async fn a_leader_confirms_and_the_school_is_told_once(town: &Town) -> anyhow::Result<()> {
    let service = found(town).await?;
    let lead = service.token(UserRole::Leader, None).await?;
    import(town, "2023Y", QUALITY_BEFORE).await?;
    import(town, "2024Y", QUALITY).await?;
    let path = |unit: &str| {
        let list = format!("/warnings?state=proposed&unit_code={unit}");
        let rows = all(&service, &lead, &list, 50);
        let id = rows[0]["id"].as_str().unwrap_or_default();
        format!("/warnings/{id}/decision")
    };
    let (first, second) = (path("S1"), path("S2"));
    let rejected = json!({ "confirmed": false, "reason": "考试改了办法" });
    service.post(&lead, &second, &rejected).expect(200);
    assert_eq!(town.mails().await?.len(), 0, "nobody met that proposal");
    let confirmed = json!({ "confirmed": true, "reason": "连续下降，属实" });
    let shown = service.post(&lead, &first, &confirmed).expect(200);
    assert_eq!(shown["state"], "confirmed");
    let again = service.post(&lead, &first, &confirmed);
    assert_eq!(again.refused(409), "out_of_order");
    let mails = town.mails().await?;
    let [mail] = mails.as_slice() else {
        panic!("{mails:?}");
    };
    assert_eq!(mail.address, "s1@town.example.org");
    assert!(mail.subject.contains("约谈通知"), "{}", mail.subject);
    let words = mail.text_body.replace('\n', "");
    for wanted in ["连续下降，属实", "比上一学年", "另行通知", "2024—2025学年"]
    {
        assert!(words.contains(wanted), "{wanted}: {words}");
    }
    Ok(())
}
