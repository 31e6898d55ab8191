//! A file that was sent → what it says, read where it can do no harm.

use crate::cage::ReadFailure;
use crate::documents::reading::{Readable, Unreadable};
use crate::flow::{Ctx, FlowError, RefusalCode};
use bytes::Bytes;

impl Ctx {
    /// Reads a file; `name` has its extension. `refusal` says how an unreadable one is refused.
    ///
    /// # Errors
    /// The refusal; or [`FlowError::Busy`].
    pub async fn read<T: Readable>(
        &self,
        name: &str,
        bytes: Bytes,
        refusal: impl FnOnce(Unreadable) -> FlowError,
    ) -> Result<T, FlowError> {
        let read = self.reader.read(name, bytes).await;
        read.map_err(|failure| match failure {
            ReadFailure::Unreadable(unreadable) => refusal(unreadable),
            ReadFailure::Busy(text) => FlowError::Busy(text),
        })
    }
}

/// Refuses the file of a field, in these words.
pub(super) fn unreadable_file(text: impl Into<String>) -> FlowError {
    FlowError::refused_field(RefusalCode::UnreadableFile, "file", text)
}
