//! Opening a docx or xlsx container safely: every size is counted while reading, never believed. What the parts inside
//! mean is not known here.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use thiserror::Error;
use zip::ZipArchive;
use zip::read::ZipFile;

use super::limits::{MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED_BYTES, MIB, RATIO_FREE_BYTES};

/// Why a container was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArchiveError {
    /// No zip, or a broken one.
    #[error("文件已损坏，或没有传完整：请用 Word、Excel 或 WPS 打开并重新保存后再上传")]
    Broken,
    /// More than `MAX_ENTRIES` entries.
    #[error("文件里的部件太多：最多 {MAX_ENTRIES} 个。请删去图片和附件后再上传")]
    TooManyEntries,
    /// More than `MAX_UNPACKED_BYTES`, or packed tighter than `MAX_RATIO`.
    #[error(
        "文件解压后太大：最多 {} MB，且不能超过压缩前的 {MAX_RATIO} 倍。请删去多余的内容（如大片只有格式的空行）后再上传",
        MAX_UNPACKED_BYTES / MIB as u64
    )]
    TooLarge,
    /// An entry that is encrypted.
    #[error("文件加了密码：请取消密码后再上传")]
    Encrypted,
    /// Names that lead out of the container, twice the same, links, or headers that contradict each other.
    #[error("文件的内部结构不正常（{0}）：请用 Word、Excel 或 WPS 打开并重新保存后再上传")]
    Suspicious(&'static str),
}

/// An open container over the bytes of a file.
#[derive(Debug)]
pub struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Lower-case name (OPC part names ignore case, ECMA-376 part 2 §9.1.1) → index.
    entries: HashMap<String, usize>,
    /// Bytes that may still be unpacked, over all entries.
    allowance: u64,
}

impl<'a> Archive<'a> {
    /// Opens the container and checks all its entry headers; nothing is unpacked yet.
    ///
    /// # Errors
    /// [`ArchiveError`], for anything but a plain, complete zip with sane names.
    pub fn open(bytes: &'a [u8]) -> Result<Archive<'a>, ArchiveError> {
        check_declared_entries(bytes)?;
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ArchiveError::Broken)?;
        // Something in front of the zip: a polyglot, or a zip cut out of a larger file.
        if zip.offset() != 0 {
            return Err(ArchiveError::Suspicious("文件开头有多余的数据"));
        }
        let metadata = zip.metadata();
        if metadata.len() > MAX_ENTRIES {
            return Err(ArchiveError::TooManyEntries);
        }
        if metadata.has_duplicate_names() {
            return Err(ArchiveError::Suspicious("部件重名"));
        }
        let mut entries = HashMap::with_capacity(metadata.len());
        for index in 0..metadata.len() {
            let entry = metadata.entry(index).map_err(|_| ArchiveError::Broken)?;
            if entry.encrypted() {
                return Err(ArchiveError::Encrypted);
            }
            if entry.is_symlink() {
                return Err(ArchiveError::Suspicious("部件是链接"));
            }
            let raw_name = entry.name_raw();
            if local_name(bytes, entry.header_start()) != Some(raw_name) {
                return Err(ArchiveError::Suspicious("部件名前后不一致"));
            }
            let name = checked_name(raw_name)?;
            if entries.insert(name, index).is_some() {
                return Err(ArchiveError::Suspicious("部件重名"));
            }
        }
        Ok(Archive {
            zip,
            entries,
            allowance: MAX_UNPACKED_BYTES,
        })
    }

    /// The lower-case names of all entries, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// A reader of the entry `name` (in any case); `None` where there is none. Its bytes count against the whole
    /// archive; past a limit, reading fails with an [`ArchiveError`] inside the I/O error ([`reason`]).
    ///
    /// # Errors
    /// [`ArchiveError::Broken`] for an unknown compression method or a damaged header.
    pub fn entry(&mut self, name: &str) -> Result<Option<EntryReader<'_, 'a>>, ArchiveError> {
        let Some(&index) = self.entries.get(&name.to_ascii_lowercase()) else {
            return Ok(None);
        };
        let file = self.zip.by_index(index).map_err(|_| ArchiveError::Broken)?;
        let by_ratio = file.compressed_size().saturating_mul(MAX_RATIO);
        Ok(Some(EntryReader {
            ratio_allowance: by_ratio.max(RATIO_FREE_BYTES),
            file: BufReader::new(file),
            allowance: &mut self.allowance,
        }))
    }
}

/// Unpacks one entry, counting.
pub struct EntryReader<'r, 'a> {
    file: BufReader<ZipFile<'r, Cursor<&'a [u8]>>>,
    ratio_allowance: u64,
    allowance: &'r mut u64,
}

impl Read for EntryReader<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let read = available.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for EntryReader<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let exhausted = *self.allowance == 0 || self.ratio_allowance == 0;
        let buffer = self
            .file
            .fill_buf()
            .map_err(|_| io::Error::other(ArchiveError::Broken))?;
        if exhausted && !buffer.is_empty() {
            return Err(io::Error::other(ArchiveError::TooLarge));
        }
        Ok(buffer)
    }

    fn consume(&mut self, amount: usize) {
        self.file.consume(amount);
        *self.allowance = self.allowance.saturating_sub(amount as u64);
        self.ratio_allowance = self.ratio_allowance.saturating_sub(amount as u64);
    }
}

/// The reason inside an I/O error that an [`EntryReader`] gave.
pub fn reason(error: &io::Error) -> ArchiveError {
    error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<ArchiveError>())
        .cloned()
        .unwrap_or(ArchiveError::Broken)
}

/// Refuses a directory that declares too many entries before it is read: reading it would take memory for each.
fn check_declared_entries(bytes: &[u8]) -> Result<(), ArchiveError> {
    // The record may be followed by a comment of at most 64 KiB (APPNOTE 4.3.16).
    const RECORD_LEN: usize = 22;
    let tail_start = bytes.len().saturating_sub(RECORD_LEN + 0xFFFF);
    let tail = bytes.get(tail_start..).unwrap_or_default();
    let mut may_be_zip64 = false;
    for record in records(tail, b"PK\x05\x06") {
        let declared = record.get(8..12).unwrap_or_default();
        if little_endian(declared.get(..2)) > MAX_ENTRIES as u64
            || little_endian(declared.get(2..)) > MAX_ENTRIES as u64
        {
            return Err(ArchiveError::TooManyEntries);
        }
        let sizes = record.get(12..20).unwrap_or_default();
        may_be_zip64 |= sizes.chunks(4).any(|size| size == [0xFF; 4]);
    }
    if may_be_zip64 {
        // The ZIP64 record may stand anywhere before, and its counts are at 24 and 32 (APPNOTE 4.3.14).
        for record in records(bytes, b"PK\x06\x06") {
            if little_endian(record.get(24..32)) > MAX_ENTRIES as u64
                || little_endian(record.get(32..40)) > MAX_ENTRIES as u64
            {
                return Err(ArchiveError::TooManyEntries);
            }
        }
    }
    Ok(())
}

/// The rest of `bytes` from each place where `signature` stands.
fn records<'b>(bytes: &'b [u8], signature: &'b [u8; 4]) -> impl Iterator<Item = &'b [u8]> {
    bytes
        .windows(4)
        .enumerate()
        .filter(move |(_, window)| window == signature)
        .filter_map(|(start, _)| bytes.get(start..))
}

/// The number in at most 8 bytes; absent bytes are 0.
fn little_endian(bytes: Option<&[u8]>) -> u64 {
    let bytes = bytes.unwrap_or_default();
    bytes
        .iter()
        .rev()
        .fold(0, |number, &byte| (number << 8) | u64::from(byte))
}

/// The name in the local header at `start`, which readers that do not use the directory would see.
fn local_name(bytes: &[u8], start: u64) -> Option<&[u8]> {
    // APPNOTE 4.3.7: 30 bytes, the length of the name at 26.
    let header = bytes.get(usize::try_from(start).ok()?..)?;
    if !header.starts_with(b"PK\x03\x04") {
        return None;
    }
    let length = usize::try_from(little_endian(Some(header.get(26..28)?))).ok()?;
    header.get(30..30 + length)
}

/// The name in lower case, if it stays inside the container.
fn checked_name(raw: &[u8]) -> Result<String, ArchiveError> {
    // Names of parts are ASCII by rule; pictures and attachments beside them may have any name in any code page.
    let name = String::from_utf8_lossy(raw);
    let leads_out = name.starts_with(['/', '\\'])
        || name.split(['/', '\\']).any(|step| step == "..")
        || name.chars().any(|c| c == '\0')
        || name.get(1..2) == Some(":");
    if leads_out {
        return Err(ArchiveError::Suspicious("部件路径越界"));
    }
    Ok(name.replace('\\', "/").to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    fn unpack(archive: &mut Archive<'_>) -> io::Result<u64> {
        let mut entry = archive.entry("A").unwrap().unwrap();
        io::copy(&mut entry, &mut io::sink())
    }

    #[test]
    fn all_entries_together_unpack_to_no_more_than_the_limit() {
        // Not packed at all, so that the ratio is not what refuses it.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("a", options).unwrap();
        let quarter = MAX_UNPACKED_BYTES / 4;
        let content = vec![b'x'; usize::try_from(quarter).unwrap()];
        writer.write_all(&content).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        let mut archive = Archive::open(&bytes).unwrap();
        for _ in 0..4 {
            assert_eq!(unpack(&mut archive).unwrap(), quarter);
        }
        let error = unpack(&mut archive).unwrap_err();
        assert_eq!(reason(&error), ArchiveError::TooLarge);
    }
}
