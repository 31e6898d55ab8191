//! What Excel can hold, checked before a sheet is written, so that a clerk reads which cell is too much and not that a
//! file is damaged.

use std::collections::HashSet;

use chrono::NaiveDate;
use rust_xlsxwriter::XlsxError;
use thiserror::Error;

use super::printable::printable;
use super::sheet_out::{SheetColumn, SheetOut, SheetValue};

/// Rows of a sheet, its head row among them.
const MAX_ROWS: usize = 1_048_576;
/// Columns of a sheet.
const MAX_COLUMNS: usize = 16_384;
/// UTF-16 units of a cell's text, which is how Excel counts.
const MAX_CELL_TEXT: usize = 32_767;
/// UTF-16 units of a sheet's name.
const MAX_NAME: usize = 31;
/// Excel keeps these to itself in names.
const NOT_IN_NAMES: [char; 7] = ['[', ']', ':', '*', '?', '/', '\\'];

/// Why sheets gave no file. The messages are Chinese and say what to do.
#[derive(Debug, Error)]
pub enum SheetError {
    /// No sheet at all.
    #[error("没有要导出的工作表：请至少选择一张")]
    NoSheet,
    /// A name that Excel does not take.
    #[error(
        "工作表名「{name}」不能用：请改成 1 至 {MAX_NAME} 个字，不含 [ ] : * ? / \\，首尾不是单引号，也不要叫 History"
    )]
    Name {
        /// The name, shortened.
        name: String,
    },
    /// Two sheets of one name; Excel does not tell capitals from small letters.
    #[error("工作表名「{name}」重复：请给其中一张改名")]
    SameName {
        /// The name.
        name: String,
    },
    /// No columns, or more than Excel has.
    #[error("工作表「{sheet}」有 {columns} 列：请保留 1 至 {MAX_COLUMNS} 列")]
    Columns {
        /// The sheet.
        sheet: String,
        /// How many there are.
        columns: usize,
    },
    /// More rows than Excel has.
    #[error("工作表「{sheet}」连表头有 {rows} 行，最多 {MAX_ROWS} 行：请分成几张表导出")]
    Rows {
        /// The sheet.
        sheet: String,
        /// How many there are, with the head row.
        rows: usize,
    },
    /// A row has cells beyond the last column.
    #[error("工作表「{sheet}」第 {row} 行有 {cells} 格，表头只有 {columns} 列：请删去多余的单元格")]
    RowTooLong {
        /// The sheet.
        sheet: String,
        /// The row, 1 being the head row.
        row: usize,
        /// The cells it has.
        cells: usize,
        /// The columns there are.
        columns: usize,
    },
    /// A text that Excel would cut.
    #[error(
        "工作表「{sheet}」第 {row} 行「{column}」有 {length} 个字，Excel 每格最多 {MAX_CELL_TEXT} 个：请缩短或拆开"
    )]
    TextTooLong {
        /// The sheet.
        sheet: String,
        /// The row, 1 being the head row.
        row: usize,
        /// The column's header, shortened.
        column: String,
        /// How long the text is, in UTF-16 units.
        length: usize,
    },
    /// A number that is none, or infinite.
    #[error("工作表「{sheet}」第 {row} 行「{column}」不是有效的数字：请检查计算结果")]
    Number {
        /// The sheet.
        sheet: String,
        /// The row, 1 being the head row.
        row: usize,
        /// The column's header, shortened.
        column: String,
    },
    /// A day that Excel does not know.
    #[error(
        "工作表「{sheet}」第 {row} 行「{column}」的日期 {day} 超出 Excel 的范围（1900 年 3 月至 9999 年）：请更正"
    )]
    Date {
        /// The sheet.
        sheet: String,
        /// The row, 1 being the head row.
        row: usize,
        /// The column's header, shortened.
        column: String,
        /// The day.
        day: NaiveDate,
    },
    /// The day of making is one that Excel does not know.
    #[error("制表日期 {day} 超出 Excel 的范围（1900 年 3 月至 9999 年）：请更正")]
    MadeOn {
        /// The day.
        day: NaiveDate,
    },
    /// The file could not be put together, which only its size can cause.
    #[error("Excel 文件无法生成：请减少行数，分成几个文件导出")]
    Writing(#[from] XlsxError),
}

impl SheetError {
    /// [`SheetError::Date`] in the row at `row`, the head row being 0.
    pub(super) fn date(sheet: &SheetOut, row: u32, column: &SheetColumn, day: NaiveDate) -> Self {
        Self::Date {
            sheet: sheet.name.clone(),
            row: usize::try_from(row).unwrap_or(usize::MAX).saturating_add(1),
            column: shortened(&column.header),
            day,
        }
    }
}

/// Whether there are sheets, and their names can stand beside each other.
pub(super) fn check_sheets(sheets: &[SheetOut]) -> Result<(), SheetError> {
    if sheets.is_empty() {
        return Err(SheetError::NoSheet);
    }
    let mut names = HashSet::new();
    for sheet in sheets {
        let name = sheet.name.clone();
        if !is_name(&name) {
            let name = shortened(&name);
            return Err(SheetError::Name { name });
        }
        if !names.insert(name.to_lowercase()) {
            return Err(SheetError::SameName { name });
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let length = name.encode_utf16().count();
    (1..=MAX_NAME).contains(&length)
        && !name.trim().is_empty()
        && !name.contains(NOT_IN_NAMES)
        && printable(name) == name
        && !name.contains(['\n', '\t'])
        && !name.starts_with('\'')
        && !name.ends_with('\'')
        && !name.eq_ignore_ascii_case("history")
}

/// Whether the sheet's rows, columns, texts and numbers fit; days are checked where they are written.
pub(super) fn check_sheet(sheet: &SheetOut) -> Result<(), SheetError> {
    let (columns, rows) = (sheet.columns.len(), sheet.rows.len() + 1);
    let name = || sheet.name.clone();
    if !(1..=MAX_COLUMNS).contains(&columns) {
        let sheet = name();
        return Err(SheetError::Columns { sheet, columns });
    }
    if rows > MAX_ROWS {
        let sheet = name();
        return Err(SheetError::Rows { sheet, rows });
    }
    for column in &sheet.columns {
        check_text(sheet, 1, column, &column.header)?;
    }
    for (row, cells) in (2..).zip(&sheet.rows) {
        if cells.len() > columns {
            return Err(SheetError::RowTooLong {
                sheet: name(),
                row,
                cells: cells.len(),
                columns,
            });
        }
        for (column, cell) in sheet.columns.iter().zip(cells) {
            match &cell.value {
                SheetValue::Blank | SheetValue::Date(_) => {}
                SheetValue::Text(text) => check_text(sheet, row, column, text)?,
                SheetValue::Number(number) if number.is_finite() => {}
                SheetValue::Number(_) => {
                    return Err(SheetError::Number {
                        sheet: name(),
                        row,
                        column: shortened(&column.header),
                    });
                }
            }
        }
    }
    Ok(())
}

fn check_text(
    sheet: &SheetOut,
    row: usize,
    column: &SheetColumn,
    text: &str,
) -> Result<(), SheetError> {
    // No text has more UTF-16 units than bytes.
    if text.len() <= MAX_CELL_TEXT {
        return Ok(());
    }
    let length = printable(text).encode_utf16().count();
    if length <= MAX_CELL_TEXT {
        return Ok(());
    }
    Err(SheetError::TextTooLong {
        sheet: sheet.name.clone(),
        row,
        column: shortened(&column.header),
        length,
    })
}

/// The beginning of a text, for a message.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
