//! Paragraphs and runs of a docx: a style by its id, what a single paragraph adds to it, and text with its line breaks.

use super::page::write_section;
use super::styles::{Face, write_face, write_size};
use crate::documents::printable::printable;
use crate::documents::xml_out::XmlOut;
use crate::domain::official_document::Orientation;

/// What a paragraph adds to its style; lengths in twips.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Layout {
    /// Room above.
    pub(super) before: u32,
    /// Whether it stays on the page of the next paragraph.
    pub(super) is_kept_with_next: bool,
    /// Whether it begins a page.
    pub(super) starts_page: bool,
    /// Indents of all its lines.
    pub(super) left: u32,
    /// As `left`.
    pub(super) right: u32,
    /// How far the first line begins before the others.
    pub(super) hanging: u32,
    /// A right-hand tab stop, from the left margin.
    pub(super) tab: Option<u32>,
    /// The height of its line, whatever the style says.
    pub(super) line: Option<u32>,
    /// A line as wide as the text area, below it.
    pub(super) rule: Option<Rule>,
}

/// A line below a paragraph.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Its strength in eighths of a point.
    pub(super) strength: u32,
    /// Its colour in hexadecimal digits.
    pub(super) colour: &'static str,
}

/// Writes a paragraph whose runs `content` writes.
pub(super) fn write_paragraph(
    xml: &mut XmlOut,
    style: &str,
    layout: &Layout,
    content: impl FnOnce(&mut XmlOut),
) {
    xml.element("w:p", &[], |xml| {
        xml.element("w:pPr", &[], |xml| write_properties(xml, style, layout));
        content(xml);
    });
}

/// In the order that the schema of `w:pPr` asks for.
fn write_properties(xml: &mut XmlOut, style: &str, layout: &Layout) {
    xml.leaf("w:pStyle", &[("w:val", &style)]);
    if layout.is_kept_with_next {
        xml.leaf("w:keepNext", &[]);
    }
    if layout.starts_page {
        xml.leaf("w:pageBreakBefore", &[]);
    }
    if let Some(rule) = layout.rule {
        xml.element("w:pBdr", &[], |xml| {
            xml.leaf(
                "w:bottom",
                &[
                    ("w:val", &"single"),
                    ("w:sz", &rule.strength),
                    ("w:space", &0),
                    ("w:color", &rule.colour),
                ],
            );
        });
    }
    if let Some(position) = layout.tab {
        xml.element("w:tabs", &[], |xml| {
            xml.leaf("w:tab", &[("w:val", &"right"), ("w:pos", &position)]);
        });
    }
    match (layout.before, layout.line) {
        (0, None) => {}
        (before, None) => xml.leaf("w:spacing", &[("w:before", &before)]),
        (before, Some(line)) => xml.leaf(
            "w:spacing",
            &[
                ("w:before", &before),
                ("w:line", &line),
                ("w:lineRule", &"exact"),
            ],
        ),
    }
    let Layout {
        left,
        right,
        hanging,
        ..
    } = *layout;
    if left + right + hanging > 0 {
        xml.leaf(
            "w:ind",
            &[
                ("w:left", &left),
                ("w:right", &right),
                ("w:hanging", &hanging),
            ],
        );
    }
}

/// An empty paragraph of this height; nothing of the document's.
pub(super) fn write_spacer(xml: &mut XmlOut, height: u32) {
    let layout = Layout {
        line: Some(height),
        ..Layout::default()
    };
    write_paragraph(xml, "Flush", &layout, |_| {});
}

/// The paragraph that ends a section, too small to need a page of its own.
pub(super) fn write_carrier(xml: &mut XmlOut, orientation: Orientation) {
    let layout = Layout {
        line: Some(20),
        ..Layout::default()
    };
    xml.element("w:p", &[], |xml| {
        xml.element("w:pPr", &[], |xml| {
            write_properties(xml, "Flush", &layout);
            write_section(xml, orientation);
        });
    });
}

/// How a run differs from its paragraph's style.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RunForm {
    /// Another face.
    pub(super) face: Option<Face>,
    /// Whether it is bold.
    pub(super) is_bold: bool,
    /// Another size, in half points.
    pub(super) size: Option<u32>,
}

/// A run in its paragraph's style.
pub(super) fn write_text(xml: &mut XmlOut, text: &str) {
    write_run(xml, RunForm::default(), text);
}

/// Lines in one paragraph.
pub(super) fn write_lines(xml: &mut XmlOut, lines: &[String]) {
    write_text(xml, &lines.join("\n"));
}

/// A run; nothing for empty text. Line feeds become line breaks.
pub(super) fn write_run(xml: &mut XmlOut, form: RunForm, text: &str) {
    let text = printable(text);
    if text.is_empty() {
        return;
    }
    xml.element("w:r", &[], |xml| {
        xml.element("w:rPr", &[], |xml| write_form(xml, form));
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                xml.leaf("w:br", &[]);
            }
            for (index, piece) in line.split('\t').enumerate() {
                if index > 0 {
                    xml.leaf("w:tab", &[]);
                }
                if !piece.is_empty() {
                    xml.element("w:t", &[("xml:space", &"preserve")], |xml| xml.text(piece));
                }
            }
        }
    });
}

/// The hint gives quotation marks and dashes, which both scripts have, their Chinese width.
fn write_form(xml: &mut XmlOut, form: RunForm) {
    match form.face {
        Some(face) => write_face(xml, face),
        None => xml.leaf("w:rFonts", &[("w:hint", &"eastAsia")]),
    }
    if form.is_bold {
        xml.leaf("w:b", &[]);
    }
    if let Some(size) = form.size {
        write_size(xml, size);
    }
}
