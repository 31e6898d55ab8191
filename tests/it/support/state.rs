//! What a refused request must not change: every row of every table but those that tell of requests themselves.

use duban::storage::Db;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

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
    let mut hash = Sha256::new();
    for name in tables(db).await? {
        if OF_REQUESTS.contains(&name.as_str()) {
            continue;
        }
        hash.update(name.as_bytes());
        for line in lines_of(db, &name).await? {
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

/// Every row of every table, as text.
pub async fn rows(db: &Db) -> anyhow::Result<Vec<String>> {
    let mut rows = Vec::new();
    for name in tables(db).await? {
        rows.extend(lines_of(db, &name).await?);
    }
    Ok(rows)
}

async fn tables(db: &Db) -> anyhow::Result<Vec<String>> {
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
    names.sort();
    Ok(names)
}

/// The rows of a table as text, in order.
async fn lines_of(db: &Db, table: &str) -> anyhow::Result<Vec<String>> {
    let backend = db.get_database_backend();
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
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| row.try_get("", "line"))
        .collect::<Result<_, _>>()?;
    lines.sort();
    Ok(lines)
}

/// Every file below a folder.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files_in(&path),
            false => vec![path],
        })
        .collect()
}
