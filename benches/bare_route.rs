//! What the web framework alone can do on this machine, for `rest.sh` to compare with: a server with two routes that
//! touch nothing.
//!
//! ```text
//! cargo bench --bench bare_route -- 127.0.0.1:8500
//! ```
//!
//! `/empty` answers 304 with an ETag and no body, `/tasks` serialises 50 rows that look like tasks, each time anew.
//! Without an address it says so and does nothing.

use actix_web::{App, HttpResponse, HttpServer, web};
use serde::Serialize;

#[derive(Serialize)]
struct Row {
    id: String,
    plan_id: String,
    plan_title: String,
    number: String,
    section: Vec<String>,
    title: String,
    state: &'static str,
    due_on: Option<String>,
    lead_units: Vec<String>,
    responsible_units: Vec<String>,
    position: usize,
}

#[derive(Serialize)]
struct Page {
    items: Vec<Row>,
    next_cursor: Option<String>,
}

fn page() -> Page {
    let row = |position: usize| Row {
        id: format!("0199f3a0-0000-7000-8000-{position:012}"),
        plan_id: "0199f3a0-0000-7000-8000-000000000001".to_owned(),
        plan_title: "示例市教育局基础教育质量提升方案".to_owned(),
        number: format!("四(一){position}"),
        section: vec!["四、重点举措".to_owned(), "（一）课堂".to_owned()],
        title: "落实课堂常规，各校每学期公开课程表，课程开齐率达到百分之九十五以上".to_owned(),
        state: "issued",
        due_on: Some("2026-04-30".to_owned()),
        lead_units: vec!["教学科".to_owned()],
        responsible_units: vec!["各地各校".to_owned()],
        position,
    };
    Page {
        items: (0..50).map(row).collect(),
        next_cursor: Some("bm90aGluZyB0byBzZWUgaGVyZQ".to_owned()),
    }
}

async fn empty() -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header(("ETag", "\"0123456789abcdef\""))
        .finish()
}

async fn tasks() -> HttpResponse {
    HttpResponse::Ok().json(page())
}

fn main() -> std::io::Result<()> {
    let address = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let Some(address) = address else {
        println!("bare_route: skipped, no address given");
        return Ok(());
    };
    actix_web::rt::System::new().block_on(async {
        HttpServer::new(|| {
            App::new()
                .route("/empty", web::get().to(empty))
                .route("/tasks", web::get().to(tasks))
        })
        .workers(2)
        .bind(address)?
        .run()
        .await
    })
}
