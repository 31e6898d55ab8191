//! The five counts of a bulletin 超进度, 达进度, 欠进度, 已完成, 其他 with their percentages, and the three lights.

use crate::domain::board::Tally;
use crate::domain::light::Light;
use crate::domain::percent_parts::{Tenths, percent_parts};
use crate::domain::standing::Standing;
use serde::{Deserialize, Serialize};

/// How many stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FiveCounts {
    /// 超进度.
    pub ahead: u32,
    /// 达进度.
    pub on_track: u32,
    /// 欠进度.
    pub behind: u32,
    /// 已完成.
    pub done: u32,
    /// 其他.
    pub none: u32,
}

impl FiveCounts {
    /// All of them.
    pub fn total(&self) -> u32 {
        self.ahead + self.on_track + self.behind + self.done + self.none
    }

    /// One of them.
    pub fn of(&self, standing: Standing) -> u32 {
        match standing {
            Standing::Ahead => self.ahead,
            Standing::OnTrack => self.on_track,
            Standing::Behind => self.behind,
            Standing::Done => self.done,
            Standing::None => self.none,
        }
    }

    /// Counts one more.
    pub fn add(&mut self, standing: Standing) {
        *match standing {
            Standing::Ahead => &mut self.ahead,
            Standing::OnTrack => &mut self.on_track,
            Standing::Behind => &mut self.behind,
            Standing::Done => &mut self.done,
            Standing::None => &mut self.none,
        } += 1;
    }

    /// Adds others.
    pub fn merge(&mut self, other: &Self) {
        self.ahead += other.ahead;
        self.on_track += other.on_track;
        self.behind += other.behind;
        self.done += other.done;
        self.none += other.none;
    }

    /// Each as a part of all, in the order of [`Standing::ALL`]; together 100.0%. The part that is behind is rounded as if
    /// it stood alone: it is what readers compare from issue to issue.
    pub fn parts(&self) -> [(Standing, u32, Tenths); 5] {
        let wide = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let others = [self.ahead, self.on_track, self.done, self.none].map(wide);
        let (behind, [ahead, on_track, done, none]) = percent_parts(wide(self.behind), others);
        [
            (Standing::Ahead, self.ahead, ahead),
            (Standing::OnTrack, self.on_track, on_track),
            (Standing::Behind, self.behind, behind),
            (Standing::Done, self.done, done),
            (Standing::None, self.none, none),
        ]
    }
}

impl From<&Tally> for FiveCounts {
    fn from(tally: &Tally) -> Self {
        Self {
            ahead: tally.ahead,
            on_track: tally.on_track,
            behind: tally.behind,
            done: tally.done,
            none: tally.none,
        }
    }
}

impl From<&Tally> for LightCounts {
    fn from(tally: &Tally) -> Self {
        Self {
            green: tally.green,
            yellow: tally.yellow,
            red: tally.red,
        }
    }
}

/// How many of each light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LightCounts {
    /// 绿灯.
    pub green: u32,
    /// 黄灯.
    pub yellow: u32,
    /// 红灯.
    pub red: u32,
}

impl LightCounts {
    /// Counts one more.
    pub fn add(&mut self, light: Light) {
        *match light {
            Light::Green => &mut self.green,
            Light::Yellow => &mut self.yellow,
            Light::Red => &mut self.red,
        } += 1;
    }

    /// Adds others.
    pub fn merge(&mut self, other: &Self) {
        self.green += other.green;
        self.yellow += other.yellow;
        self.red += other.red;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_parts_of_a_real_bulletin() {
        // 222 items: 欠进度 17, 超进度 10, 已完成 24, 其他 9, 达进度 162.
        let counts = FiveCounts {
            ahead: 10,
            on_track: 162,
            behind: 17,
            done: 24,
            none: 9,
        };
        let told: Vec<String> = counts
            .parts()
            .iter()
            .map(|(standing, count, part)| format!("{}{count}（{part}）", standing.label()))
            .collect();
        assert_eq!(counts.total(), 222);
        assert_eq!(
            told.join("、"),
            "超进度10（4.5%）、达进度162（72.9%）、欠进度17（7.7%）、已完成24（10.8%）、其他9（4.1%）"
        );
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole(counts in proptest::array::uniform5(0_u32..5_000)) {
            let [ahead, on_track, behind, done, none] = counts;
            let counts = FiveCounts { ahead, on_track, behind, done, none };
            let sum: u16 = counts.parts().iter().map(|(_, _, part)| part.0).sum();
            prop_assert_eq!(sum, if counts.total() == 0 { 0 } else { 1_000 });
            for (standing, count, _) in counts.parts() {
                prop_assert_eq!(counts.of(standing), count);
            }
        }
    }
}
