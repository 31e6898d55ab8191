//! The name of a period (周期段), as stored with a round: `2026-11`, `2026-B6`, `2026-Q4`, `2026-T1`, `2026Y`, `2026`,
//! `2026-W47`. Which days a period covers is in `period`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::frequency::Frequency;

/// The years a period may lie in.
pub const YEARS: RangeInclusive<i32> = 1900..=2200;

/// The name of one period; keys of one frequency sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PeriodKey {
    frequency: Frequency,
    year: i32,
    index: u8,
}

/// A text that names no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}”不是周期段，请按 2026-11（月）、2026-B6（双月）、2026-Q4（季）、2026-T1（学期）、2026Y（学年）、2026（年）或 2026-W47（周）填写，年份为 1900—2200。"
)]
pub struct InvalidPeriodKey(pub String);

impl PeriodKey {
    /// The `index`-th period (from 1) of a year: calendar year, ISO week year, or the year in which a school year
    /// begins. A year and a school year have index 1. `None` outside 1900–2200 or past the year's last period.
    pub fn new(frequency: Frequency, year: i32, index: u8) -> Option<Self> {
        let exists = YEARS.contains(&year) && (1..=last_index(frequency, year)).contains(&index);
        exists.then_some(Self {
            frequency,
            year,
            index,
        })
    }

    /// The frequency whose period this is.
    pub fn frequency(self) -> Frequency {
        self.frequency
    }

    /// Calendar year, ISO week year, or the year in which the school year begins.
    pub fn year(self) -> i32 {
        self.year
    }

    /// Which period of its year, from 1.
    pub fn index(self) -> u8 {
        self.index
    }

    /// The period after this; `None` after 2200.
    pub fn next(self) -> Option<Self> {
        Self::new(self.frequency, self.year, self.index + 1)
            .or_else(|| Self::new(self.frequency, self.year + 1, 1))
    }

    /// The period before this; `None` before 1900.
    pub fn previous(self) -> Option<Self> {
        if self.index > 1 {
            return Self::new(self.frequency, self.year, self.index - 1);
        }
        let year = self.year - 1;
        Self::new(self.frequency, year, last_index(self.frequency, year))
    }

    /// The name a clerk reads, e.g. 2026年11—12月, 2026—2027学年第一学期.
    pub fn label(self) -> String {
        let Self { year, index, .. } = self;
        match self.frequency {
            Frequency::Week => format!("{year}年第{index}周"),
            Frequency::Month => format!("{year}年{index}月"),
            Frequency::TwoMonths => format!("{year}年{}—{}月", index * 2 - 1, index * 2),
            Frequency::Quarter => {
                let name = match index {
                    1 => "一",
                    2 => "二",
                    3 => "三",
                    _ => "四",
                };
                format!("{year}年第{name}季度")
            }
            Frequency::Term => {
                let name = if index == 1 { "一" } else { "二" };
                format!("{year}—{}学年第{name}学期", year + 1)
            }
            Frequency::SchoolYear => format!("{year}—{}学年", year + 1),
            Frequency::Year => format!("{year}年"),
        }
    }
}

/// How many periods of `frequency` a year has: 52 or 53 weeks, 12 months, …
fn last_index(frequency: Frequency, year: i32) -> u8 {
    match frequency {
        Frequency::Week => {
            // ISO 8601: 28 December always lies in the year's last week.
            let has_week_53 = NaiveDate::from_ymd_opt(year, 12, 28)
                .is_some_and(|date| date.iso_week().week() == 53);
            if has_week_53 { 53 } else { 52 }
        }
        Frequency::Month => 12,
        Frequency::TwoMonths => 6,
        Frequency::Quarter => 4,
        Frequency::Term => 2,
        Frequency::SchoolYear | Frequency::Year => 1,
    }
}

impl fmt::Display for PeriodKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, index, .. } = self;
        match self.frequency {
            Frequency::Week => write!(out, "{year:04}-W{index:02}"),
            Frequency::Month => write!(out, "{year:04}-{index:02}"),
            Frequency::TwoMonths => write!(out, "{year:04}-B{index}"),
            Frequency::Quarter => write!(out, "{year:04}-Q{index}"),
            Frequency::Term => write!(out, "{year:04}-T{index}"),
            Frequency::SchoolYear => write!(out, "{year:04}Y"),
            Frequency::Year => write!(out, "{year:04}"),
        }
    }
}

impl FromStr for PeriodKey {
    type Err = InvalidPeriodKey;

    /// Reads exactly what [`fmt::Display`] writes.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text).ok_or_else(|| InvalidPeriodKey(text.chars().take(40).collect()))
    }
}

fn read(text: &str) -> Option<PeriodKey> {
    let (year, rest) = text.split_at_checked(4)?;
    let year: i32 = digits(year)?;
    let numbered = |frequency, index: &str| PeriodKey::new(frequency, year, digits(index)?);
    let key = match rest {
        "" => PeriodKey::new(Frequency::Year, year, 1),
        "Y" => PeriodKey::new(Frequency::SchoolYear, year, 1),
        _ => {
            let index = rest.strip_prefix('-')?;
            if let Some(week) = index.strip_prefix('W') {
                numbered(Frequency::Week, week)
            } else if let Some(two_months) = index.strip_prefix('B') {
                numbered(Frequency::TwoMonths, two_months)
            } else if let Some(quarter) = index.strip_prefix('Q') {
                numbered(Frequency::Quarter, quarter)
            } else if let Some(term) = index.strip_prefix('T') {
                numbered(Frequency::Term, term)
            } else {
                numbered(Frequency::Month, index)
            }
        }
    }?;
    // One text for one period: `2026-1` and `2026-Q04` are refused.
    (key.to_string() == text).then_some(key)
}

fn digits<T: FromStr>(text: &str) -> Option<T> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

impl TryFrom<String> for PeriodKey {
    type Error = InvalidPeriodKey;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PeriodKey> for String {
    fn from(key: PeriodKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_and_read_as_agreed() {
        let cases = [
            ("2026-11", Frequency::Month, 11, "2026年11月"),
            ("2026-01", Frequency::Month, 1, "2026年1月"),
            ("2026-B6", Frequency::TwoMonths, 6, "2026年11—12月"),
            ("2026-Q4", Frequency::Quarter, 4, "2026年第四季度"),
            ("2026-T1", Frequency::Term, 1, "2026—2027学年第一学期"),
            ("2026Y", Frequency::SchoolYear, 1, "2026—2027学年"),
            ("2026", Frequency::Year, 1, "2026年"),
            ("2026-W47", Frequency::Week, 47, "2026年第47周"),
            ("2026-W53", Frequency::Week, 53, "2026年第53周"),
        ];
        for (text, frequency, index, label) in cases {
            let key: PeriodKey = text.parse().expect(text);
            assert_eq!(
                (key.frequency(), key.year(), key.index()),
                (frequency, 2026, index)
            );
            assert_eq!(key.to_string(), text);
            assert_eq!(key.label(), label);
            let json = serde_json::to_string(&key).expect("serialises");
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(
                serde_json::from_str::<PeriodKey>(&json).expect("reads"),
                key
            );
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "2",
            "26-11",
            "2026-",
            "2026-0",
            "2026-1",
            "2026-13",
            "2026-00",
            "2026-B7",
            "2026-B0",
            "2026-B06",
            "2026-Q5",
            "2026-T3",
            "2026-T",
            "2026y",
            "2026-b6",
            "2026-W00",
            "2026-W1",
            "2027-W53",
            "1899",
            "2201",
            "2026-11 ",
            "２０２６",
            "+026",
            "2026-+1",
            "2026年",
            "2026YY",
            "年年",
            "2026-W999999999999",
        ] {
            assert!(text.parse::<PeriodKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn next_and_previous_meet_and_stop_at_the_bounds() {
        for frequency in Frequency::ALL {
            let mut key = PeriodKey::new(frequency, 2025, 1).expect("exists");
            for _ in 0..120 {
                let next = key.next().expect("exists");
                assert!(next > key);
                assert_eq!(next.previous(), Some(key));
                key = next;
            }
            assert_eq!(
                PeriodKey::new(frequency, 1900, 1).and_then(PeriodKey::previous),
                None
            );
            let last = PeriodKey::new(frequency, 2200, last_index(frequency, 2200));
            assert_eq!(last.expect("exists").next(), None);
        }
    }
}
