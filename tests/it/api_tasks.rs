//! Reading `/tasks`, and making tasks by hand: who sees what, how pages hold together, what is refused and where.

use crate::api_plans::paths;
use crate::support::Town;
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use crate::support::town::UNITS;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};

const NOBODY: &str = "0199f3a0-0000-7000-8000-000000000002";

/// A text in a query string.
pub fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// One field of each item of a list.
pub fn column(page: &Value, field: &str) -> Vec<String> {
    let items = page["items"].as_array().expect("items").iter();
    items
        .map(|item| match &item[field] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect()
}

fn numbers(service: &Service, token: &str, query: &str) -> Vec<String> {
    let page = service.get(token, &format!("/tasks{query}")).expect(200);
    column(&page, "number")
}

fn make(service: &Service, token: &str, change: &Value) -> Response {
    let mut task = json!({
        "origin": "instruction",
        "title": "排查校门口交通隐患",
        "lead_units": ["安全科"],
        "responsible_units": ["各校", "D1"],
    });
    for (name, value) in change.as_object().expect("an object") {
        task[name] = value.clone();
    }
    service.post(token, "/tasks", &task)
}

async fn units_see_the_tasks_they_have_a_part_in(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.import().await?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let centre = service.token(UserRole::UnitContact, Some("B4")).await?;
    let district = service.token(UserRole::UnitHead, Some("D1")).await?;
    let leader = service.token(UserRole::Leader, None).await?;
    let (first, last) = ("二(一)1", "二(二)4");
    // Not issued: nobody has a part yet.
    assert_eq!(numbers(&service, &school, ""), Vec::<String>::new());
    assert_eq!(numbers(&service, &leader, "").len(), 4);
    town.issue(CyclesAtIssue::Off).await?;
    assert_eq!(
        numbers(&service, &school, ""),
        [first, "二(一)2", "二(二)3"]
    );
    assert_eq!(numbers(&service, &centre, ""), [last]);
    // Its schools have parts in what it has none in itself.
    assert_eq!(
        numbers(&service, &district, ""),
        [first, "二(一)2", "二(二)3"]
    );
    let all = service.get(&leader, "/tasks").expect(200);
    let of_others = all["items"][3]["id"].as_str().expect("an id");
    let hidden = service.get(&school, &format!("/tasks/{of_others}"));
    let missing = service.get(&school, &format!("/tasks/{NOBODY}"));
    assert_eq!(hidden.refused(404), "not_found");
    assert_eq!(hidden.json()["detail"], missing.json()["detail"]);
    assert_eq!(hidden.json()["title"], missing.json()["title"]);
    let seen = service
        .get(&centre, &format!("/tasks/{of_others}"))
        .expect(200);
    assert_eq!(seen["assignments"], json!({ "lead": 1, "responsible": 1 }));
    Ok(())
}

async fn a_task_tells_what_its_names_mean(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Auditor, None).await?;
    let without = UNITS.replace(
        "B4,信息中心,institution,B0,,,辛老师,xinxi@town.example.org\n",
        "",
    );
    town.import_with(&without).await?;
    let tasks = service.get(&office, "/tasks").expect(200);
    let get = |at: usize| {
        let id = tasks["items"][at]["id"].as_str().expect("an id");
        service.get(&office, &format!("/tasks/{id}")).expect(200)
    };
    let first = get(0);
    assert_eq!(first["plan_title"], "青石市校园安全与课堂质量提升方案");
    assert_eq!(
        (&first["origin"], &first["state"]),
        (&json!("document"), &json!("imported"))
    );
    assert!(
        first["text"]
            .as_str()
            .is_some_and(|text| text.contains("95%"))
    );
    assert_eq!(first["indicators"][0]["value"], 95);
    let schools = &first["parties"][1];
    assert_eq!(schools["name"], "各校");
    let units = schools["units"].as_array().expect("units");
    let codes: Vec<&str> = units
        .iter()
        .filter_map(|unit| unit["unit_code"].as_str())
        .collect();
    assert_eq!(codes, ["S1", "S2", "S3", "S4", "S5", "S6"]);
    let unsettled = &get(3)["parties"][1];
    assert_eq!(unsettled["problem"], "unknown");
    assert_eq!(unsettled["units"], json!([]));
    Ok(())
}

async fn filters_of_tasks_hold_exactly(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.issue(CyclesAtIssue::Off).await?;
    let made = make(&service, &office, &json!({ "due_on": "2026-05-01" })).expect(201);
    let ledger = made["plan_id"].as_str().expect("an id");
    let (one, two, three, four) = ("二(一)1", "二(一)2", "二(二)3", "二(二)4");
    let safety = encoded("（二）安全");
    let cases: Vec<(String, Vec<&str>)> = vec![
        (format!("?plan_id={ledger}"), vec!["1"]),
        (format!("?plan_id={NOBODY}"), vec![]),
        ("?state=issued".into(), vec![one, two, three, four]),
        ("?state=imported,held".into(), vec!["1"]),
        ("?origin=instruction".into(), vec!["1"]),
        (
            "?origin=document,meeting".into(),
            vec![one, two, three, four],
        ),
        (format!("?section={safety}"), vec![three, four]),
        (format!("?section={}", encoded("安全")), vec![]),
        ("?unit_code=B2".into(), vec![one, two]),
        ("?unit_code=B2&role=responsible".into(), vec![]),
        ("?unit_code=D1&role=responsible".into(), vec![three]),
        ("?unit_code=none".into(), vec![]),
        ("?unit_kind=institution".into(), vec![four]),
        ("?unit_kind=district,institution".into(), vec![three, four]),
        ("?unit_kind=section&role=responsible".into(), vec![]),
        ("?unit_kind=school&level=special".into(), vec![]),
        ("?due_from=2026-05-01".into(), vec!["1"]),
        ("?due_to=2026-04-30".into(), vec![two]),
        (
            "?due_from=2026-04-30&due_to=2026-05-01&sort=-due_on".into(),
            vec!["1", two],
        ),
        (format!("?q={}", encoded("台账")), vec![three]),
        (format!("?q={}", encoded("95%以上")), vec![one]),
        (format!("?q={}", encoded("9_%")), vec![]),
        ("?sort=due_on".into(), vec![two, "1", one, three, four]),
        ("?sort=-number".into(), vec!["1", four, three, two, one]),
    ];
    for (query, wanted) in cases {
        assert_eq!(numbers(&service, &office, &query), wanted, "{query}");
    }
    // The board finds the same by units as the database.
    for query in ["unit_kind=institution", "level=senior", "unit_code=B2"] {
        let found = numbers(&service, &office, &format!("?{query}"));
        let on_board = numbers(&service, &office, &format!("?{query}&as_of=2026-03-09"));
        assert!(
            !found.is_empty() && found == on_board,
            "{query}: {on_board:?}"
        );
    }
    for (query, code) in [
        ("?state=gone", "invalid_parameter"),
        ("?sort=title", "invalid_parameter"),
        ("?due_from=2026-02-30", "invalid_parameter"),
        ("?light=blue", "invalid_parameter"),
        ("?light=red&q=x", "invalid_value"),
        ("?light=red&sort=due_on", "invalid_value"),
        ("?light=red&unit_kind=school,section", "invalid_value"),
        ("?colour=red", "unknown_parameter"),
        ("?cursor=abc", "bad_cursor"),
    ] {
        assert_eq!(
            service.get(&office, &format!("/tasks{query}")).refused(422),
            code,
            "{query}"
        );
    }
    Ok(())
}

async fn pages_of_tasks_hold_while_tasks_are_added(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import().await?;
    for sort in ["number", "-number", "due_on", "-due_on"] {
        let known = column(&service.get(&office, "/tasks?limit=200").expect(200), "id");
        let mut seen: Vec<String> = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = service.get(&office, &format!("/tasks?limit=2&sort={sort}{cursor}"));
            let page = page.expect(200);
            seen.extend(column(&page, "id"));
            make(&service, &office, &json!({ "due_on": "2026-06-01" })).expect(201);
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), seen.len(), "{sort}: nothing twice");
        assert!(
            known.iter().all(|id| seen.contains(id)),
            "{sort}: nothing left out"
        );
    }
    let other = service.get(&office, "/tasks?limit=1").expect(200);
    let cursor = other["next_cursor"].as_str().expect("more");
    for query in ["sort=due_on", "state=imported"] {
        let path = format!("/tasks?{query}&cursor={cursor}");
        assert_eq!(
            service.get(&office, &path).refused(422),
            "bad_cursor",
            "{query}"
        );
    }
    Ok(())
}

async fn a_task_made_by_hand_stands_in_the_ledger_of_its_year(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import_units(UNITS).await?;
    let extra = json!({ "origin_note": "局长批示", "due_on": "2026-04-10", "lead_units": ["B3"] });
    let response = make(&service, &office, &extra);
    let first = response.expect(201);
    let id = first["id"].as_str().expect("an id");
    assert_eq!(response.header("location"), format!("/api/v1/tasks/{id}"));
    assert_eq!(first["plan_title"], "2026年领导批示事项");
    assert_eq!(
        (&first["number"], &first["state"]),
        (&json!("1"), &json!("imported"))
    );
    assert_eq!(
        first["lead_units"],
        json!(["安全科"]),
        "a code is kept as the name"
    );
    assert_eq!(first["text"], first["title"]);
    assert_eq!(first["origin_note"], "局长批示");
    let names: Vec<&Value> = (0..3).map(|at| &first["parties"][at]["name"]).collect();
    assert_eq!(names, ["安全科", "各校", "东区教育局"]);
    let second = make(&service, &office, &json!({})).expect(201);
    assert_eq!(
        (&second["number"], &second["plan_id"]),
        (&json!("2"), &first["plan_id"])
    );
    let meeting = make(&service, &office, &json!({ "origin": "meeting" })).expect(201);
    assert_eq!(meeting["number"], "1");
    assert_ne!(meeting["plan_id"], first["plan_id"]);
    let same = make(&service, &office, &json!({ "plan_id": first["plan_id"] })).expect(201);
    assert_eq!(same["number"], "3");
    town.set("2027-01-04", "10:00")?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let next = make(&service, &office, &json!({})).expect(201);
    assert_eq!(
        (&next["plan_title"], &next["number"]),
        (&json!("2027年领导批示事项"), &json!("1"))
    );
    Ok(())
}

async fn what_is_wrong_with_a_new_task_is_told_by_field(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let twins = "B5,教学科,section,B0,,,,\n";
    town.import_with(&format!("{UNITS}{twins}")).await?;
    let plan = town.plan().await?.id.to_string();
    let meeting = make(&service, &office, &json!({ "origin": "meeting" })).expect(201);
    let before = state_hash(&town.ctx.db).await?;
    let cases = [
        (
            json!({ "lead_units": ["安全科", "保卫科"] }),
            422,
            "unknown_unit",
            "lead_units[1]",
        ),
        (
            json!({ "responsible_units": ["各幼儿园"] }),
            422,
            "unknown_unit",
            "responsible_units[0]",
        ),
        (
            json!({ "cooperating_units": ["教学科"] }),
            422,
            "ambiguous",
            "cooperating_units[0]",
        ),
        (
            json!({ "due_on": "2026-03-08" }),
            422,
            "invalid_value",
            "due_on",
        ),
        (
            json!({ "template_id": NOBODY }),
            422,
            "invalid_value",
            "template_id",
        ),
        (
            json!({ "plan_id": NOBODY }),
            422,
            "invalid_value",
            "plan_id",
        ),
        (json!({ "plan_id": plan }), 422, "invalid_value", "plan_id"),
        (
            json!({ "plan_id": meeting["plan_id"] }),
            422,
            "invalid_value",
            "plan_id",
        ),
        (
            json!({ "lead_units": [] }),
            422,
            "invalid_field",
            "lead_units",
        ),
        (
            json!({ "origin": "document" }),
            422,
            "invalid_field",
            "origin",
        ),
        (json!({ "title": " " }), 422, "invalid_field", "title"),
        (
            json!({ "title": "a\u{202e}b" }),
            422,
            "invalid_field",
            "title",
        ),
        (
            json!({ "due_on": "9999-12-31" }),
            422,
            "invalid_field",
            "due_on",
        ),
        (json!({ "number": "7" }), 422, "unknown_field", "number"),
    ];
    for (change, status, code, path) in cases {
        let refusal = make(&service, &office, &change);
        assert_eq!(refusal.refused(status), code, "{change}");
        assert_eq!(paths(&refusal.json()), [path], "{change}");
    }
    // All of them at once, each with its place.
    let many = json!({ "lead_units": ["甲"], "responsible_units": ["各校", "乙"], "due_on": "2020-01-01" });
    let refusal = make(&service, &office, &many).expect(422);
    assert_eq!(
        paths(&refusal),
        ["due_on", "lead_units[0]", "responsible_units[1]"]
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    // The one of two names is meant by its code.
    let meant = make(&service, &office, &json!({ "lead_units": ["B5"] })).expect(201);
    assert_eq!(meant["parties"][0]["units"][0]["unit_code"], "B5");
    let contact = service.token(UserRole::UnitHead, Some("B3")).await?;
    assert_eq!(
        make(&service, &contact, &json!({})).refused(403),
        "forbidden"
    );
    Ok(())
}

async fn many_tasks_are_made_whole_or_not_at_all(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import_units(UNITS).await?;
    let task = |title: &str, lead: &str| json!({ "origin": "collection", "title": title, "lead_units": [lead] });
    let before = state_hash(&town.ctx.db).await?;
    let items =
        json!({ "items": [task("甲", "教学科"), task("乙", "不存在的科"), task("丙", "教学科")] });
    let refusal = service.post(&office, "/tasks/bulk", &items);
    assert_eq!(refusal.refused(422), "unknown_unit");
    assert_eq!(paths(&refusal.json()), ["items[1].lead_units[0]"]);
    let empty = json!({ "items": [task("甲", "教学科"), { "origin": "meeting", "title": "乙", "lead_units": [] }] });
    let refusal = service.post(&office, "/tasks/bulk", &empty).expect(422);
    assert_eq!(paths(&refusal), ["items[1].lead_units"]);
    for count in [0, 201] {
        let items = json!({ "items": vec![task("甲", "教学科"); count] });
        let refusal = service.post(&office, "/tasks/bulk", &items);
        assert_eq!(refusal.refused(422), "invalid_field", "{count}");
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let mut items: Vec<Value> = (0..200)
        .map(|at| task(&format!("第{at}项"), "B2"))
        .collect();
    items[7]["origin"] = json!("meeting");
    items[9]["issue"] = json!(true);
    let made = service
        .post(&office, "/tasks/bulk", &json!({ "items": items }))
        .expect(201);
    let numbers = column(&made, "number");
    assert_eq!(
        (numbers.len(), &*numbers[6], &*numbers[7], &*numbers[8]),
        (200, "7", "1", "8")
    );
    assert_eq!(made["issued"]["tasks"], 1);
    let states = column(&made, "state");
    assert_eq!(states.iter().filter(|state| *state == "issued").count(), 1);
    assert_eq!(states[9], "issued");
    Ok(())
}

async fn names_are_read_as_the_plan_reads_them(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import().await?;
    let made = make(
        &service,
        &office,
        &json!({ "responsible_units": ["市教育局教学科", " S1 "] }),
    );
    let parties = made.expect(201)["parties"].clone();
    assert_eq!(parties[1]["units"][0]["unit_code"], "B2");
    assert_eq!(parties[2]["name"], "东区第一小学");
    Ok(())
}

on_both!(
    units_see_the_tasks_they_have_a_part_in,
    a_task_tells_what_its_names_mean,
    filters_of_tasks_hold_exactly,
    pages_of_tasks_hold_while_tasks_are_added,
    a_task_made_by_hand_stands_in_the_ledger_of_its_year,
    what_is_wrong_with_a_new_task_is_told_by_field,
    many_tasks_are_made_whole_or_not_at_all,
    names_are_read_as_the_plan_reads_them,
);
