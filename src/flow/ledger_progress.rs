//! What edited rows of a ledger tell of progress → reports of their units. Every report stands under a request: the open
//! one that asks for the assignment's progress where there is one, else the last that did, else the acknowledgement. A
//! request is answered by it only where the ledger tells all that it asks: an office that enters 30% in March must not
//! keep the unit from being asked in June whether it is done.

use crate::documents::ledger_file::LedgerFile;
use crate::domain::access::Reach;
use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::{AssignmentId, ObligationId};
use crate::domain::ledger::LedgerColumn;
use crate::domain::obligation::{AskedFor, MovedBy, ObligationKind, ObligationState};
use crate::domain::report::MOST_ITEMS;
use crate::domain::school_calendar::SchoolCalendar;
use crate::flow::answer_checks::{AnswerChecks, Taken};
use crate::flow::answer_obligation::{Answer, audited, write_down};
use crate::flow::ledger_edits::RowEdit;
use crate::flow::told_evidence::ToldEvidence;
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::ledgers::{self, LedgerAssignment};
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, obligations};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Recorded {
    /// Reports written.
    pub(super) reports: usize,
    /// Requests answered by them.
    pub(super) answered: usize,
}

/// Who sent the file, and what it is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct SentBy<'a> {
    pub(super) by: &'a str,
    pub(super) file_name: &'a str,
}

/// Records what these rows tell.
///
/// # Errors
/// [`FlowError::Refused`] with the cell that cannot be taken.
pub(super) async fn record_progress(
    ctx: &Ctx,
    tx: &WriteTx,
    (calendar, now): (&SchoolCalendar, Now),
    sent: SentBy<'_>,
    file: &LedgerFile,
    edits: &[&RowEdit],
) -> Result<Recorded, FlowError> {
    let edits: Vec<&RowEdit> = edits
        .iter()
        .filter(|edit| edit.report().is_some())
        .copied()
        .collect();
    if edits.is_empty() {
        return Ok(Recorded::default());
    }
    let by_request = by_request(tx, file, &edits).await?;
    let mut answers = Vec::new();
    let mut rows_of_answers = Vec::new();
    for (id, rows) in &by_request {
        for rows in rows.chunks(MOST_ITEMS) {
            answers.push(Answer {
                obligation_id: *id,
                reported_by: sent.by.to_owned(),
                note: Some(format!("台账导入：{}", sent.file_name)),
                items: rows.iter().filter_map(|edit| edit.report()).collect(),
                values: Vec::new(),
                evidence: ToldEvidence::default(),
            });
            rows_of_answers.push(rows);
        }
    }
    let mut desk = AnswerChecks::open(tx, answers.iter()).await?;
    let author = ctx.author();
    let mut taken: Vec<Taken> = Vec::with_capacity(answers.len());
    for (answer, rows) in answers.into_iter().zip(rows_of_answers) {
        let one = desk.take(&author, answer);
        let one = one.map_err(|error| in_its_cell(file, rows, error))?;
        tx.audit(audited(&one));
        taken.push(one);
    }
    desk.left_open = left_open(tx, &desk).await?;
    let open = desk
        .held
        .values()
        .filter(|one| one.state != ObligationState::Answered && !desk.left_open.contains(&one.id));
    let recorded = Recorded {
        reports: taken.len(),
        answered: open.count(),
    };
    write_down(ctx, tx, calendar, now, &taken, &desk).await?;
    Ok(recorded)
}

/// The rows under the request that each of them is reported to.
async fn by_request<'e>(
    tx: &WriteTx,
    file: &LedgerFile,
    edits: &[&'e RowEdit],
) -> Result<BTreeMap<ObligationId, Vec<&'e RowEdit>>, FlowError> {
    let ids: Vec<AssignmentId> = edits.iter().map(|edit| edit.id()).collect();
    let mut asked: HashMap<AssignmentId, Vec<StoredObligation>> = HashMap::new();
    for (assignment, one) in ledgers::asking(tx, &ids).await? {
        asked.entry(assignment).or_default().push(one);
    }
    let mut chosen: BTreeMap<ObligationId, Vec<&RowEdit>> = BTreeMap::new();
    for edit in edits {
        let state = edit.row.assignment.state;
        let asked = asked.get(&edit.id()).map(Vec::as_slice);
        let Some(id) = request_for(asked.unwrap_or_default(), state) else {
            let text = "这份分工没有可以登记进展的应报事项，请在系统中处理";
            let fault = file.fault(edit.number, edit.reported_column(), text);
            return Err(FlowError::refused_field(
                RefusalCode::InvalidCell,
                fault.place,
                fault.text,
            ));
        };
        chosen.entry(id).or_default().push(edit);
    }
    Ok(chosen)
}

/// The request that a report of an assignment in this state stands under.
fn request_for(asked: &[StoredObligation], state: AssignmentState) -> Option<ObligationId> {
    let rank = |one: &StoredObligation| {
        let asks_progress = match one.kind.asked_for() {
            AskedFor::Progress => true,
            AskedFor::Acknowledgement => false,
            AskedFor::Other => return None,
        };
        let rank = match one.state {
            ObligationState::Open if state == AssignmentState::Returned && is_sent_back(one) => 0,
            ObligationState::Open if asks_progress => 1,
            ObligationState::Unanswered if asks_progress => 2,
            ObligationState::Answered if asks_progress => 3,
            ObligationState::Open | ObligationState::Unanswered | ObligationState::Answered => 4,
            ObligationState::Withdrawn => return None,
        };
        // The most urgent of what is open; of the others the last.
        let due = (rank == 1).then_some(one.due_on);
        Some((rank, due, Reverse(one.opened_at), one.id))
    };
    asked.iter().filter_map(rank).min().map(|(.., id)| id)
}

fn is_sent_back(one: &StoredObligation) -> bool {
    let moved = one.moved.as_ref();
    moved.is_some_and(|moved| moved.by == MovedBy::Return)
}

/// The requests that ask for more than is told now.
async fn left_open(tx: &WriteTx, desk: &AnswerChecks) -> Result<HashSet<ObligationId>, FlowError> {
    let waiting = desk
        .held
        .values()
        .filter(|one| one.state != ObligationState::Answered && !is_sent_back(one));
    let waiting: Vec<ObligationId> = waiting.map(|one| one.id).collect();
    let items = obligations::assignments_asked(tx, &waiting).await?;
    let about: Vec<AssignmentId> = items.iter().map(|(_, assignment)| *assignment).collect();
    let known: HashMap<AssignmentId, LedgerAssignment> = ledgers::with_ids(tx, &about, &Reach::All)
        .await?
        .into_iter()
        .map(|one| (one.id, one))
        .collect();
    let told: HashSet<(ObligationId, AssignmentId)> =
        ledgers::told_to(tx, &waiting).await?.into_iter().collect();
    let is_told = |one: &StoredObligation, id: AssignmentId| {
        let Some(now) = known.get(&id) else {
            return true;
        };
        if now.state.ending().is_some() {
            return true;
        }
        let next = desk.progressed.get(&id);
        match one.kind {
            ObligationKind::Complete => next.map_or(now.percent, |next| next.percent) == Some(100),
            kind => {
                let asks_progress = kind.asked_for() == AskedFor::Progress;
                asks_progress && (next.is_some() || told.contains(&(one.id, id)))
            }
        }
    };
    let open = items.iter().filter_map(|(obligation, assignment)| {
        let one = desk.held.get(obligation)?;
        (!is_told(one, *assignment)).then_some(one.id)
    });
    Ok(open.collect())
}

/// A refusal of an answer, told of the cell that it is about.
fn in_its_cell(file: &LedgerFile, rows: &[&RowEdit], error: FlowError) -> FlowError {
    let FlowError::Refused(refusal) = error else {
        return error;
    };
    // items[3].percent
    let path = refusal.fields.first().map(|field| field.path.as_str());
    let position = path
        .and_then(|path| path.strip_prefix("items["))
        .and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    let edit = position
        .and_then(|position| rows.get(position))
        .or(rows.first());
    let Some(edit) = edit else {
        return FlowError::Refused(refusal);
    };
    let column = match path {
        Some(path) if path.ends_with(".percent") => LedgerColumn::Percent,
        Some(_) | None => edit.reported_column(),
    };
    let fault = file.fault(edit.number, column, &refusal.text);
    FlowError::refused_field(refusal.code, fault.place, fault.text)
}
