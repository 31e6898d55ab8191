//! `/indicators`: what is monitored, with every target it has had. What units have reported is in `indicator_values`.

use super::examples;
use super::given::given;
use crate::domain::access::Action;
use crate::domain::decimal::Decimal;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{IndicatorId, PlanId, TaskId};
use crate::domain::indicator::{IndicatorState, Target};
use crate::domain::period_key::PeriodKey;
use crate::domain::plan::Comparator;
use crate::flow::RefusalCode;
use crate::flow::keep_indicators::{
    IndicatorChange, NewIndicator, change_indicator, make_indicator,
};
use crate::http::kernel::{
    Call, Check, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Page, Problem, Reply, Tag,
};
use crate::storage::lists::indicators::{self as lists, IndicatorFilter, IndicatorRow};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

pub(super) const TAG: Tag = Tag {
    name: "indicators",
    says: "指标：监测什么、目标多少、各单位报了多少",
};

/// No more names than this report one indicator.
const MOST_NAMES: usize = 300;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    use RefusalCode::{
        Ambiguous, InUse, InvalidValue, NotFound, PlanClosed, ReasonNeeded, Stale, UnknownUnit,
        WrongPeriod,
    };
    let (read, write) = (Action::ReadIndicators, Action::WriteIndicators);
    let all = [
        Endpoint::get("/indicators", "list_indicators", read, list)
            .says("指标列表", "List indicators", "从方案原文中找到的指标先是 proposed（待确认），不待确认就会在监测中要求填报；否定（rejected）或停用（retired）之后不再要求。")
            .example_query("state=proposed"),
        Endpoint::get("/indicators/{id}", "get_indicator", read, get)
            .says("查看指标", "Get an indicator", "含历次目标：各周期段的数值，用适用于该周期段的、最后设定的目标衡量。")
            .example_param("id", examples::INDICATOR),
        Endpoint::post("/indicators", "make_indicator", write, make)
            .says("添加指标", "Add an indicator", "添加即为已确认。填报单位可写名称、编码或单位组（如各校）；不写的，由承担该任务的单位填报。")
            .refuses(&[NotFound, PlanClosed, InvalidValue, UnknownUnit, Ambiguous, WrongPeriod])
            .example_body(json!({
                "plan_id": examples::PLAN,
                "name": "体质健康达标率",
                "text": "学生体质健康达标率不低于80%",
                "comparator": ">=",
                "target": 80,
                "measured_in": "%",
                "frequency": "term",
                "reporters": ["各校"],
                "starts_in": "2026-T1",
            })),
        Endpoint::patch("/indicators/{id}", "change_indicator", write, change)
            .says("修改指标", "Change an indicator", "确认、否定、停用（须写理由）或修改。改目标时，原目标仍用于衡量以前的周期段；target_from 不写的，从本周期段起，待确认的则从头起。已经要求填报的不受影响。")
            .refuses(&[Stale, InvalidValue, InUse, ReasonNeeded, UnknownUnit, Ambiguous, WrongPeriod])
            .example_param("id", examples::INDICATOR)
            .example_body(json!({ "state": "confirmed", "target": 96.5, "target_from": "2026-T1" })),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IndicatorQuery {
    /// 方案
    plan_id: Option<PlanId>,
    /// 任务
    task_id: Option<TaskId>,
    /// 状态
    state: Option<IndicatorState>,
    /// 名称或原文中的文字
    q: Option<Line<100>>,
}

/// 指标
#[derive(Debug, Serialize, ToSchema)]
struct IndicatorShown {
    /// 编号
    id: IndicatorId,
    /// 方案编号
    plan_id: PlanId,
    /// 方案标题
    plan_title: String,
    /// 任务编号；方案总目标的为空
    #[schema(required)]
    task_id: Option<TaskId>,
    /// 任务序号
    #[schema(required)]
    task_number: Option<String>,
    /// 名称：由人命名，或取自原文
    #[schema(required)]
    name: Option<String>,
    /// 原文
    text: String,
    /// 最后设定的目标的比较方式
    comparator: Comparator,
    /// 最后设定的目标值
    target: Decimal,
    /// 计量单位
    #[schema(required)]
    measured_in: Option<String>,
    /// 频次
    #[schema(required)]
    frequency: Option<Frequency>,
    /// 状态：待确认、已确认、已否定、已停用
    state: IndicatorState,
    /// 否定或停用的理由
    #[schema(required)]
    reason: Option<String>,
    /// 填报单位和单位组；空的由承担任务的单位填报
    reporters: Vec<String>,
    /// 从哪个周期段起要求填报
    #[schema(required)]
    starts_in: Option<String>,
    /// 是否由人添加
    by_hand: bool,
    /// 历次目标，先设定的在前
    targets: Vec<TargetShown>,
}

/// 一个目标
#[derive(Debug, Serialize, ToSchema)]
struct TargetShown {
    /// 比较方式
    comparator: Comparator,
    /// 目标值
    value: Decimal,
    /// 从哪个周期段起适用；空的从头适用
    #[schema(required)]
    applies_from: Option<String>,
    /// 由谁设定；最初的目标为空
    #[schema(required)]
    set_by: Option<String>,
    /// 何时设定
    #[schema(required)]
    set_at: Option<DateTime<Utc>>,
}

fn shown(row: IndicatorRow) -> IndicatorShown {
    let one = row.indicator;
    let newest = one.newest_target();
    let first = TargetShown {
        comparator: one.first.comparator,
        value: one.first.value,
        applies_from: None,
        set_by: None,
        set_at: None,
    };
    let name = one.called().map(str::to_owned);
    let later = one.later.into_iter().map(|set| TargetShown {
        comparator: set.target.target.comparator,
        value: set.target.target.value,
        applies_from: set.target.applies_from.map(String::from),
        set_by: Some(set.set_by),
        set_at: Some(set.set_at),
    });
    IndicatorShown {
        id: one.id,
        plan_id: one.plan_id,
        plan_title: row.plan_title,
        task_id: one.task_id,
        task_number: row.task_number,
        name,
        text: one.text,
        comparator: newest.comparator,
        target: newest.value,
        measured_in: one.measured_in,
        frequency: one.frequency,
        state: one.state,
        reason: one.reason,
        reporters: one.reporters,
        starts_in: one.starts_in.map(String::from),
        by_hand: one.by_hand,
        targets: std::iter::once(first).chain(later).collect(),
    }
}

async fn list(call: Call<List<IndicatorQuery>>) -> Result<Reply<Page<IndicatorShown>>, Problem> {
    let query = &call.query.filter;
    let filter = IndicatorFilter {
        plan_id: query.plan_id,
        task_id: query.task_id,
        state: query.state,
        text: query.q.as_deref().map(str::to_owned),
    };
    let reach = call.viewer.reach(Action::ReadIndicators);
    let paged = lists::list(&call.ctx.db, &filter, &reach, &call.query.wanted()).await?;
    let items = paged.rows.into_iter().map(shown).collect();
    Ok(Reply::ok(call.query.shown(items, paged.next)))
}

/// The indicator of that id, as lists show it.
pub(super) async fn found<Q, B>(
    call: &Call<Q, B>,
    id: IndicatorId,
) -> Result<IndicatorRow, Problem> {
    let row = lists::one(&call.ctx.db, id).await?;
    row.ok_or_else(Problem::not_found)
}

async fn get(call: Call) -> Result<Reply<IndicatorShown>, Problem> {
    Ok(Reply::ok(shown(found(&call, call.id("id")?).await?)))
}

/// 要添加的指标
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IndicatorToMake {
    /// 方案
    plan_id: PlanId,
    /// 任务；不写的，须写填报单位
    task_id: Option<TaskId>,
    /// 名称
    name: Option<Line<60>>,
    /// 指标内容
    text: Line<500>,
    /// 比较方式：不低于、不高于、等于
    comparator: Comparator,
    /// 目标值，最多 6 位小数
    #[schema(value_type = Decimal)]
    target: f64,
    /// 计量单位，如 %、节、次
    measured_in: Option<Line<20>>,
    /// 频次
    frequency: Option<Frequency>,
    /// 填报单位和单位组，至多 300 个
    #[serde(default)]
    #[schema(max_items = 300)]
    reporters: Vec<Line<100>>,
    /// 从哪个周期段起要求填报，如 2026-T1
    starts_in: Option<PeriodKey>,
}

impl Check for IndicatorToMake {
    fn check(&self, errors: &mut FieldErrors) {
        check_target(Some(self.target), errors);
        check_names(&self.reporters, errors);
    }
}

fn check_target(target: Option<f64>, errors: &mut FieldErrors) {
    if let Some(Err(wrong)) = target.map(Decimal::of_float) {
        errors.add("target", FieldCode::OutOfRange, wrong.to_string());
    }
}

fn check_names(names: &[Line<100>], errors: &mut FieldErrors) {
    if names.len() > MOST_NAMES {
        let message = format!("最多 {MOST_NAMES} 个，请改用单位组");
        errors.add("reporters", FieldCode::OutOfRange, message);
    }
}

fn names(given: Vec<Line<100>>) -> Vec<String> {
    given.into_iter().map(Line::into_string).collect()
}

async fn make(call: Call<NoQuery, IndicatorToMake>) -> Result<Reply<IndicatorShown>, Problem> {
    let id = call.body.make(&call).await?;
    let shown = shown(found(&call, id).await?);
    Ok(Reply::created(shown, &format!("/indicators/{id}")))
}

impl IndicatorToMake {
    async fn make(&self, call: &Call<NoQuery, Self>) -> Result<IndicatorId, Problem> {
        let text = |line: &Line<60>| line.to_string();
        let new = NewIndicator {
            plan_id: self.plan_id,
            task_id: self.task_id,
            text: self.text.to_string(),
            name: self.name.as_ref().map(text),
            target: Target {
                comparator: self.comparator,
                // Checked while it was read.
                value: Decimal::of_float(self.target).unwrap_or(Decimal::ZERO),
            },
            measured_in: self.measured_in.as_ref().map(|line| line.to_string()),
            frequency: self.frequency,
            reporters: names(self.reporters.clone()),
            starts_in: self.starts_in,
        };
        Ok(make_indicator(&call.ctx, new).await?)
    }
}

/// 要修改的内容：不写的不变，null 为清除
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IndicatorToChange {
    /// 状态
    state: Option<IndicatorState>,
    /// 否定或停用的理由
    reason: Option<Line<200>>,
    /// 名称
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Line<60>>)]
    name: Option<Option<Line<60>>>,
    /// 指标内容；方案原文不能改
    text: Option<Line<500>>,
    /// 比较方式
    comparator: Option<Comparator>,
    /// 目标值，最多 6 位小数
    #[schema(value_type = Option<Decimal>)]
    target: Option<f64>,
    /// 新目标从哪个周期段起适用
    target_from: Option<PeriodKey>,
    /// 计量单位；已有数值的不能改
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Line<20>>)]
    measured_in: Option<Option<Line<20>>>,
    /// 频次
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Frequency>)]
    frequency: Option<Option<Frequency>>,
    /// 填报单位和单位组，至多 300 个；空的由承担任务的单位填报
    #[schema(max_items = 300)]
    reporters: Option<Vec<Line<100>>>,
    /// 从哪个周期段起要求填报
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<PeriodKey>)]
    starts_in: Option<Option<PeriodKey>>,
}

impl Check for IndicatorToChange {
    fn check(&self, errors: &mut FieldErrors) {
        check_target(self.target, errors);
        check_names(self.reporters.as_deref().unwrap_or_default(), errors);
    }
}

async fn change(call: Call<NoQuery, IndicatorToChange>) -> Result<Reply<IndicatorShown>, Problem> {
    let id = call.id("id")?;
    let body = &call.body;
    let change = IndicatorChange {
        state: body.state,
        reason: body.reason.as_deref().map(str::to_owned),
        text: body.text.as_deref().map(str::to_owned),
        name: body.name.clone().map(|name| name.map(Line::into_string)),
        comparator: body.comparator,
        // Checked while it was read.
        target: body.target.and_then(|value| Decimal::of_float(value).ok()),
        target_from: body.target_from,
        measured_in: body
            .measured_in
            .clone()
            .map(|unit| unit.map(Line::into_string)),
        frequency: body.frequency,
        reporters: body.reporters.clone().map(names),
        starts_in: body.starts_in,
    };
    change_indicator(&call.ctx, id, change, call.seen.change_no()).await?;
    Ok(Reply::ok(shown(found(&call, id).await?)))
}
