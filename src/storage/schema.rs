//! Bringing the schema up to date, by one instance at a time.

use crate::storage::db::Db;
use crate::storage::error::StorageError;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use std::collections::BTreeSet;

/// Key of the advisory lock under which PostgreSQL is migrated (“duban” as bytes).
const MIGRATION_LOCK: i64 = 0x64_7562_616e;

/// Applies the missing steps; does nothing where none is missing. Returns how many were applied.
///
/// # Errors
/// [`StorageError::SchemaNewer`] where the database has a step that this binary does not know; it is left as it is.
pub async fn migrate(db: &Db) -> Result<usize, StorageError> {
    // PostgreSQL: the lock belongs to a transaction of its own, which lives while the steps run on other connections.
    // SQLite: one process migrates while the others wait at the database's own lock.
    let lock = match db.is_sqlite() {
        true => None,
        false => {
            let tx = db.write().await?;
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
                .await?;
            Some(tx)
        }
    };
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
        Migrator::up(db.connection(), None).await?;
    }
    if let Some(tx) = lock {
        tx.commit().await?;
    }
    Ok(missing)
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
