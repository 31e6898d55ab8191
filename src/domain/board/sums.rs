//! What the assignments within a reach add up to on one day, for each task and each unit: one pass, of which the counts and
//! the day's point of progress are made.

use super::as_of::AsOf;
use super::lens::{Lens, Row};
use super::reach::{Reach, Seen};
use crate::domain::light_table::Mark;
use crate::domain::role::Role;

/// Sums of one day. They belong to the [`AsOf`] that gave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    pub(super) tasks: Vec<TaskSum>,
    pub(super) units: Vec<UnitSum>,
}

/// Of the assignments of one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct TaskSum {
    /// How many of each mark.
    pub(super) marks: [u32; Mark::SLOTS],
    /// How many take part in the progress of the task.
    pub(super) taking_part: u32,
    /// The percentages of these.
    pub(super) percents: u64,
}

/// Of the assignments of one unit: how many of each mark in each role, in the order of [`Role::ALL`].
pub(super) type UnitSum = [[u32; Mark::SLOTS]; Role::ALL.len()];

impl AsOf<'_> {
    /// The sums of the day within `reach`, in one pass over all assignments.
    pub fn sums(&self, reach: &Reach) -> Sums {
        let mut sums = Sums {
            tasks: vec![TaskSum::default(); self.board.tasks.rows.len()],
            units: vec![UnitSum::default(); self.board.units.rows.len()],
        };
        self.lens()
            .each(&Seen::of(reach, self.board), |row| sums.add(&row));
        sums
    }
}

impl Sums {
    /// Takes what one assignment adds in `before` for what it adds in `after`.
    pub(super) fn exchange(&mut self, at: usize, before: &Lens<'_>, after: &Lens<'_>) {
        if let Some(row) = before.row(at) {
            self.take_back(&row);
        }
        if let Some(row) = after.row(at) {
            self.add(&row);
        }
    }

    #[inline]
    fn add(&mut self, row: &Row) {
        let slot = usize::from(row.mark.slot()) % Mark::SLOTS;
        if let Some(task) = self.tasks.get_mut(row.task as usize) {
            task.marks[slot] += 1;
            if let Some(percent) = row.progress {
                task.taking_part += 1;
                task.percents += u64::from(percent);
            }
        }
        if let Some(unit) = self.units.get_mut(row.unit as usize) {
            unit[row.part.role_slot() % Role::ALL.len()][slot] += 1;
        }
    }

    fn take_back(&mut self, row: &Row) {
        let slot = usize::from(row.mark.slot()) % Mark::SLOTS;
        if let Some(task) = self.tasks.get_mut(row.task as usize) {
            task.marks[slot] -= 1;
            if let Some(percent) = row.progress {
                task.taking_part -= 1;
                task.percents -= u64::from(percent);
            }
        }
        if let Some(unit) = self.units.get_mut(row.unit as usize) {
            unit[row.part.role_slot() % Role::ALL.len()][slot] -= 1;
        }
    }
}
