//! A local day in two bytes, for columns of millions.

use chrono::{Datelike, NaiveDate};

/// 1999-12-31, counted from 0001-01-01 as day 1.
const BEFORE_FIRST: i32 = 730_119;

/// A bureau-local day from 2000-01-01 to 2179-06-05, or none, which sorts after every day. Earlier and later days are
/// taken as the first and the last of these: no plan of ours lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Day(u16);

impl Day {
    /// No day: after every day, so that what has no end has not ended.
    pub(super) const NEVER: Self = Self(u16::MAX);
    /// The first day.
    pub(super) const FIRST: Self = Self(0);
    const LAST: u16 = u16::MAX - 1;

    pub(super) fn of(date: NaiveDate) -> Self {
        let number = date.num_days_from_ce() - BEFORE_FIRST - 1;
        let clamped = number.clamp(0, i32::from(Self::LAST));
        Self(u16::try_from(clamped).unwrap_or(Self::LAST))
    }

    pub(super) fn of_option(date: Option<NaiveDate>) -> Self {
        date.map_or(Self::NEVER, Self::of)
    }

    /// Days since the first.
    pub(super) fn number(self) -> usize {
        usize::from(self.0)
    }

    pub(super) fn date(self) -> Option<NaiveDate> {
        if self == Self::NEVER {
            return None;
        }
        NaiveDate::from_num_days_from_ce_opt(BEFORE_FIRST + 1 + i32::from(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn days_come_back_and_far_ones_are_held_at_the_ends() {
        for (given, back) in [
            ("2000-01-01", "2000-01-01"),
            ("2026-11-24", "2026-11-24"),
            ("2179-06-05", "2179-06-05"),
            ("1999-12-31", "2000-01-01"),
            ("2179-06-06", "2179-06-05"),
        ] {
            assert_eq!(Day::of(date(given)).date(), Some(date(back)), "{given}");
        }
        assert_eq!(Day::of(NaiveDate::MAX).date(), Some(date("2179-06-05")));
        assert_eq!(Day::of(NaiveDate::MIN), Day::FIRST);
        assert_eq!(Day::NEVER.date(), None);
        assert!(Day::of(NaiveDate::MAX) < Day::NEVER);
    }
}
