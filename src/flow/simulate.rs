//! A stretch of time lived through in seconds: the production steps under a moving clock, on a copy in memory (design
//! §7, simulate). The copy keeps plans, units, calendars and cycle settings; everything is issued anew on the first day.

use crate::clock::{Clock, SetClock};
use crate::config::Settings;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::{CycleId, UnitId};
use crate::domain::mail_state::MailKind;
use crate::domain::temperament::People;
use crate::entropy::Entropy;
use crate::files::own_folder::OwnFolder;
use crate::flow::close_asks::close_due;
use crate::flow::deliver_mail::deliver_mail;
use crate::flow::issue_plan::{CyclesAtIssue, HeldTask, issue_plan};
use crate::flow::open_rounds::open_due_rounds;
use crate::flow::queue_reminders::queue_reminders;
use crate::flow::raise_notices::raise_notices;
use crate::flow::simulated_office::SimulatedOffice;
use crate::flow::simulated_units::SimulatedUnits;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::mail::transport::Transport;
use crate::storage::{
    Author, Db, copies, cycles, marks, new_id, obligations, plans, rounds, schema, sent_mails,
};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
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
    /// A seeded mix of prompt, late, careless and silent units, and an office that reviews and decides: the same seed gives
    /// the same days.
    Seeded(u64),
}

/// Name of the database in the folder of a kept simulation.
pub const KEPT_DATABASE: &str = "duban.db";
/// Name of the folder of files there.
pub const KEPT_FILES: &str = "files";

/// What is to be lived through.
#[derive(Clone, Copy)]
pub struct SimulationWanted<'a> {
    /// First local day.
    pub from: NaiveDate,
    /// Last local day.
    pub to: NaiveDate,
    /// How units answer.
    pub behaviour: Behaviour,
    /// A new folder in which the simulated database and its files stay for looking at; the database is marked, so that
    /// whatever opens it sends nothing and stands at the last day.
    pub keep: Option<&'a Path>,
    /// Is told each day that is over, by its number from 1.
    pub on_day: &'a (dyn Fn(u64, NaiveDate) + Send + Sync),
}

impl SimulationWanted<'_> {
    /// The days; units are silent, nothing is kept, nobody is told how far it has come.
    pub fn of(from: NaiveDate, to: NaiveDate) -> Self {
        Self {
            from,
            to,
            behaviour: Behaviour::Silent,
            keep: None,
            on_day: &|_, _| {},
        }
    }

    /// How many days that are; none, or less, where the last lies before the first.
    pub fn days(&self) -> i64 {
        (self.to - self.from).num_days() + 1
    }
}

/// Lives through the local days wanted.
///
/// # Errors
/// [`FlowError::Refused`] where the stretch is empty or too long, or the folder exists.
pub async fn simulate(ctx: &Ctx, wanted: SimulationWanted<'_>) -> Result<Simulated, FlowError> {
    let SimulationWanted { from, to, keep, .. } = wanted;
    if !(1..=LONGEST_DAYS).contains(&wanted.days()) {
        return Err(FlowError::refused(
            RefusalCode::InvalidValue,
            format!(
                "推演的起止日期 {from} 至 {to} 不成立：结束不能早于开始，最长 {LONGEST_DAYS} 天"
            ),
        ));
    }
    let folder = match keep {
        Some(path) => OwnFolder::kept(path).map_err(|error| {
            let text = format!(
                "不能建立文件夹 {}：{error}。请指定一个尚不存在的文件夹",
                path.display()
            );
            FlowError::refused(RefusalCode::InvalidValue, text)
        })?,
        None => OwnFolder::passing(&format!("duban-simulate-{}", new_id())),
    };
    let world = World::make(ctx, from, folder).await?;
    let mut held = Vec::new();
    let plans = plans::all(&world.ctx.db).await?.into_iter();
    for plan in plans.filter(|plan| plan.closed_on.is_none()) {
        held.extend(
            issue_plan(&world.ctx, plan.id, CyclesAtIssue::On)
                .await?
                .held,
        );
    }
    let mut town = match wanted.behaviour {
        Behaviour::Silent => None,
        Behaviour::Seeded(seed) => Some(SimulatedTown::of(seed)),
    };
    let days = from.iter_days().take_while(|day| *day <= to);
    for (number, day) in (1..).zip(days) {
        world.live_through(day, town.as_mut()).await?;
        (wanted.on_day)(number, day);
    }
    let mut told = world.account().await?;
    told.held = held;
    if keep.is_some() {
        world.keep().await?;
    }
    Ok(told)
}

/// The people of a simulated town.
struct SimulatedTown {
    units: SimulatedUnits,
    office: SimulatedOffice,
}

impl SimulatedTown {
    fn of(seed: u64) -> Self {
        let people = People::of(seed);
        Self {
            units: SimulatedUnits::of(people),
            office: SimulatedOffice::of(people),
        }
    }

    /// What they do on a day; nothing on a day off.
    async fn work(&mut self, ctx: &Ctx, day: NaiveDate) -> Result<(), FlowError> {
        let calendar = ctx.calendar().await?;
        if !calendar.holidays.is_workday(day) {
            return Ok(());
        }
        let directory = ctx.units().await?;
        self.office.work(ctx, (&calendar, &directory), day).await?;
        let reports = self.units.work(ctx, &calendar, &directory, day).await?;
        self.office.take(&calendar, day, reports);
        Ok(())
    }
}

/// The copy in memory with its moving clock.
struct World {
    ctx: Ctx,
    clock: SetClock,
    /// Where its files lie.
    folder: OwnFolder,
}

impl World {
    async fn make(original: &Ctx, first: NaiveDate, folder: OwnFolder) -> Result<Self, FlowError> {
        let db = Db::connect("sqlite::memory:").await?;
        schema::migrate(&db).await?;
        let author = Author::system("simulate", original.clock.now());
        let tx = db.write(author).await?;
        copies::copy_settings(&original.db, &tx).await?;
        tx.commit().await?;
        let settings = Settings {
            transport: Transport::Discard,
            files_folder: folder.path().join(KEPT_FILES),
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
        Ok(Self { ctx, clock, folder })
    }

    /// Writes the copy into the folder, marked as what it is.
    async fn keep(&self) -> Result<(), FlowError> {
        let tx = self.ctx.write().await?;
        marks::mark_simulated(&tx, self.ctx.clock.now()).await?;
        tx.commit().await?;
        let file = self.folder.path().join(KEPT_DATABASE);
        Ok(copies::save_as(&self.ctx.db, &file).await?)
    }

    /// One day as the jobs live it: rounds at 00:05, closings at 00:10, digests at 08:30, and mail from then on.
    async fn live_through(
        &self,
        day: NaiveDate,
        town: Option<&mut SimulatedTown>,
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
        let Some(town) = town else {
            return Ok(());
        };
        self.clock.set(at(16 * 60));
        town.work(&self.ctx, day).await?;
        // What is told at once leaves the same day.
        deliver_mail(&self.ctx, &CancellationToken::new()).await?;
        Ok(())
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
        let mails: Vec<SimulatedMail> = sent_mails::sent(db)
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
