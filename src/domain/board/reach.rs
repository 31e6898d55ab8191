//! Reach: which rows of a board a viewer may see. Who has which reach is decided elsewhere.

use std::collections::BTreeSet;

use crate::domain::ids::{TaskId, UnitId};

use super::Board;

/// What a viewer may see. Nothing outside it is counted, listed or explained.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Reach {
    /// Everything.
    #[default]
    All,
    /// An assignment whose unit is among `units` or whose task is among `led_tasks`; an obligation whose unit is among
    /// `units` or that asks about an assignment of a task among `led_tasks`; a task of which an assignment is seen; a
    /// round that asks somebody seen. Ids that are not on the board are passed over.
    Some {
        /// The viewer's own units, and those below them where it supervises these.
        units: BTreeSet<UnitId>,
        /// The tasks that the viewer's units lead.
        led_tasks: BTreeSet<TaskId>,
    },
}

/// A reach against the rows of one board.
pub(super) enum Seen {
    All,
    Some { units: Vec<bool>, tasks: Vec<bool> },
}

impl Seen {
    pub(super) fn of(reach: &Reach, board: &Board) -> Self {
        match reach {
            Reach::All => Self::All,
            Reach::Some { units, led_tasks } => {
                let mut seen_units = vec![false; board.units.rows.len()];
                let mut seen_tasks = vec![false; board.tasks.rows.len()];
                for id in units {
                    set(&mut seen_units, board.units.ids.row(id.0));
                }
                for id in led_tasks {
                    set(&mut seen_tasks, board.tasks.ids.row(id.0));
                }
                Self::Some {
                    units: seen_units,
                    tasks: seen_tasks,
                }
            }
        }
    }

    /// Whether an assignment of this task and unit is seen.
    pub(super) fn assignment(&self, task: u32, unit: u32) -> bool {
        match self {
            Self::All => true,
            Self::Some { units, tasks } => is_set(units, unit) || is_set(tasks, task),
        }
    }

    /// Whether an obligation is seen.
    pub(super) fn obligation(&self, board: &Board, row: &super::asks::AskRow) -> bool {
        match self {
            Self::All => true,
            Self::Some { units, tasks } => {
                is_set(units, row.unit)
                    || board.asks.items(row).iter().any(|item| {
                        let task = board.assignments.task.get(*item as usize);
                        task.is_some_and(|task| is_set(tasks, *task))
                    })
            }
        }
    }
}

fn set(flags: &mut [bool], row: Option<u32>) {
    if let Some(flag) = row.and_then(|row| flags.get_mut(row as usize)) {
        *flag = true;
    }
}

fn is_set(flags: &[bool], row: u32) -> bool {
    flags.get(row as usize).copied().unwrap_or(false)
}
