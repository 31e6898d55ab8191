//! `/assignments`: who has which part in which task, and how far it is.

use super::evidence_file::{EvidenceFile, evidence_files};
use super::examples;
use super::light_query::LightQuery;
use super::shown_light::ShownLight;
use super::task_json::plans_of;
use crate::domain::access::Action;
use crate::domain::assignment_life::AssignmentState;
use crate::domain::board::PageFilter;
use crate::domain::ids::{AssignmentId, ObligationId, PlanId, ReportId, TaskId, UnitId};
use crate::domain::level::Level;
use crate::domain::light::Light;
use crate::domain::obligation::ObligationKind;
use crate::domain::role::Role;
use crate::domain::standing::Standing;
use crate::domain::unit::Unit;
use crate::domain::unit_kind::UnitKind;
use crate::flow::RefusalCode;
use crate::flow::list_by_light::{assignments_by_light, light_of_assignment};
use crate::http::kernel::{
    Call, Day, Endpoint, Line, List, Page, Problem, Prose, Reply, SortKey, Tag,
};
use crate::storage::assignment_notes::{self, StoredNote};
use crate::storage::lists::assignments::{
    self as list, AssignmentFilter, AssignmentRow, AssignmentSort, ReportedRow,
};
use crate::storage::{Db, evidence, tasks, units};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

const ASSIGNMENTS: Tag = Tag {
    name: "assignments",
    says: "分工：一项任务中一个单位的一份，及其进度",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let says = "单位用户看到本单位和下级单位的分工，以及本单位牵头的任务的全部分工。按进度筛选时，没有报过进度的不在其中。";
    vec![
        Endpoint::get(
            "/assignments",
            "list_assignments",
            Action::ReadAssignments,
            list_assignments,
        )
        .tag(ASSIGNMENTS)
        .says("分工列表", "List assignments", says)
        .refuses(&[RefusalCode::InvalidValue, RefusalCode::UnknownUnit])
        .example_query("unit_code=S1&role=responsible&acknowledged=false"),
        Endpoint::get(
            "/assignments/{id}",
            "get_assignment",
            Action::ReadAssignments,
            get_assignment,
        )
        .tag(ASSIGNMENTS)
        .says(
            "查看分工",
            "Get an assignment with what was reported of it",
            "附历次填报，由早到晚。",
        )
        .example_param("id", examples::ASSIGNMENT),
    ]
}

/// 筛选分工。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AssignmentQuery {
    /// 方案编号。
    plan_id: Option<PlanId>,
    /// 任务编号（UUID）。
    task_id: Option<TaskId>,
    /// 单位编码。
    unit_code: Option<Line<100>>,
    /// 单位类型，可给多个。
    unit_kind: Option<Vec<UnitKind>>,
    /// 学段。
    level: Option<Level>,
    /// 角色。
    role: Option<Role>,
    /// true 已签收，false 未签收。
    acknowledged: Option<bool>,
    /// 办理状态，可给多个。
    state: Option<Vec<AssignmentState>>,
    /// 进度不低于，0 至 100。
    #[schema(maximum = 255)]
    percent_from: Option<u8>,
    /// 进度不高于，0 至 100。
    #[schema(maximum = 255)]
    percent_to: Option<u8>,
    /// 红黄绿灯。
    light: Option<Light>,
    /// 通报中的归类。
    standing: Option<Standing>,
    /// 牵头单位的编码。
    lead_unit_code: Option<Line<100>>,
    /// 任务所在的一级标题，照原文；空为没有标题的任务。
    top_section: Option<Prose<200>>,
    /// 截至哪一天的情况，默认今天；不能晚于今天。
    as_of: Option<Day>,
}

impl AssignmentQuery {
    /// What it shares with the list of tasks.
    fn by_light(&self) -> LightQuery<'_> {
        LightQuery {
            light: self.light,
            standing: self.standing,
            lead_unit_code: self.lead_unit_code.as_deref(),
            top_section: self.top_section.as_deref(),
            as_of: self.as_of,
            plan_id: self.plan_id,
            unit_code: self.unit_code.as_deref(),
            unit_kind: self.unit_kind.as_deref(),
            level: self.level,
        }
    }
}

impl SortKey for AssignmentSort {
    const ALL: &'static [Self] = &[Self::Id, Self::Percent];

    fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Percent => "percent",
        }
    }
}

/// 分工。
#[derive(Debug, Serialize, ToSchema)]
struct AssignmentJson {
    /// 分工编号。
    id: AssignmentId,
    /// 方案编号。
    plan_id: PlanId,
    /// 方案标题。
    plan_title: String,
    /// 任务编号（UUID）。
    task_id: TaskId,
    /// 任务序号。
    task_number: String,
    /// 任务标题。
    task_title: String,
    /// 完成时限：同意过延期的为新的时限；按 as_of 查询时为那一天的时限。
    due_on: Option<NaiveDate>,
    /// 任务最初的完成时限。
    first_due_on: Option<NaiveDate>,
    /// 办理状态：issued 已下发，acknowledged 已签收，under_way 办理中，reported 已反馈，forwarded 已转报，returned 已退回，
    /// accepted 已复核，closed 已销号，paused 已暂停，withdrawn 已撤销。
    state: AssignmentState,
    /// 单位编号（UUID）。
    unit_id: UnitId,
    /// 单位编码。
    unit_code: String,
    /// 单位名称。
    unit_name: String,
    /// 单位类型。
    unit_kind: UnitKind,
    /// 角色：lead 牵头，responsible 责任，cooperating 配合。
    role: Role,
    /// 下发的时刻。
    issued_at: DateTime<Utc>,
    /// 最近一次报的进度，0 至 100；没有报过为 null。
    percent: Option<u8>,
    /// 最近一次报进度的日期。
    reported_on: Option<NaiveDate>,
    /// 签收的日期；未签收为 null。
    acknowledged_on: Option<NaiveDate>,
    /// 最近一次附佐证材料的填报为这份分工附了几份；没有附过为 0。
    evidence_count: u32,
    /// 红黄绿灯；按灯、归类、牵头单位、标题或日期筛选时给出。
    light: Option<Light>,
    /// 通报中的归类；同上。
    standing: Option<Standing>,
}

/// 分工及历次填报。
#[derive(Debug, Serialize, ToSchema)]
struct AssignmentDetail {
    #[serde(flatten)]
    assignment: AssignmentJson,
    /// 历次填报中关于这份分工的内容，由早到晚。
    reports: Vec<AssignmentReport>,
    /// 今天的红黄绿灯及原因。
    light_today: Option<ShownLight>,
    /// 台账中的备注；没有为 null。
    note: Option<AssignmentNote>,
}

/// 台账中的备注。
#[derive(Debug, Serialize, ToSchema)]
struct AssignmentNote {
    /// 备注。
    text: String,
    /// 填写人。
    noted_by: String,
    /// 填写的时刻。
    noted_at: DateTime<Utc>,
}

impl From<StoredNote> for AssignmentNote {
    fn from(note: StoredNote) -> Self {
        Self {
            text: note.text,
            noted_by: note.noted_by,
            noted_at: note.noted_at,
        }
    }
}

/// 一次填报中关于这份分工的内容。
#[derive(Debug, Serialize, ToSchema)]
struct AssignmentReport {
    /// 填报编号。
    report_id: ReportId,
    /// 所答复的应报事项。
    obligation_id: ObligationId,
    /// 应报事项的种类。
    kind: ObligationKind,
    /// 对该事项的第几次填报。
    version: i32,
    /// 填报人。
    reported_by: String,
    /// 填报的时刻。
    reported_at: DateTime<Utc>,
    /// 进度，0 至 100。
    percent: Option<u8>,
    /// 完成情况。
    done: Option<String>,
    /// 存在问题。
    problems: Option<String>,
    /// 下一步打算。
    next_steps: Option<String>,
    /// 这份分工的佐证材料。
    evidence: Vec<EvidenceFile>,
}

impl AssignmentReport {
    fn of(row: ReportedRow, evidence: Vec<EvidenceFile>) -> Self {
        Self {
            evidence,
            report_id: row.report_id,
            obligation_id: row.obligation_id,
            kind: row.kind,
            version: row.version,
            reported_by: row.reported_by,
            reported_at: row.reported_at,
            percent: row.percent,
            done: row.done,
            problems: row.problems,
            next_steps: row.next_steps,
        }
    }
}

async fn list_assignments(
    call: Call<List<AssignmentQuery, AssignmentSort>>,
) -> Result<Reply<Page<AssignmentJson>>, Problem> {
    let query = &call.query.filter;
    if query.by_light().asks_the_board() {
        return list_by_light(call).await;
    }
    let filter = AssignmentFilter {
        plan_id: query.plan_id,
        task_id: query.task_id,
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        unit_kind: query.unit_kind.clone(),
        level: query.level,
        role: query.role,
        acknowledged: query.acknowledged,
        state: query.state.clone(),
        percent_from: query.percent_from,
        percent_to: query.percent_to,
    };
    let reach = call.viewer.reach(Action::ReadAssignments);
    let (sort, wanted) = (call.query.sort.key, call.query.wanted());
    let page = list::list(&call.ctx.db, &filter, &reach, sort, &wanted).await?;
    let items = shown(&call.ctx.db, &page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

/// The same by what the board knows, as of a day.
async fn list_by_light(
    call: Call<List<AssignmentQuery, AssignmentSort>>,
) -> Result<Reply<Page<AssignmentJson>>, Problem> {
    let (ctx, query) = (&call.ctx, &call.query.filter);
    let unknown = [
        ("acknowledged", query.acknowledged.is_some()),
        ("state", query.state.is_some()),
        ("percent_from", query.percent_from.is_some()),
        ("percent_to", query.percent_to.is_some()),
        ("sort", call.query.sort.key != AssignmentSort::Id),
    ];
    let (on, shared) = query
        .by_light()
        .for_the_board(ctx, call.now, &unknown)
        .await?;
    let filter = PageFilter {
        role: query.role,
        task_id: query.task_id,
        ..shared.into()
    };
    let reach = call.viewer.reach(Action::ReadAssignments);
    let page = assignments_by_light(ctx, &reach, on, filter, &call.query.wanted()).await?;
    let ids: Vec<AssignmentId> = page.rows.iter().map(|row| row.id).collect();
    let rows = list::with_ids(&ctx.db, &ids).await?;
    let mut items = shown(&ctx.db, &rows).await?;
    let told: HashMap<AssignmentId, _> = page.rows.iter().map(|row| (row.id, row)).collect();
    for item in &mut items {
        if let Some(row) = told.get(&item.id) {
            item.percent = row.percent;
            item.due_on = row.due_on;
            item.light = Some(row.light);
            item.standing = Some(row.standing);
        }
    }
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get_assignment(call: Call) -> Result<Reply<AssignmentDetail>, Problem> {
    let id: AssignmentId = call.id("id")?;
    let db = &call.ctx.db;
    let row = list::get(db, id).await?.ok_or_else(Problem::not_found)?;
    let reach = call.viewer.reach(Action::ReadAssignments);
    if !list::is_met(db, id, &reach).await? {
        return Err(Problem::hidden(format!("assignment {id}")));
    }
    let light = light_of_assignment(&call.ctx, &reach, call.now.today, id).await?;
    let assignment = shown(db, &[row]).await?.pop();
    let told = list::reported(db, id).await?;
    let reports: Vec<ReportId> = told.iter().map(|row| row.report_id).collect();
    let mut files = evidence_files(db, &reports).await?;
    let reports = told.into_iter().map(|row| {
        let evidence = files.remove(&(row.report_id, Some(id)));
        AssignmentReport::of(row, evidence.unwrap_or_default())
    });
    let note = assignment_notes::of(db, &[id]).await?.remove(&id);
    match assignment {
        Some(assignment) => Ok(Reply::ok(AssignmentDetail {
            assignment,
            light_today: light.map(Into::into),
            reports: reports.collect(),
            note: note.map(Into::into),
        })),
        None => Err(Problem::internal(format!("assignment {id} has no task"))),
    }
}

/// Rows as they are shown, in their order; tasks, plans and units of all of them in one query each.
async fn shown(db: &Db, rows: &[AssignmentRow]) -> Result<Vec<AssignmentJson>, Problem> {
    let task_ids: HashSet<TaskId> = rows.iter().map(|row| row.task_id).collect();
    let task_ids: Vec<TaskId> = task_ids.into_iter().collect();
    let unit_ids: HashSet<UnitId> = rows.iter().map(|row| row.unit_id).collect();
    let unit_ids: Vec<UnitId> = unit_ids.into_iter().collect();
    let tasks = tasks::with_ids(db, &task_ids).await?;
    let plans = plans_of(db, &tasks).await?;
    let ids: Vec<AssignmentId> = rows.iter().map(|row| row.id).collect();
    let files = evidence::last_counts(db, &ids).await?;
    let tasks: HashMap<_, _> = tasks.into_iter().map(|task| (task.id, task)).collect();
    let units: HashMap<UnitId, Unit> = units::with_ids(db, &unit_ids)
        .await?
        .into_iter()
        .map(|unit| (unit.id, unit))
        .collect();
    let shown = rows.iter().filter_map(|row| {
        let task = tasks.get(&row.task_id)?;
        let plan = plans.get(&task.plan_id)?;
        let unit = units.get(&row.unit_id)?;
        Some(AssignmentJson {
            id: row.id,
            plan_id: plan.id,
            plan_title: plan.title.clone(),
            task_id: task.id,
            task_number: task.number.clone(),
            task_title: task.title.clone(),
            due_on: row.due_on.or(task.due_on),
            first_due_on: task.first_due_on.or(task.due_on),
            state: row.state,
            unit_id: unit.id,
            unit_code: unit.code.clone(),
            unit_name: unit.name.clone(),
            unit_kind: unit.kind,
            role: row.role,
            issued_at: row.issued_at,
            percent: row.percent,
            reported_on: row.reported_on,
            acknowledged_on: row.acknowledged_on,
            evidence_count: files.get(&row.id).copied().unwrap_or(0),
            light: None,
            standing: None,
        })
    });
    Ok(shown.collect())
}
