//! The list of talks and cards. Units meet what was confirmed; what is only proposed is the bureau's to see.

use crate::domain::access::Reach;
use crate::domain::appraisal::WarningState;
use crate::domain::card::Card;
use crate::domain::ids::WarningId;
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use crate::storage::warnings::{StoredWarning, warning_of};
use entity::warning;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::parts::{of_reach, unit_of_code};

/// Which are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct WarningFilter {
    /// In this state.
    pub state: Option<WarningState>,
    /// What it is.
    pub card: Option<Card>,
    /// Of the results of the school year that begins in this year.
    pub school_year: Option<i32>,
    /// Of the school of this code.
    pub unit_code: Option<String>,
}

/// A page of talks and cards, in the order in which they were proposed first.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &WarningFilter,
    reach: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<StoredWarning>, StorageError> {
    use warning::Column as C;
    let mut select = warning::Entity::find().filter(met(reach));
    if let Some(state) = filter.state {
        select = select.filter(C::State.eq(state.as_str()));
    }
    if let Some(card) = filter.card {
        select = select.filter(C::Card.eq(card.as_str()));
    }
    if let Some(year) = filter.school_year {
        select = select.filter(C::SchoolYear.eq(year));
    }
    if let Some(code) = filter.unit_code.as_deref() {
        select = select.filter(C::UnitId.in_subquery(unit_of_code(code)));
    }
    let sort: Option<SortKey<warning::Model>> = None;
    page(db, select, C::Id, |row| row.id, sort, wanted)
        .await?
        .try_map(warning_of)
}

/// The one of that id, where it is met.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: WarningId,
    reach: &Reach,
) -> Result<Option<StoredWarning>, StorageError> {
    let row = warning::Entity::find_by_id(id.0)
        .filter(met(reach))
        .one(db)
        .await?;
    row.map(warning_of).transpose()
}

/// Those that are met.
pub(super) fn met(reach: &Reach) -> Condition {
    let of_units = of_reach(warning::Column::UnitId, reach);
    match reach {
        Reach::All => of_units,
        Reach::Units { .. } => {
            let confirmed = WarningState::Confirmed.as_str();
            of_units.add(warning::Column::State.eq(confirmed))
        }
    }
}
