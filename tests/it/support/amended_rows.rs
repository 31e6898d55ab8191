//! A task that was amended and that its lead unit has reported as done, for the examples of the document.

use super::service::Service;
use anyhow::Context;
use serde_json::{Value, json};
use uuid::Uuid;

/// The rows.
pub struct AmendedRows {
    pub task: Uuid,
    pub amendment: Uuid,
    pub completion: Uuid,
    /// Another task, which may be split.
    pub whole: Uuid,
}

impl AmendedRows {
    /// Amends the words of 二(一)2, and has its lead unit report it.
    pub async fn of(service: &Service, token: &str) -> anyhow::Result<Self> {
        let tasks = service.get(token, "/tasks?limit=200").expect(200);
        let by_number = |number: &str| -> anyhow::Result<Uuid> {
            let mut rows = tasks["items"].as_array().into_iter().flatten();
            id_of(
                rows.find(|row| row["number"] == number)
                    .context("no such task")?,
            )
        };
        let task = by_number("二(一)2")?;
        let body =
            json!({ "title": "完成作业公示", "text": "各校完成作业公示。", "reason": "文字更正" });
        let amendment = service
            .post(token, &format!("/tasks/{task}/amendments"), &body)
            .expect(201);
        let body = json!({ "unit_code": "B2", "summary": "各校已公示" });
        let completion = service
            .post(token, &format!("/tasks/{task}/completions"), &body)
            .expect(201);
        Ok(Self {
            task,
            amendment: id_of(&amendment)?,
            completion: id_of(&completion)?,
            whole: by_number("二(二)3")?,
        })
    }
}

fn id_of(row: &Value) -> anyhow::Result<Uuid> {
    Ok(row["id"].as_str().context("id")?.parse()?)
}
