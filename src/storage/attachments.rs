//! Records of attached files. Their bytes lie in the file store under the key that the record holds.

use crate::domain::access::Reach;
use crate::domain::ids::{AttachmentId, UnitId};
use crate::domain::resource::Resource;
use crate::storage::WriteTx;
use crate::storage::error::StorageError;
use crate::storage::lists::tasks;
use chrono::{DateTime, Utc};
use entity::{attachment, mail, mail_file, task};
use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    QueryTrait,
};
use uuid::Uuid;

/// An attached file as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAttachment {
    /// Its id.
    pub id: AttachmentId,
    /// Where its bytes lie.
    pub store_key: Uuid,
    /// Its name as shown.
    pub name: String,
    /// The code of its kind, as found in the bytes.
    pub kind: String,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 (hex) of its bytes.
    pub sha256: String,
    /// The unit it belongs to; none for the bureau's.
    pub unit_id: Option<UnitId>,
    /// Who attached it.
    pub uploaded_by: String,
    /// When.
    pub uploaded_at: DateTime<Utc>,
}

/// Records a file whose bytes are stored.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredAttachment) -> Result<(), StorageError> {
    let row = attachment::ActiveModel {
        id: Set(new.id.0),
        store_key: Set(new.store_key.to_string()),
        name: Set(new.name.clone()),
        kind: Set(new.kind.clone()),
        size_bytes: Set(i64::try_from(new.size_bytes).unwrap_or(i64::MAX)),
        sha256: Set(new.sha256.clone()),
        unit_id: Set(new.unit_id.map(|id| id.0)),
        uploaded_by: Set(new.uploaded_by.clone()),
        uploaded_at: Set(new.uploaded_at),
    };
    attachment::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    tx.note(Resource::Attachments, new.id.0);
    Ok(())
}

/// The record of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: AttachmentId,
) -> Result<Option<StoredAttachment>, StorageError> {
    let row = attachment::Entity::find_by_id(id.0).one(db).await?;
    Ok(row.map(attachment_of))
}

/// Records with these ids, in no particular order.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[AttachmentId],
) -> Result<Vec<StoredAttachment>, StorageError> {
    let rows = attachment::Entity::find()
        .filter(attachment::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(attachment_of).collect())
}

/// Whether the viewer meets a file: one of their units', the template of a task that they meet, or one that was mailed to
/// one of their units.
///
/// # Errors
/// [`StorageError`].
pub async fn is_met(
    db: &impl ConnectionTrait,
    id: AttachmentId,
    reach: &Reach,
    tasks_reach: &Reach,
) -> Result<bool, StorageError> {
    let found = attachment::Entity::find_by_id(id.0).filter(met(reach, tasks_reach));
    Ok(found.one(db).await?.is_some())
}

/// The condition on `attachment` that the viewer meets it: their units' files, the templates of tasks that they meet, and
/// what mails to their units carry.
pub(super) fn met(reach: &Reach, tasks_reach: &Reach) -> Condition {
    let Reach::Units { units, .. } = reach else {
        return Condition::all();
    };
    let templates = task::Entity::find()
        .select_only()
        .column(task::Column::TemplateId)
        .filter(task::Column::TemplateId.is_not_null())
        .filter(tasks::met(tasks_reach));
    let mails = mail::Entity::find()
        .select_only()
        .column(mail::Column::Id)
        .filter(mail::Column::UnitId.is_in(units.iter().map(|unit| unit.0)));
    let mailed = mail_file::Entity::find()
        .select_only()
        .column(mail_file::Column::AttachmentId)
        .filter(mail_file::Column::MailId.in_subquery(mails.into_query()));
    Condition::any()
        .add(attachment::Column::UnitId.is_in(units.iter().map(|unit| unit.0)))
        .add(attachment::Column::Id.in_subquery(mailed.into_query()))
        .add(attachment::Column::Id.in_subquery(templates.into_query()))
}

fn attachment_of(row: attachment::Model) -> StoredAttachment {
    StoredAttachment {
        id: AttachmentId(row.id),
        // A key that is none leads to a file that is not there, which is told when it is opened.
        store_key: row.store_key.parse().unwrap_or_default(),
        name: row.name,
        kind: row.kind,
        size_bytes: u64::try_from(row.size_bytes).unwrap_or(0),
        sha256: row.sha256,
        unit_id: row.unit_id.map(UnitId),
        uploaded_by: row.uploaded_by,
        uploaded_at: row.uploaded_at,
    }
}
