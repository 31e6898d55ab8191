//! Another due day of an issued task: its assignments follow, and what asks for their completion asks by the new day. What
//! a unit was given more time for beyond it stays, what is reported is not asked again, and the first day is kept.

use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{AssignmentId, ObligationId, PlanId};
use crate::domain::obligation::{Moved, MovedBy, ObligationKind, ObligationState, Source};
use crate::domain::unit::UnitDirectory;
use crate::flow::FlowError;
use crate::flow::decide_assignments::Acting;
use crate::flow::refresh_mails::{take_out_of_unsent, write_anew};
use crate::storage::obligations::{Item, StoredObligation};
use crate::storage::task_life::Share;
use crate::storage::{extensions, new_id, obligations, task_life};
use chrono::NaiveDate;
use std::collections::{HashMap, HashSet};

/// Letters of the reason that a mail repeats.
const REASON_SHOWN: usize = 500;

/// A day that moves.
pub(super) struct DayMove {
    /// The task's assignments, as they were before anything was amended.
    pub(super) shares: Vec<Share>,
    /// The new day; none where the task has none any more.
    pub(super) due_on: Option<NaiveDate>,
    /// Why.
    pub(super) reason: String,
}

/// Where days move: of one plan, by one amendment.
pub(super) struct DayMover<'a> {
    pub(super) acting: Acting<'a>,
    pub(super) directory: &'a UnitDirectory,
    pub(super) plan_id: PlanId,
    /// Tells this amendment's asks from others of the same day.
    pub(super) number: i32,
    /// What is asked by another day now, to be told.
    pub(super) asked: Vec<StoredObligation>,
    /// Asks made anew.
    pub(super) made: usize,
}

/// One unit's part whose completion is asked for.
struct Moving<'a> {
    share: &'a Share,
    /// What asks for it now.
    ask: Option<StoredObligation>,
    /// Whether that asks about something else that goes on.
    has_others: bool,
}

impl DayMover<'_> {
    /// Moves the day of a task.
    ///
    /// # Errors
    /// [`FlowError`].
    pub(super) async fn carry_out(&mut self, day: &DayMove) -> Result<(), FlowError> {
        let tx = self.acting.tx;
        let goes_on = |share: &&Share| match share.standing.state {
            AssignmentState::Closed | AssignmentState::Withdrawn => false,
            AssignmentState::Issued
            | AssignmentState::Acknowledged
            | AssignmentState::UnderWay
            | AssignmentState::Reported
            | AssignmentState::Forwarded
            | AssignmentState::Returned
            | AssignmentState::Accepted
            | AssignmentState::Paused => true,
        };
        // More time than the new day gives was granted to the unit, and stays.
        let has_longer = |share: &&Share| {
            share
                .due_on
                .zip(day.due_on)
                .is_some_and(|(own, new)| own > new)
        };
        let moving: Vec<&Share> = day
            .shares
            .iter()
            .filter(goes_on)
            .filter(|share| !has_longer(share))
            .collect();
        let own: Vec<AssignmentId> = moving
            .iter()
            .filter(|share| share.due_on.is_some())
            .map(|share| share.standing.id)
            .collect();
        task_life::follow_task(tx, &own).await?;
        let reason: String = day.reason.chars().take(REASON_SHOWN).collect();
        for one in self.asked_for(&moving).await? {
            match day.due_on.filter(|day| *day >= self.acting.now.today) {
                Some(due_on) => self.ask_by(one, due_on, &reason).await?,
                None => self.stop_asking(one).await?,
            }
        }
        Ok(())
    }

    /// Those parts that are still to be reported, with what asks for them.
    async fn asked_for<'s>(&self, shares: &[&'s Share]) -> Result<Vec<Moving<'s>>, FlowError> {
        let tx = self.acting.tx;
        let open: Vec<&Share> = shares
            .iter()
            .copied()
            .filter(|share| is_to_be_reported(share.standing.state))
            .collect();
        let ids: Vec<AssignmentId> = open.iter().map(|share| share.standing.id).collect();
        // The newest comes last and takes the place of the others.
        let asks: HashMap<AssignmentId, ObligationId> = task_life::completion_asks(tx, &ids)
            .await?
            .into_iter()
            .collect();
        let mut ask_ids: Vec<ObligationId> = asks.values().copied().collect();
        ask_ids.sort_unstable();
        ask_ids.dedup();
        let held: HashMap<ObligationId, StoredObligation> = obligations::hold(tx, &ask_ids)
            .await?
            .into_iter()
            .map(|one| (one.id, one))
            .collect();
        let ours: HashSet<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
        let mut with_others = HashSet::new();
        for item in obligations::items(tx, &ask_ids).await? {
            let state: Option<AssignmentState> = item.state.and_then(|state| state.parse().ok());
            let goes_on = state.is_some_and(|state| state.ending().is_none());
            if goes_on && item.assignment_id.is_some_and(|id| !ours.contains(&id)) {
                with_others.insert(ObligationId(item.obligation_id));
            }
        }
        let moving = open.into_iter().map(|share| {
            let ask = asks.get(&share.standing.id);
            Moving {
                share,
                ask: ask.and_then(|id| held.get(id)).cloned(),
                has_others: ask.is_some_and(|id| with_others.contains(id)),
            }
        });
        Ok(moving.collect())
    }

    async fn ask_by(
        &mut self,
        one: Moving<'_>,
        day: NaiveDate,
        reason: &str,
    ) -> Result<(), FlowError> {
        let tx = self.acting.tx;
        let standing = one.share.standing;
        let is_answered = one
            .ask
            .as_ref()
            .is_some_and(|ask| ask.state == ObligationState::Answered);
        // What it answered without a word on progress holds; what is half done is asked for again.
        if is_answered && standing.percent.is_none() {
            return Ok(());
        }
        let unit = self.directory.get(standing.unit_id);
        let levels = unit.map(|unit| unit.levels.as_slice()).unwrap_or_default();
        let settled = self.acting.calendar.settle_due_day(levels, day);
        let moved = Moved {
            by: MovedBy::Amended,
            reason: reason.to_owned(),
        };
        let by_then =
            task_life::open_ask_by(tx, self.plan_id, standing.unit_id, settled.due_on).await?;
        if let Some(target) = by_then {
            if one.ask.as_ref().is_some_and(|ask| ask.id == target.id) {
                return Ok(());
            }
            // The unit is asked by that day already: once for everything.
            self.leave_ask(&one).await?;
            obligations::add_items(tx, target.id, &[Item::Assignment(standing.id)]).await?;
            self.take_back(&[target.id]).await?;
            let told = obligations::open_again(tx, &target, target.due_on, &moved).await?;
            self.tell(told);
            return Ok(());
        }
        match &one.ask {
            Some(ask) if !one.has_others && ask.state != ObligationState::Withdrawn => {
                self.take_back(&[ask.id]).await?;
                let told = obligations::open_again(tx, ask, settled.due_on, &moved).await?;
                self.tell(told);
            }
            before => {
                let first_due_on = before.as_ref().map(|ask| ask.first_due_on);
                self.leave_ask(&one).await?;
                let new = StoredObligation {
                    id: ObligationId(new_id()),
                    source: String::new(),
                    unit_id: standing.unit_id,
                    kind: ObligationKind::Complete,
                    plan_id: self.plan_id,
                    round_id: None,
                    deadline_id: None,
                    what: None,
                    opened_on: self.acting.now.today,
                    due_on: settled.due_on,
                    first_due_on: first_due_on.unwrap_or(settled.due_on),
                    due_revision: 0,
                    moved: Some(moved),
                    provisional: settled.provisional,
                    state: ObligationState::Open,
                    opened_at: self.acting.now.at,
                };
                self.ask_anew(new, day, standing.id).await?;
            }
        }
        Ok(())
    }

    async fn ask_anew(
        &mut self,
        mut new: StoredObligation,
        day: NaiveDate,
        item: AssignmentId,
    ) -> Result<(), FlowError> {
        let items = [Item::Assignment(item)];
        for source in [
            Source::DueDay(self.plan_id, day),
            Source::DueDayAgain(self.plan_id, day, self.number),
        ] {
            new.source = source.to_string();
            if obligations::insert(self.acting.tx, &source, &new, &items).await? {
                self.made += 1;
                self.tell(new);
                break;
            }
        }
        Ok(())
    }

    /// A unit's part is not asked for by any day.
    async fn stop_asking(&mut self, one: Moving<'_>) -> Result<(), FlowError> {
        self.leave_ask(&one).await
    }

    /// What asks for a unit's part asks for it no more; where it asks about nothing else, it is withdrawn.
    async fn leave_ask(&mut self, one: &Moving<'_>) -> Result<(), FlowError> {
        let Some(ask) = one
            .ask
            .as_ref()
            .filter(|ask| ask.state == ObligationState::Open)
        else {
            return Ok(());
        };
        let Acting {
            ctx,
            tx,
            calendar,
            now,
            ..
        } = self.acting;
        if one.has_others {
            obligations::remove_item(tx, ask.id, one.share.standing.id).await?;
            return write_anew(ctx, tx, calendar, now, &[ask.id]).await;
        }
        if obligations::settle(tx, ask.id, ObligationState::Withdrawn, now.at).await? {
            extensions::lapse(tx, &[ask.id], now.at).await?;
            take_out_of_unsent(ctx, tx, calendar, now, &[ask.id], "withdrawn").await?;
        }
        Ok(())
    }

    /// What was to be said of the old day is not said any more.
    async fn take_back(&self, ids: &[ObligationId]) -> Result<(), FlowError> {
        let Acting {
            ctx,
            tx,
            calendar,
            now,
            ..
        } = self.acting;
        take_out_of_unsent(ctx, tx, calendar, now, ids, "replanned").await
    }

    /// Tells an ask once, as it was left last.
    fn tell(&mut self, ask: StoredObligation) {
        self.asked.retain(|known| known.id != ask.id);
        self.asked.push(ask);
    }
}

/// Whether the unit has still to say that it is done.
fn is_to_be_reported(state: AssignmentState) -> bool {
    match state {
        AssignmentState::Issued
        | AssignmentState::Acknowledged
        | AssignmentState::UnderWay
        | AssignmentState::Returned => true,
        AssignmentState::Reported
        | AssignmentState::Forwarded
        | AssignmentState::Accepted
        | AssignmentState::Closed
        | AssignmentState::Paused
        | AssignmentState::Withdrawn => false,
    }
}
