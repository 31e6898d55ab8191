//! What open and unanswered asks mean for the lights of assignments without expected progress: for all at once as marks,
//! and for one as a record with its numbers. Acknowledgements tell nothing of the work and are left out.

use std::iter::successors;
use std::ops::Range;

use chrono::NaiveDate;

use crate::domain::light::{AskRecord, Light, RED_OVERDUE_WORKDAYS};
use crate::domain::light_table::Mark;
use crate::domain::obligation::ObligationState;
use crate::domain::workday_line::WorkdayLine;

use super::Board;
use super::asks::AskRow;
use super::day::Day;
use super::followed_sums::differ;

/// Bits of a word.
const BITS: usize = u64::BITS as usize;

/// The light that asks give each assignment; empty where all are in order.
#[derive(Debug, Clone, Default)]
pub(super) struct AskMarks {
    lights: Vec<Light>,
}

impl AskMarks {
    /// The marks of the evening of `on`; `rows` are all obligations as they were then.
    pub(super) fn of(board: &Board, rows: &[AskRow], on: NaiveDate, line: &WorkdayLine) -> Self {
        let mut marks = Self::default();
        marks.raise(board, rows, on, line);
        marks
    }

    /// The marks of the same evening, after obligations were put since a time of the clock of [`super::asks::Asks`], none of
    /// which asks about less than before.
    pub(super) fn followed(
        mut self,
        clock: u64,
        board: &Board,
        on: NaiveDate,
        line: &WorkdayLine,
    ) -> Self {
        let rows = board.asks.put_after(clock, Day::of(on));
        for item in rows.iter().flat_map(|row| board.asks.items(row)) {
            if let Some(known) = self.lights.get_mut(*item as usize) {
                *known = Light::Green;
            }
        }
        self.raise(board, &rows, on, line);
        self
    }

    /// Raises the lights of what these obligations ask about.
    fn raise(&mut self, board: &Board, rows: &[AskRow], on: NaiveDate, line: &WorkdayLine) {
        let day = Day::of(on);
        let room = board.assignments.ids.len();
        let mut raise = |item: usize, light: Light| {
            if self.lights.len() < room {
                self.lights.resize(room, Light::Green);
            }
            if let Some(known) = self.lights.get_mut(item) {
                *known = light.max(*known);
            }
        };
        let asks = rows.iter().filter(|row| row.kind.counts_as_ask());
        for row in asks.filter(|row| row.is_overdue_on(day)) {
            let late = overdue_workdays(row.due, on, line) > RED_OVERDUE_WORKDAYS;
            let light = if late { Light::Red } else { Light::Yellow };
            for item in board.asks.items(row) {
                raise(*item as usize, light);
            }
        }
        for item in Unanswered::on(board, rows, day).items() {
            raise(item, Light::Red);
        }
    }

    /// Whether both give the same lights at these places.
    pub(super) fn agree(&self, other: &Self, places: Range<usize>) -> bool {
        let green = |lights: &[Light]| !lights.iter().any(|light| *light != Light::Green);
        match (self.lights.get(places.clone()), other.lights.get(places)) {
            (Some(one), Some(other)) => !differ(one, other),
            (Some(lights), None) | (None, Some(lights)) => green(lights),
            (None, None) => true,
        }
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
    fn on(board: &Board, rows: &[AskRow], day: Day) -> Self {
        let with = |state| {
            let rows = rows.iter();
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

/// What was asked about one assignment up to the evening of `on`; `rows` are all obligations as they were then.
pub(super) fn record_of(
    board: &Board,
    rows: &[AskRow],
    assignment: u32,
    on: NaiveDate,
    line: &WorkdayLine,
) -> AskRecord {
    let day = Day::of(on);
    let mut record = AskRecord::default();
    let mut unanswered = Vec::new();
    let mut last_answered = None;
    for row in rows {
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
