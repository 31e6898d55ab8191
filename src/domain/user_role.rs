//! What a user is to the service: the six roles of the people and machines that call it.

use crate::domain::role::UnknownCode;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Role of a user. The first three and the auditor belong to the bureau, the other two to one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    /// 系统管理员: users and tokens, and everything a supervisor may.
    Administrator,
    /// 督导办: runs the supervision.
    Supervisor,
    /// 局领导: sees everything, approves bulletins, changes nothing else.
    Leader,
    /// 单位负责人: answers for one unit and keeps its contact.
    UnitHead,
    /// 单位联络员: answers for one unit.
    UnitContact,
    /// 审计人员: sees everything, audit events included; changes nothing.
    Auditor,
}

impl UserRole {
    /// All roles.
    pub const ALL: [Self; 6] = [
        Self::Administrator,
        Self::Supervisor,
        Self::Leader,
        Self::UnitHead,
        Self::UnitContact,
        Self::Auditor,
    ];

    /// The stable code, as stored and as sent to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Supervisor => "supervisor",
            Self::Leader => "leader",
            Self::UnitHead => "unit_head",
            Self::UnitContact => "unit_contact",
            Self::Auditor => "auditor",
        }
    }

    /// Whether the role is held for one unit, and sees only that unit's rows and those below it.
    pub fn is_of_unit(self) -> bool {
        match self {
            Self::UnitHead | Self::UnitContact => true,
            Self::Administrator | Self::Supervisor | Self::Leader | Self::Auditor => false,
        }
    }
}

impl FromStr for UserRole {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownCode::new("user role", text))
    }
}
