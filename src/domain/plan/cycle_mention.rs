//! The supervision cycles that a plan names as its own mechanism: 每月一抽查, 每季度通报一次, 双月调度. A measure's
//! own rhythm (每学期至少督查一次) is none of them. When a cycle opens is not here.

use serde::Serialize;

use super::problem::{Problem, ProblemKind};
use super::punctuation::{Text, any_at, contains_any, find, slice, word_at};
use super::rhythm::{Rhythm, bare_rhythm_at, rhythm_at};
use crate::domain::cycle_kind::CycleKind;
use crate::domain::frequency::Frequency;

/// A cycle that the plan names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CycleMention {
    /// What is done.
    pub kind: CycleKind,
    /// How often.
    pub frequency: Frequency,
    /// The words of the plan.
    pub text: String,
}

/// Where a text stands, and so which forms count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CyclePlace {
    /// Inside a measure or goal: only the compact form 每X一Y.
    Measure,
    /// Anywhere else: every form.
    Mechanism,
}

/// How a cycle is named; the compact form outranks the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Compact,
    Loose,
}

/// Collects the cycles of a plan; of each kind the first in the strongest form counts.
#[derive(Debug, Default)]
pub(crate) struct CycleCollector {
    found: Vec<(Form, usize, CycleMention)>,
    pub(crate) problems: Vec<Problem>,
}

const WORDS: [(&str, CycleKind); 10] = [
    ("抽查", CycleKind::SpotCheck),
    ("抽检", CycleKind::SpotCheck),
    ("暗访", CycleKind::SpotCheck),
    ("调度", CycleKind::Dispatch),
    ("会商", CycleKind::Dispatch),
    ("通报", CycleKind::Bulletin),
    ("监测", CycleKind::Monitoring),
    ("考评", CycleKind::Appraisal),
    ("考核", CycleKind::Appraisal),
    ("评价考核", CycleKind::Appraisal),
];

/// Between the rhythm and the word stand a few words at most: 每月组织开展一次随机抽查.
const REACH: usize = 16;

fn kind_at(folded: &[char], at: usize) -> Option<(CycleKind, usize)> {
    WORDS
        .iter()
        .find_map(|(word, kind)| any_at(folded, at, &[word]).map(|(_, length)| (*kind, length)))
}

impl CycleCollector {
    /// Looks through a paragraph.
    pub(crate) fn read(&mut self, text: &Text, line: usize, place: CyclePlace) {
        let folded = text.folded();
        let mut at = 0;
        while at < folded.len() {
            let end = self.compact(text, at, line).or_else(|| match place {
                CyclePlace::Measure => None,
                CyclePlace::Mechanism => self
                    .loose(text, at, line)
                    .or_else(|| self.bare(text, at, line)),
            });
            at = end.unwrap_or(at + 1).max(at + 1);
        }
    }

    /// The cycles, each kind once, in the order of the text.
    pub(crate) fn into_cycles(mut self) -> (Vec<CycleMention>, Vec<Problem>) {
        self.found.sort_by_key(|(form, place, _)| (*form, *place));
        let mut chosen: Vec<(usize, CycleMention)> = Vec::new();
        for (_, place, cycle) in self.found {
            if !chosen.iter().any(|(_, known)| known.kind == cycle.kind) {
                chosen.push((place, cycle));
            }
        }
        chosen.sort_by_key(|(place, _)| *place);
        (
            chosen.into_iter().map(|(_, cycle)| cycle).collect(),
            self.problems,
        )
    }

    fn push(&mut self, form: Form, rhythm: Rhythm, kind: CycleKind, words: String, line: usize) {
        match rhythm {
            Rhythm::Every(frequency) => {
                let place = self.found.len();
                self.found.push((
                    form,
                    place,
                    CycleMention {
                        kind,
                        frequency,
                        text: words,
                    },
                ));
            }
            Rhythm::Other => self.problems.push(Problem::new(
                line,
                ProblemKind::UnsupportedFrequency,
                &words,
            )),
        }
    }

    /// 每月一抽查, 每季度一次通报: a rhythm, 一 and the word, with nothing between.
    fn compact(&mut self, text: &Text, at: usize, line: usize) -> Option<usize> {
        let folded = text.folded();
        let (rhythm, length) = rhythm_at(folded, at)?;
        let (_, ones) = any_at(folded, at + length, &["一次", "1次", "一", "1"])?;
        let start = at + length + ones;
        let (kind, length) = kind_at(folded, start)?;
        self.push(
            Form::Compact,
            rhythm,
            kind,
            text.written(at..start + length),
            line,
        );
        Some(start + length)
    }

    /// 每季度通报一次, 每月开展一次抽查, 按月抽查, 调度每两个月一次.
    fn loose(&mut self, text: &Text, at: usize, line: usize) -> Option<usize> {
        let folded = text.folded();
        let (rhythm, length) = rhythm_at(folded, at)?;
        let start = at + length;
        let clause = start..clause_end(folded, start).min(start + REACH);
        let Some((word, kind, length)) = clause
            .clone()
            .find_map(|at| kind_at(folded, at).map(|(kind, length)| (at, kind, length)))
        else {
            return self.inverted(text, at, start, rhythm, line);
        };
        if is_incidental(slice(folded, at.saturating_sub(12)..word)) {
            return Some(word + length);
        }
        let mut end = word + length;
        let mut kinds = vec![kind];
        // 每季度调度、通报一次: one rhythm for both.
        while let Some((kind, length, joint)) = joined_kind(folded, end) {
            kinds.push(kind);
            end += joint + length;
        }
        end += any_at(folded, end, &["一次", "1次", "会一次", "会1次"])
            .map_or(0, |(_, length)| length);
        for kind in kinds {
            self.push(Form::Loose, rhythm, kind, text.written(at..end), line);
        }
        Some(end)
    }

    /// 调度会每两个月一次, 通报每季度不少于一次: the word stands close in front of its rhythm.
    fn inverted(
        &mut self,
        text: &Text,
        at: usize,
        behind: usize,
        rhythm: Rhythm,
        line: usize,
    ) -> Option<usize> {
        let folded = text.folded();
        let end = clause_end(folded, behind).min(behind + 10);
        let once = ["一次", "1次"]
            .iter()
            .find_map(|word| find(folded, behind..end, word))?
            + 2;
        let start = (at.saturating_sub(8)..at)
            .rev()
            .find(|at| kind_at(folded, *at).is_some())?;
        let is_one_clause = clause_end(folded, start) >= at;
        let (kind, _) = kind_at(folded, start)?;
        if is_one_clause {
            self.push(Form::Loose, rhythm, kind, text.written(start..once), line);
        }
        Some(once)
    }

    /// 月抽查、季通报, 双月工作调度机制, 年度考核: without 每, so only at the beginning of a word.
    fn bare(&mut self, text: &Text, at: usize, line: usize) -> Option<usize> {
        let folded = text.folded();
        let (rhythm, length) = bare_rhythm_at(folded, at)?;
        let before = slice(folded, at.saturating_sub(2)..at);
        let begins = before.last().is_none_or(|c| !c.is_alphanumeric())
            || [
                "实行", "建立", "坚持", "落实", "执行", "推行", "采取", "开展", "实施", "组织",
                "健全", "完善", "进行", "按照",
            ]
            .iter()
            .any(|verb| before.len() == 2 && word_at(before, 0, verb))
            || before.last() == Some(&'“');
        if !begins {
            return None;
        }
        let start = at + length;
        let filler = any_at(
            folded,
            start,
            &["工作", "集中", "随机", "质量", "专项", "综合", "目标", "一"],
        )
        .map_or(0, |(_, length)| length);
        let (kind, length) = kind_at(folded, start + filler)?;
        let end = start + filler + length;
        if is_incidental(slice(folded, at.saturating_sub(12)..at))
            || contains_any(
                slice(folded, end..end + 3),
                &["结果", "成绩", "优秀", "合格"],
            )
        {
            return Some(end);
        }
        self.push(Form::Loose, rhythm, kind, text.written(at..end), line);
        Some(end)
    }
}

fn joined_kind(folded: &[char], at: usize) -> Option<(CycleKind, usize, usize)> {
    let joint = usize::from(matches!(folded.get(at), Some('、' | '和' | '及' | '与')));
    let (kind, length) = kind_at(folded, at + joint)?;
    Some((kind, length, joint))
}

/// Somebody else's appraisal is no cycle of the plan: 纳入年度考核.
fn is_incidental(before: &[char]) -> bool {
    contains_any(
        before,
        &["纳入", "列入", "计入", "作为", "挂钩", "依据", "参加"],
    )
}

fn clause_end(folded: &[char], at: usize) -> usize {
    let window = folded.len().min(at + 2 * REACH);
    (at..window)
        .find(|at| matches!(folded.get(*at), Some(',' | '。' | ';' | '、' | '\n' | '”')))
        .unwrap_or(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, place: CyclePlace) -> Vec<String> {
        let mut collector = CycleCollector::default();
        collector.read(&Text::new(text), 1, place);
        collector
            .into_cycles()
            .0
            .iter()
            .map(|c| format!("{} {} {}", c.kind, c.frequency, c.text))
            .collect()
    }

    #[test]
    fn every_form_is_read() {
        for (text, expected) in [
            (
                "建立“每月一抽查、每双月一调度”机制",
                &[
                    "spot_check month 每月一抽查",
                    "dispatch two_months 每双月一调度",
                ][..],
            ),
            ("每季度通报一次", &["bulletin quarter 每季度通报一次"]),
            (
                "每月组织开展一次随机抽查",
                &["spot_check month 每月组织开展一次随机抽查"],
            ),
            (
                "按月抽查、按季通报",
                &["spot_check month 按月抽查", "bulletin quarter 按季通报"],
            ),
            (
                "每两个月召开一次工作调度会",
                &["dispatch two_months 每两个月召开一次工作调度"],
            ),
            (
                "建立双月工作调度机制",
                &["dispatch two_months 双月工作调度"],
            ),
            (
                "实行月抽查、季通报、年考评",
                &[
                    "spot_check month 月抽查",
                    "bulletin quarter 季通报",
                    "appraisal year 年考评",
                ],
            ),
            ("每半月调度一次", &["dispatch week 每半月调度一次"]),
            (
                "每季度调度、通报一次",
                &[
                    "dispatch quarter 每季度调度、通报一次",
                    "bulletin quarter 每季度调度、通报一次",
                ],
            ),
            (
                "调度会每两个月一次",
                &["dispatch two_months 调度会每两个月一次"],
            ),
            (
                "每学年末开展综合考核",
                &["appraisal school_year 每学年末开展综合考核"],
            ),
        ] {
            assert_eq!(read(text, CyclePlace::Mechanism), expected, "{text}");
        }
    }

    #[test]
    fn incidental_words_are_no_cycles() {
        for text in [
            "将落实情况纳入年度考核",
            "每学期至少督查一次",
            "按学期、学年做好成长记录",
            "本年度考核结果",
            "定期通报",
        ] {
            assert_eq!(
                read(text, CyclePlace::Mechanism),
                Vec::<String>::new(),
                "{text}"
            );
        }
    }

    #[test]
    fn inside_a_measure_only_the_compact_form_counts() {
        assert_eq!(
            read("每月开展一次抽查", CyclePlace::Measure),
            Vec::<String>::new()
        );
        assert_eq!(
            read("落实每月一抽查", CyclePlace::Measure),
            ["spot_check month 每月一抽查"]
        );
    }

    #[test]
    fn the_compact_form_outranks_an_earlier_mention() {
        assert_eq!(
            read(
                "建立双月调度机制。“每月一抽查、每双月一调度”",
                CyclePlace::Mechanism
            ),
            [
                "spot_check month 每月一抽查",
                "dispatch two_months 每双月一调度"
            ]
        );
    }

    #[test]
    fn a_rhythm_that_does_not_exist_is_listed() {
        let mut collector = CycleCollector::default();
        collector.read(&Text::new("每半年通报一次"), 7, CyclePlace::Mechanism);
        let (cycles, problems) = collector.into_cycles();
        assert!(cycles.is_empty());
        assert_eq!(
            (problems[0].line, problems[0].kind),
            (7, ProblemKind::UnsupportedFrequency)
        );
    }
}
