//! The light (红黄绿灯) of an assignment and the sentence that says why (design §6, Lights). The fast form for whole
//! percentages is `light_table`; which days a task runs is in `expected_progress`.

use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::expected_progress::{Duty, Expected, TaskSpan};
use super::local_time::chinese_day;
use super::role::UnknownCode;
use super::standing::Standing;

/// From this many points behind, a light is yellow and an assignment 欠进度; from as many ahead it is 超进度.
pub const YELLOW_FROM: i64 = 10;
/// Above this many points behind, a light is red.
pub const RED_OVER: i64 = 30;
/// An ask overdue by more workdays than this turns the light of what has no expected progress red.
pub const RED_OVERDUE_WORKDAYS: u32 = 7;

/// The light; the order is that of worry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// 绿灯.
    Green,
    /// 黄灯.
    Yellow,
    /// 红灯.
    Red,
}

impl Light {
    /// Every light, the calmest first.
    pub const ALL: [Self; 3] = [Self::Green, Self::Yellow, Self::Red];

    /// The stable code: `green`, `yellow`, `red`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }

    /// The Chinese name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Green => "绿灯",
            Self::Yellow => "黄灯",
            Self::Red => "红灯",
        }
    }
}

impl FromStr for Light {
    type Err = UnknownCode;

    /// Reads the code of [`Light::as_str`], exactly.
    fn from_str(code: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .into_iter()
            .find(|light| light.as_str() == code)
            .ok_or_else(|| UnknownCode::new("light", code))
    }
}

/// How an assignment left the course of its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// 已销号.
    Closed,
    /// 暂停.
    Paused,
    /// 撤销.
    Withdrawn,
}

/// What a unit was asked about one assignment up to a day, and what came of it. Acknowledgements and withdrawn asks are
/// not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AskRecord {
    /// Asks opened by that day.
    pub asked: u32,
    /// Of these, due by that day.
    pub fell_due: u32,
    /// Answered, in time or late.
    pub answered: u32,
    /// Still open after their due day.
    pub overdue: u32,
    /// Workdays since the due day of the one longest overdue; at least 1 where any is overdue, the weekend after a due
    /// day included, else 0.
    pub longest_overdue: u32,
    /// Left unanswered when asking ended, and no ask opened on a later day was answered since.
    pub unanswered: u32,
}

impl AskRecord {
    /// Green where nothing is asked or everything that fell due was answered; yellow where an ask is overdue; red where
    /// one is overdue by more than [`RED_OVERDUE_WORKDAYS`] or was left unanswered.
    pub fn light(&self) -> Light {
        if self.unanswered > 0 || self.longest_overdue > RED_OVERDUE_WORKDAYS {
            Light::Red
        } else if self.overdue > 0 {
            Light::Yellow
        } else {
            Light::Green
        }
    }
}

/// What a light is worked out from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// It has left the course of its task.
    Ended(Ending),
    /// Time: the task has an end.
    Timed {
        /// The days the task runs.
        span: TaskSpan,
        /// What is expected on the day.
        expected: Expected,
        /// The day, bureau-local.
        on: NaiveDate,
    },
    /// Answers: a standing duty, or a task without known end.
    Asked {
        /// Which of the two.
        duty: Duty,
        /// What was asked and answered.
        record: AskRecord,
    },
}

/// Why a light is what it is, with all its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Why {
    /// The light.
    pub light: Light,
    /// How a bulletin counts it.
    pub standing: Standing,
    /// Reported progress, 0–100; 0 where nothing was reported.
    pub percent: u8,
    /// What it was worked out from.
    pub basis: Basis,
}

/// The light of an assignment that reported `percent` (more than 100 counts as 100), and why.
///
/// With an expected progress: less than 10 points behind green, 10 to 30 yellow, more than 30 red, and red when its end
/// has passed without 100 %. Without: see [`AskRecord::light`]. What is closed, or at 100 % and no standing duty, is done
/// and green. Of what is paused or withdrawn nothing is expected: green, counted under 其他.
///
/// An assignment past its end at 91–99 % is red by its light and 达进度 by its standing: a bulletin counts points behind.
pub fn light_of(basis: Basis, percent: u8) -> (Light, Why) {
    let percent = percent.min(100);
    let (light, standing) = match basis {
        Basis::Ended(Ending::Closed) => (Light::Green, Standing::Done),
        Basis::Ended(Ending::Paused | Ending::Withdrawn) => (Light::Green, Standing::None),
        Basis::Timed { .. } if percent == 100 => (Light::Green, Standing::Done),
        Basis::Timed { span, expected, on } => timed(span, expected, on, percent),
        Basis::Asked {
            duty: Duty::Ending, ..
        } if percent == 100 => (Light::Green, Standing::Done),
        Basis::Asked { record, .. } => (record.light(), Standing::None),
    };
    let why = Why {
        light,
        standing,
        percent,
        basis,
    };
    (light, why)
}

fn timed(span: TaskSpan, expected: Expected, on: NaiveDate, percent: u8) -> (Light, Standing) {
    let lag = expected.lag(percent);
    let light = if span.is_over(on) || lag.over(RED_OVER) {
        Light::Red
    } else if lag.at_least(YELLOW_FROM) {
        Light::Yellow
    } else {
        Light::Green
    };
    let standing = if lag.at_least(YELLOW_FROM) {
        Standing::Behind
    } else if lag.reversed().at_least(YELLOW_FROM) {
        Standing::Ahead
    } else {
        Standing::OnTrack
    };
    (light, standing)
}

impl Why {
    /// One Chinese sentence without its full stop, e.g. 序时进度 62.5%，实际 30%，滞后 32.5 个百分点，超过 30，亮红灯.
    pub fn explain(&self) -> String {
        let reason = match self.basis {
            Basis::Ended(Ending::Closed) => "已销号".to_owned(),
            Basis::Ended(Ending::Paused) => "已暂停，不计序时进度".to_owned(),
            Basis::Ended(Ending::Withdrawn) => "已撤销，不计序时进度".to_owned(),
            Basis::Timed { .. } | Basis::Asked { .. } if self.standing == Standing::Done => {
                "实际 100%，已完成".to_owned()
            }
            Basis::Timed { span, expected, on } => self.explain_time(span, expected, on),
            Basis::Asked { duty, record } => explain_asks(duty, record),
        };
        format!("{reason}，亮{}", self.light.label())
    }

    fn explain_time(&self, span: TaskSpan, expected: Expected, on: NaiveDate) -> String {
        let percent = self.percent;
        let end = chinese_day(span.ends_on);
        let whose = if span.inferred {
            format!("完成时限按方案最后阶段推算为{end}，")
        } else {
            String::new()
        };
        if span.is_over(on) {
            let days = (on - span.ends_on).num_days();
            let due = if span.inferred {
                String::new()
            } else {
                format!("完成时限为{end}，")
            };
            return format!("{whose}{due}已逾期 {days} 天，实际 {percent}%，尚未完成");
        }
        let lag = expected.lag(percent);
        let distance = if lag.over(RED_OVER) {
            format!("滞后 {lag} 个百分点，超过 {RED_OVER}")
        } else if lag.at_least(YELLOW_FROM) {
            format!("滞后 {lag} 个百分点，在 {YELLOW_FROM} 至 {RED_OVER} 之间")
        } else if lag.over(0) {
            format!("滞后 {lag} 个百分点，不足 {YELLOW_FROM}")
        } else if lag.at_least(0) {
            "与序时进度持平".to_owned()
        } else {
            format!("超前 {} 个百分点", lag.reversed())
        };
        let expected = expected.points();
        format!("{whose}序时进度 {expected}%，实际 {percent}%，{distance}")
    }
}

fn explain_asks(duty: Duty, record: AskRecord) -> String {
    let what = match duty {
        Duty::Standing => "长期任务，按应报事项答复情况亮灯",
        Duty::Ending => "未定完成时限，按应报事项答复情况亮灯",
    };
    if record.asked == 0 {
        return format!("{what}：尚未要求填报");
    }
    let (asked, due, answered) = (record.asked, record.fell_due, record.answered);
    let mut text = format!("{what}：已要求填报 {asked} 次，到期 {due} 次，已答复 {answered} 次");
    if record.overdue > 0 {
        let (overdue, longest) = (record.overdue, record.longest_overdue);
        text += &format!("，逾期 {overdue} 次，最长 {longest} 个工作日");
        if longest > RED_OVERDUE_WORKDAYS {
            text += &format!("，超过 {RED_OVERDUE_WORKDAYS} 个工作日");
        }
    }
    if record.unanswered > 0 {
        text += &format!("，至截止仍未答复 {} 次", record.unanswered);
    }
    text
}

#[cfg(test)]
#[path = "light_tests.rs"]
mod tests;
