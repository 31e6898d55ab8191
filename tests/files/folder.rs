//! Keeping, reading and removing files in a folder: rights, limits, damage. Streams are in `streams`, links in `links`.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use duban::files::folder_store::FolderStore;
use duban::files::key::FileKey;
use duban::files::store::{Difference, FileStore, FileStoreError, Verify};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

use crate::place::TestFolder;

const LIMIT: u64 = 1024 * 1024;

#[tokio::test]
async fn a_file_comes_back_as_it_was_put() {
    let folder = TestFolder::new();
    let store = folder.store();
    for length in [0_usize, 1, 300_000] {
        let bytes: Vec<u8> = (0..length)
            .map(|n| u8::try_from(n % 251).unwrap())
            .collect();
        let stored = store.put(bytes.clone(), LIMIT).await.unwrap();
        assert_eq!(stored.size, length as u64);
        assert_eq!(stored.sha256, <[u8; 32]>::from(Sha256::digest(&bytes)));
        for verify in [Verify::Length, Verify::Checksum] {
            let reader = store.open(&stored, verify).await.unwrap();
            assert_eq!(reader.size(), length as u64);
            assert_eq!(reader.bytes().await.unwrap(), bytes);
        }
    }
    // Another process, or the same one after a restart, finds them as well.
    assert_eq!(folder.files().len(), 3);
}

#[tokio::test]
async fn the_same_bytes_twice_are_two_files() {
    let folder = TestFolder::new();
    let store = folder.store();
    let first = store.put(b"x".to_vec(), LIMIT).await.unwrap();
    let second = store.put(b"x".to_vec(), LIMIT).await.unwrap();
    assert_ne!(first.key, second.key);
    store.remove(first.key).await.unwrap();
    assert!(store.open(&second, Verify::Checksum).await.is_ok());
}

#[tokio::test]
async fn files_and_folders_are_for_this_user_alone() {
    let folder = TestFolder::new();
    let store = folder.store();
    store.put(b"x".to_vec(), LIMIT).await.unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = folder.files().remove(0);
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    assert_eq!(mode(&folder.root()), 0o700);
    assert_eq!(file.parent().unwrap().parent().unwrap(), folder.root());
}

#[tokio::test]
async fn a_byte_over_the_limit_leaves_nothing() {
    let folder = TestFolder::new();
    let store = folder.store();
    assert!(store.put(vec![0; 1024], 1024).await.is_ok());
    let error = store.put(vec![0; 1025], 1024).await.unwrap_err();
    assert!(matches!(error, FileStoreError::TooLarge { limit: 1024 }));
    assert_eq!(
        error.to_string(),
        "文件太大：最多 1 KB。请压缩图片或拆成几个文件后再上传"
    );
    assert_eq!(folder.files().len(), 1);
}

#[tokio::test]
async fn a_removed_file_is_gone_and_may_be_removed_again() {
    let folder = TestFolder::new();
    let store = folder.store();
    let stored = store.put(b"x".to_vec(), LIMIT).await.unwrap();
    let reader = store.open(&stored, Verify::Length).await.unwrap();
    store.remove(stored.key).await.unwrap();
    store.remove(stored.key).await.unwrap();
    store
        .remove(FileKey::from_uuid(Uuid::from_u128(7)))
        .await
        .unwrap();
    assert!(folder.files().is_empty());
    let error = store.open(&stored, Verify::Length).await.unwrap_err();
    assert!(matches!(error, FileStoreError::NotFound { key } if key == stored.key));
    // Who was reading it reads it to its end.
    assert_eq!(reader.bytes().await.unwrap(), b"x");
}

#[tokio::test]
async fn a_file_of_another_length_is_not_handed_out() {
    let folder = TestFolder::new();
    let store = folder.store();
    let stored = store.put(b"0123456789".to_vec(), LIMIT).await.unwrap();
    fs::write(&folder.files()[0], b"012345678").unwrap();
    for verify in [Verify::Length, Verify::Checksum] {
        let error = store.open(&stored, verify).await.unwrap_err();
        let expected = Difference::Length {
            recorded: 10,
            found: 9,
        };
        assert!(
            matches!(error, FileStoreError::Damaged { difference, .. } if difference == expected)
        );
    }
}

#[tokio::test]
async fn changed_bytes_show_when_the_checksum_is_asked_for() {
    let folder = TestFolder::new();
    let store = folder.store();
    let stored = store.put(b"0123456789".to_vec(), LIMIT).await.unwrap();
    fs::write(&folder.files()[0], b"0123456788").unwrap();
    assert!(store.open(&stored, Verify::Length).await.is_ok());
    let error = store.open(&stored, Verify::Checksum).await.unwrap_err();
    assert!(matches!(
        error,
        FileStoreError::Damaged {
            difference: Difference::Checksum,
            ..
        }
    ));
}

#[tokio::test]
async fn a_file_that_changes_its_length_under_a_reader_never_looks_whole() {
    let folder = TestFolder::new();
    let store = folder.store();
    let stored = store.put(vec![b'x'; 1000], LIMIT).await.unwrap();
    let path = folder.files().remove(0);

    let reader = store.open(&stored, Verify::Length).await.unwrap();
    OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(400)
        .unwrap();
    let error = reader.bytes().await.unwrap_err();
    let expected = Difference::Length {
        recorded: 1000,
        found: 400,
    };
    assert!(matches!(error, FileStoreError::Damaged { difference, .. } if difference == expected));

    fs::write(&path, vec![b'x'; 1000]).unwrap();
    let mut reader = store.open(&stored, Verify::Length).await.unwrap();
    OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(b"more")
        .unwrap();
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(bytes.len(), 1000);
}

#[tokio::test]
async fn a_root_that_cannot_be_a_folder_is_refused_at_once() {
    let folder = TestFolder::new();
    fs::write(folder.root(), b"a file").unwrap();
    assert!(FolderStore::open_folder(&folder.root()).is_err());
    assert!(FolderStore::open_folder(&folder.root().join("below")).is_err());
}

#[tokio::test]
async fn the_rights_of_a_folder_that_exists_are_kept() {
    let folder = TestFolder::new();
    fs::create_dir(folder.root()).unwrap();
    fs::set_permissions(folder.root(), Permissions::from_mode(0o750)).unwrap();
    folder.store().put(b"x".to_vec(), LIMIT).await.unwrap();
    let mode = fs::metadata(folder.root()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o750);
}

#[test]
fn a_full_disk_a_used_up_quota_and_a_misplaced_link_have_their_own_messages() {
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
        let error = FileStoreError::from(io::Error::from(kind));
        assert!(matches!(error, FileStoreError::DiskFull(_)), "{kind}");
        assert!(error.to_string().contains("存储空间已满"));
    }
    let error = FileStoreError::from(io::Error::from(rustix::io::Errno::LOOP));
    assert!(matches!(error, FileStoreError::Displaced(_)));
    let error = FileStoreError::from(io::Error::from(io::ErrorKind::PermissionDenied));
    assert!(matches!(error, FileStoreError::Unavailable(_)));
}

/// Needs a small file system: `mount -t tmpfs -o size=1m tmpfs DIR`, and `DUBAN_SMALL_DISK=DIR`.
#[tokio::test]
async fn a_full_disk_is_told_and_leaves_nothing() {
    let Some(disk) = std::env::var_os("DUBAN_SMALL_DISK") else {
        eprintln!("skipped: DUBAN_SMALL_DISK names no file system of about 1 MiB");
        return;
    };
    let root = std::path::Path::new(&disk).join(Uuid::now_v7().to_string());
    let store = FileStore::Folder(FolderStore::open_folder(&root).unwrap());
    let kept = store.put(vec![1; 1000], LIMIT).await.unwrap();
    let error = store
        .put(vec![2; 64 * 1024 * 1024], u64::MAX)
        .await
        .unwrap_err();
    assert!(matches!(error, FileStoreError::DiskFull(_)), "{error:?}");
    // The room is free again, and what was there is whole.
    assert!(store.put(vec![3; 1000], LIMIT).await.is_ok());
    assert!(store.open(&kept, Verify::Checksum).await.is_ok());
    fs::remove_dir_all(root).unwrap();
}
