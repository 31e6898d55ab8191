//! Obligations, page by page.

use crate::domain::access::Reach;
use crate::domain::ids::{ObligationId, PlanId, RoundId, UnitId};
use crate::domain::obligation::{ObligationKind, ObligationState};
use crate::storage::error::StorageError;
use crate::storage::lists::labels::{self, UnitLabel};
use crate::storage::obligations::{StoredObligation, obligation_of};
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use chrono::{DateTime, NaiveDate, Utc};
use entity::obligation;
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::parts::{of_reach, read_day, read_instant, tell_instant, unit_of_code};

/// Which obligations.
#[derive(Debug, Clone, Default)]
pub struct ObligationFilter {
    /// Of the unit with this code.
    pub unit_code: Option<String>,
    /// Of this plan.
    pub plan_id: Option<PlanId>,
    /// Of this round.
    pub round_id: Option<RoundId>,
    /// Of this kind.
    pub kind: Option<ObligationKind>,
    /// In this state.
    pub state: Option<ObligationState>,
    /// Due on this day or later.
    pub due_from: Option<NaiveDate>,
    /// Due on this day or earlier.
    pub due_to: Option<NaiveDate>,
    /// Whether they are overdue on a local day: open, the due day being past.
    pub overdue: Option<(bool, NaiveDate)>,
}

/// What obligations are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObligationSort {
    /// Due day.
    DueOn,
    /// When they were made.
    OpenedAt,
}

/// An obligation in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObligationRow {
    /// The obligation.
    pub obligation: StoredObligation,
    /// When it left `open`.
    pub settled_at: Option<DateTime<Utc>>,
    /// Who is asked.
    pub unit: UnitLabel,
    /// Title of the plan.
    pub plan_title: String,
    /// Period of the round, if one asks.
    pub period: Option<String>,
}

/// The obligations that are met.
pub(super) fn met(reach: &Reach) -> Condition {
    of_reach(obligation::Column::UnitId, reach)
}

/// Obligations in order.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &ObligationFilter,
    reach: &Reach,
    sort: ObligationSort,
    wanted: &PageWanted,
) -> Result<Paged<ObligationRow>, StorageError> {
    use obligation::Column as C;
    let select = obligation::Entity::find()
        .filter(met(reach))
        .filter(wanted_by(filter));
    let key = match sort {
        ObligationSort::DueOn => SortKey {
            expr: Expr::col(C::DueOn),
            read: read_day,
            tell: |row: &obligation::Model| row.due_on.to_string(),
        },
        ObligationSort::OpenedAt => SortKey {
            expr: Expr::col(C::OpenedAt),
            read: read_instant,
            tell: |row: &obligation::Model| tell_instant(row.opened_at),
        },
    };
    let found = page(db, select, C::Id, |row| row.id, Some(key), wanted).await?;
    Ok(Paged {
        rows: shown(db, found.rows).await?,
        next: found.next,
    })
}

fn wanted_by(filter: &ObligationFilter) -> Condition {
    use obligation::Column as C;
    let mut all = Condition::all();
    if let Some(code) = &filter.unit_code {
        all = all.add(C::UnitId.in_subquery(unit_of_code(code)));
    }
    if let Some(plan) = filter.plan_id {
        all = all.add(C::PlanId.eq(plan.0));
    }
    if let Some(round) = filter.round_id {
        all = all.add(C::RoundId.eq(round.0));
    }
    if let Some(kind) = filter.kind {
        all = all.add(C::Kind.eq(kind.as_str()));
    }
    if let Some(state) = filter.state {
        all = all.add(C::State.eq(state.as_str()));
    }
    if let Some(from) = filter.due_from {
        all = all.add(C::DueOn.gte(from));
    }
    if let Some(to) = filter.due_to {
        all = all.add(C::DueOn.lte(to));
    }
    if let Some((overdue, today)) = filter.overdue {
        let open = ObligationState::Open.as_str();
        all = match overdue {
            true => all.add(C::State.eq(open)).add(C::DueOn.lt(today)),
            false => all.add(
                Condition::any()
                    .add(C::State.ne(open))
                    .add(C::DueOn.gte(today)),
            ),
        };
    }
    all
}

/// The obligation of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: ObligationId,
) -> Result<Option<ObligationRow>, StorageError> {
    let row = obligation::Entity::find_by_id(id.0).one(db).await?;
    Ok(shown(db, row.into_iter().collect()).await?.pop())
}

/// The obligations with these ids, in no particular order.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = ObligationId>,
) -> Result<Vec<ObligationRow>, StorageError> {
    let ids: std::collections::BTreeSet<uuid::Uuid> = ids.into_iter().map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = obligation::Entity::find()
        .filter(obligation::Column::Id.is_in(ids))
        .all(db)
        .await?;
    shown(db, rows).await
}

async fn shown(
    db: &impl ConnectionTrait,
    rows: Vec<obligation::Model>,
) -> Result<Vec<ObligationRow>, StorageError> {
    let units = labels::units(db, rows.iter().map(|row| UnitId(row.unit_id))).await?;
    let plans = labels::plans(db, rows.iter().map(|row| PlanId(row.plan_id))).await?;
    let rounds = rows.iter().filter_map(|row| row.round_id).map(RoundId);
    let periods = labels::periods(db, rounds).await?;
    // The schema keeps an obligation's unit; one without cannot be.
    let rows = rows.into_iter().filter_map(|row| {
        let unit = units.get(&UnitId(row.unit_id))?.clone();
        let settled_at = row.settled_at;
        let shown = obligation_of(row).map(|obligation| ObligationRow {
            settled_at,
            unit,
            plan_title: plans.get(&obligation.plan_id).cloned().unwrap_or_default(),
            period: obligation
                .round_id
                .and_then(|round| periods.get(&round).cloned()),
            obligation,
        });
        Some(shown)
    });
    rows.collect()
}
