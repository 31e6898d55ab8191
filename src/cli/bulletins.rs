//! Commands around bulletins: list, show, approve, publish, discard.

use super::args::BulletinCommand;
use super::output::{Format, print_json, print_line};
use super::progress::Progress;
use crate::config::Settings;
use crate::domain::bulletin::IssueNumber;
use crate::domain::ids::BulletinId;
use crate::flow::bulletin_told::{BulletinTold, bulletin_told};
use crate::flow::decide_bulletins::{approve_bulletin, discard_bulletin};
use crate::flow::publish_bulletin::publish_bulletin;
use crate::startup::open_ctx;
use crate::storage::bulletins::{self, StoredBulletin};
use serde_json::{Value, json};
use std::process::ExitCode;

/// `duban bulletin …`.
pub(super) async fn run(
    settings: Settings,
    command: &BulletinCommand,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    match command {
        BulletinCommand::List => list(&bulletins::all(&ctx.db).await?, format)?,
        BulletinCommand::Show(args) => {
            show(
                &bulletin_told(&ctx, BulletinId(args.bulletin)).await?,
                format,
            )?;
        }
        BulletinCommand::Approve(args) => {
            approve_bulletin(&ctx, BulletinId(args.bulletin), None).await?;
            match format {
                Format::Json => print_json(&json!({ "id": args.bulletin, "state": "approved" }))?,
                Format::Text => print_line("已审定，文字不能再改")?,
            }
        }
        BulletinCommand::Discard(args) => {
            let reason = args.reason.trim();
            anyhow::ensure!(!reason.is_empty(), "请写明作废的理由（--reason）");
            discard_bulletin(&ctx, BulletinId(args.bulletin), reason.to_owned()).await?;
            match format {
                Format::Json => {
                    print_json(&json!({ "id": args.bulletin, "state": "discarded" }))?;
                }
                Format::Text => print_line("草稿已作废，可以按同一天重新起草")?,
            }
        }
        BulletinCommand::Publish(args) => {
            let id = BulletinId(args.bulletin);
            let mails = Progress::during("publish", publish_bulletin(&ctx, id)).await?;
            let published = bulletin_told(&ctx, id).await?.bulletin;
            match format {
                Format::Json => print_json(&told(&published))?,
                Format::Text => print_line(format!(
                    "已印发{}，排队邮件 {mails} 封",
                    published.issue.map_or_else(String::new, IssueNumber::label)
                ))?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn told(one: &StoredBulletin) -> Value {
    json!({
        "id": one.id,
        "plan_id": one.plan_id,
        "title": one.title,
        "period": one.period,
        "as_of": one.as_of,
        "version": one.version,
        "state": one.state,
        "issue_year": one.issue.map(|issue| issue.year),
        "issue_number": one.issue.map(|issue| issue.number),
        "published_on": one.published_on,
        "mails": one.mails,
        "units_without_address": one.without_address,
    })
}

fn list(all: &[StoredBulletin], format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        let all: Vec<Value> = all.iter().map(told).collect();
        return print_json(&all);
    }
    for one in all {
        let issue = one
            .issue
            .map_or_else(|| "未编号".to_owned(), IssueNumber::label);
        print_line(format!(
            "{}  {}  {issue}  第 {} 版  {}",
            one.id,
            one.state.label(),
            one.version,
            one.title
        ))?;
    }
    Ok(())
}

fn show(one: &BulletinTold, format: Format) -> anyhow::Result<()> {
    let snapshot = &one.snapshot;
    let text = &one.bulletin.text;
    if format == Format::Json {
        let mut all = told(&one.bulletin);
        let standings = snapshot.assignments.parts().map(|(standing, count, part)| {
            json!({ "standing": standing, "count": count, "percent": f64::from(part.0) / 10.0 })
        });
        if let Value::Object(fields) = &mut all {
            fields.insert("snapshot_sha256".to_owned(), json!(one.sha256));
            fields.insert("text".to_owned(), json!(text));
            fields.insert("standings".to_owned(), json!(standings));
        }
        return print_json(&all);
    }
    print_line(&one.bulletin.title)?;
    print_line(format!("状态：{}", one.bulletin.state.label()))?;
    print_line(format!("数据截至：{}", snapshot.as_of))?;
    print_line(format!("快照校验码：{}", one.sha256))?;
    for (standing, count, part) in snapshot.assignments.parts() {
        print_line(format!("  {} {count} 项，占 {part}", standing.label()))?;
    }
    print_line(&text.opening)?;
    for demand in &text.demands {
        print_line(format!("  - {demand}"))?;
    }
    Ok(())
}
