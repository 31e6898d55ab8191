//! Values of a period weighed: against the targets of that period and against what the same units told the period before.
//! The rule is in `domain::attainment`.

use crate::domain::access::Reach;
use crate::domain::attainment::{Attainment, Measured, Trend};
use crate::domain::decimal::Decimal;
use crate::domain::ids::{IndicatorId, RoundId, UnitId};
use crate::domain::indicator::Target;
use crate::domain::period_key::PeriodKey;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::indicator_values::{self, AskedUnit, StoredValue};
use crate::storage::indicators::{self, Indicator};
use crate::storage::{Session, rounds};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What was found of one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed {
    /// The target of the period.
    pub target: Target,
    /// The value.
    pub value: Option<Decimal>,
    /// The value of the period before.
    pub last: Option<Decimal>,
    /// Against the target.
    pub attainment: Attainment,
    /// Against the value before; `None` without a value.
    pub trend: Option<Trend>,
    /// Whether a person should look at it.
    pub flagged: bool,
    /// All of it in one sentence.
    pub sentence: String,
}

/// Weighs one value.
pub fn weigh(
    indicator: &Indicator,
    period: PeriodKey,
    value: Option<Decimal>,
    last: Option<Decimal>,
) -> Weighed {
    let target = indicator.target_in(period);
    let measured = Measured {
        name: indicator.called(),
        measured_in: indicator.measured_in.as_deref(),
        target,
        value,
        last,
        frequency: period.frequency(),
    };
    Weighed {
        target,
        value,
        last,
        attainment: measured.attainment(),
        trend: measured.trend(),
        flagged: measured.is_flagged(),
        sentence: measured.sentence(),
    }
}

/// Values that count, by indicator, unit and period.
#[derive(Debug, Default)]
pub struct KnownValues(HashMap<(IndicatorId, UnitId, PeriodKey), StoredValue>);

impl KnownValues {
    /// Those of these indicators and units in these periods and in the ones before.
    ///
    /// # Errors
    /// [`FlowError::Storage`].
    pub async fn of(
        db: &impl Session,
        indicators: &BTreeSet<IndicatorId>,
        units: Option<&BTreeSet<UnitId>>,
        periods: impl IntoIterator<Item = PeriodKey>,
    ) -> Result<Self, FlowError> {
        let mut wanted = BTreeSet::new();
        for period in periods {
            wanted.insert(period);
            wanted.extend(period.previous());
        }
        let found = indicator_values::newest(db, indicators, &wanted, units).await?;
        let by_key = found
            .into_iter()
            .map(|one| ((one.indicator_id, one.unit_id, one.period), one));
        Ok(Self(by_key.collect()))
    }

    /// The value of a unit in a period.
    pub fn at(
        &self,
        indicator: IndicatorId,
        unit: UnitId,
        period: PeriodKey,
    ) -> Option<&StoredValue> {
        self.0.get(&(indicator, unit, period))
    }

    /// The value of a unit in the period before.
    pub fn before(
        &self,
        indicator: IndicatorId,
        unit: UnitId,
        period: PeriodKey,
    ) -> Option<Decimal> {
        let earlier = period.previous()?;
        self.at(indicator, unit, earlier).map(|one| one.value)
    }
}

/// A unit that a round asks for an indicator, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeighedUnit {
    /// Who was asked for what.
    pub asked: AskedUnit,
    /// What was found.
    pub weighed: Weighed,
    /// What the unit says of it.
    pub note: Option<String>,
}

/// A round's indicators and what units told of them, as far as a caller meets them.
#[derive(Debug, Clone)]
pub struct RoundWeighed {
    /// The period.
    pub period: PeriodKey,
    /// Every unit that was asked, by indicator, item by item.
    pub units: BTreeMap<IndicatorId, Vec<WeighedUnit>>,
    /// The indicators.
    pub indicators: HashMap<IndicatorId, Indicator>,
}

/// Weighs what a round was told. A round that asks for no indicators has none.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such round.
pub async fn weigh_round(ctx: &Ctx, id: RoundId, reach: &Reach) -> Result<RoundWeighed, FlowError> {
    let db = &ctx.db;
    let round = rounds::get(db, id).await?.ok_or_else(|| {
        FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的一次督办"))
    })?;
    let period = round.period;
    let asked = indicator_values::asked_in_round(db, id, reach).await?;
    let ids: BTreeSet<IndicatorId> = asked.iter().map(|one| one.indicator_id).collect();
    let known = indicators::with_ids(db, ids.iter().copied()).await?;
    let values = KnownValues::of(db, &ids, None, [period]).await?;
    let mut units: BTreeMap<IndicatorId, Vec<WeighedUnit>> = BTreeMap::new();
    for asked in asked {
        let Some(indicator) = known.get(&asked.indicator_id) else {
            continue;
        };
        let value = values.at(asked.indicator_id, asked.unit_id, period);
        let last = values.before(asked.indicator_id, asked.unit_id, period);
        let weighed = weigh(indicator, period, value.map(|one| one.value), last);
        let note = value.and_then(|one| one.note.clone());
        units
            .entry(asked.indicator_id)
            .or_default()
            .push(WeighedUnit {
                asked,
                weighed,
                note,
            });
    }
    Ok(RoundWeighed {
        period,
        units,
        indicators: known,
    })
}

/// How many units stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Asked.
    pub asked: usize,
    /// With a value.
    pub answered: usize,
    /// Whose value meets the target.
    pub attained: usize,
    /// Whose value does not.
    pub not_attained: usize,
    /// Worse than the period before.
    pub falling: usize,
    /// Without a value.
    pub missing: usize,
}

impl Tally {
    /// Counts units.
    pub fn of(units: &[WeighedUnit]) -> Self {
        let count = |is: fn(&Weighed) -> bool| units.iter().filter(|one| is(&one.weighed)).count();
        let missing = count(|one| one.attainment == Attainment::NoValue);
        Self {
            asked: units.len(),
            answered: units.len() - missing,
            attained: count(|one| one.attainment == Attainment::Attained),
            not_attained: count(|one| one.attainment == Attainment::NotAttained),
            falling: count(|one| one.trend == Some(Trend::Falling)),
            missing,
        }
    }
}
