//! The text of a docx block by block (GB/T 9704-2012 §7.3.3); tables are written in `table`.

use super::page::{CHARACTER, LINE, text_width};
use super::paragraph::{Layout, RunForm, write_paragraph, write_run, write_spacer, write_text};
use super::styles::Face;
use super::table::write_table;
use crate::documents::printable::{half_widths, printable_line};
use crate::documents::xml_out::XmlOut;
use crate::domain::official_document::{
    Block, Heading, HeadingLevel, Orientation, Paragraph, PointMark,
};
use crate::domain::official_numbering::numbered;

/// Room above and below a table, in twips.
const AROUND_TABLE: u32 = 120;

/// What is kept with the next paragraph: about three lines.
const KEPT_HALF_WIDTHS: usize = 150;

/// Where blocks are written.
pub(super) struct Place {
    /// How the page lies.
    pub(super) orientation: Orientation,
    /// Room above the first block.
    pub(super) gap: u32,
    /// Whether a note or a signature follows, which may not stand alone on a page.
    pub(super) is_followed: bool,
}

/// Writes the blocks with their numbers.
pub(super) fn write_blocks(xml: &mut XmlOut, blocks: &[Block], place: &Place) {
    let last = blocks.len().saturating_sub(1);
    for (index, (number, block)) in numbered(blocks).into_iter().enumerate() {
        let layout = Layout {
            before: if index == 0 { place.gap } else { 0 },
            is_kept_with_next: place.is_followed && index == last && is_short(block),
            ..Layout::default()
        };
        match block {
            Block::Heading(heading) => write_heading(xml, heading, &number, layout),
            Block::Paragraph(paragraph) => write_body(xml, "", paragraph, &layout),
            Block::Points { mark, points } => write_points(xml, *mark, points, layout),
            Block::FinePrint(text) => {
                write_paragraph(xml, "FinePrint", &layout, |xml| {
                    write_text(xml, &printable_line(text));
                });
            }
            Block::Table(table) => {
                if table.caption.trim().is_empty() {
                    write_spacer(xml, layout.before.max(AROUND_TABLE));
                } else {
                    let caption = Layout {
                        before: layout.before.max(LINE / 2),
                        is_kept_with_next: true,
                        ..layout
                    };
                    write_paragraph(xml, "TableCaption", &caption, |xml| {
                        write_text(xml, &printable_line(&table.caption));
                    });
                }
                write_table(xml, table, text_width(place.orientation));
                // Also keeps the table apart from one that follows, with which Word would join it.
                write_spacer(xml, AROUND_TABLE);
            }
        }
    }
}

/// Whether the block's last paragraph may be kept with the next: programs move all of it, and a long one would leave a
/// page half empty.
fn is_short(block: &Block) -> bool {
    let last = match block {
        Block::Heading(heading) => &heading.run_on,
        Block::Paragraph(paragraph) => &paragraph.text,
        Block::Points { points, .. } => match points.last() {
            Some(point) => &point.text,
            None => return false,
        },
        Block::Table(_) => return false,
        Block::FinePrint(text) => text,
    };
    half_widths(last) <= KEPT_HALF_WIDTHS
}

fn write_heading(xml: &mut XmlOut, heading: &Heading, number: &str, layout: Layout) {
    let words = format!("{number}{}", printable_line(&heading.text));
    if heading.run_on.trim().is_empty() {
        let style = match heading.level {
            HeadingLevel::One => "Heading1",
            HeadingLevel::Two => "Heading2",
            HeadingLevel::Three => "Heading3",
        };
        return write_paragraph(xml, style, &layout, |xml| write_text(xml, &words));
    }
    // Text that runs on makes it a paragraph of the body: it has no place in the outline, and may be parted from the next.
    let face = match heading.level {
        HeadingLevel::One => Face::Hei,
        HeadingLevel::Two => Face::Kai,
        HeadingLevel::Three => Face::FangSong,
    };
    let form = RunForm {
        face: Some(face),
        ..RunForm::default()
    };
    write_paragraph(xml, "Body", &layout, |xml| {
        write_run(xml, form, &words);
        write_text(xml, &heading.run_on);
    });
}

fn write_points(xml: &mut XmlOut, mark: PointMark, points: &[Paragraph], layout: Layout) {
    let last = points.len().saturating_sub(1);
    for (index, point) in points.iter().enumerate() {
        let layout = Layout {
            before: if index == 0 { layout.before } else { 0 },
            is_kept_with_next: layout.is_kept_with_next && index == last,
            ..layout
        };
        write_body(xml, &mark.number(index), point, &layout);
    }
}

fn write_body(xml: &mut XmlOut, number: &str, paragraph: &Paragraph, layout: &Layout) {
    write_paragraph(xml, "Body", layout, |xml| {
        write_text(xml, number);
        let form = RunForm {
            is_bold: true,
            ..RunForm::default()
        };
        write_run(xml, form, &paragraph.lead);
        write_text(xml, &paragraph.text);
    });
}

/// So many half characters of the grid, in twips.
pub(super) const fn half_characters(count: u32) -> u32 {
    count * CHARACTER / 2
}
