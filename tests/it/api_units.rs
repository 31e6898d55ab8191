//! `/units` and `/unit-groups` through the real routes.

use crate::support::Town;
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use crate::support::town::UNITS;
use duban::domain::user_role::UserRole;
use duban::http::api::endpoints;
use duban::http::kernel::faults;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn codes(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("a list");
    items
        .iter()
        .map(|item| item["code"].as_str().expect("a code"))
        .collect()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The fields that a refusal names.
fn fields(response: &Response) -> Vec<String> {
    let json = response.json();
    let errors = json["errors"].as_array().cloned().unwrap_or_default();
    let path = |error: &Value| error["path"].as_str().unwrap_or_default().to_owned();
    errors.iter().map(path).collect()
}

async fn office(town: &Town) -> anyhow::Result<(Service, String)> {
    town.import_units(UNITS).await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    Ok((service, token))
}

async fn the_directory_is_listed_filtered_and_sorted(town: &Town) -> anyhow::Result<()> {
    let (service, _) = office(town).await?;
    // Everybody reads it.
    let token = service.token(UserRole::UnitContact, Some("S6")).await?;
    let list = |query: &str| service.get(&token, &format!("/units?{query}")).expect(200);
    let all = list("");
    assert_eq!(
        codes(&all),
        [
            "B0", "B1", "B2", "B3", "B4", "D1", "D2", "S1", "S2", "S3", "S4", "S5", "S6"
        ]
    );
    assert_eq!(all["next_cursor"], Value::Null);
    assert_eq!(
        codes(&list("kind=school&parent_code=D1&sort=-code")),
        ["S3", "S2", "S1"]
    );
    assert_eq!(codes(&list("level=junior")), ["S5"]);
    assert_eq!(
        codes(&list(&format!("group={}", encoded("各地")))),
        ["D1", "D2"]
    );
    assert_eq!(
        codes(&list(&format!("group={}", encoded("没有这个组")))),
        [""; 0]
    );
    assert_eq!(codes(&list("parent_code=X9")), [""; 0]);
    // In names and in other names.
    assert_eq!(codes(&list(&format!("q={}", encoded("实验")))), ["S4"]);
    assert_eq!(codes(&list(&format!("q={}", encoded("督导办")))), ["B1"]);
    // Nothing of it is a pattern.
    assert_eq!(codes(&list("q=%25")), [""; 0]);
    assert_eq!(
        codes(&list("q=s1")),
        [""; 0],
        "letters are told from capitals"
    );
    for (query, code) in [
        ("kind=office", "invalid_parameter"),
        ("name=x", "unknown_parameter"),
    ] {
        assert_eq!(
            service.get(&token, &format!("/units?{query}")).refused(422),
            code
        );
    }
    Ok(())
}

async fn a_unit_is_read_by_id_and_by_code(town: &Town) -> anyhow::Result<()> {
    let (service, token) = office(town).await?;
    let unit = service.get(&token, "/units/by-code/S1").expect(200);
    assert_eq!(
        (&unit["name"], &unit["kind"], &unit["levels"]),
        (
            &json!("东区第一小学"),
            &json!("school"),
            &json!(["primary"])
        )
    );
    assert_eq!(
        (&unit["parent_code"], &unit["parent_name"], &unit["liaison"]),
        (&json!("D1"), &json!("东区教育局"), &Value::Null)
    );
    let path = format!("/units/{}", unit["id"].as_str().unwrap_or_default());
    assert_eq!(service.get(&token, &path).expect(200), unit);
    assert_eq!(
        service.get(&token, "/units/by-code/s1").refused(404),
        "not_found"
    );
    let nobody = "/units/0199f3a0-0000-7000-8000-0000000000ff";
    assert_eq!(service.get(&token, nobody).refused(404), "not_found");
    Ok(())
}

async fn pages_hold_while_units_are_added(town: &Town) -> anyhow::Result<()> {
    let (service, token) = office(town).await?;
    let mut seen: Vec<String> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = service
            .get(&token, &format!("/units?sort=code&limit=4{cursor}"))
            .expect(200);
        seen.extend(codes(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
        // In front of, and behind, where the reader stands.
        for code in [format!("A{}", seen.len()), format!("Z{}", seen.len())] {
            let body = json!({ "code": code, "name": code, "kind": "external" });
            service.post(&token, "/units", &body).expect(201);
        }
    }
    let once: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(once.len(), seen.len(), "nobody twice: {seen:?}");
    assert!(seen.iter().any(|code| code == "S6"), "{seen:?}");
    assert!(seen.iter().all(|code| !code.starts_with('A')), "{seen:?}");
    Ok(())
}

async fn a_unit_is_made_and_changed(town: &Town) -> anyhow::Result<()> {
    let (service, token) = office(town).await?;
    let made = service.post(
        &token,
        "/units",
        &json!({ "code": "S7", "name": "东区第七小学", "kind": "school", "parent_code": "D1",
                 "levels": ["junior", "primary", "junior"], "groups": ["试点校", "试点校"] }),
    );
    let unit = made.expect(201);
    let path = format!("/units/{}", unit["id"].as_str().unwrap_or_default());
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
    assert_eq!(
        (&unit["levels"], &unit["groups"], &unit["position"]),
        (
            &json!(["primary", "junior"]),
            &json!(["试点校"]),
            &json!(13)
        )
    );
    let seen = service.get(&token, &path);
    let etag = seen.header("etag").to_owned();
    let patch = |etag: &str, body: Value| service.change("PATCH", &token, &path, etag, &body);
    let after = patch(
        &etag,
        json!({ "parent_code": null, "liaison": "王局长", "aliases": ["七小"] }),
    )
    .expect(200);
    assert_eq!(
        (
            &after["parent_code"],
            &after["liaison"],
            &after["aliases"],
            &after["name"]
        ),
        (
            &Value::Null,
            &json!("王局长"),
            &json!(["七小"]),
            &json!("东区第七小学")
        ),
        "what is not given stays"
    );
    assert_eq!(patch(&etag, json!({ "name": "x" })).refused(412), "stale");
    assert_eq!(
        service
            .send(
                "PATCH",
                &format!("/api/v1{path}"),
                &token,
                &["Content-Type: application/json"],
                b"{\"name\":\"x\"}"
            )
            .refused(428),
        "precondition_required"
    );
    let read = service.get(&token, &path).expect(200);
    assert_eq!(read["name"], "东区第七小学");
    let other = service.get(&token, "/units/by-code/S1");
    let other_path = format!("/units/{}", other.json()["id"].as_str().unwrap_or_default());
    let body = json!({ "name": "东区一小" });
    service
        .change("PATCH", &token, &other_path, other.header("etag"), &body)
        .expect(200);
    Ok(())
}

async fn what_cannot_be_right_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let (service, token) = office(town).await?;
    let head = service.token(UserRole::UnitHead, Some("D1")).await?;
    let reader = service
        .token_of(
            UserRole::Supervisor,
            None,
            duban::domain::token_scope::TokenScope::Read,
        )
        .await?;
    let before = state_hash(&town.ctx.db).await?;
    let unit = |extra: Value| {
        let mut body = json!({ "code": "N1", "name": "新单位", "kind": "section" });
        let more = extra.as_object().cloned().unwrap_or_default();
        body.as_object_mut().expect("an object").extend(more);
        body
    };
    for (body, status, code, field) in [
        (unit(json!({ "code": "S1" })), 409, "taken", "code"),
        (
            unit(json!({ "parent_code": "X9" })),
            422,
            "unknown_unit",
            "parent_code",
        ),
        (
            unit(json!({ "levels": ["primary"] })),
            422,
            "invalid_value",
            "levels",
        ),
        (
            unit(json!({ "kind": "office" })),
            422,
            "invalid_field",
            "kind",
        ),
        (
            unit(json!({ "aliases": ["甲|乙"] })),
            422,
            "invalid_field",
            "aliases[0]",
        ),
        (
            unit(json!({ "position": 3 })),
            422,
            "unknown_field",
            "position",
        ),
        (unit(json!({ "name": " " })), 422, "invalid_field", "name"),
    ] {
        let response = service.post(&token, "/units", &body);
        assert_eq!(response.refused(status), code, "{body}");
        assert_eq!(fields(&response), [field]);
    }
    assert_eq!(
        service.post(&head, "/units", &unit(json!({}))).refused(403),
        "forbidden"
    );
    assert_eq!(
        service
            .post(&reader, "/units", &unit(json!({})))
            .refused(403),
        "read_only_token"
    );
    let id = |code: &str| {
        let unit = service
            .get(&token, &format!("/units/by-code/{code}"))
            .expect(200);
        format!("/units/{}", unit["id"].as_str().unwrap_or_default())
    };
    // D1 below its own school, and a unit below itself.
    for (unit, parent) in [("D1", "S1"), ("D1", "D1")] {
        let body = json!({ "parent_code": parent });
        let response = service.change("PATCH", &token, &id(unit), "*", &body);
        assert_eq!(response.refused(422), "invalid_value");
        assert_eq!(fields(&response), ["parent_code"]);
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

/// Bad input F11: the same units file again.
async fn an_import_is_tried_first_and_gives_what_the_command_gives(
    town: &Town,
) -> anyhow::Result<()> {
    let (service, token) = office(town).await?;
    let file = UNITS
        .replace("东区第一小学", "东区一小")
        .replace("乙老师,shared@", "何老师,he@")
        .replace(
            "S6,青石中学,school,B0,,senior,戊老师,s6@town.example.org\n",
            "",
        )
        + "S7,东区第七小学,school,D1,,primary,,\n";
    let before = state_hash(&town.ctx.db).await?;
    let upload = |query: &str| {
        let files = [("file", "单位.csv", file.as_bytes())];
        service.upload(&token, &format!("/units/import{query}"), &[], &files)
    };
    let mut dry = upload("?dry_run=true").expect(200);
    assert_eq!(
        state_hash(&town.ctx.db).await?,
        before,
        "a trial writes nothing"
    );
    assert_eq!(dry["dry_run"], true);
    let real = upload("").expect(200);
    dry["dry_run"] = json!(false);
    assert_eq!(dry, real);
    assert_eq!(
        real,
        json!({
            "dry_run": false, "total": 13, "added": ["S7"], "changed": ["S1"],
            "contacts_changed": ["S2", "S3"], "absent": ["S6"], "without_address": ["B0", "S4", "S7"],
        })
    );
    let after = state_hash(&town.ctx.db).await?;
    let again = town.import_units(&file).await?;
    assert_eq!(
        (
            again.added.len(),
            again.changed.len(),
            again.contacts_changed.len()
        ),
        (0, 0, 0),
        "the command finds nothing left to do"
    );
    assert_eq!(state_hash(&town.ctx.db).await?, after);
    Ok(())
}

async fn an_import_that_cannot_be_right_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let (service, token) = office(town).await?;
    let before = state_hash(&town.ctx.db).await?;
    let head = "code,name,kind,parent,aliases,level,contact,email\n";
    for (file, code) in [
        (format!("{head}S1,甲,school,X9,,,,\n"), "unknown_unit"),
        // D1 stands above S1 in the database; the file names only D1.
        (
            format!("{head}D1,东区教育局,district,S1,,,,\n"),
            "invalid_value",
        ),
        (format!("{head}S1,甲,学堂,,,,,\n"), "unreadable_file"),
        ("什么都不是".to_owned(), "unreadable_file"),
    ] {
        for query in ["?dry_run=true", ""] {
            let files = [("file", "units.csv", file.as_bytes())];
            let path = format!("/units/import{query}");
            let response = service.upload(&token, &path, &[], &files);
            assert_eq!(response.refused(422), code, "{file}");
        }
    }
    let none = service.upload(&token, "/units/import", &[], &[("units", "u.csv", b"x")]);
    assert_eq!(none.refused(422), "invalid_field");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn groups_are_told_with_their_members(town: &Town) -> anyhow::Result<()> {
    let (service, token) = office(town).await?;
    let path = |code: &str| {
        let unit = service
            .get(&token, &format!("/units/by-code/{code}"))
            .expect(200);
        format!("/units/{}", unit["id"].as_str().unwrap_or_default())
    };
    for code in ["S5", "S1"] {
        let body = json!({ "groups": ["试点校"] });
        service
            .change("PATCH", &token, &path(code), "*", &body)
            .expect(200);
    }
    let all = service.get(&token, "/unit-groups").expect(200);
    let told: Vec<(&str, &str, u64)> = all["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().expect("a text");
            assert_eq!(
                one["count"].as_u64(),
                one["unit_codes"].as_array().map(|all| all.len() as u64)
            );
            (
                text("name"),
                text("origin"),
                one["count"].as_u64().expect("a count"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("各地", "word", 2),
            ("各校", "word", 6),
            ("各地各校", "word", 8),
            ("各幼儿园", "word", 0),
            ("各小学", "word", 4),
            ("各初中", "word", 1),
            ("各高中", "word", 1),
            ("各中职学校", "word", 0),
            ("各特殊教育学校", "word", 0),
            ("试点校", "units_file", 2),
        ]
    );
    let read = |name: &str| service.get(&token, &format!("/unit-groups/{}", encoded(name)));
    assert_eq!(
        read("试点校").expect(200)["unit_codes"],
        json!(["S1", "S5"])
    );
    assert_eq!(read("市直学校").expect(200)["unit_codes"], json!(["S6"]));
    assert_eq!(read("东区第一小学").refused(404), "not_found");
    Ok(())
}

on_both! {
    the_directory_is_listed_filtered_and_sorted,
    a_unit_is_read_by_id_and_by_code,
    pages_hold_while_units_are_added,
    a_unit_is_made_and_changed,
    what_cannot_be_right_changes_nothing,
    an_import_is_tried_first_and_gives_what_the_command_gives,
    an_import_that_cannot_be_right_changes_nothing,
    groups_are_told_with_their_members,
}

#[test]
fn the_table_of_endpoints_has_no_faults() {
    assert_eq!(faults(&endpoints()), [""; 0]);
}
