//! `/indicators/{id}/values`: what units have reported of an indicator, weighed.

use super::examples;
use super::indicators::{TAG, found};
use crate::domain::access::{Action, Reach};
use crate::domain::attainment::{Attainment, Trend};
use crate::domain::decimal::Decimal;
use crate::domain::ids::{ObligationId, ReportId, UnitId};
use crate::domain::period_key::PeriodKey;
use crate::domain::plan::Comparator;
use crate::flow::weigh_values::{KnownValues, weigh};
use crate::http::kernel::{Call, Endpoint, Line, List, Page, Problem, Reply};
use crate::storage::indicator_values::is_asked_within;
use crate::storage::lists::indicator_values::{self as values, ValueFilter, ValueRow};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The endpoint.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/indicators/{id}/values", "list_indicator_values", Action::ReadIndicatorValues, list_values)
            .says("指标的数值", "List the values of an indicator", "各单位填报的数值，附是否达到目标、与上一周期段相比如何；默认只列各单位最后填报的。没有要求调用者的单位填报过的指标，答 404。")
            .example_param("id", examples::INDICATOR)
            .example_query("period=2025-T2").tag(TAG),
    ]
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ValueQuery {
    /// 周期段，如 2026-T1
    period: Option<PeriodKey>,
    /// 单位编码
    unit_code: Option<Line<64>>,
    /// true 则连同被后来的填报替换的各版
    all_versions: Option<bool>,
}

/// 一个单位填报的数值
#[derive(Debug, Serialize, ToSchema)]
struct ValueShown {
    /// 单位
    unit_id: UnitId,
    /// 单位编码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 周期段
    period: String,
    /// 数值
    value: Decimal,
    /// 对数值的说明
    #[schema(required)]
    note: Option<String>,
    /// 之后的填报是否另有数值
    superseded: bool,
    /// 该周期段的目标的比较方式
    comparator: Comparator,
    /// 该周期段的目标值
    target: Decimal,
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
    /// 应报事项
    obligation_id: ObligationId,
    /// 填报
    report_id: ReportId,
    /// 填报的第几版
    version: i32,
    /// 填报人，或代为登记的人
    reported_by: String,
    /// 填报时间
    reported_at: DateTime<Utc>,
}

async fn list_values(call: Call<List<ValueQuery>>) -> Result<Reply<Page<ValueShown>>, Problem> {
    let id = call.id("id")?;
    let indicator = found(&call, id).await?.indicator;
    let (db, query) = (&call.ctx.db, &call.query.filter);
    let reach = call.viewer.reach(Action::ReadIndicatorValues);
    if reach != Reach::All && !is_asked_within(db, id, &reach).await? {
        return Err(Problem::hidden(format!("values of indicator {id}")));
    }
    let filter = ValueFilter {
        period: query.period,
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        all_versions: query.all_versions.unwrap_or(false),
    };
    let paged = values::list(db, id, &filter, &reach, &call.query.wanted()).await?;
    let units: BTreeSet<UnitId> = paged.rows.iter().map(|row| row.value.unit_id).collect();
    let periods = paged.rows.iter().map(|row| row.value.period);
    let known = KnownValues::of(db, &BTreeSet::from([id]), Some(&units), periods).await?;
    let items = paged.rows.into_iter().map(|row| {
        let ValueRow {
            value,
            unit,
            report,
        } = row;
        let last = known.before(id, value.unit_id, value.period);
        let weighed = weigh(&indicator, value.period, Some(value.value), last);
        ValueShown {
            unit_id: value.unit_id,
            unit_code: unit.code,
            unit_name: unit.name,
            period: value.period.to_string(),
            value: value.value,
            note: value.note,
            superseded: value.superseded,
            comparator: weighed.target.comparator,
            target: weighed.target.value,
            last_value: last,
            attainment: weighed.attainment,
            trend: weighed.trend,
            sentence: weighed.sentence,
            obligation_id: report.obligation_id,
            report_id: report.id,
            version: report.version,
            reported_by: report.reported_by,
            reported_at: report.reported_at,
        }
    });
    Ok(Reply::ok(call.query.shown(items.collect(), paged.next)))
}
