//! Opening days and reminder policies of cycles, as programs outside read and write them.

use crate::domain::cycle::Opens;
use crate::domain::stage::{ReminderPolicy, Stage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// 开启日从哪里数起
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpensAt {
    /// That day of the period.
    DayOfPeriod,
    /// That day of its last month.
    DayOfLastMonth,
    /// That many days before its end.
    BeforeEnd,
    /// That day after it.
    AfterEnd,
}

/// 开启日规则
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CycleOpens {
    /// 从哪里数起：周期段第几天、最后一个月第几天、结束前多少天、结束后第几天
    pub at: OpensAt,
    /// 天数（日历日）；结束前可为 0，其余从 1 起
    pub days: u16,
}

impl From<Opens> for CycleOpens {
    fn from(opens: Opens) -> Self {
        let (at, days) = match opens {
            Opens::DayOfPeriod(days) => (OpensAt::DayOfPeriod, days),
            Opens::DayOfLastMonth(days) => (OpensAt::DayOfLastMonth, days),
            Opens::BeforeEnd(days) => (OpensAt::BeforeEnd, days),
            Opens::AfterEnd(days) => (OpensAt::AfterEnd, days),
        };
        Self { at, days }
    }
}

impl From<CycleOpens> for Opens {
    fn from(opens: CycleOpens) -> Self {
        match opens.at {
            OpensAt::DayOfPeriod => Self::DayOfPeriod(opens.days),
            OpensAt::DayOfLastMonth => Self::DayOfLastMonth(opens.days),
            OpensAt::BeforeEnd => Self::BeforeEnd(opens.days),
            OpensAt::AfterEnd => Self::AfterEnd(opens.days),
        }
    }
}

/// 提醒规则（天数均为工作日）
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CycleReminders {
    /// 到期前提醒的天数
    pub before: Vec<u16>,
    /// 逾期催办的天数
    pub over: Vec<u16>,
    /// 最后一次之后每隔几天再催，0 为不再催
    pub then_every: u16,
    /// 从哪个阶段起抄送牵头单位，如 over+3
    pub copy_lead_from: Stage,
    /// 从哪个阶段起抄送督导办
    pub copy_supervision_from: Stage,
    /// 蓝色督办单的阶段
    pub blue_notice_at: Stage,
    /// 黄色督办单的阶段
    pub yellow_notice_at: Stage,
    /// 红色督办单的阶段
    pub red_notice_at: Stage,
    /// 不属于任何一次督办的事项，逾期后催办多少天
    pub chase_for_workdays: u16,
}

impl From<ReminderPolicy> for CycleReminders {
    fn from(policy: ReminderPolicy) -> Self {
        Self {
            before: policy.before,
            over: policy.over,
            then_every: policy.then_every,
            copy_lead_from: policy.copy_lead_from,
            copy_supervision_from: policy.copy_supervision_from,
            blue_notice_at: policy.blue_notice_at,
            yellow_notice_at: policy.yellow_notice_at,
            red_notice_at: policy.red_notice_at,
            chase_for_workdays: policy.chase_for_workdays,
        }
    }
}

impl From<CycleReminders> for ReminderPolicy {
    fn from(shown: CycleReminders) -> Self {
        Self {
            before: shown.before,
            over: shown.over,
            then_every: shown.then_every,
            copy_lead_from: shown.copy_lead_from,
            copy_supervision_from: shown.copy_supervision_from,
            blue_notice_at: shown.blue_notice_at,
            yellow_notice_at: shown.yellow_notice_at,
            red_notice_at: shown.red_notice_at,
            chase_for_workdays: shown.chase_for_workdays,
        }
    }
}
