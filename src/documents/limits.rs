//! How much one file may hold, and the count that enforces it. What a file means is decided by its reader.

use super::error::DocumentError;

/// Bytes of an uploaded file: 20 MiB.
pub const MAX_FILE_BYTES: usize = 20 * MIB;
/// Bytes that may be unpacked from one docx or xlsx, over all entries read: 64 MiB.
pub const MAX_UNPACKED_BYTES: u64 = 64 * MIB as u64;
/// Entries of one docx or xlsx.
pub const MAX_ENTRIES: usize = 2_000;
/// How many times its packed size an entry may unpack to, once it is past [`RATIO_FREE_BYTES`].
pub const MAX_RATIO: u64 = 200;
/// Small entries of blanks pack better than any ratio; up to here (1 MiB) they do no harm.
pub const RATIO_FREE_BYTES: u64 = MIB as u64;
/// Nesting of XML elements.
pub const MAX_XML_DEPTH: usize = 256;
/// Bytes of one XML tag, text or comment: 4 MiB.
pub const MAX_XML_NODE_BYTES: usize = 4 * MIB;
/// Tags and texts of one XML part.
pub const MAX_XML_NODES: usize = 4_000_000;
/// Paragraphs and table cells of one document, the copies carried into merged cells among them.
pub const MAX_ITEMS: usize = 200_000;
/// Bytes of text of one document, counted like the items: 16 MiB.
pub const MAX_TEXT_BYTES: usize = 16 * MIB;
/// Styles, and lists, of one Word file; templates that have been through many hands come to hundreds.
pub const MAX_DEFINITIONS: usize = 10_000;
/// Columns of a table.
pub const MAX_COLUMNS: usize = 256;
/// Rows of a units file, its header not counted.
pub const MAX_UNIT_ROWS: usize = 10_000;

/// One MiB in bytes.
pub const MIB: usize = 1024 * 1024;

/// What a document may still grow by. Every text kept from a file is paid for here first, so that a small file that
/// repeats itself (merged cells, shared strings, nested tables) cannot fill the memory.
#[derive(Debug)]
pub struct Allowance {
    items: usize,
    text_bytes: usize,
}

impl Allowance {
    /// The whole allowance of one document.
    pub fn whole() -> Allowance {
        Allowance {
            items: MAX_ITEMS,
            text_bytes: MAX_TEXT_BYTES,
        }
    }

    /// An allowance of these numbers of items and of bytes of text, for files of a known kind.
    pub fn of(items: usize, text_bytes: usize) -> Allowance {
        Allowance { items, text_bytes }
    }

    /// Pays for one paragraph or cell that holds `text`.
    ///
    /// # Errors
    /// [`DocumentError::TooManyItems`], [`DocumentError::TooMuchText`].
    pub fn take(&mut self, text: &str) -> Result<(), DocumentError> {
        self.items = self
            .items
            .checked_sub(1)
            .ok_or(DocumentError::TooManyItems)?;
        self.take_text(text.len())
    }

    /// Pays for `bytes` of text that belong to an item already paid for.
    ///
    /// # Errors
    /// [`DocumentError::TooMuchText`].
    pub fn take_text(&mut self, bytes: usize) -> Result<(), DocumentError> {
        self.text_bytes = self
            .text_bytes
            .checked_sub(bytes)
            .ok_or(DocumentError::TooMuchText)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowance_ends_at_its_limits() {
        let mut allowance = Allowance::whole();
        for _ in 0..MAX_ITEMS {
            allowance.take("").unwrap();
        }
        assert_eq!(allowance.take(""), Err(DocumentError::TooManyItems));

        let mut allowance = Allowance::whole();
        allowance.take_text(MAX_TEXT_BYTES).unwrap();
        assert_eq!(allowance.take("x"), Err(DocumentError::TooMuchText));
    }
}
