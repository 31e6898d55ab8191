//! tasks of one plan → assignments and the first obligations, inside somebody else's transaction. Whole or not at all per
//! task (design §5.8, §6).

use crate::domain::fan_out::{Held, fan_out};
use crate::domain::ids::{ObligationId, TaskId, UnitId};
use crate::domain::obligation::{ACKNOWLEDGE_WORKDAYS, ObligationKind, ObligationState, Source};
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::unit::{UnitDirectory, Unmatched};
use crate::flow::issue_plan::{HeldTask, PlanIssued};
use crate::flow::tell_webhooks::tell_issued;
use crate::flow::{FlowError, Now};
use crate::storage::obligations::{Item, StoredObligation};
use crate::storage::plans::StoredPlan;
use crate::storage::tasks::{StoredAssignment, StoredTask, TaskState};
use crate::storage::{WriteTx, new_id, obligations, plans, tasks};
use chrono::NaiveDate;
use std::collections::{HashMap, HashSet};

/// An assignment with what issuing needs of its task.
pub(super) struct Issued {
    pub(super) assignment: StoredAssignment,
    pub(super) due_on: Option<NaiveDate>,
}

/// Issuing tasks of one plan.
pub(super) struct PlanIssue<'a> {
    pub(super) tx: &'a WriteTx,
    pub(super) calendar: &'a SchoolCalendar,
    pub(super) now: Now,
    pub(super) directory: &'a UnitDirectory,
    pub(super) plan: StoredPlan,
    /// The how-manieth issue this is.
    pub(super) number: i32,
    pub(super) issued: PlanIssued,
    /// Obligations that were made.
    pub(super) asked: Vec<StoredObligation>,
    /// Whether a task is due on the day it is issued.
    pub(super) due_today: bool,
    /// Assignments of tasks issued before, to units that join them now.
    pub(super) joined: Vec<Issued>,
    /// Whether there is something to be sent up that was not asked for before, also where nothing is issued.
    pub(super) asks_to_send_up: bool,
}

impl PlanIssue<'_> {
    /// Issues those of the wanted tasks that nothing holds back, and asks their units and those that have joined.
    pub(super) async fn issue(
        &mut self,
        wanted: Option<&HashSet<TaskId>>,
    ) -> Result<(), FlowError> {
        let mut assignments = self.issue_tasks(wanted).await?;
        let issues = !assignments.is_empty();
        assignments.append(&mut self.joined);
        let asks_to_send_up = issues || self.asks_to_send_up;
        if assignments.is_empty() && !asks_to_send_up {
            return Ok(());
        }
        self.ask_to_acknowledge(&assignments).await?;
        self.ask_for_completion(&assignments).await?;
        if asks_to_send_up {
            self.ask_to_send_up().await?;
        }
        plans::record_issue(
            self.tx,
            &self.plan,
            self.number,
            self.now.at,
            self.now.today,
        )
        .await?;
        Ok(())
    }

    /// Freezes the fan-out of every wanted task that nothing holds back.
    async fn issue_tasks(
        &mut self,
        wanted: Option<&HashSet<TaskId>>,
    ) -> Result<Vec<Issued>, FlowError> {
        let parties = tasks::parties(self.tx, self.plan.id).await?;
        let mut all = Vec::new();
        let mut told = Vec::new();
        for task in tasks::of_plan(self.tx, self.plan.id).await? {
            let is_wanted = wanted.is_none_or(|wanted| wanted.contains(&task.id));
            let is_new = match task.state {
                TaskState::Imported | TaskState::Held => true,
                TaskState::Issued | TaskState::Closed | TaskState::Withdrawn => false,
            };
            if !is_new || !is_wanted {
                continue;
            }
            let named = parties.get(&task.id).map(Vec::as_slice).unwrap_or_default();
            match fan_out(named, self.directory) {
                Ok(shares) => {
                    let made =
                        tasks::insert_assignments(self.tx, task.id, &shares, self.now.at).await?;
                    tasks::mark_issued(self.tx, task.id, self.now.at).await?;
                    self.issued.tasks += 1;
                    self.issued.assignments += made.len();
                    self.due_today |= task.due_on == Some(self.now.today);
                    all.extend(made.into_iter().map(|assignment| Issued {
                        assignment,
                        due_on: task.due_on,
                    }));
                    told.push((task, shares.len()));
                }
                Err(held) => self.hold(task, &held).await?,
            }
        }
        tell_issued(self.tx, self.now, &self.plan, &told).await?;
        Ok(all)
    }

    async fn hold(&mut self, task: StoredTask, held: &Held) -> Result<(), FlowError> {
        let reason = reason_held(held);
        tasks::mark_held(self.tx, task.id, &reason).await?;
        self.issued.held.push(HeldTask {
            task_id: task.id,
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
            let mut seen = HashSet::new();
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
        let mut obligation = StoredObligation {
            id: ObligationId(new_id()),
            source: source.to_string(),
            unit_id,
            kind,
            plan_id: self.plan.id,
            round_id: None,
            deadline_id: match source {
                Source::Deadline(id) => Some(id),
                Source::Round(_)
                | Source::Decision(_)
                | Source::Issue(..)
                | Source::DueDay(..)
                | Source::DueDayAgain(..)
                | Source::Finding(_)
                | Source::Notice(_) => None,
            },
            what: what.map(str::to_owned),
            opened_on: self.now.today,
            due_on: settled.due_on,
            first_due_on: settled.due_on,
            due_revision: 0,
            moved: None,
            provisional: settled.provisional,
            state: ObligationState::Open,
            opened_at: self.now.at,
        };
        if obligations::insert(self.tx, &source, &obligation, items).await? {
            self.has_asked(obligation);
            return Ok(());
        }
        if items.is_empty() {
            return Ok(());
        }
        match obligations::by_source(self.tx, &source, unit_id).await? {
            // By another day than it asks for now, nothing is added.
            Some(known)
                if known.state == ObligationState::Open && known.due_on == obligation.due_on =>
            {
                self.add_items(known.id, items).await?;
            }
            // What it has answered says nothing of the new items.
            Some(_) => {
                let again = Source::DueDayAgain(self.plan.id, due_on, self.number);
                obligation.source = again.to_string();
                if obligations::insert(self.tx, &again, &obligation, items).await? {
                    self.has_asked(obligation);
                }
            }
            None => {}
        }
        Ok(())
    }

    /// Adds those items that an obligation does not ask about yet: a unit that was taken out of a task may be back.
    async fn add_items(&self, id: ObligationId, items: &[Item]) -> Result<(), FlowError> {
        let asked = obligations::assignments_asked(self.tx, &[id]).await?;
        let asked: HashSet<_> = asked.into_iter().map(|(_, item)| item).collect();
        let is_new = |item: &&Item| match item {
            Item::Assignment(id) => !asked.contains(id),
            Item::Indicator(_) => true,
        };
        let new: Vec<Item> = items.iter().filter(is_new).copied().collect();
        if !new.is_empty() {
            obligations::add_items(self.tx, id, &new).await?;
        }
        Ok(())
    }

    fn has_asked(&mut self, obligation: StoredObligation) {
        let kind = obligation.kind.as_str();
        *self.issued.obligations.entry(kind).or_default() += 1;
        self.asked.push(obligation);
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

pub(super) fn reason_held(held: &Held) -> String {
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

pub(super) fn unmatched_text(why: &Unmatched) -> String {
    match why {
        Unmatched::Unknown => "不在单位名单中".to_owned(),
        Unmatched::Ambiguous(codes) => format!("对应多个单位({})", codes.join("、")),
        Unmatched::EmptyGroup => "在单位名单中没有成员".to_owned(),
    }
}
