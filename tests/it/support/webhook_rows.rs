//! A webhook that was told something, as the examples of the document name it.

use super::service::Service;
use super::town::Town;
use anyhow::Context;
use duban::http::api::examples;
use entity::webhook_delivery;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

/// Makes them, each in the place of its example.
pub async fn webhook_rows(
    town: &Town,
    service: &Service,
    admin: &str,
) -> anyhow::Result<Vec<(&'static str, Uuid)>> {
    let id =
        |made: &Value| -> anyhow::Result<Uuid> { Ok(made["id"].as_str().context("id")?.parse()?) };
    let body = json!({ "name": "局办公平台", "url": "https://oa.edu.example.org/events", "events": ["bulletin.published"] });
    let kept = id(&service.post(admin, "/webhooks", &body).expect(201))?;
    let path = format!("/api/v1/webhooks/{kept}/test");
    let told = id(&service.send("POST", &path, admin, &[], b"").expect(202))?;
    // It was given up: it may be sent again.
    let tx = town.ctx.write().await?;
    webhook_delivery::Entity::update_many()
        .col_expr(webhook_delivery::Column::State, Expr::value("failed"))
        .filter(webhook_delivery::Column::Id.eq(told))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(vec![
        (examples::WEBHOOK, kept),
        (examples::WEBHOOK_DELIVERY, told),
    ])
}
