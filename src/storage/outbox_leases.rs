//! Mails on their way: held under fenced leases (design §5.3).
//!
//! Every write of a worker names its lease, so that one whose lease ran out can change nothing. Leases and back-off are on
//! the real clock; `not_before_at` is on the business clock.

use crate::domain::ids::MailId;
use crate::domain::mail_state::{MailKind, MailState};
use crate::domain::resource::Resource;
use crate::storage::WriteTx;
use crate::storage::error::StorageError;
use crate::storage::outbox::{StoredMail, mail_of};
use chrono::{DateTime, Utc};
use entity::mail;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, LockBehavior, LockType, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashSet;
use uuid::Uuid;

/// How handing over a mail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The state that follows.
    pub state: MailState,
    /// Stable reason code.
    pub reason: Option<String>,
    /// The server's answer, addresses masked.
    pub reply: Option<String>,
    /// For a deferred mail: not before this instant (real clock).
    pub retry_at: Option<DateTime<Utc>>,
    /// For a sent mail: when (business clock).
    pub sent_at: Option<DateTime<Utc>>,
}

/// Which of the mails that are due a worker takes.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Business clock.
    pub now: DateTime<Utc>,
    /// At most so many.
    pub limit: u64,
    /// Only those that ignore the send window.
    pub only_any_hour: bool,
    /// Of which recipients.
    pub to: Domains,
}

/// Recipients by their normalised domains.
#[derive(Debug, Clone)]
pub enum Domains {
    /// All but those of these domains.
    AllBut(Vec<String>),
    /// Those of this domain.
    Only(String),
}

impl Wanted {
    /// Up to `limit` mails to whomever.
    pub fn any(now: DateTime<Utc>, limit: u64) -> Self {
        Self {
            now,
            limit,
            only_any_hour: false,
            to: Domains::AllBut(Vec::new()),
        }
    }
}

/// Takes mails that are due for a worker; one whose outcome is unknown is taken once more.
///
/// # Errors
/// [`StorageError`].
pub async fn claim(
    tx: &WriteTx,
    lease: &Lease,
    wanted: &Wanted,
) -> Result<Vec<StoredMail>, StorageError> {
    let due = Condition::any()
        .add(mail::Column::State.is_in([MailState::Queued.as_str(), MailState::Deferred.as_str()]))
        .add(
            Condition::all()
                .add(mail::Column::State.eq(MailState::Unknown.as_str()))
                .add(mail::Column::Resent.eq(false)),
        );
    let mut ids = Query::select();
    ids.column(mail::Column::Id)
        .from(mail::Entity)
        .cond_where(due)
        .and_where(mail::Column::NotBeforeAt.lte(wanted.now))
        .cond_where(
            Condition::any()
                .add(mail::Column::RetryAt.is_null())
                .add(mail::Column::RetryAt.lte(lease.now)),
        )
        .order_by(mail::Column::NotBeforeAt, sea_orm::Order::Asc)
        .order_by(mail::Column::Id, sea_orm::Order::Asc)
        .limit(wanted.limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    match &wanted.to {
        Domains::AllBut(domains) if domains.is_empty() => {}
        Domains::AllBut(domains) => {
            ids.and_where(mail::Column::Domain.is_not_in(domains));
        }
        Domains::Only(domain) => {
            ids.and_where(mail::Column::Domain.eq(domain));
        }
    }
    if wanted.only_any_hour {
        let kinds = MailKind::ALL.into_iter();
        let kinds = kinds.filter(|kind| kind.goes_at_any_hour());
        ids.and_where(mail::Column::Kind.is_in(kinds.map(MailKind::as_str)));
    }
    let rows = mail::Entity::update_many()
        .col_expr(mail::Column::LeaseId, Expr::value(lease.id))
        .col_expr(mail::Column::LeaseUntilAt, Expr::value(lease.until()))
        .col_expr(
            mail::Column::Resent,
            Expr::col(mail::Column::Resent)
                .or(Expr::col(mail::Column::State).eq(MailState::Unknown.as_str())),
        )
        .col_expr(
            mail::Column::State,
            Expr::value(MailState::Claimed.as_str()),
        )
        .filter(mail::Column::Id.in_subquery(ids))
        .exec_with_returning(tx)
        .await?;
    for row in &rows {
        tx.note(Resource::Mails, row.id);
    }
    let mut mails: Vec<StoredMail> = rows.into_iter().map(mail_of).collect::<Result<_, _>>()?;
    mails.sort_by_key(|mail| (mail.not_before_at, mail.id));
    Ok(mails)
}

/// The mails claimed under a lease and not begun.
///
/// # Errors
/// [`StorageError`].
pub async fn held_under(
    db: &impl ConnectionTrait,
    lease_id: Uuid,
) -> Result<HashSet<MailId>, StorageError> {
    let ids: Vec<Uuid> = mail::Entity::find()
        .select_only()
        .column(mail::Column::Id)
        .filter(mail::Column::LeaseId.eq(lease_id))
        .filter(mail::Column::State.eq(MailState::Claimed.as_str()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(MailId).collect())
}

/// A worker's hold on mails.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    /// The fence: a new one per claim.
    pub id: Uuid,
    /// The real instant at which it was taken or renewed.
    pub now: DateTime<Utc>,
}

impl Lease {
    /// How long a lease holds; it is renewed every 10 s (design §5.3).
    pub const SECONDS: i64 = 30;

    fn until(&self) -> DateTime<Utc> {
        self.now + chrono::TimeDelta::seconds(Self::SECONDS)
    }
}

/// Prolongs leases on everything still held under them, counted from `real_now`.
///
/// # Errors
/// [`StorageError`].
pub async fn renew(
    tx: &WriteTx,
    leases: &[Uuid],
    real_now: DateTime<Utc>,
) -> Result<u64, StorageError> {
    let until = real_now + chrono::TimeDelta::seconds(Lease::SECONDS);
    let result = mail::Entity::update_many()
        .col_expr(mail::Column::LeaseUntilAt, Expr::value(until))
        .filter(mail::Column::LeaseId.is_in(leases.iter().copied()))
        .filter(mail::Column::State.is_in([
            MailState::Claimed.as_str(),
            MailState::Transmitting.as_str(),
        ]))
        .exec(tx)
        .await?;
    Ok(result.rows_affected)
}

/// Commits a mail to being transmitted; `false` where the lease is lost or the mail was withdrawn: then it must not be
/// sent.
///
/// # Errors
/// [`StorageError`].
pub async fn begin_transmission(
    tx: &WriteTx,
    id: MailId,
    lease_id: Uuid,
) -> Result<bool, StorageError> {
    let result = mail::Entity::update_many()
        .col_expr(
            mail::Column::State,
            Expr::value(MailState::Transmitting.as_str()),
        )
        .col_expr(
            mail::Column::Attempts,
            Expr::col(mail::Column::Attempts).add(1),
        )
        .filter(mail::Column::Id.eq(id.0))
        .filter(mail::Column::LeaseId.eq(lease_id))
        .filter(mail::Column::State.eq(MailState::Claimed.as_str()))
        .exec(tx)
        .await?;
    tx.note(Resource::Mails, id.0);
    Ok(result.rows_affected == 1)
}

/// Records how handing over ended; `false` where the lease was lost meanwhile (another worker's word then holds).
///
/// # Errors
/// [`StorageError`].
pub async fn settle(
    tx: &WriteTx,
    id: MailId,
    lease_id: Uuid,
    settled: &Settled,
) -> Result<bool, StorageError> {
    let result = mail::Entity::update_many()
        .col_expr(mail::Column::State, Expr::value(settled.state.as_str()))
        .col_expr(mail::Column::Reason, Expr::value(settled.reason.clone()))
        .col_expr(mail::Column::Reply, Expr::value(settled.reply.clone()))
        .col_expr(mail::Column::RetryAt, Expr::value(settled.retry_at))
        .col_expr(mail::Column::SentAt, Expr::value(settled.sent_at))
        .col_expr(mail::Column::LeaseId, Expr::value(None::<Uuid>))
        .col_expr(
            mail::Column::LeaseUntilAt,
            Expr::value(None::<DateTime<Utc>>),
        )
        .filter(mail::Column::Id.eq(id.0))
        .filter(mail::Column::LeaseId.eq(lease_id))
        .filter(mail::Column::State.is_in([
            MailState::Claimed.as_str(),
            MailState::Transmitting.as_str(),
        ]))
        .exec(tx)
        .await?;
    tx.note(Resource::Mails, id.0);
    Ok(result.rows_affected == 1)
}

/// Counts a try of a mail that did not get as far as being transmitted (which counts by itself); `false` where it did,
/// or the lease is lost.
///
/// # Errors
/// [`StorageError`].
pub async fn count_refused_offer(
    tx: &WriteTx,
    id: MailId,
    lease_id: Uuid,
) -> Result<bool, StorageError> {
    let result = mail::Entity::update_many()
        .col_expr(
            mail::Column::Attempts,
            Expr::col(mail::Column::Attempts).add(1),
        )
        .filter(mail::Column::Id.eq(id.0))
        .filter(mail::Column::LeaseId.eq(lease_id))
        .filter(mail::Column::State.eq(MailState::Claimed.as_str()))
        .exec(tx)
        .await?;
    tx.note(Resource::Mails, id.0);
    Ok(result.rows_affected == 1)
}

/// Gives back what a worker holds and has not begun to transmit; a mail that is sent once more keeps its mark.
///
/// # Errors
/// [`StorageError`].
pub async fn release(tx: &WriteTx, leases: &[Uuid]) -> Result<u64, StorageError> {
    let released = mail::Entity::update_many()
        .col_expr(mail::Column::State, Expr::value(MailState::Queued.as_str()))
        .col_expr(mail::Column::LeaseId, Expr::value(None::<Uuid>))
        .col_expr(
            mail::Column::LeaseUntilAt,
            Expr::value(None::<DateTime<Utc>>),
        )
        .filter(mail::Column::LeaseId.is_in(leases.iter().copied()))
        .filter(mail::Column::State.eq(MailState::Claimed.as_str()))
        .exec_with_returning(tx)
        .await?;
    for mail in &released {
        tx.note(Resource::Mails, mail.id);
    }
    Ok(released.len() as u64)
}

/// Takes back expired leases: a claimed mail is queued again, one in transmission has an unknown outcome. Returns how
/// many of each.
///
/// # Errors
/// [`StorageError`].
pub async fn sweep(tx: &WriteTx, real_now: DateTime<Utc>) -> Result<(u64, u64), StorageError> {
    let mut counts = [0, 0];
    for (count, (from, to, reason)) in counts.iter_mut().zip([
        (MailState::Claimed, MailState::Queued, None),
        (
            MailState::Transmitting,
            MailState::Unknown,
            Some("lease_expired"),
        ),
    ]) {
        let swept = mail::Entity::update_many()
            .col_expr(mail::Column::State, Expr::value(to.as_str()))
            .col_expr(mail::Column::Reason, Expr::value(reason))
            .col_expr(mail::Column::LeaseId, Expr::value(None::<Uuid>))
            .col_expr(
                mail::Column::LeaseUntilAt,
                Expr::value(None::<DateTime<Utc>>),
            )
            .filter(mail::Column::State.eq(from.as_str()))
            .filter(mail::Column::LeaseUntilAt.lt(real_now))
            .exec_with_returning(tx)
            .await?;
        for mail in &swept {
            tx.note(Resource::Mails, mail.id);
        }
        *count = swept.len() as u64;
    }
    Ok((counts[0], counts[1]))
}

/// A mail that had left was not delivered; whether this call marks it so.
///
/// # Errors
/// [`StorageError`].
pub async fn come_back(
    tx: &WriteTx,
    id: MailId,
    reason: &str,
    reply: &str,
) -> Result<bool, StorageError> {
    let left = [MailState::Sent.as_str(), MailState::Unknown.as_str()];
    let result = mail::Entity::update_many()
        .col_expr(mail::Column::State, Expr::value(MailState::Failed.as_str()))
        .col_expr(mail::Column::Reason, Expr::value(reason))
        .col_expr(mail::Column::Reply, Expr::value(reply))
        .filter(mail::Column::Id.eq(id.0))
        .filter(mail::Column::State.is_in(left))
        .exec(tx)
        .await?;
    tx.note(Resource::Mails, id.0);
    Ok(result.rows_affected == 1)
}

/// Queues a mail again that waits for a person: refused for good, or its outcome unknown after the second try. Its
/// Message-ID stays, and its tries are counted from now on. Whether this call did it.
///
/// # Errors
/// [`StorageError`].
pub async fn queue_again(
    tx: &WriteTx,
    id: MailId,
    now: DateTime<Utc>,
    real_now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    use mail::Column as C;
    let waiting = Condition::any()
        .add(C::State.eq(MailState::Failed.as_str()))
        .add(
            Condition::all()
                .add(C::State.eq(MailState::Unknown.as_str()))
                .add(C::Resent.eq(true)),
        );
    let result = mail::Entity::update_many()
        .col_expr(C::State, Expr::value(MailState::Queued.as_str()))
        .col_expr(C::Reason, Expr::value(None::<String>))
        .col_expr(C::NotBeforeAt, Expr::value(now))
        .col_expr(C::RetryAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(C::MadeAt, Expr::value(real_now))
        .col_expr(C::LeaseId, Expr::value(None::<Uuid>))
        .filter(C::Id.eq(id.0))
        .filter(waiting)
        .exec(tx)
        .await?;
    tx.queues_mails();
    tx.note(Resource::Mails, id.0);
    Ok(result.rows_affected == 1)
}
