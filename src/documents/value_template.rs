//! The sheet in which a unit fills in values of indicators: written as a template, and read back cell by cell. Which
//! values are asked for, and what they may be, is decided by who uses it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::DocumentError;
use super::limits::Allowance;
use super::printable::printable;
use super::sheet_out::{
    ColumnKind, ColumnShown, SheetCell, SheetColumn, SheetError, SheetOut, SheetValue, sheets_xlsx,
};
use super::xlsx_sheet::{Care, Cells, Merge, RawSheet, SheetReader, Untyped, reference};
use super::xlsx_workbook::Workbook;
use super::{Format, checked_format, open_package};
use crate::domain::decimal::Decimal;
use crate::domain::ids::{IndicatorId, ObligationId};

/// The sheet's name.
const SHEET: &str = "监测填报";
/// The extension that is read.
const EXTENSION: &str = "xlsx";
/// What is wrong is named up to here; one who has pasted over everything need not read more.
const MOST_FAULTS: usize = 50;

/// The columns, from A on. The ids are hidden; they stay with their rows when somebody sorts.
const COLUMNS: [(&str, u16, ColumnKind, ColumnShown); 8] = [
    ("应报事项编号", 38, ColumnKind::Text, ColumnShown::Hidden),
    ("指标编号", 38, ColumnKind::Text, ColumnShown::Hidden),
    ("指标", 40, ColumnKind::LongText, ColumnShown::Shown),
    ("目标", 16, ColumnKind::Text, ColumnShown::Shown),
    ("计量单位", 10, ColumnKind::Text, ColumnShown::Shown),
    ("上期数值", 12, ColumnKind::Number, ColumnShown::Shown),
    (
        "本期数值（请填数字）",
        22,
        ColumnKind::FillNumber,
        ColumnShown::Shown,
    ),
    (
        "说明（可不填）",
        40,
        ColumnKind::FillText,
        ColumnShown::Shown,
    ),
];
const OBLIGATION: usize = 1;
const INDICATOR: usize = 2;
const NAME: usize = 3;
const VALUE: usize = 7;
const NOTE: usize = 8;

/// An indicator that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateRow {
    /// What asks for it.
    pub obligation_id: ObligationId,
    /// The indicator.
    pub indicator_id: IndicatorId,
    /// What it is called.
    pub name: String,
    /// Its target in words.
    pub target: String,
    /// Unit of measure.
    pub measured_in: Option<String>,
    /// The unit's value of the period before.
    pub last: Option<Decimal>,
    /// What the unit has told already.
    pub value: Option<Decimal>,
    /// What it said of that.
    pub note: Option<String>,
}

/// The template as an Excel file.
///
/// # Errors
/// [`SheetError`]: what Excel cannot hold.
pub fn value_template(rows: &[TemplateRow], made_on: NaiveDate) -> Result<Vec<u8>, SheetError> {
    let columns = COLUMNS.map(|(header, width, kind, shown)| SheetColumn {
        header: header.to_owned(),
        width,
        kind,
        shown,
    });
    let text = |text: &str| SheetCell::from(SheetValue::Text(text.to_owned()));
    let number = |number: Option<Decimal>| {
        let value = number.map_or(SheetValue::Blank, |one| SheetValue::Number(one.to_float()));
        SheetCell::from(value)
    };
    let optional = |given: Option<&str>| given.map_or_else(SheetCell::default, text);
    let rows = rows.iter().map(|row| {
        vec![
            text(&row.obligation_id.to_string()),
            text(&row.indicator_id.to_string()),
            text(&row.name),
            text(&row.target),
            optional(row.measured_in.as_deref()),
            number(row.last),
            number(row.value),
            optional(row.note.as_deref()),
        ]
    });
    let sheet = SheetOut {
        name: SHEET.to_owned(),
        columns: columns.into(),
        rows: rows.collect(),
    };
    sheets_xlsx(&[sheet], made_on)
}

/// A template as it came back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FilledTemplate {
    /// The rows with something filled in, from the top.
    pub rows: Vec<FilledRow>,
    /// Cells that cannot be taken as they are; nothing of the file can be then.
    pub faults: Vec<CellFault>,
}

/// A row with something filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledRow {
    row: usize,
    /// What asks for the indicator, as the file says.
    pub obligation_id: ObligationId,
    /// The indicator, as the file says.
    pub indicator_id: IndicatorId,
    /// What stands beside the ids as the indicator's name.
    pub name: String,
    /// The value as the cell shows it; may be empty.
    pub value: String,
    /// The note; may be empty.
    pub note: String,
}

/// A cell that cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellFault {
    /// The cell, such as `G4`.
    pub cell: String,
    /// What is wrong, and what to do.
    pub text: String,
}

impl FilledRow {
    /// The hidden cell of the obligation.
    pub fn obligation_cell(&self) -> String {
        reference(self.row, OBLIGATION)
    }

    /// The cell that shows the indicator. Its id is hidden beside it.
    pub fn indicator_cell(&self) -> String {
        reference(self.row, NAME)
    }

    /// The cell of the value.
    pub fn value_cell(&self) -> String {
        reference(self.row, VALUE)
    }

    /// The cell of the note.
    pub fn note_cell(&self) -> String {
        reference(self.row, NOTE)
    }

    /// Whether the row still shows this name beside its ids. It does not where only the columns in sight were sorted.
    pub fn is_called(&self, name: &str) -> bool {
        let bare = |text: &str| -> String {
            let text = printable(text);
            text.chars().filter(|one| !one.is_whitespace()).collect()
        };
        bare(&self.name) == bare(name)
    }
}

/// What a unit has filled in. `name` is the file's, with its extension.
///
/// # Errors
/// [`DocumentError`] where the file cannot be read at all; its cells are judged in [`FilledTemplate::faults`].
pub fn read_filled(name: &str, bytes: &[u8]) -> Result<FilledTemplate, DocumentError> {
    let sheets = match checked_format(name, bytes, EXTENSION)? {
        format @ Format::Xlsx => read_typed(format, bytes)?,
        Format::Txt | Format::Md | Format::Docx | Format::Csv => {
            return Err(DocumentError::UnknownExtension {
                extension: super::format::shown_extension(name),
                expected: EXTENSION,
            });
        }
    };
    let mut faults = Faults::default();
    let mut own = sheets.iter().filter(|(name, _)| name == SHEET);
    let Some((_, sheet)) = own.next() else {
        let text = format!("文件里没有工作表「{SHEET}」，请重新下载模板填写");
        return Ok(faults.add("A1".to_owned(), text).alone());
    };
    let copies = sheets.iter().filter(|(_, one)| has_headers(&one.cells));
    if copies.count() > 1 {
        let text = "文件里有几张同样的填报表，请只保留一张";
        return Ok(faults.add("A1".to_owned(), text).alone());
    }
    check_headers(&sheet.cells, &mut faults);
    if !faults.0.is_empty() {
        // Every cell would be called wrong below columns that stand elsewhere.
        return Ok(faults.alone());
    }
    check_typed(sheet, &mut faults);
    let rows = read_rows(&sheet.cells, &mut faults);
    Ok(FilledTemplate {
        rows,
        faults: faults.0,
    })
}

/// The visible sheets with their names.
fn read_typed(format: Format, bytes: &[u8]) -> Result<Vec<(String, RawSheet)>, DocumentError> {
    let mut package = open_package(format, bytes)?;
    let workbook = Workbook::read(&mut package)?;
    let mut allowance = Allowance::whole();
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
struct Faults(Vec<CellFault>);

impl Faults {
    fn add(&mut self, cell: String, text: impl Into<String>) -> &mut Self {
        if self.0.len() < MOST_FAULTS {
            let text = format!("{cell}：{}", text.into());
            self.0.push(CellFault { cell, text });
        }
        self
    }

    /// A file of which nothing else was read.
    fn alone(&mut self) -> FilledTemplate {
        FilledTemplate {
            rows: Vec::new(),
            faults: std::mem::take(&mut self.0),
        }
    }
}

fn at(cells: &Cells, row: usize, column: usize) -> &str {
    cells.get(&(row, column)).map_or("", String::as_str)
}

fn has_headers(cells: &Cells) -> bool {
    (1..)
        .zip(COLUMNS)
        .all(|(column, (header, ..))| at(cells, 1, column) == header)
}

fn check_headers(cells: &Cells, faults: &mut Faults) {
    for (column, (header, ..)) in (1..).zip(COLUMNS) {
        let found = at(cells, 1, column);
        if found != header {
            let found = shortened(found);
            let text = format!(
                "表头应为“{header}”，现在是“{found}”：请勿移动、改名或删除列，重新下载模板填写"
            );
            faults.add(reference(1, column), text);
        }
    }
}

/// Formulas, errors, merged cells, and what stands where nothing is asked.
fn check_typed(sheet: &RawSheet, faults: &mut Faults) {
    for (area, why) in &sheet.untyped {
        let text = match why {
            Untyped::Formula => "是公式，不采用它保存的结果：请复制后“选择性粘贴—数值”再上传",
            Untyped::Error => "是错误值，请填写数字",
            Untyped::Twice => "在文件里出现两次，请用 Excel 或 WPS 打开并重新保存",
        };
        let Merge { top, left, .. } = *area;
        faults.add(reference(top, left), text);
    }
    for Merge { top, left, .. } in &sheet.merges {
        faults.add(reference(*top, *left), "是合并单元格，请取消合并后再填写");
    }
    for (&(row, column), text) in &sheet.cells {
        if column > COLUMNS.len() {
            let text = format!("这里不填内容，现在是“{}”，请删去", shortened(text));
            faults.add(reference(row, column), text);
        }
    }
}

fn read_rows(cells: &Cells, faults: &mut Faults) -> Vec<FilledRow> {
    let below_head = cells.range((2, 0)..).map(|(&(row, _), _)| row);
    let numbers: BTreeSet<usize> = below_head.collect();
    let mut rows = Vec::new();
    for row in numbers {
        let text = |column| at(cells, row, column).to_owned();
        let (value, note) = (text(VALUE), printable(at(cells, row, NOTE)).into_owned());
        let obligation = id_in(cells, row, OBLIGATION);
        let indicator = id_in(cells, row, INDICATOR);
        match (obligation, indicator) {
            (Some(obligation), Some(indicator)) if !value.is_empty() || !note.is_empty() => {
                rows.push(FilledRow {
                    row,
                    obligation_id: ObligationId(obligation),
                    indicator_id: IndicatorId(indicator),
                    name: text(NAME),
                    value,
                    note,
                });
            }
            // A row that was left as it is, also with a value missing: others may be filled in later.
            (Some(_), Some(_)) => {}
            (None, _) => wrong_id(cells, row, OBLIGATION, faults),
            (Some(_), None) => wrong_id(cells, row, INDICATOR, faults),
        }
    }
    rows
}

/// The id in a cell, in its usual form.
fn id_in(cells: &Cells, row: usize, column: usize) -> Option<Uuid> {
    let text = at(cells, row, column);
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}

fn wrong_id(cells: &Cells, row: usize, column: usize, faults: &mut Faults) {
    let found = at(cells, row, column);
    let text = match found.is_empty() {
        true => "这一行没有编号（隐藏列），不是模板里的行：请删去，或重新下载模板填写".to_owned(),
        false => format!(
            "“{}”不是编号（隐藏列），请重新下载模板填写",
            shortened(found)
        ),
    };
    faults.add(reference(row, column), text);
}

/// The beginning of a text, for a message.
fn shortened(text: &str) -> String {
    text.chars().take(30).collect()
}
