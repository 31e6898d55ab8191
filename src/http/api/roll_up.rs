//! `/roll-up`: how the assignments of a plan stand, by district at a glance.

use crate::domain::access::Action;
use crate::domain::ids::{PlanId, TaskId, UnitId};
use crate::domain::roll_up::{RollUpGroup, StateCounts, roll_up};
use crate::domain::unit_kind::UnitKind;
use crate::flow::RefusalCode;
use crate::http::kernel::{Call, Endpoint, Problem, Reply, Tag};
use crate::storage::lists::assignments;
use crate::storage::plans;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "roll-up",
    says: "汇总：一个方案的分工按区统计，一眼看清签收、反馈、退回、逾期",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/roll-up", "get_roll_up", Action::ReadAssignments, get)
            .tag(TAG)
            .says(
                "按区汇总",
                "Count assignments by district and state",
                "区连同所属学校为一组，不属于任何区的按单位类型分组。单位用户只统计看得到的分工。",
            )
            .refuses(&[RefusalCode::NotFound])
            .example_query(concat!("plan_id=", "0199f3a0-0000-7000-8000-000000000001")),
    ]
}

/// 统计哪些分工
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RollUpQuery {
    /// 方案编号
    plan_id: PlanId,
    /// 只统计这一件任务
    task_id: Option<TaskId>,
}

/// 各状态的分工数；同一份分工可以计入几项
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StateCountsJson {
    /// 全部
    total: u32,
    /// 已签收
    acknowledged: u32,
    /// 已反馈完成
    reported: u32,
    /// 退回未重报
    returned: u32,
    /// 已复核
    accepted: u32,
    /// 已销号
    closed: u32,
    /// 已暂停或撤销
    resting: u32,
    /// 逾期未反馈
    overdue: u32,
}

impl From<StateCounts> for StateCountsJson {
    fn from(counts: StateCounts) -> Self {
        Self {
            total: counts.total,
            acknowledged: counts.acknowledged,
            reported: counts.reported,
            returned: counts.returned,
            accepted: counts.accepted,
            closed: counts.closed,
            resting: counts.resting,
            overdue: counts.overdue,
        }
    }
}

/// 一个区，或不属于任何区的一类单位
#[derive(Debug, Serialize, ToSchema)]
struct RollUpRow {
    /// 区的编号；一类单位为 null
    #[schema(required)]
    district_id: Option<UnitId>,
    /// 区的代码；一类单位为 null
    #[schema(required)]
    district_code: Option<String>,
    /// 区的名称；一类单位为 null
    #[schema(required)]
    district_name: Option<String>,
    /// 单位类型：区为 district
    kind: UnitKind,
    /// 分工数
    #[serde(flatten)]
    counts: StateCountsJson,
}

/// 汇总
#[derive(Debug, Serialize, ToSchema)]
struct RollUp {
    /// 方案编号
    plan_id: PlanId,
    /// 截至哪一天
    as_of: NaiveDate,
    /// 合计
    total: StateCountsJson,
    /// 逐组
    groups: Vec<RollUpRow>,
}

async fn get(call: Call<RollUpQuery>) -> Result<Reply<RollUp>, Problem> {
    let (ctx, query) = (&call.ctx, &call.query);
    let plan = plans::get(&ctx.db, query.plan_id).await?;
    let plan = plan.ok_or_else(Problem::not_found)?;
    let reach = call.viewer.reach(Action::ReadAssignments);
    let today = call.now.today;
    let alike = assignments::alike(&ctx.db, plan.id, query.task_id, &reach, today).await?;
    let directory = ctx.units().await?;
    let (total, groups) = roll_up(&alike, &directory);
    let groups = groups.into_iter().map(|(group, counts)| {
        let (district, kind) = match group {
            RollUpGroup::District(id) => (directory.get(id), UnitKind::District),
            RollUpGroup::Others(kind) => (None, kind),
        };
        RollUpRow {
            district_id: district.map(|unit| unit.id),
            district_code: district.map(|unit| unit.code.clone()),
            district_name: district.map(|unit| unit.name.clone()),
            kind,
            counts: counts.into(),
        }
    });
    Ok(Reply::ok(RollUp {
        plan_id: plan.id,
        as_of: today,
        total: total.into(),
        groups: groups.collect(),
    }))
}
