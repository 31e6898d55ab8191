//! plan → assignments and the first obligations. What holds a task back is named, the others are issued (design §5.8, §6).
//! Chosen tasks are issued by `issue_tasks`; how a task is issued is in `issue_desk`.

use crate::domain::ids::{PlanId, TaskId};
use crate::flow::issue_desk::IssueDesk;
use crate::flow::{Ctx, FlowError};
use serde::Serialize;
use std::collections::BTreeMap;

/// What issuing a plan did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PlanIssued {
    /// Tasks issued by this call.
    pub tasks: usize,
    /// Assignments frozen by this call.
    pub assignments: usize,
    /// Obligations made by this call, by kind.
    pub obligations: BTreeMap<&'static str, usize>,
    /// Mails queued at once; the others are told by the next digest.
    pub mails: usize,
    /// Tasks held back, with what stands in the way.
    pub held: Vec<HeldTask>,
    /// What a person should know: deadlines already past, senders that match nothing.
    pub listed: Vec<String>,
    /// Cycles switched on by this call.
    pub cycles: Vec<&'static str>,
}

/// A task that could not be issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldTask {
    /// Its id.
    pub task_id: TaskId,
    /// Its number.
    pub task_number: String,
    /// Its title.
    pub title: String,
    /// What stands in the way, for people.
    pub reason: String,
}

/// Whether issuing switches the plan's cycles on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CyclesAtIssue {
    /// The default.
    On,
    /// `--cycles-off`.
    Off,
}

/// Who wants tasks to be issued. Tasks made by hand that stretch the rules (for the same day, over a unit's budget) need a
/// reason of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuedBy<'a> {
    /// Nobody who could be asked: a simulation.
    Itself,
    /// A person, with what they say where a rule is stretched.
    Person(Option<&'a str>),
}

/// Issues every task of a plan that is not issued yet, without asking anybody for reasons. Issuing again issues what was
/// held back, once it is settled.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such plan, or it is closed.
pub async fn issue_plan(
    ctx: &Ctx,
    plan_id: PlanId,
    cycles: CyclesAtIssue,
) -> Result<PlanIssued, FlowError> {
    issue_plan_by(ctx, plan_id, cycles, IssuedBy::Itself).await
}

/// The same because somebody wants it.
///
/// # Errors
/// As [`issue_plan`], and where a reason is needed.
pub async fn issue_plan_by(
    ctx: &Ctx,
    plan_id: PlanId,
    cycles: CyclesAtIssue,
    by: IssuedBy<'_>,
) -> Result<PlanIssued, FlowError> {
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let mut desk = IssueDesk::open(ctx, &tx, &calendar).await?;
    desk.issue(plan_id, None, cycles).await?;
    let issued = desk.finish(by).await?;
    tx.commit().await?;
    issued.log();
    Ok(issued)
}

impl PlanIssued {
    /// Adds what issuing tasks of another plan did.
    pub(super) fn add(&mut self, other: &Self) {
        self.tasks += other.tasks;
        self.assignments += other.assignments;
        for (kind, count) in &other.obligations {
            *self.obligations.entry(kind).or_default() += count;
        }
        self.mails += other.mails;
        self.held.extend(other.held.iter().cloned());
        self.listed.extend(other.listed.iter().cloned());
        self.cycles.extend(other.cycles.iter().copied());
    }

    /// Tells the log.
    pub(super) fn log(&self) {
        tracing::info!(
            tasks = self.tasks,
            assignments = self.assignments,
            held = self.held.len(),
            "Issued tasks"
        );
    }
}
