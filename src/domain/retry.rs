//! When a mail that was put off is tried again, and when it is given up (RFC 5321 §4.5.4.1).

use chrono::TimeDelta;

/// Delays between tries, in minutes; the last one repeats. Two tries fall within the first hour.
const DELAYS_MINUTES: [i64; 7] = [1, 5, 15, 30, 60, 120, 180];

/// A mail is given up this long after it was queued (RFC 5321: at least 4–5 days).
pub const GIVE_UP_AFTER: TimeDelta = TimeDelta::days(5);

/// Longer than any pause between two tries, of a mail or of all: an instant further ahead was noted by a clock that was
/// fast, and means nothing once the clock is right.
pub const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(25);

/// How long to wait before the next try.
///
/// `attempts` counts the tries made so far (1 after the first). `age` is the time since the mail was queued; from
/// [`GIVE_UP_AFTER`] on the answer is `None`: the mail has failed. `hint` is what the server asked for (“try again in
/// 300 seconds”): never less than that, and 10 seconds more. `jitter` in `0.0..=1.0` spreads the delay by ±20 %, so that
/// a round's mails do not come back all at once.
pub fn next_delay(
    attempts: u32,
    age: TimeDelta,
    hint: Option<TimeDelta>,
    jitter: f64,
) -> Option<TimeDelta> {
    if age >= GIVE_UP_AFTER {
        return None;
    }
    let delay = TimeDelta::minutes(nth_or_last(&DELAYS_MINUTES, attempts));
    Some(spread(delay, hint, jitter))
}

/// The step of that number, counted from 1 (0 counts as 1); the last one for every later. `steps` has at least one.
pub(super) fn nth_or_last(steps: &[i64], nth: u32) -> i64 {
    let step = usize::try_from(nth.saturating_sub(1)).unwrap_or(usize::MAX);
    steps[step.min(steps.len() - 1)]
}

/// A pause of ±20 % around `pause`: −20 % for a `jitter` of 0, +20 % for 1. Where the server named a time in `hint`, never
/// less than that and 10 seconds more; of what it named, at most a day is believed.
pub(super) fn spread(pause: TimeDelta, hint: Option<TimeDelta>, jitter: f64) -> TimeDelta {
    let jitter = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        0.5
    };
    let milliseconds = pause.num_milliseconds() as f64 * (0.8 + 0.4 * jitter);
    let spread = TimeDelta::milliseconds(milliseconds as i64);
    let asked = hint
        .filter(|hint| *hint > TimeDelta::zero())
        .map(|hint| hint.min(TimeDelta::days(1)) + TimeDelta::seconds(10));
    asked.map_or(spread, |asked| asked.max(spread))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_tries_in_the_first_hour_and_gaps_of_half_an_hour_later() {
        let mut at = TimeDelta::zero();
        let mut tries = vec![];
        for attempt in 1.. {
            let Some(delay) = next_delay(attempt, at, None, 0.5) else {
                break;
            };
            at += delay;
            tries.push((at, delay));
        }
        assert!(
            tries
                .iter()
                .filter(|(at, _)| *at <= TimeDelta::hours(1))
                .count()
                >= 2
        );
        assert!(
            tries
                .iter()
                .skip(3)
                .all(|(_, delay)| *delay >= TimeDelta::minutes(30))
        );
        assert!(
            tries
                .iter()
                .rev()
                .skip(1)
                .all(|(at, _)| *at < GIVE_UP_AFTER)
        );
    }

    #[test]
    fn the_servers_hint_is_kept() {
        let delay = next_delay(1, TimeDelta::zero(), Some(TimeDelta::seconds(300)), 0.0);
        assert_eq!(delay, Some(TimeDelta::seconds(310)));
    }

    proptest! {
        #[test]
        fn never_immediate_never_beyond_a_day(attempts: u32, age in 0i64..432_000, hint: Option<i32>, jitter: f64) {
            let hint = hint.map(|s| TimeDelta::seconds(i64::from(s)));
            let delay = next_delay(attempts, TimeDelta::seconds(age), hint, jitter);
            if let Some(delay) = delay {
                prop_assert!(delay >= TimeDelta::seconds(45) && delay <= TimeDelta::seconds(86_410));
            } else {
                prop_assert!(age >= 432_000);
            }
        }
    }
}
