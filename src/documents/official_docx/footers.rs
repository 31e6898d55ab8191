//! Page numbers of a docx (GB/T 9704-2012 §7.5): — 1 —, on odd pages to the right, on even ones to the left. On a page
//! that lies across the number keeps its place on the sheet (§7.6), which is its left edge, and turns with it.

use super::package::{FooterId, OFFICE_LINKS};
use super::page::{INNER, NUMBER_EDGE, NUMBER_LINE, TEXT_WIDTH};
use super::paragraph::write_spacer;
use super::styles::WORD;
use crate::documents::xml_out::XmlOut;

/// One character of 四号: how far the number stands from the edge of the text.
const CHARACTER: u32 = 280;
/// Room for the longest number, in twips.
const NUMBER_WIDTH: u32 = 2000;

/// A footer part.
pub(super) fn footer_part(id: FooterId) -> String {
    let attributes: [(&str, &dyn std::fmt::Display); 2] =
        [("xmlns:w", &WORD), ("xmlns:r", &OFFICE_LINKS)];
    XmlOut::part("w:ftr", &attributes, |xml| match id {
        FooterId::Odd => write_number(xml, "right", Turn::Upright),
        FooterId::Even => write_number(xml, "left", Turn::Upright),
        FooterId::OddAcross => {
            write_turned(xml, "right", INNER + TEXT_WIDTH - NUMBER_WIDTH);
        }
        FooterId::EvenAcross => write_turned(xml, "left", INNER),
    })
}

/// How the number stands on its page.
#[derive(Clone, Copy)]
enum Turn {
    Upright,
    /// Its head to the right.
    Right,
}

/// The number in a frame of its own at the left edge, `top` below the upper edge of the page.
fn write_turned(xml: &mut XmlOut, side: &str, top: u32) {
    xml.element("w:tbl", &[], |xml| {
        xml.element("w:tblPr", &[], |xml| {
            xml.leaf(
                "w:tblpPr",
                &[
                    ("w:leftFromText", &0),
                    ("w:rightFromText", &0),
                    ("w:vertAnchor", &"page"),
                    ("w:horzAnchor", &"page"),
                    ("w:tblpX", &NUMBER_EDGE),
                    ("w:tblpY", &top),
                ],
            );
            xml.leaf("w:tblW", &[("w:w", &NUMBER_LINE), ("w:type", &"dxa")]);
            xml.leaf("w:tblLayout", &[("w:type", &"fixed")]);
            xml.element("w:tblCellMar", &[], |xml| {
                for side in ["w:left", "w:right"] {
                    xml.leaf(side, &[("w:w", &0), ("w:type", &"dxa")]);
                }
            });
        });
        xml.element("w:tblGrid", &[], |xml| {
            xml.leaf("w:gridCol", &[("w:w", &NUMBER_LINE)]);
        });
        xml.element("w:tr", &[], |xml| {
            xml.element("w:trPr", &[], |xml| {
                xml.leaf(
                    "w:trHeight",
                    &[("w:val", &NUMBER_WIDTH), ("w:hRule", &"exact")],
                );
            });
            xml.element("w:tc", &[], |xml| {
                xml.element("w:tcPr", &[], |xml| {
                    xml.leaf("w:tcW", &[("w:w", &NUMBER_LINE), ("w:type", &"dxa")]);
                    xml.leaf("w:textDirection", &[("w:val", &"tbRl")]);
                });
                write_number(xml, side, Turn::Right);
            });
        });
    });
    write_spacer(xml, 20);
}

fn write_number(xml: &mut XmlOut, side: &str, turn: Turn) {
    xml.element("w:p", &[], |xml| {
        xml.element("w:pPr", &[], |xml| {
            xml.leaf("w:pStyle", &[("w:val", &"Footer")]);
            xml.leaf("w:ind", &[("w:left", &CHARACTER), ("w:right", &CHARACTER)]);
            xml.leaf("w:jc", &[("w:val", &side)]);
        });
        // Turned text is set like Chinese in columns: a dash that counts as Latin turns with the digits.
        let hint = match turn {
            Turn::Upright => "eastAsia",
            Turn::Right => "default",
        };
        write_piece(xml, hint, |xml| {
            xml.element("w:t", &[("xml:space", &"preserve")], |xml| xml.text("— "));
        });
        let mark = |xml: &mut XmlOut, kind: &str| {
            write_piece(xml, hint, |xml| {
                xml.leaf("w:fldChar", &[("w:fldCharType", &kind)]);
            });
        };
        mark(xml, "begin");
        write_piece(xml, hint, |xml| {
            xml.element("w:instrText", &[("xml:space", &"preserve")], |xml| {
                xml.text(" PAGE ");
            });
        });
        mark(xml, "separate");
        write_piece(xml, hint, |xml| {
            xml.element("w:t", &[], |xml| xml.text("1"));
        });
        mark(xml, "end");
        write_piece(xml, hint, |xml| {
            xml.element("w:t", &[("xml:space", &"preserve")], |xml| xml.text(" —"));
        });
    });
}

fn write_piece(xml: &mut XmlOut, hint: &str, content: impl FnOnce(&mut XmlOut)) {
    xml.element("w:r", &[], |xml| {
        xml.element("w:rPr", &[], |xml| {
            xml.leaf("w:rFonts", &[("w:hint", &hint)]);
        });
        content(xml);
    });
}
