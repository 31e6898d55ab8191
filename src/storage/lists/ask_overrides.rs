//! The list of times that units were asked over their budget, or for the same day.

use crate::domain::access::Reach;
use crate::domain::ids::AskOverrideId;
use crate::storage::ask_overrides::{StoredOverride, override_of};
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use chrono::NaiveDate;
use entity::{ask_override, ask_override_unit};
use sea_orm::sea_query::{Condition, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::parts::{among, unit_of_code};

/// Which ones.
#[derive(Debug, Clone, Default)]
pub struct OverrideFilter {
    /// Asked on this day or later.
    pub from: Option<NaiveDate>,
    /// Asked on this day or earlier.
    pub to: Option<NaiveDate>,
    /// That concern the unit with this code.
    pub unit_code: Option<String>,
    /// By a person, or by a round that opened by itself.
    pub by_hand: Option<bool>,
}

/// The ones that are met: those that concern a unit in reach.
pub(in crate::storage) fn met(reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Units { units, .. } => {
            let theirs = among(ask_override_unit::Column::UnitId, units);
            let theirs = concerning(Condition::all().add(theirs));
            Condition::all().add(ask_override::Column::Id.in_subquery(theirs))
        }
    }
}

fn concerning(units: Condition) -> SelectStatement {
    ask_override_unit::Entity::find()
        .select_only()
        .column(ask_override_unit::Column::OverrideId)
        .filter(units)
        .into_query()
}

/// A page, in the order in which they were asked.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &OverrideFilter,
    reach: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<StoredOverride>, StorageError> {
    use ask_override::Column as C;
    let mut select = ask_override::Entity::find().filter(met(reach));
    if let Some(from) = filter.from {
        select = select.filter(C::AskedOn.gte(from));
    }
    if let Some(to) = filter.to {
        select = select.filter(C::AskedOn.lte(to));
    }
    if let Some(by_hand) = filter.by_hand {
        select = select.filter(C::ByHand.eq(by_hand));
    }
    if let Some(code) = filter.unit_code.as_deref() {
        let unit = ask_override_unit::Column::UnitId.in_subquery(unit_of_code(code));
        select = select.filter(C::Id.in_subquery(concerning(Condition::all().add(unit))));
    }
    let sort: Option<SortKey<ask_override::Model>> = None;
    let found = page(db, select, C::Id, |row| row.id, sort, wanted).await?;
    Ok(Paged {
        rows: found.rows.into_iter().map(override_of).collect(),
        next: found.next,
    })
}

/// The one of that id, where it is met.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: AskOverrideId,
    reach: &Reach,
) -> Result<Option<StoredOverride>, StorageError> {
    let row = ask_override::Entity::find_by_id(id.0)
        .filter(met(reach))
        .one(db)
        .await?;
    Ok(row.map(override_of))
}
