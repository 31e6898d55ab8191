//! Notices are approved and issued: numbered, their facts frozen, asked of the unit, told at once. Of several, all or none.

use crate::domain::ids::{NoticeId, ObligationId, TaskId, UnitId};
use crate::domain::notice::{Approval, NoticeEvent, NoticeOrigin, NoticeState};
use crate::domain::obligation::{ObligationKind, ObligationState, Source};
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::notice_facts::{FactDesk, Subject};
use crate::flow::notice_files::keep_document;
use crate::flow::notice_steps::{Words, called, missing, out_of_order, step};
use crate::flow::refresh_mails::take_out_of_unsent;
use crate::flow::settle_notices::is_settled;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::notices::StoredNotice;
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, new_id, notices, obligations};
use chrono::Datelike;
use std::collections::{BTreeSet, HashMap};

/// Letters of what a mail says a notice is about.
const ABOUT_SHOWN: usize = 60;

/// The most notices that one call approves.
pub const MOST_AT_ONCE: usize = 100;

/// Whoever approves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approver<'a> {
    /// Their address, or name.
    pub name: &'a str,
    /// Whether they may approve what is for a leader alone.
    pub is_leader: bool,
}

/// What is said when notices are approved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Approving {
    /// In words.
    pub note: Option<String>,
    /// What the units are to do, in the place of what was drafted.
    pub demand: Option<String>,
    /// Whether they are issued at once.
    pub issue: bool,
}

/// Approves notices, and issues them where that is wanted.
///
/// # Errors
/// [`FlowError::Refused`], the field below `ids[position]`: a notice that is not there, is named twice, does not wait for
/// approval, has to be approved by a leader, or whose matter is settled. Nothing is changed then.
pub async fn approve_notices(
    ctx: &Ctx,
    by: Approver<'_>,
    ids: &[NoticeId],
    approving: &Approving,
) -> Result<(), FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let known = notices::with_ids(&ctx.db, ids).await?;
    let desk = desk_for(ctx, &calendar, now, &known).await?;
    let tx = ctx.write().await?;
    let mut held = Held::of(&tx, &known).await?;
    let mut seen = BTreeSet::new();
    let mut asked = Vec::new();
    for (position, id) in ids.iter().enumerate() {
        let place = |error| below(position, error);
        if !seen.insert(*id) {
            let text = "同一督办单在一批中只能出现一次";
            return Err(place(FlowError::refused(RefusalCode::InvalidValue, text)));
        }
        let notice = held.notices.remove(id).ok_or_else(|| place(missing(*id)))?;
        may_approve(ctx, by, &notice).map_err(place)?;
        let notice = StoredNotice {
            demand: approving.demand.clone().unwrap_or(notice.demand),
            ..notice
        };
        let words = Words {
            note: approving.note.clone(),
            due_on: None,
        };
        let approved = step(&tx, notice, NoticeEvent::Approve, (by.name, now), words)
            .await
            .map_err(place)?;
        if approving.issue {
            let issuing = Issuing {
                ctx,
                tx: &tx,
                calendar: &calendar,
                now,
                desk: &desk,
                by: by.name,
            };
            asked.push(issuing.issue(approved, &mut held).await.map_err(place)?);
        }
    }
    mail_at_once(ctx, &tx, &calendar, now, &asked).await?;
    tx.commit().await?;
    Ok(())
}

/// Issues a notice that is approved.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such notice, it does not wait to be issued, or its matter is settled.
pub async fn issue_notice(ctx: &Ctx, by: &str, id: NoticeId) -> Result<(), FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let known = notices::with_ids(&ctx.db, &[id]).await?;
    let desk = desk_for(ctx, &calendar, now, &known).await?;
    let tx = ctx.write().await?;
    let mut held = Held::of(&tx, &known).await?;
    let notice = held.notices.remove(&id).ok_or_else(|| missing(id))?;
    let issuing = Issuing {
        ctx,
        tx: &tx,
        calendar: &calendar,
        now,
        desk: &desk,
        by,
    };
    let asked = issuing.issue(notice, &mut held).await?;
    mail_at_once(ctx, &tx, &calendar, now, &[asked]).await?;
    tx.commit().await?;
    Ok(())
}

fn below(position: usize, error: FlowError) -> FlowError {
    match error {
        FlowError::Refused(refusal) => {
            FlowError::refused_field(refusal.code, format!("ids[{position}]"), refusal.text)
        }
        other => other,
    }
}

fn may_approve(ctx: &Ctx, by: Approver<'_>, notice: &StoredNotice) -> Result<(), FlowError> {
    match ctx.settings.notices.of(notice.rung).approval {
        Approval::Leader if !by.is_leader => Err(FlowError::refused(
            RefusalCode::NotYours,
            format!("{}须由局领导批准", notice.rung.label()),
        )),
        Approval::Leader | Approval::Office | Approval::Auto => Ok(()),
    }
}

/// The desk for the facts of these notices.
pub(super) async fn desk_for<'a>(
    ctx: &'a Ctx,
    calendar: &'a SchoolCalendar,
    now: Now,
    known: &[StoredNotice],
) -> Result<FactDesk<'a>, FlowError> {
    let ids: Vec<NoticeId> = known.iter().map(|one| one.id).collect();
    let asks: Vec<ObligationId> = notices::asks_of(&ctx.db, &ids)
        .await?
        .into_iter()
        .map(|(_, ask)| ask)
        .collect();
    let parts: Vec<(TaskId, UnitId)> = known
        .iter()
        .filter_map(|one| Some((one.task_id?, one.unit_id)))
        .collect();
    FactDesk::open(ctx, calendar, now, &asks, &parts).await
}

/// Notices with what they are about and the notices before them, kept as they are until the transaction ends: first the
/// requests, then the notices, each in the order of ids.
pub(super) struct Held {
    pub(super) notices: HashMap<NoticeId, StoredNotice>,
    asks: HashMap<NoticeId, Vec<ObligationId>>,
    obligations: HashMap<ObligationId, StoredObligation>,
}

impl Held {
    pub(super) async fn of(tx: &WriteTx, known: &[StoredNotice]) -> Result<Self, FlowError> {
        let mut ids: BTreeSet<NoticeId> = known.iter().map(|one| one.id).collect();
        ids.extend(known.iter().filter_map(|one| one.earlier_id));
        let ids: Vec<NoticeId> = ids.into_iter().collect();
        let mut asks: HashMap<NoticeId, Vec<ObligationId>> = HashMap::new();
        let mut wanted = BTreeSet::new();
        for (notice, ask) in notices::asks_of(tx, &ids).await? {
            asks.entry(notice).or_default().push(ask);
            wanted.insert(ask);
        }
        let all = notices::with_ids(tx, &ids).await?;
        wanted.extend(all.iter().filter_map(|one| one.obligation_id));
        let wanted: Vec<ObligationId> = wanted.into_iter().collect();
        let obligations = obligations::hold(tx, &wanted).await?;
        let notices = notices::hold(tx, &ids).await?;
        Ok(Self {
            notices: notices.into_iter().map(|one| (one.id, one)).collect(),
            asks,
            obligations: obligations.into_iter().map(|one| (one.id, one)).collect(),
        })
    }

    /// The requests that a notice is about.
    pub(super) fn asks(&self, id: NoticeId) -> Vec<StoredObligation> {
        let ids = self.asks.get(&id).map(Vec::as_slice).unwrap_or_default();
        let asks = ids.iter().filter_map(|ask| self.obligations.get(ask));
        asks.cloned().collect()
    }

    /// The request for a notice's answer.
    pub(super) fn own(&self, notice: &StoredNotice) -> Option<&StoredObligation> {
        self.obligations.get(&notice.obligation_id?)
    }
}

/// The issuing of notices, inside one transaction.
pub(super) struct Issuing<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) tx: &'a WriteTx,
    pub(super) calendar: &'a SchoolCalendar,
    pub(super) now: Now,
    pub(super) desk: &'a FactDesk<'a>,
    pub(super) by: &'a str,
}

impl Issuing<'_> {
    /// Issues a notice that is approved: the request for its answer.
    pub(super) async fn issue(
        &self,
        notice: StoredNotice,
        held: &mut Held,
    ) -> Result<StoredObligation, FlowError> {
        if notice.state != NoticeState::Approved {
            let wrong = format!("督办单{}，不能“发出”", notice.state.label());
            return Err(out_of_order(self.tx, notice.id, wrong).await?);
        }
        let asks = held.asks(notice.id);
        if !asks.is_empty() && asks.iter().all(|one| is_settled(one, &notice)) {
            return Err(FlowError::refused(
                RefusalCode::ObligationSettled,
                "所督办的事项已经填报、撤回或另定期限，不需要再发督办单，请撤回",
            ));
        }
        let earlier = notice.earlier_id.and_then(|id| held.notices.remove(&id));
        if let Some(answered) = earlier
            .as_ref()
            .filter(|one| one.state == NoticeState::Answered)
        {
            let text = format!("{}已经答复，请先处理该答复", called(answered));
            return Err(FlowError::refused(RefusalCode::OutOfOrder, text));
        }
        let subject = Subject {
            unit_id: notice.unit_id,
            plan_id: notice.plan_id,
            task_id: notice.task_id,
            asks: &asks,
            earlier: earlier.as_ref(),
        };
        let mut facts = self.desk.gather(self.tx, subject).await?;
        let asked = self.ask(&notice, &facts.about()).await?;
        facts.answer_by = Some(asked.obligation.due_on);
        let notice = StoredNotice {
            number: Some(asked.number),
            issued_on: Some(self.now.today),
            obligation_id: Some(asked.obligation.id),
            facts,
            ..notice
        };
        let words = Words {
            note: None,
            due_on: Some(asked.obligation.due_on),
        };
        let notice = StoredNotice {
            attachment_id: keep_document(self.ctx, self.tx, self.now, &notice).await?,
            ..notice
        };
        let who = (self.by, self.now);
        let issued = step(self.tx, notice, NoticeEvent::Issue, who, words).await?;
        if let Some(earlier) = earlier {
            self.supersede(earlier, &issued, held).await?;
        }
        Ok(asked.obligation)
    }

    /// Numbers the notice and asks for its answer.
    async fn ask(&self, notice: &StoredNotice, about: &str) -> Result<Asked, FlowError> {
        let number = notices::next_number(self.tx, self.now.today.year()).await?;
        let levels = self.desk.directory.get(notice.unit_id);
        let levels = levels
            .map(|unit| unit.levels.as_slice())
            .unwrap_or_default();
        let counted = self
            .calendar
            .holidays
            .add_workdays(self.now.today, notice.answer_workdays);
        let due = self.calendar.settle_due_day(levels, counted);
        let source = Source::Notice(notice.id);
        let about: String = about.chars().take(ABOUT_SHOWN).collect();
        let obligation = StoredObligation {
            id: ObligationId(new_id()),
            source: source.to_string(),
            unit_id: notice.unit_id,
            kind: ObligationKind::Notice,
            plan_id: notice.plan_id,
            round_id: None,
            deadline_id: None,
            what: Some(format!("{number}{}（{about}）", notice.rung.label())),
            opened_on: self.now.today,
            due_on: due.due_on,
            first_due_on: due.due_on,
            due_revision: 0,
            moved: None,
            provisional: due.provisional,
            state: ObligationState::Open,
            opened_at: self.now.at,
        };
        obligations::insert(self.tx, &source, &obligation, &[]).await?;
        Ok(Asked { number, obligation })
    }

    /// One matter, one notice: the earlier one gives way, and is not chased any more.
    async fn supersede(
        &self,
        earlier: StoredNotice,
        issued: &StoredNotice,
        held: &Held,
    ) -> Result<(), FlowError> {
        if earlier.state != NoticeState::Issued {
            return Ok(());
        }
        let asked = held.own(&earlier).map(|one| one.id);
        let words = Words::note(format!("已升为{}", called(issued)));
        let who = (self.by, self.now);
        step(self.tx, earlier, NoticeEvent::Supersede, who, words).await?;
        if let Some(asked) = asked {
            stop_asking(self.ctx, self.tx, self.calendar, self.now, &[asked]).await?;
        }
        Ok(())
    }
}

struct Asked {
    number: crate::domain::notice::NoticeNumber,
    obligation: StoredObligation,
}

/// Takes back requests for answers that are not wanted any more; they are held.
pub(super) async fn stop_asking(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    asked: &[ObligationId],
) -> Result<(), FlowError> {
    let mut withdrawn = Vec::new();
    for id in asked {
        if obligations::settle(tx, *id, ObligationState::Withdrawn, now.at).await? {
            withdrawn.push(*id);
        }
    }
    if withdrawn.is_empty() {
        return Ok(());
    }
    crate::storage::extensions::lapse(tx, &withdrawn, now.at).await?;
    take_out_of_unsent(ctx, tx, calendar, now, &withdrawn, "withdrawn").await
}

/// Whether the rules issue a notice without anybody's approval.
pub(super) fn is_automatic(ctx: &Ctx, notice: &StoredNotice) -> bool {
    notice.origin == NoticeOrigin::Ladder
        && ctx.settings.notices.of(notice.rung).approval == Approval::Auto
}
