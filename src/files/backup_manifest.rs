//! What a backup says of itself: when and by which program it was made, and every file in it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::backup_archive::Entry;
use super::key::FileKey;

/// The manifest's name in the archive; nothing but the sum of everything comes after it.
pub const MANIFEST: &str = "manifest.json";

/// The database's name in the archive.
pub const DATABASE: &str = "duban.db";

/// What attached files' names in the archive begin with; their key follows.
const FILES: &str = "files/";

/// What a backup says of itself. Readers must take fields that they do not know: there may be more of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupManifest {
    /// The format of the archive.
    pub format: u32,
    /// The version of the program that made it.
    pub program: String,
    /// When it was begun.
    pub made_at: DateTime<Utc>,
    /// The newest step of the database's schema.
    pub schema: Option<String>,
    /// The entries before this one, in order.
    pub entries: Vec<Entry>,
    /// Attached files that were not whole when the backup was made.
    pub troubles: Vec<FileTrouble>,
}

/// An attached file that is recorded, and was not whole when the backup was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileTrouble {
    /// Its key.
    pub key: Uuid,
    /// What was wrong with it.
    pub trouble: Trouble,
}

/// What can be wrong with an attached file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// It was not there.
    Missing,
    /// It was not what was stored.
    Damaged,
}

impl BackupManifest {
    /// The entry of that name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// How many attached files are in it.
    pub fn attached(&self) -> usize {
        let keys = self.entries.iter().filter_map(|entry| key_of(&entry.name));
        keys.count()
    }
}

/// The name of an attached file in the archive.
pub fn file_name(key: FileKey) -> String {
    format!("{FILES}{key}")
}

/// The key of an attached file by its name in the archive.
pub fn key_of(name: &str) -> Option<FileKey> {
    FileKey::of_text(name.strip_prefix(FILES)?)
}
