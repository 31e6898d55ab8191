//! Reads a holiday file in JSON into entries: the `chinese-days` shape (`holidays` and `workdays` by date) and the
//! `holiday-cn` shape (`days` with `isOffDay`). The iCalendar form is read in `holidays_ics`; which years a set of
//! entries announces is decided in `domain::calendar`.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use crate::domain::calendar::{DayKind, HolidayEntry};

/// The largest holiday file accepted, in bytes.
pub const LARGEST_FILE: usize = 2 * 1024 * 1024;
/// The longest holiday name kept, in characters.
const LONGEST_NAME: usize = 30;
/// The most days off and make-up workdays a year can have in a real notice (2022, the longest so far, has 32 and 7).
const MOST_OFF_A_YEAR: usize = 80;
const MOST_WORK_A_YEAR: usize = 30;
/// The most days in a row that a file may take off; openings of weekly cycles rely on it.
pub(super) const LONGEST_RUN: usize = 31;

/// Why a holiday file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HolidayFileError {
    /// Larger than [`LARGEST_FILE`].
    #[error("节假日文件有 {size} 字节，超过 2 MB 的上限，请确认选对了文件。")]
    TooLarge {
        /// Size in bytes.
        size: usize,
    },
    /// Not UTF-8.
    #[error("第 {line} 行：节假日文件不是 UTF-8 编码，请另存为 UTF-8 后重新导入。")]
    Encoding {
        /// First line that cannot be read.
        line: usize,
    },
    /// Not JSON of a known shape.
    #[error("第 {line} 行第 {column} 列：节假日 JSON 无法读取，请确认文件完整、格式正确。")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A field holds no day.
    #[error("{place}：“{text}”不是 1990 至 2100 年间的日期，请按 2026-10-01 的形式填写。")]
    Date {
        /// Line or field.
        place: String,
        /// As written, shortened.
        text: String,
    },
    /// An event is longer than a holiday can be, or ends before it begins.
    #[error(
        "{place}：自 {starts_on} 起的一段放假或上班为 {days} 天，应为 1 至 31 天，请核对起止日期。"
    )]
    Range {
        /// Line or field.
        place: String,
        /// First day.
        starts_on: NaiveDate,
        /// Its length in days.
        days: i64,
    },
    /// A day is off and workday at once.
    #[error("{place}：{date} 既列为放假又列为上班，请只保留一项。")]
    Conflict {
        /// Line or field of the second one.
        place: String,
        /// The day.
        date: NaiveDate,
    },
    /// A marked event repeats, which notices never do.
    #[error("{place}：不支持重复事件（RRULE），节假日须按年逐段列出，请修改。")]
    Recurring {
        /// Line of the event.
        place: String,
    },
    /// More special days in one year than a notice sets.
    #[error("{year} 年列了 {off} 天放假、{work} 天调休上班，超出合理范围，请确认选对了文件。")]
    TooManyDays {
        /// The year.
        year: i32,
        /// Days off.
        off: usize,
        /// Make-up workdays.
        work: usize,
    },
    /// More days off in a row than a notice sets.
    #[error("自 {starts_on} 起连续放假超过 31 天，超出合理范围，请核对后重新导入。")]
    TooLong {
        /// First day of the run.
        starts_on: NaiveDate,
    },
    /// Nothing in it.
    #[error("文件中没有放假（休）或调休上班（班）的日期，请确认选对了文件。")]
    Empty,
}

/// Either shape; a file has one of `holidays` and `days`.
#[derive(Deserialize)]
struct HolidayJson {
    #[serde(default)]
    holidays: BTreeMap<String, String>,
    #[serde(default)]
    workdays: BTreeMap<String, String>,
    #[serde(default)]
    days: Vec<DayJson>,
}

#[derive(Deserialize)]
struct DayJson {
    #[serde(default)]
    name: String,
    date: String,
    #[serde(rename = "isOffDay")]
    is_off_day: bool,
}

/// The entries of a JSON holiday file, by date. Other top-level fields (`inLieuDays` …) are left aside.
///
/// # Errors
/// The file is too large, not UTF-8, not JSON of a known shape, empty, or holds an impossible or contradictory day.
pub fn read_holidays_json(bytes: &[u8]) -> Result<Vec<HolidayEntry>, HolidayFileError> {
    let text = checked_text(bytes)?;
    let file: HolidayJson = serde_json::from_str(text).map_err(|error| HolidayFileError::Json {
        line: error.line(),
        column: error.column(),
    })?;
    let mut days = Days::default();
    for (field, kind, dates) in [
        ("holidays", DayKind::Off, &file.holidays),
        ("workdays", DayKind::Work, &file.workdays),
    ] {
        for (date, names) in dates {
            let place = format!("字段 {field}");
            days.add(&place, date_of(&place, date)?, kind, chinese_name(names))?;
        }
    }
    for (index, day) in file.days.iter().enumerate() {
        let place = format!("字段 days 第 {} 项", index + 1);
        let kind = if day.is_off_day {
            DayKind::Off
        } else {
            DayKind::Work
        };
        days.add(&place, date_of(&place, &day.date)?, kind, &day.name)?;
    }
    days.finish()
}

/// The file as text without byte order mark, if it is not too large.
pub(super) fn checked_text(bytes: &[u8]) -> Result<&str, HolidayFileError> {
    if bytes.len() > LARGEST_FILE {
        return Err(HolidayFileError::TooLarge { size: bytes.len() });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let read = bytes.get(..error.valid_up_to()).unwrap_or_default();
        HolidayFileError::Encoding {
            line: 1 + read.iter().filter(|byte| **byte == b'\n').count(),
        }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Days gathered from a file, refused where they contradict each other.
#[derive(Default)]
pub(super) struct Days {
    entries: BTreeMap<NaiveDate, (DayKind, String)>,
}

impl Days {
    /// Adds one day; the same day with the same kind may come again.
    pub(super) fn add(
        &mut self,
        place: &str,
        date: NaiveDate,
        kind: DayKind,
        name: &str,
    ) -> Result<(), HolidayFileError> {
        let name = name
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST_NAME)
            .collect();
        let (known, _) = self.entries.entry(date).or_insert((kind, name));
        if *known == kind {
            Ok(())
        } else {
            Err(HolidayFileError::Conflict {
                place: place.to_owned(),
                date,
            })
        }
    }

    /// The entries by date, if they can be those of real notices.
    pub(super) fn finish(self) -> Result<Vec<HolidayEntry>, HolidayFileError> {
        if self.entries.is_empty() {
            return Err(HolidayFileError::Empty);
        }
        self.check_years()?;
        self.check_runs()?;
        let entries = self.entries.into_iter();
        Ok(entries
            .map(|(date, (kind, name))| HolidayEntry { date, kind, name })
            .collect())
    }

    fn check_years(&self) -> Result<(), HolidayFileError> {
        let mut years: BTreeMap<i32, (usize, usize)> = BTreeMap::new();
        for (date, (kind, _)) in &self.entries {
            let (off, work) = years.entry(date.year()).or_default();
            match kind {
                DayKind::Off => *off += 1,
                DayKind::Work => *work += 1,
            }
        }
        match years
            .into_iter()
            .find(|(_, (off, work))| *off > MOST_OFF_A_YEAR || *work > MOST_WORK_A_YEAR)
        {
            Some((year, (off, work))) => Err(HolidayFileError::TooManyDays { year, off, work }),
            None => Ok(()),
        }
    }

    fn check_runs(&self) -> Result<(), HolidayFileError> {
        let mut run: Option<(NaiveDate, NaiveDate, usize)> = None;
        for (date, _) in self
            .entries
            .iter()
            .filter(|(_, (kind, _))| *kind == DayKind::Off)
        {
            run = match run {
                Some((first, last, length)) if last.succ_opt() == Some(*date) => {
                    Some((first, *date, length + 1))
                }
                _ => Some((*date, *date, 1)),
            };
            if let Some((starts_on, _, length)) = run
                && length > LONGEST_RUN
            {
                return Err(HolidayFileError::TooLong { starts_on });
            }
        }
        Ok(())
    }
}

/// A day as written, if it lies in 1990–2100.
fn date_of(place: &str, text: &str) -> Result<NaiveDate, HolidayFileError> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
        .ok()
        .filter(|date| is_plausible(*date))
        .ok_or_else(|| HolidayFileError::Date {
            place: place.to_owned(),
            text: shortened(text, 40),
        })
}

/// Whether a notice can be about this day.
pub(super) fn is_plausible(date: NaiveDate) -> bool {
    (1990..=2100).contains(&date.year())
}

/// The middle one of `English,中文,days`; the whole where it is not written so.
fn chinese_name(names: &str) -> &str {
    names.split(',').nth(1).unwrap_or(names)
}

/// At most `most` characters of a text, for a message.
pub(super) fn shortened(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a real day")
    }

    #[test]
    fn both_shapes_give_the_same_entries() {
        let by_date = r#"{"holidays":{"2027-10-01":"National Day,国庆节,3"},"workdays":{"2027-10-09":"National Day,国庆节,3"},"inLieuDays":{}}"#;
        let by_list = r#"{"year":2027,"days":[{"name":"国庆节","date":"2027-10-01","isOffDay":true},{"name":"国庆节","date":"2027-10-09","isOffDay":false}]}"#;
        let entries = read_holidays_json(by_date.as_bytes()).expect("reads");
        assert_eq!(entries.len(), 2);
        assert_eq!(
            entries[0],
            HolidayEntry {
                date: day(2027, 10, 1),
                kind: DayKind::Off,
                name: "国庆节".to_owned()
            }
        );
        let with_mark = format!("\u{feff}{by_list}");
        assert_eq!(read_holidays_json(with_mark.as_bytes()), Ok(entries));
    }

    #[test]
    fn garbage_is_refused_with_its_place() {
        let run: Vec<_> = (1..=31)
            .map(|march| format!("\"2027-03-{march:02}\":\"x\""))
            .chain(["\"2027-04-01\":\"x\"".to_owned()])
            .collect();
        let cases = [
            ("", "第 1 行"),
            ("{}", "没有放假"),
            ("[1,2]", "第 1 行"),
            ("{\n\"holidays\": 3}", "第 2 行"),
            (
                r#"{"holidays":{"2027-02-30":"x"}}"#,
                "字段 holidays：“2027-02-30”",
            ),
            (r#"{"holidays":{"9999-01-01":"x"}}"#, "“9999-01-01”"),
            (
                r#"{"holidays":{"2027-05-01":"x"},"workdays":{"2027-05-01":"x"}}"#,
                "既列为放假又列为上班",
            ),
            (
                r#"{"days":[{"date":"today","isOffDay":true}]}"#,
                "字段 days 第 1 项",
            ),
            (
                &format!("{{\"holidays\":{{{}}}}}", run.join(",")),
                "连续放假超过 31 天",
            ),
        ];
        for (text, expected) in cases {
            let message = read_holidays_json(text.as_bytes())
                .expect_err(text)
                .to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn size_encoding_depth_and_number_of_days_are_bounded() {
        let large = vec![b' '; LARGEST_FILE + 1];
        assert!(matches!(
            read_holidays_json(&large),
            Err(HolidayFileError::TooLarge { .. })
        ));
        assert_eq!(
            read_holidays_json(b"{\n\xff}"),
            Err(HolidayFileError::Encoding { line: 2 })
        );
        let deep = "[".repeat(100_000);
        assert!(matches!(
            read_holidays_json(deep.as_bytes()),
            Err(HolidayFileError::Json { .. })
        ));
        let all_year: Vec<_> = day(2027, 1, 1)
            .iter_days()
            .take(200)
            .step_by(2)
            .map(|date| format!("\"{date}\":\"x\""))
            .collect();
        let text = format!("{{\"holidays\":{{{}}}}}", all_year.join(","));
        assert!(matches!(
            read_holidays_json(text.as_bytes()),
            Err(HolidayFileError::TooManyDays { year: 2027, .. })
        ));
    }
}
