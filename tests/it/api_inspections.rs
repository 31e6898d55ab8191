//! Spot-checks become inspections: at the desk or by a visit that nobody knows of, at once or when a person confirms the
//! draw; recorded once, by whoever inspects.

use crate::support::Town;
use crate::support::checks::{Checks, INSPECTING, address, text, viewer};
use crate::support::pages::{all, column};
use crate::support::state::state_hash;
use crate::support::town::day;
use duban::domain::ids::{InspectionId, RoundId};
use duban::domain::inspection::InspectionResult;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::confirm_draw::confirm_draw;
use duban::flow::record_inspection::{ResultToRecord, record_inspection};
use duban::storage::obligations;
use serde_json::{Value, json};

on_both! {
    at_the_desk_the_unit_is_asked_and_one_visit_covers_all_its_items,
    of_a_visit_only_those_who_inspect_know,
    a_proposed_draw_asks_nobody_until_it_is_confirmed,
    what_cannot_be_recorded_changes_nothing,
    of_two_who_record_one_is_told_of_the_other
}

const PASS: &str = r#"{ "result": "pass", "note": "台账齐全" }"#;

fn pass() -> Value {
    serde_json::from_str(PASS).expect("JSON")
}

async fn at_the_desk_the_unit_is_asked_and_one_visit_covers_all_its_items(
    town: &Town,
) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({})).await?;
    let round = checks.open().await?;
    let asked = obligations::of_round(&town.ctx.db, round.id).await?;
    let planned = checks.rows(&format!("/inspections?round_id={}", round.id));
    assert_eq!(asked.len(), planned.len());
    let calendar = town.ctx.calendar().await?;
    let due = calendar.holidays.add_workdays(day("2026-04-01")?, 15);
    for one in &planned {
        let path = format!(
            "/obligations?round_id={}&unit_code={}",
            round.id,
            text(&one["unit_code"])
        );
        let ask = text(&checks.rows(&path)[0]["id"]);
        let ask = checks
            .service
            .get(&checks.office(), &format!("/obligations/{ask}"))
            .expect(200);
        let asked = column(
            ask["items"].as_array().map_or(&[], Vec::as_slice),
            "assignment_id",
        );
        let looked = column(
            one["items"].as_array().map_or(&[], Vec::as_slice),
            "assignment_id",
        );
        assert_eq!(
            asked, looked,
            "the self-check and the inspection are about the same"
        );
        assert_eq!(text(&one["results_due_on"]), due.to_string());
        assert_eq!(
            (&one["state"], &one["mode"]),
            (&json!("planned"), &json!("desk"))
        );
    }
    for unit in INSPECTING {
        let mails = town.mails_to(&address(unit)).await?;
        assert_eq!(mails.len(), 1, "{unit}");
        let theirs = planned
            .iter()
            .filter(|one| one["inspectors"].to_string().contains(unit));
        for one in theirs {
            assert!(mails[0].text_body.contains(&text(&one["unit_name"])));
        }
        assert!(
            mails[0].text_body.contains("2026年4月"),
            "{}",
            mails[0].text_body
        );
    }
    // The unit sees its own, whoever inspects records it.
    let path = checks.inspection("S5");
    let (service, school) = (&checks.service, checks.contact("S5").await?);
    assert_eq!(service.get(&school, &path).expect(200)["state"], "planned");
    assert_eq!(
        service
            .post(&school, &format!("{path}/record"), &pass())
            .refused(403),
        "not_yours"
    );
    let other = checks.contact("S6").await?;
    assert_eq!(service.get(&other, &path).refused(404), "not_found");
    let inspector = checks.inspector(&path).await?;
    let recorded = service
        .post(&inspector, &format!("{path}/record"), &pass())
        .expect(200);
    assert_eq!(recorded["result"], "pass");
    assert!(
        INSPECTING
            .iter()
            .any(|unit| text(&recorded["recorded_by"]) == address(unit))
    );
    let detail = service
        .get(&checks.office(), &format!("/rounds/{}", round.id))
        .expect(200);
    let tally = &detail["inspections"];
    assert_eq!(
        (&tally["recorded"], &tally["passed"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(tally["planned"], planned.len() - 1);
    checks.at("2026-04-30").await?;
    assert_eq!(
        checks.rows("/inspections?overdue=true").len(),
        planned.len() - 1
    );
    Ok(())
}

async fn of_a_visit_only_those_who_inspect_know(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({ "mode": "visit" })).await?;
    let before = town.mails_to("s5@town.example.org").await?.len();
    let round = checks.open().await?;
    assert_eq!(round.due_on, None);
    assert!(
        obligations::of_round(&town.ctx.db, round.id)
            .await?
            .is_empty()
    );
    let told = town.mails_to("s5@town.example.org").await?;
    assert!(
        told[before..]
            .iter()
            .all(|mail| !mail.text_body.contains("抽查"))
    );
    let path = checks.inspection("S5");
    let service = &checks.service;
    // Neither the school nor its district; neither by list, by id, nor by the feed.
    for unit in ["S5", "D2"] {
        let token = checks.contact(unit).await?;
        assert_eq!(service.get(&token, &path).refused(404), "not_found");
        assert_eq!(
            service
                .post(&token, &format!("{path}/record"), &pass())
                .refused(404),
            "not_found"
        );
        assert_eq!(
            all(service, &token, "/inspections?unit_code=S5", 50).len(),
            0
        );
        let feed = all_changes(service, &token);
        assert!(!feed.contains("\"inspections\""), "{unit}");
    }
    let inspector = checks.inspector(&path).await?;
    let seen = all(service, &inspector, "/inspections?unit_code=S5", 50);
    assert_eq!(seen.len(), 1);
    assert!(all_changes(service, &inspector).contains("\"inspections\""));
    // Who reads the mails of the inspectors' units does not read there whom they visit.
    for unit in INSPECTING {
        let head = service.token(UserRole::UnitHead, Some(unit)).await?;
        let mails = all(service, &head, "/mails", 50);
        let subjects = column(&mails, "subject");
        assert!(
            subjects.iter().all(|subject| !subject.contains("抽查")),
            "{subjects:?}"
        );
        let mail = town.mails_to(&address(unit)).await?.pop().expect("told");
        assert!(
            mail.text_body.contains("保密") && !mail.subject.contains("学"),
            "{}",
            mail.subject
        );
        // Sent inside the window, not at midnight.
        assert_eq!(mail.state, "sent");
    }
    service
        .post(&inspector, &format!("{path}/record"), &pass())
        .expect(200);
    let school = checks.contact("S5").await?;
    assert_eq!(service.get(&school, &path).expect(200)["result"], "pass");
    Ok(())
}

fn all_changes(service: &crate::support::service::Service, token: &str) -> String {
    let mut seen = String::new();
    let mut cursor = String::new();
    loop {
        let page = service
            .get(token, &format!("/changes?limit=200{cursor}"))
            .expect(200);
        seen.push_str(&page["items"].to_string());
        if page["has_more"] == false {
            return seen;
        }
        cursor = format!("&cursor={}", text(&page["next_cursor"]));
    }
}

async fn a_proposed_draw_asks_nobody_until_it_is_confirmed(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({ "confirm": "manual" })).await?;
    let round = checks.open().await?;
    let path = format!("/rounds/{}", round.id);
    let shown = checks.service.get(&checks.office(), &path).expect(200);
    assert_eq!(
        (&shown["draw_state"], &shown["due_on"]),
        (&json!("proposed"), &json!(null))
    );
    assert!(
        obligations::of_round(&town.ctx.db, round.id)
            .await?
            .is_empty()
    );
    assert!(checks.rows("/inspections").is_empty());
    assert!(town.mails_to(&address("B2")).await?.is_empty());
    town.live("2026-04-03", "2026-04-08").await?;
    checks.at("2026-04-08").await?;
    let confirm = format!("{path}/draw/confirm");
    let unit = checks.contact("B2").await?;
    assert_eq!(
        checks
            .service
            .post(&unit, &confirm, &json!({}))
            .refused(403),
        "forbidden"
    );
    // Somebody who left the pool meanwhile does not go.
    let gone = &checks.rows("/inspectors?unit_code=B2")[0];
    let off = json!({ "active": false });
    let row = format!("/inspectors/{}", text(&gone["id"]));
    checks
        .service
        .change("PATCH", &checks.office(), &row, "*", &off)
        .expect(200);
    let other = town.another().await?;
    let (one, two) = tokio::join!(
        confirm_draw(&town.ctx, "one@town.example.org", round.id, None),
        confirm_draw(&other, "two@town.example.org", round.id, None),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let lost = one.err().or(two.err()).map(|error| error.to_string());
    assert!(lost.is_some_and(|text| text.contains("@town.example.org 于 2026年4月8日")));
    assert_eq!(
        checks.post(&confirm, &json!({})).refused(409),
        "out_of_order"
    );
    let shown = checks.service.get(&checks.office(), &path).expect(200);
    let calendar = town.ctx.calendar().await?;
    let due = |workdays| {
        calendar
            .holidays
            .add_workdays(day("2026-04-08").expect("a day"), workdays)
    };
    assert_eq!(text(&shown["due_on"]), due(10).to_string());
    assert_eq!(text(&shown["results_due_on"]), due(15).to_string());
    let drawn = checks
        .service
        .get(&checks.office(), &format!("{path}/draw"))
        .expect(200);
    assert_eq!(drawn["result_holds"], true);
    let planned = checks.rows("/inspections");
    assert_eq!(drawn["picks"].as_array().map(Vec::len), Some(planned.len()));
    assert!(
        planned
            .iter()
            .all(|one| !one["inspectors"].to_string().contains("B2"))
    );
    assert!(shown["listed"].to_string().contains("停用"));
    // The units hear of it at once.
    let asked = town.ask("S5", ObligationKind::SpotCheck).await?;
    assert_eq!(asked.opened_on, day("2026-04-08")?);
    let mails = town.mails_to("s5@town.example.org").await?;
    assert!(mails.iter().any(|mail| mail.subject.contains("抽查自查")));
    let missing = confirm_draw(&town.ctx, "x", RoundId(uuid::Uuid::nil()), None).await;
    assert!(missing.is_err());
    Ok(())
}

/// Bad input: a day of the past to put a finding right by, files and assignments of others.
async fn what_cannot_be_recorded_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({})).await?;
    checks.open().await?;
    let path = format!("{}/record", checks.inspection("S5"));
    let foreign = checks.photo(Some("S6"));
    let other = checks
        .service
        .get(&checks.office(), &checks.inspection("S6"))
        .expect(200);
    let not_drawn = &other["items"][0]["assignment_id"];
    let found = |more: Value| {
        let mut finding = json!({ "text": "消防通道堆放杂物", "rectify_by": "2026-04-10" });
        for (key, value) in more.as_object().into_iter().flatten() {
            finding[key] = value.clone();
        }
        json!({ "result": "findings", "findings": [finding] })
    };
    let before = state_hash(&town.ctx.db).await?;
    for (body, status, code, field) in [
        (
            found(json!({ "rectify_by": "2026-04-01" })),
            422,
            "wrong_day",
            "findings[0].rectify_by",
        ),
        // A holiday.
        (
            found(json!({ "rectify_by": "2026-04-06" })),
            422,
            "wrong_day",
            "findings[0].rectify_by",
        ),
        (
            found(json!({ "assignment_id": not_drawn })),
            422,
            "foreign_item",
            "findings[0].assignment_id",
        ),
        (
            found(json!({ "attachment_ids": [foreign] })),
            422,
            "foreign_item",
            "findings[0].attachment_ids[0]",
        ),
        (
            found(json!({ "text": "  " })),
            422,
            "invalid_field",
            "findings[0].text",
        ),
        (
            found(json!({ "rectify_by": "2026-04-02" })),
            409,
            "reason_needed",
            "reason",
        ),
        (
            json!({ "result": "findings" }),
            422,
            "invalid_value",
            "findings",
        ),
        (
            json!({ "result": "pass", "attachment_ids": [foreign] }),
            422,
            "foreign_item",
            "attachment_ids[0]",
        ),
    ] {
        let refused = checks.post(&path, &body);
        assert_eq!(refused.refused(status), code, "{body}");
        let fields = crate::support::pages::wrong(&refused.json());
        assert_eq!(fields, [field], "{body}");
    }
    let mut both = found(json!({}));
    both["result"] = json!("pass");
    assert_eq!(checks.post(&path, &both).refused(422), "invalid_value");
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    // Who inspects may not show the unit what the bureau keeps.
    let bureau = checks.photo(None);
    let inspector = checks.inspector(path.trim_end_matches("/record")).await?;
    let body = json!({ "result": "pass", "attachment_ids": [bureau] });
    assert_eq!(
        checks.service.post(&inspector, &path, &body).refused(422),
        "foreign_item"
    );
    let body = json!({ "result": "pass", "attachment_ids": [bureau, bureau] });
    assert_eq!(checks.post(&path, &body).refused(422), "invalid_value");
    checks.post(&path, &pass()).expect(200);
    let again = checks.post(&path, &found(json!({})));
    assert_eq!(again.refused(409), "out_of_order");
    assert!(text(&again.json()["detail"]).contains("supervisor@example.org 已于 2026年4月2日"));
    Ok(())
}

async fn of_two_who_record_one_is_told_of_the_other(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({})).await?;
    checks.open().await?;
    let path = checks.inspection("S5");
    let id: uuid::Uuid = path.trim_start_matches("/inspections/").parse()?;
    let other = town.another().await?;
    let wanted = || ResultToRecord {
        result: InspectionResult::Pass,
        note: None,
        files: Vec::new(),
        findings: Vec::new(),
        reason: None,
    };
    let (first, second) = (viewer("one@example.org"), viewer("two@example.org"));
    let (one, two) = tokio::join!(
        record_inspection(&town.ctx, &first, InspectionId(id), wanted()),
        record_inspection(&other, &second, InspectionId(id), wanted()),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let lost = one.err().or(two.err()).map(|error| error.to_string());
    assert!(lost.is_some_and(|text| text.contains("@example.org 已于")));
    Ok(())
}
