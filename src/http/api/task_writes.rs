//! `/tasks`: making them by hand, changing and removing them before they are issued, issuing them.

use super::examples;
use super::plan_json::IssuedJson;
use super::plans::{CyclesChoice, check_count};
use super::task_json::{TaskDetail, details};
use super::tasks::TASKS;
use crate::domain::access::Action;
use crate::domain::ids::{AttachmentId, PlanId, TaskId};
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::role::Role;
use crate::flow::RefusalCode;
use crate::flow::change_task::{TaskChange, change_task, remove_task};
use crate::flow::issue_plan::IssuedBy;
use crate::flow::issue_tasks::{TasksToIssue, issue_tasks};
use crate::flow::make_task::{NewTask, RequestShape, make_tasks};
use crate::http::kernel::text::Written;
use crate::http::kernel::{
    Call, Check, Day, Endpoint, FieldCode, FieldErrors, Line, NoQuery, Nothing, Problem, Prose,
    Reply,
};
use actix_web::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// No more tasks than this are made by one call.
const MOST_MADE: usize = 200;

/// No more names than this stand in one role.
const MOST_NAMES: usize = 300;

/// The body of a call that makes many tasks.
const BULK_BODY: usize = 8 << 20;

/// Why a task cannot be made.
const MAKING: [RefusalCode; 7] = [
    RefusalCode::UnknownUnit,
    RefusalCode::Ambiguous,
    RefusalCode::InvalidValue,
    RefusalCode::PlanClosed,
    RefusalCode::TaskHeld,
    RefusalCode::TaskIssued,
    RefusalCode::ReasonNeeded,
];

type Name = Line<100>;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let sample = json!({
        "origin": "instruction",
        "title": "排查校门口交通安全隐患",
        "origin_note": "局主要领导批示",
        "due_on": "2027-06-30",
        "lead_units": ["安全科"],
        "responsible_units": ["各校", "D1"],
    });
    vec![
        make_endpoint(sample.clone()),
        make_many_endpoint(sample),
        Endpoint::post("/tasks/issue", "issue_tasks", Action::IssueTasks, issue)
            .tag(TASKS)
            .says(
                "下发任务",
                "Issue tasks, whole or nothing",
                "可跨方案，全有或全无：有一项不能下发，全部不下发，errors 逐项说明原因。同一联络员只收到一封通知。",
            )
            .answers(&[StatusCode::OK])
            .refuses(&[
                RefusalCode::InvalidValue,
                RefusalCode::TaskHeld,
                RefusalCode::TaskIssued,
                RefusalCode::PlanClosed,
                RefusalCode::ReasonNeeded,
            ])
            .example_body(json!({ "task_ids": [examples::TASK] })),
        Endpoint::patch("/tasks/{id}", "change_task", Action::WriteTasks, change)
            .tag(TASKS)
            .says(
                "修改任务",
                "Change a task; once issued, only whether it collects",
                "没有给出的字段不变；给出某一角色的单位时，该角色的单位全部换成所给的。已下发的任务只能改 collects（是否向下汇集），从下一次调度起生效。",
            )
            .refuses(&[
                RefusalCode::UnknownUnit,
                RefusalCode::Ambiguous,
                RefusalCode::InvalidValue,
                RefusalCode::TaskIssued,
                RefusalCode::PlanClosed,
                RefusalCode::Stale,
            ])
            .example_param("id", examples::TASK)
            .example_body(json!({ "responsible_units": ["各校"], "due_on": "2027-06-30" })),
        Endpoint::delete("/tasks/{id}", "remove_task", Action::WriteTasks, remove)
            .tag(TASKS)
            .says(
                "删除手工登记的任务",
                "Remove a task that was made by hand",
                "只能删除手工登记且未下发的任务。",
            )
            .refuses(&[
                RefusalCode::NotMadeByHand,
                RefusalCode::TaskIssued,
                RefusalCode::PlanClosed,
                RefusalCode::Stale,
            ])
            .example_param("id", examples::TASK),
    ]
}

fn make_endpoint(sample: serde_json::Value) -> Endpoint {
    let says = "领导批示、会议议定、一次性报送。单位写名称、编码或“各校”一类的统称，对不上的会被拒绝。列入当年同一来源的台账，序号自动编。issue=true 时立即下发。";
    Endpoint::post("/tasks", "make_task", Action::WriteTasks, make)
        .tag(TASKS)
        .says("登记任务", "Make a task by hand", says)
        .refuses(&MAKING)
        .example_body(sample)
}

fn make_many_endpoint(sample: serde_json::Value) -> Endpoint {
    let says = "至多 200 项，全有或全无；errors 指明是第几项（items[0] 起）的哪个字段。";
    Endpoint::post("/tasks/bulk", "make_tasks", Action::WriteTasks, make_many)
        .tag(TASKS)
        .says("批量登记任务", "Make many tasks by hand", says)
        .body_limit(BULK_BODY)
        .refuses(&MAKING)
        .example_body(json!({ "items": [sample] }))
}

/// 手工登记的来源。
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TaskOrigin {
    /// 领导批示。
    Instruction,
    /// 会议议定。
    Meeting,
    /// 一次性报送。
    Collection,
}

impl From<TaskOrigin> for PlanOrigin {
    fn from(origin: TaskOrigin) -> Self {
        match origin {
            TaskOrigin::Instruction => Self::Instruction,
            TaskOrigin::Meeting => Self::Meeting,
            TaskOrigin::Collection => Self::Collection,
        }
    }
}

/// 手工登记的任务。
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTaskJson {
    /// 来源：instruction 领导批示，meeting 会议议定，collection 一次性报送。
    origin: TaskOrigin,
    /// 同一来源的台账（方案编号）；不给时列入当年的台账。
    plan_id: Option<PlanId>,
    /// 标题。
    title: Line<300>,
    /// 全文；不给时同标题。
    text: Option<Prose<20000>>,
    /// 由谁、在何处提出。
    origin_note: Option<Line<500>>,
    /// 完成时限，不早于今天。
    due_on: Option<Day>,
    /// 牵头单位，至少一个，第一个为首要牵头。
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
    /// 须填写的模板（附件编号）。
    template_id: Option<AttachmentId>,
    /// 是否向下汇集，默认否：调度时也请责任单位填报，学校报区、区审核汇总后转报。
    #[serde(default)]
    collects: bool,
    /// 是否立即下发，默认否。
    #[serde(default)]
    issue: bool,
    /// 立即下发时的理由：要求当日完成或超出单位每月填报次数上限时必须填写。
    reason: Option<Line<500>>,
}

impl NewTaskJson {
    fn check_at(&self, place: &str, errors: &mut FieldErrors) {
        if self.lead_units.is_empty() {
            let text = "至少要有一个牵头单位";
            errors.add(format!("{place}lead_units"), FieldCode::Missing, text);
        }
        check_names(&self.lead_units, place, "lead_units", errors);
        check_names(&self.responsible_units, place, "responsible_units", errors);
        check_names(&self.cooperating_units, place, "cooperating_units", errors);
    }

    fn read(&self) -> NewTask {
        NewTask {
            origin: self.origin.into(),
            plan_id: self.plan_id,
            title: self.title.to_string(),
            text: self.text.as_deref().unwrap_or_default().to_owned(),
            origin_note: self.origin_note.as_deref().map(str::to_owned),
            due_on: self.due_on.map(|day| day.0),
            units: BTreeMap::from([
                (Role::Lead, names(&self.lead_units)),
                (Role::Responsible, names(&self.responsible_units)),
                (Role::Cooperating, names(&self.cooperating_units)),
            ]),
            template_id: self.template_id,
            collects: self.collects,
            issue: self.issue,
        }
    }
}

fn names(given: &[Name]) -> Vec<String> {
    given.iter().map(|name| name.to_string()).collect()
}

fn check_names(given: &[Name], place: &str, field: &str, errors: &mut FieldErrors) {
    if given.len() > MOST_NAMES {
        let text = format!("最多 {MOST_NAMES} 个，可改用“各校”一类的统称");
        errors.add(format!("{place}{field}"), FieldCode::OutOfRange, text);
    }
}

impl Check for NewTaskJson {
    fn check(&self, errors: &mut FieldErrors) {
        self.check_at("", errors);
    }
}

/// 批量登记的任务。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTasksJson {
    /// 任务，至多 200 项。
    #[schema(min_items = 1, max_items = 200)]
    items: Vec<NewTaskJson>,
}

impl Check for NewTasksJson {
    fn check(&self, errors: &mut FieldErrors) {
        if !(1..=MOST_MADE).contains(&self.items.len()) {
            let text = format!("应有 1 至 {MOST_MADE} 项任务");
            errors.add("items", FieldCode::OutOfRange, text);
            return;
        }
        for (at, item) in self.items.iter().enumerate() {
            item.check_at(&format!("items[{at}]."), errors);
        }
    }
}

/// 批量登记的结果。
#[derive(Debug, Serialize, ToSchema)]
struct TasksMadeJson {
    /// 新任务，次序与请求相同。
    items: Vec<TaskDetail>,
    /// 立即下发的结果；没有要求立即下发的为 null。
    issued: Option<IssuedJson>,
}

async fn make(call: Call<NoQuery, NewTaskJson>) -> Result<Reply<TaskDetail>, Problem> {
    let reason = call.body.reason.as_deref();
    let made = make_tasks(&call.ctx, &[call.body.read()], RequestShape::One, reason).await?;
    match details(&call.ctx.db, &made.ids).await?.pop() {
        Some(task) => {
            let path = format!("/tasks/{}", task.task.id);
            Ok(Reply::created(task, &path))
        }
        None => Err(Problem::internal("a task that was just made is gone")),
    }
}

async fn make_many(call: Call<NoQuery, NewTasksJson>) -> Result<Reply<TasksMadeJson>, Problem> {
    let items = &call.body.items;
    let new: Vec<NewTask> = items.iter().map(NewTaskJson::read).collect();
    // The tasks are issued together, so that one reason is given for all of them.
    let mut reasons = items.iter().filter_map(|item| item.reason.as_deref());
    let reason = reasons.next();
    let made = make_tasks(&call.ctx, &new, RequestShape::Items, reason).await?;
    let answer = TasksMadeJson {
        items: details(&call.ctx.db, &made.ids).await?,
        issued: made.issued.map(Into::into),
    };
    Ok(Reply::created(answer, "/tasks"))
}

/// 要下发的任务。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IssueTasks {
    /// 任务编号，可跨方案。
    #[schema(min_items = 1, max_items = 1000)]
    task_ids: Vec<TaskId>,
    /// 方案首次下发时是否开启督办周期，默认 on。
    #[serde(default)]
    cycles: CyclesChoice,
    /// 理由：要求当日完成或超出单位每月填报次数上限时必须填写。
    reason: Option<Line<500>>,
}

impl Check for IssueTasks {
    fn check(&self, errors: &mut FieldErrors) {
        check_count(self.task_ids.len(), errors);
    }
}

async fn issue(call: Call<NoQuery, IssueTasks>) -> Result<Reply<IssuedJson>, Problem> {
    let wanted = TasksToIssue {
        ids: &call.body.task_ids,
        of_plan: None,
        cycles: call.body.cycles.into(),
        by: IssuedBy::Person(call.body.reason.as_deref()),
    };
    Ok(Reply::ok(issue_tasks(&call.ctx, wanted).await?.into()))
}

/// 对任务的修改；没有给出的字段不变，null 表示清空。
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TaskChangeJson {
    /// 标题。
    title: Option<Line<300>>,
    /// 全文。
    #[schema(value_type = Option<Written<20000>>)]
    text: Option<Prose<20000>>,
    /// 由谁、在何处提出。
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Line<500>>)]
    origin_note: Option<Option<Line<500>>>,
    /// 完成时限，不早于今天。
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Day>)]
    due_on: Option<Option<Day>>,
    /// 须填写的模板（附件编号）。
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<AttachmentId>)]
    template_id: Option<Option<AttachmentId>>,
    /// 是否向下汇集；已下发的任务也可以改。
    collects: Option<bool>,
    /// 全部牵头单位。
    #[schema(max_items = 300)]
    lead_units: Option<Vec<Name>>,
    /// 全部责任单位。
    #[schema(max_items = 300)]
    responsible_units: Option<Vec<Name>>,
    /// 全部配合单位。
    #[schema(max_items = 300)]
    cooperating_units: Option<Vec<Name>>,
}

/// Tells a field that is `null` from one that is not there.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl TaskChangeJson {
    fn units(&self) -> impl Iterator<Item = (Role, &'static str, &Vec<Name>)> {
        [
            (Role::Lead, "lead_units", &self.lead_units),
            (
                Role::Responsible,
                "responsible_units",
                &self.responsible_units,
            ),
            (
                Role::Cooperating,
                "cooperating_units",
                &self.cooperating_units,
            ),
        ]
        .into_iter()
        .filter_map(|(role, field, names)| Some((role, field, names.as_ref()?)))
    }
}

impl Check for TaskChangeJson {
    fn check(&self, errors: &mut FieldErrors) {
        for (_, field, names) in self.units() {
            check_names(names, "", field, errors);
        }
        if self.text.as_deref().is_some_and(str::is_empty) {
            errors.add("text", FieldCode::Missing, "全文不能为空");
        }
    }
}

async fn change(call: Call<NoQuery, TaskChangeJson>) -> Result<Reply<TaskDetail>, Problem> {
    let id: TaskId = call.id("id")?;
    let body = &call.body;
    let note = body.origin_note.as_ref();
    let change = TaskChange {
        title: body.title.as_deref().map(str::to_owned),
        text: body.text.as_deref().map(str::to_owned),
        origin_note: note.map(|note| note.as_deref().map(str::to_owned)),
        due_on: body.due_on.map(|day| day.map(|day| day.0)),
        template_id: body.template_id,
        collects: body.collects,
        units: body
            .units()
            .map(|(role, _, given)| (role, names(given)))
            .collect(),
    };
    change_task(&call.ctx, id, change, call.seen.change_no()).await?;
    match details(&call.ctx.db, &[id]).await?.pop() {
        Some(task) => Ok(Reply::ok(task)),
        None => Err(Problem::not_found()),
    }
}

async fn remove(call: Call) -> Result<Reply<Nothing>, Problem> {
    let id: TaskId = call.id("id")?;
    remove_task(&call.ctx, id, call.seen.change_no()).await?;
    Ok(Reply::no_content())
}
