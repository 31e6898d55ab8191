//! The outbox: mails that are part of the same transaction as the change they tell of (design §5.3). How they leave it
//! is in `due_mails` and `outbox_leases`.

use crate::domain::email_address::{EmailAddress, domain_of_normalized};
use crate::domain::ids::{MailId, UnitId};
use crate::domain::mail_state::{MailKind, MailState};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, code, insert_absent, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use entity::mail;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

/// The calendar files that come with a mail, as they were when it was written: a second try sends the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailCalendar {
    /// The due days of what it asks for.
    pub published: Option<String>,
    /// What earlier mails asked for, and is due no more.
    pub cancelled: Option<String>,
}

/// A mail as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMail {
    /// Its id.
    pub id: MailId,
    /// Kind.
    pub kind: MailKind,
    /// Normalised address.
    pub address: String,
    /// Address as given.
    pub to_address: String,
    /// Name of the contact.
    pub to_name: Option<String>,
    /// First unit of that address.
    pub unit_id: Option<UnitId>,
    /// Local day it is for.
    pub local_on: NaiveDate,
    /// Reply-To address.
    pub reply_to: Option<String>,
    /// Subject.
    pub subject: String,
    /// Text part.
    pub text_body: String,
    /// HTML part.
    pub html_body: String,
    /// What comes with it for the recipient's calendar.
    pub calendar: MailCalendar,
    /// Obligations it asks for.
    pub asks: i32,
    /// Obligations it is a copy of.
    pub copies: i32,
    /// Message-ID, without angle brackets; fixed for ever.
    pub message_id: String,
    /// Where it stands.
    pub state: MailState,
    /// Stable reason code of that state.
    pub reason: Option<String>,
    /// Not before this instant (business clock).
    pub not_before_at: DateTime<Utc>,
    /// Not before this instant (real clock).
    pub retry_at: Option<DateTime<Utc>>,
    /// Times it was handed to a connection.
    pub attempts: i32,
    /// Whether it was handed over again after an unknown outcome.
    pub resent: bool,
    /// When it was queued (business clock).
    pub queued_at: DateTime<Utc>,
    /// When it was queued (real clock).
    pub made_at: DateTime<Utc>,
    /// When the server took it (business clock).
    pub sent_at: Option<DateTime<Utc>>,
    /// Last answer of the server.
    pub reply: Option<String>,
}

/// Whom a new mail goes to.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Normalised address.
    pub address: String,
    /// Address as given.
    pub to_address: String,
    /// Name of the contact.
    pub to_name: Option<String>,
    /// First unit of that address.
    pub unit_id: Option<UnitId>,
}

impl Recipient {
    /// A person, in whatever unit.
    pub fn person(address: &EmailAddress, name: Option<String>) -> Self {
        Self {
            address: address.normalized(),
            to_address: address.as_str().to_owned(),
            to_name: name,
            unit_id: None,
        }
    }
}

/// When a mail is queued, on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct QueuedWhen {
    /// Business clock.
    pub at: DateTime<Utc>,
    /// Local day it is for.
    pub local_on: NaiveDate,
    /// Real clock.
    pub real_at: DateTime<Utc>,
}

impl StoredMail {
    /// A new mail without words, ready to go from the moment it is queued. Its Message-ID is its own id at `domain`:
    /// fixed for ever, whatever happens to the mail.
    pub fn queued(kind: MailKind, to: Recipient, domain: &str, when: QueuedWhen) -> Self {
        let id = new_id();
        Self {
            id: MailId(id),
            kind,
            address: to.address,
            to_address: to.to_address,
            to_name: to.to_name,
            unit_id: to.unit_id,
            local_on: when.local_on,
            reply_to: None,
            subject: String::new(),
            text_body: String::new(),
            html_body: String::new(),
            calendar: MailCalendar::default(),
            asks: 0,
            copies: 0,
            message_id: format!("{id}@{domain}"),
            state: MailState::Queued,
            reason: None,
            not_before_at: when.at,
            retry_at: None,
            attempts: 0,
            resent: false,
            queued_at: when.at,
            made_at: when.real_at,
            sent_at: None,
            reply: None,
        }
    }
}

/// The key of a digest: one per normalised address and local day.
pub fn digest_key(address: &str, day: NaiveDate) -> String {
    format!("{address}|{day}")
}

/// Queues a mail. A digest is refused (`false`) where the address has one for that day.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredMail) -> Result<bool, StorageError> {
    tx.note(Resource::Mails, new.id.0);
    tx.queues_mails();
    insert_absent(tx, row_of(new), vec![mail::Column::DigestKey]).await
}

pub(super) fn row_of(new: &StoredMail) -> mail::ActiveModel {
    let digest_key = (new.kind == MailKind::Digest).then(|| digest_key(&new.address, new.local_on));
    mail::ActiveModel {
        id: Set(new.id.0),
        kind: Set(new.kind.as_str().to_owned()),
        digest_key: Set(digest_key),
        once_key: Set(None),
        address: Set(new.address.clone()),
        to_address: Set(new.to_address.clone()),
        domain: Set(domain_of_normalized(&new.address).to_owned()),
        to_name: Set(new.to_name.clone()),
        unit_id: Set(new.unit_id.map(|id| id.0)),
        local_on: Set(new.local_on),
        reply_to: Set(new.reply_to.clone()),
        subject: Set(new.subject.clone()),
        text_body: Set(new.text_body.clone()),
        html_body: Set(new.html_body.clone()),
        calendar_published: Set(new.calendar.published.clone()),
        calendar_cancelled: Set(new.calendar.cancelled.clone()),
        asks: Set(new.asks),
        copies: Set(new.copies),
        message_id: Set(new.message_id.clone()),
        state: Set(new.state.as_str().to_owned()),
        reason: Set(new.reason.clone()),
        not_before_at: Set(new.not_before_at),
        retry_at: Set(new.retry_at),
        attempts: Set(new.attempts),
        resent: Set(new.resent),
        lease_id: Set(None),
        lease_until_at: Set(None),
        reply: Set(new.reply.clone()),
        queued_at: Set(new.queued_at),
        made_at: Set(new.made_at),
        sent_at: Set(new.sent_at),
    }
}

/// Addresses that have a digest for `day`.
///
/// # Errors
/// [`StorageError`].
pub async fn addresses_with_digest(
    db: &impl ConnectionTrait,
    day: NaiveDate,
) -> Result<std::collections::HashSet<String>, StorageError> {
    let rows: Vec<String> = mail::Entity::find()
        .select_only()
        .column(mail::Column::Address)
        .filter(mail::Column::LocalOn.eq(day))
        .filter(mail::Column::Kind.eq(MailKind::Digest.as_str()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Unsent digests for days before `day` that no worker holds: id and address, oldest first. One that may have arrived is
/// none of them: it is sent once more as it is.
///
/// # Errors
/// [`StorageError`].
pub async fn unsent_digests_before(
    db: &impl ConnectionTrait,
    day: NaiveDate,
) -> Result<Vec<(MailId, String)>, StorageError> {
    let rows: Vec<(Uuid, String)> = mail::Entity::find()
        .select_only()
        .columns([mail::Column::Id, mail::Column::Address])
        .filter(mail::Column::LocalOn.lt(day))
        .filter(mail::Column::Kind.eq(MailKind::Digest.as_str()))
        .filter(mail::Column::Resent.eq(false))
        .filter(
            mail::Column::State.is_in([MailState::Queued.as_str(), MailState::Deferred.as_str()]),
        )
        .order_by_asc(mail::Column::LocalOn)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, address)| (MailId(id), address))
        .collect())
}

/// Suppresses a mail that is not on its way, nor waits for a person; whether this call did it. A worker that had claimed it
/// loses its lease.
///
/// # Errors
/// [`StorageError`].
pub async fn suppress(tx: &WriteTx, id: MailId, reason: &str) -> Result<bool, StorageError> {
    let result = mail::Entity::update_many()
        .col_expr(
            mail::Column::State,
            Expr::value(MailState::Suppressed.as_str()),
        )
        .col_expr(mail::Column::Reason, Expr::value(reason))
        .col_expr(mail::Column::LeaseId, Expr::value(None::<Uuid>))
        .filter(mail::Column::Id.eq(id.0))
        .filter(not_on_its_way().or(may_be_resent()))
        .exec(tx)
        .await?;
    tx.note(Resource::Mails, id.0);
    Ok(result.rows_affected == 1)
}

/// New words for a mail of which nothing has left; whether this call changed it. A worker that had claimed it loses its
/// lease. One that may have arrived keeps its words: two texts must not bear one Message-ID.
///
/// # Errors
/// [`StorageError`].
pub async fn rewrite(tx: &WriteTx, new: &StoredMail) -> Result<bool, StorageError> {
    let result = mail::Entity::update_many()
        .col_expr(mail::Column::Subject, Expr::value(new.subject.clone()))
        .col_expr(mail::Column::TextBody, Expr::value(new.text_body.clone()))
        .col_expr(mail::Column::HtmlBody, Expr::value(new.html_body.clone()))
        .col_expr(
            mail::Column::CalendarPublished,
            Expr::value(new.calendar.published.clone()),
        )
        .col_expr(
            mail::Column::CalendarCancelled,
            Expr::value(new.calendar.cancelled.clone()),
        )
        .col_expr(mail::Column::Asks, Expr::value(new.asks))
        .col_expr(mail::Column::Copies, Expr::value(new.copies))
        .col_expr(mail::Column::ReplyTo, Expr::value(new.reply_to.clone()))
        .col_expr(mail::Column::State, Expr::value(MailState::Queued.as_str()))
        .col_expr(mail::Column::LeaseId, Expr::value(None::<Uuid>))
        .filter(mail::Column::Id.eq(new.id.0))
        .filter(mail::Column::Resent.eq(false))
        .filter(not_on_its_way())
        .exec(tx)
        .await?;
    tx.note(Resource::Mails, new.id.0);
    Ok(result.rows_affected == 1)
}

/// Its outcome is unknown, and it would be sent once more.
fn may_be_resent() -> sea_orm::sea_query::SimpleExpr {
    mail::Column::State
        .eq(MailState::Unknown.as_str())
        .and(mail::Column::Resent.eq(false))
}

fn not_on_its_way() -> sea_orm::sea_query::SimpleExpr {
    mail::Column::State.is_in([
        MailState::Queued.as_str(),
        MailState::Deferred.as_str(),
        MailState::Claimed.as_str(),
    ])
}

/// The mails with these ids.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[MailId],
) -> Result<Vec<StoredMail>, StorageError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = mail::Entity::find()
            .filter(mail::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .all(db)
            .await?;
        for row in rows {
            found.push(mail_of(row)?);
        }
    }
    Ok(found)
}

/// Mails to an address for a local day, oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn of_address_on(
    db: &impl ConnectionTrait,
    address: &str,
    day: NaiveDate,
) -> Result<Vec<StoredMail>, StorageError> {
    let rows = mail::Entity::find()
        .filter(mail::Column::Address.eq(address))
        .filter(mail::Column::LocalOn.eq(day))
        .order_by_asc(mail::Column::QueuedAt)
        .all(db)
        .await?;
    rows.into_iter().map(mail_of).collect()
}

pub(super) fn mail_of(row: mail::Model) -> Result<StoredMail, StorageError> {
    Ok(StoredMail {
        id: MailId(row.id),
        kind: code("mail kind", &row.kind)?,
        address: row.address,
        to_address: row.to_address,
        to_name: row.to_name,
        unit_id: row.unit_id.map(UnitId),
        local_on: row.local_on,
        reply_to: row.reply_to,
        subject: row.subject,
        text_body: row.text_body,
        html_body: row.html_body,
        calendar: MailCalendar {
            published: row.calendar_published,
            cancelled: row.calendar_cancelled,
        },
        asks: row.asks,
        copies: row.copies,
        message_id: row.message_id,
        state: code("mail state", &row.state)?,
        reason: row.reason,
        not_before_at: row.not_before_at,
        retry_at: row.retry_at,
        attempts: row.attempts,
        resent: row.resent,
        queued_at: row.queued_at,
        made_at: row.made_at,
        sent_at: row.sent_at,
        reply: row.reply,
    })
}
