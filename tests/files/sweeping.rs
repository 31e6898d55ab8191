//! Sweeping: orphans and half-written files go, everything else stays.

use std::collections::HashSet;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Days, Utc};
use duban::files::key::FileKey;
use duban::files::store::{Swept, Verify};
use uuid::Uuid;

use crate::place::TestFolder;

const LIMIT: u64 = 1024;

/// When the files of a test were written, as they say.
const WRITTEN: u64 = 1_700_000_000;

/// A day after, and a day before, the files of a test were written.
fn around() -> (DateTime<Utc>, DateTime<Utc>) {
    let written = DateTime::from_timestamp(WRITTEN.cast_signed(), 0).unwrap();
    (written + Days::new(1), written - Days::new(1))
}

fn age(path: &Path) {
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(WRITTEN);
    File::open(path).unwrap().set_modified(written).unwrap();
}

#[tokio::test]
async fn old_files_without_a_record_are_removed_and_known_ones_kept() {
    let folder = TestFolder::new();
    let store = folder.store();
    let known = store.put(b"known".to_vec(), LIMIT).await.unwrap();
    for _ in 0..20 {
        store.put(b"orphan".to_vec(), LIMIT).await.unwrap();
    }
    folder.files().iter().for_each(|path| age(path));
    let (after, before) = around();
    let keys = HashSet::from([known.key]);

    let swept = store.sweep(keys.clone(), before).await.unwrap();
    assert_eq!(swept, Swept::default(), "all are younger");
    let swept = store.sweep(keys.clone(), after).await.unwrap();
    let expected = Swept {
        files: 20,
        bytes: 120,
        ..Swept::default()
    };
    assert_eq!(swept, expected);
    assert_eq!(store.sweep(keys, after).await.unwrap(), Swept::default());
    assert!(store.open(&known, Verify::Checksum).await.is_ok());
}

#[tokio::test]
async fn a_file_just_stored_is_kept_though_its_record_is_not_committed_yet() {
    let folder = TestFolder::new();
    let store = folder.store();
    let fresh = store.put(b"x".to_vec(), LIMIT).await.unwrap();
    let (after, _) = around();
    assert_eq!(
        store.sweep(HashSet::new(), after).await.unwrap(),
        Swept::default()
    );
    assert!(store.open(&fresh, Verify::Length).await.is_ok());
}

#[tokio::test]
async fn half_written_files_are_removed_when_they_are_old() {
    let folder = TestFolder::new();
    let store = folder.store();
    let shard = folder.root().join("a0");
    fs::create_dir(&shard).unwrap();
    // A killed writer's, of a key that even has a record.
    let key = FileKey::from_uuid(Uuid::from_u128(0xA0));
    let draft = shard.join(format!("{key}.part"));
    fs::write(&draft, b"half").unwrap();
    let (after, _) = around();
    let known = HashSet::from([key]);
    // The record's own file is not there, half-written or not.
    let nothing = Swept {
        lost: 1,
        ..Swept::default()
    };
    assert_eq!(store.sweep(known.clone(), after).await.unwrap(), nothing);
    assert!(draft.exists(), "it is being written just now");

    age(&draft);
    let swept = store.sweep(known, after).await.unwrap();
    let expected = Swept {
        drafts: 1,
        bytes: 4,
        ..nothing
    };
    assert_eq!(swept, expected);
    assert!(!draft.exists());
}

#[tokio::test]
async fn what_the_store_did_not_make_is_left_alone() {
    let folder = TestFolder::new();
    let store = folder.store();
    let outside = folder.beside("outside");
    fs::create_dir(&outside).unwrap();
    let key = FileKey::from_uuid(Uuid::from_u128(0xB1));
    let precious = outside.join(key.to_string());
    fs::write(&precious, b"x").unwrap();
    age(&precious);

    let shard = folder.root().join("b1");
    fs::create_dir(&shard).unwrap();
    fs::write(shard.join("notes.txt"), b"x").unwrap();
    fs::write(shard.join("x.part"), b"x").unwrap();
    age(&shard.join("notes.txt"));
    age(&shard.join("x.part"));
    symlink(&precious, shard.join(key.to_string())).unwrap();
    symlink(&outside, folder.root().join("b2")).unwrap();
    fs::write(folder.root().join("b3"), b"x").unwrap();
    fs::create_dir(folder.root().join("lost+found")).unwrap();

    // Far in the future: links are as young as this test.
    let swept = store
        .sweep(HashSet::new(), DateTime::<Utc>::MAX_UTC)
        .await
        .unwrap();
    let expected = Swept {
        strangers: 6,
        ..Swept::default()
    };
    assert_eq!(swept, expected);
    assert_eq!(fs::read(&precious).unwrap(), b"x");
}
