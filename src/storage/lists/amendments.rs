//! The list of amendments.

use crate::domain::access::Reach;
use crate::domain::amendment::AmendmentKind;
use crate::domain::ids::{AmendmentId, PlanId, TaskId};
use crate::storage::amendments::{StoredAmendment, amendment_of};
use crate::storage::error::StorageError;
use crate::storage::lists::tasks;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use entity::{amendment, task};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

/// Which amendments are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct AmendmentFilter {
    /// Of this plan and its tasks.
    pub plan_id: Option<PlanId>,
    /// Of this task.
    pub task_id: Option<TaskId>,
    /// Of this kind.
    pub kind: Option<AmendmentKind>,
    /// Parts of this amendment of the plan.
    pub revision_id: Option<AmendmentId>,
}

/// A page of amendments, in the order in which they were made.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &AmendmentFilter,
    reach: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<StoredAmendment>, StorageError> {
    use amendment::Column;
    let mut select = amendment::Entity::find().filter(met(reach));
    if let Some(id) = filter.plan_id {
        select = select.filter(Column::PlanId.eq(id.0));
    }
    if let Some(id) = filter.task_id {
        select = select.filter(Column::TaskId.eq(id.0));
    }
    if let Some(kind) = filter.kind {
        select = select.filter(Column::Kind.eq(kind.as_str()));
    }
    if let Some(id) = filter.revision_id {
        select = select.filter(Column::RevisionId.eq(id.0));
    }
    let sort: Option<SortKey<amendment::Model>> = None;
    page(db, select, Column::Id, |row| row.id, sort, wanted)
        .await?
        .try_map(amendment_of)
}

/// The amendment of that id, where it is met.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: AmendmentId,
    reach: &Reach,
) -> Result<Option<StoredAmendment>, StorageError> {
    let found = amendment::Entity::find_by_id(id.0).filter(met(reach));
    found.one(db).await?.map(amendment_of).transpose()
}

/// Whether there is such an amendment at all.
///
/// # Errors
/// [`StorageError`].
pub async fn exists(db: &impl ConnectionTrait, id: AmendmentId) -> Result<bool, StorageError> {
    Ok(amendment::Entity::find_by_id(id.0).one(db).await?.is_some())
}

/// The amendments that are met: those of tasks that are.
pub(super) fn met(reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Units { .. } => {
            let theirs = task::Entity::find()
                .select_only()
                .column(task::Column::Id)
                .filter(tasks::met(reach));
            let among = amendment::Column::TaskId;
            Condition::all().add(among.in_subquery(theirs.into_query()))
        }
    }
}
