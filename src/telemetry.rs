//! Logs and metrics: set up once by `main`. Logs go to stderr, so that stdout is the answer alone; no address, token or
//! body is ever logged.

use crate::config::{LogFormat, Settings};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Buckets of durations, in seconds.
const SECONDS: [f64; 10] = [0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 600.0];

/// Starts logging as configured. Does nothing where logging runs already (tests).
pub fn start_logs(settings: &Settings) {
    let level = &settings.log_level;
    // The database driver and the clockwork speak of every statement and tick below warnings.
    let quiet =
        "sqlx=warn,sea_orm_migration=warn,tokio_cron_scheduler=warn,actix_server=warn,mio=warn";
    let filter =
        EnvFilter::try_new(format!("{level},{quiet}")).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match settings.log_format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    if started.is_err() {
        tracing::debug!("Logging runs already");
    }
}

/// Starts collecting metrics; `None` where they are collected already (tests).
pub fn start_metrics() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .ok()?;
    let handle = builder.install_recorder().ok()?;
    metrics::describe_counter!(
        "duban_rounds_opened_total",
        "Rounds opened, by kind of cycle"
    );
    metrics::describe_counter!("duban_reminders_queued_total", "Digests queued");
    metrics::describe_counter!("duban_mails_total", "Tries to hand over a mail, by outcome");
    metrics::describe_counter!("duban_job_runs_total", "Runs of cron jobs, by outcome");
    metrics::describe_histogram!("duban_job_seconds", "How long a run of a job took");
    metrics::describe_gauge!(
        "duban_tick_lag_seconds",
        "How late the last tick of a job came"
    );
    metrics::describe_gauge!("duban_outbox_mails", "Mails in the outbox, by state");
    metrics::describe_gauge!(
        "duban_queue_age_seconds",
        "Age of the mail that has waited longest"
    );
    Some(handle)
}
