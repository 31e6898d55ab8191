//! The dashboard's counts: all lights and standings of a day, in all and by every grouping.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::ids::{PlanId, UnitId};
use crate::domain::level::Level;
use crate::domain::role::Role;
use crate::domain::unit_kind::UnitKind;

use super::as_of::AsOf;
use super::columns::TaskRow;
use super::lens::Lens;
use super::sums::{Sums, TaskSum, UnitSum};
use super::tally::Tally;

/// Assignments of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<K> {
    /// What the group has in common.
    pub key: K,
    /// Its assignments.
    pub assignments: Tally,
}

/// Tasks of one group, and their assignments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskGroup<K> {
    /// What the group has in common.
    pub key: K,
    /// Its tasks, each by its own light.
    pub tasks: Tally,
    /// The assignments of these tasks, each by its own light.
    pub assignments: Tally,
}

/// Every count of a day within the reach of the sums. Only what is issued by that day and seen is counted; a group is listed where
/// something is counted in it.
///
/// An assignment counts by its own progress. A task counts once, where one of its assignments is seen, by the progress of
/// the lead who decides: the first-named, or the next one that has reported or is closed where those before have done
/// neither. So a lead's close-out turns the task green and leaves every other assignment as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardCounts {
    /// The day, bureau-local.
    pub on: NaiveDate,
    /// All assignments.
    pub assignments: Tally,
    /// All tasks.
    pub tasks: Tally,
    /// By role, the strongest first.
    pub by_role: Vec<Group<Role>>,
    /// By the assignment's own unit, in the order of unit codes.
    pub by_unit: Vec<Group<UnitId>>,
    /// By the kind of that unit.
    pub by_kind: Vec<Group<UnitKind>>,
    /// By its school levels; a school of several counts in each, so the groups overlap and other units are in none.
    pub by_level: Vec<Group<Level>>,
    /// By the units that lead the task, in the order of unit codes; a task of several leads counts in each, so the groups
    /// overlap.
    pub by_lead_unit: Vec<TaskGroup<UnitId>>,
    /// By plan and outermost heading, in the order of each plan; tasks without heading are under the empty one.
    pub by_section: Vec<TaskGroup<(PlanId, String)>>,
    /// By plan, in the order of ids.
    pub by_plan: Vec<TaskGroup<PlanId>>,
}

/// The two tallies of a task.
#[derive(Clone, Copy, Default)]
struct Sum {
    tasks: Tally,
    assignments: Tally,
}

impl AsOf<'_> {
    /// All counts of the day, of sums of this day.
    pub fn counts(&self, sums: &Sums) -> BoardCounts {
        let mut counts = BoardCounts {
            on: self.on,
            assignments: Tally::default(),
            tasks: Tally::default(),
            by_role: Vec::new(),
            by_unit: Vec::new(),
            by_kind: Vec::new(),
            by_level: Vec::new(),
            by_lead_unit: Vec::new(),
            by_section: Vec::new(),
            by_plan: Vec::new(),
        };
        self.fold_units(&sums.units, &mut counts);
        self.fold_tasks(&self.lens(), &sums.tasks, &mut counts);
        counts
    }

    fn fold_units(&self, sums: &[UnitSum], counts: &mut BoardCounts) {
        let mut by_role = BTreeMap::<Role, Tally>::new();
        let mut by_kind = BTreeMap::<UnitKind, Tally>::new();
        let mut by_level = BTreeMap::<Level, Tally>::new();
        let mut by_unit = Vec::new();
        for (unit, roles) in self.board.units.rows.iter().zip(sums) {
            let mut all = Tally::default();
            for (role, slots) in Role::ALL.into_iter().zip(roles) {
                let tally = Tally::of_slots(slots);
                all.merge(&tally);
                if tally.total() > 0 {
                    by_role.entry(role).or_default().merge(&tally);
                }
            }
            if all.total() == 0 {
                continue;
            }
            by_kind.entry(unit.kind).or_default().merge(&all);
            for level in Level::ALL {
                if unit.levels.contains(&level) {
                    by_level.entry(level).or_default().merge(&all);
                }
            }
            by_unit.push((&unit.code, unit.id, all));
        }
        by_unit.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
        counts.by_unit = groups(by_unit.into_iter().map(|(_, id, tally)| (id, tally)));
        counts.by_role = groups(by_role);
        counts.by_kind = groups(by_kind);
        counts.by_level = groups(by_level);
    }

    fn fold_tasks(&self, lens: &Lens<'_>, sums: &[TaskSum], counts: &mut BoardCounts) {
        let mut by_plan = BTreeMap::<PlanId, Sum>::new();
        let mut by_lead = BTreeMap::<(&str, UnitId), Sum>::new();
        let mut by_section = BTreeMap::new();
        let numbered = (0_u32..).zip(&self.board.tasks.rows);
        for ((at, task), sum) in numbered.zip(sums) {
            let assignments = Tally::of_slots(&sum.marks);
            if assignments.total() == 0 {
                continue;
            }
            let mut sum = Sum {
                tasks: Tally::default(),
                assignments,
            };
            sum.tasks.add(self.task_mark(lens, at), 1);
            counts.tasks.merge(&sum.tasks);
            counts.assignments.merge(&sum.assignments);
            by_plan.entry(task.row.plan_id).or_default().merge(&sum);
            let section: &(_, Sum) = &(task.row.id, sum);
            by_section
                .entry((task.row.plan_id, outermost(task)))
                .and_modify(|(first, known): &mut (_, Sum)| {
                    *first = section.0.min(*first);
                    known.merge(&section.1);
                })
                .or_insert(*section);
            for unit in self.lead_units(task) {
                by_lead.entry(unit).or_default().merge(&sum);
            }
        }
        counts.by_plan = task_groups(by_plan);
        counts.by_lead_unit = task_groups(by_lead.into_iter().map(|((_, id), sum)| (id, sum)));
        // A plan's tasks were numbered in the order of the text, so its first task tells where a section stands.
        let mut sections: Vec<_> = by_section.into_iter().collect();
        sections.sort_by_key(|((plan, _), (first, _))| (*plan, *first));
        counts.by_section = task_groups(
            sections
                .into_iter()
                .map(|((plan, name), (_, sum))| ((plan, name.to_owned()), sum)),
        );
    }

    /// The units that lead a task by that day, each once.
    pub(super) fn lead_units<'t>(
        &'t self,
        task: &'t TaskRow,
    ) -> impl Iterator<Item = (&'t str, UnitId)> {
        let unit_of = move |at: usize| {
            let row = self.board.assignments.get(task.leads.get(at)?.assignment)?;
            (row.issued <= self.day).then_some(row.unit)
        };
        (0..task.leads.len()).filter_map(move |at| {
            let unit = unit_of(at)?;
            if (0..at).any(|before| unit_of(before) == Some(unit)) {
                return None;
            }
            let unit = self.board.units.get(unit)?;
            Some((unit.code.as_str(), unit.id))
        })
    }
}

/// The outermost heading a task stands under; empty where it stands under none.
pub(super) fn outermost(task: &TaskRow) -> &str {
    task.row.section.first().map_or("", String::as_str)
}

impl Sum {
    fn merge(&mut self, other: &Self) {
        self.tasks.merge(&other.tasks);
        self.assignments.merge(&other.assignments);
    }
}

fn groups<K>(tallies: impl IntoIterator<Item = (K, Tally)>) -> Vec<Group<K>> {
    let tallies = tallies.into_iter();
    tallies
        .map(|(key, assignments)| Group { key, assignments })
        .collect()
}

fn task_groups<K>(sums: impl IntoIterator<Item = (K, Sum)>) -> Vec<TaskGroup<K>> {
    let sums = sums.into_iter();
    sums.map(|(key, sum)| TaskGroup {
        key,
        tasks: sum.tasks,
        assignments: sum.assignments,
    })
    .collect()
}
