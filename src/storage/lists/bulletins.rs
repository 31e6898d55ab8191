//! The list of bulletins.

use crate::domain::access::Reach;
use crate::domain::bulletin::BulletinState;
use crate::domain::ids::{BulletinId, PlanId, RoundId};
use crate::storage::bulletins::{StoredBulletin, bulletin_of};
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use entity::bulletin;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// Which bulletins are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct BulletinFilter {
    /// Of this plan.
    pub plan_id: Option<PlanId>,
    /// Opened by this round.
    pub round_id: Option<RoundId>,
    /// In this state.
    pub state: Option<BulletinState>,
    /// Numbered in this calendar year.
    pub issue_year: Option<i32>,
}

/// A page of bulletins, in the order in which they were made.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &BulletinFilter,
    drafts: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<StoredBulletin>, StorageError> {
    use bulletin::Column as C;
    let mut select = bulletin::Entity::find().filter(met(drafts));
    if let Some(plan) = filter.plan_id {
        select = select.filter(C::PlanId.eq(plan.0));
    }
    if let Some(round) = filter.round_id {
        select = select.filter(C::RoundId.eq(round.0));
    }
    if let Some(state) = filter.state {
        select = select.filter(C::State.eq(state.as_str()));
    }
    if let Some(year) = filter.issue_year {
        select = select.filter(C::IssueYear.eq(year));
    }
    let sort: Option<SortKey<bulletin::Model>> = None;
    page(db, select, C::Id, |row| row.id, sort, wanted)
        .await?
        .try_map(bulletin_of)
}

/// The bulletin of that id, where it is met.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: BulletinId,
    drafts: &Reach,
) -> Result<Option<StoredBulletin>, StorageError> {
    let row = bulletin::Entity::find_by_id(id.0)
        .filter(met(drafts))
        .one(db)
        .await?;
    row.map(bulletin_of).transpose()
}

/// Whether there is such a bulletin at all.
///
/// # Errors
/// [`StorageError`].
pub async fn exists(db: &impl ConnectionTrait, id: BulletinId) -> Result<bool, StorageError> {
    Ok(bulletin::Entity::find_by_id(id.0).one(db).await?.is_some())
}

/// The bulletins that are met: all by whoever reads drafts, those that were published by everybody else.
pub(super) fn met(drafts: &Reach) -> Condition {
    match drafts {
        Reach::All => Condition::all(),
        Reach::Units { .. } => {
            let published = BulletinState::Published.as_str();
            Condition::all().add(bulletin::Column::State.eq(published))
        }
    }
}
