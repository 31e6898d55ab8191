//! The list of an appraisal's objections.

use crate::domain::access::Reach;
use crate::domain::appraisal::ObjectionState;
use crate::domain::ids::AppraisalId;
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use crate::storage::score_objections::{StoredObjection, objection_of};
use entity::score_objection;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::parts::{of_reach, unit_of_code};

/// Which objections are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct ObjectionFilter {
    /// In this state.
    pub state: Option<ObjectionState>,
    /// Of the unit of this code.
    pub unit_code: Option<String>,
}

/// A page of the objections to an appraisal, in the order in which they were made.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    id: AppraisalId,
    filter: &ObjectionFilter,
    reach: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<StoredObjection>, StorageError> {
    use score_objection::Column as C;
    let mut select = score_objection::Entity::find()
        .filter(C::AppraisalId.eq(id.0))
        .filter(of_reach(C::UnitId, reach));
    if let Some(state) = filter.state {
        select = select.filter(C::State.eq(state.as_str()));
    }
    if let Some(code) = filter.unit_code.as_deref() {
        select = select.filter(C::UnitId.in_subquery(unit_of_code(code)));
    }
    let sort: Option<SortKey<score_objection::Model>> = None;
    page(db, select, C::Id, |row| row.id, sort, wanted)
        .await?
        .try_map(objection_of)
}
