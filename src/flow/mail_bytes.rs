//! The bytes of files that mails carry: read and compared with their record once, however many mails of a run carry them.

use crate::domain::ids::AttachmentId;
use crate::flow::attach_file::read_file;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::mail::outcome::Delivery;
use crate::mail::reason::{Reason, ReasonCode, Stage};
use crate::storage::attachments;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Bytes kept at a time; beyond it what was read is forgotten, and read again when it is needed.
const KEPT: usize = 64 << 20;

/// Why a file cannot be sent now.
#[derive(Debug)]
pub(super) enum FileTrouble {
    /// It is gone, or no longer what it was: a person has to bring it back.
    Lost(String),
    /// It cannot be read now.
    Unavailable(String),
}

impl From<FileTrouble> for Delivery {
    fn from(trouble: FileTrouble) -> Self {
        let reason = |text: &str| {
            let code = ReasonCode::AttachmentUnreadable;
            Reason::new(code, Stage::Body, None, text)
        };
        match trouble {
            FileTrouble::Lost(text) => Self::Failed {
                reason: reason(&text),
            },
            FileTrouble::Unavailable(text) => Self::Deferred {
                reason: reason(&text),
                hint: None,
            },
        }
    }
}

/// What was read in one run of delivery.
#[derive(Debug, Default)]
pub(super) struct MailBytes(Mutex<HashMap<AttachmentId, Arc<Vec<u8>>>>);

impl MailBytes {
    /// The bytes of a file.
    pub(super) async fn of(
        &self,
        ctx: &Ctx,
        id: AttachmentId,
    ) -> Result<Arc<Vec<u8>>, FileTrouble> {
        // Held while reading: whoever else needs the same file waits for it instead of reading it too.
        let mut known = self.0.lock().await;
        if let Some(bytes) = known.get(&id) {
            return Ok(bytes.clone());
        }
        let record = attachments::get(&ctx.db, id).await;
        let record = record.map_err(|error| FileTrouble::Unavailable(error.to_string()))?;
        let record = record.ok_or_else(|| FileTrouble::Lost(format!("没有编号为 {id} 的附件")))?;
        let bytes = read_file(ctx, &record).await.map_err(|error| match error {
            FlowError::Refused(refusal) if refusal.code == RefusalCode::FileLost => {
                FileTrouble::Lost(refusal.text)
            }
            other => FileTrouble::Unavailable(other.to_string()),
        })?;
        let kept: usize = known.values().map(|bytes| bytes.len()).sum();
        if kept + bytes.len() > KEPT {
            known.clear();
        }
        let bytes = Arc::new(bytes);
        known.insert(id, bytes.clone());
        Ok(bytes)
    }
}
