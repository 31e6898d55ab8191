//! Findings through REST: raised by inspections and by hand, told at once, reported as put right, rechecked, sent back,
//! closed; every step kept, and nobody skips one.

use crate::support::Town;
use crate::support::checks::{Checks, text, viewer};
use crate::support::pages::{all, column, wrong};
use crate::support::state::state_hash;
use crate::support::town::day;
use duban::domain::finding_life::FindingEvent;
use duban::domain::ids::FindingId;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use duban::flow::recheck_finding::{Recheck, recheck_finding};
use serde_json::{Value, json};

on_both! {
    a_finding_is_put_right_sent_back_and_closed,
    a_finding_outlives_its_round_and_shows_when_it_is_late,
    findings_by_hand_enter_the_same_ledger,
    no_step_is_skipped,
    of_two_rechecks_one_holds
}

/// Records two findings at S5; the first one's path, and what asks for its report.
pub fn found(checks: &Checks<'_>, photo: &str) -> (String, String) {
    let path = format!("{}/record", checks.inspection("S5"));
    let body = json!({
        "result": "findings",
        "attachment_ids": [photo],
        "findings": [
            { "text": "消防通道堆放杂物", "rectify_by": "2026-04-10", "attachment_ids": [photo] },
            { "text": "门禁记录缺失", "rectify_by": "2026-04-17" },
        ],
        "reason": "安全隐患",
    });
    checks.post(&path, &body).expect(200);
    let rows = checks.rows("/findings?unit_code=S5");
    assert_eq!(column(&rows, "number"), ["1", "2"]);
    let first = &rows[0];
    (
        format!("/findings/{}", text(&first["id"])),
        text(&first["obligation_id"]),
    )
}

async fn a_finding_is_put_right_sent_back_and_closed(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({})).await?;
    let round = checks.open().await?;
    let photo = checks.photo(None);
    let before = town.mails_to("s5@town.example.org").await?.len();
    let inspection = checks.inspection("S5");
    let (path, ask) = found(&checks, &photo);
    let mails = town.mails_to("s5@town.example.org").await?;
    assert_eq!(mails.len(), before + 1, "two findings, one mail");
    let mail = &mails[before];
    assert!(mail.text_body.contains("消防通道堆放杂物") && mail.text_body.contains("门禁记录缺失"));
    assert!(
        mail.text_body.contains("2026年4月10日") && mail.subject.contains("整改"),
        "{}",
        mail.subject
    );
    // Whoever meets the finding meets its photograph.
    let (service, school, other) = (
        &checks.service,
        checks.contact("S5").await?,
        checks.contact("S6").await?,
    );
    assert_eq!(
        service
            .get(&school, &format!("/attachments/{photo}"))
            .status,
        200
    );
    assert_eq!(
        service
            .get(&other, &format!("/attachments/{photo}"))
            .refused(404),
        "not_found"
    );
    let shown = service.get(&school, &path).expect(200);
    assert_eq!(text(&shown["files"][0]["id"]), photo);
    assert_eq!(service.get(&other, &path).refused(404), "not_found");
    // An answer that says nothing is none.
    let reports = format!("/obligations/{ask}/reports");
    let nothing = json!({ "items": [], "note": null });
    assert_eq!(
        service.post(&school, &reports, &nothing).refused(422),
        "invalid_value"
    );
    let report = json!({ "items": [], "note": "已清理一层通道" });
    service.post(&school, &reports, &report).expect(201);
    assert_eq!(service.get(&school, &path).expect(200)["state"], "reported");
    let back =
        json!({ "outcome": "send_back", "reason": "二层仍有杂物", "rectify_by": "2026-04-15" });
    let recheck = format!("{path}/recheck");
    assert_eq!(
        service.post(&school, &recheck, &back).refused(403),
        "not_yours"
    );
    let inspector = checks.inspector(&inspection).await?;
    let shown = service.post(&inspector, &recheck, &back).expect(200);
    assert_eq!(
        (&shown["state"], &shown["rectify_by"]),
        (&json!("returned"), &json!("2026-04-15"))
    );
    assert_eq!(shown["first_rectify_by"], "2026-04-10");
    let mails = town.mails_to("s5@town.example.org").await?;
    let back = mails.iter().find(|mail| mail.subject.contains("重新"));
    assert!(back.is_some_and(|mail| mail.text_body.contains("二层仍有杂物")));
    let mut asked = town.asked("S5", ObligationKind::Rectify).await?;
    asked.retain(|one| one.id.to_string() == ask);
    assert_eq!(
        (asked[0].state, asked[0].due_revision),
        (ObligationState::Open, 1)
    );
    assert_eq!(
        (asked[0].due_on, asked[0].first_due_on),
        (day("2026-04-15")?, day("2026-04-10")?)
    );
    // Reminded of again by the new day, with what was found.
    town.live("2026-04-03", "2026-04-15").await?;
    let stages = town.ledger(asked[0].id).await?;
    assert!(
        stages
            .iter()
            .any(|one| one.key.due_revision == 1 && one.key.stage.to_string() == "due-0")
    );
    checks.at("2026-04-15").await?;
    service.post(&school, &reports, &report).expect(201);
    let closed = service
        .post(&checks.office(), &recheck, &json!({ "outcome": "close" }))
        .expect(200);
    assert_eq!(closed["state"], "closed");
    let steps = closed["steps"].as_array().cloned().unwrap_or_default();
    assert_eq!(
        column(&steps, "event"),
        ["report", "send_back", "report", "close"]
    );
    assert!(steps[0]["report_id"].is_string() && steps[2]["report_id"] != steps[0]["report_id"]);
    assert_eq!(
        service.post(&school, &reports, &report).refused(409),
        "out_of_order"
    );
    let detail = service
        .get(&checks.office(), &format!("/rounds/{}", round.id))
        .expect(200);
    let tally = &detail["inspections"];
    assert_eq!(
        (&tally["findings_open"], &tally["findings_closed"]),
        (&json!(1), &json!(1))
    );
    Ok(())
}

async fn a_finding_outlives_its_round_and_shows_when_it_is_late(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({})).await?;
    let round = checks.open().await?;
    let photo = checks.photo(Some("S5"));
    let (path, ask) = found(&checks, &photo);
    checks
        .post(&format!("/rounds/{}/close", round.id), &json!({}))
        .expect(200);
    let asked = town.asked("S5", ObligationKind::Rectify).await?;
    assert!(
        asked.iter().all(|one| one.state == ObligationState::Open),
        "chased by its own day"
    );
    // More time moves its day.
    let school = checks.contact("S5").await?;
    let wanted = json!({ "obligation_id": ask, "reason": "等待设备", "progress": "已订货", "expected_on": "2026-04-20" });
    let made = checks
        .service
        .post(&school, "/extensions", &wanted)
        .expect(201);
    let decision = format!("/extensions/{}/decision", text(&made["id"]));
    checks
        .post(
            &decision,
            &json!({ "granted_on": "2026-04-20", "note": null }),
        )
        .expect(200);
    assert_eq!(
        checks.service.get(&school, &path).expect(200)["rectify_by"],
        "2026-04-20"
    );
    checks.at("2026-04-20").await?;
    let late = checks.rows("/findings?overdue=true");
    assert_eq!(column(&late, "text"), ["门禁记录缺失"]);
    assert_eq!(late[0]["overdue"], true);
    assert_eq!(checks.rows("/findings?overdue=false&state=open").len(), 1);
    // The district above sees it, another does not; the lead of no task of it does not.
    for (unit, count) in [("D2", 2), ("D1", 0), ("B4", 0), ("S5", 2)] {
        let token = checks.contact(unit).await?;
        let found = all(&checks.service, &token, "/findings?unit_code=S5", 50);
        // D1's contact inspects; it meets what it has found itself.
        assert!(
            found.len() == count || unit == "D1",
            "{unit} {}",
            found.len()
        );
    }
    Ok(())
}

async fn findings_by_hand_enter_the_same_ledger(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = crate::support::service::Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let plan = town.plan().await?.id;
    let ask = town.ask("S5", ObligationKind::Complete).await?.id;
    let items = service
        .get(&office, &format!("/obligations/{ask}"))
        .expect(200);
    let own = items["items"][0]["assignment_id"].clone();
    let ask = town.ask("S6", ObligationKind::Complete).await?.id;
    let items = service
        .get(&office, &format!("/obligations/{ask}"))
        .expect(200);
    let foreign = items["items"][0]["assignment_id"].clone();
    let body = |more: Value| {
        let mut body =
            json!({ "unit_code": "S5", "text": "危险品没有双人双锁", "rectify_by": "2026-03-16" });
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        body
    };
    let before = state_hash(&town.ctx.db).await?;
    for (more, status, code, field) in [
        (json!({}), 422, "invalid_value", "plan_id"),
        (
            json!({ "plan_id": uuid::Uuid::nil() }),
            404,
            "not_found",
            "plan_id",
        ),
        (
            json!({ "plan_id": plan, "unit_code": "X9" }),
            422,
            "unknown_unit",
            "unit_code",
        ),
        (
            json!({ "assignment_id": foreign }),
            422,
            "foreign_item",
            "assignment_id",
        ),
        (
            json!({ "plan_id": plan, "rectify_by": "2026-03-06" }),
            422,
            "wrong_day",
            "rectify_by",
        ),
        (
            json!({ "plan_id": plan, "rectify_by": "2026-03-14" }),
            422,
            "wrong_day",
            "rectify_by",
        ),
        (
            json!({ "plan_id": plan, "rectify_by": "2026-03-09" }),
            409,
            "reason_needed",
            "reason",
        ),
    ] {
        let body = body(more);
        let refused = service.post(&office, "/findings", &body);
        assert_eq!(refused.refused(status), code, "{body}");
        assert_eq!(wrong(&refused.json()), [field], "{body}");
    }
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    let school = service.token(UserRole::UnitContact, Some("S5")).await?;
    assert_eq!(
        service
            .post(&school, "/findings", &body(json!({ "plan_id": plan })))
            .refused(403),
        "forbidden"
    );
    let mails = town.mails_to("s5@town.example.org").await?.len();
    let made = service
        .post(&office, "/findings", &body(json!({ "assignment_id": own })))
        .expect(201);
    assert_eq!(
        (&made["number"], &made["round_id"]),
        (&json!(1), &json!(null))
    );
    assert_eq!(made["task_number"], "二(一)2");
    assert_eq!(town.mails_to("s5@town.example.org").await?.len(), mails + 1);
    let today = json!({ "plan_id": plan, "rectify_by": "2026-03-09", "reason": "当日整改" });
    let made = service.post(&office, "/findings", &body(today)).expect(201);
    assert_eq!(made["number"], 2);
    // The lead of the task sees what was found about it.
    let lead = service.token(UserRole::UnitContact, Some("B2")).await?;
    assert_eq!(all(&service, &lead, "/findings", 50).len(), 1);
    // Four asks a month, then whoever asks says why: S5 was asked to complete, and has two findings.
    let mut asked = 0;
    let refused = loop {
        let answer = service.post(&office, "/findings", &body(json!({ "plan_id": plan })));
        match answer.status {
            201 => asked += 1,
            _ => break answer,
        }
        assert!(asked < 5, "nobody is asked without end");
    };
    assert_eq!(refused.refused(409), "reason_needed");
    // Only the office rechecks what it raised itself.
    let id = text(&made["id"]);
    let recheck = format!("/findings/{id}/recheck");
    let close = json!({ "outcome": "close" });
    assert_eq!(
        service.post(&school, &recheck, &close).refused(403),
        "not_yours"
    );
    Ok(())
}

/// Bad input B11: a finding closed before it is put right; a day of the past to put it right by.
async fn no_step_is_skipped(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({})).await?;
    checks.open().await?;
    let photo = checks.photo(None);
    let (path, ask) = found(&checks, &photo);
    let recheck = format!("{path}/recheck");
    let before = state_hash(&town.ctx.db).await?;
    let close = json!({ "outcome": "close" });
    assert_eq!(checks.post(&recheck, &close).refused(409), "out_of_order");
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    let report = json!({ "items": [], "note": "已整改" });
    checks
        .post(&format!("/obligations/{ask}/reports"), &report)
        .expect(201);
    let stranger = checks.contact("B4").await?;
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(
        checks
            .service
            .post(&stranger, &recheck, &close)
            .refused(404),
        "not_found"
    );
    for (body, code, field) in [
        (
            json!({ "outcome": "send_back", "rectify_by": "2026-04-15" }),
            "invalid_value",
            "reason",
        ),
        (
            json!({ "outcome": "send_back", "reason": "不合格" }),
            "invalid_value",
            "rectify_by",
        ),
        // Today; a holiday.
        (
            json!({ "outcome": "send_back", "reason": "不合格", "rectify_by": "2026-04-02" }),
            "wrong_day",
            "rectify_by",
        ),
        (
            json!({ "outcome": "send_back", "reason": "不合格", "rectify_by": "2026-04-06" }),
            "wrong_day",
            "rectify_by",
        ),
        (
            json!({ "outcome": "close", "rectify_by": "2026-04-15" }),
            "invalid_value",
            "rectify_by",
        ),
    ] {
        let refused = checks.post(&recheck, &body);
        assert_eq!(refused.refused(422), code, "{body}");
        assert_eq!(wrong(&refused.json()), [field], "{body}");
    }
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    checks.post(&recheck, &close).expect(200);
    let again = checks.post(&recheck, &close);
    assert_eq!(again.refused(409), "out_of_order");
    let told = text(&again.json()["detail"]);
    assert!(
        told.contains("supervisor@example.org 于 2026年4月2日"),
        "{told}"
    );
    Ok(())
}

async fn of_two_rechecks_one_holds(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({})).await?;
    checks.open().await?;
    let photo = checks.photo(None);
    let (path, ask) = found(&checks, &photo);
    let report = json!({ "items": [], "note": "已整改" });
    checks
        .post(&format!("/obligations/{ask}/reports"), &report)
        .expect(201);
    let id: uuid::Uuid = path.trim_start_matches("/findings/").parse()?;
    let other = town.another().await?;
    let (first, second) = (viewer("one@example.org"), viewer("two@example.org"));
    let closes = Recheck {
        event: FindingEvent::Close,
        reason: None,
        rectify_by: None,
    };
    let sends_back = Recheck {
        event: FindingEvent::SendBack,
        reason: Some("不合格".to_owned()),
        rectify_by: Some(day("2026-04-15")?),
    };
    let (one, two) = tokio::join!(
        recheck_finding(&town.ctx, &first, FindingId(id), closes),
        recheck_finding(&other, &second, FindingId(id), sends_back),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let lost = one.err().or(two.err()).map(|error| error.to_string());
    assert!(lost.is_some_and(|text| text.contains("@example.org 于")));
    let shown = checks.service.get(&checks.office(), &path).expect(200);
    assert_eq!(shown["steps"].as_array().map(Vec::len), Some(2));
    Ok(())
}
