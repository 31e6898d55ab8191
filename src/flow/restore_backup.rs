//! Restoring a backup: unpacked and checked beside where it is to be, brought up to date, paused, and only then put in its
//! place. What was there is moved aside.

use crate::domain::actor::Actor;
use crate::files::backup_archive::BackupFault;
use crate::files::backup_manifest::{BackupManifest, DATABASE, file_name};
use crate::files::backup_place::{MovedAside, RestorePlace, has_database, is_empty};
use crate::files::key::FileKey;
use crate::files::unpack::unpack;
use crate::flow::backup_error::BackupError;
use crate::flow::pause;
use crate::storage::audit_events::{AuditEntry, Outcome};
use crate::storage::backups::{self, CopyFacts, HeldAlone};
use crate::storage::marks::Pause;
use crate::storage::{Author, Db, StorageError, schema};
use chrono::{DateTime, Utc};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is wanted.
pub struct RestoreWanted {
    /// The backup's file.
    pub backup: PathBuf,
    /// Where the database goes; `None` where only attached files are restored.
    pub database: Option<PathBuf>,
    /// The folder where the attached files go.
    pub files: PathBuf,
    /// Whether what is there already is moved aside; else it is a reason to refuse.
    pub replace: bool,
    /// Who restores it.
    pub actor: Actor,
    /// Now.
    pub at: DateTime<Utc>,
    /// Told how many bytes were read, of how many.
    pub on_bytes: Arc<dyn Fn(u64, u64) + Send + Sync>,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: BackupManifest,
    /// What was there before.
    pub aside: MovedAside,
}

/// Restores a backup. A restored database is paused until somebody resumes it.
///
/// # Errors
/// [`BackupError`]; what was there is as it was.
pub async fn restore_backup(wanted: RestoreWanted) -> Result<Restored, BackupError> {
    refuse_occupied(&wanted)?;
    if let Some(database) = &wanted.database {
        // Whoever restores learns it now, and not when all is unpacked.
        alone(database).await?.let_go().await?;
    }
    let at_place = BackupError::place(&wanted.files);
    let place = RestorePlace::new(wanted.database.as_deref(), &wanted.files).map_err(&at_place)?;
    let manifest = unpack_into(&wanted, &place).await?;
    if let Some(new) = place.new_database() {
        prepare(&wanted, &manifest, &new).await?;
    }
    let held = match &wanted.database {
        Some(database) => alone(database).await?,
        None => HeldAlone::default(),
    };
    let stamp = wanted.at.format("%Y%m%d-%H%M%S").to_string();
    let swapped = place.swap(&stamp).map_err(&at_place);
    held.let_go().await?;
    Ok(Restored {
        manifest,
        aside: swapped?,
    })
}

/// Nothing is replaced unless that is wanted.
fn refuse_occupied(wanted: &RestoreWanted) -> Result<(), BackupError> {
    if wanted.replace {
        return Ok(());
    }
    let advice = "如确需替换，请加 --replace，原有的会改名保留";
    if let Some(file) = wanted.database.as_ref().filter(|file| has_database(file)) {
        let file = file.display();
        return Err(BackupError::Refused(format!(
            "“{file}”已有数据库。{advice}"
        )));
    }
    let files = &wanted.files;
    if !is_empty(files).map_err(BackupError::place(files))? {
        let files = files.display();
        return Err(BackupError::Refused(format!(
            "附件文件夹“{files}”不是空的。{advice}"
        )));
    }
    Ok(())
}

/// Keeps everybody else from the database that is to be replaced.
async fn alone(database: &Path) -> Result<HeldAlone, BackupError> {
    if !database.exists() {
        return Ok(HeldAlone::default());
    }
    backups::hold_alone(database).await?.ok_or_else(|| {
        BackupError::Refused(format!(
            "数据库“{}”正在使用中。请先停止 duban 服务和其他 duban 命令，再恢复",
            database.display()
        ))
    })
}

async fn unpack_into(
    wanted: &RestoreWanted,
    place: &RestorePlace,
) -> Result<BackupManifest, BackupError> {
    let (backup, on_bytes) = (wanted.backup.clone(), wanted.on_bytes.clone());
    let (database, files) = (place.new_database(), place.new_files());
    let unpacking = tokio::task::spawn_blocking(move || {
        unpack(&backup, database.as_deref(), &files, &*on_bytes)
    });
    let unpacked = unpacking
        .await
        .map_err(|error| BackupError::Refused(format!("恢复中断：{error}")))?;
    unpacked.map_err(|fault| BackupError::File {
        file: wanted.backup.clone(),
        fault,
    })
}

/// Checks the unpacked database, brings it up to date and pauses it.
async fn prepare(
    wanted: &RestoreWanted,
    manifest: &BackupManifest,
    new: &Path,
) -> Result<(), BackupError> {
    let unsound = |reason: String| BackupError::Unsound {
        file: wanted.backup.clone(),
        reason,
    };
    if manifest.entry(DATABASE).is_none() {
        return Err(unsound(
            "其中只有附件，没有数据库；只恢复附件请加 --files-only".to_owned(),
        ));
    }
    let facts = match backups::look_into(new).await {
        Ok((facts, None)) => facts,
        Ok((_, Some(reason))) => return Err(unsound(reason)),
        Err(error @ StorageError::SchemaNewer { .. }) => return Err(error.into()),
        Err(error) => return Err(unsound(error.to_string())),
    };
    all_there(wanted, manifest, &facts)?;
    let db = Db::connect(&backups::url_of_file(new)).await?;
    schema::migrate(&db).await?;
    let author = Author {
        actor: wanted.actor.clone(),
        at: wanted.at,
        request_id: None,
        ticket: None,
    };
    let tx = db.write(author).await?;
    let made_at = manifest.made_at.to_rfc3339();
    let pause = Pause {
        since: wanted.at,
        by: wanted.actor.name().to_owned(),
        reason: format!("由备份恢复（备份时间 {made_at}）"),
    };
    pause::begin(&tx, &pause).await?;
    schema::renew_epoch(&tx).await?;
    tx.audit(AuditEntry {
        action: "restore",
        outcome: Outcome::Done,
        resource: None,
        row_id: None,
        target: wanted.backup.display().to_string(),
        before: None,
        after: Some(json!({ "made_at": made_at, "program": manifest.program })),
    });
    tx.commit().await?;
    Ok(db.close().await?)
}

/// Every attached file that the database records is in the backup, or was told to be troubled when it was made.
fn all_there(
    wanted: &RestoreWanted,
    manifest: &BackupManifest,
    facts: &CopyFacts,
) -> Result<(), BackupError> {
    let entries = manifest.entries.iter();
    let entries: HashMap<&str, (u64, &str)> = entries
        .map(|entry| (entry.name.as_str(), (entry.size, entry.sha256.as_str())))
        .collect();
    let troubled: HashSet<_> = manifest.troubles.iter().map(|file| file.key).collect();
    let lacking = facts.files.iter().find(|file| {
        let name = file_name(FileKey::from_uuid(file.key));
        let held = entries.get(name.as_str()).copied();
        held != Some((file.size, file.sha256.as_str())) && !troubled.contains(&file.key)
    });
    match lacking {
        None => Ok(()),
        Some(file) => Err(BackupError::File {
            file: wanted.backup.clone(),
            fault: BackupFault::damaged(file_name(FileKey::from_uuid(file.key))),
        }),
    }
}
