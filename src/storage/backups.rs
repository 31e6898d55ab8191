//! What backing up and restoring ask of a database: where its file is, which attached files go with it, whether a copy is
//! sound, and that nobody else has it open.

use crate::storage::db::{is_memory, sqlite_path};
use crate::storage::error::StorageError;
use crate::storage::schema::known_steps;
use entity::attachment;
use sea_orm::sqlx::sqlite::SqliteSynchronous;
use sea_orm::{
    ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr,
    EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Statement,
};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// What of a database goes with its copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CopyFacts {
    /// The newest step of its schema; `None` where it has none.
    pub schema: Option<String>,
    /// The attached files that it records.
    pub files: Vec<RecordedFile>,
}

/// An attached file as a database records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFile {
    /// Where its bytes lie.
    pub key: Uuid,
    /// Its length.
    pub size: u64,
    /// SHA-256 (hex) of its bytes.
    pub sha256: String,
}

/// The file of a SQLite database by its address; `None` for one in memory, and for PostgreSQL.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    sqlite_path(url)
        .filter(|_| !is_memory(url))
        .map(PathBuf::from)
}

/// The address of a SQLite database in a file.
pub fn url_of_file(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// The facts of a database as it is. One that is not brought up to date is read as it is, too.
///
/// # Errors
/// [`StorageError::SchemaNewer`]: what else goes with it is not known here.
pub async fn facts(db: &impl ConnectionTrait) -> Result<CopyFacts, StorageError> {
    let steps = known_steps(db).await?;
    let files = match has_attachments(db).await? {
        true => recorded_files(db).await?,
        false => Vec::new(),
    };
    Ok(CopyFacts {
        schema: steps.last().cloned(),
        files,
    })
}

/// Whether a database records an attached file.
///
/// # Errors
/// [`StorageError`].
pub async fn records_file(db: &impl ConnectionTrait, key: Uuid) -> Result<bool, StorageError> {
    let found = attachment::Entity::find()
        .filter(attachment::Column::StoreKey.eq(key.to_string()))
        .count(db)
        .await?;
    Ok(found > 0)
}

/// Looks into a copy that nobody writes to, without changing a byte of it: its facts, and what SQLite finds wrong with it.
///
/// # Errors
/// [`StorageError`]: it is no database, or a newer one.
pub async fn look_into(file: &Path) -> Result<(CopyFacts, Option<String>), StorageError> {
    let path = file.to_owned();
    let mut options = one_connection();
    options
        .map_sqlx_sqlite_opts(move |sqlite| sqlite.filename(&path).read_only(true).immutable(true));
    let copy = Database::connect(options).await?;
    let looked = look(&copy).await;
    copy.close().await?;
    looked
}

async fn look(copy: &DatabaseConnection) -> Result<(CopyFacts, Option<String>), StorageError> {
    for (pragma, sound) in [("integrity_check", Some("ok")), ("foreign_key_check", None)] {
        let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {pragma}"));
        let row = copy.query_one_raw(statement).await?;
        let said: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?;
        if said.as_deref() != sound {
            let said = said.unwrap_or_default();
            return Ok((CopyFacts::default(), Some(format!("{pragma}: {said}"))));
        }
    }
    Ok((facts(copy).await?, None))
}

/// A database that nobody else has open, as long as this lives.
#[derive(Debug, Default)]
pub struct HeldAlone(Option<DatabaseConnection>);

impl HeldAlone {
    /// Lets it go.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn let_go(self) -> Result<(), StorageError> {
        match self.0 {
            Some(connection) => Ok(connection.close().await?),
            None => Ok(()),
        }
    }
}

/// Makes sure that no other process has the SQLite database in `file` open, keeps them out, and moves what is beside it into
/// it; `None` where somebody has. A WAL database is locked by whoever has it open, whether they write or not, and the lock
/// ends with them, however they end. What is no database (any more) can be held by nobody.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_alone(file: &Path) -> Result<Option<HeldAlone>, StorageError> {
    let path = file.to_owned();
    let mut options = one_connection();
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .filename(&path)
            .create_if_missing(false)
            .busy_timeout(Duration::from_secs(1))
            .synchronous(SqliteSynchronous::Full)
    });
    let connection = match Database::connect(options).await {
        Ok(connection) => connection,
        Err(error) if is_busy(&error) => return Ok(None),
        Err(_) => return Ok(Some(HeldAlone(None))),
    };
    let held = async {
        connection
            .execute_unprepared("PRAGMA locking_mode = EXCLUSIVE")
            .await?;
        let statement = Statement::from_string(DbBackend::Sqlite, "PRAGMA journal_mode = DELETE");
        let row = connection.query_one_raw(statement).await?;
        let mode: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?;
        if mode.as_deref() == Some("wal") {
            return Ok(false);
        }
        // Until the connection ends.
        connection.execute_unprepared("BEGIN EXCLUSIVE").await?;
        Ok::<bool, DbErr>(true)
    };
    let held = held.await;
    match held {
        Ok(true) => Ok(Some(HeldAlone(Some(connection)))),
        Ok(false) => {
            connection.close().await?;
            Ok(None)
        }
        Err(error) => {
            connection.close().await?;
            match is_busy(&error) {
                true => Ok(None),
                // Whatever it is, it can be moved aside.
                false => Ok(Some(HeldAlone(None))),
            }
        }
    }
}

/// One connection that stays. Of the address only that it is SQLite counts: a path may hold what an address may not.
fn one_connection() -> ConnectOptions {
    let mut options = ConnectOptions::new("sqlite:duban.db");
    options.max_connections(1).sqlx_logging(false);
    options
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>);
    options
}

fn is_busy(error: &DbErr) -> bool {
    let text = error.to_string();
    ["locked", "busy"].iter().any(|word| text.contains(word))
}

async fn has_attachments(db: &impl ConnectionTrait) -> Result<bool, StorageError> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'attachment'"
        }
        _ => {
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'attachment'"
        }
    };
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Ok(db.query_one_raw(statement).await?.is_some())
}

async fn recorded_files(db: &impl ConnectionTrait) -> Result<Vec<RecordedFile>, StorageError> {
    use attachment::Column as C;
    let rows: Vec<(String, i64, String)> = attachment::Entity::find()
        .select_only()
        .columns([C::StoreKey, C::SizeBytes, C::Sha256])
        .into_tuple()
        .all(db)
        .await?;
    let files = rows.into_iter().filter_map(|(key, size, sha256)| {
        Some(RecordedFile {
            key: key.parse().ok()?,
            size: u64::try_from(size).ok()?,
            sha256,
        })
    });
    Ok(files.collect())
}
