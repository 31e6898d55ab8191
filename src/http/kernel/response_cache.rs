//! Answers kept in memory: one that has been made for a state of the data is made once, however many ask. Requests for the
//! same answer that come while it is being made wait for it.
//!
//! An answer is handed out only to requests that have read a change number not above its own, so nobody is shown anything
//! older than what was true when they asked.

use super::encoding::{Encoding, gzip};
use super::problem::Problem;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// Bodies over this many bytes are not kept.
const LARGEST: usize = 1 << 20;

/// What an entry takes besides its body and key, roughly.
const OVERHEAD: usize = 300;

/// An answer that was made.
#[derive(Debug)]
pub struct Made {
    /// The change number read before it was made: what it shows is not older.
    pub change_no: i64,
    /// The body as it is.
    pub body: Bytes,
    packed: OnceCell<Option<Bytes>>,
}

impl Made {
    /// A body made from a state not older than `change_no`.
    pub fn new(change_no: i64, body: Bytes) -> Self {
        Self {
            change_no,
            body,
            packed: OnceCell::new(),
        }
    }

    /// The body in an encoding, and the one it really has: small ones are never packed. Packed once.
    pub async fn in_encoding(&self, wanted: Encoding) -> (Bytes, Encoding) {
        match wanted {
            Encoding::Identity => (self.body.clone(), Encoding::Identity),
            Encoding::Gzip => match self.packed.get_or_init(|| gzip(&self.body)).await {
                Some(packed) => (packed.clone(), Encoding::Gzip),
                None => (self.body.clone(), Encoding::Identity),
            },
        }
    }
}

/// The kept answers. A budget of 0 keeps none; waiting for each other stays.
#[derive(Debug)]
pub struct ResponseCache {
    slots: Mutex<Slots>,
    clock: AtomicU64,
    budget: usize,
}

#[derive(Debug, Default)]
struct Slots {
    kept: HashMap<String, Kept>,
    flights: HashMap<String, Arc<Flight>>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    made: Arc<Made>,
    cost: usize,
    used: u64,
}

type Flight = tokio::sync::Mutex<Progress>;

/// How far the making of an answer has come.
#[derive(Debug, Default)]
enum Progress {
    /// Nobody has finished.
    #[default]
    Open,
    /// Here it is.
    Done(Arc<Made>),
    /// It failed: whoever waits makes it alone, so that none waits for one failure after another.
    Failed,
}

/// A place among those who wait for the same answer; the last to leave clears up, also when its client has gone.
struct Turn<'a> {
    cache: &'a ResponseCache,
    key: String,
    flight: Arc<Flight>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut slots = self.cache.slots();
        // One for the table, one for us.
        if Arc::strong_count(&self.flight) <= 2 {
            slots.flights.remove(&self.key);
        }
    }
}

impl ResponseCache {
    /// An empty cache of at most `budget` bytes.
    pub fn new(budget: usize) -> Self {
        Self {
            slots: Mutex::default(),
            clock: AtomicU64::new(0),
            budget,
        }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer of that key for a request that has read `change_no`: kept, being made by another, or made now.
    ///
    /// # Errors
    /// Those of `make`.
    pub async fn get_or_make(
        &self,
        key: String,
        change_no: i64,
        make: impl AsyncFnOnce() -> Result<Bytes, Problem>,
    ) -> Result<Arc<Made>, Problem> {
        if let Some(made) = self.find(&key, change_no) {
            return Ok(made);
        }
        let turn = self.join(key);
        let mut progress = turn.flight.lock().await;
        match &*progress {
            Progress::Done(made) if made.change_no >= change_no => return Ok(made.clone()),
            Progress::Failed => {
                drop(progress);
                return Ok(Arc::new(Made::new(change_no, make().await?)));
            }
            Progress::Open | Progress::Done(_) => {}
        }
        // It may have been kept between our look and our turn.
        if let Some(made) = self.find(&turn.key, change_no) {
            return Ok(made);
        }
        match make().await {
            Ok(body) => {
                let made = Arc::new(Made::new(change_no, body));
                *progress = Progress::Done(made.clone());
                self.keep(&turn.key, &made);
                Ok(made)
            }
            Err(problem) => {
                *progress = Progress::Failed;
                Err(problem)
            }
        }
    }

    fn find(&self, key: &str, change_no: i64) -> Option<Arc<Made>> {
        let mut slots = self.slots();
        let kept = slots.kept.get_mut(key)?;
        if kept.made.change_no < change_no {
            return None;
        }
        kept.used = self.clock.fetch_add(1, Ordering::Relaxed);
        Some(kept.made.clone())
    }

    fn join(&self, key: String) -> Turn<'_> {
        let flight = self.slots().flights.entry(key.clone()).or_default().clone();
        Turn {
            cache: self,
            key,
            flight,
        }
    }

    fn keep(&self, key: &str, made: &Arc<Made>) {
        // Half as much again for the packed form.
        let cost = made.body.len() * 3 / 2 + key.len() + OVERHEAD;
        if made.body.len() > LARGEST || cost > self.budget {
            return;
        }
        let used = self.clock.fetch_add(1, Ordering::Relaxed);
        let kept = Kept {
            made: made.clone(),
            cost,
            used,
        };
        let mut slots = self.slots();
        slots.bytes += cost;
        if let Some(older) = slots.kept.insert(key.to_owned(), kept) {
            slots.bytes -= older.cost;
        }
        if slots.bytes > self.budget {
            slots.make_room(made.change_no, self.budget);
        }
    }
}

impl Slots {
    /// Drops what no request can want any more, then what was not used for longest, down to three quarters of the budget.
    fn make_room(&mut self, newest: i64, budget: usize) {
        let mut bytes = self.bytes;
        self.kept.retain(|_, kept| {
            let stays = kept.made.change_no >= newest;
            bytes -= if stays { 0 } else { kept.cost };
            stays
        });
        let mut by_use: Vec<_> = self
            .kept
            .iter()
            .map(|(key, kept)| (kept.used, key.clone()))
            .collect();
        by_use.sort_unstable();
        for (_, key) in by_use {
            if bytes <= budget / 4 * 3 {
                break;
            }
            if let Some(kept) = self.kept.remove(&key) {
                bytes -= kept.cost;
            }
        }
        self.bytes = bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::time::Duration;

    async fn get(cache: &ResponseCache, key: &str, change_no: i64, body: &'static str) -> Bytes {
        let made = cache
            .get_or_make(key.to_owned(), change_no, async || {
                Ok(Bytes::from_static(body.as_bytes()))
            })
            .await;
        made.expect("it is made").body.clone()
    }

    #[tokio::test]
    async fn an_answer_is_made_once_for_a_state_and_anew_for_the_next() {
        let cache = ResponseCache::new(1 << 20);
        assert_eq!(get(&cache, "a", 1, "one").await, "one");
        assert_eq!(get(&cache, "a", 1, "two").await, "one");
        assert_eq!(get(&cache, "a", 2, "three").await, "three");
        assert_eq!(get(&cache, "b", 2, "four").await, "four");
        // A request that read its number before is served the newer answer, never the other way round.
        assert_eq!(get(&cache, "a", 1, "five").await, "three");
    }

    #[tokio::test]
    async fn those_who_ask_meanwhile_wait_for_the_first() {
        let cache = ResponseCache::new(1 << 20);
        let made = Cell::new(0);
        let ask = || {
            cache.get_or_make("a".to_owned(), 1, async || {
                made.set(made.get() + 1);
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok(Bytes::from_static(b"one"))
            })
        };
        let (one, two, three) = tokio::join!(ask(), ask(), ask());
        assert!(one.is_ok() && two.is_ok() && three.is_ok());
        assert_eq!(made.get(), 1);
        assert!(cache.slots().flights.is_empty());
    }

    #[tokio::test]
    async fn one_who_leaves_in_the_middle_hands_over_to_the_next() {
        let cache = ResponseCache::new(1 << 20);
        let leaver = cache.get_or_make("a".to_owned(), 1, async || std::future::pending().await);
        let left = tokio::time::timeout(Duration::from_millis(5), leaver);
        let (left, got) = tokio::join!(left, get(&cache, "a", 1, "two"));
        assert!(left.is_err());
        assert_eq!(got, "two");
        assert!(cache.slots().flights.is_empty());
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let cache = ResponseCache::new(1 << 20);
        let failed = cache
            .get_or_make("a".to_owned(), 1, async || Err(Problem::not_found()))
            .await;
        assert!(failed.is_err());
        assert_eq!(get(&cache, "a", 1, "two").await, "two");
    }

    #[tokio::test]
    async fn memory_is_bounded_and_what_is_used_stays() {
        let cache = ResponseCache::new(100_000);
        for number in 0..1_000 {
            get(&cache, &format!("k{number}"), 1, "0123456789").await;
            assert_eq!(get(&cache, "k0", 1, "made anew").await, "0123456789");
            assert!(cache.slots().bytes <= 100_000);
        }
        let slots = cache.slots();
        assert_eq!(
            slots.bytes,
            slots.kept.values().map(|kept| kept.cost).sum::<usize>()
        );
    }
}
