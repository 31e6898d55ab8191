//! Replies to requests that had an `Idempotency-Key`: a request is carried out once, however often it is sent.
//!
//! A request first takes its key. Its transaction then *earns* the reply in the same commit as the change; the reply's
//! text is kept afterwards. Whoever sends the request again gets that text, or, where the request failed or its process
//! died between the two, is told that it was carried out.

use crate::domain::ids::UserId;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, insert_absent, new_id};
use chrono::{DateTime, TimeDelta, Utc};
use entity::kept_reply;
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

/// How long a reply is kept (design §7).
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// How long a request may be at it before another takes over: its process has died.
const STALLED_AFTER: TimeDelta = TimeDelta::seconds(120);

/// States of a row: a request has taken the key; it was carried out; it was, and no reply will come any more.
const BEGUN: &str = "begun";
const DONE: &str = "done";
const LOST: &str = "lost";

/// A request's hold on its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Whose key.
    pub user_id: UserId,
    /// The key.
    pub key: String,
    /// The fence of this attempt.
    pub attempt_id: Uuid,
}

/// A reply as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReply {
    /// HTTP status.
    pub status: u16,
    /// Location header.
    pub location: Option<String>,
    /// Body.
    pub body: String,
}

/// What a key means for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// The request is the first: carry it out.
    New(Ticket),
    /// It was carried out: this was the reply.
    Replay(StoredReply),
    /// The same request is being carried out.
    Running,
    /// The key was used for another request.
    OtherRequest,
    /// It was carried out, but its reply was lost.
    Lost,
}

/// Takes a key for a request.
///
/// # Errors
/// [`StorageError`].
pub async fn begin(
    tx: &WriteTx,
    user_id: UserId,
    key: &str,
    fingerprint: &str,
    now: DateTime<Utc>,
) -> Result<Begun, StorageError> {
    let ticket = Ticket {
        user_id,
        key: key.to_owned(),
        attempt_id: new_id(),
    };
    forget_before(tx, now).await?;
    let row = kept_reply::ActiveModel {
        user_id: Set(user_id.0),
        key: Set(key.to_owned()),
        fingerprint: Set(fingerprint.to_owned()),
        attempt_id: Set(ticket.attempt_id),
        state: Set(BEGUN.to_owned()),
        status: Set(None),
        location: Set(None),
        body: Set(None),
        begun_at: Set(now),
    };
    let unique = vec![kept_reply::Column::UserId, kept_reply::Column::Key];
    if insert_absent(tx, row, unique).await? {
        return Ok(Begun::New(ticket));
    }
    let known = kept_reply::Entity::find_by_id((user_id.0, key.to_owned()))
        .one(tx)
        .await?;
    let Some(known) = known else {
        return Ok(Begun::Running);
    };
    if known.fingerprint != fingerprint {
        return Ok(Begun::OtherRequest);
    }
    let is_stalled = known.begun_at + STALLED_AFTER <= now;
    match (known.state.as_str(), known.status, known.body) {
        (DONE, Some(status), Some(body)) => {
            return Ok(Begun::Replay(StoredReply {
                status: u16::try_from(status).unwrap_or(200),
                location: known.location,
                body,
            }));
        }
        (LOST, _, _) => return Ok(Begun::Lost),
        // Its reply is on its way, unless its process has died.
        (DONE, _, _) if is_stalled => return Ok(Begun::Lost),
        _ if !is_stalled => return Ok(Begun::Running),
        _ => {}
    }
    let taken = kept_reply::Entity::update_many()
        .col_expr(
            kept_reply::Column::AttemptId,
            Expr::value(ticket.attempt_id),
        )
        .col_expr(kept_reply::Column::BegunAt, Expr::value(now))
        .filter(kept_reply::Column::UserId.eq(user_id.0))
        .filter(kept_reply::Column::Key.eq(key))
        .filter(kept_reply::Column::AttemptId.eq(known.attempt_id))
        .filter(kept_reply::Column::State.eq(BEGUN))
        .exec(tx)
        .await?;
    Ok(match taken.rows_affected {
        0 => Begun::Running,
        _ => Begun::New(ticket),
    })
}

/// Records, in the transaction that carries the request out, that it was carried out.
///
/// # Errors
/// [`StorageError::Overtaken`] where another attempt has taken over; the transaction must not be committed then.
pub(super) async fn earn(tx: &WriteTx, ticket: &Ticket) -> Result<(), StorageError> {
    let earned = kept_reply::Entity::update_many()
        .col_expr(kept_reply::Column::State, Expr::value(DONE))
        .filter(kept_reply::Column::UserId.eq(ticket.user_id.0))
        .filter(kept_reply::Column::Key.eq(ticket.key.as_str()))
        .filter(kept_reply::Column::AttemptId.eq(ticket.attempt_id))
        .exec(tx)
        .await?;
    match earned.rows_affected {
        0 => Err(StorageError::Overtaken),
        _ => Ok(()),
    }
}

/// Keeps the text of the reply.
///
/// # Errors
/// [`StorageError`].
pub async fn keep(tx: &WriteTx, ticket: &Ticket, reply: &StoredReply) -> Result<(), StorageError> {
    kept_reply::Entity::update_many()
        .col_expr(kept_reply::Column::State, Expr::value(DONE))
        .col_expr(
            kept_reply::Column::Status,
            Expr::value(i32::from(reply.status)),
        )
        .col_expr(
            kept_reply::Column::Location,
            Expr::value(reply.location.clone()),
        )
        .col_expr(kept_reply::Column::Body, Expr::value(reply.body.as_str()))
        .filter(kept_reply::Column::UserId.eq(ticket.user_id.0))
        .filter(kept_reply::Column::Key.eq(ticket.key.as_str()))
        .filter(kept_reply::Column::AttemptId.eq(ticket.attempt_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends an attempt that has no reply to keep. Where it has changed nothing, the key is given back: whatever of it should
/// still be under way finds itself overtaken. Where it was carried out, its reply is lost.
///
/// # Errors
/// [`StorageError`].
pub async fn release(tx: &WriteTx, ticket: &Ticket) -> Result<(), StorageError> {
    let attempt = Condition::all()
        .add(kept_reply::Column::UserId.eq(ticket.user_id.0))
        .add(kept_reply::Column::Key.eq(ticket.key.as_str()))
        .add(kept_reply::Column::AttemptId.eq(ticket.attempt_id));
    kept_reply::Entity::delete_many()
        .filter(attempt.clone())
        .filter(kept_reply::Column::State.eq(BEGUN))
        .exec(tx)
        .await?;
    kept_reply::Entity::update_many()
        .col_expr(kept_reply::Column::State, Expr::value(LOST))
        .filter(attempt)
        .filter(kept_reply::Column::Status.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Forgets replies that were kept long enough.
///
/// # Errors
/// [`StorageError`].
pub async fn forget_before(tx: &WriteTx, now: DateTime<Utc>) -> Result<u64, StorageError> {
    let gone = kept_reply::Entity::delete_many()
        .filter(kept_reply::Column::BegunAt.lt(now - KEPT))
        .exec(tx)
        .await?;
    Ok(gone.rows_affected)
}

/// How many replies are kept.
///
/// # Errors
/// [`StorageError`].
pub async fn count(db: &impl ConnectionTrait) -> Result<u64, StorageError> {
    use sea_orm::PaginatorTrait;
    Ok(kept_reply::Entity::find().count(db).await?)
}
