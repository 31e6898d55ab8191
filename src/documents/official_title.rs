//! Dividing a title into lines (GB/T 9704-2012 §7.3.1: whole words, even lines). How large it is printed is not here.

use super::printable::{half_width, half_widths, printable};

/// No line begins with these.
const NOT_FIRST: &str = "，。、；：？！）》」』】〕”’的和与及等";
/// No line ends with these.
const NOT_LAST: &str = "（《「『【〔“‘和与及";
/// After these a line ends well; after all others it might cut a word.
const GOOD_LAST: &str = "的、，；：》”）局厅委室校";
/// Before these a line begins well.
const GOOD_FIRST: [&str; 3] = ["关于", "《", "“"];
/// Words of such titles; a break inside one is worse than any unevenness.
const WORDS: &str = "教育 工作 情况 重点 落实 通报 通知 督办 督导 督查 任务 学校 学期 学年 季度 年度 全市 全区 推进 开展 检查 抽查 整改 管理 规定 \
                     问题 方案 实施 义务 阶段 作业 服务 安全 质量 评价 考评 监测 调度 专项 行动 意见 办法 进展 台账 名单 单位 科室 各地 \
                     各校 课后 招生 教师 学生 课程 考试 体育 中小 小学 中学 幼儿 高中 初中";
/// A title of more lines is a mistake, and left to the program that shows it.
const MAX_LINES: usize = 12;
/// What a break beside such a word costs, inside what may be another word, inside such a word, and where none may be.
const BESIDE_WORD: usize = 12;
const DOUBTFUL: usize = 40;
const CUT_WORD: usize = 2_000;
const FORBIDDEN: usize = 10_000;

/// The lines of a title, none wider than `limit` half characters where that can be. Line feeds of the title decide where
/// it has any; else its lines are made about equally long. Blank lines go.
#[must_use]
pub(super) fn title_lines(title: &str, limit: usize) -> Vec<String> {
    let printable = printable(title);
    let typed: Vec<&str> = printable
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    match typed.as_slice() {
        [single] => divided(single, limit),
        several => several.iter().map(|line| (*line).to_owned()).collect(),
    }
}

fn divided(title: &str, limit: usize) -> Vec<String> {
    if half_widths(title).div_ceil(limit.max(2)) > MAX_LINES {
        return vec![title.to_owned()];
    }
    let mut rest: Vec<char> = title.chars().collect();
    let width = |chars: &[char]| -> usize { chars.iter().map(|c| half_width(*c)).sum() };
    let mut lines = Vec::new();
    loop {
        let total = width(&rest);
        let count = total.div_ceil(limit.max(2));
        if count <= 1 {
            lines.push(rest.iter().collect::<String>().trim().to_owned());
            return lines;
        }
        let ideal = total / count;
        let at = best_break(&rest, ideal, limit);
        let tail = rest.split_off(at);
        lines.push(rest.iter().collect::<String>().trim().to_owned());
        rest = tail;
    }
}

/// Where the first line ends: at least one character in, and as near to the ideal width as good breaks allow.
fn best_break(chars: &[char], ideal: usize, limit: usize) -> usize {
    let mut used = 0;
    let mut best = (usize::MAX, 1);
    for (index, pair) in chars.windows(2).enumerate() {
        let &[before, after] = pair else { continue };
        used += half_width(before);
        if used > limit {
            break;
        }
        let rest = chars.get(index + 1..).unwrap_or_default();
        let earlier = index.checked_sub(1).and_then(|at| chars.get(at)).copied();
        let distance = used.abs_diff(ideal);
        let cost = distance * distance + penalty(earlier, before, after, rest);
        if cost < best.0 {
            best = (cost, index + 1);
        }
    }
    best.1
}

/// What a break between `before` and `after` costs; `earlier` stands before them, and `rest` begins with `after`.
fn penalty(earlier: Option<char>, before: char, after: char, rest: &[char]) -> usize {
    let is_word = |c: char| c.is_ascii_graphic();
    if (is_word(before) && is_word(after)) || NOT_FIRST.contains(after) || NOT_LAST.contains(before)
    {
        return FORBIDDEN;
    }
    let is_counted = "第一二三四五六七八九十".contains(before);
    if is_counted
        || is_known([before, after])
        || (before.is_ascii_digit() && "年月日项个所次".contains(after))
    {
        return CUT_WORD;
    }
    let begins = |word: &str| {
        word.chars()
            .eq(rest.iter().copied().take(word.chars().count()))
    };
    if GOOD_LAST.contains(before) || GOOD_FIRST.iter().any(|word| begins(word)) {
        return 0;
    }
    let next = rest.get(1).is_some_and(|second| is_known([after, *second]));
    let last = earlier.is_some_and(|first| is_known([first, before]));
    if next || last { BESIDE_WORD } else { DOUBTFUL }
}

fn is_known(pair: [char; 2]) -> bool {
    WORDS.split_whitespace().any(|word| word.chars().eq(pair))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::printable::half_widths;
    use proptest::prelude::*;

    #[test]
    fn titles_break_at_words_and_leave_no_orphan() {
        let cases: [(&str, &[&str]); 4] = [
            ("关于开展抽查的通知", &["关于开展抽查的通知"]),
            (
                "某某市教育局关于2026年第三季度重点工作落实情况的通报",
                &["某某市教育局关于2026年第三季度", "重点工作落实情况的通报"],
            ),
            ("甲\n\n 乙丙", &["甲", "乙丙"]),
            (
                "关于全市义务教育阶段学校落实作业管理规定情况的督办通知",
                &["关于全市义务教育阶段学校", "落实作业管理规定情况的督办通知"],
            ),
        ];
        for (title, lines) in cases {
            assert_eq!(title_lines(title, 40), lines);
        }
    }

    #[test]
    fn a_title_as_long_as_a_book_is_not_divided() {
        let title = "字".repeat(300);
        assert_eq!(title_lines(&title, 38), [title]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_lines_fit(title in "[一-龥、的（）《》a-z0-9 ]{1,120}") {
            let lines = title_lines(&title, 38);
            let kept = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(kept(&lines.concat()), kept(&title));
            for line in lines {
                prop_assert!(half_widths(&line) <= 38, "{}", line);
            }
        }
    }
}
