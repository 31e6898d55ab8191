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
    /// What was changed of issued tasks and of plans.
    Amendments "amendments",
    /// Lead units' reports that tasks as a whole are done.
    Completions "completions",
    /// 延期.
    Extensions "extensions",
    /// 督办单.
    Notices "notices",
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
    /// Rule tables of appraisals 计分办法.
    ScoreRules "score-rules",
    /// 考评, with their scores and objections.
    Appraisals "appraisals",
    /// Yearly results of schools.
    QualityResults "quality-results",
    /// 约谈、黄牌、红牌.
    Warnings "warnings",
    /// 应报事项.
    Obligations "obligations",
    /// 填报.
    Reports "reports",
    /// 通报, with the snapshots they are made of.
    Bulletins "bulletins",
    /// 提醒.
    Reminders "reminders",
    /// 邮件.
    Mails "mails",
    /// Attached files.
    Attachments "attachments",
    /// Asking over a unit's budget, or for the same day.
    AskOverrides "ask-overrides",
    /// 检查人员.
    Inspectors "inspectors",
    /// 检查.
    Inspections "inspections",
    /// 问题, with their rechecks.
    Findings "findings",
    /// Endpoints that are told of what happens.
    Webhooks "webhooks",
    /// What they are told.
    WebhookDeliveries "webhook-deliveries",
    /// Callers.
    Users "users",
    /// Their tokens.
    Tokens "tokens",
    /// Links to the big screen 大屏.
    Walls "walls",
    /// Who stands in for whom.
    Delegations "delegations",
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
