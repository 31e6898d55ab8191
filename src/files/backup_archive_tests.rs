//! Tests of `backup_archive`.

use super::*;
use std::path::PathBuf;

struct Written(PathBuf);

impl Drop for Written {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn written(name: &str) -> Written {
    let path = std::env::temp_dir().join(format!("duban-{name}-{}", std::process::id()));
    let mut writer = BackupWriter::begin(File::create(&path).expect("file")).expect("begun");
    writer.add("files/a", b"one").expect("added");
    writer.add("files/b", &[7; 1024]).expect("added");
    writer.add("empty", b"").expect("added");
    let length = writer.finish().expect("finished");
    assert_eq!(length % BLOCK, 0);
    Written(path)
}

fn read(path: &PathBuf) -> Result<Vec<(String, Vec<u8>)>, BackupFault> {
    let mut reader = BackupReader::open(File::open(path)?)?;
    let mut found = Vec::new();
    while let Some((name, size)) = reader.next_entry()? {
        let mut bytes = Vec::new();
        reader.copy(size, |chunk| {
            bytes.extend_from_slice(chunk);
            Ok(())
        })?;
        found.push((name, bytes));
    }
    match reader.is_whole()? {
        true => Ok(found),
        false => Err(BackupFault::damaged("end")),
    }
}

#[test]
fn what_was_written_is_read() {
    let written = written("archive-read");
    let found = read(&written.0).expect("read");
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["files/a", "files/b", "empty"]);
    assert_eq!(found[0].1, b"one");
    assert_eq!(found[1].1, [7; 1024]);
}

/// Bad input H3: each byte of a backup in turn is another one, and each length shorter than the whole is tried.
#[test]
fn no_byte_can_be_another_and_none_can_be_missing() {
    let written = written("archive-flipped");
    let whole = std::fs::read(&written.0).expect("bytes");
    let other = Written(written.0.with_extension("other"));
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(&other.0, &bytes).expect("written");
        assert!(read(&other.0).is_err(), "byte {at} of {}", whole.len());
    }
    for length in (0..whole.len()).step_by(64) {
        std::fs::write(&other.0, &whole[..length]).expect("written");
        assert!(read(&other.0).is_err(), "{length} of {}", whole.len());
    }
    let mut longer = whole.clone();
    longer.extend_from_slice(&[0; 512]);
    std::fs::write(&other.0, &longer).expect("written");
    assert!(read(&other.0).is_err(), "a block too many");
}

#[test]
fn another_format_is_told_by_its_number() {
    let written = written("archive-format");
    let mut bytes = std::fs::read(&written.0).expect("bytes");
    bytes[512 + 7] = b'2';
    std::fs::write(&written.0, &bytes).expect("written");
    let fault = read(&written.0).expect_err("another format");
    assert!(
        matches!(&fault, BackupFault::Format { found } if found == "2"),
        "{fault}"
    );
}

#[test]
fn sizes_are_told_whatever_they_are() {
    for size in [0, 1, 511, 512, (1 << 33) - 1, 1 << 33, u64::MAX / 2] {
        let block = header("files/x", size);
        assert_eq!(block.len() as u64, BLOCK);
        assert_eq!(named(&block), Some(("files/x".to_owned(), size)));
    }
}
