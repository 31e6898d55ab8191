//! `/rounds/{id}/attainment`: what a monitoring round was told, indicator by indicator, and the units that need a look.

use super::examples;
use crate::domain::access::{Action, Reach};
use crate::domain::attainment::{Attainment, Trend};
use crate::domain::decimal::Decimal;
use crate::domain::ids::{IndicatorId, ObligationId, UnitId};
use crate::domain::plan::Comparator;
use crate::flow::weigh_values::{RoundWeighed, Tally, WeighedUnit, weigh_round};
use crate::http::kernel::{Call, Direction, Endpoint, Line, List, Page, Problem, Reply, Tag};
use crate::storage::lists::labels;
use crate::storage::paging::{PageWanted, Paged, Place};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The group of rounds.
pub(super) const TAG: Tag = Tag {
    name: "rounds",
    says: "一次督办：某个督办周期在一个周期段内的开展",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadIndicatorValues;
    let all = [
        Endpoint::get("/rounds/{id}/attainment", "list_attainment", read, summary)
            .says("监测汇总", "Sum up a monitoring round", "逐个指标：要求了多少单位、已报、达标、未达标、变差和未报的单位数，只计调用者能见的单位。不是监测的没有内容；没有要求调用者的单位填报的，答 404。")
            .example_param("id", examples::MONITORING_ROUND),
        Endpoint::get("/rounds/{id}/attainment/flags", "list_attainment_flags", read, flags)
            .says("监测中需要关注的单位", "List what needs a look in a monitoring round", "未达标、比上一周期段差，或没有填报的，各附一句话说明。")
            .example_param("id", examples::MONITORING_ROUND)
            .example_query("flag=missing&unit_code=S1"),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 没有筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Unfiltered {}

/// 一个指标的达标情况
#[derive(Debug, Serialize, ToSchema)]
struct AttainmentShown {
    /// 指标编号
    indicator_id: IndicatorId,
    /// 指标名称或原文
    indicator_name: String,
    /// 周期段
    period: String,
    /// 比较方式
    comparator: Comparator,
    /// 该周期段的目标值
    target: Decimal,
    /// 计量单位
    #[schema(required)]
    measured_in: Option<String>,
    /// 要求填报的单位数
    asked: usize,
    /// 已有数值的
    answered: usize,
    /// 达标的
    attained: usize,
    /// 未达标的
    not_attained: usize,
    /// 比上一周期段差的
    falling: usize,
    /// 没有数值的
    missing: usize,
}

/// 因何需要关注
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Flag {
    /// The target is missed.
    NotAttained,
    /// Worse than the period before.
    Falling,
    /// Nothing was told.
    Missing,
}

impl Flag {
    fn is_on(self, unit: &WeighedUnit) -> bool {
        match self {
            Self::NotAttained => unit.weighed.attainment == Attainment::NotAttained,
            Self::Falling => unit.weighed.trend == Some(Trend::Falling),
            Self::Missing => unit.weighed.attainment == Attainment::NoValue,
        }
    }
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FlagQuery {
    /// 指标
    indicator_id: Option<IndicatorId>,
    /// 单位编码
    unit_code: Option<Line<64>>,
    /// 因何需要关注
    flag: Option<Flag>,
}

/// 需要关注的单位
#[derive(Debug, Serialize, ToSchema)]
struct FlagShown {
    /// 单位
    unit_id: UnitId,
    /// 单位编码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 指标编号
    indicator_id: IndicatorId,
    /// 指标名称或原文
    indicator_name: String,
    /// 应报事项
    obligation_id: ObligationId,
    /// 数值
    #[schema(required)]
    value: Option<Decimal>,
    /// 同一单位上一周期段的数值
    #[schema(required)]
    last_value: Option<Decimal>,
    /// 是否达到目标
    attainment: Attainment,
    /// 与上一周期段相比
    #[schema(required)]
    trend: Option<Trend>,
    /// 一句话说明
    sentence: String,
    /// 单位对数值的说明
    #[schema(required)]
    note: Option<String>,
}

/// The round in the path, as far as the caller meets it.
pub(super) async fn weighed<Q, B>(call: &Call<Q, B>) -> Result<RoundWeighed, Problem> {
    let id = call.id("id")?;
    let reach = call.viewer.reach(Action::ReadIndicatorValues);
    let round = weigh_round(&call.ctx, id, &reach).await?;
    match reach != Reach::All && round.units.is_empty() {
        true => Err(Problem::hidden(format!("attainment of round {id}"))),
        false => Ok(round),
    }
}

async fn summary(call: Call<List<Unfiltered>>) -> Result<Reply<Page<AttainmentShown>>, Problem> {
    let round = weighed(&call).await?;
    let rows: Vec<(Uuid, AttainmentShown)> = round
        .units
        .iter()
        .filter_map(|(id, units)| {
            let indicator = round.indicators.get(id)?;
            let target = indicator.target_in(round.period);
            let tally = Tally::of(units);
            let name = indicator.called().unwrap_or(&indicator.text);
            let shown = AttainmentShown {
                indicator_id: *id,
                indicator_name: name.to_owned(),
                period: round.period.to_string(),
                comparator: target.comparator,
                target: target.value,
                measured_in: indicator.measured_in.clone(),
                asked: tally.asked,
                answered: tally.answered,
                attained: tally.attained,
                not_attained: tally.not_attained,
                falling: tally.falling,
                missing: tally.missing,
            };
            Some((id.0, shown))
        })
        .collect();
    let page = page_of(rows, &call.query.wanted());
    let items = page.rows.into_iter().map(|(_, shown)| shown).collect();
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn flags(call: Call<List<FlagQuery>>) -> Result<Reply<Page<FlagShown>>, Problem> {
    let round = weighed(&call).await?;
    let filter = &call.query.filter;
    let wanted_unit = match filter.unit_code.as_deref() {
        None => None,
        Some(code) => {
            let directory = call.ctx.units().await?;
            let unit = directory.by_code(code).map(|unit| unit.id);
            // Nobody has that code: nobody needs a look.
            Some(unit.unwrap_or(UnitId(Uuid::nil())))
        }
    };
    let is_wanted = |one: &&WeighedUnit| {
        one.weighed.flagged
            && filter.flag.is_none_or(|flag| flag.is_on(one))
            && wanted_unit.is_none_or(|unit| unit == one.asked.unit_id)
            && filter
                .indicator_id
                .is_none_or(|id| id == one.asked.indicator_id)
    };
    let rows = round.units.values().flatten().filter(is_wanted);
    let mut rows: Vec<(Uuid, &WeighedUnit)> = rows.map(|one| (one.asked.item_id, one)).collect();
    rows.sort_unstable_by_key(|(id, _)| *id);
    let page = page_of(rows, &call.query.wanted());
    let units = page.rows.iter().map(|(_, one)| one.asked.unit_id);
    let units = labels::units(&call.ctx.db, units).await?;
    let items = page.rows.into_iter().filter_map(|(_, one)| {
        // The schema keeps both.
        let unit = units.get(&one.asked.unit_id)?;
        let indicator = round.indicators.get(&one.asked.indicator_id)?;
        let name = indicator.called().unwrap_or(&indicator.text);
        Some(FlagShown {
            unit_id: one.asked.unit_id,
            unit_code: unit.code.clone(),
            unit_name: unit.name.clone(),
            indicator_id: indicator.id,
            indicator_name: name.to_owned(),
            obligation_id: one.asked.obligation_id,
            value: one.weighed.value,
            last_value: one.weighed.last,
            attainment: one.weighed.attainment,
            trend: one.weighed.trend,
            sentence: one.weighed.sentence.clone(),
            note: one.note.clone(),
        })
    });
    Ok(Reply::ok(call.query.shown(items.collect(), page.next)))
}

/// The page of rows that are in the order of their ids; what is weighed is not in the database, and cannot be paged there.
fn page_of<T>(mut rows: Vec<(Uuid, T)>, wanted: &PageWanted) -> Paged<(Uuid, T)> {
    if wanted.direction == Direction::Descending {
        rows.reverse();
    }
    if let Some(after) = &wanted.after {
        rows.retain(|(id, _)| match wanted.direction {
            Direction::Ascending => *id > after.id,
            Direction::Descending => *id < after.id,
        });
    }
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|(id, _)| Place { key: None, id: *id });
    Paged { rows, next }
}
