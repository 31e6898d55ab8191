//! `/obligations/{id}/form`: the form of an obligation, filled in before.

use super::examples;
use super::obligations::{TAG, found};
use super::roll_up::StateCountsJson;
use super::shown_light::ShownLight;
use crate::domain::access::Action;
use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{AssignmentId, ObligationId, TaskId, UnitId};
use crate::domain::obligation::{ObligationKind, ObligationState};
use crate::domain::report::ReportItem;
use crate::domain::role::Role;
use crate::flow::dispatch_form::{Below, BelowItem, FormItem, FromBelow, dispatch_form};
use crate::http::kernel::{Call, Endpoint, Problem, Reply};
use crate::storage::dispatch_rows::LastTold;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let says = "逐项给出任务、序时进度和灯、本单位最近的填报、下级的进展，以及据此预填的答复 answer。本周期段已经报过的不必重写：ready 为 true 时，把 answer 原样 POST 到 /obligations/{id}/reports 即为确认；有变化的改后再报。已销号、暂停、撤销的任务不再询问。任务的进度以第一牵头单位填报的为准，其他牵头单位填报各自的部分。";
    vec![
        Endpoint::get(
            "/obligations/{id}/form",
            "get_form",
            Action::ReadObligations,
            form,
        )
        .tag(TAG)
        .says(
            "预填的表单",
            "Get the form of an obligation, filled in before",
            says,
        )
        .example_param("id", examples::OBLIGATION),
    ]
}

/// 预填的表单
#[derive(Debug, Serialize, ToSchema)]
struct Form {
    /// 应报事项编号
    obligation_id: ObligationId,
    /// 种类
    kind: ObligationKind,
    /// 状态
    state: ObligationState,
    /// 单位编号
    unit_id: UnitId,
    /// 单位代码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 周期段
    #[schema(required)]
    period: Option<String>,
    /// 要求汇总的内容
    #[schema(required)]
    what: Option<String>,
    /// 到期日
    due_on: NaiveDate,
    /// 这一天起的填报算作本周期段的
    since: NaiveDate,
    /// 本周期段是否各项都已报过，可以原样确认
    ready: bool,
    /// 逐项
    items: Vec<FormItemJson>,
    /// 向本单位汇报的下级单位；区为其汇总
    from_below: Vec<FromBelowJson>,
    /// 预填的答复，可以原样提交
    answer: FormAnswer,
}

/// 预填的答复
#[derive(Debug, Serialize, ToSchema)]
struct FormAnswer {
    /// 逐项
    items: Vec<AnswerItem>,
    /// 说明，由单位填写
    #[schema(required)]
    note: Option<String>,
}

/// 答复中的一项
#[derive(Debug, Serialize, ToSchema)]
struct AnswerItem {
    /// 任务分工编号
    assignment_id: AssignmentId,
    /// 进度，0 至 100
    #[schema(required)]
    percent: Option<u8>,
    /// 完成情况
    #[schema(required)]
    done: Option<String>,
    /// 存在问题
    #[schema(required)]
    problems: Option<String>,
    /// 下一步打算
    #[schema(required)]
    next_steps: Option<String>,
}

impl From<ReportItem> for AnswerItem {
    fn from(item: ReportItem) -> Self {
        Self {
            assignment_id: item.assignment_id,
            percent: item.percent,
            done: item.done,
            problems: item.problems,
            next_steps: item.next_steps,
        }
    }
}

/// 最近一次填报
#[derive(Debug, Serialize, ToSchema)]
struct LastToldJson {
    /// 所答复的应报事项
    obligation_id: ObligationId,
    /// 进度
    #[schema(required)]
    percent: Option<u8>,
    /// 完成情况
    #[schema(required)]
    done: Option<String>,
    /// 存在问题
    #[schema(required)]
    problems: Option<String>,
    /// 下一步打算
    #[schema(required)]
    next_steps: Option<String>,
    /// 填报人
    reported_by: String,
    /// 填报日期
    reported_on: NaiveDate,
    /// 填报时间
    reported_at: DateTime<Utc>,
}

impl From<LastTold> for LastToldJson {
    fn from(told: LastTold) -> Self {
        Self {
            obligation_id: told.obligation_id,
            percent: told.item.percent,
            done: told.item.done,
            problems: told.item.problems,
            next_steps: told.item.next_steps,
            reported_by: told.reported_by,
            reported_on: told.reported_on,
            reported_at: told.reported_at,
        }
    }
}

/// 责任单位的进展
#[derive(Debug, Serialize, ToSchema)]
struct BelowJson {
    /// 各状态的分工数
    counts: StateCountsJson,
    /// 平均进度，没有填报的按 0 计，取到一位小数
    #[schema(required)]
    mean_percent: Option<f64>,
    /// 本周期段填报过进度的分工数
    reported_in_period: u32,
}

impl From<Below> for BelowJson {
    fn from(below: Below) -> Self {
        Self {
            counts: below.counts.into(),
            mean_percent: below.mean_percent,
            reported_in_period: below.reported_in_period,
        }
    }
}

/// 表单中的一项
#[derive(Debug, Serialize, ToSchema)]
struct FormItemJson {
    /// 任务分工编号
    assignment_id: AssignmentId,
    /// 任务编号
    task_id: TaskId,
    /// 任务序号
    task_number: String,
    /// 任务标题
    task_title: String,
    /// 单位在任务中的角色
    role: Role,
    /// 任务的完成时限
    #[schema(required)]
    task_due_on: Option<NaiveDate>,
    /// 任务是否向下汇集
    collects: bool,
    /// 分工的状态
    state: AssignmentState,
    /// 今天的红黄绿灯、序时进度及原因
    #[schema(required)]
    light: Option<ShownLight>,
    /// 本单位最近的填报
    #[schema(required)]
    last: Option<LastToldJson>,
    /// 本周期段是否已经报过；被退回的不算
    in_period: bool,
    /// 责任单位的进展；没有下级的为空
    #[schema(required)]
    below: Option<BelowJson>,
}

impl From<FormItem> for FormItemJson {
    fn from(item: FormItem) -> Self {
        Self {
            assignment_id: item.assignment_id,
            task_id: item.task.id,
            task_number: item.task.number,
            task_title: item.task.title,
            role: item.role,
            task_due_on: item.task.due_on,
            collects: item.task.collects,
            state: item.state,
            light: item.light.map(ShownLight::from),
            last: item.last.map(LastToldJson::from),
            in_period: item.in_period,
            below: item.below.map(BelowJson::from),
        }
    }
}

/// 下级单位对一项任务的填报
#[derive(Debug, Serialize, ToSchema)]
struct BelowItemJson {
    /// 任务分工编号，可以转报或退回
    assignment_id: AssignmentId,
    /// 任务序号
    task_number: String,
    /// 分工的状态
    state: AssignmentState,
    /// 最近的填报
    #[schema(required)]
    last: Option<LastToldJson>,
}

impl From<BelowItem> for BelowItemJson {
    fn from(item: BelowItem) -> Self {
        Self {
            assignment_id: item.assignment_id,
            task_number: item.task_number,
            state: item.state,
            last: item.told.map(LastToldJson::from),
        }
    }
}

/// 向本单位汇报的一个下级单位
#[derive(Debug, Serialize, ToSchema)]
struct FromBelowJson {
    /// 其应报事项
    obligation_id: ObligationId,
    /// 单位编号
    unit_id: UnitId,
    /// 单位代码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 状态
    state: ObligationState,
    /// 到期日
    due_on: NaiveDate,
    /// 说明；区的为对所属学校的汇总
    #[schema(required)]
    note: Option<String>,
    /// 最近一次填报的时间
    #[schema(required)]
    reported_at: Option<DateTime<Utc>>,
    /// 区所属应报的学校数
    #[schema(required)]
    schools_asked: Option<u32>,
    /// 其中已报的
    #[schema(required)]
    schools_answered: Option<u32>,
    /// 对本表各项任务的填报
    items: Vec<BelowItemJson>,
}

impl From<FromBelow> for FromBelowJson {
    fn from(one: FromBelow) -> Self {
        Self {
            obligation_id: one.obligation_id,
            unit_id: one.unit_id,
            unit_code: one.unit_code,
            unit_name: one.unit_name,
            state: one.state,
            due_on: one.due_on,
            note: one.note,
            reported_at: one.reported_at,
            schools_asked: one.schools.map(|(asked, _)| asked),
            schools_answered: one.schools.map(|(_, answered)| answered),
            items: one.items.into_iter().map(BelowItemJson::from).collect(),
        }
    }
}

async fn form(call: Call) -> Result<Reply<Form>, Problem> {
    let row = found(&call, Action::ReadObligations).await?;
    let reach = call.viewer.reach(Action::ReadAssignments);
    let period = row.period.as_deref().and_then(|text| text.parse().ok());
    let form = dispatch_form(&call.ctx, &row.obligation, period, &reach).await?;
    let answer = form.items.iter();
    let answer = answer.map(|item| AnswerItem::from(item.proposed.clone()));
    let answer: Vec<AnswerItem> = answer.collect();
    let one = row.obligation;
    Ok(Reply::ok(Form {
        obligation_id: one.id,
        kind: one.kind,
        state: one.state,
        unit_id: one.unit_id,
        unit_code: row.unit.code,
        unit_name: row.unit.name,
        period: row.period,
        what: one.what,
        due_on: one.due_on,
        since: form.since,
        ready: form.ready,
        items: form.items.into_iter().map(FormItemJson::from).collect(),
        from_below: form
            .from_below
            .into_iter()
            .map(FromBelowJson::from)
            .collect(),
        answer: FormAnswer {
            items: answer,
            note: None,
        },
    }))
}
