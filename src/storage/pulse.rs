//! Whether the PostgreSQL server is there. A network that swallows packets says nothing for a quarter of an hour: so the
//! server is asked every second on a connection of its own, and while it does not answer nobody waits for it.
//!
//! SQLite is this process; there is nothing to ask.

use crate::storage::boundary::{Boundary, Edge};
use crate::storage::db::Db;
use crate::storage::error::StorageError;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, RuntimeErr};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often the server is asked, and how long it may take to answer.
const ASK_EVERY: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(2);

/// No call takes longer than this: the server ends statements after 30 s, and a little is left for its word to arrive.
const CALL: Duration = Duration::from_secs(40);

/// Knows whether the server answers.
#[derive(Debug, Clone)]
pub(super) struct Pulse {
    lost: Arc<watch::Sender<bool>>,
    /// Whether calls are bounded at all.
    is_remote: bool,
    /// Interferes in a simulation.
    boundary: Option<Arc<dyn Boundary>>,
}

/// A call that a simulation waits for.
struct UnderWay<'a>(&'a dyn Boundary);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.leaves();
    }
}

impl Pulse {
    /// The server is taken to be there until it is found silent.
    pub(super) fn new(is_remote: bool) -> Self {
        Self {
            lost: Arc::new(watch::Sender::new(false)),
            is_remote,
            boundary: None,
        }
    }

    /// The same, with a simulation interfering.
    pub(super) fn with_boundary(self, boundary: Arc<dyn Boundary>) -> Self {
        Self {
            boundary: Some(boundary),
            ..self
        }
    }

    /// Passes an edge of a transaction.
    pub(super) async fn pass(&self, edge: Edge) {
        if let Some(boundary) = &self.boundary {
            boundary.pass(edge).await;
        }
    }

    /// Waits for a call to the server no longer than there is hope.
    ///
    /// # Errors
    /// The call's own; [`DbErr::Conn`] where the server fell silent or took too long. Whether the call has taken effect
    /// is not known then.
    pub(super) async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let _under_way = self.boundary.as_deref().map(|boundary| {
            boundary.enters();
            UnderWay(boundary)
        });
        if !self.is_remote {
            return call.await;
        }
        let silent = |text: &str| DbErr::Conn(RuntimeErr::Internal(text.to_owned()));
        tokio::select! {
            biased;
            result = call => result,
            () = self.lost() => Err(silent("数据库没有应答")),
            () = tokio::time::sleep(CALL) => Err(silent("数据库超过 40 秒没有应答")),
        }
    }

    /// Whether the server is silent now.
    pub(super) fn is_lost(&self) -> bool {
        *self.lost.borrow()
    }

    /// Returns once the server is silent.
    pub(super) async fn lost(&self) {
        let mut lost = self.lost.subscribe();
        if lost.wait_for(|lost| *lost).await.is_err() {
            // The sender lives as long as this does.
            std::future::pending::<()>().await;
        }
    }
}

impl Db {
    /// Asks the server again and again whether it is there, for as long as the future lives. After a silence all
    /// connections are made anew: those from before may be dead without knowing it. On SQLite it just waits.
    pub async fn watch_pulse(&self) {
        let Some(options) = self.pulse_options() else {
            return std::future::pending().await;
        };
        let mut own = None;
        loop {
            match tokio::time::timeout(PATIENCE, beat(&mut own, &options)).await {
                Ok(Ok(())) if self.pulse().is_lost() => self.revive().await,
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => {
                    // Its last call may still be under way: it is of no further use.
                    own = None;
                    if !self.pulse().lost.send_replace(true) {
                        tracing::error!("The database does not answer");
                    }
                }
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    async fn revive(&self) {
        match self.connect_anew().await {
            Ok(()) => {
                self.pulse().lost.send_replace(false);
                tracing::info!("The database answers again");
            }
            Err(error) => tracing::warn!(%error, "Could not connect to the database anew"),
        }
    }

    /// Whether the server was silent when it was last asked.
    pub fn is_lost(&self) -> bool {
        self.pulse().is_lost()
    }

    /// Returns once the server is silent; at once where it is now.
    pub async fn lost(&self) {
        self.pulse().lost().await;
    }
}

async fn beat(
    own: &mut Option<DatabaseConnection>,
    options: &ConnectOptions,
) -> Result<(), StorageError> {
    let connection = match own {
        Some(connection) => connection,
        None => own.insert(Database::connect(options.clone()).await?),
    };
    connection.execute_unprepared("SELECT 1").await?;
    Ok(())
}
