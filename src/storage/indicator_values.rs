//! Values of indicators as units report them: every version stays; the newest of a unit in a period is the one that counts.

use crate::domain::access::Reach;
use crate::domain::decimal::Decimal;
use crate::domain::ids::{IndicatorId, ObligationId, ReportId, RoundId, UnitId};
use crate::domain::obligation::ObligationState;
use crate::domain::period_key::PeriodKey;
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::lists::obligations::met;
use crate::storage::{CHUNK, WriteTx, code, insert_all, new_id};
use entity::{indicator_value, obligation, obligation_item, round};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// An indicator that an obligation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedIndicator {
    /// The obligation.
    pub obligation_id: ObligationId,
    /// The indicator.
    pub indicator_id: IndicatorId,
    /// The period that the value is to be of.
    pub period: PeriodKey,
}

/// A value as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredValue {
    /// Its id.
    pub id: Uuid,
    /// The report that tells it.
    pub report_id: ReportId,
    /// The indicator.
    pub indicator_id: IndicatorId,
    /// The unit.
    pub unit_id: UnitId,
    /// The period.
    pub period: PeriodKey,
    /// Order in the report.
    pub position: i32,
    /// The value.
    pub value: Decimal,
    /// What the unit says of it.
    pub note: Option<String>,
    /// Whether a later report tells another.
    pub superseded: bool,
}

/// A unit that a round asks for an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedUnit {
    /// The item of the obligation.
    pub item_id: Uuid,
    /// The obligation.
    pub obligation_id: ObligationId,
    /// The unit.
    pub unit_id: UnitId,
    /// The indicator.
    pub indicator_id: IndicatorId,
}

/// Indicators that these obligations of rounds ask for, in the order of their items.
///
/// # Errors
/// [`StorageError`].
pub async fn asked(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
) -> Result<Vec<AskedIndicator>, StorageError> {
    let mut asked = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, Option<Uuid>, String)> = obligation_item::Entity::find()
            .select_only()
            .column(obligation_item::Column::ObligationId)
            .column(obligation_item::Column::IndicatorId)
            .column(round::Column::PeriodKey)
            .join(JoinType::InnerJoin, to_obligation())
            .join(JoinType::InnerJoin, to_round())
            .filter(obligation_item::Column::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .filter(obligation_item::Column::IndicatorId.is_not_null())
            .order_by_asc(obligation_item::Column::ObligationId)
            .order_by_asc(obligation_item::Column::Position)
            .into_tuple()
            .all(db)
            .await?;
        for (obligation, indicator, period) in rows {
            if let Some(indicator) = indicator {
                asked.push(AskedIndicator {
                    obligation_id: ObligationId(obligation),
                    indicator_id: IndicatorId(indicator),
                    period: code("period", &period)?,
                });
            }
        }
    }
    Ok(asked)
}

/// Units and indicators that a round asks for, as far as the reach goes; by item.
///
/// # Errors
/// [`StorageError`].
pub async fn asked_in_round(
    db: &impl ConnectionTrait,
    round_id: RoundId,
    reach: &Reach,
) -> Result<Vec<AskedUnit>, StorageError> {
    let rows: Vec<(Uuid, Uuid, Uuid, Option<Uuid>)> = obligation_item::Entity::find()
        .select_only()
        .column(obligation_item::Column::Id)
        .column(obligation_item::Column::ObligationId)
        .column(obligation::Column::UnitId)
        .column(obligation_item::Column::IndicatorId)
        .join(JoinType::InnerJoin, to_obligation())
        .filter(obligation::Column::RoundId.eq(round_id.0))
        .filter(obligation::Column::State.ne(ObligationState::Withdrawn.as_str()))
        .filter(obligation_item::Column::IndicatorId.is_not_null())
        .filter(met(reach))
        .order_by_asc(obligation_item::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let rows = rows
        .into_iter()
        .filter_map(|(item, obligation, unit, indicator)| {
            Some(AskedUnit {
                item_id: item,
                obligation_id: ObligationId(obligation),
                unit_id: UnitId(unit),
                indicator_id: IndicatorId(indicator?),
            })
        });
    Ok(rows.collect())
}

/// Whether any unit within the reach was ever asked for an indicator.
///
/// # Errors
/// [`StorageError`].
pub async fn is_asked_within(
    db: &impl ConnectionTrait,
    id: IndicatorId,
    reach: &Reach,
) -> Result<bool, StorageError> {
    let item: Option<Uuid> = obligation_item::Entity::find()
        .select_only()
        .column(obligation_item::Column::Id)
        .join(JoinType::InnerJoin, to_obligation())
        .filter(obligation_item::Column::IndicatorId.eq(id.0))
        .filter(met(reach))
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(item.is_some())
}

/// Whether any value of an indicator was ever reported.
///
/// # Errors
/// [`StorageError`].
pub async fn has_any(db: &impl ConnectionTrait, id: IndicatorId) -> Result<bool, StorageError> {
    let row = indicator_value::Entity::find()
        .filter(indicator_value::Column::IndicatorId.eq(id.0))
        .limit(1)
        .one(db)
        .await?;
    Ok(row.is_some())
}

/// Writes the values of one report; those that the unit told before for the same indicators and period no longer count.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, values: &[StoredValue]) -> Result<(), StorageError> {
    use indicator_value::Column as C;
    let Some(first) = values.first() else {
        return Ok(());
    };
    let before = indicator_value::Entity::update_many()
        .col_expr(C::Superseded, Expr::value(true))
        .filter(C::IndicatorId.is_in(values.iter().map(|value| value.indicator_id.0)))
        .filter(C::PeriodKey.eq(first.period.to_string()))
        .filter(C::UnitId.eq(first.unit_id.0))
        .filter(C::Superseded.eq(false))
        .exec_with_returning(tx)
        .await?;
    for row in before {
        tx.note(Resource::Reports, row.report_id);
    }
    let rows = values.iter().map(|value| indicator_value::ActiveModel {
        id: Set(new_id()),
        report_id: Set(value.report_id.0),
        indicator_id: Set(value.indicator_id.0),
        unit_id: Set(value.unit_id.0),
        period_key: Set(value.period.to_string()),
        position: Set(value.position),
        micros: Set(value.value.micros()),
        note: Set(value.note.clone()),
        superseded: Set(false),
    });
    insert_all(tx, rows.collect()).await
}

/// The values that count of these indicators in these periods; of these units, or of all.
///
/// # Errors
/// [`StorageError`].
pub async fn newest(
    db: &impl ConnectionTrait,
    indicators: &BTreeSet<IndicatorId>,
    periods: &BTreeSet<PeriodKey>,
    units: Option<&BTreeSet<UnitId>>,
) -> Result<Vec<StoredValue>, StorageError> {
    use indicator_value::Column as C;
    if indicators.is_empty() || periods.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = indicator_value::Entity::find()
        .filter(C::IndicatorId.is_in(indicators.iter().map(|id| id.0)))
        .filter(C::PeriodKey.is_in(periods.iter().map(ToString::to_string)))
        .filter(C::Superseded.eq(false));
    if let Some(units) = units {
        select = select.filter(C::UnitId.is_in(units.iter().map(|id| id.0)));
    }
    select.all(db).await?.into_iter().map(value_of).collect()
}

/// The values that these reports tell, each report's in order.
///
/// # Errors
/// [`StorageError`].
pub async fn of_reports(
    db: &impl ConnectionTrait,
    ids: &[ReportId],
) -> Result<Vec<StoredValue>, StorageError> {
    let rows = indicator_value::Entity::find()
        .filter(indicator_value::Column::ReportId.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(indicator_value::Column::ReportId)
        .order_by_asc(indicator_value::Column::Position)
        .all(db)
        .await?;
    rows.into_iter().map(value_of).collect()
}

pub(super) fn value_of(row: indicator_value::Model) -> Result<StoredValue, StorageError> {
    Ok(StoredValue {
        id: row.id,
        report_id: ReportId(row.report_id),
        indicator_id: IndicatorId(row.indicator_id),
        unit_id: UnitId(row.unit_id),
        period: code("period", &row.period_key)?,
        position: row.position,
        value: Decimal::of_micros(row.micros),
        note: row.note,
        superseded: row.superseded,
    })
}

fn to_obligation() -> sea_orm::RelationDef {
    obligation_item::Entity::belongs_to(obligation::Entity)
        .from(obligation_item::Column::ObligationId)
        .to(obligation::Column::Id)
        .into()
}

fn to_round() -> sea_orm::RelationDef {
    obligation::Entity::belongs_to(round::Entity)
        .from(obligation::Column::RoundId)
        .to(round::Column::Id)
        .into()
}
