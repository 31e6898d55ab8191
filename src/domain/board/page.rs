//! Lists of assignments: filtered, in ascending order of ids, page by page.

use crate::domain::ids::{AssignmentId, PlanId, TaskId, UnitId};
use crate::domain::level::Level;
use crate::domain::light::Light;
use crate::domain::light_table::Mark;
use crate::domain::role::Role;
use crate::domain::standing::Standing;
use crate::domain::unit_kind::UnitKind;
use chrono::NaiveDate;

use super::as_of::AsOf;
use super::columns::TaskRow;
use super::counts::outermost;
use super::lens::Row;
use super::reach::{Reach, Seen};
use super::rows::BoardUnit;

/// Which assignments are wanted; a field that is `None` lets everything through, and all that are set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageFilter {
    /// The assignment's light.
    pub light: Option<Light>,
    /// The assignment's standing.
    pub standing: Option<Standing>,
    /// The unit's part; with `unit_id` it tells a responsible unit from a lead.
    pub role: Option<Role>,
    /// The assignment's own unit.
    pub unit_id: Option<UnitId>,
    /// A unit that leads the task by that day.
    pub lead_unit_id: Option<UnitId>,
    /// The kind of the assignment's unit.
    pub kind: Option<UnitKind>,
    /// A school level of the assignment's unit.
    pub level: Option<Level>,
    /// The plan.
    pub plan_id: Option<PlanId>,
    /// The task.
    pub task_id: Option<TaskId>,
    /// The outermost heading of the task; empty for tasks under none.
    pub section: Option<String>,
}

/// One line of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRow {
    /// The assignment.
    pub id: AssignmentId,
    /// Its task.
    pub task_id: TaskId,
    /// Its unit.
    pub unit_id: UnitId,
    /// The unit's part.
    pub role: Role,
    /// Its light.
    pub light: Light,
    /// Its standing.
    pub standing: Standing,
    /// What it reported last by that day, 0–100; `None` where nothing.
    pub percent: Option<u8>,
    /// The day by which it was to be done: its own, else the one that its task named.
    pub due_on: Option<NaiveDate>,
}

/// A filter against the rows of one board: what depends on task, unit, role and mark, each worked out once.
pub(super) struct Sieve {
    tasks: Vec<bool>,
    units: Vec<bool>,
    roles: [bool; 4],
    marks: [bool; Mark::SLOTS],
}

impl AsOf<'_> {
    /// The first `limit` assignments that are issued by that day, seen, and pass `filter`, with ids above `after`, in
    /// ascending order of ids. Fewer than `limit` means there are no more. `after` need not be on the board.
    pub fn page(
        &self,
        reach: &Reach,
        filter: &PageFilter,
        after: Option<AssignmentId>,
        limit: usize,
    ) -> Vec<PageRow> {
        let seen = Seen::of(reach, self.board);
        let sieve = self.sieve(filter);
        let lens = self.lens();
        let ids = &self.board.assignments.ids;
        let after = after.map(|id| id.0);
        let passing = |at: usize| {
            let columns = lens.columns;
            let (task, unit) = (*columns.task.get(at)?, *columns.unit.get(at)?);
            // Tasks and units rule most rows out before a mark is looked up.
            if !sieve.refs(task, unit) || !seen.assignment(task, unit) {
                return None;
            }
            lens.row(at).filter(|row| sieve.row(row))
        };
        let mut found: Vec<PageRow> = ids
            .ordered_after(after)
            .filter_map(passing)
            .filter_map(|row| self.page_row(row))
            .take(limit)
            .collect();
        let late: Vec<PageRow> = ids
            .late()
            .filter_map(passing)
            .filter_map(|row| self.page_row(row))
            .filter(|row| after.is_none_or(|after| row.id.0 > after))
            .collect();
        if !late.is_empty() {
            found.extend(late);
            found.sort_unstable_by_key(|row| row.id);
            found.truncate(limit);
        }
        found
    }

    /// How many assignments [`Self::page`] would list in all.
    pub fn matching(&self, reach: &Reach, filter: &PageFilter) -> usize {
        let sieve = self.sieve(filter);
        let mut rows = 0;
        self.lens().each(&Seen::of(reach, self.board), |row| {
            rows += usize::from(sieve.refs(row.task, row.unit) && sieve.row(&row));
        });
        rows
    }

    pub(super) fn page_row(&self, row: Row) -> Option<PageRow> {
        let at = u32::try_from(row.at).ok()?;
        let task = self.board.tasks.get(row.task)?;
        let own_day = match row.part.has_own_day() {
            true => self.board.own_day_on(at, self.day),
            false => None,
        };
        Some(PageRow {
            id: AssignmentId(self.board.assignments.ids.id(at)?),
            task_id: task.row.id,
            unit_id: self.board.units.get(row.unit)?.id,
            role: row.part.role(),
            light: row.mark.light(),
            standing: row.mark.standing(),
            percent: self.reported(row.at),
            due_on: own_day.or(task.on(self.day).due_on),
        })
    }

    pub(super) fn sieve(&self, filter: &PageFilter) -> Sieve {
        let tasks = self.board.tasks.rows.iter();
        let units = self.board.units.rows.iter();
        let mut marks = [false; Mark::SLOTS];
        for (slot, passes) in (0_u8..).zip(&mut marks) {
            let mark = Mark::from_slot(slot);
            *passes =
                wanted(filter.light, mark.light()) && wanted(filter.standing, mark.standing());
        }
        let mut roles = [false; 4];
        for (role, passes) in Role::ALL.into_iter().zip(&mut roles) {
            *passes = wanted(filter.role, role);
        }
        Sieve {
            tasks: tasks.map(|task| self.wants_task(filter, task)).collect(),
            units: units.map(|unit| wants_unit(filter, unit)).collect(),
            roles,
            marks,
        }
    }

    fn wants_task(&self, filter: &PageFilter, task: &TaskRow) -> bool {
        let section = filter.section.as_deref();
        wanted(filter.plan_id, task.row.plan_id)
            && wanted(filter.task_id, task.row.id)
            && section.is_none_or(|section| section == outermost(task))
            && filter
                .lead_unit_id
                .is_none_or(|unit| self.lead_units(task).any(|(_, lead)| lead == unit))
    }
}

impl Sieve {
    pub(super) fn refs(&self, task: u32, unit: u32) -> bool {
        let passes = |flags: &[bool], at: u32| flags.get(at as usize).copied().unwrap_or(false);
        passes(&self.tasks, task) && passes(&self.units, unit)
    }

    fn row(&self, row: &Row) -> bool {
        let passes = |flags: &[bool], at: usize| flags.get(at).copied().unwrap_or(false);
        passes(&self.roles, row.part.role_slot())
            && passes(&self.marks, usize::from(row.mark.slot()))
    }
}

fn wants_unit(filter: &PageFilter, unit: &BoardUnit) -> bool {
    wanted(filter.unit_id, unit.id)
        && wanted(filter.kind, unit.kind)
        && filter
            .level
            .is_none_or(|level| unit.levels.contains(&level))
}

fn wanted<T: PartialEq>(wanted: Option<T>, found: T) -> bool {
    wanted.is_none_or(|wanted| wanted == found)
}
