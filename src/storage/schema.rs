//! Bringing the schema up to date, by one instance at a time.

use crate::storage::db::Db;
use crate::storage::error::{StorageError, code_of};
use crate::storage::marks::EPOCH;
use crate::storage::write_tx::{Author, WriteTx};
use chrono::DateTime;
use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::{self, postgres::PgPoolOptions};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, QueryResult, RuntimeErr, SqlxPostgresConnector, Statement,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// Key of the advisory lock under which PostgreSQL is migrated (“duban” as bytes).
const MIGRATION_LOCK: i64 = 0x64_7562_616e;

/// How long a step on PostgreSQL waits for a table, and the server's code when that was too short (`lock_not_available`).
const LOCK_TIMEOUT: &str = "10s";
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// How often a SQLite file that another process migrates at the same time is looked at again, or a table that is in use,
/// and the pause between.
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
    let applied = known_steps(db).await?;
    let missing = Migrator::migrations().len() - applied.len();
    if missing > 0 {
        match db.is_sqlite() {
            true => Migrator::up(&db.connection(), None).await?,
            false => up_patiently(db).await?,
        }
        give_epoch(db).await?;
    }
    Ok(missing)
}

/// Applies the missing steps on a connection of their own. The pool's statements end after half a minute, which a step that
/// moves the rows of years may take; and a step that waits for a table keeps everybody else waiting behind it: it gives way
/// after a while and begins anew.
async fn up_patiently(db: &Db) -> Result<(), StorageError> {
    let shared = db.connection();
    let pool = shared.get_postgres_connection_pool();
    let timeouts = [("statement_timeout", "0"), ("lock_timeout", LOCK_TIMEOUT)];
    // Said last it counts: the pool's own come before.
    let options = pool.connect_options().as_ref().clone().options(timeouts);
    let own = PgPoolOptions::new().max_connections(1);
    let own = own.connect_with(options).await.map_err(sqlx_error)?;
    let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(own);
    let mut tries = 0;
    let applied = loop {
        match Migrator::up(&connection, None).await {
            Err(error) if tries < TRIES && gave_way(&error) => {
                tries += 1;
                tracing::warn!(
                    tries,
                    "A step waits for a table that is in use, trying again"
                );
                tokio::time::sleep(PAUSE).await;
            }
            other => break other,
        }
    };
    connection.close().await?;
    Ok(applied?)
}

/// Whether a statement has ended because a table was in use.
fn gave_way(error: &DbErr) -> bool {
    code_of(error).as_deref() == Some(LOCK_NOT_AVAILABLE)
}

fn sqlx_error(error: sqlx::Error) -> StorageError {
    StorageError::Database(DbErr::Conn(RuntimeErr::SqlxError(error.into())))
}

/// The steps that a database has; all of them are known here.
///
/// # Errors
/// [`StorageError::SchemaNewer`] names one that is not.
pub(super) async fn known_steps(
    db: &impl ConnectionTrait,
) -> Result<BTreeSet<String>, StorageError> {
    let known: BTreeSet<String> = Migrator::migrations()
        .iter()
        .map(|step| step.name().to_owned())
        .collect();
    let applied = applied_steps(db).await?;
    match applied.difference(&known).last() {
        Some(found) => Err(StorageError::SchemaNewer {
            found: found.clone(),
        }),
        None => Ok(applied),
    }
}

/// Gives a database that was restored another epoch: what was handed out for the one it is a copy of does not fit it.
///
/// # Errors
/// [`StorageError`].
pub async fn renew_epoch(tx: &WriteTx) -> Result<(), StorageError> {
    let random = random_of(tx.get_database_backend());
    let renew = format!("UPDATE mark SET value = {random} WHERE name = '{EPOCH}'");
    tx.execute_unprepared(&renew).await?;
    Ok(())
}

/// Tells a new database from every other: validators handed out for one must not fit another.
async fn give_epoch(db: &Db) -> Result<(), StorageError> {
    let random = random_of(db.get_database_backend());
    let give = format!(
        "INSERT INTO mark (name, value, marked_at) VALUES ('{EPOCH}', {random}, CURRENT_TIMESTAMP) \
         ON CONFLICT DO NOTHING"
    );
    db.execute_unprepared(&give).await?;
    Ok(())
}

/// Randomness of the database's own: the program's belongs to draws, which simulations repeat.
fn random_of(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Sqlite => "lower(hex(randomblob(16)))",
        _ => "replace(cast(gen_random_uuid() as text), '-', '')",
    }
}

/// Names of the steps that the database says were applied; none where it is empty.
async fn applied_steps(db: &impl ConnectionTrait) -> Result<BTreeSet<String>, StorageError> {
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
