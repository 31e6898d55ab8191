//! Commands around appraisals and quality results.

use super::args::{AppraisalCommand, AppraisalShowArgs, QualityImportArgs};
use super::output::{Format, print_json, print_line};
use super::plans::{file_name, read_file};
use crate::config::Settings;
use crate::domain::access::Reach;
use crate::domain::decimal::Decimal;
use crate::domain::frequency::Frequency;
use crate::domain::ids::AppraisalId;
use crate::domain::period_key::PeriodKey;
use crate::flow::appraisal_report::{appraisal_report, line_label};
use crate::flow::import_quality::{QualityToImport, import_quality};
use crate::startup::open_ctx;
use crate::storage::appraisals::{self, StoredAppraisal};
use crate::storage::plans;
use anyhow::Context;
use serde::Serialize;
use std::process::ExitCode;

/// Appraisals that a listing shows at the most.
const LISTED: u64 = 1_000;

#[derive(Serialize)]
struct AppraisalTold {
    id: String,
    school_year: String,
    plan: Option<String>,
    state: &'static str,
    ranked: bool,
    input_hash: String,
}

/// `duban appraisal`.
pub(super) async fn run(
    settings: Settings,
    command: &AppraisalCommand,
    format: Format,
) -> anyhow::Result<ExitCode> {
    match command {
        AppraisalCommand::List => list(settings, format).await,
        AppraisalCommand::Show(args) => show(settings, args, format).await,
    }
}

/// `duban appraisal list`.
async fn list(settings: Settings, format: Format) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let plans = plans::all(&ctx.db).await?;
    let year = |one: &StoredAppraisal| PeriodKey::new(Frequency::SchoolYear, one.school_year, 1);
    let all = appraisals::all(&ctx.db, LISTED).await?;
    let told = all.iter().map(|one| {
        let plan = plans.iter().find(|plan| Some(plan.id) == one.plan_id);
        AppraisalTold {
            id: one.id.to_string(),
            school_year: year(one).map(|key| key.to_string()).unwrap_or_default(),
            plan: plan.map(|plan| plan.title.clone()),
            state: one.state.as_str(),
            ranked: one.ranked,
            input_hash: one.input_hash.clone(),
        }
    });
    let told: Vec<AppraisalTold> = told.collect();
    if format == Format::Json {
        print_json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    for (one, told) in all.iter().zip(&told) {
        let plan = told.plan.as_deref().unwrap_or("全部方案");
        print_line(format!(
            "{}  {}  {}  {plan}",
            told.id,
            year(one).map(PeriodKey::label).unwrap_or_default(),
            one.state.label()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct ScoreLineTold {
    label: &'static str,
    points: Decimal,
    good: usize,
    bad: usize,
}

#[derive(Serialize)]
struct UnitScoreTold {
    unit: String,
    unit_name: String,
    total: Decimal,
    place: Option<usize>,
    lines: Vec<ScoreLineTold>,
}

/// `duban appraisal show`.
async fn show(
    settings: Settings,
    args: &AppraisalShowArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let report = appraisal_report(&ctx, AppraisalId(args.appraisal), &Reach::All).await?;
    let told = report.units.iter().map(|unit| {
        let lines = unit.score.lines.iter().map(|line| ScoreLineTold {
            label: line_label(line.of),
            points: line.points,
            good: line.good.len(),
            bad: line.bad.len(),
        });
        UnitScoreTold {
            unit: unit.code.clone(),
            unit_name: unit.name.clone(),
            total: unit.score.total,
            place: unit.place.map(|one| one.place),
            lines: lines.collect(),
        }
    });
    let told: Vec<UnitScoreTold> = told.collect();
    if format == Format::Json {
        print_json(&serde_json::json!({
            "title": report.title(),
            "state": report.state,
            "rules_version": report.rules_version,
            "input_hash": report.input_hash,
            "units": told,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    print_line(format!(
        "{}：计分办法第 {} 版，{}，{} 个单位",
        report.title(),
        report.rules_version,
        report.state.label(),
        told.len()
    ))?;
    for unit in &told {
        let place = unit
            .place
            .map_or_else(String::new, |place| format!("，同学段第 {place} 名"));
        print_line(format!(
            "{} {}  {} 分{place}",
            unit.unit, unit.unit_name, unit.total
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `duban quality import`.
pub(super) async fn import(
    settings: Settings,
    args: &QualityImportArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let name = file_name(&args.file);
    let bytes = read_file(&args.file)?;
    let ctx = open_ctx(settings).await?;
    let wanted = QualityToImport {
        year: args.year,
        source: args.source.clone(),
        approved_by: args.approved_by.clone(),
        file_name: name.clone(),
        bytes: bytes.into(),
    };
    let imported = import_quality(&ctx, "命令行", wanted)
        .await
        .with_context(|| format!("“{name}”未导入"))?;
    match format {
        Format::Json => print_json(&imported)?,
        Format::Text => {
            print_line(format!(
                "{}质量结果已导入：新增 {}，改正 {}，未变 {}；提出约谈、黄牌、红牌建议 {} 条，失效 {} 条",
                args.year.label(),
                imported.added,
                imported.corrected,
                imported.unchanged,
                imported.proposed,
                imported.lapsed
            ))?;
            if imported.decided_differing > 0 {
                print_line(format!(
                    "  请留意：{} 条已经决定的，按现在的结果会不同，请人工核对",
                    imported.decided_differing
                ))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
