//! The table of cron jobs. A job asks the database what is due; the schedule only wakes it (design §5.1). Times are the
//! bureau's local ones; which days are workdays is the calendar's business, not the expression's.

pub mod scheduler;

use crate::domain::actor::Actor;
use crate::domain::cycle_kind::CycleKind;
use crate::flow::close_asks::close_due;
use crate::flow::deliver_mail::deliver_mail;
use crate::flow::deliver_webhooks::deliver_webhooks;
use crate::flow::open_rounds::open_due_rounds;
use crate::flow::pause::{paused, until_paused};
use crate::flow::queue_reminders::queue_reminders;
use crate::flow::raise_notices::raise_notices;
use crate::flow::seal_audit::seal_audit;
use crate::flow::send_leader_page::send_leader_page;
use crate::flow::tell_overdue::tell_overdue;
use crate::flow::tidy_up::tidy_up;
use crate::flow::{Ctx, FlowError, Progress};
use chrono::{DateTime, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds};
use tokio_util::sync::CancellationToken;

/// What a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Opens the rounds due of one kind of cycle.
    Open(CycleKind),
    /// Raises the notices that are due, makes the day's digests, and in the first days of a month the leaders' page.
    Remind,
    /// Sends what waits in the outbox.
    Deliver,
    /// Tells webhooks what has happened.
    Webhooks,
    /// Seals audit events into the hash chain.
    Seal,
    /// Closes what has ended, and heals what a sleeping machine has missed.
    Housekeep,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct JobSpec {
    /// Stable name, as on the command line.
    pub name: &'static str,
    /// Cron expression with seconds, in local time.
    pub cron: &'static str,
    /// What it runs.
    pub job: Job,
}

/// Every job, in the order in which they run at start.
pub const JOBS: &[JobSpec] = &[
    JobSpec {
        name: "spot_check",
        cron: "0 5 0 * * *",
        job: Job::Open(CycleKind::SpotCheck),
    },
    JobSpec {
        name: "dispatch",
        cron: "0 5 0 * * *",
        job: Job::Open(CycleKind::Dispatch),
    },
    JobSpec {
        name: "bulletin",
        cron: "0 5 0 * * *",
        job: Job::Open(CycleKind::Bulletin),
    },
    JobSpec {
        name: "monitoring",
        cron: "0 5 0 * * *",
        job: Job::Open(CycleKind::Monitoring),
    },
    JobSpec {
        name: "appraisal",
        cron: "0 5 0 * * *",
        job: Job::Open(CycleKind::Appraisal),
    },
    JobSpec {
        name: "housekeep",
        cron: "0 10 * * * *",
        job: Job::Housekeep,
    },
    JobSpec {
        name: "remind",
        cron: "0 30 8 * * *",
        job: Job::Remind,
    },
    JobSpec {
        name: "seal",
        cron: "0 * * * * *",
        job: Job::Seal,
    },
    JobSpec {
        name: "deliver",
        cron: "*/5 * * * * *",
        job: Job::Deliver,
    },
    JobSpec {
        name: "webhooks",
        cron: "*/5 * * * * *",
        job: Job::Webhooks,
    },
];

/// Pauses before further tries of a job whose transaction stood in another's way, in milliseconds.
const AGAIN_AFTER_MS: [u64; 4] = [50, 200, 800, 3_200];

impl JobSpec {
    /// The job of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        JOBS.iter().find(|spec| spec.name == name)
    }

    /// Runs the job to its end; where its transaction stood in another's way, once more. `stop` makes it give back what it
    /// has not begun. While work is paused it does nothing; a pause that begins meanwhile stops it like `stop`.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn run(&self, ctx: &Ctx, stop: &CancellationToken) -> Result<Progress, FlowError> {
        if self.rests_while_paused() && paused(ctx).await?.is_some() {
            return Ok(Progress::default());
        }
        match self.job {
            // The others are done in a moment.
            Job::Deliver | Job::Webhooks => {
                until_paused(ctx, stop, async |stop| self.work(ctx, &stop).await).await
            }
            _ => self.work(ctx, stop).await,
        }
    }

    /// Whether a pause keeps it from running: all but the sealing of the audit, which reaches nobody and must go on telling
    /// what is done meanwhile. What `housekeep` forgets can wait, and the files that it sweeps may be those that a restored
    /// database does not know yet.
    pub fn rests_while_paused(&self) -> bool {
        self.job != Job::Seal
    }

    async fn work(&self, ctx: &Ctx, stop: &CancellationToken) -> Result<Progress, FlowError> {
        let ctx = &ctx.acting_as(Actor::System(self.name));
        for pause in AGAIN_AFTER_MS {
            match self.run_once(ctx, stop).await {
                Err(FlowError::Storage(error)) if error.is_transient() => {
                    tracing::warn!(job = self.name, %error, "Job stood in another's way, trying again");
                    ctx.give_way(pause).await;
                }
                outcome => return outcome,
            }
        }
        self.run_once(ctx, stop).await
    }

    async fn run_once(&self, ctx: &Ctx, stop: &CancellationToken) -> Result<Progress, FlowError> {
        match self.job {
            Job::Open(kind) => {
                // A round that opens ends the one before: what was overdue in that is told first.
                let told = tell_overdue(ctx).await;
                let opened = open_due_rounds(ctx, Some(kind)).await;
                Progress::of_all([told.map(|_| Progress::default()), opened])
            }
            Job::Remind => {
                // What is issued now is told by the day's digests.
                let raised = raise_notices(ctx).await.map(|_| Progress::default());
                let queued = queue_reminders(ctx).await;
                let pages = send_leader_page(ctx).await;
                Progress::of_all([raised, queued, pages])
            }
            Job::Deliver => deliver_mail(ctx, stop).await,
            Job::Webhooks => deliver_webhooks(ctx, stop).await,
            Job::Seal => seal_audit(ctx).await,
            Job::Housekeep => {
                let told = tell_overdue(ctx).await.map(|_| Progress::default());
                let closed = close_due(ctx).await;
                let tidied = tidy_up(ctx).await.map(|_| Progress::default());
                Progress::of_all([told, closed, tidied])
            }
        }
    }

    /// The next instant after `after` at which the schedule wakes it; `None` for an expression that never comes.
    pub fn next_firing(&self, after: DateTime<Utc>, ctx: &Ctx) -> Option<DateTime<Utc>> {
        let cron: Cron = CronParser::builder()
            .seconds(Seconds::Required)
            .build()
            .parse(self.cron)
            .ok()?;
        let zone = ctx.settings.zone;
        // Asked in local wall time, so that the answer holds in any zone.
        let local = zone.local(after).and_utc();
        cron.find_next_occurrence(&local, false)
            .ok()
            .map(|next| zone.instant(next.naive_utc()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_expressions_are_understood() {
        let names: HashSet<&str> = JOBS.iter().map(|spec| spec.name).collect();
        assert_eq!(names.len(), JOBS.len());
        let parser = CronParser::builder().seconds(Seconds::Required).build();
        for spec in JOBS {
            assert!(parser.parse(spec.cron).is_ok(), "{}", spec.name);
        }
    }

    #[test]
    fn every_kind_of_cycle_has_one_job() {
        for kind in CycleKind::ALL {
            let jobs = JOBS.iter().filter(|spec| spec.job == Job::Open(kind));
            assert_eq!(
                jobs.map(|spec| spec.name).collect::<Vec<_>>(),
                [kind.as_str()]
            );
        }
    }
}
