//! Rounds, page by page, and what became of their asks.

use crate::domain::access::Reach;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::{CycleId, PlanId, RoundId};
use crate::domain::obligation::ObligationState;
use crate::domain::period_key::PeriodKey;
use crate::storage::error::StorageError;
use crate::storage::lists::labels::{self, CycleLabel};
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use crate::storage::rounds::{RoundCheck, check_of};
use crate::storage::{code, from_json};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{cycle, obligation, round};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select,
};

use super::parts::read_day;

/// Which rounds.
#[derive(Debug, Clone, Default)]
pub struct RoundFilter {
    /// Of this cycle.
    pub cycle_id: Option<CycleId>,
    /// Of this plan.
    pub plan_id: Option<PlanId>,
    /// Of cycles of this kind.
    pub kind: Option<CycleKind>,
    /// Open, or closed.
    pub open: Option<bool>,
    /// Of this period.
    pub period: Option<PeriodKey>,
}

/// What rounds are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundSort {
    /// The local day they were opened.
    OpenedOn,
}

/// A round in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundRow {
    /// Its id.
    pub id: RoundId,
    /// Its cycle.
    pub cycle_id: CycleId,
    /// Plan and kind of the cycle.
    pub cycle: CycleLabel,
    /// Its period.
    pub period: PeriodKey,
    /// Whether it still asks.
    pub open: bool,
    /// Opening day by the calendar.
    pub planned_on: NaiveDate,
    /// Local day it was opened.
    pub opened_on: NaiveDate,
    /// Latest due day.
    pub due_on: Option<NaiveDate>,
    /// Opened after its opening day.
    pub late: bool,
    /// Reason given by the person who opened it; empty where none was needed.
    pub by_hand: Option<String>,
    /// A date of it rests on a calendar not announced yet.
    pub provisional: bool,
    /// What was published before its draw.
    pub commitment: Option<String>,
    /// What a person should know.
    pub listed: Vec<String>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// How its draw stands; `None` where it has none.
    pub check: Option<RoundCheck>,
    /// Who closed it; the name of a job where time did.
    pub closed_by: Option<String>,
}

/// What became of a round's asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoundCounts {
    /// Obligations that were not withdrawn.
    pub asked: u64,
    /// Answered.
    pub answered: u64,
    /// Left unanswered when asking ended.
    pub unanswered: u64,
    /// Still open.
    pub open: u64,
    /// Open, the due day being past.
    pub overdue: u64,
}

/// Rounds without their draws, which are large. They are everyone's.
fn select() -> Select<round::Entity> {
    use round::Column as C;
    let mut select = round::Entity::find().select_only();
    for column in [
        C::Id,
        C::CycleId,
        C::PeriodKey,
        C::State,
        C::PlannedOn,
        C::OpenedOn,
        C::DueOn,
        C::Late,
        C::ByHand,
        C::Provisional,
        C::Commitment,
        C::Listed,
        C::OpenedAt,
        C::ClosedAt,
        C::Mode,
        C::DrawState,
        C::ResultsDueOn,
        C::ConfirmedBy,
        C::ConfirmedOn,
        C::ClosedBy,
    ] {
        select = select.column(column);
    }
    // Nothing reads these two: a seed is told with its draw alone.
    select
        .expr_as(Expr::cust("NULL"), "seed")
        .expr_as(Expr::cust("NULL"), "draw")
}

/// Rounds in order.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &RoundFilter,
    _: &Reach,
    sort: RoundSort,
    wanted: &PageWanted,
) -> Result<Paged<RoundRow>, StorageError> {
    use round::Column as C;
    let mut select = select();
    if let Some(id) = filter.cycle_id {
        select = select.filter(C::CycleId.eq(id.0));
    }
    if filter.plan_id.is_some() || filter.kind.is_some() {
        let mut cycles = cycle::Entity::find()
            .select_only()
            .column(cycle::Column::Id);
        if let Some(plan) = filter.plan_id {
            cycles = cycles.filter(cycle::Column::PlanId.eq(plan.0));
        }
        if let Some(kind) = filter.kind {
            cycles = cycles.filter(cycle::Column::Kind.eq(kind.as_str()));
        }
        select = select.filter(C::CycleId.in_subquery(cycles.into_query()));
    }
    if let Some(open) = filter.open {
        let state = if open { "open" } else { "closed" };
        select = select.filter(C::State.eq(state));
    }
    if let Some(period) = filter.period {
        select = select.filter(C::PeriodKey.eq(period.to_string()));
    }
    let key = match sort {
        RoundSort::OpenedOn => SortKey {
            expr: Expr::col(C::OpenedOn),
            read: read_day,
            tell: |row: &round::Model| row.opened_on.to_string(),
        },
    };
    let found = page(db, select, C::Id, |row| row.id, Some(key), wanted).await?;
    Ok(Paged {
        rows: shown(db, found.rows).await?,
        next: found.next,
    })
}

/// The round of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn one(db: &impl ConnectionTrait, id: RoundId) -> Result<Option<RoundRow>, StorageError> {
    let row = select().filter(round::Column::Id.eq(id.0)).one(db).await?;
    Ok(shown(db, row.into_iter().collect()).await?.pop())
}

async fn shown(
    db: &impl ConnectionTrait,
    rows: Vec<round::Model>,
) -> Result<Vec<RoundRow>, StorageError> {
    let cycles = labels::cycles(db, rows.iter().map(|row| CycleId(row.cycle_id))).await?;
    // The schema keeps a round's cycle; a round without one cannot be.
    let rows = rows.into_iter().filter_map(|row| {
        let cycle = cycles.get(&CycleId(row.cycle_id))?.clone();
        Some(round_row(row, cycle))
    });
    rows.collect()
}

fn round_row(row: round::Model, cycle: CycleLabel) -> Result<RoundRow, StorageError> {
    Ok(RoundRow {
        id: RoundId(row.id),
        cycle_id: CycleId(row.cycle_id),
        cycle,
        period: row
            .period_key
            .parse()
            .map_err(|_| crate::domain::role::UnknownCode::new("period key", &row.period_key))?,
        open: row.state == "open",
        planned_on: row.planned_on,
        opened_on: row.opened_on,
        due_on: row.due_on,
        late: row.late,
        by_hand: row.by_hand,
        provisional: row.provisional,
        commitment: row.commitment,
        listed: from_json("round.listed", row.listed)?,
        opened_at: row.opened_at,
        closed_at: row.closed_at,
        check: check_of(
            row.mode.as_deref(),
            row.draw_state.as_deref(),
            (row.results_due_on, row.confirmed_by, row.confirmed_on),
        )?,
        closed_by: row.closed_by,
    })
}

/// What became of a round's asks, as of a local day.
///
/// # Errors
/// [`StorageError`].
pub async fn counts(
    db: &impl ConnectionTrait,
    id: RoundId,
    today: NaiveDate,
) -> Result<RoundCounts, StorageError> {
    use obligation::Column as C;
    let rows: Vec<(String, i64)> = obligation::Entity::find()
        .select_only()
        .column(C::State)
        .column_as(C::Id.count(), "asks")
        .filter(C::RoundId.eq(id.0))
        .group_by(C::State)
        .into_tuple()
        .all(db)
        .await?;
    let mut counts = RoundCounts::default();
    for (state, asks) in rows {
        let asks = u64::try_from(asks).unwrap_or(0);
        match code("obligation state", &state)? {
            ObligationState::Open => counts.open = asks,
            ObligationState::Answered => counts.answered = asks,
            ObligationState::Unanswered => counts.unanswered = asks,
            ObligationState::Withdrawn => continue,
        }
        counts.asked += asks;
    }
    let overdue: Option<i64> = obligation::Entity::find()
        .select_only()
        .column_as(C::Id.count(), "overdue")
        .filter(C::RoundId.eq(id.0))
        .filter(C::State.eq(ObligationState::Open.as_str()))
        .filter(C::DueOn.lt(today))
        .into_tuple()
        .one(db)
        .await?;
    counts.overdue = overdue
        .and_then(|overdue| u64::try_from(overdue).ok())
        .unwrap_or(0);
    Ok(counts)
}
