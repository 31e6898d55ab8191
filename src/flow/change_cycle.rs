//! Changing the rule and the reminder policy of a cycle. Rounds that are open keep their due days; reminders follow the new
//! policy at once.

use crate::domain::calendar::Roll;
use crate::domain::cycle::{CatchUp, CycleRule, InVacation, Opens};
use crate::domain::cycle_kind::CycleKind;
use crate::domain::frequency::Frequency;
use crate::domain::ids::CycleId;
use crate::domain::inspection::{DrawConfirm, InspectionMode, SpotCheckRule};
use crate::domain::resource::Resource;
use crate::domain::stage::ReminderPolicy;
use crate::flow::manage_users::refuse_stale;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::cycles::StoredCycle;
use crate::storage::{WriteTx, cycles, rounds};
use serde_json::json;

/// What is to be changed of a cycle; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct CycleChange {
    /// How often; only before its first round.
    pub frequency: Option<Frequency>,
    /// When its rounds open.
    pub opens: Option<Opens>,
    /// Which workday an opening day off is moved to.
    pub roll: Option<Roll>,
    /// Workdays from opening to due day.
    pub due_after_workdays: Option<Option<u16>>,
    /// Workdays from opening until results are to be recorded.
    pub results_after_workdays: Option<Option<u16>>,
    /// What becomes of missed rounds.
    pub catch_up: Option<CatchUp>,
    /// What becomes of schools in vacation.
    pub in_vacation: Option<InVacation>,
    /// How drawn units are inspected.
    pub mode: Option<InspectionMode>,
    /// Who says that a draw holds.
    pub confirm: Option<DrawConfirm>,
    /// Inspectors of each drawn unit.
    pub inspectors_per_unit: Option<usize>,
    /// The whole reminder policy.
    pub reminders: Option<ReminderPolicy>,
}

/// Changes a cycle; `seen` is the change number at which the caller last looked. As it is then.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such cycle, it has changed since, or the rule or the policy cannot be
/// followed: the field is named.
pub async fn change_cycle(
    ctx: &Ctx,
    id: CycleId,
    change: CycleChange,
    seen: Option<i64>,
) -> Result<StoredCycle, FlowError> {
    let tx = ctx.write().await?;
    let before = cycles::hold(&tx, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的督办周期"))
    })?;
    refuse_stale(&tx, id.0, seen).await?;
    let old = before.rule;
    let rule = CycleRule {
        kind: old.kind,
        frequency: change.frequency.unwrap_or(old.frequency),
        opens: change.opens.unwrap_or(old.opens),
        roll: change.roll.unwrap_or(old.roll),
        due_after_workdays: change.due_after_workdays.unwrap_or(old.due_after_workdays),
        results_after_workdays: change
            .results_after_workdays
            .unwrap_or(old.results_after_workdays),
        catch_up: change.catch_up.unwrap_or(old.catch_up),
        in_vacation: change.in_vacation.unwrap_or(old.in_vacation),
        spot_check: spot_check(&change, &old)?,
    };
    let reminders = change.reminders.unwrap_or_else(|| before.reminders.clone());
    check(&rule, &reminders)?;
    if rule.frequency != old.frequency {
        refuse_after_first_round(&tx, id).await?;
    }
    if rule == old && reminders == before.reminders {
        return Ok(before);
    }
    cycles::set_rule(&tx, id, &rule, &reminders).await?;
    tx.audit(
        AuditEntry::done("change_cycle", Resource::Cycles, id.0, rule.kind.as_str())
            .before(json!({ "rule": old, "reminders": before.reminders }))
            .after(json!({ "rule": rule, "reminders": reminders })),
    );
    tx.commit().await?;
    Ok(StoredCycle {
        rule,
        reminders,
        ..before
    })
}

/// How drawn units are inspected; only a spot-check draws any.
fn spot_check(change: &CycleChange, old: &CycleRule) -> Result<SpotCheckRule, FlowError> {
    let given = [
        ("mode", change.mode.is_some()),
        ("confirm", change.confirm.is_some()),
        ("inspectors_per_unit", change.inspectors_per_unit.is_some()),
    ];
    if let Some((field, _)) = given.into_iter().find(|(_, is_given)| *is_given)
        && old.kind != CycleKind::SpotCheck
    {
        let text = "只有抽查有检查方式、抽签确认和检查人员，请去掉";
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            field,
            text,
        ));
    }
    let SpotCheckRule {
        mode,
        confirm,
        inspectors_per_unit,
    } = old.spot_check;
    Ok(SpotCheckRule {
        mode: change.mode.unwrap_or(mode),
        confirm: change.confirm.unwrap_or(confirm),
        inspectors_per_unit: change.inspectors_per_unit.unwrap_or(inspectors_per_unit),
    })
}

fn check(rule: &CycleRule, reminders: &ReminderPolicy) -> Result<(), FlowError> {
    rule.check().map_err(|error| {
        FlowError::refused_field(RefusalCode::InvalidValue, error.path(), error.to_string())
    })?;
    reminders.check().map_err(|error| {
        let field = format!("reminders.{}", error.path());
        FlowError::refused_field(RefusalCode::InvalidValue, field, error.to_string())
    })?;
    let refuse = |field: &str, text: &str| {
        Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            field,
            text,
        ))
    };
    let asks = match rule.kind {
        CycleKind::SpotCheck | CycleKind::Dispatch | CycleKind::Monitoring => true,
        CycleKind::Bulletin | CycleKind::Appraisal => false,
    };
    match rule.due_after_workdays {
        None if asks => refuse("due_after_workdays", "该督办周期要求单位填报，须有填报期限"),
        Some(_) if !asks => refuse(
            "due_after_workdays",
            "该督办周期不要求单位填报，没有填报期限",
        ),
        Some(_) | None
            if rule.results_after_workdays.is_some() && rule.kind != CycleKind::SpotCheck =>
        {
            refuse("results_after_workdays", "只有抽查登记结果")
        }
        Some(_) | None => Ok(()),
    }
}

/// Rounds are known by their periods, and those of two frequencies cannot be told one after the other.
async fn refuse_after_first_round(tx: &WriteTx, id: CycleId) -> Result<(), FlowError> {
    match rounds::of_cycle(tx, id).await?.is_empty() {
        true => Ok(()),
        false => Err(FlowError::refused_field(
            RefusalCode::InUse,
            "frequency",
            "该督办周期已开展过督办，频次不能再改",
        )),
    }
}
