//! The clockwork: wakes the jobs of the table. The only file that names tokio_cron_scheduler, which neither prevents
//! overlap nor catches up nor waits at shutdown; all three are done here.

use crate::flow::Ctx;
use crate::jobs::{JOBS, Job, JobSpec};
use chrono::TimeDelta;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio_cron_scheduler::{Job as CronJob, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a running job is waited for at shutdown: the longest wait for a mail server's reply that is worth it.
const GRACE: Duration = Duration::from_secs(12);

/// The clockwork wakes something every few seconds; after so long a silence it has stopped.
const SILENCE: Duration = Duration::from_secs(60);

/// The running clockwork.
pub struct Scheduler {
    scheduler: JobScheduler,
    runners: Vec<Runner>,
    heart: Heart,
    stop: CancellationToken,
    running: TaskTracker,
}

/// When the clockwork last woke anything.
#[derive(Debug, Clone)]
struct Heart(Arc<std::sync::Mutex<Instant>>);

impl Heart {
    fn new() -> Self {
        Self(Arc::new(std::sync::Mutex::new(Instant::now())))
    }

    fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn silent_for(&self) -> Duration {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.elapsed()
    }
}

/// One job that never overlaps itself.
#[derive(Clone)]
struct Runner {
    spec: &'static JobSpec,
    ctx: Ctx,
    busy: Arc<Mutex<()>>,
    stop: CancellationToken,
}

impl Runner {
    /// How late this tick comes: seconds since the instant at which the expression was due.
    fn tell_lag(&self) {
        let now = self.ctx.clock.now();
        let a_minute_ago = now - TimeDelta::seconds(60);
        let mut due = self.spec.next_firing(a_minute_ago, &self.ctx);
        while let Some(next) = due
            .and_then(|due| self.spec.next_firing(due, &self.ctx))
            .filter(|next| *next <= now)
        {
            due = Some(next);
        }
        let lag = due
            .filter(|due| *due <= now)
            .map_or(60.0, |due| (now - due).as_seconds_f64());
        metrics::gauge!("duban_tick_lag_seconds", "job" => self.spec.name).set(lag);
    }

    /// Runs the job unless it still runs from an earlier tick.
    async fn run(&self) {
        let Ok(_only_one) = self.busy.try_lock() else {
            return;
        };
        if self.stop.is_cancelled() {
            return;
        }
        let started = Instant::now();
        let outcome = match self.spec.run(&self.ctx, &self.stop).await {
            Ok(progress) => {
                if progress.done > 0 {
                    let duration_ms =
                        u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                    tracing::info!(
                        job = self.spec.name,
                        done = progress.done,
                        duration_ms,
                        "Job has run"
                    );
                }
                "ok"
            }
            // The next tick asks again: nothing is lost by one that failed.
            Err(error) => {
                tracing::error!(job = self.spec.name, %error, "Job failed");
                "failed"
            }
        };
        metrics::counter!("duban_job_runs_total", "job" => self.spec.name, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("duban_job_seconds", "job" => self.spec.name)
            .record(started.elapsed().as_secs_f64());
    }
}

impl Scheduler {
    /// Runs every job once, in the order of the table (what a stopped process has missed), and then by the clock.
    ///
    /// # Errors
    /// The clockwork cannot be built.
    pub async fn start(ctx: &Ctx) -> Result<Self, JobSchedulerError> {
        let stop = CancellationToken::new();
        let running = TaskTracker::new();
        let heart = Heart::new();
        let runner = |spec| Runner {
            spec,
            ctx: ctx.clone(),
            busy: Arc::default(),
            stop: stop.clone(),
        };
        let runners: Vec<Runner> = JOBS.iter().map(runner).collect();
        let missed = runners.clone();
        running.spawn(async move {
            for runner in missed {
                runner.run().await;
            }
        });
        let hinted = runners
            .iter()
            .find(|runner| runner.spec.job == Job::Deliver);
        if let Some(runner) = hinted.cloned() {
            running.spawn(deliver_when_hinted(runner));
        }
        let scheduler = wind_up(&runners, &heart, &running).await?;
        Ok(Self {
            scheduler,
            runners,
            heart,
            stop,
            running,
        })
    }

    /// Whether the clockwork goes. One that has stopped is replaced; jobs that still run are not begun twice.
    pub async fn look_after(&mut self) -> bool {
        let silent = self.heart.silent_for();
        metrics::gauge!("duban_clockwork_silent_seconds").set(silent.as_secs_f64());
        if silent < SILENCE {
            return true;
        }
        tracing::error!(
            silent = silent.as_secs(),
            "The clockwork has stopped; it is replaced"
        );
        if let Err(error) = self.scheduler.shutdown().await {
            tracing::warn!(%error, "The old clockwork did not stop");
        }
        match wind_up(&self.runners, &self.heart, &self.running).await {
            Ok(scheduler) => {
                self.scheduler = scheduler;
                self.heart.beat();
            }
            Err(error) => tracing::error!(%error, "The clockwork cannot be replaced"),
        }
        false
    }

    /// Stops the clock, lets running jobs finish what they have begun, and returns when they have (or after the grace).
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Err(error) = self.scheduler.shutdown().await {
            tracing::warn!(%error, "The clockwork did not stop");
        }
        self.running.close();
        if tokio::time::timeout(GRACE, self.running.wait())
            .await
            .is_err()
        {
            tracing::warn!("A job still runs; its leases will run out");
        }
    }
}

/// Mails that were queued go at once, not at the next tick.
async fn deliver_when_hinted(runner: Runner) {
    loop {
        tokio::select! {
            () = runner.stop.cancelled() => return,
            () = runner.ctx.db.mails_queued() => {}
        }
        // A moment, so that several instances do not all grasp at the same mails, and mails queued together go together.
        let moment = Duration::from_millis(50).mul_f64(1.0 + runner.ctx.entropy.fraction());
        tokio::time::sleep(moment).await;
        runner.run().await;
    }
}

/// A clockwork that wakes the runners.
async fn wind_up(
    runners: &[Runner],
    heart: &Heart,
    running: &TaskTracker,
) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    for runner in runners {
        scheduler.add(cron_job(runner, heart, running)?).await?;
    }
    scheduler.start().await?;
    Ok(scheduler)
}

fn cron_job(
    runner: &Runner,
    heart: &Heart,
    running: &TaskTracker,
) -> Result<CronJob, JobSchedulerError> {
    let (runner, heart) = (runner.clone(), heart.clone());
    let running = running.clone();
    let zone = runner.ctx.settings.zone.tz();
    CronJob::new_async_tz(runner.spec.cron, zone, move |_id, _scheduler| {
        heart.beat();
        let runner = runner.clone();
        let token = running.token();
        Box::pin(async move {
            let _counted = token;
            runner.tell_lag();
            runner.run().await;
        })
    })
}
