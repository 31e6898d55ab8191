//! Query strings over HTTP: strictness, pages, cursors.

use crate::service::Service;

#[test]
fn what_is_not_asked_for_rightly_is_refused() {
    let service = Service::start();
    for (query, status, code) in [
        ("staet=open", 422, "unknown_parameter"),
        ("limit=10&limit=20", 422, "invalid_parameter"),
        ("state=open&state=closed", 422, "invalid_parameter"),
        ("limit=0", 422, "invalid_parameter"),
        ("limit=201", 422, "invalid_parameter"),
        ("limit=1000000000", 422, "invalid_parameter"),
        ("limit=-1", 422, "invalid_parameter"),
        ("limit=%2B5", 422, "invalid_parameter"),
        ("limit=", 422, "invalid_parameter"),
        ("sort=title", 422, "invalid_parameter"),
        ("sort=' OR 1=1--", 422, "invalid_parameter"),
        ("sort=--due_on", 422, "invalid_parameter"),
        ("state=' OR 1=1--", 422, "invalid_parameter"),
        ("plan_id=1", 422, "invalid_parameter"),
        ("due_until=2026-02-30", 422, "invalid_parameter"),
        ("due_until=9999-12-31", 422, "invalid_parameter"),
        ("due_until=0000-00-00", 422, "invalid_parameter"),
        ("cursor=nonsense", 422, "bad_cursor"),
        ("state=%ff", 400, "invalid_encoding"),
        ("state=%", 400, "invalid_encoding"),
        ("state=%00", 400, "invalid_encoding"),
    ] {
        let path = format!("/api/v1/tasks?{}", query.replace(' ', "+"));
        let response = service.get(&path);
        assert_eq!(
            (response.status, response.code().as_str()),
            (status, code),
            "{query}"
        );
    }
    let named = service.get("/api/v1/tasks?limit=0&sort=x").json();
    let paths: Vec<_> = named["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["path"].clone())
        .collect();
    assert_eq!(paths, ["sort", "limit"]);
}

#[test]
fn every_row_is_met_once_over_all_pages() {
    let service = Service::start();
    service.fill(120);
    let mut seen = Vec::new();
    let mut path = "/api/v1/tasks?limit=50&sort=-due_on&state=open".to_owned();
    loop {
        let page = service.get(&path).json();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["id"].to_string()),
        );
        match page["next_cursor"].as_str() {
            Some(cursor) => {
                path = format!("/api/v1/tasks?limit=50&sort=-due_on&state=open&cursor={cursor}")
            }
            None => break,
        }
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((count, seen.len()), (120, 120));
}

#[test]
fn a_cursor_is_good_for_its_own_list_filter_and_order_only() {
    let service = Service::start();
    service.fill(10);
    let cursor = service.get("/api/v1/tasks?limit=5&state=open").json()["next_cursor"].clone();
    let cursor = cursor.as_str().unwrap();
    let with = |query: &str| service.get(&format!("/api/v1/tasks?{query}&cursor={cursor}"));
    assert_eq!(with("limit=7&state=open").status, 200);
    for other in [
        "limit=5",
        "state=closed",
        "state=open&sort=due_on",
        "state=open&sort=-number",
    ] {
        assert_eq!(with(other).code(), "bad_cursor", "{other}");
    }
}
