//! `/users`, `/tokens` and `/me` through the real routes.

use crate::support::Town;
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use crate::support::town::UNITS;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use entity::{kept_reply, token};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

async fn served(town: &Town) -> anyhow::Result<(Service, String)> {
    town.import_units(UNITS).await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Administrator, None).await?;
    Ok((service, token))
}

fn first_field(response: &Response) -> String {
    let json = response.json();
    json["errors"][0]["path"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn emails(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("a list");
    items
        .iter()
        .map(|item| item["email"].as_str().expect("an address"))
        .collect()
}

fn path(resource: &str, row: &Value) -> String {
    format!("/{resource}/{}", row["id"].as_str().expect("an id"))
}

async fn users_are_made_read_and_changed(town: &Town) -> anyhow::Result<()> {
    let (service, admin) = served(town).await?;
    let made = service.post(
        &admin,
        "/users",
        &json!({ "email": "He@Town.example.org", "name": "何老师",
                 "roles": [{ "role": "unit_contact", "unit_code": "S1" }, { "role": "auditor" }] }),
    );
    let user = made.expect(201);
    let at = path("users", &user);
    assert_eq!(made.header("location"), format!("/api/v1{at}"));
    assert_eq!(user["email"], "He@Town.example.org");
    let held: Vec<(Value, Value)> = user["roles"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (one["role"].clone(), one["unit_name"].clone()))
        .collect();
    assert_eq!(
        held,
        [
            (json!("unit_contact"), json!("东区第一小学")),
            (json!("auditor"), Value::Null)
        ]
    );
    let read = service.get(&admin, &at);
    assert_eq!(read.expect(200), user);

    let change = json!({ "name": null, "roles": [{ "role": "unit_head", "unit_code": "S1" }] });
    let changed = service
        .change("PATCH", &admin, &at, read.header("etag"), &change)
        .expect(200);
    assert_eq!(
        (
            &changed["name"],
            &changed["roles"][0]["role"],
            &changed["enabled"]
        ),
        (&Value::Null, &json!("unit_head"), &json!(true))
    );
    assert_eq!(
        service
            .change("PATCH", &admin, &at, read.header("etag"), &change)
            .refused(412),
        "stale"
    );

    let list = |query: &str| service.get(&admin, &format!("/users?{query}")).expect(200);
    assert_eq!(
        emails(&list("")),
        ["administrator@example.org", "He@Town.example.org"],
        "by address"
    );
    assert_eq!(
        emails(&list("role=unit_head&unit_code=S1")),
        ["He@Town.example.org"]
    );
    assert_eq!(emails(&list("role=unit_head&unit_code=S2")), [""; 0]);
    assert_eq!(emails(&list("q=admin")), ["administrator@example.org"]);
    assert_eq!(emails(&list("enabled=false")), [""; 0]);
    assert_eq!(
        emails(&list("sort=-created_at&limit=1")),
        ["He@Town.example.org"]
    );
    Ok(())
}

async fn a_disabled_user_is_out_at_once(town: &Town) -> anyhow::Result<()> {
    let (service, admin) = served(town).await?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let me = service.get(&school, "/me").expect(200);
    let at = path("users", &me);
    service
        .change("PATCH", &admin, &at, "*", &json!({ "enabled": false }))
        .expect(200);
    assert_eq!(service.get(&school, "/me").refused(401), "unauthenticated");
    service
        .change("PATCH", &admin, &at, "*", &json!({ "enabled": true }))
        .expect(200);
    service.get(&school, "/me").expect(200);
    Ok(())
}

async fn what_cannot_be_right_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let (service, admin) = served(town).await?;
    let supervisor = service.token(UserRole::Supervisor, None).await?;
    let me = path("users", &service.get(&admin, "/me").expect(200));
    let before = state_hash(&town.ctx.db).await?;
    let user = |email: &str, roles: Value| json!({ "email": email, "roles": roles });
    for (body, status, code, field) in [
        (
            user("Administrator@Example.org", json!([])),
            409,
            "taken",
            "email",
        ),
        (
            user("x@x.org", json!([{ "role": "unit_head" }])),
            422,
            "invalid_value",
            "roles[0]",
        ),
        (
            user("x@x.org", json!([{ "role": "leader", "unit_code": "S1" }])),
            422,
            "invalid_value",
            "roles[0]",
        ),
        (
            user(
                "x@x.org",
                json!([{ "role": "leader" }, { "role": "unit_head", "unit_code": "X9" }]),
            ),
            422,
            "unknown_unit",
            "roles[1].unit_code",
        ),
        (
            user(
                "x@x.org",
                json!([{ "role": "leader" }, { "role": "leader" }]),
            ),
            422,
            "invalid_value",
            "roles[0]",
        ),
        (
            user("x@x.org", json!([{ "role": "king" }])),
            422,
            "invalid_field",
            "roles[0].role",
        ),
        (user("x", json!([])), 422, "invalid_field", "email"),
    ] {
        let response = service.post(&admin, "/users", &body);
        assert_eq!(response.refused(status), code, "{body}");
        assert_eq!(first_field(&response), field, "{body}");
    }
    for change in [
        json!({ "enabled": false }),
        json!({ "roles": [{ "role": "supervisor" }] }),
    ] {
        let response = service.change("PATCH", &admin, &me, "*", &change);
        assert_eq!(response.refused(409), "last_administrator", "{change}");
    }
    assert_eq!(service.get(&supervisor, "/users").refused(403), "forbidden");
    assert_eq!(
        service
            .post(&supervisor, "/users", &user("x@x.org", json!([])))
            .refused(403),
        "forbidden"
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn two_administrators_cannot_both_resign(town: &Town) -> anyhow::Result<()> {
    let (service, admin) = served(town).await?;
    let other = service
        .post(
            &admin,
            "/users",
            &json!({ "email": "b@x.org", "roles": [{ "role": "administrator" }] }),
        )
        .expect(201);
    let paths = [
        path("users", &service.get(&admin, "/me").expect(200)),
        path("users", &other),
    ];
    let change = json!({ "roles": [{ "role": "leader" }] });
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let (service, admin, change) = (&service, &admin, &change);
        let running: Vec<_> = paths
            .iter()
            .map(|path| {
                scope.spawn(move || service.change("PATCH", admin, path, "*", change).status)
            })
            .collect();
        running
            .into_iter()
            .map(|one| one.join().unwrap_or_default())
            .collect()
    });
    let done = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(done, 1, "{statuses:?}");
    Ok(())
}

async fn a_token_is_told_once_and_kept_nowhere(town: &Town) -> anyhow::Result<()> {
    let (service, _) = served(town).await?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let body = json!({ "name": "看板", "scope": "read", "expires_in_days": 90 });
    let send = || {
        let headers = ["Content-Type: application/json", "Idempotency-Key: k1"];
        service.send(
            "POST",
            "/api/v1/tokens",
            &school,
            &headers,
            body.to_string().as_bytes(),
        )
    };
    let made = send();
    let token = made.expect(201);
    let text = token["text"].as_str().expect("the text").to_owned();
    assert_eq!(
        service.get(&text, "/me").expect(200)["token"]["name"],
        "看板"
    );
    let again = send();
    let replayed = again.expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(
        (&replayed["id"], &replayed["text"]),
        (&token["id"], &Value::Null),
        "no second token, and no text"
    );
    let kept = kept_reply::Entity::find().all(&town.ctx.db).await?;
    assert_eq!(kept.len(), 1);
    assert!(kept.iter().all(|one| !format!("{one:?}").contains(&text)));
    let rows = token::Entity::find().all(&town.ctx.db).await?;
    assert!(rows.iter().all(|one| !format!("{one:?}").contains(&text)));
    let at = path("tokens", &token);
    let read = service.get(&school, &at);
    assert!(!String::from_utf8_lossy(&read.body).contains(&text));
    assert_eq!(read.expect(200).get("text"), None);

    assert_eq!(
        service.delete(&text, &at, "*").refused(403),
        "read_only_token"
    );
    service
        .delete(&school, &at, read.header("etag"))
        .expect(204);
    assert_eq!(service.get(&text, "/me").refused(401), "unauthenticated");
    assert_eq!(
        service
            .delete(&school, &at, read.header("etag"))
            .refused(412),
        "stale"
    );
    let revoked_at = service.get(&school, &at).expect(200)["revoked_at"].clone();
    assert_ne!(revoked_at, Value::Null);
    service.delete(&school, &at, "*").expect(204);
    assert_eq!(
        service.get(&school, &at).expect(200)["revoked_at"],
        revoked_at
    );
    Ok(())
}

async fn everybody_keeps_their_own_tokens_and_administrators_all(
    town: &Town,
) -> anyhow::Result<()> {
    let (service, admin) = served(town).await?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let other = service.token(UserRole::UnitContact, Some("S2")).await?;
    let id = |token: &str| {
        service.get(token, "/me").expect(200)["id"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let (me, them) = (id(&school), id(&other));
    let owners = |token: &str, query: &str| -> Vec<String> {
        let page = service.get(token, &format!("/tokens?{query}")).expect(200);
        page["items"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| one["user_email"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(owners(&school, ""), ["unit-contact-s1@example.org"]);
    assert_eq!(owners(&school, &format!("user_id={them}")), [""; 0]);
    assert_eq!(owners(&admin, "").len(), 3);
    assert_eq!(
        owners(&admin, &format!("user_id={them}")),
        ["unit-contact-s2@example.org"]
    );
    let theirs = service.get(&other, "/tokens").expect(200)["items"][0].clone();
    let at = path("tokens", &theirs);
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(service.get(&school, &at).refused(404), "not_found");
    assert_eq!(service.delete(&school, &at, "*").refused(404), "not_found");
    let for_them = json!({ "user_id": them, "name": "x", "scope": "read", "expires_in_days": 1 });
    assert_eq!(
        service.post(&school, "/tokens", &for_them).refused(404),
        "not_found"
    );
    for (days, scope) in [(0, "read"), (367, "read"), (1, "root")] {
        let body = json!({ "name": "x", "scope": scope, "expires_in_days": days });
        assert_eq!(
            service.post(&school, "/tokens", &body).refused(422),
            "invalid_field"
        );
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let made = service.post(&admin, "/tokens", &for_them).expect(201);
    assert_eq!(made["user_id"], them);
    service.delete(&admin, &at, "*").expect(204);
    assert_eq!(service.get(&other, "/me").refused(401), "unauthenticated");
    let own = service
        .post(
            &school,
            "/tokens",
            &json!({ "name": "x", "scope": "write", "expires_in_days": 366 }),
        )
        .expect(201);
    assert_eq!(own["user_id"], me);
    assert_eq!(
        owners(&admin, "revoked=true"),
        ["unit-contact-s2@example.org"]
    );
    Ok(())
}

async fn me_tells_roles_units_and_what_the_token_allows(town: &Town) -> anyhow::Result<()> {
    let (service, admin) = served(town).await?;
    let head = service.token(UserRole::UnitHead, Some("D1")).await?;
    let me = service.get(&head, "/me").expect(200);
    assert_eq!(
        (&me["roles"][0]["role"], &me["roles"][0]["unit_code"]),
        (&json!("unit_head"), &json!("D1"))
    );
    let units: Vec<(Value, Value)> = me["units"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (one["unit_code"].clone(), one["own"].clone()))
        .collect();
    assert_eq!(
        units,
        [("D1", true), ("S1", false), ("S2", false), ("S3", false)]
            .map(|(code, own)| (json!(code), json!(own)))
    );
    let may = |me: &Value, action: &str| {
        me["actions"]
            .as_array()
            .is_some_and(|all| all.contains(&json!(action)))
    };
    assert!(may(&me, "write_contacts") && !may(&me, "write_units") && !may(&me, "read_users"));
    // Another token of the same user, told at the same address: nothing of the first answer is repeated.
    let reader = service
        .token_of(UserRole::UnitHead, Some("D1"), TokenScope::Read)
        .await?;
    let read_only = service.get(&reader, "/me");
    let (first, second) = (service.get(&head, "/me"), read_only.expect(200));
    assert_eq!(second["token"]["scope"], "read");
    assert_ne!(second["token"]["id"], first.json()["token"]["id"]);
    assert_ne!(first.header("etag"), read_only.header("etag"));
    assert!(!may(&second, "write_contacts") && may(&second, "read_contacts"));
    let all = service.get(&admin, "/me").expect(200);
    assert_eq!(
        (&all["units"], may(&all, "write_users")),
        (&json!([]), true)
    );
    assert_eq!(service.get("", "/me").refused(401), "unauthenticated");
    Ok(())
}

on_both! {
    users_are_made_read_and_changed,
    a_disabled_user_is_out_at_once,
    what_cannot_be_right_changes_nothing,
    two_administrators_cannot_both_resign,
    a_token_is_told_once_and_kept_nowhere,
    everybody_keeps_their_own_tokens_and_administrators_all,
    me_tells_roles_units_and_what_the_token_allows,
}
