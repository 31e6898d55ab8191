//! R9: PostgreSQL crashes, or falls silent behind a proxy, while mails are sent and people ask.

use crate::Form;
use crate::place::{Place, Running, wait};
use crate::postgres::{Cluster, shared};
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
    /// To what it was.
    slowest_path: String,
    slowest_recovery: Duration,
    strange: Vec<String>,
}

/// All at the same time: the server that is crashed is this row's own.
pub fn database_away(form: Form) -> Report {
    let own = Arc::new(Cluster::start_new().expect("PostgreSQL"));
    let shared = shared().expect("PostgreSQL");
    let outages = [
        (Outage::Crash, own),
        (Outage::Silence, shared.clone()),
        (Outage::Cut, shared),
    ];
    let parts = std::thread::scope(|scope| {
        let parts =
            outages.map(|(outage, cluster)| scope.spawn(move || away(form, &cluster, outage)));
        parts.map(|part| part.join())
    });
    let mut report = Report::default();
    for part in parts {
        report.add(part.unwrap_or_else(|panic| Report::panicked(&*panic)));
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
    let done = wait_done(&place, Duration::from_secs(form.of(150, 900)));
    report.demand(
        running.runs(),
        format!("{of}: the service ended: {}", running.logged()),
    );
    report.demand_reckoning(&of, &reckon(&place, &sink), times * CONNECTIONS);
    report.figure(format!(
        "slowest answer {:.1} s ({}), slowest recovery {:.1} s, done {:.0} s after",
        seen.slowest_answer.as_secs_f64(),
        seen.slowest_path,
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
        if heard.slowest_answer > seen.slowest_answer {
            seen.slowest_answer = heard.slowest_answer;
            seen.slowest_path = heard.slowest_path;
        }
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
                if answer.took > seen.slowest_answer {
                    seen.slowest_answer = answer.took;
                    seen.slowest_path = format!("{path}: {}", answer.status);
                }
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
