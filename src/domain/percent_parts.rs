//! Parts of a whole as percentages with one decimal that sum to exactly 100, as readers of a report add them up.

use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::fmt;

/// A percentage in tenths: 333 is 33.3%.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Tenths(pub u16);

const WHOLE: u16 = 1_000;

impl Tenths {
    /// As a fraction of 1.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / f64::from(WHOLE)
    }
}

impl fmt::Display for Tenths {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}%", self.0 / 10, self.0 % 10)
    }
}

/// The parts that `first` and `others` are of their sum. The first is rounded as if it stood alone, so that it can be
/// compared with that of another sum; it is 0.0% or 100.0% only where it is nothing or everything. The others share what
/// it leaves (largest remainder method), so that all together are 100.0%. Nothing has parts of nothing.
pub fn percent_parts<const OTHERS: usize>(
    first: usize,
    others: [usize; OTHERS],
) -> (Tenths, [Tenths; OTHERS]) {
    let wide = |count: usize| u128::try_from(count).unwrap_or(u128::MAX >> 16);
    let (first, others) = (wide(first), others.map(wide));
    let rest: u128 = others.iter().sum();
    let sum = first + rest;
    if sum == 0 {
        return (Tenths::default(), [Tenths::default(); OTHERS]);
    }
    let whole = u128::from(WHOLE);
    let part = match (first, rest) {
        (0, _) => 0,
        (_, 0) => whole,
        (first, _) => ((2 * first * whole + sum) / (2 * sum)).clamp(1, whole - 1),
    };
    (tenths(part), shared_out(whole - part, others).map(tenths))
}

/// Shares `amount` out by counts: what rounding down leaves goes to those that lost most by it, the first ones first.
fn shared_out<const COUNTS: usize>(amount: u128, counts: [u128; COUNTS]) -> [u128; COUNTS] {
    let sum: u128 = counts.iter().sum();
    if sum == 0 {
        return counts;
    }
    let mut shares = counts.map(|count| count * amount / sum);
    let left = amount - shares.iter().sum::<u128>();
    let mut by_loss: Vec<_> = counts.iter().zip(&mut shares).collect();
    by_loss.sort_by_key(|(count, _)| Reverse(**count * amount % sum));
    // Less is left than there are shares.
    for ((_, share), _) in by_loss.into_iter().zip(0..left) {
        *share += 1;
    }
    shares
}

fn tenths(part: u128) -> Tenths {
    Tenths(u16::try_from(part).unwrap_or(WHOLE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_told_with_one_decimal() {
        for (first, others, shown) in [
            (1, [1, 1], ["33.3%", "33.4%", "33.3%"]),
            (2, [1, 0], ["66.7%", "33.3%", "0.0%"]),
            (0, [0, 7], ["0.0%", "0.0%", "100.0%"]),
            (7, [0, 0], ["100.0%", "0.0%", "0.0%"]),
            (0, [0, 0], ["0.0%", "0.0%", "0.0%"]),
            // 99.96% is not all of it.
            (9_996, [4, 0], ["99.9%", "0.1%", "0.0%"]),
            (1, [9_999, 0], ["0.1%", "99.9%", "0.0%"]),
            // 12.25% and 87.75% alone would make 100.1%.
            (49, [351, 0], ["12.3%", "87.7%", "0.0%"]),
        ] {
            let (one, [second, third]) = percent_parts(first, others);
            let told = [one, second, third].map(|part| part.to_string());
            assert_eq!(told, shown, "{first} {others:?}");
        }
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole_and_the_first_depends_on_its_share_alone(
            first in 0_usize..100_000, second in 0_usize..100_000, third in 0_usize..100_000
        ) {
            let sum = first + second + third;
            let (one, others) = percent_parts(first, [second, third]);
            let told = one.0 + others[0].0 + others[1].0;
            prop_assert_eq!(told, if sum == 0 { 0 } else { WHOLE });
            prop_assert_eq!(percent_parts(first, [third + second]).0, one);
            for (count, part) in [first, second, third].into_iter().zip([one, others[0], others[1]]) {
                let exact = (count * 1_000).checked_div(sum).unwrap_or(0);
                prop_assert!(usize::from(part.0).abs_diff(exact) <= 2, "{} {}", part, exact);
                prop_assert!(count > 0 || part.0 == 0);
            }
        }
    }
}
