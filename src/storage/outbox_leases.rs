//! Mails on their way: held under fenced leases (design §5.3).
//!
//! Every write of a worker names its lease, so that one whose lease ran out can change nothing. Leases and back-off are on
//! the real clock; `not_before_at` is on the business clock.

use crate::domain::ids::MailId;
use crate::domain::mail_state::MailState;
use crate::domain::resource::Resource;
use crate::storage::WriteTx;
use crate::storage::error::StorageError;
use chrono::{DateTime, Utc};
use entity::mail;
use sea_orm::sea_query::{CaseStatement, Condition, Expr, ExprTrait, Query, UpdateStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeMap, HashSet};
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

    pub(super) fn until(&self) -> DateTime<Utc> {
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

/// Commits mails, each named with the lease it is held under, to being transmitted. Answers with those that may be sent:
/// the lease on the others is lost, or they were withdrawn.
///
/// # Errors
/// [`StorageError`].
pub async fn begin_transmissions(
    tx: &WriteTx,
    mails: &[(MailId, Uuid)],
) -> Result<HashSet<MailId>, StorageError> {
    let mut by_lease: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for (id, lease) in mails {
        by_lease.entry(*lease).or_default().push(id.0);
    }
    let mut begun = HashSet::new();
    for (lease, ids) in by_lease {
        let mut update = Query::update();
        update
            .table(mail::Entity)
            .value(mail::Column::State, MailState::Transmitting.as_str())
            .value(
                mail::Column::Attempts,
                Expr::col(mail::Column::Attempts).add(1),
            )
            .and_where(mail::Column::Id.is_in(ids))
            .and_where(mail::Column::LeaseId.eq(lease))
            .and_where(mail::Column::State.eq(MailState::Claimed.as_str()));
        begun.extend(changed_by(tx, update).await?);
    }
    Ok(begun)
}

/// The outcome of handing over a mail that is held under a lease.
#[derive(Debug, Clone, Copy)]
pub struct Settlement<'a> {
    /// Which mail.
    pub id: MailId,
    /// The lease under which it was handed over.
    pub lease_id: Uuid,
    /// How it ended.
    pub settled: &'a Settled,
}

/// Records how handing over mails ended; a mail stands in the list once. Answers with those recorded: the lease on the
/// others was lost meanwhile, and another worker's word holds.
///
/// # Errors
/// [`StorageError`].
pub async fn settle(
    tx: &WriteTx,
    settlements: &[Settlement<'_>],
) -> Result<HashSet<MailId>, StorageError> {
    // Together what differs in nothing but the server's words and the moment: usually all that was sent.
    let mut alike: Vec<Vec<Settlement<'_>>> = Vec::new();
    let are_alike = |one: &Settlement<'_>, other: &Settlement<'_>| {
        let (lease, of) = (one.lease_id, one.settled);
        let (other_lease, other) = (other.lease_id, other.settled);
        (lease, of.state, &of.reason, of.retry_at)
            == (other_lease, other.state, &other.reason, other.retry_at)
    };
    for one in settlements {
        match alike.iter_mut().find(|group| are_alike(&group[0], one)) {
            Some(group) => group.push(*one),
            None => alike.push(vec![*one]),
        }
    }
    let mut recorded = HashSet::new();
    for group in alike {
        recorded.extend(settle_alike(tx, &group).await?);
    }
    Ok(recorded)
}

async fn settle_alike(tx: &WriteTx, group: &[Settlement<'_>]) -> Result<Vec<MailId>, StorageError> {
    let (mut replies, mut moments) = (CaseStatement::new(), CaseStatement::new());
    for Settlement { id, settled, .. } in group {
        let is_it = || mail::Column::Id.eq(id.0);
        replies = replies.case(is_it(), Expr::value(settled.reply.clone()));
        moments = moments.case(is_it(), Expr::value(settled.sent_at));
    }
    let Settlement {
        lease_id, settled, ..
    } = group[0];
    let mut update = Query::update();
    update
        .table(mail::Entity)
        .value(mail::Column::State, settled.state.as_str())
        .value(mail::Column::Reason, settled.reason.clone())
        .value(mail::Column::Reply, replies)
        .value(mail::Column::RetryAt, settled.retry_at)
        .value(mail::Column::SentAt, moments)
        .value(mail::Column::LeaseId, None::<Uuid>)
        .value(mail::Column::LeaseUntilAt, None::<DateTime<Utc>>)
        .and_where(mail::Column::Id.is_in(group.iter().map(|one| one.id.0)))
        .and_where(mail::Column::LeaseId.eq(lease_id))
        .and_where(mail::Column::State.is_in([
            MailState::Claimed.as_str(),
            MailState::Transmitting.as_str(),
        ]));
    changed_by(tx, update).await
}

/// The mails that an update changes.
async fn changed_by(
    tx: &WriteTx,
    mut update: UpdateStatement,
) -> Result<Vec<MailId>, StorageError> {
    update.returning_col(mail::Column::Id);
    let rows = tx.query_all(&update).await?;
    let mut changed = Vec::with_capacity(rows.len());
    for row in rows {
        let id: Uuid = row.try_get_by_index(0)?;
        tx.note(Resource::Mails, id);
        changed.push(MailId(id));
    }
    Ok(changed)
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

/// Takes back leases that have run out, or that a clock wrote which was fast: a claimed mail is queued again, one in
/// transmission has an unknown outcome. Not those of `own`, which the caller holds and knows to be alive: its clock may
/// have been put forward, or its machine asleep. Returns how many of each.
///
/// # Errors
/// [`StorageError`].
pub async fn sweep(
    tx: &WriteTx,
    real_now: DateTime<Utc>,
    own: &[Uuid],
) -> Result<(u64, u64), StorageError> {
    let never = real_now + chrono::TimeDelta::seconds(2 * Lease::SECONDS);
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
            .filter(
                Condition::any()
                    .add(mail::Column::LeaseUntilAt.lt(real_now))
                    .add(mail::Column::LeaseUntilAt.gt(never)),
            )
            .filter(mail::Column::LeaseId.is_not_in(own.iter().copied()))
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
