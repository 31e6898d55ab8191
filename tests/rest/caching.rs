//! ETags, 304, kept answers, compression, HEAD.

use crate::service::Service;
use crate::support::sample_tasks::TaskState;
use crate::support::service::Response;
use std::io::Read;

fn get_with(service: &Service, path: &str, header: &str) -> Response {
    service.send("GET", path, &service.office, &[header], b"")
}

#[test]
fn what_is_known_is_304_until_something_changes() {
    let service = Service::start();
    let first = service.get("/api/v1/tasks");
    let tag = first.header("etag").to_owned();
    assert_eq!(first.header("cache-control"), "private, no-cache");
    assert_eq!(first.header("vary"), "Authorization, Accept-Encoding");
    for known in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"x\", {tag}"),
        "*".to_owned(),
    ] {
        let again = get_with(
            &service,
            "/api/v1/tasks",
            &format!("If-None-Match: {known}"),
        );
        assert_eq!((again.status, again.body.len()), (304, 0), "{known}");
        assert_eq!(again.header("etag"), tag);
        assert_eq!(again.header("cache-control"), "private, no-cache");
        assert_eq!(again.header("vary"), first.header("vary"));
    }
    service.change(TaskState::Closed);
    let changed = get_with(&service, "/api/v1/tasks", &format!("If-None-Match: {tag}"));
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), tag);
}

#[test]
fn a_tag_tells_viewers_days_paths_and_encodings_apart() {
    let service = Service::start();
    let tag = |path: &str, token: &str, header: &str| {
        service
            .send("GET", path, token, &[header], b"")
            .header("etag")
            .to_owned()
    };
    let tags = [
        tag("/api/v1/tasks", &service.office, "X: 1"),
        tag("/api/v1/tasks", &service.auditor, "X: 1"),
        tag("/api/v1/tasks?as_of=2026-01-01", &service.office, "X: 1"),
        tag("/api/v1/tasks?as_of=2026-01-02", &service.office, "X: 1"),
        tag("/api/v1/tasks", &service.office, "Accept-Encoding: gzip"),
    ];
    for (at, tag) in tags.iter().enumerate() {
        assert!(tag.starts_with('"') && !tag.contains("key-"), "{tag}");
        assert!(!tags[..at].contains(tag), "{tags:?}");
    }
}

#[test]
fn a_star_does_not_make_a_missing_row_known() {
    let service = Service::start();
    let path = "/api/v1/tasks/0198c1f2-7a10-7000-8000-000000000009";
    assert_eq!(get_with(&service, path, "If-None-Match: *").status, 404);
}

#[test]
fn an_answer_is_made_once_for_a_state_a_viewer_and_a_query() {
    let service = Service::start();
    let runs = || service.runs.count();
    for path in [
        "/api/v1/tasks?limit=5&state=open",
        "/api/v1/tasks?state=open&limit=5",
    ] {
        assert_eq!(service.get(path).status, 200);
    }
    assert_eq!(runs(), 1);
    assert_eq!(
        service
            .send(
                "GET",
                "/api/v1/tasks?limit=5&state=open",
                &service.auditor,
                &[],
                b""
            )
            .status,
        200
    );
    assert_eq!(runs(), 2);
    service.change(TaskState::Closed);
    assert_eq!(service.get("/api/v1/tasks?limit=5&state=open").status, 200);
    assert_eq!(runs(), 3);
}

#[test]
fn those_who_ask_together_are_answered_by_one_run() {
    let service = Service::start();
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| service.get("/api/v1/waits").status))
            .collect();
        for answer in asked {
            assert_eq!(answer.join().unwrap(), 200);
        }
    });
    assert_eq!(service.runs.count(), 1);
}

#[test]
fn large_answers_are_packed_for_those_who_take_it() {
    let service = Service::start();
    service.fill(100);
    let plain = service.get("/api/v1/tasks?limit=100");
    let packed = get_with(
        &service,
        "/api/v1/tasks?limit=100",
        "Accept-Encoding: gzip, br",
    );
    assert_eq!(
        (
            plain.header("content-encoding"),
            packed.header("content-encoding")
        ),
        ("", "gzip")
    );
    assert!(packed.body.len() * 5 < plain.body.len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.body.as_slice())
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain.body);
    let small = get_with(&service, &service.task_path(), "Accept-Encoding: gzip");
    assert_eq!(
        (
            small.header("content-encoding"),
            small.json()["id"].as_str()
        ),
        ("", Some(service.task.to_string().as_str()))
    );
}

#[test]
fn head_says_what_get_says_without_the_body() {
    let service = Service::start();
    let got = service.get("/api/v1/tasks");
    let head = service.send("HEAD", "/api/v1/tasks", &service.office, &[], b"");
    assert_eq!(head.status, 200);
    for name in [
        "etag",
        "content-length",
        "content-type",
        "cache-control",
        "vary",
    ] {
        assert_eq!(head.header(name), got.header(name), "{name}");
    }
    assert!(head.body.is_empty());
    assert_eq!(
        service.send("HEAD", "/api/v1/tasks", "", &[], b"").status,
        401
    );
}

#[test]
fn a_file_is_saved_and_not_shown() {
    let service = Service::start();
    let path = format!("/api/v1/bulletins/{}/file", service.task);
    let file = service.get(&path);
    assert_eq!(
        (file.status, file.body.as_slice()),
        (200, b"bytes of a file".as_slice())
    );
    let disposition = file.header("content-disposition");
    assert!(
        disposition.starts_with("attachment; filename=\"__X_ 1.docx\"")
            || disposition.contains("filename*=UTF-8''")
    );
    assert!(!file.headers.contains_key("x"), "{file:?}");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    let tag = format!("If-None-Match: {}", file.header("etag"));
    assert_eq!(get_with(&service, &path, &tag).status, 304);
}
