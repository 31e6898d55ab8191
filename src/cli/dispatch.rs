//! Commands around dispatches: their summaries.

use super::output::{Format, print_json, print_line};
use crate::config::Settings;
use crate::domain::access::Reach;
use crate::domain::dispatch_summary::{DispatchSummary, ItemSummary};
use crate::domain::ids::RoundId;
use crate::domain::light::Light;
use crate::flow::dispatch_summary::read_summary;
use crate::flow::summary_document::title;
use crate::startup::open_ctx;
use std::process::ExitCode;
use uuid::Uuid;

/// `duban round summary`.
pub(super) async fn summary(
    settings: Settings,
    id: Uuid,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let read = read_summary(&ctx, RoundId(id), &Reach::All).await?;
    if format == Format::Json {
        let (sha256, made_at) = read.frozen.unzip();
        print_json(&serde_json::json!({
            "preliminary": sha256.is_none(),
            "sha256": sha256,
            "made_at": made_at,
            "summary": read.summary,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    print_line(title(&read))?;
    tell(&read.summary)?;
    match &read.frozen {
        Some((sha256, _)) => print_line(format!("SHA-256：{sha256}"))?,
        None => print_line("调度尚未结束，以上为预览")?,
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(summary: &DispatchSummary) -> anyhow::Result<()> {
    let totals = summary.totals;
    print_line(format!(
        "牵头单位 {} 个，已填报 {}，未填报 {}；分工 {} 份：绿灯 {}，黄灯 {}，红灯 {}，欠进度 {}，有困难 {}",
        totals.units,
        totals.answered,
        totals.unanswered,
        totals.items,
        totals.green,
        totals.yellow,
        totals.red,
        totals.behind,
        totals.blocked,
    ))?;
    if let Some(before) = &summary.before {
        print_line(format!(
            "与{}相比：进度有变化 {}，新转红灯 {}，由红灯转好 {}",
            before.period.label(),
            totals.moved,
            totals.newly_red,
            totals.recovered
        ))?;
    }
    for unit in &summary.units {
        let worth_a_line = |item: &&ItemSummary| item.blocked || item.light != Light::Green;
        for item in unit.items.iter().filter(worth_a_line) {
            let problems = item.problems.as_deref().filter(|_| item.blocked);
            let problems = problems.map_or_else(String::new, |text| format!(" 问题：{text}"));
            print_line(format!(
                "  {}  {} {}{}  {}{problems}",
                item.light.label(),
                unit.unit_name,
                item.task_number,
                item.task_title,
                item.why
            ))?;
        }
    }
    for one in &summary.decisions {
        let (state, due_on) = (one.state.label(), one.due_on);
        print_line(format!(
            "  议定事项（{state}）{} {due_on} 前：{}",
            one.unit_name, one.text
        ))?;
    }
    Ok(())
}
