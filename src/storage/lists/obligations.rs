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
    /// Asked on this day or later.
    pub opened_from: Option<NaiveDate>,
    /// Asked on this day or earlier.
    pub opened_to: Option<NaiveDate>,
    /// Whether they count as asks: acknowledgements, answers to notices, and what was withdrawn, do not.
    pub counted: Option<bool>,
    /// Whether they are overdue on the day of `as_of`: open, the due day being past.
    pub overdue: Option<bool>,
    /// The day on which state and being overdue are looked at.
    pub as_of: AsOf,
}

/// A local day as the database sees it.
#[derive(Debug, Clone, Copy, Default)]
pub struct AsOf {
    /// The day.
    pub on: NaiveDate,
    /// The instant at which it ends, for a past day; `None` for today: what stands now counts.
    pub ends_at: Option<DateTime<Utc>>,
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
pub(in crate::storage) fn met(reach: &Reach) -> Condition {
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
        all = all.add(in_state(state, filter.as_of));
    }
    if let Some(from) = filter.due_from {
        all = all.add(C::DueOn.gte(from));
    }
    if let Some(to) = filter.due_to {
        all = all.add(C::DueOn.lte(to));
    }
    if let Some(from) = filter.opened_from {
        all = all.add(C::OpenedOn.gte(from));
    }
    if let Some(to) = filter.opened_to {
        all = all.add(C::OpenedOn.lte(to));
    }
    if filter.as_of.ends_at.is_some() {
        all = all.add(C::OpenedOn.lte(filter.as_of.on));
    }
    let asks = Condition::all()
        .add(C::Kind.is_not_in(ObligationKind::uncounted()))
        .add(C::State.ne(ObligationState::Withdrawn.as_str()));
    match filter.counted {
        Some(true) => all = all.add(asks),
        Some(false) => all = all.add(asks.not()),
        None => {}
    }
    let overdue = Condition::all()
        .add(in_state(ObligationState::Open, filter.as_of))
        .add(C::DueOn.lt(filter.as_of.on));
    match filter.overdue {
        Some(true) => all = all.add(overdue),
        Some(false) => all = all.add(overdue.not()),
        None => {}
    }
    all
}

/// Obligations that were in a state on a day; a settlement that came later had not happened then.
fn in_state(state: ObligationState, as_of: AsOf) -> Condition {
    use obligation::Column as C;
    let now = C::State.eq(state.as_str());
    let Some(ends_at) = as_of.ends_at else {
        return Condition::all().add(now);
    };
    match state {
        ObligationState::Open => Condition::any().add(now).add(C::SettledAt.gte(ends_at)),
        ObligationState::Answered | ObligationState::Unanswered | ObligationState::Withdrawn => {
            Condition::all().add(now).add(C::SettledAt.lt(ends_at))
        }
    }
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
