//! The list of appraisals, and how many scores and objections each has.

use crate::domain::appraisal::{AppraisalState, ObjectionState};
use crate::domain::ids::{AppraisalId, PlanId};
use crate::storage::appraisals::{StoredAppraisal, appraisal_of};
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use entity::{appraisal, appraisal_score, score_objection};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashMap;
use uuid::Uuid;

/// Which appraisals are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct AppraisalFilter {
    /// In this state.
    pub state: Option<AppraisalState>,
    /// Of the school year that begins in this year.
    pub school_year: Option<i32>,
    /// Of this plan.
    pub plan_id: Option<PlanId>,
}

/// What an appraisal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AppraisalCounts {
    /// Units with a score.
    pub scores: usize,
    /// Objections.
    pub objections: usize,
    /// Of these, waiting for a decision.
    pub waiting: usize,
}

/// A page of appraisals, in the order in which they were made.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &AppraisalFilter,
    wanted: &PageWanted,
) -> Result<Paged<StoredAppraisal>, StorageError> {
    use appraisal::Column as C;
    let mut select = appraisal::Entity::find();
    if let Some(state) = filter.state {
        select = select.filter(C::State.eq(state.as_str()));
    }
    if let Some(year) = filter.school_year {
        select = select.filter(C::SchoolYear.eq(year));
    }
    if let Some(plan) = filter.plan_id {
        select = select.filter(C::PlanId.eq(plan.0));
    }
    let sort: Option<SortKey<appraisal::Model>> = None;
    page(db, select, C::Id, |row| row.id, sort, wanted)
        .await?
        .try_map(appraisal_of)
}

/// What these appraisals have.
///
/// # Errors
/// [`StorageError`].
pub async fn counts(
    db: &impl ConnectionTrait,
    ids: &[AppraisalId],
) -> Result<HashMap<AppraisalId, AppraisalCounts>, StorageError> {
    let mut counts: HashMap<AppraisalId, AppraisalCounts> = HashMap::new();
    let wanted = || ids.iter().map(|id| id.0);
    let scores: Vec<(Uuid, i64)> = appraisal_score::Entity::find()
        .select_only()
        .column(appraisal_score::Column::AppraisalId)
        .column_as(appraisal_score::Column::Id.count(), "scores")
        .filter(appraisal_score::Column::AppraisalId.is_in(wanted()))
        .group_by(appraisal_score::Column::AppraisalId)
        .into_tuple()
        .all(db)
        .await?;
    for (id, count) in scores {
        counts.entry(AppraisalId(id)).or_default().scores = number(count);
    }
    let objections: Vec<(Uuid, String, i64)> = score_objection::Entity::find()
        .select_only()
        .column(score_objection::Column::AppraisalId)
        .column(score_objection::Column::State)
        .column_as(score_objection::Column::Id.count(), "objections")
        .filter(score_objection::Column::AppraisalId.is_in(wanted()))
        .group_by(score_objection::Column::AppraisalId)
        .group_by(score_objection::Column::State)
        .into_tuple()
        .all(db)
        .await?;
    for (id, state, count) in objections {
        let known = counts.entry(AppraisalId(id)).or_default();
        known.objections += number(count);
        if state == ObjectionState::Raised.as_str() {
            known.waiting += number(count);
        }
    }
    Ok(counts)
}

fn number(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}
