//! Reads a table of school terms from csv into rows. Whether the rows make a sound table is checked in
//! `domain::term_table`.

use chrono::NaiveDate;

use crate::domain::level::Level;
use crate::domain::term::{Term, TermNumber};
use crate::domain::term_row::TermRow;

/// The largest terms file accepted, in bytes.
pub const LARGEST_FILE: usize = 2 * 1024 * 1024;
/// The most rows read; a table has twelve a year.
const MOST_ROWS: usize = 5_000;

/// Why a terms file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermFileError {
    /// Larger than [`LARGEST_FILE`], or more than 5,000 rows.
    #[error("学期文件过大（上限 2 MB、5000 行），请确认选对了文件。")]
    TooLarge,
    /// Not UTF-8.
    #[error("第 {line} 行：学期文件不是 UTF-8 编码，请在 Excel 中另存为“CSV UTF-8”后重新导入。")]
    Encoding {
        /// First line that cannot be read.
        line: u64,
    },
    /// The heading lacks a column.
    #[error("第 1 行：缺少“{column}”列，表头应为：学年,学期,学段,开始,结束。")]
    MissingColumn {
        /// Chinese name of the column.
        column: &'static str,
    },
    /// The heading names a column twice.
    #[error("第 1 行：“{column}”列出现了两次，请只保留一列。")]
    ColumnTwice {
        /// Chinese name of the column.
        column: &'static str,
    },
    /// A row has more or fewer cells than the heading.
    #[error("第 {line} 行：列数与表头不一致，请补齐或删去多余的列。")]
    Cells {
        /// Line in the file.
        line: u64,
    },
    /// A cell cannot be read.
    #[error("第 {line} 行“{column}”列：“{text}”无法识别，应为{wanted}。")]
    Cell {
        /// Line in the file.
        line: u64,
        /// Chinese name of the column.
        column: &'static str,
        /// As written, shortened.
        text: String,
        /// What is wanted.
        wanted: &'static str,
    },
    /// No rows.
    #[error("学期文件中没有学期，请在表头下按行填写后重新导入。")]
    Empty,
}

/// A column, with the headings it goes by.
#[derive(Clone, Copy)]
struct Column {
    label: &'static str,
    headings: &'static [&'static str],
    wanted: &'static str,
}

const SCHOOL_YEAR: Column = Column {
    label: "学年",
    headings: &["school_year", "学年"],
    wanted: "学年开始的年份，如 2026 或 2026-2027",
};
const TERM: Column = Column {
    label: "学期",
    headings: &["term", "学期"],
    wanted: " 1（秋季）或 2（春季）",
};
const LEVEL: Column = Column {
    label: "学段",
    headings: &["level", "学段"],
    wanted: "幼儿园、小学、初中、高中、中职或特教，多个用“|”分开",
};
const STARTS_ON: Column = Column {
    label: "开始",
    headings: &["starts_on", "开始", "开始日期", "开学日期"],
    wanted: "日期，如 2026-09-01",
};
const ENDS_ON: Column = Column {
    label: "结束",
    headings: &["ends_on", "结束", "结束日期", "放假日期"],
    wanted: "日期，如 2027-01-22",
};

/// The rows of a terms file in UTF-8, one for each level named, all settled (not provisional); blank lines are skipped.
///
/// Columns may stand in any order and beside others: `school_year,term,level,starts_on,ends_on` or
/// 学年,学期,学段,开始,结束. Levels are codes or Chinese names, several separated by `|`.
///
/// # Errors
/// The first thing that cannot be read, with its line and column.
pub fn read_terms_csv(bytes: &[u8]) -> Result<Vec<TermRow>, TermFileError> {
    if bytes.len() > LARGEST_FILE {
        return Err(TermFileError::TooLarge);
    }
    let content = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = Lines::of(content);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(content);
    let headings = match reader.headers() {
        Ok(headings) => headings.clone(),
        Err(error) => return Err(refused(&error, &mut lines)),
    };
    let columns = RowColumns::find(&headings)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| refused(&error, &mut lines))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        columns.read(&record, lines.of_position(record.position()), &mut rows)?;
        if rows.len() > MOST_ROWS {
            return Err(TermFileError::TooLarge);
        }
    }
    if rows.is_empty() {
        return Err(TermFileError::Empty);
    }
    Ok(rows)
}

/// Where each column stands.
struct RowColumns {
    school_year: usize,
    term: usize,
    level: usize,
    starts_on: usize,
    ends_on: usize,
}

impl RowColumns {
    fn find(headings: &csv::StringRecord) -> Result<Self, TermFileError> {
        Ok(Self {
            school_year: position_of(headings, SCHOOL_YEAR)?,
            term: position_of(headings, TERM)?,
            level: position_of(headings, LEVEL)?,
            starts_on: position_of(headings, STARTS_ON)?,
            ends_on: position_of(headings, ENDS_ON)?,
        })
    }

    fn read(
        &self,
        record: &csv::StringRecord,
        line: u64,
        rows: &mut Vec<TermRow>,
    ) -> Result<(), TermFileError> {
        let school_year = cell(
            record,
            line,
            (SCHOOL_YEAR, self.school_year),
            school_year_of,
        )?;
        let number = cell(record, line, (TERM, self.term), term_number_of)?;
        let levels = cell(record, line, (LEVEL, self.level), levels_of)?;
        let starts_on = cell(record, line, (STARTS_ON, self.starts_on), date_of)?;
        let ends_on = cell(record, line, (ENDS_ON, self.ends_on), date_of)?;
        rows.extend(levels.into_iter().map(|level| TermRow {
            line,
            term: Term {
                school_year,
                number,
                level,
                starts_on,
                ends_on,
                provisional: false,
            },
        }));
        Ok(())
    }
}

fn position_of(headings: &csv::StringRecord, column: Column) -> Result<usize, TermFileError> {
    let mut found = headings
        .iter()
        .enumerate()
        .filter(|(_, heading)| {
            column
                .headings
                .contains(&heading.to_ascii_lowercase().as_str())
        })
        .map(|(position, _)| position);
    let first = found.next().ok_or(TermFileError::MissingColumn {
        column: column.label,
    })?;
    match found.next() {
        Some(_) => Err(TermFileError::ColumnTwice {
            column: column.label,
        }),
        None => Ok(first),
    }
}

fn cell<T>(
    record: &csv::StringRecord,
    line: u64,
    (column, position): (Column, usize),
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, TermFileError> {
    let text = record.get(position).unwrap_or_default();
    read(text).ok_or_else(|| TermFileError::Cell {
        line,
        column: column.label,
        text: text.chars().take(40).collect(),
        wanted: column.wanted,
    })
}

fn refused(error: &csv::Error, lines: &mut Lines<'_>) -> TermFileError {
    let line = lines.of_position(error.position());
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => TermFileError::Encoding { line },
        _ => TermFileError::Cells { line },
    }
}

/// Counts lines, because the csv reader's own count lags behind at blank lines and after `\r\n`.
struct Lines<'a> {
    rest: &'a [u8],
    passed: u64,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(content: &'a [u8]) -> Self {
        Self {
            rest: content,
            passed: 0,
            line: 1,
        }
    }

    /// The line, from 1, of the first text at or after a position not before the last one asked.
    fn of_position(&mut self, position: Option<&csv::Position>) -> u64 {
        let wanted = position.map_or(0, csv::Position::byte);
        while let Some((first, rest)) = self.rest.split_first() {
            let is_break = *first == b'\n' || (*first == b'\r' && rest.first() != Some(&b'\n'));
            if self.passed >= wanted && !is_break && *first != b'\r' {
                break;
            }
            self.line += u64::from(is_break);
            self.passed += 1;
            self.rest = rest;
        }
        self.line
    }
}

/// `2026`, `2026-2027`, `2026—2027学年`: the first year, the second being the next.
fn school_year_of(text: &str) -> Option<i32> {
    let text = text.strip_suffix("学年").unwrap_or(text);
    let mut years = text.splitn(2, |c: char| !c.is_ascii_digit());
    let year: i32 = years.next()?.parse().ok()?;
    let follows = match years.next() {
        None => true,
        Some(rest) => {
            let second = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
            second.parse::<i32>().ok()? == year.checked_add(1)?
        }
    };
    follows.then_some(year)
}

fn term_number_of(text: &str) -> Option<TermNumber> {
    let word = text.strip_suffix("学期").unwrap_or(text);
    match word {
        "1" | "T1" | "一" | "第一" | "第1" | "上" | "秋" | "秋季" | "autumn" => {
            Some(TermNumber::Autumn)
        }
        "2" | "T2" | "二" | "第二" | "第2" | "下" | "春" | "春季" | "spring" => {
            Some(TermNumber::Spring)
        }
        _ => None,
    }
}

fn levels_of(text: &str) -> Option<Vec<Level>> {
    text.split(['|', '、', '｜'])
        .map(|level| level.trim().parse().ok())
        .collect()
}

/// `2026-09-01`, `2026/9/1`, `2026.9.1`, `2026年9月1日`.
fn date_of(text: &str) -> Option<NaiveDate> {
    let mut parts = text
        .strip_suffix('日')
        .unwrap_or(text)
        .splitn(3, ['-', '/', '.', '年', '月'])
        .map(|part| part.parse::<u32>().ok());
    let year = i32::try_from(parts.next()??).ok()?;
    NaiveDate::from_ymd_opt(year, parts.next()??, parts.next()??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_and_english_headings_in_any_order_give_the_same_rows() {
        let english = "school_year,term,level,starts_on,ends_on\n2026,1,primary|junior,2026-09-01,2027-01-22\n";
        let chinese = "\u{feff}学段, 备注,开始 ,结束,学年,学期\r\n 小学、初中 ,按校历,2026/9/1,2027年1月22日,2026—2027学年,第一学期\r\n\r\n";
        let rows = read_terms_csv(english.as_bytes()).expect("reads");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1].term.level, Level::Junior);
        assert_eq!((rows[0].line, rows[0].term.provisional), (2, false));
        assert_eq!(read_terms_csv(chinese.as_bytes()), Ok(rows));
    }

    #[test]
    fn what_cannot_be_read_is_named_by_line_and_column() {
        let head = "学年,学期,学段,开始,结束\n";
        let cases = [
            (String::new(), "缺少“学年”列"),
            ("学年,学期,学段,开始\n".to_owned(), "缺少“结束”列"),
            (
                "学年,学期,学段,开始,结束,学年\n".to_owned(),
                "“学年”列出现了两次",
            ),
            (head.to_owned(), "没有学期"),
            (format!("{head}2026,1,小学,2026-09-01\n"), "第 2 行：列数"),
            (
                format!("{head}2026,3,小学,2026-09-01,2027-01-22\n"),
                "第 2 行“学期”列：“3”",
            ),
            (
                format!("{head}\n2026,1,大学,2026-09-01,2027-01-22\n"),
                "第 3 行“学段”列：“大学”",
            ),
            (
                format!("{head}2026,1,小学,2026-02-30,2027-01-22\n"),
                "“开始”列：“2026-02-30”",
            ),
            (format!("{head}2026,1,小学,2026-09-01,\n"), "“结束”列：“”"),
            (
                format!("{head}2026-2028,1,小学,2026-09-01,2027-01-22\n"),
                "“学年”列",
            ),
        ];
        for (text, expected) in cases {
            let message = read_terms_csv(text.as_bytes())
                .expect_err(&text)
                .to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn other_encodings_and_large_files_are_refused() {
        let gbk = b"school_year,term,level,starts_on,ends_on\n2026,1,\xb3\xf5\xd6\xd0,2026-09-01,2027-01-22\n";
        assert_eq!(
            read_terms_csv(gbk),
            Err(TermFileError::Encoding { line: 2 })
        );
        assert_eq!(
            read_terms_csv(&vec![b','; LARGEST_FILE + 1]),
            Err(TermFileError::TooLarge)
        );
        let head = "学年,学期,学段,开始,结束\n".to_owned();
        let many = head + &"2026,1,小学,2026-09-01,2027-01-22\n".repeat(MOST_ROWS + 1);
        assert_eq!(
            read_terms_csv(many.as_bytes()),
            Err(TermFileError::TooLarge)
        );
    }
}
