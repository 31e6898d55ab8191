//! Commands that run things: the service, single jobs, simulations, checks.

use super::accounts::tell_setup;
use super::args::{RunJobArgs, SimulateArgs};
use super::backups::{refuse_paused, tell_pause};
use super::output::{Format, name, print_json, print_line};
use super::progress::Progress;
use crate::clock::{Clock, SetClock};
use crate::config::Settings;
use crate::domain::email_address::EmailAddress;
use crate::domain::local_time::LocalZone;
use crate::domain::mail_state::MailState;
use crate::flow::Ctx;
use crate::flow::deliver_mail::deliver_one;
use crate::flow::preview_rounds::{RoundPreview, preview_rounds};
use crate::flow::send_test_letter::send_test_letter;
use crate::flow::simulate::{
    Behaviour, KEPT_DATABASE, KEPT_FILES, Simulated, SimulationWanted, simulate,
};
use crate::http::api::endpoints;
use crate::http::kernel::openapi_json;
use crate::jobs::{JOBS, Job, JobSpec};
use crate::startup::{Application, open_ctx};
use crate::storage::{Db, outbox, schema};
use crate::telemetry;
use anyhow::{Context, bail};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use secrecy::ExposeSecret;
use serde::Serialize;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

/// Rounds that `duban jobs` looks ahead.
const ROUNDS_AHEAD: usize = 3;

/// `duban serve`.
pub(super) async fn serve(settings: Settings) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    // The port first: nobody is sent to a service that does not start.
    let application = Application::build(ctx.clone(), telemetry::start_metrics())?;
    tell_setup(&ctx).await?;
    tell_pause(&ctx).await?;
    run(application).await
}

/// Serves until asked to stop.
pub(super) async fn run_service(ctx: Ctx) -> anyhow::Result<ExitCode> {
    run(Application::build(ctx, telemetry::start_metrics())?).await
}

async fn run(application: Application) -> anyhow::Result<ExitCode> {
    tracing::info!(address = %application.address()?, "Serving");
    application.run_until_stopped().await?;
    Ok(ExitCode::SUCCESS)
}

/// `duban migrate`.
pub(super) async fn migrate(settings: Settings, format: Format) -> anyhow::Result<ExitCode> {
    let db = Db::connect(settings.database_url.expose_secret()).await?;
    let applied = schema::migrate(&db).await?;
    match format {
        Format::Json => print_json(&serde_json::json!({ "applied": applied }))?,
        Format::Text if applied == 0 => print_line("数据库结构已是最新")?,
        Format::Text => print_line(format!("数据库结构已更新，执行了 {applied} 步"))?,
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct JobTold {
    name: &'static str,
    cron: &'static str,
    next: Option<String>,
    rounds: Vec<RoundPreview>,
}

/// `duban jobs`.
pub(super) async fn jobs(settings: Settings, format: Format) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let now = ctx.now();
    let mut told = Vec::new();
    for spec in JOBS {
        let rounds = match spec.job {
            Job::Open(kind) => preview_rounds(&ctx, kind, ROUNDS_AHEAD).await?,
            Job::Remind | Job::Seal | Job::Deliver | Job::Webhooks | Job::Housekeep => Vec::new(),
        };
        told.push(JobTold {
            name: spec.name,
            cron: spec.cron,
            next: spec
                .next_firing(now.at, &ctx)
                .map(|next| ctx.settings.zone.rfc3339(next)),
            rounds,
        });
    }
    if format == Format::Json {
        print_json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    for job in &told {
        let next = job.next.as_deref().unwrap_or("不再运行");
        print_line(format!("{:<12} {:<16} 下次 {next}", job.name, job.cron))?;
        for round in &job.rounds {
            let due = round
                .due_on
                .map_or_else(|| "无填报".to_owned(), |day| format!("{day} 到期"));
            let note = if round.provisional {
                "（校历待公布，暂定）"
            } else {
                ""
            };
            print_line(format!(
                "    {:<8} {} 开展，{due}{note}  《{}》",
                round.period, round.opens_on, round.plan
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct JobRun {
    job: &'static str,
    at: String,
    done: usize,
}

/// `duban run-job`.
pub(super) async fn run_job(
    settings: Settings,
    args: &RunJobArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let Some(spec) = JobSpec::named(&args.name) else {
        let names: Vec<&str> = JOBS.iter().map(|spec| spec.name).collect();
        bail!("没有名为“{}”的任务。可选：{}", args.name, names.join("、"));
    };
    let mut ctx = open_ctx(settings).await?;
    if let Some(text) = &args.at {
        let at = instant(text, ctx.settings.zone)?;
        if at > Clock::System.now() && ctx.settings.transport.is_smtp() && !args.force {
            bail!("--at {text} 在将来，而邮件会真的经 SMTP 发出。如确需如此，请加 --force");
        }
        ctx.clock = Clock::Set(SetClock::at(at));
    }
    if spec.rests_while_paused() {
        refuse_paused(&ctx, &format!("任务 {} 没有执行", spec.name)).await?;
    }
    let stop = CancellationToken::new();
    let progress = spec.run(&ctx, &stop).await?;
    let told = JobRun {
        job: spec.name,
        at: ctx.settings.zone.rfc3339(ctx.clock.now()),
        done: progress.done,
    };
    match format {
        Format::Json => print_json(&told)?,
        Format::Text => print_line(format!(
            "任务 {} 已执行（时间 {}），处理 {} 项",
            told.job, told.at, told.done
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// An instant as a person writes it: RFC 3339, or local date and time, or a local date (its first moment).
fn instant(text: &str, zone: LocalZone) -> anyhow::Result<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.with_timezone(&Utc));
    }
    let formats = [
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
    ];
    if let Some(local) = formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    {
        return Ok(zone.instant(local));
    }
    let day: NaiveDate = text.parse().map_err(|_| {
        anyhow::anyhow!(
            "--at “{text}”不是时间。请写成 2026-01-04T08:30:00+08:00 或 2026-01-04 08:30"
        )
    })?;
    Ok(zone.instant(day.and_time(NaiveTime::MIN)))
}

/// `duban simulate`.
pub(super) async fn simulate_days(
    settings: Settings,
    args: &SimulateArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let behaviour = args.behave.map_or(Behaviour::Silent, Behaviour::Seeded);
    let wanted = SimulationWanted {
        behaviour,
        keep: args.keep.as_deref(),
        ..SimulationWanted::of(args.from, args.to)
    };
    let progress = Progress::steps("simulate", u64::try_from(wanted.days()).unwrap_or(0));
    let wanted = SimulationWanted {
        on_day: &|number, day| progress.at(number, day.to_string()),
        ..wanted
    };
    // Its steps would be logged as if they were real.
    let told = simulate(&ctx, wanted)
        .with_subscriber(NoSubscriber::new())
        .await?;
    drop(progress);
    match format {
        Format::Json => print_json(&told)?,
        Format::Text => {
            tell_simulation(&told)?;
            if let Some(folder) = &args.keep {
                tell_kept(folder)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// How to look at what was kept.
fn tell_kept(folder: &Path) -> anyhow::Result<()> {
    let database = folder.join(KEPT_DATABASE);
    let files = folder.join(KEPT_FILES);
    print_line("推演的全部数据已保留，可以这样查看（不发信，时间停在最后一天）：")?;
    print_line(format!(
        "  DUBAN__DATABASE__URL=sqlite://{} DUBAN__FILES__FOLDER={} duban serve",
        database.display(),
        files.display()
    ))
}

fn tell_simulation(told: &Simulated) -> anyhow::Result<()> {
    for round in &told.rounds {
        let due = round
            .due_on
            .map_or_else(|| "无填报".to_owned(), |day| format!("{day} 到期"));
        let note = if round.provisional {
            "（暂定）"
        } else {
            ""
        };
        print_line(format!(
            "{} {} {:<8} {due}，要求填报 {} 家{note}",
            round.opens_on,
            name("cycle", round.cycle.as_str()),
            round.period,
            round.obligations
        ))?;
        for listed in &round.listed {
            print_line(format!("             {listed}"))?;
        }
    }
    let most = told.mails.iter().fold(
        std::collections::BTreeMap::<&str, usize>::new(),
        |mut counts, mail| {
            *counts.entry(mail.to.as_str()).or_default() += 1;
            counts
        },
    );
    let busiest = most.iter().max_by_key(|(_, count)| **count);
    print_line(format!(
        "共督办 {} 次，发出邮件 {} 封",
        told.rounds.len(),
        told.mails.len()
    ))?;
    if let Some((_, count)) = busiest {
        print_line(format!("收到最多的联络员收到 {count} 封"))?;
    }
    if told.provisional {
        print_line("其中部分日期依据尚未公布的校历推算，为暂定")?;
    }
    for held in &told.held {
        print_line(format!(
            "未下发：{} {} —— {}",
            held.task_number, held.title, held.reason
        ))?;
    }
    Ok(())
}

/// `duban send-test-email`.
pub(super) async fn send_test_email(
    settings: Settings,
    to: &EmailAddress,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let id = send_test_letter(&ctx, to).await?;
    refuse_paused(&ctx, "测试邮件已写入发件箱，恢复运行后发出").await?;
    deliver_one(&ctx, &CancellationToken::new(), id).await?;
    let mails = outbox::with_ids(&ctx.db, &[id]).await?;
    let mail = mails.first().context("测试邮件没有写入发件箱")?;
    let sent = mail.state == MailState::Sent;
    if format == Format::Json {
        let told =
            serde_json::json!({ "state": mail.state, "reason": mail.reason, "reply": mail.reply });
        print_json(&told)?;
    } else if sent {
        print_line(format!(
            "测试邮件已送出：{}",
            mail.reply.as_deref().unwrap_or_default()
        ))?;
    } else {
        let reason = mail.reason.as_deref().unwrap_or_default();
        print_line(format!(
            "测试邮件未送出（{reason}）：{}",
            mail.reply.as_deref().unwrap_or_default()
        ))?;
    }
    Ok(if sent {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// `duban openapi`: the description of the REST service, for generators of clients.
pub(super) fn openapi() -> anyhow::Result<ExitCode> {
    print_line(openapi_json(&endpoints())?)?;
    Ok(ExitCode::SUCCESS)
}

/// `duban healthcheck`: asks the running service whether it can serve.
pub(super) async fn healthcheck(settings: &Settings) -> anyhow::Result<ExitCode> {
    let listen = settings.listen;
    let answer = tokio::task::spawn_blocking(move || ask_ready(listen)).await?;
    let ready = answer.with_context(|| format!("{listen} 没有应答"))?;
    if ready {
        Ok(ExitCode::SUCCESS)
    } else {
        bail!("{listen} 有应答，但服务尚未就绪")
    }
}

fn ask_ready(listen: std::net::SocketAddr) -> std::io::Result<bool> {
    let patience = Duration::from_secs(5);
    let mut stream = TcpStream::connect_timeout(&listen, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = [0; 15];
    stream.read_exact(&mut answer)?;
    Ok(answer.starts_with(b"HTTP/1.0 200") || answer.starts_with(b"HTTP/1.1 200"))
}
