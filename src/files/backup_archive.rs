//! The one file that a backup is: a tar archive that any tar program lists and unpacks. Its first entry says which format
//! it has, its last is the SHA-256 of every byte before it. Whoever reads it makes each header anew and compares, so that
//! no byte can be another without being noticed: not in a file, not in a header, not in what fills up a block.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The format that is written, and the only one that is read.
pub const FORMAT: u32 = 1;

/// The first entry.
const MARK: &str = "duban-backup";
/// The last entry.
const SUM: &str = "SHA256";
/// What tar archives consist of.
const BLOCK: u64 = 512;
/// The last entry with its header, and the two empty blocks at the end of each tar archive.
const TRAILER: u64 = 4 * BLOCK;
/// Bytes read or written at a time.
const CHUNK: usize = 256 * 1024;
/// The first entry's text is short in every format there may ever be.
const LONGEST_MARK: u64 = BLOCK;

/// An entry, as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name in the archive.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 (hex) of its bytes.
    pub sha256: String,
}

/// Why a file cannot be read as a backup.
#[derive(Debug, Error)]
pub enum BackupFault {
    /// It is something else.
    #[error("这不是 duban 的备份文件")]
    NotABackup,
    /// It was written by another version.
    #[error("备份的格式版本是“{found}”，本程序只读格式 {FORMAT}。请改用写成该备份的 duban 版本")]
    Format {
        /// The version that it names.
        found: String,
    },
    /// Bytes are missing or are others.
    #[error("备份已损坏或不完整：“{at}”与写入时不同。请换一份备份")]
    Damaged {
        /// Where that shows.
        at: String,
    },
    /// It cannot be read or written at all.
    #[error("无法读写（{0}）。请检查路径、权限和磁盘空间")]
    Io(#[from] io::Error),
}

impl BackupFault {
    /// What is named is not what was written.
    pub fn damaged(at: impl Into<String>) -> Self {
        Self::Damaged { at: at.into() }
    }
}

/// A backup being written.
#[derive(Debug)]
pub struct BackupWriter {
    out: BufWriter<File>,
    whole: Sha256,
    entries: Vec<Entry>,
    open: Option<OpenEntry>,
}

#[derive(Debug)]
struct OpenEntry {
    name: String,
    size: u64,
    written: u64,
    hash: Sha256,
}

impl BackupWriter {
    /// Begins one in an empty file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin(file: File) -> io::Result<Self> {
        let mut writer = Self {
            out: BufWriter::with_capacity(CHUNK, file),
            whole: Sha256::new(),
            entries: Vec::new(),
            open: None,
        };
        writer.add(MARK, format!("format {FORMAT}\n").as_bytes())?;
        // It is no part of what was backed up.
        writer.entries.clear();
        Ok(writer)
    }

    /// Begins an entry of exactly so many bytes.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn start(&mut self, name: &str, size: u64) -> io::Result<()> {
        self.put(&header(name, size))?;
        self.open = Some(OpenEntry {
            name: name.to_owned(),
            size,
            written: 0,
            hash: Sha256::new(),
        });
        Ok(())
    }

    /// Adds bytes to the entry that was begun.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(open) = &mut self.open {
            open.hash.update(bytes);
            open.written = open.written.saturating_add(bytes.len() as u64);
        }
        self.put(bytes)
    }

    /// Ends the entry that was begun; the SHA-256 (hex) of its bytes.
    ///
    /// # Errors
    /// It got more or fewer bytes than it was to have; the file cannot be written.
    pub fn end(&mut self) -> io::Result<String> {
        let Some(open) = self.open.take() else {
            return Err(io::Error::other("no entry was begun"));
        };
        if open.written != open.size {
            return Err(io::Error::other(format!(
                "“{}”在备份期间变了：应有 {} 字节，读到 {} 字节",
                open.name, open.size, open.written
            )));
        }
        self.put(&padding(open.size))?;
        let sha256 = hex(&open.hash.finalize());
        self.entries.push(Entry {
            name: open.name,
            size: open.size,
            sha256: sha256.clone(),
        });
        Ok(sha256)
    }

    /// Adds a whole entry.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<String> {
        self.start(name, bytes.len() as u64)?;
        self.write(bytes)?;
        self.end()
    }

    /// Adds a file of this machine.
    ///
    /// # Errors
    /// It cannot be read, or changes while it is; the archive cannot be written.
    pub fn add_file(&mut self, name: &str, file: &mut File) -> io::Result<String> {
        self.start(name, file.metadata()?.len())?;
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return self.end();
            }
            self.write(buffer.get(..read).unwrap_or_default())?;
        }
    }

    /// What was added so far.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds the sum of everything, and waits until all is on the disk; how long the archive is.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> io::Result<u64> {
        let trailer = trailer(self.whole.clone());
        self.out.write_all(&trailer)?;
        let file = self.out.into_inner().map_err(|error| error.into_error())?;
        file.sync_all()?;
        Ok(file.metadata()?.len())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.whole.update(bytes);
        self.out.write_all(bytes)
    }
}

/// A backup being read, from its first entry to its last.
#[derive(Debug)]
pub struct BackupReader {
    input: BufReader<File>,
    whole: Sha256,
    length: u64,
    left: u64,
    last: String,
}

impl BackupReader {
    /// Opens one; nothing but its format is known to be right.
    ///
    /// # Errors
    /// [`BackupFault`].
    pub fn open(file: File) -> Result<Self, BackupFault> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(BackupFault::NotABackup);
        }
        let length = metadata.len();
        let mut reader = Self {
            input: BufReader::with_capacity(CHUNK, file),
            whole: Sha256::new(),
            length,
            // Where it is no whole number of blocks it was cut; that is told by what is missing.
            left: length.saturating_sub(TRAILER),
            last: MARK.to_owned(),
        };
        let mut mark = Vec::new();
        let first = match reader.next_entry() {
            Ok(Some((name, size))) if name == MARK && size <= LONGEST_MARK => size,
            Err(BackupFault::Io(error)) => return Err(BackupFault::Io(error)),
            Ok(_) | Err(_) => return Err(BackupFault::NotABackup),
        };
        reader.copy(first, |bytes| {
            mark.extend_from_slice(bytes);
            Ok(())
        })?;
        let mark = String::from_utf8_lossy(&mark);
        match mark.trim_end().strip_prefix("format ") {
            Some(found) if *found == FORMAT.to_string() => Ok(reader),
            Some(found) => Err(BackupFault::Format {
                found: found.to_owned(),
            }),
            None => Err(BackupFault::NotABackup),
        }
    }

    /// Bytes of the whole file, and how many of them were read.
    pub fn progress(&self) -> (u64, u64) {
        (self.length - self.left.min(self.length), self.length)
    }

    /// The next entry's name and length; `None` at the end of all.
    ///
    /// # Errors
    /// [`BackupFault::Damaged`] where the next bytes are no header as it is written.
    pub fn next_entry(&mut self) -> Result<Option<(String, u64)>, BackupFault> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut block = vec![0; BLOCK as usize];
        self.take(&mut block)?;
        let (name, size) = named(&block).ok_or_else(|| BackupFault::damaged(&self.last))?;
        let room = size.checked_next_multiple_of(BLOCK);
        if header(&name, size) != block || room.is_none_or(|room| room > self.left) {
            return Err(BackupFault::damaged(&self.last));
        }
        self.last.clone_from(&name);
        Ok(Some((name, size)))
    }

    /// Gives the bytes of the entry that was just named to `sink`; their SHA-256 (hex).
    ///
    /// # Errors
    /// [`BackupFault::Damaged`] where they end too early; whatever `sink` says.
    pub fn copy(
        &mut self,
        size: u64,
        mut sink: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<String, BackupFault> {
        let mut hash = Sha256::new();
        let mut to_read = size;
        let mut buffer = vec![0; CHUNK.min(usize::try_from(size).unwrap_or(CHUNK))];
        while to_read > 0 {
            let now = usize::try_from(to_read).unwrap_or(CHUNK).min(buffer.len());
            let chunk = buffer.get_mut(..now).unwrap_or_default();
            self.take(chunk)?;
            hash.update(&*chunk);
            sink(chunk)?;
            to_read -= chunk.len() as u64;
        }
        let mut fill = padding(size);
        self.take(&mut fill)?;
        match fill.iter().all(|byte| *byte == 0) {
            true => Ok(hex(&hash.finalize())),
            false => Err(BackupFault::damaged(&self.last)),
        }
    }

    /// Whether the end is what it has to be after everything that was read.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn is_whole(mut self) -> Result<bool, BackupFault> {
        let mut end = Vec::new();
        self.input.read_to_end(&mut end)?;
        Ok(self.left == 0 && end == trailer(self.whole))
    }

    fn take(&mut self, bytes: &mut [u8]) -> Result<(), BackupFault> {
        if (bytes.len() as u64) > self.left {
            return Err(BackupFault::damaged(&self.last));
        }
        match self.input.read_exact(bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(BackupFault::damaged(&self.last));
            }
            Err(error) => return Err(error.into()),
        }
        self.left -= bytes.len() as u64;
        self.whole.update(&*bytes);
        Ok(())
    }
}

/// The header of an entry (POSIX ustar): readable by its owner alone, of no day and nobody.
fn header(name: &str, size: u64) -> Vec<u8> {
    let mut block = Vec::with_capacity(BLOCK as usize);
    block.extend_from_slice(name.as_bytes());
    block.resize(100, 0);
    block.extend_from_slice(b"0000600\x000000000\x000000000\x00");
    match size < 1 << 33 {
        true => block.extend_from_slice(format!("{size:011o}\0").as_bytes()),
        // As GNU tar and all after it: 96 bits, the first one set.
        false => {
            block.extend_from_slice(&[0x80, 0, 0, 0]);
            block.extend_from_slice(&size.to_be_bytes());
        }
    }
    block.extend_from_slice(b"00000000000\x00");
    let sum_at = block.len();
    block.extend_from_slice(b"        0");
    block.resize(257, 0);
    block.extend_from_slice(b"ustar\x0000");
    block.resize(BLOCK as usize, 0);
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    block.splice(sum_at..sum_at + 8, format!("{sum:06o}\0 ").into_bytes());
    block
}

/// Name and size that a header tells.
fn named(block: &[u8]) -> Option<(String, u64)> {
    let name = block.get(..100)?.split(|byte| *byte == 0).next()?;
    let name = std::str::from_utf8(name).ok()?;
    let size = block.get(124..136)?;
    let size = match size.first()? {
        0x80 => u64::from_be_bytes(size.get(4..)?.try_into().ok()?),
        _ => u64::from_str_radix(std::str::from_utf8(size.get(..11)?).ok()?, 8).ok()?,
    };
    Some((name.to_owned(), size))
}

/// What fills up the last block of an entry.
fn padding(size: u64) -> Vec<u8> {
    let over = size % BLOCK;
    vec![0; usize::try_from((BLOCK - over) % BLOCK).unwrap_or(0)]
}

/// The last entry, and the end of the archive.
fn trailer(whole: Sha256) -> Vec<u8> {
    let text = format!("{}\n", hex(&whole.finalize()));
    let mut end = header(SUM, text.len() as u64);
    end.extend_from_slice(text.as_bytes());
    end.resize(usize::try_from(TRAILER).unwrap_or(0), 0);
    end
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "backup_archive_tests.rs"]
mod tests;
