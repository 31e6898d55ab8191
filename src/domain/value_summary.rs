//! Many units' values in four numbers: the least, the mean, the median and the greatest. Exact, then rounded once.

use crate::domain::decimal::Decimal;

/// What many values come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueSummary {
    /// The smallest.
    pub least: Decimal,
    /// The largest.
    pub greatest: Decimal,
    /// What only several values have.
    pub middle: Option<Middle>,
}

/// Where several values lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Middle {
    /// The arithmetic mean, each unit counting alike, rounded half away from zero to the decimals of the values, at least two.
    pub mean: Decimal,
    /// The one in the middle, or the mean of the two in the middle, rounded likewise.
    pub median: Decimal,
}

impl ValueSummary {
    /// Of these values; nothing of none.
    pub fn of(values: &[Decimal]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let (least, greatest) = (*sorted.first()?, *sorted.last()?);
        let middle = (sorted.len() > 1).then(|| {
            let step = step(&sorted);
            let half = sorted.len() / 2;
            let around = if sorted.len().is_multiple_of(2) {
                half - 1
            } else {
                half
            };
            Middle {
                mean: mean(&sorted, step),
                median: mean(sorted.get(around..=half).unwrap_or_default(), step),
            }
        });
        Some(Self {
            least,
            greatest,
            middle,
        })
    }
}

/// The last decimal that is told, in millionths.
fn step(values: &[Decimal]) -> i128 {
    let is_whole = |step: i64| values.iter().all(|value| value.micros() % step == 0);
    let finest = [10_000, 1_000, 100, 10]
        .into_iter()
        .find(|step| is_whole(*step));
    i128::from(finest.unwrap_or(1))
}

/// The mean of values of which there is one at least, rounded to `step`.
fn mean(values: &[Decimal], step: i128) -> Decimal {
    let count = i128::try_from(values.len()).unwrap_or(i128::MAX).max(1);
    let sum: i128 = values.iter().map(|value| i128::from(value.micros())).sum();
    let unit = count.saturating_mul(step);
    let steps = (sum.abs() + unit / 2) / unit * sum.signum();
    // Between the least and the greatest, which have room, but for a rounding to the next step.
    let micros = i64::try_from(steps * step).unwrap_or_default();
    Decimal::of_micros(micros).min(Decimal::LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimals(texts: &[&str]) -> Vec<Decimal> {
        let numbers = texts.iter().map(|text| text.parse().expect("a number"));
        numbers.collect()
    }

    #[test]
    fn means_and_medians_are_rounded_once() {
        for (values, mean, median) in [
            (&["94", "97"][..], "95.5", "95.5"),
            (&["1", "1", "2"], "1.33", "1"),
            (&["0.1", "0.2", "0.3", "0.4"], "0.25", "0.25"),
            (&["0", "0.01"], "0.01", "0.01"),
            (&["-0.01", "0"], "-0.01", "-0.01"),
            (&["0.001", "0.002", "0.002"], "0.002", "0.002"),
            (&["0.000001", "0"], "0.000001", "0.000001"),
            (&["5", "1", "100"], "35.33", "5"),
        ] {
            let summary = ValueSummary::of(&decimals(values)).expect("values");
            let middle = summary.middle.expect("several");
            let told = [middle.mean.to_string(), middle.median.to_string()];
            assert_eq!(told, [mean, median], "{values:?}");
        }
        assert_eq!(ValueSummary::of(&[]), None);
        let one = ValueSummary::of(&decimals(&["7"])).expect("a value");
        assert_eq!((one.least, one.middle), (one.greatest, None));
    }

    proptest! {
        #[test]
        fn the_middle_lies_between_the_ends(
            micros in prop::collection::vec(-999_999_999_999_999_i64..=999_999_999_999_999, 2..40)
        ) {
            let values: Vec<Decimal> = micros.iter().map(|one| Decimal::of_micros(*one)).collect();
            let summary = ValueSummary::of(&values).expect("values");
            let middle = summary.middle.expect("several");
            for told in [middle.mean, middle.median] {
                prop_assert!(summary.least <= told && told <= summary.greatest);
            }
        }
    }
}
