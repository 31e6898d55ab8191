//! tasks made by hand: 领导批示, 会议议定, 一次性报送. They stand in one plan a year and origin (the ledger of that year), so
//! that they are issued, asked for and counted like all others. Whole or nothing, however many are made at once.

use crate::domain::fan_out::Party;
use crate::domain::ids::{AttachmentId, PlanId, TaskId};
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::domain::unit::UnitDirectory;
use crate::flow::issue_desk::refuse_closed;
use crate::flow::issue_plan::{CyclesAtIssue, IssuedBy, PlanIssued};
use crate::flow::issue_tasks::issue_chosen;
use crate::flow::task_fields::{TaskChecks, WrongFields, named_parties};
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::plans::StoredPlan;
use crate::storage::task_changes::end_of_plan;
use crate::storage::tasks::{StoredTask, TaskState};
use crate::storage::{WriteTx, new_id, plans, tasks, units};
use chrono::{Datelike, NaiveDate};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};

/// A task to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// Where it comes from; not [`PlanOrigin::Document`].
    pub origin: PlanOrigin,
    /// The plan in which it stands; else the ledger of the year.
    pub plan_id: Option<PlanId>,
    /// Title.
    pub title: String,
    /// Text; where it is empty the title says all.
    pub text: String,
    /// Who asked for it and where.
    pub origin_note: Option<String>,
    /// Due day.
    pub due_on: Option<NaiveDate>,
    /// Units by role: names, codes or group words.
    pub units: BTreeMap<Role, Vec<String>>,
    /// The file to be filled in.
    pub template_id: Option<AttachmentId>,
    /// Whether a dispatch also asks the responsible units.
    pub collects: bool,
    /// Whether it is issued at once.
    pub issue: bool,
}

/// Where the tasks stand in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestShape {
    /// The request is the one task.
    One,
    /// They are its `items`.
    Items,
}

impl RequestShape {
    /// The path of a field of the task at `at`.
    fn path(self, at: usize, field: &str) -> String {
        match self {
            Self::One => field.to_owned(),
            Self::Items if field.is_empty() => format!("items[{at}]"),
            Self::Items => format!("items[{at}].{field}"),
        }
    }
}

/// What making tasks did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TasksMade {
    /// The new tasks, in the order of the request.
    pub ids: Vec<TaskId>,
    /// What issuing those did that were to be issued at once; `None` where there were none.
    pub issued: Option<PlanIssued>,
}

/// Makes tasks, all or none of them; `reason` is what a person says where issuing stretches a rule.
///
/// # Errors
/// [`FlowError::Refused`] names every field that is wrong: units that match nothing or several, a due day that is past, a
/// template or plan that does not exist; or a closed plan, or that a reason is needed.
pub async fn make_tasks(
    ctx: &Ctx,
    new: &[NewTask],
    shape: RequestShape,
    reason: Option<&str>,
) -> Result<TasksMade, FlowError> {
    let calendar = ctx.calendar().await?;
    let now = ctx.now();
    let tx = ctx.write().await?;
    let directory = UnitDirectory::new(units::all(&tx).await?);
    let mut wrong = WrongFields::default();
    for (at, task) in new.iter().enumerate() {
        let mut checks = TaskChecks {
            tx: &tx,
            directory: &directory,
            today: now.today,
            path: &|field: &str| shape.path(at, field),
            wrong: &mut wrong,
        };
        checks.due_on(task.due_on);
        checks.units(&task.units);
        checks.template(task.template_id).await?;
    }
    let plans = plans_for(&tx, new, shape, now, &mut wrong).await?;
    wrong.refuse()?;
    let mut ids = Vec::with_capacity(new.len());
    let mut wanted: BTreeMap<PlanId, HashSet<TaskId>> = BTreeMap::new();
    let mut by_plan: BTreeMap<PlanId, Vec<(StoredTask, Vec<Party>)>> = BTreeMap::new();
    for (task, plan) in new.iter().zip(&plans) {
        let stored = stored_task(task, plan.id);
        ids.push(stored.id);
        if task.issue {
            wanted.entry(plan.id).or_default().insert(stored.id);
        }
        let parties = named_parties(&directory, &task.units);
        by_plan.entry(plan.id).or_default().push((stored, parties));
    }
    for (plan, tasks) in by_plan {
        write_tasks(&tx, plan, tasks).await?;
    }
    let issued = match wanted.is_empty() {
        true => None,
        false => {
            let wanted: Vec<_> = wanted.into_iter().collect();
            let place = |id: TaskId| ids.iter().position(|one| *one == id).unwrap_or(0);
            let path = |id: TaskId| shape.path(place(id), "");
            let by = IssuedBy::Person(reason);
            let desk = (ctx, &tx, &*calendar);
            Some(issue_chosen(desk, &wanted, CyclesAtIssue::On, by, path).await?)
        }
    };
    tx.commit().await?;
    Ok(TasksMade { ids, issued })
}

/// The plan of each new task, held until the transaction ends.
async fn plans_for(
    tx: &WriteTx,
    new: &[NewTask],
    shape: RequestShape,
    now: Now,
    wrong: &mut WrongFields,
) -> Result<Vec<StoredPlan>, FlowError> {
    let mut known: Vec<(PlanOrigin, Option<PlanId>, StoredPlan)> = Vec::new();
    // Everybody holds plans in this order: nobody waits in a circle.
    let mut asked: Vec<(Option<PlanId>, PlanOrigin)> =
        new.iter().map(|task| (task.plan_id, task.origin)).collect();
    asked.sort_unstable();
    asked.dedup();
    for (plan_id, origin) in asked {
        let plan = match plan_id {
            Some(id) => plans::hold(tx, id).await?,
            None => Some(ledger_of_year(tx, origin, now).await?),
        };
        if let Some(plan) = plan {
            refuse_closed(&plan)?;
            known.push((origin, plan_id, plan));
        }
    }
    let mut plans = Vec::with_capacity(new.len());
    for (at, task) in new.iter().enumerate() {
        let plan = known
            .iter()
            .find(|(origin, id, _)| *origin == task.origin && *id == task.plan_id)
            .map(|(_, _, plan)| plan);
        let text = match plan {
            Some(plan) if plan.origin == task.origin => {
                plans.push(plan.clone());
                continue;
            }
            Some(plan) if plan.origin == PlanOrigin::Document => format!(
                "方案《{}》的任务来自文件，不能手工添加；不填 plan_id 时列入当年台账",
                plan.title
            ),
            Some(plan) => format!("方案《{}》不是这一来源的台账", plan.title),
            None => "没有这个方案，请核对编号".to_owned(),
        };
        wrong.add(RefusalCode::InvalidValue, shape.path(at, "plan_id"), text);
    }
    Ok(plans)
}

/// The plan in which this year's tasks of an origin stand; made where it is the first.
async fn ledger_of_year(
    tx: &WriteTx,
    origin: PlanOrigin,
    now: Now,
) -> Result<StoredPlan, FlowError> {
    let year = now.today.year();
    let Some(title) = origin.title_of_year(year) else {
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "origin",
            "来自文件的任务请通过导入方案登记",
        ));
    };
    let identity = format!("ledger:{}:{year}", origin.as_str());
    let new = StoredPlan {
        id: PlanId(new_id()),
        content_hash: String::new(),
        issued_by: None,
        document_number: None,
        first_year: Some(year),
        source_name: title.clone(),
        problems: json!([]),
        first_phase_starts_on: None,
        last_phase_ends_on: None,
        issue_count: 0,
        imported_at: now.at,
        issued_on: None,
        closed_on: None,
        origin,
        identity: identity.clone(),
        title,
    };
    if plans::insert_new(tx, &new).await? {
        let entry = AuditEntry::done("make_ledger", Resource::Plans, new.id.0, &new.title);
        tx.audit(entry);
        return Ok(new);
    }
    let known = plans::by_identity(tx, &identity).await?;
    let held = match known {
        Some(known) => plans::hold(tx, known.id).await?,
        None => None,
    };
    held.ok_or_else(|| FlowError::Interrupted(format!("台账《{}》刚刚被移除", new.title)))
}

fn stored_task(task: &NewTask, plan_id: PlanId) -> StoredTask {
    let text = match task.text.is_empty() {
        true => task.title.clone(),
        false => task.text.clone(),
    };
    StoredTask {
        id: TaskId(new_id()),
        plan_id,
        number: String::new(),
        section: Vec::new(),
        title: task.title.clone(),
        text,
        due_on: task.due_on,
        continuous: false,
        state: TaskState::Imported,
        held_reason: None,
        issued_at: None,
        origin_note: task.origin_note.clone(),
        template_id: task.template_id,
        split_from: None,
        first_due_on: None,
        collects: task.collects,
    }
}

/// Numbers tasks and writes them behind those of their plan.
async fn write_tasks(
    tx: &WriteTx,
    plan: PlanId,
    mut tasks: Vec<(StoredTask, Vec<Party>)>,
) -> Result<(), FlowError> {
    let end = end_of_plan(tx, plan).await?;
    for (number, (task, _)) in (end.next_number..).zip(&mut tasks) {
        task.number = number.to_string();
    }
    tasks::insert(tx, end.next_position, &tasks).await?;
    for (task, parties) in &tasks {
        let named: Vec<_> = parties
            .iter()
            .map(|party| json!({ "role": party.role, "name": party.name }))
            .collect();
        let target = format!("{} {}", task.number, task.title);
        let entry = AuditEntry::done("make_task", Resource::Tasks, task.id.0, target);
        tx.audit(entry.after(json!({
            "plan_id": task.plan_id,
            "title": task.title,
            "text": task.text,
            "origin_note": task.origin_note,
            "due_on": task.due_on,
            "template_id": task.template_id,
            "collects": task.collects,
            "units": named,
        })));
    }
    Ok(())
}
