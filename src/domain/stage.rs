//! Reminder stages (催办) and the policy that sets them. The days they fall on are in `stage_days`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One stage of reminding, in workdays around the due day; stages sort by time.
///
/// `Before(0)` and `Over(0)` are not stages: they are written like [`Stage::Due`] and never read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Stage {
    /// `notice`: the first mail, when the ask is made.
    Notice,
    /// `due-5`: that many workdays before the due day.
    Before(u16),
    /// `due-0`: on the due day.
    Due,
    /// `over+3`: that many workdays after the due day.
    Over(u16),
}

/// A text that names no stage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是催办阶段，请按 notice、due-5、due-0、over+3 填写，天数为不超过 999 的工作日。")]
pub struct InvalidStage(pub String);

/// The most workdays a stage may lie from its due day.
const FARTHEST: u16 = 999;

impl Stage {
    /// Where the stage lies from the due day, in workdays; `None` for the notice, which lies before all others.
    fn offset(self) -> Option<i32> {
        match self {
            Self::Notice => None,
            Self::Before(workdays) => Some(-i32::from(workdays)),
            Self::Due => Some(0),
            Self::Over(workdays) => Some(i32::from(workdays)),
        }
    }
}

impl Ord for Stage {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |stage: &Self| match stage {
            Self::Notice => 0,
            Self::Before(_) => 1,
            Self::Due => 2,
            Self::Over(_) => 3,
        };
        (self.offset(), rank(self)).cmp(&(other.offset(), rank(other)))
    }
}

impl PartialOrd for Stage {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notice => out.write_str("notice"),
            Self::Before(workdays) => write!(out, "due-{workdays}"),
            Self::Due => out.write_str("due-0"),
            Self::Over(workdays) => write!(out, "over+{workdays}"),
        }
    }
}

impl FromStr for Stage {
    type Err = InvalidStage;

    /// Reads exactly what [`fmt::Display`] writes.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let stage = match text {
            "notice" => Some(Self::Notice),
            "due-0" => Some(Self::Due),
            _ => match (text.strip_prefix("due-"), text.strip_prefix("over+")) {
                (Some(before), _) => workdays(before).map(Self::Before),
                (None, Some(over)) => workdays(over).map(Self::Over),
                (None, None) => None,
            },
        };
        stage.ok_or_else(|| InvalidStage(text.chars().take(40).collect()))
    }
}

fn workdays(text: &str) -> Option<u16> {
    let number: u16 = text.parse().ok()?;
    let is_plain = !text.starts_with(['0', '+']);
    (is_plain && number <= FARTHEST).then_some(number)
}

impl TryFrom<String> for Stage {
    type Error = InvalidStage;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Stage> for String {
    fn from(stage: Stage) -> Self {
        stage.to_string()
    }
}

/// When a cycle's obligations are reminded and who is copied; all counts are workdays. Stored as JSON with the cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReminderPolicy {
    /// Stages before the due day.
    pub before: Vec<u16>,
    /// Stages after the due day.
    pub over: Vec<u16>,
    /// After the last of `over`, one more stage every so many workdays; 0 for none.
    pub then_every: u16,
    /// From this stage on the lead unit gets a copy.
    pub copy_lead_from: Stage,
    /// From this stage on the supervision office gets a copy.
    pub copy_supervision_from: Stage,
    /// The stage that proposes a blue notice (蓝色督办单).
    pub blue_notice_at: Stage,
    /// The stage that proposes a yellow notice.
    pub yellow_notice_at: Stage,
    /// The stage that proposes a red notice.
    pub red_notice_at: Stage,
    /// Outside rounds, chasing ends this many workdays after the due day.
    pub chase_for_workdays: u16,
}

impl Default for ReminderPolicy {
    /// The defaults of design §6.
    fn default() -> Self {
        Self {
            before: vec![5, 2],
            over: vec![1, 3, 7],
            then_every: 5,
            copy_lead_from: Stage::Over(3),
            copy_supervision_from: Stage::Over(7),
            blue_notice_at: Stage::Before(2),
            yellow_notice_at: Stage::Over(3),
            red_notice_at: Stage::Over(7),
            chase_for_workdays: 20,
        }
    }
}

/// Why a policy is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReminderPolicyError {
    /// A count of workdays is out of range.
    #[error("{field}“{workdays}”超出范围，应为 {least} 至 {most} 个工作日，请修改。")]
    Workdays {
        /// Chinese name of the field.
        field: &'static str,
        /// The field of [`ReminderPolicy`].
        path: &'static str,
        /// As given.
        workdays: u16,
        /// Least allowed.
        least: u16,
        /// Most allowed.
        most: u16,
    },
    /// Too many stages.
    #[error("{field}设了 {count} 次，最多 {most} 次，请减少。")]
    TooMany {
        /// Chinese name of the field.
        field: &'static str,
        /// The field of [`ReminderPolicy`].
        path: &'static str,
        /// As given.
        count: usize,
        /// Most allowed.
        most: usize,
    },
}

impl ReminderPolicyError {
    /// The field of [`ReminderPolicy`] that is wrong.
    pub fn path(&self) -> &'static str {
        match self {
            Self::Workdays { path, .. } | Self::TooMany { path, .. } => path,
        }
    }
}

impl ReminderPolicy {
    /// Whether a policy edited by a person can be followed.
    ///
    /// # Errors
    /// A stage outside 1–60 workdays, more than 12 stages before or after, or chasing for more than 120 workdays.
    pub fn check(&self) -> Result<(), ReminderPolicyError> {
        const MOST_STAGES: usize = 12;
        let in_range = |(field, path), workdays: u16, least, most| {
            if (least..=most).contains(&workdays) {
                Ok(())
            } else {
                Err(ReminderPolicyError::Workdays {
                    field,
                    path,
                    workdays,
                    least,
                    most,
                })
            }
        };
        for (field, path, stages) in [
            ("到期前提醒", "before", &self.before),
            ("逾期催办", "over", &self.over),
        ] {
            if stages.len() > MOST_STAGES {
                return Err(ReminderPolicyError::TooMany {
                    field,
                    path,
                    count: stages.len(),
                    most: MOST_STAGES,
                });
            }
            for workdays in stages {
                in_range((field, path), *workdays, 1, 60)?;
            }
        }
        in_range(("后续催办间隔", "then_every"), self.then_every, 0, 60)?;
        let chase = ("催办期限", "chase_for_workdays");
        in_range(chase, self.chase_for_workdays, 0, 120)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_written_read_and_sorted_by_time() {
        let texts = [
            "notice", "due-5", "due-2", "due-0", "over+1", "over+3", "over+7", "over+12",
        ];
        let stages: Vec<Stage> = texts.iter().map(|text| text.parse().expect(text)).collect();
        assert!(stages.is_sorted_by(|left, right| left < right));
        assert_eq!(
            stages[1..4],
            [Stage::Before(5), Stage::Before(2), Stage::Due]
        );
        for (stage, text) in stages.iter().zip(texts) {
            assert_eq!(stage.to_string(), text);
            let json = serde_json::to_string(stage).expect("serialises");
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Stage>(&json).expect("reads"), *stage);
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "Notice",
            "due",
            "due-",
            "due-05",
            "due+1",
            "over+0",
            "over-1",
            "over++1",
            "over+1000",
            "due-00",
        ] {
            assert!(text.parse::<Stage>().is_err(), "{text}");
        }
    }

    #[test]
    fn default_policy_is_sound_and_json_may_leave_fields_out() {
        assert_eq!(ReminderPolicy::default().check(), Ok(()));
        let policy: ReminderPolicy = serde_json::from_str(r#"{"before":[3]}"#).expect("reads");
        assert_eq!(policy.before, [3]);
        assert_eq!(policy.over, [1, 3, 7]);
        assert!(serde_json::from_str::<ReminderPolicy>(r#"{"bevore":[3]}"#).is_err());
    }

    #[test]
    fn a_policy_out_of_range_is_refused() {
        let sound = ReminderPolicy::default;
        for policy in [
            ReminderPolicy {
                before: vec![0],
                ..sound()
            },
            ReminderPolicy {
                over: vec![61],
                ..sound()
            },
            ReminderPolicy {
                over: vec![1; 13],
                ..sound()
            },
            ReminderPolicy {
                then_every: 61,
                ..sound()
            },
            ReminderPolicy {
                chase_for_workdays: 121,
                ..sound()
            },
        ] {
            assert!(policy.check().is_err(), "{policy:?}");
        }
    }
}
