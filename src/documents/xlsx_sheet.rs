//! Reading one sheet: which cells hold what text, and which are merged. Laying the rows out is `xlsx`' work.

use std::collections::BTreeMap;

use super::error::{CellProblem, DocumentError};
use super::limits::{Allowance, MAX_COLUMNS, MAX_ITEMS};
use super::xlsx_format::CellFormat;
use super::xlsx_workbook::{Workbook, read_rich_text, unescaped};
use super::xml::{Element, XmlReader};

/// Rows and columns of the largest sheet (XFD1048576).
const LAST_ROW: usize = 1_048_576;
const LAST_COLUMN: usize = 16_384;

/// The cells of a sheet that hold text, by 1-based row and column.
pub type Cells = BTreeMap<(usize, usize), String>;

/// An area, such as a merged one, corners included; 1-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Merge {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Last row.
    pub bottom: usize,
    /// Last column.
    pub right: usize,
}

/// Why a cell does not hold what a person has typed into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untyped {
    /// A formula computes it; the number that the file keeps with it may be anything.
    Formula,
    /// An error such as `#N/A`.
    Error,
    /// The file has it twice: programs differ in which one they show.
    Twice,
}

/// How exactly cells are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// A cell is what a program would show: a formula is the result kept with it, an error is blank.
    Shown,
    /// Formulas, errors and doubled cells are noted as [`RawSheet::untyped`]; those computed have no text.
    Typed,
}

/// One sheet as the file has it.
#[derive(Debug, Default)]
pub struct RawSheet {
    /// The cells that are not blank.
    pub cells: Cells,
    /// The merged areas, in no order.
    pub merges: Vec<Merge>,
    /// Areas that nobody has typed, in no order; only under [`Care::Typed`].
    pub untyped: Vec<(Merge, Untyped)>,
}

/// A cell that was read.
struct ReadCell {
    text: String,
    untyped: Option<(Merge, Untyped)>,
}

impl Merge {
    /// One cell.
    pub fn cell(row: usize, column: usize) -> Self {
        Self {
            top: row,
            left: column,
            bottom: row,
            right: column,
        }
    }
}

/// Reads sheets of one workbook.
pub struct SheetReader<'w> {
    /// What the cells refer to.
    pub workbook: &'w Workbook,
    /// The sheet's name, for errors.
    pub name: &'w str,
    /// What all sheets together may still hold.
    pub allowance: &'w mut Allowance,
    /// How exactly cells are looked at.
    pub care: Care,
}

impl SheetReader<'_> {
    /// The cells and merges of the sheet.
    ///
    /// # Errors
    /// [`DocumentError::Cell`] for a cell that cannot be read for certain; [`DocumentError::TooManyColumns`]; what
    /// [`Allowance::take`] returns.
    pub fn read(&mut self, xml: &mut XmlReader<'_>) -> Result<RawSheet, DocumentError> {
        let mut sheet = RawSheet::default();
        if xml.next_child()?.is_none() {
            return Ok(sheet);
        }
        while let Some(element) = xml.next_child()? {
            match element.name.as_str() {
                "sheetData" => self.read_rows(xml, &mut sheet)?,
                "mergeCells" => {
                    while let Some(merged) = xml.next_child()? {
                        let area = merged.attribute("ref").unwrap_or_default();
                        let merge = parse_area(area)
                            .ok_or_else(|| self.problem(area, CellProblem::Reference))?;
                        if sheet.merges.len() >= MAX_ITEMS {
                            return Err(DocumentError::TooManyItems);
                        }
                        sheet.merges.push(merge);
                        xml.skip()?;
                    }
                }
                _ => xml.skip()?,
            }
        }
        Ok(sheet)
    }

    fn read_rows(
        &mut self,
        xml: &mut XmlReader<'_>,
        sheet: &mut RawSheet,
    ) -> Result<(), DocumentError> {
        let mut row = 0;
        while let Some(element) = xml.next_child()? {
            if element.name != "row" {
                xml.skip()?;
                continue;
            }
            // Rows and cells may leave their number out: they follow the one before.
            row = match element.attribute("r") {
                None => row + 1,
                Some(number) => number
                    .parse()
                    .ok()
                    .filter(|row| (1..=LAST_ROW).contains(row))
                    .ok_or_else(|| self.problem(number, CellProblem::Reference))?,
            };
            let mut column = 0;
            while let Some(cell) = xml.next_child()? {
                if cell.name != "c" {
                    xml.skip()?;
                    continue;
                }
                column = match cell.attribute("r") {
                    None => column + 1,
                    Some(reference) => {
                        let (named_row, column) = parse_reference(reference)
                            .ok_or_else(|| self.problem(reference, CellProblem::Reference))?;
                        if named_row != row {
                            return Err(self.problem(reference, CellProblem::Reference));
                        }
                        column
                    }
                };
                let read = self.read_cell(&cell, row, column, xml)?;
                self.put(sheet, row, column, read)?;
            }
        }
        Ok(())
    }

    fn put(
        &mut self,
        sheet: &mut RawSheet,
        row: usize,
        column: usize,
        read: ReadCell,
    ) -> Result<(), DocumentError> {
        if let Some(untyped) = read.untyped {
            self.allowance.take("")?;
            sheet.untyped.push(untyped);
        }
        if read.text.is_empty() {
            return Ok(());
        }
        if column > MAX_COLUMNS {
            return Err(DocumentError::TooManyColumns {
                place: format!(
                    "工作表「{}」的单元格 {} ",
                    shown(self.name),
                    reference(row, column)
                ),
            });
        }
        self.allowance.take(&read.text)?;
        let before = sheet.cells.insert((row, column), read.text);
        if before.is_some() && self.care == Care::Typed {
            sheet
                .untyped
                .push((Merge::cell(row, column), Untyped::Twice));
        }
        Ok(())
    }

    /// One cell; its text is empty for blank cells and for errors such as `#N/A`.
    fn read_cell(
        &self,
        cell: &Element,
        row: usize,
        column: usize,
        xml: &mut XmlReader<'_>,
    ) -> Result<ReadCell, DocumentError> {
        let mut value = None;
        let mut inline = String::new();
        let mut computed = None;
        while let Some(child) = xml.next_child()? {
            match child.name.as_str() {
                "v" => value = Some(xml.text()?),
                "is" => inline = read_rich_text(xml, &mut Allowance::whole())?,
                "f" => {
                    computed = Some(computed_area(&child, row, column));
                    xml.skip()?;
                }
                _ => xml.skip()?,
            }
        }
        let problem = |reason| self.problem(&reference(row, column), reason);
        let kind = cell.attribute("t");
        let value = value.unwrap_or_default();
        let untyped = match (self.care, computed, kind) {
            (Care::Shown, _, _) => None,
            (Care::Typed, Some(area), _) => Some((area, Untyped::Formula)),
            (Care::Typed, None, Some("e")) => Some((Merge::cell(row, column), Untyped::Error)),
            (Care::Typed, None, _) => None,
        };
        if untyped.is_some() {
            let text = String::new();
            return Ok(ReadCell { text, untyped });
        }
        // Only a text formula may compute to nothing; otherwise no program has computed it yet.
        if computed.is_some() && value.is_empty() && kind != Some("str") {
            return Err(problem(CellProblem::NotComputed));
        }
        let shown = match kind {
            Some("inlineStr") => Ok(inline),
            _ if value.is_empty() => Ok(inline),
            Some("s") => self.shared_string(&value),
            Some("str") => Ok(unescaped(&value)),
            Some("b") => Ok(boolean(value.trim())),
            Some("e") => Ok(String::new()),
            Some("d") => Ok(iso_date(value.trim())),
            _ => self.number(cell, value.trim()),
        };
        let text = shown.map_err(problem)?;
        Ok(ReadCell { text, untyped })
    }

    fn shared_string(&self, index: &str) -> Result<String, CellProblem> {
        let index = index.trim().parse::<usize>().ok();
        index
            .and_then(|index| self.workbook.strings.get(index))
            .cloned()
            .ok_or(CellProblem::MissingString)
    }

    fn number(&self, cell: &Element, value: &str) -> Result<String, CellProblem> {
        let number = value
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .ok_or(CellProblem::Number)?;
        let format = cell
            .number::<usize>("s")
            .and_then(|style| self.workbook.formats.get(style))
            .copied()
            .unwrap_or(CellFormat::Plain);
        format
            .show(number, self.workbook.dates)
            .ok_or(CellProblem::Date)
    }

    fn problem(&self, cell: &str, reason: CellProblem) -> DocumentError {
        DocumentError::Cell {
            sheet: shown(self.name),
            cell: shown(cell),
            reason,
        }
    }
}

/// A text from the file fit for a message: short and without control characters.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

fn boolean(value: &str) -> String {
    if value == "1" || value == "true" {
        "TRUE".to_owned()
    } else {
        "FALSE".to_owned()
    }
}

/// An ISO date cell (`t="d"`) like all other dates: without the time where it is midnight.
fn iso_date(value: &str) -> String {
    let value = unescaped(value).replace('T', " ");
    value
        .strip_suffix(" 00:00:00")
        .or_else(|| value.strip_suffix(" 00:00:00.000"))
        .unwrap_or(&value)
        .to_owned()
}

/// Row and column of `B3`, both 1-based; `None` for anything else.
fn parse_reference(reference: &str) -> Option<(usize, usize)> {
    let digits = reference.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = reference.split_at(digits);
    if letters.is_empty() || letters.len() > 3 || !row.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let column = letters.bytes().try_fold(0, |column, letter| {
        letter
            .is_ascii_uppercase()
            .then(|| column * 26 + usize::from(letter - b'A') + 1)
    })?;
    let row = row
        .parse()
        .ok()
        .filter(|row| (1..=LAST_ROW).contains(row))?;
    (column <= LAST_COLUMN).then_some((row, column))
}

/// The cells that a formula computes: its own, or the whole area of an array formula or data table, whose other cells look
/// like typed ones (ECMA-376 part 1 §18.3.1.40).
fn computed_area(formula: &Element, row: usize, column: usize) -> Merge {
    let is_shared_out = matches!(formula.attribute("t"), Some("array" | "dataTable"));
    let area = formula.attribute("ref").filter(|_| is_shared_out);
    area.and_then(parse_area)
        .unwrap_or_else(|| Merge::cell(row, column))
}

/// `B3` for row 3, column 2.
pub fn reference(row: usize, column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    while rest > 0 {
        // The remainder is below 26.
        let letter = u8::try_from((rest - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    let letters: String = letters.into_iter().rev().collect();
    format!("{letters}{row}")
}

fn parse_area(area: &str) -> Option<Merge> {
    let (first, last) = area.split_once(':').unwrap_or((area, area));
    let (top, left) = parse_reference(first)?;
    let (bottom, right) = parse_reference(last)?;
    (top <= bottom && left <= right).then_some(Merge {
        top,
        left,
        bottom,
        right,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_places_are_each_others_inverse() {
        let table = [
            ("A1", 1, 1),
            ("Z9", 9, 26),
            ("AA10", 10, 27),
            ("IV256", 256, 256),
            ("XFD1048576", LAST_ROW, LAST_COLUMN),
        ];
        for (text, row, column) in table {
            assert_eq!(parse_reference(text), Some((row, column)));
            assert_eq!(reference(row, column), text);
        }
    }

    #[test]
    fn what_is_no_cell_is_refused() {
        for text in [
            "",
            "A",
            "1",
            "A0",
            "XFE1",
            "A1048577",
            "AAAA1",
            "a1",
            "A1B",
            "Ａ1",
            "A-1",
            "A+1",
            "A99999999999999999999999",
        ] {
            assert_eq!(parse_reference(text), None, "{text}");
        }
        assert_eq!(parse_area("B2:A1"), None);
    }
}
