//! Backing up while the service works: the database first, as it was at one instant, then the attached files that it
//! records. Files never change, and are removed only after their record: one that is gone when its turn comes was removed
//! since the instant of the copy. The database is copied again then, so that the backup tells of no file that it does not
//! hold; what was copied already stays good.

use crate::files::backup_archive::{BackupWriter, FORMAT};
use crate::files::backup_manifest::{
    BackupManifest, DATABASE, FileTrouble, MANIFEST, Trouble, file_name,
};
use crate::files::backup_place::BackupDraft;
use crate::files::key::FileKey;
use crate::files::store::{FileStore, FileStoreError, Stored, Verify};
use crate::flow::backup_error::BackupError;
use crate::storage::backups::{self, CopyFacts, RecordedFile};
use crate::storage::{Db, copies};
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

/// How often the database is copied because files were removed meanwhile.
const TRIES: u32 = 5;

/// Bytes of an attached file in memory.
const CHUNK: usize = 256 * 1024;

/// What is backed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupScope {
    /// The database and its attached files.
    Whole,
    /// The attached files alone: another tool copies the database.
    FilesAlone,
}

/// What is wanted.
pub struct BackupWanted<'a> {
    /// The database, which need not be of the newest schema; it is not changed.
    pub db: &'a Db,
    /// Its attached files.
    pub files: &'a FileStore,
    /// What of it.
    pub scope: BackupScope,
    /// The backup's file, which must not exist yet.
    pub target: &'a Path,
    /// Now.
    pub at: DateTime<Utc>,
    /// Told how many attached files are done, of how many.
    pub on_file: &'a (dyn Fn(u64, u64) + Sync),
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupMade {
    /// Its file.
    pub file: PathBuf,
    /// How large that is.
    pub bytes: u64,
    /// What it says of itself.
    pub manifest: BackupManifest,
}

/// Makes a backup. Its name appears when it is whole and on the disk.
///
/// # Errors
/// [`BackupError`]; nothing is left behind.
pub async fn make_backup(wanted: BackupWanted<'_>) -> Result<BackupMade, BackupError> {
    let place = BackupError::place(wanted.target);
    let draft = BackupDraft::new(wanted.target).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => BackupError::Refused(format!(
            "“{}”已存在，备份不覆盖已有的文件。请换一个文件名",
            wanted.target.display()
        )),
        _ => place(error),
    })?;
    let archive = draft.create().map_err(&place)?;
    let mut copying = Copying {
        writer: BackupWriter::begin(archive).map_err(&place)?,
        done: HashSet::new(),
        troubles: Vec::new(),
        wanted: &wanted,
    };
    let mut tries = 0;
    let facts = loop {
        tries += 1;
        let facts = copying.copy_database(&draft).await?;
        match copying.copy_files(&facts).await? {
            0 => break facts,
            // Nothing refers to a file whose record is gone, and the database is not in this backup.
            _ if wanted.scope == BackupScope::FilesAlone => break facts,
            _ if tries < TRIES => {}
            gone => {
                return Err(BackupError::Refused(format!(
                    "备份期间不断有附件被删除（最近一次 {gone} 个）。请稍后再试"
                )));
            }
        }
    };
    let Copying {
        mut writer,
        troubles,
        ..
    } = copying;
    if wanted.scope == BackupScope::Whole {
        let mut copy = File::open(draft.database()).map_err(&place)?;
        writer.add_file(DATABASE, &mut copy).map_err(&place)?;
    }
    let manifest = BackupManifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: wanted.at,
        schema: facts.schema,
        entries: writer.entries().to_vec(),
        troubles,
    };
    let text = serde_json::to_vec_pretty(&manifest)
        .map_err(|error| BackupError::Refused(error.to_string()))?;
    writer.add(MANIFEST, &text).map_err(&place)?;
    let bytes = writer.finish().map_err(&place)?;
    draft.keep().map_err(&place)?;
    Ok(BackupMade {
        file: wanted.target.to_owned(),
        bytes,
        manifest,
    })
}

/// The work under way.
struct Copying<'a> {
    writer: BackupWriter,
    /// Files that are in the backup, or in trouble.
    done: HashSet<Uuid>,
    troubles: Vec<FileTrouble>,
    wanted: &'a BackupWanted<'a>,
}

impl Copying<'_> {
    /// Copies the database as it is at one instant; what goes with it.
    async fn copy_database(&self, draft: &BackupDraft) -> Result<CopyFacts, BackupError> {
        if self.wanted.scope == BackupScope::FilesAlone {
            return Ok(backups::facts(self.wanted.db).await?);
        }
        let copy = draft.database();
        if copy.exists() {
            std::fs::remove_file(&copy).map_err(BackupError::place(&copy))?;
        }
        copies::save_as(self.wanted.db, &copy).await?;
        match backups::look_into(&copy).await? {
            (facts, None) => Ok(facts),
            (_, Some(reason)) => Err(BackupError::Refused(format!(
                "数据库已损坏（{reason}），不能备份。请从此前的备份恢复"
            ))),
        }
    }

    /// Copies those of the attached files that are not in it yet; how many were removed before their turn came.
    async fn copy_files(&mut self, facts: &CopyFacts) -> Result<u64, BackupError> {
        let mut gone = 0;
        let of = facts.files.len() as u64;
        for (number, file) in (1..).zip(&facts.files) {
            if !self.done.contains(&file.key) {
                match self.copy_file(file).await? {
                    Copied::Yes => {
                        self.done.insert(file.key);
                    }
                    Copied::Gone => gone += 1,
                }
            }
            (self.wanted.on_file)(number, of);
        }
        Ok(gone)
    }

    async fn copy_file(&mut self, file: &RecordedFile) -> Result<Copied, BackupError> {
        let key = FileKey::from_uuid(file.key);
        let stored = Stored {
            key,
            // Compared while it is copied.
            sha256: [0; 32],
            size: file.size,
        };
        let mut reader = match self.wanted.files.open(&stored, Verify::Length).await {
            Ok(reader) => reader,
            Err(FileStoreError::NotFound { .. }) => {
                if !backups::records_file(self.wanted.db, file.key).await? {
                    return Ok(Copied::Gone);
                }
                return Ok(self.trouble(file.key, Trouble::Missing));
            }
            Err(FileStoreError::Damaged { .. }) => {
                return Ok(self.trouble(file.key, Trouble::Damaged));
            }
            Err(error) => return Err(error.into()),
        };
        let place = BackupError::place(self.wanted.target);
        self.writer
            .start(&file_name(key), file.size)
            .map_err(&place)?;
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = reader.read(&mut buffer).await.map_err(&place)?;
            if read == 0 {
                break;
            }
            let chunk = buffer.get(..read).unwrap_or_default();
            self.writer.write(chunk).map_err(&place)?;
        }
        // What has become of its bytes is kept as it is: half a picture is better than none.
        match self.writer.end().map_err(&place)? == file.sha256 {
            true => Ok(Copied::Yes),
            false => Ok(self.trouble(file.key, Trouble::Damaged)),
        }
    }

    fn trouble(&mut self, key: Uuid, trouble: Trouble) -> Copied {
        tracing::error!(%key, ?trouble, "An attached file is not whole");
        self.troubles.push(FileTrouble { key, trouble });
        Copied::Yes
    }
}

/// What became of a file.
enum Copied {
    /// It is in the backup, or written down as troubled.
    Yes,
    /// It was removed, and its record with it.
    Gone,
}
