//! cycle → round and its obligations. Whoever inserts the round's row first has opened it; everything it asks is in the
//! same transaction (design §5.1, §5.2, §6).

use crate::crash_point::crash_point;
use crate::domain::catch_up::{
    CycleOnDay, OpenRound, RoundToOpen, rounds_closed_by_opening, rounds_to_open,
};
use crate::domain::cycle::{CycleRule, Opens};
use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::{PlanId, RoundId};
use crate::domain::level::Level;
use crate::domain::period_key::PeriodKey;
use crate::domain::resource::Resource;
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::ask_budget::{Override, record_override};
use crate::flow::close_asks::close_round_in;
use crate::flow::draft_bulletin::draft_of_round;
use crate::flow::freeze_snapshot::{Frozen, freeze_snapshot};
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::manage_cycles::lay_down_seed;
use crate::flow::open_round_by_hand::ByHand;
use crate::flow::plan_inspections::plan_inspections;
use crate::flow::round_asks::{Ask, Asks, RoundScope};
use crate::flow::{Ctx, FlowError, Now, Progress};
use crate::storage::audit_events::AuditEntry;
use crate::storage::cycles::StoredCycle;
use crate::storage::plans::StoredPlan;
use crate::storage::rounds::{StoredDraw, StoredRound};
use crate::storage::{Session, WriteTx, cycles, new_id, obligations, plans, rounds, units};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};

/// A round that was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundOpened {
    /// Its row.
    pub round: StoredRound,
    /// Kind of its cycle.
    pub kind: CycleKind,
    /// Obligations it made.
    pub obligations: usize,
    /// Mails queued at once.
    pub mails: usize,
}

/// Opens what is due today, for the cycles of one kind or of all.
///
/// # Errors
/// [`FlowError`].
pub async fn open_due_rounds(ctx: &Ctx, kind: Option<CycleKind>) -> Result<Progress, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let plans: HashMap<_, _> = plans::all(&ctx.db)
        .await?
        .into_iter()
        .map(|plan| (plan.id, plan))
        .collect();
    let mut steps = Vec::new();
    for cycle in cycles::all(&ctx.db).await? {
        if !cycle.enabled || kind.is_some_and(|kind| kind != cycle.kind) {
            continue;
        }
        let Some(plan) = plans.get(&cycle.plan_id) else {
            continue;
        };
        // A cycle that cannot be gone on with keeps no other from its day.
        let opened = open_due_of(ctx, &calendar, &cycle, plan, now).await;
        steps.push(opened.inspect_err(|error| {
            tracing::error!(%error, cycle.id = %cycle.id, "Rounds of a cycle could not be opened");
        }));
    }
    Progress::of_all(steps)
}

/// Opens those of a cycle.
async fn open_due_of(
    ctx: &Ctx,
    calendar: &SchoolCalendar,
    cycle: &StoredCycle,
    plan: &StoredPlan,
    now: Now,
) -> Result<Progress, FlowError> {
    let mut opened = Progress::default();
    let due = due_rounds(ctx, calendar, cycle, plan, now).await?;
    for wanted in &due {
        crash_point("open");
        let round = open_round(ctx, calendar, cycle, plan, wanted, None, now).await?;
        opened.done += usize::from(round.is_some());
    }
    if !due.is_empty() {
        close_earlier(ctx, cycle, &due, now).await?;
    }
    Ok(opened)
}

async fn due_rounds(
    ctx: &Ctx,
    calendar: &SchoolCalendar,
    cycle: &StoredCycle,
    plan: &StoredPlan,
    now: Now,
) -> Result<Vec<RoundToOpen>, FlowError> {
    let (Some(switched_on_on), Some(issued_on)) = (cycle.switched_on_on, plan.issued_on) else {
        return Ok(Vec::new());
    };
    let existing: BTreeSet<PeriodKey> = rounds::of_cycle(&ctx.db, cycle.id)
        .await?
        .iter()
        .map(|round| round.period)
        .collect();
    let levels = levels_asked(&ctx.db, &cycle.rule, plan.id).await?;
    Ok(rounds_to_open(&CycleOnDay {
        rule: &cycle.rule,
        calendar,
        levels: &levels,
        existing: &existing,
        switched_on_on,
        issued_on,
        last_phase_ends_on: plan.last_phase_ends_on,
        closed_on: plan.closed_on,
        today: now.today,
    }))
}

/// The school levels that a cycle asks among the units of a plan; empty (meaning any) where its days do not hang on
/// term ends.
pub(super) async fn levels_asked(
    db: &impl Session,
    rule: &CycleRule,
    plan_id: PlanId,
) -> Result<Vec<Level>, FlowError> {
    match rule.opens {
        Opens::BeforeEnd(_) => Ok(units::levels_of_plan(db, plan_id).await?),
        Opens::DayOfPeriod(_) | Opens::DayOfLastMonth(_) | Opens::AfterEnd(_) => Ok(Vec::new()),
    }
}

/// Rounds of earlier periods that were opened before today close when a new one opens.
pub(super) async fn close_earlier(
    ctx: &Ctx,
    cycle: &StoredCycle,
    opened: &[RoundToOpen],
    now: Now,
) -> Result<(), FlowError> {
    let open: Vec<StoredRound> = rounds::of_cycle(&ctx.db, cycle.id)
        .await?
        .into_iter()
        .filter(|round| round.open)
        .collect();
    let known: Vec<OpenRound> = open
        .iter()
        .map(|round| OpenRound {
            period: round.period,
            opened_on: round.opened_on,
        })
        .collect();
    let openings: Vec<PeriodKey> = opened.iter().map(|wanted| wanted.period.key).collect();
    let closing = rounds_closed_by_opening(&known, &openings, now.today);
    for round in open.iter().filter(|round| closing.contains(&round.period)) {
        close_round_in(ctx, round, now).await?;
    }
    Ok(())
}

/// Opens one round with all it asks; `None` where somebody else has opened it.
pub(super) async fn open_round(
    ctx: &Ctx,
    calendar: &SchoolCalendar,
    cycle: &StoredCycle,
    plan: &StoredPlan,
    wanted: &RoundToOpen,
    by_hand: Option<&ByHand<'_>>,
    now: Now,
) -> Result<Option<RoundOpened>, FlowError> {
    let frozen = freeze_of_round(ctx, cycle, plan, wanted, now).await?;
    let tx = ctx.write().await?;
    // Read again inside: a draw uses the seed that was laid down, once.
    let Some(cycle) = cycles::get(&tx, cycle.id).await? else {
        return Ok(None);
    };
    let round_id = RoundId(new_id());
    let scope = RoundScope {
        ctx,
        tx: &tx,
        calendar,
        cycle: &cycle,
        plan,
        period: wanted.period,
        round_id,
        now,
    };
    let Asks {
        obligations: asked,
        draw,
        listed,
        stretched,
        check,
        inspections,
    } = scope.asks().await?;
    by_hand.map_or(Ok(()), |one| one.check(&asked, &stretched, now))?;
    let round = StoredRound {
        id: round_id,
        cycle_id: cycle.id,
        period: wanted.period.key,
        open: true,
        planned_on: wanted.planned_opens_on,
        opened_on: now.today,
        due_on: asked.iter().map(|ask| ask.obligation.due_on).max(),
        late: wanted.late,
        by_hand: by_hand.map(|by_hand| by_hand.reason.unwrap_or_default().to_owned()),
        provisional: wanted.provisional || asked.iter().any(|ask| ask.obligation.provisional),
        listed,
        opened_at: now.at,
        check,
    };
    if !rounds::insert(&tx, &round, draw.as_ref()).await? {
        return Ok(None);
    }
    insert_all(&tx, &asked).await?;
    if let Some(frozen) = &frozen {
        draft_of_round(ctx, &tx, plan, &round, frozen).await?;
    }
    let over = told_override(&cycle, plan, &round, by_hand);
    record_override(ctx, &tx, now, &stretched, over).await?;
    let told = plan_inspections(&scope, &round, &inspections).await?;
    lay_down_next(&scope, draw.as_ref()).await?;
    let mails = match by_hand {
        Some(_) => told + tell_asked(&scope, &asked).await?,
        None => told,
    };
    tx.audit(opened_audit(&cycle, &round, asked.len()));
    tx.commit().await?;
    tell_opened(&cycle, &round, asked.len());
    Ok(Some(RoundOpened {
        kind: cycle.kind,
        obligations: asked.len(),
        mails,
        round,
    }))
}

async fn insert_all(tx: &WriteTx, asked: &[Ask]) -> Result<(), FlowError> {
    for ask in asked {
        obligations::insert(tx, &ask.source, &ask.obligation, &ask.items).await?;
    }
    crash_point("insert");
    Ok(())
}

/// After a draw, the seed of the next one.
async fn lay_down_next(scope: &RoundScope<'_>, draw: Option<&StoredDraw>) -> Result<(), FlowError> {
    if draw.is_some() {
        lay_down_seed(scope.ctx, scope.tx, scope.cycle).await?;
    }
    Ok(())
}

/// Tells the units at once what they are asked; how many mails that makes.
async fn tell_asked(scope: &RoundScope<'_>, asked: &[Ask]) -> Result<usize, FlowError> {
    let asked: Vec<_> = asked.iter().map(|ask| ask.obligation.clone()).collect();
    mail_at_once(scope.ctx, scope.tx, scope.calendar, scope.now, &asked).await
}

/// Tells the operator.
fn tell_opened(cycle: &StoredCycle, round: &StoredRound, obligations: usize) {
    metrics::counter!("duban_rounds_opened_total", "cycle" => cycle.kind.as_str()).increment(1);
    tracing::info!(cycle = cycle.kind.as_str(), period = %round.period, obligations, late = round.late, "Opened a round");
}

/// What is written down where a round stretches the rules.
fn told_override<'a>(
    cycle: &StoredCycle,
    plan: &StoredPlan,
    round: &StoredRound,
    by_hand: Option<&ByHand<'a>>,
) -> Override<'a> {
    Override {
        what: format!(
            "《{}》{}{}",
            plan.title,
            round.period.label(),
            cycle.kind.label()
        ),
        by_hand: by_hand.is_some(),
        reason: by_hand.and_then(|by_hand| by_hand.reason),
        plan_id: Some(plan.id),
        round_id: Some(round.id),
        same_day: false,
    }
}

/// What a round of bulletins is made of: the plan as it stood on the last day of the period, or stands today. Looked at
/// before the transaction begins, which would keep others from writing meanwhile.
async fn freeze_of_round(
    ctx: &Ctx,
    cycle: &StoredCycle,
    plan: &StoredPlan,
    wanted: &RoundToOpen,
    now: Now,
) -> Result<Option<Frozen>, FlowError> {
    match cycle.kind {
        CycleKind::Bulletin => {
            let as_of = wanted.period.ends_on.min(now.today);
            let frozen = freeze_snapshot(ctx, plan, Some(wanted.period), as_of).await?;
            Ok(Some(frozen))
        }
        CycleKind::SpotCheck
        | CycleKind::Dispatch
        | CycleKind::Monitoring
        | CycleKind::Appraisal => Ok(None),
    }
}

/// What the audit keeps of an opening.
fn opened_audit(cycle: &StoredCycle, round: &StoredRound, obligations: usize) -> AuditEntry {
    let target = format!("{} {}", cycle.kind.as_str(), round.period);
    AuditEntry::done("open_round", Resource::Rounds, round.id.0, target).after(json!({
        "obligations": obligations,
        "due_on": round.due_on,
        "late": round.late,
        "reason": round.by_hand,
        "listed": round.listed,
    }))
}
