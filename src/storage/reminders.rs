//! The reminder ledger. `UNIQUE(obligation, due_revision, stage, contact, role)`: nobody is reminded twice of one stage,
//! however many instances or ticks try.

use crate::domain::ids::{ContactId, MailId, ObligationId, ReminderId};
use crate::domain::resource::Resource;
use crate::domain::role::UnknownCode;
use crate::domain::stage::Stage;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, code, insert_all_absent, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use entity::reminder;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use uuid::Uuid;

/// In which part a contact is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Addressee {
    /// The unit that is asked.
    #[serde(rename = "to")]
    Unit,
    /// Copy to a lead unit of the task.
    #[serde(rename = "copy_lead")]
    LeadCopy,
    /// Copy to the supervision office.
    #[serde(rename = "copy_supervision")]
    SupervisionCopy,
}

impl Addressee {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unit, Self::LeadCopy, Self::SupervisionCopy];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "to",
            Self::LeadCopy => "copy_lead",
            Self::SupervisionCopy => "copy_supervision",
        }
    }
}

impl FromStr for Addressee {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .into_iter()
            .find(|addressee| addressee.as_str() == text)
            .ok_or_else(|| UnknownCode::new("addressee", text))
    }
}

/// Where a reminder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReminderState {
    /// Carried by a mail.
    Mailed,
    /// No longer wanted: answered, withdrawn or re-planned.
    Cancelled,
    /// Could not be carried by any mail; the reason says why.
    Suppressed,
}

impl ReminderState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mailed, Self::Cancelled, Self::Suppressed];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mailed => "mailed",
            Self::Cancelled => "cancelled",
            Self::Suppressed => "suppressed",
        }
    }
}

impl FromStr for ReminderState {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| UnknownCode::new("reminder state", text))
    }
}

/// What makes a reminder unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReminderKey {
    /// The obligation.
    pub obligation_id: ObligationId,
    /// Revision of its due day.
    pub due_revision: i32,
    /// The stage.
    pub stage: Stage,
    /// Who is written to.
    pub contact_id: ContactId,
    /// In which part.
    pub addressee: Addressee,
}

/// A reminder as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReminder {
    /// Its id.
    pub id: ReminderId,
    /// What makes it unique.
    pub key: ReminderKey,
    /// Where it stands.
    pub state: ReminderState,
    /// Why it is suppressed or cancelled.
    pub reason: Option<String>,
    /// The mail that carries it.
    pub mail_id: Option<MailId>,
    /// The due day it speaks of.
    pub due_on: NaiveDate,
    /// Local day it was made.
    pub made_on: NaiveDate,
}

/// A reminder to be written.
#[derive(Debug, Clone)]
pub struct NewReminder<'a> {
    /// What makes it unique.
    pub key: ReminderKey,
    /// The due day it speaks of.
    pub due_on: NaiveDate,
    /// Mailed or suppressed.
    pub fate: Fate<'a>,
}

/// What becomes of a new reminder.
#[derive(Debug, Clone, Copy)]
pub enum Fate<'a> {
    /// Carried by this mail.
    Mailed(MailId),
    /// Carried by none, for this reason.
    Suppressed(&'a str),
}

/// Writes those reminders that do not exist yet; how many this call wrote.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    new: &[NewReminder<'_>],
    made: (NaiveDate, DateTime<Utc>),
) -> Result<usize, StorageError> {
    use reminder::Column::{ContactId, DueRevision, ObligationId, Role, Stage};
    let rows = new.iter().map(|one| {
        let (state, reason, mail_id) = match one.fate {
            Fate::Mailed(id) => (ReminderState::Mailed, None, Some(id.0)),
            Fate::Suppressed(reason) => (ReminderState::Suppressed, Some(reason.to_owned()), None),
        };
        reminder::ActiveModel {
            id: Set(new_id()),
            obligation_id: Set(one.key.obligation_id.0),
            due_revision: Set(one.key.due_revision),
            stage: Set(one.key.stage.to_string()),
            contact_id: Set(one.key.contact_id.0),
            role: Set(one.key.addressee.as_str().to_owned()),
            state: Set(state.as_str().to_owned()),
            reason: Set(reason),
            mail_id: Set(mail_id),
            due_on: Set(one.due_on),
            made_on: Set(made.0),
            made_at: Set(made.1),
        }
    });
    let rows: Vec<reminder::ActiveModel> = rows.collect();
    let ids: Vec<Uuid> = rows
        .iter()
        .filter_map(|row| row.id.try_as_ref().copied())
        .collect();
    let key = vec![ObligationId, DueRevision, Stage, ContactId, Role];
    let inserted = insert_all_absent(tx, rows, key).await?;
    for id in written(tx, &ids, inserted).await? {
        tx.note(Resource::Reminders, id);
    }
    Ok(inserted)
}

/// Those of the ids that were written, where another instance has written some of the same reminders before.
async fn written(tx: &WriteTx, ids: &[Uuid], inserted: usize) -> Result<Vec<Uuid>, StorageError> {
    if inserted == ids.len() {
        return Ok(ids.to_vec());
    }
    let mut written = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<Uuid> = reminder::Entity::find()
            .select_only()
            .column(reminder::Column::Id)
            .filter(reminder::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(tx)
            .await?;
        written.extend(rows);
    }
    Ok(written)
}

/// Every reminder of these obligations.
///
/// # Errors
/// [`StorageError`].
pub async fn of_obligations(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
) -> Result<Vec<StoredReminder>, StorageError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = reminder::Entity::find()
            .filter(reminder::Column::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(reminder::Column::MadeAt)
            .all(db)
            .await?;
        for row in rows {
            found.push(reminder_of(row)?);
        }
    }
    Ok(found)
}

/// Reminders to these contacts, whatever became of them.
///
/// # Errors
/// [`StorageError`].
pub async fn of_contact(
    db: &impl ConnectionTrait,
    contact: ContactId,
) -> Result<Vec<StoredReminder>, StorageError> {
    let rows = reminder::Entity::find()
        .filter(reminder::Column::ContactId.eq(contact.0))
        .order_by_asc(reminder::Column::MadeAt)
        .all(db)
        .await?;
    rows.into_iter().map(reminder_of).collect()
}

/// Reminders carried by these mails.
///
/// # Errors
/// [`StorageError`].
pub async fn of_mails(
    db: &impl ConnectionTrait,
    ids: &[MailId],
) -> Result<Vec<StoredReminder>, StorageError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = reminder::Entity::find()
            .filter(reminder::Column::MailId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(reminder::Column::MadeAt)
            .all(db)
            .await?;
        for row in rows {
            found.push(reminder_of(row)?);
        }
    }
    Ok(found)
}

/// Puts reminders into a mail, whatever carried them before.
///
/// # Errors
/// [`StorageError`].
pub async fn attach(tx: &WriteTx, ids: &[ReminderId], mail_id: MailId) -> Result<(), StorageError> {
    for chunk in ids.chunks(CHUNK) {
        reminder::Entity::update_many()
            .col_expr(
                reminder::Column::State,
                Expr::value(ReminderState::Mailed.as_str()),
            )
            .col_expr(reminder::Column::MailId, Expr::value(mail_id.0))
            .filter(reminder::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .exec(tx)
            .await?;
    }
    note_all(tx, ids);
    Ok(())
}

/// Cancels reminders that no mail has carried away yet, and says why.
///
/// # Errors
/// [`StorageError`].
pub async fn cancel(tx: &WriteTx, ids: &[ReminderId], reason: &str) -> Result<(), StorageError> {
    for chunk in ids.chunks(CHUNK) {
        reminder::Entity::update_many()
            .col_expr(
                reminder::Column::State,
                Expr::value(ReminderState::Cancelled.as_str()),
            )
            .col_expr(reminder::Column::Reason, Expr::value(reason))
            .filter(reminder::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .exec(tx)
            .await?;
    }
    note_all(tx, ids);
    Ok(())
}

fn note_all(tx: &WriteTx, ids: &[ReminderId]) {
    for id in ids {
        tx.note(Resource::Reminders, id.0);
    }
}

pub(super) fn reminder_of(row: reminder::Model) -> Result<StoredReminder, StorageError> {
    Ok(StoredReminder {
        id: ReminderId(row.id),
        key: ReminderKey {
            obligation_id: ObligationId(row.obligation_id),
            due_revision: row.due_revision,
            stage: code("stage", &row.stage)?,
            contact_id: ContactId(row.contact_id),
            addressee: code("addressee", &row.role)?,
        },
        state: code("reminder state", &row.state)?,
        reason: row.reason,
        mail_id: row.mail_id.map(MailId),
        due_on: row.due_on,
        made_on: row.made_on,
    })
}
