//! Splitting an issued task 分解: it goes on as several, which are issued at once; its own parts end, and say why.

use crate::domain::amendment::AmendmentKind;
use crate::domain::extension::may_be_set;
use crate::domain::fan_out::Party;
use crate::domain::ids::TaskId;
use crate::domain::role::Role;
use crate::domain::task_life::part_number;
use crate::flow::amend_desk::{AmendDesk, no_task};
use crate::flow::amendment_record::{Record, record, told_parties};
use crate::flow::decide_assignments::Acting;
use crate::flow::held_task::HeldTask;
use crate::flow::issue_plan::PlanIssued;
use crate::flow::task_fields::{TaskChecks, WrongFields, named_parties};
use crate::flow::{Ctx, FlowError, RefusalCode, WrongField};
use crate::storage::task_changes::end_of_plan;
use crate::storage::tasks::{StoredTask, TaskState};
use crate::storage::{new_id, plans, tasks};
use chrono::NaiveDate;
use serde_json::json;
use std::collections::BTreeMap;

/// Letters of the reason that each part of the old task keeps.
const REASON_KEPT: usize = 1_000;

/// One of the tasks that another goes on as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartWanted {
    /// Title.
    pub title: String,
    /// Text; the title where it is empty.
    pub text: String,
    /// Units by role: names, codes or group words.
    pub units: BTreeMap<Role, Vec<String>>,
    /// Due day; that of the whole where none is given.
    pub due_on: Option<NaiveDate>,
}

/// What splitting did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSplit {
    /// The new tasks, in the order of the request.
    pub ids: Vec<TaskId>,
    /// What issuing them did.
    pub issued: PlanIssued,
}

/// Splits an issued task, whole or not at all.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such task or it is not going on, or a part names units that match nothing, or
/// a day that is past or no workday.
pub async fn split_task(
    ctx: &Ctx,
    split_by: &str,
    id: TaskId,
    parts: Vec<PartWanted>,
    reason: &str,
) -> Result<TaskSplit, FlowError> {
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let acting = Acting {
        ctx,
        tx: &tx,
        calendar: &calendar,
        now: ctx.now(),
        by: split_by,
    };
    let plan_id = tasks::get(&tx, id)
        .await?
        .ok_or_else(|| no_task(id))?
        .plan_id;
    let mut desk = AmendDesk::open(acting, plan_id).await?;
    let held = desk.hold(id).await?;
    desk.refuse_ended(&held.task).await?;
    check(&desk, &parts)?;
    let new = write_parts(&desk, &held, parts).await?;
    let ids: Vec<TaskId> = new.iter().map(|(task, _)| task.id).collect();
    let numbers: Vec<&str> = new.iter().map(|(task, _)| task.number.as_str()).collect();
    let why = format!("已分解为 {}：{reason}", numbers.join("、"));
    let why: String = why.chars().take(REASON_KEPT).collect();
    desk.end(&held, &why).await?;
    for (task, parties) in &new {
        let after = json!({
            "split_from": id, "number": task.number, "title": task.title, "text": task.text,
            "due_on": task.due_on, "units": told_parties(parties),
        });
        let what = Record {
            after,
            ..Record::of(task, AmendmentKind::Part, reason)
        };
        record(&acting, what).await?;
    }
    let what = Record {
        before: json!({ "state": TaskState::Issued }),
        after: json!({ "state": TaskState::Withdrawn, "parts": numbers, "part_ids": ids }),
        ..Record::of(&held.task, AmendmentKind::Split, reason)
    };
    record(&acting, what).await?;
    let has_indicators = !plans::indicators_of_tasks(&tx, &[id]).await?.is_empty();
    let mut issued = desk.finish(&ids.iter().copied().collect()).await?;
    refuse_held(&ids, &issued)?;
    if has_indicators {
        issued.listed.push(format!(
            "任务 {} 的指标没有分给各部分，请在指标中写明由谁填报",
            held.task.number
        ));
    }
    tx.commit().await?;
    issued.log();
    Ok(TaskSplit { ids, issued })
}

/// Every field that is wrong is told.
fn check(desk: &AmendDesk<'_>, parts: &[PartWanted]) -> Result<(), FlowError> {
    let acting = &desk.acting;
    let mut wrong = WrongFields::default();
    if parts.is_empty() {
        let text = "请写明分解成哪几部分".to_owned();
        wrong.add(RefusalCode::InvalidValue, "parts".to_owned(), text);
    }
    for (at, part) in parts.iter().enumerate() {
        let path = |field: &str| format!("parts[{at}].{field}");
        if let Some(day) = part.due_on
            && let Err(why) = may_be_set(day, acting.now.today, &acting.calendar.holidays)
        {
            wrong.add(RefusalCode::WrongDay, path("due_on"), why.to_string());
        }
        let mut checks = TaskChecks {
            tx: acting.tx,
            directory: &desk.directory,
            today: acting.now.today,
            path: &path,
            wrong: &mut wrong,
        };
        checks.units(&part.units);
    }
    wrong.refuse()
}

/// Writes the parts behind the tasks of the plan, under the number of the whole.
async fn write_parts(
    desk: &AmendDesk<'_>,
    held: &HeldTask,
    parts: Vec<PartWanted>,
) -> Result<Vec<(StoredTask, Vec<Party>)>, FlowError> {
    let whole = &held.task;
    let mut new = Vec::with_capacity(parts.len());
    for (n, part) in (1..).zip(parts) {
        let parties = named_parties(&desk.directory, &part.units);
        let text = match part.text.is_empty() {
            true => part.title.clone(),
            false => part.text,
        };
        let task = StoredTask {
            id: TaskId(new_id()),
            plan_id: whole.plan_id,
            number: part_number(&whole.number, n),
            section: whole.section.clone(),
            title: part.title,
            text,
            due_on: part.due_on.or(whole.due_on),
            continuous: whole.continuous && part.due_on.is_none(),
            state: TaskState::Imported,
            held_reason: None,
            issued_at: None,
            origin_note: whole.origin_note.clone(),
            template_id: whole.template_id,
            split_from: Some(whole.id),
            first_due_on: None,
            collects: whole.collects,
        };
        new.push((task, parties));
    }
    let tx = desk.acting.tx;
    let end = end_of_plan(tx, whole.plan_id).await?;
    tasks::insert(tx, end.next_position, &new).await?;
    Ok(new)
}

/// What could not be issued refuses all.
fn refuse_held(ids: &[TaskId], issued: &PlanIssued) -> Result<(), FlowError> {
    if issued.held.is_empty() {
        return Ok(());
    }
    let told = issued.held.iter().map(|held| {
        let at = ids
            .iter()
            .position(|id| *id == held.task_id)
            .unwrap_or_default();
        let text = format!("“{}”不能下发：{}", held.title, held.reason);
        WrongField::new(format!("parts[{at}]"), text)
    });
    Err(FlowError::refused_fields(
        RefusalCode::TaskHeld,
        told.collect(),
    ))
}
