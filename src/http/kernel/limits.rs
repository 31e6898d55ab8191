//! The figures that bound what clients can make the service do.

use crate::domain::network::Network;
use std::time::Duration;

/// The kernel's limits. A rate of 0 is no limit.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Requests of one token in a minute.
    pub token_per_minute: u32,
    /// Requests of one address in a minute that bring no known token.
    pub address_per_minute: u32,
    /// Answers 404 to one token in a minute: guessing ids ends here.
    pub misses_per_minute: u32,
    /// Peers whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<Network>,
    /// Memory for kept answers, in bytes. 0 keeps none.
    pub cache_bytes: usize,
    /// Memory for bodies of uploads under way, in bytes, all together.
    pub upload_bytes: usize,
    /// A body may take this long to arrive, from its first byte to its last.
    pub body_time: Duration,
    /// An answer may take this long to make.
    pub answer_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            token_per_minute: 6_000,
            address_per_minute: 120,
            misses_per_minute: 120,
            trusted_proxies: Vec::new(),
            cache_bytes: 32 << 20,
            upload_bytes: 128 << 20,
            body_time: Duration::from_secs(30),
            answer_time: Duration::from_secs(30),
        }
    }
}
