//! What a refused request must not change: every row of every table but those that tell of requests themselves.

use duban::storage::Db;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sha2::{Digest, Sha256};

/// Tables that tell of requests: audit events, kept replies, the feed and its counter.
const OF_REQUESTS: [&str; 5] = [
    "audit_event",
    "kept_reply",
    "change",
    "change_counter",
    "seaql_migrations",
];

/// SHA-256 over all other tables, rows in order.
pub async fn state_hash(db: &Db) -> anyhow::Result<String> {
    let backend = db.get_database_backend();
    let tables = match backend {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        _ => "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
    };
    let rows = db
        .query_all_raw(Statement::from_string(backend, tables))
        .await?;
    let mut names: Vec<String> = rows
        .iter()
        .map(|row| row.try_get("", "name"))
        .collect::<Result<_, _>>()?;
    names.retain(|name| !OF_REQUESTS.contains(&name.as_str()));
    names.sort();
    let mut hash = Sha256::new();
    for name in names {
        let mut lines = lines_of(db, backend, &name).await?;
        lines.sort();
        hash.update(name.as_bytes());
        for line in lines {
            hash.update(line.as_bytes());
            hash.update(b"\n");
        }
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

async fn lines_of(db: &Db, backend: DbBackend, table: &str) -> anyhow::Result<Vec<String>> {
    let lines = match backend {
        DbBackend::Sqlite => {
            let columns = db
                .query_all_raw(Statement::from_string(
                    backend,
                    format!("SELECT name FROM pragma_table_info('{table}')"),
                ))
                .await?;
            let columns: Vec<String> = columns
                .iter()
                .map(|row| {
                    row.try_get::<String>("", "name")
                        .map(|name| format!("quote(\"{name}\")"))
                })
                .collect::<Result<_, _>>()?;
            format!(
                "SELECT {} AS line FROM \"{table}\"",
                columns.join(" || '|' || ")
            )
        }
        _ => format!("SELECT CAST(\"{table}\" AS text) AS line FROM \"{table}\""),
    };
    let rows = db
        .query_all_raw(Statement::from_string(backend, lines))
        .await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get("", "line"))
        .collect::<Result<_, _>>()?)
}
