//! One row of a table of terms, and why one is refused. The table they make is in `term_table`, the file they come from
//! in `documents::terms`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::term::{Term, TermNumber};

/// One row of a table to be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermRow {
    /// The line in the file it came from, 1-based, for messages.
    pub line: u64,
    /// The term as written.
    pub term: Term,
}

/// Why a table of terms is refused; each names the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermTableError {
    /// The school year is outside 1900–2200.
    #[error("第 {line} 行：学年 {school_year} 不在 1900—2200 之间，请核对后重新导入。")]
    SchoolYear {
        /// Line in the file.
        line: u64,
        /// The year as written.
        school_year: i32,
    },
    /// The term does not start before it ends.
    #[error("第 {line} 行：开始日期 {starts_on} 应早于结束日期 {ends_on}，请核对后重新导入。")]
    Order {
        /// Line in the file.
        line: u64,
        /// First day as written.
        starts_on: NaiveDate,
        /// Last day as written.
        ends_on: NaiveDate,
    },
    /// A day lies where no such term starts or ends.
    #[error(
        "第 {line} 行：{school_year} 学年第 {number} 学期的{field} {date} 应在 {earliest} 至 {latest} 之间，请核对学年、学期和日期。"
    )]
    OutOfSeason {
        /// Line in the file.
        line: u64,
        /// School year of the row.
        school_year: i32,
        /// 1 or 2.
        number: u8,
        /// Which field.
        field: &'static str,
        /// The day as written.
        date: NaiveDate,
        /// Earliest day accepted.
        earliest: NaiveDate,
        /// Latest day accepted.
        latest: NaiveDate,
    },
    /// The same school year, term and level stand twice.
    #[error(
        "第 {line} 行：{school_year} 学年第 {number} 学期（{level}）与第 {earlier_line} 行重复，请只保留一行。"
    )]
    Twice {
        /// Line in the file.
        line: u64,
        /// Line of the first one.
        earlier_line: u64,
        /// School year of the row.
        school_year: i32,
        /// 1 or 2.
        number: u8,
        /// Chinese name of the level.
        level: &'static str,
    },
    /// Two settled terms of one level overlap.
    #[error(
        "第 {line} 行：{school_year} 学年{level}的第一学期到 {ends_on} 结束，第二学期却自 {starts_on} 开始，两个学期不能重叠，请与已导入的学期表一并核对。"
    )]
    Overlap {
        /// Line of the row that brought it about.
        line: u64,
        /// School year of both.
        school_year: i32,
        /// Chinese name of the level.
        level: &'static str,
        /// First day of the spring term.
        starts_on: NaiveDate,
        /// Last day of the autumn term.
        ends_on: NaiveDate,
    },
}

/// Where a term may start and end: (month, day) bounds, and the years counted from the school year's.
struct Season {
    starts: [(i32, u32, u32); 2],
    ends: [(i32, u32, u32); 2],
}

/// Wide enough for every term schools hold, and such that a term never reaches into the next school year's.
fn season(number: TermNumber) -> Season {
    match number {
        TermNumber::Autumn => Season {
            starts: [(0, 8, 16), (0, 10, 31)],
            ends: [(0, 12, 1), (1, 3, 10)],
        },
        TermNumber::Spring => Season {
            starts: [(1, 1, 10), (1, 4, 30)],
            ends: [(1, 6, 1), (1, 8, 15)],
        },
    }
}

/// Whether one row can be a term of its school year, whatever else stands in the table.
///
/// # Errors
/// The school year is outside 1900–2200, or the days are out of order or season.
pub fn check_season(row: &TermRow) -> Result<(), TermTableError> {
    let TermRow { line, term } = *row;
    let wrong_year = TermTableError::SchoolYear {
        line,
        school_year: term.school_year,
    };
    if !(1900..=2200).contains(&term.school_year) {
        return Err(wrong_year);
    }
    if term.starts_on >= term.ends_on {
        return Err(TermTableError::Order {
            line,
            starts_on: term.starts_on,
            ends_on: term.ends_on,
        });
    }
    let season = season(term.number);
    for (field, date, bounds) in [
        ("开始日期", term.starts_on, season.starts),
        ("结束日期", term.ends_on, season.ends),
    ] {
        let [earliest, latest] = bounds.map(|(years, month, day)| {
            NaiveDate::from_ymd_opt(term.school_year + years, month, day)
        });
        let (Some(earliest), Some(latest)) = (earliest, latest) else {
            return Err(wrong_year);
        };
        if !(earliest..=latest).contains(&date) {
            return Err(TermTableError::OutOfSeason {
                line,
                school_year: term.school_year,
                number: term.number.as_number(),
                field,
                date,
                earliest,
                latest,
            });
        }
    }
    Ok(())
}
