//! Lists of tasks by their own light: filtered, in ascending order of ids, page by page.

use crate::domain::ids::{PlanId, TaskId, UnitId};
use crate::domain::level::Level;
use crate::domain::light::Light;
use crate::domain::standing::Standing;
use crate::domain::unit_kind::UnitKind;
use chrono::NaiveDate;

use super::as_of::AsOf;
use super::page::PageFilter;
use super::reach::{Reach, Seen};

/// Which tasks are wanted; a field that is `None` lets everything through, and all that are set must hold. A task's light
/// is told by its lead, see [`super::BoardCounts`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskPageFilter {
    /// The task's light.
    pub light: Option<Light>,
    /// The task's standing.
    pub standing: Option<Standing>,
    /// A unit that leads it by that day.
    pub lead_unit_id: Option<UnitId>,
    /// A unit that has an assignment of it.
    pub unit_id: Option<UnitId>,
    /// The kind of such a unit.
    pub kind: Option<UnitKind>,
    /// A school level of such a unit.
    pub level: Option<Level>,
    /// The plan.
    pub plan_id: Option<PlanId>,
    /// The outermost heading; empty for tasks under none.
    pub section: Option<String>,
}

/// The same of assignments, in any role: light and standing are theirs then, and not the task's.
impl From<TaskPageFilter> for PageFilter {
    fn from(filter: TaskPageFilter) -> Self {
        Self {
            light: filter.light,
            standing: filter.standing,
            role: None,
            unit_id: filter.unit_id,
            lead_unit_id: filter.lead_unit_id,
            kind: filter.kind,
            level: filter.level,
            plan_id: filter.plan_id,
            task_id: None,
            section: filter.section,
        }
    }
}

/// One line of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskPageRow {
    /// The task.
    pub id: TaskId,
    /// Its light.
    pub light: Light,
    /// Its standing.
    pub standing: Standing,
    /// The due day that it named.
    pub due_on: Option<NaiveDate>,
}

impl AsOf<'_> {
    /// The first `limit` tasks that have an assignment that is issued by that day, seen and of the units that `filter`
    /// names, with ids above `after`, in ascending order of ids. Fewer than `limit` means there are no more.
    pub fn task_page(
        &self,
        reach: &Reach,
        filter: &TaskPageFilter,
        after: Option<TaskId>,
        limit: usize,
    ) -> Vec<TaskPageRow> {
        let lens = self.lens();
        let sieve = self.sieve(&filter.clone().into());
        let mut passing = vec![false; self.board.tasks.rows.len()];
        lens.each(&Seen::of(reach, self.board), |row| {
            if sieve.refs(row.task, row.unit)
                && let Some(passes) = passing.get_mut(row.task as usize)
            {
                *passes = true;
            }
        });
        let tasks = (0_u32..).zip(&self.board.tasks.rows).zip(passing);
        let mut found: Vec<TaskPageRow> = tasks
            .filter(|((_, task), passes)| *passes && after.is_none_or(|after| task.row.id > after))
            .map(|((at, task), _)| {
                let mark = self.task_mark(&lens, at);
                TaskPageRow {
                    id: task.row.id,
                    light: mark.light(),
                    standing: mark.standing(),
                    due_on: task.on(self.day).due_on,
                }
            })
            .filter(|row| {
                filter.light.is_none_or(|light| light == row.light)
                    && filter
                        .standing
                        .is_none_or(|standing| standing == row.standing)
            })
            .collect();
        found.sort_unstable_by_key(|row| row.id);
        found.truncate(limit);
        found
    }
}
