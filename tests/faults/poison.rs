//! R18 and R19: single mails that cannot be sent, and a mail server that accepts and never says a word.

use crate::Form;
use crate::place::{Kind, Place, wait};
use crate::reckon::{reckon, wait_done};
use crate::report::Report;
use crate::round::issue;
use crate::sink::{Manners, Sink};
use std::time::{Duration, Instant};

/// What is forced into the database: where, and what.
const POISON: [(&str, &str); 4] = [
    ("to_address", "不是地址"),
    (
        "to_address",
        "a@school.example.org'||char(13)||char(10)||'RCPT TO:<evil@example.org>",
    ),
    ("reply_to", "nobody@"),
    ("to_address", "a@school.example.org,evil@school.example.org"),
];

/// R18: the others are sent, the poisoned ones fail with a reason, and nothing starts again and again.
pub fn poisoned(form: Form) -> Report {
    let mails = form.of(300, 1_000);
    let mut place = Place::new(Kind::Sqlite);
    let sink = Sink::start(Manners::default());
    place.set("DUBAN__MAIL__URL", &sink.url());
    issue(&place, mails);
    for (at, (column, value)) in POISON.iter().enumerate() {
        place.execute(&format!(
            "UPDATE mail SET {column} = '{value}' WHERE id = (SELECT id FROM mail ORDER BY id LIMIT 1 OFFSET {})",
            at * 50
        ));
    }
    let mut running = place.serve();
    let mut report = Report::default();
    wait_done(&place, Duration::from_secs(90));
    report.demand(
        running.runs(),
        format!("the service ended: {}", running.logged()),
    );
    running.stop();
    let found = reckon(&place, &sink);
    let sent = mails - POISON.len();
    let explained =
        place.number("SELECT count(*) FROM mail WHERE state = 'failed' AND reason IS NOT NULL");
    let tries = place.number("SELECT max(attempts) FROM mail WHERE state = 'failed'");
    report.figure(format!(
        "{} of {mails} sent, {explained} failed with a reason, after {tries} tries",
        sink.count()
    ));
    report.demand(
        sink.count() == sent && found.failed == POISON.len() && found.lost + found.doubled == 0,
        format!("{} taken: {found:?}", sink.count()),
    );
    report.demand(
        explained == POISON.len() as i64,
        format!("{explained} are explained"),
    );
    let evil = sink.taken().iter().any(|taken| taken.to.contains("evil"));
    report.demand(!evil, "a recipient was smuggled in");
    report
}

/// R19: the clockwork and the answers go on; asked to stop it ends; once the server speaks, everything is sent once.
pub fn never_greeted(form: Form) -> Report {
    let (mails, watched) = form.of((200, 16), (1_000, 120));
    let mut place = Place::new(Kind::Sqlite);
    let sink = Sink::start(Manners {
        silent: true,
        ..Manners::default()
    });
    place.set("DUBAN__MAIL__URL", &sink.url());
    issue(&place, mails);
    let token = place.token();
    let mut running = place.serve();
    let mut report = Report::default();
    wait("connections", Duration::from_secs(30), || {
        let held = "SELECT count(*) FROM mail WHERE state = 'claimed'";
        (place.number(held) > 0).then_some(())
    });
    let runs =
        |port| crate::http::metric(port, "duban_job_runs_total{job=\"webhooks\"").unwrap_or(0.0);
    let (began, before) = (Instant::now(), runs(running.port));
    let mut slowest = Duration::ZERO;
    while began.elapsed() < Duration::from_secs(watched) {
        for path in ["/readyz", "/api/v1/mails?limit=5"] {
            match crate::http::get(running.port, path, Some(&token)) {
                Ok(answer) if answer.status == 200 => slowest = slowest.max(answer.took),
                other => report.demand(false, format!("{path}: {other:?}")),
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let ticks = runs(running.port) - before;
    let wanted = (watched / 5) as f64 - 2.0;
    report.figure(format!(
        "silent for {watched} s: {ticks} ticks of another job, slowest answer {:.2} s",
        slowest.as_secs_f64()
    ));
    report.demand(
        ticks >= wanted.max(1.0),
        format!("only {ticks} ticks in {watched} s"),
    );
    report.demand(
        slowest < Duration::from_secs(1),
        format!("an answer took {slowest:?}"),
    );
    let (took, code) = running.stop();
    report.figure(format!("stopped in {:.1} s", took.as_secs_f64()));
    report.demand(
        code == Some(0) && took <= Duration::from_secs(15),
        format!("ended with {code:?} after {took:?}"),
    );
    sink.behave(Manners::default());
    let _again = place.serve();
    wait_done(&place, Duration::from_secs(100));
    report.demand_reckoning("then greeted", &reckon(&place, &sink), 0);
    report
}
