//! How often a client may call: per token where it has one, per address where it has none, and a lower figure for answers
//! 404. Counts are kept in memory, per process, and forgotten when they have no more say.

use super::code::Code;
use super::limits::Limits;
use super::network::counted_as;
use super::problem::Problem;
use crate::domain::ids::TokenId;
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// After so many checks, what has no more say is forgotten.
const SWEEP_EVERY: u32 = 4_096;

/// Beyond so many clients at a time all new ones share one count, so that made-up addresses fill no memory.
const MOST_CLIENTS: usize = 100_000;

/// The counts.
pub struct Rates {
    tokens: Option<Counts<TokenId>>,
    addresses: Option<Counts<IpAddr>>,
    misses: Option<Counts<TokenId>>,
}

impl Rates {
    /// Empty counts for the given limits.
    pub fn new(limits: &Limits) -> Self {
        Self {
            tokens: Counts::per_minute(limits.token_per_minute),
            addresses: Counts::per_minute(limits.address_per_minute),
            misses: Counts::per_minute(limits.misses_per_minute),
        }
    }

    /// Counts a request of a known token.
    ///
    /// # Errors
    /// 429.
    pub fn count_token(&self, token: TokenId) -> Result<(), Problem> {
        self.tokens
            .as_ref()
            .map_or(Ok(()), |counts| counts.count(token))
    }

    /// Counts a request without a known token.
    ///
    /// # Errors
    /// 429.
    pub fn count_address(&self, address: IpAddr) -> Result<(), Problem> {
        let address = counted_as(address);
        self.addresses
            .as_ref()
            .map_or(Ok(()), |counts| counts.count(address))
    }

    /// Counts an answer 404.
    ///
    /// # Errors
    /// 429, to be answered instead.
    pub fn count_miss(&self, token: TokenId) -> Result<(), Problem> {
        self.misses
            .as_ref()
            .map_or(Ok(()), |counts| counts.count(token))
    }
}

struct Counts<K: Hash + Eq + Clone> {
    limiter: RateLimiter<Option<K>, DashMapStateStore<Option<K>>, DefaultClock>,
    clock: DefaultClock,
    checks: AtomicU32,
    is_full: std::sync::atomic::AtomicBool,
}

impl<K: Hash + Eq + Clone> Counts<K> {
    /// `None` for 0: no limit. A sixth of a minute's worth may come at once.
    fn per_minute(most: u32) -> Option<Self> {
        let most = NonZeroU32::new(most)?;
        let burst = NonZeroU32::new(most.get().div_ceil(6)).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(most).allow_burst(burst);
        Some(Self {
            limiter: RateLimiter::dashmap(quota),
            clock: DefaultClock::default(),
            checks: AtomicU32::new(0),
            is_full: std::sync::atomic::AtomicBool::new(false),
        })
    }

    fn count(&self, key: K) -> Result<(), Problem> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
            let is_full = self.limiter.len() > MOST_CLIENTS;
            self.is_full.store(is_full, Ordering::Relaxed);
        }
        let key = (!self.is_full.load(Ordering::Relaxed)).then_some(key);
        self.limiter.check_key(&key).map_err(|until| {
            let seconds = until.wait_time_from(self.clock.now()).as_secs() + 1;
            let detail = format!("请求过于频繁，请 {seconds} 秒后再试。");
            Problem::new(Code::RateLimited, detail).retry_after(seconds)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn one_client_is_stopped_and_others_are_not() {
        let rates = Rates::new(&Limits {
            address_per_minute: 12,
            ..Limits::default()
        });
        let one = IpAddr::from([192, 0, 2, 1]);
        let refused = (0..10)
            .find_map(|_| rates.count_address(one).err())
            .expect("a refusal");
        assert_eq!(refused.code_str(), "rate_limited");
        assert!(
            refused
                .aside
                .retry_after
                .is_some_and(|seconds| (1..=6).contains(&seconds))
        );
        assert!(rates.count_address(IpAddr::from([192, 0, 2, 2])).is_ok());
    }

    #[test]
    fn zero_is_no_limit() {
        let rates = Rates::new(&Limits {
            token_per_minute: 0,
            ..Limits::default()
        });
        assert!((0..10_000).all(|_| rates.count_token(TokenId(Uuid::nil())).is_ok()));
    }

    #[test]
    fn made_up_addresses_fill_no_memory() {
        let counts = Counts::<u64>::per_minute(6).expect("a limit");
        for client in 0..250_000 {
            let _ = counts.count(client);
        }
        assert!(counts.limiter.len() <= MOST_CLIENTS + 2 * SWEEP_EVERY as usize);
    }
}
