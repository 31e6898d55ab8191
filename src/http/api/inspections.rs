//! `/inspections`: what a draw has planned, and what was found. Whoever inspects records it.

use super::linked_files::{self, LinkedFile, MOST_FILES};
use super::{examples, findings};
use crate::domain::access::Action;
use crate::domain::ids::{
    AssignmentId, AttachmentId, InspectionId, InspectorId, PlanId, RoundId, TaskId, UnitId,
};
use crate::domain::inspection::{InspectionMode, InspectionResult, InspectionState};
use crate::flow::RefusalCode;
use crate::flow::record_inspection::{ResultToRecord, record_inspection};
use crate::http::kernel::{
    ById, Call, Check, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Page, Problem, Prose,
    Reply, Tag,
};
use crate::storage::inspections::{self as storage, StoredInspection};
use crate::storage::lists::inspections::{self as lists, InspectionFilter};
use crate::storage::lists::{inspectors, labels};
use actix_web::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "inspections",
    says: "检查：抽中的单位由谁检查、查哪些事项、结果如何",
};

/// Findings of one inspection at the most.
const MOST_FINDINGS: usize = 50;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadInspections;
    let all = [
        Endpoint::get("/inspections", "list_inspections", read, list)
            .says("检查列表", "List inspections", "先安排的在前。单位看到本单位、下级单位和牵头任务的检查；实地检查在登记结果之前不对单位公开。检查人员看到自己承担的检查。")
            .example_query("state=planned&overdue=false"),
        Endpoint::get("/inspections/{id}", "get_inspection", read, get)
            .says("查看检查", "Get an inspection", "一次检查查多个事项：items 是抽中的任务分工。")
            .example_param("id", examples::INSPECTION),
        Endpoint::post("/inspections/{id}/record", "record_inspection", Action::RecordInspections, record)
            .says("登记检查结果", "Record what an inspection showed", "谁检查谁录入：由承担这次检查的人员或督导办登记，只登记一次。发现问题的逐条登记，写明整改期限（今天或以后的工作日）；每条问题立即通知单位整改。当日整改或超出单位每月填报次数上限的须写明理由。")
            .answers(&[StatusCode::OK])
            .refuses(&[
                RefusalCode::OutOfOrder,
                RefusalCode::NotYours,
                RefusalCode::InvalidValue,
                RefusalCode::ForeignItem,
                RefusalCode::WrongDay,
                RefusalCode::ReasonNeeded,
            ])
            .example_param("id", examples::INSPECTION)
            .example_body(json!({
                "result": "findings",
                "note": "查看了台账和现场",
                "attachment_ids": [examples::PHOTO],
                "findings": [{ "text": "消防通道堆放杂物", "rectify_by": "2026-12-14", "attachment_ids": [] }],
                "reason": "安全隐患须尽快整改",
            })),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InspectionQuery {
    /// 督办
    round_id: Option<RoundId>,
    /// 方案
    plan_id: Option<PlanId>,
    /// 单位编码
    unit_code: Option<Line<64>>,
    /// 状态：待检查、已登记
    state: Option<InspectionState>,
    /// 结果：通过、发现问题
    result: Option<InspectionResult>,
    /// 是否逾期未登记
    overdue: Option<bool>,
}

/// 检查人员
#[derive(Debug, Clone, Serialize, ToSchema)]
struct InspectingPerson {
    /// 编号
    id: InspectorId,
    /// 姓名
    name: String,
    /// 单位名称
    unit_name: String,
}

/// 检查的事项
#[derive(Debug, Serialize, ToSchema)]
struct InspectedItem {
    /// 任务分工编号
    assignment_id: AssignmentId,
    /// 任务编号（UUID）
    task_id: TaskId,
    /// 任务序号
    task_number: String,
    /// 任务标题
    task_title: String,
}

/// 检查
#[derive(Debug, Serialize, ToSchema)]
struct InspectionShown {
    /// 编号
    id: InspectionId,
    /// 督办编号
    round_id: RoundId,
    /// 周期段
    period: String,
    /// 方案编号
    plan_id: PlanId,
    /// 方案标题
    plan_title: String,
    /// 单位编号
    unit_id: UnitId,
    /// 单位编码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 检查方式
    mode: InspectionMode,
    /// 状态
    state: InspectionState,
    /// 安排的日期
    opened_on: NaiveDate,
    /// 登记结果的期限
    results_due_on: NaiveDate,
    /// 是否逾期未登记
    overdue: bool,
    /// 检查人员
    inspectors: Vec<InspectingPerson>,
    /// 检查的事项
    items: Vec<InspectedItem>,
    /// 结果
    #[schema(required)]
    result: Option<InspectionResult>,
    /// 说明
    #[schema(required)]
    note: Option<String>,
    /// 照片等材料
    files: Vec<LinkedFile>,
    /// 由谁登记
    #[schema(required)]
    recorded_by: Option<String>,
    /// 登记的日期
    #[schema(required)]
    recorded_on: Option<NaiveDate>,
    /// 登记的时刻
    #[schema(required)]
    recorded_at: Option<DateTime<Utc>>,
}

/// 检查结果
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InspectionToRecord {
    /// 结果：pass 通过，findings 发现问题
    result: InspectionResult,
    /// 说明
    note: Option<Prose<2000>>,
    /// 照片等材料，至多 20 个；须先上传，属于局机关、被检查单位或检查人员的单位
    #[serde(default)]
    #[schema(max_items = 20)]
    attachment_ids: Vec<AttachmentId>,
    /// 发现的问题，至多 50 条
    #[serde(default)]
    #[schema(max_items = 50)]
    findings: Vec<findings::FindingToMake>,
    /// 理由；当日整改或超出单位每月填报次数上限时必填
    reason: Option<Line<200>>,
}

impl Check for InspectionToRecord {
    fn check(&self, errors: &mut FieldErrors) {
        if self.attachment_ids.len() > MOST_FILES {
            let message = format!("至多 {MOST_FILES} 个附件");
            errors.add("attachment_ids", FieldCode::OutOfRange, message);
        }
        if self.findings.len() > MOST_FINDINGS {
            let message = format!("一次至多登记 {MOST_FINDINGS} 条问题");
            errors.add("findings", FieldCode::OutOfRange, message);
            return;
        }
        for (position, one) in self.findings.iter().enumerate() {
            one.check(&format!("findings[{position}]."), errors);
        }
    }
}

async fn list(
    call: Call<List<InspectionQuery, ById>>,
) -> Result<Reply<Page<InspectionShown>>, Problem> {
    let query = &call.query.filter;
    let filter = InspectionFilter {
        round_id: query.round_id,
        plan_id: query.plan_id,
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        state: query.state,
        result: query.result,
        overdue: query.overdue,
        today: call.now.today,
    };
    let reach = call.viewer.reach(Action::ReadInspections);
    let eyes = (&reach, call.viewer.address.as_str());
    let page = lists::list(&call.ctx.db, &filter, eyes, &call.query.wanted()).await?;
    let items = shown(&call, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<InspectionShown>, Problem> {
    let one = met(&call, Action::ReadInspections).await?;
    reply(&call, one).await
}

async fn record(
    call: Call<NoQuery, InspectionToRecord>,
) -> Result<Reply<InspectionShown>, Problem> {
    let one = met(&call, Action::RecordInspections).await?;
    let given = &call.body;
    let wanted = ResultToRecord {
        result: given.result,
        note: told(given.note.as_ref()),
        files: given.attachment_ids.clone(),
        findings: given.findings.iter().map(Into::into).collect(),
        reason: given.reason.as_deref().map(str::to_owned),
    };
    record_inspection(&call.ctx, &call.viewer, one.id, wanted).await?;
    let recorded = storage::get(&call.ctx.db, one.id).await?;
    reply(&call, recorded.ok_or_else(Problem::not_found)?).await
}

/// The inspection in the path, where the caller meets it under an action.
async fn met<Q, B>(call: &Call<Q, B>, action: Action) -> Result<StoredInspection, Problem> {
    let id: InspectionId = call.id("id")?;
    let db = &call.ctx.db;
    let reach = call.viewer.reach(action);
    if let Some(one) = lists::one(db, id, (&reach, &call.viewer.address)).await? {
        return Ok(one);
    }
    match storage::get(db, id).await? {
        Some(_) => Err(Problem::hidden(format!("inspection {id}"))),
        None => Err(Problem::not_found()),
    }
}

/// A text that says something.
pub(super) fn told(text: Option<&Prose<2000>>) -> Option<String> {
    let text = text.map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty())
}

async fn reply<Q, B>(
    call: &Call<Q, B>,
    one: StoredInspection,
) -> Result<Reply<InspectionShown>, Problem> {
    let id = one.id;
    let shown = shown(call, vec![one]).await?.pop();
    let shown = shown.ok_or_else(|| Problem::internal(format!("inspection {id} has no unit")))?;
    Ok(Reply::ok(shown))
}

/// Inspections as they are shown, in their order.
async fn shown<Q, B>(
    call: &Call<Q, B>,
    rows: Vec<StoredInspection>,
) -> Result<Vec<InspectionShown>, Problem> {
    let db = &call.ctx.db;
    let ids: Vec<InspectionId> = rows.iter().map(|row| row.id).collect();
    let units = labels::units(db, rows.iter().map(|row| row.unit_id)).await?;
    let plans = labels::plans(db, rows.iter().map(|row| row.plan_id)).await?;
    let periods = labels::periods(db, rows.iter().map(|row| row.round_id)).await?;
    let mut files = linked_files::of_inspections(db, ids.iter().map(|id| id.0)).await?;
    let mut items = items_of(call, &ids).await?;
    let mut teams = teams_of(call, &ids).await?;
    let shown = rows.into_iter().filter_map(|row| {
        let unit = units.get(&row.unit_id)?;
        let is_planned = row.state == InspectionState::Planned;
        let recorded = row.recorded.as_ref();
        Some(InspectionShown {
            id: row.id,
            round_id: row.round_id,
            period: periods.get(&row.round_id).cloned().unwrap_or_default(),
            plan_id: row.plan_id,
            plan_title: plans.get(&row.plan_id).cloned().unwrap_or_default(),
            unit_id: row.unit_id,
            unit_code: unit.code.clone(),
            unit_name: unit.name.clone(),
            mode: row.mode,
            state: row.state,
            opened_on: row.opened_on,
            results_due_on: row.results_due_on,
            overdue: is_planned && row.results_due_on < call.now.today,
            inspectors: teams.remove(&row.id).unwrap_or_default(),
            items: items.remove(&row.id).unwrap_or_default(),
            result: row.result,
            files: files.remove(&row.id.0).unwrap_or_default(),
            recorded_by: recorded.map(|recorded| recorded.by.clone()),
            recorded_on: recorded.map(|recorded| recorded.on),
            recorded_at: recorded.map(|recorded| recorded.at),
            note: row.note,
        })
    });
    Ok(shown.collect())
}

async fn items_of<Q, B>(
    call: &Call<Q, B>,
    ids: &[InspectionId],
) -> Result<HashMap<InspectionId, Vec<InspectedItem>>, Problem> {
    let db = &call.ctx.db;
    let items = storage::items(db, ids).await?;
    let known = labels::assignments(db, items.iter().map(|(_, id)| *id)).await?;
    let mut by_inspection: HashMap<InspectionId, Vec<InspectedItem>> = HashMap::new();
    for (inspection, assignment_id) in items {
        let item = known.get(&assignment_id).map(|label| InspectedItem {
            assignment_id,
            task_id: label.task_id,
            task_number: label.number.clone(),
            task_title: label.title.clone(),
        });
        by_inspection.entry(inspection).or_default().extend(item);
    }
    Ok(by_inspection)
}

async fn teams_of<Q, B>(
    call: &Call<Q, B>,
    ids: &[InspectionId],
) -> Result<HashMap<InspectionId, Vec<InspectingPerson>>, Problem> {
    let db = &call.ctx.db;
    let teams = storage::inspectors(db, ids).await?;
    let who: Vec<InspectorId> = teams.iter().map(|(_, id)| *id).collect();
    let people = inspectors::with_ids(db, &who).await?.into_iter();
    let people: HashMap<InspectorId, InspectingPerson> = people
        .map(|row| {
            let person = InspectingPerson {
                id: row.inspector.id,
                name: row.inspector.name,
                unit_name: row.unit.name,
            };
            (person.id, person)
        })
        .collect();
    let mut by_inspection: HashMap<InspectionId, Vec<InspectingPerson>> = HashMap::new();
    for (inspection, id) in teams {
        by_inspection
            .entry(inspection)
            .or_default()
            .extend(people.get(&id).cloned());
    }
    Ok(by_inspection)
}
