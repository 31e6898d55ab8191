//! If-Match and Idempotency-Key over HTTP.

use crate::service::Service;
use crate::support::sample_tasks::TaskState;
use crate::support::service::Response;
use std::time::Duration;

const JSON: &str = "Content-Type: application/json";
const CLOSED: &[u8] = br#"{"state":"closed"}"#;

fn patch(service: &Service, headers: &[&str]) -> Response {
    let headers = [&[JSON], headers].concat();
    service.send(
        "PATCH",
        &service.task_path(),
        &service.office,
        &headers,
        CLOSED,
    )
}

fn create(service: &Service, key: &str, body: &str) -> Response {
    let key = format!("Idempotency-Key: {key}");
    service.send(
        "POST",
        "/api/v1/tasks",
        &service.office,
        &[JSON, &key],
        body.as_bytes(),
    )
}

#[test]
fn a_change_names_what_was_seen() {
    let service = Service::start();
    assert_eq!(patch(&service, &[]).code(), "precondition_required");
    assert_eq!(
        patch(&service, &["If-Match: \"abc\""]).code(),
        "precondition_failed"
    );
    let tag = service.get(&service.task_path()).header("etag").to_owned();
    let changed = patch(&service, &[&format!("If-Match: {tag}")]);
    assert_eq!(
        (changed.status, changed.json()["state"].as_str()),
        (200, Some("closed"))
    );
    assert_eq!(changed.header("cache-control"), "no-store");
    assert_eq!(patch(&service, &["If-Match: *"]).status, 200);
    assert_eq!(
        patch(&service, &[&format!("If-Match: W/{tag}")]).code(),
        "precondition_failed"
    );
    // Another viewer's tag is none of ours.
    let theirs = service
        .send("GET", &service.task_path(), &service.contact, &[], b"")
        .header("etag")
        .to_owned();
    assert_eq!(
        patch(&service, &[&format!("If-Match: {theirs}")]).code(),
        "precondition_failed"
    );
    let deleted = service.send(
        "DELETE",
        &service.task_path(),
        &service.office,
        &["If-Match: *"],
        b"",
    );
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    assert_eq!(
        service
            .send("DELETE", &service.task_path(), &service.office, &[], b"")
            .status,
        428
    );
}

#[test]
fn one_who_has_seen_an_older_row_is_refused_by_the_flow() {
    let service = Service::start();
    let tag = service.get(&service.task_path()).header("etag").to_owned();
    // Another row's change does not matter.
    service.make("另一项");
    assert_eq!(patch(&service, &[&format!("If-Match: {tag}")]).status, 200);
    let tag = service.get(&service.task_path()).header("etag").to_owned();
    service.change(TaskState::Open);
    let refused = patch(&service, &[&format!("If-Match: {tag}")]);
    assert_eq!(service.get(&service.task_path()).json()["state"], "open");
    assert_eq!((refused.status, refused.code().as_str()), (412, "stale"));
}

#[test]
fn what_was_made_is_found_at_its_location() {
    let service = Service::start();
    let made = service.post("/api/v1/tasks", r#"{"title":"a","weights":[]}"#);
    assert_eq!(made.status, 201);
    assert_eq!(
        made.header("location"),
        format!("/api/v1/tasks/{}", made.json()["id"].as_str().unwrap())
    );
}

#[test]
fn the_same_key_makes_one_thing_and_one_reply() {
    let service = Service::start();
    let body = r#"{"title":"a","weights":[]}"#;
    let first = create(&service, "k1", body);
    let second = create(&service, "k1", body);
    assert_eq!((first.status, &first.body), (201, &second.body));
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(
        (
            first.header("idempotency-replayed"),
            second.header("idempotency-replayed")
        ),
        ("", "true")
    );
    assert_eq!(service.runs.count(), 1);
    assert_eq!(
        create(&service, "k1", r#"{"title":"b","weights":[]}"#).code(),
        "idempotency_key_reused"
    );
}

#[test]
fn a_refused_request_gives_its_key_back() {
    let service = Service::start();
    service.make("拒绝");
    let refused = create(&service, "k2", r#"{"title":"拒绝","weights":[]}"#);
    assert_eq!((refused.status, refused.code().as_str()), (409, "taken"));
    assert_eq!(refused.json()["errors"][0]["path"], "email");
    assert!(service.kept("k2").is_none());
    assert_eq!(
        create(&service, "k2", r#"{"title":"另一个","weights":[]}"#).status,
        201
    );
    // A body that cannot be read does not even take the key.
    assert_eq!(create(&service, "k3", "{").status, 400);
    assert!(service.kept("k3").is_none());
}

#[test]
fn a_key_in_use_is_409_and_a_client_that_leaves_stops_nothing() {
    let service = Service::start();
    let body = r#"{"title":"慢","weights":[]}"#;
    let mut leaver = service.connect().unwrap();
    let request = format!(
        "POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{JSON}\r\nIdempotency-Key: k4\r\n\
         Content-Length: {}\r\n\r\n{body}",
        service.office,
        body.len()
    );
    std::io::Write::write_all(&mut leaver, request.as_bytes()).unwrap();
    let taken = || service.kept("k4").is_some();
    wait_until(taken);
    let busy = create(&service, "k4", body);
    assert_eq!(
        (busy.status, busy.code().as_str()),
        (409, "request_in_progress")
    );
    assert!(!busy.header("retry-after").is_empty());
    drop(leaver);
    wait_until(|| service.kept("k4").is_some_and(|row| row.body.is_some()));
    let replay = create(&service, "k4", body);
    assert_eq!(
        (replay.status, replay.header("idempotency-replayed")),
        (201, "true")
    );
    assert_eq!(service.runs.count(), 1);
}

#[test]
fn a_key_is_visible_ascii_of_1_to_128() {
    let service = Service::start();
    for key in ["", "a b", &"k".repeat(129), "键"] {
        assert_eq!(
            create(&service, key, r#"{"title":"a","weights":[]}"#).code(),
            "invalid_idempotency_key",
            "{key}"
        );
    }
    assert_eq!(
        create(&service, &"k".repeat(128), r#"{"title":"a","weights":[]}"#).status,
        201
    );
}

/// Polls for up to five seconds.
fn wait_until(holds: impl Fn() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("it did not come about within five seconds");
}
