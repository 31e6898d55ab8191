//! Whether the end of a file makes it a zip: zip readers begin there, whatever stands in front. Reading a zip is not
//! done here.

/// The end record without its comment (APPNOTE 4.3.16).
const RECORD_LEN: usize = 22;
/// The longest comment.
const MAX_COMMENT: usize = 0xFFFF;
/// A size that stands in a ZIP64 record instead.
const IN_ZIP64: usize = 0xFFFF_FFFF;

/// Whether some zip reader would find an archive in `bytes`: an end record in the last 64 KiB that leads to a
/// directory, or that says its directory is a ZIP64 one. Data behind the record does not hide it: many readers skip it.
pub(super) fn reads_as_zip(bytes: &[u8]) -> bool {
    let tail_start = bytes.len().saturating_sub(RECORD_LEN + MAX_COMMENT);
    let tail = bytes.get(tail_start..).unwrap_or_default();
    tail.windows(4)
        .enumerate()
        .filter(|(_, window)| window == b"PK\x05\x06")
        .any(|(at, _)| leads_to_directory(bytes, tail_start + at))
}

/// Whether nothing stands behind the last end record of a zip, a comment included.
pub(super) fn ends_with_record(bytes: &[u8]) -> bool {
    let record = bytes
        .len()
        .checked_sub(RECORD_LEN)
        .and_then(|start| bytes.get(start..));
    record.is_some_and(|record| record.starts_with(b"PK\x05\x06"))
}

fn leads_to_directory(bytes: &[u8], record_start: usize) -> bool {
    let field = |start: usize| -> Option<usize> {
        let field = bytes.get(record_start + start..record_start + start + 4)?;
        let field = <[u8; 4]>::try_from(field).ok()?;
        usize::try_from(u32::from_le_bytes(field)).ok()
    };
    let (Some(size), Some(offset)) = (field(12), field(16)) else {
        return false;
    };
    if size == IN_ZIP64 || offset == IN_ZIP64 {
        return true;
    }
    let is_directory = |start: usize| {
        bytes
            .get(start..)
            .is_some_and(|rest| rest.starts_with(b"PK\x01\x02"))
    };
    // Readers find the directory right before its record, or where the record says; something in front shifts only the
    // latter.
    is_directory(offset) || record_start.checked_sub(size).is_some_and(is_directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_bytes_by_chance_are_no_zip() {
        let mut bytes = vec![0x55; 200];
        bytes[100..104].copy_from_slice(b"PK\x05\x06");
        assert!(!reads_as_zip(&bytes));
        assert!(!reads_as_zip(b"PK\x05\x06"));
        assert!(!reads_as_zip(b""));
        // ZIP64 by its sentinel.
        bytes[116..120].copy_from_slice(&[0xFF; 4]);
        assert!(reads_as_zip(&bytes));
    }

    #[test]
    fn the_directory_is_found_by_its_offset_or_by_its_length() {
        for (directory, length, offset) in [(10, 9_u32, 10_u32), (60, 40, 9)] {
            let mut bytes = vec![0x55; 200];
            bytes[directory..directory + 4].copy_from_slice(b"PK\x01\x02");
            bytes[100..104].copy_from_slice(b"PK\x05\x06");
            bytes[112..116].copy_from_slice(&length.to_le_bytes());
            bytes[116..120].copy_from_slice(&offset.to_le_bytes());
            assert!(reads_as_zip(&bytes));
            bytes[directory] = b'p';
            assert!(!reads_as_zip(&bytes));
        }
    }
}
