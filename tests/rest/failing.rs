//! What fails behind the kernel: a database that is closed or broken, a handler that panics or does not end.

use crate::service::Service;
use crate::support::samples::{FAILS_AFTERWARDS, HANGS_AFTERWARDS};
use crate::support::service::{Response, no_rates};
use duban::http::kernel::Limits;
use std::time::Duration;

/// Words that only somebody inside may read.
const INNER: [&str; 6] = [
    "SELECT",
    "no such table",
    "change_counter",
    "sqlx",
    "pool",
    "panicked",
];

fn assert_plain(response: &Response) {
    let body = String::from_utf8_lossy(&response.body);
    assert!(!INNER.iter().any(|word| body.contains(word)), "{body}");
}

#[test]
fn a_storage_that_fails_is_503_without_its_words() {
    for table in ["change_counter", "token", "user"] {
        let service = Service::start();
        let path = "/api/v1/tasks";
        assert_eq!(service.get(path).status, 200);
        // What is known and kept holds until something changes.
        service.make("甲");
        service.execute(&format!("ALTER TABLE \"{table}\" RENAME TO lost"));
        service.after_promised();
        let response = service.get(path);
        assert_eq!(
            (response.status, response.code().as_str()),
            (503, "unavailable"),
            "{table}"
        );
        assert_plain(&response);
        assert!(!response.header("retry-after").is_empty());
        assert!(response.header("etag").is_empty());
        // And it recovers by itself.
        service.execute(&format!("ALTER TABLE lost RENAME TO \"{table}\""));
        assert_eq!(service.get(path).status, 200, "{table}");
    }
}

#[test]
fn a_closed_database_is_503_for_reading_and_writing() {
    let service = Service::start();
    assert_eq!(service.get("/api/v1/tasks").status, 200);
    service
        .wait(service.town.ctx.db.clone().close())
        .expect("closed");
    service.after_promised();
    let read = service.get("/api/v1/tasks");
    let write = service.post("/api/v1/tasks", r#"{"title":"a","weights":[]}"#);
    let headers = ["Content-Type: application/json", "Idempotency-Key: k"];
    let body = br#"{"title":"a","weights":[]}"#;
    let guarded = service.send("POST", "/api/v1/tasks", &service.office, &headers, body);
    for response in [read, write, guarded] {
        assert_eq!(
            (response.status, response.code().as_str()),
            (503, "unavailable")
        );
        assert_plain(&response);
    }
    // What needs no database is answered all the same.
    assert_eq!(
        service
            .send("GET", "/api/v1/openapi.json", "", &[], b"")
            .status,
        200
    );
}

#[test]
fn who_may_not_is_refused_though_it_cannot_be_recorded() {
    let service = Service::start();
    service.execute("ALTER TABLE audit_event RENAME TO lost");
    let path = "/api/v1/audit-events";
    let refused = service.send("GET", path, &service.office, &[], b"");
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "forbidden")
    );
    let hidden = format!("/api/v1/tasks/{}", service.foreign);
    let hidden = service.send("GET", &hidden, &service.contact, &[], b"");
    assert_eq!((hidden.status, hidden.code().as_str()), (404, "not_found"));
}

#[test]
fn a_write_that_fails_in_the_middle_leaves_nothing_and_gives_its_key_back() {
    let service = Service::start();
    service.execute("ALTER TABLE audit_event RENAME TO lost");
    let headers = ["Content-Type: application/json", "Idempotency-Key: k"];
    let body = br#"{"title":"a","weights":[]}"#;
    let create = || service.send("POST", "/api/v1/tasks", &service.office, &headers, body);
    let failed = create();
    assert_eq!(
        (failed.status, failed.code().as_str()),
        (503, "unavailable")
    );
    assert_plain(&failed);
    service.execute("ALTER TABLE lost RENAME TO audit_event");
    let tasks = service.get("/api/v1/tasks?q=a").json()["items"].clone();
    assert_eq!(tasks.as_array().map(Vec::len), Some(0));
    let made = create();
    assert_eq!(
        (made.status, made.header("idempotency-replayed")),
        (201, "")
    );
}

#[test]
fn a_handler_that_panics_is_500_and_the_service_lives() {
    let service = Service::start();
    for _ in 0..5 {
        let response = service.get("/api/v1/panics");
        assert_eq!(
            (response.status, response.code().as_str()),
            (500, "internal")
        );
        let post = service.send("POST", "/api/v1/panics", &service.office, &[], b"");
        assert_eq!((post.status, post.code().as_str()), (500, "internal"));
    }
    assert_eq!(service.get("/api/v1/tasks").status, 200);
}

#[test]
fn a_handler_that_does_not_end_is_503_and_what_it_did_is_not_done_twice() {
    let service = Service::with(Limits {
        answer_time: Duration::from_millis(1_500),
        ..no_rates()
    });
    for (title, status) in [(FAILS_AFTERWARDS, 500), (HANGS_AFTERWARDS, 503)] {
        let headers = [
            "Content-Type: application/json",
            &format!("Idempotency-Key: {status}"),
        ];
        let body = format!("{{\"title\":\"{title}\",\"weights\":[]}}");
        let create = || {
            service.send(
                "POST",
                "/api/v1/tasks",
                &service.office,
                &headers,
                body.as_bytes(),
            )
        };
        assert_eq!(create().status, status, "{title}");
        let again = create();
        assert_eq!(
            (again.status, again.code().as_str()),
            (409, "outcome_unknown"),
            "{title}"
        );
        let named: String = title.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let made = service.get(&format!("/api/v1/tasks?q={named}")).json()["items"].clone();
        assert_eq!(made.as_array().map(Vec::len), Some(1), "{title}");
    }
}
