//! Words for how often something recurs: 每月, 每双月, 按季度, 每学期, 年度. What recurs is not here.

use super::punctuation::any_at;
use crate::domain::frequency::Frequency;

/// A recurrence read from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rhythm {
    Every(Frequency),
    /// 每日, 每半年: there is no such cycle.
    Other,
}

impl Rhythm {
    /// The frequency, where there is one.
    pub(crate) const fn frequency(self) -> Option<Frequency> {
        match self {
            Self::Every(frequency) => Some(frequency),
            Self::Other => None,
        }
    }
}

const fn every(frequency: Frequency) -> Rhythm {
    Rhythm::Every(frequency)
}

/// Longer words first, since 每两个月 begins like 每两 and 每学年 like 每学.
const EVERY: [(&str, Rhythm); 50] = [
    ("每两个月", every(Frequency::TwoMonths)),
    ("每2个月", every(Frequency::TwoMonths)),
    ("每二个月", every(Frequency::TwoMonths)),
    ("每两月", every(Frequency::TwoMonths)),
    ("每双月", every(Frequency::TwoMonths)),
    ("每隔一个月", every(Frequency::TwoMonths)),
    ("每隔一月", every(Frequency::TwoMonths)),
    ("每半个月", every(Frequency::Week)),
    ("每半月", every(Frequency::Week)),
    ("每三个月", every(Frequency::Quarter)),
    ("每个季度", every(Frequency::Quarter)),
    ("每季度", every(Frequency::Quarter)),
    ("每季", every(Frequency::Quarter)),
    ("每半年", Rhythm::Other),
    ("每个月", every(Frequency::Month)),
    ("每月度", every(Frequency::Month)),
    ("每月", every(Frequency::Month)),
    ("每个星期", every(Frequency::Week)),
    ("每星期", every(Frequency::Week)),
    ("每两周", every(Frequency::Week)),
    ("每周", every(Frequency::Week)),
    ("每个学期", every(Frequency::Term)),
    ("每一学期", every(Frequency::Term)),
    ("每学期", every(Frequency::Term)),
    ("每期", every(Frequency::Term)),
    ("每个学年", every(Frequency::SchoolYear)),
    ("每学年度", every(Frequency::SchoolYear)),
    ("每学年", every(Frequency::SchoolYear)),
    ("每个年度", every(Frequency::Year)),
    ("每年度", every(Frequency::Year)),
    ("每一年", every(Frequency::Year)),
    ("每年", every(Frequency::Year)),
    ("每日", Rhythm::Other),
    ("每天", Rhythm::Other),
    ("每旬", Rhythm::Other),
    ("按双月", every(Frequency::TwoMonths)),
    ("按季度", every(Frequency::Quarter)),
    ("按季", every(Frequency::Quarter)),
    ("按月度", every(Frequency::Month)),
    ("按月", every(Frequency::Month)),
    ("逐月", every(Frequency::Month)),
    ("按周", every(Frequency::Week)),
    ("逐周", every(Frequency::Week)),
    ("按学期", every(Frequency::Term)),
    ("按学年", every(Frequency::SchoolYear)),
    ("按年度", every(Frequency::Year)),
    ("按年", every(Frequency::Year)),
    ("隔月", every(Frequency::TwoMonths)),
    ("逐季", every(Frequency::Quarter)),
    ("逐年", every(Frequency::Year)),
];

/// The same without 每, which only compact lists and names of mechanisms use: 月抽查, 双月调度, 年度考核.
const BARE: [(&str, Rhythm); 17] = [
    ("双月", every(Frequency::TwoMonths)),
    ("半月", every(Frequency::Week)),
    ("月度", every(Frequency::Month)),
    ("季度", every(Frequency::Quarter)),
    ("学期", every(Frequency::Term)),
    ("学年度", every(Frequency::SchoolYear)),
    ("学年", every(Frequency::SchoolYear)),
    ("年度", every(Frequency::Year)),
    ("半年", Rhythm::Other),
    ("周", every(Frequency::Week)),
    ("旬", Rhythm::Other),
    ("月", every(Frequency::Month)),
    ("季", every(Frequency::Quarter)),
    ("年终", every(Frequency::Year)),
    ("期", every(Frequency::Term)),
    ("年", every(Frequency::Year)),
    ("日", Rhythm::Other),
];

/// The recurrence that begins at `at`, with its length: 每学期, 按季度.
pub(crate) fn rhythm_at(folded: &[char], at: usize) -> Option<(Rhythm, usize)> {
    match folded.get(at) {
        Some('每' | '按' | '逐' | '隔') => entry_at(folded, at, &EVERY),
        _ => None,
    }
}

/// The recurrence without 每 that begins at `at`: 双月, 季, 年度.
pub(crate) fn bare_rhythm_at(folded: &[char], at: usize) -> Option<(Rhythm, usize)> {
    match folded.get(at) {
        Some('双' | '半' | '月' | '季' | '学' | '年' | '周' | '旬' | '期' | '日') => {
            entry_at(folded, at, &BARE)
        }
        _ => None,
    }
}

fn entry_at(
    folded: &[char],
    at: usize,
    table: &[(&'static str, Rhythm)],
) -> Option<(Rhythm, usize)> {
    table
        .iter()
        .find_map(|(word, rhythm)| any_at(folded, at, &[word]).map(|(_, length)| (*rhythm, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_is_taken() {
        for (text, frequency, length) in [
            ("每两个月调度", Frequency::TwoMonths, 4),
            ("每月", Frequency::Month, 2),
            ("每学年", Frequency::SchoolYear, 3),
            ("按季度", Frequency::Quarter, 3),
            ("每个学期", Frequency::Term, 4),
        ] {
            let chars: Vec<char> = text.chars().collect();
            assert_eq!(
                rhythm_at(&chars, 0),
                Some((Rhythm::Every(frequency), length)),
                "{text}"
            );
        }
        assert_eq!(rhythm_at(&['每', '校'], 0), None);
    }
}
