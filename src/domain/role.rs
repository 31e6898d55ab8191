//! The part a unit plays in a task (牵头, 责任, 配合).

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Role of a unit in a task; the order is that of weight, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 牵头单位.
    Lead,
    /// 责任单位.
    Responsible,
    /// 配合单位.
    Cooperating,
}

impl Role {
    /// All roles, the strongest first.
    pub const ALL: [Self; 3] = [Self::Lead, Self::Responsible, Self::Cooperating];

    /// The stable code, as stored and as sent to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Responsible => "responsible",
            Self::Cooperating => "cooperating",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownCode::new("role", text))
    }
}

/// A stored or given code that is none of the known ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("未知的 {what}：“{value}”")]
pub struct UnknownCode {
    /// What the code should have been.
    pub what: &'static str,
    /// The code as found.
    pub value: String,
}

impl UnknownCode {
    /// Keeps at most 60 characters of the value, so that a message stays readable.
    pub fn new(what: &'static str, value: &str) -> Self {
        Self {
            what,
            value: value.chars().take(60).collect(),
        }
    }
}
