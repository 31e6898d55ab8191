//! What an answer makes of notices, and notices whose matter is settled: a draft lapses, a yellow one closes, of a red one it
//! is written down, and a person closes it.

use crate::domain::ids::{NoticeId, ObligationId};
use crate::domain::notice::{NoticeEvent, NoticeOrigin};
use crate::domain::notice_ladder::matter_of_task;
use crate::domain::obligation::ObligationState;
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::issue_notices::stop_asking;
use crate::flow::notice_matters::{leads_that_lag, matter_key};
use crate::flow::notice_steps::{BY_THE_RULES, Words, step};
use crate::flow::{Ctx, FlowError, Now, Progress};
use crate::storage::notices::StoredNotice;
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, notices, obligations};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Notices a transaction.
const AT_A_TIME: usize = 100;

/// An obligation that was answered.
#[derive(Debug, Clone)]
pub(super) struct AnsweredAsk {
    pub(super) id: ObligationId,
    /// By whom.
    pub(super) by: String,
}

/// What these answers, which are written, make of notices.
pub(super) async fn settle_answered(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    answered: &[AnsweredAsk],
) -> Result<(), FlowError> {
    let ids: Vec<ObligationId> = answered.iter().map(|one| one.id).collect();
    let touched = notices::touched_by(tx, &ids).await?;
    if touched.is_empty() {
        return Ok(());
    }
    let by: HashMap<ObligationId, &str> = answered
        .iter()
        .map(|one| (one.id, one.by.as_str()))
        .collect();
    let held = Subjects::hold(tx, &touched).await?;
    for notice in notices::hold(tx, &ids_of(&touched)).await? {
        let own = notice.obligation_id.and_then(|id| by.get(&id).copied());
        let notice = match own {
            Some(who) if notice.state.is_live() => {
                step(
                    tx,
                    notice,
                    NoticeEvent::Answer,
                    (who, now),
                    Words::default(),
                )
                .await?
            }
            Some(_) | None => notice,
        };
        let asks = held.asks(notice.id);
        let is_over = !asks.is_empty() && asks.iter().all(|one| is_settled(one, &notice));
        if is_over && notice.cleared_on.is_none() {
            clear(ctx, tx, calendar, now, notice, "所督办的事项已经填报").await?;
        }
    }
    Ok(())
}

/// Lets go of what is settled otherwise: withdrawn, by a new due day, by a light that is green again.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn clear_notices(ctx: &Ctx) -> Result<Progress, FlowError> {
    let now = ctx.now();
    let mut progress = Progress::default();
    let known = notices::perhaps_settled(&ctx.db).await?;
    if known.is_empty() {
        return Ok(progress);
    }
    let lagging: HashSet<String> = leads_that_lag(ctx, now.today)
        .await?
        .into_iter()
        .map(|lag| matter_of_task(lag.task_id, lag.unit_id))
        .collect();
    let calendar = ctx.calendar().await?;
    for some in known.chunks(AT_A_TIME) {
        let subjects = Subjects::read(&ctx.db, some).await?;
        let over: Vec<StoredNotice> = some
            .iter()
            .filter(|one| is_over(one, &subjects, &lagging))
            .cloned()
            .collect();
        if over.is_empty() {
            continue;
        }
        let tx = ctx.write().await?;
        let subjects = Subjects::hold(&tx, &over).await?;
        for notice in notices::hold(&tx, &ids_of(&over)).await? {
            // It may have changed since it was read.
            if notice.cleared_on.is_none() && is_over(&notice, &subjects, &lagging) {
                let why = match notice.task_id {
                    Some(_) => "所督办的任务已不再滞后",
                    None => "所督办的事项已经填报、撤回或另定期限",
                };
                clear(ctx, &tx, &calendar, now, notice, why).await?;
                progress.done += 1;
            }
        }
        tx.commit().await?;
    }
    Ok(progress)
}

fn is_over(notice: &StoredNotice, subjects: &Subjects, lagging: &HashSet<String>) -> bool {
    let asks = subjects.asks(notice.id);
    if !asks.is_empty() {
        return asks.iter().all(|one| is_settled(one, notice));
    }
    // What a person raised about a task a person closes.
    let by_hand = notice.origin == NoticeOrigin::Hand && notice.state.is_live();
    !by_hand && !lagging.contains(&notice.matter)
}

/// Whether nothing is missing of a request any more, as far as this notice is concerned.
pub(super) fn is_settled(one: &StoredObligation, notice: &StoredNotice) -> bool {
    match one.state {
        ObligationState::Answered | ObligationState::Withdrawn => true,
        ObligationState::Unanswered => false,
        // Another day makes it another matter.
        ObligationState::Open => matter_key(one) != notice.matter,
    }
}

/// Writes down that what a notice is about is settled, with what follows from it.
async fn clear(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    notice: StoredNotice,
    why: &str,
) -> Result<(), FlowError> {
    let notice = StoredNotice {
        cleared_on: Some(now.today),
        ..notice
    };
    let words = Words::note(why);
    let who = (BY_THE_RULES, now);
    let cleared = step(tx, notice, NoticeEvent::Clear, who, words).await?;
    match cleared.obligation_id.filter(|_| !cleared.state.is_live()) {
        Some(asked) => stop_asking(ctx, tx, calendar, now, &[asked]).await,
        None => Ok(()),
    }
}

fn ids_of(all: &[StoredNotice]) -> Vec<NoticeId> {
    all.iter().map(|one| one.id).collect()
}

/// The requests that notices are about.
struct Subjects {
    asks: HashMap<NoticeId, Vec<ObligationId>>,
    obligations: HashMap<ObligationId, StoredObligation>,
}

impl Subjects {
    async fn read(
        db: &impl crate::storage::Session,
        of: &[StoredNotice],
    ) -> Result<Self, FlowError> {
        let pairs = notices::asks_of(db, &ids_of(of)).await?;
        let ids: BTreeSet<ObligationId> = pairs.iter().map(|(_, ask)| *ask).collect();
        let ids: Vec<ObligationId> = ids.into_iter().collect();
        let rows = obligations::with_ids(db, &ids).await?;
        Ok(Self::of(pairs, rows))
    }

    /// The same, kept as they are until the transaction ends, together with the requests for the notices' own answers.
    async fn hold(tx: &WriteTx, of: &[StoredNotice]) -> Result<Self, FlowError> {
        let pairs = notices::asks_of(tx, &ids_of(of)).await?;
        let ids: BTreeSet<ObligationId> = pairs
            .iter()
            .map(|(_, ask)| *ask)
            .chain(of.iter().filter_map(|one| one.obligation_id))
            .collect();
        let ids: Vec<ObligationId> = ids.into_iter().collect();
        let rows = obligations::hold(tx, &ids).await?;
        Ok(Self::of(pairs, rows))
    }

    fn of(pairs: Vec<(NoticeId, ObligationId)>, rows: Vec<StoredObligation>) -> Self {
        let mut asks: HashMap<NoticeId, Vec<ObligationId>> = HashMap::new();
        for (notice, ask) in pairs {
            asks.entry(notice).or_default().push(ask);
        }
        Self {
            asks,
            obligations: rows.into_iter().map(|one| (one.id, one)).collect(),
        }
    }

    fn asks(&self, id: NoticeId) -> Vec<&StoredObligation> {
        let ids = self.asks.get(&id).map(Vec::as_slice).unwrap_or_default();
        ids.iter()
            .filter_map(|ask| self.obligations.get(ask))
            .collect()
    }
}
