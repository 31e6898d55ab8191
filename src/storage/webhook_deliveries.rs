//! What endpoints are told, each thing once: `UNIQUE(webhook, event key)`. How deliveries are held while they are sent is
//! in `webhook_leases`.

use crate::domain::ids::{WebhookDeliveryId, WebhookId};
use crate::domain::resource::Resource;
use crate::domain::webhook::{DeliveryState, DeliveryTrouble, EventType};
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, code, from_json, insert_absent, new_id};
use chrono::{DateTime, Utc};
use entity::webhook_delivery;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began (real clock).
    pub at: DateTime<Utc>,
    /// The status of the answer, where there was one.
    pub status: Option<u16>,
    /// How long it took.
    pub duration_ms: u64,
    /// Why it failed; `None` where it did not.
    pub trouble: Option<DeliveryTrouble>,
    /// A few words of whoever noticed that.
    pub detail: Option<String>,
}

/// A delivery as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDelivery {
    /// Its id, by which the receiver tells repeats.
    pub id: WebhookDeliveryId,
    /// The endpoint.
    pub webhook_id: WebhookId,
    /// What kind of thing is told.
    pub event_type: EventType,
    /// The event, byte by byte as it is sent.
    pub body: String,
    /// When it happened (business clock).
    pub made_at: DateTime<Utc>,
    /// Where it stands.
    pub state: DeliveryState,
    /// Why the last try failed.
    pub trouble: Option<DeliveryTrouble>,
    /// Tries since it was queued last.
    pub tries: u32,
    /// What became of each try, the newest last.
    pub attempts: Vec<Attempt>,
    /// Not tried before this (real clock).
    pub retry_at: Option<DateTime<Utc>>,
    /// When it left `waiting` (business clock).
    pub settled_at: Option<DateTime<Utc>>,
}

pub(super) fn delivery_of(row: webhook_delivery::Model) -> Result<StoredDelivery, StorageError> {
    let trouble = row.trouble.as_deref();
    let trouble = trouble.map(|trouble| code("delivery trouble", trouble));
    Ok(StoredDelivery {
        id: WebhookDeliveryId(row.id),
        webhook_id: WebhookId(row.webhook_id),
        event_type: code("event type", &row.event_type)?,
        body: row.body,
        made_at: row.made_at,
        state: code("delivery state", &row.state)?,
        trouble: trouble.transpose()?,
        tries: u32::try_from(row.tries).unwrap_or(0),
        attempts: from_json("attempts", row.attempts)?,
        retry_at: row.retry_at,
        settled_at: row.settled_at,
    })
}

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery<'a> {
    /// To whom.
    pub webhook_id: WebhookId,
    /// What it is about.
    pub event_key: &'a str,
    /// What kind of thing.
    pub event_type: EventType,
    /// The event.
    pub body: &'a str,
    /// When it happened (business clock).
    pub made_at: DateTime<Utc>,
}

/// Queues a delivery unless the endpoint is told of it already; its id where it was queued.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    new: &NewDelivery<'_>,
) -> Result<Option<WebhookDeliveryId>, StorageError> {
    use webhook_delivery::Column as C;
    let id = new_id();
    let row = webhook_delivery::ActiveModel {
        id: Set(id),
        webhook_id: Set(new.webhook_id.0),
        event_key: Set(new.event_key.to_owned()),
        event_type: Set(new.event_type.as_str().to_owned()),
        body: Set(new.body.to_owned()),
        made_at: Set(new.made_at),
        state: Set(DeliveryState::Waiting.as_str().to_owned()),
        trouble: Set(None),
        tries: Set(0),
        attempts: Set(serde_json::json!([])),
        retry_at: Set(None),
        settled_at: Set(None),
        lease_id: Set(None),
        lease_until_at: Set(None),
    };
    if !insert_absent(tx, row, vec![C::WebhookId, C::EventKey]).await? {
        return Ok(None);
    }
    tx.note(Resource::WebhookDeliveries, id);
    Ok(Some(WebhookDeliveryId(id)))
}

/// The delivery of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: WebhookDeliveryId,
) -> Result<Option<StoredDelivery>, StorageError> {
    let row = webhook_delivery::Entity::find_by_id(id.0).one(db).await?;
    row.map(delivery_of).transpose()
}

/// Queues a delivery again that is delivered or given up; its id and its log stay, its tries are counted from now on.
/// Whether this call did it.
///
/// # Errors
/// [`StorageError`].
pub async fn queue_again(tx: &WriteTx, id: WebhookDeliveryId) -> Result<bool, StorageError> {
    use webhook_delivery::Column as C;
    let queued = webhook_delivery::Entity::update_many()
        .col_expr(C::State, Expr::value(DeliveryState::Waiting.as_str()))
        .col_expr(C::Trouble, Expr::value(None::<String>))
        .col_expr(C::Tries, Expr::value(0))
        .col_expr(C::RetryAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(C::SettledAt, Expr::value(None::<DateTime<Utc>>))
        .filter(C::Id.eq(id.0))
        .filter(C::State.ne(DeliveryState::Waiting.as_str()))
        .exec(tx)
        .await?;
    tx.note(Resource::WebhookDeliveries, id.0);
    Ok(queued.rows_affected == 1)
}

/// Gives up everything that an endpoint still was to be told; how many.
///
/// # Errors
/// [`StorageError`].
pub async fn give_up_waiting(
    tx: &WriteTx,
    webhook_id: WebhookId,
    trouble: DeliveryTrouble,
    now: DateTime<Utc>,
) -> Result<usize, StorageError> {
    use webhook_delivery::Column as C;
    let given_up = webhook_delivery::Entity::update_many()
        .col_expr(C::State, Expr::value(DeliveryState::Failed.as_str()))
        .col_expr(C::Trouble, Expr::value(trouble.as_str()))
        .col_expr(C::RetryAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(C::SettledAt, Expr::value(now))
        .col_expr(C::LeaseId, Expr::value(None::<Uuid>))
        .col_expr(C::LeaseUntilAt, Expr::value(None::<DateTime<Utc>>))
        .filter(C::WebhookId.eq(webhook_id.0))
        .filter(C::State.eq(DeliveryState::Waiting.as_str()))
        .exec_with_returning(tx)
        .await?;
    for row in &given_up {
        tx.note(Resource::WebhookDeliveries, row.id);
    }
    Ok(given_up.len())
}

/// Forgets deliveries made before an instant that wait for nothing, at most `limit`; how many.
///
/// # Errors
/// [`StorageError`].
pub async fn forget_before(
    tx: &WriteTx,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<usize, StorageError> {
    use webhook_delivery::Column as C;
    let old: Vec<Uuid> = webhook_delivery::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(C::MadeAt.lt(before))
        .filter(C::State.ne(DeliveryState::Waiting.as_str()))
        .order_by_asc(C::MadeAt)
        .limit(limit)
        .into_tuple()
        .all(tx)
        .await?;
    for chunk in old.chunks(CHUNK) {
        webhook_delivery::Entity::delete_many()
            .filter(C::Id.is_in(chunk.iter().copied()))
            .exec(tx)
            .await?;
    }
    for id in &old {
        tx.note(Resource::WebhookDeliveries, *id);
    }
    Ok(old.len())
}
