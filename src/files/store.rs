//! Where files are kept, whatever the place: [`FileStore`] is what the rest of the program knows. Which files are known,
//! and to whom they belong, is in the database.

use std::collections::HashSet;
use std::fmt;
use std::io;

use chrono::{DateTime, Utc};
use futures_util::Stream;
use thiserror::Error;

use super::folder_store::{FolderStore, is_displaced};
use super::key::FileKey;
use super::reader::FileReader;

/// A place for files. Another kind of place is another variant.
#[derive(Debug, Clone)]
pub enum FileStore {
    /// A folder of this machine, or one that all instances share.
    Folder(FolderStore),
}

/// What the record of a file has to keep, to find the file again and to see that it is still the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Where it lies.
    pub key: FileKey,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub size: u64,
}

/// How closely a file is compared with its record before it is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// Its length.
    Length,
    /// Its length and its SHA-256, for which it is read once more.
    Checksum,
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files removed that no record knew.
    pub files: u64,
    /// Half-written files removed.
    pub drafts: u64,
    /// Bytes of both.
    pub bytes: u64,
    /// Things left alone that the store did not make: links, folders, files of other names.
    pub strangers: u64,
    /// Records whose file is not there.
    pub lost: u64,
}

/// Why a file could not be kept, found or removed. The messages are for the person at the page; the details, in the
/// sources and in `Debug`, are for the log.
#[derive(Debug, Error)]
pub enum FileStoreError {
    /// More bytes than allowed. Nothing is stored.
    #[error("文件太大：最多 {}。请压缩图片或拆成几个文件后再上传", shown_size(*.limit))]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
    },
    /// The sender broke off. Nothing is stored.
    #[error("文件没有传完整，未保存：请检查网络后重新上传")]
    Interrupted {
        /// What the sender's side reported.
        reason: String,
    },
    /// No room, or a quota is used up. Nothing is stored.
    #[error("服务器的存储空间已满，文件未保存：请联系系统管理员清理空间后再上传")]
    DiskFull(#[source] io::Error),
    /// There is no such file: it was removed, or a backup was restored without its files.
    #[error("文件（编号 {key}）已不在服务器上：请联系系统管理员从备份恢复，或请上传人重新上传")]
    NotFound {
        /// The key asked for.
        key: FileKey,
    },
    /// The file is not what was stored.
    #[error("文件（编号 {key}）已损坏，不能下载：请联系系统管理员从备份恢复，或请上传人重新上传")]
    Damaged {
        /// The key asked for.
        key: FileKey,
        /// What differs.
        difference: Difference,
    },
    /// Where a file or folder of the store should be is something else, such as a link. It was not followed.
    #[error("文件的存放位置异常，已停止读写：请联系系统管理员检查存放文件的文件夹")]
    Displaced(#[source] io::Error),
    /// The folder cannot be used: rights, hardware, network drive.
    #[error("暂时不能读写文件：请稍后再试；如仍然不行，请联系系统管理员")]
    Unavailable(#[source] io::Error),
}

/// How a file differs from its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// It has another length.
    Length {
        /// Bytes, by the record.
        recorded: u64,
        /// Bytes there are.
        found: u64,
    },
    /// It has other bytes.
    Checksum,
}

impl FileStore {
    /// Keeps `bytes` under a new key. When this returns, the file is on the disk and survives a power failure. If the
    /// future is dropped before, nothing stays.
    ///
    /// # Errors
    /// [`FileStoreError::TooLarge`] for more than `limit` bytes; [`FileStoreError::DiskFull`];
    /// [`FileStoreError::Displaced`]; [`FileStoreError::Unavailable`]. None of them leaves anything behind.
    pub async fn put(&self, bytes: Vec<u8>, limit: u64) -> Result<Stored, FileStoreError> {
        match self {
            FileStore::Folder(store) => store.put(bytes, limit).await,
        }
    }

    /// Keeps what `stream` gives, as [`put`](FileStore::put) does; in memory is never more than one chunk and 256 KiB.
    /// How long the sender may take is for the caller to limit.
    ///
    /// # Errors
    /// Those of [`put`](FileStore::put), at the first chunk that goes past `limit`; and
    /// [`FileStoreError::Interrupted`] when the stream gives an error.
    pub async fn put_stream<S, B, E>(&self, stream: S, limit: u64) -> Result<Stored, FileStoreError>
    where
        S: Stream<Item = Result<B, E>>,
        B: AsRef<[u8]>,
        E: fmt::Display,
    {
        match self {
            FileStore::Folder(store) => store.put_stream(stream, limit).await,
        }
    }

    /// A reader of the file, at its start, after comparing it with its record.
    ///
    /// # Errors
    /// [`FileStoreError::NotFound`], [`FileStoreError::Damaged`], [`FileStoreError::Displaced`],
    /// [`FileStoreError::Unavailable`].
    pub async fn open(
        &self,
        stored: &Stored,
        verify: Verify,
    ) -> Result<FileReader, FileStoreError> {
        match self {
            FileStore::Folder(store) => store.open(*stored, verify).await,
        }
    }

    /// All bytes of the file, found to be those that were stored. They are held in memory: the caller knows how large the
    /// file may be.
    ///
    /// # Errors
    /// Those of [`open`](FileStore::open).
    pub async fn read(&self, stored: &Stored) -> Result<Vec<u8>, FileStoreError> {
        self.open(stored, Verify::Checksum).await?.bytes().await
    }

    /// Removes the file; one that is not there counts as removed. Readers that are open can read on.
    ///
    /// # Errors
    /// [`FileStoreError::Displaced`], [`FileStoreError::Unavailable`].
    pub async fn remove(&self, key: FileKey) -> Result<(), FileStoreError> {
        match self {
            FileStore::Folder(store) => store.remove(key).await,
        }
    }

    /// Removes files that are not in `known`, and half-written ones, if they were last written before `before`. A file
    /// is stored before its record is committed, so `before` has to lie farther back than any upload takes, by the
    /// machine's real clock; `known` holds the keys of all records and is read after `before` was chosen.
    ///
    /// # Errors
    /// [`FileStoreError::Displaced`], [`FileStoreError::Unavailable`]; what was removed until then stays removed.
    pub async fn sweep(
        &self,
        known: HashSet<FileKey>,
        before: DateTime<Utc>,
    ) -> Result<Swept, FileStoreError> {
        match self {
            FileStore::Folder(store) => store.sweep(known, before).await,
        }
    }
}

impl FileStore {
    /// Makes the store `owner`'s if it is nobody's yet; whether it is theirs. Only the owner's records tell what may be swept.
    ///
    /// # Errors
    /// [`FileStoreError::Displaced`], [`FileStoreError::Unavailable`].
    pub async fn claim(&self, owner: &str) -> Result<bool, FileStoreError> {
        match self {
            FileStore::Folder(store) => store.claim(owner.to_owned()).await,
        }
    }
}

impl FileStore {
    /// Makes the store `to`'s where it is `from`'s: the same records under another name.
    ///
    /// # Errors
    /// [`FileStoreError::Displaced`], [`FileStoreError::Unavailable`].
    pub async fn hand_over(&self, from: &str, to: &str) -> Result<(), FileStoreError> {
        match self {
            FileStore::Folder(store) => store.hand_over(from.to_owned(), to.to_owned()).await,
        }
    }
}

/// A file system's refusal.
impl From<io::Error> for FileStoreError {
    fn from(error: io::Error) -> Self {
        if is_displaced(&error) {
            return FileStoreError::Displaced(error);
        }
        match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => FileStoreError::DiskFull(error),
            _ => FileStoreError::Unavailable(error),
        }
    }
}

/// Bytes as people say them: whole MB, KB or bytes.
fn shown_size(bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = 1024 * KIB;
    match bytes {
        bytes if bytes >= MIB && bytes.is_multiple_of(MIB) => format!("{} MB", bytes / MIB),
        bytes if bytes >= KIB && bytes.is_multiple_of(KIB) => format!("{} KB", bytes / KIB),
        bytes => format!("{bytes} 字节"),
    }
}
