//! Reading lists of the service to their end, and refusals that must leave everything as it was.

use super::service::{Response, Service};
use super::state::state_hash;
use serde_json::Value;

/// Every row of a list, read in pages of `limit`.
#[track_caller]
pub fn all(service: &Service, token: &str, path: &str, limit: usize) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    let mark = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = service
            .get(token, &format!("{path}{mark}limit={limit}{cursor}"))
            .expect(200);
        let items = page["items"].as_array().cloned().unwrap_or_default();
        assert!(items.len() <= limit);
        rows.extend(items);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

/// A field of every row, as text.
pub fn column(rows: &[Value], field: &str) -> Vec<String> {
    let text = |row: &Value| match &row[field] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    rows.iter().map(text).collect()
}

/// The paths of the wrong fields of a problem.
pub fn wrong(problem: &Value) -> Vec<String> {
    column(
        problem["errors"].as_array().map_or(&[], Vec::as_slice),
        "path",
    )
}

/// A request that is refused with this status, code and field (empty for none), and changes nothing.
pub async fn refused(
    service: &Service,
    request: impl FnOnce() -> Response,
    (status, code, field): (u16, &str, &str),
) -> anyhow::Result<()> {
    let before = state_hash(&service.ctx.db).await?;
    let response = request();
    let problem = response.expect(status);
    assert_eq!(problem["code"], code, "{problem}");
    let fields: Vec<&str> = Some(field)
        .filter(|field| !field.is_empty())
        .into_iter()
        .collect();
    assert_eq!(wrong(&problem), fields, "{problem}");
    assert_eq!(
        state_hash(&service.ctx.db).await?,
        before,
        "{problem} changed something"
    );
    Ok(())
}
