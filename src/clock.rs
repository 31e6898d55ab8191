//! The one place that reads the time. Everything else is given it (design §5.4).

use chrono::{DateTime, SubsecRound, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// Where the time comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that somebody sets: `--at`, simulations and tests.
    Set(SetClock),
}

/// A clock that stands still until it is set; clones share it.
#[derive(Debug, Clone)]
pub struct SetClock(Arc<Mutex<DateTime<Utc>>>);

impl SetClock {
    /// A clock standing at `now`.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Sets it.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock {
    /// The present instant, cut to microseconds: what both databases can keep.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place that reads the clock"
            )]
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Set(clock) => *clock.0.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}
