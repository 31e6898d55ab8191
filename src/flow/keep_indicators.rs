//! Keeping indicators: confirming what was found in a plan's text, adding one by hand, changing one, setting its next target,
//! rejecting or retiring it.

use crate::domain::cycle_kind::CycleKind;
use crate::domain::decimal::Decimal;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{IndicatorId, PlanId, TaskId};
use crate::domain::indicator::{IndicatorState, LaterTarget, Target};
use crate::domain::period::Period;
use crate::domain::period_key::PeriodKey;
use crate::domain::plan::Comparator;
use crate::domain::resource::Resource;
use crate::domain::unit::Unmatched;
use crate::flow::manage_users::refuse_stale;
use crate::flow::told_values::impossible;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::indicators::{Indicator, SetTarget};
use crate::storage::{WriteTx, cycles, indicator_values, indicators, new_id, plans, tasks};
use serde_json::{Value, json};

/// An indicator that a person adds.
#[derive(Debug, Clone)]
pub struct NewIndicator {
    /// Its plan.
    pub plan_id: PlanId,
    /// Its task, if it belongs to one.
    pub task_id: Option<TaskId>,
    /// What is to be met, in words.
    pub text: String,
    /// What it is called.
    pub name: Option<String>,
    /// The target.
    pub target: Target,
    /// Unit of measure.
    pub measured_in: Option<String>,
    /// How often it is to be met.
    pub frequency: Option<Frequency>,
    /// Units and unit groups that report it; empty: those that carry out its task.
    pub reporters: Vec<String>,
    /// First period in which it is asked.
    pub starts_in: Option<PeriodKey>,
}

/// What is to be changed of an indicator; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct IndicatorChange {
    /// How it stands.
    pub state: Option<IndicatorState>,
    /// Why it is rejected or retired.
    pub reason: Option<String>,
    /// What is to be met, in words; what stands in a document stays.
    pub text: Option<String>,
    /// What it is called.
    pub name: Option<Option<String>>,
    /// Comparator of the next target.
    pub comparator: Option<Comparator>,
    /// Value of the next target.
    pub target: Option<Decimal>,
    /// The first period that the next target holds for; `None`: the present one, or all where nobody has confirmed the
    /// indicator yet.
    pub target_from: Option<PeriodKey>,
    /// Unit of measure.
    pub measured_in: Option<Option<String>>,
    /// How often it is to be met.
    pub frequency: Option<Option<Frequency>>,
    /// Units and unit groups that report it.
    pub reporters: Option<Vec<String>>,
    /// First period in which it is asked.
    pub starts_in: Option<Option<PeriodKey>>,
}

/// Adds an indicator; it counts as confirmed.
///
/// # Errors
/// [`FlowError::Refused`] where the plan or the task does not exist, the plan is closed, nobody would report it, or a field
/// cannot be right.
pub async fn make_indicator(ctx: &Ctx, new: NewIndicator) -> Result<IndicatorId, FlowError> {
    let tx = ctx.write().await?;
    let plan = plans::hold(&tx, new.plan_id).await?.ok_or_else(|| {
        let text = format!("没有编号为 {} 的方案", new.plan_id);
        FlowError::refused_field(RefusalCode::NotFound, "plan_id", text)
    })?;
    if plan.closed_on.is_some() {
        let text = format!("方案《{}》已办结，不能再添加指标", plan.title);
        return Err(FlowError::refused(RefusalCode::PlanClosed, text));
    }
    if let Some(task) = new.task_id {
        let known = tasks::of_plan(&tx, plan.id).await?;
        if !known.iter().any(|one| one.id == task) {
            let text = format!("方案《{}》没有编号为 {task} 的任务", plan.title);
            return Err(invalid("task_id", text));
        }
    } else if new.reporters.is_empty() {
        let text = "没有对应任务的指标，请写明由哪些单位或单位组填报，例如“各校”";
        return Err(invalid("reporters", text));
    }
    let one = Indicator {
        id: IndicatorId(new_id()),
        plan_id: plan.id,
        task_id: new.task_id,
        position: indicators::next_position(&tx, plan.id).await?,
        text: new.text,
        name: new.name,
        measured_in: new.measured_in,
        frequency: new.frequency,
        state: IndicatorState::Confirmed,
        reason: None,
        reporters: new.reporters,
        starts_in: new.starts_in,
        by_hand: true,
        first: new.target,
        later: Vec::new(),
    };
    check(ctx, &tx, &one, None).await?;
    indicators::insert(&tx, &one).await?;
    tx.audit(
        AuditEntry::done("make_indicator", Resource::Indicators, one.id.0, &one.text)
            .after(told(&one)),
    );
    tx.commit().await?;
    Ok(one.id)
}

/// Changes an indicator; `seen` is the change number at which the caller last looked. A new target is set beside those
/// before it. What open rounds ask for already stays asked.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such indicator, it has changed since, or a field cannot be right.
pub async fn change_indicator(
    ctx: &Ctx,
    id: IndicatorId,
    change: IndicatorChange,
    seen: Option<i64>,
) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let before = indicators::hold(&tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的指标"))
    })?;
    refuse_stale(&tx, id.0, seen).await?;
    let has_values = indicator_values::has_any(&tx, id).await?;
    let mut after = changed(&before, &change, has_values)?;
    let set = next_target(ctx, &tx, &before, &change).await?;
    if before == after && set.is_none() {
        return Ok(());
    }
    if before != after {
        indicators::update(&tx, &after).await?;
    }
    if let Some(set) = set {
        indicators::add_target(&tx, &before, &set).await?;
        after.later.push(set);
    }
    check(ctx, &tx, &after, change.target_from).await?;
    tx.audit(
        AuditEntry::done("change_indicator", Resource::Indicators, id.0, &after.text)
            .before(told(&before))
            .after(told(&after)),
    );
    Ok(tx.commit().await?)
}

/// The indicator as it will be, its targets aside.
fn changed(
    before: &Indicator,
    change: &IndicatorChange,
    has_values: bool,
) -> Result<Indicator, FlowError> {
    let mut after = before.clone();
    if let Some(state) = change.state.filter(|state| *state != before.state) {
        after.reason = settle(state, change.reason.as_ref(), has_values)?;
        after.state = state;
    } else if change.reason.is_some() && before.state.is_asked() {
        let text = "理由只用于否定或停用，请同时写明 state";
        return Err(invalid("reason", text));
    } else if change.reason.is_some() {
        after.reason.clone_from(&change.reason);
    }
    if let Some(text) = &change.text {
        if !before.by_hand && *text != before.text {
            let text = "这是方案原文，不能改；请用 name 命名，或否定后另加指标";
            return Err(invalid("text", text));
        }
        after.text.clone_from(text);
    }
    if let Some(name) = &change.name {
        after.name.clone_from(name);
    }
    if let Some(frequency) = change.frequency {
        after.frequency = frequency;
    }
    if let Some(reporters) = &change.reporters {
        after.reporters.clone_from(reporters);
    }
    if let Some(starts_in) = change.starts_in {
        after.starts_in = starts_in;
    }
    if let Some(unit) = &change.measured_in {
        if has_values && *unit != before.measured_in {
            let text = "已有单位按原计量单位填报，不能再改；请停用后另设指标";
            return Err(FlowError::refused_field(
                RefusalCode::InUse,
                "measured_in",
                text,
            ));
        }
        after.measured_in.clone_from(unit);
    }
    Ok(after)
}

/// The reason that goes with another state.
fn settle(
    state: IndicatorState,
    reason: Option<&String>,
    has_values: bool,
) -> Result<Option<String>, FlowError> {
    match state {
        IndicatorState::Confirmed => Ok(None),
        IndicatorState::Proposed => Err(invalid("state", "看过的指标不能退回待确认")),
        IndicatorState::Rejected if has_values => Err(FlowError::refused_field(
            RefusalCode::InUse,
            "state",
            "已有单位填报过数值，不能再否定；不再监测的，请改为停用（retired）",
        )),
        IndicatorState::Rejected | IndicatorState::Retired => match reason {
            Some(reason) => Ok(Some(reason.clone())),
            None => Err(FlowError::refused_field(
                RefusalCode::ReasonNeeded,
                "reason",
                "否定或停用指标时，请说明理由",
            )),
        },
    }
}

/// The target that is set, where it differs from the one that was set last, or is to hold from another period on.
async fn next_target(
    ctx: &Ctx,
    tx: &WriteTx,
    before: &Indicator,
    change: &IndicatorChange,
) -> Result<Option<SetTarget>, FlowError> {
    let newest = before.newest_target();
    let target = Target {
        comparator: change.comparator.unwrap_or(newest.comparator),
        value: change.target.unwrap_or(newest.value),
    };
    if target == newest && change.target_from.is_none() {
        return Ok(None);
    }
    let applies_from = match (change.target_from, before.state) {
        (Some(from), _) => Some(from),
        // Nobody has stood for the first one: the text was read wrongly.
        (None, IndicatorState::Proposed) => None,
        (None, IndicatorState::Confirmed | IndicatorState::Rejected | IndicatorState::Retired) => {
            let frequency = monitored(tx, before.plan_id).await?;
            let calendar = ctx.calendar().await?;
            let now = Period::containing(frequency, ctx.now().today, &calendar.terms);
            now.map(|period| period.key)
        }
    };
    Ok(Some(SetTarget {
        target: LaterTarget {
            target,
            applies_from,
        },
        set_by: ctx.author().actor.name().to_owned(),
        set_at: ctx.now().at,
    }))
}

/// Refuses what cannot be right of an indicator.
async fn check(
    ctx: &Ctx,
    tx: &WriteTx,
    one: &Indicator,
    target_from: Option<PeriodKey>,
) -> Result<(), FlowError> {
    let target = one.newest_target().value;
    if let Some(text) = impossible(one.measured_in.as_deref(), target) {
        return Err(invalid("target", text));
    }
    let frequency = monitored(tx, one.plan_id).await?;
    for (field, period) in [("starts_in", one.starts_in), ("target_from", target_from)] {
        if period.is_some_and(|period| period.frequency() != frequency) {
            let example = match frequency {
                Frequency::Term => "学期，例如 2026-T1",
                _ => "监测周期的周期段",
            };
            return Err(FlowError::refused_field(
                RefusalCode::WrongPeriod,
                field,
                format!("应为{example}"),
            ));
        }
    }
    let directory = ctx.units().await?;
    for (position, name) in one.reporters.iter().enumerate() {
        let field = format!("reporters[{position}]");
        match directory.resolve(name) {
            Ok(_) => {}
            Err(Unmatched::Ambiguous(codes)) => {
                let text = format!("“{name}”对应多个单位（{}），请写编码", codes.join("、"));
                return Err(FlowError::refused_field(
                    RefusalCode::Ambiguous,
                    field,
                    text,
                ));
            }
            Err(Unmatched::Unknown | Unmatched::EmptyGroup) => {
                let text = format!("“{name}”不对应任何单位或单位组，请核对名称或编码");
                return Err(FlowError::refused_field(
                    RefusalCode::UnknownUnit,
                    field,
                    text,
                ));
            }
        }
    }
    Ok(())
}

/// How often a plan is monitored; by terms where it has no such cycle.
async fn monitored(tx: &WriteTx, plan: PlanId) -> Result<Frequency, FlowError> {
    let all = cycles::all(tx).await?;
    let own = all
        .iter()
        .find(|cycle| cycle.plan_id == plan && cycle.kind == CycleKind::Monitoring);
    Ok(own.map_or(Frequency::Term, |cycle| cycle.rule.frequency))
}

fn invalid(field: &str, text: impl Into<String>) -> FlowError {
    FlowError::refused_field(RefusalCode::InvalidValue, field, text)
}

/// An indicator as audit events tell it.
fn told(one: &Indicator) -> Value {
    let target = one.newest_target();
    let from = one.later.last().and_then(|last| last.target.applies_from);
    json!({
        "state": one.state,
        "reason": one.reason,
        "text": one.text,
        "name": one.name,
        "comparator": target.comparator,
        "target": target.value,
        "target_from": from,
        "measured_in": one.measured_in,
        "frequency": one.frequency,
        "reporters": one.reporters,
        "starts_in": one.starts_in,
    })
}
