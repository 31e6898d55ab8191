//! What a ledger row says of an assignment, the same when it goes out and when it is compared with a file that came back.

use crate::documents::ledger_sheet::LedgerLine;
use crate::documents::sheet_out::{SheetCell, SheetValue};
use crate::domain::access::{Action, Reach, Viewer};
use crate::domain::ids::{AssignmentId, PlanId, TaskId, UnitId};
use crate::domain::ledger::LedgerColumn;
use crate::domain::light::Ending;
use crate::domain::local_time::LocalZone;
use crate::domain::notice::NoticeNumber;
use crate::domain::role::Role;
use crate::domain::unit::Unit;
use crate::flow::FlowError;
use crate::flow::list_by_light::LightTold;
use crate::storage::assignment_notes::{self, StoredNote};
use crate::storage::ledgers::{self, LastTold, LedgerAssignment};
use crate::storage::plans::StoredPlan;
use crate::storage::tasks::StoredTask;
use crate::storage::{Session, contacts, evidence, ledger_notices, plans, tasks, units};
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Whose rows are looked at, and whose contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerView {
    /// Assignments.
    pub assignments: Reach,
    /// Contacts: a lead unit meets the assignments of others, but not their people.
    pub contacts: Reach,
}

impl LedgerView {
    /// Everybody's.
    pub fn everything() -> Self {
        Self {
            assignments: Reach::All,
            contacts: Reach::All,
        }
    }

    /// What a caller meets.
    pub fn of(viewer: &Viewer) -> Self {
        Self {
            assignments: viewer.reach(Action::ReadAssignments),
            contacts: viewer.reach(Action::ReadContacts),
        }
    }
}

/// An assignment with all that its row tells.
#[derive(Debug, Clone)]
pub(super) struct LedgerRow {
    pub(super) assignment: LedgerAssignment,
    pub(super) task: Arc<StoredTask>,
    pub(super) plan: Arc<StoredPlan>,
    pub(super) unit: Arc<Unit>,
    pub(super) leads: Arc<str>,
    pub(super) contacts: Arc<str>,
    pub(super) told: LastTold,
    pub(super) note: Option<StoredNote>,
    /// Files that the last report with files brought.
    pub(super) evidence: u32,
    /// Notices that were issued about it.
    pub(super) notices: Vec<NoticeNumber>,
    /// How often more time was given, by whom last, and when.
    pub(super) more_time: Option<(u32, String, DateTime<Utc>)>,
}

/// The rows of these assignments, in their order. Those of which a part is missing are left out; the schema keeps all.
pub(super) async fn rows_of(
    db: &impl Session,
    view: &LedgerView,
    found: Vec<LedgerAssignment>,
) -> Result<Vec<LedgerRow>, FlowError> {
    let ids: Vec<AssignmentId> = found.iter().map(|one| one.id).collect();
    let task_ids: BTreeSet<TaskId> = found.iter().map(|one| one.task_id).collect();
    let task_ids: Vec<TaskId> = task_ids.into_iter().collect();
    let known_tasks = tasks::with_ids(db, &task_ids).await?;
    let plan_ids: BTreeSet<PlanId> = known_tasks.iter().map(|task| task.plan_id).collect();
    let plan_ids: Vec<PlanId> = plan_ids.into_iter().collect();
    let known_plans: HashMap<PlanId, Arc<StoredPlan>> = plans::with_ids(db, &plan_ids)
        .await?
        .into_iter()
        .map(|plan| (plan.id, Arc::new(plan)))
        .collect();
    let known_units: HashMap<UnitId, Arc<Unit>> = units::all(db)
        .await?
        .into_iter()
        .map(|unit| (unit.id, Arc::new(unit)))
        .collect();
    let leads = ledgers::leads(db, &task_ids).await?;
    let leads: HashMap<TaskId, Arc<str>> = leads
        .into_iter()
        .map(|(task, ids)| {
            let names = ids.iter().filter_map(|id| known_units.get(id));
            (task, joined(names.map(|unit| unit.name.as_str())))
        })
        .collect();
    let people = people(db, view).await?;
    let mut told = ledgers::last_told(db, &ids).await?;
    let mut notes = assignment_notes::of(db, &ids).await?;
    let mut more_time = ledgers::more_time(db, &ids).await?;
    let evidence = evidence::last_counts(db, &ids).await?;
    let mut notices = ledger_notices::notices_about(db, &ids).await?;
    let known_tasks: HashMap<TaskId, Arc<StoredTask>> = known_tasks
        .into_iter()
        .map(|task| (task.id, Arc::new(task)))
        .collect();
    let nobody: Arc<str> = Arc::from("");
    let rows = found.into_iter().filter_map(|assignment| {
        let (id, unit_id) = (assignment.id, assignment.unit_id);
        let task = known_tasks.get(&assignment.task_id)?;
        Some(LedgerRow {
            task: task.clone(),
            plan: known_plans.get(&task.plan_id)?.clone(),
            unit: known_units.get(&unit_id)?.clone(),
            leads: leads.get(&task.id).unwrap_or(&nobody).clone(),
            contacts: people.get(&unit_id).unwrap_or(&nobody).clone(),
            told: told.remove(&id).unwrap_or_default(),
            note: notes.remove(&id),
            evidence: evidence.get(&id).copied().unwrap_or(0),
            notices: notices.remove(&id).unwrap_or_default(),
            more_time: more_time.remove(&id),
            assignment,
        })
    });
    Ok(rows.collect())
}

/// The names of the contacts that are met, by unit.
async fn people(
    db: &impl Session,
    view: &LedgerView,
) -> Result<HashMap<UnitId, Arc<str>>, FlowError> {
    let mut names: HashMap<UnitId, Vec<String>> = HashMap::new();
    for contact in contacts::present(db).await? {
        if let (true, Some(name)) = (view.contacts.covers(contact.unit_id), contact.name) {
            names.entry(contact.unit_id).or_default().push(name);
        }
    }
    let joined = names
        .iter()
        .map(|(unit, names)| (*unit, joined(names.iter().map(String::as_str))));
    Ok(joined.collect())
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> Arc<str> {
    names.collect::<Vec<_>>().join("、").into()
}

/// The part in a task in words.
pub(super) fn role_label(role: Role) -> &'static str {
    match role {
        Role::Lead => "牵头",
        Role::Responsible => "责任",
        Role::Cooperating => "配合",
    }
}

/// The due day of a task or an assignment; a standing duty says so.
pub(super) fn due_cell(due_on: Option<chrono::NaiveDate>, continuous: bool) -> SheetCell {
    match due_on {
        Some(day) => SheetCell::day(Some(day)),
        None if continuous => SheetCell::text("长期坚持"),
        None => SheetCell::default(),
    }
}

/// A light with why it is what it is.
pub(super) fn light_cell(light: Option<&LightTold>) -> SheetCell {
    light.map_or_else(SheetCell::default, |told| {
        SheetCell::coloured(&told.text, Some(told.light))
    })
}

impl LedgerRow {
    /// The row as it stands in the sheet, as the `position`-th. Without its light the columns that are worked out each day
    /// stay empty.
    pub(super) fn line(
        &self,
        zone: LocalZone,
        position: usize,
        light: Option<&LightTold>,
    ) -> LedgerLine {
        let cells = LedgerColumn::ALL
            .iter()
            .map(|column| self.cell(*column, zone, position, light));
        LedgerLine {
            id: self.assignment.id,
            cells: cells.collect(),
        }
    }

    fn cell(
        &self,
        column: LedgerColumn,
        zone: LocalZone,
        position: usize,
        light: Option<&LightTold>,
    ) -> SheetCell {
        let (one, task) = (&self.assignment, &self.task);
        let optional = |given: Option<&String>| SheetCell::text(given.map_or("", String::as_str));
        let number = |number: f64| SheetCell::from(SheetValue::Number(number));
        match column {
            // A sheet has a million rows at the most.
            LedgerColumn::Position => number(f64::from(u32::try_from(position).unwrap_or(0))),
            LedgerColumn::TaskNumber => SheetCell::text(&task.number),
            LedgerColumn::Task => SheetCell::text(&task.title),
            LedgerColumn::Measure => SheetCell::text(&task.text),
            LedgerColumn::Leads => SheetCell::text(&self.leads),
            LedgerColumn::Unit => SheetCell::text(&self.unit.name),
            LedgerColumn::Role => SheetCell::text(role_label(one.role)),
            LedgerColumn::Contact => SheetCell::text(&self.contacts),
            LedgerColumn::StartedOn => SheetCell::day(Some(zone.local(one.issued_at).date())),
            LedgerColumn::DueOn => due_cell(one.due_on.or(task.due_on), task.continuous),
            LedgerColumn::FirstDueOn => SheetCell::day(task.due_on),
            LedgerColumn::Expected => light
                .and_then(|told| told.expected_percent)
                .map_or_else(SheetCell::default, |percent| {
                    number((percent * 10.0).round() / 10.0)
                }),
            LedgerColumn::Percent => one
                .percent
                .map_or_else(SheetCell::default, |percent| number(f64::from(percent))),
            LedgerColumn::Done => optional(self.told.done.as_ref()),
            LedgerColumn::Problems => optional(self.told.problems.as_ref()),
            LedgerColumn::NextSteps => optional(self.told.next_steps.as_ref()),
            LedgerColumn::Light => light_cell(light),
            LedgerColumn::State => SheetCell::text(one.state.label()),
            LedgerColumn::Evidence => match self.evidence {
                0 => SheetCell::default(),
                files => number(f64::from(files)),
            },
            LedgerColumn::Notices => {
                let numbers = self.notices.iter().map(ToString::to_string);
                SheetCell::text(&numbers.collect::<Vec<_>>().join("、"))
            }
            LedgerColumn::Extensions => number(
                self.more_time
                    .as_ref()
                    .map_or(0.0, |(times, ..)| f64::from(*times)),
            ),
            LedgerColumn::ClosedOn => {
                let closed = one.state.ending() == Some(Ending::Closed);
                SheetCell::day(one.ended_on.filter(|_| closed))
            }
            LedgerColumn::Note => optional(self.note.as_ref().map(|note| &note.text)),
            LedgerColumn::Plan => SheetCell::text(&self.plan.title),
        }
    }
}
