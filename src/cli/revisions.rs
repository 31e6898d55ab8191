//! `duban plan diff` and `duban plan amend`: an amended document is compared with its plan, or applied.

use super::args::{PlanAmendArgs, PlanDiffArgs};
use super::output::{Format, print_json, print_line};
use super::plans::{file_name, problem_text, read_of, tell_issue};
use crate::config::Settings;
use crate::domain::plan::diff::{Fate, Field, FieldChange};
use crate::domain::plan::document::Document;
use crate::domain::plan::{ParsedPlan, parse_plan};
use crate::flow::compare_plan::{PlanChanges, TaskChange, compare_plan};
use crate::flow::issue_plan::PlanIssued;
use crate::flow::manage_cycles::find_plan;
use crate::flow::revise_plan::{Revision, revise_plan};
use crate::flow::revision_parts::PlanPart;
use crate::startup::open_ctx;
use anyhow::Context;
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

/// `duban plan diff`.
pub(super) async fn diff(
    settings: Settings,
    args: &PlanDiffArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let plan = find_plan(&ctx, Some(&args.plan)).await?;
    let (document, _) = read(&args.file, args.year.or(plan.first_year)).await?;
    let changes = compare_plan(&ctx, plan.id, &document).await?;
    match format {
        Format::Json => print_json(&changes)?,
        Format::Text => tell(&changes)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct AmendTold<'a> {
    applied: bool,
    revision_id: Option<String>,
    #[serde(flatten)]
    changes: &'a PlanChanges,
    issued: &'a PlanIssued,
}

/// `duban plan amend`.
pub(super) async fn amend(
    settings: Settings,
    args: &PlanAmendArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let plan = find_plan(&ctx, Some(&args.plan)).await?;
    let (document, source_name) = read(&args.file, args.year.or(plan.first_year)).await?;
    let revision = Revision {
        document: &document,
        source_name: &source_name,
        reason: &args.reason,
    };
    let by = ctx.actor.name().to_owned();
    let revised = revise_plan(&ctx, &by, plan.id, revision).await?;
    if format == Format::Json {
        print_json(&AmendTold {
            applied: revised.revision_id.is_some(),
            revision_id: revised.revision_id.map(|id| id.to_string()),
            changes: &revised.changes,
            issued: &revised.issued,
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    tell(&revised.changes)?;
    if revised.revision_id.is_some() {
        print_line(format!("方案《{}》已按“{source_name}”修订", plan.title))?;
        tell_issue(&revised.issued)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn read(path: &Path, year: Option<i32>) -> anyhow::Result<(ParsedPlan, String)> {
    let name = file_name(path);
    let document: Document = read_of(path)
        .await
        .with_context(|| format!("“{name}”无法读取"))?;
    Ok((parse_plan(&document, year), name))
}

fn tell(changes: &PlanChanges) -> anyhow::Result<()> {
    if changes.same {
        return print_line("内容与上次导入的相同，没有变动");
    }
    let count = |fate: Fate| {
        changes
            .tasks
            .iter()
            .filter(|task| task.fate == fate)
            .count()
    };
    print_line(format!(
        "任务：新增 {} 项，删除 {} 项，有变动 {} 项，保持现状 {} 项，没有变动 {} 项",
        count(Fate::Added),
        count(Fate::Removed),
        count(Fate::Changed),
        count(Fate::Kept),
        changes.unchanged
    ))?;
    for task in &changes.tasks {
        tell_task(task)?;
    }
    for listed in &changes.listed {
        let part = match listed.part {
            PlanPart::Head => "方案",
            PlanPart::Phases => "实施步骤",
            PlanPart::Deadlines => "报送期限",
            PlanPart::Cycles => "督办周期",
            PlanPart::Indicators => "目标和指标",
        };
        let told = moved(listed.before.as_deref(), listed.after.as_deref());
        let note = match listed.applies {
            true => "",
            false => "（不随修订改动，请人工处理）",
        };
        print_line(format!("  {part}：{told}{note}"))?;
    }
    for problem in &changes.problems {
        let kind = problem_text(problem.kind);
        print_line(format!(
            "  请留意：第 {} 行 {kind}：{}",
            problem.line, problem.text
        ))?;
    }
    Ok(())
}

fn tell_task(task: &TaskChange) -> anyhow::Result<()> {
    let fate = match task.fate {
        Fate::Added => "新增",
        Fate::Removed => "删除",
        Fate::Changed => "变动",
        Fate::Unchanged => "没有变动",
        Fate::Kept => "保持现状",
    };
    let found = match (task.matched_by, task.similarity) {
        (Some("number"), _) => "（按序号对上）".to_owned(),
        (Some("title"), _) => "（按标题对上）".to_owned(),
        (_, Some(percent)) => format!("（标题相近 {percent}%）"),
        (_, None) => String::new(),
    };
    let kept = task.kept.map(|why| format!("：{why}")).unwrap_or_default();
    print_line(format!(
        "  {fate} {} {}{found}{kept}",
        task.number, task.title
    ))?;
    for change in &task.changes {
        print_line(format!("    {}", field_told(change)))?;
    }
    Ok(())
}

fn field_told(change: &FieldChange) -> String {
    let field = match change.field {
        Field::Number => "序号",
        Field::Section => "上级标题",
        Field::Title => "标题",
        Field::Text => "全文",
        Field::DueOn => "完成时限",
        Field::Continuous => "长期坚持",
        Field::LeadUnits => "牵头单位",
        Field::ResponsibleUnits => "责任单位",
        Field::CooperatingUnits => "配合单位",
    };
    let note = match change.applies {
        true => "",
        false => "（不改动）",
    };
    let mut units = String::new();
    if !change.added.is_empty() {
        units.push_str(&format!("，增加 {}", change.added.join("、")));
    }
    if !change.removed.is_empty() {
        units.push_str(&format!("，去掉 {}", change.removed.join("、")));
    }
    let told = moved(change.before.as_deref(), change.after.as_deref());
    format!("{field}：{told}{units}{note}")
}

fn moved(before: Option<&str>, after: Option<&str>) -> String {
    let told =
        |text: Option<&str>| text.map_or_else(|| "无".to_owned(), |text| text.replace('\n', " "));
    format!("{} → {}", told(before), told(after))
}
