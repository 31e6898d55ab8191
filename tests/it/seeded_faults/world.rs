//! One seed's world: instances that come, work and die, units that answer, a clock that the driver moves.

use super::bench::{Bench, Seat, Server, Step};
use super::laws::Laws;
use crate::support::town::run_in;
use anyhow::Context;
use chrono::{NaiveTime, TimeDelta};
use duban::clock::{Clock, SetClock};
use duban::config::Settings;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::dice::Dice;
use duban::domain::ids::ObligationId;
use duban::entropy::Entropy;
use duban::flow::Ctx;
use duban::flow::answer_obligation::{Answer, answer_obligation};
use duban::flow::told_evidence::ToldEvidence;
use duban::mail::transport::Transport;
use duban::storage::boundary::Edge;
use duban::storage::{Db, number_ids_from};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Steps under faults; afterwards all is well.
const STEPS: usize = 400;

/// The seat from which units answer.
const DESK: usize = 3;

/// An instance, or the desk.
struct Instance {
    ctx: Ctx,
    /// What it is at.
    task: Option<JoinHandle<anyhow::Result<()>>>,
}

/// How often what happens.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    pub instances: usize,
    pub crashes: bool,
    pub server: bool,
    pub answers: bool,
}

pub struct World {
    url: String,
    clock: SetClock,
    bench: Arc<Bench>,
    instances: Vec<Instance>,
    dice: Dice,
    weather: Weather,
    laws: Laws,
    /// Whether something was done since that others can see.
    changed: bool,
    /// What happened, one line a step.
    pub trace: Vec<String>,
}

impl World {
    pub async fn open(file: &Path, seed: u64, weather: Weather) -> anyhow::Result<Self> {
        number_ids_from(1_800_000_000_000);
        let settings = Settings::load(None)?;
        let start = "2026-03-09T10:00:00+08:00".parse::<chrono::DateTime<chrono::FixedOffset>>()?;
        let clock = SetClock::at(start.to_utc());
        let bench = Bench::new(clock.clone(), settings.zone);
        let url = format!("sqlite://{}", file.display());
        let laws = Laws::open(&url, settings).await?;
        let mut world = Self {
            url,
            clock,
            bench,
            instances: Vec::new(),
            dice: Dice::of(seed, &[]),
            weather,
            laws,
            changed: true,
            trace: Vec::new(),
        };
        for seat in 0..=DESK {
            let instance = world.instance(seat).await?;
            world.instances.push(instance);
        }
        Ok(world)
    }

    /// A number below `end`.
    fn roll(&mut self, end: usize) -> usize {
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        self.dice.below(end) as usize
    }

    async fn instance(&self, seat: usize) -> anyhow::Result<Instance> {
        let seat = Arc::new(Seat {
            bench: self.bench.clone(),
            instance: seat,
        });
        let db = Db::connect(&self.url).await?.with_boundary(seat.clone());
        let settings = Settings {
            transport: Transport::Port(seat.clone()),
            connections: 2,
            ..Settings::load(None)?
        };
        let clock = Clock::Set(self.clock.clone());
        let entropy = Entropy::seeded(seat.instance as u64);
        let mut ctx = Ctx::with_clock(db, Arc::new(settings), clock.clone(), entropy);
        ctx.real_clock = clock;
        Ok(Instance { ctx, task: None })
    }

    /// Lives through the faults, then through healing; every law is looked at after every step.
    pub async fn live(&mut self) -> anyhow::Result<()> {
        for _ in 0..STEPS {
            self.step().await?;
            self.look().await?;
        }
        self.laws.hold(&self.bench).await?;
        self.heal().await
    }

    async fn look(&mut self) -> anyhow::Result<()> {
        self.bench.settle().await;
        self.reap().await?;
        // Nothing that can be seen changes between one commit, or one word of the server, and the next.
        match std::mem::take(&mut self.changed) {
            true => self.laws.hold(&self.bench).await,
            false => Ok(()),
        }
    }

    async fn step(&mut self) -> anyhow::Result<()> {
        let steps = self.passable();
        let roll = self.roll(100);
        match roll {
            0..=69 if !steps.is_empty() => {
                let step = steps[self.roll(steps.len())].clone();
                let server = self.server();
                self.trace
                    .push(format!("{step:?} {server:?}, of {steps:?}"));
                self.changed = changes(&step.1);
                self.bench.let_pass(&step, server);
            }
            70..=72 if self.weather.crashes => self.crash().await?,
            73..=80 if self.weather.answers => self.answer(),
            81..=87 => self.advance().await,
            _ => self.start(),
        }
        Ok(())
    }

    /// SQLite and PostgreSQL let one writer of a row wait for the other: whoever would begin while another's transaction
    /// is open waits. So does whoever shares an instance with one that does not know yet that it has committed.
    fn passable(&self) -> Vec<(usize, Step)> {
        let mut steps = self.bench.steps();
        let at = |edge| {
            let at_edge = steps
                .iter()
                .filter(move |(_, step)| *step == Step::Edge(edge));
            at_edge.map(|(instance, _)| *instance).collect::<Vec<_>>()
        };
        let (open, committed) = (at(Edge::Commit), at(Edge::Committed));
        steps.retain(|(instance, step)| {
            *step != Step::Edge(Edge::Begin) || (open.is_empty() && !committed.contains(instance))
        });
        steps
    }

    fn server(&mut self) -> Server {
        match self.roll(100) {
            0..=2 if self.weather.server => Server::Away,
            3..=7 if self.weather.server => Server::Later,
            8..=12 if self.weather.server => Server::Silent,
            _ => Server::Well,
        }
    }

    /// An instance dies in the middle of what it does, and another takes its place.
    async fn crash(&mut self) -> anyhow::Result<()> {
        let seat = self.roll(self.weather.instances);
        let Some(task) = self.instances[seat].task.take() else {
            return Ok(());
        };
        let doing: Vec<_> = self.bench.steps();
        let doing = doing.iter().filter(|(instance, _)| *instance == seat);
        self.trace
            .push(format!("{seat} dies at {:?}", doing.collect::<Vec<_>>()));
        task.abort();
        // Its end is awaited: what it held is let go.
        let _ = task.await;
        self.bench.settle().await;
        self.instances[seat] = self.instance(seat).await?;
        Ok(())
    }

    /// A tick of the clockwork on one instance, whatever the others are at.
    fn start(&mut self) {
        let seat = self.roll(self.weather.instances);
        let job = match self.roll(10) {
            0..=4 => "deliver",
            5..=6 => "remind",
            7 => "housekeep",
            _ => CycleKind::ALL[self.roll(CycleKind::ALL.len())].as_str(),
        };
        self.run(seat, job);
    }

    fn run(&mut self, seat: usize, job: &'static str) {
        if self.instances[seat].task.is_some() {
            return;
        }
        self.trace.push(format!("{seat} runs {job}"));
        let ctx = self.instances[seat].ctx.clone();
        self.instances[seat].task = Some(tokio::spawn(
            async move { run_in(&ctx, job).await.map(drop) },
        ));
    }

    /// A unit answers something that it was asked.
    fn answer(&mut self) {
        let open = self.laws.open_asks().to_vec();
        if open.is_empty() || self.instances[DESK].task.is_some() {
            return;
        }
        let id = open[self.roll(open.len())];
        self.trace.push(format!("{id} is answered"));
        let ctx = self.instances[DESK].ctx.clone();
        self.instances[DESK].task = Some(tokio::spawn(async move { answer(&ctx, id).await }));
    }

    /// Time passes: seconds, a lease, minutes, or until the next morning.
    async fn advance(&mut self) {
        let now = self.bench.now();
        let zone = self.instances[DESK].ctx.settings.zone;
        let local = zone.local(now);
        let morning = |days: u64, time: (u32, u32)| {
            let day = local.date() + chrono::Days::new(days);
            let time = NaiveTime::from_hms_opt(time.0, time.1, 0).unwrap_or_default();
            zone.instant(day.and_time(time))
        };
        let then = match self.roll(10) {
            0..=3 => now + TimeDelta::seconds(5),
            4..=5 => now + TimeDelta::seconds(40),
            6 => now + TimeDelta::minutes(7),
            7 => now + TimeDelta::hours(3),
            8 => morning(1, (0, 5)),
            _ => morning(1, (8, 30)),
        };
        self.pass_time(then - now).await;
    }

    async fn pass_time(&mut self, time: TimeDelta) {
        let then = self.bench.now() + time;
        self.trace.push(format!("it is {then}"));
        self.clock.set(then);
        // Time-outs and pauses run by the same clock, in a few strides.
        let stride = time
            .to_std()
            .unwrap_or_default()
            .min(Duration::from_secs(60));
        tokio::time::advance(stride).await;
    }

    /// Takes leave of what has ended; what failed is tried again by a later tick, as by the clockwork.
    async fn reap(&mut self) -> anyhow::Result<()> {
        for seat in 0..self.instances.len() {
            if let Some(task) = self.instances[seat].task.take_if(|task| task.is_finished()) {
                match task.await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => self.trace.push(format!("{seat}: {error:#}")),
                    Err(error) => anyhow::bail!("{seat} broke: {error}"),
                }
            }
        }
        Ok(())
    }

    /// No more faults: everybody finishes, and the days that follow are ordinary ones.
    async fn heal(&mut self) -> anyhow::Result<()> {
        self.trace.push("all is well".to_owned());
        self.drain().await?;
        // Leases of the dead run out, and held lanes open.
        self.pass_time(TimeDelta::hours(2)).await;
        for day in 0..7u64 {
            for (time, job) in [
                ((0, 10), "housekeep"),
                ((8, 30), "remind"),
                ((8, 31), "deliver"),
                ((14, 0), "deliver"),
            ] {
                let zone = self.instances[DESK].ctx.settings.zone;
                let today = zone.local(self.bench.now()).date();
                let time = NaiveTime::from_hms_opt(time.0, time.1, 0).context("time")?;
                let then = zone.instant(today.and_time(time));
                if then > self.bench.now() {
                    self.pass_time(then - self.bench.now()).await;
                }
                self.run((day % self.weather.instances as u64) as usize, job);
                self.drain().await?;
            }
            self.pass_time(TimeDelta::hours(8)).await;
        }
        self.laws.nothing_is_left(&self.bench).await
    }

    /// Lets everybody pass until nobody is at anything.
    async fn drain(&mut self) -> anyhow::Result<()> {
        for _ in 0..100_000 {
            self.look().await?;
            if let Some(step) = self.passable().first() {
                self.bench.let_pass(step, Server::Well);
                self.changed = matches!(step.1, Step::Hear(_));
            } else if self.instances.iter().all(|one| one.task.is_none()) {
                return self.laws.hold(&self.bench).await;
            } else {
                self.pass_time(TimeDelta::seconds(3)).await;
            }
        }
        anyhow::bail!("somebody never ends");
    }
}

/// Whether others can see that it was done.
fn changes(step: &Step) -> bool {
    match step {
        Step::Edge(edge) => *edge == Edge::Commit,
        Step::Offer(_) => false,
        Step::Transmit(_) | Step::Hear(_) => true,
    }
}

async fn answer(ctx: &Ctx, id: ObligationId) -> anyhow::Result<()> {
    let answer = Answer {
        obligation_id: id,
        reported_by: "test".to_owned(),
        note: None,
        items: Vec::new(),
        values: Vec::new(),
        evidence: ToldEvidence::default(),
    };
    answer_obligation(ctx, answer).await?;
    Ok(())
}
