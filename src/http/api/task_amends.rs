//! `/tasks/{id}`: amending, splitting and deciding about tasks that are issued.

use super::amendments::{Amendment, made};
use super::examples;
use super::given::given;
use super::plan_json::IssuedJson;
use super::task_json::{TaskDetail, details};
use super::tasks::TASKS;
use crate::domain::access::Action;
use crate::domain::ids::TaskId;
use crate::domain::role::Role;
use crate::domain::task_life::TaskDecision;
use crate::flow::RefusalCode;
use crate::flow::amend_task::{AmendmentWanted, amend_task};
use crate::flow::decide_task::{Decided, decide_task};
use crate::flow::split_task::{PartWanted, split_task};
use crate::http::kernel::text::Written;
use crate::http::kernel::{
    Call, Check, Day, Endpoint, FieldCode, FieldErrors, Line, NoQuery, Problem, Prose, Reply,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// No more names than this stand in one field.
const MOST_NAMES: usize = 300;

/// No more parts than this come of one task.
const MOST_PARTS: usize = 50;

type Name = Line<100>;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![amending(), deciding(), splitting()]
}

fn amending() -> Endpoint {
    let says = "没有给出的字段不变。新加入的单位按下发办理：形成分工，要求签收，有完成时限的要求填报；移出的单位分工撤销，不再提醒；时限变动的，\
                未完成的填报要求按新的时限重新安排并立即通知，最初的时限保留。单位批准过更晚时限的，仍按其时限。";
    Endpoint::post(
        "/tasks/{id}/amendments",
        "amend_task",
        Action::AmendTasks,
        amend,
    )
    .tag(TASKS)
    .says("调整已下发的任务", "Amend an issued task", says)
    .refuses(&[
        RefusalCode::InvalidValue,
        RefusalCode::NothingToAmend,
        RefusalCode::WrongDay,
        RefusalCode::UnknownUnit,
        RefusalCode::Ambiguous,
        RefusalCode::Taken,
        RefusalCode::OutOfOrder,
        RefusalCode::PlanClosed,
    ])
    .example_param("id", examples::AMENDED_TASK)
    .example_body(json!({
        "due_on": "2026-06-30",
        "add_cooperating_units": ["信息中心"],
        "reason": "设备到货推迟，请信息中心配合",
    }))
}

fn deciding() -> Endpoint {
    let says = "pause 暂停、resume 恢复、withdraw 撤销：任务的全部分工一并办理；close 整体销号、return 退回：针对牵头单位的整体完成报告。有责任\
                单位的分工没有复核通过、销号或撤销的，不能整体销号。退回时给出期限的，牵头单位自己的分工一并退回重报。";
    Endpoint::post(
        "/tasks/{id}/decisions",
        "decide_task",
        Action::AmendTasks,
        decide,
    )
    .tag(TASKS)
    .says("对任务整体作出决定", "Decide about a task as a whole", says)
    .refuses(&[
        RefusalCode::InvalidValue,
        RefusalCode::WrongDay,
        RefusalCode::OutOfOrder,
        RefusalCode::OpenParts,
        RefusalCode::PlanClosed,
    ])
    .example_param("id", examples::AMENDED_TASK)
    .example_body(json!({ "decision": "return", "reason": "请补充公示照片", "due_on": null }))
}

fn splitting() -> Endpoint {
    let says = "原任务的分工全部撤销，理由写明分解成哪几项；各部分是同一方案的任务，序号为原序号加 -1、-2……，立即下发。";
    Endpoint::post("/tasks/{id}/split", "split_task", Action::AmendTasks, split)
        .tag(TASKS)
        .says("分解已下发的任务", "Split an issued task", says)
        .refuses(&[
            RefusalCode::InvalidValue,
            RefusalCode::WrongDay,
            RefusalCode::UnknownUnit,
            RefusalCode::Ambiguous,
            RefusalCode::TaskHeld,
            RefusalCode::OutOfOrder,
            RefusalCode::PlanClosed,
        ])
        .example_param("id", examples::WHOLE_TASK)
        .example_body(json!({
            "reason": "建设与联网分开推进",
            "parts": [
                { "title": "建设信息平台", "lead_units": ["安全科"], "responsible_units": ["信息中心"], "due_on": "2026-12-14" },
                { "title": "平台联网运行", "lead_units": ["信息中心"] },
            ],
        }))
}

/// 对已下发任务的调整；没有给出的字段不变。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TaskAmendment {
    /// 标题。
    title: Option<Line<300>>,
    /// 全文。
    #[schema(value_type = Option<Written<20000>>)]
    text: Option<Prose<20000>>,
    /// 完成时限，须为今天以后的工作日；null 为不再有时限。
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Day>)]
    due_on: Option<Option<Day>>,
    /// 新增的牵头单位：名称、编码或统称。
    #[serde(default)]
    #[schema(max_items = 300)]
    add_lead_units: Vec<Name>,
    /// 新增的责任单位。
    #[serde(default)]
    #[schema(max_items = 300)]
    add_responsible_units: Vec<Name>,
    /// 新增的配合单位。
    #[serde(default)]
    #[schema(max_items = 300)]
    add_cooperating_units: Vec<Name>,
    /// 移出的单位。
    #[serde(default)]
    #[schema(max_items = 300)]
    remove_units: Vec<Name>,
    /// 理由。
    reason: Line<1000>,
}

impl Check for TaskAmendment {
    fn check(&self, errors: &mut FieldErrors) {
        for (field, names) in [
            ("add_lead_units", &self.add_lead_units),
            ("add_responsible_units", &self.add_responsible_units),
            ("add_cooperating_units", &self.add_cooperating_units),
            ("remove_units", &self.remove_units),
        ] {
            check_names(names, field, errors);
        }
        if self.text.as_deref().is_some_and(str::is_empty) {
            errors.add("text", FieldCode::Missing, "全文不能为空");
        }
    }
}

fn check_names(given: &[Name], field: &str, errors: &mut FieldErrors) {
    if given.len() > MOST_NAMES {
        let text = format!("最多 {MOST_NAMES} 个，可改用“各校”一类的统称");
        errors.add(field, FieldCode::OutOfRange, text);
    }
}

fn names(given: &[Name]) -> Vec<String> {
    given.iter().map(|name| name.to_string()).collect()
}

fn by_role(
    lead: &[Name],
    responsible: &[Name],
    cooperating: &[Name],
) -> BTreeMap<Role, Vec<String>> {
    [
        (Role::Lead, lead),
        (Role::Responsible, responsible),
        (Role::Cooperating, cooperating),
    ]
    .into_iter()
    .map(|(role, given)| (role, names(given)))
    .collect()
}

async fn amend(call: Call<NoQuery, TaskAmendment>) -> Result<Reply<Amendment>, Problem> {
    let id: TaskId = call.id("id")?;
    let body = &call.body;
    let mut add = by_role(
        &body.add_lead_units,
        &body.add_responsible_units,
        &body.add_cooperating_units,
    );
    add.retain(|_, names| !names.is_empty());
    let wanted = AmendmentWanted {
        title: body.title.as_deref().map(str::to_owned),
        text: body.text.as_deref().map(str::to_owned),
        due_on: body.due_on.map(|day| day.map(|day| day.0)),
        add,
        remove: names(&body.remove_units),
        reason: body.reason.to_string(),
    };
    let amendment = amend_task(&call.ctx, &call.viewer.address, id, wanted).await?;
    let shown = made(&call.ctx.db, amendment).await?;
    Ok(Reply::created(shown, &format!("/amendments/{amendment}")))
}

/// 对任务整体的决定。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TaskDecisionJson {
    /// 决定：pause 暂停，resume 恢复，withdraw 撤销，close 整体销号，return 退回整体完成报告。
    decision: TaskDecision,
    /// 理由；暂停、撤销、退回的必填。
    reason: Option<Line<1000>>,
    /// 恢复后的期限，或退回后重新填报的期限，须为今天以后的工作日。
    due_on: Option<Day>,
}

impl Check for TaskDecisionJson {}

async fn decide(call: Call<NoQuery, TaskDecisionJson>) -> Result<Reply<Amendment>, Problem> {
    let id: TaskId = call.id("id")?;
    let decided = Decided {
        decision: call.body.decision,
        reason: call.body.reason.as_deref().map(str::to_owned),
        due_on: call.body.due_on.map(|day| day.0),
    };
    let amendment = decide_task(&call.ctx, &call.viewer.address, id, decided).await?;
    let shown = made(&call.ctx.db, amendment).await?;
    Ok(Reply::created(shown, &format!("/amendments/{amendment}")))
}

/// 任务的分解。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TaskSplitJson {
    /// 各部分，1 至 50 项。
    #[schema(min_items = 1, max_items = 50)]
    parts: Vec<PartJson>,
    /// 理由。
    reason: Line<1000>,
}

/// 分解成的一部分。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PartJson {
    /// 标题。
    title: Line<300>,
    /// 全文；不给时同标题。
    text: Option<Prose<20000>>,
    /// 牵头单位，至少一个。
    #[schema(min_items = 1, max_items = 300)]
    lead_units: Vec<Name>,
    /// 责任单位。
    #[serde(default)]
    #[schema(max_items = 300)]
    responsible_units: Vec<Name>,
    /// 配合单位。
    #[serde(default)]
    #[schema(max_items = 300)]
    cooperating_units: Vec<Name>,
    /// 完成时限，须为今天以后的工作日；不给时同原任务。
    due_on: Option<Day>,
}

impl Check for TaskSplitJson {
    fn check(&self, errors: &mut FieldErrors) {
        if !(1..=MOST_PARTS).contains(&self.parts.len()) {
            let text = format!("应有 1 至 {MOST_PARTS} 个部分");
            errors.add("parts", FieldCode::OutOfRange, text);
            return;
        }
        for (at, part) in self.parts.iter().enumerate() {
            if part.lead_units.is_empty() {
                let field = format!("parts[{at}].lead_units");
                errors.add(field, FieldCode::Missing, "至少要有一个牵头单位");
            }
            for (field, names) in [
                ("lead_units", &part.lead_units),
                ("responsible_units", &part.responsible_units),
                ("cooperating_units", &part.cooperating_units),
            ] {
                check_names(names, &format!("parts[{at}].{field}"), errors);
            }
        }
    }
}

/// 分解的结果。
#[derive(Debug, Serialize, ToSchema)]
struct TaskSplitDone {
    /// 各部分，次序与请求相同。
    items: Vec<TaskDetail>,
    /// 下发的结果。
    issued: IssuedJson,
}

async fn split(call: Call<NoQuery, TaskSplitJson>) -> Result<Reply<TaskSplitDone>, Problem> {
    let id: TaskId = call.id("id")?;
    let parts = call.body.parts.iter().map(|part| PartWanted {
        title: part.title.to_string(),
        text: part.text.as_deref().unwrap_or_default().to_owned(),
        units: by_role(
            &part.lead_units,
            &part.responsible_units,
            &part.cooperating_units,
        ),
        due_on: part.due_on.map(|day| day.0),
    });
    let (address, reason) = (&call.viewer.address, &call.body.reason);
    let done = split_task(&call.ctx, address, id, parts.collect(), reason).await?;
    let answer = TaskSplitDone {
        items: details(&call.ctx.db, &done.ids).await?,
        issued: done.issued.into(),
    };
    Ok(Reply::created(answer, &format!("/tasks/{id}")))
}
