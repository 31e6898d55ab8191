//! New due days in a ledger → more time, given as the supervision office gives it: for a whole request at a time, by a
//! later workday, before the due day has passed. What cannot be had that way is refused in its cell.

use crate::documents::ledger_file::LedgerFile;
use crate::domain::ids::{AssignmentId, ObligationId};
use crate::domain::ledger::LedgerColumn;
use crate::domain::obligation::{ObligationKind, ObligationState};
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::extend_due_day::{ExtensionWanted, grant_at_once};
use crate::flow::ledger_edits::RowEdit;
use crate::flow::mail_at_once::mail_at_once;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::{WriteTx, ledgers, obligations};
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap};

/// Moves the due days that these rows want moved; how many requests were.
///
/// # Errors
/// [`FlowError::Refused`] with the cell that cannot be taken.
pub(super) async fn give_time(
    ctx: &Ctx,
    tx: &WriteTx,
    (calendar, now): (&SchoolCalendar, Now),
    by: &str,
    file: &LedgerFile,
    edits: &[&RowEdit],
) -> Result<usize, FlowError> {
    let wanted: HashMap<AssignmentId, (NaiveDate, &RowEdit)> = edits
        .iter()
        .filter_map(|edit| Some((edit.id(), (edit.wanted.due_on?, *edit))))
        .collect();
    if wanted.is_empty() {
        return Ok(0);
    }
    let requests = requests(tx, file, &wanted).await?;
    let ids: Vec<ObligationId> = requests.keys().copied().collect();
    // In the order of ids, like everybody who holds several.
    obligations::hold(tx, &ids).await?;
    let mut items: HashMap<ObligationId, Vec<AssignmentId>> = HashMap::new();
    for (request, assignment) in obligations::assignments_asked(tx, &ids).await? {
        items.entry(request).or_default().push(assignment);
    }
    let mut planned = Vec::with_capacity(ids.len());
    for (id, edit) in requests {
        let Some((day, _)) = wanted.get(&edit.id()) else {
            continue;
        };
        let items = items.get(&id).map(Vec::as_slice).unwrap_or_default();
        refuse_parts(tx, file, edit, (*day, items), &wanted).await?;
        let progress = edit.file.get(LedgerColumn::Done.place());
        let progress = progress.filter(|text| !text.is_empty());
        let asked = ExtensionWanted {
            obligation_id: id,
            reason: "督导办在台账中调整完成时限".to_owned(),
            progress: progress.cloned().unwrap_or_else(|| "见台账".to_owned()),
            expected_on: *day,
        };
        let moved = grant_at_once(ctx, tx, (calendar, now), by, asked).await;
        planned.push(moved.map_err(|error| in_its_cell(file, edit, error))?);
    }
    mail_at_once(ctx, tx, calendar, now, &planned).await?;
    Ok(planned.len())
}

/// The open requests to report these rows done, each with the first of its rows.
async fn requests<'e>(
    tx: &WriteTx,
    file: &LedgerFile,
    wanted: &HashMap<AssignmentId, (NaiveDate, &'e RowEdit)>,
) -> Result<BTreeMap<ObligationId, &'e RowEdit>, FlowError> {
    let ids: Vec<AssignmentId> = wanted.keys().copied().collect();
    let mut found: BTreeMap<ObligationId, &RowEdit> = BTreeMap::new();
    let mut of_row: HashMap<AssignmentId, ObligationId> = HashMap::new();
    for (assignment, one) in ledgers::asking(tx, &ids).await? {
        if one.kind == ObligationKind::Complete && one.state == ObligationState::Open {
            of_row.insert(assignment, one.id);
        }
    }
    let mut rows: Vec<&RowEdit> = wanted.values().map(|(_, edit)| *edit).collect();
    rows.sort_by_key(|edit| edit.number);
    for edit in rows {
        let Some(id) = of_row.get(&edit.id()) else {
            let text =
                "这份分工没有待报的完成时限（已填报、已结束，或本来没有时限），不能在台账里改期";
            return Err(refused(file, edit, text));
        };
        found.entry(*id).or_insert(edit);
    }
    Ok(found)
}

/// More time is given for a request as a whole: all that it asks for has to get the same day.
async fn refuse_parts(
    tx: &WriteTx,
    file: &LedgerFile,
    edit: &RowEdit,
    (day, items): (NaiveDate, &[AssignmentId]),
    wanted: &HashMap<AssignmentId, (NaiveDate, &RowEdit)>,
) -> Result<(), FlowError> {
    let reach = crate::domain::access::Reach::All;
    let others = ledgers::with_ids(tx, items, &reach).await?;
    let mut others: Vec<AssignmentId> = others
        .into_iter()
        .filter(|one| one.state.ending().is_none())
        .map(|one| one.id)
        .filter(|id| wanted.get(id).map(|(day, _)| *day) != Some(day))
        .collect();
    others.sort_unstable();
    if others.is_empty() {
        return Ok(());
    }
    let rows: Vec<String> = file
        .rows
        .iter()
        .filter(|row| others.contains(&AssignmentId(row.id)))
        .take(5)
        .map(|row| format!("第 {} 行", row.row))
        .collect();
    let rows = match rows.is_empty() {
        true => String::new(),
        false => format!("（{}）", rows.join("、")),
    };
    let text = format!(
        "“{}”同一时限还有 {} 项分工{rows}在同一应报事项内，须改为同一日期；只改其中几项的，请用任务变更办理",
        edit.row.unit.name,
        others.len()
    );
    Err(refused(file, edit, &text))
}

fn refused(file: &LedgerFile, edit: &RowEdit, text: &str) -> FlowError {
    let fault = file.fault(edit.number, LedgerColumn::DueOn, text);
    FlowError::refused_field(RefusalCode::InvalidCell, fault.place, fault.text)
}

/// A refusal of more time, told of the cell that wants it.
fn in_its_cell(file: &LedgerFile, edit: &RowEdit, error: FlowError) -> FlowError {
    match error {
        FlowError::Refused(refusal) => {
            let fault = file.fault(edit.number, LedgerColumn::DueOn, &refusal.text);
            FlowError::refused_field(refusal.code, fault.place, fault.text)
        }
        other => other,
    }
}
