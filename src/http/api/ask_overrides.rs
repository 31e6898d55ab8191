//! `/burden/overrides`: each time that units were asked over their budget or for the same day, by whom and why.

use super::burden::TAG;
use super::examples;
use crate::domain::access::{Action, Reach};
use crate::domain::ids::{AskOverrideId, PlanId, RoundId, UnitId};
use crate::domain::period_key::PeriodKey;
use crate::flow::RefusalCode;
use crate::flow::burden::burden_month;
use crate::http::kernel::{Call, Direction, Endpoint, Line, List, Page, Problem, Reply, SortKey};
use crate::storage::Db;
use crate::storage::ask_overrides::{StoredOverride, units_of};
use crate::storage::lists::ask_overrides::{self as list, OverrideFilter};
use crate::storage::lists::labels;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadBurden;
    let says = "超出每月上限或要求当日填报，须说明理由；周期自动开展而超出的也在其中，没有理由。默认先后次序。单位的角色看到涉及本单位和下级单位的，其他单位不列出。在 changes 中称 ask-overrides。";
    vec![
        Endpoint::get(
            "/burden/overrides",
            "list_ask_overrides",
            read,
            list_overrides,
        )
        .tag(TAG)
        .says(
            "超出上限和当日填报的记录",
            "List the times a budget was gone over",
            says,
        )
        .refuses(&[RefusalCode::WrongPeriod])
        .example_query("month=2026-03&by_hand=true"),
        Endpoint::get(
            "/burden/overrides/{id}",
            "get_ask_override",
            read,
            get_override,
        )
        .tag(TAG)
        .says(
            "查看一次超出上限或当日填报",
            "Get one time a budget was gone over",
            "含涉及的单位。",
        )
        .example_param("id", examples::ASK_OVERRIDE),
    ]
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OverrideQuery {
    /// 月份，默认全部
    month: Option<PeriodKey>,
    /// 涉及的单位的代码
    unit_code: Option<Line<64>>,
    /// true 只列人工提出的，false 只列周期自动开展的
    by_hand: Option<bool>,
}

/// They come in the order in which they were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct InOrder;

impl SortKey for InOrder {
    const ALL: &'static [Self] = &[Self];
    const USUAL: Direction = Direction::Ascending;

    fn as_str(self) -> &'static str {
        "id"
    }
}

/// 涉及的单位
#[derive(Debug, Serialize, ToSchema)]
struct OverrideUnit {
    /// 单位编号
    unit_id: UnitId,
    /// 单位代码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 连同这一次，当月被要求填报的次数
    asks: u32,
    /// 是否超出上限
    over_budget: bool,
    /// 是否要求当日填报
    same_day: bool,
}

/// 一次超出上限或当日填报
#[derive(Debug, Serialize, ToSchema)]
struct AskOverride {
    /// 编号
    id: AskOverrideId,
    /// 事项
    what: String,
    /// 是否由人提出；false 为周期自动开展
    by_hand: bool,
    /// 由谁提出
    asked_by: String,
    /// 提出的时刻
    asked_at: DateTime<Utc>,
    /// 提出的日期
    asked_on: NaiveDate,
    /// 理由；周期自动开展的没有
    #[schema(required)]
    reason: Option<String>,
    /// 当时每个单位每月的上限
    budget: u32,
    /// 是否要求当日填报
    same_day: bool,
    /// 方案编号，只涉及一个方案时给出
    #[schema(required)]
    plan_id: Option<PlanId>,
    /// 由一次督办提出的，其编号
    #[schema(required)]
    round_id: Option<RoundId>,
    /// 涉及的单位
    units: Vec<OverrideUnit>,
}

async fn list_overrides(
    call: Call<List<OverrideQuery, InOrder>>,
) -> Result<Reply<Page<AskOverride>>, Problem> {
    let query = &call.query.filter;
    let month = match query.month {
        Some(key) => Some(burden_month(&call.ctx, Some(key)).await?),
        None => None,
    };
    let filter = OverrideFilter {
        from: month.map(|month| month.from),
        to: month.map(|month| month.to),
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        by_hand: query.by_hand,
    };
    let reach = call.viewer.reach(Action::ReadBurden);
    let page = list::list(&call.ctx.db, &filter, &reach, &call.query.wanted()).await?;
    let items = shown(&call.ctx.db, page.rows, &reach).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get_override(call: Call) -> Result<Reply<AskOverride>, Problem> {
    let id: AskOverrideId = call.id("id")?;
    let db = &call.ctx.db;
    let reach = call.viewer.reach(Action::ReadBurden);
    let Some(row) = list::one(db, id, &reach).await? else {
        return match list::one(db, id, &Reach::All).await? {
            Some(_) => Err(Problem::hidden(format!("ask override {id}"))),
            None => Err(Problem::not_found()),
        };
    };
    let shown = shown(db, vec![row], &reach).await?.pop();
    Ok(Reply::ok(shown.ok_or_else(Problem::not_found)?))
}

/// Overrides as they are shown, in their order, with those of their units that are in reach.
async fn shown(
    db: &Db,
    rows: Vec<StoredOverride>,
    reach: &Reach,
) -> Result<Vec<AskOverride>, Problem> {
    let ids: Vec<AskOverrideId> = rows.iter().map(|row| row.id).collect();
    let mut units = units_of(db, &ids).await?;
    units.retain(|unit| reach.covers(unit.unit_id));
    let named = labels::units(db, units.iter().map(|unit| unit.unit_id)).await?;
    let mut by_override: HashMap<AskOverrideId, Vec<OverrideUnit>> = HashMap::new();
    for unit in units {
        let Some(label) = named.get(&unit.unit_id) else {
            continue;
        };
        by_override
            .entry(unit.override_id)
            .or_default()
            .push(OverrideUnit {
                unit_id: unit.unit_id,
                unit_code: label.code.clone(),
                unit_name: label.name.clone(),
                asks: unit.asks,
                over_budget: unit.over_budget,
                same_day: unit.same_day,
            });
    }
    let shown = rows.into_iter().map(|row| AskOverride {
        units: by_override.remove(&row.id).unwrap_or_default(),
        id: row.id,
        what: row.what,
        by_hand: row.by_hand,
        asked_by: row.asked_by,
        asked_at: row.asked_at,
        asked_on: row.asked_on,
        reason: row.reason,
        budget: row.budget,
        same_day: row.same_day,
        plan_id: row.plan_id,
        round_id: row.round_id,
    });
    Ok(shown.collect())
}
