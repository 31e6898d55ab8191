//! Obligations 应报事项: what units are asked, and answering.

use super::asked_items::{ObligationItem, asked_items};
use super::report_body::{ReportToMake, answer};
use super::reports::{ReportDetail, details};
use super::{examples, whose};
use crate::domain::access::Action;
use crate::domain::ids::{ObligationId, PlanId, ReportId, RoundId, UnitId};
use crate::domain::obligation::{MovedBy, ObligationKind, ObligationState};
use crate::flow::answer_desk::hand_in;
use crate::flow::answer_obligation::Answer;
use crate::flow::list_by_light::day_asked;
use crate::flow::{Ctx, RefusalCode};
use crate::http::kernel::{
    Call, Day, Endpoint, Line, List, NoQuery, Page, Problem, Reply, SortKey, Tag,
};
use crate::storage::lists::obligations as asked;
use crate::storage::lists::obligations::{
    self, AsOf, ObligationFilter, ObligationRow, ObligationSort,
};
use crate::storage::lists::reports::{self, ReportFilter, ReportSort};
use crate::storage::paging::{Direction, PageWanted};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Their group in the document.
pub(super) const TAG: Tag = Tag {
    name: "obligations",
    says: "应报事项：对一个单位的一次要求",
};

/// 应报事项
#[derive(Debug, Serialize, ToSchema)]
pub struct Obligation {
    /// 编号
    pub id: ObligationId,
    /// 种类：签收、办结、报送、自查、调度、监测、整改、督办单答复、向下汇集、议定事项
    pub kind: ObligationKind,
    /// 状态：待填报、已填报、未填报、已撤回
    pub state: ObligationState,
    /// 单位编号
    pub unit_id: UnitId,
    /// 单位代码
    pub unit_code: String,
    /// 单位名称
    pub unit_name: String,
    /// 方案编号
    pub plan_id: PlanId,
    /// 方案标题
    pub plan_title: String,
    /// 所属的一次督办
    #[schema(required)]
    pub round_id: Option<RoundId>,
    /// 该次督办的周期段
    #[schema(required)]
    pub period: Option<String>,
    /// 要求报送的内容
    #[schema(required)]
    pub what: Option<String>,
    /// 提出日期
    pub opened_on: NaiveDate,
    /// 现在的到期日
    pub due_on: NaiveDate,
    /// 最初的到期日
    pub first_due_on: NaiveDate,
    /// 到期日变更、退回重报共几次
    pub due_revision: i32,
    /// 最近一次变更的由来：return 退回重报，extension_granted 同意延期，extension_refused 未同意延期，resumed 恢复办理，
    /// amended 任务时限调整，objection_rejected 异议未采纳
    #[schema(required)]
    pub moved_by: Option<MovedBy>,
    /// 最近一次变更的说明
    #[schema(required)]
    pub moved_reason: Option<String>,
    /// 到期日是否依据尚未公布的校历
    pub provisional: bool,
    /// 提出时间
    pub opened_at: DateTime<Utc>,
    /// 填报、结束或撤回的时间
    #[schema(required)]
    pub settled_at: Option<DateTime<Utc>>,
}

impl From<ObligationRow> for Obligation {
    fn from(row: ObligationRow) -> Self {
        let one = row.obligation;
        Self {
            id: one.id,
            kind: one.kind,
            state: one.state,
            unit_id: one.unit_id,
            unit_code: row.unit.code,
            unit_name: row.unit.name,
            plan_id: one.plan_id,
            plan_title: row.plan_title,
            round_id: one.round_id,
            period: row.period,
            what: one.what,
            opened_on: one.opened_on,
            due_on: one.due_on,
            first_due_on: one.first_due_on,
            due_revision: one.due_revision,
            moved_by: one.moved.as_ref().map(|moved| moved.by),
            moved_reason: one.moved.map(|moved| moved.reason),
            provisional: one.provisional,
            opened_at: one.opened_at,
            settled_at: row.settled_at,
        }
    }
}

/// 一版填报
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportVersion {
    /// 填报编号
    pub id: ReportId,
    /// 第几版
    pub version: i32,
    /// 填报人，或代为登记的人
    pub reported_by: String,
    /// 填报时间
    pub reported_at: DateTime<Utc>,
}

/// 应报事项的全部内容
#[derive(Debug, Serialize, ToSchema)]
pub struct ObligationDetail {
    /// 应报事项
    #[serde(flatten)]
    pub obligation: Obligation,
    /// 逐项
    pub items: Vec<ObligationItem>,
    /// 最近的填报，新的在前，最多 20 版；全部见 /obligations/{id}/reports
    pub reports: Vec<ReportVersion>,
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObligationQuery {
    /// 单位代码
    unit_code: Option<Line<64>>,
    /// 方案
    plan_id: Option<PlanId>,
    /// 一次督办
    round_id: Option<RoundId>,
    /// 种类
    kind: Option<ObligationKind>,
    /// 状态
    state: Option<ObligationState>,
    /// 到期日起
    due_from: Option<Day>,
    /// 到期日止
    due_to: Option<Day>,
    /// 哪一天起要求的
    opened_from: Option<Day>,
    /// 哪一天止要求的
    opened_to: Option<Day>,
    /// 是否计入填报次数：签收、督办单答复和已撤回的不计
    counted: Option<bool>,
    /// 是否已逾期：待填报，且到期日在 as_of 之前
    overdue: Option<bool>,
    /// 状态和逾期看哪一天，默认今天；不能晚于今天
    as_of: Option<Day>,
}

impl SortKey for ObligationSort {
    const ALL: &'static [Self] = &[Self::DueOn, Self::OpenedAt];

    fn as_str(self) -> &'static str {
        match self {
            Self::DueOn => "due_on",
            Self::OpenedAt => "opened_at",
        }
    }
}

/// Versions shown with an obligation.
const VERSIONS_SHOWN: u64 = 20;

/// The endpoints of this resource.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadObligations;
    vec![
        Endpoint::get("/obligations", "list_obligations", read, list)
            .tag(TAG)
            .says("应报事项列表", "List obligations", "默认先到期的在前。")
            .refuses(&[RefusalCode::InvalidValue])
            .example_query("unit_code=S1&state=open&sort=due_on"),
        Endpoint::get("/obligations/{id}", "get_obligation", read, get)
            .tag(TAG)
            .says(
                "查看应报事项",
                "Get an obligation",
                "含逐项的任务、角色和现在的进度，以及最近的填报。",
            )
            .example_param("id", examples::OBLIGATION),
        Endpoint::get(
            "/obligations/{id}/reports",
            "list_reports_of_obligation",
            Action::ReadReports,
            versions,
        )
        .tag(TAG)
        .says(
            "应报事项的各版填报",
            "List the versions of an answer",
            "每一版都保留，含逐项内容；默认新的在前。",
        )
        .example_param("id", examples::OBLIGATION),
        Endpoint::post(
            "/obligations/{id}/reports",
            "make_report",
            Action::AnswerObligations,
            report,
        )
        .tag(TAG)
        .says(
            "填报",
            "Answer an obligation",
            "再次填报产生新的一版。填报后不再提醒。进度只升不降，退回的除外；退回的各项须一并重新填报。督导办可为任何单位登记，单位只能填报自己的。监测事项逐项填 indicator_id 和 value；没有再填的指标，原来的数值仍然有效。佐证材料先上传为附件，再在各项或整份填报的 evidence 中写明编号；须为填报单位自己的附件，督导办代为登记时也可以是局机关的。用作佐证的附件须保留，不能删除。",
        )
        .refuses(&[
            RefusalCode::NotFound,
            RefusalCode::InvalidValue,
            RefusalCode::ForeignItem,
            RefusalCode::PercentFalls,
            RefusalCode::ReturnedItemMissing,
            RefusalCode::OutOfOrder,
            RefusalCode::ObligationWithdrawn,
        ])
        .example_param("id", examples::OBLIGATION)
        .example_body(json!({
            "items": [{
                "assignment_id": examples::ASSIGNMENT,
                "percent": 80,
                "done": "已完成课程表公开",
                "problems": "无",
                "next_steps": "按月检查",
                "evidence": [examples::EVIDENCE],
            }],
            "note": "按期完成",
        })),
    ]
}

async fn list(
    call: Call<List<ObligationQuery, ObligationSort>>,
) -> Result<Reply<Page<Obligation>>, Problem> {
    let query = &call.query;
    let wanted = &query.filter;
    let on = day_asked(call.now, wanted.as_of.map(|day| day.0))?;
    let filter = ObligationFilter {
        unit_code: wanted.unit_code.as_deref().map(str::to_owned),
        plan_id: wanted.plan_id,
        round_id: wanted.round_id,
        kind: wanted.kind,
        state: wanted.state,
        due_from: wanted.due_from.map(|day| day.0),
        due_to: wanted.due_to.map(|day| day.0),
        opened_from: wanted.opened_from.map(|day| day.0),
        opened_to: wanted.opened_to.map(|day| day.0),
        counted: wanted.counted,
        overdue: wanted.overdue,
        as_of: AsOf {
            on,
            ends_at: (on < call.now.today).then(|| call.ctx.end_of_day(on)),
        },
    };
    let reach = call.viewer.reach(Action::ReadObligations);
    let (sort, wanted) = (query.sort.key, query.wanted());
    let page = obligations::list(&call.ctx.db, &filter, &reach, sort, &wanted).await?;
    let items = page.rows.into_iter().map(Obligation::from).collect();
    Ok(Reply::ok(query.shown(items, page.next)))
}

/// The obligation in the path, where the caller meets it under an action.
pub(super) async fn found<Q, B>(
    call: &Call<Q, B>,
    action: Action,
) -> Result<ObligationRow, Problem> {
    let id: ObligationId = call.id("id")?;
    let row = asked::one(&call.ctx.db, id).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    whose::require(&call.viewer, action, row.obligation.unit_id, || {
        format!("obligation {id}")
    })?;
    Ok(row)
}

async fn get(call: Call) -> Result<Reply<ObligationDetail>, Problem> {
    let row = found(&call, Action::ReadObligations).await?;
    let id = row.obligation.id;
    let db = &call.ctx.db;
    let filter = ReportFilter {
        obligation_id: Some(id),
        ..ReportFilter::default()
    };
    let newest = PageWanted {
        direction: Direction::Descending,
        ..PageWanted::first(VERSIONS_SHOWN)
    };
    let reach = call.viewer.reach(Action::ReadReports);
    let made = reports::list(db, &filter, &reach, ReportSort::ReportedAt, &newest).await?;
    let versions = made.rows.into_iter().map(|row| ReportVersion {
        id: row.report.id,
        version: row.report.version,
        reported_by: row.report.reported_by,
        reported_at: row.report.reported_at,
    });
    Ok(Reply::ok(ObligationDetail {
        items: asked_items(&call.ctx, &row).await?,
        reports: versions.collect(),
        obligation: row.into(),
    }))
}

/// 没有筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

async fn versions(
    call: Call<List<NoFilter, ReportSort>>,
) -> Result<Reply<Page<ReportDetail>>, Problem> {
    let row = found(&call, Action::ReadReports).await?;
    let query = &call.query;
    let filter = ReportFilter {
        obligation_id: Some(row.obligation.id),
        ..ReportFilter::default()
    };
    let reach = call.viewer.reach(Action::ReadReports);
    let (sort, wanted) = (query.sort.key, query.wanted());
    let page = reports::list(&call.ctx.db, &filter, &reach, sort, &wanted).await?;
    let items = details(&call.ctx, page.rows).await?;
    Ok(Reply::ok(query.shown(items, page.next)))
}

async fn report(call: Call<NoQuery, ReportToMake>) -> Result<Reply<ReportDetail>, Problem> {
    let row = found(&call, Action::AnswerObligations).await?;
    let report = call.body.clone().to(row.obligation.id);
    answered(&call.ctx, answer(&call.viewer, report)).await
}

/// Hands an answer in, and shows the report that it became.
pub(super) async fn answered(ctx: &Ctx, answer: Answer) -> Result<Reply<ReportDetail>, Problem> {
    let made = hand_in(ctx, answer).await?;
    let rows = reports::with_ids(&ctx.db, &[made.report_id]).await?;
    let mut shown = details(ctx, rows).await?;
    let shown = shown.pop().ok_or_else(Problem::not_found)?;
    let path = format!("/reports/{}", made.report_id);
    Ok(Reply::created(shown, &path))
}
