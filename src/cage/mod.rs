//! Files from outside are read in a process of their own (the cage), which has bounds of memory, time and output and can
//! reach nothing: whatever a file does to its reader, the service goes on. The readers themselves are in `documents`.
//!
//! The cage is this same program, started again with the one argument pair [`inside::COMMAND`] and a kind of file: the
//! file on its standard input, the answer on its standard output.

pub mod inside;
mod outside;
mod wire;

use crate::documents::reading::{ReadKind, Readable, Unreadable};
use bytes::Bytes;
use outside::Escape;
pub use outside::{CageBounds, Cages};
use std::path::PathBuf;
use std::sync::Arc;

/// How files are read.
#[derive(Debug, Clone, Default)]
pub enum Reader {
    /// In this process, beside the threads that answer requests: where the program is not there to be started again.
    #[default]
    InProcess,
    /// In a cage.
    Caged(Arc<Cages>),
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadFailure {
    /// The file is why.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It is not the file: says to try again.
    #[error("{0}")]
    Busy(&'static str),
}

/// Reading could not begin, or was cut off by us.
const NO_READING: ReadFailure = ReadFailure::Busy("系统暂时不能读取文件，请稍后再试");

impl Reader {
    /// Reads in cages, with the usual bounds.
    pub fn caged() -> Self {
        Self::Caged(Arc::new(Cages::of(own_program(), CageBounds::default())))
    }

    /// Reads a file; `name` has its extension.
    ///
    /// # Errors
    /// [`ReadFailure`].
    pub async fn read<T: Readable>(&self, name: &str, bytes: Bytes) -> Result<T, ReadFailure> {
        let cages = match self {
            Self::Caged(cages) => cages,
            Self::InProcess => {
                let name = name.to_owned();
                let reading = tokio::task::spawn_blocking(move || T::read(&name, &bytes));
                let read = reading.await.map_err(|error| cut_off(&error.to_string()))?;
                return Ok(read?);
            }
        };
        let answer = cages.read(T::KIND, name, bytes).await;
        let answer = answer.map_err(|escape| failure(T::KIND, &escape))?;
        // A large answer takes its time, too.
        let taking =
            tokio::task::spawn_blocking(move || serde_json::from_slice::<wire::Answer<T>>(&answer));
        let taken = taking.await.map_err(|error| cut_off(&error.to_string()))?;
        Ok(taken.map_err(|error| cut_off(&error.to_string()))??)
    }
}

/// This program as it was started, even where its file has been replaced meanwhile.
fn own_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    match running.exists() {
        true => running,
        false => std::env::current_exe().unwrap_or(running),
    }
}

fn cut_off(cause: &str) -> ReadFailure {
    tracing::error!(cause, "Reading a file was cut off");
    NO_READING
}

/// What is told of a file that its cage did not answer for.
fn failure(kind: ReadKind, escape: &Escape) -> ReadFailure {
    let unreadable = |text: &str| ReadFailure::Unreadable(Unreadable::whole(text));
    let kind = kind.as_str();
    match escape {
        Escape::NoRoom => ReadFailure::Busy("现在导入文件的人较多，请过几秒再试一次"),
        Escape::NotStarted(cause) => {
            tracing::error!(kind, cause, "A cage for a file could not be started");
            NO_READING
        }
        Escape::Time => {
            // A file that is too much for its reader runs out of processor time first.
            tracing::warn!(kind, "A file was not read in time: the machine is busy");
            ReadFailure::Busy("系统现在较忙，没有来得及读完文件，请过几分钟再试")
        }
        Escape::Output => {
            tracing::warn!(kind, "A file held more than its reader may tell");
            unreadable("文件内容太多：请拆成几个文件后再上传")
        }
        Escape::Killed(signal) => {
            tracing::warn!(kind, signal, "A file's reader went past its bounds");
            unreadable(
                "文件太复杂，读取它需要的内存或时间超出了上限：请删去图片、批注、空白的行和列，或拆成几个文件后再上传",
            )
        }
        Escape::Failed(code) => {
            tracing::error!(kind, code, "A file's reader failed");
            unreadable("文件读不出来：请用 Word、Excel 或 WPS 打开，另存为一个新文件后再上传")
        }
    }
}
