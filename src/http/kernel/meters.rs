//! What is measured of requests: how many, by operation and outcome, and how long they took. Handles are fetched once, as
//! looking them up costs more than a 304.

use actix_web::http::StatusCode;
use metrics::{Counter, Histogram};
use std::time::Duration;

/// The meters of one operation.
pub(super) struct Meters {
    done: Counter,
    unchanged: Counter,
    refused: Counter,
    failed: Counter,
    seconds: Histogram,
}

impl Meters {
    /// The meters of an operation. Made after the recorder is installed, or nothing is measured.
    pub fn new(operation: &'static str) -> Self {
        let count = |outcome: &'static str| metrics::counter!("duban_http_requests_total", "operation" => operation, "outcome" => outcome);
        Self {
            done: count("done"),
            unchanged: count("unchanged"),
            refused: count("refused"),
            failed: count("failed"),
            seconds: metrics::histogram!("duban_http_seconds", "operation" => operation),
        }
    }

    /// Counts an answer.
    pub fn count(&self, status: StatusCode, took: Duration) {
        let counter = match status.as_u16() {
            304 => &self.unchanged,
            0..=399 => &self.done,
            400..=499 => &self.refused,
            _ => &self.failed,
        };
        counter.increment(1);
        self.seconds.record(took.as_secs_f64());
    }
}
