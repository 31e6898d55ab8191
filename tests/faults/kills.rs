//! R1: the service is killed at random points and at every named one, and started again at once.

use crate::Form;
use crate::place::{Kind, Place, random, wait};
use crate::reckon::{reckon, wait_done, wait_taken};
use crate::report::Report;
use crate::round::{CYCLES_OF_PLAN, issue, issue_with_due_rounds};
use crate::sink::{Manners, Sink};
use std::time::Duration;

const CONNECTIONS: usize = 8;
/// From the last start to the last mail.
const DONE_WITHIN: Duration = Duration::from_secs(60);

/// Both databases at the same time: they wait for leases more than they work.
pub fn killed(form: Form) -> Report {
    let mut report = Report::default();
    let parts = std::thread::scope(|scope| {
        let both = Kind::ALL.map(|kind| scope.spawn(move || killed_on(kind, form)));
        let points = scope.spawn(killed_at_every_point);
        let mut parts: Vec<_> = both.into_iter().map(|part| part.join()).collect();
        parts.push(points.join());
        parts
    });
    for part in parts {
        report.add(part.unwrap_or_else(|panic| Report::panicked(&*panic)));
    }
    report
}

fn killed_on(kind: Kind, form: Form) -> Report {
    let (mails, kills) = form.of((800, 4), (10_000, 50));
    let mut place = Place::new(kind);
    let sink = Sink::start(Manners::default());
    place.set("DUBAN__MAIL__URL", &sink.url());
    issue(&place, mails);
    let mut moments = Vec::new();
    for _ in 0..kills {
        sink.behave(Manners::slow(random(0, 30)));
        let mut running = place.start_service();
        // By mails, or by time: so the start and the end of a run are met as well.
        if random(0, 4) > 0 {
            let moment = random(1, 150);
            wait_taken(&sink, moment as usize, Duration::from_secs(50));
            moments.push(format!("{moment} mails"));
        } else {
            let moment = random(1, 1_500);
            std::thread::sleep(Duration::from_millis(moment));
            moments.push(format!("{moment} ms"));
        }
        assert!(running.runs(), "it ended by itself: {}", running.logged());
        running.kill();
    }
    sink.behave(Manners::default());
    let mut running = place.start_service();
    let done = wait_done(&place, Duration::from_secs(150));
    running.stop();
    let found = reckon(&place, &sink);
    let mut report = Report::default();
    let of = format!("{}, {kills} kills", kind.name());
    report.demand_reckoning(&of, &found, kills * CONNECTIONS);
    report.figure(format!(
        "done {:.1} s after the last start",
        done.as_secs_f64()
    ));
    report.demand(
        done <= DONE_WITHIN,
        format!("{of}: done only after {done:?}"),
    );
    let integrity = place.integrity();
    report.demand(integrity == "ok", format!("{of}: {integrity}"));
    if !report.broken.is_empty() {
        report
            .broken
            .push(format!("{of}: killed after {}", moments.join(", ")));
    }
    report
}

/// One kill at each named point. The points of the program are there in a debug build only; that after the final dot is
/// met from outside, by a server that has the message and does not say so.
fn killed_at_every_point() -> Report {
    let mut report = Report::default();
    if !cfg!(debug_assertions) {
        report.figure("named points: in the dev profile only");
        return report;
    }
    let points = ["claim:2", "transmitting:20", "reply:20", "commit:7", "dot"];
    let template = Place::new(Kind::Sqlite);
    let mails = issue(&template, 230);
    let opening = Place::new(Kind::Sqlite);
    issue_with_due_rounds(&opening, 1, 12);
    let found = std::thread::scope(|scope| {
        let mut parts: Vec<_> = points
            .iter()
            .map(|point| {
                let place = template.copy();
                scope.spawn(move || killed_at(point, place, mails))
            })
            .collect();
        for point in ["open:2", "insert:1", "insert:3"] {
            let place = opening.copy();
            parts.push(scope.spawn(move || killed_while_opening(point, place)));
        }
        parts
            .into_iter()
            .map(|part| part.join())
            .collect::<Vec<_>>()
    });
    for part in found {
        let part = part.unwrap_or_else(|panic| Report::panicked(&*panic));
        report.broken.extend(part.broken);
    }
    let holds = report.broken.is_empty();
    let told = if holds {
        "each killed once, all hold"
    } else {
        "not all hold"
    };
    report.figure(format!(
        "named points open, insert, claim, transmitting, dot, reply, commit: {told}"
    ));
    report
}

fn killed_at(point: &str, mut place: Place, mails: usize) -> Report {
    let sink = Sink::start(Manners {
        swallow: point == "dot",
        ..Manners::slow(5)
    });
    place.set("DUBAN__MAIL__URL", &sink.url());
    let mut running = if point == "dot" {
        let mut running = place.start_service();
        wait(
            "messages without an answer",
            Duration::from_secs(60),
            || (sink.count() >= CONNECTIONS).then_some(()),
        );
        running.kill();
        running
    } else {
        place.set("DUBAN_CRASH_AT", point);
        let running = place.start_service();
        place.unset("DUBAN_CRASH_AT");
        running
    };
    let code = running.ended(Duration::from_secs(60));
    sink.behave(Manners::default());
    let _again = place.start_service();
    wait_done(&place, Duration::from_secs(100));
    let found = reckon(&place, &sink);
    let mut report = Report::default();
    report.demand(code.is_none(), format!("{point}: it ended with {code:?}"));
    report.demand_reckoning(point, &found, CONNECTIONS);
    report.demand(
        found.mails == mails,
        format!("{point}: {} mails", found.mails),
    );
    report
}

/// A round is there whole or not at all, and once.
fn killed_while_opening(point: &str, mut place: Place) -> Report {
    let sink = Sink::start(Manners::default());
    place.set("DUBAN__MAIL__URL", &sink.url());
    place.set("DUBAN_CRASH_AT", point);
    let mut running = place.start_service();
    let code = running.ended(Duration::from_secs(60));
    let mut report = Report::default();
    report.demand(code.is_none(), format!("{point}: it ended with {code:?}"));
    let half = place.number(
        "SELECT count(*) FROM round WHERE NOT EXISTS \
         (SELECT 1 FROM audit_event WHERE audit_event.action = 'open_round' AND audit_event.row_id = round.id)",
    );
    report.demand(
        half == 0,
        format!("{point}: {half} rounds without their audit event"),
    );
    place.unset("DUBAN_CRASH_AT");
    let mut again = place.start_service();
    let rounds = "SELECT count(*) FROM round";
    wait("all rounds", Duration::from_secs(60), || {
        (place.number(rounds) == CYCLES_OF_PLAN as i64).then_some(())
    });
    again.wait_digests();
    wait_done(&place, Duration::from_secs(100));
    let opened = place.number("SELECT count(*) FROM audit_event WHERE action = 'open_round'");
    report.demand(
        opened == CYCLES_OF_PLAN as i64,
        format!("{point}: {opened} openings of {CYCLES_OF_PLAN} rounds"),
    );
    report.demand_reckoning(point, &reckon(&place, &sink), CONNECTIONS);
    report
}
