//! Inspections, page by page. A visit that is planned does not exist for units: they are not to know beforehand. Whoever
//! inspects meets what they inspect.

use super::parts::{among, unit_of_code};
use crate::domain::access::Reach;
use crate::domain::ids::{InspectionId, PlanId, RoundId};
use crate::domain::inspection::{InspectionMode, InspectionResult, InspectionState};
use crate::storage::code;
use crate::storage::error::StorageError;
use crate::storage::inspections::{StoredInspection, inspection_of};
use crate::storage::lists::assignments;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use chrono::NaiveDate;
use entity::{assignment, inspection, inspection_inspector, inspection_item, inspector};
use sea_orm::sea_query::{Condition, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

/// Which inspections; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct InspectionFilter {
    /// Of this round.
    pub round_id: Option<RoundId>,
    /// Of this plan.
    pub plan_id: Option<PlanId>,
    /// Of the unit of this code.
    pub unit_code: Option<String>,
    /// In this state.
    pub state: Option<InspectionState>,
    /// With this result.
    pub result: Option<InspectionResult>,
    /// Whether the result is overdue: not recorded on the day it is due.
    pub overdue: Option<bool>,
    /// The local day.
    pub today: NaiveDate,
}

/// What became of a round's inspections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InspectionCounts {
    /// Not recorded.
    pub planned: u64,
    /// Of these, those that should be.
    pub overdue: u64,
    /// Recorded.
    pub recorded: u64,
    /// Of these, those that found nothing.
    pub passed: u64,
}

/// A page of inspections, in the order in which they were planned.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &InspectionFilter,
    (reach, address): (&Reach, &str),
    wanted: &PageWanted,
) -> Result<Paged<StoredInspection>, StorageError> {
    use inspection::Column as C;
    let mut select = inspection::Entity::find().filter(met(reach, address));
    if let Some(id) = filter.round_id {
        select = select.filter(C::RoundId.eq(id.0));
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
    if let Some(result) = filter.result {
        select = select.filter(C::Result.eq(result.as_str()));
    }
    let overdue = overdue(filter.today);
    match filter.overdue {
        Some(true) => select = select.filter(overdue),
        Some(false) => select = select.filter(overdue.not()),
        None => {}
    }
    let sort: Option<SortKey<inspection::Model>> = None;
    page(db, select, C::Id, |row| row.id, sort, wanted)
        .await?
        .try_map(inspection_of)
}

fn overdue(today: NaiveDate) -> Condition {
    use inspection::Column as C;
    Condition::all()
        .add(C::State.eq(InspectionState::Planned.as_str()))
        .add(C::ResultsDueOn.lt(today))
}

/// The inspection of that id, where it is met.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: InspectionId,
    (reach, address): (&Reach, &str),
) -> Result<Option<StoredInspection>, StorageError> {
    let row = inspection::Entity::find_by_id(id.0)
        .filter(met(reach, address))
        .one(db)
        .await?;
    row.map(inspection_of).transpose()
}

/// What became of a round's inspections, as of a local day.
///
/// # Errors
/// [`StorageError`].
pub async fn counts(
    db: &impl ConnectionTrait,
    round_id: RoundId,
    today: NaiveDate,
) -> Result<InspectionCounts, StorageError> {
    use inspection::Column as C;
    let rows: Vec<(String, Option<String>, NaiveDate)> = inspection::Entity::find()
        .select_only()
        .columns([C::State, C::Result, C::ResultsDueOn])
        .filter(C::RoundId.eq(round_id.0))
        .into_tuple()
        .all(db)
        .await?;
    let mut counts = InspectionCounts::default();
    for (state, result, due_on) in rows {
        match code("inspection state", &state)? {
            InspectionState::Planned => {
                counts.planned += 1;
                counts.overdue += u64::from(due_on < today);
            }
            InspectionState::Recorded => {
                counts.recorded += 1;
                let passed = result.as_deref() == Some(InspectionResult::Pass.as_str());
                counts.passed += u64::from(passed);
            }
        }
    }
    Ok(counts)
}

/// The inspections that are met: by the units in reach and those whose own units lead the tasks, unless it is a visit that
/// is not recorded; and by whoever inspects under this address.
pub(in crate::storage) fn met(reach: &Reach, address: &str) -> Condition {
    use inspection::Column as C;
    let Reach::Units { units, .. } = reach else {
        return Condition::all();
    };
    let known = Condition::any()
        .add(C::Mode.eq(InspectionMode::Desk.as_str()))
        .add(C::State.eq(InspectionState::Recorded.as_str()));
    let theirs = Condition::any()
        .add(among(C::UnitId, units))
        .add(C::Id.in_subquery(about_assignments_met(reach)));
    Condition::any()
        .add(Condition::all().add(known).add(theirs))
        .add(C::Id.in_subquery(inspected_by(address)))
}

fn about_assignments_met(reach: &Reach) -> SelectStatement {
    let assignments = assignment::Entity::find()
        .select_only()
        .column(assignment::Column::Id)
        .filter(assignments::met(reach));
    inspection_item::Entity::find()
        .select_only()
        .column(inspection_item::Column::InspectionId)
        .filter(inspection_item::Column::AssignmentId.in_subquery(assignments.into_query()))
        .into_query()
}

/// The ids of inspections that somebody carries out.
pub(super) fn inspected_by(address: &str) -> SelectStatement {
    let who = inspector::Entity::find()
        .select_only()
        .column(inspector::Column::Id)
        .filter(inspector::Column::Address.eq(address));
    inspection_inspector::Entity::find()
        .select_only()
        .column(inspection_inspector::Column::InspectionId)
        .filter(inspection_inspector::Column::InspectorId.in_subquery(who.into_query()))
        .into_query()
}
