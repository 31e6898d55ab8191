//! The connection: opening it, the SQLite settings that the promises rest on, and the one way to write.

use crate::storage::boundary::{Boundary, Edge};
use crate::storage::change_counter::ChangeCounter;
use crate::storage::error::StorageError;
use crate::storage::hint::Hint;
use crate::storage::pool_name::PoolName;
use crate::storage::pulse::Pulse;
use crate::storage::session::KnownPeople;
use crate::storage::write_tx::{Author, WriteTx};
use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, ExecResult,
    QueryResult, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;

/// Tries to reach the database before giving up, how long each may take, and the pause between them: under half a minute
/// together. The pool would go on asking a port that nobody listens on.
const CONNECT_TRIES: u32 = 5;
const CONNECT_TRY: Duration = Duration::from_secs(4);
const CONNECT_PAUSE: Duration = Duration::from_secs(1);

/// An open database. Reading goes through it directly, writing through [`Db::write`].
#[derive(Clone, Debug)]
pub struct Db {
    /// Another one after the server was silent.
    connection: Arc<RwLock<DatabaseConnection>>,
    is_sqlite: bool,
    /// How it was opened.
    options: Arc<ConnectOptions>,
    pool_name: PoolName,
    pulse: Pulse,
    hint: Hint,
    /// SQLite has one writer: waiting here is fair, waiting in SQLite is polling.
    writer: Arc<Mutex<()>>,
    /// The connection by which a SQLite file is written; `None` elsewhere.
    writing: Option<DatabaseConnection>,
    counter: Arc<ChangeCounter>,
    people: Arc<KnownPeople>,
}

impl Db {
    /// Opens the database at `url` (`sqlite://path`, `sqlite::memory:` or `postgres://…`), trying for a few seconds.
    ///
    /// # Errors
    /// [`StorageError::BadUrl`], [`StorageError::Unreachable`], [`StorageError::Folder`], [`StorageError::Pragma`].
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        let pool_name = PoolName::first();
        let options = connect_options(url, &pool_name)?;
        let mut tried = 0;
        let connection = loop {
            tried += 1;
            let connecting = Database::connect(options.clone());
            match tokio::time::timeout(CONNECT_TRY, connecting).await {
                Ok(Ok(connection)) => break connection,
                Ok(Err(error)) if tried >= CONNECT_TRIES => {
                    return Err(StorageError::Unreachable {
                        url: without_password(url),
                        reason: plain_reason(&error),
                    });
                }
                Err(_) if tried >= CONNECT_TRIES => {
                    return Err(StorageError::Unreachable {
                        url: without_password(url),
                        reason: "没有应答".to_owned(),
                    });
                }
                Ok(Err(error)) => {
                    let reason = plain_reason(&error);
                    tracing::warn!(tried, reason, "Database cannot be opened yet, trying again");
                    tokio::time::sleep(CONNECT_PAUSE).await;
                }
                Err(_) => {
                    tracing::warn!(tried, "Database does not answer yet, trying again");
                    tokio::time::sleep(CONNECT_PAUSE).await;
                }
            }
        };
        let is_sqlite = connection.get_database_backend() == DbBackend::Sqlite;
        // One connection for all that is written to a file: its pages stay in its cache, as nobody else changes any.
        let writing = match is_sqlite && !is_memory(url) {
            true => {
                let mut options = options.clone();
                options.max_connections(1);
                options.map_sqlx_sqlite_opts(|sqlite| {
                    // In KiB: the mails of a claim, from their claim to their outcome.
                    sqlite_options(sqlite).pragma("cache_size", "-16000")
                });
                Some(Database::connect(options).await?)
            }
            false => None,
        };
        let db = Self {
            connection: Arc::new(RwLock::new(connection)),
            writing,
            is_sqlite,
            options: Arc::new(options),
            pool_name,
            pulse: Pulse::new(!is_sqlite),
            hint: Hint::default(),
            writer: Arc::new(Mutex::new(())),
            counter: Arc::default(),
            people: Arc::default(),
        };
        if db.is_sqlite() && !is_memory(url) {
            db.assert_pragmas().await?;
        }
        Ok(db)
    }

    /// The same database, with a simulation interfering at the edges of its transactions.
    #[must_use]
    pub fn with_boundary(self, boundary: Arc<dyn Boundary>) -> Self {
        Self {
            pulse: self.pulse.with_boundary(boundary),
            ..self
        }
    }

    /// Whether it is SQLite; else PostgreSQL.
    pub fn is_sqlite(&self) -> bool {
        self.is_sqlite
    }

    /// Begins a writing transaction. The only way to write: on SQLite it is `BEGIN IMMEDIATE` behind a fair queue, so
    /// that no reader has to be upgraded (which fails at once, whatever the busy time-out).
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn write(&self, author: Author) -> Result<WriteTx, StorageError> {
        self.pulse.pass(Edge::Begin).await;
        let writer = match self.is_sqlite() {
            true => Some(self.writer.clone().lock_owned().await),
            false => None,
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that begins a transaction"
        )]
        let transaction = {
            let connection = self.writing.clone();
            let connection = connection.unwrap_or_else(|| self.connection());
            let beginning = connection.begin_with_options(options);
            self.pulse.within(beginning).await?
        };
        Ok(WriteTx::begun(
            (transaction, self.pulse.clone(), self.hint.clone()),
            writer,
            self.counter.clone(),
            self.people.clone(),
            author,
        ))
    }

    /// The number of the newest change, at most [`STALE_AFTER`](super::change_counter::STALE_AFTER) old; at once where
    /// the change was made through this very connection. Requests that wait together share one reading.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn change_no(&self) -> Result<i64, StorageError> {
        self.counter.read(self).await
    }

    /// What this process knows of units and contacts.
    pub(super) fn people(&self) -> &KnownPeople {
        &self.people
    }

    /// The connection itself, for migrations and for closing.
    pub(super) fn connection(&self) -> DatabaseConnection {
        let connection = self.connection.read();
        connection.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the server is there.
    pub(super) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Where it is said that mails were queued.
    pub(super) fn hint(&self) -> &Hint {
        &self.hint
    }

    /// Where the server is; `None` on SQLite.
    pub(super) fn server_url(&self) -> Option<String> {
        (!self.is_sqlite).then(|| self.options.get_url().to_owned())
    }

    /// How the connection is opened on which the server is asked whether it is there; `None` on SQLite.
    pub(super) fn pulse_options(&self) -> Option<ConnectOptions> {
        let mut options = self.options.as_ref().clone();
        options.max_connections(1).min_connections(0);
        // It is no part of the pool, and outlives it.
        options.map_sqlx_postgres_opts(|postgres| postgres.application_name("duban pulse"));
        (!self.is_sqlite).then_some(options)
    }

    /// Opens new connections, and drops those there were, on the server too.
    ///
    /// # Errors
    /// [`StorageError::Database`]; the old ones stay.
    pub(super) async fn connect_anew(&self) -> Result<(), StorageError> {
        self.pool_name.renew();
        let new = Database::connect(self.options.as_ref().clone()).await?;
        if let Err(error) = self.pool_name.end_earlier(&new).await {
            tracing::warn!(%error, "Could not end the connections from before on the server");
        }
        let old = {
            let mut connection = self
                .connection
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *connection, new)
        };
        // Closing says farewell to a server that may never answer: it is not waited for.
        tokio::spawn(old.close());
        Ok(())
    }

    /// Closes the pool.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn close(self) -> Result<(), StorageError> {
        if let Some(writing) = &self.writing {
            writing.clone().close().await?;
        }
        Ok(self.connection().close().await?)
    }

    /// Whether the database answers a trivial question.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn ping(&self) -> Result<(), StorageError> {
        let connection = self.connection();
        Ok(self.pulse.within(connection.ping()).await?)
    }

    /// The database server's own clock; `None` on SQLite, where the database is this process.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn now(&self) -> Result<Option<DateTime<Utc>>, StorageError> {
        if self.is_sqlite() {
            return Ok(None);
        }
        let statement = Statement::from_string(DbBackend::Postgres, "SELECT clock_timestamp()");
        let row = self.query_one_raw(statement).await?;
        let now: Option<DateTime<Utc>> = row.map(|row| row.try_get_by_index(0)).transpose()?;
        Ok(now.map(|now| now.trunc_subsecs(6)))
    }

    async fn assert_pragmas(&self) -> Result<(), StorageError> {
        for (pragma, wanted) in [
            ("journal_mode", "wal"),
            ("synchronous", "2"),
            ("foreign_keys", "1"),
        ] {
            let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {pragma}"));
            let row = self.query_one_raw(statement).await?;
            let found = match row {
                Some(row) => row
                    .try_get_by_index::<String>(0)
                    .or_else(|_| row.try_get_by_index::<i32>(0).map(|n| n.to_string()))?,
                None => String::new(),
            };
            if found != wanted {
                return Err(StorageError::Pragma {
                    pragma,
                    wanted,
                    found,
                });
            }
        }
        Ok(())
    }
}

/// Opens what `url` names: options of the pool for its kind of database.
fn connect_options(url: &str, pool_name: &PoolName) -> Result<ConnectOptions, StorageError> {
    let bad = || StorageError::BadUrl {
        url: without_password(url),
    };
    let mut options = if url.starts_with("sqlite:") {
        let file = sqlite_path(url).ok_or_else(bad)?;
        if !is_memory(url) {
            make_folder(Path::new(file))?;
        }
        let mut options = ConnectOptions::new(if is_memory(url) {
            "sqlite::memory:".to_owned()
        } else {
            format!("sqlite://{file}?mode=rwc")
        });
        let connections = if is_memory(url) { 1 } else { 6 };
        // The first connection makes the file a WAL database, and must be alone while it does. None is ever let go.
        options.max_connections(connections).min_connections(0);
        options
            .idle_timeout(None::<Duration>)
            .max_lifetime(None::<Duration>)
            // It is this process itself that would be asked.
            .test_before_acquire(false);
        // A transaction that the database itself has rolled back (its disk is full) leaves its connection in disorder.
        options.map_sqlx_sqlite_pool_opts(|pool| {
            pool.before_acquire(|connection, _| {
                Box::pin(async move { Ok(!connection.is_in_transaction()) })
            })
        });
        options.map_sqlx_sqlite_opts(sqlite_options);
        options
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let mut options = ConnectOptions::new(url.to_owned());
        options.max_connections(12).min_connections(1);
        options.statement_timeout(Duration::from_secs(30));
        let pool_name = pool_name.clone();
        options.map_sqlx_postgres_opts(move |postgres| {
            postgres.application_name(&pool_name.name()).options([
                // Whoever waits for a row longer gives way, and is tried again as a whole.
                ("lock_timeout", "10s"),
                // A transaction that its instance has forgotten lets go of its rows.
                ("idle_in_transaction_session_timeout", "60s"),
            ])
        });
        options
    } else {
        return Err(bad());
    };
    options
        .sqlx_logging(false)
        .connect_timeout(Duration::from_secs(5))
        .acquire_timeout(Duration::from_secs(15));
    Ok(options)
}

/// How every connection to SQLite is set up.
fn sqlite_options(sqlite: SqliteConnectOptions) -> SqliteConnectOptions {
    sqlite
        .journal_mode(SqliteJournalMode::Wal)
        // A “this mail was sent” must survive a power cut.
        .synchronous(SqliteSynchronous::Full)
        // In pages of 4 KiB. A row that changes several times within 16 MB of changes is copied into the file once.
        .pragma("wal_autocheckpoint", "4000")
        .busy_timeout(Duration::from_secs(10))
        .foreign_keys(true)
        .statement_cache_capacity(64)
}

/// What the address of a SQLite database names, without its options: a file, or `:memory:`; `None` for no SQLite, or for
/// nothing.
pub(super) fn sqlite_path(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite:")?.trim_start_matches("//");
    path.split('?').next().filter(|path| !path.is_empty())
}

pub(super) fn is_memory(url: &str) -> bool {
    url.contains(":memory:")
}

fn make_folder(file: &Path) -> Result<(), StorageError> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).map_err(|source| StorageError::Folder {
                path: folder.display().to_string(),
                source,
            })
        }
        Some(_) | None => Ok(()),
    }
}

/// The address with whatever stands between the scheme and `@` hidden.
pub fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            format!("{}://***{}", &url[..scheme], &url[at..])
        }
        _ => url.to_owned(),
    }
}

/// The driver's words without its wrapping.
fn plain_reason(error: &DbErr) -> String {
    let text = error.to_string();
    text.rsplit("Error: ")
        .next()
        .unwrap_or(&text)
        .chars()
        .take(200)
        .collect()
}

#[async_trait]
impl ConnectionTrait for Db {
    fn get_database_backend(&self) -> DbBackend {
        match self.is_sqlite {
            true => DbBackend::Sqlite,
            false => DbBackend::Postgres,
        }
    }
    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        let connection = self.connection();
        self.pulse.within(connection.execute_raw(stmt)).await
    }
    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let connection = self.connection();
        self.pulse.within(connection.execute_unprepared(sql)).await
    }
    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        let connection = self.connection();
        self.pulse.within(connection.query_one_raw(stmt)).await
    }
    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let connection = self.connection();
        self.pulse.within(connection.query_all_raw(stmt)).await
    }
}
