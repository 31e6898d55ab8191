//! Who may call: tokens, roles, scopes, rates; methods and paths that are none.

use crate::service::Service;
use crate::support::service::Response;
use duban::http::kernel::Limits;

const JSON: &str = "Content-Type: application/json";
const NEW: &[u8] = br#"{"title":"a","weights":[]}"#;

#[test]
fn without_a_known_token_there_is_nothing_but_401() {
    let service = Service::start();
    let long = format!("Authorization: Bearer {}", "a".repeat(8_000));
    let (but_one, _) = service.office.split_at(service.office.len() - 1);
    let cut = format!("Authorization: Bearer {but_one}");
    let after = format!("Authorization: Bearer {} x", service.office);
    let basic = format!("Authorization: Basic {}", service.office);
    for header in [
        "",
        "Authorization: Basic b2ZmaWNl",
        "Authorization: Bearer",
        &cut,
        &after,
        &basic,
        &long,
    ] {
        let headers = if header.is_empty() {
            vec![]
        } else {
            vec![header]
        };
        let response = service.send("GET", "/api/v1/tasks", "", &headers, b"");
        assert_eq!(
            (response.status, response.code().as_str()),
            (401, "unauthenticated"),
            "{header}"
        );
        assert!(response.header("www-authenticate").starts_with("Bearer"));
        assert_eq!(response.header("cache-control"), "no-store");
    }
    let given = format!("Authorization: Bearer {}", service.office);
    let twice = [given.as_str(), given.as_str()];
    assert_eq!(
        service.send("GET", "/api/v1/tasks", "", &twice, b"").status,
        401
    );
    // A token in the address is no token.
    let path = format!("/api/v1/tasks?token={}", service.office);
    assert_eq!(service.send("GET", &path, "", &[], b"").status, 401);
    let path = format!("/api/v1/tasks?access_token={}", service.office);
    let both = service.send("GET", &path, &service.office, &[], b"");
    assert_eq!(
        (both.status, both.code().as_str()),
        (422, "unknown_parameter")
    );
}

#[test]
fn a_role_that_may_not_is_refused_and_recorded() {
    let service = Service::start();
    let refused = service.send("POST", "/api/v1/tasks", &service.contact, &[JSON], NEW);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "forbidden")
    );
    assert_eq!(
        service
            .send("GET", "/api/v1/audit-events", &service.office, &[], b"")
            .status,
        403
    );
    assert_eq!(
        service
            .send("GET", "/api/v1/audit-events", &service.auditor, &[], b"")
            .status,
        200
    );
    let rows = service.refusals();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let of =
        |action: &str, path: &str, who: &str| (action.to_owned(), path.to_owned(), who.to_owned());
    assert_eq!(
        rows,
        [
            of(
                "write_tasks",
                "/api/v1/tasks",
                "unit-contact-s1@example.org"
            ),
            of(
                "read_audit_events",
                "/api/v1/audit-events",
                "supervisor@example.org"
            ),
        ]
    );
    // The auditor reads of it.
    let events = service.send(
        "GET",
        "/api/v1/audit-events?limit=200",
        &service.auditor,
        &[],
        b"",
    );
    assert!(String::from_utf8_lossy(&events.body).contains("read_audit_events"));
}

#[test]
fn a_token_that_reads_does_not_write_whatever_headers_say() {
    let service = Service::start();
    let refused = service.send("POST", "/api/v1/tasks", &service.office_reads, &[JSON], NEW);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "read_only_token")
    );
    let override_header = ["X-HTTP-Method-Override: DELETE"];
    let path = service.task_path();
    assert_eq!(
        service
            .send("GET", &path, &service.office_reads, &override_header, b"")
            .status,
        200
    );
    assert!(service.refusals().is_empty());
}

#[test]
fn a_foreign_row_looks_like_none_and_leaves_one_audit_row() {
    let service = Service::start();
    let read = |id: &str| {
        let path = format!("/api/v1/tasks/{id}");
        service.send("GET", &path, &service.contact, &[], b"")
    };
    let foreign = read(&service.foreign.to_string());
    let missing = read("0198c1f2-7a10-7000-8000-000000000009");
    assert_eq!(read(&service.task.to_string()).status, 200);
    let strip = |response: &Response| {
        let mut json = response.json();
        json["instance"] = "".into();
        json["request_id"] = "".into();
        (
            response.status,
            json,
            response.headers.keys().cloned().collect::<Vec<_>>(),
        )
    };
    assert_eq!(strip(&foreign), strip(&missing));
    assert_eq!(foreign.status, 404);
    assert_eq!(
        service.refusals(),
        [(
            "read_tasks".to_owned(),
            format!("task {}", service.foreign),
            "unit-contact-s1@example.org".to_owned()
        )]
    );
}

#[test]
fn what_is_no_id_is_no_row() {
    let service = Service::start();
    for id in [
        "1",
        "0198c1f27a10700080000000000000a1",
        "{0198c1f2-7a10-7000-8000-000000000001}",
        "..%2f..%2fetc",
        "%00",
        "0198c1f2-7a10-7000-8000-000000000001;a=b",
        "%ff",
    ] {
        let response = service.get(&format!("/api/v1/tasks/{id}"));
        assert_eq!(
            (response.status, response.code().as_str()),
            (404, "not_found"),
            "{id}"
        );
    }
}

#[test]
fn unknown_paths_are_404_in_the_api_s_words() {
    let service = Service::start();
    for path in [
        "/api/v1/nothing",
        "/api/v1/tasks/",
        "/api/v1//tasks",
        "//api/v1/tasks",
        "/api/v1/tasks;a=b",
        "/api",
        "/api/v1",
        "/api/v2/tasks",
        "/.git/config",
        "/api/v1/..%2f..%2fetc/passwd",
        "/api/v1/tasks%00",
        "/api/v1/%2f",
        "/api/v1/../../etc/passwd",
        "/api/docs/../x",
        "/api/docs/nothing.js",
    ] {
        let response = service.get(path);
        assert_eq!(
            (response.status, response.code().as_str()),
            (404, "not_found"),
            "{path}"
        );
    }
}

#[test]
fn other_methods_are_405_with_allow() {
    let service = Service::start();
    for method in ["PUT", "TRACE", "CONNECT", "PROPFIND", "DELETE", "FOO"] {
        let response = service.send(method, "/api/v1/tasks", &service.office, &[], b"");
        assert_eq!(
            (response.status, response.code().as_str()),
            (405, "method_not_allowed"),
            "{method}"
        );
        assert_eq!(response.header("allow"), "GET, HEAD, POST, OPTIONS");
    }
    assert_eq!(
        service
            .send("POST", "/api/v1/openapi.json", &service.office, &[], b"")
            .status,
        405
    );
    assert_eq!(
        service
            .send("POST", "/api/docs", &service.office, &[], b"")
            .code(),
        "method_not_allowed"
    );
}

#[test]
fn options_tells_methods_and_gives_no_foreign_origin_anything() {
    let service = Service::start();
    let preflight = [
        "Origin: https://evil.example",
        "Access-Control-Request-Method: POST",
    ];
    let response = service.send("OPTIONS", "/api/v1/tasks", "", &preflight, b"");
    assert_eq!(
        (response.status, response.header("allow")),
        (204, "GET, HEAD, POST, OPTIONS")
    );
    let with_origin = service.send(
        "GET",
        "/api/v1/tasks",
        &service.office,
        &["Origin: null"],
        b"",
    );
    for response in [response, with_origin] {
        assert!(
            !response
                .headers
                .keys()
                .any(|name| name.starts_with("access-control")),
            "{response:?}"
        );
    }
}

#[test]
fn guessing_ids_ends_in_429() {
    let service = Service::with(Limits {
        misses_per_minute: 60,
        ..Limits::default()
    });
    let guess = |number: u32| {
        let path = format!("/api/v1/tasks/0198c1f2-7a10-7000-8000-0000001{number:05}");
        service.send("GET", &path, &service.contact, &[], b"")
    };
    let stopped = (0..100)
        .map(guess)
        .find(|response| response.status != 404)
        .expect("a stop");
    assert_eq!(
        (stopped.status, stopped.code().as_str()),
        (429, "rate_limited")
    );
    assert!(
        stopped
            .header("retry-after")
            .parse::<u32>()
            .is_ok_and(|seconds| seconds >= 1)
    );
    // Others are not held up.
    assert_eq!(
        service
            .get("/api/v1/tasks/0198c1f2-7a10-7000-8000-000000000009")
            .status,
        404
    );
}

#[test]
fn trying_tokens_ends_in_429_whatever_the_client_says_of_its_address() {
    let service = Service::with(Limits {
        address_per_minute: 60,
        ..Limits::default()
    });
    let attempt = |number: u32| {
        let forwarded = format!("X-Forwarded-For: 127.0.0.{number}");
        service.send("GET", "/api/v1/tasks", "guess", &[&forwarded], b"")
    };
    let stopped = (0..30)
        .map(attempt)
        .find(|response| response.status != 401)
        .expect("a stop");
    assert_eq!(
        (stopped.status, stopped.code().as_str()),
        (429, "rate_limited")
    );
    // Whoever has a token is not held up by a neighbour without.
    assert_eq!(service.get("/api/v1/tasks").status, 200);
}

#[test]
fn behind_a_trusted_proxy_clients_are_told_apart() {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let service = Service::with(Limits {
        address_per_minute: 60,
        trusted_proxies,
        ..Limits::default()
    });
    let attempt = |client: &str| {
        let forwarded = format!("X-Forwarded-For: 10.9.9.9, {client}");
        service
            .send("GET", "/api/v1/tasks", "guess", &[&forwarded], b"")
            .status
    };
    assert!((0..30).any(|_| attempt("192.0.2.1") == 429));
    assert_eq!(attempt("192.0.2.2"), 401);
}

#[test]
fn a_token_s_own_rate_ends_in_429() {
    let service = Service::with(Limits {
        token_per_minute: 60,
        ..Limits::default()
    });
    let statuses: Vec<u16> = (0..12)
        .map(|_| service.get("/api/v1/tasks").status)
        .collect();
    assert_eq!((statuses[0], statuses[11]), (200, 429), "{statuses:?}");
}
