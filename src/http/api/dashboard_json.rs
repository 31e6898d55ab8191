//! The dashboard as it is shown. How it is filled is in `dashboard`.

use super::links::{Counts, Linked};
use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::{MailId, PlanId, RoundId, UnitId};
use crate::domain::level::Level;
use crate::domain::mail_state::MailState;
use crate::domain::unit_kind::UnitKind;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// 看板
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DashboardShown {
    /// 截至哪一天
    pub as_of: NaiveDate,
    /// 任务：以第一牵头单位的进度计
    pub tasks: Counts,
    /// 任务分工：各以本单位的进度计
    pub assignments: Counts,
    /// 按牵头单位；一项任务有几个牵头单位的，各计一次
    pub by_lead_unit: Vec<ByLeadUnit>,
    /// 按方案的一级标题
    pub by_section: Vec<BySection>,
    /// 按承担单位的类型
    pub by_unit_kind: Vec<ByUnitKind>,
    /// 按承担学校的学段；跨学段的学校各计一次
    pub by_level: Vec<ByLevel>,
    /// 按方案
    pub by_plan: Vec<ByPlan>,
    /// 序时进度与实际进度，每周一点，至多 60 点，最后一点为当日
    pub progress: Vec<ProgressPoint>,
    /// 正在进行的督办轮次
    pub open_rounds: Vec<RoundShown>,
    /// 逾期未报
    pub overdue: OverdueShown,
    /// 当月各单位被要求填报的次数
    pub burden: BurdenShown,
    /// 邮件状况；只在查看当天时有
    #[schema(required)]
    pub mails: Option<MailsShown>,
}

/// 一个牵头单位
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ByLeadUnit {
    /// 单位
    pub unit_id: UnitId,
    /// 单位编码
    pub unit_code: String,
    /// 单位名称
    pub unit_name: String,
    /// 所牵头的任务
    pub tasks: Counts,
    /// 这些任务的分工
    pub assignments: Counts,
}

/// 一个一级标题
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BySection {
    /// 方案
    pub plan_id: PlanId,
    /// 方案名称
    pub plan_title: String,
    /// 一级标题；没有标题的为空
    pub section: String,
    /// 其下的任务
    pub tasks: Counts,
    /// 这些任务的分工
    pub assignments: Counts,
}

/// 一类单位
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ByUnitKind {
    /// 单位类型
    pub unit_kind: UnitKind,
    /// 其承担的分工
    pub assignments: Counts,
}

/// 一个学段
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ByLevel {
    /// 学段
    pub level: Level,
    /// 其承担的分工
    pub assignments: Counts,
}

/// 一个方案
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ByPlan {
    /// 方案
    pub plan_id: PlanId,
    /// 方案名称
    pub plan_title: String,
    /// 任务
    pub tasks: Counts,
    /// 分工
    pub assignments: Counts,
}

/// 某日的进度
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProgressPoint {
    /// 日期
    pub on: NaiveDate,
    /// 计入的分工数
    pub assignments: u32,
    /// 序时进度的平均值，0 至 100
    #[schema(required)]
    pub expected_percent: Option<f64>,
    /// 实际进度的平均值，0 至 100；未填报的按 0 计
    #[schema(required)]
    pub actual_percent: Option<f64>,
}

/// 一个正在进行的轮次
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoundShown {
    /// 轮次
    pub id: RoundId,
    /// 周期种类
    pub kind: CycleKind,
    /// 所属时段，如 2026-11
    pub period: String,
    /// 方案
    pub plan_id: PlanId,
    /// 方案名称
    pub plan_title: String,
    /// 开始日
    pub opened_on: NaiveDate,
    /// 最迟的截止日；不要求填报的为空
    #[schema(required)]
    pub due_on: Option<NaiveDate>,
    /// 应报
    pub asked: Linked,
    /// 已报
    pub answered: Linked,
    /// 逾期未报
    pub overdue: Linked,
    /// 已报占应报的百分比，0 至 100
    #[schema(required)]
    pub answer_percent: Option<f64>,
}

/// 逾期未报
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OverdueShown {
    /// 全部
    pub total: Linked,
    /// 按逾期的工作日数
    pub by_age: Vec<AgeShown>,
    /// 涉及的单位数
    pub units_total: usize,
    /// 最多的 50 个单位
    pub units: Vec<UnitOverdueShown>,
}

/// 一段逾期时间
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AgeShown {
    /// 逾期的工作日数：1-2、3-6、7-14、15+
    pub age: String,
    /// 件数
    #[serde(flatten)]
    pub count: Linked,
}

/// 一个单位的逾期未报
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UnitOverdueShown {
    /// 单位
    pub unit_id: UnitId,
    /// 单位编码
    pub unit_code: String,
    /// 单位名称
    pub unit_name: String,
    /// 全部
    pub total: Linked,
    /// 按逾期的工作日数，没有的不列
    pub by_age: Vec<AgeShown>,
}

/// 当月负担
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BurdenShown {
    /// 当月第一天
    pub from: NaiveDate,
    /// 当月最后一天
    pub to: NaiveDate,
    /// 每个单位每月至多要求填报的次数
    pub budget: u32,
    /// 当月要求填报的次数，签收和已撤回的不计
    pub asks: Linked,
    /// 被要求填报的单位数
    pub units_total: usize,
    /// 其中已达到上限的单位数
    pub units_at_budget: usize,
    /// 最多的 50 个单位
    pub units: Vec<UnitBurdenShown>,
}

/// 一个单位的当月负担
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UnitBurdenShown {
    /// 单位
    pub unit_id: UnitId,
    /// 单位编码
    pub unit_code: String,
    /// 单位名称
    pub unit_name: String,
    /// 次数
    pub asks: Linked,
    /// 是否已达到上限：再要求填报须说明理由
    pub at_budget: bool,
}

/// 邮件状况
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MailsShown {
    /// 按状态，没有的不列
    pub by_state: Vec<MailStateShown>,
    /// 待发的邮件中排队最久的
    #[schema(required)]
    pub oldest_waiting: Option<OldestMail>,
    /// 发送失败
    pub failed: Linked,
    /// 结果不明
    pub unknown: Linked,
    /// 没有邮箱地址的联络员
    pub contacts_without_address: Linked,
}

/// 一种状态的邮件
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MailStateShown {
    /// 状态
    pub state: MailState,
    /// 封数
    #[serde(flatten)]
    pub count: Linked,
}

/// 排队最久的邮件
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OldestMail {
    /// 邮件
    pub id: MailId,
    /// 何时排入
    pub queued_at: DateTime<Utc>,
    /// 地址
    pub href: String,
}
