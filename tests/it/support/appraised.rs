//! Appraisals, quality results and cards in the place of the examples' ids.

use super::pages::all;
use super::service::Service;
use super::town::{MONDAY, Town};
use anyhow::Context;
use duban::domain::access::Reach;
use duban::domain::appraisal::AppraisalScope;
use duban::domain::ids::AppraisalId;
use duban::domain::score_rules::ScoreTable;
use duban::domain::unit_kind::UnitKind;
use duban::flow::appraise::{AppraisalWanted, make_appraisal};
use duban::flow::decide_warning::decide_warning;
use duban::flow::import_quality::{QualityImported, QualityToImport, import_quality};
use duban::flow::keep_score_rules::{NewRules, make_rules};
use duban::flow::object_to_score::object_to_score;
use duban::http::api::examples;
use duban::storage::appraisals;
use duban::storage::lists::quality_results::{self, ResultFilter};
use duban::storage::lists::warnings::{self, WarningFilter};
use duban::storage::paging::{Direction, PageWanted};
use serde_json::{Value, json};
use uuid::Uuid;

/// Quality results of the town's primary schools: S1 is the last.
pub const QUALITY: &str = "学校代码,学校名称,得分\nS1,,60\nS2,,70\nS3,,80\n";
/// Those of the year before: S2 is the last.
pub const QUALITY_BEFORE: &str = "学校代码,得分\nS1,80\nS2,60\nS3,70\n";

/// Imports results as the office does.
pub async fn import(town: &Town, year: &str, text: &str) -> anyhow::Result<QualityImported> {
    let wanted = QualityToImport {
        year: year.parse()?,
        source: "监测中心".to_owned(),
        approved_by: "局长办公会".to_owned(),
        file_name: "quality.csv".to_owned(),
        bytes: text.as_bytes().to_vec().into(),
    };
    Ok(import_quality(&town.ctx, "test", wanted).await?)
}

/// Everybody's first rows of a list.
pub fn page() -> PageWanted {
    PageWanted {
        limit: 50,
        after: None,
        direction: Direction::Ascending,
    }
}

/// Looks into the next school year, appraises the schools twice, imports results, and comes back to the Monday.
pub async fn appraised(town: &Town) -> anyhow::Result<Vec<(&'static str, Uuid)>> {
    town.set("2026-09-01", "09:00")?;
    let ctx = &town.ctx;
    let table = ScoreTable {
        kinds: vec![UnitKind::School],
        ..ScoreTable::shipped()
    };
    let new = NewRules {
        name: "学校计分办法".to_owned(),
        table,
        note: None,
    };
    let rules = make_rules(ctx, "test", new).await?;
    let year = "2025Y".parse()?;
    let mut made: Vec<AppraisalId> = Vec::new();
    for plan in [None, Some(town.plan().await?.id)] {
        let wanted = AppraisalWanted {
            scope: AppraisalScope::Year(year, plan),
            rules_id: Some(rules),
            ranked: false,
        };
        made.push(make_appraisal(ctx, "test", wanted).await?);
    }
    let own = ctx.units().await?;
    let own = own.by_code("S1").context("S1")?.id;
    let scored = appraisals::score_of_unit(&ctx.db, made[0], own).await?;
    anyhow::ensure!(scored.is_some(), "S1 has no score");
    let reason = "已经按时填报".to_owned();
    let objection = object_to_score(ctx, "test", made[0], own, reason).await?;
    import(town, "2023Y", QUALITY_BEFORE).await?;
    import(town, "2024Y", QUALITY).await?;
    let all = Reach::All;
    let results = quality_results::list(&ctx.db, &ResultFilter::default(), &all, &page()).await?;
    let result = results.rows.iter().rfind(|row| row.unit_id == own);
    let proposed = warnings::list(&ctx.db, &WarningFilter::default(), &all, &page()).await?;
    let (mine, other): (Vec<_>, Vec<_>) = proposed.rows.iter().partition(|row| row.unit_id == own);
    let confirmed = mine.first().context("S1 has a card")?.id;
    decide_warning(ctx, "test", confirmed, true, "属实".to_owned()).await?;
    town.set(MONDAY, "10:00")?;
    Ok(vec![
        (examples::SCORE_RULES, rules.0),
        (examples::APPRAISAL, made[0].0),
        (examples::READY_APPRAISAL, made[1].0),
        (examples::OBJECTION, objection.0),
        (examples::QUALITY_RESULT, result.context("a result")?.id.0),
        (examples::WARNING, confirmed.0),
        (
            examples::PROPOSED_WARNING,
            other.first().context("another card")?.id.0,
        ),
    ])
}

/// Through REST: the year is appraised, S1 objects and is found right; the appraisal's path.
pub fn proposed(service: &Service, token: &str) -> anyhow::Result<String> {
    let post = |path: &str, body: &Value| service.post(token, path, body);
    let made = post("/appraisals", &json!({ "school_year": "2025Y" })).expect(201);
    let path = format!("/appraisals/{}", made["id"].as_str().context("id")?);
    let objections = format!("{path}/objections");
    let raised = post(&objections, &json!({ "unit_code": "S1", "reason": "测试" })).expect(201);
    let id = raised["id"].as_str().context("id")?;
    let decision = json!({ "upheld": true, "points": 1, "note": "测试" });
    post(&format!("{objections}/{id}/decision"), &decision).expect(200);
    Ok(path)
}

/// Through REST: it is computed again and confirmed; quality results come, are corrected, and one of the cards that they
/// propose is confirmed.
pub fn confirmed(service: &Service, token: &str, path: &str) -> anyhow::Result<()> {
    let post = |path: &str, body: &Value| service.post(token, path, body);
    post(&format!("{path}/compute"), &json!({ "ranked": true })).expect(200);
    post(&format!("{path}/confirm"), &json!({})).expect(200);
    for (year, text) in [
        ("2023Y", QUALITY_BEFORE),
        ("2024Y", QUALITY),
        ("2024Y", "code,score\nS1,85\n"),
    ] {
        let fields = [
            ("school_year", year),
            ("source", "测试"),
            ("approved_by", "测试"),
        ];
        let file = [("file", "a.csv", text.as_bytes())];
        let path = "/quality-results/import";
        service.upload(token, path, &fields, &file).expect(200);
    }
    let proposed = all(service, token, "/warnings?state=proposed", 50);
    let id = proposed[0]["id"].as_str().context("a proposal")?;
    let decision = json!({ "confirmed": true, "reason": "测试" });
    post(&format!("/warnings/{id}/decision"), &decision).expect(200);
    Ok(())
}
