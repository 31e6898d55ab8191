//! Turning a cell's stored number into the text that its author typed, by its number format: dates, percentages, padded
//! codes. Which cell has which format is read in `xlsx_styles`.

use chrono::{Days, NaiveDate, NaiveTime, Timelike};

/// What a number format makes of a number, as far as it matters to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CellFormat {
    /// The number itself.
    #[default]
    Plain,
    /// Times 100, with a percent sign.
    Percent,
    /// Digits filled up with zeros to this many.
    Padded(usize),
    /// A day, with the time of day where it has one: `2026-06-30`, `2026-06-30 08:30`.
    Date,
    /// A month that names no day: `2026年6月`.
    Month,
    /// A year alone: `2026年`.
    Year,
    /// A time of day: `08:30`.
    Time,
    /// A length of time, in hours: `36:30`.
    Elapsed,
}

/// Which day the numbers of a workbook count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateSystem {
    /// 1 is 1900-01-01, and 60 the 29 February 1900 that never was.
    #[default]
    From1900,
    /// 0 is 1904-01-01.
    From1904,
}

/// The last day that Excel knows, 9999-12-31, in the 1900 system.
const LAST_DAY: f64 = 2_958_465.0;

impl CellFormat {
    /// The format built in under `id` (ECMA-376 part 1 §18.8.30, with the Chinese formats 27–36 and 50–58); `None`
    /// where the id is free for custom formats.
    pub fn built_in(id: u32) -> Option<CellFormat> {
        match id {
            9 | 10 => Some(CellFormat::Percent),
            14..=16 | 22 | 28..=31 | 51 | 53 | 54 | 58 => Some(CellFormat::Date),
            17 | 27 | 36 | 50 | 52 | 57 => Some(CellFormat::Month),
            18..=21 | 32..=35 | 45 | 47 | 55 | 56 => Some(CellFormat::Time),
            46 => Some(CellFormat::Elapsed),
            0..=163 => Some(CellFormat::Plain),
            _ => None,
        }
    }

    /// The format that a format code such as `yyyy"年"m"月"` stands for; its section for positive numbers counts.
    pub fn of_code(code: &str) -> CellFormat {
        let signs = signs(code);
        if signs == "general" || signs == "g/通用格式" {
            return CellFormat::Plain;
        }
        if signs.contains('%') {
            return CellFormat::Percent;
        }
        if signs.len() > 1 && signs.bytes().all(|sign| sign == b'0') {
            return CellFormat::Padded(signs.len());
        }
        if signs.contains(ELAPSED) {
            return CellFormat::Elapsed;
        }
        let has_year = signs.contains(['y', 'e']) && !signs.contains(['0', '#']);
        let has_day = signs.contains('d') || signs.contains("aaa");
        let has_time = signs.contains(['h', 's']);
        let has_month = signs.contains('m') && (has_year || has_day || !has_time);
        match (has_day, has_month, has_year) {
            (true, _, _) | (false, true, false) => CellFormat::Date,
            (false, true, true) => CellFormat::Month,
            (false, false, true) => CellFormat::Year,
            (false, false, false) if has_time => CellFormat::Time,
            (false, false, false) => CellFormat::Plain,
        }
    }

    /// `number` as text; `None` for a day or time outside what the date system knows.
    pub fn show(self, number: f64, dates: DateSystem) -> Option<String> {
        match self {
            CellFormat::Plain => Some(plain(number)),
            CellFormat::Percent => Some(format!("{}%", plain(number * 100.0))),
            CellFormat::Padded(width) => {
                let text = plain(number);
                let is_digits = text.bytes().all(|b| b.is_ascii_digit());
                Some(if is_digits {
                    format!("{text:0>width$}")
                } else {
                    text
                })
            }
            CellFormat::Date => moment(number, dates).map(|(day, time)| {
                let day = day.format("%Y-%m-%d").to_string();
                if time == NaiveTime::MIN {
                    day
                } else {
                    format!("{day} {}", clock(time))
                }
            }),
            CellFormat::Month => Some(moment(number, dates)?.0.format("%Y年%-m月").to_string()),
            CellFormat::Year => Some(moment(number, dates)?.0.format("%Y年").to_string()),
            CellFormat::Time if (0.0..1.0).contains(&number) => {
                moment(number + 1.0, dates).map(|(_, time)| clock(time))
            }
            // A moment shown by its time alone: the day is kept too.
            CellFormat::Time => CellFormat::Date.show(number, dates),
            CellFormat::Elapsed => {
                if !(0.0..=LAST_DAY).contains(&number) {
                    return None;
                }
                let minutes = (number * 1440.0).round() as u64;
                Some(format!("{}:{:02}", minutes / 60, minutes % 60))
            }
        }
    }
}

/// Stands for `[h]`, `[m]` or `[s]` among the signs of a format code.
const ELAPSED: char = '[';

/// The signs of a format code in lower case, without literal text, colours and conditions, up to the first `;`.
fn signs(code: &str) -> String {
    let mut signs = String::new();
    // No program writes longer codes than 255 characters.
    let mut chars = code.chars().take(1024);
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                chars.by_ref().find(|&c| c == '"');
            }
            '\\' | '_' | '*' => {
                chars.next();
            }
            '[' => {
                let inside: String = chars.by_ref().take_while(|&c| c != ']').collect();
                if ["h", "hh", "m", "mm", "s", "ss"].contains(&inside.to_lowercase().as_str()) {
                    signs.push(ELAPSED);
                }
            }
            ';' => break,
            c => signs.extend(c.to_lowercase()),
        }
    }
    signs.trim().to_owned()
}

/// The number as typed: Excel keeps 15 significant digits, the rest is the noise of binary fractions.
fn plain(number: f64) -> String {
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    if rounded == 0.0 {
        return "0".to_owned();
    }
    rounded.to_string()
}

fn clock(time: NaiveTime) -> String {
    let format = if time.second() == 0 {
        "%H:%M"
    } else {
        "%H:%M:%S"
    };
    time.format(format).to_string()
}

/// The day and the time of day, to the nearest second.
fn moment(number: f64, dates: DateSystem) -> Option<(NaiveDate, NaiveTime)> {
    if !(0.0..LAST_DAY + 1.0).contains(&number) {
        return None;
    }
    const SECONDS: f64 = 86_400.0;
    // Not negative and below 2^38 by the check above, so nothing is cut off.
    let seconds = (number * SECONDS).round() as u64;
    let day = seconds / 86_400;
    let time = u32::try_from(seconds % 86_400).ok()?;
    let first = match dates {
        DateSystem::From1904 => NaiveDate::from_ymd_opt(1904, 1, 1),
        DateSystem::From1900 if day == 60 || day == 0 => None,
        DateSystem::From1900 if day < 60 => NaiveDate::from_ymd_opt(1899, 12, 31),
        DateSystem::From1900 => NaiveDate::from_ymd_opt(1899, 12, 30),
    };
    Some((
        first?.checked_add_days(Days::new(day))?,
        NaiveTime::from_num_seconds_from_midnight_opt(time, 0)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were_typed() {
        let table = [
            ("General", 1.0, "1"),
            ("General", 0.1 + 0.2, "0.3"),
            ("General", 13_800_000_000.0, "13800000000"),
            ("General", -0.0, "0"),
            ("General", 72.5, "72.5"),
            ("0.00", 2.0, "2"),
            ("#,##0", 1200.0, "1200"),
            ("0\"所\"", 60.0, "60"),
            ("0%", 0.8, "80%"),
            ("0.00%", 0.955, "95.5%"),
            ("0%", 0.07, "7%"),
            ("000", 7.0, "007"),
            ("000", 1234.0, "1234"),
            ("000", 1.5, "1.5"),
            ("@", 5.0, "5"),
            ("[Red]0.0;-0.0", 5.0, "5"),
            ("0.00E+00", 1500.0, "1500"),
            ("\"day\" 0", 3.0, "3"),
        ];
        for (code, number, expected) in table {
            let shown = CellFormat::of_code(code).show(number, DateSystem::From1900);
            assert_eq!(shown.as_deref(), Some(expected), "{code} {number}");
        }
    }

    #[test]
    fn dates_are_shown_as_far_as_their_format_names_them() {
        let table = [
            ("yyyy-mm-dd", 46203.0, "2026-06-30"),
            ("m/d/yy", 46203.0, "2026-06-30"),
            ("yyyy\"年\"m\"月\"d\"日\"", 46203.0, "2026-06-30"),
            ("[$-804]yyyy\"年\"m\"月\"d\"日\";@", 46203.0, "2026-06-30"),
            ("m\"月\"d\"日\"", 46203.0, "2026-06-30"),
            ("yyyy\"年\"m\"月\"", 46174.0, "2026年6月"),
            ("yyyy\"年\"", 46174.0, "2026年"),
            ("[$-804]aaaa", 46203.0, "2026-06-30"),
            ("yyyy/m/d h:mm", 46_203.354_166_666_664, "2026-06-30 08:30"),
            ("h:mm", 0.354_166_666_666_666_7, "08:30"),
            ("h:mm:ss", 0.5 + 1.0 / 86_400.0, "12:00:01"),
            ("[h]:mm", 1.520_833_333_333_333_3, "36:30"),
            ("yyyy-mm-dd", 1.0, "1900-01-01"),
            ("yyyy-mm-dd", 59.0, "1900-02-28"),
            ("yyyy-mm-dd", 61.0, "1900-03-01"),
            ("yyyy-mm-dd", LAST_DAY, "9999-12-31"),
        ];
        for (code, number, expected) in table {
            let shown = CellFormat::of_code(code).show(number, DateSystem::From1900);
            assert_eq!(shown.as_deref(), Some(expected), "{code} {number}");
        }
    }

    #[test]
    fn built_in_formats_are_known() {
        let shown = |id, number| {
            CellFormat::built_in(id)
                .unwrap()
                .show(number, DateSystem::From1900)
        };
        assert_eq!(shown(14, 46203.0).as_deref(), Some("2026-06-30"));
        assert_eq!(shown(57, 46203.0).as_deref(), Some("2026年6月"));
        assert_eq!(shown(58, 46203.0).as_deref(), Some("2026-06-30"));
        assert_eq!(shown(9, 0.8).as_deref(), Some("80%"));
        assert_eq!(shown(0, 3.0).as_deref(), Some("3"));
        assert_eq!(CellFormat::built_in(164), None);
    }

    #[test]
    fn days_that_never_were_are_not_shown() {
        let date = CellFormat::Date;
        for number in [60.0, 0.0, -1.0, LAST_DAY + 1.0, f64::MAX, f64::NAN] {
            assert_eq!(date.show(number, DateSystem::From1900), None, "{number}");
        }
        assert_eq!(
            date.show(0.0, DateSystem::From1904).as_deref(),
            Some("1904-01-01")
        );
        assert_eq!(
            date.show(44741.0, DateSystem::From1904).as_deref(),
            Some("2026-06-30")
        );
    }
}
