//! A small town: four tasks, eleven units that carry them, one office that watches. Two schools share a contact, one has
//! no address. Its bureau lives by the jobs of the program, whenever a test says what time it is.

use super::database::Database;
use anyhow::Context;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use duban::clock::{Clock, SetClock};
use duban::config::Settings;
use duban::documents::{UnitRow, read_document, read_units};
use duban::domain::cycle_kind::CycleKind;
use duban::domain::ids::{ObligationId, PlanId};
use duban::domain::obligation::ObligationKind;
use duban::domain::plan::{ParsedPlan, parse_plan};
use duban::domain::plan_origin::PlanOrigin;
use duban::entropy::Entropy;
use duban::flow::Ctx;
use duban::flow::answer_obligation::{Answer, answer_obligation};
use duban::flow::import_plan::{PlanToImport, import_plan};
use duban::flow::import_units::{UnitsImported, import_units};
use duban::flow::issue_plan::{CyclesAtIssue, PlanIssued, issue_plan};
use duban::flow::told_evidence::ToldEvidence;
use duban::jobs::JobSpec;
use duban::mail::transport::{MemoryOutbox, Transport};
use duban::storage::cycles::StoredCycle;
use duban::storage::obligations::StoredObligation;
use duban::storage::plans::StoredPlan;
use duban::storage::reminders::StoredReminder;
use duban::storage::rounds::StoredRound;
use duban::storage::{Db, cycles, obligations, plans, reminders, rounds, schema};
use entity::mail;
use sea_orm::{EntityTrait, QueryOrder};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The town's plan.
pub const PLAN: &str = include_str!("../../data/town/plan.txt");
/// Its units.
pub const UNITS: &str = include_str!("../../data/town/units.csv");
/// The day on which tests issue the plan: a Monday, in term, without a holiday near.
pub const MONDAY: &str = "2026-03-09";

/// One bureau at work.
pub struct Town {
    pub ctx: Ctx,
    pub clock: SetClock,
    pub outbox: MemoryOutbox,
    pub url: String,
}

impl Town {
    /// An empty installation on `database`, at ten o'clock on [`MONDAY`].
    pub async fn found(database: &Database) -> anyhow::Result<Self> {
        let outbox = MemoryOutbox::new();
        let clock = SetClock::at(DateTime::UNIX_EPOCH);
        let settings = Settings {
            transport: Transport::Memory(outbox.clone()),
            files_folder: database.files.clone(),
            ..Settings::load(None)?
        };
        let url = database.url.clone();
        let ctx = instance(&url, settings, &clock).await?;
        schema::migrate(&ctx.db).await?;
        let town = Self {
            ctx,
            clock,
            outbox,
            url,
        };
        town.set(MONDAY, "10:00")?;
        Ok(town)
    }

    /// Another instance on the same database and at the same time, with connections of its own.
    pub async fn another(&self) -> anyhow::Result<Ctx> {
        instance(&self.url, (*self.ctx.settings).clone(), &self.clock).await
    }

    /// The same instance under other settings.
    pub fn under(&self, change: impl FnOnce(&mut Settings)) -> Ctx {
        let mut settings = (*self.ctx.settings).clone();
        change(&mut settings);
        let clock = Clock::Set(self.clock.clone());
        let mut ctx = Ctx::with_clock(
            self.ctx.db.clone(),
            Arc::new(settings),
            clock.clone(),
            Entropy::seeded(7),
        );
        ctx.real_clock = clock;
        ctx
    }

    /// Sets the local time.
    pub fn set(&self, day: &str, time: &str) -> anyhow::Result<()> {
        let local = NaiveDateTime::parse_from_str(&format!("{day} {time}"), "%Y-%m-%d %H:%M")?;
        self.clock.set(self.ctx.settings.zone.instant(local));
        Ok(())
    }

    /// Imports the plan with all units.
    pub async fn import(&self) -> anyhow::Result<PlanId> {
        self.import_with(UNITS).await
    }

    /// Imports the plan with other units.
    pub async fn import_with(&self, units: &str) -> anyhow::Result<PlanId> {
        let rows = unit_rows(units)?;
        let import = PlanToImport {
            plan: parsed(PLAN)?,
            source_name: "plan.txt",
            units: Some(&rows),
        };
        Ok(import_plan(&self.ctx, import).await?.plan_id)
    }

    /// Imports units alone.
    pub async fn import_units(&self, units: &str) -> anyhow::Result<UnitsImported> {
        Ok(import_units(&self.ctx, &unit_rows(units)?).await?)
    }

    /// Imports and issues the plan now, its cycles on or off.
    pub async fn issue(&self, cycles: CyclesAtIssue) -> anyhow::Result<PlanIssued> {
        let plan = self.import().await?;
        Ok(issue_plan(&self.ctx, plan, cycles).await?)
    }

    /// Issues the plan without cycles at ten o'clock on [`MONDAY`], the day's digests being made: every contact has its
    /// immediate mail.
    pub async fn issue_on_monday(&self) -> anyhow::Result<PlanIssued> {
        self.set(MONDAY, "08:30")?;
        self.run("remind").await?;
        self.set(MONDAY, "10:00")?;
        let issued = self.issue(CyclesAtIssue::Off).await?;
        self.run("deliver").await?;
        Ok(issued)
    }

    /// Runs one job to its end.
    pub async fn run(&self, job: &str) -> anyhow::Result<usize> {
        run_in(&self.ctx, job).await
    }

    /// Lives through days as the schedule does: rounds, housekeeping, digests, delivery.
    pub async fn live(&self, from: &str, to: &str) -> anyhow::Result<()> {
        for day in days(from, to)? {
            self.dawn(&day).await?;
            self.set(&day, "08:30")?;
            self.run("remind").await?;
            self.set(&day, "08:31")?;
            self.run("deliver").await?;
        }
        Ok(())
    }

    /// The first hour of a day: rounds open and end.
    pub async fn dawn(&self, day: &str) -> anyhow::Result<()> {
        self.set(day, "00:05")?;
        for kind in CycleKind::ALL {
            self.run(kind.as_str()).await?;
        }
        self.set(day, "00:10")?;
        self.run("housekeep").await?;
        Ok(())
    }

    /// The plan that was read from a document.
    pub async fn plan(&self) -> anyhow::Result<StoredPlan> {
        let mut all = plans::all(&self.ctx.db).await?.into_iter();
        all.find(|plan| plan.origin == PlanOrigin::Document)
            .context("no plan")
    }

    /// Its cycle of a kind.
    pub async fn cycle(&self, kind: CycleKind) -> anyhow::Result<StoredCycle> {
        let all = cycles::all(&self.ctx.db).await?;
        all.into_iter()
            .find(|cycle| cycle.kind == kind)
            .context("no such cycle")
    }

    /// Rounds of a kind, oldest first.
    pub async fn rounds(&self, kind: CycleKind) -> anyhow::Result<Vec<StoredRound>> {
        Ok(rounds::of_cycle(&self.ctx.db, self.cycle(kind).await?.id).await?)
    }

    /// All that a unit was ever asked, of one kind.
    pub async fn asked(
        &self,
        unit: &str,
        kind: ObligationKind,
    ) -> anyhow::Result<Vec<StoredObligation>> {
        let directory = self.ctx.units().await?;
        let unit = directory.by_code(unit).context("no such unit")?.id;
        let mut all = obligations::list(&self.ctx.db, Some(unit), false, 1000).await?;
        all.retain(|one| one.kind == kind);
        Ok(all)
    }

    /// The one thing of a kind that a unit was asked.
    pub async fn ask(&self, unit: &str, kind: ObligationKind) -> anyhow::Result<StoredObligation> {
        self.asked(unit, kind).await?.pop().context("nothing asked")
    }

    /// Answers for a unit.
    pub async fn answer(&self, id: ObligationId) -> anyhow::Result<()> {
        let answer = Answer {
            obligation_id: id,
            reported_by: "test".to_owned(),
            note: None,
            items: Vec::new(),
            values: Vec::new(),
            evidence: ToldEvidence::default(),
        };
        answer_obligation(&self.ctx, answer).await?;
        Ok(())
    }

    /// Reminders of an obligation, oldest first.
    pub async fn ledger(&self, id: ObligationId) -> anyhow::Result<Vec<StoredReminder>> {
        Ok(reminders::of_obligations(&self.ctx.db, &[id]).await?)
    }

    /// Every mail in the outbox, oldest first.
    pub async fn mails(&self) -> anyhow::Result<Vec<mail::Model>> {
        let find = mail::Entity::find()
            .order_by_asc(mail::Column::QueuedAt)
            .order_by_asc(mail::Column::Address);
        Ok(find.all(&self.ctx.db).await?)
    }

    /// Mails to one address, oldest first.
    pub async fn mails_to(&self, address: &str) -> anyhow::Result<Vec<mail::Model>> {
        let mut mails = self.mails().await?;
        mails.retain(|mail| mail.address == address);
        Ok(mails)
    }

    /// Addresses that the server took mails for, in order of the alphabet.
    pub fn taken(&self) -> Vec<String> {
        let mails = self.outbox.mails();
        let mut taken: Vec<String> = mails
            .iter()
            .map(|mail| mail.envelope.to.as_str().to_owned())
            .collect();
        taken.sort();
        taken
    }
}

/// Runs one job on any instance.
pub async fn run_in(ctx: &Ctx, job: &str) -> anyhow::Result<usize> {
    let spec = JobSpec::named(job).context("no such job")?;
    Ok(spec.run(ctx, &CancellationToken::new()).await?.done)
}

/// The document as the importer gives it to the flow.
pub fn parsed(text: &str) -> anyhow::Result<ParsedPlan> {
    Ok(parse_plan(
        &read_document("plan.txt", text.as_bytes())?,
        Some(2026),
    ))
}

/// Rows of a units file.
pub fn unit_rows(text: &str) -> anyhow::Result<Vec<UnitRow>> {
    Ok(read_units("units.csv", text.as_bytes())?)
}

/// A day as written in these tests.
pub fn day(text: &str) -> anyhow::Result<NaiveDate> {
    text.parse().with_context(|| text.to_owned())
}

/// The instant of a local time.
pub fn instant(town: &Town, day: &str, time: &str) -> anyhow::Result<DateTime<Utc>> {
    let local = NaiveDateTime::parse_from_str(&format!("{day} {time}"), "%Y-%m-%d %H:%M")?;
    Ok(town.ctx.settings.zone.instant(local))
}

fn days(from: &str, to: &str) -> anyhow::Result<Vec<String>> {
    let to = day(to)?;
    let from = day(from)?.iter_days();
    Ok(from
        .take_while(|day| *day <= to)
        .map(|day| day.to_string())
        .collect())
}

async fn instance(url: &str, settings: Settings, clock: &SetClock) -> anyhow::Result<Ctx> {
    let db = Db::connect(url).await?;
    let clock = Clock::Set(clock.clone());
    let mut ctx = Ctx::with_clock(db, Arc::new(settings), clock.clone(), Entropy::seeded(7));
    ctx.real_clock = clock;
    Ok(ctx)
}
