//! Issuing tasks of one plan or several in one transaction: each plan's tasks, then what all of them share: the budget of
//! asks, and one immediate mail per contact.

use crate::domain::ids::{PlanId, TaskId};
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::resource::Resource;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::unit::UnitDirectory;
use crate::flow::ask_budget::{AskBudget, Override, record_override, require_reason};
use crate::flow::issue_asks::PlanIssue;
use crate::flow::issue_plan::{CyclesAtIssue, IssuedBy, PlanIssued};
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::manage_cycles::switch_on;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::obligations::StoredObligation;
use crate::storage::plans::StoredPlan;
use crate::storage::{WriteTx, cycles, plans, units};
use serde_json::Value;
use std::collections::HashSet;

/// Where tasks are issued; nothing is made durable here.
pub(super) struct IssueDesk<'a> {
    ctx: &'a Ctx,
    tx: &'a WriteTx,
    calendar: &'a SchoolCalendar,
    now: Now,
    directory: UnitDirectory,
    budget: AskBudget,
    issued: Vec<(StoredPlan, PlanIssued)>,
    /// All obligations made.
    asked: Vec<StoredObligation>,
    /// Those for tasks made by hand.
    asked_by_hand: Vec<StoredObligation>,
    /// Whether a task made by hand is due on the day it is issued.
    due_today: bool,
}

impl<'a> IssueDesk<'a> {
    /// Opens it.
    pub(super) async fn open(
        ctx: &'a Ctx,
        tx: &'a WriteTx,
        calendar: &'a SchoolCalendar,
    ) -> Result<Self, FlowError> {
        let now = ctx.now();
        Ok(Self {
            ctx,
            tx,
            calendar,
            now,
            directory: UnitDirectory::new(units::all(tx).await?),
            budget: AskBudget::of_month(ctx, tx, now.today).await?,
            issued: Vec::new(),
            asked: Vec::new(),
            asked_by_hand: Vec::new(),
            due_today: false,
        })
    }

    /// Issues the wanted tasks of a plan, or all of them, that nothing holds back. The plan is kept from others until the
    /// transaction ends.
    ///
    /// # Errors
    /// [`FlowError::Refused`] where there is no such plan, or it is closed.
    pub(super) async fn issue(
        &mut self,
        plan_id: PlanId,
        wanted: Option<&HashSet<TaskId>>,
        cycles_at_issue: CyclesAtIssue,
    ) -> Result<(), FlowError> {
        let plan = plans::hold(self.tx, plan_id).await?.ok_or_else(|| {
            FlowError::refused(
                RefusalCode::NotFound,
                format!("没有编号为 {plan_id} 的方案"),
            )
        })?;
        refuse_closed(&plan)?;
        let mut issue = PlanIssue {
            tx: self.tx,
            calendar: self.calendar,
            now: self.now,
            directory: &self.directory,
            number: plan.issue_count + 1,
            plan,
            issued: PlanIssued::default(),
            asked: Vec::new(),
            due_today: false,
            joined: Vec::new(),
            asks_to_send_up: false,
        };
        issue.issue(wanted).await?;
        let PlanIssue {
            plan,
            mut issued,
            asked,
            due_today,
            ..
        } = issue;
        // Only the first issue switches cycles on: what a person has switched off since stays off.
        let first = plan.issued_on.is_none() && issued.tasks > 0;
        if first && cycles_at_issue == CyclesAtIssue::On {
            issued.cycles = self.switch_cycles_on(plan_id).await?;
        }
        if plan.origin != PlanOrigin::Document {
            self.asked_by_hand.extend(asked.iter().cloned());
            self.due_today |= due_today;
        }
        self.asked.extend(asked);
        self.issued.push((plan, issued));
        Ok(())
    }

    async fn switch_cycles_on(&self, plan_id: PlanId) -> Result<Vec<&'static str>, FlowError> {
        let mut switched = Vec::new();
        let all = cycles::all(self.tx).await?;
        for cycle in all.into_iter().filter(|cycle| cycle.plan_id == plan_id) {
            if switch_on(self.ctx, self.tx, &cycle, self.now).await? {
                switched.push(cycle.kind.as_str());
            }
        }
        Ok(switched)
    }

    /// What was issued until now, of all plans.
    pub(super) fn issued(&self) -> PlanIssued {
        let mut sum = PlanIssued::default();
        for (_, issued) in &self.issued {
            sum.add(issued);
        }
        sum
    }

    /// Sees to what the tasks of all plans share, and tells the audit.
    ///
    /// # Errors
    /// [`FlowError::Refused`] where a reason is needed.
    pub(super) async fn finish(mut self, by: IssuedBy<'_>) -> Result<PlanIssued, FlowError> {
        let by_hand = self.asked_by_hand.iter();
        let stretched = self
            .budget
            .stretched(&self.directory, by_hand, self.now.today);
        let names = stretched.names_over_budget();
        let is_stretched = self.due_today || !names.is_empty();
        let reason = match by {
            IssuedBy::Itself => None,
            IssuedBy::Person(reason) => {
                require_reason(reason, self.due_today, &names)?;
                reason.filter(|_| is_stretched)
            }
        };
        let told = self.told_override(by, reason);
        record_override(self.ctx, self.tx, self.now, &stretched, told).await?;
        let mails = mail_at_once(self.ctx, self.tx, self.calendar, self.now, &self.asked).await?;
        // A mail may tell of several plans: it is counted with the first.
        if let Some((_, issued)) = self.issued.first_mut() {
            issued.mails = mails;
        }
        for (plan, issued) in &self.issued {
            if issued.tasks > 0 || !issued.held.is_empty() {
                self.tx.audit(issue_audit(plan, issued, reason)?);
            }
        }
        Ok(self.issued())
    }

    /// What is written down where tasks made by hand stretch the rules.
    fn told_override<'r>(&self, by: IssuedBy<'_>, reason: Option<&'r str>) -> Override<'r> {
        let plans = self.issued.iter().map(|(plan, _)| plan);
        let by_hand = plans.filter(|plan| plan.origin != PlanOrigin::Document);
        let mut titles: Vec<String> = by_hand
            .clone()
            .map(|plan| format!("《{}》", plan.title))
            .collect();
        titles.dedup();
        let mut ids = by_hand.map(|plan| plan.id);
        let plan_id = match (ids.next(), ids.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        };
        Override {
            what: format!("下发任务：{}", titles.join("、")),
            by_hand: matches!(by, IssuedBy::Person(_)),
            reason,
            plan_id,
            round_id: None,
            same_day: self.due_today,
        }
    }
}

/// Refuses what a closed plan no longer takes.
///
/// # Errors
/// [`RefusalCode::PlanClosed`].
pub(super) fn refuse_closed(plan: &StoredPlan) -> Result<(), FlowError> {
    match plan.closed_on {
        None => Ok(()),
        Some(day) => Err(FlowError::refused(
            RefusalCode::PlanClosed,
            format!("方案《{}》已于 {day} 办结，不再变动", plan.title),
        )),
    }
}

/// What the audit keeps of issuing.
fn issue_audit(
    plan: &StoredPlan,
    issued: &PlanIssued,
    reason: Option<&str>,
) -> Result<AuditEntry, FlowError> {
    let mut after =
        serde_json::to_value(issued).map_err(|error| FlowError::Interrupted(error.to_string()))?;
    if let (Some(reason), Value::Object(fields)) = (reason, &mut after) {
        fields.insert("reason".to_owned(), reason.into());
    }
    Ok(AuditEntry::done("issue_tasks", Resource::Plans, plan.id.0, &plan.title).after(after))
}
