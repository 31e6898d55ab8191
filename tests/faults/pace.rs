//! R2: how fast mails leave where nothing is wrong, and in how much memory.

use crate::Form;
use crate::place::{Kind, Place};
use crate::reckon::reckon;
use crate::report::Report;
use crate::round::issue;
use crate::sink::{Manners, Sink};
use std::time::Duration;

/// Mails a second, in the full form of a release build.
const LEAST_PACE: f64 = 3_000.0;
/// MiB at the most.
const MOST_MEMORY: f64 = 200.0;

/// On one database after the other.
pub fn at_full_pace(form: Form) -> Report {
    let mut report = Report::default();
    let mails = form.of(1_000, 10_000);
    for kind in Kind::ALL {
        let mut place = Place::new(kind);
        let sink = Sink::start(Manners::default());
        place.set("DUBAN__MAIL__URL", &sink.url());
        issue(&place, mails);
        let mut running = place.start(&["run-job", "deliver"]);
        let mut memory: f64 = 0.0;
        while running.runs() {
            memory = memory.max(running.memory("VmHWM").unwrap_or(0.0));
            std::thread::sleep(Duration::from_millis(20));
        }
        let code = running.ended(Duration::from_secs(1));
        report.demand(
            code == Some(0),
            format!("{}: {code:?}: {}", kind.name(), running.logged()),
        );
        report.demand_reckoning(kind.name(), &reckon(&place, &sink), 0);
        let taken = sink.taken();
        let (Some(first), Some(last)) = (taken.first(), taken.last()) else {
            continue;
        };
        let pace = taken.len() as f64 / (last.at - first.at).as_secs_f64();
        report.figure(format!("{pace:.0} mails/s, {memory:.0} MiB at the most"));
        let is_measured = form == Form::Full && !cfg!(debug_assertions);
        report.demand(
            pace >= LEAST_PACE || !is_measured,
            format!(
                "{}: {pace:.0} mails/s, {LEAST_PACE} are demanded",
                kind.name()
            ),
        );
        report.demand(
            memory > 0.0 && memory < MOST_MEMORY,
            format!("{}: {memory:.0} MiB", kind.name()),
        );
    }
    report
}
