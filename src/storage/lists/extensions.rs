//! The list of requests for more time.

use crate::domain::access::Reach;
use crate::domain::assignment_life::AssignmentState;
use crate::domain::extension::ExtensionState;
use crate::domain::ids::{ExtensionId, ObligationId, PlanId, UnitId};
use crate::domain::role::Role;
use crate::storage::error::StorageError;
use crate::storage::extensions::{StoredExtension, extension_of};
use crate::storage::lists::{assignments, obligations};
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use entity::{assignment, extension, obligation, obligation_item};
use sea_orm::sea_query::{Condition, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::parts::unit_of_code;

/// Which requests are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct ExtensionFilter {
    /// In this state.
    pub state: Option<ExtensionState>,
    /// For this obligation.
    pub obligation_id: Option<ObligationId>,
    /// Of the unit of this code.
    pub unit_code: Option<String>,
    /// Of this plan.
    pub plan_id: Option<PlanId>,
}

/// A page of requests, in the order in which they were made.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &ExtensionFilter,
    reach: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<StoredExtension>, StorageError> {
    let mut select = extension::Entity::find().filter(met(reach));
    if let Some(state) = filter.state {
        select = select.filter(extension::Column::State.eq(state.as_str()));
    }
    if let Some(id) = filter.obligation_id {
        select = select.filter(extension::Column::ObligationId.eq(id.0));
    }
    let mut about = obligation::Entity::find()
        .select_only()
        .column(obligation::Column::Id);
    if let Some(code) = filter.unit_code.as_deref() {
        about = about.filter(obligation::Column::UnitId.in_subquery(unit_of_code(code)));
    }
    if let Some(plan) = filter.plan_id {
        about = about.filter(obligation::Column::PlanId.eq(plan.0));
    }
    if filter.unit_code.is_some() || filter.plan_id.is_some() {
        select = select.filter(extension::Column::ObligationId.in_subquery(about.into_query()));
    }
    let sort: Option<SortKey<extension::Model>> = None;
    page(
        db,
        select,
        extension::Column::Id,
        |row| row.id,
        sort,
        wanted,
    )
    .await?
    .try_map(extension_of)
}

/// The request of that id, where it is met.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: ExtensionId,
    reach: &Reach,
) -> Result<Option<StoredExtension>, StorageError> {
    let row = extension::Entity::find_by_id(id.0)
        .filter(met(reach))
        .one(db)
        .await?;
    row.map(extension_of).transpose()
}

/// Whether there is such a request at all.
///
/// # Errors
/// [`StorageError`].
pub async fn exists(db: &impl ConnectionTrait, id: ExtensionId) -> Result<bool, StorageError> {
    Ok(extension::Entity::find_by_id(id.0).one(db).await?.is_some())
}

/// The requests that are met: those of the units in reach, and those about tasks that the own units lead.
pub(super) fn met(reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Units { .. } => Condition::any()
            .add(extension::Column::ObligationId.in_subquery(obligations_met(reach)))
            .add(extension::Column::ObligationId.in_subquery(about_assignments_met(reach))),
    }
}

fn obligations_met(reach: &Reach) -> SelectStatement {
    obligation::Entity::find()
        .select_only()
        .column(obligation::Column::Id)
        .filter(obligations::met(reach))
        .into_query()
}

fn about_assignments_met(reach: &Reach) -> SelectStatement {
    let assignments = assignment::Entity::find()
        .select_only()
        .column(assignment::Column::Id)
        .filter(assignments::met(reach));
    obligation_item::Entity::find()
        .select_only()
        .column(obligation_item::Column::ObligationId)
        .filter(obligation_item::Column::AssignmentId.in_subquery(assignments.into_query()))
        .into_query()
}

/// The units that lead the tasks which an obligation asks about.
///
/// # Errors
/// [`StorageError`].
pub async fn leads_asked(
    db: &impl ConnectionTrait,
    id: ObligationId,
) -> Result<Vec<UnitId>, StorageError> {
    let on_assignment = obligation_item::Entity::belongs_to(assignment::Entity)
        .from(obligation_item::Column::AssignmentId)
        .to(assignment::Column::Id);
    let tasks = obligation_item::Entity::find()
        .select_only()
        .column(assignment::Column::TaskId)
        .join(JoinType::InnerJoin, on_assignment.into())
        .filter(obligation_item::Column::ObligationId.eq(id.0));
    let units: Vec<Uuid> = assignment::Entity::find()
        .select_only()
        .column(assignment::Column::UnitId)
        .distinct()
        .filter(assignment::Column::Role.eq(Role::Lead.as_str()))
        .filter(assignment::Column::State.ne(AssignmentState::Withdrawn.as_str()))
        .filter(assignment::Column::TaskId.in_subquery(tasks.into_query()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(units.into_iter().map(UnitId).collect())
}
