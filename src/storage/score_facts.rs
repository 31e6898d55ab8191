//! What scores are made from, as it stood at the end of a day: requests with their answers, what was sent back, values.
//! What counts how is decided in `flow::score_facts`.

use crate::domain::assignment_life::AssignmentEvent;
use crate::domain::decimal::Decimal;
use crate::domain::extension::ExtensionState;
use crate::domain::ids::{
    AssignmentEventId, IndicatorId, ObligationId, PlanId, ReportId, RoundId, UnitId,
};
use crate::domain::obligation::{MovedBy, ObligationKind, ObligationState};
use crate::domain::period_key::PeriodKey;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, code};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    assignment_event, cycle, extension, indicator_value, obligation, report, report_item, round,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A request that may have fallen due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedRow {
    /// Its id.
    pub id: ObligationId,
    /// Who was asked.
    pub unit_id: UnitId,
    /// What for.
    pub kind: ObligationKind,
    /// Due day now.
    pub due_on: NaiveDate,
    /// Due day at first.
    pub first_due_on: NaiveDate,
    /// What moved it last.
    pub moved_by: Option<MovedBy>,
    /// Where it stands now.
    pub state: ObligationState,
    /// Since when it is not open.
    pub settled_at: Option<DateTime<Utc>>,
}

/// Requests opened by `until` whose due day may lie in `from..=until`; of one plan, or of all.
///
/// # Errors
/// [`StorageError`].
pub async fn asked(
    db: &impl ConnectionTrait,
    plan: Option<PlanId>,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<Vec<AskedRow>, StorageError> {
    use obligation::Column as C;
    let mut select = obligation::Entity::find()
        .filter(C::OpenedOn.lte(until))
        .filter(C::FirstDueOn.lte(until))
        .filter(C::DueOn.gte(from));
    if let Some(plan) = plan {
        select = select.filter(C::PlanId.eq(plan.0));
    }
    let rows = select.order_by_asc(C::Id).all(db).await?;
    let asked = rows.into_iter().map(|row| {
        Ok(AskedRow {
            id: ObligationId(row.id),
            unit_id: UnitId(row.unit_id),
            kind: code("obligation kind", &row.kind)?,
            due_on: row.due_on,
            first_due_on: row.first_due_on,
            moved_by: row.moved_by.map(|by| code("move", &by)).transpose()?,
            state: code("obligation state", &row.state)?,
            settled_at: row.settled_at,
        })
    });
    asked.collect()
}

/// A report made before an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportedRow {
    /// Its id.
    pub id: ReportId,
    /// What it answers.
    pub obligation_id: ObligationId,
    /// When.
    pub reported_at: DateTime<Utc>,
}

/// Reports of these obligations made before `before`, each obligation's in order.
///
/// # Errors
/// [`StorageError`].
pub async fn reports(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
    before: DateTime<Utc>,
) -> Result<Vec<ReportedRow>, StorageError> {
    use report::Column as C;
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, Uuid, DateTime<Utc>)> = report::Entity::find()
            .select_only()
            .columns([C::Id, C::ObligationId, C::ReportedAt])
            .filter(C::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .filter(C::ReportedAt.lt(before))
            .order_by_asc(C::ObligationId)
            .order_by_asc(C::Version)
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|(id, obligation, at)| ReportedRow {
            id: ReportId(id),
            obligation_id: ObligationId(obligation),
            reported_at: at,
        }));
    }
    Ok(found)
}

/// Those of these reports that tell a percentage or next steps of anything.
///
/// # Errors
/// [`StorageError`].
pub async fn telling_progress(
    db: &impl ConnectionTrait,
    ids: &[ReportId],
) -> Result<BTreeSet<ReportId>, StorageError> {
    use report_item::Column as C;
    let mut found = BTreeSet::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, Option<i32>, Option<String>)> = report_item::Entity::find()
            .select_only()
            .columns([C::ReportId, C::Percent, C::NextSteps])
            .filter(C::ReportId.is_in(chunk.iter().map(|id| id.0)))
            .into_tuple()
            .all(db)
            .await?;
        let telling = rows.into_iter().filter(|(_, percent, next_steps)| {
            percent.is_some()
                || next_steps
                    .as_deref()
                    .is_some_and(|text| !text.trim().is_empty())
        });
        found.extend(telling.map(|(id, ..)| ReportId(id)));
    }
    Ok(found)
}

/// More time that was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantedRow {
    /// For what.
    pub obligation_id: ObligationId,
    /// The new due day.
    pub due_on: NaiveDate,
    /// When it was granted.
    pub at: DateTime<Utc>,
}

/// More time granted for these obligations before `before`.
///
/// # Errors
/// [`StorageError`].
pub async fn granted(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
    before: DateTime<Utc>,
) -> Result<Vec<GrantedRow>, StorageError> {
    use extension::Column as C;
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = extension::Entity::find()
            .filter(C::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .filter(C::State.eq(ExtensionState::Granted.as_str()))
            .filter(C::DecidedAt.lt(before))
            .order_by_asc(C::Id)
            .all(db)
            .await?;
        found.extend(rows.into_iter().filter_map(|row| {
            Some(GrantedRow {
                obligation_id: ObligationId(row.obligation_id),
                due_on: row.granted_on?,
                at: row.decided_at?,
            })
        }));
    }
    Ok(found)
}

/// A decision that opened an obligation again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenedAgainRow {
    /// The decision.
    pub id: AssignmentEventId,
    /// Its kind: return, reopen or resume.
    pub event: AssignmentEvent,
    /// What it opened again.
    pub obligation_id: ObligationId,
    /// The new due day, where one was given.
    pub due_on: Option<NaiveDate>,
    /// When it was decided.
    pub at: DateTime<Utc>,
}

/// Decisions before `before` that opened these obligations again, in the order of their making.
///
/// # Errors
/// [`StorageError`].
pub async fn opened_again(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
    before: DateTime<Utc>,
) -> Result<Vec<OpenedAgainRow>, StorageError> {
    use assignment_event::Column as C;
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = assignment_event::Entity::find()
            .filter(C::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .filter(C::DecidedAt.lt(before))
            .order_by_asc(C::Id)
            .all(db)
            .await?;
        for row in rows {
            let Some(obligation) = row.obligation_id else {
                continue;
            };
            found.push(OpenedAgainRow {
                id: AssignmentEventId(row.id),
                event: code("assignment event", &row.event)?,
                obligation_id: ObligationId(obligation),
                due_on: row.due_on,
                at: row.decided_at,
            });
        }
    }
    Ok(found)
}

/// Rounds that ask for values of indicators; of one plan, or of all.
///
/// # Errors
/// [`StorageError`].
pub async fn monitoring_rounds(
    db: &impl ConnectionTrait,
    plan: Option<PlanId>,
) -> Result<Vec<(RoundId, PeriodKey)>, StorageError> {
    let to_cycle = round::Entity::belongs_to(cycle::Entity)
        .from(round::Column::CycleId)
        .to(cycle::Column::Id);
    let mut select = round::Entity::find()
        .select_only()
        .columns([round::Column::Id, round::Column::PeriodKey])
        .join(JoinType::InnerJoin, to_cycle.into())
        .filter(cycle::Column::Kind.eq(crate::domain::cycle_kind::CycleKind::Monitoring.as_str()));
    if let Some(plan) = plan {
        select = select.filter(cycle::Column::PlanId.eq(plan.0));
    }
    let rows: Vec<(Uuid, String)> = select
        .order_by_asc(round::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let rounds = rows
        .into_iter()
        .map(|(id, period)| Ok((RoundId(id), code("period", &period)?)));
    rounds.collect()
}

/// A value that was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueRow {
    /// The report.
    pub report_id: ReportId,
    /// The indicator.
    pub indicator_id: IndicatorId,
    /// The unit.
    pub unit_id: UnitId,
    /// The value.
    pub value: Decimal,
}

/// Values of these indicators for a period that were reported before `before`, in the order of their reporting.
///
/// # Errors
/// [`StorageError`].
pub async fn values(
    db: &impl ConnectionTrait,
    indicators: &BTreeSet<IndicatorId>,
    period: PeriodKey,
    before: DateTime<Utc>,
) -> Result<Vec<ValueRow>, StorageError> {
    use indicator_value::Column as C;
    if indicators.is_empty() {
        return Ok(Vec::new());
    }
    let to_report = indicator_value::Entity::belongs_to(report::Entity)
        .from(C::ReportId)
        .to(report::Column::Id);
    let rows: Vec<(Uuid, Uuid, Uuid, i64)> = indicator_value::Entity::find()
        .select_only()
        .columns([C::ReportId, C::IndicatorId, C::UnitId, C::Micros])
        .join(JoinType::InnerJoin, to_report.into())
        .filter(C::IndicatorId.is_in(indicators.iter().map(|id| id.0)))
        .filter(C::PeriodKey.eq(period.to_string()))
        .filter(report::Column::ReportedAt.lt(before))
        .order_by_asc(report::Column::ReportedAt)
        .order_by_asc(C::Id)
        .into_tuple()
        .all(db)
        .await?;
    let values = rows
        .into_iter()
        .map(|(report, indicator, unit, micros)| ValueRow {
            report_id: ReportId(report),
            indicator_id: IndicatorId(indicator),
            unit_id: UnitId(unit),
            value: Decimal::of_micros(micros),
        });
    Ok(values.collect())
}
