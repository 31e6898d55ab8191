//! An Excel file → sheets of rows, and those → blocks. Cells and formats are read in the files beside this one; which row
//! is the header, and what the columns mean, is decided by who uses the rows.

use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use super::error::DocumentError;
use super::limits::Allowance;
use super::package::Package;
use super::xlsx_sheet::{Care, Cells, Merge, RawSheet, SheetReader};
use super::xlsx_workbook::Workbook;
use crate::domain::plan::document::{Block, Document, Paragraph, Table, TableRow};

/// One visible sheet that holds text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The rows that hold text, from the top, each as wide as the widest; merged cells are carried down and right.
    pub rows: Vec<SheetRow>,
}

/// One row of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// 1-based row number in the sheet.
    pub row: usize,
    /// The cells from column A on.
    pub cells: Vec<String>,
    /// Whether the row is one cell across the whole table.
    pub shape: RowShape,
}

/// How a row is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowShape {
    /// One cell merged over all columns that hold text: a title.
    Banner,
    /// Anything else.
    Cells,
}

/// The text of an Excel package: a table for each sheet, and before it a paragraph for each title row that stands above
/// all others. Lines are row numbers of the sheet.
///
/// # Errors
/// As [`read_sheets`].
pub fn read_xlsx(package: Package<'_>) -> Result<Document, DocumentError> {
    let mut blocks = Vec::new();
    for sheet in read_sheets(package)? {
        let is_title = |row: &&SheetRow| row.shape == RowShape::Banner;
        let titles = sheet.rows.iter().take_while(is_title).count();
        let mut rows = sheet.rows.into_iter();
        for title in rows.by_ref().take(titles) {
            blocks.push(Block::Paragraph(Paragraph {
                line: title.row,
                text: first_text(title.cells),
                heading_level: None,
            }));
        }
        let rows: Vec<TableRow> = rows
            .map(|row| TableRow {
                line: row.row,
                cells: row.cells,
            })
            .collect();
        if !rows.is_empty() {
            blocks.push(Block::Table(Table { rows }));
        }
    }
    Ok(Document { blocks })
}

fn first_text(cells: Vec<String>) -> String {
    let text = cells.into_iter().find(|cell| !cell.is_empty());
    text.unwrap_or_default()
}

/// The visible sheets of an Excel package that hold text, in order.
///
/// # Errors
/// [`DocumentError`]; nothing is returned of a file that cannot be read to its end.
pub fn read_sheets(mut package: Package<'_>) -> Result<Vec<Sheet>, DocumentError> {
    let workbook = Workbook::read(&mut package)?;
    let mut allowance = Allowance::whole();
    let mut sheets = Vec::new();
    for link in &workbook.sheets {
        let mut reader = SheetReader {
            workbook: &workbook,
            name: &link.name,
            allowance: &mut allowance,
            care: Care::Shown,
        };
        let raw = package
            .read(&link.part, |xml| reader.read(xml))?
            .ok_or_else(|| DocumentError::MissingPart(link.part.clone()))?;
        let rows = lay_out(raw, &mut allowance)?;
        if !rows.is_empty() {
            sheets.push(Sheet { rows });
        }
    }
    Ok(sheets)
}

/// Carries merged cells into the rows that hold text, and makes all rows equally wide.
fn lay_out(raw: RawSheet, allowance: &mut Allowance) -> Result<Vec<SheetRow>, DocumentError> {
    let RawSheet {
        mut cells, merges, ..
    } = raw;
    let columns = || cells.keys().map(|&(_, column)| column);
    let (Some(first), Some(last)) = (columns().min(), columns().max()) else {
        return Ok(Vec::new());
    };
    let mut rows: Vec<usize> = cells.keys().map(|&(row, _)| row).collect();
    rows.dedup();
    let banners: BTreeSet<usize> = merges
        .iter()
        .filter(|merge| merge.left <= first && merge.right >= last && merge.right > merge.left)
        .filter(|merge| is_alone(&cells, merge))
        .map(|merge| merge.top)
        .collect();
    for merge in &merges {
        carry(&mut cells, &rows, merge, last, allowance)?;
    }
    let mut laid_out = Vec::with_capacity(rows.len());
    let mut cells = cells.into_iter().peekable();
    for row in rows {
        let shape = if banners.contains(&row) {
            RowShape::Banner
        } else {
            RowShape::Cells
        };
        let mut texts = Vec::with_capacity(last);
        for column in 1..=last {
            match cells.next_if(|(place, _)| *place == (row, column)) {
                Some((_, text)) => texts.push(text),
                None => {
                    // The filled cells were paid for when they were read or carried.
                    allowance.take("")?;
                    texts.push(String::new());
                }
            }
        }
        laid_out.push(SheetRow {
            row,
            cells: texts,
            shape,
        });
    }
    Ok(laid_out)
}

/// Whether the first cell of the area is the only one with text in its row.
fn is_alone(cells: &Cells, merge: &Merge) -> bool {
    let mut row = cells.range((merge.top, 0)..(merge.top + 1, 0));
    row.next()
        .is_some_and(|(&(_, column), _)| column == merge.left)
        && row.next().is_none()
}

/// Writes the text of the area's first cell into its blank cells, as far as rows (which `rows` lists in order) and
/// columns hold text at all.
fn carry(
    cells: &mut Cells,
    rows: &[usize],
    merge: &Merge,
    last: usize,
    allowance: &mut Allowance,
) -> Result<(), DocumentError> {
    let Some(text) = cells.get(&(merge.top, merge.left)).cloned() else {
        return Ok(());
    };
    let first = rows.partition_point(|&row| row < merge.top);
    let covered = rows.iter().skip(first);
    for &row in covered.take_while(|&&row| row <= merge.bottom) {
        for column in merge.left..=merge.right.min(last) {
            // Every cell looked at is paid for: areas that overlap by the thousand would take hours otherwise.
            allowance.take("")?;
            if let Entry::Vacant(blank) = cells.entry((row, column)) {
                allowance.take_text(text.len())?;
                blank.insert(text.clone());
            }
        }
    }
    Ok(())
}
