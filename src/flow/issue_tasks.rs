//! chosen tasks → assignments and the first obligations. Whole or nothing, across plans: a task that would be held back
//! refuses all.

use crate::domain::ids::{PlanId, TaskId};
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::issue_desk::IssueDesk;
use crate::flow::issue_plan::{CyclesAtIssue, IssuedBy, PlanIssued};
use crate::flow::{Ctx, FlowError, RefusalCode, WrongField};
use crate::storage::tasks::{StoredTask, TaskState};
use crate::storage::{WriteTx, tasks};
use std::collections::{HashMap, HashSet};

/// Tasks to be issued together.
#[derive(Debug, Clone, Copy)]
pub struct TasksToIssue<'a> {
    /// The tasks, in the order of the request, whose places the refusals name.
    pub ids: &'a [TaskId],
    /// The plan that all of them must be of.
    pub of_plan: Option<PlanId>,
    /// Whether first issues switch the cycles of their plans on.
    pub cycles: CyclesAtIssue,
    /// Who wants it.
    pub by: IssuedBy<'a>,
}

/// Issues tasks, all or none of them.
///
/// # Errors
/// [`FlowError::Refused`] where a task is unknown, of another plan, named twice, issued already or would be held back,
/// where a plan is closed, or where a reason is needed.
pub async fn issue_tasks(ctx: &Ctx, wanted: TasksToIssue<'_>) -> Result<PlanIssued, FlowError> {
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let plans = plans_of(&tx, wanted).await?;
    let place = |id: TaskId| wanted.ids.iter().position(|one| *one == id);
    let path = |id: TaskId| format!("task_ids[{}]", place(id).unwrap_or(0));
    let issued = issue_chosen(
        (ctx, &tx, &calendar),
        &plans,
        wanted.cycles,
        wanted.by,
        path,
    )
    .await?;
    tx.commit().await?;
    issued.log();
    Ok(issued)
}

/// Issues tasks of these plans, all or none of them, inside somebody else's transaction; `path` names the place of a task
/// in the request.
///
/// # Errors
/// As [`issue_tasks`].
pub(super) async fn issue_chosen(
    (ctx, tx, calendar): (&Ctx, &WriteTx, &SchoolCalendar),
    plans: &[(PlanId, HashSet<TaskId>)],
    cycles: CyclesAtIssue,
    by: IssuedBy<'_>,
    path: impl Fn(TaskId) -> String,
) -> Result<PlanIssued, FlowError> {
    let mut desk = IssueDesk::open(ctx, tx, calendar).await?;
    for (plan, chosen) in plans {
        desk.issue(*plan, Some(chosen), cycles).await?;
    }
    let held = desk.issued().held;
    if !held.is_empty() {
        let named = held.iter().map(|task| {
            let number = &task.task_number;
            let reason = &task.reason;
            let text = format!("任务 {number}“{}”不能下发：{reason}", task.title);
            WrongField::new(path(task.task_id), text)
        });
        let named = named.collect();
        return Err(FlowError::refused_fields(RefusalCode::TaskHeld, named));
    }
    let wanted: usize = plans.iter().map(|(_, chosen)| chosen.len()).sum();
    if desk.issued().tasks != wanted {
        // Between our looking and our holding the plans somebody else has issued some of them.
        let text = "其中有任务刚刚已由他人下发，本次未作改动，请重新读取后再下发";
        return Err(FlowError::refused(RefusalCode::TaskIssued, text));
    }
    desk.finish(by).await
}

/// The chosen tasks by plan, in the order of the request.
async fn plans_of(
    tx: &WriteTx,
    wanted: TasksToIssue<'_>,
) -> Result<Vec<(PlanId, HashSet<TaskId>)>, FlowError> {
    let known: HashMap<TaskId, StoredTask> = tasks::with_ids(tx, wanted.ids)
        .await?
        .into_iter()
        .map(|task| (task.id, task))
        .collect();
    let mut plans: Vec<(PlanId, HashSet<TaskId>)> = Vec::new();
    let mut wrong: Vec<(RefusalCode, WrongField)> = Vec::new();
    for (at, id) in wanted.ids.iter().enumerate() {
        let mut refuse = |code, text: String| {
            wrong.push((code, WrongField::new(format!("task_ids[{at}]"), text)));
        };
        let task = known.get(id).filter(|task| {
            let of_plan = wanted.of_plan;
            of_plan.is_none_or(|plan| plan == task.plan_id)
        });
        let Some(task) = task else {
            refuse(RefusalCode::InvalidValue, format!("没有编号为 {id} 的任务"));
            continue;
        };
        let stands = match task.state {
            TaskState::Imported | TaskState::Held => None,
            TaskState::Issued => Some("已经下发"),
            TaskState::Closed => Some("已经整体销号"),
            TaskState::Withdrawn => Some("已经撤销"),
        };
        if let Some(stands) = stands {
            let text = format!("任务 {}“{}”{stands}", task.number, task.title);
            refuse(RefusalCode::TaskIssued, text);
            continue;
        }
        let of_plan = match plans.iter_mut().find(|(plan, _)| *plan == task.plan_id) {
            Some((_, of_plan)) => of_plan,
            None => {
                plans.push((task.plan_id, HashSet::new()));
                match plans.last_mut() {
                    Some((_, of_plan)) => of_plan,
                    None => continue,
                }
            }
        };
        if !of_plan.insert(*id) {
            refuse(RefusalCode::InvalidValue, format!("任务 {id} 出现了两次"));
        }
    }
    match wrong.first().map(|(code, _)| *code) {
        None => {
            // Everybody holds plans in this order: nobody waits in a circle.
            plans.sort_unstable_by_key(|(plan, _)| *plan);
            Ok(plans)
        }
        Some(code) => {
            let fields = wrong.into_iter().map(|(_, field)| field).collect();
            Err(FlowError::refused_fields(code, fields))
        }
    }
}
