//! Pages as people use them: nobody sees or changes what is not theirs, forms do what the API
//! does, once. Bad input C10, E7.

use crate::support::Town;
use crate::support::example_rows::{FOREIGN, OWN, Samples};
use crate::support::pages::all;
use crate::support::service::Service;
use crate::support::state::state_hash;
use crate::support::web_browser::{Browser, hidden, is_whole, signed_in, text};
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use serde_json::json;
use std::collections::BTreeSet;

on_both!(
    nobody_opens_or_changes_what_is_not_theirs,
    a_form_that_is_sent_twice_acts_once,
    a_form_from_elsewhere_changes_nothing,
    what_was_typed_stays_beside_what_is_wrong,
    a_stale_form_changes_nothing,
    whoever_is_asked_answers_on_a_page,
    answers_are_decided_in_the_queue,
    a_plan_is_checked_before_it_is_imported,
    texts_from_outside_are_only_texts,
    whoever_is_not_signed_in_is_led_there,
);

async fn nobody_opens_or_changes_what_is_not_theirs(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    Samples::of(town, &service).await?;
    let office = signed_in(town, &service, UserRole::Supervisor, None).await?;
    let foreign = signed_in(town, &service, UserRole::UnitContact, Some(FOREIGN)).await?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let unit = format!("unit_code={OWN}");
    let mut paths = Vec::new();
    for list in [
        "obligations",
        "assignments",
        "findings",
        "reports",
        "extensions",
        "notices",
    ] {
        for row in all(&service, &token, &format!("/{list}?{unit}"), 50) {
            let id = row["id"].as_str().unwrap_or_default();
            paths.push(format!("/{list}/{id}"));
        }
    }
    let ask = town.ask(OWN, ObligationKind::Complete).await?.id;
    for step in ["report", "extend", "evidence", "acknowledge"] {
        paths.push(format!("/obligations/{ask}/{step}"));
    }
    assert!(paths.len() > 12, "{paths:?}");
    let before = state_hash(&town.ctx.db).await?;
    for path in &paths {
        let own = office.get(path);
        assert!([200, 409].contains(&own.status), "{path}: {}", own.status);
        let refused = foreign.get(path);
        assert!(
            [403, 404].contains(&refused.status),
            "{path}: {}",
            refused.status
        );
        assert!(!text(&refused).contains(OWN), "{path}");
    }
    // What is an office's alone, sent by somebody else with a form of their own.
    let page = text(&foreign.get("/tokens/new"));
    let task = all(&service, &token, "/tasks", 1).remove(0);
    let task = task["id"].as_str().unwrap_or_default();
    for (path, field) in [
        (format!("/tasks/{task}/withdraw"), ("reason", "不办了")),
        (format!("/tasks/{task}/pause"), ("reason", "不办了")),
        ("/tasks/new".to_owned(), ("title", "x")),
        ("/rounds/new".to_owned(), ("reason", "x")),
        ("/users/new".to_owned(), ("email", "a@b.example")),
        (format!("/obligations/{ask}/report"), ("note", "x")),
    ] {
        let refused = foreign.submit(&path, &page, &[field], &[]);
        assert!(
            [403, 404].contains(&refused.status),
            "{path}: {}",
            refused.status
        );
    }
    let after = state_hash(&town.ctx.db).await?;
    assert_eq!(after, before);
    Ok(())
}

/// A task as the form for one is filled in.
const TASK: [(&str, &str); 5] = [
    ("title", "开展食堂安全排查"),
    ("origin", "instruction"),
    ("lead_units", "教学科"),
    ("responsible_units", "S1"),
    ("due_on", "2026-05-20"),
];

async fn a_form_that_is_sent_twice_acts_once(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.import().await?;
    let office = signed_in(town, &service, UserRole::Supervisor, None).await?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let page = text(&office.get("/tasks/new"));
    let mut places = BTreeSet::new();
    for _ in 0..3 {
        let made = office.submit("/tasks/new", &page, &TASK, &[]);
        assert_eq!(made.status, 303, "{}", text(&made));
        places.insert(made.header("location").to_owned());
    }
    assert_eq!(places.len(), 1, "{places:?}");
    let place = places.pop_first().unwrap_or_default();
    assert!(text(&office.get(&place)).contains("开展食堂安全排查"));
    assert_eq!(
        all(&service, &token, "/tasks?origin=instruction", 50).len(),
        1
    );
    Ok(())
}

async fn a_form_from_elsewhere_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.import().await?;
    let office = signed_in(town, &service, UserRole::Supervisor, None).await?;
    let other = signed_in(town, &service, UserRole::Administrator, None).await?;
    let page = text(&office.get("/tasks/new"));
    let theirs = text(&other.get("/tasks/new"));
    let before = state_hash(&town.ctx.db).await?;
    let with = |form: &str| {
        let mut all = TASK.to_vec();
        all.push(("form", form));
        office.submit("/tasks/new", &page, &all, &[]).status
    };
    let foreign = hidden(&theirs, "form");
    for form in ["x", "0000", foreign.as_str()] {
        assert_eq!(with(form), 403, "{form}");
    }
    let own = hidden(&page, "form");
    for origin in [
        "Origin: http://evil.example",
        "Origin: null",
        "X-Nothing: 1",
    ] {
        let mut all = TASK.to_vec();
        all.push(("form", own.as_str()));
        let refused = office.post_from("/tasks/new", &all, &[origin]);
        assert_eq!(refused.status, 403, "{origin}");
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let answer = service.send(method, "/tasks/new", "", &[], b"");
        assert_eq!(answer.status, 405, "{method}");
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn what_was_typed_stays_beside_what_is_wrong(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.import().await?;
    let office = signed_in(town, &service, UserRole::Supervisor, None).await?;
    let page = text(&office.get("/tasks/new"));
    let before = state_hash(&town.ctx.db).await?;
    for (name, value) in [
        ("due_on", "明天"),
        ("lead_units", "没有的单位"),
        ("title", &*"长".repeat(10_000)),
        ("origin", "nowhere"),
    ] {
        let mut all: Vec<(&str, &str)> = TASK
            .into_iter()
            .filter(|(known, _)| *known != name)
            .collect();
        all.extend([(name, value), ("text", "写了很久的一段话")]);
        let refused = office.submit("/tasks/new", &page, &all, &[]);
        let again = text(&refused);
        assert!((400..500).contains(&refused.status), "{name}: {again}");
        assert!(again.contains("写了很久的一段话"), "{name}");
        assert!(
            again.contains(&format!("href=\"#{name}\"")),
            "{name}: {again}"
        );
        assert!(again.contains("aria-invalid=\"true\""), "{name}");
        // The form that comes back may be sent.
        assert!(!hidden(&again, "form").is_empty());
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn a_stale_form_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.import().await?;
    let office = signed_in(town, &service, UserRole::Supervisor, None).await?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let unit = all(&service, &token, "/units?q=S1", 5).remove(0);
    let path = format!("/units/{}/change", unit["id"].as_str().unwrap_or_default());
    let first = text(&office.get(&path));
    let second = text(&office.get(&path));
    let done = office.submit(&path, &first, &[("name", "东区第一小学校")], &[]);
    assert_eq!(done.status, 303, "{}", text(&done));
    let before = state_hash(&town.ctx.db).await?;
    let stale = office.submit(&path, &second, &[("name", "别的名称")], &[]);
    assert!([409, 412].contains(&stale.status), "{}", text(&stale));
    assert!(text(&stale).contains("别的名称"));
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn whoever_is_asked_answers_on_a_page(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.import().await?;
    town.issue(duban::flow::issue_plan::CyclesAtIssue::Off)
        .await?;
    let clerk = signed_in(town, &service, UserRole::UnitContact, Some("S1")).await?;
    let ask = town.ask("S1", ObligationKind::Acknowledge).await?;
    let home = text(&clerk.get("/"));
    let path = format!("/obligations/{}/acknowledge", ask.id);
    assert!(home.contains(&path), "{home}");
    let page = text(&clerk.get(&path));
    for wanted in ["已签收", "此前已签收"] {
        let done = clerk.submit(&path, &page, &[], &[]);
        assert_eq!(done.status, 200, "{}", text(&done));
        assert!(text(&done).contains("签收"), "{wanted}: {}", text(&done));
    }
    let ask = town.ask("S1", ObligationKind::Acknowledge).await?;
    assert_eq!(ask.state, ObligationState::Answered);
    assert!(!text(&clerk.get("/")).contains(&path));
    let token = service.token(UserRole::Supervisor, None).await?;
    let told = all(
        &service,
        &token,
        &format!("/reports?obligation_id={}", ask.id),
        5,
    );
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["reported_by"], json!("unit-contact-s1@example.org"));
    Ok(())
}

async fn answers_are_decided_in_the_queue(town: &Town) -> anyhow::Result<()> {
    let review = crate::support::review::Review::of(town).await?;
    let told = review.report(100).expect(201)["items"][0].clone();
    let state = review.state();
    let lead = signed_in(town, &review.service, UserRole::UnitHead, Some("B2")).await?;
    let page = text(&lead.get("/review"));
    let pick = page
        .split("name=\"pick-")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let pick = format!("pick-{}", pick.unwrap_or_default());
    assert!(page.contains("/assignments/"), "{state}: {page}");
    let done = told["done"].as_str().unwrap_or_default();
    assert!(!done.is_empty() && page.contains(done), "{told}: {page}");
    let done = lead.submit("/review", &page, &[(pick.as_str(), "true")], &[]);
    assert_eq!(done.status, 303, "{}", text(&done));
    assert_eq!(review.state(), "accepted");
    Ok(())
}

async fn a_plan_is_checked_before_it_is_imported(town: &Town) -> anyhow::Result<()> {
    use crate::support::town::{PLAN, UNITS};
    let service = Service::start(town)?;
    let office = signed_in(town, &service, UserRole::Supervisor, None).await?;
    let page = text(&office.get("/plans/import"));
    let before = state_hash(&town.ctx.db).await?;
    let files: [(&str, &str, &[u8]); 2] = [
        ("file", "方案.txt", PLAN.as_bytes()),
        ("units", "units.csv", UNITS.as_bytes()),
    ];
    let checked = office.submit("/plans/import", &page, &[], &files);
    assert_eq!(checked.status, 200);
    let read = text(&checked);
    assert!(read.contains("青石市校园安全与课堂质量提升方案"), "{read}");
    for bad in [
        ("file", "空.txt", &b""[..]),
        ("file", "x.docx", &b"PK\x03\x04 no"[..]),
        ("file", "x.txt", &b"\xff\xfe\x00"[..]),
    ] {
        let refused = office.submit("/plans/import", &page, &[], &[bad]);
        assert!((400..500).contains(&refused.status), "{}", bad.1);
        assert!(
            text(&refused).contains("aria-invalid=\"true\""),
            "{}",
            bad.1
        );
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let imported = office.submit("/plans/import", &read, &[("step", "import")], &files);
    assert_eq!(imported.status, 303, "{}", text(&imported));
    let plan = office.get(imported.header("location"));
    is_whole("/plans/{id}", &plan);
    assert!(text(&plan).contains("青石市校园安全与课堂质量提升方案"));
    Ok(())
}

async fn texts_from_outside_are_only_texts(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.import().await?;
    let office = signed_in(town, &service, UserRole::Supervisor, None).await?;
    let hostile = "<img src=x onerror=alert(1)>{{7*7}}%{office}\"'><script>";
    let page = text(&office.get("/tasks/new"));
    let mut all = TASK.to_vec();
    all.retain(|(name, _)| *name != "title");
    all.extend([
        ("title", hostile),
        ("text", hostile),
        ("origin_note", hostile),
    ]);
    let made = office.submit("/tasks/new", &page, &all, &[]);
    assert_eq!(made.status, 303, "{}", text(&made));
    let task = made.header("location").to_owned();
    for path in ["/tasks", task.as_str(), "/audit-events", "/?done=%3Cimg%3E"] {
        let shown = text(&office.get(path));
        assert!(
            !shown.contains("<img") && !shown.contains("<script>"),
            "{path}"
        );
        assert!(!shown.contains(">49<") && !shown.contains("49%"), "{path}");
    }
    let query = "/tasks?q=%3Cscript%3Ealert(1)%3C/script%3E&state=%22%3E%3Cimg%3E";
    assert!(!text(&office.get(query)).contains("<img"));
    for odd in [
        "/tasks?sort=x",
        "/tasks?limit=9999",
        "/tasks?cursor=x",
        "/tasks?state=x",
        "/plans/%00",
        "/plans/..%2f",
        "/calendar?year=99999",
        "/tasks?q=%ff%fe",
    ] {
        let status = office.get(odd).status;
        assert!([200, 400, 404, 422].contains(&status), "{odd}: {status}");
    }
    Ok(())
}

async fn whoever_is_not_signed_in_is_led_there(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let nobody = Browser::new(&service);
    for path in [
        "/",
        "/tasks",
        "/tasks?state=issued",
        "/ledger.xlsx",
        "/settings",
        "/review",
    ] {
        let led = nobody.get(path);
        assert_eq!(led.status, 303, "{path}");
        assert!(led.header("location").starts_with("/sign-in"), "{path}");
    }
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(nobody.post("/tasks/new", &TASK).status, 303);
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}
