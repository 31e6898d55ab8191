//! Rule tables of appraisals 计分办法. `UNIQUE(version)`: a table is never changed, another version is made.

use crate::domain::ids::ScoreRulesId;
use crate::domain::resource::Resource;
use crate::domain::score_rules::ScoreTable;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, from_json, insert_absent, to_json};
use chrono::{DateTime, Utc};
use entity::score_rules;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryOrder};

/// A version as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRules {
    /// Its id.
    pub id: ScoreRulesId,
    /// From 1.
    pub version: i32,
    /// What it is called.
    pub name: String,
    /// The table.
    pub table: ScoreTable,
    /// Why it was made.
    pub note: Option<String>,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: DateTime<Utc>,
}

/// Writes a version unless its number is taken; whether it was written.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredRules) -> Result<bool, StorageError> {
    let row = score_rules::ActiveModel {
        id: Set(new.id.0),
        version: Set(new.version),
        name: Set(new.name.clone()),
        content: Set(to_json("score_rules.content", &new.table)?),
        note: Set(new.note.clone()),
        made_by: Set(new.made_by.clone()),
        made_at: Set(new.made_at),
    };
    let inserted = insert_absent(tx, row, vec![score_rules::Column::Version]).await?;
    if inserted {
        tx.note(Resource::ScoreRules, new.id.0);
    }
    Ok(inserted)
}

/// The newest version; `None` where nobody has appraised yet.
///
/// # Errors
/// [`StorageError`].
pub async fn newest(db: &impl ConnectionTrait) -> Result<Option<StoredRules>, StorageError> {
    let row = score_rules::Entity::find()
        .order_by_desc(score_rules::Column::Version)
        .one(db)
        .await?;
    row.map(rules_of).transpose()
}

/// The version of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: ScoreRulesId,
) -> Result<Option<StoredRules>, StorageError> {
    let row = score_rules::Entity::find_by_id(id.0).one(db).await?;
    row.map(rules_of).transpose()
}

pub(super) fn rules_of(row: score_rules::Model) -> Result<StoredRules, StorageError> {
    Ok(StoredRules {
        id: ScoreRulesId(row.id),
        version: row.version,
        name: row.name,
        table: from_json("score_rules.content", row.content)?,
        note: row.note,
        made_by: row.made_by,
        made_at: row.made_at,
    })
}
