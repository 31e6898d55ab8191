//! Ids of requests: what a client tells the administrator, and what the log lines carry. Ours, never the client's.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Makes ids: a prefix that differs between processes, and a count.
#[derive(Debug)]
pub struct RequestIds {
    process: u32,
    count: AtomicU64,
}

impl RequestIds {
    /// A new prefix.
    pub fn new() -> Self {
        let random = Uuid::now_v7();
        let process = random
            .as_bytes()
            .iter()
            .skip(8)
            .fold(0_u32, |sum, byte| sum.rotate_left(5) ^ u32::from(*byte));
        Self {
            process,
            count: AtomicU64::new(0),
        }
    }

    /// The next id, such as `5f1c22ab-000001`.
    pub fn next(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let mut id = String::with_capacity(24);
        // Writing to a String cannot fail.
        let _ = write!(id, "{:08x}-{count:06}", self.process);
        id
    }
}

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}
