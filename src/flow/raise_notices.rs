//! The ladder at work: every matter that has come so far gets its notice, drafted or, where the rules say so, issued at once.
//! What to do about a matter is decided in `domain::notice_ladder`; the database keeps a rung from being raised twice.

use crate::domain::ids::{NoticeId, ObligationId};
use crate::domain::notice::{NoticeEvent, NoticeOrigin, NoticeState, Rung};
use crate::domain::notice_ladder::YellowThen;
use crate::domain::obligation::ObligationState;
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::issue_notices::{Held, Issuing, is_automatic};
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::notice_facts::{FactDesk, Subject};
use crate::flow::notice_matters::{Due, due_matters};
use crate::flow::notice_steps::{BY_THE_RULES, Words, step};
use crate::flow::settle_notices::clear_notices;
use crate::flow::{Ctx, FlowError, Now, Progress};
use crate::storage::notices::StoredNotice;
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, new_id, notices, obligations};
use std::collections::{BTreeSet, HashMap};

/// Notices a transaction: enough to be quick, few enough not to keep other writers waiting.
const AT_A_TIME: usize = 50;

/// Lets go of what is settled, then raises what is due today. On a day off nothing is raised.
///
/// # Errors
/// [`FlowError`].
pub async fn raise_notices(ctx: &Ctx) -> Result<Progress, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let mut progress = clear_notices(ctx).await?;
    if !calendar.holidays.is_workday(now.today) {
        return Ok(progress);
    }
    let due = due_matters(ctx, &calendar, now).await?;
    for some in due.chunks(AT_A_TIME) {
        progress.done += raise_some(ctx, &calendar, now, some).await?;
    }
    if progress.done > 0 {
        tracing::info!(
            notices.changed = progress.done,
            "Raised and settled notices"
        );
    }
    Ok(progress)
}

async fn raise_some(
    ctx: &Ctx,
    calendar: &SchoolCalendar,
    now: Now,
    some: &[Due],
) -> Result<usize, FlowError> {
    let asks: Vec<ObligationId> = some.iter().flat_map(|due| due.asks.clone()).collect();
    let parts: Vec<_> = some
        .iter()
        .filter_map(|due| Some((due.task_id?, due.unit_id)))
        .collect();
    let desk = FactDesk::open(ctx, calendar, now, &asks, &parts).await?;
    let own = some.iter().filter_map(|due| due.yellow.as_ref());
    let own = own.filter_map(|yellow| yellow.obligation_id);
    let ids: BTreeSet<ObligationId> = asks.into_iter().chain(own).collect();
    let ids: Vec<ObligationId> = ids.into_iter().collect();
    let tx = ctx.write().await?;
    let held = obligations::hold(&tx, &ids).await?;
    let raising = Raising {
        ctx,
        tx: &tx,
        calendar,
        now,
        desk: &desk,
        held: held.into_iter().map(|one| (one.id, one)).collect(),
    };
    let mut asked = Vec::new();
    let mut raised = 0;
    for due in some {
        let Some(new) = raising.raise(due).await? else {
            continue;
        };
        raised += 1;
        if is_automatic(ctx, &new) {
            asked.push(raising.issue(new).await?);
        }
    }
    mail_at_once(ctx, &tx, calendar, now, &asked).await?;
    tx.commit().await?;
    Ok(raised)
}

/// The raising of notices, inside one transaction.
struct Raising<'a> {
    ctx: &'a Ctx,
    tx: &'a WriteTx,
    calendar: &'a SchoolCalendar,
    now: Now,
    desk: &'a FactDesk<'a>,
    /// The requests, held first and in the order of ids, as everybody holds them.
    held: HashMap<ObligationId, StoredObligation>,
}

impl Raising<'_> {
    /// Raises one; `None` where the matter has moved on, or another instance was first.
    async fn raise(&self, due: &Due) -> Result<Option<StoredNotice>, FlowError> {
        let asks = due.asks.iter().filter_map(|id| self.held.get(id));
        let asks: Vec<StoredObligation> = asks.cloned().collect();
        let stands = |one: &StoredObligation| {
            matches!(
                one.state,
                ObligationState::Open | ObligationState::Unanswered
            )
        };
        if !asks.is_empty() && !asks.iter().any(stands) {
            return Ok(None);
        }
        let yellow = match &due.yellow {
            Some(known) => {
                let held = notices::hold(self.tx, &[known.id]).await?.pop();
                match held.filter(|held| held == known) {
                    Some(held) => Some(held),
                    None => return Ok(None),
                }
            }
            None => None,
        };
        let passed_over = match due.yellow_then {
            YellowThen::PassedOver => Some(self.pass_over(due, yellow.clone(), &asks).await?),
            YellowThen::IsRaised | YellowThen::Unanswered => None,
        };
        let earlier = match due.yellow_then {
            YellowThen::Unanswered => yellow.as_ref().map(|one| one.id),
            YellowThen::PassedOver => passed_over.flatten(),
            YellowThen::IsRaised => None,
        };
        let issued = yellow.filter(|one| one.number.is_some());
        let new = self
            .written(due, due.rung, &asks, issued.as_ref(), earlier)
            .await?;
        if !notices::insert(self.tx, &new, &due.asks).await? {
            return Ok(None);
        }
        let words = Words::note(due.reason.clone());
        let who = (BY_THE_RULES, self.now);
        let new = step(self.tx, new, NoticeEvent::Raise, who, words).await?;
        Ok(Some(new))
    }

    /// A yellow notice that a red one overtakes: its draft is taken back, or a row says that it was never written.
    async fn pass_over(
        &self,
        due: &Due,
        draft: Option<StoredNotice>,
        asks: &[StoredObligation],
    ) -> Result<Option<NoticeId>, FlowError> {
        let who = (BY_THE_RULES, self.now);
        let words = Words::note("没有发出，已达到发红色督办单的条件");
        if let Some(draft) = draft {
            let id = draft.id;
            step(self.tx, draft, NoticeEvent::Supersede, who, words).await?;
            return Ok(Some(id));
        }
        let passed = self.written(due, Rung::Yellow, asks, None, None).await?;
        if !notices::insert(self.tx, &passed, &due.asks).await? {
            return Ok(None);
        }
        let passed = step(self.tx, passed, NoticeEvent::PassOver, who, words).await?;
        Ok(Some(passed.id))
    }

    /// A notice as it is drafted.
    async fn written(
        &self,
        due: &Due,
        rung: Rung,
        asks: &[StoredObligation],
        issued: Option<&StoredNotice>,
        earlier_id: Option<NoticeId>,
    ) -> Result<StoredNotice, FlowError> {
        let subject = Subject {
            unit_id: due.unit_id,
            plan_id: due.plan_id,
            task_id: due.task_id,
            asks,
            earlier: issued,
        };
        Ok(StoredNotice {
            id: NoticeId(new_id()),
            matter: due.matter.clone(),
            episode: due.episode,
            rung,
            origin: NoticeOrigin::Ladder,
            state: NoticeState::Drafted,
            unit_id: due.unit_id,
            plan_id: due.plan_id,
            task_id: due.task_id,
            obligation_id: None,
            earlier_id,
            attachment_id: None,
            number: None,
            reason: due.reason.clone(),
            demand: rung.usual_demand().to_owned(),
            answer_workdays: self.ctx.settings.notices.of(rung).answer_workdays,
            facts: self.desk.gather(self.tx, subject).await?,
            raised_on: self.now.today,
            issued_on: None,
            objection: None,
            cleared_on: None,
        })
    }

    /// Issues what the rules issue by themselves.
    async fn issue(&self, new: StoredNotice) -> Result<StoredObligation, FlowError> {
        let mut held = Held::of(self.tx, std::slice::from_ref(&new)).await?;
        held.notices.remove(&new.id);
        let who = (BY_THE_RULES, self.now);
        let words = Words::note("按规则自动发出");
        let approved = step(self.tx, new, NoticeEvent::Approve, who, words).await?;
        let issuing = Issuing {
            ctx: self.ctx,
            tx: self.tx,
            calendar: self.calendar,
            now: self.now,
            desk: self.desk,
            by: BY_THE_RULES,
        };
        issuing.issue(approved, &mut held).await
    }
}
