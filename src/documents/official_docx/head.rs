//! The head of a docx (GB/T 9704-2012 §7.2, §7.3.1, §7.3.2): urgency, red head with its rule, title, recipients.

use super::TITLE_WIDTH;
use super::page::{CHARACTER, LINE, TEXT_WIDTH, twips};
use super::paragraph::{
    Layout, Rule, RunForm, write_lines, write_paragraph, write_run, write_text,
};
use crate::documents::official_title::title_lines;
use crate::documents::printable::{half_widths, printable, printable_line};
use crate::documents::xml_out::XmlOut;
use crate::domain::local_time::chinese_day;
use crate::domain::official_document::{OfficialDocument, Reference};

/// The upper edge of the mark lies so far below that of the text area (§7.2.4).
const ABOVE_MARK: u32 = twips(35);
/// The rule lies so far below the line above it (§7.2.7).
const ABOVE_RULE: u32 = twips(4);
/// Half points: as large as the width allows, between 二号 and a little over 小初.
const MARK_SIZES: std::ops::RangeInclusive<u32> = 44..=104;

/// Writes everything above the text. Returns the room that belongs above the first block.
pub(super) fn write_head(xml: &mut XmlOut, document: &OfficialDocument) -> u32 {
    let mut above = 0;
    if let Some(urgency) = document.urgency {
        write_paragraph(xml, "Urgency", &Layout::default(), |xml| {
            write_text(xml, urgency.label());
        });
        above = LINE;
    }
    if let Some(mark) = &document.mark {
        write_mark(xml, mark, ABOVE_MARK.saturating_sub(above));
        write_reference(xml, document, 2 * LINE);
        write_rule(xml);
        above = 2 * LINE;
    } else if document.reference.is_some() {
        write_reference(xml, document, above);
        above = LINE;
    }
    let title = Layout {
        before: above,
        is_kept_with_next: true,
        ..Layout::default()
    };
    write_paragraph(xml, "Title", &title, |xml| {
        write_lines(xml, &title_lines(&document.title, TITLE_WIDTH));
    });
    let Some(recipients) = document.recipients_line() else {
        return LINE;
    };
    let layout = Layout {
        before: LINE,
        ..Layout::default()
    };
    write_paragraph(xml, "Flush", &layout, |xml| {
        write_text(xml, &printable_line(&recipients));
    });
    0
}

fn write_mark(xml: &mut XmlOut, mark: &str, before: u32) {
    let mark = printable(mark);
    let lines: Vec<&str> = mark
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let widest = lines
        .iter()
        .map(|line| half_widths(line))
        .max()
        .unwrap_or(0);
    let size = mark_size(widest);
    let form = RunForm {
        size: Some(size),
        ..RunForm::default()
    };
    let layout = Layout {
        before,
        is_kept_with_next: true,
        // A fifth more than the type, whatever the font says.
        line: Some(size * 12),
        ..Layout::default()
    };
    write_paragraph(xml, "Mark", &layout, |xml| {
        write_run(xml, form, &lines.join("\n"));
    });
}

/// The size in half points at which so many half characters nearly fill the text area.
fn mark_size(half_widths: usize) -> u32 {
    let half_widths = u32::try_from(half_widths).unwrap_or(u32::MAX).max(1);
    // A half character of n half points is n × 5 twips wide; a twentieth of the line stays free.
    let fitting = TEXT_WIDTH * 19 / 20 / 5 / half_widths;
    fitting.clamp(*MARK_SIZES.start(), *MARK_SIZES.end())
}

/// The number, or the line of the issue with its number above.
fn write_reference(xml: &mut XmlOut, document: &OfficialDocument, before: u32) {
    let centred = Layout {
        before,
        is_kept_with_next: true,
        ..Layout::default()
    };
    match &document.reference {
        None => {}
        Some(Reference::Number(number)) => write_paragraph(xml, "Reference", &centred, |xml| {
            write_text(xml, &printable_line(number));
        }),
        Some(Reference::Issue {
            office, dated_on, ..
        }) => {
            let number = document.issue_number().unwrap_or_default();
            // The number stands close to its head, so that its line of office and date is not pushed down.
            let centred = Layout {
                before: before / 2,
                ..centred
            };
            write_paragraph(xml, "Reference", &centred, |xml| write_text(xml, &number));
            let line = Layout {
                before: LINE / 2,
                is_kept_with_next: true,
                left: CHARACTER,
                tab: Some(TEXT_WIDTH - CHARACTER),
                ..Layout::default()
            };
            write_paragraph(xml, "Flush", &line, |xml| {
                let date = chinese_day(*dated_on);
                write_text(xml, &format!("{}\t{date}", printable_line(office)));
            });
        }
    }
}

/// The red rule, under an empty paragraph.
fn write_rule(xml: &mut XmlOut) {
    let layout = Layout {
        is_kept_with_next: true,
        line: Some(ABOVE_RULE),
        rule: Some(Rule {
            strength: 18,
            colour: "FF0000",
        }),
        ..Layout::default()
    };
    write_paragraph(xml, "Flush", &layout, |_| {});
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_as_large_as_fits_in_one_line() {
        assert_eq!(mark_size(0), 104);
        assert_eq!(mark_size(8), 104);
        for half_widths in [18, 24, 38] {
            let size = mark_size(half_widths);
            let width = |size: u32| size * 5 * u32::try_from(half_widths).unwrap();
            assert!(width(size) <= TEXT_WIDTH && width(size + size / 10) > TEXT_WIDTH);
        }
        assert_eq!(mark_size(usize::MAX), 44);
    }
}
