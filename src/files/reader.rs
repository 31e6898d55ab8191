//! Handing out the bytes of a stored file: exactly as many as were stored, or an error.

use std::fs::File;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};

use super::key::FileKey;
use super::store::{Difference, FileStoreError, Stored};

/// Reads a stored file from its start. A file that grows while it is read ends at its stored length; one that shrinks
/// gives [`io::ErrorKind::UnexpectedEof`], so that a download never looks whole when it is not.
#[derive(Debug)]
pub struct FileReader {
    file: tokio::fs::File,
    key: FileKey,
    size: u64,
    left: u64,
}

impl FileReader {
    pub(super) fn new(file: File, stored: Stored) -> FileReader {
        FileReader {
            file: tokio::fs::File::from_std(file),
            key: stored.key,
            size: stored.size,
            left: stored.size,
        }
    }

    /// The stored length in bytes: the `Content-Length` of a download.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// All bytes that were not read yet. They are held in memory: the caller knows how large the file may be.
    ///
    /// # Errors
    /// [`FileStoreError::Damaged`] for a file that shrank meanwhile; [`FileStoreError::Unavailable`].
    pub async fn bytes(mut self) -> Result<Vec<u8>, FileStoreError> {
        let mut bytes = Vec::new();
        match self.read_to_end(&mut bytes).await {
            Ok(_) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(FileStoreError::Damaged {
                    key: self.key,
                    difference: Difference::Length {
                        recorded: self.size,
                        found: self.size - self.left,
                    },
                })
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl AsyncRead for FileReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 || buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let room = usize::try_from(self.left).unwrap_or(usize::MAX);
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(room.min(buffer.remaining())));
        match Pin::new(&mut self.file).poll_read(context, &mut part) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(read) => read?,
        }
        let read = part.filled().len();
        if read == 0 {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        buffer.advance(read);
        self.left = self.left.saturating_sub(read as u64);
        Poll::Ready(Ok(()))
    }
}
