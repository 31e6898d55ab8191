//! Files that a form's sender chose once and goes on with in a next step: their bytes are stored without a record, and so go
//! after a day (see [`sweep_files`](super::sweep_files)). Who holds the ticket has had the file: it tells its checksum.

use crate::domain::draw::hex;
use crate::files::key::FileKey;
use crate::files::store::{FileStoreError, Stored};
use crate::flow::attach_file::{digest_of, forget_bytes};
use crate::flow::{Ctx, FlowError};

/// Stores a file of at most `limit` bytes; the ticket under which it is given back.
///
/// # Errors
/// [`FlowError::Files`].
pub async fn hold_upload(ctx: &Ctx, bytes: Vec<u8>, limit: u64) -> Result<String, FlowError> {
    let stored = ctx.files()?.put(bytes, limit).await?;
    Ok(ticket_of(&stored))
}

/// The file of a ticket; `None` where that is none, or the file has gone.
///
/// # Errors
/// [`FlowError::Files`].
pub async fn held_upload(ctx: &Ctx, ticket: &str) -> Result<Option<Vec<u8>>, FlowError> {
    let Some(stored) = stored_of(ticket) else {
        return Ok(None);
    };
    match ctx.files()?.read(&stored).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(FileStoreError::NotFound { .. } | FileStoreError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Removes the file of a ticket that is used up.
pub async fn let_go(ctx: &Ctx, ticket: &str) {
    if let Some(stored) = stored_of(ticket) {
        forget_bytes(ctx, stored.key).await;
    }
}

fn ticket_of(stored: &Stored) -> String {
    format!("{}.{}.{}", stored.key, stored.size, hex(&stored.sha256))
}

fn stored_of(ticket: &str) -> Option<Stored> {
    let mut parts = ticket.split('.');
    let stored = Stored {
        key: FileKey::of_text(parts.next()?)?,
        size: parts.next()?.parse().ok()?,
        sha256: digest_of(parts.next()?)?,
    };
    parts.next().is_none().then_some(stored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_ticket_names_its_file() {
        let stored = Stored {
            key: FileKey::from_uuid(Uuid::from_u128(7)),
            sha256: [9; 32],
            size: 120,
        };
        let ticket = ticket_of(&stored);
        assert_eq!(stored_of(&ticket), Some(stored));
        for wrong in ["", "..", &ticket[1..], &format!("{ticket}."), &ticket[..60]] {
            assert_eq!(stored_of(wrong), None, "{wrong}");
        }
    }
}
