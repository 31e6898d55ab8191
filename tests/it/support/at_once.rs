//! Two requests at the same instant, to two instances: one is carried out, the other is told what happened.

use super::Town;
use super::service::{Response, Service, no_rates};
use std::sync::Barrier;
use std::thread;

/// Another instance on a town's database.
pub async fn beside(town: &Town) -> anyhow::Result<Service> {
    Service::with(&town.another().await?, no_rates())
}

/// Sends two requests as nearly at the same instant as can be.
pub fn at_once(
    one: impl FnOnce() -> Response + Send,
    two: impl FnOnce() -> Response + Send,
) -> [Response; 2] {
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            start.wait();
            one()
        });
        start.wait();
        let second = two();
        [first.join().expect("an answer"), second]
    })
}

/// Asserts that exactly one of two answers has that status and the other is 409 of that code: which one won, and what
/// the other was told.
#[track_caller]
pub fn one_holds(answers: &[Response; 2], status: u16, code: &str) -> (usize, String) {
    let won: Vec<usize> = (0..2).filter(|at| answers[*at].status == status).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    let lost = &answers[1 - won[0]];
    assert_eq!(lost.refused(409), code);
    let told = lost.json()["detail"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (won[0], told)
}
