//! The document of a notice as a file: kept when it is issued, and carried by the first mail that tells of it.

use crate::documents::official_docx::official_docx;
use crate::domain::draw::hex;
use crate::domain::ids::{AttachmentId, MailId, ObligationId};
use crate::domain::obligation::ObligationKind;
use crate::domain::stage::Stage;
use crate::files::kind::FileKind;
use crate::flow::attach_file::LARGEST_FILE;
use crate::flow::compose_letters::Told;
use crate::flow::notice_document::{file_title, notice_document};
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::attachments::StoredAttachment;
use crate::storage::mail_files::{self, MailFile};
use crate::storage::notices::StoredNotice;
use crate::storage::reminders::Addressee;
use crate::storage::{WriteTx, attachments, new_id, notices};

/// Keeps the document of a notice that is being issued: bytes first, then their record.
pub(super) async fn keep_document(
    ctx: &Ctx,
    tx: &WriteTx,
    now: Now,
    notice: &StoredNotice,
) -> Result<Option<AttachmentId>, FlowError> {
    let bytes = official_docx(&notice_document(notice))
        .map_err(|error| FlowError::refused(RefusalCode::Unprintable, error.to_string()))?;
    let stored = ctx.files()?.put(bytes, LARGEST_FILE as u64).await?;
    let kind = FileKind::Docx;
    let attachment = StoredAttachment {
        id: AttachmentId(new_id()),
        store_key: stored.key.uuid(),
        name: format!("{}.{}", file_title(notice), kind.extension()),
        kind: kind.as_str().to_owned(),
        size_bytes: stored.size,
        sha256: hex(&stored.sha256),
        unit_id: Some(notice.unit_id),
        uploaded_by: ctx.actor.name().to_owned(),
        uploaded_at: now.at,
    };
    attachments::insert(tx, &attachment).await?;
    Ok(Some(attachment.id))
}

/// Lets a mail carry the documents of the notices that it is the first to tell their unit of.
pub(super) async fn enclose_notices(
    tx: &WriteTx,
    mail: MailId,
    told: &[Told<'_>],
) -> Result<(), FlowError> {
    let first: Vec<ObligationId> = told
        .iter()
        .filter(|one| one.obligation.kind == ObligationKind::Notice)
        .filter(|one| one.stage == Stage::Notice && one.addressee == Addressee::Unit)
        .map(|one| one.obligation.id)
        .collect();
    if first.is_empty() {
        return Ok(());
    }
    let files: Vec<AttachmentId> = notices::files_of(tx, &first)
        .await?
        .into_iter()
        .map(|(_, file)| file)
        .collect();
    let mut files: Vec<MailFile> = attachments::with_ids(tx, &files)
        .await?
        .into_iter()
        .map(|file| MailFile {
            attachment_id: file.id,
            name: file.name,
            media_type: FileKind::Docx.media_type().to_owned(),
        })
        .collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(mail_files::insert(tx, &[mail], &files).await?)
}
