//! Obligations open after their due day, by unit and by age.

use crate::domain::ids::UnitId;

use super::as_of::AsOf;
use super::ask_marks::overdue_workdays;
use super::reach::{Reach, Seen};

/// How long an obligation has been overdue, in workdays since its due day; the weekend after a due day counts as 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgeBucket {
    /// 1–2 workdays.
    UpTo2,
    /// 3–6.
    UpTo6,
    /// 7–14.
    UpTo14,
    /// 15 and more.
    From15,
}

impl AgeBucket {
    /// Every bucket, the youngest first.
    pub const ALL: [Self; 4] = [Self::UpTo2, Self::UpTo6, Self::UpTo14, Self::From15];

    /// The stable code: `1-2`, `3-6`, `7-14`, `15+`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpTo2 => "1-2",
            Self::UpTo6 => "3-6",
            Self::UpTo14 => "7-14",
            Self::From15 => "15+",
        }
    }

    /// The bucket of an age; 0 counts as 1.
    pub fn of(workdays: u32) -> Self {
        match workdays {
            0..=2 => Self::UpTo2,
            3..=6 => Self::UpTo6,
            7..=14 => Self::UpTo14,
            15.. => Self::From15,
        }
    }
}

/// The overdue obligations of one unit, of every kind, acknowledgements included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitOverdue {
    /// The unit.
    pub unit_id: UnitId,
    /// How many of each age, in the order of [`AgeBucket::ALL`].
    pub by_age: [u32; 4],
}

impl UnitOverdue {
    /// How many of one age.
    pub fn of_age(&self, bucket: AgeBucket) -> u32 {
        let [up_to_2, up_to_6, up_to_14, from_15] = self.by_age;
        match bucket {
            AgeBucket::UpTo2 => up_to_2,
            AgeBucket::UpTo6 => up_to_6,
            AgeBucket::UpTo14 => up_to_14,
            AgeBucket::From15 => from_15,
        }
    }

    /// How many in all.
    pub fn total(&self) -> u32 {
        self.by_age.iter().sum()
    }
}

impl AsOf<'_> {
    /// The units with obligations open after their due day in the evening of that day: most first, then by unit code.
    /// What was left unanswered at its close is no longer open and not counted.
    pub fn overdue(&self, reach: &Reach) -> Vec<UnitOverdue> {
        let seen = Seen::of(reach, self.board);
        let units = &self.board.units.rows;
        let mut ages = vec![[0_u32; 4]; units.len()];
        let overdue = self.ask_rows().iter();
        for row in overdue.filter(|row| row.is_overdue_on(self.day)) {
            if !seen.obligation(self.board, row) {
                continue;
            }
            let bucket = AgeBucket::of(overdue_workdays(row.due, self.on, self.line));
            let at = AgeBucket::ALL.iter().position(|known| *known == bucket);
            let unit = ages.get_mut(row.unit as usize);
            if let Some(number) = unit.zip(at).and_then(|(unit, at)| unit.get_mut(at)) {
                *number += 1;
            }
        }
        let mut found: Vec<(&str, UnitOverdue)> = units
            .iter()
            .zip(ages)
            .map(|(unit, by_age)| {
                let unit_id = unit.id;
                (unit.code.as_str(), UnitOverdue { unit_id, by_age })
            })
            .filter(|(_, unit)| unit.total() > 0)
            .collect();
        found.sort_by(|(code, unit), (other_code, other)| {
            let most_first = other.total().cmp(&unit.total());
            most_first.then_with(|| (code, unit.unit_id).cmp(&(other_code, other.unit_id)))
        });
        found.into_iter().map(|(_, unit)| unit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_fall_into_the_buckets_of_the_reminder_stages() {
        for (workdays, code) in [
            (0, "1-2"),
            (1, "1-2"),
            (2, "1-2"),
            (3, "3-6"),
            (6, "3-6"),
            (7, "7-14"),
            (14, "7-14"),
            (15, "15+"),
            (u32::MAX, "15+"),
        ] {
            assert_eq!(AgeBucket::of(workdays).as_str(), code);
        }
        assert!(AgeBucket::ALL.is_sorted());
    }
}
