//! The list of audit events. Only administrators and auditors read it, so it is bounded by nobody's reach.

use super::parts::{read_instant, tell_instant};
use crate::domain::audit_chain::AuditRecord;
use crate::domain::ids::AuditEventId;
use crate::domain::resource::Resource;
use crate::storage::audit_events::{Outcome, record_of};
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use chrono::{DateTime, Utc};
use entity::audit_event;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

/// Which events; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct AuditEventFilter {
    /// By whom: an address, a system account, or the name of a job, as a whole.
    pub actor: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// To a row of this resource.
    pub resource: Option<Resource>,
    /// To this row.
    pub row_id: Option<Uuid>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Not before this instant.
    pub from: Option<DateTime<Utc>>,
    /// Before this instant.
    pub before: Option<DateTime<Utc>>,
}

/// An event with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEventListed {
    /// What happened.
    pub record: AuditRecord,
    /// Its place in the chain; none while it is not sealed.
    pub chain_no: Option<i64>,
    /// Its hash.
    pub hash: Option<String>,
}

/// A page of events, by the instant at which they happened.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &AuditEventFilter,
    wanted: &PageWanted,
) -> Result<Paged<AuditEventListed>, StorageError> {
    use audit_event::Column as C;
    let mut select = audit_event::Entity::find();
    if let Some(actor) = &filter.actor {
        select = select.filter(C::Actor.eq(actor));
    }
    if let Some(action) = &filter.action {
        select = select.filter(C::Action.eq(action));
    }
    if let Some(resource) = filter.resource {
        select = select.filter(C::Resource.eq(resource.as_str()));
    }
    if let Some(row_id) = filter.row_id {
        select = select.filter(C::RowId.eq(row_id));
    }
    if let Some(outcome) = filter.outcome {
        select = select.filter(C::Outcome.eq(outcome.as_str()));
    }
    if let Some(from) = filter.from {
        select = select.filter(C::HappenedAt.gte(from));
    }
    if let Some(before) = filter.before {
        select = select.filter(C::HappenedAt.lt(before));
    }
    let key = SortKey {
        expr: Expr::col(C::HappenedAt),
        read: read_instant,
        tell: |row: &audit_event::Model| tell_instant(row.happened_at),
    };
    let paged = page(db, select, C::Id, |row| row.id, Some(key), wanted).await?;
    Ok(Paged {
        rows: paged.rows.into_iter().map(listed).collect(),
        next: paged.next,
    })
}

/// One event.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: AuditEventId,
) -> Result<Option<AuditEventListed>, StorageError> {
    let row = audit_event::Entity::find_by_id(id.0).one(db).await?;
    Ok(row.map(listed))
}

fn listed(row: audit_event::Model) -> AuditEventListed {
    AuditEventListed {
        chain_no: row.chain_no,
        hash: row.hash.clone(),
        record: record_of(row),
    }
}
