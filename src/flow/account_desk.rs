//! What this process knows of people who sign in: how many passwords are computed, and who has failed how often. It is
//! forgotten when the process ends.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Passwords computed at a time: each takes a core, and 19 MiB.
const COMPUTED_AT_ONCE: usize = 2;

/// How long a failure counts.
const WINDOW: TimeDelta = TimeDelta::minutes(15);

/// Failures of one account within that time.
const OF_ACCOUNT: usize = 8;

/// Failures from one client address within that time: a whole district may share one.
const OF_CLIENT: usize = 100;

/// Accounts and clients remembered at the most; beyond, the older half is forgotten.
const REMEMBERED: usize = 50_000;

/// The desk.
#[derive(Debug)]
pub(crate) struct AccountDesk {
    /// Room for computing passwords.
    pub(super) computing: Arc<Semaphore>,
    failures: Mutex<HashMap<Counted, Vec<DateTime<Utc>>>>,
}

/// Whose failures are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Counted {
    /// Those to sign in to the account of a normalised address, whether or not there is one.
    Account(String),
    /// Those from a client's address.
    Client(String),
}

impl Counted {
    fn most(&self) -> usize {
        match self {
            Self::Account(_) => OF_ACCOUNT,
            Self::Client(_) => OF_CLIENT,
        }
    }
}

impl Default for AccountDesk {
    fn default() -> Self {
        Self {
            computing: Arc::new(Semaphore::new(COMPUTED_AT_ONCE)),
            failures: Mutex::default(),
        }
    }
}

impl AccountDesk {
    /// Counts an attempt as a failure until it turns out to be none, so that many at once are no way around; how long to
    /// wait instead where there were too many.
    pub(super) fn count(&self, who: &Counted, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let mut all = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            forget_old(&mut all, now);
        }
        let failures = all.entry(who.clone()).or_default();
        failures.retain(|at| *at > now - WINDOW);
        let first_that_counts = failures.len().checked_sub(who.most());
        if let Some(first) = first_that_counts.and_then(|at| failures.get(at)) {
            return Err(*first + WINDOW - now);
        }
        failures.push(now);
        Ok(())
    }

    /// An attempt at that instant was no failure.
    pub(super) fn take_back(&self, who: &Counted, at: DateTime<Utc>) {
        let mut all = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failures) = all.get_mut(who)
            && let Some(place) = failures.iter().rposition(|one| *one == at)
        {
            failures.remove(place);
        }
    }

    /// Forgets all failures: somebody has signed in.
    pub(super) fn forget(&self, who: &Counted) {
        let mut all = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(who);
    }
}

/// Forgets who has no more say, and where that is not enough, those who have failed longest ago.
fn forget_old(all: &mut HashMap<Counted, Vec<DateTime<Utc>>>, now: DateTime<Utc>) {
    let last = |failures: &Vec<DateTime<Utc>>| failures.last().copied();
    all.retain(|_, failures| last(failures).is_some_and(|at| at > now - WINDOW));
    if all.len() < REMEMBERED {
        return;
    }
    let mut instants: Vec<_> = all.values().filter_map(last).collect();
    instants.sort_unstable();
    let middle = instants.get(instants.len() / 2).copied();
    all.retain(|_, failures| last(failures) > middle);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> Counted {
        Counted::Account(name.to_owned())
    }

    #[test]
    fn the_ninth_failure_waits_until_the_first_is_over() {
        let desk = AccountDesk::default();
        let start = DateTime::UNIX_EPOCH;
        for minute in 0..8 {
            let at = start + TimeDelta::minutes(minute);
            assert_eq!(desk.count(&account("a"), at), Ok(()));
        }
        let at = start + TimeDelta::minutes(8);
        assert_eq!(desk.count(&account("a"), at), Err(TimeDelta::minutes(7)));
        assert_eq!(desk.count(&account("b"), at), Ok(()));
        let later = start + WINDOW;
        assert_eq!(desk.count(&account("a"), later), Ok(()));
        assert_eq!(desk.count(&account("a"), later), Err(TimeDelta::minutes(1)));
        desk.forget(&account("a"));
        assert_eq!(desk.count(&account("a"), later), Ok(()));
    }

    #[test]
    fn what_was_no_failure_does_not_count() {
        let desk = AccountDesk::default();
        let client = Counted::Client("192.0.2.1".to_owned());
        for second in 0..500 {
            let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
            assert_eq!(desk.count(&client, at), Ok(()));
            desk.take_back(&client, at);
        }
    }

    #[test]
    fn made_up_addresses_fill_no_memory() {
        let desk = AccountDesk::default();
        for number in 0..120_000_i64 {
            let at = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(number);
            let _ = desk.count(&account(&number.to_string()), at);
        }
        let all = desk.failures.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(all.len() <= REMEMBERED, "{}", all.len());
    }
}
