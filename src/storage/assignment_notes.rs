//! Notes 备注 beside assignments. There is one of each; who had written what before is in the audit.

use crate::domain::ids::AssignmentId;
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, insert_all};
use chrono::{DateTime, Utc};
use entity::assignment_note;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::HashMap;

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNote {
    /// The note.
    pub text: String,
    /// Who wrote it.
    pub noted_by: String,
    /// When.
    pub noted_at: DateTime<Utc>,
}

/// The notes beside these assignments; those without are left out.
///
/// # Errors
/// [`StorageError`].
pub async fn of(
    db: &impl ConnectionTrait,
    ids: &[AssignmentId],
) -> Result<HashMap<AssignmentId, StoredNote>, StorageError> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = assignment_note::Entity::find()
            .filter(assignment_note::Column::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|row| {
            let note = StoredNote {
                text: row.text,
                noted_by: row.noted_by,
                noted_at: row.noted_at,
            };
            (AssignmentId(row.assignment_id), note)
        }));
    }
    Ok(found)
}

/// Writes notes in the place of those before; `None` takes one away.
///
/// # Errors
/// [`StorageError`].
pub async fn write(
    tx: &WriteTx,
    notes: &[(AssignmentId, Option<String>)],
    noted_by: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    for chunk in notes.chunks(CHUNK) {
        assignment_note::Entity::delete_many()
            .filter(assignment_note::Column::AssignmentId.is_in(chunk.iter().map(|(id, _)| id.0)))
            .exec(tx)
            .await?;
    }
    for (id, _) in notes {
        tx.note(Resource::Assignments, id.0);
    }
    let rows = notes.iter().filter_map(|(id, text)| {
        Some(assignment_note::ActiveModel {
            assignment_id: Set(id.0),
            text: Set(text.clone()?),
            noted_by: Set(noted_by.to_owned()),
            noted_at: Set(now),
        })
    });
    insert_all(tx, rows.collect()).await
}
