//! Unpacking a backup in one pass: what is written out is what was read, checked on the way.

use std::fs::{DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use super::backup_archive::{BackupFault, BackupReader, Entry, FORMAT};
use super::backup_manifest::{BackupManifest, DATABASE, MANIFEST, key_of};
use super::backup_place::{own_file, sync_all_in};
use super::folder_store::shard;

/// A manifest of millions of files; no more is read into memory.
const LONGEST_MANIFEST: u64 = 1 << 30;

/// Unpacks a backup: its attached files into the new folder `files`, laid out as a store of files, and its database to
/// `database` where one is wanted. `on_bytes` is told how many bytes were read, of how many.
///
/// # Errors
/// [`BackupFault`]; what was unpacked until then must not be used.
pub fn unpack(
    backup: &Path,
    database: Option<&Path>,
    files: &Path,
    on_bytes: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<BackupManifest, BackupFault> {
    let mut reader = BackupReader::open(File::open(backup)?)?;
    DirBuilder::new().mode(0o700).create(files)?;
    let mut found: Vec<Entry> = Vec::new();
    let mut manifest = None;
    while let Some((name, size)) = reader.next_entry()? {
        if manifest.is_some() {
            return Err(BackupFault::damaged(name));
        }
        if name == MANIFEST {
            manifest = Some(read_manifest(&mut reader, size)?);
            continue;
        }
        let place = place_of(&name, database, files)?;
        let sha256 = match place {
            Some(mut file) => reader.copy(size, |bytes| file.write_all(bytes))?,
            None => reader.copy(size, |_| Ok(()))?,
        };
        found.push(Entry { name, size, sha256 });
        let (done, of) = reader.progress();
        on_bytes(done, of);
    }
    let whole = reader.is_whole()?;
    let manifest = manifest.ok_or_else(|| BackupFault::damaged(MANIFEST))?;
    compare(&manifest, &found, whole)?;
    sync_all_in(files)?;
    if let Some(database) = database.filter(|file| file.exists()) {
        File::open(database)?.sync_all()?;
    }
    Ok(manifest)
}

fn read_manifest(reader: &mut BackupReader, size: u64) -> Result<BackupManifest, BackupFault> {
    if size > LONGEST_MANIFEST {
        return Err(BackupFault::damaged(MANIFEST));
    }
    let mut text = Vec::new();
    reader.copy(size, |bytes| {
        text.extend_from_slice(bytes);
        Ok(())
    })?;
    serde_json::from_slice(&text).map_err(|_| BackupFault::damaged(MANIFEST))
}

/// Where an entry is written to; `None` for a database that is not wanted.
fn place_of(
    name: &str,
    database: Option<&Path>,
    files: &Path,
) -> Result<Option<File>, BackupFault> {
    if name == DATABASE {
        return Ok(database.map(own_file).transpose()?);
    }
    // Names are ours or none: nothing that an archive names leads out of the folder.
    let key = key_of(name).ok_or_else(|| BackupFault::damaged(name))?;
    let folder = files.join(shard(key));
    match DirBuilder::new().mode(0o700).create(&folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Some(own_file(&folder.join(key.to_string()))?))
}

/// Compares what was read with what was written.
fn compare(manifest: &BackupManifest, found: &[Entry], whole: bool) -> Result<(), BackupFault> {
    if manifest.format != FORMAT {
        return Err(BackupFault::Format {
            found: manifest.format.to_string(),
        });
    }
    let pairs = manifest.entries.iter().zip(found);
    if let Some((wanted, _)) = pairs.clone().find(|(wanted, found)| wanted != found) {
        return Err(BackupFault::damaged(&wanted.name));
    }
    let longer = manifest
        .entries
        .get(found.len())
        .or(found.get(manifest.entries.len()));
    match (longer, whole) {
        (Some(entry), _) => Err(BackupFault::damaged(&entry.name)),
        (None, false) => Err(BackupFault::damaged(MANIFEST)),
        (None, true) => Ok(()),
    }
}
