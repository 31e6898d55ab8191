//! The mails that are due, and claiming the first of them (design §5.3). What becomes of them under their lease is in
//! `outbox_leases`.

use crate::domain::ids::MailId;
use crate::domain::mail_state::{MailKind, MailState};
use crate::domain::resource::Resource;
use crate::domain::retry::LONGEST_PAUSE;
use crate::storage::WriteTx;
use crate::storage::error::StorageError;
use crate::storage::outbox::{StoredMail, mail_of};
use crate::storage::outbox_leases::Lease;
use chrono::{DateTime, Utc};
use entity::mail;
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait, LockBehavior, LockType, Query, SelectStatement, UnionType,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// Which of the mails that are due a worker takes.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// This one alone.
    pub only: Option<MailId>,
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
            only: None,
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
    let ids = due(lease, wanted);
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

/// The ids of the mails that are due, those that may leave first before the others. Each state is asked for by itself: an
/// index has its mails in that order, and none but the first are read.
fn due(lease: &Lease, wanted: &Wanted) -> SelectStatement {
    let in_state = |state: MailState| {
        let mut first = Query::select();
        first
            .columns([mail::Column::Id, mail::Column::NotBeforeAt])
            .from(mail::Entity)
            .and_where(mail::Column::State.eq(state.as_str()))
            .and_where(mail::Column::NotBeforeAt.lte(wanted.now))
            .cond_where(
                Condition::any()
                    .add(mail::Column::RetryAt.is_null())
                    .add(mail::Column::RetryAt.lte(lease.now))
                    .add(mail::Column::RetryAt.gt(lease.now + LONGEST_PAUSE)),
            );
        if let Some(id) = wanted.only {
            first.and_where(mail::Column::Id.eq(id.0));
        }
        match &wanted.to {
            Domains::AllBut(domains) if domains.is_empty() => {}
            Domains::AllBut(domains) => {
                first.and_where(mail::Column::Domain.is_not_in(domains));
            }
            Domains::Only(domain) => {
                first.and_where(mail::Column::Domain.eq(domain));
            }
        }
        if wanted.only_any_hour {
            let kinds = MailKind::ALL.into_iter();
            let kinds = kinds.filter(|kind| kind.goes_at_any_hour());
            first.and_where(mail::Column::Kind.is_in(kinds.map(MailKind::as_str)));
        }
        first
    };
    let first = |mut mails: SelectStatement| {
        mails
            .order_by(mail::Column::NotBeforeAt, sea_orm::Order::Asc)
            .order_by(mail::Column::Id, sea_orm::Order::Asc)
            .limit(wanted.limit);
        mails
    };
    let held = |mut mails: SelectStatement, name: &'static str| {
        mails.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        Query::select()
            .columns([mail::Column::Id, mail::Column::NotBeforeAt])
            .from_subquery(mails, name)
            .to_owned()
    };
    let queued = first(in_state(MailState::Queued));
    let deferred = first(in_state(MailState::Deferred));
    let mut unknown = in_state(MailState::Unknown);
    unknown.and_where(mail::Column::Resent.eq(false));
    let mut all = held(queued, "queued");
    all.union(UnionType::All, held(deferred, "deferred"));
    all.union(UnionType::All, held(first(unknown), "unknown"));
    let mut ids = Query::select();
    ids.column(mail::Column::Id).from_subquery(all, "due");
    first(ids)
}
