//! Multipart uploads over HTTP.

use crate::service::Service;
use crate::support::service::Response;

const FORM: &str = "Content-Type: multipart/form-data; boundary=BB";

fn part(disposition: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--BB\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

fn upload(service: &Service, headers: &[&str], parts: &[Vec<u8>]) -> Response {
    let body = [parts.concat().as_slice(), b"--BB--\r\n"].concat();
    service.send(
        "POST",
        "/api/v1/plans?dry_run=true",
        &service.office,
        headers,
        &body,
    )
}

fn file(content: &[u8]) -> Vec<u8> {
    part("name=\"file\"; filename=\"方案.docx\"", content)
}

#[test]
fn a_form_is_read_with_its_file_and_fields() {
    let service = Service::start();
    let done = upload(
        &service,
        &[FORM],
        &[file(b"hello"), part("name=\"year\"", b"2026")],
    );
    assert_eq!(done.status, 200, "{done:?}");
    let json = done.json();
    assert_eq!(
        (json["file_name"].as_str(), json["bytes"].as_u64()),
        (Some("方案.docx"), Some(5))
    );
    assert_eq!(
        (json["year"].as_u64(), json["dry_run"].as_bool()),
        (Some(2026), Some(true))
    );
}

#[test]
fn a_form_that_is_not_as_described_is_refused() {
    let service = Service::start();
    let year = |text: &[u8]| part("name=\"year\"", text);
    for (parts, status, code, path) in [
        (vec![], 422, "invalid_field", "file"),
        (vec![file(b"a"), file(b"b")], 422, "invalid_field", "file"),
        (
            vec![file(b"a"), part("name=\"other\"; filename=\"x\"", b"b")],
            422,
            "unknown_field",
            "other",
        ),
        (
            vec![file(b"a"), part("name=\"role\"", b"admin")],
            422,
            "unknown_field",
            "role",
        ),
        (vec![file(b"a"), year(b"x")], 422, "invalid_field", "year"),
        (
            vec![file(b"a"), year(b"1"), year(b"2")],
            422,
            "invalid_field",
            "year",
        ),
        (vec![file(&[b'a'; 100_001])], 413, "body_too_large", ""),
        (
            vec![
                file(&[b'a'; 60_000]),
                part("name=\"year\"", &[b'1'; 60_000]),
            ],
            413,
            "body_too_large",
            "",
        ),
        (
            vec![file(b"a"), year(b"\xff\xfe")],
            400,
            "invalid_multipart",
            "",
        ),
        (
            vec![part("filename=\"x\"", b"a")],
            400,
            "invalid_multipart",
            "",
        ),
        (
            (0..60).map(|_| year(b"1")).collect(),
            413,
            "body_too_large",
            "",
        ),
    ] {
        let response = upload(&service, &[FORM], &parts);
        assert_eq!(
            (response.status, response.code().as_str()),
            (status, code),
            "{path} {}",
            parts.len()
        );
        assert_eq!(
            response.json()["errors"][0]["path"].as_str().unwrap_or(""),
            path
        );
    }
    let json = upload(&service, &["Content-Type: application/json"], &[file(b"a")]);
    assert_eq!(json.code(), "unsupported_media_type");
    let unbounded = upload(
        &service,
        &["Content-Type: multipart/form-data"],
        &[file(b"a")],
    );
    assert_eq!(unbounded.code(), "invalid_multipart");
    let cut = service.send(
        "POST",
        "/api/v1/plans",
        &service.office,
        &[FORM],
        &file(b"abc"),
    );
    assert_eq!(cut.code(), "invalid_multipart");
}

#[test]
fn the_same_form_under_the_same_key_is_done_once_though_its_boundary_differs() {
    let service = Service::start();
    let key = "Idempotency-Key: form";
    let first = upload(&service, &[FORM, key], &[file(b"hello")]);
    let body = [file(b"hello").as_slice(), b"--BB--\r\n"].concat();
    let other = String::from_utf8(body).unwrap().replace("--BB", "--CC");
    let headers = ["Content-Type: multipart/form-data; boundary=CC", key];
    let second = service.send(
        "POST",
        "/api/v1/plans?dry_run=true",
        &service.office,
        &headers,
        other.as_bytes(),
    );
    assert_eq!((first.status, &first.body), (200, &second.body));
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(
        upload(&service, &[FORM, key], &[file(b"other")]).code(),
        "idempotency_key_reused"
    );
    assert_eq!(service.runs.count(), 1);
}
