//! R12: clients that send one byte a second, or nothing at all, beside one that behaves.

use crate::Form;
use crate::crowds::slowest_of_100;
use crate::place::{Kind, Place};
use crate::report::Report;
use crate::round::issue;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// What a good client waits for, in the full form of a release build.
const ANSWER_WITHIN: Duration = Duration::from_millis(200);
/// The time limits of heads and bodies, and five seconds.
const HEADS_CLOSED_WITHIN: Duration = Duration::from_secs(15);
const BODIES_CLOSED_WITHIN: Duration = Duration::from_secs(35);

/// A client that never comes to an end.
struct Slow {
    stream: TcpStream,
    /// What it sends, byte by byte; silent clients have nothing to send.
    drips: bool,
    closed: Option<Duration>,
}

/// All three kinds at once.
pub fn slow_clients(form: Form) -> Report {
    let (each, silent, seconds) = form.of((60, 100, 40), (500, 2_000, 120));
    let mut place = Place::new(Kind::Sqlite);
    issue(&place, 100);
    let token = place.token();
    let mut running = place.serve();
    let files_before = running.open_files();
    let heads = "GET /api/v1/units HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".to_owned();
    let bodies = format!(
        "POST /api/v1/units HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{{"
    );
    let mut crowds = [
        open(running.port, each, &heads, true),
        open(running.port, each, &bodies, true),
        open(running.port, silent, "", false),
    ];
    let began = Instant::now();
    let mut times = Vec::new();
    let mut report = Report::default();
    let mut dripped = Instant::now();
    let mut most_files = 0;
    while began.elapsed() < Duration::from_secs(seconds) {
        match crate::http::get(running.port, "/api/v1/tasks?limit=9", Some(&token)) {
            Ok(answer) if answer.status == 200 => times.push(answer.took),
            other => report.demand(false, format!("a good client: {other:?}")),
        }
        most_files = most_files.max(running.open_files());
        if dripped.elapsed() >= Duration::from_secs(1) {
            dripped = Instant::now();
            crowds
                .iter_mut()
                .flatten()
                .for_each(|slow| slow.go_on(began));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let p99 = slowest_of_100(times);
    let last = crowds.each_ref().map(|crowd| last_closed(crowd));
    report.figure(format!(
        "{each} slow heads, {each} slow bodies, {silent} silent, {seconds} s: a good client's p99 {} ms; all closed after {}",
        p99.as_millis(),
        last.map(|last| last.map_or("never".to_owned(), |last| format!("{:.0} s", last.as_secs_f64()))).join(", ")
    ));
    let is_measured = form == Form::Full && !cfg!(debug_assertions);
    report.demand(
        p99 < ANSWER_WITHIN || !is_measured,
        format!("a good client's p99 was {p99:?}"),
    );
    let limits = [HEADS_CLOSED_WITHIN, BODIES_CLOSED_WITHIN];
    for ((what, last), limit) in ["slow heads", "slow bodies"].iter().zip(last).zip(limits) {
        report.demand(
            last.is_some_and(|last| last <= limit),
            format!("{what} were closed after {last:?}"),
        );
    }
    let files_at_end = running.open_files();
    drop(crowds);
    std::thread::sleep(Duration::from_secs(3));
    let files_after = running.open_files();
    report.figure(format!(
        "open files {files_before}, {most_files} at the most, {files_at_end} before the silent ones left, {files_after} after"
    ));
    report.demand(
        files_after <= files_before + 10,
        format!("{files_after} files stay open"),
    );
    report.demand(running.runs(), "the service ended");
    report
}

fn open(port: u16, clients: usize, begin: &str, drips: bool) -> Vec<Slow> {
    (0..clients)
        .filter_map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
            stream.write_all(begin.as_bytes()).ok()?;
            stream.set_nonblocking(true).ok()?;
            Some(Slow {
                stream,
                drips,
                closed: None,
            })
        })
        .collect()
}

impl Slow {
    /// Sends one byte more, and looks whether the server has closed.
    fn go_on(&mut self, began: Instant) {
        if self.closed.is_some() {
            return;
        }
        let sent = !self.drips || self.stream.write_all(b"a").is_ok();
        let mut answer = [0; 1024];
        let is_open = loop {
            match self.stream.read(&mut answer) {
                Ok(0) => break false,
                // What it is told before it is closed.
                Ok(_) => {}
                Err(error) => break error.kind() == ErrorKind::WouldBlock,
            }
        };
        if !sent || !is_open {
            self.closed = Some(began.elapsed());
        }
    }
}

/// When the last was closed; `None` where one is still open.
fn last_closed(crowd: &[Slow]) -> Option<Duration> {
    let closed: Option<Vec<Duration>> = crowd.iter().map(|slow| slow.closed).collect();
    closed?.into_iter().max()
}
