//! The running service: health, what it refuses, and how it ends.

use crate::place::{Place, Running, ask, free_port, get};
use crate::rows::texts;
use crate::samples::with_issued_example;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn serve(place: &Place) -> (Running, u16) {
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let mut running = place.start(&[("DUBAN__HTTP__LISTEN", &listen)], &["serve"]);
    running.wait_ready(port);
    (running, port)
}

#[test]
fn both_signals_end_it_cleanly() {
    for signal in ["TERM", "INT"] {
        let place = with_issued_example();
        let (running, port) = serve(&place);
        let asked = Instant::now();
        running.signal(signal);
        let ran = running.ended().done();
        assert!(asked.elapsed() < Duration::from_secs(15), "{signal}");
        let lines: Vec<&str> = ran.out.lines().collect();
        assert_eq!(lines.len(), 2, "logs go to stderr: {}", ran.out);
        assert!(lines[1].contains("/setup/"), "how to begin: {}", ran.out);
        assert!(ran.err.contains("Stopped"), "{signal}: {}", ran.err);
        assert!(get(port, "/healthz").is_none(), "nobody listens any more");
        assert!(
            !place.path("var/duban.db-wal").exists(),
            "the database was closed"
        );
    }
}

#[test]
fn a_request_under_way_is_answered_before_it_ends() {
    let place = with_issued_example();
    let admin = [
        "user",
        "create",
        "admin@example.org",
        "--role",
        "administrator",
    ];
    place.run(&admin).done();
    let token = place
        .run(&["--json", "user", "token", "admin@example.org"])
        .done()
        .json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let (running, port) = serve(&place);
    let body = r#"{"code":"late","name":"刚来得及的学校","kind":"school"}"#;
    let (first, rest) = body.split_at(10);
    let mut under_way = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    let patience = Some(Duration::from_secs(10));
    under_way.set_read_timeout(patience).expect("a time limit");
    let head = format!(
        "POST /api/v1/units HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    under_way.write_all(head.as_bytes()).expect("a head");
    // It has the request in hand once it says so.
    let mut goes_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    under_way.read_exact(&mut goes_on).expect("it reads on");
    under_way.write_all(first.as_bytes()).expect("half a body");
    running.signal("TERM");
    crate::place::wait("new connections are refused", || {
        get(port, "/healthz").is_none().then_some(())
    });
    under_way
        .write_all(rest.as_bytes())
        .expect("the other half");
    let mut answer = String::new();
    under_way.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    running.ended().done();
    let units = "SELECT name FROM unit WHERE code = 'late'";
    assert_eq!(texts(&place.database(), units), ["刚来得及的学校"]);
}

#[test]
fn the_board_is_loaded_before_anybody_asks() {
    let place = with_issued_example();
    let (running, _) = serve(&place);
    crate::place::wait("the board", || {
        running.logged().contains("Loaded the board").then_some(())
    });
}

#[test]
fn health_and_metrics_are_told() {
    let place = with_issued_example();
    let (_running, port) = serve(&place);
    for path in ["/healthz", "/readyz"] {
        let answer = get(port, path).expect("answer");
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "ok\n"),
            "{path}"
        );
    }
    let metrics = get(port, "/metrics").expect("answer");
    assert_eq!(metrics.status, 200);
    for name in [
        "duban_outbox_mails{state=\"sent\"}",
        "duban_queue_age_seconds",
        "duban_job_runs_total",
    ] {
        let told = crate::place::wait(name, || {
            let told = get(port, "/metrics").expect("answer").body;
            told.contains(name).then_some(told)
        });
        assert!(!told.contains('@'), "no address in the metrics");
    }
}

#[test]
fn what_it_does_not_know_is_refused() {
    let place = Place::new();
    let (mut running, port) = serve(&place);
    assert_eq!(get(port, "/nothing").expect("answer").status, 404);
    let status = |head: &str, body: &str| ask(port, head, body).expect("answer").status;
    assert_eq!(
        status(
            "GET /healthz HTTP/1.1\r\nContent-Encoding: identity\r\n",
            ""
        ),
        200
    );
    let posted = status("POST /healthz HTTP/1.1\r\n", "x");
    assert!([404, 405].contains(&posted), "{posted}");
    let nonsense = ask(port, "\0\0\0 nonsense\r\n", "").map(|answer| answer.status);
    assert!(nonsense.is_none_or(|status| status == 400), "{nonsense:?}");
    assert!(running.runs(), "and it goes on");
    assert_eq!(get(port, "/healthz").expect("answer").status, 200);
}

#[test]
fn a_health_check_asks_the_service_that_runs() {
    let place = Place::new();
    let (running, port) = serve(&place);
    let listen = format!("127.0.0.1:{port}");
    let env = [("DUBAN__HTTP__LISTEN", listen.as_str())];
    place.run_with(&env, &["healthcheck"]).done();
    running.signal("TERM");
    running.ended().done();
    place
        .run_with(&env, &["healthcheck"])
        .refused(&[&listen, "没有应答"]);
}

#[test]
fn what_is_due_is_done_at_start() {
    let place = with_issued_example();
    let may = "2026-05-06T00:05:00+08:00";
    place.run(&["run-job", "spot_check", "--at", may]).done();
    let is_open = || {
        let rounds = place.run(&["round", "list", "--json"]).done().json();
        let mut rounds = rounds.as_array().expect("a list").iter();
        let round = rounds.find(|one| one["period"] == "2026-05");
        round.expect("a round")["open"] == true
    };
    assert!(is_open());
    let (running, _) = serve(&place);
    // Its units have long stopped being asked, on whatever day this runs.
    crate::place::wait("the end of a round", || (!is_open()).then_some(()));
    running.signal("TERM");
    running.ended().done();
}
