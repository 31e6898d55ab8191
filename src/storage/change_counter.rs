//! The change counter: one number that every transaction raises that changes anything, in the order of commits. ETags
//! and the feed of changes rest on it.

use crate::storage::db::Db;
use crate::storage::error::StorageError;
use crate::storage::write_tx::WriteTx;
use entity::change_counter;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How old a reading may be that is handed out again. A reading itself takes time, which is why this is half of the 50 ms
/// that are promised outside.
pub const STALE_AFTER: Duration = Duration::from_millis(25);

/// The one row.
const ROW: i32 = 1;

/// What this process knows of the counter.
#[derive(Debug)]
pub(super) struct ChangeCounter {
    born: Instant,
    value: AtomicI64,
    /// When the last reading began, in nanoseconds after `born`; 0 before the first.
    read_at: AtomicU64,
    reading: Mutex<()>,
}

impl Default for ChangeCounter {
    fn default() -> Self {
        Self {
            born: Instant::now(),
            value: AtomicI64::new(0),
            read_at: AtomicU64::new(0),
            reading: Mutex::new(()),
        }
    }
}

impl ChangeCounter {
    /// Takes note of a change that this process has made.
    pub(super) fn saw(&self, value: i64) {
        self.value.fetch_max(value, Ordering::AcqRel);
    }

    /// The newest number, at most [`STALE_AFTER`] old.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub(super) async fn read(&self, db: &Db) -> Result<i64, StorageError> {
        if let Some(value) = self.fresh() {
            return Ok(value);
        }
        let _reading = self.reading.lock().await;
        if let Some(value) = self.fresh() {
            return Ok(value);
        }
        let began = self.since_born();
        let row = change_counter::Entity::find_by_id(ROW).one(db).await?;
        self.saw(row.map_or(0, |row| row.value));
        self.read_at.store(began, Ordering::Release);
        Ok(self.value.load(Ordering::Acquire))
    }

    fn fresh(&self) -> Option<i64> {
        let read_at = self.read_at.load(Ordering::Acquire);
        let age = self.since_born().saturating_sub(read_at);
        let fresh = read_at > 0 && u128::from(age) < STALE_AFTER.as_nanos();
        fresh.then(|| self.value.load(Ordering::Acquire))
    }

    fn since_born(&self) -> u64 {
        // Never 0, which stands for “never read”.
        let nanos = u64::try_from(self.born.elapsed().as_nanos()).unwrap_or(u64::MAX);
        Ord::max(nanos, 1)
    }
}

/// Raises the counter; the new number. On PostgreSQL the row stays held until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub(super) async fn raise(tx: &WriteTx) -> Result<i64, StorageError> {
    let rows = change_counter::Entity::update_many()
        .col_expr(
            change_counter::Column::Value,
            Expr::col(change_counter::Column::Value).add(1),
        )
        .filter(change_counter::Column::Id.eq(ROW))
        .exec_with_returning(tx)
        .await?;
    rows.first()
        .map(|row| row.value)
        .ok_or(StorageError::NoCounter)
}
