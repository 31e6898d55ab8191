//! The list of plans, and what is counted of a plan.

use crate::domain::ids::PlanId;
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::unit_kind::UnitKind;
use crate::storage::code;
use crate::storage::error::StorageError;
use crate::storage::lists::text_search::contains;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use crate::storage::plans::{StoredPlan, plan_of};
use crate::storage::tasks::TaskState;
use chrono::{DateTime, SecondsFormat, Utc};
use entity::{assignment, plan, task, unit};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, QueryTrait,
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Which plans are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct PlanFilter {
    /// Of one of these origins.
    pub origin: Option<Vec<PlanOrigin>>,
    /// With tasks issued, or without.
    pub issued: Option<bool>,
    /// This text in the title or the document number.
    pub q: Option<String>,
}

/// Plans by the time of their import.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &PlanFilter,
    wanted: &PageWanted,
) -> Result<Paged<StoredPlan>, StorageError> {
    let mut select = plan::Entity::find();
    if let Some(origins) = &filter.origin {
        let origins = origins.iter().map(|origin| origin.as_str());
        select = select.filter(plan::Column::Origin.is_in(origins));
    }
    select = match filter.issued {
        Some(true) => select.filter(plan::Column::IssuedOn.is_not_null()),
        Some(false) => select.filter(plan::Column::IssuedOn.is_null()),
        None => select,
    };
    if let Some(q) = &filter.q {
        let column = |column: plan::Column| Expr::col((plan::Entity, column));
        let found = Condition::any()
            .add(contains(db, column(plan::Column::Title), q))
            .add(contains(db, column(plan::Column::DocumentNumber), q));
        select = select.filter(found);
    }
    let sort = SortKey {
        expr: Expr::col((plan::Entity, plan::Column::ImportedAt)),
        read: |text| {
            let instant: DateTime<Utc> = text.parse().ok()?;
            Some(instant.into())
        },
        tell: |row: &plan::Model| row.imported_at.to_rfc3339_opts(SecondsFormat::Micros, true),
    };
    let paged = page(
        db,
        select,
        plan::Column::Id,
        |row| row.id,
        Some(sort),
        wanted,
    )
    .await?;
    paged.try_map(plan_of)
}

/// How many tasks these plans have, by state; a plan without tasks is left out.
///
/// # Errors
/// [`StorageError`].
pub async fn task_counts(
    db: &impl ConnectionTrait,
    ids: &[PlanId],
) -> Result<HashMap<PlanId, BTreeMap<TaskState, u64>>, StorageError> {
    let rows: Vec<(Uuid, String, i64)> = task::Entity::find()
        .select_only()
        .column(task::Column::PlanId)
        .column(task::Column::State)
        .column_as(task::Column::Id.count(), "tasks")
        .filter(task::Column::PlanId.is_in(ids.iter().map(|id| id.0)))
        .group_by(task::Column::PlanId)
        .group_by(task::Column::State)
        .into_tuple()
        .all(db)
        .await?;
    let mut counts: HashMap<PlanId, BTreeMap<TaskState, u64>> = HashMap::new();
    for (plan, state, tasks) in rows {
        let state = code("task state", &state)?;
        let tasks = u64::try_from(tasks).unwrap_or(0);
        counts.entry(PlanId(plan)).or_default().insert(state, tasks);
    }
    Ok(counts)
}

/// To how many units of each kind tasks of a plan were issued.
///
/// # Errors
/// [`StorageError`].
pub async fn issued_to(
    db: &impl ConnectionTrait,
    id: PlanId,
) -> Result<BTreeMap<UnitKind, u64>, StorageError> {
    let of_plan = task::Entity::find()
        .select_only()
        .column(task::Column::Id)
        .filter(task::Column::PlanId.eq(id.0));
    let units = assignment::Entity::find()
        .select_only()
        .column(assignment::Column::UnitId)
        .filter(assignment::Column::TaskId.in_subquery(of_plan.into_query()));
    let rows: Vec<(String, i64)> = unit::Entity::find()
        .select_only()
        .column(unit::Column::Kind)
        .column_as(unit::Column::Id.count(), "units")
        .filter(unit::Column::Id.in_subquery(units.into_query()))
        .group_by(unit::Column::Kind)
        .into_tuple()
        .all(db)
        .await?;
    let kinds = rows.into_iter().map(|(kind, units)| {
        let kind: UnitKind = code("unit kind", &kind)?;
        Ok((kind, u64::try_from(units).unwrap_or(0)))
    });
    kinds.collect()
}

/// How many assignments the issued tasks of a plan have.
///
/// # Errors
/// [`StorageError`].
pub async fn count_assignments(db: &impl ConnectionTrait, id: PlanId) -> Result<u64, StorageError> {
    let of_task = assignment::Entity::belongs_to(task::Entity)
        .from(assignment::Column::TaskId)
        .to(task::Column::Id);
    let count: Option<i64> = assignment::Entity::find()
        .select_only()
        .column_as(assignment::Column::Id.count(), "assignments")
        .join(JoinType::InnerJoin, of_task.into())
        .filter(task::Column::PlanId.eq(id.0))
        .into_tuple()
        .one(db)
        .await?;
    Ok(count
        .and_then(|count| u64::try_from(count).ok())
        .unwrap_or(0))
}
