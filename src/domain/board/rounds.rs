//! The rounds that run on a day and how far they are answered.

use chrono::NaiveDate;

use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::{PlanId, RoundId};
use crate::domain::obligation::ObligationState;

use super::as_of::AsOf;
use super::reach::{Reach, Seen};
use super::rows::BoardRound;

/// A round as it stands in the evening of a day, and its obligations that are seen. What was withdrawn is not asked any
/// more and counts nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRound {
    /// The round.
    pub id: RoundId,
    /// Kind of its cycle.
    pub cycle: CycleKind,
    /// Its period, such as 2026-B6.
    pub period_key: String,
    /// Plan.
    pub plan_id: PlanId,
    /// Local day it was opened.
    pub opened_on: NaiveDate,
    /// Latest due day; `None` where nothing is due.
    pub due_on: Option<NaiveDate>,
    /// Obligations asked.
    pub asked: u32,
    /// Of these, answered by that day.
    pub answered: u32,
    /// Of these, open after their due day.
    pub overdue: u32,
}

impl OpenRound {
    /// Answered of asked, as a percentage 0–100; `None` where nobody was asked.
    pub fn answer_rate(&self) -> Option<f64> {
        (self.asked > 0).then(|| f64::from(self.answered) * 100.0 / f64::from(self.asked))
    }
}

impl AsOf<'_> {
    /// The rounds opened by that day and not closed by it, in the order of opening days, then ids. With a reach that is
    /// not all, only rounds that ask somebody seen.
    pub fn open_rounds(&self, reach: &Reach) -> Vec<OpenRound> {
        self.rounds(reach, |round| {
            round.closed_on.is_none_or(|closed| closed > self.on)
        })
    }

    /// The rounds of a plan opened from a day on and by that day, whether they are closed or not, in the same order.
    pub fn rounds_since(&self, plan: PlanId, first: NaiveDate) -> Vec<OpenRound> {
        self.rounds(&Reach::All, |round| {
            round.plan_id == plan && round.opened_on >= first
        })
    }

    /// How many rounds of all plans were opened from a day on and by that day.
    pub fn rounds_opened_since(&self, first: NaiveDate) -> usize {
        let rounds = self.board.rounds.rows.iter();
        let opened = rounds.filter(|round| (first..=self.on).contains(&round.opened_on));
        opened.count()
    }

    fn rounds(&self, reach: &Reach, wanted: impl Fn(&BoardRound) -> bool) -> Vec<OpenRound> {
        let seen = Seen::of(reach, self.board);
        let mut rounds: Vec<Option<OpenRound>> = self
            .board
            .rounds
            .rows
            .iter()
            .map(|round| {
                let is_told = round.opened_on <= self.on && wanted(round);
                is_told.then(|| OpenRound {
                    id: round.id,
                    cycle: round.cycle,
                    period_key: round.period_key.clone(),
                    plan_id: round.plan_id,
                    opened_on: round.opened_on,
                    due_on: round.due_on,
                    asked: 0,
                    answered: 0,
                    overdue: 0,
                })
            })
            .collect();
        for row in self.ask_rows() {
            let Some(Some(round)) = rounds.get_mut(row.round as usize) else {
                continue;
            };
            let Some(state) = row.state_on(self.day) else {
                continue;
            };
            if state == ObligationState::Withdrawn || !seen.obligation(self.board, row) {
                continue;
            }
            round.asked += 1;
            round.answered += u32::from(state == ObligationState::Answered);
            round.overdue += u32::from(row.is_overdue_on(self.day));
        }
        let mut open: Vec<OpenRound> = rounds
            .into_iter()
            .flatten()
            .filter(|round| round.asked > 0 || matches!(seen, Seen::All))
            .collect();
        open.sort_by_key(|round| (round.opened_on, round.id));
        open
    }
}
