//! Files in a folder: `<last two digits of the key>/<key>`. Links below the folder are never followed; the folder itself
//! may be one, if the operator has set it up so. Half-written files are in `draft`, cleaning up is in `sweep`.

use std::collections::HashSet;
use std::fmt;
use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Seek as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _};
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::draft::{Draft, Finished};
use super::key::FileKey;
use super::reader::FileReader;
use super::store::{Difference, FileStoreError, Stored, Swept, Verify};
use super::sweep;

/// Bytes gathered from a stream before they are written.
const WRITE_BYTES: usize = 256 * 1024;

/// A folder that keeps files; clones share it. Several processes may use one folder.
#[derive(Debug, Clone)]
pub struct FolderStore {
    root: Arc<PathBuf>,
}

/// Where one file lies.
#[derive(Debug)]
pub(super) struct Place {
    /// The open folder that it lies in.
    pub(super) folder: OwnedFd,
    /// Its key.
    pub(super) key: FileKey,
}

impl Place {
    /// Its name in that folder.
    pub(super) fn name(&self) -> String {
        self.key.to_string()
    }
}

impl FolderStore {
    /// The store in `root`, which is made, with its parents, for this user alone where it does not exist. The rights of
    /// a folder that exists are the operator's and stay as they are.
    ///
    /// # Errors
    /// [`FileStoreError::Unavailable`] or [`FileStoreError::Displaced`] where it cannot be made or opened.
    pub fn open_folder(root: &Path) -> Result<FolderStore, FileStoreError> {
        DirBuilder::new().recursive(true).mode(0o700).create(root)?;
        let store = FolderStore {
            root: Arc::new(root.to_owned()),
        };
        store.root_folder()?;
        Ok(store)
    }

    pub(super) async fn put(&self, bytes: Vec<u8>, limit: u64) -> Result<Stored, FileStoreError> {
        if bytes.len() as u64 > limit {
            return Err(FileStoreError::TooLarge { limit });
        }
        let store = self.clone();
        let finished = on_disk(move || {
            let mut draft = Draft::new(store.new_place()?)?;
            draft.write(&bytes)?;
            Ok(draft.finish()?)
        });
        finished.await.map(Finished::keep)
    }

    pub(super) async fn put_stream<S, B, E>(
        &self,
        stream: S,
        limit: u64,
    ) -> Result<Stored, FileStoreError>
    where
        S: Stream<Item = Result<B, E>>,
        B: AsRef<[u8]>,
        E: fmt::Display,
    {
        let mut stream = pin!(stream);
        let store = self.clone();
        let mut draft = on_disk(move || Ok(Draft::new(store.new_place()?)?)).await?;
        let mut size: u64 = 0;
        let mut gathered = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| FileStoreError::Interrupted {
                reason: error.to_string(),
            })?;
            let chunk = chunk.as_ref();
            // Before the chunk is copied: it may be of any length.
            size = size.saturating_add(chunk.len() as u64);
            if size > limit {
                return Err(FileStoreError::TooLarge { limit });
            }
            gathered.extend_from_slice(chunk);
            if gathered.len() >= WRITE_BYTES {
                (draft, gathered) = on_disk(move || {
                    draft.write(&gathered)?;
                    gathered.clear();
                    Ok((draft, gathered))
                })
                .await?;
            }
        }
        let finished = on_disk(move || {
            draft.write(&gathered)?;
            Ok(draft.finish()?)
        });
        finished.await.map(Finished::keep)
    }

    pub(super) async fn open(
        &self,
        stored: Stored,
        verify: Verify,
    ) -> Result<FileReader, FileStoreError> {
        let store = self.clone();
        let file = on_disk(move || store.verified_file(stored, verify)).await?;
        Ok(FileReader::new(file, stored))
    }

    pub(super) async fn remove(&self, key: FileKey) -> Result<(), FileStoreError> {
        let store = self.clone();
        on_disk(move || {
            let Some(place) = absent(store.place(key))? else {
                return Ok(());
            };
            // Takes a link away itself, never what it leads to.
            let removed = rustix::fs::unlinkat(&place.folder, place.name(), AtFlags::empty());
            absent(removed.map_err(io::Error::from))?;
            Ok(())
        })
        .await
    }

    pub(super) async fn sweep(
        &self,
        known: HashSet<FileKey>,
        before: DateTime<Utc>,
    ) -> Result<Swept, FileStoreError> {
        let store = self.clone();
        on_disk(move || Ok(sweep::sweep_folder(&store.root_folder()?, &known, before)?)).await
    }

    pub(super) async fn claim(&self, owner: String) -> Result<bool, FileStoreError> {
        let store = self.clone();
        on_disk(move || Ok(super::owner::claim(&store.root_folder()?, &owner)?)).await
    }

    pub(super) async fn hand_over(&self, from: String, to: String) -> Result<(), FileStoreError> {
        let store = self.clone();
        on_disk(move || Ok(super::owner::hand_over(&store.root_folder()?, &from, &to)?)).await
    }

    /// The file of `stored`, at its start, found to be what was stored.
    fn verified_file(&self, stored: Stored, verify: Verify) -> Result<File, FileStoreError> {
        let key = stored.key;
        let damaged = |difference| FileStoreError::Damaged { key, difference };
        let opened = self.place(key).and_then(|place| open_file(&place));
        let mut file = absent(opened)?.ok_or(FileStoreError::NotFound { key })?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(FileStoreError::Displaced(io::Error::other(
                "not a regular file",
            )));
        }
        if metadata.len() != stored.size {
            return Err(damaged(Difference::Length {
                recorded: stored.size,
                found: metadata.len(),
            }));
        }
        match verify {
            Verify::Length => {}
            Verify::Checksum => {
                if sha256(&mut file)? != stored.sha256 {
                    return Err(damaged(Difference::Checksum));
                }
                file.rewind()?;
            }
        }
        Ok(file)
    }

    /// The folder itself; a link to it is followed.
    fn root_folder(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(rustix::fs::open(&*self.root, flags, Mode::empty())?)
    }

    /// The place of a key that may have a file.
    fn place(&self, key: FileKey) -> io::Result<Place> {
        let folder = open_folder_in(&self.root_folder()?, &shard(key))?;
        Ok(Place { folder, key })
    }

    /// A place for a new file; its folder is made where it is the first.
    fn new_place(&self) -> io::Result<Place> {
        let key = FileKey::new();
        let root = self.root_folder()?;
        let shard = shard(key);
        match rustix::fs::mkdirat(&root, &shard, Mode::RWXU) {
            // A file is only as safe as the folder that it lies in.
            Ok(()) => rustix::fs::fsync(&root)?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let folder = open_folder_in(&root, &shard)?;
        Ok(Place { folder, key })
    }
}

/// The name of the folder for `key`: its last two digits, which are random in UUIDv7 (RFC 9562 §5.7).
pub(super) fn shard(key: FileKey) -> String {
    format!("{:02x}", key.uuid().as_u128() & 0xFF)
}

/// The folder `name` in `folder`.
///
/// # Errors
/// One that [`is_displaced`] for a link or a file of that name.
pub(super) fn open_folder_in(folder: &OwnedFd, name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(folder, name, flags, Mode::empty())?)
}

/// Whether an error says that something else, such as a link, stands where a file or a folder should be: the answer to
/// `O_NOFOLLOW` and `O_DIRECTORY`.
pub(super) fn is_displaced(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    // FreeBSD says MLINK to a link.
    matches!(
        errno,
        Some(Errno::LOOP | Errno::MLINK | Errno::NOTDIR | Errno::ISDIR)
    )
}

fn open_file(place: &Place) -> io::Result<File> {
    // Without NONBLOCK, opening a named pipe would wait for a writer; files do not mind it.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&place.folder, place.name(), flags, Mode::empty())?;
    Ok(File::from(file))
}

/// `None` for what does not exist.
fn absent<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn sha256(file: &mut File) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; WRITE_BYTES];
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(buffer.get(..read).unwrap_or_default());
    }
}

/// What `work` gives, done where waiting for a disk holds up nobody.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileStoreError> + Send + 'static,
) -> Result<T, FileStoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(FileStoreError::Unavailable(io::Error::other(error))))
}
