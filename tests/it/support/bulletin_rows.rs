//! Bulletins wherever they can stand, for the examples of the document.

use super::service::Service;
use super::town::Town;
use anyhow::Context;
use chrono::Days;
use duban::domain::bulletin::BulletinState;
use duban::domain::ids::{BulletinId, PlanId};
use duban::domain::user_role::UserRole;
use duban::http::api::examples;
use duban::storage::bulletins::StoredBulletin;
use duban::storage::{bulletins, new_id};
use serde_json::json;
use uuid::Uuid;

/// One that is published, three that are drafts, two that are approved, each as of another day.
pub async fn bulletin_rows(
    town: &Town,
    service: &Service,
    plan: PlanId,
) -> anyhow::Result<Vec<(&'static str, Uuid)>> {
    let office = service.token(UserRole::Supervisor, None).await?;
    let made = service.post(&office, "/bulletins", &json!({ "plan_id": plan }));
    let id = made.expect(201)["id"].as_str().context("id")?.to_owned();
    let path = format!("/bulletins/{id}");
    let draft = bulletins::get(&town.ctx.db, BulletinId(id.parse()?)).await?;
    let draft = draft.context("a draft")?;
    for (step, body) in [("approval", json!({})), ("publication", json!(null))] {
        let path = format!("/api/v1{path}/{step}");
        let (kind, body) = match body.is_null() {
            true => (vec![], String::new()),
            false => (vec!["Content-Type: application/json"], body.to_string()),
        };
        service
            .send("POST", &path, &office, &kind, body.as_bytes())
            .expect(200);
    }
    let approved = bulletins::get(&town.ctx.db, draft.id).await?;
    let approved = approved.context("a bulletin")?.approved;
    let mut rows = vec![(examples::BULLETIN, draft.id.0)];
    let others = [
        (examples::BULLETIN_DRAFT, BulletinState::Draft),
        (examples::BULLETIN_TO_APPROVE, BulletinState::Draft),
        (examples::BULLETIN_TO_DISCARD, BulletinState::Draft),
        (examples::BULLETIN_APPROVED, BulletinState::Approved),
        (examples::BULLETIN_TO_RETURN, BulletinState::Approved),
    ];
    let tx = town.ctx.write().await?;
    for (before, (example, state)) in (1..).zip(others) {
        let one = StoredBulletin {
            id: BulletinId(new_id()),
            as_of: draft.as_of - Days::new(before),
            state,
            approved: match state {
                BulletinState::Approved => approved.clone(),
                BulletinState::Draft | BulletinState::Published | BulletinState::Discarded => None,
            },
            ..draft.clone()
        };
        bulletins::insert(&tx, &one).await?;
        rows.push((example, one.id.0));
    }
    tx.commit().await?;
    Ok(rows)
}
