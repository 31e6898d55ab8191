//! By when a measure is due: from its units bracket, its column, its label line, or a phrase of its text that
//! clearly binds. A date mentioned in passing is no deadline. Dates themselves are read in `date`.

use chrono::NaiveDate;

use super::date::{DateMention, Span, dates_in};
use super::punctuation::{Text, any_at, contains_any, find, slice, word_at};
use super::sending_verb::is_sending;

/// What is known about the plan's time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PlanTime {
    /// The first day of the first phase.
    pub(crate) start: Option<NaiveDate>,
    pub(crate) year: Option<i32>,
}

impl PlanTime {
    /// The last day that a date means in this plan.
    pub(crate) fn day_of(&self, date: &DateMention) -> Option<NaiveDate> {
        date.last_day(self.start, self.year)
    }
}

/// The time limit of a measure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) on: Option<NaiveDate>,
    /// A standing duty: 长期坚持, 年内持续推进.
    pub(crate) continuous: bool,
    /// A limit that is written and has no day: 本学期末, or a month whose year nothing tells.
    pub(crate) undated: Option<String>,
}

const STANDING: [&str; 10] = [
    "长期",
    "全年",
    "持续推进",
    "持续开展",
    "持续实施",
    "常态化",
    "常年",
    "持续",
    "贯穿始终",
    "年内持续",
];
const LIMIT_LABELS: [&str; 6] = [
    "完成时限",
    "完成时间",
    "完成期限",
    "办结时限",
    "时限要求",
    "时间节点",
];
const DONE: [&str; 36] = [
    "完成",
    "建成",
    "建立",
    "出台",
    "印发",
    "制定",
    "制订",
    "达到",
    "实现",
    "落实",
    "到位",
    "上线",
    "投入使用",
    "形成",
    "全覆盖",
    "结束",
    "验收",
    "开通",
    "配齐",
    "启动",
    "整改",
    "办结",
    "组建",
    "成立",
    "召开",
    "开展",
    "举办",
    "设立",
    "启用",
    "交付",
    "改造",
    "覆盖",
    "选出",
    "评选",
    "部署",
    "补齐",
];

/// Reads the limits that stand with the units, then the text.
pub(crate) fn due_of(limits: &[Text], text: &Text, time: PlanTime) -> Due {
    let mut due = Due::default();
    for limit in limits {
        read_limit(limit, time, &mut due);
    }
    // 年内持续推进 beside the units leaves room for a day in the text.
    if due.on.is_none() && due.undated.is_none() {
        read_text(text, time, &mut due);
    }
    due
}

fn read_limit(limit: &Text, time: PlanTime, due: &mut Due) {
    let folded = limit.folded();
    due.continuous |=
        contains_any(folded, &STANDING) || (word_at(folded, 0, "每") && folded.len() <= 6);
    let dates = dates_in(folded, 0..folded.len());
    let days: Vec<NaiveDate> = dates
        .iter()
        .filter(|date| !is_whole_year(date, folded))
        .filter_map(|date| time.day_of(date))
        .collect();
    if let Some(day) = days.iter().max() {
        due.on = due.on.max(Some(*day));
    } else if !due.continuous
        && !word_at(folded, 0, "每")
        && folded.iter().any(|c| c.is_alphanumeric())
    {
        due.undated = Some(limit.to_written());
    }
}

/// 年内 and 2026年 beside a standing duty name its year, not its end.
fn is_whole_year(date: &DateMention, folded: &[char]) -> bool {
    date.span == Span::WholeYear && contains_any(folded, &STANDING)
}

/// The latest date that a phrase of the text binds.
fn read_text(text: &Text, time: PlanTime, due: &mut Due) {
    let folded = text.folded();
    for date in dates_in(folded, 0..folded.len())
        .iter()
        .filter(|date| binds(folded, date))
    {
        match time.day_of(date) {
            Some(day) => due.on = due.on.max(Some(day)),
            None => due.undated = Some(text.written(date.range.start..date.range.end + 10)),
        }
    }
    if due.on.is_some() {
        due.undated = None;
    }
}

/// Whether a date sets a limit: "完成时限：6月底", "于6月底前…", "6月底前完成…", "到2026年底建成…". Not "6月前入职的
/// 教师", not what is to be sent up (a deadline of its own), not "每年6月底前".
fn binds(folded: &[char], date: &DateMention) -> bool {
    let (start, end) = (date.range.start, date.range.end);
    let clause_start = clause_start(folded, start);
    let before = slice(folded, clause_start..start);
    if contains_any(
        before,
        &[
            "每年",
            "每月",
            "每学期",
            "每学年",
            "每季度",
            "每周",
            "截至",
            "截止到",
            "自",
        ],
    ) {
        return false;
    }
    if LIMIT_LABELS
        .iter()
        .any(|label| find(folded, start.saturating_sub(8)..start, label).is_some())
    {
        return true;
    }
    let (after, is_before) = match any_at(folded, end, &["以前", "之前", "前"]) {
        Some((_, length)) => (end + length, true),
        None => (end, false),
    };
    if is_sentence_of_sending(folded, after) {
        return false;
    }
    let rest = slice(folded, after..clause_end(folded, after));
    let is_done = contains_any(rest, &DONE) || (rest.is_empty() && is_done_next(folded, after));
    let ends = matches!(
        date.span,
        Span::Month { .. } | Span::WholeYear | Span::Quarter { .. }
    ) && folded
        .get(end.saturating_sub(1))
        .is_some_and(|c| matches!(c, '底' | '末'));
    let is_reached = ends && ends_with_preposition(before) && is_done;
    if !is_before {
        return is_reached;
    }
    // "7月1日前出生的", "2025年12月前入职的教师" describe persons or things.
    let is_relative = rest.iter().take(8).any(|c| *c == '的')
        && !word_at(rest, 0, "完成")
        && !ends_with_preposition(before);
    !is_relative && (is_done || ends_with_preposition(before))
}

fn ends_with_preposition(before: &[char]) -> bool {
    matches!(before.last(), Some('于' | '在' | '到' | '至'))
        || super::punctuation::ends_with_any(before, &["确保", "力争", "务必", "须", "应"])
            .is_some()
}

/// "6月底前，完成…": the comma belongs to the phrase.
fn is_done_next(folded: &[char], at: usize) -> bool {
    folded.get(at) == Some(&',')
        && contains_any(slice(folded, at + 1..clause_end(folded, at + 1)), &DONE)
}

fn is_sentence_of_sending(folded: &[char], at: usize) -> bool {
    let end = (at..folded.len().min(at + 60))
        .find(|at| matches!(folded.get(*at), Some('。' | ';' | '\n')))
        .unwrap_or(at + 60);
    is_sending(slice(folded, at..end))
}

/// Clauses are short; looking further than this would find another's words.
const WINDOW: usize = 40;

fn clause_start(folded: &[char], at: usize) -> usize {
    let from = at.saturating_sub(WINDOW);
    (from..at)
        .rev()
        .find(|at| is_clause_mark(folded, *at))
        .map_or(from, |mark| mark + 1)
}

fn clause_end(folded: &[char], at: usize) -> usize {
    let to = folded.len().min(at + WINDOW);
    (at..to)
        .find(|at| is_clause_mark(folded, *at))
        .unwrap_or(to)
}

fn is_clause_mark(folded: &[char], at: usize) -> bool {
    matches!(folded.get(at), Some('。' | ';' | ',' | '\n' | '!' | '?'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time() -> PlanTime {
        PlanTime {
            start: NaiveDate::from_ymd_opt(2026, 4, 1),
            year: Some(2026),
        }
    }

    fn day(due: &Due) -> String {
        due.on.map_or_else(|| "-".to_owned(), |day| day.to_string())
    }

    #[test]
    fn limits_beside_the_units_are_read() {
        for (limit, expected, is_standing) in [
            ("2026年6月底前", "2026-06-30", false),
            ("8月底前完成", "2026-08-31", false),
            ("3月", "2027-03-31", false),
            ("2026-12-31", "2026-12-31", false),
            ("2026.12", "2026-12-31", false),
            ("7月1日前", "2026-07-01", false),
            ("6月中旬", "2026-06-20", false),
            ("第三季度末", "2026-09-30", false),
            ("上半年", "2026-06-30", false),
            ("年底前", "2026-12-31", false),
            ("二〇二六年十月", "2026-10-31", false),
            ("长期坚持", "-", true),
            ("年内持续推进", "-", true),
            ("2026年全年", "-", true),
        ] {
            let due = due_of(&[Text::new(limit)], &Text::new(""), time());
            assert_eq!(
                (day(&due).as_str(), due.continuous),
                (expected, is_standing),
                "{limit}"
            );
        }
    }

    #[test]
    fn a_limit_without_a_day_is_listed() {
        for limit in ["本学期末", "2026年秋季学期", "立行立改"] {
            let due = due_of(&[Text::new(limit)], &Text::new(""), time());
            assert_eq!((due.on, due.undated.as_deref()), (None, Some(limit)));
        }
        let due = due_of(&[Text::new("6月底前")], &Text::new(""), PlanTime::default());
        assert!(due.undated.is_some());
    }

    #[test]
    fn only_a_phrase_that_binds_sets_a_day() {
        for (text, expected) in [
            ("2026年6月底前完成验收。", "2026-06-30"),
            ("于9月1日前配齐设备。", "2026-09-01"),
            ("到2026年底，建成3个基地。", "2026-12-31"),
            ("4月底前出台办法，10月底前完成评估。", "2026-10-31"),
            ("完成时限：11月。", "2026-11-30"),
            ("7月1日前出生的学生另行安排。", "-"),
            ("2025年12月召开过推进会。", "-"),
            ("每年6月底前完成考核。", "-"),
            ("各校于6月10日前将总结报教研室。", "-"),
        ] {
            assert_eq!(
                day(&due_of(&[], &Text::new(text), time())),
                expected,
                "{text}"
            );
        }
    }
}
