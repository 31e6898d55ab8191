//! The results of an appraisal through REST: ranked where that is asked for, and told in files.

use crate::api_appraisals::{appraise, live_a_year};
use crate::support::Town;
use crate::support::pages::all;
use crate::support::read_files::{lines, rows};
use crate::support::service::Service;
use duban::domain::user_role::UserRole;
use serde_json::json;

on_both! {
    schools_are_ranked_only_where_asked_and_within_their_level,
    the_results_are_told_in_the_same_bytes
}

async fn schools_are_ranked_only_where_asked_and_within_their_level(
    town: &Town,
) -> anyhow::Result<()> {
    live_a_year(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let path = appraise(&service, &office, &[]);
    let scores = format!("{path}/scores");
    assert!(
        all(&service, &office, &scores, 50)
            .iter()
            .all(|row| row["place"].is_null())
    );
    let body = json!({ "ranked": true });
    service
        .post(&office, &format!("{path}/compute"), &body)
        .expect(200);
    let rows = all(&service, &office, &scores, 50);
    let place = |code: &str| {
        let row = rows.iter().find(|row| row["unit_code"] == code);
        row.map(|row| row["place"].clone()).unwrap_or_default()
    };
    assert_eq!(
        place("S1"),
        json!({ "level": "primary", "place": 1, "among": 4 })
    );
    assert_eq!(place("S2")["place"], 2);
    // S3 and S4 have done nothing both.
    assert_eq!(place("S3"), place("S4"));
    assert_eq!(
        place("S5"),
        json!({ "level": "junior", "place": 1, "among": 1 })
    );
    assert!(place("D1").is_null() && place("B2").is_null());
    Ok(())
}

async fn the_results_are_told_in_the_same_bytes(town: &Town) -> anyhow::Result<()> {
    live_a_year(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let path = appraise(&service, &office, &[("ranked", json!(true))]);
    let school = service.token(UserRole::UnitContact, Some("S3")).await?;
    let file = |token: &str, kind: &str| {
        let answer = service.get(token, &format!("{path}/report.{kind}"));
        assert_eq!(answer.status, 200);
        answer.body
    };
    let (docx, xlsx) = (file(&office, "docx"), file(&office, "xlsx"));
    town.set("2026-09-08", "11:00")?;
    assert_eq!(file(&office, "docx"), docx);
    assert_eq!(file(&office, "xlsx"), xlsx);
    let text = lines(&docx).join("\n");
    for wanted in [
        "工作考评结果（公示稿）",
        "未填报 1 次，-10 分",
        "不作为约谈、黄牌、红牌的依据",
        "督导室",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let own = lines(&file(&school, "docx")).join("\n");
    assert!(own.contains("东区第三小学") && !own.contains("东区第一小学"));
    let rows = rows(&xlsx);
    assert!(
        rows.iter().any(|row| row.iter().any(|cell| cell == "S3")),
        "{rows:?}"
    );
    Ok(())
}
