//! `duban demo`: the main job on an example, for a newcomer: plan and units in, tasks issued, a spot-check opened, mails
//! in a folder, and the service running. Its database is marked, so that starting over never deletes real work.

use super::output::print_line;
use super::running::run_service;
use super::supervision::tell_opened;
use crate::config::Settings;
use crate::documents::{read_document, read_units};
use crate::domain::access::Membership;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::email_address::EmailAddress;
use crate::domain::plan::parse_plan;
use crate::domain::send_window::SendWindow;
use crate::domain::token_scope::TokenScope;
use crate::domain::user_role::UserRole;
use crate::flow::Ctx;
use crate::flow::deliver_mail::deliver_mail;
use crate::flow::import_plan::{PlanToImport, import_plan};
use crate::flow::issue_plan::{CyclesAtIssue, issue_plan};
use crate::flow::manage_users::{NewUser, create_or_extend_user, make_token};
use crate::flow::open_round_by_hand::open_round_by_hand;
use crate::flow::sign_in_by_link::make_sign_in_link;
use crate::mail::transport::Transport;
use crate::startup::open_ctx;
use crate::storage::{cycles, marks, plans, rounds};
use anyhow::{Context, bail};
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

const PLAN: &str = include_str!("../../config/example/plan.txt");
const UNITS: &str = include_str!("../../config/example/units.csv");

/// The configuration, with the send window off: mails exist on any day and at any hour.
pub(super) fn settings(file: Option<&Path>) -> anyhow::Result<Settings> {
    let mut settings = Settings::load(file)?;
    settings.window = SendWindow::Always;
    Ok(settings)
}

/// `duban demo`.
pub(super) async fn demo(settings: Settings, fresh: bool) -> anyhow::Result<ExitCode> {
    if settings.transport.is_smtp() {
        bail!("演示不会真的发信，请不要为它设置 DUBAN__MAIL__URL=smtp…");
    }
    if fresh {
        start_over(&settings).await?;
    }
    let ctx = open_ctx(settings).await?;
    prepare(&ctx).await?;
    deliver_mail(&ctx, &CancellationToken::new()).await?;
    tell_where_to_look(&ctx).await?;
    give_token(&ctx).await?;
    run_service(ctx).await
}

/// Imports and issues the example and opens this month's spot-check, as far as that is not done yet.
async fn prepare(ctx: &Ctx) -> anyhow::Result<()> {
    let known = plans::all(&ctx.db).await?;
    if !known.is_empty() && !marks::is_demo(&ctx.db).await? {
        bail!("数据库中已有正式的方案，演示不会动它。请用 DUBAN__DATABASE__URL 另指定一个数据库");
    }
    let document = read_document("plan.txt", PLAN.as_bytes())?;
    let units = read_units("units.csv", UNITS.as_bytes())?;
    let import = PlanToImport {
        plan: parse_plan(&document, None),
        source_name: "plan.txt",
        units: Some(&units),
    };
    let tx = ctx.write().await?;
    marks::mark_demo(&tx, ctx.now().at).await?;
    tx.commit().await?;
    let imported = import_plan(ctx, import).await?;
    let title = imported.plan.title.clone().unwrap_or_default();
    print_line(format!(
        "示例方案《{title}》：{} 项举措",
        imported.plan.measures.len()
    ))?;
    let issued = issue_plan(ctx, imported.plan_id, CyclesAtIssue::On).await?;
    if issued.tasks > 0 {
        print_line(format!(
            "已下发任务 {} 项，形成分工 {} 条",
            issued.tasks, issued.assignments
        ))?;
    }
    open_spot_check(ctx, imported.plan_id).await
}

/// Opens the spot-check of this month by hand, once.
async fn open_spot_check(ctx: &Ctx, plan_id: crate::domain::ids::PlanId) -> anyhow::Result<()> {
    let plan = plans::get(&ctx.db, plan_id)
        .await?
        .context("示例方案不见了")?;
    let cycles = cycles::all(&ctx.db).await?;
    let Some(cycle) = cycles
        .iter()
        .find(|one| one.plan_id == plan_id && one.kind == CycleKind::SpotCheck)
    else {
        bail!("示例方案没有抽查周期");
    };
    let today = ctx.now().today;
    let opened_this_month = rounds::of_cycle(&ctx.db, cycle.id)
        .await?
        .iter()
        .any(|round| round.period.to_string() == today.format("%Y-%m").to_string());
    if !opened_this_month {
        let opened =
            open_round_by_hand(ctx, &plan, CycleKind::SpotCheck, None, Some("演示")).await?;
        tell_opened(&opened)?;
    }
    Ok(())
}

async fn tell_where_to_look(ctx: &Ctx) -> anyhow::Result<()> {
    if let Transport::File(folder) = &ctx.settings.transport {
        let mails = std::fs::read_dir(folder).map(Iterator::count).unwrap_or(0);
        print_line(format!(
            "邮件在 {}（共 {mails} 封 .eml，可用邮件程序打开）",
            folder.display()
        ))?;
    }
    let base = format!("http://{}", ctx.settings.listen);
    print_line(format!(
        "运行状况：{base}/healthz、{base}/readyz、{base}/metrics"
    ))?;
    print_line("另开一个终端可以查看：")?;
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| "duban".to_owned());
    for (command, about) in [
        ("jobs", "定时任务和接下来的三次督办"),
        ("round list", "已开展的督办"),
        ("obligation list", "各单位的应报事项"),
        ("simulate --from 2026-01-01 --to 2026-12-31", "推演一整年"),
    ] {
        print_line(format!("  {program} {command}    {about}"))?;
    }
    Ok(())
}

/// A token of a demonstration's administrator, good for a day; one at each start.
async fn give_token(ctx: &Ctx) -> anyhow::Result<()> {
    let email = EmailAddress::parse("demo@example.org").context("示例地址有误")?;
    let new = NewUser {
        email,
        name: Some("演示".to_owned()),
        roles: vec![Membership {
            role: UserRole::Administrator,
            unit_id: None,
        }],
    };
    let user = create_or_extend_user(ctx, new).await?;
    let made = make_token(ctx, user.id, "demo", TokenScope::Write, 1).await?;
    let base = format!("http://{}", ctx.settings.listen);
    print_line(format!("接口说明：{base}/api/docs。试一试："))?;
    print_line(format!(
        "  curl -H 'Authorization: Bearer {}' {base}/api/v1/dashboard",
        made.text
    ))?;
    let link = make_sign_in_link(ctx, &user).await?;
    print_line(format!(
        "以演示管理员的身份登录网页（15 分钟内有效，只能用一次）：\n  {link}"
    ))?;
    print_line("按 Ctrl-C 结束；再次运行会接着做，加 --fresh 重新开始")
}

/// Deletes the demonstration's database and mails. A database that is not marked as one is left alone.
async fn start_over(settings: &Settings) -> anyhow::Result<()> {
    let url = settings.database_url.expose_secret();
    let Some(path) = url
        .strip_prefix("sqlite:")
        .map(|path| PathBuf::from(path.trim_start_matches("//")))
    else {
        bail!("--fresh 只用于演示自带的 SQLite 数据库");
    };
    if path.exists() {
        let ctx = open_ctx(settings.clone()).await?;
        let real = !plans::all(&ctx.db).await?.is_empty() && !marks::is_demo(&ctx.db).await?;
        ctx.db.close().await?;
        if real {
            bail!(
                "“{}”中是正式的数据，不会删除。请用 DUBAN__DATABASE__URL 另指定一个数据库",
                path.display()
            );
        }
        for suffix in ["", "-wal", "-shm"] {
            let file = PathBuf::from(format!("{}{suffix}", path.display()));
            if file.exists() {
                std::fs::remove_file(&file)
                    .with_context(|| format!("无法删除“{}”", file.display()))?;
            }
        }
    }
    if let Transport::File(folder) = &settings.transport {
        remove_mails(folder)?;
    }
    Ok(())
}

fn remove_mails(folder: &Path) -> anyhow::Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            std::fs::remove_file(&path).with_context(|| format!("无法删除“{}”", path.display()))?;
        }
    }
    Ok(())
}
