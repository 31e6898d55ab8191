//! Reports 填报: what units have answered, version by version, and many answers at once.

use super::evidence_file::{EvidenceFile, evidence_files};
use super::report_body::{BulkReports, answer};
use super::{examples, whose};
use crate::domain::access::Action;
use crate::domain::attainment::{Attainment, Trend};
use crate::domain::decimal::Decimal;
use crate::domain::ids::{
    AssignmentId, IndicatorId, ObligationId, PlanId, ReportId, TaskId, UnitId,
};
use crate::domain::obligation::ObligationKind;
use crate::domain::role::Role;
use crate::flow::answer_obligation::answer_all;
use crate::flow::weigh_values::{KnownValues, weigh};
use crate::flow::{Ctx, RefusalCode};
use crate::http::kernel::{
    Call, Day, Direction, Endpoint, Line, List, NoQuery, Page, Problem, Reply, SortKey, Tag,
};
use crate::storage::lists::reports::{self, ReportFilter, ReportRow, ReportSort};
use crate::storage::lists::{labels, obligations};
use crate::storage::reports::items;
use crate::storage::{indicator_values, indicators};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "reports",
    says: "填报：单位的答复，每一版都保留",
};

/// 一次填报
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// 编号
    pub id: ReportId,
    /// 应报事项编号
    pub obligation_id: ObligationId,
    /// 应报事项的种类
    pub kind: ObligationKind,
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
    /// 第几版，从 1 起
    pub version: i32,
    /// 填报人，或代为登记的人
    pub reported_by: String,
    /// 说明
    #[schema(required)]
    pub note: Option<String>,
    /// 填报时间
    pub reported_at: DateTime<Utc>,
}

impl From<ReportRow> for Report {
    fn from(row: ReportRow) -> Self {
        let ReportRow { report, asked } = row;
        Self {
            id: report.id,
            obligation_id: report.obligation_id,
            kind: asked.obligation.kind,
            unit_id: asked.obligation.unit_id,
            unit_code: asked.unit.code,
            unit_name: asked.unit.name,
            plan_id: asked.obligation.plan_id,
            plan_title: asked.plan_title,
            version: report.version,
            reported_by: report.reported_by,
            note: report.note,
            reported_at: report.reported_at,
        }
    }
}

/// 对一项任务分工的填报
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportedItem {
    /// 任务分工编号
    pub assignment_id: AssignmentId,
    /// 任务编号
    pub task_id: TaskId,
    /// 任务序号
    pub task_number: String,
    /// 任务标题
    pub task_title: String,
    /// 单位在任务中的角色
    pub role: Role,
    /// 进度，0 至 100
    #[schema(required)]
    pub percent: Option<u8>,
    /// 完成情况
    #[schema(required)]
    pub done: Option<String>,
    /// 存在问题
    #[schema(required)]
    pub problems: Option<String>,
    /// 下一步打算
    #[schema(required)]
    pub next_steps: Option<String>,
    /// 这一项的佐证材料
    pub evidence: Vec<EvidenceFile>,
}

/// 对一个指标填报的数值
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportedValue {
    /// 指标编号
    pub indicator_id: IndicatorId,
    /// 指标名称或原文
    pub indicator_name: String,
    /// 周期段
    pub period: String,
    /// 数值
    pub value: Decimal,
    /// 计量单位
    #[schema(required)]
    pub measured_in: Option<String>,
    /// 对数值的说明
    #[schema(required)]
    pub note: Option<String>,
    /// 之后的填报是否另有数值
    pub superseded: bool,
    /// 是否达到该周期段的目标
    pub attainment: Attainment,
    /// 与上一周期段相比
    #[schema(required)]
    pub trend: Option<Trend>,
    /// 一句话说明
    pub sentence: String,
}

/// 一次填报的全部内容
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportDetail {
    /// 填报
    #[serde(flatten)]
    pub report: Report,
    /// 逐项内容
    pub items: Vec<ReportedItem>,
    /// 指标的数值
    pub values: Vec<ReportedValue>,
    /// 整份填报的佐证材料
    pub evidence: Vec<EvidenceFile>,
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    /// 应报事项
    obligation_id: Option<ObligationId>,
    /// 单位代码
    unit_code: Option<Line<64>>,
    /// 方案
    plan_id: Option<PlanId>,
    /// 任务分工
    assignment_id: Option<AssignmentId>,
    /// 填报日起
    from: Option<Day>,
    /// 填报日止
    to: Option<Day>,
}

impl SortKey for ReportSort {
    const ALL: &'static [Self] = &[Self::ReportedAt];
    const USUAL: Direction = Direction::Descending;

    fn as_str(self) -> &'static str {
        match self {
            Self::ReportedAt => "reported_at",
        }
    }
}

/// 批量填报的结果
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportsMade {
    /// 各份填报，次序与请求相同
    pub reports: Vec<ReportDetail>,
}

/// The endpoints of this resource.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadReports;
    vec![
        Endpoint::get("/reports", "list_reports", read, list)
            .tag(TAG)
            .says("填报列表", "List reports", "默认新的在前。")
            .example_query("unit_code=S1&from=2026-03-01"),
        Endpoint::get("/reports/{id}", "get_report", read, get)
            .tag(TAG)
            .says("查看填报", "Get a report", "含逐项内容。")
            .example_param("id", examples::REPORT),
        Endpoint::post(
            "/reports/bulk",
            "make_reports",
            Action::AnswerObligations,
            make_bulk,
        )
        .tag(TAG)
        .says(
            "批量填报",
            "Make many reports",
            "最多 200 份，要么全部记下，要么一份也不记；同一应报事项只能出现一次。",
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
        .body_limit(8 << 20)
        .example_body(json!({ "reports": [{
            "obligation_id": examples::OBLIGATION,
            "items": [{
                "assignment_id": examples::ASSIGNMENT,
                "percent": 80,
                "done": "作业公示栏已建成",
                "problems": "部分班级尚未上墙",
                "next_steps": "本月底前全部上墙",
            }],
            "note": null,
        }] })),
    ]
}

async fn list(call: Call<List<ReportQuery, ReportSort>>) -> Result<Reply<Page<Report>>, Problem> {
    let query = &call.query;
    let wanted = &query.filter;
    let filter = ReportFilter {
        obligation_id: wanted.obligation_id,
        unit_code: wanted.unit_code.as_deref().map(str::to_owned),
        plan_id: wanted.plan_id,
        assignment_id: wanted.assignment_id,
        from: wanted.from.map(|day| begins(&call.ctx, day.0)),
        before: wanted
            .to
            .and_then(|day| day.0.succ_opt())
            .map(|day| begins(&call.ctx, day)),
    };
    let reach = call.viewer.reach(Action::ReadReports);
    let (sort, wanted) = (query.sort.key, query.wanted());
    let page = reports::list(&call.ctx.db, &filter, &reach, sort, &wanted).await?;
    let items = page.rows.into_iter().map(Report::from).collect();
    Ok(Reply::ok(query.shown(items, page.next)))
}

/// The instant at which a local day begins.
fn begins(ctx: &Ctx, day: NaiveDate) -> DateTime<Utc> {
    ctx.settings.zone.instant(day.and_time(NaiveTime::MIN))
}

async fn get(call: Call) -> Result<Reply<ReportDetail>, Problem> {
    let id: ReportId = call.id("id")?;
    let row = reports::one(&call.ctx.db, id).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let unit = row.asked.obligation.unit_id;
    whose::require(&call.viewer, Action::ReadReports, unit, || {
        format!("report {id}")
    })?;
    let mut shown = details(&call.ctx, vec![row]).await?;
    Ok(Reply::ok(shown.pop().ok_or_else(Problem::not_found)?))
}

async fn make_bulk(call: Call<NoQuery, BulkReports>) -> Result<Reply<ReportsMade>, Problem> {
    let given = &call.body.reports;
    let wanted = given.iter().map(|one| one.obligation_id);
    let known: HashMap<_, _> = obligations::with_ids(&call.ctx.db, wanted)
        .await?
        .into_iter()
        .map(|row| (row.obligation.id, row.obligation.unit_id))
        .collect();
    for one in given {
        let id = one.obligation_id;
        let unit = *known.get(&id).ok_or_else(Problem::not_found)?;
        whose::require(&call.viewer, Action::AnswerObligations, unit, || {
            format!("obligation {id}")
        })?;
    }
    let answers = given.iter().cloned();
    let answers = answers.map(|one| answer(&call.viewer, one));
    let made = answer_all(&call.ctx, answers.collect()).await?;
    let ids: Vec<ReportId> = made.iter().map(|one| one.report_id).collect();
    let rows = reports::with_ids(&call.ctx.db, &ids).await?;
    let reports = details(&call.ctx, rows).await?;
    Ok(Reply::created(ReportsMade { reports }, "/reports"))
}

/// Reports with their items, in the same order.
pub(super) async fn details(ctx: &Ctx, rows: Vec<ReportRow>) -> Result<Vec<ReportDetail>, Problem> {
    let ids: Vec<ReportId> = rows.iter().map(|row| row.report.id).collect();
    let told = items(&ctx.db, &ids).await?;
    let assignments = told.iter().map(|(_, item)| item.assignment_id);
    let named = labels::assignments(&ctx.db, assignments).await?;
    let mut files = evidence_files(&ctx.db, &ids).await?;
    let mut by_report: HashMap<ReportId, Vec<ReportedItem>> = HashMap::new();
    for (report, item) in told {
        // The schema keeps an item's assignment; one without cannot be.
        let Some(label) = named.get(&item.assignment_id) else {
            continue;
        };
        by_report.entry(report).or_default().push(ReportedItem {
            assignment_id: item.assignment_id,
            task_id: label.task_id,
            task_number: label.number.clone(),
            task_title: label.title.clone(),
            role: label.role,
            percent: item.percent,
            done: item.done,
            problems: item.problems,
            next_steps: item.next_steps,
            evidence: files
                .remove(&(report, Some(item.assignment_id)))
                .unwrap_or_default(),
        });
    }
    let mut values = reported_values(ctx, &rows, &ids).await?;
    let details = rows.into_iter().map(|row| ReportDetail {
        items: by_report.remove(&row.report.id).unwrap_or_default(),
        values: values.remove(&row.report.id).unwrap_or_default(),
        evidence: files.remove(&(row.report.id, None)).unwrap_or_default(),
        report: row.into(),
    });
    Ok(details.collect())
}

/// The values that these reports tell, weighed.
async fn reported_values(
    ctx: &Ctx,
    rows: &[ReportRow],
    ids: &[ReportId],
) -> Result<HashMap<ReportId, Vec<ReportedValue>>, Problem> {
    let mut by_report: HashMap<ReportId, Vec<ReportedValue>> = HashMap::new();
    let told = indicator_values::of_reports(&ctx.db, ids).await?;
    if told.is_empty() {
        return Ok(by_report);
    }
    let of: BTreeSet<IndicatorId> = told.iter().map(|one| one.indicator_id).collect();
    let known = indicators::with_ids(&ctx.db, of.iter().copied()).await?;
    let units = rows
        .iter()
        .map(|row| row.asked.obligation.unit_id)
        .collect();
    let periods = told.iter().map(|one| one.period);
    let values = KnownValues::of(&ctx.db, &of, Some(&units), periods).await?;
    for one in told {
        let Some(indicator) = known.get(&one.indicator_id) else {
            continue;
        };
        let last = values.before(one.indicator_id, one.unit_id, one.period);
        let weighed = weigh(indicator, one.period, Some(one.value), last);
        let name = indicator.called().unwrap_or(&indicator.text);
        by_report
            .entry(one.report_id)
            .or_default()
            .push(ReportedValue {
                indicator_id: one.indicator_id,
                indicator_name: name.to_owned(),
                period: one.period.to_string(),
                value: one.value,
                measured_in: indicator.measured_in.clone(),
                note: one.note,
                superseded: one.superseded,
                attainment: weighed.attainment,
                trend: weighed.trend,
                sentence: weighed.sentence,
            });
    }
    Ok(by_report)
}
