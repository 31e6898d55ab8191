//! A word from whoever queues mails to whoever delivers them: LISTEN/NOTIFY on PostgreSQL, within the process on SQLite. Only
//! a hint: it saves the seconds until the next tick, and nothing is lost where it is not heard, as behind a pooler that
//! gives each transaction another connection.

use crate::storage::db::Db;
use sea_orm::sqlx::postgres::PgListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// The channel's name on PostgreSQL.
pub(super) const CHANNEL: &str = "duban_mails";

/// Pause before listening anew.
const PAUSE: Duration = Duration::from_secs(5);

/// Where the word is left.
#[derive(Debug, Clone, Default)]
pub(super) struct Hint(Arc<Notify>);

impl Hint {
    /// Somebody has queued mails.
    pub(super) fn give(&self) {
        self.0.notify_one();
    }
}

impl Db {
    /// Returns when somebody has queued mails since it last returned.
    pub async fn mails_queued(&self) {
        self.hint().0.notified().await;
    }

    /// Listens to the other instances for as long as the future lives. On SQLite there are none: it just waits.
    pub async fn listen(&self) {
        let Some(url) = self.server_url() else {
            return std::future::pending().await;
        };
        loop {
            if let Err(error) = self.listen_once(&url).await {
                tracing::debug!(%error, "Cannot listen for mails; they are looked for every few seconds");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn listen_once(&self, url: &str) -> Result<(), sea_orm::sqlx::Error> {
        let mut listener = PgListener::connect(url).await?;
        listener.listen(CHANNEL).await?;
        loop {
            listener.recv().await?;
            self.hint().give();
        }
    }
}
