//! The task ledger 台账 of a plan, or of everything that the caller meets, as an Excel file that can be edited and imported
//! again.

use crate::documents::ledger_sheet::{LedgerLine, MOST_ROWS, TaskLine, ledger_xlsx};
use crate::documents::sheet_out::{SheetCell, SheetValue};
use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{AssignmentId, PlanId, TaskId};
use crate::domain::light::Light;
use crate::domain::role::Role;
use crate::flow::ledger_rows::{LedgerRow, LedgerView, due_cell, light_cell, rows_of};
use crate::flow::list_by_light::{LightTold, lights_of_assignments, lights_of_tasks, unit_of_code};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::ledgers::{self, LedgerFilter};
use crate::storage::tasks::StoredTask;
use crate::storage::{changes, plans, tasks};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Which rows a ledger is to have; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct LedgerWanted {
    /// Of this plan.
    pub plan_id: Option<PlanId>,
    /// Of the unit of this code.
    pub unit_code: Option<String>,
    /// Of tasks that the unit of this code leads.
    pub lead_unit_code: Option<String>,
    /// With this light today.
    pub light: Option<Light>,
    /// Where it stands, one of these.
    pub state: Option<Vec<AssignmentState>>,
}

/// A ledger.
#[derive(Debug, Clone)]
pub struct LedgerExported {
    /// The name that the file should have.
    pub file_name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// Its rows.
    pub rows: usize,
}

/// The ledger of what is wanted and met.
///
/// # Errors
/// [`FlowError::Refused`] where the plan or a unit is unknown, or there are too many rows for one file.
pub async fn export_ledger(
    ctx: &Ctx,
    view: &LedgerView,
    wanted: LedgerWanted,
) -> Result<LedgerExported, FlowError> {
    let today = ctx.now().today;
    // Read first: what changes while rows are read counts as changed after the export.
    let change_no = changes::span(&ctx.db).await?.newest;
    let title = match wanted.plan_id {
        None => None,
        Some(id) => {
            let missing = || FlowError::refused(RefusalCode::NotFound, "没有这个方案");
            Some(plans::get(&ctx.db, id).await?.ok_or_else(missing)?.title)
        }
    };
    let filter = LedgerFilter {
        plan_id: wanted.plan_id,
        unit_id: unit_of_code(ctx, "unit_code", wanted.unit_code.as_deref()).await?,
        lead_unit_id: unit_of_code(ctx, "lead_unit_code", wanted.lead_unit_code.as_deref()).await?,
        state: wanted.state,
    };
    // One more tells that there are too many.
    let limit = u64::try_from(MOST_ROWS + 1).unwrap_or(u64::MAX);
    let found = ledgers::assignments(&ctx.db, &filter, &view.assignments, limit).await?;
    if found.len() > MOST_ROWS {
        let text = format!("台账超过 {MOST_ROWS} 行，请按方案、单位或状态筛选后分几份导出");
        return Err(FlowError::refused(RefusalCode::Unprintable, text));
    }
    let ids: Vec<AssignmentId> = found.iter().map(|one| one.id).collect();
    let lights = lights_of_assignments(ctx, &view.assignments, today, ids).await?;
    let mut rows = rows_of(&ctx.db, view, found).await?;
    if let Some(light) = wanted.light {
        rows.retain(|row| {
            let told = lights.get(&row.assignment.id);
            told.is_some_and(|told| told.light == light)
        });
    }
    sort(ctx, &mut rows).await?;
    let task_lines = task_lines(ctx, view, &rows).await?;
    let zone = ctx.settings.zone;
    let count = rows.len();
    let lines: Vec<LedgerLine> = (1..)
        .zip(&rows)
        .map(|(position, row)| row.line(zone, position, lights.get(&row.assignment.id)))
        .collect();
    // A large sheet takes a while to write; the workers answer others meanwhile.
    let writing =
        tokio::task::spawn_blocking(move || ledger_xlsx(lines, task_lines, change_no, today));
    let written = writing
        .await
        .map_err(|error| FlowError::Interrupted(format!("台账生成中断：{error}")))?;
    let title = title.map_or_else(String::new, |title| format!("-{title}"));
    Ok(LedgerExported {
        file_name: format!("台账{title}-{today}.xlsx"),
        bytes: written
            .map_err(|error| FlowError::refused(RefusalCode::Unprintable, error.to_string()))?,
        rows: count,
    })
}

/// In the order of plans and their tasks; lead units first.
async fn sort(ctx: &Ctx, rows: &mut [LedgerRow]) -> Result<(), FlowError> {
    let plans: BTreeSet<PlanId> = rows.iter().map(|row| row.plan.id).collect();
    let mut places: HashMap<TaskId, usize> = HashMap::new();
    for plan in plans {
        for task in tasks::of_plan(&ctx.db, plan).await? {
            places.insert(task.id, places.len());
        }
    }
    rows.sort_by_key(|row| {
        let one = &row.assignment;
        (
            places.get(&one.task_id).copied(),
            one.role,
            one.position,
            one.id,
        )
    });
    Ok(())
}

/// One line for each task of the rows, in their order.
async fn task_lines(
    ctx: &Ctx,
    view: &LedgerView,
    rows: &[LedgerRow],
) -> Result<Vec<TaskLine>, FlowError> {
    let mut by_task: BTreeMap<usize, Vec<&LedgerRow>> = BTreeMap::new();
    let mut places: HashMap<TaskId, usize> = HashMap::new();
    for row in rows {
        let next = places.len();
        let place = *places.entry(row.task.id).or_insert(next);
        by_task.entry(place).or_default().push(row);
    }
    let ids: Vec<TaskId> = places.keys().copied().collect();
    let parties = tasks::parties_of(&ctx.db, &ids).await?;
    let lights = lights_of_tasks(ctx, &view.assignments, ctx.now().today, ids).await?;
    let lines = by_task.values().filter_map(|rows| {
        let task = &rows.first()?.task;
        let named = parties.get(&task.id).map(Vec::as_slice);
        let responsible = named.unwrap_or_default().iter();
        let responsible: Vec<&str> = responsible
            .filter(|party| party.role != Role::Lead)
            .map(|party| party.name.as_str())
            .collect();
        Some((rows, Arc::clone(task), responsible.join("、")))
    });
    let lines = (1_u32..).zip(lines).map(|(position, (rows, task, named))| {
        task_line(position, rows, &task, &named, lights.get(&task.id))
    });
    Ok(lines.collect())
}

fn task_line(
    position: u32,
    rows: &[&LedgerRow],
    task: &StoredTask,
    responsible: &str,
    light: Option<&LightTold>,
) -> TaskLine {
    let number = |number: usize| {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        SheetCell::from(SheetValue::Number(f64::from(number)))
    };
    let is_closed = |row: &&&LedgerRow| row.assignment.state == AssignmentState::Closed;
    let first = rows.first();
    TaskLine {
        id: task.id,
        cells: vec![
            SheetCell::from(SheetValue::Number(f64::from(position))),
            SheetCell::text(&task.number),
            SheetCell::text(&task.title),
            SheetCell::text(&task.text),
            SheetCell::text(first.map_or("", |row| &row.leads)),
            SheetCell::text(responsible),
            due_cell(task.due_on, task.continuous),
            number(rows.len()),
            number(rows.iter().filter(is_closed).count()),
            light_cell(light),
            SheetCell::text(first.map_or("", |row| &row.plan.title)),
        ],
    }
}
