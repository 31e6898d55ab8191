//! Where a backup is written, and where one is unpacked to: beside its final place, under a name of its own, and moved
//! there when it is whole. What was at that place before is moved aside, never overwritten.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;
use uuid::Uuid;

use super::own_folder::OwnFolder;

/// What SQLite may leave beside a database.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A backup that is being written. Dropped before [`BackupDraft::keep`], it leaves nothing behind.
#[derive(Debug)]
pub struct BackupDraft {
    folder: OwnFolder,
    target: PathBuf,
}

impl BackupDraft {
    /// A folder for this user alone, beside where the backup will be.
    ///
    /// # Errors
    /// There is something at `target` already; the folder cannot be made.
    pub fn new(target: &Path) -> io::Result<Self> {
        if target.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let folder = beside(target, "part");
        DirBuilder::new().recursive(true).create(parent(target))?;
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self {
            folder: OwnFolder::taken(folder),
            target: target.to_owned(),
        })
    }

    /// Where the copy of the database goes.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("duban.db")
    }

    /// The file of the backup, empty and for this user alone.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(&self) -> io::Result<File> {
        own_file(&self.archive())
    }

    /// Gives the finished backup its name, unless something else has taken that meanwhile.
    ///
    /// # Errors
    /// The name is taken; it cannot be given.
    pub fn keep(self) -> io::Result<()> {
        let (from, to) = (self.archive(), &self.target);
        match rustix::fs::renameat_with(CWD, &from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            // Not every file system can: the name was free a moment ago.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) if !to.exists() => {
                fs::rename(&from, to)?;
            }
            Err(error) => return Err(error.into()),
        }
        sync_folder(parent(to))
    }

    fn archive(&self) -> PathBuf {
        self.folder.path().join("backup.tar")
    }
}

/// A new file for this user alone.
pub(super) fn own_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path)
}

/// Where a backup is unpacked to. Dropped before [`RestorePlace::swap`], it leaves nothing behind.
#[derive(Debug)]
pub struct RestorePlace {
    database: Option<Replacing>,
    files: Replacing,
}

#[derive(Debug)]
struct Replacing {
    target: PathBuf,
    folder: OwnFolder,
}

impl Replacing {
    fn new(target: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).create(parent(target))?;
        // What a link leads to is replaced, not the link.
        let target = match target.canonicalize() {
            Ok(real) => real,
            Err(_) => target.to_owned(),
        };
        let folder = beside(&target, "restore");
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self {
            target,
            folder: OwnFolder::taken(folder),
        })
    }
}

/// What was moved aside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MovedAside {
    /// The former database.
    pub database: Option<PathBuf>,
    /// The former folder of attached files.
    pub files: Option<PathBuf>,
}

impl RestorePlace {
    /// Folders for this user alone, beside the database (where there is to be one) and the folder of attached files.
    ///
    /// # Errors
    /// They cannot be made.
    pub fn new(database: Option<&Path>, files: &Path) -> io::Result<Self> {
        Ok(Self {
            database: database.map(Replacing::new).transpose()?,
            files: Replacing::new(files)?,
        })
    }

    /// The restored database, before it is moved.
    pub fn new_database(&self) -> Option<PathBuf> {
        let database = self.database.as_ref()?;
        Some(database.folder.path().join("duban.db"))
    }

    /// The folder of the restored files, before it is moved.
    pub fn new_files(&self) -> PathBuf {
        self.files.folder.path().join("files")
    }

    /// Puts the restored files and the restored database in their places. What is there is moved aside, with `stamp` in
    /// its name. Where one step fails, those before it are undone. At no moment is there no database: the first start of a
    /// program without one would make an empty one.
    ///
    /// # Errors
    /// Something cannot be moved; the message names it.
    pub fn swap(self, stamp: &str) -> io::Result<MovedAside> {
        let mut moves = Moves::default();
        match self.swap_by(&mut moves, stamp) {
            Ok(aside) => Ok(aside),
            Err(error) => {
                moves.undo();
                Err(error)
            }
        }
    }

    fn swap_by(&self, moves: &mut Moves, stamp: &str) -> io::Result<MovedAside> {
        let mut aside = MovedAside::default();
        let files = &self.files.target;
        if !is_empty(files)? {
            let to = moved(files, stamp);
            moves.rename(files, &to)?;
            aside.files = Some(to);
        }
        moves.rename(&self.new_files(), files)?;
        sync_folder(parent(files))?;
        let Some(database) = &self.database else {
            return Ok(aside);
        };
        let target = &database.target;
        let to = moved(target, stamp);
        for companion in COMPANIONS {
            let from = with_suffix(target, companion);
            if from.exists() {
                moves.rename(&from, &with_suffix(&to, companion))?;
            }
        }
        if target.exists() {
            moves.link(target, &to)?;
            aside.database = Some(to);
        }
        moves.rename(&database.folder.path().join("duban.db"), target)?;
        sync_folder(parent(target))?;
        Ok(aside)
    }
}

/// Moves that can be undone.
#[derive(Debug, Default)]
struct Moves(Vec<(PathBuf, PathBuf)>);

impl Moves {
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to).map_err(|error| cannot_move(from, &error))?;
        self.0.push((from.to_owned(), to.to_owned()));
        Ok(())
    }

    /// Gives a file a second name; a move where the file system has one name a file.
    fn link(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        match fs::hard_link(from, to) {
            // Undone like a move: what has the second name gets the first again.
            Ok(()) => {
                self.0.push((from.to_owned(), to.to_owned()));
                Ok(())
            }
            Err(_) => self.rename(from, to),
        }
    }

    fn undo(self) {
        for (from, to) in self.0.iter().rev() {
            if let Err(error) = fs::rename(to, from) {
                let (from, to) = (to.display(), from.display());
                tracing::error!(%from, %to, %error, "Could not be moved back");
            } else if to.symlink_metadata().is_ok() {
                // Two names of one file: such a rename leaves both.
                let _ = fs::remove_file(to);
            }
        }
    }
}

fn cannot_move(path: &Path, error: &io::Error) -> io::Error {
    let text = format!("无法移动“{}”：{error}", path.display());
    io::Error::new(error.kind(), text)
}

/// Whether a folder holds nothing, or is not there.
///
/// # Errors
/// It cannot be read, or is no folder.
pub fn is_empty(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Whether a database, or something that one has left, is at `file`.
pub fn has_database(file: &Path) -> bool {
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    let mut left = COMPANIONS
        .iter()
        .map(|companion| with_suffix(file, companion));
    is_there(file) || left.any(|path| is_there(&path))
}

/// Waits until everything in the file system that `folder` is in is on the disk: one wait, however many files there are.
pub(super) fn sync_all_in(folder: &Path) -> io::Result<()> {
    let folder = File::open(folder)?;
    Ok(rustix::fs::syncfs(&folder)?)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}

/// A name that nobody else has, in the folder of `path`.
fn beside(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = format!(".{name}.{}.{what}", Uuid::now_v7());
    parent(path).join(name)
}

fn moved(path: &Path, stamp: &str) -> PathBuf {
    with_suffix(path, &format!(".before-restore-{stamp}"))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
