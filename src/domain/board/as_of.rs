//! The board as of a day. What it works out it keeps, each part when first needed; the questions put to it are in files
//! of their own.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;

use crate::domain::light::Ending;
use crate::domain::light_table::Mark;
use crate::domain::workday_line::WorkdayLine;

use super::Board;
use super::ask_marks::AskMarks;
use super::asks::AskRow;
use super::columns::{AssignmentRow, NOT_REPORTED};
use super::day::Day;
use super::lens::{Lens, TaskMarks};

/// A board fixed to one day. See [`super`] for what that means, and for the questions it answers.
#[derive(Debug)]
pub struct AsOf<'b> {
    pub(super) board: &'b Board,
    pub(super) line: &'b WorkdayLine,
    pub(super) on: NaiveDate,
    pub(super) day: Day,
    percents: OnceLock<Cow<'b, [u8]>>,
    pub(super) tasks: OnceLock<Arc<TaskMarks>>,
    pub(super) asks: OnceLock<Arc<AskMarks>>,
    ask_rows: OnceLock<Cow<'b, [AskRow]>>,
}

impl<'b> AsOf<'b> {
    pub(super) fn new(board: &'b Board, on: NaiveDate, line: &'b WorkdayLine) -> Self {
        Self {
            board,
            line,
            on,
            day: Day::of(on),
            percents: OnceLock::new(),
            tasks: OnceLock::new(),
            asks: OnceLock::new(),
            ask_rows: OnceLock::new(),
        }
    }

    /// The day, bureau-local.
    pub fn on(&self) -> NaiveDate {
        self.on
    }

    /// What an assignment had reported last by that day, 0–100; `None` where nothing.
    pub(super) fn reported(&self, at: usize) -> Option<u8> {
        let percent = self.percents().get(at).copied()?;
        (percent != NOT_REPORTED).then_some(percent)
    }

    /// All obligations as they were that day; those opened later are as they are now.
    pub(super) fn ask_rows(&self) -> &[AskRow] {
        let board = self.board;
        self.ask_rows.get_or_init(|| board.asks.rows_on(self.day))
    }

    /// An assignment as it was that day; it need not be issued by then.
    pub(super) fn assignment(&self, at: u32) -> Option<AssignmentRow> {
        self.board.assignment_on(at, self.day)
    }

    /// The marks of the day.
    pub(super) fn lens(&self) -> Lens<'_> {
        let (board, on, line) = (self.board, self.on, self.line);
        let tasks = self
            .tasks
            .get_or_init(|| Arc::new(TaskMarks::on(board, on, line)));
        let asks = self.asks.get_or_init(|| {
            Arc::new(match tasks.has_asked() {
                true => AskMarks::of(board, self.ask_rows(), on, line),
                false => AskMarks::default(),
            })
        });
        Lens {
            day: self.day,
            columns: &board.assignments,
            courses: &board.courses,
            percents: self.percents(),
            tasks,
            asks,
        }
    }

    /// The mark of a task: that of the lead who decides, see [`Self::deciding_lead`]; without a lead, that of nothing
    /// reported.
    pub(super) fn task_mark(&self, lens: &Lens<'_>, task: u32) -> Mark {
        let lead = self.deciding_lead(task);
        let row = lead.and_then(|lead| lens.row(lead as usize));
        row.map_or_else(|| lens.tasks.mark(task, NOT_REPORTED), |row| row.mark)
    }

    /// The lead whose progress is the task's: the first-named, or the next that has reported, is closed or paused where
    /// those before have done nothing. Leads that are not issued yet do not count, nor do those withdrawn unless all are.
    pub(super) fn deciding_lead(&self, task: u32) -> Option<u32> {
        let named = || {
            let leads = self.board.tasks.get(task).map(|task| task.leads.as_slice());
            leads.unwrap_or_default().iter().filter_map(|lead| {
                let row = self.assignment(lead.assignment)?;
                (row.issued <= self.day).then_some((lead.assignment, row))
            })
        };
        let ended = |row: &AssignmentRow| row.ended <= self.day;
        let takes_part =
            |row: &AssignmentRow| !(ended(row) && row.part.ending() == Ending::Withdrawn);
        let speaks = |(at, row): &(u32, AssignmentRow)| {
            takes_part(row) && (ended(row) || self.reported(*at as usize).is_some())
        };
        named()
            .find(speaks)
            .or_else(|| named().find(|(_, row)| takes_part(row)))
            .or_else(|| named().next())
            .map(|(at, _)| at)
    }

    fn percents(&self) -> &[u8] {
        self.percents.get_or_init(|| {
            let board = self.board;
            if board.log.last_day() <= self.day {
                Cow::Borrowed(board.assignments.percent.as_slice())
            } else {
                Cow::Owned(board.log.replayed(self.day, board.assignments.ids.len()))
            }
        })
    }
}
