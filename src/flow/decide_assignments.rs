//! Reviews, returns, close-outs, pauses: people's decisions about assignments, many at once, whole or not at all. What is
//! sent back is asked again; what has ended is asked no more.

use crate::domain::access::{Action, Reach, Viewer};
use crate::domain::amendment::AmendmentKind;
use crate::domain::assignment_life::{AssignmentEvent, OutOfOrder, transition};
use crate::domain::decider::Decider;
use crate::domain::extension::may_be_set;
use crate::domain::ids::{AssignmentEventId, AssignmentId, ObligationId, TaskId, UnitId};
use crate::domain::local_time::chinese_day;
use crate::domain::obligation::{Moved, MovedBy, ObligationState};
use crate::domain::resource::Resource;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::unit::UnitDirectory;
use crate::flow::amendment_record::{Record, record};
use crate::flow::fall_back::fall_back;
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::refresh_mails::{take_out_of_unsent, write_anew};
use crate::flow::tell_webhooks::tell_returned;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::assignment_life::{self, NewEvent, Standing};
use crate::storage::audit_events::AuditEntry;
use crate::storage::obligations::StoredObligation;
use crate::storage::tasks::TaskState;
use crate::storage::{WriteTx, extensions, new_id, obligations, task_life, units};
use chrono::NaiveDate;
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Letters of the reasons that a mail repeats.
const REASON_SHOWN: usize = 500;

/// A decision about one assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The assignment.
    pub assignment_id: AssignmentId,
    /// What is decided.
    pub event: AssignmentEvent,
    /// Why.
    pub reason: Option<String>,
    /// The day by which it is to be reported again.
    pub due_on: Option<NaiveDate>,
}

/// Carries out decisions of `viewer`, in their order; the ids of what was written down.
///
/// # Errors
/// [`FlowError::Refused`], the field below `decisions[position]`: an assignment that is not there or not the viewer's to
/// decide about, one that is named twice, a step that does not exist from where it stands, a reason or day that is
/// missing or wrong. Nothing is changed then.
pub async fn decide_assignments(
    ctx: &Ctx,
    viewer: &Viewer,
    decisions: Vec<Decision>,
) -> Result<Vec<AssignmentEventId>, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let desk = Desk::open(&tx, viewer, &decisions).await?;
    let mut seen = HashSet::new();
    let mut events = Vec::with_capacity(decisions.len());
    for (position, decision) in decisions.iter().enumerate() {
        let place = Place::Among(position);
        if !seen.insert(decision.assignment_id) {
            let text = "同一分工在一批中只能出现一次";
            return Err(place.refuse(RefusalCode::InvalidValue, "assignment_id", text));
        }
        check_words(place, decision, now.today, &calendar)?;
        events.push(desk.event(&tx, place, decision).await?);
    }
    let acting = Acting {
        ctx,
        tx: &tx,
        calendar: &calendar,
        now,
        by: &viewer.address,
    };
    let asked_again = carry_out(&acting, &mut events, Place::of).await?;
    reopen_tasks(&acting, &desk, &events).await?;
    mail_at_once(ctx, &tx, &calendar, now, &asked_again).await?;
    tx.commit().await?;
    Ok(events.iter().map(|event| event.id).collect())
}

/// Who acts, when and in which transaction.
#[derive(Clone, Copy)]
pub(super) struct Acting<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) tx: &'a WriteTx,
    pub(super) calendar: &'a SchoolCalendar,
    pub(super) now: Now,
    /// The address of who acts.
    pub(super) by: &'a str,
}

/// Carries out what was decided about assignments that are held: writes it down, asks again for what was sent back or goes
/// on, stops asking about what has ended. What is asked again is to be told by the caller; `place` says where in the
/// request the n-th event stands.
///
/// # Errors
/// [`FlowError::Refused`] where asking cannot go on by the old day.
pub(super) async fn carry_out(
    acting: &Acting<'_>,
    events: &mut [NewEvent],
    place: impl Fn(usize) -> Place,
) -> Result<Vec<StoredObligation>, FlowError> {
    let Acting { ctx, tx, now, .. } = *acting;
    let asked_again = ask_again(tx, events, now, place).await?;
    fall_back(tx, events).await?;
    assignment_life::record_events(tx, events, acting.by, now.today, now.at).await?;
    tell_returned(tx, now, events).await?;
    stop_asking(ctx, tx, acting.calendar, now, events).await?;
    for event in events.iter() {
        tx.audit(audited(event));
    }
    Ok(asked_again)
}

/// A closed task of which a part is taken up again is no longer closed.
async fn reopen_tasks(
    acting: &Acting<'_>,
    desk: &Desk,
    events: &[NewEvent],
) -> Result<(), FlowError> {
    let again = events
        .iter()
        .filter(|event| event.event == AssignmentEvent::Reopen);
    let tasks = again.filter_map(|event| Some(desk.standing.get(&event.assignment_id)?.task_id));
    for task in task_life::closed_among(acting.tx, tasks).await? {
        task_life::set_state(acting.tx, task.id, TaskState::Issued).await?;
        record(
            acting,
            Record {
                before: json!({ "state": task.state }),
                after: json!({ "state": TaskState::Issued }),
                ..Record::of(&task, AmendmentKind::Reopen, "分工重新办理")
            },
        )
        .await?;
    }
    Ok(())
}

/// Where in the request a decision stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// One of several.
    Among(usize),
    /// The request is the decision.
    Whole,
}

impl Place {
    fn of(position: usize) -> Self {
        Self::Among(position)
    }

    fn refuse(self, code: RefusalCode, field: &str, text: impl Into<String>) -> FlowError {
        let path = match self {
            Self::Among(position) => format!("decisions[{position}].{field}"),
            Self::Whole => field.to_owned(),
        };
        FlowError::refused_field(code, path, text)
    }
}

/// Whether a reason and a day are given where they are needed, and a day only there.
fn check_words(
    place: Place,
    decision: &Decision,
    today: NaiveDate,
    calendar: &SchoolCalendar,
) -> Result<(), FlowError> {
    let event = decision.event;
    let label = event.label();
    if !event.is_decision() {
        let text = match event == AssignmentEvent::Rejoin {
            true => format!("“{label}”请通过调整任务（增加单位）办理"),
            false => format!("“{label}”由单位填报产生，不能在这里登记"),
        };
        return Err(place.refuse(RefusalCode::InvalidValue, "event", text));
    }
    if event.needs_reason() && decision.reason.is_none() {
        let text = format!("{label}须写明理由");
        return Err(place.refuse(RefusalCode::InvalidValue, "reason", text));
    }
    let may_have_day = event.needs_day() || event == AssignmentEvent::Resume;
    match decision.due_on {
        None if event.needs_day() => {
            let text = format!("{label}须给出重新填报的期限");
            Err(place.refuse(RefusalCode::InvalidValue, "due_on", text))
        }
        Some(_) if !may_have_day => {
            let text = format!("{label}不改变期限，请去掉");
            Err(place.refuse(RefusalCode::InvalidValue, "due_on", text))
        }
        Some(day) => may_be_set(day, today, &calendar.holidays)
            .map_err(|wrong| place.refuse(RefusalCode::WrongDay, "due_on", wrong.to_string())),
        None => Ok(()),
    }
}

/// What decisions are checked against. The assignments are held until the transaction ends.
struct Desk {
    reach: Reach,
    standing: HashMap<AssignmentId, Standing>,
    leads: HashMap<TaskId, Vec<UnitId>>,
    directory: UnitDirectory,
    /// What the last report of those that are sent back answered.
    answered: HashMap<AssignmentId, ObligationId>,
}

impl Desk {
    async fn open(
        tx: &WriteTx,
        viewer: &Viewer,
        decisions: &[Decision],
    ) -> Result<Self, FlowError> {
        let ids = decisions.iter().map(|decision| decision.assignment_id);
        let standing = assignment_life::hold(tx, ids).await?;
        let sent_back: Vec<AssignmentId> = decisions
            .iter()
            .filter(|decision| decision.event.needs_day())
            .map(|decision| decision.assignment_id)
            .collect();
        Ok(Self {
            reach: viewer.reach(Action::DecideAssignments),
            leads: assignment_life::leads_of(tx, standing.values().map(|one| one.task_id)).await?,
            directory: UnitDirectory::new(units::all(tx).await?),
            answered: assignment_life::last_answered(tx, &sent_back).await?,
            standing,
        })
    }

    /// In which part the viewer meets an assignment; none where it is not theirs to see.
    fn decider(&self, one: &Standing) -> Option<Option<Decider>> {
        let Reach::Units { units, own } = &self.reach else {
            return Some(Some(Decider::Office));
        };
        // Nobody reviews their own work.
        if own.contains(&one.unit_id) {
            return Some(None);
        }
        let leads = self.leads.get(&one.task_id).map(Vec::as_slice);
        let is_lead = leads
            .unwrap_or_default()
            .iter()
            .any(|unit| own.contains(unit));
        match (is_lead, units.contains(&one.unit_id)) {
            (true, _) => Some(Some(Decider::Lead)),
            (false, true) => Some(Some(Decider::Above)),
            (false, false) => None,
        }
    }

    /// The event that a decision is.
    async fn event(
        &self,
        tx: &WriteTx,
        place: Place,
        decision: &Decision,
    ) -> Result<NewEvent, FlowError> {
        let id = decision.assignment_id;
        let missing = || {
            let text = format!("没有编号为 {id} 的任务分工");
            place.refuse(RefusalCode::NotFound, "assignment_id", text)
        };
        let one = self.standing.get(&id).ok_or_else(missing)?;
        let decider = self.decider(one).ok_or_else(missing)?;
        let event = decision.event;
        if !decider.is_some_and(|decider| event.is_for(decider, one.role)) {
            let text = format!("您的单位不能对这份分工作出“{}”的决定", event.label());
            return Err(place.refuse(RefusalCode::NotYours, "event", text));
        }
        let after = match transition(one.state, event) {
            Ok(after) => after,
            Err(wrong) => return Err(self.out_of_order(tx, place, id, wrong).await?),
        };
        let obligation_id = self.answered.get(&id).copied();
        if event.needs_day() && obligation_id.is_none() {
            let unit = self.directory.get(one.unit_id);
            let unit = unit.map(|unit| unit.name.as_str()).unwrap_or_default();
            let text = format!("“{unit}”还没有填报过这份分工，无可退回");
            return Err(place.refuse(RefusalCode::OutOfOrder, "event", text));
        }
        Ok(NewEvent {
            id: AssignmentEventId(new_id()),
            assignment_id: id,
            event,
            before: one.state,
            after,
            reason: decision.reason.clone(),
            due_on: decision.due_on,
            obligation_id,
            percent: None,
        })
    }

    /// The refusal of a step that does not exist; whoever was quicker is named.
    async fn out_of_order(
        &self,
        tx: &WriteTx,
        place: Place,
        id: AssignmentId,
        wrong: OutOfOrder,
    ) -> Result<FlowError, FlowError> {
        let last = assignment_life::last_decided(tx, id).await?;
        let who = last.map_or_else(String::new, |(by, on)| {
            format!("；最近一次由 {by} 于 {} 决定", chinese_day(on))
        });
        Ok(place.refuse(RefusalCode::OutOfOrder, "event", format!("{wrong}{who}")))
    }
}

/// Opens again what is to be reported anew, each obligation once: by the latest of the days given for its assignments.
async fn ask_again(
    tx: &WriteTx,
    events: &mut [NewEvent],
    now: Now,
    place: impl Fn(usize) -> Place,
) -> Result<Vec<StoredObligation>, FlowError> {
    let mut wanted: BTreeMap<ObligationId, (NaiveDate, Vec<String>)> = BTreeMap::new();
    for event in events.iter() {
        if let (true, Some(id), Some(day)) =
            (event.event.needs_day(), event.obligation_id, event.due_on)
        {
            let (due_on, reasons) = wanted.entry(id).or_insert((day, Vec::new()));
            *due_on = day.max(*due_on);
            let reason = event.reason.clone().unwrap_or_default();
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    let held = obligations::hold(tx, &wanted.keys().copied().collect::<Vec<_>>()).await?;
    let mut opened = Vec::with_capacity(held.len());
    for one in held {
        let Some((day, reasons)) = wanted.remove(&one.id) else {
            continue;
        };
        // Another assignment of it may have been sent back before, for a later day.
        let due_on = match one.state {
            ObligationState::Open => one.due_on.max(day),
            ObligationState::Answered
            | ObligationState::Unanswered
            | ObligationState::Withdrawn => day,
        };
        let moved = Moved {
            by: MovedBy::Return,
            reason: reasons.join("；").chars().take(REASON_SHOWN).collect(),
        };
        opened.push(obligations::open_again(tx, &one, due_on, &moved).await?);
    }
    opened.extend(resume_asking(tx, events, now, place).await?);
    Ok(opened)
}

/// Opens again what was withdrawn because everything that it asked about rested.
async fn resume_asking(
    tx: &WriteTx,
    events: &mut [NewEvent],
    now: Now,
    place: impl Fn(usize) -> Place,
) -> Result<Vec<StoredObligation>, FlowError> {
    let mut opened = Vec::new();
    let mut seen = HashSet::new();
    for (position, event) in events.iter_mut().enumerate() {
        if event.event != AssignmentEvent::Resume {
            continue;
        }
        let withdrawn = ObligationState::Withdrawn;
        let ids = assignment_life::obligations_about(tx, &[event.assignment_id], withdrawn).await?;
        for one in obligations::hold(tx, &ids).await? {
            // A round asks for one period; what it has missed the next one asks.
            if one.round_id.is_some() || !seen.insert(one.id) {
                continue;
            }
            let due_on = event.due_on.unwrap_or(one.due_on);
            if due_on <= now.today {
                let text = format!("原到期日 {} 已过，请给出新的期限", one.due_on);
                return Err(place(position).refuse(RefusalCode::WrongDay, "due_on", text));
            }
            let moved = Moved {
                by: MovedBy::Resumed,
                reason: event.reason.clone().unwrap_or_default(),
            };
            event.obligation_id = Some(one.id);
            opened.push(obligations::open_again(tx, &one, due_on, &moved).await?);
        }
    }
    Ok(opened)
}

/// Withdraws the open obligations that ask about nothing any more, now that assignments have ended; the others are told
/// without them.
async fn stop_asking(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    events: &[NewEvent],
) -> Result<(), FlowError> {
    let ended: Vec<AssignmentId> = events
        .iter()
        .filter(|event| event.after.ending().is_some())
        .map(|event| event.assignment_id)
        .collect();
    if ended.is_empty() {
        return Ok(());
    }
    let open = assignment_life::obligations_about(tx, &ended, ObligationState::Open).await?;
    let asking_on: HashSet<ObligationId> = assignment_life::asking_on(tx, &open)
        .await?
        .into_iter()
        .collect();
    let (shrunk, over): (Vec<ObligationId>, Vec<ObligationId>) =
        open.into_iter().partition(|id| asking_on.contains(id));
    write_anew(ctx, tx, calendar, now, &shrunk).await?;
    let mut withdrawn = Vec::new();
    for id in over {
        if obligations::settle(tx, id, ObligationState::Withdrawn, now.at).await? {
            withdrawn.push(id);
        }
    }
    extensions::lapse(tx, &withdrawn, now.at).await?;
    if !withdrawn.is_empty() {
        take_out_of_unsent(ctx, tx, calendar, now, &withdrawn, "withdrawn").await?;
    }
    Ok(())
}

fn audited(event: &NewEvent) -> AuditEntry {
    AuditEntry::done(
        "decide_assignments",
        Resource::Assignments,
        event.assignment_id.0,
        event.event.label(),
    )
    .before(json!({ "state": event.before }))
    .after(json!({
        "state": event.after,
        "reason": event.reason,
        "due_on": event.due_on,
        "obligation_id": event.obligation_id,
        "percent": event.percent,
    }))
}
