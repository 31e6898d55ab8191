//! A fresh database for one test, and its end.

use anyhow::{Context, bail};
use duban::storage::{Db, schema};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use std::path::PathBuf;
use tokio::sync::OnceCell;
use url::Url;
use uuid::Uuid;

/// Names the PostgreSQL server of the tests; its user may create databases.
const POSTGRES_URL: &str = "DUBAN_TEST_POSTGRES_URL";

/// A SQLite file with the schema and nothing else; all steps are taken once, for all tests.
static FILE: OnceCell<Vec<u8>> = OnceCell::const_new();

/// The name of a PostgreSQL database of that kind. It stays on the server.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// Which kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A database with the schema and nothing else.
#[derive(Debug)]
pub struct Database {
    /// Its address, as in the configuration.
    pub url: String,
    /// A folder for attached files; it need not exist.
    pub files: PathBuf,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(PathBuf),
    Server { admin: String, name: String },
}

impl Database {
    /// Creates one; `None` where there is no PostgreSQL to create it on.
    pub async fn create(kind: Kind) -> anyhow::Result<Option<Self>> {
        let name = format!("it_{}", Uuid::now_v7().simple());
        let folders = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let files = folders.join(format!("{name}_files"));
        match kind {
            Kind::Sqlite => {
                let folder = folders.join(name);
                std::fs::create_dir_all(&folder)?;
                let file = folder.join("town.db");
                let made = FILE.get_or_try_init(migrated_file).await?;
                std::fs::write(&file, made)?;
                let url = format!("sqlite://{}", file.display());
                let place = Place::Folder(folder);
                Ok(Some(Self { url, files, place }))
            }
            Kind::Postgres => {
                let Ok(admin) = std::env::var(POSTGRES_URL) else {
                    if std::env::var("CI").is_ok_and(|ci| ci == "true") {
                        bail!("{POSTGRES_URL} is not set: nothing was tried on PostgreSQL");
                    }
                    eprintln!("skipped: {POSTGRES_URL} is not set");
                    return Ok(None);
                };
                let made = async || migrated_template(&admin).await;
                let template = TEMPLATE.get_or_try_init(made).await?;
                let sql = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY");
                execute(&admin, &sql).await?;
                let url = of_database(&admin, &name)?;
                let place = Place::Server { admin, name };
                Ok(Some(Self { url, files, place }))
            }
        }
    }

    /// Takes it away, connections or not.
    pub async fn remove(self) -> anyhow::Result<()> {
        if self.files.exists() {
            std::fs::remove_dir_all(&self.files)?;
        }
        match self.place {
            Place::Folder(folder) => Ok(std::fs::remove_dir_all(folder)?),
            Place::Server { admin, name } => {
                execute(&admin, &format!("DROP DATABASE {name} WITH (FORCE)")).await
            }
        }
    }
}

/// The bytes of a file on which all steps were taken.
async fn migrated_file() -> anyhow::Result<Vec<u8>> {
    let name = format!("it_template_{}", Uuid::now_v7().simple());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("town.db");
    migrate(&format!("sqlite://{}", file.display())).await?;
    let bytes = std::fs::read(&file)?;
    std::fs::remove_dir_all(folder)?;
    Ok(bytes)
}

/// The name of a database of a server on which all steps were taken.
async fn migrated_template(admin: &str) -> anyhow::Result<String> {
    let name = format!("it_template_{}", Uuid::now_v7().simple());
    execute(admin, &format!("CREATE DATABASE {name}")).await?;
    migrate(&of_database(admin, &name)?).await?;
    Ok(name)
}

async fn migrate(url: &str) -> anyhow::Result<()> {
    let db = Db::connect(url).await?;
    schema::migrate(&db).await?;
    Ok(db.close().await?)
}

/// The address of another database of the server.
fn of_database(admin: &str, name: &str) -> anyhow::Result<String> {
    let mut url = Url::parse(admin).context(POSTGRES_URL)?;
    url.set_path(name);
    Ok(url.to_string())
}

async fn execute(url: &str, sql: &str) -> anyhow::Result<()> {
    let connection: DatabaseConnection = sea_orm::Database::connect(url).await?;
    connection.execute_unprepared(sql).await?;
    Ok(connection.close().await?)
}
