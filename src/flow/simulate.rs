//! A stretch of time lived through in seconds: the production steps under a moving clock, on a copy in memory (design
//! §7, simulate). The copy keeps plans, units, calendars and cycle settings; everything is issued anew on the first day.

use crate::clock::{Clock, SetClock};
use crate::config::Settings;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::draw::hex;
use crate::domain::ids::{CycleId, UnitId};
use crate::domain::mail_state::MailKind;
use crate::entropy::Entropy;
use crate::flow::answer_obligation::{Answer, answer_obligation};
use crate::flow::close_asks::close_due;
use crate::flow::deliver_mail::deliver_mail;
use crate::flow::issue_plan::{CyclesAtIssue, HeldTask, issue_plan};
use crate::flow::open_rounds::open_due_rounds;
use crate::flow::queue_reminders::queue_reminders;
use crate::flow::raise_notices::raise_notices;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::mail::transport::Transport;
use crate::storage::{Author, Db, copies, cycles, obligations, outbox, plans, rounds, schema};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The longest stretch: three school years.
const LONGEST_DAYS: i64 = 1_100;

/// What happened in the simulated time, in order of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Simulated {
    /// Rounds opened.
    pub rounds: Vec<SimulatedRound>,
    /// Mails sent.
    pub mails: Vec<SimulatedMail>,
    /// Whether any of the dates rests on a calendar not announced yet.
    pub provisional: bool,
    /// Tasks that could not be issued.
    pub held: Vec<HeldTask>,
    /// How many requests were answered, left unanswered, or are open at the end.
    pub answers: BTreeMap<&'static str, usize>,
}

/// A round of the simulated time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SimulatedRound {
    /// Kind of its cycle.
    pub cycle: CycleKind,
    /// Its period.
    pub period: String,
    /// Day it opened.
    pub opens_on: NaiveDate,
    /// Latest due day; none where nothing is asked.
    pub due_on: Option<NaiveDate>,
    /// Requests it made.
    pub obligations: usize,
    /// A date of it rests on a calendar not announced yet.
    pub provisional: bool,
    /// Title of the plan.
    pub plan: String,
    /// What a person should know.
    pub listed: Vec<String>,
}

/// A mail of the simulated time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SimulatedMail {
    /// Local day.
    pub on: NaiveDate,
    /// Instant, with the local offset.
    pub at: String,
    /// Code of the first unit of the address.
    pub unit: Option<String>,
    /// Address.
    pub to: String,
    /// `digest` or `immediate`.
    pub kind: MailKind,
    /// Obligations it asks for.
    pub obligations: i32,
    /// Obligations of others it is a copy of.
    pub copies: i32,
}

/// How units answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Nobody does.
    Silent,
    /// Most do, sooner or later, by a seed: the same seed gives the same days.
    Seeded(u64),
}

/// Lives through the local days `from..=to`.
///
/// # Errors
/// [`FlowError::Refused`] where the stretch is empty or too long.
pub async fn simulate(
    ctx: &Ctx,
    from: NaiveDate,
    to: NaiveDate,
    behaviour: Behaviour,
) -> Result<Simulated, FlowError> {
    let days = (to - from).num_days() + 1;
    if !(1..=LONGEST_DAYS).contains(&days) {
        return Err(FlowError::refused(
            RefusalCode::InvalidValue,
            format!(
                "推演的起止日期 {from} 至 {to} 不成立：结束不能早于开始，最长 {LONGEST_DAYS} 天"
            ),
        ));
    }
    let world = World::make(ctx, from).await?;
    let mut held = Vec::new();
    let plans = plans::all(&world.ctx.db).await?.into_iter();
    for plan in plans.filter(|plan| plan.closed_on.is_none()) {
        held.extend(
            issue_plan(&world.ctx, plan.id, CyclesAtIssue::On)
                .await?
                .held,
        );
    }
    let mut answering = Answering::new(behaviour);
    for day in from.iter_days().take(usize::try_from(days).unwrap_or(0)) {
        world.live_through(day, &mut answering).await?;
    }
    let mut told = world.account().await?;
    told.held = held;
    Ok(told)
}

/// The copy in memory with its moving clock.
struct World {
    ctx: Ctx,
    clock: SetClock,
}

impl World {
    async fn make(original: &Ctx, first: NaiveDate) -> Result<Self, FlowError> {
        let db = Db::connect("sqlite::memory:").await?;
        schema::migrate(&db).await?;
        let author = Author::system("simulate", original.clock.now());
        let tx = db.write(author).await?;
        copies::copy_settings(&original.db, &tx).await?;
        tx.commit().await?;
        let settings = Settings {
            transport: Transport::Discard,
            ..(*original.settings).clone()
        };
        let clock = SetClock::at(settings.zone.instant(first.and_time(NaiveTime::MIN)));
        // The plans' ids seed it: the same plans give the same draws.
        let ids: Vec<String> = plans::all(&db)
            .await?
            .iter()
            .map(|plan| plan.identity.clone())
            .collect();
        let seed = Sha256::digest(ids.join("|").as_bytes());
        let seed = seed
            .iter()
            .take(8)
            .fold(0_u64, |seed, byte| seed << 8 | u64::from(*byte));
        let mut ctx = Ctx::with_clock(
            db,
            Arc::new(settings),
            Clock::Set(clock.clone()),
            Entropy::seeded(seed),
        );
        ctx.real_clock = Clock::Set(clock.clone());
        Ok(Self { ctx, clock })
    }

    /// One day as the jobs live it: rounds at 00:05, closings at 00:10, digests at 08:30, and mail from then on.
    async fn live_through(
        &self,
        day: NaiveDate,
        answering: &mut Answering,
    ) -> Result<(), FlowError> {
        let at = |minutes: i64| {
            self.ctx
                .settings
                .zone
                .instant(day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes))
        };
        self.clock.set(at(5));
        for kind in CycleKind::ALL {
            open_due_rounds(&self.ctx, Some(kind)).await?;
        }
        self.clock.set(at(10));
        close_due(&self.ctx).await?;
        self.clock.set(at(8 * 60 + 30));
        raise_notices(&self.ctx).await?;
        queue_reminders(&self.ctx).await?;
        deliver_mail(&self.ctx, &CancellationToken::new()).await?;
        self.clock.set(at(16 * 60));
        answering.answer(&self.ctx, day).await
    }

    async fn account(&self) -> Result<Simulated, FlowError> {
        let db = &self.ctx.db;
        let cycles: HashMap<CycleId, _> = cycles::all(db)
            .await?
            .into_iter()
            .map(|cycle| (cycle.id, cycle))
            .collect();
        let plans: HashMap<_, _> = plans::all(db)
            .await?
            .into_iter()
            .map(|plan| (plan.id, plan.title))
            .collect();
        let all = obligations::list(db, None, false, u64::from(u32::MAX)).await?;
        let mut asked: HashMap<_, usize> = HashMap::new();
        let mut answers: BTreeMap<&'static str, usize> = BTreeMap::new();
        for obligation in &all {
            *answers.entry(obligation.state.as_str()).or_default() += 1;
            if let Some(round) = obligation.round_id {
                *asked.entry(round).or_default() += 1;
            }
        }
        let mut told_rounds = Vec::new();
        for round in rounds::all(db).await? {
            let Some(cycle) = cycles.get(&round.cycle_id) else {
                continue;
            };
            told_rounds.push(SimulatedRound {
                cycle: cycle.kind,
                period: round.period.to_string(),
                opens_on: round.opened_on,
                due_on: round.due_on,
                obligations: asked.get(&round.id).copied().unwrap_or(0),
                provisional: round.provisional,
                plan: plans.get(&cycle.plan_id).cloned().unwrap_or_default(),
                listed: round.listed,
            });
        }
        let directory = self.ctx.units().await?;
        let code = |id: Option<UnitId>| {
            id.and_then(|id| directory.get(id))
                .map(|unit| unit.code.clone())
        };
        let mails: Vec<SimulatedMail> = outbox::sent(db)
            .await?
            .into_iter()
            .map(|mail| SimulatedMail {
                on: mail.local_on,
                at: self.ctx.settings.zone.rfc3339(mail.sent_at),
                unit: code(mail.unit_id),
                to: mail.to_address,
                kind: mail.kind,
                obligations: mail.asks,
                copies: mail.copies,
            })
            .collect();
        Ok(Simulated {
            provisional: told_rounds.iter().any(|round| round.provisional)
                || all.iter().any(|one| one.provisional),
            rounds: told_rounds,
            mails,
            held: Vec::new(),
            answers,
        })
    }
}

/// Units that answer: each request is answered some days after it was made, or never.
struct Answering {
    behaviour: Behaviour,
}

impl Answering {
    fn new(behaviour: Behaviour) -> Self {
        Self { behaviour }
    }

    async fn answer(&mut self, ctx: &Ctx, day: NaiveDate) -> Result<(), FlowError> {
        let Behaviour::Seeded(seed) = self.behaviour else {
            return Ok(());
        };
        let directory = ctx.units().await?;
        for obligation in obligations::open(&ctx.db).await? {
            let Some(unit) = directory.get(obligation.unit_id) else {
                continue;
            };
            let key = format!(
                "{seed}|{}|{}|{}",
                unit.code,
                obligation.kind.as_str(),
                obligation.opened_on
            );
            if answers_after_days(&key)
                .is_some_and(|days| (day - obligation.opened_on).num_days() >= days)
            {
                let answer = Answer {
                    obligation_id: obligation.id,
                    reported_by: unit.code.clone(),
                    note: None,
                    items: Vec::new(),
                    values: Vec::new(),
                };
                answer_obligation(ctx, answer).await?;
            }
        }
        Ok(())
    }
}

/// Days until a request is answered: within two days for 60 %, within two weeks for 30 %, up to a month for 7 %, never
/// for 3 %.
fn answers_after_days(key: &str) -> Option<i64> {
    let digest = hex(&Sha256::digest(key.as_bytes()));
    let number = i64::from_str_radix(digest.get(..8)?, 16).ok()?;
    let (share, spread) = (number % 100, number / 100);
    match share {
        0..60 => Some(spread % 3),
        60..90 => Some(3 + spread % 12),
        90..97 => Some(15 + spread % 16),
        _ => None,
    }
}
