//! Audit events: written with the change they tell of, sealed into a hash chain afterwards.

use crate::domain::actor::Actor;
use crate::domain::audit_chain::AuditRecord;
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::new_id;
use crate::storage::write_tx::{Author, WriteTx};
use entity::audit_event;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// The caller may not do it.
    Refused,
}

impl Outcome {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Done, Self::Refused];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// What somebody has done.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// A stable code such as `issue_tasks`.
    pub action: &'static str,
    /// Whether it was done.
    pub outcome: Outcome,
    /// The kind of row it was done to.
    pub resource: Option<Resource>,
    /// That row.
    pub row_id: Option<Uuid>,
    /// What it was done to, for people.
    pub target: String,
    /// What changed, as it was.
    pub before: Option<serde_json::Value>,
    /// What changed, as it is.
    pub after: Option<serde_json::Value>,
}

impl AuditEntry {
    /// Something done to a row.
    pub fn done(
        action: &'static str,
        resource: Resource,
        row_id: Uuid,
        target: impl Into<String>,
    ) -> Self {
        Self {
            action,
            outcome: Outcome::Done,
            resource: Some(resource),
            row_id: Some(row_id),
            target: target.into(),
            before: None,
            after: None,
        }
    }

    /// With what changed, as it is.
    pub fn after(self, after: serde_json::Value) -> Self {
        Self {
            after: Some(after),
            ..self
        }
    }

    /// With what changed, as it was.
    pub fn before(self, before: serde_json::Value) -> Self {
        Self {
            before: Some(before),
            ..self
        }
    }
}

/// The rows of what was done: by `author`, or by whoever stands beside an entry.
pub(super) fn rows_of(
    author: &Author,
    entries: Vec<(Option<Author>, AuditEntry)>,
) -> Vec<audit_event::ActiveModel> {
    let rows = entries.into_iter().map(|(other, entry)| {
        let author = other.as_ref().unwrap_or(author);
        let (user_id, token_id) = match &author.actor {
            Actor::User {
                user_id, token_id, ..
            } => (Some(user_id.0), Some(token_id.0)),
            Actor::Link { .. } | Actor::CommandLine(_) | Actor::System(_) => (None, None),
        };
        audit_event::ActiveModel {
            id: Set(new_id()),
            happened_at: Set(author.at),
            actor_kind: Set(author.actor.kind().to_owned()),
            actor: Set(author.actor.name().to_owned()),
            user_id: Set(user_id),
            token_id: Set(token_id),
            action: Set(entry.action.to_owned()),
            outcome: Set(entry.outcome.as_str().to_owned()),
            resource: Set(entry.resource.map(|one| one.as_str().to_owned())),
            row_id: Set(entry.row_id),
            target: Set(entry.target),
            before: Set(entry.before.map(|value| value.to_string())),
            after: Set(after_of(&author.actor, entry.after).map(|value| value.to_string())),
            request_id: Set(author.request_id.clone()),
            chain_no: Set(None),
            hash: Set(None),
        }
    });
    rows.collect()
}

/// What is told of how it is: also for whom the actor stands in.
fn after_of(actor: &Actor, after: Option<serde_json::Value>) -> Option<serde_json::Value> {
    let Actor::User { stands_in_for, .. } = actor else {
        return after;
    };
    if stands_in_for.is_empty() {
        return after;
    }
    let mut told = match after {
        Some(serde_json::Value::Object(told)) => told,
        Some(other) => [("value".to_owned(), other)].into_iter().collect(),
        None => serde_json::Map::new(),
    };
    told.insert("stands_in_for".to_owned(), stands_in_for.clone().into());
    Some(told.into())
}

/// A sealed event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEvent {
    /// Its place in the chain.
    pub chain_no: i64,
    /// Its hash.
    pub hash: String,
    /// What was sealed.
    pub record: AuditRecord,
}

/// The last sealed event: its place and hash.
///
/// # Errors
/// [`StorageError`].
pub async fn head(db: &impl ConnectionTrait) -> Result<Option<(i64, String)>, StorageError> {
    let row = audit_event::Entity::find()
        .filter(audit_event::Column::ChainNo.is_not_null())
        .order_by_desc(audit_event::Column::ChainNo)
        .one(db)
        .await?;
    Ok(row.and_then(|row| Some((row.chain_no?, row.hash?))))
}

/// Events that are not sealed yet, oldest first; at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn unsealed(
    db: &impl ConnectionTrait,
    limit: u64,
) -> Result<Vec<AuditRecord>, StorageError> {
    let rows = audit_event::Entity::find()
        .filter(audit_event::Column::ChainNo.is_null())
        .order_by_asc(audit_event::Column::HappenedAt)
        .order_by_asc(audit_event::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(record_of).collect())
}

/// How many events are not sealed yet.
///
/// # Errors
/// [`StorageError`].
pub async fn count_unsealed(db: &impl ConnectionTrait) -> Result<u64, StorageError> {
    use sea_orm::PaginatorTrait;
    Ok(audit_event::Entity::find()
        .filter(audit_event::Column::ChainNo.is_null())
        .count(db)
        .await?)
}

/// Sealed events after a place, in order; at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn sealed_after(
    db: &impl ConnectionTrait,
    chain_no: i64,
    limit: u64,
) -> Result<Vec<SealedEvent>, StorageError> {
    let rows = audit_event::Entity::find()
        .filter(audit_event::Column::ChainNo.gt(chain_no))
        .order_by_asc(audit_event::Column::ChainNo)
        .limit(limit)
        .all(db)
        .await?;
    let sealed = rows.into_iter().filter_map(|row| {
        Some(SealedEvent {
            chain_no: row.chain_no?,
            hash: row.hash.clone()?,
            record: record_of(row),
        })
    });
    Ok(sealed.collect())
}

/// Gives an event its place in the chain; whether this call did it.
///
/// # Errors
/// [`StorageError`]; a conflict where another instance has given that place.
pub async fn seal(tx: &WriteTx, id: Uuid, chain_no: i64, hash: &str) -> Result<bool, StorageError> {
    let result = audit_event::Entity::update_many()
        .col_expr(audit_event::Column::ChainNo, Expr::value(chain_no))
        .col_expr(audit_event::Column::Hash, Expr::value(hash))
        .filter(audit_event::Column::Id.eq(id))
        .filter(audit_event::Column::ChainNo.is_null())
        .exec(tx)
        .await?;
    Ok(result.rows_affected > 0)
}

pub(super) fn record_of(row: audit_event::Model) -> AuditRecord {
    AuditRecord {
        id: row.id,
        happened_at: row.happened_at,
        actor_kind: row.actor_kind,
        actor: row.actor,
        user_id: row.user_id,
        token_id: row.token_id,
        action: row.action,
        outcome: row.outcome,
        resource: row.resource,
        row_id: row.row_id,
        target: row.target,
        before: row.before,
        after: row.after,
        request_id: row.request_id,
    }
}
