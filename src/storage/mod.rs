//! The only layer that names sea_orm and `entity`. It stores and finds; it decides nothing: no date is computed and no
//! state chosen here. Every uniqueness the product promises is a key of the schema, and every insert that may meet
//! another instance is ON CONFLICT DO NOTHING judged by the rows it made.

pub mod accounts;
pub mod amendments;
pub mod appraisals;
pub mod ask_overrides;
pub mod assignment_life;
pub mod assignment_notes;
pub mod attachments;
pub mod audit_events;
pub mod backups;
pub mod board_asks;
mod board_past;
pub mod board_progress;
pub mod board_rows;
pub mod boundary;
pub mod bulletin_rows;
pub mod bulletins;
pub mod burden;
pub mod calendar_cancellations;
pub mod calendar_feeds;
pub mod calendars;
pub mod change_counter;
pub mod changes;
pub mod completions;
pub mod contacts;
pub mod copies;
pub mod cycles;
pub mod db;
pub mod decisions;
pub mod delegations;
pub mod dispatch_rows;
pub mod due_mails;
pub mod error;
pub mod evidence;
pub mod extensions;
pub mod findings;
mod former_values;
mod hint;
pub mod indicator_values;
pub mod indicators;
pub mod inspections;
pub mod inspectors;
pub mod kept_replies;
pub mod ledger_notices;
pub mod ledgers;
pub mod link_keys;
pub mod lists;
pub mod mail_files;
pub mod mail_health;
pub mod mail_lanes;
pub mod marks;
mod new_id;
pub mod notices;
pub mod obligation_items;
pub mod obligations;
pub mod outbox;
pub mod outbox_leases;
pub mod overdue_events;
pub mod paging;
pub mod plan_revisions;
pub mod plans;
mod pool_name;
mod pulse;
pub mod quality_results;
pub mod reminders;
pub mod reports;
pub mod round_summaries;
pub mod rounds;
pub mod schema;
pub mod score_facts;
pub mod score_objections;
pub mod score_rules;
pub mod seed_rows;
pub mod sent_mails;
mod session;
pub mod sign_in_links;
pub mod task_changes;
pub mod task_life;
pub mod tasks;
pub mod units;
pub mod users;
pub mod wall_links;
pub mod warnings;
pub mod webhook_deliveries;
pub mod webhook_leases;
pub mod webhooks;
pub mod write_tx;

pub use db::Db;
pub use error::StorageError;
pub use new_id::{new_id, number_ids_from};
pub use session::Session;
pub use write_tx::{Author, WriteTx};

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    TryInsertResult,
};

/// Rows of an INSERT, and ids in another statement, at the most: SQLite takes 32,766 parameters in a statement, our widest
/// table has fewer than 40 columns.
const CHUNK: usize = 500;

/// What reading a JSON column gives.
fn from_json<T: serde::de::DeserializeOwned>(
    column: &'static str,
    value: serde_json::Value,
) -> Result<T, StorageError> {
    serde_json::from_value(value).map_err(|source| StorageError::DamagedJson { column, source })
}

/// A value for a JSON column; our own types always serialise.
fn to_json<T: serde::Serialize>(
    column: &'static str,
    value: &T,
) -> Result<serde_json::Value, StorageError> {
    serde_json::to_value(value).map_err(|source| StorageError::DamagedJson { column, source })
}

/// Inserts rows that nobody else can have made.
async fn insert_all<A>(db: &impl ConnectionTrait, rows: Vec<A>) -> Result<(), StorageError>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<A> = rows.by_ref().take(CHUNK).collect();
        A::Entity::insert_many(chunk)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Inserts those rows whose `key` is not taken; how many.
async fn insert_all_absent<A>(
    db: &impl ConnectionTrait,
    rows: Vec<A>,
    key: Vec<<A::Entity as EntityTrait>::Column>,
) -> Result<usize, StorageError>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let mut inserted = 0;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<A> = rows.by_ref().take(CHUNK).collect();
        let result = A::Entity::insert_many(chunk)
            .on_conflict_do_nothing_on(key.clone())
            .exec_without_returning(db)
            .await?;
        if let TryInsertResult::Inserted(count) = result {
            inserted += usize::try_from(count).unwrap_or(0);
        }
    }
    Ok(inserted)
}

/// Inserts a row unless its `key` is taken; whether it was inserted. Losing to another instance is a normal outcome.
async fn insert_absent<A>(
    db: &impl ConnectionTrait,
    row: A,
    key: Vec<<A::Entity as EntityTrait>::Column>,
) -> Result<bool, StorageError>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let result = A::Entity::insert(row)
        .on_conflict_do_nothing_on(key)
        .exec_without_returning(db)
        .await?;
    Ok(matches!(result, TryInsertResult::Inserted(rows) if rows > 0))
}

/// Reads a stored code.
fn code<T: std::str::FromStr>(what: &'static str, text: &str) -> Result<T, StorageError> {
    text.parse()
        .map_err(|_| StorageError::Damaged(crate::domain::role::UnknownCode::new(what, text)))
}
