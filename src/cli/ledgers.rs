//! `duban ledger`: the task ledger as a file, and back.

use super::args::{LedgerCommand, LedgerExportArgs, LedgerImportArgs};
use super::output::{Format, print_json, print_line};
use super::plans::{file_name, read_file};
use super::progress::Progress;
use crate::config::Settings;
use crate::domain::ids::AssignmentId;
use crate::flow::export_ledger::{LedgerWanted, export_ledger};
use crate::flow::import_ledger::{
    LedgerImported, LedgerPlace, LedgerToImport, import_ledger, told_conflict,
};
use crate::flow::ledger_edits::LedgerEditor;
use crate::flow::ledger_rows::LedgerView;
use crate::flow::manage_cycles::find_plan;
use crate::flow::{Ctx, FlowError};
use crate::startup::open_ctx;
use anyhow::{Context, anyhow};
use serde::Serialize;
use std::process::ExitCode;

/// Who imports from the command line, as reports will say.
const BY: &str = "督导办";

#[derive(Serialize)]
struct ExportTold {
    file: String,
    rows: usize,
}

/// `duban ledger`.
pub(super) async fn run(
    settings: Settings,
    command: &LedgerCommand,
    format: Format,
) -> anyhow::Result<ExitCode> {
    match command {
        LedgerCommand::Export(args) => export(settings, args, format).await,
        LedgerCommand::Import(args) => import(settings, args, format).await,
    }
}

/// `duban ledger export`.
async fn export(
    settings: Settings,
    args: &LedgerExportArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let plan_id = match &args.plan {
        Some(name) => Some(find_plan(&ctx, Some(name)).await?.id),
        None => None,
    };
    let wanted = LedgerWanted {
        plan_id,
        ..LedgerWanted::default()
    };
    let everything = LedgerView::everything();
    let exporting = export_ledger(&ctx, &everything, wanted);
    let ledger = Progress::during("ledger_export", exporting).await?;
    std::fs::write(&args.file, &ledger.bytes)
        .with_context(|| format!("无法写入文件“{}”", args.file.display()))?;
    let told = ExportTold {
        file: args.file.display().to_string(),
        rows: ledger.rows,
    };
    match format {
        Format::Json => print_json(&told)?,
        Format::Text => print_line(format!("已导出台账 {} 行：{}", told.rows, told.file))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// `duban ledger import`.
async fn import(
    settings: Settings,
    args: &LedgerImportArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let import = LedgerToImport {
        name: file_name(&args.file),
        bytes: read_file(&args.file)?.into(),
        plan_id: None,
        forced: args.force.iter().copied().map(AssignmentId).collect(),
        dry_run: args.dry_run,
    };
    let ctx = open_ctx(settings).await?;
    let editor = LedgerEditor::office(BY);
    let importing = import_ledger(&ctx, &editor, import);
    let done = Progress::during("ledger_import", importing)
        .await
        .map_err(told_in_full)?;
    match format {
        Format::Json => print_json(&ImportTold::of(&ctx, &done))?,
        Format::Text => tell_import(&ctx, &done)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Every cell that is wrong, one a line.
fn told_in_full(error: FlowError) -> anyhow::Error {
    match error {
        FlowError::Refused(refusal) if refusal.fields.len() > 1 => {
            let lines: Vec<&str> = refusal.fields.iter().map(|one| one.text.as_str()).collect();
            anyhow!(
                "台账未导入，共 {} 处：\n  {}",
                lines.len(),
                lines.join("\n  ")
            )
        }
        other => anyhow::Error::new(other).context("台账未导入"),
    }
}

#[derive(Serialize)]
struct ImportTold {
    applied: bool,
    rows: usize,
    changes: Vec<ChangeTold>,
    conflicts: Vec<ConflictTold>,
    reports: usize,
    answered: usize,
    days_moved: usize,
    notes: usize,
}

#[derive(Serialize)]
struct ChangeTold {
    cell: String,
    column: &'static str,
    assignment_id: AssignmentId,
    task_number: String,
    unit_code: String,
    before: String,
    after: String,
    conflict: bool,
}

#[derive(Serialize)]
struct ConflictTold {
    row: usize,
    assignment_id: AssignmentId,
    unit_code: String,
    text: String,
    forced: bool,
}

impl ImportTold {
    fn of(ctx: &Ctx, done: &LedgerImported) -> Self {
        let changes = done.changes.iter().map(|change| ChangeTold {
            cell: change.cell.clone(),
            column: change.column.header(),
            assignment_id: change.place.assignment_id,
            task_number: change.place.task_number.clone(),
            unit_code: change.place.unit_code.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
            conflict: change.conflict,
        });
        let conflicts = done.conflicts.iter().map(|conflict| ConflictTold {
            row: conflict.place.row,
            assignment_id: conflict.place.assignment_id,
            unit_code: conflict.place.unit_code.clone(),
            text: told_conflict(ctx, conflict),
            forced: conflict.forced,
        });
        Self {
            applied: done.applied,
            rows: done.rows,
            changes: changes.collect(),
            conflicts: conflicts.collect(),
            reports: done.reports,
            answered: done.answered,
            days_moved: done.days_moved,
            notes: done.notes,
        }
    }
}

fn tell_import(ctx: &Ctx, done: &LedgerImported) -> anyhow::Result<()> {
    let verb = if done.applied {
        "已导入"
    } else {
        "试导入"
    };
    print_line(format!(
        "{verb}台账 {} 行：修改 {} 处，冲突 {} 行",
        done.rows,
        done.changes.len(),
        done.conflicts.len()
    ))?;
    for change in &done.changes {
        let LedgerPlace {
            task_number,
            unit_name,
            ..
        } = &change.place;
        print_line(format!(
            "  {} {task_number} {unit_name} {}：“{}” → “{}”",
            change.cell,
            change.column.header(),
            change.before,
            change.after
        ))?;
    }
    for conflict in &done.conflicts {
        let text = told_conflict(ctx, conflict);
        print_line(format!("  冲突：第 {} 行 {text}", conflict.place.row))?;
    }
    print_line(format!(
        "  登记填报 {} 份，答复应报事项 {} 件，改期 {} 件，备注 {} 条",
        done.reports, done.answered, done.days_moved, done.notes
    ))
}
