//! How fast mails may leave: what the provider allows, and what its refusals ask for.
//!
//! A *lane* is the whole server, or one recipients' domain on it. Providers set limits to both, most of them secret
//! (reliability: QQ and 163 block for a minute, an hour or a day and say so under 550), so the pace is found by going:
//! a refusal halves the connections, what is taken brings them back one by one.

use crate::domain::coded::coded;
use crate::domain::retry::{nth_or_last, spread};
use chrono::TimeDelta;
use std::collections::BTreeMap;

coded! {
    /// Why nothing is sent on a lane.
    Trouble "mail trouble" {
        /// The server cannot be reached, or turns us away at the door.
        Away "away" "邮件服务器连不上",
        /// The server refuses us altogether: login, sender address, encryption.
        Refused "refused" "邮件服务器拒绝我们发信",
        /// The provider's limit on mails is reached.
        RateLimited "rate_limited" "达到邮件服务商的发信上限",
    }
}

/// Pauses after the first, second, … trouble in a row, in seconds; the last one repeats.
fn pauses(trouble: Trouble) -> &'static [i64] {
    match trouble {
        // A server that was restarted is back soon; one connection a pause costs it nothing.
        Trouble::Away => &[10, 30, 60, 120, 300],
        // Providers lock an account that logs in wrongly too often.
        Trouble::Refused => &[300, 900, 1_800, 3_600],
        Trouble::RateLimited => &[60, 120, 300, 600, 1_800],
    }
}

/// How long nothing is tried on a lane.
///
/// `failures` counts the troubles in a row, 1 at the first. `hint` is what the server asked for: never less than that and
/// 10 seconds more, at most a day. `jitter` in `0.0..=1.0` spreads the pause by ±20 %, so that instances do not come back
/// at the same moment.
pub fn hold_for(
    trouble: Trouble,
    failures: u32,
    hint: Option<TimeDelta>,
    jitter: f64,
) -> TimeDelta {
    let pause = TimeDelta::seconds(nth_or_last(pauses(trouble), failures));
    spread(pause, hint, jitter)
}

/// Mails that must be taken at the present pace before one more connection is used.
const TAKEN_PER_STEP: u32 = 50;

/// Connections in use: halved where the server asks for less, one more after every 50 mails taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionPace {
    most: usize,
    allowed: usize,
    taken: u32,
}

impl ConnectionPace {
    /// Begins with all of `most` connections; none counts as one.
    pub fn new(most: usize) -> Self {
        let most = most.max(1);
        Self {
            most,
            allowed: most,
            taken: 0,
        }
    }

    /// Connections that may be used now: at least one.
    pub fn allowed(&self) -> usize {
        self.allowed
    }

    /// The server asks for less.
    pub fn slow_down(&mut self) {
        self.allowed = (self.allowed / 2).max(1);
        self.taken = 0;
    }

    /// One connection could not be made while others work: the server has no room for it.
    pub fn leave_one(&mut self) {
        self.allowed = (self.allowed - 1).max(1);
        self.taken = 0;
    }

    /// A mail was taken; whether one more connection may be used from now on.
    pub fn went_well(&mut self) -> bool {
        if self.allowed == self.most {
            return false;
        }
        self.taken += 1;
        if self.taken < TAKEN_PER_STEP {
            return false;
        }
        self.taken = 0;
        self.allowed += 1;
        true
    }
}

/// What the bureau knows of its provider's limits; `None` is no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailCaps {
    /// Mails of all instances in a minute.
    pub per_minute: Option<u32>,
    /// Mails of all instances in a local day.
    pub per_day: Option<u32>,
    /// Limits towards recipients' domains, by their normalised names.
    pub domains: BTreeMap<String, DomainCap>,
}

/// A limit towards one domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DomainCap {
    /// Connections of one instance at the same time, at least 1.
    pub connections: usize,
    /// Mails of all instances in a minute.
    pub per_minute: Option<u32>,
}

impl MailCaps {
    /// Whether mails have to be counted.
    pub fn count(&self) -> bool {
        self.per_minute.is_some()
            || self.per_day.is_some()
            || self.domains.values().any(|cap| cap.per_minute.is_some())
    }

    /// Whole days that so many mails take at the provider's limit of a day, 1 where they fit into one; `None` without
    /// such a limit.
    pub fn days_for(&self, mails: u64) -> Option<u64> {
        let per_day = u64::from(self.per_day?).max(1);
        Some(mails.div_ceil(per_day).max(1))
    }
}

/// How many of `cap` are left after `used`; `u64::MAX` without a cap.
pub fn room(cap: Option<u32>, used: u32) -> u64 {
    cap.map_or(u64::MAX, |cap| u64::from(cap.saturating_sub(used)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pauses_grow_and_end_at_the_last() {
        for &trouble in Trouble::ALL {
            let held: Vec<_> = (1..=8).map(|n| hold_for(trouble, n, None, 0.5)).collect();
            assert!(held.windows(2).all(|two| two[0] <= two[1]), "{held:?}");
            assert_eq!(held[6], held[7]);
        }
        let first = hold_for(Trouble::Refused, 1, None, 0.5);
        assert_eq!(first, TimeDelta::minutes(5));
    }

    #[test]
    fn the_servers_own_word_holds() {
        let hint = Some(TimeDelta::seconds(120));
        let held = hold_for(Trouble::RateLimited, 1, hint, 0.0);
        assert_eq!(held, TimeDelta::seconds(130));
        let never = Some(TimeDelta::days(400));
        let held = hold_for(Trouble::RateLimited, 1, never, 0.0);
        assert_eq!(held, TimeDelta::days(1) + TimeDelta::seconds(10));
    }

    #[test]
    fn refusals_halve_and_success_brings_back() {
        let mut pace = ConnectionPace::new(8);
        assert!(!pace.went_well(), "there are no more than all");
        pace.slow_down();
        assert_eq!(pace.allowed(), 4);
        for _ in 0..4 {
            pace.slow_down();
        }
        assert_eq!(pace.allowed(), 1);
        let steps = (0..1_000).filter(|_| pace.went_well()).count();
        assert_eq!((steps, pace.allowed()), (7, 8));
        pace.leave_one();
        assert_eq!(pace.allowed(), 7);
    }

    #[test]
    fn a_round_of_ten_thousand_at_five_hundred_a_day_lasts_twenty_days() {
        let caps = MailCaps {
            per_day: Some(500),
            ..MailCaps::default()
        };
        let days = [(0, 1), (1, 1), (500, 1), (501, 2), (10_000, 20)];
        for (mails, expected) in days {
            assert_eq!(caps.days_for(mails), Some(expected), "{mails}");
        }
        assert_eq!(MailCaps::default().days_for(10_000), None);
    }

    proptest! {
        #[test]
        fn a_pause_is_never_nothing_and_never_much_more_than_a_day(
            which in 0usize..3, failures: u32, hint: Option<i32>, jitter: f64,
        ) {
            let hint = hint.map(|s| TimeDelta::seconds(i64::from(s)));
            let held = hold_for(Trouble::ALL[which], failures, hint, jitter);
            prop_assert!(held >= TimeDelta::seconds(8) && held <= TimeDelta::seconds(86_410));
        }

        #[test]
        fn there_is_always_one_connection_and_never_more_than_all(most in 0usize..40, acts: Vec<u8>) {
            let mut pace = ConnectionPace::new(most);
            for act in acts {
                match act % 3 {
                    0 => pace.slow_down(),
                    1 => pace.leave_one(),
                    _ => drop(pace.went_well()),
                }
                prop_assert!((1..=most.max(1)).contains(&pace.allowed()));
            }
        }
    }
}
