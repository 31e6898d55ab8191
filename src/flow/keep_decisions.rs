//! What is decided in a dispatch 议定事项 → a follow-up that is asked for, told at once, chased and answered like everything
//! else; then closed, returned or withdrawn by the office.

use crate::domain::cycle_kind::CycleKind;
use crate::domain::decision::{
    DecisionCourse, DecisionState, DecisionStep, FollowUpDayError, may_be_due,
};

use crate::domain::extension::may_be_set;
use crate::domain::ids::{DecisionId, ObligationId, PlanId, RoundId, TaskId, UnitId};
use crate::domain::local_time::chinese_day;
use crate::domain::obligation::{Moved, MovedBy, ObligationKind, ObligationState, Source};
use crate::domain::resource::Resource;
use crate::domain::school_calendar::SettledDueDay;
use crate::domain::unit::UnitDirectory;
use crate::flow::ask_budget::{Override, justify};
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::refresh_mails::take_out_of_unsent;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::decisions::StoredDecision;
use crate::storage::obligations::StoredObligation;
use crate::storage::{
    WriteTx, cycles, decisions, extensions, new_id, obligations, plans, rounds, tasks, units,
};
use chrono::NaiveDate;
use serde_json::json;

/// Letters of the words that a letter repeats.
const TEXT_SHOWN: usize = 500;

/// A decision to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionWanted {
    /// The dispatch in which it was made.
    pub round_id: RoundId,
    /// What was decided.
    pub text: String,
    /// Code of the unit that follows it up.
    pub unit_code: String,
    /// By when.
    pub due_on: NaiveDate,
    /// The task that it is about.
    pub task_id: Option<TaskId>,
    /// Why the unit is asked although it is asked often, or for the same day.
    pub reason: Option<String>,
}

/// Writes a decision down, and asks its unit to follow it up.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such round, unit or task, the round is no dispatch, the task is of another
/// plan, the day is no workday or over, or a reason is needed.
pub async fn make_decision(
    ctx: &Ctx,
    made_by: &str,
    wanted: DecisionWanted,
) -> Result<DecisionId, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    may_be_due(wanted.due_on, now.today, &calendar.holidays).map_err(wrong_day)?;
    let tx = ctx.write().await?;
    let plan_id = plan_of_dispatch(&tx, wanted.round_id).await?;
    // Decisions of one plan are numbered one after the other.
    plans::hold(&tx, plan_id).await?;
    let directory = UnitDirectory::new(units::all(&tx).await?);
    let unit = directory.by_code(&wanted.unit_code).ok_or_else(|| {
        let text = format!("没有代码为“{}”的单位，请核对代码", wanted.unit_code);
        FlowError::refused_field(RefusalCode::UnknownUnit, "unit_code", text)
    })?;
    if let Some(id) = wanted.task_id {
        let task = tasks::get(&tx, id).await?;
        if task.is_none_or(|task| task.plan_id != plan_id) {
            let text = format!("这个方案没有编号为 {id} 的任务，请核对编号");
            let code = RefusalCode::InvalidValue;
            return Err(FlowError::refused_field(code, "task_id", text));
        }
    }
    let id = DecisionId(new_id());
    let settled = calendar.settle_due_day(&unit.levels, wanted.due_on);
    let asked = follow_up(id, unit.id, plan_id, &wanted.text, settled, now);
    let over = Override {
        what: "议定事项".to_owned(),
        by_hand: true,
        reason: wanted.reason.as_deref(),
        plan_id: Some(plan_id),
        round_id: Some(wanted.round_id),
        same_day: false,
    };
    justify(ctx, &tx, now, std::iter::once(&asked), over).await?;
    let new = StoredDecision {
        id,
        round_id: wanted.round_id,
        number: decisions::next_number(&tx, wanted.round_id).await?,
        text: wanted.text,
        unit_id: unit.id,
        due_on: wanted.due_on,
        task_id: wanted.task_id,
        obligation_id: asked.id,
        course: DecisionCourse::Open,
        made_by: made_by.to_owned(),
        made_on: now.today,
        made_at: now.at,
        ask_reason: wanted.reason,
        decided_by: None,
        decided_on: None,
        decided_at: None,
        decision_note: None,
    };
    obligations::insert(&tx, &Source::Decision(id), &asked, &[]).await?;
    decisions::insert(&tx, &new).await?;
    mail_at_once(ctx, &tx, &calendar, now, &[asked]).await?;
    let target = format!("第 {} 项议定事项", new.number);
    tx.audit(
        AuditEntry::done("make_decision", Resource::Decisions, id.0, target).after(json!({
            "round_id": new.round_id,
            "text": new.text,
            "unit_code": unit.code,
            "due_on": new.due_on,
            "task_id": new.task_id,
            "reason": new.ask_reason,
        })),
    );
    tx.commit().await?;
    Ok(id)
}

/// The obligation that a decision becomes.
fn follow_up(
    id: DecisionId,
    unit_id: UnitId,
    plan_id: PlanId,
    text: &str,
    settled: SettledDueDay,
    now: Now,
) -> StoredObligation {
    StoredObligation {
        id: ObligationId(new_id()),
        source: Source::Decision(id).to_string(),
        unit_id,
        kind: ObligationKind::FollowUp,
        plan_id,
        round_id: None,
        deadline_id: None,
        what: Some(text.chars().take(TEXT_SHOWN).collect()),
        opened_on: now.today,
        due_on: settled.due_on,
        first_due_on: settled.due_on,
        due_revision: 0,
        moved: None,
        provisional: settled.provisional,
        state: ObligationState::Open,
        opened_at: now.at,
    }
}

/// The plan of a dispatch.
async fn plan_of_dispatch(tx: &WriteTx, id: RoundId) -> Result<PlanId, FlowError> {
    let missing = || {
        let text = format!("没有编号为 {id} 的督办");
        FlowError::refused_field(RefusalCode::NotFound, "round_id", text)
    };
    let round = rounds::get(tx, id).await?.ok_or_else(missing)?;
    let cycle = cycles::get(tx, round.cycle_id).await?.ok_or_else(missing)?;
    if cycle.kind != CycleKind::Dispatch {
        let text = "议定事项只能登记在调度中，请给出一次调度的编号";
        let code = RefusalCode::InvalidValue;
        return Err(FlowError::refused_field(code, "round_id", text));
    }
    Ok(cycle.plan_id)
}

fn wrong_day(wrong: FollowUpDayError) -> FlowError {
    FlowError::refused_field(RefusalCode::WrongDay, "due_on", wrong.to_string())
}

/// Finds that a decision was carried out.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such decision, or it has not been answered, or has ended (who and when).
pub async fn close_decision(
    ctx: &Ctx,
    by: &str,
    id: DecisionId,
    note: Option<String>,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let tx = ctx.write().await?;
    let (one, _) = held(&tx, id, DecisionStep::Close).await?;
    let decided = after(one, DecisionCourse::Closed, by, now, note);
    write_down(&tx, &decided, DecisionStep::Close).await?;
    Ok(tx.commit().await?)
}

/// Sends an answer back: the unit answers anew by another day.
///
/// # Errors
/// As [`close_decision`]; or the day is no workday to come.
pub async fn return_decision(
    ctx: &Ctx,
    by: &str,
    id: DecisionId,
    reason: String,
    due_on: NaiveDate,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let (one, asked) = held(&tx, id, DecisionStep::Return).await?;
    may_be_set(due_on, now.today, &calendar.holidays).map_err(|wrong| {
        FlowError::refused_field(RefusalCode::WrongDay, "due_on", wrong.to_string())
    })?;
    let moved = Moved {
        by: MovedBy::Return,
        reason: reason.chars().take(TEXT_SHOWN).collect(),
    };
    let opened = obligations::open_again(&tx, &asked, due_on, &moved).await?;
    let decided = after(one, DecisionCourse::Open, by, now, Some(reason));
    mail_at_once(ctx, &tx, &calendar, now, &[opened]).await?;
    write_down(&tx, &decided, DecisionStep::Return).await?;
    Ok(tx.commit().await?)
}

/// Takes a decision back: it is not asked for any more.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such decision, or it has ended (who and when).
pub async fn withdraw_decision(
    ctx: &Ctx,
    by: &str,
    id: DecisionId,
    reason: String,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let (one, asked) = held(&tx, id, DecisionStep::Withdraw).await?;
    if obligations::settle(&tx, asked.id, ObligationState::Withdrawn, now.at).await? {
        extensions::lapse(&tx, &[asked.id], now.at).await?;
        take_out_of_unsent(ctx, &tx, &calendar, now, &[asked.id], "withdrawn").await?;
    }
    let decided = after(one, DecisionCourse::Withdrawn, by, now, Some(reason));
    write_down(&tx, &decided, DecisionStep::Withdraw).await?;
    Ok(tx.commit().await?)
}

/// The decision and its obligation, held, where the step may be taken.
async fn held(
    tx: &WriteTx,
    id: DecisionId,
    step: DecisionStep,
) -> Result<(StoredDecision, StoredObligation), FlowError> {
    let missing =
        || FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的议定事项"));
    let one = decisions::hold(tx, id).await?.ok_or_else(missing)?;
    let asked = obligations::hold(tx, &[one.obligation_id]).await?.pop();
    let asked = asked.ok_or_else(missing)?;
    let state = DecisionState::of(one.course, asked.state);
    if state.allows(step) {
        return Ok((one, asked));
    }
    let who = match (&one.decided_by, one.decided_on) {
        (Some(by), Some(on)) => {
            format!("；最近一次由 {by} 于 {} 处理", chinese_day(on))
        }
        _ => String::new(),
    };
    let text = format!("这项议定事项{}，不能{}{who}", state.label(), step.label());
    Err(FlowError::refused(RefusalCode::OutOfOrder, text))
}

fn after(
    one: StoredDecision,
    course: DecisionCourse,
    by: &str,
    now: Now,
    note: Option<String>,
) -> StoredDecision {
    StoredDecision {
        course,
        decided_by: Some(by.to_owned()),
        decided_on: Some(now.today),
        decided_at: Some(now.at),
        decision_note: note,
        ..one
    }
}

async fn write_down(
    tx: &WriteTx,
    decided: &StoredDecision,
    step: DecisionStep,
) -> Result<(), FlowError> {
    decisions::decide(tx, decided).await?;
    let target = format!("{}第 {} 项议定事项", step.label(), decided.number);
    tx.audit(
        AuditEntry::done(
            "decide_decisions",
            Resource::Decisions,
            decided.id.0,
            target,
        )
        .after(json!({ "course": decided.course.as_str(), "note": decided.decision_note })),
    );
    Ok(())
}
