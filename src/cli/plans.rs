//! Commands that bring things in: plans, units, calendars; and issuing.

use super::args::{ImportArgs, IssueArgs};
use super::output::{Format, name, print_json, print_line};
use super::progress::Progress;
use crate::cage::Reader;
use crate::config::Settings;
use crate::documents::UnitRow;
use crate::documents::reading::Readable;
use crate::domain::plan::document::Document;
use crate::domain::plan::{ParsedPlan, ProblemKind, parse_plan};
use crate::flow::Ctx;
use crate::flow::import_calendar::import_calendar;
use crate::flow::import_plan::{PlanImported, PlanToImport, import_plan};
use crate::flow::import_units::{UnitsImported, import_units};
use crate::flow::issue_plan::{CyclesAtIssue, IssuedBy, PlanIssued, issue_plan, issue_plan_by};
use crate::flow::manage_cycles::find_plan;
use crate::flow::preview_import::preview_import;
use crate::startup::open_ctx;
use crate::storage::plans;
use anyhow::{Context, bail};
use serde::Serialize;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

/// The largest file that is read at all; the readers have tighter limits of their own.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// `duban import`.
pub(super) async fn import(
    settings: Settings,
    args: &ImportArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let file = file_name(&args.file);
    let document: Document = read_of(&args.file)
        .await
        .with_context(|| format!("“{file}”无法导入"))?;
    let units = match &args.units {
        Some(path) => Some(read_units_file(path).await?),
        None => None,
    };
    let plan = parse_plan(&document, args.year);
    if args.dry_run {
        let plan = preview_import(plan, units.as_deref())?;
        print_json(&plan)?;
        return Ok(ExitCode::SUCCESS);
    }
    let ctx = open_ctx(settings).await?;
    let import = PlanToImport {
        plan,
        source_name: &file,
        units: units.as_deref(),
    };
    let importing = async {
        let imported = import_plan(&ctx, import).await?;
        let issued = match args.issue {
            true => Some(issue_plan(&ctx, imported.plan_id, CyclesAtIssue::On).await?),
            false => None,
        };
        anyhow::Ok((imported, issued))
    };
    let (imported, issued) = Progress::during("import", importing).await?;
    tell_import(&imported, issued.as_ref(), format)?;
    Ok(exit_of(issued.as_ref()))
}

/// Tasks held back are a failure that names them.
fn exit_of(issued: Option<&PlanIssued>) -> ExitCode {
    match issued {
        Some(issued) if !issued.held.is_empty() => ExitCode::FAILURE,
        Some(_) | None => ExitCode::SUCCESS,
    }
}

#[derive(Serialize)]
struct ImportTold<'a> {
    plan_id: String,
    new: bool,
    plan: &'a ParsedPlan,
    units: Option<&'a UnitsImported>,
    issued: Option<&'a PlanIssued>,
}

fn tell_import(
    imported: &PlanImported,
    issued: Option<&PlanIssued>,
    format: Format,
) -> anyhow::Result<()> {
    if format == Format::Json {
        return print_json(&ImportTold {
            plan_id: imported.plan_id.to_string(),
            new: imported.new,
            plan: &imported.plan,
            units: imported.units.as_ref(),
            issued,
        });
    }
    if let Some(units) = &imported.units {
        tell_units(units)?;
    }
    let plan = &imported.plan;
    let title = plan.title.as_deref().unwrap_or_default();
    let state = if imported.new {
        "已导入"
    } else {
        "内容相同，此前已导入，未作改动"
    };
    print_line(format!(
        "方案《{title}》：{state}（编号 {}）",
        imported.plan_id
    ))?;
    print_line(format!(
        "  举措 {} 项，实施步骤 {} 个，督办周期 {} 个，报送期限 {} 个",
        plan.measures.len(),
        plan.phases.len(),
        plan.cycles.len(),
        plan.deadlines.len()
    ))?;
    for problem in &plan.problems {
        print_line(format!(
            "  请留意：第 {} 行 {}：{}",
            problem.line,
            problem_text(problem.kind),
            problem.text
        ))?;
    }
    match issued {
        Some(issued) => tell_issue(issued),
        None => Ok(()),
    }
}

pub(super) fn tell_issue(issued: &PlanIssued) -> anyhow::Result<()> {
    print_line(format!(
        "已下发任务 {} 项，形成分工 {} 条",
        issued.tasks, issued.assignments
    ))?;
    for (kind, count) in &issued.obligations {
        print_line(format!(
            "  应报事项（{}）：{count} 条",
            name("obligation", kind)
        ))?;
    }
    if !issued.cycles.is_empty() {
        print_line(format!(
            "  已开启督办周期：{}",
            issued
                .cycles
                .iter()
                .map(|kind| name("cycle", kind))
                .collect::<Vec<_>>()
                .join("、")
        ))?;
    }
    for listed in &issued.listed {
        print_line(format!("  请留意：{listed}"))?;
    }
    for held in &issued.held {
        print_line(format!(
            "  未下发：{} {} —— {}",
            held.task_number, held.title, held.reason
        ))?;
    }
    Ok(())
}

/// `duban issue`.
pub(super) async fn issue(
    settings: Settings,
    args: &IssueArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let plan = find_plan(&ctx, Some(&args.plan)).await?;
    let cycles = if args.cycles_off {
        CyclesAtIssue::Off
    } else {
        CyclesAtIssue::On
    };
    let issued = issue_plan_by(
        &ctx,
        plan.id,
        cycles,
        IssuedBy::Person(args.reason.as_deref()),
    )
    .await?;
    match format {
        Format::Json => print_json(&issued)?,
        Format::Text => tell_issue(&issued)?,
    }
    Ok(exit_of(Some(&issued)))
}

#[derive(Serialize)]
struct PlanTold {
    id: String,
    title: String,
    document_number: Option<String>,
    issued_on: Option<chrono::NaiveDate>,
    last_phase_ends_on: Option<chrono::NaiveDate>,
}

/// `duban plan list`.
pub(super) async fn list(settings: Settings, format: Format) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let told: Vec<PlanTold> = plans::all(&ctx.db)
        .await?
        .into_iter()
        .map(|plan| PlanTold {
            id: plan.id.to_string(),
            title: plan.title,
            document_number: plan.document_number,
            issued_on: plan.issued_on,
            last_phase_ends_on: plan.last_phase_ends_on,
        })
        .collect();
    match format {
        Format::Json => print_json(&told)?,
        Format::Text => {
            for plan in &told {
                let issued = plan
                    .issued_on
                    .map_or_else(|| "未下发".to_owned(), |day| format!("{day} 下发"));
                print_line(format!("{}  《{}》 {issued}", plan.id, plan.title))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `duban units import`.
pub(super) async fn import_units_file(
    settings: Settings,
    path: &Path,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let rows = read_units_file(path).await?;
    let ctx = open_ctx(settings).await?;
    let imported = import_units(&ctx, &rows).await?;
    match format {
        Format::Json => print_json(&imported)?,
        Format::Text => tell_units(&imported)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_units(units: &UnitsImported) -> anyhow::Result<()> {
    print_line(format!(
        "单位名单 {} 个：新增 {}，更新 {}，联络员变更 {}",
        units.total,
        units.added.len(),
        units.changed.len(),
        units.contacts_changed.len()
    ))?;
    for (title, codes) in [
        ("联络员或邮箱有变更", &units.contacts_changed),
        ("没有邮箱，无法发送提醒", &units.without_address),
        ("系统中有而名单中没有，予以保留", &units.absent),
    ] {
        if !codes.is_empty() {
            print_line(format!("  {title}:{}", codes.join("、")))?;
        }
    }
    Ok(())
}

/// `duban calendar import`.
pub(super) async fn import_calendar_file(
    settings: Settings,
    path: &Path,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let name = file_name(path);
    let bytes = read_file(path)?;
    let ctx: Ctx = open_ctx(settings).await?;
    let imported = import_calendar(&ctx, &name, &bytes)
        .await
        .with_context(|| format!("“{name}”未导入"))?;
    match format {
        Format::Json => print_json(&imported)?,
        Format::Text => {
            let years: Vec<String> = imported.years.iter().map(ToString::to_string).collect();
            print_line(format!(
                "校历已导入：节假日 {} 天（年份 {}），学期 {} 个；重新安排期限 {} 条",
                imported.days,
                years.join("、"),
                imported.terms,
                imported.moved
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn read_units_file(path: &Path) -> anyhow::Result<Vec<UnitRow>> {
    let rows = read_of(path).await;
    rows.with_context(|| format!("单位名单“{}”未导入", file_name(path)))
}

/// What a file says.
pub(super) async fn read_of<T: Readable>(path: &Path) -> anyhow::Result<T> {
    let bytes = read_file(path)?;
    let reader = Reader::caged();
    Ok(reader.read(&file_name(path), bytes.into()).await?)
}

/// The bytes of a file, or of standard input where it is called `-`.
pub(super) fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(LARGEST_FILE + 1)
            .read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("无法读取文件“{}”", path.display()))?;
    if bytes.len() as u64 > LARGEST_FILE {
        bail!("文件“{}”超过 64 MB，请拆分后再导入", path.display());
    }
    Ok(bytes)
}

/// The name of a file without its folder.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// What kind of problem it is, in words.
pub(super) fn problem_text(kind: ProblemKind) -> String {
    let code = serde_json::to_value(kind).ok();
    let code = code
        .as_ref()
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    rust_i18n::t!(format!("problem.{code}")).into_owned()
}
