//! The page of GB/T 9704-2012 §5 in the units of Word: sizes, margins, the grid of 22 lines by 28 characters, and the
//! sections that turn pages. All lengths are twips, a twentieth of a point.

use super::package::FooterId;
use crate::documents::xml_out::XmlOut;
use crate::domain::official_document::Orientation;

/// Millimetres in twips, rounded.
pub(super) const fn twips(millimetres: u32) -> u32 {
    (millimetres * 14_400 + 127) / 254
}

/// A4 upright.
const PAGE_WIDTH: u32 = twips(210);
const PAGE_HEIGHT: u32 = twips(297);
/// 天头 and 订口 (§5.2.1), and the text area (版心, §5.2.2).
const TOP: u32 = twips(37);
pub(super) const INNER: u32 = twips(28);
pub(super) const TEXT_WIDTH: u32 = twips(156);
pub(super) const TEXT_HEIGHT: u32 = twips(225);
/// What is left for the other two margins: 35 mm below, 26 mm at the cut edge.
pub(super) const BOTTOM: u32 = PAGE_HEIGHT - TOP - TEXT_HEIGHT;
const OUTER: u32 = PAGE_WIDTH - INNER - TEXT_WIDTH;

/// Lines on a page and characters in a line (§5.2.3).
const LINES: u32 = 22;
const CHARACTERS: u32 = 28;
/// One line. Rounded down: a twip more, and only 21 would fit.
pub(super) const LINE: u32 = TEXT_HEIGHT / LINES;
/// One character, rounded, for indents.
pub(super) const CHARACTER: u32 = (TEXT_WIDTH + CHARACTERS / 2) / CHARACTERS;
/// 三号, in half points: what the grid's characters are measured against.
pub(super) const BODY_SIZE: u32 = 32;

/// What is added to each character of the body, so that 28 of them fill a line: 三号 is a little wider than a cell. One
/// twip is to spare, since programs round fonts differently; justified lines spread it.
pub(super) const TIGHTER: i32 = (TEXT_WIDTH / CHARACTERS) as i32 - (BODY_SIZE * 10) as i32 - 1;

/// `w:charSpace`: how much wider than the body's type a cell of the grid is, in 4096ths of a point, rounded down.
const fn character_space() -> i32 {
    const UNITS: u32 = 4096;
    let cell = TEXT_WIDTH * UNITS / (20 * CHARACTERS);
    cell as i32 - (BODY_SIZE * UNITS / 2) as i32
}

/// The middle of a page number lies 7 mm outside the text area (§7.5), in a line of 20 points.
pub(super) const NUMBER_LINE: u32 = 400;
pub(super) const NUMBER_EDGE: u32 = BOTTOM - twips(7) - NUMBER_LINE / 2;

/// The width of the text on a page that lies so.
pub(super) const fn text_width(orientation: Orientation) -> u32 {
    match orientation {
        Orientation::Portrait => TEXT_WIDTH,
        Orientation::Landscape => TEXT_HEIGHT,
    }
}

/// `w:sectPr`: how the pages of a section lie. A page across is an upright one turned to the left, so that its head lies
/// at the binding (§7.6) and its margins turn with it.
pub(super) fn write_section(xml: &mut XmlOut, orientation: Orientation) {
    let [odd, even] = FooterId::of(orientation);
    xml.element("w:sectPr", &[], |xml| {
        for (kind, footer) in [("default", odd), ("even", even)] {
            xml.leaf(
                "w:footerReference",
                &[("w:type", &kind), ("r:id", &footer.relationship())],
            );
        }
        xml.leaf("w:type", &[("w:val", &"nextPage")]);
        let (width, height, margins) = match orientation {
            Orientation::Portrait => (PAGE_WIDTH, PAGE_HEIGHT, [TOP, OUTER, BOTTOM, INNER]),
            Orientation::Landscape => (PAGE_HEIGHT, PAGE_WIDTH, [INNER, TOP, OUTER, BOTTOM]),
        };
        match orientation {
            Orientation::Portrait => xml.leaf("w:pgSz", &[("w:w", &width), ("w:h", &height)]),
            Orientation::Landscape => xml.leaf(
                "w:pgSz",
                &[
                    ("w:w", &width),
                    ("w:h", &height),
                    ("w:orient", &"landscape"),
                ],
            ),
        }
        let [top, right, bottom, left] = margins;
        xml.leaf(
            "w:pgMar",
            &[
                ("w:top", &top),
                ("w:right", &right),
                ("w:bottom", &bottom),
                ("w:left", &left),
                ("w:header", &twips(15)),
                ("w:footer", &NUMBER_EDGE.min(bottom)),
                ("w:gutter", &0),
            ],
        );
        xml.leaf("w:cols", &[("w:space", &425)]);
        xml.leaf(
            "w:docGrid",
            &[
                ("w:type", &"linesAndChars"),
                ("w:linePitch", &LINE),
                ("w:charSpace", &character_space()),
            ],
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_fills_the_text_area_and_no_more() {
        const { assert!(LINE * LINES <= TEXT_HEIGHT && (LINE + 1) * LINES > TEXT_HEIGHT) };
        let cell = (f64::from(BODY_SIZE) / 2.0 + f64::from(character_space()) / 4096.0) * 20.0;
        let used = cell * f64::from(CHARACTERS);
        let width = f64::from(TEXT_WIDTH);
        let tight = (BODY_SIZE * 10).checked_add_signed(TIGHTER).unwrap() * CHARACTERS;
        assert!(tight <= TEXT_WIDTH && tight + tight / CHARACTERS > TEXT_WIDTH);
        assert!(used <= width && used > width - 1.0, "{used} of {width}");
    }
}
