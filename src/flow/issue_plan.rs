//! tasks → assignments and the first obligations. Whole or not at all per task: what holds a task back is named, the
//! others are issued (design §5.8, §6).

use crate::domain::fan_out::{Held, fan_out};
use crate::domain::ids::{ObligationId, PlanId, TaskId, UnitId};
use crate::domain::obligation::{ACKNOWLEDGE_WORKDAYS, ObligationKind, ObligationState, Source};
use crate::domain::resource::Resource;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::unit::{UnitDirectory, Unmatched};
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::manage_cycles::switch_on;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::obligations::{Item, StoredObligation};
use crate::storage::plans::StoredPlan;
use crate::storage::tasks::{StoredAssignment, StoredTask, TaskState};
use crate::storage::{WriteTx, cycles, new_id, obligations, plans, tasks, units};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

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

/// Issues every task of a plan that is not issued yet. Issuing again issues what was held back, once it is settled.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such plan.
pub async fn issue_plan(
    ctx: &Ctx,
    plan_id: PlanId,
    cycles_at_issue: CyclesAtIssue,
) -> Result<PlanIssued, FlowError> {
    let calendar = ctx.calendar().await?;
    let now = ctx.now();
    let tx = ctx.write().await?;
    let plan = plans::get(&tx, plan_id).await?.ok_or_else(|| {
        FlowError::refused(
            RefusalCode::NotFound,
            format!("没有编号为 {plan_id} 的方案"),
        )
    })?;
    let mut issue = Issue {
        tx: &tx,
        calendar: &calendar,
        now,
        directory: UnitDirectory::new(units::all(&tx).await?),
        number: plan.issue_count + 1,
        plan,
        issued: PlanIssued::default(),
        asked: Vec::new(),
    };
    let assignments = issue.issue_tasks().await?;
    if !assignments.is_empty() {
        issue.ask_to_acknowledge(&assignments).await?;
        issue.ask_for_completion(&assignments).await?;
        issue.ask_to_send_up().await?;
        plans::record_issue(&tx, &issue.plan, issue.number, now.at, now.today).await?;
        issue.issued.mails = mail_at_once(ctx, &tx, &calendar, now, &issue.asked).await?;
    }
    // Only the first issue switches cycles on: what a person has switched off since stays off.
    let first = issue.plan.issued_on.is_none() && issue.issued.tasks > 0;
    if first && cycles_at_issue == CyclesAtIssue::On {
        for cycle in cycles::all(&tx)
            .await?
            .into_iter()
            .filter(|cycle| cycle.plan_id == plan_id)
        {
            if switch_on(ctx, &tx, &cycle, now).await? {
                issue.issued.cycles.push(cycle.kind.as_str());
            }
        }
    }
    let Issue { issued, plan, .. } = issue;
    if issued.tasks > 0 || !issued.held.is_empty() {
        tx.audit(issue_audit(&plan, &issued)?);
    }
    tx.commit().await?;
    tracing::info!(
        tasks = issued.tasks,
        assignments = issued.assignments,
        held = issued.held.len(),
        "Issued a plan"
    );
    Ok(issued)
}

/// What the audit keeps of issuing.
fn issue_audit(plan: &StoredPlan, issued: &PlanIssued) -> Result<AuditEntry, FlowError> {
    let after =
        serde_json::to_value(issued).map_err(|error| FlowError::Interrupted(error.to_string()))?;
    Ok(AuditEntry::done("issue_tasks", Resource::Plans, plan.id.0, &plan.title).after(after))
}

struct Issue<'a> {
    tx: &'a WriteTx,
    calendar: &'a SchoolCalendar,
    now: Now,
    directory: UnitDirectory,
    plan: StoredPlan,
    /// The how-manieth issue this is.
    number: i32,
    issued: PlanIssued,
    asked: Vec<StoredObligation>,
}

/// An assignment with what issuing needs of its task.
struct Issued {
    assignment: StoredAssignment,
    due_on: Option<NaiveDate>,
}

impl Issue<'_> {
    /// Freezes the fan-out of every task that nothing holds back.
    async fn issue_tasks(&mut self) -> Result<Vec<Issued>, FlowError> {
        let parties = tasks::parties(self.tx, self.plan.id).await?;
        let mut all = Vec::new();
        for task in tasks::of_plan(self.tx, self.plan.id).await? {
            if task.state == TaskState::Issued {
                continue;
            }
            let named = parties.get(&task.id).map(Vec::as_slice).unwrap_or_default();
            match fan_out(named, &self.directory) {
                Ok(shares) => {
                    let made =
                        tasks::insert_assignments(self.tx, task.id, &shares, self.now.at).await?;
                    tasks::mark_issued(self.tx, task.id, self.now.at).await?;
                    self.issued.tasks += 1;
                    self.issued.assignments += made.len();
                    all.extend(made.into_iter().map(|assignment| Issued {
                        assignment,
                        due_on: task.due_on,
                    }));
                }
                Err(held) => self.hold(task, &held).await?,
            }
        }
        Ok(all)
    }

    async fn hold(&mut self, task: StoredTask, held: &Held) -> Result<(), FlowError> {
        let reason = reason_held(held);
        tasks::mark_held(self.tx, task.id, &reason).await?;
        self.issued.held.push(HeldTask {
            task_number: task.number,
            title: task.title,
            reason,
        });
        Ok(())
    }

    /// One acknowledgement per unit, due three workdays later.
    async fn ask_to_acknowledge(&mut self, all: &[Issued]) -> Result<(), FlowError> {
        let due_on = self
            .calendar
            .holidays
            .add_workdays(self.now.today, ACKNOWLEDGE_WORKDAYS);
        for (unit_id, items) in by_unit(all.iter()) {
            let source = Source::Issue(self.plan.id, self.number);
            self.ask(
                source,
                unit_id,
                ObligationKind::Acknowledge,
                due_on,
                &items,
                None,
            )
            .await?;
        }
        Ok(())
    }

    /// One completion report per unit and due day.
    async fn ask_for_completion(&mut self, all: &[Issued]) -> Result<(), FlowError> {
        let mut days: Vec<NaiveDate> = all.iter().filter_map(|one| one.due_on).collect();
        days.sort_unstable();
        days.dedup();
        for due_on in days {
            let due: Vec<&Issued> = all
                .iter()
                .filter(|one| one.due_on == Some(due_on))
                .collect();
            if due_on < self.now.today {
                let tasks: std::collections::BTreeSet<TaskId> =
                    due.iter().map(|one| one.assignment.task_id).collect();
                self.issued.listed.push(format!(
                    "{} 项任务的完成时限 {due_on} 在下发前已过，未生成填报要求",
                    tasks.len()
                ));
                continue;
            }
            for (unit_id, items) in by_unit(due.into_iter()) {
                let source = Source::DueDay(self.plan.id, due_on);
                self.ask(
                    source,
                    unit_id,
                    ObligationKind::Complete,
                    due_on,
                    &items,
                    None,
                )
                .await?;
            }
        }
        Ok(())
    }

    /// The plan's deadlines for sending something up become one-off obligations of the senders.
    async fn ask_to_send_up(&mut self) -> Result<(), FlowError> {
        for deadline in plans::deadlines(self.tx, self.plan.id).await? {
            let Some(due_on) = deadline.due_on else {
                self.issued.listed.push(format!(
                    "报送“{}”没有明确的日期，未生成填报要求",
                    deadline.what
                ));
                continue;
            };
            if due_on < self.now.today {
                self.issued.listed.push(format!(
                    "报送“{}”的期限 {due_on} 在下发前已过，未生成填报要求",
                    deadline.what
                ));
                continue;
            }
            let mut senders: Vec<UnitId> = Vec::new();
            for name in &deadline.from_units {
                match self.directory.resolve(name) {
                    Ok(found) => senders.extend(found.iter().map(|unit| unit.id)),
                    Err(why) => self.issued.listed.push(format!(
                        "报送“{}”的单位“{name}”{}，其余单位照常通知",
                        deadline.what,
                        unmatched_text(&why)
                    )),
                }
            }
            let mut seen = std::collections::HashSet::new();
            senders.retain(|unit| seen.insert(*unit));
            for unit_id in senders {
                let source = Source::Deadline(deadline.id);
                let what = Some(deadline.what.as_str());
                self.ask(source, unit_id, ObligationKind::SendUp, due_on, &[], what)
                    .await?;
            }
        }
        Ok(())
    }

    /// Asks a unit once; a source that has asked it before gets the new items added while it is open.
    async fn ask(
        &mut self,
        source: Source,
        unit_id: UnitId,
        kind: ObligationKind,
        due_on: NaiveDate,
        items: &[Item],
        what: Option<&str>,
    ) -> Result<(), FlowError> {
        let levels = self
            .directory
            .get(unit_id)
            .map(|unit| unit.levels.as_slice())
            .unwrap_or_default();
        let settled = self.calendar.settle_due_day(levels, due_on);
        let obligation = StoredObligation {
            id: ObligationId(new_id()),
            source: source.to_string(),
            unit_id,
            kind,
            plan_id: self.plan.id,
            round_id: None,
            deadline_id: match source {
                Source::Deadline(id) => Some(id),
                Source::Round(_) | Source::Issue(..) | Source::DueDay(..) => None,
            },
            what: what.map(str::to_owned),
            opened_on: self.now.today,
            due_on: settled.due_on,
            first_due_on: settled.due_on,
            due_revision: 0,
            provisional: settled.provisional,
            state: ObligationState::Open,
            opened_at: self.now.at,
        };
        if obligations::insert(self.tx, &source, &obligation, items).await? {
            *self.issued.obligations.entry(kind.as_str()).or_default() += 1;
            self.asked.push(obligation);
        } else if !items.is_empty()
            && let Some(known) = obligations::by_source(self.tx, &source, unit_id).await?
            && known.state == ObligationState::Open
        {
            obligations::add_items(self.tx, known.id, items).await?;
        }
        Ok(())
    }
}

/// Assignments grouped by unit, units in the order of their first assignment.
fn by_unit<'a>(all: impl Iterator<Item = &'a Issued>) -> Vec<(UnitId, Vec<Item>)> {
    let mut order: Vec<(UnitId, Vec<Item>)> = Vec::new();
    let mut index: HashMap<UnitId, usize> = HashMap::new();
    for one in all {
        let unit = one.assignment.unit_id;
        let at = *index.entry(unit).or_insert_with(|| {
            order.push((unit, Vec::new()));
            order.len() - 1
        });
        if let Some((_, items)) = order.get_mut(at) {
            items.push(Item::Assignment(one.assignment.id));
        }
    }
    order
}

fn reason_held(held: &Held) -> String {
    match held {
        Held::NoLead => "没有牵头单位".to_owned(),
        Held::Unmatched(names) => {
            let told: Vec<String> = names
                .iter()
                .map(|(name, why)| format!("“{name}”{}", unmatched_text(why)))
                .collect();
            told.join(";")
        }
    }
}

fn unmatched_text(why: &Unmatched) -> String {
    match why {
        Unmatched::Unknown => "不在单位名单中".to_owned(),
        Unmatched::Ambiguous(codes) => format!("对应多个单位({})", codes.join("、")),
        Unmatched::EmptyGroup => "在单位名单中没有成员".to_owned(),
    }
}
