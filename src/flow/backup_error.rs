//! Why a backup could not be made or restored.

use crate::files::backup_archive::BackupFault;
use crate::files::store::FileStoreError;
use crate::flow::FlowError;
use crate::storage::StorageError;
use std::io;
use std::path::{Path, PathBuf};

/// Why a backup could not be made or restored. Nothing that was there before has changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The backup's file cannot be read as one, or not be written.
    #[error("备份文件“{}”：{fault}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: BackupFault,
    },
    /// The database of a backup cannot be used.
    #[error("备份文件“{}”中的数据库不能用：{reason}。请换一份备份", .file.display())]
    Unsound {
        /// The backup's file.
        file: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Files cannot be made or moved where they are to be.
    #[error("“{}”无法读写（{source}）。请检查路径、权限和磁盘空间", .place.display())]
    Place {
        /// Where.
        place: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The store of attached files.
    #[error(transparent)]
    Files(#[from] FileStoreError),
    /// What goes with it.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// It cannot be done as things are; says why and what to do.
    #[error("{0}")]
    Refused(String),
}

impl BackupError {
    pub(super) fn place(place: &Path) -> impl Fn(io::Error) -> Self {
        let place = place.to_owned();
        move |source| Self::Place {
            place: place.clone(),
            source,
        }
    }
}
