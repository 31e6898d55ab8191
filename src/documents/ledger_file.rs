//! A task ledger 台账 that comes back as an Excel file: its rows, with what each cell says, and the cells that cannot be
//! taken as they are. Columns are found by their headers. What is edited, and may be, is decided by who uses the rows.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::DocumentError;
use super::ledger_sheet::{
    ASSIGNMENT_ID, ASSIGNMENTS_SHEET, CODE, MOST_ROWS, TASK_COLUMNS, TASK_ID, as_read,
};
use super::limits::{Allowance, MIB};
use super::xlsx_sheet::{Care, Merge, RawSheet, SheetReader, Untyped, reference};
use super::xlsx_workbook::Workbook;
use super::{Format, checked_format, open_package};
use crate::domain::ledger::{LedgerColumn, RowCode, print_of, shortened};

/// The extension that is read.
const EXTENSION: &str = "xlsx";
/// What is wrong is named up to here.
const MOST_FAULTS: usize = 50;
/// The head row is among the first of the sheet; above it somebody may have put a title.
const HEAD_ROWS: usize = 10;
/// Cells of all sheets together: the rows of the ledger, as wide as they are, and as many tasks.
const MOST_CELLS: usize = MOST_ROWS * 40;
/// Text of all sheets together.
const MOST_TEXT: usize = 64 * MIB;

/// A ledger as it came back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LedgerFile {
    /// The rows, from the top.
    pub rows: Vec<LedgerFileRow>,
    /// Cells that cannot be taken as they are; nothing of the file can be then.
    pub faults: Vec<LedgerFault>,
    /// The name of its sheet.
    sheet: String,
    /// Where the columns stand, in the order of [`LedgerColumn::ALL`].
    columns: Vec<usize>,
}

/// A row of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerFileRow {
    /// Its number in the sheet.
    pub row: usize,
    /// The assignment, as the file says.
    pub id: Uuid,
    /// What its cells said when it left.
    pub code: RowCode,
    /// What they say now, in the order of [`LedgerColumn::ALL`].
    pub texts: Vec<String>,
}

/// Something that cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerFault {
    /// The cell with its sheet, such as `分工台账!K5`.
    pub place: String,
    /// What is wrong, and what to do.
    pub text: String,
}

impl LedgerFile {
    /// The cell of a row in a column, with its sheet.
    pub fn place(&self, row: usize, column: LedgerColumn) -> String {
        format!("{}!{}", self.sheet, self.cell(row, column))
    }

    /// The cell of a row in a column, such as `K5`.
    pub fn cell(&self, row: usize, column: LedgerColumn) -> String {
        let column = self.columns.get(column.place()).copied();
        reference(row, column.unwrap_or(1))
    }

    /// What is wrong with a cell.
    pub fn fault(&self, row: usize, column: LedgerColumn, text: &str) -> LedgerFault {
        let place = self.place(row, column);
        let text = format!("{place}（第 {row} 行“{}”）：{text}", column.header());
        LedgerFault { place, text }
    }
}

/// Reads a ledger. `name` is the file's, with its extension.
///
/// # Errors
/// [`DocumentError`] where the file cannot be read at all; its cells are judged in [`LedgerFile::faults`].
pub fn read_ledger(name: &str, bytes: &[u8]) -> Result<LedgerFile, DocumentError> {
    let sheets = match checked_format(name, bytes, EXTENSION)? {
        format @ Format::Xlsx => read_typed(format, bytes),
        Format::Txt | Format::Md | Format::Docx | Format::Csv => {
            return Err(DocumentError::UnknownExtension {
                extension: super::format::shown_extension(name),
                expected: EXTENSION,
            });
        }
    };
    let sheets = match sheets {
        Err(DocumentError::TooManyItems) => return Ok(too_long(ASSIGNMENTS_SHEET)),
        sheets => sheets?,
    };
    let mut ledgers = Vec::new();
    let mut faults = Faults::default();
    for (name, sheet) in sheets {
        if let Some(head) = head_row(&sheet, ASSIGNMENT_ID) {
            ledgers.push((name, sheet, head));
        } else if let Some(head) = head_row(&sheet, TASK_ID) {
            check_tasks(&name, &sheet, head, &mut faults);
        }
    }
    let mut ledgers = ledgers.into_iter();
    let Some((name, sheet, head)) = ledgers.next() else {
        let text = format!(
            "{ASSIGNMENTS_SHEET}!A1：文件里没有带“{ASSIGNMENT_ID}”列的工作表，请重新导出台账，在其中修改"
        );
        return Ok(faults.alone(format!("{ASSIGNMENTS_SHEET}!A1"), text));
    };
    if let Some((other, ..)) = ledgers.next() {
        let text = format!("{other}!A1：文件里不止一张台账（“{name}”“{other}”），请只保留一张");
        return Ok(faults.alone(format!("{other}!A1"), text));
    }
    Ok(read_rows(name, sheet, head, faults))
}

/// The visible sheets with their names.
fn read_typed(format: Format, bytes: &[u8]) -> Result<Vec<(String, RawSheet)>, DocumentError> {
    let mut package = open_package(format, bytes)?;
    let workbook = Workbook::read(&mut package)?;
    let mut allowance = Allowance::of(MOST_CELLS, MOST_TEXT);
    let mut sheets = Vec::with_capacity(workbook.sheets.len());
    for link in &workbook.sheets {
        let mut reader = SheetReader {
            workbook: &workbook,
            name: &link.name,
            allowance: &mut allowance,
            care: Care::Typed,
        };
        let sheet = package
            .read(&link.part, |xml| reader.read(xml))?
            .ok_or_else(|| DocumentError::MissingPart(link.part.clone()))?;
        sheets.push((link.name.clone(), sheet));
    }
    Ok(sheets)
}

/// What was found wrong, up to [`MOST_FAULTS`].
#[derive(Default)]
struct Faults(Vec<LedgerFault>);

impl Faults {
    fn add(&mut self, sheet: &str, row: usize, column: usize, text: &str) {
        let place = format!("{sheet}!{}", reference(row, column));
        let text = format!("{place}（第 {row} 行）：{text}");
        self.push(LedgerFault { place, text });
    }

    fn push(&mut self, fault: LedgerFault) {
        if self.0.len() < MOST_FAULTS {
            self.0.push(fault);
        }
    }

    /// A file of which nothing else was read.
    fn alone(mut self, place: String, text: String) -> LedgerFile {
        self.push(LedgerFault { place, text });
        LedgerFile {
            faults: self.0,
            ..LedgerFile::default()
        }
    }
}

fn too_long(sheet: &str) -> LedgerFile {
    let row = MOST_ROWS + 2;
    let place = format!("{sheet}!A{row}");
    let text = format!(
        "{place}（第 {row} 行）：台账最多 {MOST_ROWS} 行，从这一行起超出：请按方案或单位分成几份导入"
    );
    Faults::default().alone(place, text)
}

/// The row that holds the header of the ids.
fn head_row(sheet: &RawSheet, id: &str) -> Option<usize> {
    let head = sheet.cells.range(..(HEAD_ROWS + 1, 0));
    head.into_iter()
        .find(|(_, text)| as_read(text) == id)
        .map(|(&(row, _), _)| row)
}

/// Where columns stand: their headers must each be there once, and no others.
fn columns_of(
    name: &str,
    sheet: &RawSheet,
    head: usize,
    wanted: &[&str],
    faults: &mut Faults,
) -> Option<Vec<usize>> {
    let before = faults.0.len();
    let mut found: HashMap<String, usize> = HashMap::new();
    for (&(row, column), text) in sheet.cells.range((head, 0)..(head + 1, 0)) {
        let header = as_read(text).into_owned();
        let shown = shortened(&header);
        if !wanted.contains(&header.as_str()) {
            let text = format!("“{shown}”不是台账的列：请删去这一列，内容可写在“备注”里");
            faults.add(name, row, column, &text);
        } else if let Some(first) = found.insert(header, column) {
            let text = format!("“{shown}”列已在 {}，请只保留一列", reference(row, first));
            faults.add(name, row, column, &text);
        }
    }
    let place = |header: &&str| {
        let column = found.get(*header).copied();
        if column.is_none() {
            let text = format!("缺少“{header}”列：请补上列名和内容，或重新导出台账后修改");
            faults.add(name, head, 1, &text);
        }
        column.unwrap_or(0)
    };
    let columns: Vec<usize> = wanted.iter().map(place).collect();
    (faults.0.len() == before).then_some(columns)
}

/// Formulas, errors and merged cells from the head row on.
fn check_typed(name: &str, sheet: &RawSheet, head: usize, faults: &mut Faults) {
    for (area, why) in &sheet.untyped {
        let text = match why {
            Untyped::Formula => "是公式，不采用它保存的结果：请复制后“选择性粘贴—数值”再导入",
            Untyped::Error => "是错误值，请改成文字、数字或日期",
            Untyped::Twice => "在文件里出现两次，请用 Excel 或 WPS 打开并重新保存",
        };
        let Merge {
            top, left, bottom, ..
        } = *area;
        if bottom >= head {
            faults.add(name, top, left, text);
        }
    }
    for merge in sheet.merges.iter().filter(|merge| merge.bottom >= head) {
        let text = "是合并单元格，请取消合并后再导入";
        faults.add(name, merge.top, merge.left, text);
    }
}

/// The cells below the head row, by row.
fn rows_below(sheet: &RawSheet, head: usize) -> BTreeMap<usize, HashMap<usize, &str>> {
    let mut rows: BTreeMap<usize, HashMap<usize, &str>> = BTreeMap::new();
    for (&(row, column), text) in sheet.cells.range((head + 1, 0)..) {
        rows.entry(row).or_default().insert(column, text);
    }
    rows
}

fn read_rows(name: String, sheet: RawSheet, head: usize, mut faults: Faults) -> LedgerFile {
    let headers = [ASSIGNMENT_ID, CODE];
    let headers = headers
        .into_iter()
        .chain(LedgerColumn::ALL.iter().map(|column| column.header()));
    let headers: Vec<&str> = headers.collect();
    let Some(columns) = columns_of(&name, &sheet, head, &headers, &mut faults) else {
        // Every cell would be called wrong below columns that are not there.
        return LedgerFile {
            faults: faults.0,
            ..LedgerFile::default()
        };
    };
    check_typed(&name, &sheet, head, &mut faults);
    let below = rows_below(&sheet, head);
    if below.len() > MOST_ROWS {
        return too_long(&name);
    }
    let mut first_rows: HashMap<Uuid, usize> = HashMap::new();
    let mut rows = Vec::with_capacity(below.len());
    for (row, cells) in below {
        let known = row_of(&name, row, &cells, &columns, &mut faults);
        for (column, text) in &cells {
            if !columns.contains(column) {
                let text = format!("“{}”不在台账的任何一列里，请删去", shortened(text));
                faults.add(&name, row, *column, &text);
            }
        }
        let Some(read) = known else { continue };
        if let Some(first) = first_rows.insert(read.id, row) {
            let text = format!("这一行的编号（隐藏列）与第 {first} 行相同，请只保留一行");
            faults.add(&name, row, id_column(&columns), &text);
        }
        rows.push(read);
    }
    LedgerFile {
        rows,
        faults: faults.0,
        sheet: name,
        columns: columns.into_iter().skip(2).collect(),
    }
}

/// One row; `None` where its id or its code is wrong.
fn row_of(
    name: &str,
    row: usize,
    cells: &HashMap<usize, &str>,
    columns: &[usize],
    faults: &mut Faults,
) -> Option<LedgerFileRow> {
    let mut texts = columns.iter().map(|column| {
        let text = cells.get(column).copied().unwrap_or_default();
        as_read(text).into_owned()
    });
    let (id, code) = (texts.next()?, texts.next()?);
    let (id, code) = id_and_code(name, row, &id, &code, id_column(columns), faults)?;
    Some(LedgerFileRow {
        row,
        id,
        code,
        texts: texts.collect(),
    })
}

fn id_column(columns: &[usize]) -> usize {
    columns.first().copied().unwrap_or(1)
}

fn id_and_code(
    name: &str,
    row: usize,
    id: &str,
    code: &str,
    column: usize,
    faults: &mut Faults,
) -> Option<(Uuid, RowCode)> {
    let read = Uuid::try_parse(id).ok().filter(|_| id.len() == 36);
    let Some(read) = read else {
        let text = match id.is_empty() {
            true => {
                "这一行没有编号（隐藏列），不是导出的行：台账不能增加分工，请删去这一行".to_owned()
            }
            false => format!(
                "“{}”不是编号（隐藏列），请重新导出台账后修改",
                shortened(id)
            ),
        };
        faults.add(name, row, column, &text);
        return None;
    };
    let known = RowCode::read(code, read);
    if known.is_none() {
        let text = "核对码（隐藏列）缺失、被改动，或与这一行的编号对不上：如果只排序或粘贴了部分列，请重新导出台账后修改";
        faults.add(name, row, column, text);
    }
    Some((read, known?))
}

/// The sheet of tasks is only to be looked at: what was edited there is told, not passed over.
fn check_tasks(name: &str, sheet: &RawSheet, head: usize, faults: &mut Faults) {
    let headers = [TASK_ID, CODE];
    let own = TASK_COLUMNS.map(|(header, ..)| header);
    let headers: Vec<&str> = headers.into_iter().chain(own).collect();
    let Some(columns) = columns_of(name, sheet, head, &headers, faults) else {
        return;
    };
    check_typed(name, sheet, head, faults);
    for (row, cells) in rows_below(sheet, head) {
        let text = |column: &usize| as_read(cells.get(column).copied().unwrap_or_default());
        let [id, code, shown @ ..] = columns.as_slice() else {
            return;
        };
        let known = id_and_code(name, row, &text(id), &text(code), *id, faults);
        let Some((_, code)) = known else { continue };
        // Rows are numbered as they stand.
        for ((header, column), left) in own.iter().zip(shown).zip(&code.prints).skip(1) {
            if print_of(header, &text(column)) != *left {
                let text = format!("“{header}”在这张表里只供查看，请恢复原样；修改请写在台账里");
                faults.add(name, row, *column, &text);
            }
        }
    }
}
