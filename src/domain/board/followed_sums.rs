//! Sums of the whole board that keep up with it: what single reports and asks change is exchanged, without another pass over
//! everything.

use super::as_of::AsOf;
use super::ask_marks::AskMarks;
use super::lens::{Lens, TaskMarks};
use super::reach::Reach;
use super::sums::Sums;
use chrono::NaiveDate;
use std::sync::Arc;

/// Assignments compared at once.
const STRIDE: usize = 512;

/// The sums of all assignments on a day, with what they were made of.
#[derive(Debug)]
pub struct FollowedSums {
    on: NaiveDate,
    shape: u64,
    asks_clock: u64,
    percents: Vec<u8>,
    tasks: Arc<TaskMarks>,
    asks: Arc<AskMarks>,
    sums: Sums,
}

impl FollowedSums {
    /// The sums of a day.
    pub fn of(day: &AsOf<'_>) -> Self {
        let lens = day.lens();
        Self {
            on: day.on,
            shape: day.board.shape(),
            asks_clock: day.board.asks.clock(),
            percents: lens.percents.to_vec(),
            tasks: lens.tasks.clone(),
            asks: lens.asks.clone(),
            sums: day.sums(&Reach::All),
        }
    }

    /// The day they were last brought to.
    pub fn on(&self) -> NaiveDate {
        self.on
    }

    /// Brings the sums to `day`, a state of the same board under the same calendar as before: quickly where nothing but
    /// reports, rounds and obligations has come since and the day is the same, else in a pass.
    pub fn follow(&mut self, day: &AsOf<'_>) -> &Sums {
        if (self.on, self.shape) != (day.on, day.board.shape()) {
            *self = Self::of(day);
            return &self.sums;
        }
        let asks = self.asks_followed(day);
        // What the day has not worked out yet, it need not.
        let tasks = day.tasks.get_or_init(|| self.tasks.clone());
        let asks = day.asks.get_or_init(|| asks).clone();
        let (before, after) = (
            Lens {
                percents: &self.percents,
                asks: &self.asks,
                tasks,
                ..day.lens()
            },
            day.lens(),
        );
        let strides = self
            .percents
            .chunks(STRIDE)
            .zip(after.percents.chunks(STRIDE));
        for (number, (old, new)) in strides.enumerate() {
            let from = number * STRIDE;
            let places = from..from + old.len();
            if !differ(old, new) && self.asks.agree(&asks, places.clone()) {
                continue;
            }
            for at in places {
                self.sums.exchange(at, &before, &after);
            }
        }
        self.percents.copy_from_slice(after.percents);
        self.asks = asks;
        self.asks_clock = day.board.asks.clock();
        &self.sums
    }

    fn asks_followed(&self, day: &AsOf<'_>) -> Arc<AskMarks> {
        let clock = self.asks_clock;
        if clock == day.board.asks.clock() || !self.tasks.has_asked() {
            return self.asks.clone();
        }
        let known = AskMarks::clone(&self.asks);
        Arc::new(known.followed(clock, day.board, day.on, day.line))
    }
}

/// Whether two slices differ anywhere; without a way out in the middle, so that many places are compared at once.
pub(super) fn differ<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.len() != other.len()
        || one
            .iter()
            .zip(other)
            .fold(false, |differ, (one, other)| differ | (one != other))
}
