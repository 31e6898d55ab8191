//! Mails through REST: seen by whom they concern, and sent again where a person has to decide.

use crate::support::Town;
use crate::support::pages::{all, column, refused};
use crate::support::service::Service;
use duban::domain::mail_link::{LINK_PATH, without_links};
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use entity::mail;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use serde_json::{Value, json};

/// The mail to an address, put into a state behind the program's back.
async fn put(town: &Town, address: &str, state: &str, resent: bool) -> anyhow::Result<mail::Model> {
    let row = town.mails_to(address).await?.remove(0);
    let db = sea_orm::Database::connect(&town.url).await?;
    let mut row = row.into_active_model();
    row.state = Set(state.to_owned());
    row.reason = Set(Some("mailbox_unknown".to_owned()));
    row.resent = Set(resent);
    row.sent_at = Set(None);
    Ok(row.update(&db).await?)
}

async fn mails_are_listed_without_bodies_and_shown_with_them(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let rows = all(&service, &token, "/mails", 3);
    assert_eq!(rows.len(), town.mails().await?.len());
    assert!(rows.iter().all(|row| row.get("text_body").is_none()));
    let count = |query: &str| all(&service, &token, &format!("/mails?{query}"), 200).len();
    let of = |wanted: &dyn Fn(&Value) -> bool| rows.iter().filter(|row| wanted(row)).count();
    assert_eq!(count("state=sent"), of(&|row| row["state"] == "sent"));
    assert_eq!(count("kind=digest"), 0);
    assert_eq!(
        count("kind=immediate&on_from=2026-03-09&on_to=2026-03-09"),
        rows.len()
    );
    assert_eq!(count("on_from=2026-03-10"), 0);
    assert_eq!(count("unit_code=S1"), 1);
    assert_eq!(count("address=S1@Town.example.org"), 1);
    let stored = town.mails_to("s1@town.example.org").await?.remove(0);
    assert!(stored.text_body.contains(LINK_PATH) && stored.html_body.contains(LINK_PATH));
    let shown = service
        .get(&token, &format!("/mails/{}", stored.id))
        .expect(200);
    assert_eq!(
        (
            shown["text_body"].as_str(),
            shown["html_body"].as_str(),
            shown["subject"].as_str()
        ),
        (
            Some(&*without_links(&stored.text_body)),
            Some(&*without_links(&stored.html_body)),
            Some(stored.subject.as_str())
        )
    );
    assert_eq!(
        (&shown["attempts"], &shown["unit_code"]),
        (&json!(1), &json!("S1"))
    );
    assert!(shown["reply"].is_string());
    let ledger = town
        .ledger(town.ask("S1", ObligationKind::Complete).await?.id)
        .await?;
    let carried = column(shown["reminders"].as_array().expect("reminders"), "id");
    assert!(carried.contains(&ledger[0].id.to_string()));
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    assert_eq!(
        column(&all(&service, &school, "/mails", 50), "unit_code"),
        ["S1"]
    );
    let foreign = town.mails_to("s5@town.example.org").await?.remove(0);
    assert_eq!(
        service
            .get(&school, &format!("/mails/{}", foreign.id))
            .refused(404),
        "not_found"
    );
    Ok(())
}

async fn what_waits_for_a_person_is_sent_again_under_its_own_id(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    for (address, state, resent) in [
        ("s1@town.example.org", "failed", false),
        ("s5@town.example.org", "unknown", true),
    ] {
        let before = put(town, address, state, resent).await?;
        let path = format!("/mails/{}/send-again", before.id);
        town.set("2026-03-10", "09:00")?;
        let shown = service.post(&token, &path, &json!({})).expect(200);
        assert_eq!(
            (&shown["state"], &shown["reason"]),
            (&json!("queued"), &Value::Null)
        );
        assert_eq!(
            shown["message_id"].as_str(),
            Some(before.message_id.as_str())
        );
        let again = || service.post(&token, &path, &json!({}));
        refused(&service, again, (409, "mail_not_waiting", "")).await?;
        let taken = town.taken().len();
        town.run("deliver").await?;
        assert_eq!(town.taken().len(), taken + 1, "{address}");
        let after = town.mails_to(address).await?.remove(0);
        assert_eq!(
            (after.state.as_str(), after.attempts),
            ("sent", before.attempts + 1)
        );
        assert_eq!(after.message_id, before.message_id);
    }
    Ok(())
}

async fn what_does_not_wait_is_not_sent_again(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    for (state, resent) in [
        ("sent", false),
        ("unknown", false),
        ("queued", false),
        ("transmitting", true),
        ("suppressed", false),
    ] {
        let row = put(town, "s1@town.example.org", state, resent).await?;
        let request = || service.post(&token, &format!("/mails/{}/send-again", row.id), &json!({}));
        refused(&service, request, (409, "mail_not_waiting", "")).await?;
    }
    let row = put(town, "s1@town.example.org", "failed", false).await?;
    let path = format!("/mails/{}/send-again", row.id);
    let head = service.token(UserRole::UnitHead, Some("S1")).await?;
    let request = || service.post(&head, &path, &json!({}));
    refused(&service, request, (403, "forbidden", "")).await?;
    let nobody = format!("/mails/{}/send-again", uuid::Uuid::nil());
    let request = || service.post(&token, &nobody, &json!({}));
    refused(&service, request, (404, "not_found", "")).await?;
    for kind in [ObligationKind::Complete, ObligationKind::Acknowledge] {
        town.answer(town.ask("S1", kind).await?.id).await?;
    }
    let request = || service.post(&token, &path, &json!({}));
    refused(&service, request, (409, "mail_not_waiting", "")).await
}

async fn what_was_answered_meanwhile_is_not_told_again(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let before = put(town, "s1@town.example.org", "failed", false).await?;
    assert_eq!(before.asks, 2);
    let answered = town.ask("S1", ObligationKind::Complete).await?;
    town.answer(answered.id).await?;
    let path = format!("/mails/{}/send-again", before.id);
    let shown = service.post(&token, &path, &json!({})).expect(200);
    assert_eq!(
        (&shown["state"], &shown["asks"]),
        (&json!("queued"), &json!(1))
    );
    assert_ne!(shown["text_body"].as_str(), Some(before.text_body.as_str()));
    let ledger = town.ledger(answered.id).await?;
    assert_eq!(
        (ledger[0].state.as_str(), ledger[0].reason.as_deref()),
        ("cancelled", Some("settled"))
    );
    Ok(())
}

on_both! {
    mails_are_listed_without_bodies_and_shown_with_them,
    what_waits_for_a_person_is_sent_again_under_its_own_id,
    what_does_not_wait_is_not_sent_again,
    what_was_answered_meanwhile_is_not_told_again,
}
