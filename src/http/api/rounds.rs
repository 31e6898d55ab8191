//! Rounds 一次督办: what they asked and what came of it, opening one early, closing one, and the draw behind it.

use super::examples;
use crate::domain::access::Action;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::{CycleId, PlanId, RoundId};
use crate::domain::inspection::{DrawState, InspectionMode};
use crate::domain::period_key::PeriodKey;
use crate::flow::RefusalCode;
use crate::flow::close_asks::close_round_by_hand;
use crate::flow::open_round_by_hand::open_round_of_cycle;
use crate::http::kernel::{
    Call, Check, Direction, Endpoint, Line, List, NoQuery, Page, Problem, Reply, SortKey, Tag,
};
use crate::storage::lists::rounds::{self, RoundFilter, RoundRow, RoundSort};
use crate::storage::lists::{findings, inspections};
use actix_web::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

pub(super) const TAG: Tag = Tag {
    name: "rounds",
    says: "一次督办：某个督办周期在一个周期段内的开展",
};

/// 一次督办的状态：进行中、已结束
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundState {
    /// It still asks.
    Open,
    /// It no longer does.
    Closed,
}

/// 一次督办
#[derive(Debug, Serialize, ToSchema)]
pub struct Round {
    /// 编号
    pub id: RoundId,
    /// 督办周期编号
    pub cycle_id: CycleId,
    /// 方案编号
    pub plan_id: PlanId,
    /// 方案标题
    pub plan_title: String,
    /// 种类
    pub kind: CycleKind,
    /// 周期段
    pub period: String,
    /// 周期段的名称
    pub period_label: String,
    /// 状态
    pub state: RoundState,
    /// 校历上的开启日
    pub planned_on: NaiveDate,
    /// 实际开启日
    pub opened_on: NaiveDate,
    /// 最晚的填报期限；不要求填报的为空
    #[schema(required)]
    pub due_on: Option<NaiveDate>,
    /// 是否晚于开启日补开
    pub late: bool,
    /// 是否由人开启
    pub by_hand: bool,
    /// 由人开启时说明的理由
    #[schema(required)]
    pub reason: Option<String>,
    /// 日期是否依据尚未公布的校历
    pub provisional: bool,
    /// 抽签前公布的承诺值；没有抽签的为空
    #[schema(required)]
    pub commitment: Option<String>,
    /// 抽中的单位如何检查：desk 书面检查，visit 实地检查；没有抽签的为空
    #[schema(required)]
    pub mode: Option<InspectionMode>,
    /// 抽签的状态：proposed 待确认，confirmed 已生效；没有抽签的为空
    #[schema(required)]
    pub draw_state: Option<DrawState>,
    /// 抽签何时生效；未生效的为空
    #[schema(required)]
    pub draw_confirmed_on: Option<NaiveDate>,
    /// 由谁确认；不须确认的为空
    #[schema(required)]
    pub draw_confirmed_by: Option<String>,
    /// 检查结果最晚何时登记；没有检查的为空
    #[schema(required)]
    pub results_due_on: Option<NaiveDate>,
    /// 需要知道的情况：超出填报次数上限的单位、因假期不参加的学校等
    pub listed: Vec<String>,
    /// 开启时间
    pub opened_at: DateTime<Utc>,
    /// 结束时间
    #[schema(required)]
    pub closed_at: Option<DateTime<Utc>>,
    /// 由谁结束；到期自动结束的为任务名称
    #[schema(required)]
    pub closed_by: Option<String>,
}

impl From<RoundRow> for Round {
    fn from(row: RoundRow) -> Self {
        let check = row.check.as_ref();
        Self {
            mode: check.map(|check| check.mode),
            draw_state: check.map(|check| check.state),
            draw_confirmed_on: check.and_then(|check| check.confirmed_on),
            draw_confirmed_by: check.and_then(|check| check.confirmed_by.clone()),
            results_due_on: check.and_then(|check| check.results_due_on),
            id: row.id,
            cycle_id: row.cycle_id,
            plan_id: row.cycle.plan_id,
            plan_title: row.cycle.plan_title,
            kind: row.cycle.kind,
            period: row.period.to_string(),
            period_label: row.period.label(),
            state: match row.open {
                true => RoundState::Open,
                false => RoundState::Closed,
            },
            planned_on: row.planned_on,
            opened_on: row.opened_on,
            due_on: row.due_on,
            late: row.late,
            by_hand: row.by_hand.is_some(),
            reason: row.by_hand.filter(|reason| !reason.is_empty()),
            provisional: row.provisional,
            commitment: row.commitment,
            listed: row.listed,
            opened_at: row.opened_at,
            closed_at: row.closed_at,
            closed_by: row.closed_by,
        }
    }
}

/// 填报情况（已撤回的不计）
#[derive(Debug, Serialize, ToSchema)]
pub struct RoundTally {
    /// 应报单位数
    pub asked: u64,
    /// 已填报
    pub answered: u64,
    /// 到结束时未填报
    pub unanswered: u64,
    /// 待填报
    pub open: u64,
    /// 待填报中已逾期的
    pub overdue: u64,
}

/// 一次督办及其填报情况
#[derive(Debug, Serialize, ToSchema)]
pub struct RoundDetail {
    /// 督办
    #[serde(flatten)]
    pub round: Round,
    /// 填报情况
    pub counts: RoundTally,
    /// 检查和整改情况；没有抽签的为空
    #[schema(required)]
    pub inspections: Option<InspectionTally>,
}

/// 检查和整改情况
#[derive(Debug, Serialize, ToSchema)]
pub struct InspectionTally {
    /// 结果还没有登记的检查
    pub planned: u64,
    /// 其中登记期限已过的
    pub overdue: u64,
    /// 结果已登记的检查
    pub recorded: u64,
    /// 其中通过的
    pub passed: u64,
    /// 待整改的问题，含复查退回的
    pub findings_open: u64,
    /// 待复查的问题
    pub findings_reported: u64,
    /// 已销号的问题
    pub findings_closed: u64,
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundQuery {
    /// 督办周期
    cycle_id: Option<CycleId>,
    /// 方案
    plan_id: Option<PlanId>,
    /// 种类
    kind: Option<CycleKind>,
    /// 状态
    state: Option<RoundState>,
    /// 周期段，如 2026-11
    period: Option<PeriodKey>,
}

impl SortKey for RoundSort {
    const ALL: &'static [Self] = &[Self::OpenedOn];
    const USUAL: Direction = Direction::Descending;

    fn as_str(self) -> &'static str {
        match self {
            Self::OpenedOn => "opened_on",
        }
    }
}

/// 提前开展一次督办
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundToOpen {
    /// 督办周期
    cycle_id: CycleId,
    /// 周期段；不填为今天所在的
    period: Option<PeriodKey>,
    /// 理由；要求当日填报或超出填报次数上限时必填
    reason: Option<Line<200>>,
}

impl Check for RoundToOpen {}

/// The endpoints of this resource.
pub fn endpoints() -> Vec<Endpoint> {
    let (read, write) = (Action::ReadRounds, Action::WriteRounds);
    vec![
        Endpoint::get("/rounds", "list_rounds", read, list)
            .tag(TAG)
            .says("督办列表", "List rounds", "默认新开展的在前。")
            .example_query("kind=spot_check&state=open"),
        Endpoint::get("/rounds/{id}", "get_round", read, get)
            .tag(TAG)
            .says(
                "查看一次督办",
                "Get a round",
                "含应报、已报、未报和逾期的单位数。",
            )
            .example_param("id", examples::ROUND),
        Endpoint::post("/rounds", "open_round", write, open)
            .tag(TAG)
            .says(
                "提前开展一次督办",
                "Open a round early",
                "每个周期段只能开展一次。要求当日填报或超出单位每月填报次数上限时，须说明理由。",
            )
            .refuses(&[
                RefusalCode::NotFound,
                RefusalCode::PlanNotIssued,
                RefusalCode::WrongPeriod,
                RefusalCode::RoundExists,
                RefusalCode::ReasonNeeded,
                RefusalCode::InvalidValue,
            ])
            .example_body(json!({ "cycle_id": examples::CYCLE, "reason": "专项检查" })),
        Endpoint::post("/rounds/{id}/close", "close_round", write, close)
            .tag(TAG)
            .says(
                "结束一次督办",
                "Close a round",
                "尚未填报的单位记为未填报，不再提醒。",
            )
            .answers(&[StatusCode::OK])
            .refuses(&[RefusalCode::RoundClosed])
            .example_param("id", examples::ROUND),
    ]
}

async fn list(call: Call<List<RoundQuery, RoundSort>>) -> Result<Reply<Page<Round>>, Problem> {
    let query = &call.query;
    let filter = RoundFilter {
        cycle_id: query.filter.cycle_id,
        plan_id: query.filter.plan_id,
        kind: query.filter.kind,
        open: query.filter.state.map(|state| state == RoundState::Open),
        period: query.filter.period,
    };
    let reach = call.viewer.reach(Action::ReadRounds);
    let (sort, wanted) = (query.sort.key, query.wanted());
    let page = rounds::list(&call.ctx.db, &filter, &reach, sort, &wanted).await?;
    let items = page.rows.into_iter().map(Round::from).collect();
    Ok(Reply::ok(query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<RoundDetail>, Problem> {
    Ok(Reply::ok(detail(&call, call.id("id")?).await?))
}

async fn open(call: Call<NoQuery, RoundToOpen>) -> Result<Reply<RoundDetail>, Problem> {
    let wanted = &call.body;
    let reason = wanted.reason.as_deref();
    let opened = open_round_of_cycle(&call.ctx, wanted.cycle_id, wanted.period, reason).await?;
    let id = opened.round.id;
    Ok(Reply::created(
        detail(&call, id).await?,
        &format!("/rounds/{id}"),
    ))
}

async fn close(call: Call) -> Result<Reply<RoundDetail>, Problem> {
    let id = call.id("id")?;
    close_round_by_hand(&call.ctx, id).await?;
    Ok(Reply::ok(detail(&call, id).await?))
}

/// A round with what became of it.
pub(super) async fn detail<Q, B>(call: &Call<Q, B>, id: RoundId) -> Result<RoundDetail, Problem> {
    let db = &call.ctx.db;
    let row = rounds::one(db, id).await?.ok_or_else(Problem::not_found)?;
    let counts = rounds::counts(db, id, call.now.today).await?;
    let inspections = match row.check {
        Some(_) => Some(tally(call, id).await?),
        None => None,
    };
    Ok(RoundDetail {
        round: row.into(),
        counts: RoundTally {
            asked: counts.asked,
            answered: counts.answered,
            unanswered: counts.unanswered,
            open: counts.open,
            overdue: counts.overdue,
        },
        inspections,
    })
}

async fn tally<Q, B>(call: &Call<Q, B>, id: RoundId) -> Result<InspectionTally, Problem> {
    let db = &call.ctx.db;
    let checked = inspections::counts(db, id, call.now.today).await?;
    let found = findings::counts(db, id).await?;
    Ok(InspectionTally {
        planned: checked.planned,
        overdue: checked.overdue,
        recorded: checked.recorded,
        passed: checked.passed,
        findings_open: found.open,
        findings_reported: found.reported,
        findings_closed: found.closed,
    })
}
