//! Values of one indicator, page by page.

use crate::domain::access::Reach;
use crate::domain::ids::{IndicatorId, UnitId};
use crate::domain::period_key::PeriodKey;
use crate::storage::error::StorageError;
use crate::storage::indicator_values::{StoredValue, value_of};
use crate::storage::lists::labels::{self, UnitLabel};
use crate::storage::lists::parts::{of_reach, unit_of_code};
use crate::storage::paging::{PageWanted, Paged, page};
use crate::storage::reports::{StoredReport, report_of};
use entity::{indicator_value, report};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Which values of an indicator.
#[derive(Debug, Clone, Default)]
pub struct ValueFilter {
    /// Of this period.
    pub period: Option<PeriodKey>,
    /// Of the unit with this code.
    pub unit_code: Option<String>,
    /// Versions that a later report has replaced, too.
    pub all_versions: bool,
}

/// A value in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueRow {
    /// The value.
    pub value: StoredValue,
    /// Whose it is.
    pub unit: UnitLabel,
    /// The report that tells it.
    pub report: StoredReport,
}

/// Values of an indicator by id, which is by time of reporting.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    indicator: IndicatorId,
    filter: &ValueFilter,
    reach: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<ValueRow>, StorageError> {
    use indicator_value::Column as C;
    let mut select = indicator_value::Entity::find()
        .filter(C::IndicatorId.eq(indicator.0))
        .filter(of_reach(C::UnitId, reach));
    if let Some(period) = filter.period {
        select = select.filter(C::PeriodKey.eq(period.to_string()));
    }
    if let Some(code) = &filter.unit_code {
        select = select.filter(C::UnitId.in_subquery(unit_of_code(code)));
    }
    if !filter.all_versions {
        select = select.filter(C::Superseded.eq(false));
    }
    let found = page(db, select, C::Id, |row| row.id, None, wanted).await?;
    Ok(Paged {
        rows: shown(db, found.rows).await?,
        next: found.next,
    })
}

async fn shown(
    db: &impl ConnectionTrait,
    rows: Vec<indicator_value::Model>,
) -> Result<Vec<ValueRow>, StorageError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let units = labels::units(db, rows.iter().map(|row| UnitId(row.unit_id))).await?;
    let ids: BTreeSet<Uuid> = rows.iter().map(|row| row.report_id).collect();
    let reports = report::Entity::find()
        .filter(report::Column::Id.is_in(ids))
        .all(db)
        .await?;
    let reports: HashMap<Uuid, StoredReport> = reports
        .into_iter()
        .map(|row| (row.id, report_of(row)))
        .collect();
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        // The schema keeps both.
        let unit = units.get(&UnitId(row.unit_id));
        let report = reports.get(&row.report_id);
        if let (Some(unit), Some(report)) = (unit, report) {
            shown.push(ValueRow {
                unit: unit.clone(),
                report: report.clone(),
                value: value_of(row)?,
            });
        }
    }
    Ok(shown)
}
