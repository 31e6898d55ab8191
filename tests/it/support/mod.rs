//! What the tests stand on: a fresh database each, a small town with its plan, and a clock that only they move.

pub mod amended_rows;
pub mod appraised;
pub mod at_once;
pub mod browser;
pub mod bulletin_desk;
pub mod bulletin_rows;
pub mod checked_rows;
pub mod checks;
pub mod database;
pub mod example_rows;
pub mod filled_sheet;
pub mod hook_desk;
pub mod ledger_desk;
pub mod link_desk;
pub mod notice_office;
pub mod office;
pub mod operations;
pub mod pages;
pub mod promised_answers;
pub mod read_files;
pub mod receiver;
pub mod review;
pub mod rows;
pub mod sample_tasks;
pub mod samples;
pub mod service;
pub mod state;
pub mod town;
pub mod web_browser;
pub mod webhook_rows;

use database::{Database, Kind};
use futures_util::FutureExt;
use std::panic::{AssertUnwindSafe, resume_unwind};
pub use town::Town;

/// Makes each of these claims a test on SQLite and a test on PostgreSQL, so that none is tried on one of them only.
macro_rules! on_both {
    ($($claim:ident),+ $(,)?) => {$(
        mod $claim {
            use $crate::support::{database::Kind, live};

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() -> anyhow::Result<()> {
                live(Kind::Sqlite, super::$claim).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() -> anyhow::Result<()> {
                live(Kind::Postgres, super::$claim).await
            }
        }
    )+};
}

/// Founds a town on a fresh database, tries a claim there, and takes the database away whatever came of it. Without a
/// PostgreSQL to go to, says so and passes; fails where CI=true.
pub async fn live(
    kind: Kind,
    claim: impl AsyncFnOnce(&Town) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Some(database) = Database::create(kind).await? else {
        return Ok(());
    };
    let town = Town::found(&database).await?;
    let told = AssertUnwindSafe(Box::pin(claim(&town)))
        .catch_unwind()
        .await;
    drop(town);
    let removed = database.remove().await;
    service::end_all();
    removed?;
    match told {
        Ok(told) => told,
        Err(panic) => resume_unwind(panic),
    }
}
