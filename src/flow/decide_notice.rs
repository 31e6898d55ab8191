//! What becomes of a notice that is issued: the unit may object once, the office sends an answer back, closes, withdraws.

use crate::domain::extension::may_be_set;
use crate::domain::ids::NoticeId;
use crate::domain::local_time::chinese_day;
use crate::domain::notice::{NoticeEvent, NoticeObjection, NoticeState, transition};
use crate::domain::obligation::{Moved, MovedBy, ObligationState};
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::issue_notices::{Held, stop_asking};
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::notice_steps::{Words, missing, out_of_order, step};
use crate::flow::refresh_mails::take_out_of_unsent;
use crate::flow::tell_decisions::tell_notice;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::notices::StoredNotice;
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, notices, obligations};
use chrono::NaiveDate;

/// Letters of the reasons that a mail repeats.
const REASON_SHOWN: usize = 500;

/// What the office decides about a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeDecision {
    /// Return, close, withdraw, or reject or uphold an objection.
    pub event: NoticeEvent,
    /// Why; needed for all but closing what was answered.
    pub reason: Option<String>,
    /// The day by which a returned answer is to be given again; may be moved where an objection is rejected.
    pub due_on: Option<NaiveDate>,
}

/// Carries out what the office decides. The unit is told by mail, once, what its request does not tell it: that the notice is
/// withdrawn, or how its objection was decided.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such notice, the step does not exist from where it stands (who did what last), or
/// a reason or day is missing or wrong.
pub async fn decide_notice(
    ctx: &Ctx,
    by: &str,
    id: NoticeId,
    decision: &NoticeDecision,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let known = notices::with_ids(&ctx.db, &[id]).await?;
    let tx = ctx.write().await?;
    let mut held = Held::of(&tx, &known).await?;
    let notice = held.notices.remove(&id).ok_or_else(|| missing(id))?;
    let own = held.own(&notice).cloned();
    let is_open = |one: &StoredObligation| one.state == ObligationState::Open;
    let matter_open = held.asks(id).iter().any(is_open);
    if let Err(wrong) = transition(notice.rung, notice.state, decision.event) {
        return Err(out_of_order(&tx, id, wrong.to_string()).await?);
    }
    check_words(&notice, decision, now, &calendar)?;
    let pending = notice.objection == Some(NoticeObjection::Pending);
    let objection = decided_objection(decision.event);
    if objection.is_some() && !pending {
        let text = "这份督办单没有待处理的异议".to_owned();
        return Err(out_of_order(&tx, id, text).await?);
    }
    let notice = StoredNotice {
        objection: objection.or(notice.objection),
        ..notice
    };
    let words = Words {
        note: decision.reason.clone(),
        due_on: decision.due_on,
    };
    let decided = step(&tx, notice, decision.event, (by, now), words).await?;
    let asked_anew = follow_up(ctx, &tx, &calendar, now, (&decided, own), decision).await?;
    if !asked_anew {
        let told = (&decided, decision.event, decision.reason.clone());
        tell_notice(ctx, &tx, now, told, matter_open).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What a decision makes of an objection; `None` where it is about something else.
fn decided_objection(event: NoticeEvent) -> Option<NoticeObjection> {
    if event == NoticeEvent::Reject {
        return Some(NoticeObjection::Rejected);
    }
    (event == NoticeEvent::Uphold).then_some(NoticeObjection::Upheld)
}

/// Whether the decision is one of the office's, with what it needs.
fn check_words(
    notice: &StoredNotice,
    decision: &NoticeDecision,
    now: Now,
    calendar: &SchoolCalendar,
) -> Result<(), FlowError> {
    use NoticeEvent as E;
    let label = decision.event.label();
    let wrong = |field: &str, text: String| {
        FlowError::refused_field(RefusalCode::InvalidValue, field, text)
    };
    let (needs_reason, may_have_day) = match decision.event {
        E::Return => (true, true),
        E::Reject => (true, true),
        E::Uphold | E::Withdraw => (true, false),
        E::Close => (notice.state != NoticeState::Answered, false),
        E::Raise
        | E::PassOver
        | E::Approve
        | E::Issue
        | E::Answer
        | E::Object
        | E::Supersede
        | E::Clear => {
            let text = format!("“{label}”不能在这里登记");
            return Err(wrong("event", text));
        }
    };
    if needs_reason && decision.reason.is_none() {
        return Err(wrong("reason", format!("{label}须写明理由")));
    }
    match decision.due_on {
        None if decision.event == E::Return => {
            Err(wrong("due_on", "退回须给出重新答复的期限".to_owned()))
        }
        Some(_) if !may_have_day => Err(wrong("due_on", format!("{label}不改变期限，请去掉"))),
        Some(day) => may_be_set(day, now.today, &calendar.holidays).map_err(|wrong| {
            FlowError::refused_field(RefusalCode::WrongDay, "due_on", wrong.to_string())
        }),
        None => Ok(()),
    }
}

/// What a decision makes of the request for the notice's answer; whether it is asked anew, which tells the decision as well.
async fn follow_up(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    (decided, own): (&StoredNotice, Option<StoredObligation>),
    decision: &NoticeDecision,
) -> Result<bool, FlowError> {
    let Some(own) = own else {
        return Ok(false);
    };
    // Who has answered in the meantime need not be asked again.
    let stands = decision.event == NoticeEvent::Reject && own.state == ObligationState::Open;
    let returned = decision.event == NoticeEvent::Return;
    let moved_by = returned
        .then_some(MovedBy::Return)
        .or(stands.then_some(MovedBy::ObjectionRejected));
    if let Some(by) = moved_by {
        let reason = decision.reason.as_deref().unwrap_or_default();
        let moved = Moved {
            by,
            reason: reason.chars().take(REASON_SHOWN).collect(),
        };
        take_out_of_unsent(ctx, tx, calendar, now, &[own.id], "replanned").await?;
        let due_on = decision.due_on.unwrap_or(own.due_on);
        let asked = obligations::open_again(tx, &own, due_on, &moved).await?;
        mail_at_once(ctx, tx, calendar, now, &[asked]).await?;
        return Ok(true);
    }
    if !decided.state.is_live() {
        stop_asking(ctx, tx, calendar, now, &[own.id]).await?;
    }
    Ok(false)
}

/// Writes down that the unit objects: once, and before the day by which it is to answer is over.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such notice, it does not wait for an answer, the unit has objected before, or the
/// day has passed.
pub async fn object_to_notice(
    ctx: &Ctx,
    by: &str,
    id: NoticeId,
    text: &str,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let known = notices::with_ids(&ctx.db, &[id]).await?;
    let tx = ctx.write().await?;
    let mut held = Held::of(&tx, &known).await?;
    let notice = held.notices.remove(&id).ok_or_else(|| missing(id))?;
    if notice.objection.is_some() {
        let text = "对一份督办单只能提出一次异议".to_owned();
        return Err(out_of_order(&tx, id, text).await?);
    }
    if let Some(own) = held.own(&notice)
        && notice.state == NoticeState::Issued
        && own.due_on < now.today
    {
        let due_on = chinese_day(own.due_on);
        return Err(FlowError::refused(
            RefusalCode::DueDayPassed,
            format!("答复期限 {due_on} 已过，不能再提出异议；请尽快答复，并在答复中说明情况"),
        ));
    }
    let notice = StoredNotice {
        objection: Some(NoticeObjection::Pending),
        ..notice
    };
    step(
        &tx,
        notice,
        NoticeEvent::Object,
        (by, now),
        Words::note(text),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
