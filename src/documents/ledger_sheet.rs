//! The task ledger 台账 as an Excel file: one row for each assignment, one sheet of tasks, one of explanations. Hidden
//! beside each row are its id and a code of what its cells say (`domain::ledger`), so that it can come back
//! (`ledger_file`).

use std::borrow::Cow;

use chrono::NaiveDate;
use uuid::Uuid;

use super::printable::printable;
use super::sheet_out::{
    ColumnKind, ColumnShown, SheetCell, SheetColumn, SheetError, SheetOut, SheetValue, sheets_xlsx,
};
use crate::domain::ids::{AssignmentId, TaskId};
use crate::domain::ledger::{LedgerColumn, RowCode, print_of};

/// The name of the sheet of assignments.
pub const ASSIGNMENTS_SHEET: &str = "分工台账";
/// The name of the sheet of tasks.
pub const TASKS_SHEET: &str = "任务";
/// The name of the sheet of explanations.
const WORDS_SHEET: &str = "填写说明";
/// The header of the hidden ids of assignments.
pub const ASSIGNMENT_ID: &str = "分工编号";
/// The header of the hidden ids of tasks.
pub const TASK_ID: &str = "任务编号";
/// The header of the hidden codes.
pub const CODE: &str = "核对码";

/// The most rows that a ledger may have.
pub const MOST_ROWS: usize = 20_000;

/// The columns of the sheet of tasks.
pub const TASK_COLUMNS: [(&str, u16, ColumnKind); 11] = [
    ("序号", 6, ColumnKind::Number),
    ("编号", 12, ColumnKind::Text),
    ("重点任务", 30, ColumnKind::LongText),
    ("具体措施", 60, ColumnKind::LongText),
    ("牵头单位", 22, ColumnKind::LongText),
    ("责任单位", 30, ColumnKind::LongText),
    ("完成时限", 12, ColumnKind::Date),
    ("分工数", 8, ColumnKind::Number),
    ("已销号", 8, ColumnKind::Number),
    ("完成状态", 40, ColumnKind::LongText),
    ("方案", 30, ColumnKind::LongText),
];

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerLine {
    /// The assignment.
    pub id: AssignmentId,
    /// Its cells, in the order of [`LedgerColumn::ALL`].
    pub cells: Vec<SheetCell>,
}

/// A row of the sheet of tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskLine {
    /// The task.
    pub id: TaskId,
    /// Its cells, in the order of [`TASK_COLUMNS`].
    pub cells: Vec<SheetCell>,
}

impl LedgerLine {
    /// What the cells say, as they are read when the file comes back.
    pub fn texts(&self) -> Vec<String> {
        self.cells.iter().map(|cell| told(&cell.value)).collect()
    }
}

/// The ledger as a file, of when `change_no` was the number of the newest change.
///
/// # Errors
/// [`SheetError`]: what Excel cannot hold.
pub fn ledger_xlsx(
    lines: Vec<LedgerLine>,
    tasks: Vec<TaskLine>,
    change_no: i64,
    made_on: NaiveDate,
) -> Result<Vec<u8>, SheetError> {
    let ledger = LedgerColumn::ALL.iter().map(|column| {
        let (width, kind) = look(*column);
        SheetColumn::new(column.header(), width, kind)
    });
    let headers: Vec<&str> = LedgerColumn::ALL.iter().map(|one| one.header()).collect();
    let rows = lines
        .into_iter()
        .map(|line| coded(line.id.0, line.cells, &headers, change_no));
    let assignments = SheetOut {
        name: ASSIGNMENTS_SHEET.to_owned(),
        columns: hidden(ASSIGNMENT_ID).into_iter().chain(ledger).collect(),
        rows: rows.collect(),
    };
    let columns = TASK_COLUMNS.map(|(header, width, kind)| SheetColumn::new(header, width, kind));
    let headers = TASK_COLUMNS.map(|(header, ..)| header);
    let rows = tasks
        .into_iter()
        .map(|task| coded(task.id.0, task.cells, &headers, change_no));
    let tasks = SheetOut {
        name: TASKS_SHEET.to_owned(),
        columns: hidden(TASK_ID).into_iter().chain(columns).collect(),
        rows: rows.collect(),
    };
    sheets_xlsx(&[assignments, tasks, words()], made_on)
}

/// The columns of a row's id and code.
fn hidden(id: &str) -> [SheetColumn; 2] {
    [(id, 38), (CODE, 40)].map(|(header, width)| SheetColumn {
        header: header.to_owned(),
        width,
        kind: ColumnKind::Text,
        shown: ColumnShown::Hidden,
    })
}

/// The cells of a row behind its id and its code.
fn coded(id: Uuid, cells: Vec<SheetCell>, headers: &[&str], change_no: i64) -> Vec<SheetCell> {
    let prints = headers
        .iter()
        .zip(&cells)
        .map(|(header, cell)| print_of(header, &told(&cell.value)));
    let code = RowCode {
        change_no,
        prints: prints.collect(),
    };
    let text = |text: String| SheetCell::from(SheetValue::Text(text));
    let mut row = vec![text(id.to_string()), text(code.told(id))];
    row.extend(cells);
    row
}

/// What a cell says, as it is read when the file comes back.
fn told(value: &SheetValue) -> String {
    match value {
        SheetValue::Blank => String::new(),
        SheetValue::Text(text) => as_read(text).into_owned(),
        SheetValue::Number(number) => number.to_string(),
        SheetValue::Date(day) => day.to_string(),
    }
}

/// A text as it is compared: programs that save a file may drop blanks at its ends.
pub(super) fn as_read(text: &str) -> Cow<'_, str> {
    match printable(text) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Width and kind of a column.
fn look(column: LedgerColumn) -> (u16, ColumnKind) {
    match column {
        LedgerColumn::Position => (6, ColumnKind::Number),
        LedgerColumn::TaskNumber => (10, ColumnKind::Text),
        LedgerColumn::Task => (26, ColumnKind::LongText),
        LedgerColumn::Measure => (48, ColumnKind::LongText),
        LedgerColumn::Leads | LedgerColumn::Unit => (18, ColumnKind::LongText),
        LedgerColumn::Role => (6, ColumnKind::Text),
        LedgerColumn::Contact => (12, ColumnKind::LongText),
        LedgerColumn::StartedOn | LedgerColumn::FirstDueOn | LedgerColumn::ClosedOn => {
            (12, ColumnKind::Date)
        }
        LedgerColumn::DueOn => (12, ColumnKind::EditDate),
        LedgerColumn::Expected => (9, ColumnKind::Number),
        LedgerColumn::Percent => (9, ColumnKind::EditNumber),
        LedgerColumn::Done | LedgerColumn::Problems | LedgerColumn::NextSteps => {
            (32, ColumnKind::EditText)
        }
        LedgerColumn::Light => (34, ColumnKind::LongText),
        LedgerColumn::State => (9, ColumnKind::Text),
        LedgerColumn::Evidence | LedgerColumn::Extensions => (9, ColumnKind::Number),
        LedgerColumn::Notices => (14, ColumnKind::LongText),
        LedgerColumn::Note => (24, ColumnKind::EditText),
        LedgerColumn::Plan => (30, ColumnKind::LongText),
    }
}

/// What whoever gets the file has to know.
fn words() -> SheetOut {
    let column = |header: &str, width| SheetColumn::new(header, width, ColumnKind::LongText);
    let row = |name: &str, says: &str| {
        [name, says]
            .map(|text| SheetCell::from(SheetValue::Text(text.to_owned())))
            .to_vec()
    };
    let general = [
        (
            "怎样使用",
            "在“分工台账”中修改浅黄色的列，保存为 xlsx 后导入。导入前可先试导入：逐格列出修改前后的内容，不改动任何数据。",
        ),
        ("整份生效", "有一格不对，整份都不导入，并指明是哪一格。"),
        (
            "冲突",
            "导出以后系统里又有变动的行，修改后导入时列为冲突：写明变了什么、由谁、何时。删去这些行，或指明这些行以本表为准后，再导入。",
        ),
        (
            "可以调整",
            "可以筛选、排序、移动列、删去不需要的行，也可以在表头上方加标题；请勿改列名、删列、合并单元格、写公式，也不要改动隐藏的“分工编号”“核对码”。",
        ),
    ];
    let columns = LedgerColumn::ALL
        .iter()
        .map(|column| row(column.header(), says(*column)));
    SheetOut {
        name: WORDS_SHEET.to_owned(),
        columns: vec![column("项目", 16), column("说明", 90)],
        rows: general
            .iter()
            .map(|(name, says)| row(name, says))
            .chain(columns)
            .collect(),
    }
}

/// What may be done with a column.
fn says(column: LedgerColumn) -> &'static str {
    match column {
        LedgerColumn::DueOn => {
            "可修改，限督导办：按延期办理，须为更晚的工作日；同一单位同一时限的各项一并修改。"
        }
        LedgerColumn::Percent => {
            "可修改：0 至 100 的整数，不低于此前已报的进度。作为该单位的一次填报登记。"
        }
        LedgerColumn::Done | LedgerColumn::Problems | LedgerColumn::NextSteps => {
            "可修改：最多 4000 字，作为该单位的一次填报登记；不能清空，没有的请写“无”。"
        }
        LedgerColumn::Note => "可修改：最多 1000 字，可以清空。",
        LedgerColumn::Expected | LedgerColumn::Light => "不可修改：每天由系统计算。",
        LedgerColumn::Position => "可按需要重新编号，导入时不看这一列。",
        LedgerColumn::TaskNumber
        | LedgerColumn::Task
        | LedgerColumn::Measure
        | LedgerColumn::Leads
        | LedgerColumn::Unit
        | LedgerColumn::Role
        | LedgerColumn::Contact
        | LedgerColumn::StartedOn
        | LedgerColumn::FirstDueOn
        | LedgerColumn::State
        | LedgerColumn::Evidence
        | LedgerColumn::Extensions
        | LedgerColumn::Notices
        | LedgerColumn::ClosedOn
        | LedgerColumn::Plan => "不可修改。",
    }
}
