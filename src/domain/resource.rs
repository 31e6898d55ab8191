//! The kinds of rows that programs outside know, by the names they have in REST paths.

use crate::domain::role::UnknownCode;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A kind of row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// 方案.
    Plans,
    /// 任务.
    Tasks,
    /// A task × a unit.
    Assignments,
    /// What was decided about an assignment.
    AssignmentEvents,
    /// 延期.
    Extensions,
    /// 单位.
    Units,
    /// 联络员.
    Contacts,
    /// Holidays and terms; one row stands for all.
    Calendars,
    /// 督办周期.
    Cycles,
    /// 一次.
    Rounds,
    /// 应报事项.
    Obligations,
    /// 填报.
    Reports,
    /// 提醒.
    Reminders,
    /// 邮件.
    Mails,
    /// Attached files.
    Attachments,
    /// Callers.
    Users,
    /// Their tokens.
    Tokens,
}

impl Resource {
    /// All kinds.
    pub const ALL: [Self; 17] = [
        Self::Plans,
        Self::Tasks,
        Self::Assignments,
        Self::AssignmentEvents,
        Self::Extensions,
        Self::Units,
        Self::Contacts,
        Self::Calendars,
        Self::Cycles,
        Self::Rounds,
        Self::Obligations,
        Self::Reports,
        Self::Reminders,
        Self::Mails,
        Self::Attachments,
        Self::Users,
        Self::Tokens,
    ];

    /// The stable code: the name in REST paths.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plans => "plans",
            Self::Tasks => "tasks",
            Self::Assignments => "assignments",
            Self::AssignmentEvents => "assignment-events",
            Self::Extensions => "extensions",
            Self::Units => "units",
            Self::Contacts => "contacts",
            Self::Calendars => "calendars",
            Self::Cycles => "cycles",
            Self::Rounds => "rounds",
            Self::Obligations => "obligations",
            Self::Reports => "reports",
            Self::Reminders => "reminders",
            Self::Mails => "mails",
            Self::Attachments => "attachments",
            Self::Users => "users",
            Self::Tokens => "tokens",
        }
    }
}

impl FromStr for Resource {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|one| one.as_str() == text)
            .ok_or_else(|| UnknownCode::new("resource", text))
    }
}
