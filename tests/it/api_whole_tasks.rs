//! Tasks as a whole through REST: paused, resumed, withdrawn, split, reported by the lead unit and closed by the office.

use crate::api_amendments::{below, task};
use crate::support::Town;
use crate::support::pages::all;
use crate::support::review::{assignment, decision, state};
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use crate::support::town::day;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

on_both! {
    a_task_rests_goes_on_and_ends_as_a_whole,
    a_report_of_the_lead_hides_no_gap,
    a_report_sent_back_is_reported_again,
    a_part_taken_up_again_opens_its_task,
    a_split_task_goes_on_as_its_parts,
    a_wrong_split_changes_nothing,
    of_two_who_decide_one_holds
}

struct Office {
    service: Service,
    token: String,
}

impl Office {
    async fn of(town: &Town) -> anyhow::Result<Self> {
        town.issue_on_monday().await?;
        let service = Service::start(town)?;
        let token = service.token(UserRole::Supervisor, None).await?;
        town.set("2026-03-09", "11:00")?;
        Ok(Self { service, token })
    }

    fn task(&self, number: &str) -> Value {
        task(&self.service, &self.token, number)
    }

    fn decide(&self, number: &str, decision: &str, reason: Option<&str>) -> Response {
        let body = json!({ "decision": decision, "reason": reason, "due_on": null });
        let path = below(&self.task(number), "decisions");
        self.service.post(&self.token, &path, &body)
    }

    fn state(&self, unit: &str, number: &str) -> String {
        let one = assignment(&self.service, &self.token, unit, number);
        state(&self.service, &self.token, &one["id"])
    }

    /// A unit reports its part as done, through whatever asks for it.
    async fn finish(&self, town: &Town, unit: &str, number: &str) -> anyhow::Result<()> {
        let one = assignment(&self.service, &self.token, unit, number);
        let ask = town.ask(unit, ObligationKind::Acknowledge).await?;
        let body = json!({ "items": [{ "assignment_id": one["id"], "percent": 100, "done": "完成" }], "note": null });
        let path = format!("/obligations/{}/reports", ask.id);
        self.service.post(&self.token, &path, &body).expect(201);
        Ok(())
    }
}

async fn a_task_rests_goes_on_and_ends_as_a_whole(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town).await?;
    let number = "二(一)2";
    assert_eq!(
        it.decide(number, "pause", None).refused(422),
        "invalid_value"
    );
    assert_eq!(
        it.decide(number, "resume", None).refused(409),
        "out_of_order"
    );
    it.decide(number, "pause", Some("等待资金")).expect(201);
    for unit in ["B2", "S1", "S6"] {
        assert_eq!(it.state(unit, number), "paused");
        let ask = town.ask(unit, ObligationKind::Complete).await?;
        assert_eq!(ask.state, ObligationState::Withdrawn, "{unit}");
    }
    let again = it.decide(number, "pause", Some("等待资金"));
    assert_eq!(again.refused(409), "out_of_order");
    assert!(
        again.json()["detail"]
            .as_str()
            .is_some_and(|text| text.contains("2026年3月9日")),
        "{:?}",
        again.json()
    );
    let path = below(&it.task(number), "amendments");
    let moved = json!({ "due_on": "2026-05-20", "reason": "推迟" });
    assert_eq!(
        it.service.post(&it.token, &path, &moved).refused(409),
        "out_of_order"
    );
    it.decide(number, "resume", None).expect(201);
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(
        (ask.state, ask.due_on),
        (ObligationState::Open, day("2026-04-30")?)
    );
    it.decide(number, "withdraw", Some("上级取消")).expect(201);
    assert_eq!(it.task(number)["state"], "withdrawn");
    assert_eq!(it.state("S1", number), "withdrawn");
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(ask.state, ObligationState::Withdrawn);
    let before = state_hash(&town.ctx.db).await?;
    for decision in ["pause", "resume", "withdraw", "close", "return"] {
        let late = it.decide(number, decision, Some("再次"));
        assert_eq!(late.refused(409), "out_of_order", "{decision}");
    }
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    Ok(())
}

/// What the lead unit B3 of 二(二)4 reports.
fn report(it: &Office, token: &str) -> Response {
    let path = below(&it.task("二(二)4"), "completions");
    let body = json!({ "summary": "平台已建成并联网" });
    it.service.post(token, &path, &body)
}

/// Bad input B11: a task closed while parts of it are open.
async fn a_report_of_the_lead_hides_no_gap(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town).await?;
    let lead = it.service.token(UserRole::UnitContact, Some("B3")).await?;
    let responsible = it.service.token(UserRole::UnitContact, Some("B4")).await?;
    let stranger = it.service.token(UserRole::UnitContact, Some("S1")).await?;
    let number = "二(二)4";
    assert_eq!(
        it.decide(number, "close", None).refused(409),
        "out_of_order"
    );
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(report(&it, &responsible).refused(403), "not_yours");
    assert_eq!(report(&it, &stranger).refused(404), "not_found");
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    let made = report(&it, &lead).expect(201);
    let units: Vec<_> = made["gaps"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|gap| gap["unit_name"].clone())
        .collect();
    assert_eq!(units, ["安全科", "信息中心"]);
    assert_eq!(report(&it, &lead).refused(409), "out_of_order");
    it.finish(town, "B3", number).await?;
    let refused = it.decide(number, "close", None);
    assert_eq!(refused.refused(409), "open_parts");
    assert!(
        refused.json()["detail"]
            .as_str()
            .is_some_and(|text| text.contains("信息中心"))
    );
    // Reported is not reviewed.
    it.finish(town, "B4", number).await?;
    assert_eq!(it.decide(number, "close", None).refused(409), "open_parts");
    let id = assignment(&it.service, &it.token, "B4", number)["id"].clone();
    it.service
        .post(
            &lead,
            "/assignment-events",
            &decision(&id, "accept", None, None),
        )
        .expect(201);
    let path = format!("/completions/{}", made["id"].as_str().unwrap_or_default());
    assert_eq!(it.service.get(&lead, &path).expect(200)["gaps"], json!([]));
    it.decide(number, "close", Some("核实无误")).expect(201);
    assert_eq!(it.task(number)["state"], "closed");
    for unit in ["B3", "B4"] {
        assert_eq!(it.state(unit, number), "closed");
    }
    let shown = it.service.get(&lead, &path).expect(200);
    assert_eq!(
        (&shown["state"], &shown["decision_note"]),
        (&json!("closed"), &json!("核实无误"))
    );
    assert_eq!(report(&it, &lead).refused(409), "out_of_order");
    Ok(())
}

async fn a_report_sent_back_is_reported_again(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town).await?;
    let lead = it.service.token(UserRole::UnitContact, Some("B3")).await?;
    let number = "二(二)4";
    it.finish(town, "B3", number).await?;
    report(&it, &lead).expect(201);
    assert_eq!(
        it.decide(number, "return", None).refused(422),
        "invalid_value"
    );
    let path = below(&it.task(number), "decisions");
    let back = json!({ "decision": "return", "reason": "缺少验收记录", "due_on": "2026-03-20" });
    it.service.post(&it.token, &path, &back).expect(201);
    assert_eq!(it.state("B3", number), "returned");
    let own = assignment(&it.service, &it.token, "B3", number);
    assert_eq!(own["percent"], 0);
    let mails = town.mails_to("anquan@town.example.org").await?;
    assert!(
        mails
            .iter()
            .any(|mail| mail.text_body.contains("缺少验收记录"))
    );
    let rows = all(&it.service, &it.token, "/completions", 50);
    assert_eq!(
        (&rows[0]["state"], &rows[0]["decision_note"]),
        (&json!("returned"), &json!("缺少验收记录"))
    );
    let again = report(&it, &lead).expect(201);
    assert_eq!(again["number"], 2);
    // It lapses where the task ends otherwise.
    it.decide(number, "withdraw", Some("上级取消")).expect(201);
    let path = format!("/completions/{}", again["id"].as_str().unwrap_or_default());
    assert_eq!(it.service.get(&lead, &path).expect(200)["state"], "lapsed");
    Ok(())
}

async fn a_part_taken_up_again_opens_its_task(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town).await?;
    let lead = it.service.token(UserRole::UnitContact, Some("B3")).await?;
    let number = "二(二)4";
    for unit in ["B3", "B4"] {
        it.finish(town, unit, number).await?;
    }
    let id = assignment(&it.service, &it.token, "B4", number)["id"].clone();
    it.service
        .post(
            &lead,
            "/assignment-events",
            &decision(&id, "accept", None, None),
        )
        .expect(201);
    report(&it, &lead).expect(201);
    it.decide(number, "close", None).expect(201);
    let reopened = decision(&id, "reopen", Some("平台停运"), Some("2026-03-20"));
    it.service
        .post(&it.token, "/assignment-events", &reopened)
        .expect(201);
    assert_eq!(it.task(number)["state"], "issued");
    let again = assignment(&it.service, &it.token, "B4", number);
    assert_eq!(again["percent"], 0);
    assert_eq!(
        all(&it.service, &it.token, "/amendments?kind=reopen", 50).len(),
        1
    );
    Ok(())
}

async fn a_split_task_goes_on_as_its_parts(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town).await?;
    let whole = it.task("二(一)2");
    let body = json!({
        "reason": "分学段推进",
        "parts": [
            { "title": "小学作业公示", "lead_units": ["教学科"], "responsible_units": ["S1", "S2"], "due_on": "2026-05-20" },
            { "title": "中学作业公示", "text": "中学完成公示。", "lead_units": ["教学科"], "responsible_units": ["S5"] },
        ],
    });
    let made = it
        .service
        .post(&it.token, &below(&whole, "split"), &body)
        .expect(201);
    let parts = made["items"].as_array().cloned().unwrap_or_default();
    let told: Vec<_> = parts
        .iter()
        .map(|one| {
            (
                one["number"].clone(),
                one["due_on"].clone(),
                one["state"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!("二(一)2-1"), json!("2026-05-20"), json!("issued")),
            (json!("二(一)2-2"), json!("2026-04-30"), json!("issued")),
        ]
    );
    assert!(parts.iter().all(|one| one["split_from"] == whole["id"]));
    let path = format!("/tasks/{}", whole["id"].as_str().unwrap_or_default());
    let shown = it.service.get(&it.token, &path).expect(200);
    assert_eq!(shown["state"], "withdrawn");
    assert_eq!(shown["split_into"][1]["number"], "二(一)2-2");
    let events = all(
        &it.service,
        &it.token,
        "/assignment-events?event=withdraw",
        50,
    );
    assert!(
        events
            .iter()
            .all(|one| one["reason"] == "已分解为 二(一)2-1、二(一)2-2：分学段推进")
    );
    assert_eq!(it.state("S1", "二(一)2"), "withdrawn");
    assert_eq!(it.state("S1", "二(一)2-1"), "issued");
    let open: Vec<_> = town
        .asked("S1", ObligationKind::Complete)
        .await?
        .into_iter()
        .filter(|one| one.state == ObligationState::Open)
        .collect();
    assert_eq!(
        open.iter().map(|one| one.due_on).collect::<Vec<_>>(),
        [day("2026-05-20")?]
    );
    let open: Vec<_> = town
        .asked("S5", ObligationKind::Complete)
        .await?
        .into_iter()
        .filter(|one| one.state == ObligationState::Open)
        .collect();
    assert_eq!(
        open.iter().map(|one| one.due_on).collect::<Vec<_>>(),
        [day("2026-04-30")?]
    );
    // Who has no share in the parts is asked nothing.
    let rest = town.ask("S6", ObligationKind::Complete).await?;
    assert_eq!(rest.state, ObligationState::Withdrawn);
    let again = it.service.post(&it.token, &below(&whole, "split"), &body);
    assert_eq!(again.refused(409), "out_of_order");
    Ok(())
}

async fn a_wrong_split_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town).await?;
    let path = below(&it.task("二(一)2"), "split");
    let before = state_hash(&town.ctx.db).await?;
    let post = |body: &Value| it.service.post(&it.token, &path, body);
    assert_eq!(post(&json!({ "parts": [], "reason": "空" })).status, 422);
    let part = |lead: &str, due_on: &str| json!({ "parts": [{ "title": "一", "lead_units": ["教学科"] }, { "title": "二", "lead_units": [lead], "due_on": due_on }], "reason": "试" });
    let unknown = post(&part("无名科", "2026-05-20"));
    assert_eq!(unknown.refused(422), "unknown_unit");
    assert_eq!(
        unknown.json()["errors"][0]["path"],
        "parts[1].lead_units[0]"
    );
    let past = post(&part("教学科", "2026-03-06"));
    assert_eq!(past.refused(422), "wrong_day");
    assert_eq!(past.json()["errors"][0]["path"], "parts[1].due_on");
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    Ok(())
}

async fn of_two_who_decide_one_holds(town: &Town) -> anyhow::Result<()> {
    use duban::domain::ids::TaskId;
    use duban::domain::task_life::TaskDecision;
    use duban::flow::decide_task::{Decided, decide_task};
    let it = Office::of(town).await?;
    let id = TaskId(serde_json::from_value(it.task("二(一)2")["id"].clone())?);
    let other = town.another().await?;
    let decided = || Decided {
        decision: TaskDecision::Withdraw,
        reason: Some("上级取消".to_owned()),
        due_on: None,
    };
    let (one, two) = tokio::join!(
        decide_task(&town.ctx, "one@town.example.org", id, decided()),
        decide_task(&other, "two@town.example.org", id, decided()),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let lost = one.err().or(two.err()).map(|error| error.to_string());
    assert!(lost.is_some_and(|text| text.contains("@town.example.org") && text.contains("撤销")));
    Ok(())
}
