//! Mails, page by page, without their bodies.

use crate::domain::access::Reach;
use crate::domain::ids::{MailId, UnitId};
use crate::domain::mail_state::{MailKind, MailState};
use crate::storage::error::StorageError;
use crate::storage::lists::labels::{self, UnitLabel};
use crate::storage::outbox::{StoredMail, mail_of};
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use chrono::NaiveDate;
use entity::mail;
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, Iterable, QueryFilter, QuerySelect, Select,
};

use super::parts::{of_reach, read_instant, tell_instant, unit_of_code};

/// Which mails.
#[derive(Debug, Clone, Default)]
pub struct MailFilter {
    /// In this state.
    pub state: Option<MailState>,
    /// Of this kind.
    pub kind: Option<MailKind>,
    /// Whose first unit has this code.
    pub unit_code: Option<String>,
    /// To this normalised address.
    pub address: Option<String>,
    /// For this local day or later.
    pub on_from: Option<NaiveDate>,
    /// For this local day or earlier.
    pub on_to: Option<NaiveDate>,
}

/// What mails are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSort {
    /// When they were queued (business clock).
    QueuedAt,
}

/// A mail in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRow {
    /// The mail; in a list its bodies are empty.
    pub mail: StoredMail,
    /// First unit of the address.
    pub unit: Option<UnitLabel>,
}

/// The mails that are met: those whose first unit is.
pub(super) fn met(reach: &Reach) -> Condition {
    of_reach(mail::Column::UnitId, reach)
}

/// Mails without their bodies.
fn select() -> Select<mail::Entity> {
    use mail::Column as C;
    let mut select = mail::Entity::find().select_only();
    for column in C::iter().filter(|column| !matches!(column, C::TextBody | C::HtmlBody)) {
        select = select.column(column);
    }
    select
        .expr_as(Expr::cust("''"), "text_body")
        .expr_as(Expr::cust("''"), "html_body")
}

/// Mails in order.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &MailFilter,
    reach: &Reach,
    sort: MailSort,
    wanted: &PageWanted,
) -> Result<Paged<MailRow>, StorageError> {
    use mail::Column as C;
    let select = select().filter(met(reach)).filter(wanted_by(filter));
    let key = match sort {
        MailSort::QueuedAt => SortKey {
            expr: Expr::col(C::QueuedAt),
            read: read_instant,
            tell: |row: &mail::Model| tell_instant(row.queued_at),
        },
    };
    let found = page(db, select, C::Id, |row| row.id, Some(key), wanted).await?;
    Ok(Paged {
        rows: shown(db, found.rows).await?,
        next: found.next,
    })
}

fn wanted_by(filter: &MailFilter) -> Condition {
    use mail::Column as C;
    let mut all = Condition::all();
    if let Some(state) = filter.state {
        all = all.add(C::State.eq(state.as_str()));
    }
    if let Some(kind) = filter.kind {
        all = all.add(C::Kind.eq(kind.as_str()));
    }
    if let Some(code) = &filter.unit_code {
        all = all.add(C::UnitId.in_subquery(unit_of_code(code)));
    }
    if let Some(address) = &filter.address {
        all = all.add(C::Address.eq(address.as_str()));
    }
    if let Some(from) = filter.on_from {
        all = all.add(C::LocalOn.gte(from));
    }
    if let Some(to) = filter.on_to {
        all = all.add(C::LocalOn.lte(to));
    }
    all
}

/// The mail of that id, with its bodies.
///
/// # Errors
/// [`StorageError`].
pub async fn one(db: &impl ConnectionTrait, id: MailId) -> Result<Option<MailRow>, StorageError> {
    let row = mail::Entity::find_by_id(id.0).one(db).await?;
    Ok(shown(db, row.into_iter().collect()).await?.pop())
}

async fn shown(
    db: &impl ConnectionTrait,
    rows: Vec<mail::Model>,
) -> Result<Vec<MailRow>, StorageError> {
    let units = rows.iter().filter_map(|row| row.unit_id).map(UnitId);
    let units = labels::units(db, units).await?;
    let rows = rows.into_iter().map(|row| {
        let mail = mail_of(row)?;
        let unit = mail.unit_id.and_then(|id| units.get(&id).cloned());
        Ok(MailRow { mail, unit })
    });
    rows.collect()
}
