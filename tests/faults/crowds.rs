//! R11: many clients that keep their connections and ask as fast as they are answered, most reading, some reporting.

use crate::Form;
use crate::http::request;
use crate::place::{Kind, Place};
use crate::report::Report;
use crate::round::issue;
use crate::sql::texts;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The slowest of a hundred, in the full form of a release build.
const READ_WITHIN: Duration = Duration::from_secs(1);
const WRITE_WITHIN: Duration = Duration::from_secs(2);
const MOST_MEMORY: f64 = 500.0;
/// One in so many requests writes.
const WRITES: usize = 5;

/// What one client saw.
#[derive(Default)]
struct Seen {
    reads: Vec<Duration>,
    writes: Vec<Duration>,
    errors: Vec<String>,
}

/// On SQLite, whose one writer is what a crowd waits for.
pub fn crowd(form: Form) -> Report {
    let (clients, seconds) = form.of((100, 4), (1_000, 60));
    let mut place = Place::new(Kind::Sqlite);
    issue(&place, clients.max(300));
    let reports = reports(&place);
    let token: Arc<str> = place.token().into();
    let mut running = place.serve();
    let port = running.port;
    let lasting = Duration::from_secs(seconds);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("runtime");
    let seen = runtime.block_on(async {
        let until = Instant::now() + lasting;
        let tasks: Vec<_> = (0..clients)
            .map(|client| {
                let report = reports[client % reports.len()].clone();
                tokio::spawn(ask_on(client, (port, token.clone(), report), until))
            })
            .collect();
        let mut all = Seen::default();
        for task in tasks {
            let one = task.await.expect("a client");
            all.reads.extend(one.reads);
            all.writes.extend(one.writes);
            all.errors.extend(one.errors);
        }
        all
    });
    let mut report = Report::default();
    let (reads, writes) = (seen.reads.len(), seen.writes.len());
    let (read, written) = (slowest_of_100(seen.reads), slowest_of_100(seen.writes));
    let memory = running.memory("VmHWM").unwrap_or(0.0);
    report.figure(format!(
        "{clients} clients, {seconds} s: {reads} reads, p99 {} ms; {writes} writes, p99 {} ms; {} errors; {memory:.0} MiB at the most",
        read.as_millis(), written.as_millis(), seen.errors.len()
    ));
    report.demand(reads > 0 && writes > 0, "nothing was answered");
    let some: Vec<&String> = seen.errors.iter().take(3).collect();
    report.demand(
        seen.errors.is_empty(),
        format!("{} errors: {some:?}", seen.errors.len()),
    );
    let is_measured = form == Form::Full && !cfg!(debug_assertions);
    report.demand(
        read < READ_WITHIN && written < WRITE_WITHIN || !is_measured,
        format!("p99 {read:?} to read, {written:?} to write"),
    );
    report.demand(memory < MOST_MEMORY, format!("{memory:.0} MiB"));
    report.demand(running.runs(), "the service ended");
    report
}

/// What can be reported: a path and a body for each unit's ask.
fn reports(place: &Place) -> Vec<(String, String)> {
    let asks = texts(
        &place.url(),
        "SELECT lower(hex(o.id)) || ' ' || lower(hex(max(i.assignment_id))) FROM obligation o \
         JOIN obligation_item i ON i.obligation_id = o.id GROUP BY o.id",
    );
    let told = asks.iter().map(|ask| {
        let (ask, assignment) = ask.split_once(' ').expect("two ids");
        let [ask, assignment] =
            [ask, assignment].map(|id| uuid::Uuid::parse_str(id).expect("an id"));
        let path = format!("/api/v1/obligations/{ask}/reports");
        let body = format!(r#"{{"items":[{{"assignment_id":"{assignment}","percent":100}}]}}"#);
        (path, body)
    });
    told.collect()
}

async fn ask_on(
    client: usize,
    (port, token, (report_path, report)): (u16, Arc<str>, (String, String)),
    until: Instant,
) -> Seen {
    let mut seen = Seen::default();
    let mut stream = match TcpStream::connect(("127.0.0.1", port)).await {
        Ok(stream) => stream,
        Err(error) => {
            seen.errors.push(format!("connecting: {error}"));
            return seen;
        }
    };
    let mut number = client;
    while Instant::now() < until {
        number += 1;
        let writes = number.is_multiple_of(WRITES);
        let asked = if writes {
            request("POST", &report_path, Some(&token), &report, "keep-alive")
        } else {
            let path = format!("/api/v1/tasks?limit={}", 1 + number % 50);
            request("GET", &path, Some(&token), "", "keep-alive")
        };
        let began = Instant::now();
        match converse(&mut stream, &asked).await {
            Ok(200) if !writes => seen.reads.push(began.elapsed()),
            Ok(201) if writes => seen.writes.push(began.elapsed()),
            Ok(status) => seen.errors.push(format!("answered {status}")),
            Err(error) => {
                seen.errors.push(error.to_string());
                return seen;
            }
        }
    }
    seen
}

/// Asks, reads the whole answer and tells its status.
async fn converse(stream: &mut TcpStream, asked: &str) -> std::io::Result<u16> {
    stream.write_all(asked.as_bytes()).await?;
    let (mut answer, mut piece) = (Vec::new(), [0; 16 << 10]);
    loop {
        let read = stream.read(&mut piece).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(&piece[..read]);
        if let Some((status, length)) = whole(&answer)
            && answer.len() >= length
        {
            return Ok(status);
        }
    }
}

/// Status and length of an answer whose head is there.
fn whole(answer: &[u8]) -> Option<(u16, usize)> {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    Some((status, head + length?.trim().parse::<usize>().ok()?))
}

/// What 99 of 100 stay below.
pub fn slowest_of_100(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let at = times.len() * 99 / 100;
    times.get(at).or(times.last()).copied().unwrap_or_default()
}
