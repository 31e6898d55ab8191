//! The reckoning after a scene: what the database says of every mail beside what the mail server has taken.

use crate::place::Place;
use crate::sink::{Sink, bare};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// States in which a mail still waits for the program.
const UNDER_WAY: &str = "state IN ('queued', 'claimed', 'transmitting', 'deferred') \
     OR (state = 'unknown' AND NOT resent)";

/// How mails and messages agree.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reckoning {
    /// Mails that were to be sent.
    pub mails: usize,
    /// Mails that nobody got although the database says that they were sent, or that still wait.
    pub lost: usize,
    /// Mails that nobody got, of which the database says that nobody knows: they wait for a person.
    pub undecided: usize,
    /// Copies beyond the first.
    pub doubled: usize,
    /// Mails sent twice of which the database does not say so.
    pub unmarked: usize,
    /// Messages that are no mail of the database, or went to two recipients.
    pub strange: usize,
    /// Mails that the program will not send any more without having sent them.
    pub failed: usize,
}

/// Looks at both.
pub fn reckon(place: &Place, sink: &Sink) -> Reckoning {
    let sql = "SELECT message_id || '|' || state || '|' || CASE WHEN resent THEN 'resent' ELSE '' END \
         FROM mail WHERE state <> 'suppressed'";
    let rows = crate::sql::texts(&place.url(), sql);
    let mut copies: HashMap<String, Vec<String>> = HashMap::new();
    for taken in sink.taken() {
        copies.entry(taken.id).or_default().push(taken.to);
    }
    let mut found = Reckoning {
        mails: rows.len(),
        ..Reckoning::default()
    };
    let mut known = HashSet::new();
    for row in &rows {
        let mut parts = row.rsplitn(3, '|');
        let resent = parts.next() == Some("resent");
        let state = parts.next().unwrap_or_default();
        let id = bare(parts.next().unwrap_or_default());
        known.insert(id);
        let got = copies.get(id).map_or(0, Vec::len);
        match (got, state) {
            (0, "unknown") if resent => found.undecided += 1,
            (0, "failed") => found.failed += 1,
            (_, "queued" | "claimed" | "transmitting" | "deferred") => found.lost += 1,
            (_, "unknown") if !resent => found.lost += 1,
            (0, _) => found.lost += 1,
            _ => {}
        }
        found.doubled += got.saturating_sub(1);
        if got > 1 && !resent && state != "unknown" {
            found.unmarked += 1;
        }
    }
    let is_strange = |(id, to): &(&String, &Vec<String>)| {
        !known.contains(id.as_str()) || to.iter().any(|one| *one != to[0])
    };
    found.strange = copies.iter().filter(is_strange).count();
    found
}

/// Waits until no mail waits for the program; how long that took, or the whole patience where some still wait: they are
/// then lost in the reckoning.
pub fn wait_done(place: &Place, patience: Duration) -> Duration {
    let began = Instant::now();
    let sql = format!("SELECT count(*) FROM mail WHERE {UNDER_WAY}");
    while began.elapsed() < patience && crate::sql::try_number(&place.url(), &sql) != Some(0) {
        std::thread::sleep(Duration::from_millis(100));
    }
    began.elapsed()
}

/// Waits until the server has taken so many more, or nothing waits any more; whether they came.
pub fn wait_taken(sink: &Sink, more: usize, patience: Duration) -> bool {
    let (wanted, began) = (sink.count() + more, Instant::now());
    while sink.count() < wanted && began.elapsed() < patience {
        std::thread::sleep(Duration::from_millis(2));
    }
    sink.count() >= wanted
}
