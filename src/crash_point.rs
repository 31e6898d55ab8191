//! Named places at which a debug build can be made to end at once, as a power cut would end it: tests/faults drives the
//! program through them. A release build has none.
//!
//! `DUBAN_CRASH_AT=claim` ends the process at the first passing of `claim`, `DUBAN_CRASH_AT=claim:3` at the third.

#[cfg(debug_assertions)]
use std::sync::LazyLock;
#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU64, Ordering};

/// The place that was chosen, and at which passing.
#[cfg(debug_assertions)]
static CHOSEN: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
    let chosen = std::env::var("DUBAN_CRASH_AT").ok()?;
    match chosen.split_once(':') {
        Some((name, passing)) => Some((name.to_owned(), passing.parse().ok()?)),
        None => Some((chosen, 1)),
    }
});

/// How often the chosen place was passed.
#[cfg(debug_assertions)]
static PASSED: AtomicU64 = AtomicU64::new(0);

/// Ends the process here if the environment says so.
#[cfg(debug_assertions)]
pub fn crash_point(name: &'static str) {
    if let Some((chosen, passing)) = &*CHOSEN
        && chosen == name
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *passing
    {
        std::process::abort();
    }
}

/// Nothing, in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub const fn crash_point(_name: &'static str) {}
