//! The list of what was decided in dispatches.

use crate::domain::access::Reach;
use crate::domain::decision::{DecisionCourse, DecisionState};
use crate::domain::ids::{DecisionId, PlanId, RoundId, TaskId};
use crate::domain::obligation::ObligationState;
use crate::storage::decisions::{StoredDecision, decision_of};
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use chrono::NaiveDate;
use entity::{decision, obligation};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::parts::{of_reach, unit_of_code};

/// Which decisions; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct DecisionFilter {
    /// Made in this round.
    pub round_id: Option<RoundId>,
    /// Of this plan.
    pub plan_id: Option<PlanId>,
    /// About this task.
    pub task_id: Option<TaskId>,
    /// Of the unit of this code.
    pub unit_code: Option<String>,
    /// In this state.
    pub state: Option<DecisionState>,
    /// Whether they are overdue on this day: not answered, the day being past.
    pub overdue: Option<(bool, NaiveDate)>,
}

/// A page of decisions, in the order in which they were made.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &DecisionFilter,
    reach: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<StoredDecision>, StorageError> {
    use decision::Column as C;
    let mut select = decision::Entity::find().filter(met(reach));
    if let Some(id) = filter.round_id {
        select = select.filter(C::RoundId.eq(id.0));
    }
    if let Some(id) = filter.task_id {
        select = select.filter(C::TaskId.eq(id.0));
    }
    if let Some(code) = filter.unit_code.as_deref() {
        select = select.filter(C::UnitId.in_subquery(unit_of_code(code)));
    }
    if let Some(plan) = filter.plan_id {
        let of_plan = obligation::Column::PlanId.eq(plan.0);
        select = select.filter(asked(Condition::all().add(of_plan)));
    }
    if let Some(state) = filter.state {
        select = select.filter(in_state(state));
    }
    if let Some((is_overdue, today)) = filter.overdue {
        let open = Condition::all()
            .add(obligation::Column::State.eq(ObligationState::Open.as_str()))
            .add(obligation::Column::DueOn.lt(today));
        let overdue = asked(open);
        select = select.filter(match is_overdue {
            true => overdue,
            false => overdue.not(),
        });
    }
    let sort: Option<SortKey<decision::Model>> = None;
    page(db, select, C::Id, |row| row.id, sort, wanted)
        .await?
        .try_map(decision_of)
}

/// Decisions whose obligation is so.
fn asked(is_so: Condition) -> Condition {
    let obligations = obligation::Entity::find()
        .select_only()
        .column(obligation::Column::Id)
        .filter(is_so);
    Condition::all().add(decision::Column::ObligationId.in_subquery(obligations.into_query()))
}

fn in_state(state: DecisionState) -> Condition {
    let course = |course: DecisionCourse| decision::Column::State.eq(course.as_str());
    let followed = |state: ObligationState| {
        let so = obligation::Column::State.eq(state.as_str());
        asked(Condition::all().add(so)).add(course(DecisionCourse::Open))
    };
    match state {
        DecisionState::Open => followed(ObligationState::Open),
        DecisionState::Answered => followed(ObligationState::Answered),
        DecisionState::Unanswered => followed(ObligationState::Unanswered),
        DecisionState::Closed => Condition::all().add(course(DecisionCourse::Closed)),
        DecisionState::Withdrawn => Condition::any()
            .add(course(DecisionCourse::Withdrawn))
            .add(followed(ObligationState::Withdrawn)),
    }
}

/// The decision of that id, where it is met.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: DecisionId,
    reach: &Reach,
) -> Result<Option<StoredDecision>, StorageError> {
    let row = decision::Entity::find_by_id(id.0)
        .filter(met(reach))
        .one(db)
        .await?;
    row.map(decision_of).transpose()
}

/// Whether there is such a decision at all.
///
/// # Errors
/// [`StorageError`].
pub async fn exists(db: &impl ConnectionTrait, id: DecisionId) -> Result<bool, StorageError> {
    Ok(decision::Entity::find_by_id(id.0).one(db).await?.is_some())
}

/// The decisions that are met: those of the units in reach.
pub(super) fn met(reach: &Reach) -> Condition {
    of_reach(decision::Column::UnitId, reach)
}
