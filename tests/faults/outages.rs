//! R9: PostgreSQL crashes, or falls silent behind a proxy, while mails are sent and people ask.

use crate::Form;
use crate::place::{Place, Running, wait};
use crate::postgres::{Cluster, is_root};
use crate::proxy::Proxy;
use crate::reckon::{reckon, wait_done, wait_taken};
use crate::report::Report;
use crate::round::issue;
use crate::sink::{Manners, Sink};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 8;
/// An answer may take this long while the database is away.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// After the database is back.
const RECOVER_WITHIN: Duration = Duration::from_secs(10);
/// How long the proxy is silent.
const SILENCE: Duration = Duration::from_secs(8);

/// What befalls the database.
#[derive(Debug, Clone, Copy)]
enum Outage {
    Crash,
    Silence,
    Cut,
}

/// What was seen of the outages of a kind.
#[derive(Default)]
struct Seen {
    slowest_answer: Duration,
    slowest_recovery: Duration,
    strange: Vec<String>,
}

/// A server of this row's own, since it is crashed.
pub fn database_away(form: Form) -> Report {
    let cluster = match Cluster::start_new() {
        Ok(cluster) => Arc::new(cluster),
        Err(why) if is_root() => return Report::skipped(why),
        Err(why) => panic!("{why}"),
    };
    let mut report = Report::default();
    for outage in [Outage::Crash, Outage::Silence, Outage::Cut] {
        report.add(away(form, &cluster, outage));
    }
    report
}

fn away(form: Form, cluster: &Arc<Cluster>, outage: Outage) -> Report {
    let (mails, times) = form.of((1_500, 1), (10_000, 10));
    let proxy = Proxy::start(cluster.port);
    let mut place = Place::on(cluster.clone());
    let sink = Sink::start(Manners::slow(30));
    place.set("DUBAN__MAIL__URL", &sink.url());
    issue(&place, mails);
    let token = place.token();
    let database = place.database_name().to_owned();
    let through = format!("postgres://duban@127.0.0.1:{}/{database}", proxy.port);
    place.set("DUBAN__DATABASE__URL", &through);
    let mut running = place.serve();
    let mut report = Report::default();
    let of = format!("{outage:?} ×{times}");
    let mut seen = Seen::default();
    for time in 1..=times {
        if !wait_taken(&sink, 60, Duration::from_secs(60)) {
            report.demand(false, format!("{of}: no mails before outage {time}"));
            break;
        }
        befall(outage, cluster, &proxy, &running, &token, &mut seen);
        recover(&running, &token, &sink, &mut seen);
    }
    sink.behave(Manners::default());
    let done = wait_done(&place, Duration::from_secs(150));
    report.demand(
        running.runs(),
        format!("{of}: the service ended: {}", running.logged()),
    );
    report.demand_reckoning(&of, &reckon(&place, &sink), times * CONNECTIONS);
    report.figure(format!(
        "slowest answer {:.1} s, slowest recovery {:.1} s, done {:.0} s after",
        seen.slowest_answer.as_secs_f64(),
        seen.slowest_recovery.as_secs_f64(),
        done.as_secs_f64()
    ));
    report.demand(
        seen.slowest_answer <= ANSWER_WITHIN,
        format!("{of}: an answer took {:?}", seen.slowest_answer),
    );
    report.demand(
        seen.slowest_recovery <= RECOVER_WITHIN,
        format!("{of}: recovered only after {:?}", seen.slowest_recovery),
    );
    seen.strange.dedup();
    report.demand(
        seen.strange.is_empty(),
        format!("{of}: {}", seen.strange.join(", ")),
    );
    report
}

/// The outage, while somebody asks all the time.
fn befall(
    outage: Outage,
    cluster: &Cluster,
    proxy: &Proxy,
    running: &Running,
    token: &str,
    seen: &mut Seen,
) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask_until(&over, running, token));
        match outage {
            Outage::Crash => {
                cluster.crash().expect("crashed");
                std::thread::sleep(Duration::from_secs(2));
                cluster.start().expect("started");
            }
            Outage::Silence => {
                proxy.go_silent();
                std::thread::sleep(SILENCE);
                proxy.heal();
            }
            Outage::Cut => {
                proxy.delay(Duration::from_millis(50));
                proxy.cut_after(20_000);
                std::thread::sleep(Duration::from_secs(2));
                proxy.delay(Duration::ZERO);
            }
        }
        over.store(true, Ordering::SeqCst);
        let heard = asking.join().expect("asked");
        seen.slowest_answer = seen.slowest_answer.max(heard.slowest_answer);
        seen.strange.extend(heard.strange);
    });
}

/// Asks by turns whether it is ready and for a list; only 200 and 503 are answers to either.
fn ask_until(over: &AtomicBool, running: &Running, token: &str) -> Seen {
    let mut seen = Seen::default();
    let mut asked = 0;
    while !over.load(Ordering::SeqCst) {
        asked += 1;
        // Each time another question: kept answers need no database.
        let list = format!("/api/v1/units?limit={}", 1 + asked % 150);
        let path = if asked % 2 == 0 {
            "/readyz"
        } else {
            list.as_str()
        };
        match crate::http::get(running.port, path, Some(token)) {
            Ok(answer) => {
                seen.slowest_answer = seen.slowest_answer.max(answer.took);
                if ![200, 503].contains(&answer.status) {
                    seen.strange.push(format!("{path}: {}", answer.status));
                }
            }
            Err(error) => seen.strange.push(format!("{path}: {error}")),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    seen
}

/// How long until people are answered and mails leave again.
fn recover(running: &Running, token: &str, sink: &Sink, seen: &mut Seen) {
    let (back, before) = (Instant::now(), sink.count());
    wait(
        "an answer after the outage",
        Duration::from_secs(90),
        || {
            let answer = crate::http::get(running.port, "/api/v1/units?limit=7", Some(token));
            answer.ok().filter(|answer| answer.status == 200)
        },
    );
    wait("a mail after the outage", Duration::from_secs(90), || {
        (sink.count() > before + CONNECTIONS).then_some(())
    });
    seen.slowest_recovery = seen.slowest_recovery.max(back.elapsed());
}
