//! Cycles 督办周期: their rules and reminder policies, switching them, and the rounds they will open.

use super::cycle_rules::{CycleOpens, CycleReminders};
use super::examples;
use crate::domain::access::Action;
use crate::domain::calendar::Roll;
use crate::domain::cycle::{CatchUp, InVacation, Opens};
use crate::domain::cycle_kind::CycleKind;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{CycleId, PlanId, UnitId};
use crate::domain::inspection::{DrawConfirm, InspectionMode};
use crate::domain::stage::ReminderPolicy;
use crate::flow::FlowError;
use crate::flow::RefusalCode;
use crate::flow::change_cycle::{CycleChange, change_cycle};
use crate::flow::manage_cycles::{Switch, switch_cycle};
use crate::flow::preview_letter::preview_letter;
use crate::flow::preview_rounds::{CycleRoundPreview, preview_cycle};
use crate::http::kernel::{
    ById, Call, Check, Day, Endpoint, FieldCode, FieldErrors, Line, List, NoBody, NoQuery, Page,
    Problem, Reply, Tag,
};
use crate::storage::lists::cycles::{self, CycleFilter, CycleRow};
use actix_web::http::StatusCode;
use chrono::{Months, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "cycles",
    says: "督办周期：何时开展抽查、调度、通报、监测、考评，如何提醒",
};

/// 督办周期
#[derive(Debug, Serialize, ToSchema)]
pub struct Cycle {
    /// 编号
    pub id: CycleId,
    /// 方案编号
    pub plan_id: PlanId,
    /// 方案标题
    pub plan_title: String,
    /// 种类：抽查、调度、通报、监测、考评
    pub kind: CycleKind,
    /// 频次
    pub frequency: Frequency,
    /// 开启日
    pub opens: CycleOpens,
    /// 开启日遇休息日时顺延或提前
    pub roll: Roll,
    /// 开启后几个工作日内填报；不要求填报的为空
    #[schema(required)]
    pub due_after_workdays: Option<u16>,
    /// 开启后几个工作日内登记结果；只有抽查有
    #[schema(required)]
    pub results_after_workdays: Option<u16>,
    /// 错过的督办如何补开
    pub catch_up: CatchUp,
    /// 假期中的学校如何处理
    pub in_vacation: InVacation,
    /// 抽中的单位如何检查：desk 书面检查（单位自查），visit 实地检查（不事先通知单位）；只有抽查有
    #[schema(required)]
    pub mode: Option<InspectionMode>,
    /// 抽签是否须由人确认：auto 不须，manual 须确认之后才要求填报和通知；只有抽查有
    #[schema(required)]
    pub confirm: Option<DrawConfirm>,
    /// 每个抽中的单位由几名检查人员检查；只有抽查有
    #[schema(required)]
    pub inspectors_per_unit: Option<usize>,
    /// 提醒规则
    pub reminders: CycleReminders,
    /// 方案中的原话
    #[schema(required)]
    pub text: Option<String>,
    /// 是否开启
    pub enabled: bool,
    /// 最近一次开启的日期
    #[schema(required)]
    pub switched_on_on: Option<NaiveDate>,
    /// 下一次抽签种子的 SHA-256，可在抽签前公布
    #[schema(required)]
    pub next_commitment: Option<String>,
}

impl From<CycleRow> for Cycle {
    fn from(row: CycleRow) -> Self {
        let CycleRow { cycle, plan_title } = row;
        let is_drawn = cycle.kind == CycleKind::SpotCheck;
        let check = is_drawn.then_some(cycle.rule.spot_check);
        Self {
            id: cycle.id,
            plan_id: cycle.plan_id,
            plan_title,
            kind: cycle.kind,
            frequency: cycle.rule.frequency,
            opens: cycle.rule.opens.into(),
            roll: cycle.rule.roll,
            due_after_workdays: cycle.rule.due_after_workdays,
            results_after_workdays: cycle.rule.results_after_workdays,
            catch_up: cycle.rule.catch_up,
            in_vacation: cycle.rule.in_vacation,
            mode: check.map(|check| check.mode),
            confirm: check.map(|check| check.confirm),
            inspectors_per_unit: check.map(|check| check.inspectors_per_unit),
            reminders: cycle.reminders.into(),
            text: cycle.text,
            enabled: cycle.enabled,
            switched_on_on: cycle.switched_on_on,
            next_commitment: cycle.next_commitment,
        }
    }
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CycleQuery {
    /// 方案
    plan_id: Option<PlanId>,
    /// 种类
    kind: Option<CycleKind>,
    /// 是否开启
    enabled: Option<bool>,
}

/// 对督办周期的修改；没有给出的保持不变
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CyclePatch {
    /// 频次；开展过督办之后不能再改
    frequency: Option<Frequency>,
    /// 开启日
    opens: Option<CycleOpens>,
    /// 开启日遇休息日时顺延或提前
    roll: Option<Roll>,
    /// 开启后几个工作日内填报
    #[serde(deserialize_with = "given")]
    due_after_workdays: Option<Option<u16>>,
    /// 开启后几个工作日内登记结果；null 为不登记
    #[serde(deserialize_with = "given")]
    results_after_workdays: Option<Option<u16>>,
    /// 错过的督办如何补开
    catch_up: Option<CatchUp>,
    /// 假期中的学校如何处理
    in_vacation: Option<InVacation>,
    /// 抽中的单位如何检查；只有抽查可填
    mode: Option<InspectionMode>,
    /// 抽签是否须由人确认；只有抽查可填
    confirm: Option<DrawConfirm>,
    /// 每个抽中的单位由几名检查人员检查，0 至 5 名；只有抽查可填
    inspectors_per_unit: Option<usize>,
    /// 全部提醒规则
    reminders: Option<CycleReminders>,
}

impl Check for CyclePatch {
    fn check(&self, errors: &mut FieldErrors) {
        let policy = self.reminders.iter();
        for (name, stages) in policy.flat_map(|one| [("before", &one.before), ("over", &one.over)])
        {
            if stages.len() > MOST_STAGES {
                let path = format!("reminders.{name}");
                errors.add(path, FieldCode::OutOfRange, "提醒次数过多，请减少");
            }
        }
    }
}

/// No list of stages is read further than this; how many there may be is for the domain to say.
const MOST_STAGES: usize = 100;

/// A field that was given, be it as null.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// 预览的起止日
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CycleSpan {
    /// 从哪天起，默认今天
    from: Option<Day>,
    /// 到哪天止，默认一年后；最长三年
    to: Option<Day>,
}

/// 将要开展的一次督办
#[derive(Debug, Serialize, ToSchema)]
pub struct PlannedCycleRound {
    /// 周期段
    pub period: String,
    /// 周期段的名称
    pub period_label: String,
    /// 校历上的开启日
    pub planned_on: NaiveDate,
    /// 开启日
    pub opens_on: NaiveDate,
    /// 最晚的填报期限；不要求填报的为空
    #[schema(required)]
    pub due_on: Option<NaiveDate>,
    /// 是否补开
    pub late: bool,
    /// 日期是否依据尚未公布的校历
    pub provisional: bool,
    /// 要求填报的单位数；须抽签才知道的为空
    #[schema(required)]
    pub units_asked: Option<usize>,
    /// 按邮件服务商每天的发信上限，通知这些单位需要几天；一天够用、未设上限或须抽签的为空
    #[schema(required)]
    pub mail_days: Option<u64>,
}

impl From<CycleRoundPreview> for PlannedCycleRound {
    fn from(preview: CycleRoundPreview) -> Self {
        Self {
            period: preview.period.to_string(),
            period_label: preview.period.label(),
            planned_on: preview.planned_on,
            opens_on: preview.opens_on,
            due_on: preview.due_on,
            late: preview.late,
            provisional: preview.provisional,
            units_asked: preview.units_asked,
            mail_days: preview.mail_days,
        }
    }
}

/// 预览
#[derive(Debug, Serialize, ToSchema)]
pub struct CyclePreview {
    /// 周期现在是否开启；未开启时按今天开启预览
    pub enabled: bool,
    /// 将要开展的督办，先开展的在前
    pub items: Vec<PlannedCycleRound>,
}

/// The endpoints of this resource.
pub fn endpoints() -> Vec<Endpoint> {
    let (read, write) = (Action::ReadCycles, Action::WriteCycles);
    vec![
        Endpoint::get("/cycles", "list_cycles", read, list)
            .tag(TAG)
            .says("督办周期列表", "List cycles", "")
            .example_query("kind=spot_check&enabled=true"),
        Endpoint::get("/cycles/{id}", "get_cycle", read, get)
            .tag(TAG)
            .says(
                "查看督办周期",
                "Get a cycle",
                "含规则、提醒阶段和下一次抽签的承诺值；抽签种子不公开。",
            )
            .example_param("id", examples::CYCLE),
        Endpoint::patch("/cycles/{id}", "change_cycle", write, change)
            .tag(TAG)
            .says(
                "修改督办周期",
                "Change a cycle",
                "没有给出的字段不变。已开展的督办不受影响，提醒按新规则进行。抽查可设检查方式（mode）、抽签是否须确认（confirm）和检查人员数。",
            )
            .refuses(&[
                RefusalCode::InvalidValue,
                RefusalCode::InUse,
                RefusalCode::Stale,
            ])
            .example_param("id", examples::CYCLE)
            .example_body(json!({ "due_after_workdays": 8, "in_vacation": "skip" })),
        Endpoint::post("/cycles/{id}/on", "switch_cycle_on", write, on)
            .tag(TAG)
            .says(
                "开启督办周期",
                "Switch a cycle on",
                "从今天起按期自动开展；已开启的保持不变。",
            )
            .answers(&[StatusCode::OK])
            .refuses(&[RefusalCode::PlanNotIssued, RefusalCode::PlanClosed])
            .example_param("id", examples::CYCLE),
        Endpoint::post("/cycles/{id}/off", "switch_cycle_off", write, off)
            .tag(TAG)
            .says(
                "关闭督办周期",
                "Switch a cycle off",
                "不再自动开展；正在进行的督办继续。",
            )
            .answers(&[StatusCode::OK])
            .example_param("id", examples::CYCLE),
        Endpoint::get("/cycles/{id}/preview", "preview_cycle", read, preview)
            .tag(TAG)
            .says(
                "预览将要开展的督办",
                "Preview the rounds of a cycle",
                "按现在的规则、校历和名单推算，最长三年；未开启的周期按今天开启推算。",
            )
            .refuses(&[RefusalCode::InvalidValue])
            .example_param("id", examples::CYCLE)
            .example_query("from=2026-09-01&to=2027-08-31"),
        Endpoint::get("/cycles/{id}/letter", "preview_letter", Action::PreviewMails, letter)
            .tag(TAG)
            .says(
                "预览将要发出的邮件",
                "Preview a cycle's mail",
                "下一次督办开展时发给该单位联络员的邮件，按现在的规则、校历和名单写成，其中的链接不能打开；不给单位时取要求填报的第一个单位。抽查另用随机种子抽取，与实际抽中的单位无关。",
            )
            .refuses(&[RefusalCode::InvalidValue, RefusalCode::PlanNotIssued, RefusalCode::UnknownUnit])
            .never_kept()
            .example_param("id", examples::CYCLE),
    ]
}

async fn list(call: Call<List<CycleQuery, ById>>) -> Result<Reply<Page<Cycle>>, Problem> {
    let query = &call.query;
    let filter = CycleFilter {
        plan_id: query.filter.plan_id,
        kind: query.filter.kind,
        enabled: query.filter.enabled,
    };
    let reach = call.viewer.reach(Action::ReadCycles);
    let page = cycles::list(&call.ctx.db, &filter, &reach, &query.wanted()).await?;
    let items = page.rows.into_iter().map(Cycle::from).collect();
    Ok(Reply::ok(query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<Cycle>, Problem> {
    shown(&call, call.id("id")?).await
}

async fn change(call: Call<NoQuery, CyclePatch>) -> Result<Reply<Cycle>, Problem> {
    let id = call.id("id")?;
    let patch = &call.body;
    let change = CycleChange {
        frequency: patch.frequency,
        opens: patch.opens.map(Opens::from),
        roll: patch.roll,
        due_after_workdays: patch.due_after_workdays,
        results_after_workdays: patch.results_after_workdays,
        catch_up: patch.catch_up,
        in_vacation: patch.in_vacation,
        mode: patch.mode,
        confirm: patch.confirm,
        inspectors_per_unit: patch.inspectors_per_unit,
        reminders: patch.reminders.clone().map(ReminderPolicy::from),
    };
    change_cycle(&call.ctx, id, change, call.seen.change_no()).await?;
    shown(&call, id).await
}

async fn on(call: Call) -> Result<Reply<Cycle>, Problem> {
    let id = call.id("id")?;
    switch_cycle(&call.ctx, id, Switch::On).await?;
    shown(&call, id).await
}

async fn off(call: Call) -> Result<Reply<Cycle>, Problem> {
    let id = call.id("id")?;
    switch_cycle(&call.ctx, id, Switch::Off).await?;
    shown(&call, id).await
}

async fn preview(call: Call<CycleSpan, NoBody>) -> Result<Reply<CyclePreview>, Problem> {
    let id = call.id("id")?;
    let row = cycles::one(&call.ctx.db, id).await?;
    let enabled = row.ok_or_else(Problem::not_found)?.cycle.enabled;
    let from = call.query.from.map_or(call.now.today, |day| day.0);
    let year_later = from.checked_add_months(Months::new(12)).unwrap_or(from);
    let to = call.query.to.map_or(year_later, |day| day.0);
    let rounds = preview_cycle(&call.ctx, id, from, to).await?;
    Ok(Reply::ok(CyclePreview {
        enabled,
        items: rounds.into_iter().map(PlannedCycleRound::from).collect(),
    }))
}

/// 给哪个单位的邮件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LetterQuery {
    /// 单位编码
    unit_code: Option<Line<64>>,
}

/// 将要发出的邮件
#[derive(Debug, Serialize, ToSchema)]
struct LetterPreview {
    /// 收件的单位
    unit_id: UnitId,
    /// 单位编码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 周期段，例如 2026年11月
    period_label: String,
    /// 何日开展
    opens_on: NaiveDate,
    /// 请单位何日前填报
    due_on: NaiveDate,
    /// 主题
    subject: String,
    /// 纯文本正文
    text_body: String,
    /// HTML 正文
    html_body: String,
}

async fn letter(call: Call<LetterQuery, NoBody>) -> Result<Reply<LetterPreview>, Problem> {
    let directory = call.ctx.units().await?;
    let unit = match &call.query.unit_code {
        None => None,
        Some(code) => {
            let found = directory.by_code(code);
            Some(found.ok_or_else(|| unknown_unit(code))?.id)
        }
    };
    let mail = preview_letter(&call.ctx, call.id("id")?, unit).await?;
    let unit = directory.get(mail.unit_id);
    let unit = unit.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(LetterPreview {
        unit_id: unit.id,
        unit_code: unit.code.clone(),
        unit_name: unit.name.clone(),
        period_label: mail.period_label,
        opens_on: mail.opens_on,
        due_on: mail.due_on,
        subject: mail.subject,
        text_body: mail.text,
        html_body: mail.html,
    }))
}

fn unknown_unit(code: &str) -> FlowError {
    let text = format!("没有编码为“{code}”的单位");
    FlowError::refused_field(RefusalCode::UnknownUnit, "unit_code", text)
}

async fn shown<Q, B>(call: &Call<Q, B>, id: CycleId) -> Result<Reply<Cycle>, Problem> {
    let row = cycles::one(&call.ctx.db, id).await?;
    Ok(Reply::ok(row.ok_or_else(Problem::not_found)?.into()))
}
