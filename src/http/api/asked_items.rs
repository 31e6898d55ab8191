//! What an obligation asks about, item by item, as it is shown.

use crate::domain::decimal::Decimal;
use crate::domain::ids::{AssignmentId, IndicatorId, TaskId};
use crate::domain::period_key::PeriodKey;
use crate::domain::plan::Comparator;
use crate::domain::role::Role;
use crate::flow::Ctx;
use crate::flow::weigh_values::KnownValues;
use crate::http::kernel::Problem;
use crate::storage::indicators;
use crate::storage::lists::labels;
use crate::storage::lists::obligations::ObligationRow;
use crate::storage::obligations::items;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// 应报事项中的一项：一项任务分工，或一个指标
#[derive(Debug, Serialize, ToSchema)]
pub struct ObligationItem {
    /// 任务分工编号
    #[schema(required)]
    pub assignment_id: Option<AssignmentId>,
    /// 任务编号
    #[schema(required)]
    pub task_id: Option<TaskId>,
    /// 任务序号
    #[schema(required)]
    pub task_number: Option<String>,
    /// 任务标题
    #[schema(required)]
    pub task_title: Option<String>,
    /// 单位在任务中的角色
    #[schema(required)]
    pub role: Option<Role>,
    /// 现在的进度，0 至 100
    #[schema(required)]
    pub percent: Option<i32>,
    /// 最近一次填报进度的日期
    #[schema(required)]
    pub reported_on: Option<NaiveDate>,
    /// 指标编号
    #[schema(required)]
    pub indicator_id: Option<IndicatorId>,
    /// 指标原文
    #[schema(required)]
    pub indicator_text: Option<String>,
    /// 指标名称
    #[schema(required)]
    pub indicator_name: Option<String>,
    /// 计量单位
    #[schema(required)]
    pub measured_in: Option<String>,
    /// 目标的比较方式
    #[schema(required)]
    pub comparator: Option<Comparator>,
    /// 该周期段的目标值
    #[schema(required)]
    pub target: Option<Decimal>,
    /// 已填报的数值
    #[schema(required)]
    pub value: Option<Decimal>,
    /// 同一单位上一周期段的数值
    #[schema(required)]
    pub last_value: Option<Decimal>,
}

/// What an obligation asks for, item by item.
pub(super) async fn asked_items(
    ctx: &Ctx,
    row: &ObligationRow,
) -> Result<Vec<ObligationItem>, Problem> {
    let db = &ctx.db;
    let asked = items(db, &[row.obligation.id]).await?;
    let assignments = asked.iter().filter_map(|item| item.assignment_id);
    let assignments = labels::assignments(db, assignments.map(AssignmentId)).await?;
    let of = asked.iter().filter_map(|item| item.indicator_id);
    let of: BTreeSet<IndicatorId> = of.map(IndicatorId).collect();
    let indicators = indicators::with_ids(db, of.iter().copied()).await?;
    let period: Option<PeriodKey> = row.period.as_deref().and_then(|text| text.parse().ok());
    let unit = row.obligation.unit_id;
    let values = KnownValues::of(db, &of, Some(&BTreeSet::from([unit])), period).await?;
    let items = asked.into_iter().map(|item| {
        let assignment_id = item.assignment_id.map(AssignmentId);
        let label = assignment_id.and_then(|id| assignments.get(&id));
        let indicator = item.indicator_id.map(IndicatorId);
        let indicator = indicator.and_then(|id| indicators.get(&id));
        let in_period = indicator.zip(period);
        let target = in_period.map(|(one, period)| one.target_in(period));
        ObligationItem {
            assignment_id,
            task_id: label.map(|label| label.task_id),
            task_number: label.map(|label| label.number.clone()),
            task_title: label.map(|label| label.title.clone()),
            role: label.map(|label| label.role),
            percent: label.and_then(|label| label.percent),
            reported_on: label.and_then(|label| label.reported_on),
            indicator_id: indicator.map(|one| one.id),
            indicator_text: indicator.map(|one| one.text.clone()),
            indicator_name: indicator.and_then(|one| one.called()).map(str::to_owned),
            measured_in: indicator.and_then(|one| one.measured_in.clone()),
            comparator: target.map(|target| target.comparator),
            target: target.map(|target| target.value),
            value: in_period
                .and_then(|(one, period)| values.at(one.id, unit, period))
                .map(|value| value.value),
            last_value: in_period.and_then(|(one, period)| values.before(one.id, unit, period)),
        }
    });
    Ok(items.collect())
}
