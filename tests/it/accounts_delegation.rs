//! Standing in for somebody who is absent: by local day, never the administrator's role, never handed on.

use crate::support::Town;
use crate::support::pages::{all, wrong};
use crate::support::service::Service;
use crate::support::state::state_hash;
use crate::support::web_browser::{Browser, PASSWORD, signed_up, text};
use duban::domain::user_role::UserRole;
use duban::flow::manage_users::{UserChange, change_user};
use duban::flow::recognise_caller::recognise_caller;
use serde_json::{Value, json};

on_both!(
    a_delegate_holds_the_roles_on_those_days_alone,
    nobody_hands_on_what_they_hold_for_others,
    what_a_delegate_does_is_told,
    ending_it_counts_at_once,
    what_cannot_be_is_refused,
    everybody_meets_their_own,
    it_is_kept_on_the_page_too,
);

/// Lets somebody of that token be stood in for.
fn delegated(service: &Service, token: &str, to: &str, days: [&str; 2]) -> Value {
    let wanted = json!({ "delegate_email": to, "from_on": days[0], "until_on": days[1], "reason": "外出学习" });
    service.post(token, "/delegations", &wanted).expect(201)
}

/// The roles that a token calls with.
fn roles(service: &Service, token: &str) -> Vec<String> {
    let me = service.get(token, "/me").expect(200);
    let roles = me["roles"].as_array().cloned().unwrap_or_default();
    let told = roles.iter().map(|one| match one["unit_code"].as_str() {
        Some(code) => format!("{} {code}", one["role"].as_str().unwrap_or_default()),
        None => one["role"].as_str().unwrap_or_default().to_owned(),
    });
    told.collect()
}

async fn a_delegate_holds_the_roles_on_those_days_alone(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let service = Service::start(town)?;
    let absent = service.token(UserRole::Supervisor, None).await?;
    let contact = service.token(UserRole::UnitContact, Some("S1")).await?;
    let another = town.another().await?;
    delegated(
        &service,
        &absent,
        "unit-contact-s1@example.org",
        ["2026-03-11", "2026-03-12"],
    );
    for (day, time, holds) in [
        ("2026-03-09", "10:00", false),
        ("2026-03-10", "23:59", false),
        ("2026-03-11", "00:00", true),
        ("2026-03-12", "23:59", true),
        ("2026-03-13", "00:00", false),
        ("2026-03-20", "10:00", false),
    ] {
        town.set(day, time)?;
        let held = roles(&service, &contact);
        let wanted: &[&str] = match holds {
            true => &["unit_contact S1", "supervisor"],
            false => &["unit_contact S1"],
        };
        assert_eq!(held, wanted, "{day} {time}");
        let viewer = recognise_caller(&another, &contact)
            .await?
            .expect("a viewer");
        assert_eq!(viewer.memberships.len(), wanted.len(), "{day} {time}");
        let may = service.get(&contact, "/inspectors").status;
        assert_eq!(may, if holds { 200 } else { 403 }, "{day} {time}");
    }
    Ok(())
}

async fn nobody_hands_on_what_they_hold_for_others(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let service = Service::start(town)?;
    let head = service.token(UserRole::Administrator, None).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let leader = service.token(UserRole::Leader, None).await?;
    let contact = service.token(UserRole::UnitContact, Some("S1")).await?;
    let days = ["2026-03-09", "2026-03-13"];
    // The administrator's role stays with the administrator.
    delegated(&service, &head, "leader@example.org", days);
    assert_eq!(roles(&service, &leader), ["leader"]);
    // The office's goes to the leader, and from there nowhere.
    delegated(&service, &office, "leader@example.org", days);
    delegated(&service, &leader, "unit-contact-s1@example.org", days);
    assert_eq!(roles(&service, &leader), ["leader", "supervisor"]);
    assert_eq!(roles(&service, &contact), ["unit_contact S1", "leader"]);
    // Whoever is disabled has no roles to be held.
    let users = all(&service, &head, "/users?q=supervisor@example.org", 50);
    let id = users[0]["id"].as_str().unwrap_or_default().parse()?;
    let off = UserChange {
        enabled: Some(false),
        ..UserChange::default()
    };
    change_user(&town.ctx, duban::domain::ids::UserId(id), off, None).await?;
    assert_eq!(roles(&service, &leader), ["leader"]);
    Ok(())
}

async fn what_a_delegate_does_is_told(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let contact = service.token(UserRole::UnitContact, Some("S1")).await?;
    delegated(
        &service,
        &office,
        "unit-contact-s1@example.org",
        ["2026-03-09", "2026-03-09"],
    );
    let mails = town.mails_to("unit-contact-s1@example.org").await?;
    assert_eq!(mails.len(), 1, "{mails:?}");
    let told = mails[0].text_body.replace('\n', "");
    for part in ["supervisor@example.org", "2026年3月9日", "外出学习"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let wanted = json!({ "inspectors": [{ "name": "检查员", "unit_code": "B2", "email": "jc@example.org" }] });
    let made = service.post(&contact, "/inspectors", &wanted);
    assert_eq!(made.status, 200, "{}", text(&made));
    let auditor = service.token(UserRole::Auditor, None).await?;
    let events = all(&service, &auditor, "/audit-events", 200);
    let of_contact: Vec<&Value> = events
        .iter()
        .filter(|event| event["actor"] == "unit-contact-s1@example.org")
        .collect();
    assert_eq!(of_contact.len(), 1, "{events:?}");
    assert_eq!(
        of_contact[0]["after"]["stands_in_for"],
        json!(["supervisor@example.org"])
    );
    Ok(())
}

async fn ending_it_counts_at_once(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let contact = service.token(UserRole::UnitContact, Some("S1")).await?;
    let made = delegated(
        &service,
        &office,
        "unit-contact-s1@example.org",
        ["2026-03-09", "2026-03-13"],
    );
    assert_eq!(roles(&service, &contact).len(), 2);
    let path = format!("/delegations/{}", made["id"].as_str().unwrap_or_default());
    let etag = service.get(&office, &path).header("etag").to_owned();
    assert_eq!(service.delete(&office, &path, &etag).status, 204);
    assert_eq!(roles(&service, &contact).len(), 1);
    assert_eq!(service.delete(&office, &path, &etag).refused(412), "stale");
    let again = service.get(&office, &path);
    assert!(again.json()["ended_at"].is_string());
    assert_eq!(
        service.delete(&office, &path, again.header("etag")).status,
        204
    );
    // The days are free again; the delegate may end it as well.
    let made = delegated(
        &service,
        &office,
        "unit-contact-s1@example.org",
        ["2026-03-09", "2026-03-13"],
    );
    let path = format!("/delegations/{}", made["id"].as_str().unwrap_or_default());
    let etag = service.get(&contact, &path).header("etag").to_owned();
    assert_eq!(service.delete(&contact, &path, &etag).status, 204);
    assert_eq!(roles(&service, &contact).len(), 1);
    Ok(())
}

async fn what_cannot_be_is_refused(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    service.token(UserRole::Leader, None).await?;
    let made = delegated(
        &service,
        &office,
        "leader@example.org",
        ["2026-03-10", "2026-03-12"],
    );
    let before = state_hash(&town.ctx.db).await?;
    let change = |field: &str, value: Value| {
        let mut body = json!({ "delegate_email": "leader@example.org", "from_on": "2026-03-16", "until_on": "2026-03-20", "reason": "外出" });
        body[field] = value;
        body
    };
    for (body, status, field) in [
        (
            change("delegate_email", "nobody@example.org".into()),
            422,
            "delegate_email",
        ),
        (
            change("delegate_email", "supervisor@example.org".into()),
            422,
            "delegate_email",
        ),
        (change("delegate_email", "x".into()), 422, "delegate_email"),
        (change("until_on", "2026-03-15".into()), 422, "until_on"),
        (change("until_on", "2027-03-17".into()), 422, "until_on"),
        (change("from_on", "2026-02-30".into()), 422, "from_on"),
        (change("from_on", "2026-03-12".into()), 409, "from_on"),
        (change("reason", "".into()), 422, "reason"),
        (change("reason", "长".repeat(201).into()), 422, "reason"),
        (change("more", 1.into()), 422, "more"),
    ] {
        let answer = service.post(&office, "/delegations", &body);
        assert_eq!(answer.status, status, "{body} {}", text(&answer));
        assert_eq!(wrong(&answer.json()), [field], "{body}");
    }
    let past = json!({ "delegate_email": "leader@example.org", "from_on": "2026-03-02", "until_on": "2026-03-06", "reason": "外出" });
    assert_eq!(service.post(&office, "/delegations", &past).status, 422);
    // In the name of somebody else.
    let user = made["delegate_id"].clone();
    assert_eq!(
        service
            .post(&office, "/delegations", &change("user_id", user))
            .status,
        404
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn everybody_meets_their_own(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let service = Service::start(town)?;
    let head = service.token(UserRole::Administrator, None).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let leader = service.token(UserRole::Leader, None).await?;
    let contact = service.token(UserRole::UnitContact, Some("S1")).await?;
    let made = delegated(
        &service,
        &office,
        "leader@example.org",
        ["2026-03-10", "2026-03-12"],
    );
    let path = format!("/delegations/{}", made["id"].as_str().unwrap_or_default());
    for (token, count) in [(&head, 1), (&office, 1), (&leader, 1), (&contact, 0)] {
        assert_eq!(all(&service, token, "/delegations", 50).len(), count);
        assert_eq!(
            all(&service, token, "/delegations?on=2026-03-10", 50).len(),
            count
        );
        assert_eq!(
            all(&service, token, "/delegations?on=2026-03-13", 50).len(),
            0
        );
        let status = if count == 1 { 200 } else { 404 };
        assert_eq!(service.get(token, &path).status, status);
    }
    assert_eq!(service.delete(&contact, &path, "*").status, 404);
    // An administrator writes it down for somebody who is ill.
    let wanted = json!({ "user_id": made["delegate_id"], "delegate_email": "supervisor@example.org", "from_on": "2026-03-09", "until_on": "2026-03-09", "reason": "病假" });
    let ill = service.post(&head, "/delegations", &wanted).expect(201);
    assert_eq!(ill["user_email"], "leader@example.org");
    assert_eq!(roles(&service, &office), ["supervisor", "leader"]);
    // The feed tells both of them, and nobody else.
    for (token, meets) in [(&leader, true), (&office, true), (&contact, false)] {
        let changes = service.get(token, "/changes?limit=200").expect(200);
        let items = changes["items"].as_array().cloned().unwrap_or_default();
        let told = items
            .iter()
            .any(|one| one["resource"] == "delegations" && one["id"] == ill["id"]);
        assert_eq!(told, meets, "{items:?}");
    }
    Ok(())
}

async fn it_is_kept_on_the_page_too(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let service = Service::start(town)?;
    signed_up(
        town,
        &service,
        "li@example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
    signed_up(
        town,
        &service,
        "wu@example.org",
        UserRole::UnitContact,
        Some("S1"),
        PASSWORD,
    )
    .await?;
    let (li, wu) = (Browser::new(&service), Browser::new(&service));
    for (browser, email) in [(&li, "li@example.org"), (&wu, "wu@example.org")] {
        let form = [("email", email), ("password", PASSWORD)];
        assert_eq!(browser.post("/sign-in", &form).status, 303);
    }
    let mut form = [
        ("delegate", "nobody@example.org"),
        ("from_on", "2026-03-10"),
        ("until_on", "2026-03-11"),
        ("reason", "外出学习"),
    ];
    let refused = li.send("/account/delegations", &form);
    assert_eq!(refused.status, 422);
    assert!(text(&refused).contains("nobody@example.org") && text(&refused).contains("外出学习"));
    form[0] = ("delegate", "wu@example.org");
    assert_eq!(li.send("/account/delegations", &form).status, 303);
    assert!(text(&li.get("/account")).contains("由 wu@example.org 代办：外出学习"));
    let page = text(&wu.get("/account"));
    assert!(page.contains("您代 li@example.org 办理"), "{page}");
    assert!(!page.contains("督导办（代 li@example.org）"), "not yet");
    town.set("2026-03-10", "00:00")?;
    // The session of the day before has ended.
    let entering = [("email", "wu@example.org"), ("password", PASSWORD)];
    assert_eq!(wu.post("/sign-in", &entering).status, 303);
    let page = text(&wu.get("/account"));
    assert!(page.contains("督导办（代 li@example.org）"), "{page}");
    let (_, rest) = page
        .split_once("action=\"/account/delegations/")
        .unwrap_or_default();
    let id = rest.split('/').next().unwrap_or_default();
    assert_eq!(
        wu.send(&format!("/account/delegations/{id}/end"), &[])
            .status,
        303
    );
    assert!(!text(&wu.get("/account")).contains("代 li@example.org"));
    Ok(())
}
