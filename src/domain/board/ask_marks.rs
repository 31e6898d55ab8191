//! What open and unanswered asks mean for the lights of assignments without expected progress: for all at once as marks,
//! and for one as a record with its numbers. Acknowledgements tell nothing of the work and are left out.

use std::iter::successors;

use chrono::NaiveDate;

use crate::domain::light::{AskRecord, Light, RED_OVERDUE_WORKDAYS};
use crate::domain::light_table::Mark;
use crate::domain::obligation::ObligationState;
use crate::domain::workday_line::WorkdayLine;

use super::Board;
use super::asks::AskRow;
use super::day::Day;

/// Bits of a word.
const BITS: usize = u64::BITS as usize;

/// The light that asks give each assignment; empty where all are in order.
#[derive(Debug, Default)]
pub(super) struct AskMarks {
    lights: Vec<Light>,
}

impl AskMarks {
    /// The marks of the evening of `on`.
    pub(super) fn on(board: &Board, on: NaiveDate, line: &WorkdayLine) -> Self {
        let day = Day::of(on);
        let rows = || board.asks.rows.iter();
        let mut lights = Vec::new();
        let room = board.assignments.ids.len();
        let mut raise = |row: &AskRow, light: Light| {
            if lights.is_empty() {
                lights = vec![Light::Green; room];
            }
            for item in board.asks.items(row) {
                if let Some(known) = lights.get_mut(*item as usize) {
                    *known = light.max(*known);
                }
            }
        };
        for row in rows().filter(|row| row.kind.counts_as_ask() && row.is_overdue_on(day)) {
            let late = overdue_workdays(row.due, on, line) > RED_OVERDUE_WORKDAYS;
            raise(row, if late { Light::Red } else { Light::Yellow });
        }
        for item in Unanswered::on(board, day).items() {
            if lights.is_empty() {
                lights = vec![Light::Green; room];
            }
            if let Some(known) = lights.get_mut(item) {
                *known = Light::Red;
            }
        }
        Self { lights }
    }

    /// The mark of an assignment without expected progress.
    #[inline]
    pub(super) fn mark(&self, at: usize) -> Mark {
        match self.lights.get(at) {
            None | Some(Light::Green) => Mark::QUIET,
            Some(light) => Mark::of_asks(*light),
        }
    }
}

/// The assignments with an ask left unanswered, no ask opened later being answered.
#[derive(Default)]
struct Unanswered {
    /// One bit per assignment, small enough to stay near while all answered asks pass by.
    bits: Vec<u64>,
    /// Opening day of the last unanswered ask, where the bit is set.
    last: Vec<Day>,
}

impl Unanswered {
    fn on(board: &Board, day: Day) -> Self {
        let with = |state| {
            let rows = board.asks.rows.iter();
            rows.filter(move |row| row.asks_on(day) == Some(state))
        };
        let mut found = Self::default();
        let mut earliest = Day::NEVER;
        for row in with(ObligationState::Unanswered) {
            if found.last.is_empty() {
                found.last = vec![Day::FIRST; board.assignments.ids.len()];
                found.bits = vec![0; found.last.len().div_ceil(BITS)];
            }
            earliest = earliest.min(row.opened);
            for item in board.asks.items(row) {
                found.leave(*item as usize, row.opened);
            }
        }
        for row in with(ObligationState::Answered).filter(|row| row.opened > earliest) {
            for item in board.asks.items(row) {
                found.answer(*item as usize, row.opened);
            }
        }
        found
    }

    fn leave(&mut self, item: usize, opened: Day) {
        if let (Some(bits), Some(last)) = (self.bits.get_mut(item / BITS), self.last.get_mut(item))
        {
            *bits |= 1 << (item % BITS);
            *last = opened.max(*last);
        }
    }

    fn answer(&mut self, item: usize, opened: Day) {
        let Some(bits) = self.bits.get_mut(item / BITS) else {
            return;
        };
        let bit = 1 << (item % BITS);
        if *bits & bit != 0 && self.last.get(item).is_some_and(|last| opened > *last) {
            *bits &= !bit;
        }
    }

    /// Their row numbers.
    fn items(&self) -> impl Iterator<Item = usize> {
        self.bits.iter().enumerate().flat_map(|(word, bits)| {
            // Each step clears the lowest bit that is set.
            let left = successors(Some(*bits), |bits| Some(bits & bits.wrapping_sub(1)));
            left.take_while(|bits| *bits != 0)
                .map(move |bits| word * BITS + bits.trailing_zeros() as usize)
        })
    }
}

/// Workdays since the due day of what is overdue on `on`, at least 1: on the weekend after a due day none has passed, and
/// the ask is overdue all the same.
pub(super) fn overdue_workdays(due: Day, on: NaiveDate, line: &WorkdayLine) -> u32 {
    let passed = due.date().map_or(0, |due| line.workdays_between(due, on));
    u32::try_from(passed).unwrap_or(0).max(1)
}

/// What was asked about one assignment up to the evening of `on`.
pub(super) fn record_of(
    board: &Board,
    assignment: u32,
    on: NaiveDate,
    line: &WorkdayLine,
) -> AskRecord {
    let day = Day::of(on);
    let mut record = AskRecord::default();
    let mut unanswered = Vec::new();
    let mut last_answered = None;
    for row in &board.asks.rows {
        let Some(state) = row.asks_on(day) else {
            continue;
        };
        if !board.asks.items(row).contains(&assignment) {
            continue;
        }
        record.asked += 1;
        record.fell_due += u32::from(row.due <= day);
        match state {
            ObligationState::Open if row.due < day => {
                record.overdue += 1;
                let age = overdue_workdays(row.due, on, line);
                record.longest_overdue = age.max(record.longest_overdue);
            }
            ObligationState::Open | ObligationState::Withdrawn => {}
            ObligationState::Answered => {
                record.answered += 1;
                last_answered = last_answered.max(Some(row.opened));
            }
            ObligationState::Unanswered => unanswered.push(row.opened),
        }
    }
    unanswered.retain(|opened| last_answered.is_none_or(|answered| answered <= *opened));
    record.unanswered = u32::try_from(unanswered.len()).unwrap_or(u32::MAX);
    record
}
