//! A request → everything that the page which answers it shows. Who may answer it is asked elsewhere: by the link that led
//! here, or by the roles of whoever signed in.

use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{AssignmentId, IndicatorId, ObligationId, TaskId, UnitId};
use crate::domain::obligation::ObligationState;
use crate::domain::unit::Unit;
use crate::flow::{Ctx, FlowError};
use crate::storage::dispatch_rows::{LastTold, last_told};
use crate::storage::indicators::{self, Indicator};
use crate::storage::obligations::{self, ItemRow, StoredObligation};
use crate::storage::tasks::{self, StoredTask};
use crate::storage::{assignment_life, plans, reports, rounds, units};
use chrono::NaiveDate;
use std::collections::HashMap;

/// What a page asks its reader for.
#[derive(Debug, Clone)]
pub struct AnswerTarget {
    /// The unit that is asked.
    pub unit: Unit,
    /// The request: open, answered, left unanswered or withdrawn.
    pub obligation: StoredObligation,
    /// The plan's title without 《》; empty for tasks made by hand.
    pub plan_title: String,
    /// The period of its round: 2026年11月; none outside rounds.
    pub period_label: Option<String>,
    /// Version of the last answer; 0 for none.
    pub last_version: i32,
    /// Who answered last, and on which local day.
    pub last_told: Option<(String, NaiveDate)>,
    /// What it asks about, in order; ended ones too.
    pub items: Vec<AnswerItem>,
}

impl AnswerTarget {
    /// Whether nothing is asked any more: it is withdrawn, or everything it asks about has ended.
    pub fn is_over(&self) -> bool {
        let has_ended = !self.items.is_empty() && self.items.iter().all(|item| item.ended);
        has_ended || self.obligation.state == ObligationState::Withdrawn
    }
}

/// One thing a request asks about, with what its unit told of it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerItem {
    /// The assignment; `None` for an indicator.
    pub assignment_id: Option<AssignmentId>,
    /// The indicator; `None` for an assignment.
    pub indicator_id: Option<IndicatorId>,
    /// 四(一)1; that of the indicator's task for an indicator.
    pub task_number: String,
    /// The task's title, or the indicator's name.
    pub task_title: String,
    /// The whole text of the task, also of an indicator's.
    pub task_text: String,
    /// Lead units of the task, in no particular order.
    pub lead_names: Vec<String>,
    /// Progress as last told, 0 to 100.
    pub percent: Option<u8>,
    /// Work done, as last told.
    pub done: Option<String>,
    /// Problems, as last told.
    pub problems: Option<String>,
    /// Next steps, as last told.
    pub next_steps: Option<String>,
    /// Closed, paused or withdrawn: nothing is told of it any more.
    pub ended: bool,
}

/// What answering a request is about; `None` where there is no such request.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn answer_target(ctx: &Ctx, id: ObligationId) -> Result<Option<AnswerTarget>, FlowError> {
    let found = obligations::with_ids(&ctx.db, &[id]).await?;
    let Some(obligation) = found.into_iter().next() else {
        return Ok(None);
    };
    let Some(unit) = units::get(&ctx.db, obligation.unit_id).await? else {
        return Ok(None);
    };
    let items = items_of(ctx, &obligation).await?;
    let plan = plans::get(&ctx.db, obligation.plan_id).await?;
    let round = match obligation.round_id {
        Some(id) => rounds::get(&ctx.db, id).await?,
        None => None,
    };
    let versions = reports::last_versions(&ctx.db, &[obligation.id]).await?;
    let last_version = versions.get(&obligation.id).copied().unwrap_or(0);
    let last = reports::of_version(&ctx.db, obligation.id, last_version).await?;
    Ok(Some(AnswerTarget {
        unit,
        plan_title: plan.map(|plan| plan.title).unwrap_or_default(),
        period_label: round.map(|round| round.period.label()),
        last_version,
        last_told: last.map(|report| {
            let day = ctx.settings.zone.day(report.reported_at);
            (report.reported_by, day)
        }),
        obligation,
        items,
    }))
}

/// What a request asks about.
async fn items_of(ctx: &Ctx, one: &StoredObligation) -> Result<Vec<AnswerItem>, FlowError> {
    let db = &ctx.db;
    let rows = obligations::items(db, &[one.id]).await?;
    let of_assignments = rows.iter().filter_map(|row| row.assignment_id);
    let of_assignments: Vec<AssignmentId> = of_assignments.map(AssignmentId).collect();
    let of_indicators = rows.iter().filter_map(|row| row.indicator_id);
    let indicators = indicators::with_ids(db, of_indicators.map(IndicatorId)).await?;
    let task_ids = rows.iter().filter_map(|row| row.task_id).map(TaskId);
    let task_ids: Vec<TaskId> = task_ids
        .chain(indicators.values().filter_map(|one| one.task_id))
        .collect();
    let tasks = tasks::with_ids(db, &task_ids).await?;
    let leads = assignment_life::leads_of(db, task_ids).await?;
    let lead_units: Vec<UnitId> = leads.values().flatten().copied().collect();
    let names = units::with_ids(db, &lead_units).await?;
    let desk = Desk {
        told: last_told(db, &of_assignments).await?,
        tasks: tasks.into_iter().map(|task| (task.id, task)).collect(),
        leads,
        names: names.into_iter().map(|one| (one.id, one.name)).collect(),
        indicators,
    };
    Ok(rows.iter().map(|row| desk.item(row)).collect())
}

/// What items are told with.
struct Desk {
    told: HashMap<AssignmentId, LastTold>,
    tasks: HashMap<TaskId, StoredTask>,
    leads: HashMap<TaskId, Vec<UnitId>>,
    names: HashMap<UnitId, String>,
    indicators: HashMap<IndicatorId, Indicator>,
}

impl Desk {
    fn item(&self, row: &ItemRow) -> AnswerItem {
        let assignment_id = row.assignment_id.map(AssignmentId);
        let indicator_id = row.indicator_id.map(IndicatorId);
        let indicator = indicator_id.and_then(|id| self.indicators.get(&id));
        let of_indicator = indicator.and_then(|one| one.task_id);
        let task_id = row.task_id.map(TaskId).or(of_indicator);
        let task = task_id.and_then(|id| self.tasks.get(&id));
        let told = assignment_id.and_then(|id| self.told.get(&id));
        let told = told.map(|told| &told.item);
        let leads = task_id.and_then(|id| self.leads.get(&id));
        let state: Option<AssignmentState> = row.state.as_ref().and_then(|code| code.parse().ok());
        AnswerItem {
            assignment_id,
            indicator_id,
            task_number: task.map(|task| task.number.clone()).unwrap_or_default(),
            task_title: match indicator {
                Some(one) => one.called().unwrap_or(&one.text).to_owned(),
                None => task.map(|task| task.title.clone()).unwrap_or_default(),
            },
            task_text: task.map(|task| task.text.clone()).unwrap_or_default(),
            lead_names: leads
                .into_iter()
                .flatten()
                .filter_map(|unit| self.names.get(unit).cloned())
                .collect(),
            percent: told.and_then(|told| told.percent),
            done: told.and_then(|told| told.done.clone()),
            problems: told.and_then(|told| told.problems.clone()),
            next_steps: told.and_then(|told| told.next_steps.clone()),
            ended: state.is_some_and(|state| state.ending().is_some()),
        }
    }
}
