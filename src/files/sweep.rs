//! Cleaning up the folder of a store: files whose record was never committed, and files whose writer was killed. What
//! the store did not make is counted and left alone.

use std::collections::HashSet;
use std::io;
use std::os::fd::OwnedFd;

use chrono::{DateTime, Utc};
use rustix::fs::{AtFlags, Dir, FileType};
use rustix::io::Errno;

use super::draft::DRAFT_SUFFIX;
use super::folder_store::{is_displaced, open_folder_in};
use super::key::FileKey;
use super::owner::OWNER;
use super::store::Swept;

/// What a name in a folder of the store stands for.
enum Named {
    File(FileKey),
    Draft,
    Stranger,
}

/// Removes from `root` what is not in `known`, and drafts, where last written before `before`.
pub(super) fn sweep_folder(
    root: &OwnedFd,
    known: &HashSet<FileKey>,
    before: DateTime<Utc>,
) -> io::Result<Swept> {
    let mut swept = Swept {
        lost: known.len() as u64,
        ..Swept::default()
    };
    for name in names_in(root)? {
        if name == OWNER {
            continue;
        }
        if !is_shard(&name) {
            swept.strangers += 1;
            continue;
        }
        match open_folder_in(root, &name) {
            Ok(folder) => sweep_shard(&folder, known, before, &mut swept)?,
            // A link, or a file, where a folder should be.
            Err(error) if is_displaced(&error) => swept.strangers += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(swept)
}

fn sweep_shard(
    folder: &OwnedFd,
    known: &HashSet<FileKey>,
    before: DateTime<Utc>,
    swept: &mut Swept,
) -> io::Result<()> {
    for name in names_in(folder)? {
        let named = named(&name);
        let stat = match rustix::fs::statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            // Somebody else has finished or removed it meanwhile.
            Err(Errno::NOENT) => continue,
            Err(error) => return Err(error.into()),
        };
        let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        let is_old = DateTime::from_timestamp(stat.st_mtime, 0).is_some_and(|at| at < before);
        let removed = match named {
            Named::Stranger => {
                swept.strangers += 1;
                continue;
            }
            Named::File(_) | Named::Draft if !is_file => {
                swept.strangers += 1;
                continue;
            }
            Named::File(key) if known.contains(&key) => {
                swept.lost = swept.lost.saturating_sub(1);
                continue;
            }
            Named::File(_) | Named::Draft if !is_old => continue,
            Named::File(_) => &mut swept.files,
            Named::Draft => &mut swept.drafts,
        };
        match rustix::fs::unlinkat(folder, &name, AtFlags::empty()) {
            Ok(()) => {
                *removed += 1;
                swept.bytes += u64::try_from(stat.st_size).unwrap_or_default();
            }
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The names in a folder; one that is no UTF-8 is made legible, and so is none of ours.
fn names_in(folder: &OwnedFd) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy();
        if name != "." && name != ".." {
            names.push(name.into_owned());
        }
    }
    Ok(names)
}

fn is_shard(name: &str) -> bool {
    name.len() == 2
        && name
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn named(name: &str) -> Named {
    match (FileKey::of_text(name), name.strip_suffix(DRAFT_SUFFIX)) {
        (Some(key), _) => Named::File(key),
        (None, Some(key)) if FileKey::of_text(key).is_some() => Named::Draft,
        (None, _) => Named::Stranger,
    }
}
