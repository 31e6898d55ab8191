//! R7 and R8: several instances on one PostgreSQL.

use crate::Form;
use crate::place::{Kind, Place, Running, wait};
use crate::reckon::{reckon, wait_done, wait_taken};
use crate::report::Report;
use crate::round::{CYCLES_OF_PLAN, issue, issue_with_due_rounds};
use crate::sink::{Manners, Sink};
use std::time::{Duration, Instant};

const INSTANCES: usize = 3;
const CONNECTIONS: usize = 8;
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(40);
const MIGRATING: usize = 5;

/// R7: the same due rounds, seen by all; then one of them dies.
pub fn together(form: Form) -> Report {
    let mut report = opened_together(form);
    report.add(one_dies(form));
    report
}

fn opened_together(form: Form) -> Report {
    let (plans, repeats) = form.of((4, 2), (40, 20));
    let rounds = plans * CYCLES_OF_PLAN;
    let template = Place::new(Kind::Postgres);
    issue_with_due_rounds(&template, plans, 12);
    let mut report = Report::default();
    let (mut mails, mut doubled) = (0, 0);
    for repeat in 1..=repeats {
        let mut place = template.copy();
        let sink = Sink::start(Manners::default());
        place.set("DUBAN__MAIL__URL", &sink.url());
        let began = Instant::now();
        let mut running: Vec<Running> = (0..INSTANCES).map(|_| place.start_service()).collect();
        let apart = began.elapsed();
        report.demand(
            apart < Duration::from_secs(1),
            format!("started {apart:?} apart"),
        );
        wait("all rounds", Duration::from_secs(120), || {
            std::thread::sleep(Duration::from_millis(50));
            let opened = place.number("SELECT count(*) FROM round");
            (opened >= rounds as i64).then_some(())
        });
        running.iter_mut().for_each(Running::wait_digests);
        wait_done(&place, Duration::from_secs(120));
        for one in &mut running {
            let (_, code) = one.stop();
            report.demand(
                code == Some(0),
                format!("{repeat}: ended with {code:?}: {}", one.logged()),
            );
        }
        wait_done(&place, Duration::from_secs(1));
        let found = reckon(&place, &sink);
        mails += found.mails;
        doubled += found.doubled;
        let sound = found.lost == 0 && found.doubled == 0 && found.strange == 0;
        report.demand(sound && found.failed == 0, format!("{repeat}: {found:?}"));
        for (what, sql, wanted) in counted_once(rounds) {
            let found = place.number(&sql);
            report.demand(found == wanted, format!("{repeat}: {what}: {found}"));
        }
    }
    report.figure(format!(
        "{INSTANCES} instances, {rounds} due rounds, {repeats} times: each opened once; {mails} mails, {doubled} sent twice"
    ));
    report
}

/// What must be there exactly so often, however many looked.
fn counted_once(rounds: usize) -> [(&'static str, String, i64); 4] {
    let twice = |of: &str, from: &str| {
        format!(
            "SELECT count(*) FROM (SELECT 1 FROM {from} GROUP BY {of} HAVING count(*) > 1) AS twice"
        )
    };
    [
        (
            "rounds",
            "SELECT count(*) FROM round".to_owned(),
            rounds as i64,
        ),
        (
            "openings",
            "SELECT count(*) FROM audit_event WHERE action = 'open_round'".to_owned(),
            rounds as i64,
        ),
        (
            "requests made twice",
            twice("round_id, unit_id", "obligation WHERE round_id IS NOT NULL"),
            0,
        ),
        (
            "second digests of a day",
            twice(
                "address, local_on",
                "mail WHERE kind = 'digest' AND state <> 'suppressed'",
            ),
            0,
        ),
    ]
}

/// What the dead one held is sent by the others.
fn one_dies(form: Form) -> Report {
    let mails = form.of(900, 10_000);
    let mut place = Place::new(Kind::Postgres);
    let sink = Sink::start(Manners::slow(10));
    place.set("DUBAN__MAIL__URL", &sink.url());
    issue(&place, mails);
    let mut running: Vec<Running> = (0..INSTANCES).map(|_| place.start_service()).collect();
    let mut report = Report::default();
    let came = wait_taken(&sink, mails / 3, Duration::from_secs(60));
    report.demand(came, "the instances sent nothing");
    running[0].kill();
    sink.behave(Manners::default());
    let took = wait_done(&place, Duration::from_secs(120));
    report.demand(
        running[1].runs() && running[2].runs(),
        "another instance ended as well",
    );
    report.demand_reckoning("one killed", &reckon(&place, &sink), CONNECTIONS);
    report.figure(format!(
        "all done {:.1} s after the kill",
        took.as_secs_f64()
    ));
    report.demand(
        took <= TAKEN_OVER_WITHIN,
        format!("taken over only after {took:?}"),
    );
    report
}

/// R8: an empty database is migrated by five processes at once, on each kind.
pub fn migrated_at_once(_form: Form) -> Report {
    let mut report = Report::default();
    for kind in Kind::ALL {
        let place = Place::new(kind);
        let began = Instant::now();
        let mut running: Vec<Running> = (0..MIGRATING)
            .map(|_| place.start(&["migrate", "--json"]))
            .collect();
        let mut applied = Vec::new();
        for one in &mut running {
            let code = one.ended(Duration::from_secs(120));
            report.demand(
                code == Some(0),
                format!("{}: {code:?}: {}", kind.name(), one.logged()),
            );
            let told: serde_json::Value = serde_json::from_str(&one.said()).unwrap_or_default();
            applied.push(told["applied"].as_u64().unwrap_or(u64::MAX));
        }
        applied.sort_unstable();
        let steps = place.number("SELECT count(*) FROM seaql_migrations") as u64;
        report.figure(format!(
            "{}: steps applied {applied:?} in {:.1} s",
            kind.name(),
            began.elapsed().as_secs_f64()
        ));
        // On SQLite a process may find the file half done by another and do the rest: what counts is that none fails.
        let one_did_it = applied[..MIGRATING - 1].iter().all(|steps| *steps == 0)
            && applied[MIGRATING - 1] == steps;
        report.demand(
            one_did_it || kind == Kind::Sqlite,
            format!("{}: {applied:?} of {steps} steps", kind.name()),
        );
        let again = place.run(&["migrate", "--json"]);
        report.demand(
            again.contains(":0") || again.contains(": 0"),
            format!("something was left: {again}"),
        );
    }
    report
}
