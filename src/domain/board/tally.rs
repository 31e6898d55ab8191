//! Counting by light and by standing.

use crate::domain::light::Light;
use crate::domain::light_table::Mark;
use crate::domain::standing::Standing;

/// How many of each light and of each standing. Each row is in one light and in one standing, so the three lights and the
/// five standings both add up to [`Tally::total`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Green lights.
    pub green: u32,
    /// Yellow lights.
    pub yellow: u32,
    /// Red lights.
    pub red: u32,
    /// 超进度.
    pub ahead: u32,
    /// 达进度.
    pub on_track: u32,
    /// 欠进度.
    pub behind: u32,
    /// 已完成.
    pub done: u32,
    /// 其他: no expected progress, paused or withdrawn.
    pub none: u32,
}

impl Tally {
    /// How many rows were counted.
    pub fn total(&self) -> u32 {
        self.green + self.yellow + self.red
    }

    /// The number of one light.
    pub fn of_light(&self, light: Light) -> u32 {
        match light {
            Light::Green => self.green,
            Light::Yellow => self.yellow,
            Light::Red => self.red,
        }
    }

    /// The number of one standing.
    pub fn of_standing(&self, standing: Standing) -> u32 {
        match standing {
            Standing::Ahead => self.ahead,
            Standing::OnTrack => self.on_track,
            Standing::Behind => self.behind,
            Standing::Done => self.done,
            Standing::None => self.none,
        }
    }

    /// Counts `rows` more of one mark.
    pub(super) fn add(&mut self, mark: Mark, rows: u32) {
        *match mark.light() {
            Light::Green => &mut self.green,
            Light::Yellow => &mut self.yellow,
            Light::Red => &mut self.red,
        } += rows;
        *match mark.standing() {
            Standing::Ahead => &mut self.ahead,
            Standing::OnTrack => &mut self.on_track,
            Standing::Behind => &mut self.behind,
            Standing::Done => &mut self.done,
            Standing::None => &mut self.none,
        } += rows;
    }

    /// The tally of a list of numbers per mark.
    pub(super) fn of_slots(slots: &[u32]) -> Self {
        let mut tally = Self::default();
        for (slot, rows) in (0_u8..).zip(slots) {
            if *rows > 0 {
                tally.add(Mark::from_slot(slot), *rows);
            }
        }
        tally
    }

    /// Adds what another has counted.
    pub(super) fn merge(&mut self, other: &Self) {
        self.green += other.green;
        self.yellow += other.yellow;
        self.red += other.red;
        self.ahead += other.ahead;
        self.on_track += other.on_track;
        self.behind += other.behind;
        self.done += other.done;
        self.none += other.none;
    }
}
