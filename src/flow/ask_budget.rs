//! How often a unit is asked in a month, and when whoever asks has to say why: going over the budget, and asking for the
//! same day (design §6, Who is asked, and how often).

use crate::domain::ids::UnitId;
use crate::domain::unit::UnitDirectory;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, obligations};
use chrono::{Datelike, Months, NaiveDate};
use std::collections::{BTreeMap, HashMap};

/// No more names than this are told in one sentence.
const NAMES_TOLD: usize = 5;

/// What units may be asked in a month, and what they were asked already.
pub(super) struct AskBudget {
    /// Asks that a unit may get.
    pub(super) limit: u32,
    asked: HashMap<UnitId, u32>,
}

/// A unit that is asked too often.
pub(super) struct Exceeded {
    /// Its name.
    pub(super) name: String,
    /// Its asks of the month, the new ones included.
    pub(super) count: u32,
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

    /// Units that `new` obligations take over the budget, by code.
    pub(super) fn exceeded<'a>(
        &self,
        directory: &UnitDirectory,
        new: impl Iterator<Item = &'a StoredObligation>,
    ) -> Vec<Exceeded> {
        let mut counts: HashMap<UnitId, u32> = HashMap::new();
        for obligation in new.filter(|one| one.kind.counts_as_ask()) {
            let before = self.asked.get(&obligation.unit_id).copied().unwrap_or(0);
            let count = counts.entry(obligation.unit_id).or_insert(before);
            *count = count.saturating_add(1);
        }
        let over = counts.into_iter().filter(|(_, count)| *count > self.limit);
        let by_code: BTreeMap<&str, Exceeded> = over
            .filter_map(|(unit, count)| {
                let unit = directory.get(unit)?;
                let name = unit.name.clone();
                Some((unit.code.as_str(), Exceeded { name, count }))
            })
            .collect();
        by_code.into_values().collect()
    }
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
