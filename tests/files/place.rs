//! A folder of a test's own, removed with everything in it when the test is over, and a store in it.

use std::fs;
use std::path::{Path, PathBuf};

use duban::files::folder_store::FolderStore;
use duban::files::store::FileStore;
use uuid::Uuid;

/// The folder; dropping it removes it.
pub struct TestFolder(PathBuf);

impl TestFolder {
    /// An empty folder.
    pub fn new() -> TestFolder {
        let folder = std::env::temp_dir().join(format!("duban-files-{}", Uuid::now_v7()));
        fs::create_dir(&folder).unwrap();
        TestFolder(folder)
    }

    /// Where the store keeps its files.
    pub fn root(&self) -> PathBuf {
        self.0.join("files")
    }

    /// A place beside the store.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The store.
    pub fn store(&self) -> FileStore {
        FileStore::Folder(FolderStore::open_folder(&self.root()).unwrap())
    }

    /// All files of the store, however deep, links among them.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(&self.root(), &mut files);
        files
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}
