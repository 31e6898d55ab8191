//! Indicators, page by page.

use crate::domain::access::Reach;
use crate::domain::ids::{IndicatorId, PlanId, TaskId};
use crate::domain::indicator::IndicatorState;
use crate::storage::error::StorageError;
use crate::storage::indicators::{Indicator, with_targets};
use crate::storage::lists::labels;
use crate::storage::lists::text_search::contains;
use crate::storage::paging::{PageWanted, Paged, page};
use entity::{indicator, task};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Which indicators.
#[derive(Debug, Clone, Default)]
pub struct IndicatorFilter {
    /// Of this plan.
    pub plan_id: Option<PlanId>,
    /// Of this task.
    pub task_id: Option<TaskId>,
    /// In this state.
    pub state: Option<IndicatorState>,
    /// With this piece of text in their name or clause.
    pub text: Option<String>,
}

/// An indicator in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct IndicatorRow {
    /// The indicator.
    pub indicator: Indicator,
    /// Title of its plan.
    pub plan_title: String,
    /// Number of its task.
    pub task_number: Option<String>,
}

/// Indicators by id. They are everyone's: the reach is that of a caller who may read them at all.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &IndicatorFilter,
    _: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<IndicatorRow>, StorageError> {
    use indicator::Column as C;
    let mut select = indicator::Entity::find();
    if let Some(plan) = filter.plan_id {
        select = select.filter(C::PlanId.eq(plan.0));
    }
    if let Some(task) = filter.task_id {
        select = select.filter(C::TaskId.eq(task.0));
    }
    if let Some(state) = filter.state {
        select = select.filter(C::State.eq(state.as_str()));
    }
    if let Some(piece) = &filter.text {
        let name = Func::coalesce([Expr::col(C::Name), Expr::value("")]);
        let either = sea_orm::sea_query::Condition::any()
            .add(contains(db, Expr::col(C::Text), piece))
            .add(contains(db, name.into(), piece));
        select = select.filter(either);
    }
    let found = page(db, select, C::Id, |row| row.id, None, wanted).await?;
    Ok(Paged {
        rows: shown(db, with_targets(db, found.rows).await?).await?,
        next: found.next,
    })
}

/// The indicator of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: IndicatorId,
) -> Result<Option<IndicatorRow>, StorageError> {
    let row = indicator::Entity::find_by_id(id.0).one(db).await?;
    let found = with_targets(db, row.into_iter().collect()).await?;
    Ok(shown(db, found).await?.pop())
}

async fn shown(
    db: &impl ConnectionTrait,
    all: Vec<Indicator>,
) -> Result<Vec<IndicatorRow>, StorageError> {
    let titles = labels::plans(db, all.iter().map(|one| one.plan_id)).await?;
    let numbers = task_numbers(db, &all).await?;
    let rows = all.into_iter().map(|indicator| IndicatorRow {
        plan_title: titles.get(&indicator.plan_id).cloned().unwrap_or_default(),
        task_number: indicator
            .task_id
            .and_then(|task| numbers.get(&task.0).cloned()),
        indicator,
    });
    Ok(rows.collect())
}

async fn task_numbers(
    db: &impl ConnectionTrait,
    all: &[Indicator],
) -> Result<HashMap<Uuid, String>, StorageError> {
    let ids: BTreeSet<Uuid> = all
        .iter()
        .filter_map(|one| one.task_id)
        .map(|id| id.0)
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Uuid, String)> = task::Entity::find()
        .select_only()
        .columns([task::Column::Id, task::Column::Number])
        .filter(task::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}
