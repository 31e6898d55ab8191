//! Where issued tasks of one plan are amended, several in one transaction: words and days, units that join, leave or have
//! another part. What all of them share comes at the end: withdrawals, asks, moved days, one mail per contact.

use crate::domain::amendment::{AmendmentKind, Shift};
use crate::domain::assignment_life::{AssignmentEvent, transition};
use crate::domain::fan_out::{Party, Share as NewShare};
use crate::domain::ids::{AmendmentId, PlanId, TaskId, UnitId};
use crate::domain::local_time::chinese_day;
use crate::domain::role::Role;
use crate::domain::task_life::CompletionState;
use crate::domain::unit::UnitDirectory;
use crate::flow::amendment_record::{Record, differences, record};
use crate::flow::decide_assignments::{Acting, Place, carry_out};
use crate::flow::held_task::{HeldTask, new_event};
use crate::flow::issue_asks::{Issued, PlanIssue};
use crate::flow::issue_desk::refuse_closed;
use crate::flow::issue_plan::PlanIssued;
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::move_due_day::{DayMove, DayMover};
use crate::flow::{FlowError, RefusalCode};
use crate::storage::assignment_life::{NewEvent, Standing};
use crate::storage::completions::{self, StoredCompletion};
use crate::storage::plans::StoredPlan;
use crate::storage::task_life::Share;
use crate::storage::tasks::{StoredAssignment, StoredTask, TaskState};
use crate::storage::{amendments, plans, task_changes, task_life, tasks, units};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// The desk.
pub(super) struct AmendDesk<'a> {
    pub(super) acting: Acting<'a>,
    pub(super) directory: UnitDirectory,
    /// The plan, kept from others until the transaction ends.
    pub(super) plan: StoredPlan,
    /// The amendment of the plan that everything here is a part of.
    pub(super) revision_id: Option<AmendmentId>,
    /// Whether the plan has deadlines for sending up that nobody was asked for.
    pub(super) asks_to_send_up: bool,
    events: Vec<NewEvent>,
    joined: Vec<Issued>,
    moves: Vec<DayMove>,
}

/// What a task is to become.
pub(super) struct Target {
    pub(super) task: StoredTask,
    pub(super) parties: Vec<Party>,
    pub(super) shifts: Vec<Shift>,
    /// The parties as an amended document names them, where these are kept beside what became of them.
    pub(super) read_units: Option<Value>,
}

impl<'a> AmendDesk<'a> {
    /// Opens it.
    ///
    /// # Errors
    /// [`FlowError::Refused`] where there is no such plan, or it is closed.
    pub(super) async fn open(acting: Acting<'a>, plan_id: PlanId) -> Result<Self, FlowError> {
        let plan = plans::hold(acting.tx, plan_id).await?.ok_or_else(|| {
            let text = format!("没有编号为 {plan_id} 的方案");
            FlowError::refused(RefusalCode::NotFound, text)
        })?;
        refuse_closed(&plan)?;
        Ok(Self {
            acting,
            directory: UnitDirectory::new(units::all(acting.tx).await?),
            plan,
            revision_id: None,
            asks_to_send_up: false,
            events: Vec::new(),
            joined: Vec::new(),
            moves: Vec::new(),
        })
    }

    /// A task of the plan, held.
    ///
    /// # Errors
    /// [`FlowError::Refused`] where it is gone.
    pub(super) async fn hold(&self, id: TaskId) -> Result<HeldTask, FlowError> {
        let tx = self.acting.tx;
        let task = tasks::get(tx, id).await?.ok_or_else(|| no_task(id))?;
        let parties = tasks::parties_of(tx, &[id]).await?.remove(&id);
        Ok(HeldTask {
            task,
            parties: parties.unwrap_or_default(),
            shares: task_life::hold_shares(tx, id).await?,
        })
    }

    /// Amends an issued task; what is asked of whom waits for [`Self::finish`].
    ///
    /// # Errors
    /// [`FlowError::Refused`] where a unit's part is closed, or nobody would lead.
    pub(super) async fn amend(
        &mut self,
        held: &HeldTask,
        target: Target,
        reason: &str,
    ) -> Result<AmendmentId, FlowError> {
        let tx = self.acting.tx;
        let before = &held.task;
        let mut after = target.task;
        if after.due_on != before.due_on && before.first_due_on.is_none() {
            after.first_due_on = before.due_on;
        }
        let (mut was, mut is) = differences((before, &held.parties), (&after, &target.parties));
        if let Some(read_units) = target.read_units.filter(|_| is.contains_key("units")) {
            is.insert("read_units".to_owned(), read_units);
        }
        let leaving: HashSet<UnitId> = self.shift(held, &after, &target.shifts, reason).await?;
        let told = |shift: &Shift| self.told(held, shift);
        let moved: Vec<Value> = target.shifts.iter().map(told).collect();
        if !moved.is_empty() {
            was.insert("parts".to_owned(), json!([]));
            is.insert("parts".to_owned(), Value::Array(moved));
        }
        task_changes::update(tx, &after).await?;
        if held.parties != target.parties {
            task_changes::set_parties(tx, after.id, &target.parties).await?;
        }
        if after.due_on != before.due_on {
            let stays = |share: &&Share| !leaving.contains(&share.standing.unit_id);
            self.moves.push(DayMove {
                shares: held.shares.iter().filter(stays).copied().collect(),
                due_on: after.due_on,
                reason: reason.to_owned(),
            });
        }
        record(
            &self.acting,
            Record {
                revision_id: self.revision_id,
                before: Value::Object(was),
                after: Value::Object(is),
                ..Record::of(&after, AmendmentKind::Amend, reason)
            },
        )
        .await
    }

    /// What becomes of a unit, to be read later.
    fn told(&self, held: &HeldTask, shift: &Shift) -> Value {
        let (what, unit_id, role) = match shift {
            Shift::Joins { unit_id, role } => ("joins", *unit_id, Some(*role)),
            Shift::Leaves { unit_id } => ("leaves", *unit_id, held.roles().get(unit_id).copied()),
            Shift::Changes { unit_id, role } => ("changes", *unit_id, Some(*role)),
        };
        let unit = self.directory.get(unit_id);
        json!({
            "what": what,
            "unit_id": unit_id,
            "unit_code": unit.map(|unit| unit.code.as_str()),
            "unit_name": unit.map(|unit| unit.name.as_str()),
            "role": role,
        })
    }

    /// Lets units join, leave and have other parts; those whose old part no day concerns any more.
    async fn shift(
        &mut self,
        held: &HeldTask,
        after: &StoredTask,
        shifts: &[Shift],
        reason: &str,
    ) -> Result<HashSet<UnitId>, FlowError> {
        let tx = self.acting.tx;
        let mut places: HashMap<Role, i32> = HashMap::new();
        for share in &held.shares {
            let next = places.entry(share.standing.role).or_default();
            *next = (share.position.saturating_add(1)).max(*next);
        }
        let mut place = |role: Role| {
            let next = places.entry(role).or_default();
            *next = next.saturating_add(1);
            next.saturating_sub(1)
        };
        let share_of = |unit: UnitId| {
            let mut all = held.shares.iter();
            all.find(|share| share.standing.unit_id == unit)
        };
        let mut leaving = HashSet::new();
        for shift in shifts {
            match *shift {
                Shift::Leaves { unit_id } => {
                    if let Some(share) = share_of(unit_id) {
                        let event =
                            self.event(&share.standing, AssignmentEvent::Withdraw, reason)?;
                        self.events.push(event);
                        leaving.insert(unit_id);
                    }
                }
                Shift::Changes { unit_id, role } => {
                    if let Some(share) = share_of(unit_id) {
                        task_life::change_role(tx, share.standing.id, role, place(role)).await?;
                    }
                }
                Shift::Joins { unit_id, role } => {
                    let position = place(role);
                    let assignment = match share_of(unit_id) {
                        Some(share) => {
                            let standing = share.standing;
                            let event = self.event(&standing, AssignmentEvent::Rejoin, reason)?;
                            self.events.push(event);
                            task_life::follow_task(tx, &[standing.id]).await?;
                            task_life::change_role(tx, standing.id, role, position).await?;
                            leaving.insert(unit_id);
                            StoredAssignment {
                                id: standing.id,
                                task_id: after.id,
                                unit_id,
                                role,
                                position,
                            }
                        }
                        None => self.join(after.id, unit_id, role, position).await?,
                    };
                    self.joined.push(Issued {
                        assignment,
                        due_on: after.due_on,
                    });
                }
            }
        }
        Ok(leaving)
    }

    async fn join(
        &self,
        task: TaskId,
        unit_id: UnitId,
        role: Role,
        position: i32,
    ) -> Result<StoredAssignment, FlowError> {
        let share = NewShare {
            unit_id,
            role,
            position: usize::try_from(position).unwrap_or_default(),
        };
        let (tx, now) = (self.acting.tx, self.acting.now);
        let made = tasks::insert_assignments(tx, task, &[share], now.at).await?;
        made.into_iter()
            .next()
            .ok_or_else(|| FlowError::Interrupted("新的分工没有写成".to_owned()))
    }

    /// Ends all parts of a task that have not ended, and the task; how many parts.
    ///
    /// # Errors
    /// [`FlowError::Storage`].
    pub(super) async fn end(&mut self, held: &HeldTask, reason: &str) -> Result<usize, FlowError> {
        let ended = self.decide_each(held, AssignmentEvent::Withdraw, Some(reason), None);
        completions_lapse(&self.acting, held.task.id).await?;
        task_life::set_state(self.acting.tx, held.task.id, TaskState::Withdrawn).await?;
        Ok(ended)
    }

    /// Decides alike about every part of a task for which the step exists; how many there are.
    pub(super) fn decide_each(
        &mut self,
        held: &HeldTask,
        event: AssignmentEvent,
        reason: Option<&str>,
        due_on: Option<NaiveDate>,
    ) -> usize {
        let mut count = 0;
        for standing in held.there() {
            let Ok(after) = transition(standing.state, event) else {
                continue;
            };
            self.events.push(NewEvent {
                due_on,
                ..new_event(standing, event, after, reason)
            });
            count += 1;
        }
        count
    }

    /// Adds steps that were checked.
    pub(super) fn add_events(&mut self, events: impl IntoIterator<Item = NewEvent>) {
        self.events.extend(events);
    }

    /// The step of one part.
    fn event(
        &self,
        standing: &Standing,
        event: AssignmentEvent,
        reason: &str,
    ) -> Result<NewEvent, FlowError> {
        let after = transition(standing.state, event).map_err(|wrong| {
            let unit = self.directory.get(standing.unit_id);
            let unit = unit.map(|unit| unit.name.as_str()).unwrap_or_default();
            FlowError::refused(RefusalCode::OutOfOrder, format!("“{unit}”{wrong}"))
        })?;
        Ok(new_event(standing, event, after, Some(reason)))
    }

    /// Sees to what all tasks share, and issues those of `new` that nothing holds back.
    ///
    /// # Errors
    /// [`FlowError`].
    pub(super) async fn finish(mut self, new: &HashSet<TaskId>) -> Result<PlanIssued, FlowError> {
        let Acting {
            ctx,
            tx,
            calendar,
            now,
            ..
        } = self.acting;
        let asked_again = carry_out(&self.acting, &mut self.events, |_| Place::Whole).await?;
        let number = self.plan.issue_count + 1;
        let mut issue = PlanIssue {
            tx,
            calendar,
            now,
            directory: &self.directory,
            number,
            plan: self.plan.clone(),
            issued: PlanIssued::default(),
            asked: Vec::new(),
            due_today: false,
            joined: std::mem::take(&mut self.joined),
            asks_to_send_up: self.asks_to_send_up,
        };
        let joins = !issue.joined.is_empty() || self.asks_to_send_up;
        issue.issue(Some(new)).await?;
        let PlanIssue {
            mut issued, asked, ..
        } = issue;
        let mut mover = DayMover {
            acting: self.acting,
            directory: &self.directory,
            plan_id: self.plan.id,
            number,
            asked: asked_again.into_iter().chain(asked).collect(),
            made: 0,
        };
        for day in &self.moves {
            if day.due_on.is_some_and(|day| day < now.today) {
                issued
                    .listed
                    .push("调整后的完成时限已过，未生成填报要求".to_owned());
            }
            mover.carry_out(day).await?;
        }
        if mover.made > 0 && !joins && issued.tasks == 0 {
            plans::record_issue(tx, &self.plan, number, now.at, now.today).await?;
        }
        issued.mails = mail_at_once(ctx, tx, calendar, now, &mover.asked).await?;
        Ok(issued)
    }

    /// The refusal of something that does not fit where a task stands; whoever was quicker is named.
    ///
    /// # Errors
    /// [`FlowError::Storage`].
    pub(super) async fn out_of_order(
        &self,
        task: &StoredTask,
        text: &str,
    ) -> Result<FlowError, FlowError> {
        let last = amendments::last_of_task(self.acting.tx, task.id).await?;
        let who = last.map_or_else(String::new, |last| {
            let on = chinese_day(last.amended_on);
            format!(
                "；最近一次由 {} 于 {on} {}",
                last.amended_by,
                last.kind.label()
            )
        });
        let text = format!("任务 {}“{}”{text}{who}", task.number, task.title);
        Ok(FlowError::refused(RefusalCode::OutOfOrder, text))
    }

    /// Refuses a task that is not issued, or has ended as a whole.
    ///
    /// # Errors
    /// [`FlowError::Refused`].
    pub(super) async fn refuse_ended(&self, task: &StoredTask) -> Result<(), FlowError> {
        let text = match task.state {
            TaskState::Issued => return Ok(()),
            TaskState::Imported | TaskState::Held => "尚未下发，请直接修改任务",
            TaskState::Closed => "已经整体销号，请先重新办理有关分工",
            TaskState::Withdrawn => "已经撤销，不能再办理",
        };
        Err(self.out_of_order(task, text).await?)
    }
}

/// A lead unit's report that waits when its task ends otherwise lapses.
async fn completions_lapse(acting: &Acting<'_>, task: TaskId) -> Result<(), FlowError> {
    let waits = completions::hold_last(acting.tx, task).await?;
    if let Some(one) = waits.filter(|one| one.state == CompletionState::Reported) {
        let lapsed = StoredCompletion {
            state: CompletionState::Lapsed,
            decided_on: Some(acting.now.today),
            decided_at: Some(acting.now.at),
            ..one
        };
        completions::decide(acting.tx, &lapsed).await?;
    }
    Ok(())
}

/// The refusal of a task that does not exist.
pub(super) fn no_task(id: TaskId) -> FlowError {
    FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的任务"))
}
