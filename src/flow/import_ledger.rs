//! A task ledger that comes back edited: every cell is judged, then all of it is carried out in one transaction, or nothing.
//! A dry run is the same run, not committed. What an edited row says of progress becomes a report of its unit
//! (`ledger_progress`), a new due day is more time given (`extend_due_day`), a note is kept beside the assignment.

use crate::documents::ledger_file::{LedgerFault, LedgerFile, LedgerFileRow};
use crate::documents::ledger_sheet;
use crate::documents::reading::Unreadable;
use crate::domain::ids::{AssignmentId, ObligationId, PlanId};
use crate::domain::ledger::LedgerColumn;
use crate::domain::resource::Resource;
pub use crate::flow::ledger_conflicts::{LedgerConflict, LedgerPlace, told_conflict};
use crate::flow::ledger_conflicts::{at, conflicts, place, refuse_conflicts};
use crate::flow::ledger_days::give_time;
use crate::flow::ledger_edits::{LedgerEditor, RowEdit, judge};
use crate::flow::ledger_progress::{Recorded, SentBy, record_progress};
use crate::flow::read_upload::unreadable_file;
use crate::flow::{Ctx, FlowError, RefusalCode, WrongField};
use crate::storage::audit_events::AuditEntry;
use crate::storage::{WriteTx, assignment_life, assignment_notes, ledgers, obligations};
use chrono::{DateTime, Utc};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A ledger to be imported.
#[derive(Debug, Clone)]
pub struct LedgerToImport {
    /// The file's name, with its extension.
    pub name: String,
    /// The file.
    pub bytes: bytes::Bytes,
    /// The plan whose rows it may have; any where none is named.
    pub plan_id: Option<PlanId>,
    /// Rows that are taken as the file has them, although they have changed here since.
    pub forced: BTreeSet<AssignmentId>,
    /// Whether it is only to be tried.
    pub dry_run: bool,
}

/// What importing a ledger has done, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerImported {
    /// Whether it was carried out.
    pub applied: bool,
    /// Rows of the file.
    pub rows: usize,
    /// Cells that change, in the order of the sheet.
    pub changes: Vec<LedgerChange>,
    /// Rows that have changed here since, in the order of the sheet. Their edits are among the changes.
    pub conflicts: Vec<LedgerConflict>,
    /// Reports that are recorded.
    pub reports: usize,
    /// Requests that are answered by them.
    pub answered: usize,
    /// Requests whose due day is moved.
    pub days_moved: usize,
    /// Notes that are written or taken away.
    pub notes: usize,
}

/// A cell that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerChange {
    /// Its row.
    pub place: LedgerPlace,
    /// The cell with its sheet, such as `分工台账!O5`.
    pub cell: String,
    /// Its column.
    pub column: LedgerColumn,
    /// What stands here.
    pub before: String,
    /// What the file says.
    pub after: String,
    /// Whether its row has changed here since.
    pub conflict: bool,
}

/// Imports a ledger, whole or not at all; or tries it.
///
/// # Errors
/// [`FlowError::Refused`]: a file that cannot be read, cells that cannot be taken (each by its sheet and cell), or rows that
/// have changed here since and are not forced.
pub async fn import_ledger(
    ctx: &Ctx,
    editor: &LedgerEditor,
    import: LedgerToImport,
) -> Result<LedgerImported, FlowError> {
    let refusal = |error| unreadable(&import.name, error);
    let file: LedgerFile = ctx
        .read(&import.name, import.bytes.clone(), refusal)
        .await?;
    refuse(&file.faults)?;
    let judged = judge(
        ctx,
        &ctx.db,
        editor,
        &file,
        file.rows.iter(),
        import.plan_id,
    )
    .await?;
    refuse(&judged.faults)?;
    if judged.edits.is_empty() {
        return Ok(LedgerImported {
            applied: !import.dry_run,
            rows: file.rows.len(),
            ..LedgerImported::default()
        });
    }
    let edited: HashSet<AssignmentId> = judged.edits.iter().map(RowEdit::id).collect();
    carry_out(ctx, editor, &import, &file, &edited).await
}

/// A file that cannot be read; where one cell is why, the refusal is about it.
fn unreadable(name: &str, error: Unreadable) -> FlowError {
    let text = format!("“{name}”无法读取：{error}");
    match error.cells.first() {
        Some(one) => {
            let place = match &one.sheet {
                Some(sheet) => format!("{sheet}!{}", one.cell),
                None => one.cell.clone(),
            };
            FlowError::refused_field(RefusalCode::InvalidCell, place, text)
        }
        None => unreadable_file(text),
    }
}

fn refuse(faults: &[LedgerFault]) -> Result<(), FlowError> {
    if faults.is_empty() {
        return Ok(());
    }
    let wrong = faults
        .iter()
        .map(|fault| WrongField::new(fault.place.clone(), fault.text.clone()));
    let code = RefusalCode::InvalidCell;
    Err(FlowError::refused_fields(code, wrong.collect()))
}

/// Carries out what was edited in one transaction, judged once more in it: somebody may have been quicker.
async fn carry_out(
    ctx: &Ctx,
    editor: &LedgerEditor,
    import: &LedgerToImport,
    file: &LedgerFile,
    edited: &HashSet<AssignmentId>,
) -> Result<LedgerImported, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    hold(&tx, edited.iter().copied().collect()).await?;
    let is_edited = |row: &&LedgerFileRow| edited.contains(&AssignmentId(row.id));
    let rows = file.rows.iter().filter(is_edited);
    let judged = judge(ctx, &tx, editor, file, rows, import.plan_id).await?;
    refuse(&judged.faults)?;
    let edits = judged.edits;
    let conflicts = conflicts(&tx, &edits, &import.forced).await?;
    if !import.dry_run {
        refuse_conflicts(ctx, file, &conflicts)?;
    }
    let waiting: HashSet<AssignmentId> = conflicts
        .iter()
        .filter(|one| !one.forced)
        .map(|one| one.place.assignment_id)
        .collect();
    let taken: Vec<&RowEdit> = edits
        .iter()
        .filter(|edit| !waiting.contains(&edit.id()))
        .collect();
    let at = (&*calendar, now);
    let days_moved = give_time(ctx, &tx, at, &editor.by, file, &taken).await?;
    let sent = SentBy {
        by: &editor.by,
        file_name: &import.name,
    };
    let recorded = record_progress(ctx, &tx, at, sent, file, &taken).await?;
    let notes = write_notes(&tx, &editor.by, now.at, &taken).await?;
    audit(&tx, import, &taken, recorded, days_moved);
    let done = LedgerImported {
        applied: !import.dry_run,
        rows: file.rows.len(),
        changes: changes(file, &edits),
        conflicts,
        reports: recorded.reports,
        answered: recorded.answered,
        days_moved,
        notes,
    };
    if !import.dry_run {
        tx.commit().await?;
    }
    Ok(done)
}

/// Keeps what is edited, and what has asked for it, as it is until the transaction ends: requests first, as whoever answers
/// does.
async fn hold(tx: &WriteTx, ids: Vec<AssignmentId>) -> Result<(), FlowError> {
    let asked = ledgers::asking(tx, &ids).await?;
    let asked: BTreeSet<ObligationId> = asked.into_iter().map(|(_, one)| one.id).collect();
    obligations::hold(tx, &asked.into_iter().collect::<Vec<_>>()).await?;
    assignment_life::hold(tx, ids).await?;
    Ok(())
}

/// The cells that change.
fn changes(file: &LedgerFile, edits: &[RowEdit]) -> Vec<LedgerChange> {
    let of_row = |edit: &RowEdit| {
        let place = place(edit);
        let changes = edit.compared.edited.iter().map(|column| LedgerChange {
            place: place.clone(),
            cell: file.place(edit.number, *column),
            column: *column,
            before: at(&edit.here, *column),
            after: at(&edit.file, *column),
            conflict: edit.compared.is_conflict(),
        });
        changes.collect::<Vec<_>>()
    };
    edits.iter().flat_map(of_row).collect()
}

async fn write_notes(
    tx: &WriteTx,
    by: &str,
    now: DateTime<Utc>,
    edits: &[&RowEdit],
) -> Result<usize, FlowError> {
    let mut notes = Vec::new();
    for edit in edits {
        let Some(note) = &edit.wanted.note else {
            continue;
        };
        let target = format!("{} {}", edit.row.task.number, edit.row.unit.name);
        tx.audit(
            AuditEntry::done(
                "note_assignments",
                Resource::Assignments,
                edit.id().0,
                target,
            )
            .before(json!({ "note": edit.row.note.as_ref().map(|note| &note.text) }))
            .after(json!({ "note": note })),
        );
        notes.push((edit.id(), note.clone()));
    }
    assignment_notes::write(tx, &notes, by, now).await?;
    Ok(notes.len())
}

/// One event for each plan.
fn audit(
    tx: &WriteTx,
    import: &LedgerToImport,
    taken: &[&RowEdit],
    recorded: Recorded,
    days_moved: usize,
) {
    let mut by_plan: BTreeMap<PlanId, (usize, Vec<AssignmentId>)> = BTreeMap::new();
    for edit in taken {
        let (rows, forced) = by_plan.entry(edit.row.plan.id).or_default();
        *rows += 1;
        if edit.compared.is_conflict() {
            forced.push(edit.id());
        }
    }
    for (plan, (rows, forced)) in by_plan {
        let target = format!("台账 {}", import.name);
        tx.audit(
            AuditEntry::done("import_ledgers", Resource::Plans, plan.0, target).after(json!({
                "rows": rows,
                "forced": forced,
                "reports": recorded.reports,
                "days_moved": days_moved,
                "sheet": ledger_sheet::ASSIGNMENTS_SHEET,
            })),
        );
    }
}
