//! The burden of a month 减负: how often each unit was asked, for what and by whom, against the budget; acknowledgements and
//! copies stand beside and do not count.

use crate::domain::access::Reach;
use crate::domain::ask_origin::AskOrigin;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{PlanId, RoundId, UnitId};
use crate::domain::obligation::ObligationKind;
use crate::domain::period::Period;
use crate::domain::period_key::PeriodKey;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::burden::{Asked, asked_between, copies_between, opened_by_hand};
use crate::storage::plans;
use crate::storage::plans::StoredPlan;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BurdenMonth {
    /// Its key.
    pub key: PeriodKey,
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
}

/// Requests of a unit that count, alike in kind, plan and origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AskedPart {
    /// What is asked.
    pub kind: ObligationKind,
    /// Who asks.
    pub origin: AskOrigin,
    /// The plan.
    pub plan_id: PlanId,
    /// Its title.
    pub plan_title: String,
    /// Who issued it, as written.
    pub issued_by: Option<String>,
    /// How many.
    pub asks: u32,
}

/// What a unit was asked in the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitAsked {
    /// The unit.
    pub unit_id: UnitId,
    /// Its code.
    pub unit_code: String,
    /// Its name.
    pub unit_name: String,
    /// Requests that count.
    pub asks: u32,
    /// Whether these are more than the budget.
    pub over_budget: bool,
    /// The same by kind, plan and origin; most first.
    pub parts: Vec<AskedPart>,
    /// Requests to acknowledge, which do not count.
    pub acknowledgements: u32,
    /// Mails that told it by copy of what others were asked, which do not count.
    pub copies: u32,
}

/// The burden of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Burden {
    /// The month.
    pub month: BurdenMonth,
    /// Asks that a unit may get.
    pub budget: u32,
    /// The units that were asked or told anything, those with most asks first, then by code.
    pub units: Vec<UnitAsked>,
}

/// The month of that key; the present one where none is given.
///
/// # Errors
/// [`FlowError::Refused`] for the key of anything else than a month.
pub async fn burden_month(ctx: &Ctx, key: Option<PeriodKey>) -> Result<BurdenMonth, FlowError> {
    let terms = &ctx.calendar().await?.terms;
    let period = match key {
        Some(key) if key.frequency() == Frequency::Month => Period::of(key, terms),
        Some(_) => None,
        None => Period::containing(Frequency::Month, ctx.now().today, terms),
    };
    let month = period.map(|period| BurdenMonth {
        key: period.key,
        from: period.starts_on,
        to: period.ends_on,
    });
    month.ok_or_else(|| {
        let given = key.map(|key| key.to_string()).unwrap_or_default();
        let text = format!("“{given}”不是月份，请按 2026-11 填写");
        FlowError::refused_field(RefusalCode::WrongPeriod, "month", text)
    })
}

/// The burden of the units in reach.
///
/// # Errors
/// [`FlowError`].
pub async fn burden(ctx: &Ctx, month: BurdenMonth, reach: &Reach) -> Result<Burden, FlowError> {
    let (db, budget) = (&ctx.db, ctx.settings.asks_per_unit_month);
    let mut asked = asked_between(db, month.from, month.to).await?;
    asked.retain(|one| reach.covers(one.unit_id));
    let mut copies = copies_between(db, month.from, month.to).await?;
    copies.retain(|unit, _| reach.covers(*unit));
    let plans: HashMap<PlanId, StoredPlan> = plans::all(db)
        .await?
        .into_iter()
        .map(|plan| (plan.id, plan))
        .collect();
    let mut rounds: Vec<RoundId> = asked.iter().filter_map(|one| one.round_id).collect();
    rounds.sort_unstable();
    rounds.dedup();
    let by_hand = opened_by_hand(db, &rounds).await?;
    let directory = ctx.units().await?;
    let mut by_unit: HashMap<UnitId, Vec<Asked>> = HashMap::new();
    for unit in copies.keys() {
        by_unit.entry(*unit).or_default();
    }
    for one in asked {
        by_unit.entry(one.unit_id).or_default().push(one);
    }
    let told = by_unit.into_iter().filter_map(|(id, asked)| {
        let unit = directory.get(id)?;
        let (counted, beside): (Vec<Asked>, Vec<Asked>) =
            asked.into_iter().partition(|one| one.kind.counts_as_ask());
        let asks = sum(&counted);
        Some(UnitAsked {
            unit_id: id,
            unit_code: unit.code.clone(),
            unit_name: unit.name.clone(),
            asks,
            over_budget: asks > budget,
            parts: parts(&counted, &plans, &by_hand),
            acknowledgements: sum(&beside),
            copies: copies.get(&id).copied().unwrap_or(0),
        })
    });
    let mut units: Vec<UnitAsked> = told.collect();
    units.sort_by(|one, other| {
        let most_first = other.asks.cmp(&one.asks);
        most_first.then_with(|| one.unit_code.cmp(&other.unit_code))
    });
    Ok(Burden {
        month,
        budget,
        units,
    })
}

fn sum(asked: &[Asked]) -> u32 {
    let counts = asked.iter().map(|one| one.count);
    counts.fold(0, u32::saturating_add)
}

/// Requests that are alike together, the most first.
fn parts(
    asked: &[Asked],
    plans: &HashMap<PlanId, StoredPlan>,
    by_hand: &HashSet<RoundId>,
) -> Vec<AskedPart> {
    let mut counts: BTreeMap<(ObligationKind, AskOrigin, PlanId), u32> = BTreeMap::new();
    for one in asked {
        let Some(plan) = plans.get(&one.plan_id) else {
            continue;
        };
        let origin = match one.round_id {
            Some(round) if by_hand.contains(&round) => AskOrigin::RoundByHand,
            Some(_) => AskOrigin::Schedule,
            None => AskOrigin::of_plan(plan.origin),
        };
        let count = counts.entry((one.kind, origin, one.plan_id)).or_default();
        *count = count.saturating_add(one.count);
    }
    let parts = counts.into_iter().filter_map(|((kind, origin, id), asks)| {
        let plan = plans.get(&id)?;
        Some(AskedPart {
            kind,
            origin,
            plan_id: id,
            plan_title: plan.title.clone(),
            issued_by: plan.issued_by.clone(),
            asks,
        })
    });
    let mut parts: Vec<AskedPart> = parts.collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.asks));
    parts
}
