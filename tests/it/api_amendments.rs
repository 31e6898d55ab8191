//! Issued tasks amended through REST: units join and leave, words and days move, each with its reason.

use crate::support::Town;
use crate::support::pages::all;
use crate::support::review::{assignment, state};
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use crate::support::town::day;
use duban::domain::obligation::{MovedBy, ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

on_both! {
    a_unit_that_joins_is_asked_like_at_issue,
    a_unit_that_leaves_is_told_nothing_more,
    who_has_left_can_be_taken_in_again,
    a_moved_day_moves_what_asks_for_it,
    a_moved_day_leaves_other_tasks_of_that_day_alone,
    more_time_that_was_granted_stays,
    what_cannot_be_amended_changes_nothing,
    of_two_amendments_alike_one_holds
}

/// A task of the town by its number.
pub fn task(service: &Service, token: &str, number: &str) -> Value {
    let rows = all(service, token, "/tasks", 50);
    let found = rows.into_iter().find(|row| row["number"] == number);
    found.unwrap_or_else(|| panic!("no task {number}"))
}

/// The path of something below a task.
pub fn below(task: &Value, what: &str) -> String {
    format!("/tasks/{}/{what}", task["id"].as_str().unwrap_or_default())
}

struct Office {
    service: Service,
    token: String,
    task: Value,
}

impl Office {
    async fn of(town: &Town, number: &str) -> anyhow::Result<Self> {
        town.issue_on_monday().await?;
        let service = Service::start(town)?;
        let token = service.token(UserRole::Supervisor, None).await?;
        let task = task(&service, &token, number);
        town.set("2026-03-09", "11:00")?;
        Ok(Self {
            service,
            token,
            task,
        })
    }

    fn amend(&self, body: &Value) -> Response {
        self.service
            .post(&self.token, &below(&self.task, "amendments"), body)
    }

    fn shown(&self) -> Value {
        let id = self.task["id"].as_str().unwrap_or_default();
        self.service
            .get(&self.token, &format!("/tasks/{id}"))
            .expect(200)
    }

    fn state(&self, unit: &str, number: &str) -> String {
        let one = assignment(&self.service, &self.token, unit, number);
        state(&self.service, &self.token, &one["id"])
    }
}

async fn a_unit_that_joins_is_asked_like_at_issue(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town, "二(一)2").await?;
    let before = town.mails_to("xinxi@town.example.org").await?.len();
    let body = json!({ "add_responsible_units": ["信息中心"], "reason": "需要技术支持" });
    let made = it.amend(&body).expect(201);
    assert_eq!(made["kind"], "amend");
    assert_eq!(made["reason"], "需要技术支持");
    assert_eq!(made["after"]["parts"][0]["what"], "joins");
    assert_eq!(made["after"]["parts"][0]["unit_code"], "B4");
    assert_eq!(it.state("B4", "二(一)2"), "issued");
    let complete = town.ask("B4", ObligationKind::Complete).await?;
    assert_eq!(complete.due_on, day("2026-04-30")?);
    let acknowledge = town.asked("B4", ObligationKind::Acknowledge).await?;
    assert_eq!(acknowledge.len(), 2);
    assert!(
        acknowledge
            .iter()
            .all(|one| one.due_on == day("2026-03-12").unwrap_or_default())
    );
    assert_eq!(
        town.mails_to("xinxi@town.example.org").await?.len(),
        before + 1
    );
    // Nobody else is asked anything.
    assert_eq!(
        town.asked("S1", ObligationKind::Acknowledge).await?.len(),
        1
    );
    let names: Vec<_> = it.shown()["parties"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert!(
        names.iter().any(|one| one["name"] == "信息中心"),
        "{names:?}"
    );
    let listed = all(&it.service, &it.token, "/amendments?kind=amend", 50);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["task_number"], "二(一)2");
    // Who carries the task sees it, others do not.
    let school = it.service.token(UserRole::UnitContact, Some("S1")).await?;
    let lead = it.service.token(UserRole::UnitContact, Some("B3")).await?;
    assert_eq!(all(&it.service, &school, "/amendments", 50).len(), 1);
    assert_eq!(all(&it.service, &lead, "/amendments", 50).len(), 0);
    Ok(())
}

async fn a_unit_that_leaves_is_told_nothing_more(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town, "二(一)2").await?;
    let body = json!({ "remove_units": ["S1"], "reason": "该校停办" });
    let made = it.amend(&body).expect(201);
    assert_eq!(made["after"]["parts"][0]["what"], "leaves");
    assert_eq!(it.state("S1", "二(一)2"), "withdrawn");
    let complete = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(complete.state, ObligationState::Withdrawn);
    // It carries other tasks, and still says that it knows of them.
    let acknowledge = town.ask("S1", ObligationKind::Acknowledge).await?;
    assert_eq!(acknowledge.state, ObligationState::Open);
    assert_eq!(
        town.ask("S2", ObligationKind::Complete).await?.state,
        ObligationState::Open
    );
    let events = all(
        &it.service,
        &it.token,
        "/assignment-events?event=withdraw",
        50,
    );
    assert_eq!(events[0]["reason"], "该校停办");
    let told = town.ledger(complete.id).await?.len();
    town.live("2026-04-22", "2026-04-30").await?;
    assert_eq!(town.ledger(complete.id).await?.len(), told);
    for mail in town.mails_to("s1@town.example.org").await? {
        let is_later = mail.queued_at > it_day(town)?;
        assert!(
            !is_later || !mail.text_body.contains("作业公示"),
            "{}",
            mail.text_body
        );
    }
    Ok(())
}

fn it_day(town: &Town) -> anyhow::Result<chrono::DateTime<chrono::Utc>> {
    crate::support::town::instant(town, "2026-03-09", "10:30")
}

async fn who_has_left_can_be_taken_in_again(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town, "二(一)2").await?;
    it.amend(&json!({ "remove_units": ["东区第一小学"], "reason": "误列" }))
        .expect(201);
    it.amend(&json!({ "add_cooperating_units": ["S1"], "reason": "仍请配合" }))
        .expect(201);
    assert_eq!(it.state("S1", "二(一)2"), "issued");
    let one = assignment(&it.service, &it.token, "S1", "二(一)2");
    assert_eq!(one["role"], "cooperating");
    let asks = town.asked("S1", ObligationKind::Complete).await?;
    let open: Vec<_> = asks
        .iter()
        .filter(|one| one.state == ObligationState::Open)
        .collect();
    assert_eq!((asks.len(), open.len()), (2, 1));
    assert_eq!(open[0].due_on, day("2026-04-30")?);
    Ok(())
}

async fn a_moved_day_moves_what_asks_for_it(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town, "二(一)2").await?;
    let before = town.ask("S1", ObligationKind::Complete).await?;
    // Settled already: what it has said it is not asked for again.
    let done = town.ask("S2", ObligationKind::Complete).await?;
    town.answer(done.id).await?;
    let mails = town.mails_to("s1@town.example.org").await?.len();
    let expected = |unit: &str| {
        let one = assignment(&it.service, &it.token, unit, "二(一)2");
        let path = format!("/assignments/{}", one["id"].as_str().unwrap_or_default());
        let light = it.service.get(&it.token, &path).expect(200)["light_today"].clone();
        light["due_on"].clone()
    };
    expected("S1");
    it.amend(&json!({ "due_on": "2026-05-20", "reason": "等待上级文件" }))
        .expect(201);
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(ask.id, before.id);
    assert_eq!(ask.due_on, day("2026-05-20")?);
    assert_eq!(ask.first_due_on, day("2026-04-30")?);
    assert_eq!(ask.due_revision, before.due_revision + 1);
    assert_eq!(ask.moved.map(|moved| moved.by), Some(MovedBy::Amended));
    let answered = town.ask("S2", ObligationKind::Complete).await?;
    assert_eq!(
        (answered.id, answered.state),
        (done.id, ObligationState::Answered)
    );
    let told = town.mails_to("s1@town.example.org").await?;
    assert_eq!(told.len(), mails + 1);
    let mail = &told[told.len() - 1];
    assert!(mail.subject.contains("时限已调整"), "{}", mail.subject);
    for text in ["2026年5月20日", "2026年4月30日", "等待上级文件"] {
        assert!(mail.text_body.contains(text), "{}", mail.text_body);
    }
    let shown = it.shown();
    assert_eq!(
        (&shown["due_on"], &shown["first_due_on"]),
        (&json!("2026-05-20"), &json!("2026-04-30"))
    );
    let one = assignment(&it.service, &it.token, "S1", "二(一)2");
    assert_eq!(
        (&one["due_on"], &one["first_due_on"]),
        (&json!("2026-05-20"), &json!("2026-04-30"))
    );
    // The old day passes in silence.
    town.live("2026-04-23", "2026-05-06").await?;
    let stages =
        |revision: i32, ledger: Vec<duban::storage::reminders::StoredReminder>| -> Vec<String> {
            let of = ledger
                .into_iter()
                .filter(|one| one.key.due_revision == revision);
            of.map(|one| one.key.stage.to_string()).collect()
        };
    let ledger = town.ledger(ask.id).await?;
    assert_eq!(stages(ask.due_revision, ledger), ["notice"]);
    town.live("2026-05-13", "2026-05-13").await?;
    let ledger = town.ledger(ask.id).await?;
    assert_eq!(stages(ask.due_revision, ledger), ["notice", "due-5"]);
    Ok(())
}

async fn a_moved_day_leaves_other_tasks_of_that_day_alone(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town, "二(一)2").await?;
    let first = task(&it.service, &it.token, "二(一)1");
    let body = json!({ "due_on": "2026-04-30", "reason": "与公示同步" });
    it.service
        .post(&it.token, &below(&first, "amendments"), &body)
        .expect(201);
    // One ask for both.
    let both = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(town.asked("S1", ObligationKind::Complete).await?.len(), 1);
    let items = |id| {
        let shown = it
            .service
            .get(&it.token, &format!("/obligations/{id}"))
            .expect(200);
        let items = shown["items"].as_array().cloned().unwrap_or_default();
        let numbers = items
            .iter()
            .map(|item| item["task_number"].as_str().unwrap_or_default().to_owned());
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(items(both.id), ["二(一)2", "二(一)1"]);
    it.amend(&json!({ "due_on": "2026-05-20", "reason": "推迟" }))
        .expect(201);
    let asks = town.asked("S1", ObligationKind::Complete).await?;
    assert_eq!(asks.len(), 2);
    let later = asks.iter().find(|one| one.id != both.id).cloned();
    let later = later.ok_or_else(|| anyhow::anyhow!("asked once"))?;
    assert_eq!(
        (later.due_on, later.first_due_on),
        (day("2026-05-20")?, day("2026-04-30")?)
    );
    assert_eq!(items(both.id), ["二(一)1"]);
    assert_eq!(items(later.id), ["二(一)2"]);
    let left = town.ask("S1", ObligationKind::Complete).await?;
    let old = asks
        .iter()
        .find(|one| one.id == both.id)
        .map(|one| one.due_on);
    assert_eq!(old, Some(day("2026-04-30")?), "{left:?}");
    // Without a day nothing is asked by one.
    it.amend(&json!({ "due_on": null, "reason": "长期坚持" }))
        .expect(201);
    let asks = town.asked("S1", ObligationKind::Complete).await?;
    let gone = asks
        .iter()
        .find(|one| one.id == later.id)
        .map(|one| one.state);
    assert_eq!(gone, Some(ObligationState::Withdrawn));
    Ok(())
}

async fn more_time_that_was_granted_stays(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town, "二(一)2").await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let wanted = json!({ "obligation_id": ask.id, "reason": "设备未到", "progress": "已招标", "expected_on": "2026-06-10" });
    let made = it
        .service
        .post(&it.token, "/extensions", &wanted)
        .expect(201);
    let path = format!(
        "/extensions/{}/decision",
        made["id"].as_str().unwrap_or_default()
    );
    let granted = json!({ "granted_on": "2026-06-10", "note": null });
    it.service.post(&it.token, &path, &granted).expect(200);
    it.amend(&json!({ "due_on": "2026-05-20", "reason": "统一推迟" }))
        .expect(201);
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(ask.due_on, day("2026-06-10")?);
    let one = assignment(&it.service, &it.token, "S1", "二(一)2");
    assert_eq!(one["due_on"], "2026-06-10");
    assert_eq!(
        town.ask("S2", ObligationKind::Complete).await?.due_on,
        day("2026-05-20")?
    );
    // A later day takes the place of it.
    it.amend(&json!({ "due_on": "2026-06-30", "reason": "再次推迟" }))
        .expect(201);
    let one = assignment(&it.service, &it.token, "S1", "二(一)2");
    assert_eq!(one["due_on"], "2026-06-30");
    assert_eq!(
        town.ask("S1", ObligationKind::Complete).await?.due_on,
        day("2026-06-30")?
    );
    Ok(())
}

async fn what_cannot_be_amended_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let it = Office::of(town, "二(一)2").await?;
    let school = it.service.token(UserRole::UnitContact, Some("S1")).await?;
    let before = state_hash(&town.ctx.db).await?;
    for (body, status, code) in [
        (json!({ "reason": "无" }), 422, "nothing_to_amend"),
        (
            json!({ "due_on": "2026-04-30", "reason": "同" }),
            422,
            "nothing_to_amend",
        ),
        // Past, and a Sunday.
        (
            json!({ "due_on": "2026-03-02", "reason": "早" }),
            422,
            "wrong_day",
        ),
        (
            json!({ "due_on": "2026-05-24", "reason": "周日" }),
            422,
            "wrong_day",
        ),
        (
            json!({ "add_responsible_units": ["S1"], "reason": "重" }),
            409,
            "taken",
        ),
        (
            json!({ "add_responsible_units": ["各校"], "reason": "重" }),
            409,
            "taken",
        ),
        (
            json!({ "add_responsible_units": ["无名小学"], "reason": "错" }),
            422,
            "unknown_unit",
        ),
        (
            json!({ "remove_units": ["信息中心"], "reason": "无" }),
            422,
            "invalid_value",
        ),
        (
            json!({ "remove_units": ["教学科"], "reason": "无牵头" }),
            422,
            "invalid_value",
        ),
    ] {
        let refused = it.amend(&body);
        assert_eq!(refused.refused(status), code, "{body}");
    }
    assert_eq!(it.amend(&json!({ "title": "新" })).status, 422);
    let path = "/tasks/0199f3a0-0000-7000-8000-00000000ffff/amendments";
    let missing = it
        .service
        .post(&it.token, path, &json!({ "title": "新", "reason": "无" }));
    assert_eq!(missing.refused(404), "not_found");
    let body = json!({ "title": "新", "reason": "无" });
    assert_eq!(
        it.service
            .post(&school, &below(&it.task, "amendments"), &body)
            .status,
        403
    );
    let new = json!({ "origin": "instruction", "title": "排查", "lead_units": ["安全科"] });
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    // What is not issued is changed, not amended.
    let made = it.service.post(&it.token, "/tasks", &new).expect(201);
    let refused = it
        .service
        .post(&it.token, &below(&made, "amendments"), &body);
    assert_eq!(refused.refused(409), "out_of_order");
    Ok(())
}

async fn of_two_amendments_alike_one_holds(town: &Town) -> anyhow::Result<()> {
    use duban::domain::ids::TaskId;
    use duban::domain::role::Role;
    use duban::flow::amend_task::{AmendmentWanted, amend_task};
    let it = Office::of(town, "二(一)2").await?;
    let id = TaskId(serde_json::from_value(it.task["id"].clone())?);
    let other = town.another().await?;
    let wanted = || AmendmentWanted {
        add: [(Role::Responsible, vec!["B4".to_owned()])].into(),
        reason: "需要技术支持".to_owned(),
        ..AmendmentWanted::default()
    };
    let (one, two) = tokio::join!(
        amend_task(&town.ctx, "one@town.example.org", id, wanted()),
        amend_task(&other, "two@town.example.org", id, wanted()),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert_eq!(town.asked("B4", ObligationKind::Complete).await?.len(), 1);
    Ok(())
}
