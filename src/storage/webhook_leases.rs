//! Deliveries on their way: held under fenced leases, so that two instances do not send the same. Who was killed with a
//! delivery in hand leaves it waiting: when the lease has run out it is sent again, with the same id.
//!
//! Leases, pauses and turns are on the real clock.

use crate::domain::ids::{WebhookDeliveryId, WebhookId};
use crate::domain::resource::Resource;
use crate::domain::webhook::{DeliveryState, DeliveryTrouble, WebhookKind};
use crate::storage::error::StorageError;
use crate::storage::webhook_deliveries::{Attempt, StoredDelivery, delivery_of};
use crate::storage::{WriteTx, to_json};
use chrono::{DateTime, Utc};
use entity::{webhook, webhook_delivery};
use sea_orm::sea_query::{Condition, Expr, LockBehavior, LockType, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// What may be sent at an instant.
fn due(real_now: DateTime<Utc>) -> Condition {
    use webhook_delivery::Column as C;
    let not_before = Condition::any()
        .add(C::RetryAt.is_null())
        .add(C::RetryAt.lte(real_now));
    let free = Condition::any()
        .add(C::LeaseUntilAt.is_null())
        .add(C::LeaseUntilAt.lt(real_now));
    Condition::all()
        .add(C::State.eq(DeliveryState::Waiting.as_str()))
        .add(not_before)
        .add(free)
}

/// Webhooks that are on and have something to be sent now. Robots are among them where `robots`, and where nobody has sent
/// them something a moment ago.
///
/// # Errors
/// [`StorageError`].
pub async fn with_due(
    db: &impl ConnectionTrait,
    real_now: DateTime<Utc>,
    robots: bool,
) -> Result<Vec<WebhookId>, StorageError> {
    use webhook::Column as C;
    let mut waiting = Query::select();
    waiting
        .column(webhook_delivery::Column::WebhookId)
        .from(webhook_delivery::Entity)
        .cond_where(due(real_now));
    let turn = Condition::any()
        .add(C::NextSendAt.is_null())
        .add(C::NextSendAt.lte(real_now));
    let mut select = webhook::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(C::Enabled.eq(true))
        .filter(C::Id.in_subquery(waiting))
        .filter(turn)
        .order_by_asc(C::Id);
    if !robots {
        select = select.filter(C::Kind.eq(WebhookKind::Standard.as_str()));
    }
    let ids: Vec<Uuid> = select.into_tuple().all(db).await?;
    Ok(ids.into_iter().map(WebhookId).collect())
}

/// A hold on deliveries.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryLease {
    /// The fence: a new one a claim.
    pub id: Uuid,
    /// When it was taken.
    pub now: DateTime<Utc>,
}

impl DeliveryLease {
    /// How long it holds: longer than sending what is claimed together may take.
    pub const SECONDS: i64 = 60;
}

/// Takes up to `limit` deliveries of a webhook that are due, the oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn claim(
    tx: &WriteTx,
    webhook_id: WebhookId,
    lease: &DeliveryLease,
    limit: u64,
) -> Result<Vec<StoredDelivery>, StorageError> {
    use webhook_delivery::Column as C;
    let mut ids = Query::select();
    ids.column(C::Id)
        .from(webhook_delivery::Entity)
        .cond_where(due(lease.now))
        .and_where(C::WebhookId.eq(webhook_id.0))
        .order_by(C::Id, sea_orm::Order::Asc)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let until = lease.now + chrono::TimeDelta::seconds(DeliveryLease::SECONDS);
    let rows = webhook_delivery::Entity::update_many()
        .col_expr(C::LeaseId, Expr::value(lease.id))
        .col_expr(C::LeaseUntilAt, Expr::value(until))
        .filter(C::Id.in_subquery(ids))
        .exec_with_returning(tx)
        .await?;
    let mut claimed: Vec<StoredDelivery> = rows
        .into_iter()
        .map(delivery_of)
        .collect::<Result<_, _>>()?;
    claimed.sort_by_key(|one| one.id);
    Ok(claimed)
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliverySettled {
    /// The state that follows.
    pub state: DeliveryState,
    /// Why it failed.
    pub trouble: Option<DeliveryTrouble>,
    /// Tries since it was queued last, this one included.
    pub tries: u32,
    /// All tries that are kept, this one last.
    pub attempts: Vec<Attempt>,
    /// Not tried again before this.
    pub retry_at: Option<DateTime<Utc>>,
    /// When it left `waiting` (business clock).
    pub settled_at: Option<DateTime<Utc>>,
}

/// Records how a try ended and gives the delivery back; `false` where the lease was lost meanwhile (then another's word
/// holds).
///
/// # Errors
/// [`StorageError`].
pub async fn settle(
    tx: &WriteTx,
    id: WebhookDeliveryId,
    lease_id: Uuid,
    settled: &DeliverySettled,
) -> Result<bool, StorageError> {
    use webhook_delivery::Column as C;
    let trouble = settled.trouble.map(DeliveryTrouble::as_str);
    let tries = i32::try_from(settled.tries).unwrap_or(i32::MAX);
    let result = webhook_delivery::Entity::update_many()
        .col_expr(C::State, Expr::value(settled.state.as_str()))
        .col_expr(C::Trouble, Expr::value(trouble))
        .col_expr(C::Tries, Expr::value(tries))
        .col_expr(
            C::Attempts,
            Expr::value(to_json("attempts", &settled.attempts)?),
        )
        .col_expr(C::RetryAt, Expr::value(settled.retry_at))
        .col_expr(C::SettledAt, Expr::value(settled.settled_at))
        .col_expr(C::LeaseId, Expr::value(None::<Uuid>))
        .col_expr(C::LeaseUntilAt, Expr::value(None::<DateTime<Utc>>))
        .filter(C::Id.eq(id.0))
        .filter(C::LeaseId.eq(lease_id))
        .filter(C::State.eq(DeliveryState::Waiting.as_str()))
        .exec(tx)
        .await?;
    if result.rows_affected > 0 {
        tx.note(Resource::WebhookDeliveries, id.0);
    }
    Ok(result.rows_affected == 1)
}

/// Gives back what was claimed and not tried; not before `retry_at`, where given.
///
/// # Errors
/// [`StorageError`].
pub async fn give_back(
    tx: &WriteTx,
    lease_id: Uuid,
    retry_at: Option<DateTime<Utc>>,
) -> Result<(), StorageError> {
    use webhook_delivery::Column as C;
    let given_back = webhook_delivery::Entity::update_many()
        .col_expr(C::LeaseId, Expr::value(None::<Uuid>))
        .col_expr(C::LeaseUntilAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(C::RetryAt, Expr::value(retry_at))
        .filter(C::LeaseId.eq(lease_id))
        .filter(C::State.eq(DeliveryState::Waiting.as_str()))
        .exec_with_returning(tx)
        .await?;
    for row in &given_back {
        tx.note(Resource::WebhookDeliveries, row.id);
    }
    Ok(())
}
