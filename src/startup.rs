//! The one place that wires everything: for `main` and for tests alike.

use crate::cage::Reader;
use crate::clock::{Clock, SetClock};
use crate::config::{LimitSettings, Settings};
use crate::domain::actor::Actor;
use crate::entropy::Entropy;
use crate::flow::refresh_board::warm_up;
use crate::flow::tidy_up::record_token_uses;
use crate::flow::{Ctx, FlowError};
use crate::http;
use crate::http::kernel::{Kernel, Limits};
use crate::jobs::scheduler::Scheduler;
use crate::mail::transport::Transport;
use crate::storage::{Db, marks, schema};
use crate::web as pages;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use sd_notify::NotifyState;
use secrecy::ExposeSecret;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Opens the database and brings its schema up to date. A kept simulation is opened at its last day, and sends nothing.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn open_ctx(mut settings: Settings) -> Result<Ctx, FlowError> {
    let db = Db::connect(settings.database_url.expose_secret()).await?;
    schema::migrate(&db).await?;
    let simulated_until = marks::simulated_until(&db).await?;
    if simulated_until.is_some() {
        settings.transport = Transport::Discard;
        settings.webhooks.sends = false;
    }
    let clock = match simulated_until {
        Some(until) => Clock::Set(SetClock::at(until)),
        None => Clock::System,
    };
    let ctx = Ctx::with_clock(db, Arc::new(settings), clock, Entropy::System);
    let ctx = ctx.reading_by(Reader::caged());
    Ok(ctx.acting_as(command_line_actor()))
}

/// Whoever uses the command line, by the name of their account.
pub fn command_line_actor() -> Actor {
    let account = ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok());
    Actor::CommandLine(account.unwrap_or_else(|| "unknown".to_owned()))
}

/// The kernel's limits as configured.
///
/// # Errors
/// A trusted proxy that is neither an address nor a network.
pub fn limits(settings: &LimitSettings) -> anyhow::Result<Limits> {
    let proxies = settings.trusted_proxies.split(',').map(str::trim);
    let trusted_proxies = proxies
        .filter(|proxy| !proxy.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .context("配置项 limits.trusted_proxies 有误")?;
    Ok(Limits {
        token_per_minute: settings.token_per_minute,
        address_per_minute: settings.address_per_minute,
        misses_per_minute: settings.misses_per_minute,
        trusted_proxies,
        cache_bytes: settings.cache_mb << 20,
        ..Limits::default()
    })
}

/// How often measured times are put into their buckets; until then each takes eight bytes, whether anybody scrapes or not.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// The service: listening, not yet running.
pub struct Application {
    ctx: Ctx,
    listener: TcpListener,
    metrics: Option<PrometheusHandle>,
}

impl Application {
    /// Takes the port.
    ///
    /// # Errors
    /// The port is taken or may not be used.
    pub fn build(ctx: Ctx, metrics: Option<PrometheusHandle>) -> anyhow::Result<Self> {
        // Whoever starts the service learns at once that files cannot be kept.
        ctx.files()?;
        let listen = ctx.settings.listen;
        let listener = TcpListener::bind(listen).with_context(|| {
            format!("无法监听 {listen}，端口可能已被占用。可用 DUBAN__HTTP__LISTEN 换一个端口")
        })?;
        Ok(Self {
            ctx,
            listener,
            metrics,
        })
    }

    /// The address it listens on (the port that was given where 0 was asked for).
    ///
    /// # Errors
    /// The system does not tell.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves until SIGTERM or SIGINT; then refuses new connections, finishes requests and jobs, and closes the
    /// database.
    ///
    /// # Errors
    /// Whatever keeps it from serving.
    pub async fn run_until_stopped(self) -> anyhow::Result<()> {
        // Before anything answers: whoever sees it ready may ask it to stop.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let data = web::Data::new(self.ctx.clone());
        let metrics = web::Data::new(self.metrics);
        let measured = metrics.clone();
        let limits = limits(&self.ctx.settings.limits)?;
        let kernel = Kernel::new(self.ctx.clone(), http::api::endpoints(), limits);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .app_data(metrics.clone())
                .app_data(web::Data::new(kernel.clone()))
                .wrap(from_fn(pages::while_database_answers))
                .configure(http::routes)
                .configure(pages::routes)
                .configure(kernel.routes())
                .default_service(web::to(pages::unknown))
        })
        .workers(2)
        .keep_alive(Duration::from_secs(15))
        .client_request_timeout(Duration::from_secs(10))
        .shutdown_timeout(10)
        .disable_signals()
        .listen(self.listener)
        .context("无法开始监听")?
        .run();
        let handle = server.handle();
        let mut serving = tokio::spawn(server);
        let mut scheduler = scheduler(&self.ctx).await?;
        tell_system(NotifyState::Ready);
        // Nobody's first look at a large bureau has to wait for it.
        let mut warming = Box::pin(warm_up(&self.ctx));
        let mut watching = Box::pin(async {
            tokio::join!(self.ctx.db.watch_pulse(), self.ctx.db.listen());
        });
        let mut is_warm = false;
        let mut upkeep = tokio::time::interval(METRICS_UPKEEP);
        loop {
            tokio::select! {
                _ = upkeep.tick() => {
                    if let Some(handle) = &**measured {
                        handle.run_upkeep();
                    }
                    let goes = match &mut scheduler {
                        Some(scheduler) => scheduler.look_after().await,
                        None => true,
                    };
                    if goes {
                        tell_system(NotifyState::Watchdog);
                    }
                }
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                ended = &mut serving => {
                    stop_jobs(scheduler).await;
                    return Ok(ended.context("HTTP 服务中断")??);
                }
                () = &mut warming, if !is_warm => is_warm = true,
                () = &mut watching => {}
            }
        }
        drop((warming, watching));
        tracing::info!("Asked to stop");
        tell_system(NotifyState::Stopping);
        let stopping = tokio::join!(stop_jobs(scheduler), handle.stop(true));
        let ((), ()) = stopping;
        serving.await.context("HTTP 服务中断")??;
        record_token_uses(&self.ctx).await?;
        self.ctx.db.close().await?;
        tracing::info!("Stopped");
        Ok(())
    }
}

async fn stop_jobs(scheduler: Option<Scheduler>) {
    if let Some(scheduler) = scheduler {
        scheduler.stop().await;
    }
}

/// Tells systemd how the service does (`Type=notify`, `WatchdogSec=`); nothing where it was not started by it.
fn tell_system(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd could not be told");
    }
}

/// The jobs, at work. A kept simulation is for looking at: its time stands still.
async fn scheduler(ctx: &Ctx) -> anyhow::Result<Option<Scheduler>> {
    if let Some(until) = marks::simulated_until(&ctx.db).await? {
        tracing::info!(%until, "Serving a kept simulation: no jobs run, nothing is sent");
        return Ok(None);
    }
    let started = Scheduler::start(ctx).await;
    Ok(Some(started.context("无法启动定时任务")?))
}
