//! R21: twenty minutes of writing, reading and sending: nothing grows that should not.

use crate::Form;
use crate::http::{ask, get, unit};
use crate::place::{Kind, Place};
use crate::reckon::{reckon, wait_done};
use crate::report::Report;
use crate::round::issue;
use crate::sink::{Manners, Sink};
use std::fs;
use std::time::{Duration, Instant};

const LASTS: Duration = Duration::from_secs(20 * 60);
/// What comes before is warming up.
const WARM_AFTER: Duration = Duration::from_secs(5 * 60);
/// Between two writes: fifty a second.
const WRITE_EVERY: Duration = Duration::from_millis(20);
/// MiB in an hour, by the line through the samples: what a sampled size may seem to grow by chance.
const MOST_SLOPE: f64 = 12.0;
const MOST_WAL: f64 = 64.0;

/// On SQLite; only in the full form.
pub fn soaked(_form: Form) -> Report {
    let mut place = Place::new(Kind::Sqlite);
    let sink = Sink::start(Manners::slow(100));
    place.set("DUBAN__MAIL__URL", &sink.url());
    issue(&place, 10_000);
    let token = place.token();
    let mut running = place.serve();
    let mut report = Report::default();
    let began = Instant::now();
    let (mut samples, mut files, mut wal) = (Vec::new(), Vec::new(), 0.0_f64);
    let (mut number, mut next_sample) = (0_u32, Duration::ZERO);
    while began.elapsed() < LASTS {
        number += 1;
        // Written again and again: the service may not grow, the database does.
        let code = format!("soak{}", number % 500);
        let written = ask(
            running.port,
            "POST",
            "/api/v1/units",
            Some(&token),
            &unit(&code),
        );
        let read = get(
            running.port,
            &format!("/api/v1/units?limit={}", 1 + number % 100),
            Some(&token),
        );
        for (what, answer, good) in [
            ("writing", written, 201..=422),
            ("reading", read, 200..=200),
        ] {
            match answer {
                Ok(answer) if good.contains(&answer.status) => {}
                other => report.demand(false, format!("{what}: {other:?}")),
            }
        }
        if began.elapsed() >= next_sample {
            next_sample += Duration::from_secs(10);
            let size =
                fs::metadata(place.folder.join("var/duban.db-wal")).map_or(0, |file| file.len());
            wal = wal.max(size as f64 / f64::from(1 << 20));
            if began.elapsed() >= WARM_AFTER {
                samples.push((
                    began.elapsed().as_secs_f64() / 3600.0,
                    running.memory("VmRSS").unwrap_or(0.0),
                ));
                files.push(running.open_files());
            }
        }
        let due = WRITE_EVERY * number;
        std::thread::sleep(due.saturating_sub(began.elapsed()));
    }
    sink.behave(Manners::default());
    wait_done(&place, Duration::from_secs(120));
    let slope = slope(&samples);
    let (first, last) = (
        samples.first().map_or(0.0, |one| one.1),
        samples.last().map_or(0.0, |one| one.1),
    );
    let (fewest, most) = (
        files.iter().min().copied().unwrap_or(0),
        files.iter().max().copied().unwrap_or(0),
    );
    report.figure(format!(
        "{number} writes in {} min: memory {first:.1} → {last:.1} MiB, {slope:+.1} MiB an hour; open files {fewest} to {most}; WAL {wal:.1} MiB at the most",
        LASTS.as_secs() / 60
    ));
    report.demand(
        !samples.is_empty() && slope < MOST_SLOPE,
        format!("memory grows by {slope:.1} MiB an hour"),
    );
    report.demand(
        most <= fewest + 10,
        format!("open files: {fewest} to {most}"),
    );
    report.demand(wal < MOST_WAL, format!("the WAL grew to {wal:.1} MiB"));
    report.demand(running.runs(), "the service ended");
    report.demand_reckoning("meanwhile", &reckon(&place, &sink), 0);
    report
}

/// The slope of the line through the samples (least squares).
fn slope(samples: &[(f64, f64)]) -> f64 {
    let count = samples.len().max(1) as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|one| one.0), mean(|one| one.1));
    let above: f64 = samples.iter().map(|one| (one.0 - x) * (one.1 - y)).sum();
    let below: f64 = samples.iter().map(|one| (one.0 - x).powi(2)).sum();
    if below == 0.0 { 0.0 } else { above / below }
}
