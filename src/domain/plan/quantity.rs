//! A number with what it counts: 80%, 20节, 百分之九十, 三分之二. Whether a plan promises it is told in `indicator`.

use std::ops::Range;

use super::numeral::{Numeral, Script, chinese_at, numeral_at};
use super::punctuation::{any_at, skip_spaces, word_at};

/// A number with its unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quantity {
    pub(crate) range: Range<usize>,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) script: Script,
}

/// Units of counts and measures; years, ages, grades, classes and days of the calendar are none.
const UNITS: [&str; 62] = [
    "个百分点",
    "个工作日",
    "课时",
    "学时",
    "人次",
    "场次",
    "小时",
    "分钟",
    "万元",
    "平方米",
    "公里",
    "工作日",
    "个",
    "名",
    "所",
    "节",
    "次",
    "项",
    "门",
    "篇",
    "份",
    "场",
    "件",
    "本",
    "册",
    "套",
    "处",
    "间",
    "台",
    "堂",
    "人",
    "家",
    "支",
    "位",
    "条",
    "期",
    "组",
    "块",
    "例",
    "幅",
    "首",
    "轮",
    "批",
    "元",
    "亩",
    "遍",
    "题",
    "字",
    "分",
    "天",
    "座",
    "辆",
    "类",
    "万字",
    "户",
    "校",
    "对",
    "部",
    "片",
    "点",
    "回",
    "款",
];

/// What follows makes a unit another word: 3个月, 3次方, 一部分, 一期工程.
const OTHER_WORDS: [&str; 14] = [
    "个月",
    "个年",
    "个学期",
    "个学年",
    "个季度",
    "部分",
    "分之",
    "点半",
    "人民",
    "家长",
    "本科",
    "期间",
    "位于",
    "对一",
];

/// Reads the quantity that begins at `at`; `None` in the middle of a number, behind 第, or without a unit.
pub(crate) fn quantity_at(folded: &[char], at: usize) -> Option<Quantity> {
    let before = at.checked_sub(1).and_then(|before| folded.get(before));
    if before
        .is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '第' | '+' | '.' | '-' | '/'))
    {
        return None;
    }
    if let Some(percent) = percentage(folded, at) {
        return Some(percent);
    }
    let Numeral {
        value,
        length,
        script,
    } = numeral_at(folded, at)?;
    let end = skip_spaces(folded, at + length);
    if word_at(folded, end, "%") || word_at(folded, end, "‰") {
        let unit = if word_at(folded, end, "%") {
            "%"
        } else {
            "‰"
        };
        return Some(Quantity {
            range: at..end + 1,
            value,
            unit,
            script,
        });
    }
    if any_at(folded, end, &OTHER_WORDS).is_some() {
        return None;
    }
    let (unit, length) = any_at(folded, end, &UNITS)?;
    // 十分 and 一点 are adverbs.
    let is_adverb = script == Script::Chinese && matches!(unit, "分" | "点" | "对" | "回" | "片");
    (!is_adverb).then(|| Quantity {
        range: at..end + length,
        value,
        unit,
        script,
    })
}

/// 百分之八十, 三分之二 and 九成, all in percent.
fn percentage(folded: &[char], at: usize) -> Option<Quantity> {
    let (whole, length) = chinese_at(folded, at)?;
    let over = at + length;
    // 九成 is 90%; 三成立 is no share.
    if word_at(folded, over, "成")
        && whole < 10
        && any_at(
            folded,
            over,
            &[
                "成立", "成为", "成员", "成果", "成效", "成长", "成绩", "成功",
            ],
        )
        .is_none()
    {
        let value = f64::from(u32::try_from(whole).ok()?) * 10.0;
        return Some(Quantity {
            range: at..over + 1,
            value,
            unit: "%",
            script: Script::Chinese,
        });
    }
    if !word_at(folded, over, "分之") {
        return None;
    }
    let part = numeral_at(folded, over + 2)?;
    let whole = f64::from(u32::try_from(whole).ok().filter(|whole| *whole > 1)?);
    let percent = (part.value / whole * 10_000.0).round() / 100.0;
    let range = at..over + 2 + part.length;
    Some(Quantity {
        range,
        value: percent,
        unit: "%",
        script: Script::Chinese,
    })
}

impl Quantity {
    /// Whether it is a share and no count.
    pub(crate) fn is_share(&self) -> bool {
        matches!(self.unit, "%" | "‰" | "个百分点")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(f64, &'static str)> {
        let chars: Vec<char> = text.chars().collect();
        quantity_at(&chars, 0).map(|quantity| (quantity.value, quantity.unit))
    }

    #[test]
    fn numbers_are_read_with_their_unit() {
        for (text, value, unit) in [
            ("80%以上", 80.0, "%"),
            ("百分之九十五", 95.0, "%"),
            ("三分之二", 66.67, "%"),
            ("九成以上", 90.0, "%"),
            ("20 节", 20.0, "节"),
            ("一次", 1.0, "次"),
            ("72课时", 72.0, "课时"),
            ("2个百分点", 2.0, "个百分点"),
            ("1200名", 1200.0, "名"),
        ] {
            assert_eq!(read(text), Some((value, unit)), "{text}");
        }
    }

    #[test]
    fn years_grades_and_turns_of_phrase_are_no_quantities() {
        for text in [
            "2026年",
            "3个月",
            "六年级",
            "十分",
            "一部分",
            "18岁",
            "5月",
            "13812345678",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
