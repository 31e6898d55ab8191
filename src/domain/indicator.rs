//! Indicators 指标 as they are kept: found in a plan's text or added by a person, confirmed or not, with one target after the
//! other. How they are found in a text is in `plan::indicator`; whether a value attains a target, in `attainment`.

use crate::domain::decimal::Decimal;
use crate::domain::period_key::PeriodKey;
use crate::domain::plan::Comparator;
use crate::domain::role::UnknownCode;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How an indicator stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorState {
    /// Found in the text; nobody has looked at it yet.
    Proposed,
    /// A person stands for it.
    Confirmed,
    /// A person has said that it is none.
    Rejected,
    /// It was one, and is no longer asked.
    Retired,
}

impl IndicatorState {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Proposed,
        Self::Confirmed,
        Self::Rejected,
        Self::Retired,
    ];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Retired => "retired",
        }
    }

    /// Whether rounds ask it. What the text promises is asked before anybody has confirmed it: silence must not stop a
    /// round.
    pub fn is_asked(self) -> bool {
        match self {
            Self::Proposed | Self::Confirmed => true,
            Self::Rejected | Self::Retired => false,
        }
    }
}

impl FromStr for IndicatorState {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.as_str() == text)
            .ok_or_else(|| UnknownCode::new("indicator state", text))
    }
}

/// What is to be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// How.
    pub comparator: Comparator,
    /// The number.
    pub value: Decimal,
}

/// A target that a person has set after the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaterTarget {
    /// The target.
    pub target: Target,
    /// The first period it holds for; `None` for all.
    pub applies_from: Option<PeriodKey>,
}

/// The target that values of a period are judged by: of those that hold for it, the one that was set last; `later` is in
/// the order of setting.
pub fn target_in(first: Target, later: &[LaterTarget], period: PeriodKey) -> Target {
    later
        .iter()
        .rev()
        .find(|one| one.applies_from.is_none_or(|from| has_begun(from, period)))
        .map_or(first, |one| one.target)
}

/// Whether what begins in `from` has begun in `period`. Periods of different lengths are compared by their years; cycles
/// keep their frequency once they have had a round, so that this is the exception.
pub fn has_begun(from: PeriodKey, period: PeriodKey) -> bool {
    match from.frequency() == period.frequency() {
        true => from <= period,
        false => from.year() <= period.year(),
    }
}

/// Whether values are percentages of a whole: none lies outside 0 to 100.
pub fn is_share(measured_in: Option<&str>) -> bool {
    matches!(measured_in, Some("%" | "％"))
}

/// Ends of a clause that lead to its number.
const LEADING: [&str; 26] = [
    "不低于",
    "不少于",
    "不高于",
    "不超过",
    "达到",
    "至少",
    "超过",
    "控制在",
    "保持在",
    "稳定在",
    "提高到",
    "提升到",
    "提升至",
    "提高至",
    "下降到",
    "降低到",
    "降至",
    "实现",
    "力争",
    "确保",
    "均",
    "达",
    "为",
    "在",
    "约",
    "到",
];

/// What an indicator is called by its clause: what stands before the number, as in 课程开齐率 of 课程开齐率达到95%以上.
/// `None` where nothing short does.
pub fn short_name(text: &str) -> Option<&str> {
    let before = text.get(..number_at(text)?)?;
    let mut parts = before
        .rsplit(['，', ',', '、', '；', ';', '：', ':', '。'])
        .map(without_leading);
    let name = parts.find(|part| !part.is_empty())?;
    let is_short = (2..=20).contains(&name.chars().count());
    let is_dated = name.contains(|letter: char| letter.is_ascii_digit());
    (is_short && !is_dated).then_some(name)
}

/// Cuts what leads to a number off the end of a part.
fn without_leading(part: &str) -> &str {
    let mut name = part.trim();
    while let Some(rest) = LEADING.iter().find_map(|word| name.strip_suffix(word)) {
        name = rest.trim_end();
    }
    name
}

/// Where the first number begins that is no part of a date.
fn number_at(text: &str) -> Option<usize> {
    let mut start = None;
    for (at, letter) in text.char_indices() {
        match (letter.is_ascii_digit(), start) {
            (true, None) => start = Some(at),
            (false, Some(_)) if matches!(letter, '年' | '月' | '日') => start = None,
            (false, Some(_)) => return start,
            (true, Some(_)) | (false, None) => {}
        }
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> PeriodKey {
        text.parse().expect(text)
    }

    fn target(value: &str) -> Target {
        Target {
            comparator: Comparator::AtLeast,
            value: value.parse().expect(value),
        }
    }

    #[test]
    fn every_term_keeps_the_target_it_had() {
        let first = target("80");
        let later = [
            LaterTarget {
                target: target("85"),
                applies_from: Some(key("2026-T1")),
            },
            LaterTarget {
                target: target("90"),
                applies_from: Some(key("2026-T2")),
            },
        ];
        for (period, wanted) in [
            ("2025-T2", "80"),
            ("2026-T1", "85"),
            ("2026-T2", "90"),
            ("2029-T1", "90"),
        ] {
            let found = target_in(first, &later, key(period));
            assert_eq!(found, target(wanted), "{period}");
        }
        let corrected = [
            later[1],
            LaterTarget {
                target: target("70"),
                applies_from: None,
            },
        ];
        assert_eq!(target_in(first, &corrected, key("2026-T2")), target("70"));
    }

    #[test]
    fn a_clause_gives_its_indicator_a_name() {
        for (text, name) in [
            ("课程开齐率达到95%以上", Some("课程开齐率")),
            (
                "到2026年底，校园安全隐患整改率达到100%",
                Some("校园安全隐患整改率"),
            ),
            ("2026年12月31日前不少于3次", None),
            ("校园安全隐患整改率达到100%", Some("校园安全隐患整改率")),
            ("各校每学期听课不少于20节", Some("各校每学期听课")),
            ("达标率，不低于 80%", Some("达标率")),
            ("80%", None),
            ("全覆盖", None),
        ] {
            assert_eq!(short_name(text), name, "{text}");
        }
    }

    #[test]
    fn codes_are_read_back() {
        for state in IndicatorState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert!("open".parse::<IndicatorState>().is_err());
    }
}
