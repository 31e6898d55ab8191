//! Bringing the schema up to date, by one instance at a time.

use crate::storage::db::Db;
use crate::storage::error::StorageError;
use crate::storage::marks::EPOCH;
use crate::storage::write_tx::Author;
use chrono::DateTime;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use std::collections::BTreeSet;
use std::time::Duration;

/// Key of the advisory lock under which PostgreSQL is migrated (“duban” as bytes).
const MIGRATION_LOCK: i64 = 0x64_7562_616e;

/// How often a SQLite file that another process migrates at the same time is looked at again, and the pause between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// Applies the missing steps; does nothing where none is missing. Returns how many were applied.
///
/// PostgreSQL: one instance at a time, under an advisory lock that belongs to a transaction of its own, which lives while
/// the steps run on other connections. SQLite: each step is a transaction; where another process is at it, its steps are
/// waited for.
///
/// # Errors
/// [`StorageError::SchemaNewer`] where the database has a step that this binary does not know; it is left as it is.
pub async fn migrate(db: &Db) -> Result<usize, StorageError> {
    if db.is_sqlite() {
        let mut tries = 0;
        loop {
            match apply_missing(db).await {
                Err(StorageError::Database(_)) if tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                other => return other,
            }
        }
    }
    let lock = db
        .write(Author::system("migrate", DateTime::UNIX_EPOCH))
        .await?;
    // However long another instance takes: it is waited for.
    for patience in [
        "statement_timeout",
        "lock_timeout",
        "idle_in_transaction_session_timeout",
    ] {
        lock.execute_unprepared(&format!("SET LOCAL {patience} = 0"))
            .await?;
    }
    lock.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        .await?;
    let applied = apply_missing(db).await?;
    lock.commit_unseen().await?;
    Ok(applied)
}

async fn apply_missing(db: &Db) -> Result<usize, StorageError> {
    let known: BTreeSet<String> = Migrator::migrations()
        .iter()
        .map(|step| step.name().to_owned())
        .collect();
    let applied = applied_steps(db).await?;
    if let Some(found) = applied.difference(&known).last() {
        return Err(StorageError::SchemaNewer {
            found: found.clone(),
        });
    }
    let missing = known.len() - applied.len();
    if missing > 0 {
        Migrator::up(&db.connection(), None).await?;
        give_epoch(db).await?;
    }
    Ok(missing)
}

/// Tells a new database from every other: validators handed out for one must not fit another.
async fn give_epoch(db: &Db) -> Result<(), StorageError> {
    let random = match db.get_database_backend() {
        DbBackend::Sqlite => "lower(hex(randomblob(16)))",
        _ => "replace(cast(gen_random_uuid() as text), '-', '')",
    };
    // Randomness of the database's own: the program's belongs to draws, which simulations repeat.
    let give = format!(
        "INSERT INTO mark (name, value, marked_at) VALUES ('{EPOCH}', {random}, CURRENT_TIMESTAMP) \
         ON CONFLICT DO NOTHING"
    );
    db.execute_unprepared(&give).await?;
    Ok(())
}

/// Names of the steps that the database says were applied; none where it is empty.
async fn applied_steps(db: &Db) -> Result<BTreeSet<String>, StorageError> {
    let backend = db.get_database_backend();
    let exists = match backend {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'"
        }
        _ => {
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'seaql_migrations'"
        }
    };
    let table = db
        .query_one_raw(Statement::from_string(backend, exists))
        .await?;
    if table.is_none() {
        return Ok(BTreeSet::new());
    }
    let rows: Vec<QueryResult> = db
        .query_all_raw(Statement::from_string(
            backend,
            "SELECT version FROM seaql_migrations",
        ))
        .await?;
    let steps: Result<BTreeSet<String>, _> = rows
        .iter()
        .map(|row| row.try_get::<String>("", "version"))
        .collect();
    Ok(steps?)
}
