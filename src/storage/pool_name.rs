//! The name under which PostgreSQL knows the connections of this process. Each pool has another one, so that what an earlier
//! pool has left on the server can be told from what works now.

use crate::storage::error::StorageError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

/// The name of the present pool; clones share it.
#[derive(Debug, Clone)]
pub(super) struct PoolName {
    /// Begins all names of this process.
    process: Arc<str>,
    pool: Arc<AtomicU32>,
}

impl PoolName {
    /// That of the first pool.
    pub(super) fn first() -> Self {
        // Of the process, not of anything in the database: no id of a row.
        let process = Uuid::now_v7().simple().to_string();
        let process = process.get(20..).unwrap_or_default();
        Self {
            process: format!("duban {process} ").into(),
            pool: Arc::default(),
        }
    }

    /// That of the next pool is used from now on.
    pub(super) fn renew(&self) {
        self.pool.fetch_add(1, Ordering::Relaxed);
    }

    /// The name: at most 63 bytes, as PostgreSQL keeps no more.
    pub(super) fn name(&self) -> String {
        format!("{}{}", self.process, self.pool.load(Ordering::Relaxed))
    }

    /// Has the server end what earlier pools of this process have left there. A transaction that was under way when the
    /// server fell silent would hold its rows for a minute more: its connection waits for an answer that never comes.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub(super) async fn end_earlier(&self, db: &DatabaseConnection) -> Result<(), StorageError> {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user \
                   AND starts_with(application_name, $1) AND application_name <> $2";
        let values = [self.process.to_string().into(), self.name().into()];
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        db.query_all_raw(statement).await?;
        Ok(())
    }
}
