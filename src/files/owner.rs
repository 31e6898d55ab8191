//! Whose a folder of files is: the database whose records know its files. A folder that is given to another database by
//! mistake must not be swept by the other's records.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// The file that names the owner.
pub(super) const OWNER: &str = "owner";

/// No owner's name is longer.
const LONGEST: u64 = 200;

/// Names `owner` as the owner of `root` where nobody is named; whether it is the one named.
pub(super) fn claim(root: &OwnedFd, owner: &str) -> io::Result<bool> {
    let new = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(root, OWNER, new, Mode::RUSR | Mode::WUSR) {
        Ok(file) => {
            let mut file = File::from(file);
            file.write_all(owner.as_bytes())?;
            file.sync_all()?;
            rustix::fs::fsync(root)?;
            Ok(true)
        }
        Err(Errno::EXIST) => Ok(named(root)? == owner),
        Err(error) => Err(error.into()),
    }
}

/// Names `to` as the owner of `root` where `from` is named; elsewhere nothing changes.
pub(super) fn hand_over(root: &OwnedFd, from: &str, to: &str) -> io::Result<()> {
    match named(root) {
        Ok(named) if named == from => {}
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    // In between it is nobody's: the next sweep of its database names the owner.
    rustix::fs::unlinkat(root, OWNER, rustix::fs::AtFlags::empty())?;
    claim(root, to).map(|_| ())
}

/// The owner named.
fn named(root: &OwnedFd) -> io::Result<String> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(root, OWNER, flags, Mode::empty())?);
    let mut name = Vec::new();
    file.take(LONGEST).read_to_end(&mut name)?;
    Ok(String::from_utf8_lossy(&name).into_owned())
}
