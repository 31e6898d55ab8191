//! Switching a plan's cycles on and off. From the day it is switched on a cycle opens its rounds by itself.

use crate::domain::cycle_kind::CycleKind;
use crate::domain::draw::commitment;
use crate::domain::ids::{CycleId, PlanId};
use crate::domain::resource::Resource;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::cycles::StoredCycle;
use crate::storage::plans::StoredPlan;
use crate::storage::{WriteTx, cycles, plans};
use serde_json::json;

/// Switches a cycle on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// From today on its rounds open.
    On,
    /// Its rounds no longer open; those that are open go on.
    Off,
}

impl Switch {
    /// The code of the action, for the audit.
    fn action(self) -> &'static str {
        match self {
            Self::On => "switch_on_cycle",
            Self::Off => "switch_off_cycle",
        }
    }
}

/// Switches the cycles of a plan (all of them, or those of one kind); the kinds whose state changed.
///
/// # Errors
/// [`FlowError::Refused`] where the plan has no such cycle, or is not issued and is to be switched on.
pub async fn switch_cycles(
    ctx: &Ctx,
    plan: &StoredPlan,
    kind: Option<CycleKind>,
    switch: Switch,
) -> Result<Vec<CycleKind>, FlowError> {
    let now = ctx.now();
    let tx = ctx.write().await?;
    if switch == Switch::On && plan.issued_on.is_none() {
        return Err(FlowError::refused(
            RefusalCode::PlanNotIssued,
            format!(
                "方案《{}》尚未下发，不能开启督办周期。请先执行 duban issue",
                plan.title
            ),
        ));
    }
    let wanted: Vec<StoredCycle> = cycles::all(&tx)
        .await?
        .into_iter()
        .filter(|cycle| cycle.plan_id == plan.id && kind.is_none_or(|kind| kind == cycle.kind))
        .collect();
    if wanted.is_empty() {
        return Err(FlowError::refused(
            RefusalCode::NotFound,
            format!("方案《{}》没有这种督办周期", plan.title),
        ));
    }
    let mut changed = Vec::new();
    for cycle in wanted {
        let did = match switch {
            Switch::On => switch_on(ctx, &tx, &cycle, now).await?,
            Switch::Off => cycles::switch(&tx, cycle.id, None).await?,
        };
        if did {
            tx.audit(AuditEntry::done(
                switch.action(),
                Resource::Cycles,
                cycle.id.0,
                format!("{} {}", plan.title, cycle.kind.as_str()),
            ));
            changed.push(cycle.kind);
        }
    }
    tx.commit().await?;
    Ok(changed)
}

/// Switches one cycle on or off; as it is then. A cycle that is so already stays as it is.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such cycle, or it is to be switched on and its plan is not issued, or closed.
pub async fn switch_cycle(
    ctx: &Ctx,
    id: CycleId,
    switch: Switch,
) -> Result<StoredCycle, FlowError> {
    let now = ctx.now();
    let tx = ctx.write().await?;
    let missing =
        || FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的督办周期"));
    let cycle = cycles::hold(&tx, id).await?.ok_or_else(missing)?;
    let plan = plans::get(&tx, cycle.plan_id).await?.ok_or_else(missing)?;
    let did = match switch {
        Switch::On if plan.issued_on.is_none() => {
            return Err(FlowError::refused(
                RefusalCode::PlanNotIssued,
                format!("方案《{}》尚未下发，不能开启督办周期。请先下发", plan.title),
            ));
        }
        Switch::On if plan.closed_on.is_some() => {
            return Err(FlowError::refused(
                RefusalCode::PlanClosed,
                format!("方案《{}》已办结，不能再开启督办周期", plan.title),
            ));
        }
        Switch::On => switch_on(ctx, &tx, &cycle, now).await?,
        Switch::Off => cycles::switch(&tx, id, None).await?,
    };
    if did {
        tx.audit(
            AuditEntry::done(
                switch.action(),
                Resource::Cycles,
                id.0,
                format!("{} {}", plan.title, cycle.kind.as_str()),
            )
            .before(json!({ "enabled": cycle.enabled }))
            .after(json!({ "enabled": switch == Switch::On })),
        );
    }
    let cycle = cycles::get(&tx, id).await?.ok_or_else(missing)?;
    tx.commit().await?;
    Ok(cycle)
}

/// Switches one cycle on from today; lays down the seed of its next draw, so that its commitment can be published before
/// the draw. Whether it was off.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn switch_on(
    ctx: &Ctx,
    tx: &WriteTx,
    cycle: &StoredCycle,
    now: Now,
) -> Result<bool, FlowError> {
    if cycle.next_seed.is_none() && cycle.kind == CycleKind::SpotCheck {
        lay_down_seed(ctx, tx, cycle).await?;
    }
    Ok(cycles::switch(tx, cycle.id, Some(now.today)).await?)
}

/// Makes the seed of the next draw of a cycle and stores it with its commitment; returns the seed.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn lay_down_seed(
    ctx: &Ctx,
    tx: &WriteTx,
    cycle: &StoredCycle,
) -> Result<String, FlowError> {
    let seed = ctx.entropy.seed()?;
    cycles::set_next_seed(tx, cycle.id, &seed, &commitment(&seed)).await?;
    Ok(seed)
}

/// The plan that a person names: by id, document number, title (whole, or a part that only one has), or nothing where
/// there is only one.
///
/// # Errors
/// [`FlowError::Refused`] where it names none or several.
pub async fn find_plan(ctx: &Ctx, name: Option<&str>) -> Result<StoredPlan, FlowError> {
    let all = plans::all(&ctx.db).await?;
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
        return match <[StoredPlan; 1]>::try_from(all) {
            Ok([plan]) => Ok(plan),
            Err(all) if all.is_empty() => Err(FlowError::refused(
                RefusalCode::NotFound,
                "还没有导入任何方案。请先执行 duban import 文件",
            )),
            Err(_) => Err(FlowError::refused(
                RefusalCode::Ambiguous,
                "有多个方案，请写明方案的编号、发文字号或标题",
            )),
        };
    };
    let exact = all.iter().find(|plan| {
        PlanId(plan.id.0).to_string() == name
            || plan.document_number.as_deref() == Some(name)
            || plan.title == name
    });
    if let Some(plan) = exact {
        return Ok(plan.clone());
    }
    let mut partly = all.iter().filter(|plan| plan.title.contains(name));
    match (partly.next(), partly.next()) {
        (Some(plan), None) => Ok(plan.clone()),
        (Some(_), Some(_)) => Err(FlowError::refused(
            RefusalCode::Ambiguous,
            format!("标题含“{name}”的方案不止一个，请写完整"),
        )),
        (None, _) => Err(FlowError::refused(
            RefusalCode::NotFound,
            format!("没有编号、发文字号或标题为“{name}”的方案"),
        )),
    }
}
