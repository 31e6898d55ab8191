//! Outline numbers at the start of a paragraph: 一、 （一） 1. （1） ① 第一阶段 一是 (GB/T 9704-2012 §7.3.3
//! orders the first four). How paragraphs nest is in `tree`.

use super::numeral::{chinese_at, digits_at};
use super::punctuation::{Text, any_at, skip_spaces, word_at};

/// The style of a number, from the highest level to the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Level {
    /// 第一章, 第一部分.
    Chapter,
    /// 一、
    Section,
    /// （一）
    Item,
    /// 1. or 1、
    Point,
    /// 1.1
    Decimal,
    /// 1.1.1
    DeepDecimal,
    /// （1） or 1）
    SubPoint,
    /// ①
    Circled,
    /// 一是, 第一，
    Clause,
    /// 第一阶段: stands below whatever heading it is found under.
    Stage,
}

/// A number at the start of a paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) level: Level,
    /// The number in half-width form without a trailing 、 or point: `四`, `(一)`, `1`, `(1)`, `①`.
    pub(crate) number: String,
    /// Its value; for 1.2.3 that of the first component.
    pub(crate) ordinal: u32,
    /// Where the text behind the number begins.
    pub(crate) body: usize,
}

/// No plan counts further; larger numbers at a line's start are years or quantities.
const MAX_ORDINAL: u32 = 199;

/// Reads the outline number with which a folded paragraph begins; `None` for "2026年…", "3.5%", "12月".
pub(crate) fn mark_of(folded: &[char]) -> Option<Mark> {
    let mark = ordinal_word(folded)
        .or_else(|| clause(folded))
        .or_else(|| bracketed(folded))
        .or_else(|| single_character(folded))
        .or_else(|| chinese_section(folded))
        .or_else(|| arabic(folded))?;
    (mark.ordinal > 0 && mark.ordinal <= MAX_ORDINAL).then_some(mark)
}

/// The 序号 of a table in half-width form without a trailing 、 or point: "1．" is `1`.
pub(crate) fn bare_number(cell: &str) -> String {
    let text = Text::new(cell);
    let number: String = text
        .folded()
        .iter()
        .filter(|c| !c.is_whitespace())
        .take(20)
        .collect();
    number.trim_end_matches(['、', '.', ',', '。']).to_owned()
}

fn text_of(folded: &[char], length: usize) -> String {
    folded
        .iter()
        .take(length)
        .filter(|c| !c.is_whitespace())
        .collect()
}

fn ordinal_at(folded: &[char], at: usize) -> Option<(u32, usize)> {
    digits_at(folded, at).or_else(|| {
        let (value, length) = chinese_at(folded, at)?;
        Some((u32::try_from(value).ok()?, length))
    })
}

/// 第一章, 第一部分, 第一条, 第一阶段, 第一步 and, at the start of a paragraph, 第一，
fn ordinal_word(folded: &[char]) -> Option<Mark> {
    if !word_at(folded, 0, "第") {
        return None;
    }
    let (ordinal, length) = ordinal_at(folded, 1)?;
    let at = 1 + length;
    let (level, end) = if let Some((_, length)) = any_at(folded, at, &["阶段", "步骤", "步"]) {
        (Level::Stage, at + length)
    } else if let Some((_, length)) = any_at(folded, at, &["章", "部分", "篇"]) {
        (Level::Chapter, at + length)
    } else if word_at(folded, at, "条") && folded.get(at + 1).is_none_or(|c| c.is_whitespace()) {
        (Level::Section, at + 1)
    } else if matches!(folded.get(at), Some(',' | '、' | ':')) {
        (Level::Clause, at)
    } else {
        return None;
    };
    // 第一阶段的工作 is a sentence about the stage, not its heading.
    if level == Level::Stage
        && matches!(
            folded.get(end),
            Some('的' | '和' | '与' | '是' | '中' | '、' | '要')
        )
    {
        return None;
    }
    let mut body = skip_spaces(folded, end);
    if matches!(folded.get(body), Some(':' | ',' | '、' | '-')) {
        body = skip_spaces(folded, body + 1);
    }
    Some(Mark {
        level,
        number: text_of(folded, end),
        ordinal,
        body,
    })
}

fn clause(folded: &[char]) -> Option<Mark> {
    let (value, length) = chinese_at(folded, 0)?;
    if length > 2 || folded.get(length) != Some(&'是') {
        return None;
    }
    let body = skip_spaces(folded, length + 1);
    let body = if matches!(folded.get(body), Some(':' | ',')) {
        body + 1
    } else {
        body
    };
    Some(Mark {
        level: Level::Clause,
        number: text_of(folded, length + 1),
        ordinal: u32::try_from(value).ok()?,
        body,
    })
}

/// （一） and （1）, also 1） and 一） with one bracket.
fn bracketed(folded: &[char]) -> Option<Mark> {
    let open = usize::from(word_at(folded, 0, "("));
    let start = skip_spaces(folded, open);
    let (level, ordinal, length) = match digits_at(folded, start) {
        Some((ordinal, length)) => (Level::SubPoint, ordinal, length),
        None => {
            let (value, length) = chinese_at(folded, start)?;
            (Level::Item, u32::try_from(value).ok()?, length)
        }
    };
    let close = skip_spaces(folded, start + length);
    if folded.get(close) != Some(&')') {
        return None;
    }
    let body = behind_point(folded, close + 1);
    Some(Mark {
        level,
        number: text_of(folded, close + 1),
        ordinal,
        body,
    })
}

/// ①, ⑴, ㈠ and ⒈, which are one character each.
fn single_character(folded: &[char]) -> Option<Mark> {
    let c = *folded.first()?;
    let from = |first: char| u32::from(c) - u32::from(first) + 1;
    let (level, ordinal, number) = match c {
        '①'..='⑳' => (Level::Circled, from('①'), c.to_string()),
        '❶'..='❿' => (Level::Circled, from('❶'), c.to_string()),
        '⑴'..='⒇' => (Level::SubPoint, from('⑴'), format!("({})", from('⑴'))),
        '⒈'..='⒛' => (Level::Point, from('⒈'), from('⒈').to_string()),
        '㈠'..='㈩' => {
            let digits = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];
            let digit = digits.get(usize::try_from(from('㈠') - 1).ok()?)?;
            (Level::Item, from('㈠'), format!("({digit})"))
        }
        _ => return None,
    };
    Some(Mark {
        level,
        number,
        ordinal,
        body: behind_point(folded, 1),
    })
}

fn chinese_section(folded: &[char]) -> Option<Mark> {
    let (value, length) = chinese_at(folded, 0)?;
    let ordinal = u32::try_from(value).ok()?;
    let at = skip_spaces(folded, length);
    if !matches!(folded.get(at), Some('、' | '.' | ',' | ':')) || counts_on(folded, at + 1, ordinal)
    {
        return None;
    }
    let body = skip_spaces(folded, at + 1);
    Some(Mark {
        level: Level::Section,
        number: text_of(folded, length),
        ordinal,
        body,
    })
}

fn arabic(folded: &[char]) -> Option<Mark> {
    let (ordinal, length) = digits_at(folded, 0)?;
    let at = skip_spaces(folded, length);
    if folded.get(at) == Some(&'、') && !counts_on(folded, at + 1, ordinal) {
        let body = skip_spaces(folded, at + 1);
        return Some(Mark {
            level: Level::Point,
            number: text_of(folded, length),
            ordinal,
            body,
        });
    }
    if folded.get(at) != Some(&'.') {
        return None;
    }
    match digits_at(folded, at + 1) {
        None => {
            let body = behind_point(folded, at + 1);
            Some(Mark {
                level: Level::Point,
                number: text_of(folded, length),
                ordinal,
                body,
            })
        }
        Some((_, minor)) => decimal(folded, ordinal, at + 1 + minor),
    }
}

/// 1.1 or 1.1.1 in front of a space, a 、 or a Chinese word; 3.5% and 2.5万 are quantities. Whether 1.1 is
/// an outline number also depends on a 1. above it, which `tree` looks at. "1.2026年" is point 1.
fn decimal(folded: &[char], ordinal: u32, mut end: usize) -> Option<Mark> {
    if matches!(folded.get(end), Some('年')) {
        let (_, length) = digits_at(folded, 0)?;
        return Some(Mark {
            level: Level::Point,
            number: text_of(folded, length),
            ordinal,
            body: skip_spaces(folded, length + 1),
        });
    }
    let mut level = Level::Decimal;
    if folded.get(end) == Some(&'.')
        && let Some((_, length)) = digits_at(folded, end + 1)
    {
        level = Level::DeepDecimal;
        end += 1 + length;
    }
    let next = *folded.get(end)?;
    let is_quantity = next == '%'
        || next.is_ascii_alphanumeric()
        || matches!(next, '万' | '亿' | '个' | '倍' | '分' | '月');
    let body = behind_point(folded, end);
    (!is_quantity).then(|| Mark {
        level,
        number: text_of(folded, end),
        ordinal,
        body,
    })
}

/// Where the text begins behind a number that may be followed by one more 、 or point.
fn behind_point(folded: &[char], at: usize) -> usize {
    let at = skip_spaces(folded, at);
    let at = if matches!(folded.get(at), Some('、' | '.' | ':')) {
        at + 1
    } else {
        at
    };
    skip_spaces(folded, at)
}

/// "一、二年级学生" and "1、2号楼" enumerate: the next number follows at once and is not a number's own text.
fn counts_on(folded: &[char], at: usize, ordinal: u32) -> bool {
    let Some((next, length)) = ordinal_at(folded, at) else {
        return false;
    };
    let behind = at + length;
    next == ordinal + 1
        && (word_at(folded, behind, "、")
            || any_at(
                folded,
                behind,
                &[
                    "年级", "等", "线", "把手", "期", "季度", "学期", "月", "号", "类", "轮",
                ],
            )
            .is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Level, String, String)> {
        let text = Text::new(text);
        let mark = mark_of(text.folded())?;
        Some((mark.level, mark.number, text.written(mark.body..text.len())))
    }

    #[test]
    fn every_style_of_number_is_read() {
        let table = [
            ("一、总体要求", Level::Section, "一", "总体要求"),
            ("十二．附则", Level::Section, "十二", "附则"),
            ("（一）目标", Level::Item, "(一)", "目标"),
            ("(十一)、目标", Level::Item, "(十一)", "目标"),
            ("㈡目标", Level::Item, "(二)", "目标"),
            ("１．加强", Level::Point, "1", "加强"),
            ("10、加强", Level::Point, "10", "加强"),
            ("1.2026年秋季起", Level::Point, "1", "2026年秋季起"),
            ("1.1 加强", Level::Decimal, "1.1", "加强"),
            ("1.2.3 加强", Level::DeepDecimal, "1.2.3", "加强"),
            ("（１）备课", Level::SubPoint, "(1)", "备课"),
            ("3）备课", Level::SubPoint, "3)", "备课"),
            ("⑵备课", Level::SubPoint, "(2)", "备课"),
            ("②备课", Level::Circled, "②", "备课"),
            ("一是备课", Level::Clause, "一是", "备课"),
            ("第一阶段：动员", Level::Stage, "第一阶段", "动员"),
            ("第二章　任务", Level::Chapter, "第二章", "任务"),
            ("第三条　开展", Level::Section, "第三条", "开展"),
        ];
        for (text, level, number, body) in table {
            assert_eq!(
                read(text),
                Some((level, number.into(), body.into())),
                "{text}"
            );
        }
    }

    #[test]
    fn a_number_alone_is_no_outline_number() {
        for text in [
            "2026年全市",
            "3.5%的学校",
            "12月底前",
            "2026.12完成",
            "一、二年级学生不留作业",
            "1、2号楼",
            "一级学校",
            "第一书记",
            "十分重视",
            "13800000000",
            "（2026年4月）",
            "",
            "0、无",
            "2.5万名",
            "第一阶段的工作",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
