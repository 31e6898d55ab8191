//! What was found → findings, each with the request to put it right, told at once. Found by an inspection
//! (`record_inspection`), or raised by hand: any inspection of a unit enters the same ledger.

use crate::domain::finding_life::FindingState;
use crate::domain::ids::{
    AssignmentId, AttachmentId, FindingId, InspectionId, ObligationId, PlanId, RoundId, UnitId,
};
use crate::domain::inspection::may_be_rectified_by;
use crate::domain::obligation::{ObligationKind, ObligationState, Source};
use crate::domain::resource::Resource;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::unit::UnitDirectory;
use crate::flow::ask_budget::{Override, justify};
use crate::flow::check_files::{FileKeepers, check_files};
use crate::flow::issue_desk::refuse_closed;
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::findings::StoredFinding;
use crate::storage::inspections::{FileOwner, link_files};
use crate::storage::lists::assignments;
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, findings, new_id, obligations, plans, tasks, units};
use chrono::NaiveDate;
use serde_json::json;

/// Something to be put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingToRaise {
    /// What was found.
    pub text: String,
    /// The assignment it is about.
    pub assignment_id: Option<AssignmentId>,
    /// The workday by which it is to be right.
    pub rectify_by: NaiveDate,
    /// Photographs and other files.
    pub files: Vec<AttachmentId>,
}

/// Where findings come from.
pub(super) struct Found<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) tx: &'a WriteTx,
    pub(super) calendar: &'a SchoolCalendar,
    pub(super) now: Now,
    pub(super) by: &'a str,
    pub(super) unit_id: UnitId,
    pub(super) plan_id: PlanId,
    pub(super) inspection: Option<(RoundId, InspectionId)>,
    /// Whose files may be attached.
    pub(super) keepers: &'a FileKeepers,
    /// Where the findings stand in the request: `findings[{}].`, or nothing where there is one.
    pub(super) is_list: bool,
    /// Why, where the unit is asked too often or for today.
    pub(super) reason: Option<&'a str>,
}

impl Found<'_> {
    fn field(&self, position: usize, name: &str) -> String {
        match self.is_list {
            true => format!("findings[{position}].{name}"),
            false => name.to_owned(),
        }
    }

    /// Writes the findings down and asks the unit to put them right. The caller holds what numbers them.
    pub(super) async fn raise(
        &self,
        wanted: &[FindingToRaise],
    ) -> Result<Vec<FindingId>, FlowError> {
        for (position, one) in wanted.iter().enumerate() {
            let holidays = &self.calendar.holidays;
            may_be_rectified_by(one.rectify_by, self.now.today, holidays).map_err(|wrong| {
                let field = self.field(position, "rectify_by");
                FlowError::refused_field(RefusalCode::WrongDay, field, wrong.to_string())
            })?;
            let field = self.field(position, "attachment_ids");
            check_files(self.tx, &one.files, self.keepers, &field).await?;
        }
        let asks: Vec<(FindingId, StoredObligation)> = wanted
            .iter()
            .map(|one| {
                let id = FindingId(new_id());
                (id, self.obligation(id, one))
            })
            .collect();
        let made = asks.iter().map(|(_, ask)| ask);
        justify(self.ctx, self.tx, self.now, made, self.told_override()).await?;
        let series = self.inspection.map_or(self.plan_id.0, |(round, _)| round.0);
        let first = findings::next_number(self.tx, series).await?;
        for (number, ((id, ask), one)) in (first..).zip(asks.iter().zip(wanted)) {
            obligations::insert(self.tx, &Source::Finding(*id), ask, &[]).await?;
            let new = StoredFinding {
                id: *id,
                number,
                round_id: self.inspection.map(|(round, _)| round),
                inspection_id: self.inspection.map(|(_, inspection)| inspection),
                unit_id: self.unit_id,
                plan_id: self.plan_id,
                assignment_id: one.assignment_id,
                text: one.text.clone(),
                state: FindingState::Open,
                obligation_id: ask.id,
                raised_by: self.by.to_owned(),
                raised_on: self.now.today,
                raised_at: self.now.at,
            };
            findings::insert(self.tx, &new).await?;
            link_files(self.tx, FileOwner::Finding(*id), &one.files).await?;
            self.tx.audit(
                AuditEntry::done(
                    "raise_findings",
                    Resource::Findings,
                    id.0,
                    format!("第 {number} 号问题"),
                )
                .after(json!({
                    "unit_id": self.unit_id,
                    "assignment_id": one.assignment_id,
                    "text": one.text,
                    "rectify_by": one.rectify_by,
                    "attachment_ids": one.files,
                    "reason": self.reason,
                })),
            );
        }
        let (ids, asked): (Vec<FindingId>, Vec<StoredObligation>) = asks.into_iter().unzip();
        mail_at_once(self.ctx, self.tx, self.calendar, self.now, &asked).await?;
        Ok(ids)
    }

    fn obligation(&self, id: FindingId, one: &FindingToRaise) -> StoredObligation {
        StoredObligation {
            id: ObligationId(new_id()),
            source: Source::Finding(id).to_string(),
            unit_id: self.unit_id,
            kind: ObligationKind::Rectify,
            plan_id: self.plan_id,
            // Chased by its own day, also when the round that found it is closed.
            round_id: None,
            deadline_id: None,
            what: Some(one.text.clone()),
            opened_on: self.now.today,
            due_on: one.rectify_by,
            first_due_on: one.rectify_by,
            due_revision: 0,
            moved: None,
            provisional: self.calendar.holidays.is_provisional(one.rectify_by),
            state: ObligationState::Open,
            opened_at: self.now.at,
        }
    }

    /// What is written down where the rules of asking are stretched.
    fn told_override(&self) -> Override<'_> {
        Override {
            what: "问题整改".to_owned(),
            by_hand: true,
            reason: self.reason,
            plan_id: Some(self.plan_id),
            round_id: self.inspection.map(|(round, _)| round),
            same_day: false,
        }
    }
}

/// A finding outside spot-checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingByHand {
    /// The unit that puts it right.
    pub unit_code: String,
    /// The plan; that of the assignment where one is named.
    pub plan_id: Option<PlanId>,
    /// What was found.
    pub finding: FindingToRaise,
    /// Why, where the unit is asked too often or for today.
    pub reason: Option<String>,
}

/// Raises a finding by hand.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such unit, plan or assignment of the unit, the plan is not issued or is
/// closed, the day has passed or is a day off, a file is another unit's, or a reason is needed.
pub async fn raise_finding(
    ctx: &Ctx,
    raised_by: &str,
    wanted: FindingByHand,
) -> Result<FindingId, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let directory = UnitDirectory::new(units::all(&tx).await?);
    let unit = directory.by_code(&wanted.unit_code).ok_or_else(|| {
        let text = format!("没有编码为“{}”的单位", wanted.unit_code);
        FlowError::refused_field(RefusalCode::UnknownUnit, "unit_code", text)
    })?;
    let plan_id = plan_of(&tx, unit.id, &wanted).await?;
    // Held: whoever else raises a finding in this plan by hand waits for its number.
    let plan = plans::hold(&tx, plan_id).await?.ok_or_else(|| {
        let text = format!("没有编号为 {plan_id} 的方案");
        FlowError::refused_field(RefusalCode::NotFound, "plan_id", text)
    })?;
    refuse_closed(&plan)?;
    if plan.issued_on.is_none() {
        return Err(FlowError::refused(
            RefusalCode::PlanNotIssued,
            format!("方案《{}》尚未下发，不能提出整改问题。请先下发", plan.title),
        ));
    }
    let found = Found {
        ctx,
        tx: &tx,
        calendar: &calendar,
        now,
        by: raised_by,
        unit_id: unit.id,
        plan_id,
        inspection: None,
        keepers: &FileKeepers::office([unit.id]),
        is_list: false,
        reason: wanted.reason.as_deref(),
    };
    let ids = found.raise(std::slice::from_ref(&wanted.finding)).await?;
    tx.commit().await?;
    ids.into_iter()
        .next()
        .ok_or_else(|| FlowError::Interrupted("问题没有登记，请稍后再试".to_owned()))
}

/// The plan of a finding by hand: that of its assignment, which must be the unit's.
async fn plan_of(
    tx: &WriteTx,
    unit_id: UnitId,
    wanted: &FindingByHand,
) -> Result<PlanId, FlowError> {
    let Some(assignment_id) = wanted.finding.assignment_id else {
        return wanted.plan_id.ok_or_else(|| {
            let text = "请写明问题属于哪个方案（plan_id），或涉及哪份任务分工（assignment_id）";
            FlowError::refused_field(RefusalCode::InvalidValue, "plan_id", text)
        });
    };
    let foreign = || {
        let text = format!("任务分工 {assignment_id} 不是该单位的，请核对编号");
        FlowError::refused_field(RefusalCode::ForeignItem, "assignment_id", text)
    };
    let row = assignments::get(tx, assignment_id).await?;
    let row = row
        .filter(|row| row.unit_id == unit_id)
        .ok_or_else(foreign)?;
    let task = tasks::get(tx, row.task_id).await?.ok_or_else(foreign)?;
    match wanted.plan_id {
        Some(given) if given != task.plan_id => {
            let text = format!("任务分工 {assignment_id} 不属于方案 {given}，请核对编号");
            Err(FlowError::refused_field(
                RefusalCode::ForeignItem,
                "plan_id",
                text,
            ))
        }
        Some(_) | None => Ok(task.plan_id),
    }
}
