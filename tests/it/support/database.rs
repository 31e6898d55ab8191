//! A fresh database for one test, and its end.

use anyhow::{Context, bail};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use std::path::PathBuf;
use url::Url;
use uuid::Uuid;

/// Names the PostgreSQL server of the tests; its user may create databases.
const POSTGRES_URL: &str = "DUBAN_TEST_POSTGRES_URL";

/// Which kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// An empty database.
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
                let url = format!("sqlite://{}", folder.join("town.db").display());
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
                let mut url = Url::parse(&admin).context(POSTGRES_URL)?;
                url.set_path(&name);
                execute(&admin, &format!("CREATE DATABASE {name}")).await?;
                let url = url.to_string();
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

async fn execute(url: &str, sql: &str) -> anyhow::Result<()> {
    let connection: DatabaseConnection = sea_orm::Database::connect(url).await?;
    connection.execute_unprepared(sql).await?;
    Ok(connection.close().await?)
}
