//! Making files to read: containers from named parts, Word and Excel packages from XML, and blocks in short form.

use std::io::{Cursor, Write};

use duban::documents::{DocumentError, read_document};
use duban::domain::plan::document::{Block, Document};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A zip with these parts, in this order.
pub fn container(parts: &[(&str, &str)]) -> Vec<u8> {
    container_with(SimpleFileOptions::default(), parts)
}

/// A zip with these parts, packed as the options say.
pub fn container_with(options: SimpleFileOptions, parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A relationships part that names targets by kind; ids are `r1`, `r2`, ….
pub fn relationships(targets: &[(&str, &str)]) -> String {
    let list: String = targets
        .iter()
        .enumerate()
        .map(|(index, (kind, target))| {
            let id = index + 1;
            format!(r#"<Relationship Id="r{id}" Type="{OFFICE}/{kind}" Target="{target}"/>"#)
        })
        .collect();
    format!("<Relationships>{list}</Relationships>")
}

/// A Word package with this body, and the content of its styles and numbering parts.
pub fn docx_with(body: &str, styles: &str, numbering: &str) -> Vec<u8> {
    let root = relationships(&[("officeDocument", "word/document.xml")]);
    let links = relationships(&[("styles", "styles.xml"), ("numbering", "numbering.xml")]);
    container(&[
        ("_rels/.rels", &root),
        ("word/_rels/document.xml.rels", &links),
        (
            "word/document.xml",
            &format!(
                r#"<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="w"><w:body>{body}<w:sectPr/></w:body></w:document>"#
            ),
        ),
        ("word/styles.xml", &format!("<w:styles>{styles}</w:styles>")),
        (
            "word/numbering.xml",
            &format!("<w:numbering>{numbering}</w:numbering>"),
        ),
    ])
}

/// A Word package with this body alone.
pub fn docx(body: &str) -> Vec<u8> {
    docx_with(body, "", "")
}

/// An Excel package of one sheet `表一` with this content, shared strings and styles.
pub fn xlsx_with(sheet: &str, strings: &str, styles: &str) -> Vec<u8> {
    let root = relationships(&[("officeDocument", "xl/workbook.xml")]);
    let links = relationships(&[
        ("worksheet", "worksheets/sheet1.xml"),
        ("sharedStrings", "sharedStrings.xml"),
        ("styles", "styles.xml"),
    ]);
    container(&[
        ("_rels/.rels", &root),
        (
            "xl/workbook.xml",
            r#"<workbook><sheets><sheet name="表一" sheetId="1" r:id="r1"/></sheets></workbook>"#,
        ),
        ("xl/_rels/workbook.xml.rels", &links),
        (
            "xl/worksheets/sheet1.xml",
            &format!("<worksheet>{sheet}</worksheet>"),
        ),
        ("xl/sharedStrings.xml", strings),
        (
            "xl/styles.xml",
            &format!("<styleSheet>{styles}</styleSheet>"),
        ),
    ])
}

/// An Excel package of one sheet with these rows, and nothing else.
pub fn xlsx(sheet: &str) -> Vec<u8> {
    xlsx_with(sheet, "<sst/>", "")
}

/// The document's blocks as lines of text: `7 text` for paragraphs (`7#2 text` for headings), `7| a | b` for rows.
pub fn lines(document: &Document) -> Vec<String> {
    let mut lines = Vec::new();
    for block in &document.blocks {
        match block {
            Block::Paragraph(paragraph) => {
                let level = paragraph
                    .heading_level
                    .map_or(String::new(), |level| format!("#{level}"));
                lines.push(format!("{}{level} {}", paragraph.line, paragraph.text));
            }
            Block::Table(table) => {
                for row in &table.rows {
                    lines.push(format!("{}| {}", row.line, row.cells.join(" | ")));
                }
            }
        }
    }
    lines
}

/// What reading the file gives, as [`lines`].
pub fn read(name: &str, bytes: &[u8]) -> Vec<String> {
    lines(&read_document(name, bytes).unwrap())
}

/// Why the file is refused.
pub fn refusal(name: &str, bytes: &[u8]) -> DocumentError {
    read_document(name, bytes).unwrap_err()
}
