//! One request to send something up: who, what, to whom, by when, around its verb. Where requests are found is in
//! `sending`.

use std::ops::Range;

use super::date::{DateMention, dates_in};
use super::due::PlanTime;
use super::punctuation::{
    Text, any_at, contains_any, ends_with_any, find, skip_spaces, slice, word_at,
};
use super::rhythm::rhythm_at;
use super::sending::Deadline;
use super::unit_list::{leading_units, split_names};
use super::unit_name::looks_like_unit;

/// By when something is sent.
pub(crate) enum Limit {
    Day(DateMention),
    Recurring,
    /// The sentence says that something is sent, not by when.
    Nothing,
}

/// A verb of sending and the part of its sentence behind the sending before it.
pub(crate) struct Sending<'a> {
    pub(crate) sentence: &'a Text,
    pub(crate) start: usize,
    pub(crate) verb: Range<usize>,
}

impl Sending<'_> {
    fn folded(&self) -> &[char] {
        self.sentence.folded()
    }

    /// The last date in front of the verb that is one by which: 于6月上旬, 5月15日前.
    pub(crate) fn limit(&self) -> Limit {
        let folded = self.folded();
        let recurs = (self.start..self.verb.start).any(|at| {
            word_at(folded, at, "每")
                && rhythm_at(folded, at).is_some_and(|(_, length)| self.is_limit_next(at + length))
        });
        if recurs {
            return Limit::Recurring;
        }
        let binds = |date: &DateMention| {
            let before = date
                .range
                .start
                .checked_sub(1)
                .and_then(|before| folded.get(before));
            behind_before(folded, date.range.end).is_some()
                || matches!(before, Some('于' | '在' | '至' | '到'))
        };
        dates_in(folded, self.start..self.verb.start)
            .into_iter()
            .rev()
            .find(binds)
            .map_or(Limit::Nothing, Limit::Day)
    }

    /// Behind 每月: a day or 前, or the verb itself close by.
    fn is_limit_next(&self, at: usize) -> bool {
        let window = slice(self.folded(), at..self.verb.start.min(at + 10));
        contains_any(window, &["日", "号", "前", "底", "末", "初", "旬", "结束"])
            || self.verb.start <= at + 4
    }

    pub(crate) fn read(&self, date: &DateMention, time: PlanTime, line: usize) -> Deadline {
        let folded = self.folded();
        let behind = behind_before(folded, date.range.end).unwrap_or(date.range.end);
        let (to_unit, mut what) = self.object();
        let towards = (behind..self.verb.start)
            .rev()
            .find(|at| word_at(folded, *at, "向"));
        let to_unit = towards
            .map(|at| self.sentence.written(at + 1..self.verb.start))
            .filter(|unit| !unit.is_empty())
            .or(to_unit);
        if let Some(taken) = (self.start..self.verb.start)
            .rev()
            .find(|at| matches!(folded.get(*at), Some('将' | '把')))
        {
            let end = if date.range.start > taken {
                before_preposition(folded, date.range.start)
            } else {
                self.verb.start
            };
            what = cleaned(&self.sentence.written(taken + 1..end.max(taken + 1)));
        }
        let (from_units, subject_what) = self.senders(date, behind);
        if what.is_empty() {
            what = subject_what;
        }
        Deadline {
            line,
            text: self.sentence.to_written(),
            what,
            from_units,
            to_unit: to_unit.filter(|unit| !unit.contains('@')),
            due_on: time.day_of(date),
        }
    }

    /// What follows the verb: a unit receives, anything else is sent.
    fn object(&self) -> (Option<String>, String) {
        let folded = self.folded();
        let start = skip_spaces(folded, self.verb.end);
        let stops = [
            "备案",
            "备查",
            "汇总",
            "审核",
            "审批",
            "审定",
            "存档",
            "邮箱",
            "电子邮箱",
            "联系",
            "进行",
            "审查",
        ];
        let mut end = start;
        while let Some(c) = folded.get(end) {
            let is_stop = matches!(c, ',' | '。' | ';' | ':' | ' ' | '\n')
                || any_at(folded, end, &stops).is_some();
            if is_stop || (*c == '(' && !self.is_name_bracket(end)) || end - start > 40 {
                break;
            }
            end += 1;
        }
        let object = self.sentence.written(start..end);
        let is_place =
            ends_with_any(slice(folded, self.verb.clone()), &["至", "到", "给"]).is_some();
        if object.is_empty() {
            (None, String::new())
        } else if is_place || looks_like_unit(slice(folded, start..end)) {
            (Some(object), String::new())
        } else {
            (None, cleaned(&object))
        }
    }

    /// A bracket that belongs to a name, as in 办公室（信访科）.
    fn is_name_bracket(&self, open: usize) -> bool {
        let folded = self.folded();
        let Some(close) = find(folded, open..open + 20, ")") else {
            return false;
        };
        let inner = slice(folded, open + 1..close);
        inner.split(|c| *c == '、').all(looks_like_unit)
    }

    /// Who sends: named behind the date, in front of it in the same clause, or as subject of the sentence.
    /// A document named with them ("各校工作方案要…") is what is sent.
    fn senders(&self, date: &DateMention, behind: usize) -> (Vec<String>, String) {
        let folded = self.folded();
        let after = skip_marks(folded, behind);
        let clause = (self.start..date.range.start)
            .rev()
            .find(|at| folded.get(*at) == Some(&','))
            .map_or(self.start, |comma| comma + 1);
        let mut what = String::new();
        for from in [after, clause, 0] {
            let from = skip_words(folded, from);
            // 向市教育局 names who receives.
            let named = if word_at(folded, from, "向") {
                0
            } else {
                leading_units(slice(folded, from..self.verb.start))
            };
            let end = from + named;
            if what.is_empty() {
                what = self.document(end, date);
            }
            if end > from {
                let names = split_names(&self.sentence.part(from..end));
                return (
                    names
                        .iter()
                        .map(|listed| listed.name.to_written())
                        .collect(),
                    what,
                );
            }
        }
        (Vec::new(), what)
    }

    /// A document that begins at a position: "工作方案" in 工作方案要有….
    fn document(&self, from: usize, date: &DateMention) -> String {
        let folded = self.folded();
        let limit = if from < date.range.start {
            date.range.start
        } else {
            self.verb.start
        };
        let is_stop = |at: &usize| {
            matches!(
                folded.get(*at),
                Some('要' | '应' | '须' | '需' | '请' | '由' | '于' | ',' | '将' | '在' | '务')
            )
        };
        let end = (from..limit.min(from + 30)).find(is_stop).unwrap_or(limit);
        let name = slice(folded, from..end);
        let papers = [
            "方案",
            "总结",
            "报告",
            "材料",
            "计划",
            "清单",
            "台账",
            "名单",
            "表",
            "情况",
            "案例",
            "成果",
            "信息",
            "经验",
            "意见",
            "汇总表",
        ];
        if end - from.min(end) <= 30 && ends_with_any(name, &papers).is_some() {
            cleaned(&self.sentence.written(from..end))
        } else {
            String::new()
        }
    }
}

/// The units with which a sentence begins; empty for none.
pub(crate) fn subject_of(sentence: &Text) -> Vec<String> {
    let from = skip_words(sentence.folded(), 0);
    let end = from + leading_units(slice(sentence.folded(), from..sentence.len()));
    let names = split_names(&sentence.part(from..end));
    names
        .iter()
        .map(|listed| listed.name.to_written())
        .collect()
}

/// The position behind 前/之前/以前.
fn behind_before(folded: &[char], at: usize) -> Option<usize> {
    any_at(folded, skip_spaces(folded, at), &["之前", "以前", "前"])
        .map(|(_, length)| skip_spaces(folded, at) + length)
}

fn before_preposition(folded: &[char], at: usize) -> usize {
    let is_preposition = at > 0 && matches!(folded.get(at - 1), Some('于' | '在'));
    if is_preposition { at - 1 } else { at }
}

fn skip_marks(folded: &[char], mut at: usize) -> usize {
    while matches!(folded.get(at), Some(',' | ' ' | '、' | ':')) {
        at += 1;
    }
    at
}

fn skip_words(folded: &[char], at: usize) -> usize {
    let mut at = skip_marks(folded, at);
    while let Some((_, length)) =
        any_at(folded, at, &["请", "由", "并", "望", "同时", "要求", "以"])
    {
        at += length;
    }
    at
}

/// Without the adverbs around the name of what is sent, and without 的 or marks.
fn cleaned(what: &str) -> String {
    let mut what = what.trim();
    let tails = [
        "及时",
        "一并",
        "统一",
        "书面",
        "以书面形式",
        "分别",
        "按时",
        "按要求",
        "汇总后",
        "盖章后",
        "加盖公章后",
        "逐级",
        "审核后",
        "同时",
        "经审核后",
    ];
    while let Some(rest) = tails.iter().find_map(|tail| what.strip_suffix(tail)) {
        what = rest.trim_end_matches(['，', ',', ' ']);
    }
    what.trim_matches(['，', ',', '、', ' ', '：', ':'])
        .to_owned()
}
