//! Marks of all assignments on a day: their progress, the tables of their tasks, their asks, ready for one pass.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::expected_progress::{Duty, TaskSpan};
use crate::domain::light::Ending;
use crate::domain::light_table::{End, LightTable, Mark};
use crate::domain::workday_line::WorkdayLine;

use super::Board;
use super::ask_marks::AskMarks;
use super::columns::{AssignmentRow, Assignments, NOT_REPORTED, Part};
use super::day::Day;
use super::past::{Course, Past};
use super::reach::Seen;

/// Marks of one table: one for each percentage up to [`NOT_REPORTED`].
const WIDTH: usize = 128;

/// The light tables of all tasks on a day. Tasks of one plan mostly share their days, so there are few.
#[derive(Debug)]
pub(super) struct TaskMarks {
    /// Where the table of each task begins in `marks`.
    starts: Vec<u32>,
    marks: Vec<Mark>,
    has_asked: bool,
    /// Where the table of each assignment with a due day of its own begins.
    own_starts: HashMap<u32, u32>,
}

impl TaskMarks {
    pub(super) fn on(board: &Board, on: NaiveDate, line: &WorkdayLine) -> Self {
        let mut known: HashMap<LightTable, u32> = HashMap::new();
        let mut marks = Vec::new();
        let mut start_of = |table: LightTable| {
            *known.entry(table).or_insert_with(|| {
                // Far below 2³²: the bounds of a table follow one expected percentage.
                let start = u32::try_from(marks.len()).unwrap_or(u32::MAX);
                marks.extend((0..NOT_REPORTED).map(|percent| table.mark(percent)));
                marks.push(table.mark(0));
                start
            })
        };
        let tasks = board.tasks.rows.iter();
        let day = Day::of(on);
        let starts = tasks
            .map(|task| {
                let days = task.on(day);
                start_of(light_table(days.duty, days.span, on, line))
            })
            .collect();
        let now = board.own_days.keys().copied();
        let before = board.courses.all_on(day).map(|(at, _)| at);
        let own_starts = now.chain(before).filter_map(|at| {
            board.own_day_on(at, day)?;
            let task = board.tasks.get(*board.assignments.task.get(at as usize)?)?;
            let span = board.span_on(task, Some(at), day);
            let table = light_table(task.on(day).duty, span, on, line);
            Some((at, start_of(table)))
        });
        let own_starts = own_starts.collect();
        let has_asked = known
            .keys()
            .any(|table| matches!(table, LightTable::Asked(_)));
        Self {
            starts,
            marks,
            has_asked,
            own_starts,
        }
    }

    /// Whether the asks decide the light of any task's assignments.
    pub(super) fn has_asked(&self) -> bool {
        self.has_asked
    }

    /// The mark of a task at a percentage or [`NOT_REPORTED`].
    #[inline]
    pub(super) fn mark(&self, task: u32, percent: u8) -> Mark {
        let start = self.starts.get(task as usize).copied();
        self.mark_from(start, percent)
    }

    /// The mark of an assignment with a due day of its own.
    fn own_mark(&self, at: usize, percent: u8) -> Mark {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        self.mark_from(self.own_starts.get(&at).copied(), percent)
    }

    #[inline]
    fn mark_from(&self, start: Option<u32>, percent: u8) -> Mark {
        let start = start.unwrap_or(u32::MAX);
        let at = start as usize + usize::from(percent) % WIDTH;
        self.marks.get(at).copied().unwrap_or(Mark::QUIET)
    }
}

/// The table of a task on a day, for those whose days are `span`.
fn light_table(
    duty: Duty,
    span: Option<TaskSpan>,
    on: NaiveDate,
    line: &WorkdayLine,
) -> LightTable {
    match span {
        None => LightTable::Asked(duty),
        Some(span) => {
            let end = if span.is_over(on) {
                End::Passed
            } else {
                End::Ahead
            };
            LightTable::timed(span.expected(on, line), end)
        }
    }
}

/// One assignment that is on the board that day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) at: usize,
    pub(super) task: u32,
    pub(super) unit: u32,
    pub(super) part: Part,
    pub(super) mark: Mark,
    /// What it adds to the progress of its task, 0–100: nothing reported counts 0, closed counts 100; `None` where it is
    /// paused or withdrawn.
    pub(super) progress: Option<u8>,
}

/// What a pass over the assignments looks at.
#[derive(Clone, Copy)]
pub(super) struct Lens<'b> {
    pub(super) day: Day,
    pub(super) columns: &'b Assignments,
    pub(super) courses: &'b Past<Course>,
    /// Reported percentage of each assignment, or [`NOT_REPORTED`].
    pub(super) percents: &'b [u8],
    pub(super) tasks: &'b Arc<TaskMarks>,
    pub(super) asks: &'b Arc<AskMarks>,
}

impl Lens<'_> {
    /// Hands every assignment of the day that is seen to `take`, in the order of its row number.
    pub(super) fn each(&self, seen: &Seen, mut take: impl FnMut(Row)) {
        match seen {
            Seen::All => self.each_where(|_, _| true, &mut take),
            Seen::Some { .. } => {
                self.each_where(|task, unit| seen.assignment(task, unit), &mut take);
            }
        }
    }

    /// The row at `at`; `None` where it is not issued by that day.
    pub(super) fn row(&self, at: usize) -> Option<Row> {
        let row = self.columns.get(u32::try_from(at).ok()?)?;
        let percent = *self.percents.get(at)?;
        (row.issued <= self.day).then(|| self.marked(at, row, percent))
    }

    #[inline]
    fn each_where(&self, seen: impl Fn(u32, u32) -> bool, take: &mut impl FnMut(Row)) {
        let columns = self.columns;
        let refs = columns.task.iter().zip(&columns.unit);
        let days = columns.issued.iter().zip(&columns.ended);
        let states = columns.part.iter().zip(self.percents);
        for (at, (((task, unit), (issued, ended)), (part, percent))) in
            refs.zip(days).zip(states).enumerate()
        {
            if *issued > self.day || !seen(*task, *unit) {
                continue;
            }
            let row = AssignmentRow {
                task: *task,
                unit: *unit,
                issued: *issued,
                ended: *ended,
                part: *part,
            };
            take(self.marked(at, row, *percent));
        }
    }

    #[inline]
    fn marked(&self, at: usize, row: AssignmentRow, percent: u8) -> Row {
        let row = row.on(
            u32::try_from(at).unwrap_or(u32::MAX),
            self.day,
            self.courses,
        );
        let by_task = match row.part.has_own_day() {
            false => self.tasks.mark(row.task, percent),
            true => self.tasks.own_mark(at, percent),
        };
        let (mark, progress) = if row.ended <= self.day {
            let ending = row.part.ending();
            (
                Mark::of_ending(ending),
                (ending == Ending::Closed).then_some(100),
            )
        } else {
            let mark = match by_task {
                Mark::QUIET => self.asks.mark(at),
                by_task => by_task,
            };
            (
                mark,
                Some(if percent == NOT_REPORTED { 0 } else { percent }),
            )
        };
        Row {
            at,
            task: row.task,
            unit: row.unit,
            part: row.part,
            mark,
            progress,
        }
    }
}
