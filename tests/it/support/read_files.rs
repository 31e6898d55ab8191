//! Files that the service gives, as our own readers show them.

use duban::documents::read_document;
use duban::domain::plan::document::Block;

/// The cells of a file's sheets as our own reader shows them, row by row.
pub fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let document = read_document("a.xlsx", bytes).expect("a readable file");
    let tables = document.blocks.into_iter().filter_map(|block| match block {
        Block::Table(table) => Some(table.rows),
        _ => None,
    });
    tables.flatten().map(|row| row.cells).collect()
}

/// The text of a Word file, paragraph by paragraph and row by row.
pub fn lines(bytes: &[u8]) -> Vec<String> {
    let document = read_document("a.docx", bytes).expect("a readable file");
    let blocks = document.blocks.into_iter().flat_map(|block| match block {
        Block::Paragraph(paragraph) => vec![paragraph.text],
        Block::Table(table) => {
            let rows = table.rows.into_iter();
            rows.map(|row| row.cells.join("|")).collect()
        }
    });
    blocks.collect()
}
