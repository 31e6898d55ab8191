//! A file of yearly quality results → one row a school, or everything that is wrong with it at once, cell by cell. Which
//! schools there are is known where the rows are used.

use super::error::DocumentError;
use super::limits::MAX_UNIT_ROWS;
use super::units_table::{FileRow, FileTable, TableError, read_table};
use super::xlsx_sheet::reference;
use crate::domain::card::Quality;
use crate::domain::decimal::Decimal;
use crate::domain::level::Level;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Problems that are told in full.
const MOST_PROBLEMS: usize = 50;
/// Characters of a cell that are repeated in a message.
const SHOWN: usize = 30;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Code,
    Name,
    Level,
    Year,
    Score,
    Rank,
}

impl Column {
    const ALL: [Self; 6] = [
        Self::Code,
        Self::Name,
        Self::Level,
        Self::Year,
        Self::Score,
        Self::Rank,
    ];

    /// The headings it goes by, the usual one first.
    fn headings(self) -> &'static [&'static str] {
        match self {
            Self::Code => &["学校代码", "单位代码", "编码", "代码", "code"],
            Self::Name => &["学校名称", "单位名称", "学校", "名称", "单位", "name"],
            Self::Level => &["学段", "level"],
            Self::Year => &["学年", "school_year"],
            Self::Score => &["得分", "质量得分", "分数", "成绩", "score"],
            Self::Rank => &["名次", "排名", "rank"],
        }
    }

    fn label(self) -> &'static str {
        self.headings().first().copied().unwrap_or_default()
    }

    fn of(heading: &str) -> Option<Self> {
        let bare: String = heading.chars().filter(|one| !one.is_whitespace()).collect();
        let bare = bare.to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|column| column.headings().contains(&bare.as_str()))
    }
}

/// One row of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityRow {
    row: usize,
    places: Places,
    /// Code of the school; may be empty where there is a name.
    pub code: String,
    /// Its name; may be empty where there is a code.
    pub name: String,
    /// The level, where the file says it.
    pub level: Option<Level>,
    /// The school year, where the file says it: the year in which it begins.
    pub year: Option<i32>,
    /// The result.
    pub quality: Quality,
}

/// Where the columns stand, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Places {
    code: Option<usize>,
    name: Option<usize>,
    level: Option<usize>,
    year: Option<usize>,
    score: Option<usize>,
    rank: Option<usize>,
}

impl QualityRow {
    /// The cell that names the school, such as `A4`.
    pub fn school_cell(&self) -> String {
        self.cell(self.places.code.or(self.places.name))
    }

    /// The cell of the level; the school's where the file has no levels.
    pub fn level_cell(&self) -> String {
        match self.places.level {
            None => self.school_cell(),
            level => self.cell(level),
        }
    }

    /// The cell of the school year.
    pub fn year_cell(&self) -> String {
        self.cell(self.places.year)
    }

    fn cell(&self, place: Option<usize>) -> String {
        reference(self.row, place.unwrap_or(0) + 1)
    }
}

/// A cell that cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityProblem {
    /// The cell, such as `C4`.
    pub cell: String,
    /// What is wrong, and what to do.
    pub text: String,
}

/// Why a file gave no results.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QualityFileError {
    /// The file itself cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// No header row.
    #[error(
        "找不到表头：前 20 行里应当有一行写着列名，至少有“学校代码”或“学校名称”，以及“得分”或“名次”；一校多个学段的，另有“学段”"
    )]
    NoHeader,
    /// Several sheets with results.
    #[error("有不止一张工作表列着结果：请合并到一张工作表，或分成几个文件")]
    SeveralTables,
    /// A column stands twice.
    #[error("“{0}”列出现了两次，请只保留一列")]
    ColumnTwice(&'static str),
    /// Both score and rank.
    #[error("“得分”和“名次”只能有一列：请保留作为依据的一列，另一列改名或删去")]
    TwoMeasures,
    /// A header without rows.
    #[error("表头下面没有学校")]
    NoRows,
    /// Too many rows.
    #[error("学校太多：一个文件最多 {MAX_UNIT_ROWS} 行，请拆成几个文件")]
    TooManyRows,
    /// Cells that cannot be taken: the first 50.
    #[error("有 {} 个单元格填写有误", .0.len())]
    Problems(Vec<QualityProblem>),
}

impl From<TableError> for QualityFileError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Document(error) => Self::Document(error),
            TableError::NoHeader => Self::NoHeader,
            TableError::SeveralTables => Self::SeveralTables,
        }
    }
}

/// The results in a csv or xlsx file; columns may stand in any order and beside others.
///
/// # Errors
/// [`QualityFileError`].
pub fn read_quality(name: &str, bytes: &[u8]) -> Result<Vec<QualityRow>, QualityFileError> {
    let FileTable { header, rows } = read_table(name, bytes, is_header)?;
    let places = places(&header.cells)?;
    if rows.is_empty() {
        return Err(QualityFileError::NoRows);
    }
    if rows.len() > MAX_UNIT_ROWS {
        return Err(QualityFileError::TooManyRows);
    }
    let mut read = Vec::with_capacity(rows.len());
    let mut problems = Vec::new();
    for row in &rows {
        match read_row(row, places) {
            Ok(row) => read.push(row),
            Err(found) => problems.extend(found),
        }
    }
    problems.truncate(MOST_PROBLEMS);
    match problems.is_empty() {
        true => Ok(read),
        false => Err(QualityFileError::Problems(problems)),
    }
}

fn is_header(cells: &[String]) -> bool {
    let has = |wanted: [Column; 2]| {
        let mut columns = cells.iter().filter_map(|cell| Column::of(cell));
        columns.any(|column| wanted.contains(&column))
    };
    has([Column::Code, Column::Name]) && has([Column::Score, Column::Rank])
}

fn places(cells: &[String]) -> Result<Places, QualityFileError> {
    let mut places = Places::default();
    for (at, cell) in cells.iter().enumerate() {
        let Some(column) = Column::of(cell) else {
            continue;
        };
        let place = match column {
            Column::Code => &mut places.code,
            Column::Name => &mut places.name,
            Column::Level => &mut places.level,
            Column::Year => &mut places.year,
            Column::Score => &mut places.score,
            Column::Rank => &mut places.rank,
        };
        if place.replace(at).is_some() {
            return Err(QualityFileError::ColumnTwice(column.label()));
        }
    }
    match (places.score, places.rank) {
        (Some(_), Some(_)) => Err(QualityFileError::TwoMeasures),
        _ => Ok(places),
    }
}

fn read_row(row: &FileRow, places: Places) -> Result<QualityRow, Vec<QualityProblem>> {
    let text = |place: Option<usize>| {
        let cell = place.and_then(|at| row.cells.get(at));
        cell.map(|cell| cell.trim()).unwrap_or_default()
    };
    let mut problems = Vec::new();
    let mut wrong = |column: Column, place: Option<usize>, what: String| {
        let cell = reference(row.row, place.unwrap_or(0) + 1);
        let text = format!("第 {} 行“{}”：{what}", row.row, column.label());
        problems.push(QualityProblem { cell, text });
    };
    let (code, name) = (text(places.code), text(places.name));
    if code.is_empty() && name.is_empty() {
        let column = match places.code {
            Some(_) => Column::Code,
            None => Column::Name,
        };
        wrong(column, places.code.or(places.name), "没有写学校".to_owned());
    }
    let level = match text(places.level) {
        "" => None,
        word => match word.to_ascii_lowercase().parse::<Level>() {
            Ok(level) => Some(level),
            Err(error) => {
                wrong(Column::Level, places.level, error.to_string());
                None
            }
        },
    };
    let year = match text(places.year) {
        "" => None,
        word => match year_of(word) {
            Some(year) => Some(year),
            None => {
                let what = format!("“{}”不是学年，请写 2025 或 2025—2026", shortened(word));
                wrong(Column::Year, places.year, what);
                None
            }
        },
    };
    let (column, place) = match places.score {
        Some(_) => (Column::Score, places.score),
        None => (Column::Rank, places.rank),
    };
    let quality = quality_of(column, text(place));
    let quality = quality.map_err(|what| wrong(column, place, what)).ok();
    match quality {
        Some(quality) if problems.is_empty() => Ok(QualityRow {
            row: row.row,
            places,
            code: code.to_owned(),
            name: name.to_owned(),
            level,
            year,
            quality,
        }),
        _ => Err(problems),
    }
}

fn quality_of(column: Column, text: &str) -> Result<Quality, String> {
    if text.is_empty() {
        return Err("没有填写；没有结果的学校请删去这一行".to_owned());
    }
    let shown = shortened(text);
    let value: Decimal = text.parse().map_err(|error| format!("“{shown}”{error}"))?;
    if column == Column::Score {
        return match value >= Decimal::ZERO {
            true => Ok(Quality::Score(value)),
            false => Err(format!("“{shown}”小于 0，请核对")),
        };
    }
    let is_place = value > Decimal::ZERO && value.micros() % 1_000_000 == 0;
    match is_place {
        true => Ok(Quality::Rank(value)),
        false => Err(format!("“{shown}”不是名次，请填 1 以上的整数")),
    }
}

/// The year in which a school year begins: `2025`, `2025Y`, `2025—2026学年`.
fn year_of(text: &str) -> Option<i32> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    match digits.len() {
        4 => digits.parse().ok(),
        _ => None,
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<QualityRow>, QualityFileError> {
        read_quality("结果.csv", text.as_bytes())
    }

    fn cells(text: &str) -> Vec<String> {
        match read(text) {
            Err(QualityFileError::Problems(problems)) => {
                problems.into_iter().map(|one| one.cell).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn columns_stand_in_any_order_and_beside_others() {
        let rows = read("2025 学年小学质量结果,,,\n序号,得分,学校名称,学段,备注\n1,82.5,一小,小学,\n2,90,二小,,好\n").unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].name, "一小");
        assert_eq!(rows[0].level, Some(Level::Primary));
        assert_eq!(rows[0].quality, Quality::Score("82.5".parse().unwrap()));
        assert_eq!(
            (rows[1].school_cell(), rows[1].level_cell()),
            ("C4".to_owned(), "D4".to_owned())
        );
        let ranked = read("code;rank\nS1;3\n").unwrap();
        assert_eq!(ranked[0].quality, Quality::Rank("3".parse().unwrap()));
    }

    #[test]
    fn what_cannot_be_taken_is_named_by_its_cell() {
        let head = "学校代码,学段,学年,得分\n";
        for (row, wanted) in [
            ("S1,小学,2025,优秀", "D2"),
            ("S1,小学,2025,", "D2"),
            ("S1,小学,2025,-1", "D2"),
            ("S1,小学,2025,1e3", "D2"),
            ("S1,大学,2025,80", "B2"),
            ("S1,小学,今年,80", "C2"),
            (",小学,2025,80", "A2"),
        ] {
            assert_eq!(cells(&format!("{head}{row}\n")), [wanted], "{row}");
        }
        assert_eq!(cells("学校代码,名次\nS1,0\nS2,1.5\nS3,2\n"), ["B2", "B3"]);
        assert_eq!(cells("学校代码,学段,得分\n,大学,差\n"), ["A2", "B2", "C2"]);
    }

    #[test]
    fn a_file_without_one_table_is_refused() {
        assert_eq!(read("a,b\n1,2\n"), Err(QualityFileError::NoHeader));
        assert_eq!(read("学校代码,得分\n"), Err(QualityFileError::NoRows));
        assert_eq!(
            read("学校代码,得分,成绩\nS1,1,2\n"),
            Err(QualityFileError::ColumnTwice("得分"))
        );
        assert_eq!(
            read("学校代码,得分,名次\nS1,1,2\n"),
            Err(QualityFileError::TwoMeasures)
        );
        assert!(matches!(
            read_quality("a.txt", b"x"),
            Err(QualityFileError::Document(_))
        ));
    }
}
