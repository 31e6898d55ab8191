//! Tables of a docx: head row on every page, rows whole, widths by share, lights as grounds.

use super::paragraph::{RunForm, write_run};
use super::styles::write_size;
use crate::documents::light_colour::light_colour;
use crate::documents::xml_out::XmlOut;
use crate::domain::light::Light;
use crate::domain::official_document::{Align, Table};

/// Sizes of type, in half points, by the average width of a column in twips: 小四, 五号, 小五.
const SIZES: [(u32, u32); 3] = [(1700, 24), (1000, 21), (0, 18)];
/// The least height of a row, in twips.
const ROW_HEIGHT: u32 = 440;

/// Writes the table over `width` twips.
pub(super) fn write_table(xml: &mut XmlOut, table: &Table, width: u32) {
    let shares: Vec<u16> = table.columns.iter().map(|column| column.share).collect();
    let widths = column_widths(&shares, width);
    let average = width / u32::try_from(widths.len()).unwrap_or(u32::MAX).max(1);
    let fitting = SIZES.iter().find(|(least, _)| average >= *least);
    let size = fitting.map_or(18, |(_, size)| *size);
    xml.element("w:tbl", &[], |xml| {
        write_properties(xml, width);
        xml.element("w:tblGrid", &[], |xml| {
            for width in &widths {
                xml.leaf("w:gridCol", &[("w:w", width)]);
            }
        });
        write_row(xml, RowKind::Head, |xml| {
            for (column, width) in table.columns.iter().zip(&widths) {
                let cell = CellForm {
                    style: "TableHead",
                    width: *width,
                    align: Align::Centre,
                    light: None,
                    size,
                };
                write_cell(xml, &cell, &column.header);
            }
        });
        for row in &table.rows {
            write_row(xml, RowKind::Body, |xml| {
                let columns = table.columns.iter().zip(&widths);
                for (cell, (column, width)) in table.cells(row).zip(columns) {
                    let form = CellForm {
                        style: "TableCell",
                        width: *width,
                        align: column.align,
                        light: cell.light,
                        size,
                    };
                    write_cell(xml, &form, &cell.text);
                }
            });
        }
    });
}

/// Widths by share that add up to `width` exactly; a share of 0 counts as 1.
fn column_widths(shares: &[u16], width: u32) -> Vec<u32> {
    let shares: Vec<u64> = shares
        .iter()
        .map(|share| u64::from(*share).max(1))
        .collect();
    let total = shares.iter().sum::<u64>().max(1);
    let mut widths = Vec::with_capacity(shares.len());
    let (mut passed, mut edge) = (0, 0);
    for share in shares {
        passed += share;
        // Each column ends where the shares up to it end, so that roundings do not add up.
        let next = u32::try_from(u64::from(width) * passed / total).unwrap_or(width);
        widths.push(next - edge);
        edge = next;
    }
    widths
}

fn write_properties(xml: &mut XmlOut, width: u32) {
    xml.element("w:tblPr", &[], |xml| {
        xml.leaf("w:tblW", &[("w:w", &width), ("w:type", &"dxa")]);
        xml.leaf("w:jc", &[("w:val", &"center")]);
        xml.element("w:tblBorders", &[], |xml| {
            for side in ["top", "left", "bottom", "right", "insideH", "insideV"] {
                xml.leaf(
                    &format!("w:{side}"),
                    &[
                        ("w:val", &"single"),
                        // Eighths of a point.
                        ("w:sz", &4),
                        ("w:space", &0),
                        ("w:color", &"000000"),
                    ],
                );
            }
        });
        xml.leaf("w:tblLayout", &[("w:type", &"fixed")]);
        xml.element("w:tblCellMar", &[], |xml| {
            for (side, width) in [
                ("w:top", 40),
                ("w:left", 70),
                ("w:bottom", 40),
                ("w:right", 70),
            ] {
                xml.leaf(side, &[("w:w", &width), ("w:type", &"dxa")]);
            }
        });
    });
}

/// Whether a row stands again on each page.
enum RowKind {
    Head,
    Body,
}

fn write_row(xml: &mut XmlOut, kind: RowKind, cells: impl FnOnce(&mut XmlOut)) {
    xml.element("w:tr", &[], |xml| {
        xml.element("w:trPr", &[], |xml| {
            xml.leaf("w:cantSplit", &[]);
            xml.leaf(
                "w:trHeight",
                &[("w:val", &ROW_HEIGHT), ("w:hRule", &"atLeast")],
            );
            match kind {
                RowKind::Head => xml.leaf("w:tblHeader", &[]),
                RowKind::Body => {}
            }
        });
        cells(xml);
    });
}

struct CellForm {
    style: &'static str,
    width: u32,
    align: Align,
    light: Option<Light>,
    size: u32,
}

fn write_cell(xml: &mut XmlOut, form: &CellForm, text: &str) {
    xml.element("w:tc", &[], |xml| {
        xml.element("w:tcPr", &[], |xml| {
            xml.leaf("w:tcW", &[("w:w", &form.width), ("w:type", &"dxa")]);
            if let Some(light) = form.light {
                let colour = light_colour(light);
                xml.leaf(
                    "w:shd",
                    &[
                        ("w:val", &"clear"),
                        ("w:color", &"auto"),
                        ("w:fill", &format_args!("{colour:06X}")),
                    ],
                );
            }
            xml.leaf("w:vAlign", &[("w:val", &"center")]);
        });
        xml.element("w:p", &[], |xml| {
            xml.element("w:pPr", &[], |xml| {
                xml.leaf("w:pStyle", &[("w:val", &form.style)]);
                let side = match form.align {
                    Align::Left => "left",
                    Align::Centre => "center",
                    Align::Right => "right",
                };
                xml.leaf("w:jc", &[("w:val", &side)]);
                // An empty cell is as high as a line of its type.
                xml.element("w:rPr", &[], |xml| write_size(xml, form.size));
            });
            let size = RunForm {
                size: Some(form.size),
                ..RunForm::default()
            };
            write_run(xml, size, text);
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn widths_fill_the_table_and_follow_the_shares(shares in proptest::collection::vec(any::<u16>(), 1..64), width in 8000_u32..13000) {
            let widths = column_widths(&shares, width);
            prop_assert_eq!(widths.iter().sum::<u32>(), width);
            let total: u64 = shares.iter().map(|share| u64::from(*share).max(1)).sum();
            for (share, got) in shares.iter().zip(widths) {
                let exact = u64::from(width) * u64::from(*share).max(1) / total;
                prop_assert!(u64::from(got).abs_diff(exact) <= 1);
            }
        }
    }
}
