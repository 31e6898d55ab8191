//! An official document → docx in the layout of GB/T 9704-2012. The same document gives the same bytes: no clock, no
//! random ids, no order of a hash map.
//!
//! The parts are written here, with `quick-xml`'s escaping and `zip`, and not with the `docx-rs` crate: it cannot repeat
//! a table's head row on each page (`w:tblHeader`), name stand-ins for fonts (`w:altName`) or place a table at the foot
//! of the last page (`w:tblpPr`), all of which the layout needs, and would bring second copies of both crates along.
//!
//! * the page, its grid and sections: `page`; typefaces and styles: `styles`; page numbers: `footers`
//! * from top to bottom: `head`, `body`, `table`, `closing` (attachment note, signature, imprint), with the paragraphs
//!   of `paragraph`
//! * the container: `package`

mod body;
mod closing;
mod footers;
mod head;
mod package;
mod page;
mod paragraph;
mod styles;
mod table;

use thiserror::Error;

use self::body::{Place, write_blocks};
use self::page::{LINE, write_section};
use self::paragraph::{Layout, write_carrier, write_lines, write_paragraph, write_text};
use super::official_title::title_lines;
use super::xml_out::XmlOut;
use crate::domain::official_document::{OfficialDocument, OfficialDocumentError, Orientation};
use crate::domain::official_numbering::PrintedAnnex;

/// Half characters of 二号 in a line of a title, with some room at both ends.
const TITLE_WIDTH: usize = 38;
/// As [`TITLE_WIDTH`], on a page that lies across.
const WIDE_TITLE_WIDTH: usize = 54;

/// Why no file was made. The messages are read by the clerk who releases the document.
#[derive(Debug, Error)]
pub enum OfficialFileError {
    /// The document cannot be written as it is.
    #[error(transparent)]
    Document(#[from] OfficialDocumentError),
    /// The container could not be made, which only its size can cause.
    #[error("文件太大，无法打包：请把台账改为 Excel 附件后再生成")]
    Packing(#[source] zip::result::ZipError),
    /// As [`OfficialFileError::Packing`], while a part was being added.
    #[error("文件太大，无法打包：请把台账改为 Excel 附件后再生成")]
    Writing(#[from] std::io::Error),
}

/// The document as a Word file.
///
/// # Errors
/// [`OfficialFileError`].
pub fn official_docx(document: &OfficialDocument) -> Result<Vec<u8>, OfficialFileError> {
    document.check()?;
    package::pack(document, &document_part(document))
}

/// Pages that lie alike, from a page break to the next turn.
struct Section {
    orientation: Orientation,
    content: XmlOut,
}

fn document_part(document: &OfficialDocument) -> String {
    let sections = sections(document);
    let attributes: [(&str, &dyn std::fmt::Display); 2] = [
        ("xmlns:w", &styles::WORD),
        ("xmlns:r", &package::OFFICE_LINKS),
    ];
    XmlOut::part("w:document", &attributes, |xml| {
        xml.element("w:body", &[], |xml| {
            let last = sections.len().saturating_sub(1);
            for (index, section) in sections.into_iter().enumerate() {
                xml.append(section.content);
                // The properties of a section stand in its last paragraph, those of the last one behind the text.
                if index == last {
                    write_section(xml, section.orientation);
                } else {
                    write_carrier(xml, section.orientation);
                }
            }
        });
    })
}

fn sections(document: &OfficialDocument) -> Vec<Section> {
    let mut current = Section {
        orientation: Orientation::Portrait,
        content: XmlOut::default(),
    };
    let gap = head::write_head(&mut current.content, document);
    let has_closing = document.signature.is_some() || !document.annexes.is_empty();
    let place = Place {
        orientation: Orientation::Portrait,
        gap,
        is_followed: has_closing,
    };
    write_blocks(&mut current.content, &document.body, &place);
    closing::write_closing(&mut current.content, document);
    let mut sections = Vec::new();
    for annex in document.printed_annexes() {
        let starts_page = annex.orientation == current.orientation;
        if !starts_page {
            sections.push(std::mem::replace(
                &mut current,
                Section {
                    orientation: annex.orientation,
                    content: XmlOut::default(),
                },
            ));
        }
        write_annex(&mut current.content, &annex, starts_page);
    }
    if let Some(imprint) = &document.imprint {
        // The imprint stands at the foot of an upright page.
        if current.orientation == Orientation::Landscape {
            sections.push(std::mem::replace(
                &mut current,
                Section {
                    orientation: Orientation::Portrait,
                    content: XmlOut::default(),
                },
            ));
        }
        closing::write_imprint(&mut current.content, imprint);
    }
    sections.push(current);
    sections
}

/// §7.3.7: the label in the first line of a new page, the title centred in the third.
fn write_annex(xml: &mut XmlOut, annex: &PrintedAnnex<'_>, starts_page: bool) {
    let label = Layout {
        starts_page,
        is_kept_with_next: true,
        ..Layout::default()
    };
    write_paragraph(xml, "AnnexLabel", &label, |xml| {
        write_text(xml, &annex.label())
    });
    let title = Layout {
        before: LINE,
        is_kept_with_next: true,
        ..Layout::default()
    };
    let width = match annex.orientation {
        Orientation::Portrait => TITLE_WIDTH,
        Orientation::Landscape => WIDE_TITLE_WIDTH,
    };
    write_paragraph(xml, "Title", &title, |xml| {
        write_lines(xml, &title_lines(annex.title, width));
    });
    let place = Place {
        orientation: annex.orientation,
        gap: LINE,
        is_followed: false,
    };
    write_blocks(xml, annex.blocks, &place);
}
