//! Dice that fall alike for the same seed: for example data and simulated people. Draws of real rounds have rules of their
//! own, see `draw`.

use sha2::{Digest, Sha256};

/// Numbers that repeat for the same seed (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice for one thing among many: those of another seed, or of another thing, fall otherwise.
    pub fn of(seed: u64, thing: &[u64]) -> Self {
        let mut dice = Self(seed);
        for number in thing {
            dice.0 = dice.roll() ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93);
        }
        dice
    }

    /// Dice for one thing named by a text.
    pub fn named(seed: u64, thing: &str) -> Self {
        let digest = Sha256::digest(thing.as_bytes());
        let number = digest
            .iter()
            .take(8)
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        Self::of(seed, &[number])
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `end`; 0 where `end` is 0.
    pub fn below(&mut self, end: u32) -> u32 {
        // The high half times the end: below it.
        let scaled = ((self.roll() >> 32) * u64::from(end)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }

    /// A number from `least` to `most`.
    pub fn between(&mut self, least: i32, most: i32) -> i32 {
        let span = u32::try_from(most.saturating_sub(least).saturating_add(1)).unwrap_or(1);
        least.saturating_add(i32::try_from(self.below(span)).unwrap_or(0))
    }

    /// Whether something happens that does so `percent` times of a hundred.
    pub fn happens(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_alike_and_another_otherwise() {
        let falls = |seed, thing: &str| {
            let mut dice = Dice::named(seed, thing);
            (0..20).map(|_| dice.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(falls(1, "S001"), falls(1, "S001"));
        assert_ne!(falls(1, "S001"), falls(2, "S001"));
        assert_ne!(falls(1, "S001"), falls(1, "S002"));
    }

    #[test]
    fn numbers_stay_between_their_ends() {
        let mut dice = Dice::named(7, "ends");
        for _ in 0..2_000 {
            assert!((-3..=4).contains(&dice.between(-3, 4)));
            assert!(dice.below(9) < 9);
        }
        assert_eq!(dice.below(0), 0);
    }
}
