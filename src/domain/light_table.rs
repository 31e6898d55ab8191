//! Lights by look-up: light and standing in one small number, and for a task on a day the whole percentages at which it
//! changes. The rule itself is in `light`; a property test holds the two together.

use super::expected_progress::{Duty, Expected};
use super::light::{Ending, Light, RED_OVER, YELLOW_FROM};
use super::standing::Standing;

/// A light and a standing that go together, as a small number, so that counting is adding one in an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(u8);

impl Mark {
    /// Past its end or more than 30 points behind, and 10 points behind at least.
    const RED_BEHIND: Self = Self(0);
    /// Past its end, less than 10 points short.
    const RED_ON_TRACK: Self = Self(1);
    const YELLOW_BEHIND: Self = Self(2);
    const GREEN_ON_TRACK: Self = Self(3);
    const GREEN_AHEAD: Self = Self(4);
    const GREEN_DONE: Self = Self(5);
    const GREEN_NONE: Self = Self(6);
    /// An assignment whose light its asks decide, all of them being in order.
    pub const QUIET: Self = Self(7);
    const YELLOW_NONE: Self = Self(8);
    const RED_NONE: Self = Self(9);

    /// How many marks there are, rounded up to a power of two.
    pub const SLOTS: usize = 16;

    /// The mark of that number, as [`Self::slot`] gives it; what is none reads as of no expectation.
    pub fn from_slot(slot: u8) -> Self {
        if slot <= Self::RED_NONE.0 {
            Self(slot)
        } else {
            Self::GREEN_NONE
        }
    }

    /// Its number, below [`Self::SLOTS`].
    pub fn slot(self) -> u8 {
        self.0
    }

    /// The mark of what has left the course of its task.
    pub fn of_ending(ending: Ending) -> Self {
        match ending {
            Ending::Closed => Self::GREEN_DONE,
            Ending::Paused | Ending::Withdrawn => Self::GREEN_NONE,
        }
    }

    /// The mark of what has no expected progress and whose asks give this light.
    pub fn of_asks(light: Light) -> Self {
        match light {
            Light::Green => Self::QUIET,
            Light::Yellow => Self::YELLOW_NONE,
            Light::Red => Self::RED_NONE,
        }
    }

    /// The light.
    pub fn light(self) -> Light {
        match self {
            Self::RED_BEHIND | Self::RED_ON_TRACK | Self::RED_NONE => Light::Red,
            Self::YELLOW_BEHIND | Self::YELLOW_NONE => Light::Yellow,
            _ => Light::Green,
        }
    }

    /// The standing.
    pub fn standing(self) -> Standing {
        match self {
            Self::RED_BEHIND | Self::YELLOW_BEHIND => Standing::Behind,
            Self::RED_ON_TRACK | Self::GREEN_ON_TRACK => Standing::OnTrack,
            Self::GREEN_AHEAD => Standing::Ahead,
            Self::GREEN_DONE => Standing::Done,
            _ => Standing::None,
        }
    }
}

/// Whether the end of a task has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It lies ahead, or is today.
    Ahead,
    /// It has passed.
    Passed,
}

/// At which whole percentages the light and the standing of a task change on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LightTable {
    /// It has an expected progress. 100 is done; below it:
    Timed {
        /// Red below this, 0–100.
        red_below: u8,
        /// Yellow below this unless red, and 欠进度; 0–91.
        behind_below: u8,
        /// 超进度 from this on; 10–110.
        ahead_from: u8,
    },
    /// It has none: its asks decide, except that 100 is done where it is no standing duty.
    Asked(Duty),
}

impl LightTable {
    /// The table of a task with an expected progress.
    pub fn timed(expected: Expected, end: End) -> Self {
        let points = expected.points();
        let percent = |points: i64| u8::try_from(points.clamp(0, 110)).unwrap_or(0);
        let red_below = match end {
            End::Passed => 100,
            End::Ahead => percent(points.ceiling() - RED_OVER),
        };
        Self::Timed {
            red_below,
            behind_below: percent(points.floor() - YELLOW_FROM + 1),
            ahead_from: percent(points.ceiling() + YELLOW_FROM),
        }
    }

    /// The mark at a whole percentage (more than 100 counts as 100); [`Mark::QUIET`] where the asks decide.
    pub fn mark(&self, percent: u8) -> Mark {
        match *self {
            Self::Asked(Duty::Standing) => Mark::QUIET,
            _ if percent >= 100 => Mark::GREEN_DONE,
            Self::Asked(Duty::Ending) => Mark::QUIET,
            Self::Timed {
                red_below,
                behind_below,
                ahead_from,
            } => match (percent < red_below, percent < behind_below) {
                (true, true) => Mark::RED_BEHIND,
                (true, false) => Mark::RED_ON_TRACK,
                (false, true) => Mark::YELLOW_BEHIND,
                (false, false) if percent >= ahead_from => Mark::GREEN_AHEAD,
                (false, false) => Mark::GREEN_ON_TRACK,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::expected_progress::TaskSpan;
    use crate::domain::light::{AskRecord, Basis, light_of};
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    proptest! {
        #[test]
        fn a_look_up_gives_what_the_rule_gives(
            passed in 0_u32..=1200, whole in 1_u32..=1200, over in any::<bool>(),
        ) {
            let (expected, end, on) = if over {
                (Expected::ALL, End::Passed, day("2027-07-01"))
            } else {
                (Expected::new(passed, whole), End::Ahead, day("2027-06-30"))
            };
            let span = TaskSpan { issued_on: day("2027-01-01"), ends_on: day("2027-06-30"), inferred: false };
            let table = LightTable::timed(expected, end);
            for percent in 0..=120 {
                let (light, why) = light_of(Basis::Timed { span, expected, on }, percent);
                let mark = table.mark(percent);
                prop_assert_eq!((mark.light(), mark.standing()), (light, why.standing), "{}", percent);
            }
        }

        #[test]
        fn asks_and_endings_look_up_alike(overdue in 0_u32..3, age in 0_u32..12, unanswered in 0_u32..2, percent in 0_u8..=100) {
            let record = AskRecord { asked: 9, fell_due: 9, answered: 1, overdue, longest_overdue: age * u32::from(overdue > 0), unanswered };
            for duty in [Duty::Standing, Duty::Ending] {
                let (light, why) = light_of(Basis::Asked { duty, record }, percent);
                let looked_up = LightTable::Asked(duty).mark(percent);
                let mark = if looked_up == Mark::QUIET { Mark::of_asks(record.light()) } else { looked_up };
                prop_assert_eq!((mark.light(), mark.standing()), (light, why.standing));
            }
        }
    }

    #[test]
    fn endings_have_the_mark_of_their_light() {
        for ending in [Ending::Closed, Ending::Paused, Ending::Withdrawn] {
            let (light, why) = light_of(Basis::Ended(ending), 40);
            let mark = Mark::of_ending(ending);
            assert_eq!((mark.light(), mark.standing()), (light, why.standing));
        }
    }

    #[test]
    fn slots_come_back() {
        for slot in 0..=9 {
            assert_eq!(Mark::from_slot(slot).slot(), slot);
            assert!(usize::from(slot) < Mark::SLOTS);
        }
        assert_eq!(Mark::from_slot(200), Mark::GREEN_NONE);
    }
}
