//! Mails that tell something once, and the files that they carry: which attached file, under which name. The bytes lie in
//! the file store, once for all mails.

use crate::domain::ids::{AttachmentId, MailId};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::outbox::{StoredMail, row_of};
use crate::storage::{CHUNK, WriteTx, insert_absent, insert_all, new_id};
use entity::{mail, mail_file};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};
use std::collections::HashMap;

/// A file as a mail carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailFile {
    /// The attached file.
    pub attachment_id: AttachmentId,
    /// The name that the recipient sees.
    pub name: String,
    /// Its media type.
    pub media_type: String,
}

/// Writes down that each of these mails, made in this transaction, carries these files in this order.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    mails: &[MailId],
    files: &[MailFile],
) -> Result<(), StorageError> {
    let rows = mails.iter().flat_map(|mail| {
        (0..)
            .zip(files)
            .map(|(position, file)| mail_file::ActiveModel {
                id: Set(new_id()),
                mail_id: Set(mail.0),
                position: Set(position),
                name: Set(file.name.clone()),
                media_type: Set(file.media_type.clone()),
                attachment_id: Set(file.attachment_id.0),
            })
    });
    insert_all(tx, rows.collect()).await
}

/// The files of these mails, each mail's in its order; mails without files are left out.
///
/// # Errors
/// [`StorageError`].
pub async fn of_mails(
    db: &impl ConnectionTrait,
    mails: &[MailId],
) -> Result<HashMap<MailId, Vec<MailFile>>, StorageError> {
    let mut found: HashMap<MailId, Vec<MailFile>> = HashMap::new();
    for chunk in mails.chunks(CHUNK) {
        let rows = mail_file::Entity::find()
            .filter(mail_file::Column::MailId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(mail_file::Column::MailId)
            .order_by_asc(mail_file::Column::Position)
            .all(db)
            .await?;
        for row in rows {
            found
                .entry(MailId(row.mail_id))
                .or_default()
                .push(MailFile {
                    attachment_id: AttachmentId(row.attachment_id),
                    name: row.name,
                    media_type: row.media_type,
                });
        }
    }
    Ok(found)
}

/// Queues a mail that tells its address something known by `key`; `false` where the address was told it before.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_once(tx: &WriteTx, new: &StoredMail, key: &str) -> Result<bool, StorageError> {
    let row = mail::ActiveModel {
        once_key: Set(Some(format!("{key}|{}", new.address))),
        ..row_of(new)
    };
    let inserted = insert_absent(tx, row, vec![mail::Column::OnceKey]).await?;
    if inserted {
        tx.note(Resource::Mails, new.id.0);
        tx.queues_mails();
    }
    Ok(inserted)
}
