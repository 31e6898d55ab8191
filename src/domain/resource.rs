//! The kinds of rows that programs outside know, by the names they have in REST paths.

use crate::domain::role::UnknownCode;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

macro_rules! resources {
    ($($(#[$doc:meta])* $name:ident $code:literal),+ $(,)?) => {
        /// A kind of row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Resource {
            $($(#[$doc])* $name,)+
        }

        impl Resource {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code: the name in REST paths.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }
        }
    };
}

resources! {
    /// 方案.
    Plans "plans",
    /// 任务.
    Tasks "tasks",
    /// A task × a unit.
    Assignments "assignments",
    /// What was decided about an assignment.
    AssignmentEvents "assignment-events",
    /// 延期.
    Extensions "extensions",
    /// 单位.
    Units "units",
    /// 联络员.
    Contacts "contacts",
    /// Holidays and terms; one row stands for all.
    Calendars "calendars",
    /// 督办周期.
    Cycles "cycles",
    /// 一次.
    Rounds "rounds",
    /// 议定事项.
    Decisions "decisions",
    /// 指标, with their targets.
    Indicators "indicators",
    /// 应报事项.
    Obligations "obligations",
    /// 填报.
    Reports "reports",
    /// 提醒.
    Reminders "reminders",
    /// 邮件.
    Mails "mails",
    /// Attached files.
    Attachments "attachments",
    /// Callers.
    Users "users",
    /// Their tokens.
    Tokens "tokens",
}

impl FromStr for Resource {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|one| one.as_str() == text)
            .ok_or_else(|| UnknownCode::new("resource", text))
    }
}
