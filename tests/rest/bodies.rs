//! JSON bodies over HTTP: types, sizes, shapes, words.

use crate::service::Service;

const JSON: &str = "Content-Type: application/json";

/// The beginning of a request whose framing follows.
fn head(service: &Service) -> String {
    format!(
        "POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n",
        service.office
    )
}

fn post(service: &Service, headers: &[&str], body: &[u8]) -> (u16, String) {
    let response = service.send("POST", "/api/v1/tasks", &service.office, headers, body);
    let code = if response.status < 300 {
        String::new()
    } else {
        response.code()
    };
    (response.status, code)
}

#[test]
fn only_plain_json_is_taken_as_json() {
    let service = Service::start();
    let body = br#"{"title":"a","weights":[]}"#;
    assert_eq!(
        post(
            &service,
            &["Content-Type: application/json; charset=UTF-8"],
            body
        )
        .0,
        201
    );
    let other = br#"{"title":"b","weights":[]}"#;
    assert_eq!(
        post(&service, &[JSON, "Content-Encoding: identity"], other).0,
        201
    );
    let bad: [&[&str]; 7] = [
        &[],
        &["Content-Type: text/plain"],
        &["Content-Type: application/json; charset=gbk"],
        &["Content-Type: multipart/form-data; boundary=x"],
        &[JSON, "Content-Encoding: gzip"],
        &[JSON, "Content-Type: text/plain"],
        &[JSON, "Content-Encoding: br"],
    ];
    for headers in bad {
        assert_eq!(
            post(&service, headers, body),
            (415, "unsupported_media_type".to_owned()),
            "{headers:?}"
        );
    }
}

#[test]
fn one_byte_over_the_limit_is_413() {
    let service = Service::start();
    let sized = |size: usize| {
        let rest = size - r#"{"title":"a","weights":[]}"#.len();
        format!(r#"{{"title":"a","weights":[]{}}}"#, " ".repeat(rest)).into_bytes()
    };
    assert_eq!(post(&service, &[JSON], &sized(1 << 20)).0, 201);
    assert_eq!(
        post(&service, &[JSON], &sized((1 << 20) + 1)),
        (413, "body_too_large".to_owned())
    );
    // Announced only: refused before it is sent.
    let head = format!(
        "{}Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n",
        head(&service)
    );
    assert_eq!(service.raw(head.as_bytes()).code(), "body_too_large");
}

#[test]
fn a_chunked_body_is_bounded_too() {
    let service = Service::start();
    let head = format!(
        "{}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        head(&service)
    );
    let mut bytes = head.as_bytes().to_vec();
    for _ in 0..40 {
        bytes.extend(b"10000\r\n");
        bytes.extend([b' '; 0x10000]);
        bytes.extend(b"\r\n");
    }
    assert_eq!(service.raw(&bytes).code(), "body_too_large");
}

#[test]
fn wrong_bodies_are_told_with_their_place() {
    let service = Service::start();
    for (body, status, code, path) in [
        ("", 400, "body_required", ""),
        ("{\"title\":", 400, "invalid_json", ""),
        (
            "{\"title\":\"a\",\"title\":\"b\",\"weights\":[]}",
            400,
            "invalid_json",
            "",
        ),
        (
            "{\"title\":\"\\ud800\",\"weights\":[]}",
            400,
            "invalid_json",
            "",
        ),
        (
            "{\"title\":\"a\",\"weights\":[],\"created_by\":\"x\"}",
            422,
            "unknown_field",
            "created_by",
        ),
        (
            "{\"title\":\"a\\u0000\",\"weights\":[]}",
            422,
            "invalid_field",
            "title",
        ),
        (
            "{\"title\":\"\\u202eabc\",\"weights\":[]}",
            422,
            "invalid_field",
            "title",
        ),
        (
            "{\"title\":\" \",\"weights\":[]}",
            422,
            "invalid_field",
            "title",
        ),
        (
            "{\"title\":\"一二三四五六七八九十一二三四五六七八九十一\",\"weights\":[]}",
            422,
            "invalid_field",
            "title",
        ),
        (
            "{\"title\":7,\"weights\":[]}",
            422,
            "invalid_field",
            "title",
        ),
        (
            "{\"title\":\"a\",\"weights\":[1,-1]}",
            422,
            "invalid_field",
            "weights[1]",
        ),
        (
            "{\"title\":\"a\",\"weights\":[1,9223372036854775808]}",
            422,
            "invalid_field",
            "weights[1]",
        ),
        ("{\"title\":\"a\"}", 422, "invalid_field", "weights"),
        (
            "{\"title\":\"a\",\"weights\":[],\"due_on\":\"2026-02-30\"}",
            422,
            "invalid_field",
            "due_on",
        ),
        (
            "{\"title\":\"a\",\"weights\":[1,200,201]}",
            422,
            "invalid_field",
            "weights[1]",
        ),
    ] {
        let response = service.post("/api/v1/tasks", body);
        assert_eq!(
            (response.status, response.code().as_str()),
            (status, code),
            "{body}"
        );
        assert_eq!(
            response.json()["errors"][0]["path"].as_str().unwrap_or(""),
            path,
            "{body}"
        );
        let detail = response.json()["detail"].to_string();
        assert!(
            detail.ends_with("。\"") || detail.ends_with("）\""),
            "{detail}"
        );
        assert!(!detail.contains("expected"), "{detail}");
    }
    let both = service
        .post("/api/v1/tasks", r#"{"title":"a","weights":[101,102,1,1]}"#)
        .json();
    assert_eq!(both["errors"].as_array().unwrap().len(), 3, "{both}");
    assert_eq!(service.runs.count(), 0);
}

#[test]
fn a_body_where_none_is_wanted_is_not_read() {
    let service = Service::start();
    let response = service.send(
        "GET",
        "/api/v1/tasks",
        &service.office,
        &["Content-Type: text/plain"],
        b"hello",
    );
    assert_eq!(response.status, 200);
}
