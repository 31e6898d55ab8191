//! `/findings`: the ledger of what is to be put right 整改台账, raised by inspections and by hand, rechecked, closed.

use super::examples;
use super::inspections::told;
use super::linked_files::{self, LinkedFile, MOST_FILES};
use super::score_objections::not_empty;
use crate::domain::access::Action;
use crate::domain::finding_life::{FindingEvent, FindingState};
use crate::domain::ids::{
    AssignmentId, AttachmentId, FindingId, InspectionId, ObligationId, PlanId, ReportId, RoundId,
    UnitId,
};
use crate::flow::RefusalCode;
use crate::flow::raise_findings::{FindingByHand, FindingToRaise, raise_finding};
use crate::flow::recheck_finding::{Recheck, recheck_finding};
use crate::flow::withdraw_finding::withdraw_finding;
use crate::http::kernel::text::Written;
use crate::http::kernel::{
    ById, Call, Check, Day, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Page, Problem,
    Prose, Reply, Tag,
};
use crate::storage::findings::{self as storage, FindingStep, StoredFinding};
use crate::storage::lists::findings::{self as lists, FindingFilter};
use crate::storage::lists::{labels, obligations};
use actix_web::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "findings",
    says: "问题：整改台账，从提出到整改报告、复查、销号",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    use RefusalCode::{
        ForeignItem, InvalidValue, NotFound, NotYours, OutOfOrder, PlanClosed, PlanNotIssued,
        ReasonNeeded, UnknownUnit, WrongDay,
    };
    let read = Action::ReadFindings;
    let all = [
        Endpoint::get("/findings", "list_findings", read, list)
            .says("问题列表", "List findings", "先提出的在前。单位看到本单位、下级单位和牵头任务的问题，检查人员看到自己检查出的问题。")
            .example_query("state=open&overdue=false"),
        Endpoint::get("/findings/{id}", "get_finding", read, get)
            .says("查看问题", "Get a finding", "含历次整改报告、复查。整改报告用 POST /obligations/{obligation_id}/reports 报送。")
            .example_param("id", examples::FINDING),
        Endpoint::post("/findings", "raise_finding", Action::RaiseFindings, raise)
            .says("提出问题", "Raise a finding by hand", "抽查以外的检查发现的问题也列入整改台账。须写明方案或任务分工；立即通知单位整改。当日整改或超出单位每月填报次数上限的须写明理由。")
            .refuses(&[UnknownUnit, NotFound, InvalidValue, ForeignItem, PlanNotIssued, PlanClosed, WrongDay, ReasonNeeded])
            .example_body(json!({
                "unit_code": "S1",
                "plan_id": examples::PLAN,
                "text": "实验室危险品没有双人双锁",
                "rectify_by": "2026-12-14",
                "attachment_ids": [examples::PHOTO],
                "reason": "安全隐患须尽快整改",
            })),
        Endpoint::post("/findings/{id}/recheck", "recheck_finding", Action::RecheckFindings, recheck)
            .says("复查", "Recheck a finding", "单位报送整改报告之后，由检查人员或督导办复查：close 销号；send_back 退回，写明理由和新的整改期限（今天以后的工作日），立即通知单位重新整改。")
            .answers(&[StatusCode::OK])
            .refuses(&[OutOfOrder, NotYours, InvalidValue, WrongDay])
            .example_param("id", examples::FINDING)
            .example_body(json!({
                "outcome": "send_back",
                "reason": "只清理了一层，其余楼层仍有杂物",
                "rectify_by": "2026-12-21",
            })),
        Endpoint::post("/findings/{id}/withdrawal", "withdraw_finding", Action::WithdrawFindings, withdraw)
            .says("撤销问题", "Withdraw a finding", "登记有误或经核实不是问题的，由督导办撤销，写明理由：不再要求整改报告，不计入考评，发邮件告知单位一次。已销号的不能撤销。")
            .answers(&[StatusCode::OK])
            .refuses(&[OutOfOrder])
            .example_param("id", examples::FINDING)
            .example_body(json!({ "reason": "经核实，该通道不是消防通道，登记有误" })),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FindingQuery {
    /// 督办
    round_id: Option<RoundId>,
    /// 检查
    inspection_id: Option<InspectionId>,
    /// 方案
    plan_id: Option<PlanId>,
    /// 单位编码
    unit_code: Option<Line<64>>,
    /// 状态：待整改、待复查、整改退回、已销号、已撤销
    state: Option<FindingState>,
    /// 是否逾期：单位没有报送整改报告，期限已过
    overdue: Option<bool>,
}

/// 问题的一步
#[derive(Debug, Serialize, ToSchema)]
struct FindingStepShown {
    /// report 整改报告，close 复查销号，send_back 复查退回，withdraw 撤销
    event: FindingEvent,
    /// 此前的状态
    state_before: FindingState,
    /// 此后的状态
    state_after: FindingState,
    /// 说明
    #[schema(required)]
    reason: Option<String>,
    /// 新的整改期限
    #[schema(required)]
    rectify_by: Option<NaiveDate>,
    /// 整改报告的编号
    #[schema(required)]
    report_id: Option<ReportId>,
    /// 由谁
    by: String,
    /// 日期
    on: NaiveDate,
    /// 时刻
    at: DateTime<Utc>,
}

impl From<FindingStep> for FindingStepShown {
    fn from(step: FindingStep) -> Self {
        Self {
            event: step.event,
            state_before: step.before,
            state_after: step.after,
            reason: step.reason,
            rectify_by: step.due_on,
            report_id: step.report_id,
            by: step.by,
            on: step.on,
            at: step.at,
        }
    }
}

/// 问题
#[derive(Debug, Serialize, ToSchema)]
struct FindingShown {
    /// 编号
    id: FindingId,
    /// 序号：在这次督办中，或（不是抽查发现的）在方案中
    number: i32,
    /// 发现它的督办；由人提出的为空
    #[schema(required)]
    round_id: Option<RoundId>,
    /// 发现它的检查
    #[schema(required)]
    inspection_id: Option<InspectionId>,
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
    /// 涉及的任务分工
    #[schema(required)]
    assignment_id: Option<AssignmentId>,
    /// 任务序号
    #[schema(required)]
    task_number: Option<String>,
    /// 问题
    text: String,
    /// 照片等材料
    files: Vec<LinkedFile>,
    /// 状态
    state: FindingState,
    /// 现在的整改期限
    rectify_by: NaiveDate,
    /// 最初的整改期限
    first_rectify_by: NaiveDate,
    /// 是否逾期
    overdue: bool,
    /// 要求报送整改报告的应报事项
    obligation_id: ObligationId,
    /// 由谁提出
    raised_by: String,
    /// 提出的日期
    raised_on: NaiveDate,
    /// 提出的时刻
    raised_at: DateTime<Utc>,
    /// 历次整改报告和复查，先发生的在前
    steps: Vec<FindingStepShown>,
}

/// 发现的问题
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FindingToMake {
    /// 问题
    #[schema(value_type = Written<2000>)]
    text: Prose<2000>,
    /// 涉及的任务分工，须在抽中的事项之内；其他问题不填
    assignment_id: Option<AssignmentId>,
    /// 整改期限，须为今天或以后的工作日
    rectify_by: Day,
    /// 照片等材料，至多 20 个
    #[serde(default)]
    #[schema(max_items = 20)]
    attachment_ids: Vec<AttachmentId>,
}

impl FindingToMake {
    /// Checks what stands at `place`.
    pub(super) fn check(&self, place: &str, errors: &mut FieldErrors) {
        check_finding(&self.text, &self.attachment_ids, place, errors);
    }
}

impl From<&FindingToMake> for FindingToRaise {
    fn from(given: &FindingToMake) -> Self {
        Self {
            text: given.text.trim().to_owned(),
            assignment_id: given.assignment_id,
            rectify_by: given.rectify_by.0,
            files: given.attachment_ids.clone(),
        }
    }
}

fn check_finding(text: &str, files: &[AttachmentId], place: &str, errors: &mut FieldErrors) {
    if text.trim().is_empty() {
        let field = format!("{place}text");
        errors.add(field, FieldCode::OutOfRange, "请写明问题");
    }
    if files.len() > MOST_FILES {
        let field = format!("{place}attachment_ids");
        let message = format!("至多 {MOST_FILES} 个附件");
        errors.add(field, FieldCode::OutOfRange, message);
    }
}

/// 抽查以外发现的问题
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FindingByHandToMake {
    /// 单位编码
    unit_code: Line<64>,
    /// 方案；写明任务分工的可以不填
    plan_id: Option<PlanId>,
    /// 涉及的任务分工，须为该单位的
    assignment_id: Option<AssignmentId>,
    /// 问题
    #[schema(value_type = Written<2000>)]
    text: Prose<2000>,
    /// 整改期限，须为今天或以后的工作日
    rectify_by: Day,
    /// 照片等材料，至多 20 个
    #[serde(default)]
    #[schema(max_items = 20)]
    attachment_ids: Vec<AttachmentId>,
    /// 理由；当日整改或超出单位每月填报次数上限时必填
    reason: Option<Line<200>>,
}

impl Check for FindingByHandToMake {
    fn check(&self, errors: &mut FieldErrors) {
        check_finding(&self.text, &self.attachment_ids, "", errors);
    }
}

/// 复查的结果：销号，或退回重新整改
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RecheckOutcome {
    /// Found right.
    Close,
    /// Not found right.
    SendBack,
}

/// 复查
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FindingRecheck {
    /// 结果
    outcome: RecheckOutcome,
    /// 说明；退回的必填
    reason: Option<Prose<2000>>,
    /// 新的整改期限，须为今天以后的工作日；退回的必填，销号的不填
    rectify_by: Option<Day>,
}

impl Check for FindingRecheck {}

/// 撤销问题
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FindingWithdrawal {
    /// 理由
    #[schema(value_type = Written<2000>)]
    reason: Prose<2000>,
}

impl Check for FindingWithdrawal {
    fn check(&self, errors: &mut FieldErrors) {
        not_empty("reason", &self.reason, errors);
    }
}

async fn list(call: Call<List<FindingQuery, ById>>) -> Result<Reply<Page<FindingShown>>, Problem> {
    let query = &call.query.filter;
    let filter = FindingFilter {
        round_id: query.round_id,
        inspection_id: query.inspection_id,
        plan_id: query.plan_id,
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        state: query.state,
        overdue: query.overdue,
        today: call.now.today,
    };
    let reach = call.viewer.reach(Action::ReadFindings);
    let eyes = (&reach, call.viewer.address.as_str());
    let page = lists::list(&call.ctx.db, &filter, eyes, &call.query.wanted()).await?;
    let items = shown(&call, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<FindingShown>, Problem> {
    let one = met(&call, Action::ReadFindings).await?;
    Ok(Reply::ok(only(&call, one).await?))
}

async fn raise(call: Call<NoQuery, FindingByHandToMake>) -> Result<Reply<FindingShown>, Problem> {
    let given = &call.body;
    let wanted = FindingByHand {
        unit_code: given.unit_code.to_string(),
        plan_id: given.plan_id,
        finding: FindingToRaise {
            text: given.text.trim().to_owned(),
            assignment_id: given.assignment_id,
            rectify_by: given.rectify_by.0,
            files: given.attachment_ids.clone(),
        },
        reason: given.reason.as_deref().map(str::to_owned),
    };
    let id = raise_finding(&call.ctx, &call.viewer.address, wanted).await?;
    let made = found(&call, id).await?;
    Ok(Reply::created(made, &format!("/findings/{id}")))
}

async fn recheck(call: Call<NoQuery, FindingRecheck>) -> Result<Reply<FindingShown>, Problem> {
    let id = met(&call, Action::RecheckFindings).await?.id;
    let given = &call.body;
    let wanted = Recheck {
        event: match given.outcome {
            RecheckOutcome::Close => FindingEvent::Close,
            RecheckOutcome::SendBack => FindingEvent::SendBack,
        },
        reason: told(given.reason.as_ref()),
        rectify_by: given.rectify_by.map(|day| day.0),
    };
    recheck_finding(&call.ctx, &call.viewer, id, wanted).await?;
    Ok(Reply::ok(found(&call, id).await?))
}

async fn withdraw(call: Call<NoQuery, FindingWithdrawal>) -> Result<Reply<FindingShown>, Problem> {
    let id = met(&call, Action::WithdrawFindings).await?.id;
    let reason = call.body.reason.trim().to_owned();
    withdraw_finding(&call.ctx, &call.viewer.address, id, reason).await?;
    Ok(Reply::ok(found(&call, id).await?))
}

/// The finding in the path, where the caller meets it under an action.
async fn met<Q, B>(call: &Call<Q, B>, action: Action) -> Result<StoredFinding, Problem> {
    let id: FindingId = call.id("id")?;
    let db = &call.ctx.db;
    let reach = call.viewer.reach(action);
    if let Some(one) = lists::one(db, id, (&reach, &call.viewer.address)).await? {
        return Ok(one);
    }
    match storage::get(db, id).await? {
        Some(_) => Err(Problem::hidden(format!("finding {id}"))),
        None => Err(Problem::not_found()),
    }
}

async fn found<Q, B>(call: &Call<Q, B>, id: FindingId) -> Result<FindingShown, Problem> {
    let row = storage::get(&call.ctx.db, id).await?;
    only(call, row.ok_or_else(Problem::not_found)?).await
}

async fn only<Q, B>(call: &Call<Q, B>, one: StoredFinding) -> Result<FindingShown, Problem> {
    let id = one.id;
    let shown = shown(call, vec![one]).await?.pop();
    shown.ok_or_else(|| Problem::internal(format!("finding {id} has no obligation")))
}

/// Findings as they are shown, in their order.
async fn shown<Q, B>(
    call: &Call<Q, B>,
    rows: Vec<StoredFinding>,
) -> Result<Vec<FindingShown>, Problem> {
    let db = &call.ctx.db;
    let ids: Vec<FindingId> = rows.iter().map(|row| row.id).collect();
    let about = rows.iter().filter_map(|row| row.assignment_id);
    let about = labels::assignments(db, about).await?;
    let asked = obligations::with_ids(db, rows.iter().map(|row| row.obligation_id)).await?;
    let asked: HashMap<ObligationId, _> = asked
        .into_iter()
        .map(|row| (row.obligation.id, row))
        .collect();
    let mut files = linked_files::of_inspections(db, ids.iter().map(|id| id.0)).await?;
    let mut steps: HashMap<FindingId, Vec<FindingStepShown>> = HashMap::new();
    for step in storage::steps(db, &ids).await? {
        steps.entry(step.finding_id).or_default().push(step.into());
    }
    let shown = rows.into_iter().filter_map(|row| {
        let ask = asked.get(&row.obligation_id)?;
        let due_on = ask.obligation.due_on;
        let item = row.assignment_id.and_then(|id| about.get(&id));
        Some(FindingShown {
            id: row.id,
            number: row.number,
            round_id: row.round_id,
            inspection_id: row.inspection_id,
            plan_id: row.plan_id,
            plan_title: ask.plan_title.clone(),
            unit_id: row.unit_id,
            unit_code: ask.unit.code.clone(),
            unit_name: ask.unit.name.clone(),
            assignment_id: row.assignment_id,
            task_number: item.map(|item| item.number.clone()),
            text: row.text,
            files: files.remove(&row.id.0).unwrap_or_default(),
            state: row.state,
            rectify_by: due_on,
            first_rectify_by: ask.obligation.first_due_on,
            overdue: row.state.waits_for_unit() && due_on < call.now.today,
            obligation_id: row.obligation_id,
            raised_by: row.raised_by,
            raised_on: row.raised_on,
            raised_at: row.raised_at,
            steps: steps.remove(&row.id).unwrap_or_default(),
        })
    });
    Ok(shown.collect())
}
