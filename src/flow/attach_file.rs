//! Attaching a file, and handing it out again. The bytes are stored before the record is written: a record always has its
//! bytes; bytes without a record are of no harm.

use crate::domain::draw::hex;
use crate::domain::ids::{AttachmentId, UnitId};
use crate::domain::resource::Resource;
use crate::files::check::check_file;
use crate::files::key::FileKey;
use crate::files::kind::FileKind;
use crate::files::name::shown_name;
use crate::files::store::{FileStoreError, Stored};
use crate::flow::manage_users::refuse_stale;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::attachments::StoredAttachment;
use crate::storage::audit_events::AuditEntry;
use crate::storage::{WriteTx, attachments, marks, new_id};
use serde_json::json;

/// The largest file that may be attached, in bytes.
pub const LARGEST_FILE: usize = 20 << 20;

/// A file as it was sent.
#[derive(Debug)]
pub struct NewFile {
    /// Its name as given.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// The unit it is to belong to; none for the bureau's.
    pub unit_id: Option<UnitId>,
}

/// Attaches a file.
///
/// # Errors
/// [`FlowError::Refused`] for a file that is not taken in; [`FlowError::Files`] where it cannot be kept.
pub async fn attach_file(ctx: &Ctx, new: NewFile) -> Result<StoredAttachment, FlowError> {
    let attachment = store_file(ctx, new).await?;
    let recorded = record(ctx, &attachment).await;
    if recorded.is_err() {
        forget_file(ctx, &attachment).await;
    }
    recorded?;
    Ok(attachment)
}

/// Stores the bytes of a file; its record is for the caller to write, in a transaction of their own.
///
/// # Errors
/// As [`attach_file`].
pub(super) async fn store_file(ctx: &Ctx, new: NewFile) -> Result<StoredAttachment, FlowError> {
    let NewFile {
        name,
        bytes,
        unit_id,
    } = new;
    let (kind, name, bytes) = checked(name, bytes).await?;
    let store = ctx.files()?;
    let stored = match store.put(bytes, LARGEST_FILE as u64).await {
        Ok(stored) => stored,
        Err(error @ FileStoreError::TooLarge { .. }) => return Err(refused(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    Ok(StoredAttachment {
        id: AttachmentId(new_id()),
        store_key: stored.key.uuid(),
        name,
        kind: kind.as_str().to_owned(),
        size_bytes: stored.size,
        sha256: hex(&stored.sha256),
        unit_id,
        uploaded_by: ctx.actor.name().to_owned(),
        uploaded_at: ctx.now().at,
    })
}

/// Removes the bytes of a file whose record was not written.
pub(super) async fn forget_file(ctx: &Ctx, attachment: &StoredAttachment) {
    forget_bytes(ctx, FileKey::from_uuid(attachment.store_key)).await;
}

/// Removes bytes that no record needs. Where they cannot be removed now, the next sweep takes them.
pub(super) async fn forget_bytes(ctx: &Ctx, key: FileKey) {
    let removed: Result<(), FlowError> = match ctx.files() {
        Ok(store) => store.remove(key).await.map_err(FlowError::from),
        Err(error) => Err(error),
    };
    if let Err(error) = removed {
        tracing::warn!(%error, "A file without a record could not be removed");
    }
}

/// Recognising a file reads it whole; that holds up nobody here.
async fn checked(name: String, bytes: Vec<u8>) -> Result<(FileKind, String, Vec<u8>), FlowError> {
    let checking = tokio::task::spawn_blocking(move || {
        let kind = check_file(&name, &bytes).map_err(|error| refused(error.to_string()))?;
        Ok((kind, shown_name(&name), bytes))
    });
    match checking.await {
        Ok(checked) => checked,
        Err(error) => Err(FlowError::Interrupted(error.to_string())),
    }
}

async fn record(ctx: &Ctx, attachment: &StoredAttachment) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    find_room(ctx, &tx, attachment).await?;
    record_file(&tx, attachment).await?;
    Ok(tx.commit().await?)
}

/// Writes the record of a file whose bytes are stored.
///
/// # Errors
/// [`FlowError::Storage`].
pub(super) async fn record_file(
    tx: &WriteTx,
    attachment: &StoredAttachment,
) -> Result<(), FlowError> {
    attachments::insert(tx, attachment).await?;
    let row = attachment.id.0;
    let entry = AuditEntry::done("attach_file", Resource::Attachments, row, &attachment.name);
    tx.audit(entry.after(json!({
        "kind": attachment.kind,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
        "unit_id": attachment.unit_id,
    })));
    Ok(())
}

/// Refuses a file for which there is no room. Two files that come at once do not both get the last of it.
///
/// # Errors
/// [`RefusalCode::QuotaExceeded`].
pub(super) async fn find_room(
    ctx: &Ctx,
    tx: &WriteTx,
    new: &StoredAttachment,
) -> Result<(), FlowError> {
    let room = ctx.settings.file_room;
    if !room.is_limited() {
        return Ok(());
    }
    marks::hold_file_room(tx, ctx.now().at).await?;
    let of_unit = match new.unit_id {
        Some(unit) => Some(attachments::bytes_used(tx, Some(unit)).await?),
        None => None,
    };
    let of_all = attachments::bytes_used(tx, None).await?;
    room.check(new.size_bytes, of_unit, of_all).map_err(|full| {
        FlowError::refused_field(RefusalCode::QuotaExceeded, "file", full.to_string())
    })
}

/// Takes an attached file away that nothing refers to: its record, then its bytes.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such file, it has changed since, or it is evidence or a template.
pub async fn remove_file(ctx: &Ctx, id: AttachmentId, seen: Option<i64>) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let file = attachments::hold(&tx, &[id]).await?.pop();
    let file = file.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的附件"))
    })?;
    refuse_stale(&tx, id.0, seen).await?;
    if attachments::is_in_use(&tx, id).await? {
        return Err(FlowError::refused(
            RefusalCode::InUse,
            format!(
                "附件“{}”已用作佐证材料或任务模板，须保留，不能删除",
                file.name
            ),
        ));
    }
    attachments::remove(&tx, id).await?;
    let entry = AuditEntry::done("remove_file", Resource::Attachments, id.0, &file.name);
    tx.audit(entry.before(json!({
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "unit_id": file.unit_id,
    })));
    tx.commit().await?;
    forget_file(ctx, &file).await;
    Ok(())
}

/// The bytes of an attached file, found to be those that were attached.
///
/// # Errors
/// [`FlowError::Refused`] where they are gone or others; [`FlowError::Files`].
pub async fn read_file(ctx: &Ctx, attachment: &StoredAttachment) -> Result<Vec<u8>, FlowError> {
    let lost = |error: FileStoreError| match error {
        FileStoreError::NotFound { .. } | FileStoreError::Damaged { .. } => {
            tracing::error!(%error, "An attached file is lost");
            FlowError::refused(RefusalCode::FileLost, error.to_string())
        }
        other => other.into(),
    };
    let key = FileKey::from_uuid(attachment.store_key);
    let Some(sha256) = digest_of(&attachment.sha256) else {
        return Err(lost(FileStoreError::NotFound { key }));
    };
    let stored = Stored {
        key,
        sha256,
        size: attachment.size_bytes,
    };
    ctx.files()?.read(&stored).await.map_err(lost)
}

fn refused(text: String) -> FlowError {
    FlowError::refused_field(RefusalCode::UnreadableFile, "file", text)
}

/// The digest that is written so in hexadecimal.
pub(super) fn digest_of(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(digest)
}
