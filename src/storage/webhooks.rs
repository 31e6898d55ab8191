//! Webhooks: endpoints that are told of what happens.

use crate::domain::ids::WebhookId;
use crate::domain::resource::Resource;
use crate::domain::webhook::{EventType, OffReason, WebhookKind};
use crate::domain::webhook_signature::SigningSecret;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code, from_json, to_json};
use chrono::{DateTime, Utc};
use entity::{webhook, webhook_delivery};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// A webhook as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWebhook {
    /// Its id.
    pub id: WebhookId,
    /// What people call it.
    pub name: String,
    /// Where it is told; may have a key in it.
    pub url: HiddenUrl,
    /// In which form.
    pub kind: WebhookKind,
    /// The event types that it has chosen, in their order.
    pub events: Vec<EventType>,
    /// Why it is off; `None` where it is on.
    pub off: Option<OffReason>,
    /// Since when it has been on, or off (business clock).
    pub since_at: DateTime<Utc>,
    /// When the first of the tries failed since the last that did not (real clock).
    pub failing_since_at: Option<DateTime<Utc>>,
    /// What requests are signed with.
    pub secret: Option<SigningSecret>,
    /// What they were signed with before, and until when they still are (real clock).
    pub former: Option<(SigningSecret, DateTime<Utc>)>,
    /// Who made it.
    pub made_by: String,
    /// When (business clock).
    pub made_at: DateTime<Utc>,
}

/// An address that does not show itself in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct HiddenUrl(pub String);

impl std::fmt::Debug for HiddenUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HiddenUrl(…)")
    }
}

impl StoredWebhook {
    /// The secrets that are good at an instant (real clock), the newest first.
    pub fn secrets_at(&self, real_now: DateTime<Utc>) -> impl Iterator<Item = &SigningSecret> {
        let former = self
            .former
            .iter()
            .filter(move |(_, until)| real_now < *until);
        self.secret.iter().chain(former.map(|(secret, _)| secret))
    }
}

pub(super) fn webhook_of(row: webhook::Model) -> Result<StoredWebhook, StorageError> {
    let off = row.off_reason.as_deref();
    let off = off.map(|reason| code("reason of being off", reason));
    let former = row.former_secret.map(SigningSecret::of_text);
    Ok(StoredWebhook {
        id: WebhookId(row.id),
        name: row.name,
        url: HiddenUrl(row.url),
        kind: code("webhook kind", &row.kind)?,
        events: from_json("events", row.events)?,
        off: off.transpose()?.filter(|_| !row.enabled),
        since_at: row.since_at,
        failing_since_at: row.failing_since_at,
        secret: row.secret.map(SigningSecret::of_text),
        former: former.zip(row.former_until_at),
        made_by: row.made_by,
        made_at: row.made_at,
    })
}

fn row_of(one: &StoredWebhook) -> Result<webhook::ActiveModel, StorageError> {
    let text = |secret: &SigningSecret| secret.expose().to_owned();
    Ok(webhook::ActiveModel {
        id: Set(one.id.0),
        name: Set(one.name.clone()),
        url: Set(one.url.0.clone()),
        kind: Set(one.kind.as_str().to_owned()),
        events: Set(to_json("events", &one.events)?),
        enabled: Set(one.off.is_none()),
        off_reason: Set(one.off.map(|reason| reason.as_str().to_owned())),
        since_at: Set(one.since_at),
        failing_since_at: Set(one.failing_since_at),
        secret: Set(one.secret.as_ref().map(text)),
        former_secret: Set(one.former.as_ref().map(|(secret, _)| text(secret))),
        former_until_at: Set(one.former.as_ref().map(|(_, until)| *until)),
        next_send_at: sea_orm::ActiveValue::NotSet,
        made_by: Set(one.made_by.clone()),
        made_at: Set(one.made_at),
    })
}

/// Writes a new webhook.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredWebhook) -> Result<(), StorageError> {
    webhook::Entity::insert(row_of(new)?)
        .exec_without_returning(tx)
        .await?;
    tx.note(Resource::Webhooks, new.id.0);
    Ok(())
}

/// Writes down what has changed of a webhook. The caller holds it.
///
/// # Errors
/// [`StorageError`].
pub async fn update(tx: &WriteTx, one: &StoredWebhook) -> Result<(), StorageError> {
    row_of(one)?.update(tx).await?;
    tx.note(Resource::Webhooks, one.id.0);
    Ok(())
}

/// Takes a webhook away, with everything that it was told. The caller holds it.
///
/// # Errors
/// [`StorageError`].
pub async fn remove(tx: &WriteTx, id: WebhookId) -> Result<(), StorageError> {
    use webhook_delivery::Column as C;
    let told: Vec<Uuid> = webhook_delivery::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(C::WebhookId.eq(id.0))
        .into_tuple()
        .all(tx)
        .await?;
    for delivery in told {
        tx.note(Resource::WebhookDeliveries, delivery);
    }
    webhook_delivery::Entity::delete_many()
        .filter(C::WebhookId.eq(id.0))
        .exec(tx)
        .await?;
    webhook::Entity::delete_by_id(id.0).exec(tx).await?;
    tx.note(Resource::Webhooks, id.0);
    Ok(())
}

/// The webhook of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: WebhookId,
) -> Result<Option<StoredWebhook>, StorageError> {
    let row = webhook::Entity::find_by_id(id.0).one(db).await?;
    row.map(webhook_of).transpose()
}

/// The same, kept as it is until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(tx: &WriteTx, id: WebhookId) -> Result<Option<StoredWebhook>, StorageError> {
    let row = webhook::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(tx)
        .await?;
    row.map(webhook_of).transpose()
}

/// How many there are.
///
/// # Errors
/// [`StorageError`].
pub async fn count(db: &impl ConnectionTrait) -> Result<usize, StorageError> {
    let ids: Vec<Uuid> = webhook::Entity::find()
        .select_only()
        .column(webhook::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.len())
}

/// Those that are on and have chosen an event type, kept from being removed until the transaction ends: what they are told
/// can be written.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_choosing(
    tx: &WriteTx,
    event: EventType,
) -> Result<Vec<StoredWebhook>, StorageError> {
    let rows = webhook::Entity::find()
        .filter(webhook::Column::Enabled.eq(true))
        .order_by_asc(webhook::Column::Id)
        .lock(LockType::KeyShare)
        .all(tx)
        .await?;
    let all: Vec<StoredWebhook> = rows.into_iter().map(webhook_of).collect::<Result<_, _>>()?;
    let chosen = all.into_iter().filter(|one| one.events.contains(&event));
    Ok(chosen.collect())
}

/// The earliest instant since which one that is on has chosen an event type; `None` where none has.
///
/// # Errors
/// [`StorageError`].
pub async fn choosing_since(
    db: &impl ConnectionTrait,
    event: EventType,
) -> Result<Option<DateTime<Utc>>, StorageError> {
    let rows = webhook::Entity::find()
        .filter(webhook::Column::Enabled.eq(true))
        .all(db)
        .await?;
    let all: Vec<StoredWebhook> = rows.into_iter().map(webhook_of).collect::<Result<_, _>>()?;
    let chosen = all.iter().filter(|one| one.events.contains(&event));
    Ok(chosen.map(|one| one.since_at).min())
}

/// Takes the turn of a robot: whoever gets it may send one message, and nobody another before `next`. Whether it was
/// taken.
///
/// # Errors
/// [`StorageError`].
pub async fn take_turn(
    tx: &WriteTx,
    id: WebhookId,
    real_now: DateTime<Utc>,
    next: DateTime<Utc>,
) -> Result<bool, StorageError> {
    use webhook::Column as C;
    let free = Condition::any()
        .add(C::NextSendAt.is_null())
        .add(C::NextSendAt.lte(real_now));
    let taken = webhook::Entity::update_many()
        .col_expr(C::NextSendAt, Expr::value(next))
        .filter(C::Id.eq(id.0))
        .filter(free)
        .exec(tx)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Notes that a try has failed, or that one has not: since when nothing has got through.
///
/// # Errors
/// [`StorageError`].
pub async fn set_failing(
    tx: &WriteTx,
    id: WebhookId,
    since: Option<DateTime<Utc>>,
) -> Result<(), StorageError> {
    use webhook::Column as C;
    let update = webhook::Entity::update_many()
        .col_expr(C::FailingSinceAt, Expr::value(since))
        .filter(C::Id.eq(id.0));
    let update = match since {
        Some(_) => update.filter(C::FailingSinceAt.is_null()),
        None => update.filter(C::FailingSinceAt.is_not_null()),
    };
    if update.exec(tx).await?.rows_affected > 0 {
        tx.note(Resource::Webhooks, id.0);
    }
    Ok(())
}

/// Switches a webhook off; whether it was on.
///
/// # Errors
/// [`StorageError`].
pub async fn switch_off(
    tx: &WriteTx,
    id: WebhookId,
    reason: OffReason,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    use webhook::Column as C;
    let switched = webhook::Entity::update_many()
        .col_expr(C::Enabled, Expr::value(false))
        .col_expr(C::OffReason, Expr::value(reason.as_str()))
        .col_expr(C::SinceAt, Expr::value(now))
        .filter(C::Id.eq(id.0))
        .filter(C::Enabled.eq(true))
        .exec(tx)
        .await?;
    if switched.rows_affected > 0 {
        tx.note(Resource::Webhooks, id.0);
    }
    Ok(switched.rows_affected == 1)
}
