//! Decisions about a task as a whole: pausing, resuming, withdrawing all its parts in one transaction; and verifying the
//! lead unit's report, which closes the task or is sent back. A lead's report never hides a responsible unit's gap.

use crate::domain::amendment::AmendmentKind;
use crate::domain::assignment_life::{AssignmentEvent, transition};
use crate::domain::extension::may_be_set;
use crate::domain::ids::{AmendmentId, TaskId};
use crate::domain::task_life::{CompletionState, TaskDecision, closing_steps, is_gap};
use crate::domain::unit::UnitDirectory;
use crate::flow::amend_desk::{AmendDesk, no_task};
use crate::flow::amendment_record::{Record, record};
use crate::flow::decide_assignments::Acting;
use crate::flow::held_task::{HeldTask, new_event};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::assignment_life::{NewEvent, Standing, last_answered};
use crate::storage::completions::{self, Gap, StoredCompletion};
use crate::storage::tasks::{StoredTask, TaskState};
use crate::storage::{task_life, tasks};
use chrono::NaiveDate;
use serde_json::json;
use std::collections::HashSet;

/// Units that a refusal names.
const NAMES_TOLD: usize = 10;

/// What is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The decision.
    pub decision: TaskDecision,
    /// Why.
    pub reason: Option<String>,
    /// By when asking goes on, or the lead unit reports again.
    pub due_on: Option<NaiveDate>,
}

/// Decides about a task as a whole; what was written down.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such task or the step does not exist from where it stands, where a reason or
/// day is missing or wrong, or where parts stand in the way of closing it.
pub async fn decide_task(
    ctx: &Ctx,
    decided_by: &str,
    id: TaskId,
    decided: Decided,
) -> Result<AmendmentId, FlowError> {
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let acting = Acting {
        ctx,
        tx: &tx,
        calendar: &calendar,
        now: ctx.now(),
        by: decided_by,
    };
    check_words(&acting, &decided)?;
    let plan_id = tasks::get(&tx, id)
        .await?
        .ok_or_else(|| no_task(id))?
        .plan_id;
    let mut desk = AmendDesk::open(acting, plan_id).await?;
    let held = desk.hold(id).await?;
    desk.refuse_ended(&held.task).await?;
    let what = match decided.decision {
        TaskDecision::Pause | TaskDecision::Resume | TaskDecision::Withdraw => {
            decide_each(&mut desk, &held, &decided).await?
        }
        TaskDecision::Close => close(&mut desk, &held, &decided).await?,
        TaskDecision::Return => give_back(&mut desk, &held, &decided).await?,
    };
    let amendment = record(&acting, what).await?;
    desk.finish(&HashSet::new()).await?;
    tx.commit().await?;
    Ok(amendment)
}

fn check_words(acting: &Acting<'_>, decided: &Decided) -> Result<(), FlowError> {
    let label = decided.decision.label();
    if decided.decision.needs_reason() && decided.reason.is_none() {
        let text = format!("{label}须写明理由");
        return Err(FlowError::refused_field(
            RefusalCode::InvalidValue,
            "reason",
            text,
        ));
    }
    let Some(day) = decided.due_on else {
        return Ok(());
    };
    match decided.decision {
        TaskDecision::Resume | TaskDecision::Return => {
            may_be_set(day, acting.now.today, &acting.calendar.holidays).map_err(|wrong| {
                FlowError::refused_field(RefusalCode::WrongDay, "due_on", wrong.to_string())
            })
        }
        TaskDecision::Pause | TaskDecision::Withdraw | TaskDecision::Close => {
            let text = format!("{label}不改变期限，请去掉");
            Err(FlowError::refused_field(
                RefusalCode::InvalidValue,
                "due_on",
                text,
            ))
        }
    }
}

/// Pauses, resumes or withdraws all parts for which that step exists.
async fn decide_each<'r>(
    desk: &mut AmendDesk<'_>,
    held: &HeldTask,
    decided: &'r Decided,
) -> Result<Record<'r>, FlowError> {
    let reason = decided.reason.as_deref();
    let (kind, parts) = match decided.decision {
        TaskDecision::Withdraw => {
            let reason = reason.unwrap_or_default();
            (AmendmentKind::Withdraw, desk.end(held, reason).await?)
        }
        TaskDecision::Resume => {
            let event = AssignmentEvent::Resume;
            let parts = desk.decide_each(held, event, reason, decided.due_on);
            (AmendmentKind::Resume, parts)
        }
        TaskDecision::Pause | TaskDecision::Close | TaskDecision::Return => {
            let parts = desk.decide_each(held, AssignmentEvent::Pause, reason, None);
            (AmendmentKind::Pause, parts)
        }
    };
    if parts == 0 {
        let text = format!("没有可以{}的分工", decided.decision.label());
        return Err(desk.out_of_order(&held.task, &text).await?);
    }
    Ok(Record {
        after: json!({ "assignments": parts, "due_on": decided.due_on }),
        ..Record::of(&held.task, kind, reason.unwrap_or_default())
    })
}

/// Closes a task whose lead unit has reported it, and which has no gap.
async fn close<'r>(
    desk: &mut AmendDesk<'_>,
    held: &HeldTask,
    decided: &'r Decided,
) -> Result<Record<'r>, FlowError> {
    let acting = desk.acting;
    let one = waiting(desk, &held.task).await?;
    let gaps = gaps(&desk.directory, held.there());
    if !gaps.is_empty() {
        let named: Vec<&str> = gaps
            .iter()
            .take(NAMES_TOLD)
            .map(|gap| gap.unit_name.as_str())
            .collect();
        let more = match gaps.len() > NAMES_TOLD {
            true => "等",
            false => "",
        };
        let text = format!(
            "还有 {} 个单位的分工没有复核通过（{}{more}），不能整体销号",
            gaps.len(),
            named.join("、")
        );
        return Err(FlowError::refused(RefusalCode::OpenParts, text));
    }
    let mut steps: Vec<NewEvent> = Vec::new();
    for standing in held.there() {
        let mut now = *standing;
        for event in closing_steps(standing.state) {
            let after = transition(now.state, event)
                .map_err(|wrong| FlowError::refused(RefusalCode::OutOfOrder, wrong.to_string()))?;
            let why = match event == AssignmentEvent::Withdraw {
                true => "任务已整体销号，不再填报",
                false => "任务整体销号",
            };
            steps.push(new_event(&now, event, after, Some(why)));
            now.state = after;
        }
    }
    let parts = steps.len();
    desk.add_events(steps);
    task_life::set_state(acting.tx, held.task.id, TaskState::Closed).await?;
    let note = decided.reason.clone();
    settle(&acting, one, (CompletionState::Closed, note), Vec::new()).await?;
    Ok(Record {
        before: json!({ "state": TaskState::Issued }),
        after: json!({ "state": TaskState::Closed, "steps": parts }),
        ..Record::of(
            &held.task,
            AmendmentKind::Close,
            decided.reason.as_deref().unwrap_or_default(),
        )
    })
}

/// Sends the lead unit's report back; by a day, where what it reported of its own part is to be reported again as well.
async fn give_back<'r>(
    desk: &mut AmendDesk<'_>,
    held: &HeldTask,
    decided: &'r Decided,
) -> Result<Record<'r>, FlowError> {
    let acting = desk.acting;
    let one = waiting(desk, &held.task).await?;
    let own = held
        .there()
        .find(|standing| standing.unit_id == one.unit_id)
        .copied();
    if let (Some(day), Some(own)) = (decided.due_on, own) {
        let event = returned(&acting, &own, decided.reason.as_deref(), day).await?;
        desk.add_events([event]);
    }
    let gaps = gaps(&desk.directory, held.there());
    let told = json!({ "completion": one.number, "state": CompletionState::Returned, "due_on": decided.due_on });
    settle(
        &acting,
        one,
        (CompletionState::Returned, decided.reason.clone()),
        gaps,
    )
    .await?;
    Ok(Record {
        before: json!({ "state": CompletionState::Reported }),
        after: told,
        ..Record::of(
            &held.task,
            AmendmentKind::GiveBack,
            decided.reason.as_deref().unwrap_or_default(),
        )
    })
}

/// The lead unit's own part, to be reported again.
async fn returned(
    acting: &Acting<'_>,
    own: &Standing,
    reason: Option<&str>,
    day: NaiveDate,
) -> Result<NewEvent, FlowError> {
    let event = AssignmentEvent::Return;
    let refuse = |text: String| FlowError::refused_field(RefusalCode::OutOfOrder, "due_on", text);
    let after = transition(own.state, event)
        .map_err(|wrong| refuse(format!("牵头单位自己的分工：{wrong}，请去掉期限")))?;
    let answered = last_answered(acting.tx, &[own.id]).await?;
    let obligation_id = answered.get(&own.id).copied();
    if obligation_id.is_none() {
        return Err(refuse(
            "牵头单位自己的分工还没有填报过，无可退回，请去掉期限".to_owned(),
        ));
    }
    Ok(NewEvent {
        due_on: Some(day),
        obligation_id,
        ..new_event(own, event, after, reason)
    })
}

/// The lead unit's report, while it waits.
async fn waiting(desk: &AmendDesk<'_>, task: &StoredTask) -> Result<StoredCompletion, FlowError> {
    let last = completions::hold_last(desk.acting.tx, task.id).await?;
    let text = match last {
        Some(one) if one.state == CompletionState::Reported => return Ok(one),
        Some(one) => {
            let by = one.decided_by.as_deref().unwrap_or("系统");
            format!(
                "的整体完成报告{}，由 {by} 处理，不能再作决定",
                one.state.label()
            )
        }
        None => "的牵头单位还没有报告整体完成，无可核实".to_owned(),
    };
    let text = format!("任务 {}“{}”{text}", task.number, task.title);
    Err(FlowError::refused(RefusalCode::OutOfOrder, text))
}

/// Writes what became of a report.
async fn settle(
    acting: &Acting<'_>,
    one: StoredCompletion,
    (state, note): (CompletionState, Option<String>),
    gaps: Vec<Gap>,
) -> Result<(), FlowError> {
    let decided = StoredCompletion {
        state,
        gaps,
        decided_by: Some(acting.by.to_owned()),
        decided_on: Some(acting.now.today),
        decided_at: Some(acting.now.at),
        decision_note: note,
        ..one
    };
    Ok(completions::decide(acting.tx, &decided).await?)
}

/// The parts that stand in the way of closing their task.
pub fn gaps<'s>(
    directory: &UnitDirectory,
    standings: impl IntoIterator<Item = &'s Standing>,
) -> Vec<Gap> {
    let gaps = standings
        .into_iter()
        .filter(|one| is_gap(one.role, one.state));
    let named = gaps.map(|one| Gap {
        unit_id: one.unit_id,
        unit_name: directory
            .get(one.unit_id)
            .map(|unit| unit.name.clone())
            .unwrap_or_default(),
        role: one.role,
        state: one.state,
    });
    named.collect()
}
