//! What dispatches came to, as frozen when their rounds closed.

use crate::domain::ids::{CycleId, RoundId};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, insert_absent};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{round, round_summary};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

/// A summary as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSummary {
    /// The round.
    pub round_id: RoundId,
    /// What is told, as the JSON text that was hashed.
    pub content: String,
    /// SHA-256 of that text (hex).
    pub sha256: String,
    /// Local day.
    pub made_on: NaiveDate,
    /// When.
    pub made_at: DateTime<Utc>,
}

/// Writes the summary of a round; whether it had none.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredSummary) -> Result<bool, StorageError> {
    let row = round_summary::ActiveModel {
        round_id: Set(new.round_id.0),
        content: Set(new.content.clone()),
        sha256: Set(new.sha256.clone()),
        made_on: Set(new.made_on),
        made_at: Set(new.made_at),
    };
    tx.note(Resource::Rounds, new.round_id.0);
    insert_absent(tx, row, vec![round_summary::Column::RoundId]).await
}

/// The summary of a round.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: RoundId,
) -> Result<Option<StoredSummary>, StorageError> {
    let row = round_summary::Entity::find_by_id(id.0).one(db).await?;
    Ok(row.map(summary_of))
}

/// The last summary of a cycle, that of `but` left out.
///
/// # Errors
/// [`StorageError`].
pub async fn last_of_cycle(
    db: &impl ConnectionTrait,
    cycle: CycleId,
    but: RoundId,
) -> Result<Option<StoredSummary>, StorageError> {
    let rounds = round::Entity::find()
        .select_only()
        .column(round::Column::Id)
        .filter(round::Column::CycleId.eq(cycle.0))
        .filter(round::Column::Id.ne(but.0));
    let row = round_summary::Entity::find()
        .filter(round_summary::Column::RoundId.in_subquery(rounds.into_query()))
        .order_by_desc(round_summary::Column::MadeAt)
        .order_by_desc(round_summary::Column::RoundId)
        .one(db)
        .await?;
    Ok(row.map(summary_of))
}

fn summary_of(row: round_summary::Model) -> StoredSummary {
    StoredSummary {
        round_id: RoundId(row.round_id),
        content: row.content,
        sha256: row.sha256,
        made_on: row.made_on,
        made_at: row.made_at,
    }
}
