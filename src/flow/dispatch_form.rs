//! The form of an obligation, filled in before: per task what the unit itself reported last, how it stands, what has come
//! from below, and the answer that this amounts to. Whoever has told everything in the period confirms it as it is.

use crate::domain::access::Reach;
use crate::domain::assignment_life::AssignmentState;
use crate::domain::collecting::{AnswersTo, district_above};
use crate::domain::ids::{AssignmentId, ObligationId, TaskId, UnitId};
use crate::domain::obligation::ObligationState;
use crate::domain::period::Period;
use crate::domain::period_key::PeriodKey;
use crate::domain::report::ReportItem;
use crate::domain::role::Role;
use crate::domain::roll_up::{Alike, StateCounts, roll_up};
use crate::domain::unit::UnitDirectory;
use crate::flow::dispatch_summary::mean_percent;
use crate::flow::list_by_light::{LightTold, lights_of_assignments};
use crate::flow::{Ctx, FlowError};
use crate::storage::dispatch_rows::{self, LastTold, TaskPart};
use crate::storage::obligations::StoredObligation;
use crate::storage::tasks::StoredTask;
use crate::storage::{obligations, tasks};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A form.
#[derive(Debug, Clone)]
pub struct DispatchForm {
    /// The first day whose reports count as of this period.
    pub since: NaiveDate,
    /// What is asked about: what goes on, in order.
    pub items: Vec<FormItem>,
    /// What those have told who answer to this unit in this round.
    pub from_below: Vec<FromBelow>,
    /// Whether the unit has told of every item in the period.
    pub ready: bool,
}

/// One item.
#[derive(Debug, Clone)]
pub struct FormItem {
    /// The assignment.
    pub assignment_id: AssignmentId,
    /// The task.
    pub task: StoredTask,
    /// The unit's part.
    pub role: Role,
    /// Where it stands.
    pub state: AssignmentState,
    /// The light of today.
    pub light: Option<LightTold>,
    /// What the unit told last.
    pub last: Option<LastTold>,
    /// Whether it told so in the period.
    pub in_period: bool,
    /// How the units below stand; `None` where there are none that the caller meets.
    pub below: Option<Below>,
    /// The answer that is proposed.
    pub proposed: ReportItem,
}

/// How the responsible units of a task stand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Below {
    /// By state.
    pub counts: StateCounts,
    /// Mean of their progress, with one decimal.
    pub mean_percent: Option<f64>,
    /// Those that have reported in the period.
    pub reported_in_period: u32,
}

/// A unit that answers to the one whose form it is.
#[derive(Debug, Clone)]
pub struct FromBelow {
    /// Its obligation.
    pub obligation_id: ObligationId,
    /// The unit.
    pub unit_id: UnitId,
    /// Its code.
    pub unit_code: String,
    /// Its name.
    pub unit_name: String,
    /// Where its obligation stands.
    pub state: ObligationState,
    /// By when it answers.
    pub due_on: NaiveDate,
    /// What it says of everything; a district's summary of its schools.
    pub note: Option<String>,
    /// When it answered last.
    pub reported_at: Option<DateTime<Utc>>,
    /// Its schools that were asked, and those that have answered; a district's.
    pub schools: Option<(u32, u32)>,
    /// What it told of the tasks of this form.
    pub items: Vec<BelowItem>,
}

/// What a unit below told of a task.
#[derive(Debug, Clone)]
pub struct BelowItem {
    /// The assignment, which may be forwarded or returned.
    pub assignment_id: AssignmentId,
    /// Number of the task.
    pub task_number: String,
    /// Where it stands.
    pub state: AssignmentState,
    /// What it told last.
    pub told: Option<LastTold>,
}

/// The form of an obligation, as far as a caller of this reach meets the units below.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn dispatch_form(
    ctx: &Ctx,
    one: &StoredObligation,
    period: Option<PeriodKey>,
    reach: &Reach,
) -> Result<DispatchForm, FlowError> {
    let calendar = ctx.calendar().await?;
    let since = period
        .and_then(|key| Period::of(key, &calendar.terms))
        .map_or(one.opened_on, |period| period.starts_on);
    let desk = Desk::open(ctx, one, reach, since).await?;
    let items: Vec<FormItem> = desk.own.iter().filter_map(|own| desk.item(own)).collect();
    Ok(DispatchForm {
        since,
        ready: !items.is_empty() && items.iter().all(|item| item.in_period),
        from_below: desk.answers_from_below(ctx, one).await?,
        items,
    })
}

/// An assignment that the form asks about.
struct Own {
    id: AssignmentId,
    task_id: TaskId,
    role: Role,
    state: AssignmentState,
}

struct Desk {
    today: NaiveDate,
    since: NaiveDate,
    own: Vec<Own>,
    tasks: HashMap<TaskId, StoredTask>,
    lights: HashMap<AssignmentId, LightTold>,
    told: HashMap<AssignmentId, LastTold>,
    /// The responsible parts of these tasks that lie below the unit and are met by the caller.
    below: Vec<TaskPart>,
    directory: UnitDirectory,
}

impl Desk {
    async fn open(
        ctx: &Ctx,
        one: &StoredObligation,
        reach: &Reach,
        since: NaiveDate,
    ) -> Result<Self, FlowError> {
        let db = &ctx.db;
        let today = ctx.now().today;
        let rows = obligations::items(db, &[one.id]).await?;
        let own: Vec<Own> = rows
            .into_iter()
            .filter_map(|row| {
                let state: AssignmentState = row.state?.parse().ok()?;
                // What is closed, paused or withdrawn is not asked for.
                state.ending().is_none().then_some(())?;
                Some(Own {
                    id: AssignmentId(row.assignment_id?),
                    task_id: TaskId(row.task_id?),
                    role: row.role?.parse().ok()?,
                    state,
                })
            })
            .collect();
        let directory = ctx.units().await?;
        let mut about: BTreeSet<TaskId> = own.iter().map(|one| one.task_id).collect();
        let is_summed_up = one.what.is_some() && one.round_id.is_some();
        if is_summed_up {
            about.extend(dispatch_rows::collecting(db, one.plan_id).await?);
        }
        let leads: BTreeSet<TaskId> = own
            .iter()
            .filter(|one| one.role == Role::Lead)
            .map(|one| one.task_id)
            .collect();
        let below = dispatch_rows::parts_of_tasks(db, &about, &[Role::Responsible]).await?;
        let meets_all = match reach {
            Reach::All => true,
            Reach::Units { own, .. } => own.contains(&one.unit_id),
        };
        let is_below = |part: &TaskPart| {
            let is_school =
                AnswersTo::of(&directory, part.unit_id) == AnswersTo::District(one.unit_id);
            part.unit_id != one.unit_id && (leads.contains(&part.task_id) || is_school)
        };
        let below: Vec<TaskPart> = below
            .into_iter()
            .filter(is_below)
            .filter(|part| meets_all || reach.covers(part.unit_id))
            .collect();
        let ids: Vec<AssignmentId> = own.iter().map(|one| one.id).collect();
        let all_ids = ids.iter().copied().chain(below.iter().map(|part| part.id));
        let all_ids: Vec<AssignmentId> = all_ids.collect();
        let task_ids: Vec<TaskId> = about.into_iter().collect();
        let tasks = tasks::with_ids(db, &task_ids).await?;
        Ok(Self {
            today,
            since,
            own,
            tasks: tasks.into_iter().map(|task| (task.id, task)).collect(),
            lights: lights_of_assignments(ctx, &Reach::All, today, ids).await?,
            told: dispatch_rows::last_told(db, &all_ids).await?,
            below,
            directory,
        })
    }

    fn item(&self, own: &Own) -> Option<FormItem> {
        let task = self.tasks.get(&own.task_id)?.clone();
        let last = self.told.get(&own.id).cloned();
        let below = self.below_of(&task);
        let proposed = match &last {
            Some(last) => last.item.clone(),
            None => ReportItem {
                assignment_id: own.id,
                // Nothing told yet: what those below have come to.
                percent: below
                    .and_then(|below| below.mean_percent)
                    .filter(|mean| *mean > 0.0)
                    .map(whole_percent),
                done: None,
                problems: None,
                next_steps: None,
            },
        };
        let light = self.lights.get(&own.id).cloned();
        let known = light.as_ref().and_then(|light| light.percent);
        Some(FormItem {
            assignment_id: own.id,
            role: own.role,
            state: own.state,
            in_period: last
                .as_ref()
                .is_some_and(|last| last.reported_on >= self.since)
                && own.state != AssignmentState::Returned,
            proposed: ReportItem {
                percent: proposed.percent.or(known),
                ..proposed
            },
            light,
            last,
            below,
            task,
        })
    }

    fn below_of(&self, task: &StoredTask) -> Option<Below> {
        let parts = || self.below.iter().filter(|part| part.task_id == task.id);
        parts().next()?;
        let is_past = |part: &TaskPart| {
            let due_on = part.due_on.or(task.due_on);
            due_on.is_some_and(|due_on| due_on < self.today)
        };
        let alike: Vec<Alike> = parts()
            .map(|part| Alike {
                unit_id: part.unit_id,
                state: part.state,
                number: 1,
                past_due: u32::from(is_past(part)),
            })
            .collect();
        let reported = parts().filter(|part| part.reported_on.is_some_and(|on| on >= self.since));
        Some(Below {
            counts: roll_up(&alike, &self.directory).0,
            mean_percent: mean_percent(parts()),
            reported_in_period: u32::try_from(reported.count()).unwrap_or(u32::MAX),
        })
    }

    /// Those who answer to this unit in the same round, in the order of the directory.
    async fn answers_from_below(
        &self,
        ctx: &Ctx,
        one: &StoredObligation,
    ) -> Result<Vec<FromBelow>, FlowError> {
        let Some(round) = one.round_id else {
            return Ok(Vec::new());
        };
        let collected = self.below.iter().filter(|part| {
            self.tasks
                .get(&part.task_id)
                .is_some_and(|task| task.collects)
        });
        // Whoever answers to this unit, with the parts that it may speak of.
        let mut answering: BTreeMap<UnitId, Vec<&TaskPart>> = BTreeMap::new();
        for part in collected {
            let above = district_above(&self.directory, part.unit_id).map(|unit| unit.id);
            match above {
                Some(district) if district != one.unit_id => {
                    answering.entry(district).or_default();
                }
                Some(_) | None => answering.entry(part.unit_id).or_default().push(part),
            }
        }
        answering.remove(&one.unit_id);
        let asked = obligations::of_round(&ctx.db, round).await?;
        let asked: HashMap<UnitId, &StoredObligation> = asked
            .iter()
            .filter(|asked| asked.state != ObligationState::Withdrawn)
            .map(|asked| (asked.unit_id, asked))
            .collect();
        let ids: Vec<ObligationId> = answering
            .keys()
            .filter_map(|unit| Some(asked.get(unit)?.id))
            .collect();
        let answers = dispatch_rows::last_answers(&ctx.db, &ids).await?;
        let told = self.directory.units().iter().filter_map(|unit| {
            let parts = answering.get(&unit.id)?;
            let asked_one = asked.get(&unit.id)?;
            let answer = answers.get(&asked_one.id);
            let schools = asked.values().filter(|other| {
                AnswersTo::of(&self.directory, other.unit_id) == AnswersTo::District(unit.id)
            });
            Some(FromBelow {
                obligation_id: asked_one.id,
                unit_id: unit.id,
                unit_code: unit.code.clone(),
                unit_name: unit.name.clone(),
                state: asked_one.state,
                due_on: asked_one.due_on,
                note: answer.and_then(|answer| answer.note.clone()),
                reported_at: answer.map(|answer| answer.reported_at),
                schools: asked_one.what.is_some().then(|| {
                    schools.fold((0, 0), |(all, answered), school| {
                        let is_answered = school.state == ObligationState::Answered;
                        (all + 1, answered + u32::from(is_answered))
                    })
                }),
                items: parts
                    .iter()
                    .filter_map(|part| self.below_item(part))
                    .collect(),
            })
        });
        Ok(told.collect())
    }

    fn below_item(&self, part: &TaskPart) -> Option<BelowItem> {
        Some(BelowItem {
            assignment_id: part.id,
            task_number: self.tasks.get(&part.task_id)?.number.clone(),
            state: part.state,
            told: self.told.get(&part.id).cloned(),
        })
    }
}

/// A mean of percentages without its decimals, so that nothing is told that is not done.
fn whole_percent(mean: f64) -> u8 {
    (0..=100_u8)
        .take_while(|percent| f64::from(*percent) <= mean)
        .last()
        .unwrap_or(0)
}
