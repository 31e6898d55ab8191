//! The end of a docx (GB/T 9704-2012 §7.3.4, §7.3.5, §7.4): attachment note, signature with date, imprint.

use super::body::half_characters;
use super::page::{CHARACTER, LINE, TEXT_WIDTH};
use super::paragraph::{Layout, write_paragraph, write_spacer, write_text};
use crate::documents::printable::{half_widths, printable_line};
use crate::documents::xml_out::XmlOut;
use crate::domain::local_time::chinese_day;
use crate::domain::official_document::{Imprint, OfficialDocument, Signature};
use crate::domain::official_numbering::{ANNEX_LABEL, COPIES_LABEL};

/// One character of 四号, the imprint's type, in twips.
const SMALL_CHARACTER: u32 = 280;
/// The imprint is as wide as the text area.
const IMPRINT_WIDTH: u32 = TEXT_WIDTH;
/// Two characters, in half characters.
const TWO: usize = 4;

/// Writes the attachment note and the signature.
pub(super) fn write_closing(xml: &mut XmlOut, document: &OfficialDocument) {
    let is_signed = document.signature.is_some();
    write_note(xml, &document.attachment_note(), is_signed);
    if let Some(signature) = &document.signature {
        write_signature(xml, signature);
    }
}

/// §7.3.4: two characters in, titles under each other.
fn write_note(xml: &mut XmlOut, entries: &[String], is_signed: bool) {
    let label = format!("{ANNEX_LABEL}：");
    for (index, entry) in entries.iter().enumerate() {
        let number = match entry.split_once('.') {
            Some((number, _)) if entries.len() > 1 => number.len() + 1,
            _ => 0,
        };
        let begin = if index == 0 { label.as_str() } else { "" };
        let number = twips_of(number);
        let layout = Layout {
            before: if index == 0 { LINE } else { 0 },
            is_kept_with_next: is_signed,
            left: twips_of(TWO + half_widths(&label)) + number,
            hanging: twips_of(half_widths(begin)) + number,
            ..Layout::default()
        };
        write_paragraph(xml, "Note", &layout, |xml| {
            write_text(xml, &format!("{begin}{}", printable_line(entry)));
        });
    }
}

fn write_signature(xml: &mut XmlOut, signature: &Signature) {
    let offices: Vec<String> = signature
        .offices
        .iter()
        .map(|office| printable_line(office))
        .filter(|office| !office.is_empty())
        .collect();
    let date = chinese_day(signature.signed_on);
    let last = offices.last().map_or(0, |office| half_widths(office));
    let (office_indent, date_indent) = signature_indents(last, half_widths(&date));
    for (index, office) in offices.iter().enumerate() {
        let layout = Layout {
            before: if index == 0 { LINE } else { 0 },
            is_kept_with_next: true,
            right: twips_of(office_indent),
            ..Layout::default()
        };
        write_paragraph(xml, "Signature", &layout, |xml| write_text(xml, office));
    }
    let layout = Layout {
        before: if offices.is_empty() { LINE } else { 0 },
        right: twips_of(date_indent),
        ..Layout::default()
    };
    write_paragraph(xml, "Signature", &layout, |xml| write_text(xml, &date));
}

/// How far from the right the office and the date below it end, in half characters, without a seal (§7.3.5.2): the office
/// two characters in, and the date beginning two characters after it; where the date would then end nearer to the edge
/// than two characters, it ends there, and the office moves with it.
fn signature_indents(office: usize, date: usize) -> (usize, usize) {
    if office == 0 {
        return (TWO, 2 * TWO);
    }
    // What lies beyond half a line would leave the date no room.
    let by_office = office.min(14 * TWO / 2 + date).saturating_sub(date);
    if by_office >= TWO {
        (TWO, by_office)
    } else {
        (TWO + TWO + date - office.min(date + TWO), TWO)
    }
}

/// §7.4: the imprint at the foot of the page on which the text ends, between lines of 0.35 mm, parted by one of 0.25 mm.
pub(super) fn write_imprint(xml: &mut XmlOut, imprint: &Imprint) {
    // Programs that cannot place a table at the foot of a page leave it behind the text: not without a gap.
    write_spacer(xml, LINE / 2);
    xml.element("w:tbl", &[], |xml| {
        write_imprint_properties(xml);
        if let Some(copies) = imprint.copies_line() {
            let hanging = SMALL_CHARACTER * 3;
            let layout = Layout {
                left: SMALL_CHARACTER + hanging,
                right: SMALL_CHARACTER,
                hanging,
                ..Layout::default()
            };
            let line = format!("{COPIES_LABEL}{}", printable_line(&copies));
            write_imprint_row(xml, &layout, &line);
        }
        let layout = Layout {
            left: SMALL_CHARACTER,
            tab: Some(IMPRINT_WIDTH - SMALL_CHARACTER),
            ..Layout::default()
        };
        let office = printable_line(&imprint.printed_by);
        write_imprint_row(
            xml,
            &layout,
            &format!("{office}\t{}", imprint.printed_line()),
        );
    });
    // The table is bound to the paragraph behind it.
    write_spacer(xml, 20);
}

fn write_imprint_properties(xml: &mut XmlOut) {
    xml.element("w:tblPr", &[], |xml| {
        xml.leaf(
            "w:tblpPr",
            &[
                ("w:leftFromText", &0),
                ("w:rightFromText", &0),
                ("w:topFromText", &LINE),
                ("w:vertAnchor", &"margin"),
                ("w:horzAnchor", &"margin"),
                ("w:tblpX", &1),
                ("w:tblpYSpec", &"bottom"),
            ],
        );
        xml.leaf("w:tblW", &[("w:w", &IMPRINT_WIDTH), ("w:type", &"dxa")]);
        xml.element("w:tblBorders", &[], |xml| {
            // Eighths of a point.
            for (side, strength) in [("w:top", 8), ("w:bottom", 8), ("w:insideH", 6)] {
                xml.leaf(
                    side,
                    &[
                        ("w:val", &"single"),
                        ("w:sz", &strength),
                        ("w:space", &0),
                        ("w:color", &"000000"),
                    ],
                );
            }
        });
        xml.leaf("w:tblLayout", &[("w:type", &"fixed")]);
        xml.element("w:tblCellMar", &[], |xml| {
            for side in ["w:left", "w:right"] {
                xml.leaf(side, &[("w:w", &0), ("w:type", &"dxa")]);
            }
        });
    });
    xml.element("w:tblGrid", &[], |xml| {
        xml.leaf("w:gridCol", &[("w:w", &IMPRINT_WIDTH)]);
    });
}

fn write_imprint_row(xml: &mut XmlOut, layout: &Layout, text: &str) {
    xml.element("w:tr", &[], |xml| {
        xml.element("w:trPr", &[], |xml| xml.leaf("w:cantSplit", &[]));
        xml.element("w:tc", &[], |xml| {
            xml.element("w:tcPr", &[], |xml| {
                xml.leaf("w:tcW", &[("w:w", &IMPRINT_WIDTH), ("w:type", &"dxa")]);
            });
            write_paragraph(xml, "Imprint", layout, |xml| write_text(xml, text));
        });
    });
}

fn twips_of(half_width: usize) -> u32 {
    half_characters(u32::try_from(half_width).unwrap_or(0)).min(TEXT_WIDTH - CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_begins_two_characters_after_the_office_and_ends_two_in() {
        let date = half_widths("2026年11月23日");
        for office in 2..=40 {
            let (office_indent, date_indent) = signature_indents(office, date);
            let begins = |indent: usize, width: usize| 56 - indent - width;
            assert_eq!(
                begins(date_indent, date),
                begins(office_indent, office) + TWO
            );
            assert!(office_indent >= TWO && date_indent >= TWO);
            assert!(office_indent == TWO || date_indent == TWO, "{office}");
        }
        assert_eq!(signature_indents(22, 14), (4, 8), "2 and 4 characters");
        assert_eq!(signature_indents(0, 14), (4, 8));
        assert!(signature_indents(500, 14).1 <= 28);
    }
}
