//! Excel files as people, or others, send them back: the one they were given, with cells put in by hand.

use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

const SHEET: &str = "xl/worksheets/sheet1.xml";

/// A file to be filled in.
#[derive(Clone)]
pub struct FilledSheet(Vec<u8>);

impl FilledSheet {
    /// The file as it was given.
    pub fn of(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The file as it is sent back.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// With a number typed into a cell.
    pub fn number(&self, cell: &str, number: &str) -> Self {
        self.cell(cell, "", &format!("<v>{number}</v>"))
    }

    /// With a text typed into a cell.
    pub fn text(&self, cell: &str, text: &str) -> Self {
        let inner = format!("<is><t>{text}</t></is>");
        self.cell(cell, " t=\"inlineStr\"", &inner)
    }

    /// With a cell of these attributes and content, its style kept; at the end of the sheet where it has no such cell.
    pub fn cell(&self, cell: &str, attributes: &str, inner: &str) -> Self {
        self.edited(SHEET, |xml| {
            let head = format!("<c r=\"{cell}\"");
            let Some(start) = xml.find(&head) else {
                let row: String = cell.chars().filter(char::is_ascii_digit).collect();
                let row =
                    format!("<row r=\"{row}\">{head}{attributes}>{inner}</c></row></sheetData>");
                return xml.replace("</sheetData>", &row);
            };
            let (before, from) = xml.split_at(start);
            let tag = &from[..from.find('>').expect("a tag")];
            let end = match tag.ends_with('/') {
                true => tag.len() + 1,
                false => from.find("</c>").expect("an end") + 4,
            };
            let style = tag
                .split(" s=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            let style = style.map_or_else(String::new, |style| format!(" s=\"{style}\""));
            format!(
                "{before}{head}{style}{attributes}>{inner}</c>{}",
                &from[end..]
            )
        })
    }

    /// With other text in its sheet.
    pub fn replaced(&self, old: &str, new: &str) -> Self {
        self.edited(SHEET, |xml| {
            assert!(xml.contains(old), "{old}");
            xml.replace(old, new)
        })
    }

    /// With a part edited; a part that is new begins empty.
    pub fn edited(&self, part: &str, edit: impl FnOnce(String) -> String) -> Self {
        let mut parts: Vec<(String, String)> = Vec::new();
        let mut archive = ZipArchive::new(Cursor::new(&self.0)).expect("a container");
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).expect("an entry");
            let mut content = String::new();
            file.read_to_string(&mut content).expect("text");
            parts.push((file.name().expect("a name").into_owned(), content));
        }
        let known = parts.iter_mut().find(|(name, _)| name == part);
        let (_, content) = known.expect("the part");
        *content = edit(std::mem::take(content));
        let mut container = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            let options = SimpleFileOptions::default();
            container.start_file(name, options).expect("an entry");
            container.write_all(content.as_bytes()).expect("written");
        }
        Self(container.finish().expect("a container").into_inner())
    }
}
