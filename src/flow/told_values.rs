//! Values of indicators in an answer: whether they are asked, and can be what they are said to be. Writing them down is
//! `answer_obligation`'s work.

use crate::domain::decimal::Decimal;
use crate::domain::ids::{IndicatorId, ObligationId, ReportId};
use crate::domain::indicator::is_share;
use crate::domain::period_key::PeriodKey;
use crate::flow::{FlowError, RefusalCode};
use crate::storage::indicator_values::{self, AskedIndicator, StoredValue};
use crate::storage::indicators::{self, Indicator};
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, new_id};
use std::collections::{HashMap, HashSet};

/// A value as a unit tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldValue {
    /// Where it stands in what was given, for refusals: `items[2]`, or a cell of a sheet.
    pub place: Place,
    /// The indicator.
    pub indicator_id: IndicatorId,
    /// The value.
    pub value: Decimal,
    /// What the unit says of it.
    pub note: Option<String>,
}

/// Where a value stands in what was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The field that names the indicator.
    pub indicator: String,
    /// The field that holds the value.
    pub value: String,
}

impl Place {
    /// The `position`-th item of a body.
    pub fn item(position: usize) -> Self {
        Self {
            indicator: format!("items[{position}].indicator_id"),
            value: format!("items[{position}].value"),
        }
    }
}

/// The indicators that some obligations ask for.
#[derive(Debug, Default)]
pub(super) struct AskedValues {
    periods: HashMap<(ObligationId, IndicatorId), PeriodKey>,
    known: HashMap<IndicatorId, Indicator>,
}

impl AskedValues {
    /// What these obligations ask for.
    pub(super) async fn of(tx: &WriteTx, ids: &[ObligationId]) -> Result<Self, FlowError> {
        let asked: Vec<AskedIndicator> = indicator_values::asked(tx, ids).await?;
        let known = indicators::with_ids(tx, asked.iter().map(|one| one.indicator_id)).await?;
        let periods = asked
            .into_iter()
            .map(|one| ((one.obligation_id, one.indicator_id), one.period));
        Ok(Self {
            periods: periods.collect(),
            known,
        })
    }

    /// Refuses values that are not asked for, come twice, or cannot be.
    pub(super) fn check(&self, id: ObligationId, told: &[ToldValue]) -> Result<(), FlowError> {
        let mut seen = HashSet::new();
        for one in told {
            let indicator = one.indicator_id;
            let known = self.known.get(&indicator);
            let known = known.filter(|_| self.periods.contains_key(&(id, indicator)));
            let Some(known) = known else {
                return Err(FlowError::refused_field(
                    RefusalCode::ForeignItem,
                    &one.place.indicator,
                    format!("指标 {indicator} 不在该应报事项之内，请核对编号"),
                ));
            };
            if !seen.insert(indicator) {
                return Err(FlowError::refused_field(
                    RefusalCode::InvalidValue,
                    &one.place.indicator,
                    format!("指标 {indicator} 填了两次，请只填一次"),
                ));
            }
            if let Some(text) = impossible(known.measured_in.as_deref(), one.value) {
                return Err(FlowError::refused_field(
                    RefusalCode::InvalidValue,
                    &one.place.value,
                    text,
                ));
            }
        }
        Ok(())
    }

    /// The values of a report as they are written down.
    pub(super) fn rows(
        &self,
        report: ReportId,
        asked: &StoredObligation,
        told: Vec<ToldValue>,
    ) -> Vec<StoredValue> {
        let rows = (0..).zip(told).filter_map(|(position, one)| {
            let period = *self.periods.get(&(asked.id, one.indicator_id))?;
            Some(StoredValue {
                id: new_id(),
                report_id: report,
                indicator_id: one.indicator_id,
                unit_id: asked.unit_id,
                period,
                position,
                value: one.value,
                note: one.note,
                superseded: false,
            })
        });
        rows.collect()
    }
}

/// Why a number cannot be a value, or a target, in its unit of measure; `None` where it can.
pub(super) fn impossible(measured_in: Option<&str>, value: Decimal) -> Option<String> {
    let outside = !(Decimal::ZERO..=Decimal::HUNDRED).contains(&value);
    (is_share(measured_in) && outside)
        .then(|| format!("百分比应为 0 至 100，现在是 {value}，请核对"))
}
