//! Commands about backups, and about pausing what reaches out.

use super::backup_args::{BackupArgs, BackupCommand, PauseArgs, RestoreArgs, ResumeArgs};
use super::output::{Format, print_json, print_line};
use super::progress::Progress;
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::local_time::chinese_minute;
use crate::files::folder_store::FolderStore;
use crate::files::store::FileStore;
use crate::flow::Ctx;
use crate::flow::make_backup::{BackupMade, BackupScope, BackupWanted, make_backup};
use crate::flow::pause::{Pause, Paused, Waiting, pause, pause_restored, paused, resume, waiting};
use crate::flow::restore_backup::{RestoreWanted, Restored, restore_backup};
use crate::startup::{command_line_actor, open_ctx};
use crate::storage::Db;
use crate::storage::backups::sqlite_file;
use anyhow::bail;
use secrecy::ExposeSecret;
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Names within the folder of `restore --to`.
const DATABASE: &str = "duban.db";
const FILES: &str = "files";

/// Carries out one of these commands.
pub(super) async fn run(
    settings: Settings,
    command: &BackupCommand,
    format: Format,
) -> anyhow::Result<ExitCode> {
    match command {
        BackupCommand::Backup(args) => backup(settings, args, format).await,
        BackupCommand::Restore(args) => restore(settings, args, format).await,
        BackupCommand::Pause(args) => pause_all(settings, args, format).await,
        BackupCommand::Resume(args) => resume_all(settings, args, format).await,
    }
}

/// `duban backup`. The database is not brought up to date: a backup is made before that.
async fn backup(settings: Settings, args: &BackupArgs, format: Format) -> anyhow::Result<ExitCode> {
    let url = settings.database_url.expose_secret();
    let scope = match args.files_only {
        true => BackupScope::FilesAlone,
        false => BackupScope::Whole,
    };
    match sqlite_file(url) {
        Some(file) if !file.exists() => bail!(
            "没有数据库文件“{}”，无可备份。请检查 DUBAN__DATABASE__URL",
            file.display()
        ),
        None if scope == BackupScope::Whole => bail!(
            "PostgreSQL 的数据库请用 pg_dump 备份：pg_dump --format=custom --file=duban.dump '数据库地址'，\
             恢复用 pg_restore；附件请在其后用 duban backup --files-only 备份。步骤见 config/operations.md"
        ),
        Some(_) | None => {}
    }
    let db = Db::connect(url).await?;
    let files = FileStore::Folder(FolderStore::open_folder(&settings.files_folder)?);
    let at = Clock::System.now();
    let target = match args.file.is_dir() {
        true => {
            let stamp = settings.zone.local(at).format("%Y%m%d-%H%M%S");
            args.file.join(format!("duban-{stamp}.tar"))
        }
        false => args.file.clone(),
    };
    let progress = Progress::steps("backup", 1);
    let on_file = |done, of| progress.at_of(done, of);
    let made = make_backup(BackupWanted {
        db: &db,
        files: &files,
        scope,
        target: &target,
        at,
        on_file: &on_file,
    });
    let made = made.await;
    drop(progress);
    db.close().await?;
    let made = made?;
    match format {
        Format::Json => print_json(&json!({
            "file": made.file,
            "bytes": made.bytes,
            "made_at": made.manifest.made_at,
            "schema": made.manifest.schema,
            "attachments": made.manifest.attached(),
            "troubles": made.manifest.troubles,
        }))?,
        Format::Text => tell_backup(&made)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_backup(made: &BackupMade) -> anyhow::Result<()> {
    print_line(format!(
        "已备份到“{}”：{} 字节，附件 {} 个",
        made.file.display(),
        made.bytes,
        made.manifest.attached()
    ))?;
    if !made.manifest.troubles.is_empty() {
        print_line(format!(
            "注意：有 {} 个附件在备份前就已丢失或损坏，请从此前的备份中找回。它们的编号：",
            made.manifest.troubles.len()
        ))?;
        for file in &made.manifest.troubles {
            print_line(format!("  {}", file.key))?;
        }
    }
    Ok(())
}

/// `duban restore`.
async fn restore(
    settings: Settings,
    args: &RestoreArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let (database, files) = match &args.to {
        Some(folder) => (Some(folder.join(DATABASE)), folder.join(FILES)),
        None => (
            sqlite_file(settings.database_url.expose_secret()),
            settings.files_folder.clone(),
        ),
    };
    let database = database.filter(|_| !args.files_only);
    if database.is_none() && !args.files_only {
        bail!(
            "PostgreSQL 的数据库请用 pg_restore 恢复，附件用 duban restore --files-only 恢复，\
             启动服务之前先执行 duban pause --restored。步骤见 config/operations.md"
        );
    }
    let progress = Arc::new(Progress::steps("restore", 1));
    let line = progress.clone();
    let restored = restore_backup(RestoreWanted {
        backup: args.file.clone(),
        database: database.clone(),
        files: files.clone(),
        replace: args.replace,
        actor: command_line_actor(),
        at: Clock::System.now(),
        on_bytes: Arc::new(move |done, of| line.at_of(done, of)),
    });
    let restored = restored.await;
    drop(progress);
    let restored = restored?;
    match format {
        Format::Json => print_json(&json!({
            "database": database,
            "files": files,
            "made_at": restored.manifest.made_at,
            "attachments": restored.manifest.attached(),
            "troubles": restored.manifest.troubles,
            "moved_aside": [restored.aside.database, restored.aside.files],
            "paused": database.is_some(),
        }))?,
        Format::Text => tell_restored(&settings, args, &restored, database.as_deref(), &files)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_restored(
    settings: &Settings,
    args: &RestoreArgs,
    restored: &Restored,
    database: Option<&Path>,
    files: &Path,
) -> anyhow::Result<()> {
    let made_at = chinese_minute(settings.zone.local(restored.manifest.made_at));
    print_line(format!(
        "已恢复 {made_at} 的备份，其中附件 {} 个",
        restored.manifest.attached()
    ))?;
    let aside: [&Option<PathBuf>; 2] = [&restored.aside.database, &restored.aside.files];
    for former in aside.into_iter().flatten() {
        print_line(format!("原有的改名保留为“{}”", former.display()))?;
    }
    let Some(database) = database else {
        return Ok(());
    };
    if args.to.is_some() {
        print_line(format!(
            "启动：DUBAN__DATABASE__URL=sqlite://{} DUBAN__FILES__FOLDER={} duban serve",
            database.display(),
            files.display()
        ))?;
    }
    print_line(
        "恢复的数据处于暂停状态：不发邮件、不开展新一轮督办、不推送事件。核对无误后执行 duban resume",
    )
}

/// `duban pause`.
async fn pause_all(
    settings: Settings,
    args: &PauseArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let reason = args.reason.as_deref().unwrap_or_default();
    let told = match args.restored {
        true => pause_restored(&ctx, ctx.files()?, reason).await?,
        false => pause(&ctx, reason).await?,
    };
    let (pause, words) = match &told {
        Paused::Now(pause) => (
            pause,
            "已暂停：不再发邮件、不开展新一轮督办、不推送事件，正在发送的几封会发完",
        ),
        Paused::Already(pause) => (pause, "已经处于暂停状态，没有变化"),
    };
    match format {
        Format::Json => print_json(&json!({ "paused": true, "since": pause.since }))?,
        Format::Text => {
            print_line(words)?;
            print_line(format!("{}。恢复运行：duban resume", said(&ctx, pause)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `duban resume`.
async fn resume_all(
    settings: Settings,
    args: &ResumeArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let Some(pause) = paused(&ctx).await? else {
        match format {
            Format::Json => print_json(&json!({ "paused": false, "resumed": false }))?,
            Format::Text => print_line("没有暂停，没有变化")?,
        }
        return Ok(ExitCode::SUCCESS);
    };
    let waits = waiting(&ctx).await?;
    let told = format!("{}。{}", said(&ctx, &pause), told_waiting(&waits));
    if !args.yes && !confirmed(&told)? {
        bail!("没有恢复运行。{told}。确认后请加 --yes 再执行");
    }
    resume(&ctx).await?;
    match format {
        Format::Json => print_json(&json!({
            "paused": false,
            "resumed": true,
            "mails": waits.mails,
            "undecided": waits.undecided,
            "webhooks": waits.webhooks,
        }))?,
        Format::Text => {
            print_line(told)?;
            print_line("已恢复运行")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks at a terminal; nobody can answer elsewhere.
fn confirmed(told: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    let mut err = std::io::stderr().lock();
    write!(err, "{told}。\n确认恢复运行？输入 yes：")?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}

fn told_waiting(waits: &Waiting) -> String {
    let mut told = format!("待发邮件 {} 封，在发送时段内即会发出", waits.mails);
    if waits.undecided > 0 {
        told.push_str(&format!(
            "；另有 {} 封在备份或中断时正在发送，会再发一次",
            waits.undecided
        ));
    }
    if waits.webhooks > 0 {
        told.push_str(&format!("；{} 个事件推送有待推送的事件", waits.webhooks));
    }
    told
}

/// A pause in words.
fn said(ctx: &Ctx, pause: &Pause) -> String {
    let since = chinese_minute(ctx.settings.zone.local(pause.since));
    match pause.reason.is_empty() {
        true => format!("由 {} 于 {since} 暂停", pause.by),
        false => format!("由 {} 于 {since} 暂停，原因：{}", pause.by, pause.reason),
    }
}

/// Says at the start that work is paused.
pub(super) async fn tell_pause(ctx: &Ctx) -> anyhow::Result<()> {
    let Some(pause) = paused(ctx).await? else {
        return Ok(());
    };
    tracing::warn!(since = %pause.since, by = pause.by, reason = pause.reason, "Paused: nothing is sent, no round opens");
    print_line(format!(
        "系统处于暂停状态，不发邮件、不开展新一轮督办、不推送事件（{}）。恢复运行：duban resume",
        said(ctx, &pause)
    ))
}

/// Refuses what a pause keeps from being done.
pub(super) async fn refuse_paused(ctx: &Ctx, what: &str) -> anyhow::Result<()> {
    match paused(ctx).await? {
        None => Ok(()),
        Some(pause) => bail!(
            "系统处于暂停状态，{what}（{}）。恢复运行：duban resume",
            said(ctx, &pause)
        ),
    }
}
