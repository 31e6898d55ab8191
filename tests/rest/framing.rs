//! Requests that are no proper HTTP: what the framework itself answers, and that nothing worse happens.

use crate::service::Service;
use crate::support::service::receive;
use duban::http::kernel::Limits;
use std::io::Write;
use std::time::Duration;

/// The header of the supervisor's token.
fn auth(service: &Service) -> String {
    format!("Authorization: Bearer {}\r\n", service.office)
}

#[test]
fn two_framings_of_one_body_are_refused() {
    let service = Service::start();
    let auth = auth(&service);
    for framing in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: x\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
    ] {
        let request =
            format!("POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\n{auth}{framing}\r\n0\r\n\r\n");
        let response = service.raw(request.as_bytes());
        assert_eq!(response.status, 400, "{framing}");
    }
}

#[test]
fn headers_without_end_or_number_are_refused() {
    let service = Service::start();
    let auth = auth(&service);
    let long = format!(
        "GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\n{auth}X: {}\r\n\r\n",
        "a".repeat(200_000)
    );
    let many = format!(
        "GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\n{auth}{}\r\n",
        "X: 1\r\n".repeat(1_000)
    );
    let broken = format!("GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\n{auth}X: a\rb\r\n\r\n");
    for request in [long, many, broken] {
        let mut stream = service.connect().unwrap();
        let _ = stream.write_all(request.as_bytes());
        // An answer, or an end without one; never the tasks.
        let status = receive(&mut stream, false).map(|response| response.status);
        assert!(matches!(status, None | Some(400 | 431)), "{status:?}");
    }
    assert_eq!(service.get("/api/v1/tasks").status, 200);
}

#[test]
fn headers_of_100_kilobytes_are_431() {
    let service = Service::start();
    let padding = format!("X: {}", "a".repeat(100_000));
    let response = service.send("GET", "/api/v1/tasks", &service.office, &[&padding], b"");
    assert_eq!(
        (response.status, response.code().as_str()),
        (431, "headers_too_large")
    );
}

#[test]
fn a_head_that_never_ends_is_cut_off() {
    let service = Service::start();
    let mut stream = service.connect().unwrap();
    stream
        .write_all(b"GET /api/v1/tasks HTTP/1.1\r\nHost:")
        .unwrap();
    let response =
        receive(&mut stream, false).expect("an answer before the client's patience ends");
    assert_eq!(response.status, 408);
}

#[test]
fn a_body_that_breaks_off_is_not_acted_on() {
    let service = Service::start();
    let auth = auth(&service);
    let head = format!(
        "POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\n{auth}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{{"
    );
    let mut stream = service.connect().unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let status = receive(&mut stream, false).map(|response| response.status);
    assert!(matches!(status, None | Some(400)), "{status:?}");
    let chunked = format!(
        "POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\n{auth}Content-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\nzz\r\n"
    );
    assert_eq!(service.raw(chunked.as_bytes()).status, 400);
    assert_eq!(service.runs.count(), 0);
}

#[test]
fn a_body_that_does_not_come_is_408() {
    let service = Service::with(Limits {
        body_time: Duration::from_millis(200),
        ..Limits::default()
    });
    let auth = auth(&service);
    for kind in [
        "application/json\r\nContent-Length: 500",
        "application/json\r\nTransfer-Encoding: chunked",
    ] {
        let request =
            format!("POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\n{auth}Content-Type: {kind}\r\n\r\n");
        let response = service.raw(request.as_bytes());
        assert_eq!(
            (response.status, response.code().as_str()),
            (408, "body_timeout")
        );
    }
    let form = "multipart/form-data; boundary=BB\r\nContent-Length: 500\r\n\r\n--BB\r\n";
    let request = format!("POST /api/v1/plans HTTP/1.1\r\nHost: x\r\n{auth}Content-Type: {form}");
    assert_eq!(service.raw(request.as_bytes()).code(), "body_timeout");
}

#[test]
fn an_answer_that_takes_too_long_is_503() {
    let service = Service::with(Limits {
        answer_time: Duration::from_millis(50),
        ..Limits::default()
    });
    let response = service.get("/api/v1/waits");
    assert_eq!(
        (response.status, response.code().as_str()),
        (503, "timed_out")
    );
    let slow = service.post("/api/v1/tasks", r#"{"title":"慢","weights":[]}"#);
    assert_eq!((slow.status, slow.code().as_str()), (503, "timed_out"));
}
