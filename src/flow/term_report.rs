//! What a term report 监测报告 tells of a monitoring round: every indicator with its targets and counts, this period beside
//! the one before, and every unit's value. How it looks is in `term_report_document` and `term_report_sheets`.

use crate::domain::access::Reach;
use crate::domain::decimal::Decimal;
use crate::domain::ids::{IndicatorId, RoundId, UnitId};
use crate::domain::indicator::IndicatorState;
use crate::domain::percent_parts::{Tenths, percent_parts};
use crate::domain::period_key::PeriodKey;
use crate::domain::unit::UnitDirectory;
use crate::domain::value_summary::ValueSummary;
use crate::flow::weigh_values::{RoundWeighed, Tally, Weighed, WeighedUnit, weigh_round};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::indicators::Indicator;
use crate::storage::{cycles, plans, rounds};
use chrono::NaiveDate;
use std::collections::{BTreeSet, HashMap};

/// A monitoring round as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct TermReport {
    /// Title of the plan.
    pub plan_title: String,
    /// The period.
    pub period: PeriodKey,
    /// Whether units are still asked.
    pub open: bool,
    /// The day of the report.
    pub made_on: NaiveDate,
    /// Whose units it is about.
    pub about: About,
    /// Units that were asked.
    pub units: usize,
    /// The indicators, in the order of the plan.
    pub indicators: Vec<IndicatorTold>,
    /// What the round of the period before came to; `None` where there was none.
    pub before: Option<Tally>,
}

/// Whose units a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Everybody's: it can be issued, signed by this office.
    Everyone {
        /// The supervision office.
        office: String,
    },
    /// Those that the caller meets.
    CallersUnits,
}

/// An indicator as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct IndicatorTold {
    /// What it is called.
    pub name: String,
    /// The target of the period in words.
    pub target: String,
    /// Unit of measure.
    pub measured_in: Option<String>,
    /// Whether a person stands for it.
    pub confirmed: bool,
    /// How many units stand how.
    pub tally: Tally,
    /// The values.
    pub values: Option<ValueSummary>,
    /// The same of the period before, where it was asked.
    pub before: Option<(Tally, Option<ValueSummary>)>,
    /// The units, in the order of the directory.
    pub units: Vec<UnitTold>,
}

/// A unit's value of an indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitTold {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// What was found.
    pub weighed: Weighed,
    /// What the unit says of it.
    pub note: Option<String>,
}

/// A tally's parts of what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TallyParts {
    /// Attained.
    pub attained: Tenths,
    /// Not attained.
    pub not_attained: Tenths,
    /// Without a value.
    pub missing: Tenths,
}

impl Tally {
    /// Its parts of what was asked; together 100.0%.
    pub fn parts(&self) -> TallyParts {
        let (attained, [not_attained, missing]) =
            percent_parts(self.attained, [self.not_attained, self.missing]);
        TallyParts {
            attained,
            not_attained,
            missing,
        }
    }

    /// Several together.
    pub fn sum(tallies: impl IntoIterator<Item = Self>) -> Self {
        tallies.into_iter().fold(Self::default(), |sum, one| Self {
            asked: sum.asked + one.asked,
            answered: sum.answered + one.answered,
            attained: sum.attained + one.attained,
            not_attained: sum.not_attained + one.not_attained,
            falling: sum.falling + one.falling,
            missing: sum.missing + one.missing,
        })
    }
}

impl TermReport {
    /// All indicators together.
    pub fn tally(&self) -> Tally {
        Tally::sum(self.indicators.iter().map(|one| one.tally))
    }

    /// What the report is called.
    pub fn title(&self) -> String {
        let plan = match self.plan_title.contains('《') {
            true => self.plan_title.clone(),
            false => format!("《{}》", self.plan_title),
        };
        format!("{plan}{}监测报告", self.period.label())
    }
}

/// What is told of a round that was weighed for a caller of this reach.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such round, or it asks for no indicators.
pub async fn term_report(
    ctx: &Ctx,
    id: RoundId,
    reach: &Reach,
    weighed: &RoundWeighed,
) -> Result<TermReport, FlowError> {
    let db = &ctx.db;
    if weighed.units.is_empty() {
        let text = "这一次督办没有要求填报指标，没有监测报告";
        return Err(FlowError::refused(RefusalCode::NoIndicators, text));
    }
    let missing = || FlowError::refused(RefusalCode::NotFound, "没有这一次督办");
    let round = rounds::get(db, id).await?.ok_or_else(missing)?;
    let cycle = cycles::get(db, round.cycle_id).await?.ok_or_else(missing)?;
    let plan = plans::get(db, cycle.plan_id).await?.ok_or_else(missing)?;
    let earlier = round.period.previous();
    let earlier = rounds::of_cycle(db, cycle.id)
        .await?
        .into_iter()
        .find(|one| Some(one.period) == earlier);
    let earlier = match earlier {
        Some(round) => Some(weigh_round(ctx, round.id, reach).await?),
        None => None,
    };
    let earlier = earlier.filter(|one| !one.units.is_empty());
    let directory = ctx.units().await?;
    let asked = weighed.units.values().flatten();
    let asked: BTreeSet<UnitId> = asked.map(|one| one.asked.unit_id).collect();
    let tallies = |round: &RoundWeighed| Tally::sum(round.units.values().map(|one| Tally::of(one)));
    let office = || {
        let unit = ctx.supervision_unit(&directory);
        unit.map_or_else(|| ctx.settings.from_name.clone(), |unit| unit.name.clone())
    };
    Ok(TermReport {
        plan_title: plan.title,
        period: round.period,
        open: round.open,
        made_on: ctx.now().today,
        about: match reach {
            Reach::All => About::Everyone { office: office() },
            Reach::Units { .. } => About::CallersUnits,
        },
        units: asked.len(),
        indicators: told(weighed, earlier.as_ref(), &directory),
        before: earlier.as_ref().map(tallies),
    })
}

/// The indicators of a round, in the order of the plan.
fn told(
    round: &RoundWeighed,
    earlier: Option<&RoundWeighed>,
    directory: &UnitDirectory,
) -> Vec<IndicatorTold> {
    let places: HashMap<UnitId, usize> = directory
        .units()
        .iter()
        .enumerate()
        .map(|(place, unit)| (unit.id, place))
        .collect();
    let mut known: Vec<(IndicatorId, &Indicator)> = round
        .units
        .keys()
        .filter_map(|id| Some((*id, round.indicators.get(id)?)))
        .collect();
    known.sort_by_key(|(id, one)| (one.position, *id));
    let told = known.into_iter().map(|(id, indicator)| {
        let asked = round.units.get(&id).map_or(&[][..], Vec::as_slice);
        let before = earlier.and_then(|round| round.units.get(&id));
        let mut asked_in_order: Vec<&WeighedUnit> = asked.iter().collect();
        asked_in_order.sort_by_key(|one| places.get(&one.asked.unit_id));
        let units = asked_in_order.into_iter().filter_map(|one| {
            // The schema keeps units that were asked.
            let unit = directory.get(one.asked.unit_id)?;
            Some(UnitTold {
                code: unit.code.clone(),
                name: unit.name.clone(),
                weighed: one.weighed.clone(),
                note: one.note.clone(),
            })
        });
        let measured_in = indicator.measured_in.clone();
        IndicatorTold {
            name: indicator.called().unwrap_or(&indicator.text).to_owned(),
            target: indicator
                .target_in(round.period)
                .told(measured_in.as_deref()),
            measured_in,
            confirmed: indicator.state != IndicatorState::Proposed,
            tally: Tally::of(asked),
            values: summary(asked),
            before: before.map(|units| (Tally::of(units), summary(units))),
            units: units.collect(),
        }
    });
    told.collect()
}

fn summary(units: &[WeighedUnit]) -> Option<ValueSummary> {
    let values = units.iter().filter_map(|one| one.weighed.value);
    ValueSummary::of(&values.collect::<Vec<Decimal>>())
}
