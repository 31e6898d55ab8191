//! A notice that a person raises: about a request that a unit has not answered, or about its part in a task.

use crate::domain::ids::{NoticeId, ObligationId, PlanId, TaskId, UnitId};
use crate::domain::notice::{NoticeEvent, NoticeOrigin, NoticeState, Rung};
use crate::domain::notice_ladder::matter_of_task;
use crate::domain::obligation::{ObligationKind, ObligationState};
use crate::flow::notice_facts::{FactDesk, Subject};
use crate::flow::notice_matters::{current_episode, matter_key};
use crate::flow::notice_steps::{Words, called, step};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::notices::StoredNotice;
use crate::storage::obligations::StoredObligation;
use crate::storage::{new_id, notices, obligations, tasks};

/// A notice that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeWanted {
    /// What it is about.
    pub about: WantedAbout,
    /// Its rung.
    pub rung: Rung,
    /// Why it is raised.
    pub reason: String,
    /// What the unit is to do; as usual where nothing is said.
    pub demand: Option<String>,
    /// Workdays from issue to answer; as usual where nothing is said.
    pub answer_workdays: Option<i32>,
}

/// What a notice that is wanted is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedAbout {
    /// A request.
    Ask(ObligationId),
    /// The part of the unit with this code in a task.
    Part(TaskId, String),
}

/// What it is about, found.
struct Found {
    matter: String,
    unit_id: UnitId,
    plan_id: PlanId,
    task_id: Option<TaskId>,
    asks: Vec<StoredObligation>,
}

/// Drafts it.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such request or task, the request is settled or asks for something that no notice
/// is about, the unit has no part in the task, or the matter has a notice that is under way.
pub async fn raise_notice_by_hand(
    ctx: &Ctx,
    by: &str,
    wanted: NoticeWanted,
) -> Result<NoticeId, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let found = find(ctx, &wanted.about).await?;
    let asks: Vec<ObligationId> = found.asks.iter().map(|one| one.id).collect();
    let part = found.task_id.map(|task| (task, found.unit_id));
    let parts: Vec<_> = part.into_iter().collect();
    let desk = FactDesk::open(ctx, &calendar, now, &asks, &parts).await?;
    let tx = ctx.write().await?;
    let held = obligations::hold(&tx, &asks).await?;
    if let Some(wrong) = held.iter().find_map(settled) {
        return Err(wrong);
    }
    let known = notices::of_matters(&tx, std::slice::from_ref(&found.matter)).await?;
    let (episode, before) = place(known, wanted.rung)?;
    let subject = Subject {
        unit_id: found.unit_id,
        plan_id: found.plan_id,
        task_id: found.task_id,
        asks: &held,
        earlier: before.as_ref(),
    };
    let facts = desk.gather(&tx, subject).await?;
    let usual = ctx.settings.notices.of(wanted.rung).answer_workdays;
    let new = StoredNotice {
        id: NoticeId(new_id()),
        matter: found.matter,
        episode,
        rung: wanted.rung,
        origin: NoticeOrigin::Hand,
        state: NoticeState::Drafted,
        unit_id: found.unit_id,
        plan_id: found.plan_id,
        task_id: found.task_id,
        obligation_id: None,
        earlier_id: before.map(|one| one.id),
        attachment_id: None,
        number: None,
        demand: wanted
            .demand
            .unwrap_or_else(|| wanted.rung.usual_demand().to_owned()),
        reason: wanted.reason.clone(),
        answer_workdays: wanted.answer_workdays.unwrap_or(usual),
        facts,
        raised_on: now.today,
        issued_on: None,
        objection: None,
        cleared_on: None,
    };
    if !notices::insert(&tx, &new, &asks).await? {
        return Err(FlowError::refused(
            RefusalCode::Taken,
            "该事项刚刚已由他人提出督办单，请刷新后再看",
        ));
    }
    let id = new.id;
    let words = Words::note(wanted.reason);
    step(&tx, new, NoticeEvent::Raise, (by, now), words).await?;
    tx.commit().await?;
    Ok(id)
}

async fn find(ctx: &Ctx, about: &WantedAbout) -> Result<Found, FlowError> {
    match about {
        WantedAbout::Ask(id) => {
            let one = obligations::with_ids(&ctx.db, &[*id]).await?.pop();
            let one = one.ok_or_else(|| {
                let text = format!("没有编号为 {id} 的应报事项");
                FlowError::refused_field(RefusalCode::NotFound, "obligation_id", text)
            })?;
            if one.kind == ObligationKind::Notice {
                let text = "督办单的答复不能再发督办单；请按原事项升级";
                return Err(FlowError::refused_field(
                    RefusalCode::InvalidValue,
                    "obligation_id",
                    text,
                ));
            }
            Ok(Found {
                matter: matter_key(&one),
                unit_id: one.unit_id,
                plan_id: one.plan_id,
                task_id: None,
                asks: vec![one],
            })
        }
        WantedAbout::Part(id, code) => {
            let task = tasks::get(&ctx.db, *id).await?.ok_or_else(|| {
                let text = format!("没有编号为 {id} 的任务");
                FlowError::refused_field(RefusalCode::NotFound, "task_id", text)
            })?;
            let directory = ctx.units().await?;
            let unit = directory.by_code(code).ok_or_else(|| {
                let text = format!("没有编码为“{code}”的单位，请核对编码");
                FlowError::refused_field(RefusalCode::UnknownUnit, "unit_code", text)
            })?;
            let assignments = tasks::assignments(&ctx.db, task.plan_id).await?;
            let has_part = assignments
                .iter()
                .any(|one| one.task_id == task.id && one.unit_id == unit.id);
            if !has_part {
                let text = format!("“{}”在该任务中没有正在办理的分工", unit.name);
                return Err(FlowError::refused_field(
                    RefusalCode::InvalidValue,
                    "unit_code",
                    text,
                ));
            }
            Ok(Found {
                matter: matter_of_task(task.id, unit.id),
                unit_id: unit.id,
                plan_id: task.plan_id,
                task_id: Some(task.id),
                asks: Vec::new(),
            })
        }
    }
}

/// The refusal of a request that is settled.
fn settled(one: &StoredObligation) -> Option<FlowError> {
    match one.state {
        ObligationState::Open | ObligationState::Unanswered => None,
        ObligationState::Answered | ObligationState::Withdrawn => Some(FlowError::refused_field(
            RefusalCode::ObligationSettled,
            "obligation_id",
            "该应报事项已经填报或撤回，不需要发督办单",
        )),
    }
}

/// Where a new notice stands among those of its matter 一事一单: a red one may follow an unanswered yellow one; otherwise the
/// one before has to be settled first.
fn place(known: Vec<StoredNotice>, rung: Rung) -> Result<(i32, Option<StoredNotice>), FlowError> {
    let newest = known.iter().map(|one| one.episode).max().unwrap_or(0);
    let (episode, current) = current_episode(known);
    let live = current.iter().find(|one| one.state.is_live());
    match live {
        Some(yellow)
            if rung == Rung::Red
                && yellow.rung == Rung::Yellow
                && yellow.state == NoticeState::Issued =>
        {
            let is_taken = current.iter().any(|one| one.rung == Rung::Red);
            let yellow = yellow.clone();
            match is_taken {
                true => Ok((newest + 1, Some(yellow))),
                false => Ok((episode, Some(yellow))),
            }
        }
        Some(live) => Err(FlowError::refused(
            RefusalCode::Taken,
            format!(
                "该事项已有{}（{}），一事一单，请先处理",
                called(live),
                live.state.label()
            ),
        )),
        None if current.is_empty() => Ok((episode, None)),
        None => Ok((newest + 1, None)),
    }
}
