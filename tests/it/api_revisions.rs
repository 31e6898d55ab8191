//! A plan amended and read again through REST: what differs is shown first, then applied as a whole.

use crate::api_amendments::{below, task};
use crate::support::Town;
use crate::support::pages::all;
use crate::support::review::assignment;
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use crate::support::town::{PLAN, UNITS, day};
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

on_both! {
    the_difference_is_shown_and_changes_nothing,
    an_amended_plan_is_applied_as_a_whole,
    what_people_changed_stays,
    a_document_that_cannot_be_applied_changes_nothing,
    a_plan_that_is_not_issued_is_amended_before
}

/// The town's plan with a measure in between, one gone, a day and units moved.
fn amended() -> String {
    PLAN.replace(
        "2、完成作业公示。各校于2026年4月30日前",
        "2、开展家校共育。各校每学期召开家长会。（牵头单位：教学科；责任单位：各校）\n3、完成作业公示。各校于2026年6月30日前",
    )
    .replace("3、排查安全隐患。", "4、排查安全隐患。")
    .replace("（牵头单位：安全科；责任单位：各地各校）", "（牵头单位：安全科；责任单位：各地各校、信息中心）")
    .replace("4、建设信息平台。建设全市校园安全信息平台并联网运行。（牵头单位：安全科；责任单位：信息中心）\n", "")
    .replace("（二）实施（2026年3月—11月）", "（二）实施（2026年3月—10月）")
}

struct Office {
    service: Service,
    token: String,
    plan: String,
}

impl Office {
    async fn of(town: &Town) -> anyhow::Result<Self> {
        let service = Service::start(town)?;
        let token = service.token(UserRole::Supervisor, None).await?;
        town.set("2026-03-09", "11:00")?;
        Ok(Self {
            plan: town.plan().await?.id.to_string(),
            service,
            token,
        })
    }

    fn send(&self, text: &str, query: &str, fields: &[(&str, &str)]) -> Response {
        let path = format!("/plans/{}/revisions{query}", self.plan);
        let files = [("file", "修订稿.txt", text.as_bytes())];
        self.service.upload(&self.token, &path, fields, &files)
    }

    fn diff(&self, text: &str) -> Value {
        self.send(text, "?dry_run=true", &[]).expect(200)
    }

    fn apply(&self, text: &str) -> Response {
        self.send(text, "", &[("reason", "上级调整")])
    }
}

fn fate<'a>(told: &'a Value, fate: &str) -> Vec<&'a Value> {
    let tasks = told["tasks"].as_array().into_iter().flatten();
    tasks.filter(|task| task["fate"] == fate).collect()
}

async fn the_difference_is_shown_and_changes_nothing(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let it = Office::of(town).await?;
    let before = state_hash(&town.ctx.db).await?;
    let same = it.diff(PLAN);
    assert_eq!(
        (&same["same"], &same["unchanged"]),
        (&json!(true), &json!(4))
    );
    assert_eq!((&same["tasks"], &same["listed"]), (&json!([]), &json!([])));
    let told = it.diff(&amended());
    assert_eq!(told["applied"], false);
    assert_eq!(told["unchanged"], 1);
    let added = fate(&told, "added");
    assert_eq!(added.len(), 1);
    assert_eq!(added[0]["title"], "开展家校共育");
    let removed = fate(&told, "removed");
    assert_eq!(removed.len(), 1);
    assert_eq!(removed[0]["number"], "二(二)4");
    let changed = fate(&told, "changed");
    let found: Vec<_> = changed
        .iter()
        .map(|one| (&one["number"], &one["matched_by"]))
        .collect();
    assert_eq!(
        found,
        [
            (&json!("二(一)2"), &json!("title")),
            (&json!("二(二)3"), &json!("title"))
        ]
    );
    let change = |task: &Value, field: &str| {
        let mut changes = task["changes"]
            .as_array()
            .cloned()
            .unwrap_or_default()
            .into_iter();
        changes
            .find(|one| one["field"] == field)
            .unwrap_or_default()
    };
    let due = change(changed[0], "due_on");
    assert_eq!(
        (&due["before"], &due["after"]),
        (&json!("2026-04-30"), &json!("2026-06-30"))
    );
    assert_eq!(
        change(changed[1], "responsible_units")["added"],
        json!(["信息中心"])
    );
    assert_eq!(change(changed[1], "number")["after"], "二(二)4");
    let listed = told["listed"].as_array().cloned().unwrap_or_default();
    assert!(
        listed
            .iter()
            .any(|one| one["part"] == "phases" && one["applies"] == true),
        "{listed:?}"
    );
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    Ok(())
}

async fn an_amended_plan_is_applied_as_a_whole(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let it = Office::of(town).await?;
    let text = amended();
    let done = it.apply(&text).expect(200);
    assert_eq!(done["applied"], true);
    assert_eq!(done["issued"]["tasks"], 1);
    // New: issued. Gone: withdrawn. Changed: amended.
    let new = task(&it.service, &it.token, "二(一)2");
    assert_eq!(
        (&new["title"], &new["state"]),
        (&json!("开展家校共育"), &json!("issued"))
    );
    assert_eq!(
        assignment(&it.service, &it.token, "S1", "二(一)2")["state"],
        "issued"
    );
    let moved = task(&it.service, &it.token, "二(一)3");
    assert_eq!(
        (&moved["title"], &moved["due_on"], &moved["first_due_on"]),
        (
            &json!("完成作业公示"),
            &json!("2026-06-30"),
            &json!("2026-04-30")
        )
    );
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(
        (ask.due_on, ask.state),
        (day("2026-06-30")?, ObligationState::Open)
    );
    let rows = all(&it.service, &it.token, "/tasks", 50);
    let gone = rows
        .iter()
        .find(|row| row["title"] == "建设信息平台")
        .cloned()
        .unwrap_or_default();
    assert_eq!(gone["state"], "withdrawn");
    let joined = all(&it.service, &it.token, "/assignments?unit_code=B4", 50);
    let told: Vec<_> = joined
        .iter()
        .map(|one| (&one["task_title"], &one["state"]))
        .collect();
    assert!(
        told.contains(&(&json!("排查安全隐患"), &json!("issued"))),
        "{told:?}"
    );
    assert!(
        told.contains(&(&json!("建设信息平台"), &json!("withdrawn"))),
        "{told:?}"
    );
    // Everything hangs together and is kept.
    let revision = done["revision_id"].as_str().unwrap_or_default();
    let parts = all(
        &it.service,
        &it.token,
        &format!("/amendments?revision_id={revision}"),
        50,
    );
    let mut kinds: Vec<_> = parts
        .iter()
        .map(|one| one["kind"].as_str().unwrap_or_default())
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["add", "amend", "amend", "remove"]);
    assert!(parts.iter().all(|one| one["reason"] == "上级调整"));
    let whole = all(&it.service, &it.token, "/amendments?kind=revise", 50);
    assert_eq!(whole[0]["after"]["tasks"]["changed"], 2);
    // One mail a contact, and the same file again changes nothing.
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(it.apply(&text).expect(200)["same"], true);
    let again = it.service.upload(
        &it.token,
        "/plans",
        &[("year", "2026")],
        &[("file", "a.txt", text.as_bytes())],
    );
    assert_eq!(again.expect(200)["new"], false);
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    // Back to what it was: what was gone is new again.
    let back = it.apply(PLAN).expect(200);
    assert_eq!(fate(&back, "added").len(), 1);
    assert_eq!(fate(&back, "removed").len(), 1);
    assert_eq!(
        task(&it.service, &it.token, "二(一)2")["title"],
        "完成作业公示"
    );
    Ok(())
}

async fn what_people_changed_stays(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let it = Office::of(town).await?;
    let due = task(&it.service, &it.token, "二(一)2");
    let body = json!({ "due_on": "2026-05-20", "add_cooperating_units": ["信息中心"], "reason": "等待文件" });
    it.service
        .post(&it.token, &below(&due, "amendments"), &body)
        .expect(201);
    let split = task(&it.service, &it.token, "二(二)4");
    let body = json!({ "reason": "分开推进", "parts": [
        { "title": "建设", "lead_units": ["安全科"] }, { "title": "联网", "lead_units": ["信息中心"] } ] });
    it.service
        .post(&it.token, &below(&split, "split"), &body)
        .expect(201);
    // Something else changes; twice, since the first amendment must not make the document's word of what people said.
    let first = PLAN.replace("落实课堂常规。", "落实课堂教学常规。");
    let told = it.apply(&first).expect(200);
    let kept: Vec<_> = fate(&told, "kept")
        .iter()
        .map(|one| one["number"].clone())
        .collect();
    assert_eq!(kept, ["二(一)2"]);
    let second = first.replace("建立隐患台账", "建立隐患清单");
    let told = it.apply(&second).expect(200);
    assert_eq!(fate(&told, "kept").len(), 1);
    assert_eq!(
        task(&it.service, &it.token, "二(一)2")["due_on"],
        "2026-05-20"
    );
    assert_eq!(
        task(&it.service, &it.token, "二(二)4")["state"],
        "withdrawn"
    );
    assert_eq!(task(&it.service, &it.token, "二(二)4-1")["state"], "issued");
    // What the document says otherwise now, holds; the unit that people have added stays.
    let third = second.replace("4月30日前", "6月30日前");
    it.apply(&third).expect(200);
    assert_eq!(
        task(&it.service, &it.token, "二(一)2")["due_on"],
        "2026-06-30"
    );
    assert_eq!(
        assignment(&it.service, &it.token, "B4", "二(一)2")["state"],
        "issued"
    );
    Ok(())
}

async fn a_document_that_cannot_be_applied_changes_nothing(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let it = Office::of(town).await?;
    let before = state_hash(&town.ctx.db).await?;
    let unknown = amended().replace("各地各校、信息中心", "各地各校、无名中心");
    let refused = it.apply(&unknown);
    assert_eq!(refused.refused(409), "task_held");
    assert!(
        refused.json()["errors"][0]["message"]
            .to_string()
            .contains("无名中心"),
        "{}",
        refused.json()
    );
    let new = PLAN.replace(
        "（二）安全",
        "5、新增举措。推进新增举措。（牵头单位：无名科；责任单位：各校）\n（二）安全",
    );
    assert_eq!(it.apply(&new).refused(409), "task_held");
    let other = PLAN
        .replace("青石市校园安全与课堂质量提升方案", "青石市劳动教育方案")
        .replace("〔2026〕3号", "〔2026〕9号");
    for query in ["", "?dry_run=true"] {
        let refused = it.send(&other, query, &[("reason", "试")]);
        assert_eq!(refused.refused(422), "other_plan");
    }
    assert_eq!(it.send(&amended(), "", &[]).refused(422), "invalid_value");
    assert_eq!(it.apply("没有举措的文字").refused(422), "not_a_plan");
    let path = "/plans/0199f3a0-0000-7000-8000-00000000ffff/revisions?dry_run=true";
    let missing = it
        .service
        .upload(&it.token, path, &[], &[("file", "a.txt", PLAN.as_bytes())]);
    assert_eq!(missing.refused(404), "not_found");
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    Ok(())
}

async fn a_plan_that_is_not_issued_is_amended_before(town: &Town) -> anyhow::Result<()> {
    let without = UNITS.replace(
        "B4,信息中心,institution,B0,,,辛老师,xinxi@town.example.org\n",
        "",
    );
    town.import_with(&without).await?;
    let it = Office::of(town).await?;
    // A person settles a name that stands for nobody; the document goes on saying it.
    let held = task(&it.service, &it.token, "二(二)4");
    let path = format!("/tasks/{}", held["id"].as_str().unwrap_or_default());
    let body = json!({ "responsible_units": ["督导室"] });
    it.service
        .change("PATCH", &it.token, &path, "*", &body)
        .expect(200);
    let text = PLAN.replace("4月30日前", "6月30日前");
    let told = it.apply(&text).expect(200);
    assert_eq!(fate(&told, "kept").len(), 1);
    assert_eq!(told["issued"]["tasks"], 0);
    let due = task(&it.service, &it.token, "二(一)2");
    assert_eq!(
        (&due["due_on"], &due["state"]),
        (&json!("2026-06-30"), &json!("imported"))
    );
    assert_eq!(town.asked("S1", ObligationKind::Complete).await?.len(), 0);
    let issue = format!("/plans/{}/issue", it.plan);
    let issued = it
        .service
        .post(&it.token, &issue, &json!({ "cycles": "off" }))
        .expect(200);
    assert_eq!((&issued["tasks"], &issued["held"]), (&json!(4), &json!([])));
    assert_eq!(
        assignment(&it.service, &it.token, "B1", "二(二)4")["role"],
        "responsible"
    );
    Ok(())
}
