//! Findings, page by page: the ledger of what is to be put right 整改台账.

use super::inspections::inspected_by;
use super::parts::{among, unit_of_code};
use crate::domain::access::Reach;
use crate::domain::finding_life::FindingState;
use crate::domain::ids::{FindingId, InspectionId, PlanId, RoundId};
use crate::storage::code;
use crate::storage::error::StorageError;
use crate::storage::findings::{StoredFinding, finding_of};
use crate::storage::lists::assignments;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use chrono::NaiveDate;
use entity::{assignment, finding, obligation};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

/// Which findings; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct FindingFilter {
    /// Found by this round.
    pub round_id: Option<RoundId>,
    /// Found by this inspection.
    pub inspection_id: Option<InspectionId>,
    /// Of this plan.
    pub plan_id: Option<PlanId>,
    /// Of the unit of this code.
    pub unit_code: Option<String>,
    /// In this state.
    pub state: Option<FindingState>,
    /// Whether the unit is late: it has not reported, and its day has passed.
    pub overdue: Option<bool>,
    /// The local day.
    pub today: NaiveDate,
}

/// What became of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FindingCounts {
    /// To be put right, those sent back included.
    pub open: u64,
    /// To be rechecked.
    pub reported: u64,
    /// Closed.
    pub closed: u64,
}

/// A page of findings, in the order in which they were raised.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &FindingFilter,
    (reach, address): (&Reach, &str),
    wanted: &PageWanted,
) -> Result<Paged<StoredFinding>, StorageError> {
    use finding::Column as C;
    let mut select = finding::Entity::find().filter(met(reach, address));
    if let Some(id) = filter.round_id {
        select = select.filter(C::RoundId.eq(id.0));
    }
    if let Some(id) = filter.inspection_id {
        select = select.filter(C::InspectionId.eq(id.0));
    }
    if let Some(id) = filter.plan_id {
        select = select.filter(C::PlanId.eq(id.0));
    }
    if let Some(code) = filter.unit_code.as_deref() {
        select = select.filter(C::UnitId.in_subquery(unit_of_code(code)));
    }
    if let Some(state) = filter.state {
        select = select.filter(C::State.eq(state.as_str()));
    }
    let overdue = overdue(filter.today);
    match filter.overdue {
        Some(true) => select = select.filter(overdue),
        Some(false) => select = select.filter(overdue.not()),
        None => {}
    }
    let sort: Option<SortKey<finding::Model>> = None;
    page(db, select, C::Id, |row| row.id, sort, wanted)
        .await?
        .try_map(finding_of)
}

fn overdue(today: NaiveDate) -> Condition {
    let late = obligation::Entity::find()
        .select_only()
        .column(obligation::Column::Id)
        .filter(obligation::Column::DueOn.lt(today));
    let waiting = FindingState::ALL.iter().copied();
    let waiting = waiting.filter(|state| state.waits_for_unit());
    Condition::all()
        .add(finding::Column::State.is_in(waiting.map(FindingState::as_str)))
        .add(finding::Column::ObligationId.in_subquery(late.into_query()))
}

/// The finding of that id, where it is met.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: FindingId,
    (reach, address): (&Reach, &str),
) -> Result<Option<StoredFinding>, StorageError> {
    let row = finding::Entity::find_by_id(id.0)
        .filter(met(reach, address))
        .one(db)
        .await?;
    row.map(finding_of).transpose()
}

/// What became of the findings of a round; those that were withdrawn are none.
///
/// # Errors
/// [`StorageError`].
pub async fn counts(
    db: &impl ConnectionTrait,
    round_id: RoundId,
) -> Result<FindingCounts, StorageError> {
    use finding::Column as C;
    let rows: Vec<(String, i64)> = finding::Entity::find()
        .select_only()
        .column(C::State)
        .column_as(C::Id.count(), "findings")
        .filter(C::RoundId.eq(round_id.0))
        .group_by(C::State)
        .into_tuple()
        .all(db)
        .await?;
    let mut counts = FindingCounts::default();
    for (state, count) in rows {
        let count = u64::try_from(count).unwrap_or(0);
        match code("finding state", &state)? {
            FindingState::Open | FindingState::Returned => counts.open += count,
            FindingState::Reported => counts.reported += count,
            FindingState::Closed => counts.closed += count,
            FindingState::Withdrawn => {}
        }
    }
    Ok(counts)
}

/// The findings that are met: those of the units in reach, those about tasks that the own units lead, and those of
/// inspections carried out under this address.
pub(in crate::storage) fn met(reach: &Reach, address: &str) -> Condition {
    use finding::Column as C;
    let Reach::Units { units, .. } = reach else {
        return Condition::all();
    };
    let assignments = assignment::Entity::find()
        .select_only()
        .column(assignment::Column::Id)
        .filter(assignments::met(reach));
    Condition::any()
        .add(among(C::UnitId, units))
        .add(C::AssignmentId.in_subquery(assignments.into_query()))
        .add(C::InspectionId.in_subquery(inspected_by(address)))
}
