//! An inspection's result (谁检查谁录入): passed, or what is to be put right. Recorded once, by whoever inspects or the
//! supervision office.

use crate::domain::access::{Action, Reach, Viewer};
use crate::domain::ids::{AttachmentId, FindingId, InspectionId, UnitId};
use crate::domain::inspection::InspectionResult;
use crate::domain::local_time::chinese_day;
use crate::domain::resource::Resource;
use crate::flow::check_files::{FileKeepers, check_files};
use crate::flow::raise_findings::{FindingToRaise, Found};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::inspections::{FileOwner, Recorded, StoredInspection};
use crate::storage::inspectors::StoredInspector;
use crate::storage::{WriteTx, inspections, rounds};
use serde_json::json;
use std::collections::HashSet;

/// What an inspection showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultToRecord {
    /// In a word.
    pub result: InspectionResult,
    /// What else is to be known.
    pub note: Option<String>,
    /// Photographs and other files.
    pub files: Vec<AttachmentId>,
    /// What is to be put right.
    pub findings: Vec<FindingToRaise>,
    /// Why, where the unit is asked too often or for today.
    pub reason: Option<String>,
}

/// Records what an inspection showed; its findings.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such inspection, the viewer neither inspects nor is of the office, it is
/// recorded already (who and when), result and findings do not fit, a finding is about a task that was not drawn, its day
/// has passed or is a day off, a file is another unit's, or a reason is needed.
pub async fn record_inspection(
    ctx: &Ctx,
    viewer: &Viewer,
    id: InspectionId,
    wanted: ResultToRecord,
) -> Result<Vec<FindingId>, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let one = held(&tx, id).await?;
    let team = inspections::team(&tx, id).await?;
    refuse_strangers(viewer, Action::RecordInspections, one.unit_id, &team)?;
    if let (Some(recorded), Some(result)) = (&one.recorded, one.result) {
        let text = format!(
            "{} 已于 {} 登记这次检查的结果（{}），不能再登记",
            recorded.by,
            chinese_day(recorded.on),
            result.label()
        );
        return Err(FlowError::refused(RefusalCode::OutOfOrder, text));
    }
    refuse_misfit(&wanted)?;
    refuse_not_drawn(&tx, id, &wanted.findings).await?;
    let units = team.iter().map(|one| one.unit_id).chain([one.unit_id]);
    let keepers = FileKeepers::of(viewer, units);
    check_files(&tx, &wanted.files, &keepers, "attachment_ids").await?;
    let recorded = Recorded {
        by: viewer.address.clone(),
        on: now.today,
        at: now.at,
    };
    let note = wanted.note.as_deref();
    inspections::record(&tx, id, wanted.result, note, &recorded).await?;
    inspections::link_files(&tx, FileOwner::Inspection(id), &wanted.files).await?;
    let found = Found {
        ctx,
        tx: &tx,
        calendar: &calendar,
        now,
        by: &viewer.address,
        unit_id: one.unit_id,
        plan_id: one.plan_id,
        inspection: Some((one.round_id, id)),
        keepers: &keepers,
        is_list: true,
        reason: wanted.reason.as_deref(),
    };
    let raised = found.raise(&wanted.findings).await?;
    tx.audit(
        AuditEntry::done(
            "record_inspections",
            Resource::Inspections,
            id.0,
            wanted.result.label(),
        )
        .after(json!({
            "result": wanted.result,
            "note": note,
            "attachment_ids": wanted.files,
            "finding_ids": raised,
        })),
    );
    tx.commit().await?;
    Ok(raised)
}

/// The inspection, held; and before it its round, which numbers the findings.
async fn held(tx: &WriteTx, id: InspectionId) -> Result<StoredInspection, FlowError> {
    let missing = || FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的检查"));
    let seen = inspections::get(tx, id).await?.ok_or_else(missing)?;
    rounds::hold(tx, seen.round_id).await?;
    inspections::hold(tx, id).await?.ok_or_else(missing)
}

/// Refuses whoever is neither of the office nor one of those who inspect; and those in a matter of their own unit.
pub(super) fn refuse_strangers(
    viewer: &Viewer,
    action: Action,
    unit_id: UnitId,
    team: &[StoredInspector],
) -> Result<(), FlowError> {
    let Reach::Units { own, .. } = viewer.reach(action) else {
        return Ok(());
    };
    let inspects = team.iter().any(|one| one.address == viewer.address);
    let text = match (inspects, own.contains(&unit_id)) {
        (true, false) => return Ok(()),
        (true, true) => "检查人员须回避本单位，请由督导办办理",
        (false, _) => "只有承担这次检查的人员和督导办可以办理",
    };
    Err(FlowError::refused(RefusalCode::NotYours, text))
}

fn refuse_misfit(wanted: &ResultToRecord) -> Result<(), FlowError> {
    let text = match (wanted.result, wanted.findings.is_empty()) {
        (InspectionResult::Pass, false) => "检查通过的，不登记问题；有问题的，结果请填 findings",
        (InspectionResult::Findings, true) => "发现问题的，请至少登记一个问题",
        (InspectionResult::Pass, true) | (InspectionResult::Findings, false) => return Ok(()),
    };
    Err(FlowError::refused_field(
        RefusalCode::InvalidValue,
        "findings",
        text,
    ))
}

async fn refuse_not_drawn(
    tx: &WriteTx,
    id: InspectionId,
    findings: &[FindingToRaise],
) -> Result<(), FlowError> {
    let drawn = inspections::items(tx, &[id]).await?;
    let drawn: HashSet<_> = drawn
        .into_iter()
        .map(|(_, assignment)| assignment)
        .collect();
    for (position, one) in findings.iter().enumerate() {
        if let Some(foreign) = one.assignment_id.filter(|id| !drawn.contains(id)) {
            return Err(FlowError::refused_field(
                RefusalCode::ForeignItem,
                format!("findings[{position}].assignment_id"),
                format!(
                    "任务分工 {foreign} 不在这次检查抽中的事项之内；检查事项以外的问题，请不填此项"
                ),
            ));
        }
    }
    Ok(())
}
