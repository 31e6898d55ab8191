//! Records of attached files. Their bytes lie in the file store under the key that the record holds.

use crate::domain::access::Reach;
use crate::domain::ids::{AttachmentId, UnitId};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::lists::{findings, inspections, tasks};
use crate::storage::{CHUNK, WriteTx, evidence};
use chrono::{DateTime, Utc};
use entity::{attachment, bulletin, finding, inspection, inspection_file, mail, mail_file, task};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
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
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows = attachment::Entity::find()
            .filter(attachment::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(attachment_of));
    }
    Ok(found)
}

/// The records of these ids, given in order; nobody takes one of them away before the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(
    tx: &WriteTx,
    ids: &[AttachmentId],
) -> Result<Vec<StoredAttachment>, StorageError> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows = attachment::Entity::find()
            .filter(attachment::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(attachment::Column::Id)
            .lock_exclusive()
            .all(tx)
            .await?;
        found.extend(rows.into_iter().map(attachment_of));
    }
    Ok(found)
}

/// Bytes of all files, or of one unit's.
///
/// # Errors
/// [`StorageError`].
pub async fn bytes_used(
    db: &impl ConnectionTrait,
    unit: Option<UnitId>,
) -> Result<u64, StorageError> {
    // PostgreSQL sums up in a type of its own.
    let sum = Expr::col(attachment::Column::SizeBytes).sum();
    let mut select = attachment::Entity::find()
        .select_only()
        .expr_as(sum.cast_as("bigint"), "used");
    if let Some(unit) = unit {
        select = select.filter(attachment::Column::UnitId.eq(unit.0));
    }
    let used: Option<Option<i64>> = select.into_tuple().one(db).await?;
    let used = used.flatten().unwrap_or(0);
    Ok(u64::try_from(used).unwrap_or(0))
}

/// Where the bytes of every recorded file lie.
///
/// # Errors
/// [`StorageError`].
pub async fn store_keys(db: &impl ConnectionTrait) -> Result<Vec<Uuid>, StorageError> {
    let keys: Vec<String> = attachment::Entity::find()
        .select_only()
        .column(attachment::Column::StoreKey)
        .into_tuple()
        .all(db)
        .await?;
    Ok(keys.iter().filter_map(|key| key.parse().ok()).collect())
}

/// Whether anything refers to a file: a report as its evidence, a task as its template, an inspection or a finding,
/// a mail or a bulletin.
///
/// # Errors
/// [`StorageError`].
pub async fn is_in_use(db: &impl ConnectionTrait, id: AttachmentId) -> Result<bool, StorageError> {
    let template = task::Entity::find()
        .filter(task::Column::TemplateId.eq(id.0))
        .one(db)
        .await?;
    let inspected = inspection_file::Entity::find()
        .filter(inspection_file::Column::AttachmentId.eq(id.0))
        .one(db)
        .await?;
    let mailed = mail_file::Entity::find()
        .filter(mail_file::Column::AttachmentId.eq(id.0))
        .one(db)
        .await?;
    use bulletin::Column as B;
    let published = bulletin::Entity::find()
        .filter(B::DocxId.eq(id.0).or(B::XlsxId.eq(id.0)))
        .one(db)
        .await?;
    let found = [
        template.is_some(),
        inspected.is_some(),
        mailed.is_some(),
        published.is_some(),
    ];
    let known = found.contains(&true);
    Ok(known || evidence::is_evidence(db, id).await?)
}

/// Takes a record away.
///
/// # Errors
/// [`StorageError`].
pub async fn remove(tx: &WriteTx, id: AttachmentId) -> Result<(), StorageError> {
    attachment::Entity::delete_by_id(id.0).exec(tx).await?;
    tx.note(Resource::Attachments, id.0);
    Ok(())
}

/// Whether the viewer meets a file: one of their units', the template of a task that they meet, evidence of what they
/// meet, one of an inspection or a finding that they meet, or one that was mailed to one of their units.
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
/// the evidence of reports and assignments that they meet, what was attached to inspections and findings that they meet,
/// and what mails to their units carry.
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
        .add(evidence::files_met(tasks_reach))
        .add(attachment::Column::Id.in_subquery(of_inspections_met(reach)))
}

/// Files of inspections and findings that the viewer meets.
fn of_inspections_met(reach: &Reach) -> SelectStatement {
    use inspection_file::Column as C;
    let inspections = inspection::Entity::find()
        .select_only()
        .column(inspection::Column::Id)
        .filter(inspections::met(reach, ""));
    let findings = finding::Entity::find()
        .select_only()
        .column(finding::Column::Id)
        .filter(findings::met(reach, ""));
    inspection_file::Entity::find()
        .select_only()
        .column(C::AttachmentId)
        .filter(
            Condition::any()
                .add(C::InspectionId.in_subquery(inspections.into_query()))
                .add(C::FindingId.in_subquery(findings.into_query())),
        )
        .into_query()
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
