//! Commands around notices 督办单: list, approve, withdraw.

use super::args::{NoticeApproveArgs, NoticeCommand, NoticeListArgs, NoticeWithdrawArgs};
use super::output::{Format, name, print_json, print_line};
use crate::config::Settings;
use crate::domain::access::Reach;
use crate::domain::ids::NoticeId;
use crate::domain::notice::NoticeEvent;
use crate::flow::decide_notice::{NoticeDecision, decide_notice};
use crate::flow::issue_notices::{Approver, Approving, MOST_AT_ONCE, approve_notices};
use crate::startup::open_ctx;
use crate::storage::lists::notices::{NoticeFilter, list as list_page};
use crate::storage::notices;
use crate::storage::paging::{Direction, PageWanted};
use anyhow::bail;
use chrono::NaiveDate;
use serde::Serialize;
use std::process::ExitCode;

/// Notices that a listing shows at the most.
const LISTED: u64 = 10_000;

#[derive(Serialize)]
struct NoticeTold {
    id: String,
    number: Option<String>,
    rung: &'static str,
    state: &'static str,
    unit: String,
    unit_name: String,
    about: String,
    overdue_workdays: u32,
    raised_on: NaiveDate,
    issued_on: Option<NaiveDate>,
}

/// `duban notice`.
pub(super) async fn run(
    settings: Settings,
    command: &NoticeCommand,
    format: Format,
) -> anyhow::Result<ExitCode> {
    match command {
        NoticeCommand::List(args) => list(settings, args, format).await,
        NoticeCommand::Approve(args) => approve(settings, args, format).await,
        NoticeCommand::Withdraw(args) => withdraw(settings, args, format).await,
    }
}

/// `duban notice list`.
async fn list(
    settings: Settings,
    args: &NoticeListArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let directory = ctx.units().await?;
    if let Some(code) = &args.unit
        && directory.by_code(code).is_none()
    {
        bail!("没有编码为“{code}”的单位");
    }
    let filter = NoticeFilter {
        unit_code: args.unit.clone(),
        state: args.state,
        ..NoticeFilter::default()
    };
    let wanted = PageWanted {
        direction: Direction::Descending,
        ..PageWanted::first(LISTED)
    };
    let page = list_page(&ctx.db, &filter, &Reach::All, &wanted).await?;
    let told = page.rows.into_iter().filter_map(|one| {
        let unit = directory.get(one.unit_id)?;
        Some(NoticeTold {
            id: one.id.to_string(),
            number: one.number.map(|number| number.to_string()),
            rung: one.rung.as_str(),
            state: one.state.as_str(),
            unit: unit.code.clone(),
            unit_name: unit.name.clone(),
            about: one.facts.about(),
            overdue_workdays: one.facts.overdue_workdays(),
            raised_on: one.raised_on,
            issued_on: one.issued_on,
        })
    });
    let told: Vec<NoticeTold> = told.collect();
    if format == Format::Json {
        print_json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    for one in &told {
        let number = one.number.as_deref().unwrap_or("（未编号）");
        print_line(format!(
            "{}  {number}  {}  {} {}  {}  {} 提出  {}",
            one.id,
            name("rung", one.rung),
            one.unit,
            one.unit_name,
            one.about,
            one.raised_on,
            name("notice_state", one.state)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `duban notice approve`. Whoever sits at the machine may record a leader's approval.
async fn approve(
    settings: Settings,
    args: &NoticeApproveArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    if args.notices.len() > MOST_AT_ONCE {
        bail!("一次最多批准 {MOST_AT_ONCE} 份，请分次批准");
    }
    let ctx = open_ctx(settings).await?;
    let by = Approver {
        name: &args.by,
        is_leader: true,
    };
    let approving = Approving {
        note: args.note.clone(),
        demand: None,
        issue: true,
    };
    let ids: Vec<NoticeId> = args.notices.iter().map(|id| NoticeId(*id)).collect();
    approve_notices(&ctx, by, &ids, &approving).await?;
    let mut issued = notices::with_ids(&ctx.db, &ids).await?;
    issued.sort_by_key(|one| one.number);
    let numbers: Vec<String> = issued
        .iter()
        .filter_map(|one| Some(one.number?.to_string()))
        .collect();
    match format {
        Format::Json => print_json(&serde_json::json!({ "numbers": numbers }))?,
        Format::Text => print_line(format!("已发出：{}", numbers.join("、")))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// `duban notice withdraw`.
async fn withdraw(
    settings: Settings,
    args: &NoticeWithdrawArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    if args.reason.trim().is_empty() {
        bail!("撤回须写明理由（--reason 理由）");
    }
    let ctx = open_ctx(settings).await?;
    let decision = NoticeDecision {
        event: NoticeEvent::Withdraw,
        reason: Some(args.reason.clone()),
        due_on: None,
    };
    decide_notice(&ctx, &args.by, NoticeId(args.notice), &decision).await?;
    match format {
        Format::Json => print_json(&serde_json::json!({ "withdrawn": args.notice }))?,
        Format::Text => print_line("督办单已撤回")?,
    }
    Ok(ExitCode::SUCCESS)
}
