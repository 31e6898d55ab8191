//! Whether a value attains its target, and whether it is better or worse than the one before. Exact: values are decimals.

use crate::domain::decimal::Decimal;
use crate::domain::frequency::Frequency;
use crate::domain::indicator::{Target, is_share};
use crate::domain::plan::Comparator;
use serde::Serialize;
use std::cmp::Ordering;

/// A value against its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Attainment {
    /// It meets the target.
    Attained,
    /// It does not.
    NotAttained,
    /// Nobody has told one.
    NoValue,
}

impl Attainment {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Attained, Self::NotAttained, Self::NoValue];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attained => "attained",
            Self::NotAttained => "not_attained",
            Self::NoValue => "no_value",
        }
    }
}

/// A value against the one of the period before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// Towards better, by the comparator.
    Rising,
    /// Towards worse.
    Falling,
    /// As good as before.
    Same,
    /// There was none before.
    NoEarlierValue,
}

impl Trend {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Rising,
        Self::Falling,
        Self::Same,
        Self::NoEarlierValue,
    ];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rising => "rising",
            Self::Falling => "falling",
            Self::Same => "same",
            Self::NoEarlierValue => "no_earlier_value",
        }
    }
}

/// A unit's value of an indicator with what it is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured<'a> {
    /// What the indicator is called, if anything short.
    pub name: Option<&'a str>,
    /// Unit of measure.
    pub measured_in: Option<&'a str>,
    /// The target of the period.
    pub target: Target,
    /// The value of the period.
    pub value: Option<Decimal>,
    /// The value of the period before.
    pub last: Option<Decimal>,
    /// How long the periods are.
    pub frequency: Frequency,
}

impl Measured<'_> {
    /// Against the target.
    pub fn attainment(&self) -> Attainment {
        let Some(value) = self.value else {
            return Attainment::NoValue;
        };
        let wanted = self.target.value;
        let attained = match self.target.comparator {
            Comparator::AtLeast => value >= wanted,
            Comparator::AtMost => value <= wanted,
            Comparator::Exactly => value == wanted,
        };
        match attained {
            true => Attainment::Attained,
            false => Attainment::NotAttained,
        }
    }

    /// Against the value of the period before; `None` where there is no value now.
    pub fn trend(&self) -> Option<Trend> {
        let value = self.value?;
        let Some(last) = self.last else {
            return Some(Trend::NoEarlierValue);
        };
        let better = match self.target.comparator {
            Comparator::AtLeast => value.cmp(&last),
            Comparator::AtMost => last.cmp(&value),
            Comparator::Exactly => {
                let wanted = self.target.value;
                last.distance(wanted).cmp(&value.distance(wanted))
            }
        };
        Some(match better {
            Ordering::Greater => Trend::Rising,
            Ordering::Less => Trend::Falling,
            Ordering::Equal => Trend::Same,
        })
    }

    /// Whether a person should look at it: no value, target missed, or worse than before.
    pub fn is_flagged(&self) -> bool {
        self.attainment() != Attainment::Attained || self.trend() == Some(Trend::Falling)
    }

    /// One sentence with the numbers: 达标率 76.5%，目标不低于 80%，比上学期（78%）下降 1.5 个百分点.
    pub fn sentence(&self) -> String {
        let name = self.name.unwrap_or("本项");
        let target = format!("目标{}", self.target.told(self.measured_in));
        let before = period_before(self.frequency);
        match (self.value, self.last) {
            (None, None) => format!("{name}尚未填报，{target}"),
            (None, Some(last)) => {
                format!("{name}尚未填报，{target}，{before} {}", self.amount(last))
            }
            (Some(value), None) => {
                format!("{name} {}，{target}，{before}没有数值", self.amount(value))
            }
            (Some(value), Some(last)) => {
                let change = self.change(value, last);
                format!("{name} {}，{target}，{change}", self.amount(value))
            }
        }
    }

    fn change(&self, value: Decimal, last: Decimal) -> String {
        let before = period_before(self.frequency);
        let was = self.amount(last);
        let way = match value.cmp(&last) {
            Ordering::Greater => "上升",
            Ordering::Less => "下降",
            Ordering::Equal => return format!("与{before}（{was}）持平"),
        };
        let by = value.distance(last);
        let by = match (is_share(self.measured_in), self.measured_in) {
            (true, _) => format!("{by} 个百分点"),
            (false, Some(unit)) => format!("{by} {unit}"),
            (false, None) => by.to_string(),
        };
        format!("比{before}（{was}）{way} {by}")
    }

    /// A number with its unit of measure.
    fn amount(&self, number: Decimal) -> String {
        amount(number, self.measured_in)
    }
}

impl Target {
    /// The target in words: 不低于 80%.
    pub fn told(self, measured_in: Option<&str>) -> String {
        let how = match self.comparator {
            Comparator::AtLeast => "不低于",
            Comparator::AtMost => "不高于",
            Comparator::Exactly => "等于",
        };
        format!("{how} {}", amount(self.value, measured_in))
    }
}

/// A number with its unit of measure: 80%, 20 节.
pub fn amount(number: Decimal, measured_in: Option<&str>) -> String {
    match measured_in {
        Some(unit @ ("%" | "％" | "‰")) => format!("{number}{unit}"),
        Some(unit) => format!("{number} {unit}"),
        None => number.to_string(),
    }
}

/// What the period before is called: 上学期.
pub fn period_before(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Week => "上周",
        Frequency::Month => "上月",
        Frequency::TwoMonths => "上期",
        Frequency::Quarter => "上季度",
        Frequency::Term => "上学期",
        Frequency::SchoolYear => "上学年",
        Frequency::Year => "上年",
    }
}

#[cfg(test)]
#[path = "attainment_tests.rs"]
mod tests;
