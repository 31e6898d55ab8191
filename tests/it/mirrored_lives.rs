//! Every write of the product, for the mirror to follow: answers, decisions, documents, people, rounds.

use crate::support::Town;
use crate::support::filled_sheet::FilledSheet;
use crate::support::ledger_desk::{at, row_of};
use crate::support::pages::all;
use crate::support::service::Service;
use crate::support::town::UNITS;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::email_address::EmailAddress;
use duban::domain::obligation::ObligationKind;
use duban::domain::token_scope::TokenScope;
use duban::flow::delegate::{NewDelegation, delegate, end_delegation};
use duban::flow::manage_users::{
    NewUser, UserChange, change_user, create_user, make_token, revoke_token,
};
use serde_json::{Value, json};
use uuid::Uuid;

pub async fn answers(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    town.set("2026-03-16", "08:30")?;
    town.run("remind").await?;
    town.answer(town.ask("S5", ObligationKind::Acknowledge).await?.id)
        .await?;
    for unit in ["S1", "S2"] {
        let ask = town.ask(unit, ObligationKind::Complete).await?;
        let path = format!("/obligations/{}", ask.id);
        let item = service.get(token, &path).expect(200)["items"][0]["assignment_id"].clone();
        let body = json!({ "items": [{ "assignment_id": item, "percent": 40, "done": "进行中" }] });
        service
            .post(token, &format!("{path}/reports"), &body)
            .expect(201);
    }
    let ask = town.ask("S3", ObligationKind::Complete).await?;
    let body = json!({ "reports": [{ "obligation_id": ask.id, "note": "按期" }] });
    service.post(token, "/reports/bulk", &body).expect(201);
    Ok(())
}

/// A report with evidence, a file that nobody needs, and a task for the same day.
pub async fn evidence(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    let attached = || {
        let file = ("file", "a.txt", "佐证".as_bytes());
        let made = service
            .upload(token, "/attachments", &[], &[file])
            .expect(201);
        made["id"].as_str().unwrap_or_default().to_owned()
    };
    let ask = town.ask("D1", ObligationKind::SendUp).await?;
    let body = json!({ "note": "见附件", "evidence": [attached()] });
    let path = format!("/obligations/{}/reports", ask.id);
    service.post(token, &path, &body).expect(201);
    let spare = service.delete(token, &format!("/attachments/{}", attached()), "*");
    assert_eq!(spare.status, 204);
    let task = json!({
        "origin": "instruction", "title": "排查隐患", "lead_units": ["安全科"], "responsible_units": ["B4"],
        "due_on": "2026-03-16", "issue": true, "reason": "测试",
    });
    service.post(token, "/tasks", &task).expect(201);
    Ok(())
}

/// One report is sent back, one assignment rests for a while, one unit gets more time and another does not.
pub async fn decisions(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    town.set("2026-03-16", "09:00")?;
    let about =
        |path: &str| service.get(token, path).expect(200)["items"][0]["assignment_id"].clone();
    for (unit, event, due_on) in [
        ("S1", "return", Some("2026-03-23")),
        ("S4", "pause", None),
        ("S4", "resume", None),
    ] {
        let ask = town.ask(unit, ObligationKind::Complete).await?;
        let id = about(&format!("/obligations/{}", ask.id));
        let body = json!({ "decisions": [{ "assignment_id": id, "event": event, "reason": "测试", "due_on": due_on }] });
        service.post(token, "/assignment-events", &body).expect(201);
    }
    for (unit, granted_on) in [("S5", Some("2026-05-20")), ("S6", None)] {
        let ask = town.ask(unit, ObligationKind::Complete).await?;
        let body = json!({ "obligation_id": ask.id, "reason": "测试", "progress": "测试", "expected_on": "2026-05-20" });
        let made = service.post(token, "/extensions", &body).expect(201);
        let path = format!("/extensions/{}", made["id"].as_str().unwrap_or_default());
        let view = json!({ "unit_code": "B2", "agrees": true, "note": null });
        service
            .post(token, &format!("{path}/views"), &view)
            .expect(200);
        let decision = json!({ "granted_on": granted_on, "note": "测试" });
        service
            .post(token, &format!("{path}/decision"), &decision)
            .expect(200);
    }
    Ok(())
}

/// Units join and leave, a day moves, a task rests and goes on, one is reported and one is split; then the plan is amended.
pub async fn amended(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    let tasks = all(service, token, "/tasks", 50);
    let path = |number: &str, what: &str| {
        let task = tasks.iter().find(|task| task["number"] == number);
        let id = task.map(|task| task["id"].clone()).unwrap_or_default();
        format!("/tasks/{}/{what}", id.as_str().unwrap_or_default())
    };
    let body = json!({ "due_on": "2026-05-29", "add_responsible_units": ["B4"], "remove_units": ["S6"], "reason": "测试" });
    service
        .post(token, &path("二(一)2", "amendments"), &body)
        .expect(201);
    for decision in ["pause", "resume"] {
        let body = json!({ "decision": decision, "reason": "测试" });
        service
            .post(token, &path("二(一)2", "decisions"), &body)
            .expect(201);
    }
    let body = json!({ "summary": "测试" });
    service
        .post(token, &path("二(二)3", "completions"), &body)
        .expect(201);
    let part = |title: &str| json!({ "title": title, "lead_units": ["安全科"] });
    let body = json!({ "parts": [part("甲"), part("乙")], "reason": "测试" });
    service
        .post(token, &path("二(二)4", "split"), &body)
        .expect(201);
    let plan = town.plan().await?.id;
    let text = crate::support::town::PLAN.replace("4月30日前", "6月30日前");
    let fields = [("reason", "测试")];
    let files = [("file", "plan.txt", text.as_bytes())];
    service
        .upload(token, &format!("/plans/{plan}/revisions"), &fields, &files)
        .expect(200);
    Ok(())
}

/// One notice is issued, objected to and answered, and closes with its matter; another is taken back.
pub async fn noticed(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    let raise = |ask: Value, rung: &str| {
        let body = json!({ "obligation_id": ask, "rung": rung, "reason": "测试" });
        let made = service.post(token, "/notices", &body).expect(201);
        let path = format!("/notices/{}", made["id"].as_str().unwrap_or_default());
        (made["id"].clone(), path)
    };
    let ask = town.ask("S6", ObligationKind::Complete).await?.id;
    let (id, path) = raise(json!(ask), "yellow");
    let post = |path: &str, body: Value| service.post(token, path, &body).expect(200);
    post("/notices/approvals", json!({ "ids": [id] }));
    post(&format!("{path}/objection"), json!({ "reason": "测试" }));
    let reject = json!({ "event": "reject", "reason": "测试" });
    post(&format!("{path}/decision"), reject);
    town.answer(town.ask("S6", ObligationKind::Notice).await?.id)
        .await?;
    town.answer(ask).await?;
    let other = town.ask("S5", ObligationKind::Complete).await?.id;
    let (_, path) = raise(json!(other), "red");
    let withdraw = json!({ "event": "withdraw", "reason": "测试" });
    post(&format!("{path}/decision"), withdraw);
    Ok(())
}

/// A row of the ledger is edited: what was reported, the due day, the note.
pub fn ledger(service: &Service, token: &str, plan: Uuid) -> anyhow::Result<()> {
    let path = format!("/plans/{plan}/ledger");
    let sheet = service.get(token, &format!("{path}.xlsx")).body;
    let row = row_of(&sheet, "二(一)2", "西区初级中学");
    let sheet = FilledSheet::of(&sheet)
        .number(&at("实际进度", row), "30")
        .text(&at("完成时限", row), "2026-07-03")
        .text(&at("备注", row), "已联系");
    let files = [("file", "a.xlsx", sheet.bytes())];
    let done = service.upload(token, &path, &[], &files).expect(200);
    assert_eq!(
        (&done["days_moved"], &done["notes"], &done["reports"]),
        (&json!(1), &json!(1), &json!(1))
    );
    Ok(())
}

/// An indicator is added, and one that was found gets another target; then a unit tells a value, and another one.
pub async fn monitored(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    let plan = town.plan().await?.id;
    let body = json!({ "plan_id": plan, "text": "听课不少于20节", "comparator": ">=", "target": 20, "reporters": ["各校"] });
    service.post(token, "/indicators", &body).expect(201);
    let mut found = all(service, token, "/indicators?state=proposed", 50);
    found.retain(|one| !one["task_id"].is_null());
    let id = &found[0]["id"];
    let path = format!("/indicators/{}", id.as_str().unwrap_or_default());
    let body = json!({ "state": "confirmed", "target": 96 });
    service
        .change("PATCH", token, &path, "*", &body)
        .expect(200);
    let cycle = town.cycle(CycleKind::Monitoring).await?.id;
    let body = json!({ "cycle_id": cycle, "reason": "提前监测" });
    service.post(token, "/rounds", &body).expect(201);
    let ask = town.ask("S1", ObligationKind::Monitoring).await?.id;
    for value in [94, 97] {
        let body = json!({ "items": [{ "indicator_id": id, "value": value }] });
        let path = format!("/obligations/{ask}/reports");
        service.post(token, &path, &body).expect(201);
    }
    Ok(())
}

/// The bulletin of the round is edited, approved, published, and corrected.
pub async fn bulletins(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    let plan = town.plan().await?.id;
    let body = json!({ "plan_id": plan, "as_of": null });
    let made = service.post(token, "/bulletins", &body).expect(201);
    let path = format!("/bulletins/{}", made["id"].as_str().unwrap_or_default());
    let edit = json!({ "demands": ["抓紧整改。"] });
    service
        .change("PATCH", token, &format!("{path}/text"), "*", &edit)
        .expect(200);
    let step = |step: &str, body: &Value, status: u16| {
        service
            .post(token, &format!("{path}/{step}"), body)
            .expect(status);
    };
    step("approval", &json!({}), 200);
    step("return", &json!({ "reason": "测试" }), 200);
    step("approval", &json!({}), 200);
    step("publication", &json!({}), 200);
    let correction = json!({ "note": "测试", "fresh_numbers": true });
    step("corrections", &correction, 201);
    Ok(())
}

pub async fn people(town: &Town) -> anyhow::Result<()> {
    town.import_units(&UNITS.replace("丁老师,s5@", "庚老师,new@"))
        .await?;
    town.import_units(
        &UNITS
            .replace("东区第一小学", "东区第一实验小学")
            .replace("甲老师", "贾老师"),
    )
    .await?;
    let Ok(email) = EmailAddress::parse("new@example.org") else {
        anyhow::bail!("no address");
    };
    let user = create_user(
        &town.ctx,
        NewUser {
            email,
            name: None,
            roles: Vec::new(),
        },
    )
    .await?;
    let change = UserChange {
        name: Some(Some("新用户".to_owned())),
        enabled: Some(false),
        roles: None,
    };
    change_user(&town.ctx, user.id, change, None).await?;
    let Ok(delegate_email) = EmailAddress::parse("administrator@example.org") else {
        anyhow::bail!("no address");
    };
    let absence = NewDelegation {
        user_id: user.id,
        delegate: delegate_email,
        from_on: town.ctx.now().today,
        until_on: town.ctx.now().today,
        reason: "外出学习".to_owned(),
    };
    let absence = delegate(&town.ctx, absence).await?;
    end_delegation(&town.ctx, absence.id, None).await?;
    let made = make_token(&town.ctx, user.id, "x", TokenScope::Read, 3).await?;
    Ok(revoke_token(&town.ctx, made.token.id, None).await?)
}

pub async fn rounds(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    let check = town.cycle(CycleKind::SpotCheck).await?.id;
    let path = format!("/cycles/{check}");
    service
        .change(
            "PATCH",
            token,
            &path,
            "*",
            &json!({ "due_after_workdays": 9 }),
        )
        .expect(200);
    for switch in ["off", "on"] {
        service
            .post(token, &format!("{path}/{switch}"), &json!({}))
            .expect(200);
    }
    town.dawn("2026-04-01").await?;
    town.live("2026-04-02", "2026-04-02").await?;
    let dispatch = town.cycle(CycleKind::Dispatch).await?.id;
    let body = json!({ "cycle_id": dispatch, "reason": "提前调度" });
    let round = service.post(token, "/rounds", &body).expect(201);
    let id = round["id"].as_str().unwrap_or_default();
    for unit in ["S1", "B3"] {
        let decision = json!({ "round_id": id, "text": "补齐台账", "unit_code": unit, "due_on": "2026-04-10", "reason": "测试" });
        service.post(token, "/decisions", &decision).expect(201);
    }
    let ask = town.ask("S1", ObligationKind::FollowUp).await?.id;
    let answer = json!({ "note": "已补齐" });
    service
        .post(token, &format!("/obligations/{ask}/reports"), &answer)
        .expect(201);
    let made = all(service, token, "/decisions", 50);
    let path = |at: usize| format!("/decisions/{}", made[at]["id"].as_str().unwrap_or_default());
    let back = json!({ "reason": "没有附件", "due_on": "2026-04-13" });
    service
        .post(token, &format!("{}/return", path(0)), &back)
        .expect(200);
    let reason = json!({ "reason": "并入其他事项" });
    service
        .post(token, &format!("{}/withdraw", path(1)), &reason)
        .expect(200);
    let close = format!("/rounds/{id}/close");
    service.post(token, &close, &json!({})).expect(200);
    Ok(())
}

/// Inspectors are kept and corrected; of two inspections one finds something, which is reported, sent back, reported anew
/// and closed; a draw is confirmed.
pub async fn inspected(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    for name in ["黎老师", "李老师"] {
        let body = json!({ "inspectors": [{ "name": name, "unit_code": "B4", "email": "li@example.org" }] });
        service.post(token, "/inspectors", &body).expect(200);
    }
    let rows = all(service, token, "/inspections?state=planned", 50);
    let path = |row: &Value, what: &str| {
        let id = row["id"].as_str().unwrap_or_default();
        format!("/{what}/{id}")
    };
    let records = [
        json!({ "result": "pass" }),
        json!({ "result": "findings", "findings": [{ "text": "缺少记录", "rectify_by": "2026-04-14" }], "reason": "测试" }),
    ];
    for (row, body) in rows.iter().zip(&records) {
        let path = format!("{}/record", path(row, "inspections"));
        service.post(token, &path, body).expect(200);
    }
    let finding = &all(service, token, "/findings", 50)[0];
    let report = format!(
        "/obligations/{}/reports",
        finding["obligation_id"].as_str().unwrap_or_default()
    );
    let recheck = format!("{}/recheck", path(finding, "findings"));
    for body in [
        json!({ "outcome": "send_back", "reason": "仍缺", "rectify_by": "2026-04-15" }),
        json!({ "outcome": "close" }),
    ] {
        let told = json!({ "items": [], "note": "已补记" });
        service.post(token, &report, &told).expect(201);
        service.post(token, &recheck, &body).expect(200);
    }
    let mistaken = json!({
        "unit_code": finding["unit_code"], "plan_id": finding["plan_id"], "text": "登记有误",
        "rectify_by": "2026-04-15", "reason": "测试",
    });
    let mistaken = service.post(token, "/findings", &mistaken).expect(201);
    let withdrawal = format!("{}/withdrawal", path(&mistaken, "findings"));
    let reason = json!({ "reason": "测试" });
    service.post(token, &withdrawal, &reason).expect(200);
    let check = town.cycle(CycleKind::SpotCheck).await?.id;
    let manual = json!({ "confirm": "manual" });
    service
        .change("PATCH", token, &format!("/cycles/{check}"), "*", &manual)
        .expect(200);
    let body = json!({ "cycle_id": check, "period": "2026-05", "reason": "测试" });
    let round = service.post(token, "/rounds", &body).expect(201);
    let confirm = format!("{}/draw/confirm", path(&round, "rounds"));
    let reason = json!({ "reason": "测试" });
    service.post(token, &confirm, &reason).expect(200);
    Ok(())
}
