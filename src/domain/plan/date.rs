//! Dates as plans write them (2026年6月底, 6月上旬, 2026-12-31, 第三季度, 年底) and the days they mean.
//! Which year a date without one falls in is decided by `due` and `phase`.

use std::ops::Range;

use chrono::{Datelike, NaiveDate};

use super::numeral::{chinese_at, digits_at};
use super::punctuation::{any_at, skip_spaces, word_at};

/// A date found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DateMention {
    /// Where it stands.
    pub(crate) range: Range<usize>,
    pub(crate) year: Year,
    pub(crate) span: Span,
}

/// What a date says about its year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Year {
    Written(i32),
    /// 20xx, 202X, 20**: a year was meant and taken out.
    Placeholder,
    Absent,
}

/// The part of a year that a date means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    Day {
        month: u32,
        day: u32,
    },
    /// 上旬 (1), 中旬 (2), 下旬 (3).
    Third {
        month: u32,
        third: u32,
    },
    Month {
        month: u32,
    },
    Quarter {
        quarter: u32,
    },
    Half {
        half: u32,
    },
    WholeYear,
}

impl Span {
    /// The first day of the span in `year`; `None` for a day that does not exist.
    pub(crate) fn first_day(self, year: i32) -> Option<NaiveDate> {
        match self {
            Self::Day { month, day } => NaiveDate::from_ymd_opt(year, month, day),
            Self::Third { month, third } => NaiveDate::from_ymd_opt(year, month, third * 10 - 9),
            Self::Month { month } => NaiveDate::from_ymd_opt(year, month, 1),
            Self::Quarter { quarter } => NaiveDate::from_ymd_opt(year, quarter * 3 - 2, 1),
            Self::Half { half } => NaiveDate::from_ymd_opt(year, half * 6 - 5, 1),
            Self::WholeYear => NaiveDate::from_ymd_opt(year, 1, 1),
        }
    }

    /// The last day of the span in `year`: a month ends on its last day, 上旬 on the 10th.
    pub(crate) fn last_day(self, year: i32) -> Option<NaiveDate> {
        match self {
            Self::Day { month, day } => NaiveDate::from_ymd_opt(year, month, day),
            Self::Third { month, third: 3 } | Self::Month { month } => end_of_month(year, month),
            Self::Third { month, third } => NaiveDate::from_ymd_opt(year, month, third * 10),
            Self::Quarter { quarter } => end_of_month(year, quarter * 3),
            Self::Half { half } => end_of_month(year, half * 6),
            Self::WholeYear => NaiveDate::from_ymd_opt(year, 12, 31),
        }
    }

    /// The month in which the span begins.
    pub(crate) fn first_month(self) -> u32 {
        match self {
            Self::Day { month, .. } | Self::Third { month, .. } | Self::Month { month } => month,
            Self::Quarter { quarter } => quarter * 3 - 2,
            Self::Half { half } => half * 6 - 5,
            Self::WholeYear => 1,
        }
    }
}

fn end_of_month(year: i32, month: u32) -> Option<NaiveDate> {
    let (year, month) = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    NaiveDate::from_ymd_opt(year, month, 1)?.pred_opt()
}

impl DateMention {
    /// The last day meant. A date without a written year is the first such day on or after `start`, else in
    /// `plan_year` (design §6 Deadlines); `None` where neither is known or the day does not exist.
    pub(crate) fn last_day(
        &self,
        start: Option<NaiveDate>,
        plan_year: Option<i32>,
    ) -> Option<NaiveDate> {
        if let Year::Written(year) = self.year {
            return self.span.last_day(year);
        }
        let Some(start) = start else {
            return self.span.last_day(plan_year?);
        };
        self.span
            .last_day(start.year())
            .filter(|day| *day >= start)
            .or_else(|| self.span.last_day(start.year() + 1))
    }
}

/// Reads the date that begins at `at`; `None` where none does (also in the middle of a number).
pub(crate) fn date_at(folded: &[char], at: usize) -> Option<DateMention> {
    if at > 0
        && folded
            .get(at - 1)
            .is_some_and(|c| c.is_ascii_digit() || *c == '.')
    {
        return None;
    }
    iso_at(folded, at).or_else(|| {
        let (year, after) = year_at(folded, at).unwrap_or((Year::Absent, at));
        let lead = if after > at {
            Lead::Year
        } else {
            Lead::Nothing
        };
        let (span, end) = match part_of_year(folded, after, lead) {
            Some(part) => part,
            // 2026年秋季学期 is a term, whose days only a calendar tells.
            None if year != Year::Absent && !names_term(folded, after) => (Span::WholeYear, after),
            None => return None,
        };
        Some(DateMention {
            range: at..end,
            year,
            span,
        })
    })
}

fn names_term(folded: &[char], at: usize) -> bool {
    any_at(
        folded,
        at,
        &[
            "春",
            "秋",
            "第一学期",
            "第二学期",
            "上学期",
            "下学期",
            "学期",
            "寒假",
            "暑假",
        ],
    )
    .is_some()
}

/// Every date of a text in order.
pub(crate) fn dates_in(folded: &[char], range: Range<usize>) -> Vec<DateMention> {
    let mut dates = Vec::new();
    let mut at = range.start;
    while at < range.end.min(folded.len()) {
        match date_at(folded, at) {
            Some(date) => {
                at = date.range.end;
                dates.push(date);
            }
            None => at += 1,
        }
    }
    dates
}

/// 2026-12-31, 2026/12/31, 2026.12.31, 2026.12 and 2026-12, with one separator throughout.
fn iso_at(folded: &[char], at: usize) -> Option<DateMention> {
    let (year, 4) = digits_at(folded, at)? else {
        return None;
    };
    let year = i32::try_from(year)
        .ok()
        .filter(|year| (1990..2100).contains(year))?;
    let separator = *folded.get(at + 4)?;
    if !matches!(separator, '-' | '/' | '.') {
        return None;
    }
    let (month, length) = month_number(folded, at + 5)?;
    let mut end = at + 5 + length;
    let mut span = Span::Month { month };
    if folded.get(end) == Some(&separator)
        && let Some((day, length)) = digits_at(folded, end + 1)
        && (1..=31).contains(&day)
        && length <= 2
        && !(separator == '-' && folded.get(end + 1 + length) == Some(&'月'))
    {
        span = Span::Day { month, day };
        end += 1 + length;
    }
    Some(DateMention {
        range: at..end,
        year: Year::Written(year),
        span,
    })
}

/// A month as a bare number: its value and length.
pub(crate) fn month_number(folded: &[char], at: usize) -> Option<(u32, usize)> {
    digits_at(folded, at).filter(|(month, length)| (1..=12).contains(month) && *length <= 2)
}

/// 2026年, 20xx年, 二〇二六年, 今年; the year and the position behind it.
fn year_at(folded: &[char], at: usize) -> Option<(Year, usize)> {
    if !matches!(
        folded.get(at),
        Some('1' | '2' | '二' | '一' | '今' | '本' | '当' | '次' | '翌')
    ) {
        return None;
    }
    if let Some((_, length)) = any_at(
        folded,
        at,
        &["今年", "本年度", "本年", "当年", "次年", "翌年"],
    ) {
        return Some((Year::Absent, at + length));
    }
    let figures: String = folded.get(at..)?.iter().take(4).collect();
    let after = skip_spaces(folded, at + 4);
    if folded.get(after) != Some(&'年') {
        return None;
    }
    let behind = skip_spaces(folded, after + 1);
    if let Ok(year) = figures.parse::<i32>() {
        return (1990..2100)
            .contains(&year)
            .then_some((Year::Written(year), behind));
    }
    if figures.starts_with("20") && figures.chars().skip(2).all(is_year_figure) {
        return Some((Year::Placeholder, behind));
    }
    let (year, 4) = chinese_at(folded, at)? else {
        return None;
    };
    let year = i32::try_from(year)
        .ok()
        .filter(|year| (1990..2100).contains(year))?;
    Some((Year::Written(year), behind))
}

/// 20xx, 20XX, 20**, 20××, 20□□, 202X.
fn is_year_figure(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, 'x' | 'X' | '*' | '×' | '?' | '□' | '○' | '_' | '某')
}

/// Whether the words of a year stand in front of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    Year,
    Nothing,
}

fn part_of_year(folded: &[char], at: usize, lead: Lead) -> Option<(Span, usize)> {
    if !folded
        .get(at)
        .is_some_and(|c| c.is_ascii_digit() || "零一二三四五六七八九十上下第年底末内".contains(*c))
    {
        return None;
    }
    if let Some((month, behind)) = month_at(folded, at, lead) {
        return Some(within_month(folded, month, behind));
    }
    let (word, length) = any_at(
        folded,
        at,
        &[
            "上半年",
            "下半年",
            "第一季度",
            "第二季度",
            "第三季度",
            "第四季度",
            "一季度",
            "二季度",
            "三季度",
            "四季度",
            "1季度",
            "2季度",
            "3季度",
            "4季度",
            "年底",
            "年末",
            "年内",
            "年终",
            "底",
            "末",
            "内",
        ],
    )?;
    let end = at + length;
    let ordinal = word.trim_start_matches('第').chars().next();
    let span = match (word, ordinal) {
        ("上半年", _) => Span::Half { half: 1 },
        ("下半年", _) => Span::Half { half: 2 },
        (_, Some('一' | '1')) => Span::Quarter { quarter: 1 },
        (_, Some('二' | '2')) => Span::Quarter { quarter: 2 },
        (_, Some('三' | '3')) => Span::Quarter { quarter: 3 },
        (_, Some('四' | '4')) => Span::Quarter { quarter: 4 },
        // "2026年底": the year's own 年 was read already. Alone, 底 is no date, nor is the 年底 of 学年底.
        ("底" | "末" | "内", _) if lead == Lead::Nothing => return None,
        ("年底" | "年末" | "年内" | "年终", _) if at > 0 && folded.get(at - 1) == Some(&'学') =>
        {
            return None;
        }
        _ => Span::WholeYear,
    };
    let end = if matches!(span, Span::Quarter { .. } | Span::Half { .. }) {
        end + any_at(folded, end, &["底", "末"]).map_or(0, |(_, length)| length)
    } else {
        end
    };
    Some((span, end))
}

/// "6月" or "六月"; 一个月 and 每两月 are lengths, and a Chinese month without a year must be bound.
fn month_at(folded: &[char], at: usize, lead: Lead) -> Option<(u32, usize)> {
    let (month, length, is_chinese) = match month_number(folded, at) {
        Some((month, length)) => (month, length, false),
        None => {
            let (month, length) = chinese_at(folded, at)?;
            (
                u32::try_from(month)
                    .ok()
                    .filter(|month| (1..=12).contains(month))?,
                length,
                true,
            )
        }
    };
    let after = skip_spaces(folded, at + length);
    // "3-4月": the first month borrows the word of the second.
    let borrows = matches!(folded.get(after), Some('-' | '~' | '至' | '到'))
        && !is_chinese
        && month_number(folded, after + 1)
            .is_some_and(|(_, second)| word_at(folded, after + 1 + second, "月"));
    if borrows {
        return Some((month, after));
    }
    if folded.get(after) != Some(&'月') {
        return None;
    }
    let behind = after + 1;
    let is_bound = lead == Lead::Year
        || digits_at(folded, behind).is_some()
        || chinese_at(folded, behind).is_some()
        || any_at(
            folded,
            behind,
            &[
                "底", "末", "上", "中", "下", "初", "份", "前", "至", "到", "-", "~",
            ],
        )
        .is_some()
        || matches!(folded.get(behind), None | Some(')'));
    (!is_chinese || is_bound).then_some((month, behind))
}

fn within_month(folded: &[char], month: u32, behind: usize) -> (Span, usize) {
    let whole = Span::Month { month };
    let behind = behind + any_at(folded, behind, &["份"]).map_or(0, |(_, length)| length);
    let words = ["上旬", "中旬", "下旬", "月底", "底", "末", "初", "中"];
    if let Some((word, length)) = any_at(folded, behind, &words) {
        let span = match word {
            "上旬" | "初" => Span::Third { month, third: 1 },
            "中旬" | "中" => Span::Third { month, third: 2 },
            "下旬" => Span::Third { month, third: 3 },
            _ => whole,
        };
        // 12月中考 is an examination, 6月中学 a school.
        let is_other_word =
            word == "中" && any_at(folded, behind, &["中考", "中学", "中小学", "中心"]).is_some();
        return if is_other_word {
            (whole, behind)
        } else {
            (span, behind + length)
        };
    }
    let start = skip_spaces(folded, behind);
    if let Some((day, length)) = day_at(folded, start) {
        return (Span::Day { month, day }, start + length);
    }
    (whole, behind)
}

/// "15日", "15号", "十五日", and the "1" of "1-15日"; the day and its length with the word.
pub(crate) fn day_at(folded: &[char], at: usize) -> Option<(u32, usize)> {
    let (day, length) = digits_at(folded, at).or_else(|| {
        let (day, length) = chinese_at(folded, at)?;
        Some((u32::try_from(day).ok()?, length))
    })?;
    if !(1..=31).contains(&day) {
        return None;
    }
    let after = skip_spaces(folded, at + length);
    if matches!(folded.get(after), Some('日' | '号')) {
        return Some((day, after + 1 - at));
    }
    let borrows = matches!(folded.get(after), Some('-' | '~' | '至'))
        && digits_at(folded, after + 1)
            .is_some_and(|(_, second)| matches!(folded.get(after + 1 + second), Some('日' | '号')));
    borrows.then_some((day, length))
}
