//! What was edited in a ledger that came back, row by row: what may be edited by whom, what a cell can be, and which rows
//! have changed here since they left. Everything that is wrong is named with its cell.

use crate::documents::ledger_file::{LedgerFault, LedgerFile, LedgerFileRow};
use crate::domain::access::{Action, Reach, Viewer};
use crate::domain::ids::{AssignmentId, PlanId};
use crate::domain::ledger::{Compared, LedgerColumn, compare, day_in, percent_in};
use crate::domain::report::{ReportItem, progressed};
use crate::flow::ledger_rows::{LedgerRow, LedgerView, rows_of};
use crate::flow::{Ctx, FlowError};
use crate::storage::{Session, ledgers};
use chrono::NaiveDate;
use std::collections::HashMap;

/// Letters of what is told of progress, as in a body.
const LONGEST_TEXT: usize = 4_000;
/// Letters of a note.
const LONGEST_NOTE: usize = 1_000;
/// What is wrong is named up to here.
const MOST_FAULTS: usize = 50;

/// Whoever sends a ledger back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEditor {
    /// Who it is, as reports and decisions will say.
    pub by: String,
    /// What they see.
    pub view: LedgerView,
    /// Whose rows they may edit.
    pub own: Reach,
    /// Whether they decide about more time.
    pub may_give_time: bool,
}

impl LedgerEditor {
    /// A caller.
    pub fn of(viewer: &Viewer) -> Self {
        Self {
            by: viewer.address.clone(),
            view: LedgerView::of(viewer),
            own: viewer.reach(Action::AnswerObligations),
            may_give_time: viewer.may(Action::DecideExtensions),
        }
    }

    /// The supervision office.
    pub fn office(by: impl Into<String>) -> Self {
        Self {
            by: by.into(),
            view: LedgerView::everything(),
            own: Reach::All,
            may_give_time: true,
        }
    }
}

/// A row that was edited.
#[derive(Debug, Clone)]
pub(super) struct RowEdit {
    /// Its number in the sheet.
    pub(super) number: usize,
    pub(super) row: LedgerRow,
    pub(super) compared: Compared,
    /// What stands here, in the order of the columns.
    pub(super) here: Vec<String>,
    /// What the file says, in the order of the columns.
    pub(super) file: Vec<String>,
    /// The number of the newest change when it left.
    pub(super) left_at: i64,
    pub(super) wanted: Wanted,
}

/// What an edited row wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Wanted {
    pub(super) percent: Option<u8>,
    pub(super) done: Option<String>,
    pub(super) problems: Option<String>,
    pub(super) next_steps: Option<String>,
    pub(super) due_on: Option<NaiveDate>,
    /// The note; taken away where it is `Some(None)`.
    pub(super) note: Option<Option<String>>,
}

impl RowEdit {
    pub(super) fn id(&self) -> AssignmentId {
        self.row.assignment.id
    }

    /// What the row reports, where it reports anything.
    pub(super) fn report(&self) -> Option<ReportItem> {
        let item = ReportItem {
            assignment_id: self.id(),
            percent: self.wanted.percent,
            done: self.wanted.done.clone(),
            problems: self.wanted.problems.clone(),
            next_steps: self.wanted.next_steps.clone(),
        };
        (!item.is_empty()).then_some(item)
    }

    /// The first edited column that is reported.
    pub(super) fn reported_column(&self) -> LedgerColumn {
        let reported =
            |column: &&LedgerColumn| !matches!(column, LedgerColumn::DueOn | LedgerColumn::Note);
        let first = self.compared.edited.iter().find(reported);
        first.copied().unwrap_or(LedgerColumn::Percent)
    }
}

/// What a file that came back wants.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// The rows that were edited, in the order of the sheet.
    pub(super) edits: Vec<RowEdit>,
    pub(super) faults: Vec<LedgerFault>,
}

impl Judged {
    fn fault(&mut self, fault: LedgerFault) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        }
    }
}

/// Judges rows of a file; `plan_id` is the only plan whose rows may be in it, where one is named.
pub(super) async fn judge<'f>(
    ctx: &Ctx,
    db: &impl Session,
    editor: &LedgerEditor,
    file: &LedgerFile,
    rows: impl Iterator<Item = &'f LedgerFileRow> + Clone,
    plan_id: Option<PlanId>,
) -> Result<Judged, FlowError> {
    let newest = crate::storage::changes::span(db).await?.newest;
    let ids: Vec<AssignmentId> = rows.clone().map(|row| AssignmentId(row.id)).collect();
    let found = ledgers::with_ids(db, &ids, &editor.view.assignments).await?;
    let known = rows_of(db, &editor.view, found).await?;
    let mut known: HashMap<AssignmentId, LedgerRow> = known
        .into_iter()
        .map(|row| (row.assignment.id, row))
        .collect();
    let mut judged = Judged::default();
    for told in rows {
        let number = told.row;
        let Some(row) = known.remove(&AssignmentId(told.id)) else {
            let text = "系统里没有这份分工，或不在您能看到的范围内：请重新导出台账后修改";
            judged.fault(file.fault(number, LedgerColumn::Unit, text));
            continue;
        };
        if plan_id.is_some_and(|plan| plan != row.plan.id) {
            let text = format!("这一行属于方案《{}》，请在该方案下导入", row.plan.title);
            judged.fault(file.fault(number, LedgerColumn::TaskNumber, &text));
            continue;
        }
        if told.code.change_no > newest {
            let text = "这一行出自另一个系统，或出自恢复备份以前的数据：请重新导出台账后修改";
            judged.fault(file.fault(number, LedgerColumn::TaskNumber, text));
            continue;
        }
        let here = row.line(ctx.settings.zone, 0, None).texts();
        let compared = compare(&told.code, &told.texts, &here);
        for text in wrong_columns(&compared) {
            let (column, text) = text;
            judged.fault(file.fault(number, column, text));
        }
        if !compared.wrong.is_empty() || compared.edited.is_empty() {
            continue;
        }
        let edit = RowEdit {
            number,
            row,
            compared,
            here,
            file: told.texts.clone(),
            left_at: told.code.change_no,
            wanted: Wanted::default(),
        };
        judge_row(editor, file, edit, &mut judged);
    }
    Ok(judged)
}

/// What is wrong with the columns that may not be edited.
fn wrong_columns(compared: &Compared) -> Vec<(LedgerColumn, &'static str)> {
    if compared.is_another() {
        let text = "这一行的内容与隐藏的编号对不上：可能只排序或粘贴了部分列，请重新导出台账后修改";
        return vec![(LedgerColumn::TaskNumber, text)];
    }
    let text = "这一列不能在台账里修改，请恢复原样（可改的是浅黄色的列）";
    compared
        .wrong
        .iter()
        .map(|column| (*column, text))
        .collect()
}

/// Reads the edited cells of a row, and keeps the edit where all of them can be taken.
fn judge_row(editor: &LedgerEditor, file: &LedgerFile, mut edit: RowEdit, judged: &mut Judged) {
    let before = judged.faults.len();
    let number = edit.number;
    if !editor.own.covers(edit.row.assignment.unit_id) {
        let column = edit.compared.edited.first().copied();
        let text = "只有本单位和督导办可以修改这一行，请恢复原样";
        judged.fault(file.fault(number, column.unwrap_or(LedgerColumn::Unit), text));
        return;
    }
    for column in edit.compared.edited.clone() {
        let text = edit.file.get(column.place()).cloned().unwrap_or_default();
        if let Err(wrong) = edit.wanted.take(editor, column, text) {
            judged.fault(file.fault(number, column, &wrong));
        }
    }
    if edit.report().is_some() {
        let one = &edit.row.assignment;
        if let Err(wrong) = progressed(one.state, one.percent, edit.wanted.percent) {
            let text = format!("{wrong}");
            judged.fault(file.fault(number, edit.reported_column(), &text));
        }
    }
    if judged.faults.len() == before {
        judged.edits.push(edit);
    }
}

impl Wanted {
    /// Takes what an edited cell says.
    fn take(
        &mut self,
        editor: &LedgerEditor,
        column: LedgerColumn,
        text: String,
    ) -> Result<(), String> {
        match column {
            LedgerColumn::Percent => self.percent = Some(percent_in(&text)?),
            LedgerColumn::Done => self.done = Some(told(text)?),
            LedgerColumn::Problems => self.problems = Some(told(text)?),
            LedgerColumn::NextSteps => self.next_steps = Some(told(text)?),
            LedgerColumn::DueOn if editor.may_give_time => self.due_on = Some(day_in(&text)?),
            LedgerColumn::DueOn => {
                return Err("完成时限只有督导办可以修改；需要延期的，请提出延期申请".to_owned());
            }
            LedgerColumn::Note => {
                check_length(&text, LONGEST_NOTE)?;
                self.note = Some(Some(text).filter(|text| !text.is_empty()));
            }
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
            | LedgerColumn::State
            | LedgerColumn::Evidence
            | LedgerColumn::Extensions
            | LedgerColumn::Notices
            | LedgerColumn::ClosedOn
            | LedgerColumn::Plan => return Err("这一列不能在台账里修改".to_owned()),
        }
        Ok(())
    }
}

/// A text of progress: what was told once is not taken back by an empty cell.
fn told(text: String) -> Result<String, String> {
    if text.is_empty() {
        return Err("已填报的内容不能清空；现在没有的，请写“无”".to_owned());
    }
    check_length(&text, LONGEST_TEXT)?;
    Ok(text)
}

fn check_length(text: &str, most: usize) -> Result<(), String> {
    match text.chars().nth(most) {
        Some(_) => Err(format!("最多 {most} 个字，请缩短")),
        None => Ok(()),
    }
}
