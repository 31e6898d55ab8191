//! A writing transaction: besides its rows it writes down, in the same commit, which rows changed (for the feed), who did
//! it (for the audit), and that the change counter has moved.

use crate::domain::actor::Actor;
use crate::domain::resource::Resource;
use crate::storage::audit_events::{AuditEntry, rows_of};
use crate::storage::boundary::Edge;
use crate::storage::change_counter::{ChangeCounter, raise};
use crate::storage::error::StorageError;
use crate::storage::hint::{CHANNEL, Hint};
use crate::storage::insert_all;
use crate::storage::kept_replies::{self, Ticket};
use crate::storage::marks;
use crate::storage::pulse::Pulse;
use crate::storage::session::KnownPeople;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entity::change;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

/// Whoever writes, and when.
#[derive(Debug, Clone)]
pub struct Author {
    /// Who.
    pub actor: Actor,
    /// The instant, by the business clock.
    pub at: DateTime<Utc>,
    /// The request it came with.
    pub request_id: Option<String>,
    /// The kept reply that this transaction earns.
    pub ticket: Option<Ticket>,
}

impl Author {
    /// The service itself, in the job of that name.
    pub fn system(job: &'static str, at: DateTime<Utc>) -> Self {
        Self {
            actor: Actor::System(job),
            at,
            request_id: None,
            ticket: None,
        }
    }
}

/// A writing transaction. Dropped without [`WriteTx::commit`] it leaves no trace.
#[derive(Debug)]
pub struct WriteTx {
    transaction: DatabaseTransaction,
    pulse: Pulse,
    hint: Hint,
    /// Whether it queues mails.
    queues_mails: AtomicBool,
    _writer: Option<OwnedMutexGuard<()>>,
    counter: Arc<ChangeCounter>,
    people: Arc<KnownPeople>,
    author: Author,
    /// Whether a statement has changed a row.
    wrote: AtomicBool,
    noted: Mutex<Vec<(Resource, Uuid)>>,
    /// What was done, and by whom where that is not the author.
    audited: Mutex<Vec<(Option<Author>, AuditEntry)>>,
    tickets: Mutex<Vec<Ticket>>,
}

impl WriteTx {
    pub(super) fn begun(
        (transaction, pulse, hint): (DatabaseTransaction, Pulse, Hint),
        writer: Option<OwnedMutexGuard<()>>,
        counter: Arc<ChangeCounter>,
        people: Arc<KnownPeople>,
        author: Author,
    ) -> Self {
        let tickets = Mutex::new(author.ticket.iter().cloned().collect());
        Self {
            transaction,
            pulse,
            hint,
            queues_mails: AtomicBool::new(false),
            _writer: writer,
            counter,
            people,
            author,
            wrote: AtomicBool::new(false),
            noted: Mutex::default(),
            audited: Mutex::default(),
            tickets,
        }
    }

    /// The instant, by the business clock.
    pub(super) fn at(&self) -> DateTime<Utc> {
        self.author.at
    }

    /// Notes for the feed that a row of a resource was made, changed or removed.
    pub(super) fn note(&self, resource: Resource, row_id: Uuid) {
        lock(&self.noted).push((resource, row_id));
    }

    /// What is known of units and contacts, unless this transaction has changed any.
    pub(super) fn people(&self) -> Option<&KnownPeople> {
        let of_people = |(resource, _): &(Resource, Uuid)| {
            matches!(resource, Resource::Units | Resource::Contacts)
        };
        match lock(&self.noted).iter().any(of_people) {
            true => None,
            false => Some(&self.people),
        }
    }

    /// Notes that mails were queued: whoever delivers them is told with the commit.
    pub(super) fn queues_mails(&self) {
        self.queues_mails.store(true, Ordering::Relaxed);
    }

    /// Records what the author has done, for the audit.
    pub fn audit(&self, entry: AuditEntry) {
        lock(&self.audited).push((None, entry));
    }

    /// Records what somebody else has done, whose request is carried out in this transaction too; it earns their kept
    /// reply.
    pub fn audit_for(&self, author: Author, entry: AuditEntry) {
        lock(&self.tickets).extend(author.ticket.clone());
        lock(&self.audited).push((Some(author), entry));
    }

    /// Makes everything written in it durable. Where any row changed, the change counter is raised in it; a reply that is
    /// earned is no such row, as nobody else can see it.
    ///
    /// # Errors
    /// [`StorageError::Database`], [`StorageError::Overtaken`]; nothing is written then.
    pub async fn commit(self) -> Result<(), StorageError> {
        self.renew_people().await?;
        let audited = std::mem::take(&mut *lock(&self.audited));
        if !audited.is_empty() {
            insert_all(&self, rows_of(&self.author, audited)).await?;
        }
        let has_changed = self.wrote.load(Ordering::Relaxed);
        let tickets = std::mem::take(&mut *lock(&self.tickets));
        for ticket in &tickets {
            kept_replies::earn(&self, ticket).await?;
        }
        let mut change_no = None;
        if has_changed {
            // Last of all: on PostgreSQL its row is held until the commit, so that numbers follow the order of commits.
            let number = raise(&self).await?;
            self.write_feed(number).await?;
            change_no = Some(number);
        }
        let hints = self
            .queues_mails
            .load(Ordering::Relaxed)
            .then_some(self.hint.clone());
        if hints.is_some() && self.get_database_backend() == DbBackend::Postgres {
            self.execute_unprepared(&format!("NOTIFY {CHANNEL}"))
                .await?;
        }
        let counter = self.counter;
        self.pulse.pass(Edge::Commit).await;
        self.pulse.within(self.transaction.commit()).await?;
        self.pulse.pass(Edge::Committed).await;
        if let Some(number) = change_no {
            counter.saw(number);
        }
        if let Some(hint) = hints {
            hint.give();
        }
        Ok(())
    }

    /// Makes it durable without raising the change counter: for what nobody outside can see, such as the end of a lease.
    ///
    /// # Errors
    /// [`StorageError::Database`]; nothing is written then.
    pub async fn commit_unseen(self) -> Result<(), StorageError> {
        self.renew_people().await?;
        self.pulse.pass(Edge::Commit).await;
        self.pulse.within(self.transaction.commit()).await?;
        self.pulse.pass(Edge::Committed).await;
        Ok(())
    }

    /// Where it has changed units or contacts, what is known of them is known to be old.
    async fn renew_people(&self) -> Result<(), StorageError> {
        match self.people().is_none() && self.wrote.load(Ordering::Relaxed) {
            true => marks::renew_people_revision(self, self.author.at).await,
            false => Ok(()),
        }
    }

    async fn write_feed(&self, change_no: i64) -> Result<(), StorageError> {
        let mut noted = std::mem::take(&mut *lock(&self.noted));
        noted.sort_unstable();
        noted.dedup();
        let rows = (0..)
            .zip(noted)
            .map(|(position, (resource, row_id))| change::ActiveModel {
                change_no: Set(change_no),
                position: Set(position),
                resource: Set(resource.as_str().to_owned()),
                row_id: Set(row_id),
                changed_at: Set(self.author.at),
            });
        insert_all(self, rows.collect()).await
    }

    fn wrote(&self, rows: u64) {
        if rows > 0 {
            self.wrote.store(true, Ordering::Relaxed);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a statement that gives rows also changes them (`… RETURNING`).
fn changes_rows(sql: &str) -> bool {
    !sql.trim_start()
        .get(..6)
        .is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

#[async_trait]
impl ConnectionTrait for WriteTx {
    fn get_database_backend(&self) -> DbBackend {
        self.transaction.get_database_backend()
    }
    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        let call = self.transaction.execute_raw(stmt);
        let result = self.pulse.within(call).await?;
        self.wrote(result.rows_affected());
        Ok(result)
    }
    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let call = self.transaction.execute_unprepared(sql);
        let result = self.pulse.within(call).await?;
        self.wrote(result.rows_affected());
        Ok(result)
    }
    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        let changes = changes_rows(&stmt.sql);
        let row = self
            .pulse
            .within(self.transaction.query_one_raw(stmt))
            .await?;
        self.wrote(u64::from(changes && row.is_some()));
        Ok(row)
    }
    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let changes = changes_rows(&stmt.sql);
        let rows = self
            .pulse
            .within(self.transaction.query_all_raw(stmt))
            .await?;
        self.wrote(u64::from(changes && !rows.is_empty()));
        Ok(rows)
    }
}
