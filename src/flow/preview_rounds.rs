//! What the next rounds of each cycle will be, for `duban jobs` and before a cycle is switched on. Changes nothing.

use crate::domain::cycle_kind::CycleKind;
use crate::domain::opening::upcoming;
use crate::flow::open_rounds::levels_asked;
use crate::flow::{Ctx, FlowError};
use crate::storage::{cycles, plans};
use chrono::NaiveDate;
use serde::Serialize;

/// A round to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoundPreview {
    /// Title of the plan.
    pub plan: String,
    /// Its period.
    pub period: String,
    /// Day it opens.
    pub opens_on: NaiveDate,
    /// Latest due day; none where nothing is asked.
    pub due_on: Option<NaiveDate>,
    /// A date rests on a calendar not announced yet.
    pub provisional: bool,
}

/// The next `count` rounds of every enabled cycle of a kind, by opening day.
///
/// # Errors
/// [`FlowError`].
pub async fn preview_rounds(
    ctx: &Ctx,
    kind: CycleKind,
    count: usize,
) -> Result<Vec<RoundPreview>, FlowError> {
    let calendar = ctx.calendar().await?;
    let today = ctx.now().today;
    let plans = plans::all(&ctx.db).await?;
    let mut previews = Vec::new();
    for cycle in cycles::all(&ctx.db).await? {
        if !cycle.enabled || cycle.kind != kind {
            continue;
        }
        let Some(plan) = plans.iter().find(|plan| plan.id == cycle.plan_id) else {
            continue;
        };
        let levels = levels_asked(&ctx.db, &cycle.rule, plan.id).await?;
        let rounds = upcoming(&cycle.rule, &calendar, &levels, today, count).into_iter();
        let rounds = rounds.filter(|round| {
            plan.last_phase_ends_on
                .is_none_or(|last| round.period.starts_on <= last)
        });
        previews.extend(rounds.map(|round| RoundPreview {
            plan: plan.title.clone(),
            period: round.period.key.to_string(),
            opens_on: round.opening.opens_on,
            due_on: round.due_on,
            provisional: round.provisional,
        }));
    }
    previews.sort_by_key(|preview| preview.opens_on);
    previews.truncate(count);
    Ok(previews)
}
