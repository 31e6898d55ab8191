//! round → its summary 调度小结: gathered from what was reported, frozen with its hash when the round closes, previewed while
//! it is open. What a summary says, and how two are compared, is in `domain::dispatch_summary`.

use crate::domain::access::Reach;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::decision::DecisionState;
use crate::domain::dispatch_summary::{
    CollectedTask, DecisionTold, DispatchSummary, ItemSummary, SummaryTotals, UnitSummary,
    is_blocked,
};
use crate::domain::draw::hex;
use crate::domain::ids::{AssignmentId, ObligationId, RoundId, TaskId, UnitId};
use crate::domain::light::Basis;
use crate::domain::obligation::ObligationState;
use crate::domain::period::Period;
use crate::domain::role::Role;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::standing::Standing;
use crate::domain::unit::UnitDirectory;
use crate::flow::lead_lights::{LeadLight, lead_lights};
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::cycles::StoredCycle;
use crate::storage::decisions::StoredDecision;
use crate::storage::dispatch_rows::{self, LastTold, TaskPart};
use crate::storage::obligations::{ItemRow, StoredObligation};
use crate::storage::plans::StoredPlan;
use crate::storage::round_summaries::{self, StoredSummary};
use crate::storage::rounds::StoredRound;
use crate::storage::{
    Session, WriteTx, cycles, decisions, obligations, plans, rounds, tasks, units,
};
use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A summary as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryRead {
    /// What it tells.
    pub summary: DispatchSummary,
    /// Its hash and when it was frozen; `None` while the round is open.
    pub frozen: Option<(String, DateTime<Utc>)>,
    /// Whether it is about everyone, or the units that the caller meets.
    pub whole: bool,
}

/// Freezes the summary of a round that has just closed; nothing where it is no dispatch.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn freeze_summary(
    ctx: &Ctx,
    tx: &WriteTx,
    round: &StoredRound,
    now: Now,
) -> Result<(), FlowError> {
    let Some(cycle) = cycles::get(tx, round.cycle_id).await? else {
        return Ok(());
    };
    if cycle.kind != CycleKind::Dispatch {
        return Ok(());
    }
    let calendar = super::load_calendar(tx).await?;
    let summary = gather(ctx, tx, &calendar, &cycle, round, now).await?;
    let content = written(&summary)?;
    let new = StoredSummary {
        round_id: round.id,
        sha256: hex(&Sha256::digest(content.as_bytes())),
        content,
        made_on: now.today,
        made_at: now.at,
    };
    round_summaries::insert(tx, &new).await?;
    Ok(())
}

/// The summary of a dispatch: as frozen, or as it would be now while the round is open.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such round, it is no dispatch, or it ended without a summary.
pub async fn read_summary(ctx: &Ctx, id: RoundId, reach: &Reach) -> Result<SummaryRead, FlowError> {
    let missing = || FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的督办"));
    let round = rounds::get(&ctx.db, id).await?.ok_or_else(missing)?;
    let cycle = cycles::get(&ctx.db, round.cycle_id).await?;
    let cycle = cycle.ok_or_else(missing)?;
    if cycle.kind != CycleKind::Dispatch {
        let text = "这一次督办不是调度，没有调度小结";
        return Err(FlowError::refused(RefusalCode::NoSummary, text));
    }
    let stored = round_summaries::get(&ctx.db, id).await?;
    let (summary, frozen) = match stored {
        Some(stored) => (read(&stored)?, Some((stored.sha256, stored.made_at))),
        None if round.open => {
            let calendar = ctx.calendar().await?;
            let now = ctx.now();
            let summary = gather(ctx, &ctx.db, &calendar, &cycle, &round, now).await?;
            (summary, None)
        }
        None => {
            let text = "这一次调度结束时还没有小结功能，没有调度小结";
            return Err(FlowError::refused(RefusalCode::NoSummary, text));
        }
    };
    Ok(match reach {
        Reach::All => SummaryRead {
            summary,
            frozen,
            whole: true,
        },
        Reach::Units { .. } => SummaryRead {
            summary: summary.about(|unit| reach.covers(unit)),
            frozen,
            whole: false,
        },
    })
}

/// The text that is hashed: the same summary gives the same bytes.
fn written(summary: &DispatchSummary) -> Result<String, FlowError> {
    serde_json::to_string(summary).map_err(|error| FlowError::Interrupted(error.to_string()))
}

fn read(stored: &StoredSummary) -> Result<DispatchSummary, FlowError> {
    serde_json::from_str(&stored.content)
        .map_err(|error| FlowError::Interrupted(format!("a stored summary is damaged: {error}")))
}

/// Everything a summary is made of, before it is put together.
struct Gathered {
    asked: Vec<StoredObligation>,
    items: HashMap<ObligationId, Vec<ItemRow>>,
    answers: HashMap<ObligationId, crate::storage::reports::StoredReport>,
    told: HashMap<AssignmentId, LastTold>,
    lights: HashMap<AssignmentId, LeadLight>,
    parts: Vec<TaskPart>,
    directory: UnitDirectory,
    /// First day of the period.
    since: NaiveDate,
}

async fn gather(
    ctx: &Ctx,
    db: &impl Session,
    calendar: &SchoolCalendar,
    cycle: &StoredCycle,
    round: &StoredRound,
    now: Now,
) -> Result<DispatchSummary, FlowError> {
    let missing = || FlowError::refused(RefusalCode::NotFound, "没有这一次督办的方案");
    let plan = plans::get(db, cycle.plan_id).await?.ok_or_else(missing)?;
    let mut asked = obligations::of_round(db, round.id).await?;
    asked.retain(|one| one.state != ObligationState::Withdrawn);
    let ids: Vec<ObligationId> = asked.iter().map(|one| one.id).collect();
    let mut items: HashMap<ObligationId, Vec<ItemRow>> = HashMap::new();
    for row in obligations::items(db, &ids).await? {
        let id = ObligationId(row.obligation_id);
        items.entry(id).or_default().push(row);
    }
    let rows = || items.values().flatten();
    let led: BTreeSet<TaskId> = rows()
        .filter(|row| is_led(row))
        .filter_map(task_of)
        .collect();
    let others = rows().filter(|row| !is_led(row));
    let collected: BTreeSet<TaskId> = others.filter_map(task_of).collect();
    let told: Vec<AssignmentId> = rows().filter_map(assignment_of).collect();
    let last = round_summaries::last_of_cycle(db, cycle.id, round.id).await?;
    let last = last.as_ref().map(read).transpose()?;
    let gathered = Gathered {
        lights: lead_lights(ctx, db, calendar, plan.id, &led, now.today).await?,
        answers: dispatch_rows::last_answers(db, &ids).await?,
        told: dispatch_rows::last_told(db, &told).await?,
        parts: dispatch_rows::parts_of_tasks(db, &collected, &[Role::Responsible]).await?,
        directory: UnitDirectory::new(units::all(db).await?),
        since: Period::of(round.period, &calendar.terms)
            .map_or(round.opened_on, |period| period.starts_on),
        asked,
        items,
    };
    let since = last.as_ref().map(|last| last.made_on);
    let summary = DispatchSummary {
        decisions: decided(db, cycle, &gathered.directory, since).await?,
        ..gathered.summary(ctx, &plan, round, now)
    };
    Ok(summary.completed(last.as_ref()))
}

fn is_led(row: &ItemRow) -> bool {
    row.role.as_deref() == Some(Role::Lead.as_str())
}

fn task_of(row: &ItemRow) -> Option<TaskId> {
    row.task_id.map(TaskId)
}

fn assignment_of(row: &ItemRow) -> Option<AssignmentId> {
    row.assignment_id.map(AssignmentId)
}

impl Gathered {
    fn summary(
        &self,
        ctx: &Ctx,
        plan: &StoredPlan,
        round: &StoredRound,
        now: Now,
    ) -> DispatchSummary {
        let office = ctx.supervision_unit(&self.directory);
        let office = office.map(|unit| unit.name.clone());
        DispatchSummary {
            round_id: round.id,
            plan_id: plan.id,
            plan_title: plan.title.clone(),
            period: round.period,
            office: office.unwrap_or_else(|| ctx.settings.from_name.clone()),
            opened_on: round.opened_on,
            due_on: round.due_on,
            made_on: now.today,
            totals: SummaryTotals::default(),
            before: None,
            units: self.units(ctx),
            collected: self.collected(),
            decisions: Vec::new(),
        }
    }

    /// The lead units, in the order of the directory.
    fn units(&self, ctx: &Ctx) -> Vec<UnitSummary> {
        let by_unit: HashMap<UnitId, &StoredObligation> =
            self.asked.iter().map(|one| (one.unit_id, one)).collect();
        let units = self.directory.units().iter().filter_map(|unit| {
            let asked = by_unit.get(&unit.id)?;
            let rows = self.items.get(&asked.id)?;
            let items: Vec<ItemSummary> = rows
                .iter()
                .filter(|row| is_led(row))
                .filter_map(|row| self.item(row))
                .collect();
            if items.is_empty() {
                return None;
            }
            let answer = self.answers.get(&asked.id);
            Some(UnitSummary {
                unit_id: unit.id,
                unit_code: unit.code.clone(),
                unit_name: unit.name.clone(),
                state: asked.state,
                answered_on: answer.map(|answer| ctx.settings.zone.day(answer.reported_at)),
                note: answer.and_then(|answer| answer.note.clone()),
                items,
            })
        });
        units.collect()
    }

    fn item(&self, row: &ItemRow) -> Option<ItemSummary> {
        let id = assignment_of(row)?;
        let LeadLight { explained, decides } = self.lights.get(&id)?;
        let why = &explained.why;
        let told = self.told.get(&id);
        let in_period = told.filter(|told| told.reported_on >= self.since);
        let problems = in_period.and_then(|told| told.item.problems.clone());
        Some(ItemSummary {
            assignment_id: id,
            task_id: task_of(row)?,
            task_number: row.number.clone().unwrap_or_default(),
            task_title: row.title.clone().unwrap_or_default(),
            decides: *decides,
            light: why.light,
            standing: why.standing,
            expected_percent: match why.basis {
                Basis::Timed { expected, .. } => Some(one_decimal(expected.percent())),
                Basis::Ended(_) | Basis::Asked { .. } => None,
            },
            percent: explained.percent,
            why: format!("{}。", why.explain()),
            reported_on: told.map(|told| told.reported_on),
            reported: in_period.is_some(),
            done: in_period.and_then(|told| told.item.done.clone()),
            next_steps: in_period.and_then(|told| told.item.next_steps.clone()),
            behind: why.standing == Standing::Behind,
            blocked: is_blocked(problems.as_deref()),
            problems,
            change: None,
        })
    }

    /// What was collected from below, by task in the order of the plan's items.
    fn collected(&self) -> Vec<CollectedTask> {
        let mut asked: BTreeMap<TaskId, (usize, usize, &ItemRow)> = BTreeMap::new();
        for one in &self.asked {
            let rows = self.items.get(&one.id).into_iter().flatten();
            for row in rows.filter(|row| !is_led(row)) {
                let Some(task) = task_of(row) else {
                    continue;
                };
                let (asked, answered, _) = asked.entry(task).or_insert((0, 0, row));
                *asked += 1;
                *answered += usize::from(one.state == ObligationState::Answered);
            }
        }
        let tasks = asked.into_iter().map(|(task_id, (asked, answered, row))| {
            let parts = self.parts.iter().filter(|part| part.task_id == task_id);
            CollectedTask {
                task_id,
                task_number: row.number.clone().unwrap_or_default(),
                task_title: row.title.clone().unwrap_or_default(),
                asked,
                answered,
                mean_percent: mean_percent(parts),
            }
        });
        tasks.collect()
    }
}

/// The mean progress of those who go on, or are done, with one decimal; who has told nothing counts as nothing.
pub(super) fn mean_percent<'a>(parts: impl Iterator<Item = &'a TaskPart>) -> Option<f64> {
    use crate::domain::light::Ending;
    let (mut count, mut sum) = (0_u32, 0_u32);
    for part in parts {
        match part.state.ending() {
            Some(Ending::Paused | Ending::Withdrawn) => continue,
            Some(Ending::Closed) | None => {}
        }
        count += 1;
        sum += u32::from(part.percent.unwrap_or(0));
    }
    (count > 0).then(|| one_decimal(f64::from(sum) / f64::from(count)))
}

fn one_decimal(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// Decisions that are open, or have ended since the day of the last summary.
async fn decided(
    db: &impl Session,
    cycle: &StoredCycle,
    directory: &UnitDirectory,
    since: Option<NaiveDate>,
) -> Result<Vec<DecisionTold>, FlowError> {
    let all = decisions::of_cycle(db, cycle.id).await?;
    let ids: Vec<ObligationId> = all.iter().map(|one| one.obligation_id).collect();
    let asked = obligations::with_ids(db, &ids).await?;
    let asked: HashMap<ObligationId, StoredObligation> =
        asked.into_iter().map(|one| (one.id, one)).collect();
    let answers = dispatch_rows::last_answers(db, &ids).await?;
    let about: Vec<TaskId> = all.iter().filter_map(|one| one.task_id).collect();
    let about: HashMap<TaskId, String> = tasks::with_ids(db, &about)
        .await?
        .into_iter()
        .map(|task| (task.id, task.number))
        .collect();
    let periods: HashMap<RoundId, _> = rounds::of_cycle(db, cycle.id)
        .await?
        .into_iter()
        .map(|round| (round.id, round.period))
        .collect();
    let is_news = |one: &StoredDecision, state: DecisionState| {
        !state.has_ended() || since.is_none_or(|since| one.decided_on.is_none_or(|on| on >= since))
    };
    let told = all.into_iter().filter_map(|one| {
        let asked = asked.get(&one.obligation_id)?;
        let state = DecisionState::of(one.course, asked.state);
        if !is_news(&one, state) {
            return None;
        }
        let answer = answers.get(&one.obligation_id);
        Some(DecisionTold {
            decision_id: one.id,
            period: periods.get(&one.round_id).copied()?,
            number: one.number,
            unit_id: one.unit_id,
            unit_name: directory.get(one.unit_id)?.name.clone(),
            due_on: asked.due_on,
            task_number: one.task_id.and_then(|task| about.get(&task).cloned()),
            state,
            answer: answer.and_then(|answer| answer.note.clone()),
            note: one.decision_note,
            text: one.text,
        })
    });
    Ok(told.collect())
}
