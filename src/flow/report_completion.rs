//! Close-out, first half: a lead unit reports that its task as a whole is done. The report shows which parts are open; the
//! supervision office verifies it in `decide_task`.

use crate::domain::access::{Action, Reach, Viewer};
use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{CompletionId, TaskId, UnitId};
use crate::domain::local_time::chinese_day;
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::domain::task_life::CompletionState;
use crate::flow::amend_desk::{AmendDesk, no_task};
use crate::flow::decide_assignments::Acting;
use crate::flow::decide_task::gaps;
use crate::flow::held_task::HeldTask;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::completions::{self, StoredCompletion};
use crate::storage::{new_id, tasks};
use serde_json::json;

/// What a lead unit reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionToReport {
    /// For which lead unit the viewer speaks; their own where none is named.
    pub unit_code: Option<String>,
    /// What was done, as a whole.
    pub summary: String,
}

/// Writes down that a lead unit reports its task as done.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such task or it is not going on, where the viewer speaks for none of its lead
/// units, or where a report waits already.
pub async fn report_completion(
    ctx: &Ctx,
    viewer: &Viewer,
    id: TaskId,
    told: CompletionToReport,
) -> Result<CompletionId, FlowError> {
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let acting = Acting {
        ctx,
        tx: &tx,
        calendar: &calendar,
        now: ctx.now(),
        by: &viewer.address,
    };
    let plan_id = tasks::get(&tx, id)
        .await?
        .ok_or_else(|| no_task(id))?
        .plan_id;
    let desk = AmendDesk::open(acting, plan_id).await?;
    let held = desk.hold(id).await?;
    let unit_id = speaks_for(&desk, &held, viewer, told.unit_code.as_deref())?;
    desk.refuse_ended(&held.task).await?;
    if held.is_paused() {
        let text = "已经暂停，请在恢复后再报告整体完成";
        return Err(desk.out_of_order(&held.task, text).await?);
    }
    let last = completions::hold_last(&tx, id).await?;
    if let Some(waiting) = last
        .as_ref()
        .filter(|one| one.state == CompletionState::Reported)
    {
        let on = chinese_day(waiting.reported_on);
        let text = format!(
            "{} 已于 {on} 报告整体完成，正在等待督导办核实",
            waiting.reported_by
        );
        return Err(FlowError::refused(RefusalCode::OutOfOrder, text));
    }
    let new = StoredCompletion {
        id: CompletionId(new_id()),
        task_id: id,
        unit_id,
        number: last.map_or(1, |last| last.number.saturating_add(1)),
        state: CompletionState::Reported,
        summary: told.summary,
        gaps: gaps(&desk.directory, held.there()),
        reported_by: viewer.address.clone(),
        reported_on: acting.now.today,
        reported_at: acting.now.at,
        decided_by: None,
        decided_on: None,
        decided_at: None,
        decision_note: None,
    };
    if !completions::insert(&tx, &new).await? {
        let text = "刚刚已有人报告整体完成，请重新查看";
        return Err(FlowError::refused(RefusalCode::OutOfOrder, text));
    }
    let target = format!(
        "{} {}：第 {} 次报告整体完成",
        held.task.number, held.task.title, new.number
    );
    tx.audit(
        AuditEntry::done(
            "report_completions",
            Resource::Completions,
            new.id.0,
            target,
        )
        .after(json!({ "task_id": id, "unit_id": unit_id, "gaps": new.gaps })),
    );
    tx.commit().await?;
    Ok(new.id)
}

/// The lead unit for which the viewer speaks; the supervision office names it, or means the first.
fn speaks_for(
    desk: &AmendDesk<'_>,
    held: &HeldTask,
    viewer: &Viewer,
    code: Option<&str>,
) -> Result<UnitId, FlowError> {
    let reach = viewer.reach(Action::ReportCompletions);
    let is_own = |unit: &UnitId| match &reach {
        Reach::All => true,
        Reach::Units { own, .. } => own.contains(unit),
    };
    let mut leads = held
        .shares
        .iter()
        .map(|share| share.standing)
        .filter(|one| one.role == Role::Lead && one.state != AssignmentState::Withdrawn)
        .map(|one| one.unit_id);
    let speaks = match code {
        None => leads.find(is_own),
        Some(code) => {
            let unit = desk.directory.by_code(code).ok_or_else(|| {
                let text = format!("没有代码为“{code}”的单位");
                FlowError::refused_field(RefusalCode::UnknownUnit, "unit_code", text)
            })?;
            leads.find(|lead| *lead == unit.id && is_own(lead))
        }
    };
    speaks.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotYours, "只有任务的牵头单位可以报告整体完成")
    })
}
