//! A folder that belongs to one piece of work: kept when that is done, or taken away with it.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// A folder for this user alone.
#[derive(Debug)]
pub struct OwnFolder {
    path: PathBuf,
    kept: bool,
}

impl OwnFolder {
    /// A new folder at `path`, which stays.
    ///
    /// # Errors
    /// There is something at `path` already, or it cannot be made.
    pub fn kept(path: &Path) -> io::Result<Self> {
        if let Some(parent) = path.parent() {
            DirBuilder::new().recursive(true).create(parent)?;
        }
        DirBuilder::new().mode(0o700).create(path)?;
        Ok(Self {
            path: path.to_owned(),
            kept: true,
        })
    }

    /// A place called `name` among the system's temporary files. Nothing is made there yet; what has been made is taken
    /// away at the end.
    pub fn passing(name: &str) -> Self {
        Self {
            path: std::env::temp_dir().join(name),
            kept: false,
        }
    }

    /// A folder that was made already, taken away at the end with all that is in it.
    pub(super) fn taken(path: PathBuf) -> Self {
        Self { path, kept: false }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for OwnFolder {
    fn drop(&mut self) {
        if !self.kept {
            // Where nothing was made there is nothing to take away.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passing_folder_goes_and_a_kept_one_is_new_and_stays() {
        let passing = OwnFolder::passing(&format!("duban-own-{}", std::process::id()));
        let path = passing.path().to_owned();
        assert!(!path.exists());
        std::fs::create_dir_all(path.join("inside")).expect("made");
        let kept = OwnFolder::kept(&path.join("kept")).expect("made");
        let kept_path = kept.path().to_owned();
        drop(kept);
        assert!(kept_path.exists());
        assert!(
            OwnFolder::kept(&kept_path).is_err(),
            "never somebody else's"
        );
        drop(passing);
        assert!(!path.exists());
    }
}
