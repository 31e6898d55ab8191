//! Rows of a ledger that were edited and have changed here since they left: what, by whom and when. They wait for a person,
//! who takes them out of the file or says that the file's rows hold.

use crate::documents::ledger_file::LedgerFile;
use crate::domain::ids::AssignmentId;
use crate::domain::ledger::{LedgerColumn, shortened};
use crate::domain::local_time::chinese_minute;
use crate::flow::ledger_edits::RowEdit;
use crate::flow::{Ctx, FlowError, RefusalCode, WrongField};
use crate::storage::{Session, ledgers};
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashMap};

/// Conflicts that a refusal names.
const MOST_NAMED: usize = 50;

/// Which row something is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPlace {
    /// The row in the sheet.
    pub row: usize,
    /// The assignment.
    pub assignment_id: AssignmentId,
    /// The task's number.
    pub task_number: String,
    /// The unit's code.
    pub unit_code: String,
    /// The unit's name.
    pub unit_name: String,
}

/// A row that was edited, and has changed here since it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerConflict {
    /// The row.
    pub place: LedgerPlace,
    /// The number of the newest change when it left.
    pub exported_change_no: i64,
    /// What has changed: the columns, and what stands there now.
    pub changed: Vec<(LedgerColumn, String)>,
    /// Who changed it last, as far as that is known.
    pub changed_by: Option<String>,
    /// When.
    pub changed_at: Option<DateTime<Utc>>,
    /// Whether the file's row is taken all the same.
    pub forced: bool,
}

/// What a row says in a column.
pub(super) fn at(texts: &[String], column: LedgerColumn) -> String {
    texts.get(column.place()).cloned().unwrap_or_default()
}

/// Which row an edit is about.
pub(super) fn place(edit: &RowEdit) -> LedgerPlace {
    LedgerPlace {
        row: edit.number,
        assignment_id: edit.id(),
        task_number: edit.row.task.number.clone(),
        unit_code: edit.row.unit.code.clone(),
        unit_name: edit.row.unit.name.clone(),
    }
}

/// The rows that have changed here since they left: what, by whom and when.
pub(super) async fn conflicts(
    db: &impl Session,
    edits: &[RowEdit],
    forced: &BTreeSet<AssignmentId>,
) -> Result<Vec<LedgerConflict>, FlowError> {
    let edits: Vec<&RowEdit> = edits
        .iter()
        .filter(|edit| edit.compared.is_conflict())
        .collect();
    let ids: Vec<AssignmentId> = edits.iter().map(|edit| edit.id()).collect();
    let decided = ledgers::last_decided(db, &ids).await?;
    let changed = ledgers::last_changed(db, &ids).await?;
    let conflicts = edits.into_iter().map(|edit| {
        let last = who_changed(edit, &decided);
        LedgerConflict {
            place: place(edit),
            exported_change_no: edit.left_at,
            changed: edit
                .compared
                .moved
                .iter()
                .map(|column| (*column, at(&edit.here, *column)))
                .collect(),
            changed_at: last
                .as_ref()
                .map(|(_, at)| *at)
                .or(changed.get(&edit.id()).copied()),
            changed_by: last.map(|(by, _)| by),
            forced: forced.contains(&edit.id()),
        }
    });
    Ok(conflicts.collect())
}

/// Who was the last to change one of the columns that have changed.
fn who_changed(
    edit: &RowEdit,
    decided: &HashMap<AssignmentId, (String, DateTime<Utc>)>,
) -> Option<(String, DateTime<Utc>)> {
    let row = &edit.row;
    let reported = || row.told.by.clone();
    let decided = || decided.get(&edit.id()).cloned();
    let given = || row.more_time.clone().map(|(_, by, at)| (by, at));
    let noted = || {
        let note = row.note.clone();
        note.map(|note| (note.noted_by, note.noted_at))
    };
    let of_column = |column: &LedgerColumn| match column {
        LedgerColumn::DueOn => vec![given()],
        LedgerColumn::Note => vec![noted()],
        LedgerColumn::State | LedgerColumn::ClosedOn => vec![decided(), reported()],
        LedgerColumn::Percent
        | LedgerColumn::Done
        | LedgerColumn::Problems
        | LedgerColumn::NextSteps => vec![reported()],
        LedgerColumn::Position
        | LedgerColumn::TaskNumber
        | LedgerColumn::Task
        | LedgerColumn::Measure
        | LedgerColumn::Leads
        | LedgerColumn::Unit
        | LedgerColumn::Role
        | LedgerColumn::Contact
        | LedgerColumn::StartedOn
        | LedgerColumn::FirstDueOn
        | LedgerColumn::Expected
        | LedgerColumn::Light
        | LedgerColumn::Evidence
        | LedgerColumn::Extensions
        | LedgerColumn::Notices
        | LedgerColumn::Plan => Vec::new(),
    };
    let all = edit.compared.moved.iter().flat_map(of_column).flatten();
    all.max_by_key(|(_, at)| *at)
}

/// Nothing is carried out while rows wait for a person's word.
pub(super) fn refuse_conflicts(
    ctx: &Ctx,
    file: &LedgerFile,
    conflicts: &[LedgerConflict],
) -> Result<(), FlowError> {
    let waiting: Vec<&LedgerConflict> = conflicts.iter().filter(|one| !one.forced).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let wrong = waiting.iter().take(MOST_NAMED).map(|one| {
        let column = one.changed.first().map(|(column, _)| *column);
        let fault = file.fault(
            one.place.row,
            column.unwrap_or(LedgerColumn::Unit),
            &told_conflict(ctx, one),
        );
        WrongField::new(fault.place, fault.text)
    });
    let code = RefusalCode::LedgerConflict;
    Err(FlowError::refused_fields(code, wrong.collect()))
}

/// A conflict in one sentence.
pub fn told_conflict(ctx: &Ctx, conflict: &LedgerConflict) -> String {
    let changed: Vec<String> = conflict
        .changed
        .iter()
        .map(|(column, now)| {
            let now = match now.is_empty() {
                true => "空".to_owned(),
                false => format!("“{}”", shortened(now)),
            };
            format!("“{}”现为{now}", column.header())
        })
        .collect();
    let when = conflict.changed_at.map_or_else(String::new, |at| {
        format!("于 {} ", chinese_minute(ctx.settings.zone.local(at)))
    });
    let who = conflict.changed_by.as_deref().unwrap_or("系统");
    format!(
        "导出后这一行在系统里又有变动：{}（{who} {when}最后变更）；请删去这一行，或指明以本表为准（force：{}）",
        changed.join("，"),
        conflict.place.assignment_id
    )
}
