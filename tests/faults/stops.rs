//! R17: asked to stop in the middle of its mails, the service ends soon and leaves nothing in doubt.

use crate::Form;
use crate::place::{Kind, Place, random};
use crate::reckon::{reckon, wait_done, wait_taken};
use crate::report::Report;
use crate::round::issue;
use crate::sink::{Manners, Sink};
use std::time::Duration;

const END_WITHIN: Duration = Duration::from_secs(15);

/// On one database after the other.
pub fn stopped(form: Form) -> Report {
    let mut report = Report::default();
    for kind in Kind::ALL {
        report.add(stopped_on(kind, form));
    }
    report
}

fn stopped_on(kind: Kind, form: Form) -> Report {
    let (mails, stops) = form.of((600, 3), (6_000, 25));
    let mut place = Place::new(kind);
    let sink = Sink::start(Manners::slow(20));
    place.set("DUBAN__MAIL__URL", &sink.url());
    issue(&place, mails);
    let mut report = Report::default();
    let of = format!("{}, {stops} stops", kind.name());
    let mut slowest = Duration::ZERO;
    for stop in 1..=stops {
        let mut running = place.serve();
        let moment = random(1, 100) as usize;
        let came = wait_taken(&sink, moment, Duration::from_secs(30));
        report.demand(came, format!("{of}: no mails before stop {stop}"));
        let (took, code) = running.stop();
        slowest = slowest.max(took);
        report.demand(
            code == Some(0),
            format!("{of}: ended with {code:?}: {}", running.logged()),
        );
    }
    let left = place.number("SELECT count(*) FROM mail WHERE state IN ('claimed', 'transmitting')");
    report.demand(left == 0, format!("{of}: {left} mails are still held"));
    let waiting = place.number("SELECT count(*) FROM mail WHERE state = 'queued'");
    report.demand(waiting > 0, format!("{of}: nothing was left to be stopped"));
    sink.behave(Manners::default());
    let mut running = place.serve();
    wait_done(&place, Duration::from_secs(60));
    running.stop();
    report.demand_reckoning(&of, &reckon(&place, &sink), 0);
    let unknown = place.number("SELECT count(*) FROM mail WHERE resent OR state = 'unknown'");
    report.demand(unknown == 0, format!("{of}: {unknown} in doubt"));
    report.figure(format!("slowest end {:.1} s", slowest.as_secs_f64()));
    report.demand(
        slowest <= END_WITHIN,
        format!("{of}: an end took {slowest:?}"),
    );
    report
}
