//! The reminder ledger, page by page.

use crate::domain::access::Reach;
use crate::domain::ids::{ContactId, MailId, ObligationId, ReminderId};
use crate::domain::mail_state::MailState;
use crate::domain::stage::Stage;
use crate::storage::error::StorageError;
use crate::storage::lists::labels::{self, ContactLabel};
use crate::storage::lists::obligations::{self, ObligationRow};
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use crate::storage::reminders::{ReminderState, StoredReminder, reminder_of};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{contact, obligation, reminder};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use std::collections::HashMap;

use super::parts::{of_reach, read_instant, tell_instant, unit_of_code};

/// Which reminders.
#[derive(Debug, Clone, Default)]
pub struct ReminderFilter {
    /// Of this obligation.
    pub obligation_id: Option<ObligationId>,
    /// About what the unit with this code was asked.
    pub unit_code: Option<String>,
    /// To this contact.
    pub contact_id: Option<ContactId>,
    /// Carried by this mail.
    pub mail_id: Option<MailId>,
    /// In this state.
    pub state: Option<ReminderState>,
    /// Of this stage.
    pub stage: Option<Stage>,
    /// Made on this local day or later.
    pub from: Option<NaiveDate>,
    /// Made on this local day or earlier.
    pub to: Option<NaiveDate>,
}

/// What reminders are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReminderSort {
    /// When they were made.
    MadeAt,
}

/// A reminder in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReminderRow {
    /// The reminder.
    pub reminder: StoredReminder,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// What it reminds of.
    pub asked: ObligationRow,
    /// Who is written to.
    pub contact: ContactLabel,
    /// Where the mail that carries it stands.
    pub mail_state: Option<MailState>,
}

/// The reminders that are met: of what a unit that is met was asked, and to contacts of such units (the copies a lead
/// gets).
pub(super) fn met(reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Units { .. } => {
            let asked = obligation::Entity::find()
                .select_only()
                .column(obligation::Column::Id)
                .filter(obligations::met(reach));
            let written_to = contact::Entity::find()
                .select_only()
                .column(contact::Column::Id)
                .filter(of_reach(contact::Column::UnitId, reach));
            Condition::any()
                .add(reminder::Column::ObligationId.in_subquery(asked.into_query()))
                .add(reminder::Column::ContactId.in_subquery(written_to.into_query()))
        }
    }
}

/// Reminders in order.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &ReminderFilter,
    reach: &Reach,
    sort: ReminderSort,
    wanted: &PageWanted,
) -> Result<Paged<ReminderRow>, StorageError> {
    use reminder::Column as C;
    let select = reminder::Entity::find()
        .filter(met(reach))
        .filter(wanted_by(filter));
    let key = match sort {
        ReminderSort::MadeAt => SortKey {
            expr: Expr::col(C::MadeAt),
            read: read_instant,
            tell: |row: &reminder::Model| tell_instant(row.made_at),
        },
    };
    let found = page(db, select, C::Id, |row| row.id, Some(key), wanted).await?;
    Ok(Paged {
        rows: shown(db, found.rows).await?,
        next: found.next,
    })
}

fn wanted_by(filter: &ReminderFilter) -> Condition {
    use reminder::Column as C;
    let mut all = Condition::all();
    if let Some(id) = filter.obligation_id {
        all = all.add(C::ObligationId.eq(id.0));
    }
    if let Some(code) = &filter.unit_code {
        let asked = obligation::Entity::find()
            .select_only()
            .column(obligation::Column::Id)
            .filter(obligation::Column::UnitId.in_subquery(unit_of_code(code)));
        all = all.add(C::ObligationId.in_subquery(asked.into_query()));
    }
    if let Some(id) = filter.contact_id {
        all = all.add(C::ContactId.eq(id.0));
    }
    if let Some(id) = filter.mail_id {
        all = all.add(C::MailId.eq(id.0));
    }
    if let Some(state) = filter.state {
        all = all.add(C::State.eq(state.as_str()));
    }
    if let Some(stage) = filter.stage {
        all = all.add(C::Stage.eq(stage.to_string()));
    }
    if let Some(from) = filter.from {
        all = all.add(C::MadeOn.gte(from));
    }
    if let Some(to) = filter.to {
        all = all.add(C::MadeOn.lte(to));
    }
    all
}

/// The reminder of that id, where it is met.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: ReminderId,
) -> Result<Option<ReminderRow>, StorageError> {
    let row = reminder::Entity::find_by_id(id.0).one(db).await?;
    Ok(shown(db, row.into_iter().collect()).await?.pop())
}

async fn shown(
    db: &impl ConnectionTrait,
    rows: Vec<reminder::Model>,
) -> Result<Vec<ReminderRow>, StorageError> {
    let asked = rows.iter().map(|row| ObligationId(row.obligation_id));
    let asked: HashMap<ObligationId, ObligationRow> = obligations::with_ids(db, asked)
        .await?
        .into_iter()
        .map(|row| (row.obligation.id, row))
        .collect();
    let contacts = labels::contacts(db, rows.iter().map(|row| ContactId(row.contact_id))).await?;
    let carriers = rows.iter().filter_map(|row| row.mail_id).map(MailId);
    let states = labels::mail_states(db, carriers).await?;
    // The schema keeps what a reminder refers to; one without cannot be.
    let rows = rows.into_iter().filter_map(|row| {
        let asked = asked.get(&ObligationId(row.obligation_id))?.clone();
        let contact = contacts.get(&ContactId(row.contact_id))?.clone();
        let made_at = row.made_at;
        let mail_state = row.mail_id.and_then(|id| states.get(&MailId(id)).copied());
        let shown = reminder_of(row).map(|reminder| ReminderRow {
            reminder,
            made_at,
            asked,
            contact,
            mail_state,
        });
        Some(shown)
    });
    rows.collect()
}
