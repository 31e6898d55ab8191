//! A file being written: it exists under a temporary name beside its place, and takes its place whole, or is removed.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags};
use sha2::{Digest, Sha256};

use super::folder_store::Place;
use super::key::FileKey;
use super::store::Stored;

/// What a half-written file's name has behind its key.
pub(super) const DRAFT_SUFFIX: &str = ".part";

/// A half-written file. Dropping it removes the file, until [`keep`](Finished::keep) is called on what it became.
#[derive(Debug)]
pub(super) struct Draft {
    file: File,
    remains: Remains,
    key: FileKey,
    hash: Sha256,
    size: u64,
}

/// A file in its place that is removed again unless somebody takes note of it.
#[derive(Debug)]
pub(super) struct Finished {
    stored: Stored,
    remains: Remains,
}

/// A name in a folder, removed when this is dropped.
#[derive(Debug)]
struct Remains {
    folder: OwnedFd,
    name: Option<String>,
}

impl Draft {
    /// An empty draft beside the place of a new key; only this process's user can read it.
    pub(super) fn new(place: Place) -> io::Result<Draft> {
        let name = format!("{}{DRAFT_SUFFIX}", place.name());
        let file = rustix::fs::openat(
            &place.folder,
            &name,
            // EXCL refuses whatever has the name already, links included.
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC,
            Mode::RUSR | Mode::WUSR,
        )?;
        Ok(Draft {
            file: File::from(file),
            key: place.key,
            remains: Remains {
                folder: place.folder,
                name: Some(name),
            },
            hash: Sha256::new(),
            size: 0,
        })
    }

    /// Adds `bytes`; how many there may be is for the caller to say.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.size = self.size.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// Waits until the bytes are on the disk, gives the file its name, and waits until that is on the disk as well.
    pub(super) fn finish(mut self) -> io::Result<Finished> {
        self.file.sync_all()?;
        let name = self.key.to_string();
        self.remains.rename(name)?;
        rustix::fs::fsync(&self.remains.folder)?;
        Ok(Finished {
            stored: Stored {
                key: self.key,
                sha256: self.hash.finalize().into(),
                size: self.size,
            },
            remains: self.remains,
        })
    }
}

impl Finished {
    /// What was stored; from here on it stays.
    pub(super) fn keep(mut self) -> Stored {
        self.remains.name = None;
        self.stored
    }
}

impl Remains {
    fn rename(&mut self, to: String) -> io::Result<()> {
        if let Some(from) = &self.name {
            rustix::fs::renameat(&self.folder, from, &self.folder, &to)?;
        }
        self.name = Some(to);
        Ok(())
    }
}

impl Drop for Remains {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // What cannot be removed now is found by the next sweep.
            let _ = rustix::fs::unlinkat(&self.folder, name, AtFlags::empty());
        }
    }
}
