//! A units file → the rows of units in it, or everything that is wrong with it at once. Storing them, and matching names
//! in plans against them, happens elsewhere.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::error::DocumentError;
use super::limits::MAX_UNIT_ROWS;
use super::units_columns::{Column, Header, HeaderProblem};
use super::units_parents::circles;
use super::units_table::{FileRow, FileTable, TableError, read_table};
use super::units_values::{kind, levels, list};
use crate::domain::email_address::{EmailAddress, InvalidEmailAddress};
use crate::domain::level::Level;
use crate::domain::unit_kind::UnitKind;

/// Problems that are told in full; the others are counted.
const MAX_PROBLEMS: usize = 50;
/// Characters of a code.
const MAX_CODE: usize = 64;
/// Characters of any other single value.
const MAX_VALUE: usize = 200;

/// One unit as the file has it; every value is trimmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitRow {
    /// 1-based line of a csv file, or row of a sheet.
    pub row: usize,
    /// The unit's code, as written; unique in the file.
    pub code: String,
    /// Its full name.
    pub name: String,
    /// Its kind.
    pub kind: UnitKind,
    /// The code of the unit above it, which need not be in the file ([`super::check_parents`]).
    pub parent: Option<String>,
    /// Other names, in order.
    pub aliases: Vec<String>,
    /// School levels, in the order of [`Level::ALL`]; empty where the file says none.
    pub levels: Vec<Level>,
    /// The contact's name.
    pub contact: Option<String>,
    /// The contact's address.
    #[serde(with = "super::address_text")]
    pub email: Option<EmailAddress>,
    /// Unit groups that it belongs to, in order.
    pub groups: Vec<String>,
    /// The liaison leader.
    pub liaison: Option<String>,
}

/// Why a units file gave no units. Nothing of such a file is to be stored (design §7: whole-or-nothing).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnitsFileError {
    /// The file itself cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// No header row.
    #[error(
        "找不到表头：前 20 行里应当有一行写着列名，至少有「编码」「名称」「类型」。可用的列：{}",
        Column::list()
    )]
    NoHeader,
    /// Several sheets with units.
    #[error("有不止一张工作表列着单位：请合并到一张工作表，或分成几个文件")]
    SeveralTables,
    /// A header without any unit below.
    #[error("表头下面没有单位")]
    NoUnits,
    /// More units than `MAX_UNIT_ROWS`.
    #[error("单位太多：一个文件最多 {MAX_UNIT_ROWS} 个，请拆成几个文件")]
    TooManyUnits,
    /// What is wrong inside, in the order of the file: the first 50, and how many there are.
    #[error("{}", shown_problems(problems, *total))]
    Problems {
        /// The first problems.
        problems: Vec<UnitProblem>,
        /// The number of all problems.
        total: usize,
    },
}

/// One thing wrong in a units file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitProblem {
    /// 1-based row.
    pub row: usize,
    /// The column's Chinese name, where the problem is in one column.
    pub column: Option<&'static str>,
    /// What is wrong.
    pub kind: UnitProblemKind,
}

/// What is wrong with a row or a cell.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnitProblemKind {
    /// A column of the header that is not known.
    #[error("不认识列名「{0}」；可用的列：{list}（序号、备注可以有，不读入）", list = Column::list())]
    UnknownColumn(String),
    /// A column that stands twice in the header.
    #[error("这一列出现了两次，请删去一列")]
    ColumnTwice,
    /// A column without which no unit can be read.
    #[error("缺少这一列")]
    ColumnMissing,
    /// Nothing where something must stand.
    #[error("没有填写")]
    Blank,
    /// Longer than the given number of characters.
    #[error("太长，最多 {0} 个字")]
    TooLong(usize),
    /// A line break, tab or control character; in csv mostly a quotation mark left open.
    #[error("里面有换行或控制字符，请删去（csv 文件还请检查是否少了一个引号）")]
    ControlCharacter,
    /// A code that an earlier row has.
    #[error("编码「{code}」与第 {first_row} 行重复")]
    DuplicateCode {
        /// The code.
        code: String,
        /// The row that has it first.
        first_row: usize,
    },
    /// A kind that is none.
    #[error("不认识类型「{0}」，请填科室、直属单位、专班、区县、学校或外单位")]
    UnknownKind(String),
    /// A level that is none.
    #[error(
        "不认识学段「{0}」，请填幼儿园、小学、初中、高中、中职、特殊教育、九年一贯制、完全中学或十二年一贯制，几个之间用 | 分开"
    )]
    UnknownLevel(String),
    /// An address that is none.
    #[error("{0}")]
    InvalidEmail(InvalidEmailAddress),
    /// Text beyond the last column of the header, or under no name.
    #[error("「{0}」没有对应的列名，请检查这一行是否多了一格")]
    StrayCell(String),
    /// Units that stand above themselves.
    #[error("上级单位绕成了一圈：{}", .0.join(" → "))]
    ParentCircle(Vec<String>),
}

impl fmt::Display for UnitProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "第 {} 行", self.row)?;
        if let Some(column) = self.column {
            write!(f, "「{column}」列")?;
        }
        write!(f, "：{}", self.kind)
    }
}

fn shown_problems(problems: &[UnitProblem], total: usize) -> String {
    let mut text = format!("单位文件有 {total} 处问题，没有导入任何单位：");
    for problem in problems {
        text.push('\n');
        text.push_str(&problem.to_string());
    }
    if total > problems.len() {
        text.push_str(&format!("\n……另有 {} 处没有列出", total - problems.len()));
    }
    text
}

/// The units in a csv or xlsx file (by the extension of `name`), in its order.
///
/// # Errors
/// [`UnitsFileError`]; [`UnitsFileError::Problems`] lists everything wrong, not only the first. A parent that is not in
/// the file is no problem here: the caller may know it, and asks [`super::check_parents`].
pub fn read_units(name: &str, bytes: &[u8]) -> Result<Vec<UnitRow>, UnitsFileError> {
    let table = read_table(name, bytes, Header::is_header).map_err(|error| match error {
        TableError::Document(error) => UnitsFileError::Document(error),
        TableError::NoHeader => UnitsFileError::NoHeader,
        TableError::SeveralTables => UnitsFileError::SeveralTables,
    })?;
    if table.rows.is_empty() {
        return Err(UnitsFileError::NoUnits);
    }
    if table.rows.len() > MAX_UNIT_ROWS {
        return Err(UnitsFileError::TooManyUnits);
    }
    let mut problems = Problems::default();
    let units = read_rows(&table, &mut problems);
    if problems.total == 0 {
        return Ok(units);
    }
    problems.first.sort_by_key(|problem| problem.row);
    Err(UnitsFileError::Problems {
        problems: problems.first,
        total: problems.total,
    })
}

/// What is wrong, the first in full.
#[derive(Debug, Default)]
struct Problems {
    first: Vec<UnitProblem>,
    total: usize,
}

impl Problems {
    fn add(&mut self, row: usize, column: Option<Column>, kind: UnitProblemKind) {
        self.total += 1;
        if self.first.len() < MAX_PROBLEMS {
            self.first.push(UnitProblem {
                row,
                column: column.map(Column::shown),
                kind,
            });
        }
    }
}

fn read_rows(table: &FileTable, problems: &mut Problems) -> Vec<UnitRow> {
    let (header, wrong) = Header::read(&table.header.cells);
    for problem in wrong {
        let (column, kind) = match problem {
            HeaderProblem::Unknown(name) => (None, UnitProblemKind::UnknownColumn(excerpt(&name))),
            HeaderProblem::Twice(column) => (Some(column), UnitProblemKind::ColumnTwice),
            HeaderProblem::Missing(column) => (Some(column), UnitProblemKind::ColumnMissing),
        };
        problems.add(table.header.row, column, kind);
    }
    // With a header that is not understood, every row would be wrong for the same reason.
    if problems.total > 0 {
        return Vec::new();
    }
    let mut units: Vec<UnitRow> = Vec::with_capacity(table.rows.len());
    let mut first_rows: HashMap<String, usize> = HashMap::new();
    for row in &table.rows {
        let mut reader = RowReader {
            header: &header,
            row,
            problems,
        };
        let code = reader.value(Column::Code);
        let unit = reader.unit();
        if let Some(&first_row) = first_rows.get(&code) {
            let code = excerpt(&code);
            let kind = UnitProblemKind::DuplicateCode { code, first_row };
            problems.add(row.row, Some(Column::Code), kind);
        } else if !code.is_empty() {
            first_rows.insert(code, row.row);
        }
        units.extend(unit);
    }
    for (row, codes) in circles(&units) {
        let codes = codes.iter().map(|code| excerpt(code)).collect();
        let kind = UnitProblemKind::ParentCircle(codes);
        problems.add(row, Some(Column::Parent), kind);
    }
    units
}

/// Reads the cells of one row, noting what is wrong with them.
struct RowReader<'r> {
    header: &'r Header,
    row: &'r FileRow,
    problems: &'r mut Problems,
}

impl RowReader<'_> {
    /// The unit in the row; `None` where its kind cannot be told. Whether anything was wrong is in the problems.
    fn unit(&mut self) -> Option<UnitRow> {
        if let Some(cell) = self.header.stray_cell(&self.row.cells) {
            let kind = UnitProblemKind::StrayCell(excerpt(cell));
            self.problems.add(self.row.row, None, kind);
        }
        let code = self.checked(Column::Code, MAX_CODE);
        let name = self.checked(Column::Name, MAX_VALUE);
        for (column, text) in [(Column::Code, &code), (Column::Name, &name)] {
            if text.is_empty() {
                self.add(column, UnitProblemKind::Blank);
            }
        }
        let kind = self.kind();
        let parent = self.checked(Column::Parent, MAX_CODE);
        let aliases = self.checked_list(Column::Aliases);
        let levels = self.levels();
        let contact = self.checked(Column::Contact, MAX_VALUE);
        let email = self.email();
        let groups = self.checked_list(Column::Groups);
        let liaison = self.checked(Column::Liaison, MAX_VALUE);
        Some(UnitRow {
            row: self.row.row,
            code,
            name,
            kind: kind?,
            parent: filled(parent),
            aliases,
            levels,
            contact: filled(contact),
            email,
            groups,
            liaison: filled(liaison),
        })
    }

    fn value(&self, column: Column) -> String {
        self.header.cell(&self.row.cells, column).to_owned()
    }

    fn add(&mut self, column: Column, kind: UnitProblemKind) {
        self.problems.add(self.row.row, Some(column), kind);
    }

    fn checked(&mut self, column: Column, longest: usize) -> String {
        let value = self.value(column);
        self.check(column, &value, longest);
        value
    }

    fn checked_list(&mut self, column: Column) -> Vec<String> {
        let values = list(&self.value(column));
        for value in &values {
            self.check(column, value, MAX_VALUE);
        }
        values
    }

    fn check(&mut self, column: Column, value: &str, longest: usize) {
        if value.contains(char::is_control) {
            self.add(column, UnitProblemKind::ControlCharacter);
        } else if value.chars().count() > longest {
            self.add(column, UnitProblemKind::TooLong(longest));
        }
    }

    fn kind(&mut self) -> Option<UnitKind> {
        let word = self.value(Column::Kind);
        let kind = kind(&word);
        match kind {
            Some(_) => {}
            None if word.is_empty() => self.add(Column::Kind, UnitProblemKind::Blank),
            None => self.add(Column::Kind, UnitProblemKind::UnknownKind(excerpt(&word))),
        }
        kind
    }

    fn levels(&mut self) -> Vec<Level> {
        let (levels, unknown) = levels(&self.value(Column::Level));
        for word in unknown {
            self.add(Column::Level, UnitProblemKind::UnknownLevel(excerpt(&word)));
        }
        levels
    }

    fn email(&mut self) -> Option<EmailAddress> {
        let text = filled(self.value(Column::Email))?;
        match EmailAddress::parse(&text) {
            Ok(email) => Some(email),
            Err(error) => {
                self.add(Column::Email, UnitProblemKind::InvalidEmail(error));
                None
            }
        }
    }
}

fn filled(value: String) -> Option<String> {
    (!value.is_empty()).then_some(value)
}

/// A value from the file fit for a message: its first 30 characters, without control characters.
fn excerpt(value: &str) -> String {
    let mut chars = value.chars().filter(|c| !c.is_control());
    let mut shown: String = chars.by_ref().take(30).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}
