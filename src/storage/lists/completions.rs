//! The list of lead units' reports that tasks as a whole are done.

use crate::domain::access::Reach;
use crate::domain::ids::{CompletionId, PlanId, TaskId};
use crate::domain::task_life::CompletionState;
use crate::storage::completions::{StoredCompletion, completion_of};
use crate::storage::error::StorageError;
use crate::storage::lists::tasks;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use entity::{completion, task};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

/// Which reports are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct CompletionFilter {
    /// Of tasks of this plan.
    pub plan_id: Option<PlanId>,
    /// Of this task.
    pub task_id: Option<TaskId>,
    /// In this state.
    pub state: Option<CompletionState>,
}

/// A page of reports, in the order in which they were made.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &CompletionFilter,
    reach: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<StoredCompletion>, StorageError> {
    use completion::Column;
    let mut select = completion::Entity::find().filter(met(reach));
    if let Some(id) = filter.task_id {
        select = select.filter(Column::TaskId.eq(id.0));
    }
    if let Some(state) = filter.state {
        select = select.filter(Column::State.eq(state.as_str()));
    }
    if let Some(id) = filter.plan_id {
        let of_plan = task::Entity::find()
            .select_only()
            .column(task::Column::Id)
            .filter(task::Column::PlanId.eq(id.0));
        select = select.filter(Column::TaskId.in_subquery(of_plan.into_query()));
    }
    let sort: Option<SortKey<completion::Model>> = None;
    page(db, select, Column::Id, |row| row.id, sort, wanted)
        .await?
        .try_map(completion_of)
}

/// The report of that id, where it is met.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: CompletionId,
    reach: &Reach,
) -> Result<Option<StoredCompletion>, StorageError> {
    let found = completion::Entity::find_by_id(id.0).filter(met(reach));
    found.one(db).await?.map(completion_of).transpose()
}

/// Whether there is such a report at all.
///
/// # Errors
/// [`StorageError`].
pub async fn exists(db: &impl ConnectionTrait, id: CompletionId) -> Result<bool, StorageError> {
    Ok(completion::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .is_some())
}

/// The reports that are met: those of tasks that are.
pub(super) fn met(reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Units { .. } => {
            let theirs = task::Entity::find()
                .select_only()
                .column(task::Column::Id)
                .filter(tasks::met(reach));
            let among = completion::Column::TaskId;
            Condition::all().add(among.in_subquery(theirs.into_query()))
        }
    }
}
