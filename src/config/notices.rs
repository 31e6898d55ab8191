//! The section `notices`: who approves notices 督办单, and how long a unit has for its answer.

use super::ConfigError;
use crate::domain::notice::{Approval, Rung};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNotices {
    yellow: String,
    red: String,
    yellow_answer_workdays: i32,
    red_answer_workdays: i32,
}

/// How notices of a rung are dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticePolicy {
    /// Who approves them.
    pub approval: Approval,
    /// Workdays that a unit has for its answer.
    pub answer_workdays: i32,
}

/// How notices are dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeSettings {
    /// Yellow ones.
    pub yellow: NoticePolicy,
    /// Red ones.
    pub red: NoticePolicy,
}

impl NoticeSettings {
    /// How those of a rung are dealt with.
    pub fn of(&self, rung: Rung) -> NoticePolicy {
        match rung {
            Rung::Yellow => self.yellow,
            Rung::Red => self.red,
        }
    }
}

impl RawNotices {
    pub(super) fn check(&self) -> Result<NoticeSettings, ConfigError> {
        Ok(NoticeSettings {
            yellow: NoticePolicy {
                approval: approval("notices.yellow", &self.yellow)?,
                answer_workdays: workdays(
                    "notices.yellow_answer_workdays",
                    self.yellow_answer_workdays,
                )?,
            },
            red: NoticePolicy {
                approval: approval("notices.red", &self.red)?,
                answer_workdays: workdays("notices.red_answer_workdays", self.red_answer_workdays)?,
            },
        })
    }
}

fn approval(key: &'static str, text: &str) -> Result<Approval, ConfigError> {
    text.parse()
        .map_err(|_| ConfigError::value(key, text, "可选 office、leader 或 auto"))
}

fn workdays(key: &'static str, count: i32) -> Result<i32, ConfigError> {
    match (1..=30).contains(&count) {
        true => Ok(count),
        false => Err(ConfigError::value(
            key,
            &count.to_string(),
            "请写 1 至 30 之间的整数",
        )),
    }
}
