//! Changing a task before it is issued: settling units that match nobody, its due day, its words; or taking one away that
//! was made by hand. What is issued stays as it was issued.

use crate::domain::amendment::AmendmentKind;
use crate::domain::fan_out::Party;
use crate::domain::ids::{AttachmentId, TaskId};
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::domain::unit::UnitDirectory;
use crate::flow::amendment_record::{Record, differences, record};
use crate::flow::decide_assignments::Acting;
use crate::flow::issue_desk::refuse_closed;
use crate::flow::manage_users::refuse_stale;
use crate::flow::task_fields::{TaskChecks, WrongFields, named_parties};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::plans::StoredPlan;
use crate::storage::tasks::{StoredTask, TaskState};
use crate::storage::{WriteTx, plans, task_changes, tasks, units};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What is to be changed of a task; what is `None`, or a role that is not there, stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskChange {
    /// Title.
    pub title: Option<String>,
    /// Text.
    pub text: Option<String>,
    /// Who asked for it and where.
    pub origin_note: Option<Option<String>>,
    /// Due day.
    pub due_on: Option<Option<NaiveDate>>,
    /// The file to be filled in.
    pub template_id: Option<Option<AttachmentId>>,
    /// Whether a dispatch also asks the responsible units.
    pub collects: Option<bool>,
    /// All units of these roles: names, codes or group words.
    pub units: BTreeMap<Role, Vec<String>>,
}

impl TaskChange {
    /// Whether it changes nothing of what is fixed when a task is issued.
    fn fits_issued(&self) -> bool {
        let Self {
            title,
            text,
            origin_note,
            due_on,
            template_id,
            collects: _,
            units,
        } = self;
        title.is_none()
            && text.is_none()
            && origin_note.is_none()
            && due_on.is_none()
            && template_id.is_none()
            && units.is_empty()
    }
}

/// Changes a task that is not issued, or whether an issued one collects from below; `seen` is the change number at which the caller last looked.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such task, it has changed since, it is issued, its plan is closed, or a field
/// is wrong.
pub async fn change_task(
    ctx: &Ctx,
    id: TaskId,
    change: TaskChange,
    seen: Option<i64>,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let (before, plan) = held(&tx, id, seen).await?;
    if !change.fits_issued() || before.state != TaskState::Issued {
        refuse_closed(&plan)?;
        refuse_issued(&before)?;
    }
    let directory = UnitDirectory::new(units::all(&tx).await?);
    let mut wrong = WrongFields::default();
    let mut checks = TaskChecks {
        tx: &tx,
        directory: &directory,
        today: now.today,
        path: &str::to_owned,
        wrong: &mut wrong,
    };
    checks.due_on(change.due_on.flatten());
    checks.units(&change.units);
    checks.template(change.template_id.flatten()).await?;
    wrong.refuse()?;
    let named_before = parties(&tx, id).await?;
    let named_after = settled(&directory, &named_before, &change.units);
    // What held it back may be settled now: the next issue tries again.
    let (state, held_reason) = match named_after == named_before {
        true => (before.state, before.held_reason.clone()),
        false => (TaskState::Imported, None),
    };
    let after = StoredTask {
        title: change.title.unwrap_or_else(|| before.title.clone()),
        text: change.text.unwrap_or_else(|| before.text.clone()),
        origin_note: change
            .origin_note
            .unwrap_or_else(|| before.origin_note.clone()),
        due_on: change.due_on.unwrap_or(before.due_on),
        template_id: change.template_id.unwrap_or(before.template_id),
        collects: change.collects.unwrap_or(before.collects),
        state,
        held_reason,
        ..before.clone()
    };
    task_changes::update(&tx, &after).await?;
    if named_after != named_before {
        task_changes::set_parties(&tx, id, &named_after).await?;
    }
    let (was, is) = differences((&before, &named_before), (&after, &named_after));
    if plan.origin == PlanOrigin::Document && !is.is_empty() {
        let acting = Acting {
            ctx,
            tx: &tx,
            calendar: &calendar,
            now,
            by: ctx.actor.name(),
        };
        record_settled(&acting, &after, was, is).await?;
    }
    let target = format!("{} {}", after.number, after.title);
    tx.audit(
        AuditEntry::done("change_task", Resource::Tasks, id.0, target)
            .before(told(&before, &named_before))
            .after(told(&after, &named_after)),
    );
    Ok(tx.commit().await?)
}

/// A document read again tells what people have settled from what it says itself.
async fn record_settled(
    acting: &Acting<'_>,
    after: &StoredTask,
    was: Map<String, Value>,
    is: Map<String, Value>,
) -> Result<(), FlowError> {
    let what = Record {
        before: Value::Object(was),
        after: Value::Object(is),
        ..Record::of(after, AmendmentKind::Settle, "")
    };
    record(acting, what).await?;
    Ok(())
}

/// Takes a task away that was made by hand and is not issued.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such task, it has changed since, it is issued or was read from a document.
pub async fn remove_task(ctx: &Ctx, id: TaskId, seen: Option<i64>) -> Result<(), FlowError> {
    let tx = ctx.write().await?;
    let (task, plan) = held(&tx, id, seen).await?;
    refuse_closed(&plan)?;
    refuse_issued(&task)?;
    if plan.origin == PlanOrigin::Document {
        return Err(FlowError::refused(
            RefusalCode::NotMadeByHand,
            format!(
                "任务 {} 来自方案《{}》的文件，不能删除；只有手工登记的任务可以删除",
                task.number, plan.title
            ),
        ));
    }
    let named = parties(&tx, id).await?;
    task_changes::remove(&tx, id).await?;
    let target = format!("{} {}", task.number, task.title);
    tx.audit(
        AuditEntry::done("remove_task", Resource::Tasks, id.0, target).before(told(&task, &named)),
    );
    Ok(tx.commit().await?)
}

/// A task with its plan, which is kept from those who would issue it meanwhile.
async fn held(
    tx: &WriteTx,
    id: TaskId,
    seen: Option<i64>,
) -> Result<(StoredTask, StoredPlan), FlowError> {
    let missing = || FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的任务"));
    let plan_id = tasks::get(tx, id).await?.ok_or_else(missing)?.plan_id;
    let plan = plans::hold(tx, plan_id).await?.ok_or_else(missing)?;
    let task = tasks::get(tx, id).await?.ok_or_else(missing)?;
    refuse_stale(tx, id.0, seen).await?;
    Ok((task, plan))
}

/// Refuses to change what was fixed when the task was issued.
fn refuse_issued(task: &StoredTask) -> Result<(), FlowError> {
    match task.state {
        TaskState::Imported | TaskState::Held => Ok(()),
        TaskState::Issued | TaskState::Closed | TaskState::Withdrawn => Err(FlowError::refused(
            RefusalCode::TaskIssued,
            format!(
                "任务 {}“{}”已经下发，不能再直接修改；请通过调整任务办理",
                task.number, task.title
            ),
        )),
    }
}

async fn parties(tx: &WriteTx, id: TaskId) -> Result<Vec<Party>, FlowError> {
    let mut named = tasks::parties_of(tx, &[id]).await?;
    Ok(named.remove(&id).unwrap_or_default())
}

/// The parties after a change: those of the roles given are others now.
fn settled(
    directory: &UnitDirectory,
    before: &[Party],
    given: &BTreeMap<Role, Vec<String>>,
) -> Vec<Party> {
    let kept = |role: Role| {
        before
            .iter()
            .filter(move |party| party.role == role)
            .cloned()
    };
    let new = named_parties(directory, given);
    let mut after = Vec::new();
    for role in Role::ALL {
        match given.contains_key(&role) {
            true => after.extend(new.iter().filter(|party| party.role == role).cloned()),
            false => after.extend(kept(role)),
        }
    }
    after
}

fn told(task: &StoredTask, parties: &[Party]) -> Value {
    let named: Vec<_> = parties
        .iter()
        .map(|party| json!({ "role": party.role, "name": party.name }))
        .collect();
    json!({
        "title": task.title,
        "text": task.text,
        "origin_note": task.origin_note,
        "due_on": task.due_on,
        "template_id": task.template_id,
        "collects": task.collects,
        "state": task.state,
        "units": named,
    })
}
