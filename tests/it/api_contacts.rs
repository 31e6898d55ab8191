//! `/contacts` through the real routes: who is written to, and who may say so.

use crate::support::Town;
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use crate::support::town::UNITS;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};

fn units(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("a list");
    items
        .iter()
        .map(|item| item["unit_code"].as_str().expect("a code"))
        .collect()
}

fn first_field(response: &Response) -> String {
    let json = response.json();
    json["errors"][0]["path"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn unit_path(service: &Service, token: &str, code: &str) -> String {
    let unit = service
        .get(token, &format!("/units/by-code/{code}"))
        .expect(200);
    format!("/units/{}/contact", unit["id"].as_str().unwrap_or_default())
}

async fn served(town: &Town) -> anyhow::Result<(Service, String)> {
    town.import_units(UNITS).await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    Ok((service, token))
}

async fn contacts_are_listed_within_reach(town: &Town) -> anyhow::Result<()> {
    let (service, office) = served(town).await?;
    let list = |token: &str, query: &str| {
        service
            .get(token, &format!("/contacts?limit=200&{query}"))
            .expect(200)
    };
    assert_eq!(
        list(&office, "")["items"].as_array().map(Vec::len),
        Some(12)
    );
    assert_eq!(units(&list(&office, "has_address=false")), ["S4"]);
    assert_eq!(
        units(&list(&office, "address=SHARED@town.example.org")),
        ["S2", "S3"]
    );
    let one = list(&office, "unit_code=S1&ended=false");
    assert_eq!(
        (
            &one["items"][0]["name"],
            &one["items"][0]["email"],
            &one["items"][0]["unit_name"]
        ),
        (
            &json!("甲老师"),
            &json!("s1@town.example.org"),
            &json!("东区第一小学")
        )
    );
    assert_eq!(units(&list(&office, "ended=true")), [""; 0]);
    let district = service.token(UserRole::UnitHead, Some("D1")).await?;
    assert_eq!(units(&list(&district, "")), ["D1", "S1", "S2", "S3"]);
    assert_eq!(
        units(&list(&district, "unit_code=S5")),
        [""; 0],
        "a filter does not widen the reach"
    );
    let school = service.token(UserRole::UnitContact, Some("S5")).await?;
    assert_eq!(units(&list(&school, "")), ["S5"]);

    let id = one["items"][0]["id"].as_str().unwrap_or_default();
    let read = |token: &str| service.get(token, &format!("/contacts/{id}"));
    assert_eq!(read(&district).expect(200), one["items"][0]);
    let (hidden, missing) = (
        read(&school),
        service.get(&school, "/contacts/0199f3a0-0000-7000-8000-0000000000ff"),
    );
    assert_eq!(
        (hidden.refused(404), missing.refused(404)),
        ("not_found".into(), "not_found".into())
    );
    assert_eq!(
        hidden.json()["detail"],
        missing.json()["detail"],
        "nobody can tell one from the other"
    );
    let path = unit_path(&service, &office, "S1");
    assert_eq!(service.get(&district, &path).expect(200)["id"], id);
    assert_eq!(service.get(&school, &path).refused(404), "not_found");
    let none = unit_path(&service, &office, "B0");
    assert_eq!(service.get(&office, &none).refused(404), "not_found");
    Ok(())
}

async fn pages_hold_while_contacts_begin(town: &Town) -> anyhow::Result<()> {
    let (service, office) = served(town).await?;
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = service
            .get(&office, &format!("/contacts?sort=-id&limit=5{cursor}"))
            .expect(200);
        for item in page["items"].as_array().into_iter().flatten() {
            ids.push(item["id"].as_str().unwrap_or_default().to_owned());
        }
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
        let path = unit_path(&service, &office, "B0");
        let body = json!({ "email": format!("n{}@town.example.org", ids.len()) });
        service
            .change("PUT", &office, &path, "*", &body)
            .expect(200);
    }
    let mut once = ids.clone();
    once.sort();
    once.dedup();
    assert_eq!((ids.len(), once.len()), (12, 12));
    Ok(())
}

async fn a_contact_is_replaced_and_mails_to_the_old_one_taken_back(
    town: &Town,
) -> anyhow::Result<()> {
    town.set("2026-03-09", "19:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.set("2026-03-10", "08:30")?;
    town.run("remind").await?;
    let service = Service::start(town)?;
    let head = service.token(UserRole::UnitHead, Some("S1")).await?;
    let path = unit_path(&service, &head, "S1");
    let before = service.get(&head, &path);
    let body = json!({ "name": "何老师", "email": "He@Town.example.org" });
    let after = service
        .change("PUT", &head, &path, before.header("etag"), &body)
        .expect(200);
    assert_eq!(
        (&after["name"], &after["email"]),
        (&json!("何老师"), &json!("He@Town.example.org"))
    );
    assert_ne!(after["id"], before.json()["id"]);
    let old = town.mails_to("s1@town.example.org").await?;
    assert_eq!(
        (old[0].state.as_str(), old[0].reason.as_deref()),
        ("suppressed", Some("contact_changed"))
    );
    let ended = service.get(
        &head,
        &format!(
            "/contacts/{}",
            before.json()["id"].as_str().unwrap_or_default()
        ),
    );
    assert_ne!(ended.expect(200)["ended_at"], Value::Null);
    town.live("2026-03-11", "2026-03-11").await?;
    let new = town.mails_to("he@town.example.org").await?;
    let asks: Vec<_> = new
        .iter()
        .map(|mail| (mail.local_on.to_string(), mail.asks))
        .collect();
    assert_eq!(
        asks,
        [("2026-03-11".to_owned(), 2)],
        "who comes new gets the current stage"
    );

    // Somebody who looked before the change does not undo it.
    let stale = service.change(
        "PUT",
        &head,
        &path,
        before.header("etag"),
        &json!({ "name": "x" }),
    );
    assert_eq!(stale.refused(412), "stale");
    let now = service.get(&head, &path);
    let renamed = json!({ "name": "贺老师", "email": "he@town.example.org" });
    let same = service
        .change("PUT", &head, &path, now.header("etag"), &renamed)
        .expect(200);
    assert_eq!(
        (&same["id"], &same["name"]),
        (&after["id"], &json!("贺老师")),
        "a corrected name is no new contact"
    );
    let change_no = town.ctx.change_no().await?;
    service
        .change("PUT", &head, &path, "*", &renamed)
        .expect(200);
    assert_eq!(
        town.ctx.change_no().await?,
        change_no,
        "the same again is no change"
    );
    Ok(())
}

async fn a_contact_ends(town: &Town) -> anyhow::Result<()> {
    let (service, office) = served(town).await?;
    let path = unit_path(&service, &office, "S1");
    let read = service.get(&office, &path);
    let contact = format!(
        "/contacts/{}",
        read.json()["id"].as_str().unwrap_or_default()
    );
    service
        .delete(&office, &contact, read.header("etag"))
        .expect(204);
    assert_eq!(service.get(&office, &path).refused(404), "not_found");
    assert_eq!(
        service
            .delete(&office, &contact, read.header("etag"))
            .refused(412),
        "stale"
    );
    let ended_at = service.get(&office, &contact).expect(200)["ended_at"].clone();
    service.delete(&office, &contact, "*").expect(204);
    assert_eq!(
        service.get(&office, &contact).expect(200)["ended_at"],
        ended_at
    );
    Ok(())
}

async fn many_contacts_move_at_once_or_none(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "19:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.set("2026-03-10", "08:30")?;
    town.run("remind").await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let head = service.token(UserRole::UnitHead, Some("S2")).await?;
    let before = state_hash(&town.ctx.db).await?;
    let body = |codes: &[&str]| json!({ "unit_codes": codes, "name": "何老师", "email": "he@town.example.org" });
    for (codes, field) in [
        (&["S2", "X9"][..], "unit_codes[1]"),
        (&["S2", "S3", "S2"][..], "unit_codes[2]"),
        (&[][..], "unit_codes"),
    ] {
        let response = service.post(&office, "/contacts/move", &body(codes));
        assert_eq!(response.status, 422, "{codes:?}");
        assert_eq!(first_field(&response), field);
    }
    let foreign = service.post(&head, "/contacts/move", &body(&["S2", "S3"]));
    assert_eq!(
        foreign.refused(404),
        "not_found",
        "one foreign unit refuses all"
    );
    let nobody = service.post(&office, "/contacts/move", &json!({ "unit_codes": ["S2"] }));
    assert_eq!(
        (nobody.refused(422).as_str(), first_field(&nobody).as_str()),
        ("invalid_value", "name")
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);

    let moved = service
        .post(&office, "/contacts/move", &body(&["S3", "S2", "S6"]))
        .expect(200);
    assert_eq!(
        (&moved["changed"], units(&moved)),
        (&json!(3), vec!["S3", "S2", "S6"])
    );
    for address in ["shared@town.example.org", "s6@town.example.org"] {
        let mails = town.mails_to(address).await?;
        assert_eq!(mails[0].state, "suppressed", "{address}");
    }
    town.live("2026-03-11", "2026-03-11").await?;
    let mails = town.mails_to("he@town.example.org").await?;
    assert_eq!(
        (mails.len(), mails[0].asks),
        (1, 6),
        "one mail for three schools"
    );
    assert_eq!(
        service
            .post(&office, "/contacts/move", &body(&["S2"]))
            .expect(200)["changed"],
        0
    );
    let ask = town.ask("S2", ObligationKind::Acknowledge).await?;
    assert!(
        town.ledger(ask.id).await?.len() >= 2,
        "the ledger keeps who was told"
    );
    Ok(())
}

async fn only_keepers_change_contacts_and_only_their_own(town: &Town) -> anyhow::Result<()> {
    let (service, office) = served(town).await?;
    let district = service.token(UserRole::UnitHead, Some("D1")).await?;
    let contact = service.token(UserRole::UnitContact, Some("S1")).await?;
    let leader = service.token(UserRole::Leader, None).await?;
    let path = unit_path(&service, &office, "S1");
    let id = service.get(&office, &path).expect(200)["id"].clone();
    let row = format!("/contacts/{}", id.as_str().unwrap_or_default());
    let before = state_hash(&town.ctx.db).await?;
    let body = json!({ "name": "x", "email": "x@town.example.org" });
    for token in [&contact, &leader] {
        assert_eq!(
            service.change("PUT", token, &path, "*", &body).refused(403),
            "forbidden"
        );
        assert_eq!(service.delete(token, &row, "*").refused(403), "forbidden");
    }
    // A district sees its schools' contacts, and does not keep them.
    assert_eq!(
        service
            .change("PUT", &district, &path, "*", &body)
            .refused(404),
        "not_found"
    );
    assert_eq!(
        service.delete(&district, &row, "*").refused(404),
        "not_found"
    );
    for (body, code, field) in [
        (json!({}), "invalid_value", "name"),
        (
            json!({ "email": "a@x.org, b@x.org" }),
            "invalid_field",
            "email",
        ),
        (json!({ "email": "s1@town" }), "invalid_field", "email"),
        (json!({ "name": "甲\u{202e}" }), "invalid_field", "name"),
    ] {
        let response = service.change("PUT", &office, &path, "*", &body);
        assert_eq!(response.refused(422), code, "{body}");
        assert_eq!(first_field(&response), field);
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let own = unit_path(&service, &office, "D1");
    service
        .change("PUT", &district, &own, "*", &body)
        .expect(200);
    Ok(())
}

on_both! {
    contacts_are_listed_within_reach,
    pages_hold_while_contacts_begin,
    a_contact_is_replaced_and_mails_to_the_old_one_taken_back,
    a_contact_ends,
    many_contacts_move_at_once_or_none,
    only_keepers_change_contacts_and_only_their_own,
}
