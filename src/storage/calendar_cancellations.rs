//! What mails have put into their readers' calendars and taken out of them again.

use crate::domain::ids::{MailId, ObligationId, UnitId};
use crate::domain::mail_state::MailState;
use crate::domain::obligation::ObligationState;
use crate::storage::error::StorageError;
use crate::storage::obligations::{StoredObligation, obligation_of};
use crate::storage::reminders::{self, Addressee, ReminderState};
use crate::storage::{CHUNK, WriteTx, code, insert_all, new_id};
use chrono::NaiveDate;
use entity::{calendar_cancellation, mail, obligation};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QuerySelect,
};
use std::collections::{BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// Requests to these units that are no longer open, with the normalised addresses in whose calendars they still stand:
/// a mail that left has told them, and no mail takes them out again. Only those due on `today` or later; `rewritten` are
/// mails that are about to be written anew or set aside, so that what they take out is still to be taken out.
///
/// # Errors
/// [`StorageError`].
pub async fn wanted(
    db: &impl ConnectionTrait,
    units: &[UnitId],
    today: NaiveDate,
    rewritten: &HashSet<MailId>,
) -> Result<Vec<(String, StoredObligation)>, StorageError> {
    let settled = settled(db, units, today).await?;
    if settled.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ObligationId> = settled.keys().copied().collect();
    let mut reminded: Vec<(MailId, ObligationId)> = Vec::new();
    for one in reminders::of_obligations(db, &ids).await? {
        if one.state == ReminderState::Mailed && one.key.addressee == Addressee::Unit {
            reminded.extend(one.mail_id.map(|mail| (mail, one.key.obligation_id)));
        }
    }
    let cancelled = of_obligations(db, &ids).await?;
    let mut mails: Vec<MailId> = reminded.iter().map(|(mail, _)| *mail).collect();
    mails.extend(cancelled.iter().map(|one| one.mail_id));
    let mails = carriers(db, mails).await?;
    let mut standing: BTreeSet<(&str, ObligationId)> = BTreeSet::new();
    for (mail, obligation) in &reminded {
        if let Some(carrier) = mails.get(mail)
            && carrier.has_left()
        {
            standing.insert((carrier.address.as_str(), *obligation));
        }
    }
    for one in &cancelled {
        let revision = settled.get(&one.obligation_id).map(|one| one.due_revision);
        if let Some(carrier) = mails.get(&one.mail_id)
            && carrier.will_leave()
            && !rewritten.contains(&one.mail_id)
            && revision == Some(one.due_revision)
        {
            standing.remove(&(carrier.address.as_str(), one.obligation_id));
        }
    }
    let wanted = standing.into_iter().filter_map(|(address, obligation)| {
        Some((address.to_owned(), settled.get(&obligation)?.clone()))
    });
    Ok(wanted.collect())
}

async fn settled(
    db: &impl ConnectionTrait,
    units: &[UnitId],
    today: NaiveDate,
) -> Result<HashMap<ObligationId, StoredObligation>, StorageError> {
    let states = ObligationState::ALL.map(ObligationState::as_str);
    let settled = states
        .into_iter()
        .filter(|state| *state != ObligationState::Open.as_str());
    let settled: Vec<&str> = settled.collect();
    let mut found = HashMap::new();
    for chunk in units.chunks(CHUNK) {
        let rows = obligation::Entity::find()
            .filter(obligation::Column::UnitId.is_in(chunk.iter().map(|id| id.0)))
            .filter(obligation::Column::State.is_in(settled.iter().copied()))
            .filter(obligation::Column::DueOn.gte(today))
            .all(db)
            .await?;
        for row in rows {
            let one = obligation_of(row)?;
            found.insert(one.id, one);
        }
    }
    Ok(found)
}

struct Cancellation {
    mail_id: MailId,
    obligation_id: ObligationId,
    due_revision: i32,
}

async fn of_obligations(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
) -> Result<Vec<Cancellation>, StorageError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let among = calendar_cancellation::Column::ObligationId.is_in(chunk.iter().map(|id| id.0));
        let rows = calendar_cancellation::Entity::find()
            .filter(among)
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|row| Cancellation {
            mail_id: MailId(row.mail_id),
            obligation_id: ObligationId(row.obligation_id),
            due_revision: row.due_revision,
        }));
    }
    Ok(found)
}

/// A mail with something for a calendar.
struct Carrier {
    address: String,
    state: MailState,
}

impl Carrier {
    /// Whether its reader may have it.
    fn has_left(&self) -> bool {
        matches!(
            self.state,
            MailState::Sent | MailState::Unknown | MailState::Transmitting
        )
    }

    /// Whether its reader has it or will have it.
    fn will_leave(&self) -> bool {
        !matches!(self.state, MailState::Suppressed | MailState::Failed)
    }
}

/// Those of the mails that bring something for a calendar.
async fn carriers(
    db: &impl ConnectionTrait,
    mut ids: Vec<MailId>,
) -> Result<HashMap<MailId, Carrier>, StorageError> {
    use mail::Column as C;
    ids.sort_unstable();
    ids.dedup();
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let brings = Condition::any()
            .add(C::CalendarPublished.is_not_null())
            .add(C::CalendarCancelled.is_not_null());
        let rows: Vec<(Uuid, String, String)> = mail::Entity::find()
            .select_only()
            .columns([C::Id, C::Address, C::State])
            .filter(C::Id.is_in(chunk.iter().map(|id| id.0)))
            .filter(brings)
            .into_tuple()
            .all(db)
            .await?;
        for (id, address, state) in rows {
            let state = code("mail state", &state)?;
            found.insert(MailId(id), Carrier { address, state });
        }
    }
    Ok(found)
}

/// Writes down that a mail takes these requests out of its reader's calendar.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    mail_id: MailId,
    cancelled: &[StoredObligation],
) -> Result<(), StorageError> {
    let rows = cancelled
        .iter()
        .map(|one| calendar_cancellation::ActiveModel {
            id: Set(new_id()),
            mail_id: Set(mail_id.0),
            obligation_id: Set(one.id.0),
            due_revision: Set(one.due_revision),
        });
    insert_all(tx, rows.collect()).await
}

/// Forgets what these mails take out: they are about to be written anew.
///
/// # Errors
/// [`StorageError`].
pub async fn forget(tx: &WriteTx, mails: &HashSet<MailId>) -> Result<(), StorageError> {
    let ids: Vec<Uuid> = mails.iter().map(|id| id.0).collect();
    for chunk in ids.chunks(CHUNK) {
        calendar_cancellation::Entity::delete_many()
            .filter(calendar_cancellation::Column::MailId.is_in(chunk.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}
