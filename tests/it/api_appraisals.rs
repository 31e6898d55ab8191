//! Appraisals through REST: a school year scored from its facts, objected to and confirmed.

use crate::support::Town;
use crate::support::pages::all;
use crate::support::service::Service;
use crate::support::state::state_hash;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::appraise::confirm_appraisal;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};

on_both! {
    every_point_of_a_year_is_traced_to_its_rows,
    what_comes_after_the_year_changes_no_score,
    units_meet_their_own_scores,
    an_objection_is_decided_before_the_confirmation,
    of_two_confirmations_one_holds,
    what_cannot_be_appraised_is_refused,
    an_appraisal_is_made_for_its_round
}

/// S1 does all in time, S2 acknowledges late and tells nothing in its report, S3 does nothing at all.
pub async fn live_a_year(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    for (unit, day, acknowledges) in [
        ("S1", "2026-03-10", true),
        ("S1", "2026-03-11", false),
        ("S2", "2026-03-20", true),
        ("S2", "2026-03-23", false),
    ] {
        town.set(day, "10:00")?;
        let token = service.token(UserRole::UnitContact, Some(unit)).await?;
        let kind = match acknowledges {
            true => ObligationKind::Acknowledge,
            false => ObligationKind::Complete,
        };
        let ask = town.ask(unit, kind).await?;
        let path = format!("/obligations/{}", ask.id);
        let item = service.get(&token, &path).expect(200)["items"][0]["assignment_id"].clone();
        let body = match (unit, acknowledges) {
            ("S1", false) => {
                json!({ "items": [{ "assignment_id": item, "percent": 100, "done": "已公示" }] })
            }
            _ => json!({ "items": [], "note": "已知悉" }),
        };
        service
            .post(&token, &format!("{path}/reports"), &body)
            .expect(201);
    }
    town.set("2026-09-01", "09:00")?;
    Ok(())
}

/// The office appraises the year.
pub fn appraise(service: &Service, office: &str, more: &[(&str, Value)]) -> String {
    let mut body = json!({ "school_year": "2025Y" });
    for (field, value) in more {
        body[*field] = value.clone();
    }
    let made = service.post(office, "/appraisals", &body).expect(201);
    assert_eq!(made["state"], "proposed");
    format!("/appraisals/{}", made["id"].as_str().unwrap_or_default())
}

/// The score of a unit, line by line.
fn score(service: &Service, token: &str, path: &str, unit: &str) -> Value {
    let rows = all(
        service,
        token,
        &format!("{path}/scores?unit_code={unit}"),
        50,
    );
    let id = rows[0]["unit_id"].as_str().unwrap_or_default();
    service
        .get(token, &format!("{path}/scores/{id}"))
        .expect(200)
}

fn line<'s>(score: &'s Value, subject: &str) -> &'s Value {
    let lines = score["lines"].as_array().into_iter().flatten();
    let mut found = lines.filter(|line| line["subject"] == subject);
    found.next().unwrap_or(&Value::Null)
}

async fn every_point_of_a_year_is_traced_to_its_rows(town: &Town) -> anyhow::Result<()> {
    live_a_year(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let path = appraise(&service, &office, &[]);
    for unit in ["S1", "S2", "S3", "D1", "B2"] {
        let told = score(&service, &office, &path, unit);
        let lines = told["lines"].as_array().cloned().unwrap_or_default();
        assert_eq!(lines.len(), 13);
        let sum: f64 = lines
            .iter()
            .filter_map(|line| line["points"].as_f64())
            .sum();
        let base = told["base"].as_f64().unwrap_or_default();
        let total = told["score"]["total"].as_f64().unwrap_or_default();
        assert!((base + sum).clamp(0.0, 100.0) - total < 1e-6, "{told}");
        for row in lines
            .iter()
            .flat_map(|line| [&line["good"], &line["bad"]])
            .flat_map(|rows| rows.as_array().cloned().unwrap_or_default())
        {
            let row = row["path"].as_str().unwrap_or_default();
            let seen = service.get(&office, row).expect(200);
            let owner = seen["unit_code"].as_str();
            assert!(owner.is_none_or(|code| code == unit), "{row} of {unit}");
        }
    }
    let one = score(&service, &office, &path, "S1");
    assert_eq!(line(&one, "acknowledged_on_time")["points"], 4);
    assert_eq!(line(&one, "reported_on_time")["points"], 8);
    assert_eq!(line(&one, "no_progress")["points"], 0);
    let late = score(&service, &office, &path, "S2");
    assert_eq!(line(&late, "acknowledged_on_time")["points"], 0);
    assert_eq!(line(&late, "not_acknowledged")["points"], 0);
    // It has reported in time, and nothing of what was asked.
    assert_eq!(line(&late, "reported_on_time")["points"], 8);
    assert_eq!(line(&late, "no_progress")["points"], -5);
    let silent = score(&service, &office, &path, "S3");
    assert_eq!(line(&silent, "not_reported")["points"], -10);
    assert_eq!(line(&silent, "not_acknowledged")["points"], -2);
    let ask = town.ask("S3", ObligationKind::Complete).await?.id;
    assert_eq!(
        line(&silent, "not_reported")["bad"][0]["path"],
        format!("/obligations/{ask}")
    );
    assert!(line(&silent, "far_behind")["points"].as_f64() < Some(0.0));
    let totals: Vec<f64> = [&one, &late, &silent]
        .iter()
        .filter_map(|told| told["score"]["total"].as_f64())
        .collect();
    assert!(totals[0] > totals[1] && totals[1] > totals[2], "{totals:?}");
    // Scores are one thing, cards another.
    assert_eq!(all(&service, &office, "/warnings", 50).len(), 0);
    Ok(())
}

async fn what_comes_after_the_year_changes_no_score(town: &Town) -> anyhow::Result<()> {
    live_a_year(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let path = appraise(&service, &office, &[]);
    let before = service.get(&office, &path).expect(200);
    let silent = score(&service, &office, &path, "S3");
    town.answer(town.ask("S3", ObligationKind::Complete).await?.id)
        .await?;
    town.answer(town.ask("S3", ObligationKind::Acknowledge).await?.id)
        .await?;
    let check = service.get(&office, &format!("{path}/check")).expect(200);
    assert_eq!(check["same"], true, "{check}");
    let after = service
        .post(&office, &format!("{path}/compute"), &json!({}))
        .expect(200);
    assert_eq!(after["input_hash"], before["input_hash"]);
    assert_eq!(score(&service, &office, &path, "S3"), silent);
    // Another table is another input.
    let mut table = service.get(&office, "/score-rules/shipped").expect(200);
    table["kinds"] = json!(["school"]);
    let rules: Vec<Value> = table["rules"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|rule| json!({ "subject": rule["subject"], "points": rule["points"], "most": rule["most"] }))
        .collect();
    table["rules"] = rules.into();
    let made = service.post(&office, "/score-rules", &table).expect(201);
    let body = json!({ "rules_id": made["id"] });
    let after = service
        .post(&office, &format!("{path}/compute"), &body)
        .expect(200);
    assert_ne!(after["input_hash"], before["input_hash"]);
    assert_eq!(after["scores"], 6);
    Ok(())
}

async fn units_meet_their_own_scores(town: &Town) -> anyhow::Result<()> {
    live_a_year(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let path = appraise(&service, &office, &[]);
    let scores = format!("{path}/scores");
    let seen = |token: &str| -> Vec<String> {
        let rows = all(&service, token, &scores, 2);
        let codes = rows.iter().filter_map(|row| row["unit_code"].as_str());
        let mut codes: Vec<String> = codes.map(str::to_owned).collect();
        codes.sort();
        codes
    };
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let district = service.token(UserRole::UnitHead, Some("D1")).await?;
    let nobody = service.token(UserRole::UnitContact, Some("B1")).await?;
    assert_eq!(seen(&school), ["S1"]);
    assert_eq!(seen(&district), ["D1", "S1", "S2", "S3"]);
    assert!(seen(&office).len() > 8);
    assert_eq!(
        service
            .get(&nobody, &format!("{path}/report.docx"))
            .refused(404),
        "not_found"
    );
    let other = all(&service, &office, &format!("{scores}?unit_code=S5"), 50);
    let other = other[0]["unit_id"].as_str().unwrap_or_default();
    let foreign = service.get(&school, &format!("{scores}/{other}"));
    assert_eq!(foreign.refused(404), "not_found");
    let sorted = all(
        &service,
        &office,
        &format!("{scores}?sort=-total&kind=school"),
        2,
    );
    let totals: Vec<f64> = sorted
        .iter()
        .filter_map(|row| row["total"].as_f64())
        .collect();
    assert_eq!(totals.len(), 6);
    assert!(totals.is_sorted_by(|one, other| one >= other), "{totals:?}");
    Ok(())
}

async fn an_objection_is_decided_before_the_confirmation(town: &Town) -> anyhow::Result<()> {
    live_a_year(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let school = service.token(UserRole::UnitContact, Some("S3")).await?;
    let path = appraise(&service, &office, &[]);
    let objections = format!("{path}/objections");
    let reason = json!({ "reason": "系统故障期间已线下报送" });
    let raised = service.post(&school, &objections, &reason).expect(201);
    assert_eq!(raised["unit_code"], "S3");
    let before = state_hash(&town.ctx.db).await?;
    let post = |token: &str, path: &str, body: &Value| service.post(token, path, body);
    assert_eq!(
        post(&school, &objections, &reason).refused(409),
        "out_of_order"
    );
    assert_eq!(
        post(&office, &objections, &reason).refused(422),
        "invalid_value"
    );
    let foreign = json!({ "unit_code": "S1", "reason": "代提" });
    assert_eq!(
        post(&school, &objections, &foreign).refused(404),
        "not_found"
    );
    let confirm = format!("{path}/confirm");
    let early = post(&office, &confirm, &json!({}));
    assert_eq!(early.refused(409), "objections_waiting");
    let id = raised["id"].as_str().unwrap_or_default();
    let decide = format!("{objections}/{id}/decision");
    for body in [
        json!({ "upheld": false, "points": 5, "note": "不实" }),
        json!({ "upheld": true, "points": 0, "note": "属实" }),
        json!({ "upheld": true, "points": 100.5, "note": "属实" }),
        json!({ "upheld": true, "points": 0.001, "note": "属实" }),
    ] {
        assert_eq!(
            post(&office, &decide, &body).refused(422),
            "invalid_value",
            "{body}"
        );
    }
    assert_eq!(
        post(&office, &decide, &json!({ "upheld": true, "note": " " })).status,
        422
    );
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    let total = |told: &Value| told["score"]["total"].as_f64().unwrap_or_default();
    let was = total(&score(&service, &school, &path, "S3"));
    let upheld = json!({ "upheld": true, "points": 2.5, "note": "回执属实" });
    assert_eq!(
        post(&office, &decide, &upheld).expect(200)["state"],
        "upheld"
    );
    let again = post(&office, &decide, &upheld);
    assert_eq!(again.refused(409), "out_of_order");
    assert!(
        again.json()["detail"]
            .as_str()
            .is_some_and(|text| text.contains("supervisor@"))
    );
    let now = score(&service, &school, &path, "S3");
    assert!((total(&now) - was - 2.5).abs() < 1e-6);
    // Computing again keeps what was given.
    post(&office, &format!("{path}/compute"), &json!({})).expect(200);
    assert_eq!(score(&service, &school, &path, "S3"), now);
    assert_eq!(
        service.get(&office, &format!("{path}/check")).expect(200)["same"],
        true
    );
    let confirmed = post(&office, &confirm, &json!({ "note": "审定" })).expect(200);
    assert_eq!(confirmed["state"], "confirmed");
    let before = state_hash(&town.ctx.db).await?;
    for (path, token, body) in [
        (&confirm, &office, json!({})),
        (&format!("{path}/compute"), &office, json!({})),
        (&objections, &school, reason),
    ] {
        let late = post(token, path, &body);
        assert_eq!(late.refused(409), "out_of_order", "{path}");
        let text = late.json()["detail"].to_string();
        assert!(
            text.contains("supervisor@") && text.contains("2026年9月1日"),
            "{text}"
        );
    }
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    Ok(())
}

async fn of_two_confirmations_one_holds(town: &Town) -> anyhow::Result<()> {
    live_a_year(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let path = appraise(&service, &office, &[]);
    let id: uuid::Uuid = path.trim_start_matches("/appraisals/").parse()?;
    let id = duban::domain::ids::AppraisalId(id);
    let other = town.another().await?;
    let (one, two) = tokio::join!(
        confirm_appraisal(&town.ctx, "one@example.org", id, None),
        confirm_appraisal(&other, "two@example.org", id, None),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let lost = one.err().or(two.err()).map(|error| error.to_string());
    assert!(lost.is_some_and(|text| text.contains("@example.org")));
    Ok(())
}

async fn what_cannot_be_appraised_is_refused(town: &Town) -> anyhow::Result<()> {
    live_a_year(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    appraise(&service, &office, &[]);
    let nobody = "0199f3a0-0000-7000-8000-0000000000ff";
    let before = state_hash(&town.ctx.db).await?;
    for (body, status, code) in [
        (json!({ "school_year": "2026Y" }), 409, "year_open"),
        (json!({ "school_year": "2025Y" }), 409, "taken"),
        (json!({ "school_year": "2025-T1" }), 422, "wrong_period"),
        (json!({ "round_id": nobody }), 404, "not_found"),
        (
            json!({ "school_year": "2024Y", "plan_id": nobody }),
            404,
            "not_found",
        ),
        (
            json!({ "school_year": "2024Y", "rules_id": nobody }),
            404,
            "not_found",
        ),
        (json!({}), 422, "invalid_field"),
        (
            json!({ "school_year": "2024Y", "round_id": nobody }),
            422,
            "invalid_field",
        ),
    ] {
        let answer = service.post(&office, "/appraisals", &body);
        assert_eq!(answer.refused(status), code, "{body}");
    }
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    Ok(())
}

async fn an_appraisal_is_made_for_its_round(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    town.dawn("2026-09-01").await?;
    town.set("2026-09-01", "09:00")?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let round = town.rounds(CycleKind::Appraisal).await?;
    let round = round
        .first()
        .map(|round| (round.id, round.period.to_string()));
    let (round, period) = round.unwrap_or_else(|| panic!("no appraisal was opened"));
    assert_eq!(period, "2025Y");
    let body = json!({ "round_id": round });
    let made = service.post(&office, "/appraisals", &body).expect(201);
    assert_eq!(made["school_year"], "2025Y");
    assert_eq!(made["plan_id"], json!(town.plan().await?.id));
    assert!(made["scores"].as_u64() > Some(8), "{made}");
    let again = service.post(&office, "/appraisals", &body);
    assert_eq!(again.refused(409), "taken");
    let other = town.rounds(CycleKind::SpotCheck).await?;
    let body = json!({ "round_id": other[0].id });
    let wrong = service.post(&office, "/appraisals", &body);
    assert_eq!(wrong.refused(422), "invalid_value");
    Ok(())
}
