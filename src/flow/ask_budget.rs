//! How often a unit is asked in a month, and when whoever asks has to say why: going over the budget, and asking for the
//! same day (design §6, Who is asked, and how often).

use crate::domain::ids::{AskOverrideId, PlanId, RoundId, UnitId};
use crate::domain::resource::Resource;
use crate::domain::unit::UnitDirectory;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::ask_overrides::{self, OverriddenUnit, StoredOverride};
use crate::storage::audit_events::AuditEntry;
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, new_id, obligations, units};
use chrono::{Datelike, Months, NaiveDate};
use serde_json::json;
use std::collections::HashMap;

/// No more names than this are told in one sentence.
const NAMES_TOLD: usize = 5;

/// What units may be asked in a month, and what they were asked already.
pub(super) struct AskBudget {
    /// Asks that a unit may get.
    pub(super) limit: u32,
    asked: HashMap<UnitId, u32>,
}

/// A unit for which a rule is stretched.
#[derive(Debug)]
pub(super) struct StretchedUnit {
    /// The unit.
    pub(super) id: UnitId,
    /// Its name.
    pub(super) name: String,
    /// Its asks of the month, the new ones included.
    pub(super) count: u32,
    /// Whether these are more than the budget.
    pub(super) over_budget: bool,
    /// Whether it is to answer on the day of asking.
    pub(super) same_day: bool,
}

/// For which units some requests stretch the rules: going over the budget, asking for the same day.
#[derive(Debug, Default)]
pub(super) struct Stretched {
    /// Asks that a unit may get in the month.
    pub(super) limit: u32,
    /// These units, by code.
    pub(super) units: Vec<StretchedUnit>,
}

impl Stretched {
    /// The units that go over the budget.
    pub(super) fn over_budget(&self) -> impl Iterator<Item = &StretchedUnit> {
        self.units.iter().filter(|unit| unit.over_budget)
    }

    /// Their names.
    pub(super) fn names_over_budget(&self) -> Vec<String> {
        self.over_budget().map(|unit| unit.name.clone()).collect()
    }

    /// Whether any unit is to answer on the day of asking.
    pub(super) fn asks_for_today(&self) -> bool {
        self.units.iter().any(|unit| unit.same_day)
    }
}

impl AskBudget {
    /// The budget of the month that `today` lies in, with what was asked until now.
    pub(super) async fn of_month(
        ctx: &Ctx,
        tx: &WriteTx,
        today: NaiveDate,
    ) -> Result<Self, FlowError> {
        let first = today.with_day(1).unwrap_or(today);
        let last = first
            .checked_add_months(Months::new(1))
            .and_then(|next| next.pred_opt())
            .unwrap_or(today);
        Ok(Self {
            limit: ctx.settings.asks_per_unit_month,
            asked: obligations::asks_between(tx, first, last).await?,
        })
    }

    /// The units for which `new` requests, made today, stretch the rules.
    pub(super) fn stretched<'a>(
        &self,
        directory: &UnitDirectory,
        new: impl Iterator<Item = &'a StoredObligation>,
        today: NaiveDate,
    ) -> Stretched {
        let mut counts: HashMap<UnitId, (u32, bool)> = HashMap::new();
        for obligation in new.filter(|one| one.kind.counts_as_ask()) {
            let before = self.asked.get(&obligation.unit_id).copied().unwrap_or(0);
            let (count, same_day) = counts.entry(obligation.unit_id).or_insert((before, false));
            *count = count.saturating_add(1);
            *same_day |= obligation.due_on <= today;
        }
        let units = counts.into_iter().filter_map(|(id, (count, same_day))| {
            let over_budget = count > self.limit;
            let unit = directory.get(id).filter(|_| over_budget || same_day)?;
            let stretched = StretchedUnit {
                id,
                name: unit.name.clone(),
                count,
                over_budget,
                same_day,
            };
            Some((unit.code.clone(), stretched))
        });
        let mut units: Vec<(String, StretchedUnit)> = units.collect();
        units.sort_by(|(code, _), (other, _)| code.cmp(other));
        Stretched {
            limit: self.limit,
            units: units.into_iter().map(|(_, unit)| unit).collect(),
        }
    }
}

/// Requests that stretch the rules, as they are written down.
pub(super) struct Override<'a> {
    /// What is asked, for people.
    pub(super) what: String,
    /// Whether a person asks.
    pub(super) by_hand: bool,
    /// Why, where a person says so.
    pub(super) reason: Option<&'a str>,
    /// The plan, where it is one plan's.
    pub(super) plan_id: Option<PlanId>,
    /// The round, where one asks.
    pub(super) round_id: Option<RoundId>,
    /// Whether something is wanted today, though no unit gets a request of its own for it.
    pub(super) same_day: bool,
}

/// Writes down for which units the rules were stretched, by whom and why; nothing where they were not.
///
/// # Errors
/// [`FlowError::Storage`].
pub(super) async fn record_override(
    ctx: &Ctx,
    tx: &WriteTx,
    now: Now,
    stretched: &Stretched,
    given: Override<'_>,
) -> Result<(), FlowError> {
    if stretched.units.is_empty() && !given.same_day {
        return Ok(());
    }
    let reason = given.reason.map(str::trim).filter(|text| !text.is_empty());
    let new = StoredOverride {
        id: AskOverrideId(new_id()),
        what: given.what,
        by_hand: given.by_hand,
        asked_by: ctx.actor.name().to_owned(),
        asked_at: now.at,
        asked_on: now.today,
        reason: reason.map(str::to_owned),
        budget: stretched.limit,
        same_day: given.same_day || stretched.asks_for_today(),
        plan_id: given.plan_id,
        round_id: given.round_id,
    };
    let units: Vec<OverriddenUnit> = stretched
        .units
        .iter()
        .map(|unit| OverriddenUnit {
            override_id: new.id,
            unit_id: unit.id,
            asks: unit.count,
            over_budget: unit.over_budget,
            same_day: unit.same_day,
        })
        .collect();
    ask_overrides::insert(tx, &new, &units).await?;
    let entry = AuditEntry::done(
        "override_budget",
        Resource::AskOverrides,
        new.id.0,
        &new.what,
    );
    tx.audit(entry.after(json!({
        "reason": new.reason,
        "by_hand": new.by_hand,
        "same_day": new.same_day,
        "budget": new.budget,
        "units_over": stretched.over_budget().count(),
        "units": units.len(),
    })));
    Ok(())
}

/// Whether a person may make these requests: where they stretch the rules, the reason that is needed is written down.
///
/// # Errors
/// [`RefusalCode::ReasonNeeded`].
pub(super) async fn justify(
    ctx: &Ctx,
    tx: &WriteTx,
    now: Now,
    asks: impl Iterator<Item = &StoredObligation>,
    given: Override<'_>,
) -> Result<(), FlowError> {
    let directory = UnitDirectory::new(units::all(tx).await?);
    let budget = AskBudget::of_month(ctx, tx, now.today).await?;
    let stretched = budget.stretched(&directory, asks, now.today);
    require_reason(
        given.reason,
        stretched.asks_for_today(),
        &stretched.names_over_budget(),
    )?;
    record_override(ctx, tx, now, &stretched, given).await
}

/// Refuses a person who asks for the same day, or takes units over their budget, and gives no reason.
///
/// # Errors
/// [`RefusalCode::ReasonNeeded`].
pub(super) fn require_reason(
    reason: Option<&str>,
    asks_for_today: bool,
    over_budget: &[String],
) -> Result<(), FlowError> {
    if reason.is_some_and(|reason| !reason.trim().is_empty()) {
        return Ok(());
    }
    let needed = |text: String| FlowError::refused_field(RefusalCode::ReasonNeeded, "reason", text);
    if asks_for_today {
        return Err(needed(
            "要求当日填报须说明理由，请填写 reason（命令行为 --reason 理由）".to_owned(),
        ));
    }
    if over_budget.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = over_budget
        .iter()
        .take(NAMES_TOLD)
        .map(String::as_str)
        .collect();
    Err(needed(format!(
        "将有 {} 个单位超出本月填报次数上限（{}等），如确需开展请填写 reason（命令行为 --reason 理由）",
        over_budget.len(),
        named.join("、")
    )))
}
