//! Which matters have come so far that the ladder wants a notice: requests that were not answered, grouped so that nobody is
//! flooded, and lights of lead units.

use crate::domain::board;
use crate::domain::chase::rests;
use crate::domain::ids::{AssignmentId, ObligationId, PlanId, TaskId, UnitId};
use crate::domain::notice::{NoticeObjection, Rung};
use crate::domain::notice_ladder::{
    Earlier, Evidence, Step, YellowThen, matter_of_ask, matter_of_task, next_step, rung_of_light,
    stage_at,
};
use crate::domain::role::Role;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::stage::ReminderPolicy;
use crate::flow::compose_letters::LetterDesk;
use crate::flow::refresh_board::ask;
use crate::flow::{Ctx, FlowError, Now};
use crate::storage::notices::StoredNotice;
use crate::storage::obligations::StoredObligation;
use crate::storage::{notices, obligations, tasks};
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A notice that is due.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub(super) matter: String,
    pub(super) episode: i32,
    pub(super) unit_id: UnitId,
    pub(super) plan_id: PlanId,
    pub(super) task_id: Option<TaskId>,
    pub(super) asks: Vec<ObligationId>,
    pub(super) rung: Rung,
    pub(super) yellow_then: YellowThen,
    /// The yellow notice of the matter, as it was seen.
    pub(super) yellow: Option<StoredNotice>,
    pub(super) reason: String,
}

/// A matter, before its notices are looked at.
struct Matter {
    unit_id: UnitId,
    plan_id: PlanId,
    task_id: Option<TaskId>,
    asks: Vec<ObligationId>,
    policy: ReminderPolicy,
    evidence: Evidence,
}

/// The notices due today, by matter.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn due_matters(
    ctx: &Ctx,
    calendar: &SchoolCalendar,
    now: Now,
) -> Result<Vec<Due>, FlowError> {
    let desk = LetterDesk::open(ctx, calendar, now, &ctx.db).await?;
    let mut matters = asked_matters(ctx, &desk, calendar, now).await?;
    let asked: Vec<ObligationId> = matters
        .values()
        .flat_map(|matter| matter.asks.clone())
        .collect();
    let asked: HashSet<AssignmentId> = obligations::assignments_asked(&ctx.db, &asked)
        .await?
        .into_iter()
        .map(|(_, assignment)| assignment)
        .collect();
    matters.extend(light_matters(ctx, &desk, now, asked).await?);
    let keys: Vec<String> = matters.keys().cloned().collect();
    let mut known: HashMap<String, Vec<StoredNotice>> = HashMap::new();
    for notice in notices::of_matters(&ctx.db, &keys).await? {
        known.entry(notice.matter.clone()).or_default().push(notice);
    }
    let own = known.values().flatten().filter_map(|one| one.obligation_id);
    let answer_days = answer_days(ctx, &own.collect::<Vec<_>>()).await?;
    let due = matters.into_iter().filter_map(|(key, matter)| {
        let known = known.remove(&key).unwrap_or_default();
        step_of(key, matter, known, &answer_days, now.today)
    });
    Ok(due.collect())
}

/// The due days of these requests for answers to notices.
async fn answer_days(
    ctx: &Ctx,
    ids: &[ObligationId],
) -> Result<HashMap<ObligationId, NaiveDate>, FlowError> {
    let asked = obligations::with_ids(&ctx.db, ids).await?;
    Ok(asked.into_iter().map(|one| (one.id, one.due_on)).collect())
}

/// The step of a matter, where it is a notice.
fn step_of(
    key: String,
    matter: Matter,
    known: Vec<StoredNotice>,
    answer_days: &HashMap<ObligationId, NaiveDate>,
    today: NaiveDate,
) -> Option<Due> {
    let (episode, current) = current_episode(known);
    let find = |rung| current.iter().find(|one| one.rung == rung);
    let seen = |one: &StoredNotice| Earlier {
        state: one.state,
        answer_by: one
            .obligation_id
            .and_then(|id| answer_days.get(&id).copied()),
        contested: one.objection == Some(NoticeObjection::Pending),
    };
    let (yellow, red) = (find(Rung::Yellow), find(Rung::Red));
    let (policy, evidence) = (&matter.policy, matter.evidence);
    match next_step(policy, evidence, yellow.map(seen), red.map(seen), today) {
        Step::Rest(_) | Step::Blue => None,
        Step::Raise {
            rung,
            yellow: yellow_then,
            reason,
        } => Some(Due {
            matter: key,
            episode,
            unit_id: matter.unit_id,
            plan_id: matter.plan_id,
            task_id: matter.task_id,
            asks: matter.asks,
            rung,
            yellow_then,
            yellow: yellow.cloned(),
            reason,
        }),
    }
}

/// The notices of a matter as it stands, with the number of this coming up: once all before were found settled, it is a new
/// one.
pub(super) fn current_episode(known: Vec<StoredNotice>) -> (i32, Vec<StoredNotice>) {
    let last = known.iter().map(|one| one.episode).max().unwrap_or(0);
    let current: Vec<StoredNotice> = known
        .into_iter()
        .filter(|one| one.episode == last)
        .collect();
    let is_over = |one: &StoredNotice| one.cleared_on.is_some() && !one.state.is_live();
    match current.iter().all(is_over) {
        true => (last + 1, Vec::new()),
        false => (last, current),
    }
}

/// Requests that stand, grouped into matters; those of schools in vacation rest.
async fn asked_matters(
    ctx: &Ctx,
    desk: &LetterDesk<'_>,
    calendar: &SchoolCalendar,
    now: Now,
) -> Result<BTreeMap<String, Matter>, FlowError> {
    let mut asks = obligations::open(&ctx.db).await?;
    asks.extend(left_unanswered(ctx).await?);
    let mut matters: BTreeMap<String, Matter> = BTreeMap::new();
    for one in asks.iter().filter(|one| one.kind.is_laddered()) {
        let chased = desk.chased(one);
        if rests(chased, now.today, calendar) {
            continue;
        }
        let policy = desk.policy(one);
        let resting = |day| rests(chased, day, calendar);
        let at = stage_at(one.due_on, now.today, &calendar.holidays, resting);
        if at < policy.yellow_notice_at.min(policy.red_notice_at) {
            continue;
        }
        let due_on = one.due_on;
        matters
            .entry(matter_key(one))
            .or_insert_with(|| Matter {
                unit_id: one.unit_id,
                plan_id: one.plan_id,
                task_id: None,
                asks: Vec::new(),
                policy,
                evidence: Evidence::Asked { at, due_on },
            })
            .asks
            .push(one.id);
    }
    Ok(matters)
}

/// What a request is a matter of.
pub(super) fn matter_key(one: &StoredObligation) -> String {
    let revision = (one.id, one.due_revision);
    matter_of_ask(one.kind, revision, one.unit_id, one.due_on)
}

/// Requests on which asking has ended, while the yellow notice about them waits for its answer: the red one still follows.
async fn left_unanswered(ctx: &Ctx) -> Result<Vec<StoredObligation>, FlowError> {
    let ids = notices::left_unanswered(&ctx.db, Rung::Yellow).await?;
    Ok(obligations::with_ids(&ctx.db, &ids).await?)
}

/// Lights of the leads that decide their tasks' lights, but for those about which a request stands: that is the matter.
async fn light_matters(
    ctx: &Ctx,
    desk: &LetterDesk<'_>,
    now: Now,
    asked: HashSet<AssignmentId>,
) -> Result<BTreeMap<String, Matter>, FlowError> {
    let worrying = leads_that_lag(ctx, now.today).await?;
    let ids: Vec<TaskId> = worrying.iter().map(|lag| lag.task_id).collect();
    let plans: HashMap<TaskId, PlanId> = tasks::with_ids(&ctx.db, &ids)
        .await?
        .into_iter()
        .map(|task| (task.id, task.plan_id))
        .collect();
    let matters = worrying
        .into_iter()
        .filter(|lag| !asked.contains(&lag.assignment_id));
    let matters = matters.filter_map(|lag| {
        let plan_id = *plans.get(&lag.task_id)?;
        // A plan that is closed asks for nothing.
        desk.plans
            .get(&plan_id)
            .filter(|plan| plan.closed_on.is_none())?;
        let matter = Matter {
            unit_id: lag.unit_id,
            plan_id,
            task_id: Some(lag.task_id),
            asks: Vec::new(),
            policy: ReminderPolicy::default(),
            evidence: Evidence::Light(lag.rung),
        };
        Some((matter_of_task(lag.task_id, lag.unit_id), matter))
    });
    Ok(matters.collect())
}

/// A lead's part that lags.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lag {
    pub(super) task_id: TaskId,
    pub(super) unit_id: UnitId,
    assignment_id: AssignmentId,
    rung: Rung,
}

/// The leads that decide the lights of their tasks, where these are not green by the lag of what was reported.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn leads_that_lag(ctx: &Ctx, today: NaiveDate) -> Result<Vec<Lag>, FlowError> {
    ask(ctx, move |view| {
        let day = view.board.as_of(today, view.line);
        let everyone = board::Reach::All;
        let leads = [
            crate::domain::light::Light::Yellow,
            crate::domain::light::Light::Red,
        ]
        .into_iter()
        .flat_map(|light| {
            let filter = board::PageFilter {
                light: Some(light),
                role: Some(Role::Lead),
                ..board::PageFilter::default()
            };
            day.page(&everyone, &filter, None, usize::MAX)
        });
        let lags = leads.filter_map(|row| {
            let task = day.task_light(&everyone, row.task_id)?;
            let rung = rung_of_light(&task.why, task.percent)?;
            (task.assignment_id == Some(row.id)).then_some(Lag {
                task_id: row.task_id,
                unit_id: row.unit_id,
                assignment_id: row.id,
                rung,
            })
        });
        lags.collect()
    })
    .await
}
