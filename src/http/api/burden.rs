//! `/burden`: how often each unit was asked in a month 减负, against the budget; as a list and as a sheet.

use crate::documents::sheet_out::sheets_xlsx;
use crate::domain::access::Action;
use crate::domain::ask_origin::AskOrigin;
use crate::domain::ids::{PlanId, UnitId};
use crate::domain::obligation::ObligationKind;
use crate::domain::period_key::PeriodKey;
use crate::files::kind::FileKind;
use crate::flow::burden::{AskedPart, UnitAsked, burden, burden_month};
use crate::flow::burden_sheets::{burden_sheets, overrides_of_month};
use crate::flow::{FlowError, RefusalCode};
use crate::http::kernel::{
    Call, Direction, Download, Endpoint, Line, List, Page, Problem, Reply, SortKey, Tag,
};
use crate::storage::paging::{PageWanted, Paged, Place};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) const TAG: Tag = Tag {
    name: "burden",
    says: "减负：各单位每月被要求填报的次数，超出上限的理由",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let says = "每月统计：要求填报的次数按种类、方案和由谁提出分列；签收和抄送不计次数，列在旁边。上限见配置。默认次数多的在前。单位的角色看到本单位和下级单位。";
    let sheet = "两张表：各单位填报次数，超出上限和要求当日填报的理由。单位的角色得到的只含本单位和下级单位。内容不变，文件逐字节相同。";
    let read = Action::ReadBurden;
    vec![
        Endpoint::get("/burden", "list_burden", read, list_burden)
            .tag(TAG)
            .says(
                "各单位填报次数",
                "How often each unit was asked in a month",
                says,
            )
            .refuses(&[RefusalCode::WrongPeriod])
            .example_query("month=2026-03&over_budget=false"),
        Endpoint::get("/burden.xlsx", "get_burden_xlsx", read, xlsx)
            .tag(TAG)
            .says(
                "各单位填报次数（Excel）",
                "How often each unit was asked in a month, as xlsx",
                sheet,
            )
            .refuses(&[RefusalCode::WrongPeriod, RefusalCode::Unprintable])
            .never_kept()
            .example_query("month=2026-03"),
    ]
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BurdenQuery {
    /// 月份，默认本月
    month: Option<PeriodKey>,
    /// 单位代码
    unit_code: Option<Line<64>>,
    /// true 只列超出上限的，false 只列没有超出的
    over_budget: Option<bool>,
}

/// 月份
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MonthQuery {
    /// 月份，默认本月
    month: Option<PeriodKey>,
}

/// What units are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BurdenSort {
    /// Requests that count.
    Asks,
    /// Code.
    Code,
}

impl SortKey for BurdenSort {
    const ALL: &'static [Self] = &[Self::Asks, Self::Code];
    const USUAL: Direction = Direction::Descending;

    fn as_str(self) -> &'static str {
        match self {
            Self::Asks => "asks",
            Self::Code => "unit_code",
        }
    }
}

/// 同一种类、同一方案、由同一方提出的填报要求
#[derive(Debug, Serialize, ToSchema)]
struct BurdenPart {
    /// 应报事项的种类
    kind: ObligationKind,
    /// 由谁提出：schedule 周期自动开展，round_by_hand 人工开展，plan 方案规定，task_by_hand 人工立项
    origin: AskOrigin,
    /// 方案编号
    plan_id: PlanId,
    /// 方案标题
    plan_title: String,
    /// 发文机关，照原文
    #[schema(required)]
    issued_by: Option<String>,
    /// 次数
    asks: u32,
}

/// 一个单位一个月的填报次数
#[derive(Debug, Serialize, ToSchema)]
struct MonthOfUnit {
    /// 单位编号
    unit_id: UnitId,
    /// 单位代码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 月份
    month: PeriodKey,
    /// 被要求填报的次数
    asks: u32,
    /// 每月的上限
    budget: u32,
    /// 是否超出上限
    over_budget: bool,
    /// 分项，次数多的在前
    parts: Vec<BurdenPart>,
    /// 要求签收的次数，不计入
    acknowledgements: u32,
    /// 收到的抄送邮件数，不计入
    copies: u32,
}

impl From<AskedPart> for BurdenPart {
    fn from(part: AskedPart) -> Self {
        Self {
            kind: part.kind,
            origin: part.origin,
            plan_id: part.plan_id,
            plan_title: part.plan_title,
            issued_by: part.issued_by,
            asks: part.asks,
        }
    }
}

async fn list_burden(
    call: Call<List<BurdenQuery, BurdenSort>>,
) -> Result<Reply<Page<MonthOfUnit>>, Problem> {
    let query = &call.query.filter;
    let month = burden_month(&call.ctx, query.month).await?;
    let reach = call.viewer.reach(Action::ReadBurden);
    let burden = burden(&call.ctx, month, &reach).await?;
    let mut units = burden.units;
    units.retain(|unit| {
        let code = query.unit_code.as_deref();
        code.is_none_or(|code| code == unit.unit_code)
            && query
                .over_budget
                .is_none_or(|over| over == unit.over_budget)
    });
    let page = page_of(units, call.query.sort.key, &call.query.wanted());
    let items = page.rows.into_iter().map(|unit| MonthOfUnit {
        unit_id: unit.unit_id,
        unit_code: unit.unit_code,
        unit_name: unit.unit_name,
        month: month.key,
        asks: unit.asks,
        budget: burden.budget,
        over_budget: unit.over_budget,
        parts: unit.parts.into_iter().map(Into::into).collect(),
        acknowledgements: unit.acknowledgements,
        copies: unit.copies,
    });
    Ok(Reply::ok(call.query.shown(items.collect(), page.next)))
}

/// A page of units, which all are in memory: a city has some hundreds.
fn page_of(mut units: Vec<UnitAsked>, sort: BurdenSort, wanted: &PageWanted) -> Paged<UnitAsked> {
    let key = |unit: &UnitAsked| match sort {
        BurdenSort::Asks => format!("{:010}", unit.asks),
        BurdenSort::Code => unit.unit_code.clone(),
    };
    let place = |unit: &UnitAsked| (key(unit), unit.unit_id.0);
    units.sort_by_cached_key(place);
    if wanted.direction == Direction::Descending {
        units.reverse();
    }
    if let Some(after) = &wanted.after {
        let last = (after.key.clone().unwrap_or_default(), after.id);
        units.retain(|unit| match wanted.direction {
            Direction::Ascending => place(unit) > last,
            Direction::Descending => place(unit) < last,
        });
    }
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let more = units.len() > limit;
    units.truncate(limit);
    let next = units.last().filter(|_| more).map(|last| Place {
        key: Some(key(last)),
        id: last.unit_id.0,
    });
    Paged { rows: units, next }
}

async fn xlsx(call: Call<MonthQuery>) -> Result<Reply<Download>, Problem> {
    let month = burden_month(&call.ctx, call.query.month).await?;
    let reach = call.viewer.reach(Action::ReadBurden);
    let burden = burden(&call.ctx, month, &reach).await?;
    let overrides = overrides_of_month(&call.ctx, month, &reach).await?;
    let sheets = burden_sheets(&burden, &overrides, call.ctx.settings.zone);
    // A large sheet takes a while to write; the workers answer others meanwhile.
    let writing = tokio::task::spawn_blocking(move || sheets_xlsx(&sheets, month.to));
    let written = writing
        .await
        .map_err(|error| Problem::internal(format!("writing a sheet was cut off: {error}")))?;
    let bytes =
        written.map_err(|error| FlowError::refused(RefusalCode::Unprintable, error.to_string()))?;
    Ok(Reply::ok(Download {
        file_name: format!("{}各单位填报次数.xlsx", month.key.label()),
        media_type: FileKind::Xlsx.media_type().to_owned(),
        bytes: bytes.into(),
    }))
}
