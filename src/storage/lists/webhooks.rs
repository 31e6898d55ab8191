//! Webhooks and what they are told, page by page.

use super::parts::{read_instant, tell_instant};
use crate::domain::ids::WebhookId;
use crate::domain::webhook::{DeliveryState, EventType};
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use crate::storage::webhook_deliveries::{StoredDelivery, delivery_of};
use crate::storage::webhooks::{StoredWebhook, webhook_of};
use entity::{webhook, webhook_delivery};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// A page of webhooks, by id; those that are on or off alone where `enabled` says so.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    enabled: Option<bool>,
    wanted: &PageWanted,
) -> Result<Paged<StoredWebhook>, StorageError> {
    use webhook::Column as C;
    let mut select = webhook::Entity::find();
    if let Some(enabled) = enabled {
        select = select.filter(C::Enabled.eq(enabled));
    }
    let found = page(db, select, C::Id, |row| row.id, None, wanted).await?;
    let rows = found.rows.into_iter().map(webhook_of);
    Ok(Paged {
        rows: rows.collect::<Result<_, _>>()?,
        next: found.next,
    })
}

/// Which deliveries; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// To this webhook.
    pub webhook_id: Option<WebhookId>,
    /// In this state.
    pub state: Option<DeliveryState>,
    /// Telling this kind of thing.
    pub event: Option<EventType>,
}

/// What deliveries are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliverySort {
    /// When it happened.
    MadeAt,
}

/// A page of what webhooks are told.
///
/// # Errors
/// [`StorageError`].
pub async fn deliveries(
    db: &impl ConnectionTrait,
    filter: &DeliveryFilter,
    sort: DeliverySort,
    wanted: &PageWanted,
) -> Result<Paged<StoredDelivery>, StorageError> {
    use webhook_delivery::Column as C;
    let mut select = webhook_delivery::Entity::find();
    if let Some(id) = filter.webhook_id {
        select = select.filter(C::WebhookId.eq(id.0));
    }
    if let Some(state) = filter.state {
        select = select.filter(C::State.eq(state.as_str()));
    }
    if let Some(event) = filter.event {
        select = select.filter(C::EventType.eq(event.as_str()));
    }
    let key = match sort {
        DeliverySort::MadeAt => SortKey {
            expr: Expr::col(C::MadeAt),
            read: read_instant,
            tell: |row: &webhook_delivery::Model| tell_instant(row.made_at),
        },
    };
    let found = page(db, select, C::Id, |row| row.id, Some(key), wanted).await?;
    let rows = found.rows.into_iter().map(delivery_of);
    Ok(Paged {
        rows: rows.collect::<Result<_, _>>()?,
        next: found.next,
    })
}
