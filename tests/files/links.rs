//! Links and other things that somebody has put into the folder: never followed, never written through.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use duban::files::folder_store::FolderStore;
use duban::files::store::{FileStore, FileStoreError, Stored, Verify};

use crate::place::TestFolder;

const LIMIT: u64 = 1024;

async fn one_file(folder: &TestFolder) -> (FileStore, Stored, PathBuf) {
    let store = folder.store();
    let stored = store.put(b"bytes".to_vec(), LIMIT).await.unwrap();
    let path = folder.files().remove(0);
    (store, stored, path)
}

async fn is_displaced(store: &FileStore, stored: &Stored) -> bool {
    let opened = store.open(stored, Verify::Length).await;
    matches!(opened, Err(FileStoreError::Displaced(_)))
}

/// Bad input E9: a link in the folder of files.
#[tokio::test]
async fn a_link_in_the_place_of_a_file_is_not_followed() {
    let folder = TestFolder::new();
    let (store, stored, path) = one_file(&folder).await;
    // As long as the file, so that its length does not give it away.
    let secret = folder.beside("secret");
    fs::write(&secret, b"12345").unwrap();
    fs::remove_file(&path).unwrap();
    symlink(&secret, &path).unwrap();

    assert!(is_displaced(&store, &stored).await);
    store.remove(stored.key).await.unwrap();
    assert!(fs::symlink_metadata(&path).is_err(), "the link is gone");
    assert_eq!(fs::read(&secret).unwrap(), b"12345");
}

#[tokio::test]
async fn a_link_in_the_place_of_a_folder_is_not_followed() {
    let folder = TestFolder::new();
    let (store, stored, path) = one_file(&folder).await;
    let shard = path.parent().unwrap();
    let outside = folder.beside("outside");
    fs::rename(shard, &outside).unwrap();
    symlink(&outside, shard).unwrap();

    assert!(is_displaced(&store, &stored).await);
    let removed = store.remove(stored.key).await;
    assert!(matches!(removed, Err(FileStoreError::Displaced(_))));
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[tokio::test]
async fn nothing_is_written_through_a_link() {
    let folder = TestFolder::new();
    let store = folder.store();
    let outside = folder.beside("outside");
    fs::create_dir(&outside).unwrap();
    // Every folder that a key may lead to.
    for shard in 0..=0xFF {
        symlink(&outside, folder.root().join(format!("{shard:02x}"))).unwrap();
    }
    let error = store.put(b"x".to_vec(), LIMIT).await.unwrap_err();
    assert!(matches!(error, FileStoreError::Displaced(_)), "{error:?}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[tokio::test]
async fn a_folder_or_a_pipe_in_the_place_of_a_file_is_not_read() {
    let folder = TestFolder::new();
    let (store, stored, path) = one_file(&folder).await;
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(is_displaced(&store, &stored).await);

    fs::remove_dir(&path).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    assert!(
        is_displaced(&store, &stored).await,
        "and nobody waits for a writer"
    );
}

#[tokio::test]
async fn the_operator_may_make_the_folder_itself_a_link() {
    let folder = TestFolder::new();
    let disk = folder.beside("disk");
    fs::create_dir(&disk).unwrap();
    symlink(&disk, folder.root()).unwrap();
    let store = FileStore::Folder(FolderStore::open_folder(&folder.root()).unwrap());
    let stored = store.put(b"x".to_vec(), LIMIT).await.unwrap();
    assert!(store.open(&stored, Verify::Length).await.is_ok());
}
