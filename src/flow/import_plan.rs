//! plan document → plan and tasks. Whole or not at all; the same content again changes nothing, other content of a known
//! plan is refused until it is amended (design §7, Import).

use crate::documents::UnitRow;
use crate::domain::draw::hex;
use crate::domain::fan_out::Party;
use crate::domain::ids::{IndicatorId, PlanId, TaskId};
use crate::domain::plan::{Measure, ParsedPlan};
use crate::domain::plan_names::unknown_units;
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::domain::unit::UnitDirectory;
use crate::flow::import_units::{UnitsImported, audit_units, write_units};
use crate::flow::revision_parts::{cycles_of, deadlines_of, phases_of};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::plans::{StoredIndicator, StoredPlan};
use crate::storage::tasks::{StoredTask, TaskState};
use crate::storage::{WriteTx, cycles, new_id, plans, tasks, units};
use chrono::Datelike;
use serde_json::json;
use sha2::{Digest, Sha256};

/// A plan to be imported.
#[derive(Debug)]
pub struct PlanToImport<'a> {
    /// What the reader made of the document.
    pub plan: ParsedPlan,
    /// Name of the file, for people.
    pub source_name: &'a str,
    /// Rows of the units file given with it.
    pub units: Option<&'a [UnitRow]>,
}

/// What importing a plan did.
#[derive(Debug)]
pub struct PlanImported {
    /// The plan's id.
    pub plan_id: PlanId,
    /// Whether it was new; else it was there with the same content.
    pub new: bool,
    /// The plan, its problems now including names that match no unit.
    pub plan: ParsedPlan,
    /// What became of the units file.
    pub units: Option<UnitsImported>,
}

/// Imports a plan, and the units file given with it, in one transaction.
///
/// # Errors
/// [`FlowError::Refused`] where the document has no measure or no title, or is other content of a known plan.
pub async fn import_plan(ctx: &Ctx, import: PlanToImport<'_>) -> Result<PlanImported, FlowError> {
    let PlanToImport {
        mut plan,
        source_name,
        units: unit_rows,
    } = import;
    if plan.measures.is_empty() {
        return Err(FlowError::refused(
            RefusalCode::NotAPlan,
            format!(
                "“{source_name}”中没有找到举措，未导入。请确认文件是工作方案，或用 --dry-run 查看读到的内容"
            ),
        ));
    }
    let identity = identity_of(&plan).ok_or_else(|| {
        FlowError::refused(
            RefusalCode::NotAPlan,
            format!("“{source_name}”没有标题，无法识别是哪个方案，未导入。请补上标题"),
        )
    })?;
    let content_hash = content_hash(&plan)?;
    let now = ctx.now().at;
    let tx = ctx.write().await?;
    let imported_units = match unit_rows {
        Some(rows) => {
            let imported = write_units(ctx, &tx, rows).await?;
            audit_units(&tx, &imported)?;
            Some(imported)
        }
        None => None,
    };
    let directory = UnitDirectory::new(units::all(&tx).await?);
    if !directory.units().is_empty() {
        plan.problems.extend(unknown_units(&plan, &directory));
    }
    let known = plans::by_identity(&tx, &identity).await?;
    let (plan_id, new) = match known {
        Some(known) if known.content_hash == content_hash => (known.id, false),
        Some(known) => {
            return Err(FlowError::refused(
                RefusalCode::PlanDiffers,
                format!(
                    "方案《{}》已导入，这份文件（{source_name}）的内容与之不同，未作任何改动。请用 duban plan diff 查看差异，用 duban plan amend 按修订办理",
                    known.title
                ),
            ));
        }
        None => {
            let stored = stored_plan(&plan, identity, content_hash, source_name, now)?;
            write_plan(&tx, &plan, &stored).await?;
            let entry =
                AuditEntry::done("import_plans", Resource::Plans, stored.id.0, &stored.title);
            tx.audit(entry.after(json!({
                "document_number": stored.document_number,
                "source_name": stored.source_name,
                "content_hash": stored.content_hash,
                "tasks": plan.measures.len(),
            })));
            (stored.id, true)
        }
    };
    tx.commit().await?;
    Ok(PlanImported {
        plan_id,
        new,
        plan,
        units: imported_units,
    })
}

/// A plan is known by its document number, else by title, issuer and first year; `None` without a title.
pub(super) fn identity_of(plan: &ParsedPlan) -> Option<String> {
    if let Some(number) = &plan.document_number {
        return Some(format!("number:{number}"));
    }
    let title = plan.title.as_deref()?;
    let issuer = plan.issued_by.as_deref().unwrap_or_default();
    let year = first_year(plan)
        .map(|year| year.to_string())
        .unwrap_or_default();
    Some(format!("title:{title}|{issuer}|{year}"))
}

fn first_year(plan: &ParsedPlan) -> Option<i32> {
    let start = plan
        .phases
        .iter()
        .find_map(|phase| phase.starts_on.or(phase.ends_on))?;
    Some(start.year())
}

/// SHA-256 of what was read: layout and file format do not matter, so the lines on which things stand are left out.
pub(super) fn content_hash(plan: &ParsedPlan) -> Result<String, FlowError> {
    let mut told = serde_json::to_value(plan)
        .map_err(|error| FlowError::refused(RefusalCode::InvalidValue, error.to_string()))?;
    leave_lines_out(&mut told);
    Ok(hex(&Sha256::digest(told.to_string().as_bytes())))
}

fn leave_lines_out(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.remove("line");
            fields.values_mut().for_each(leave_lines_out);
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(leave_lines_out),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

pub(super) fn stored_plan(
    plan: &ParsedPlan,
    identity: String,
    content_hash: String,
    source_name: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<StoredPlan, FlowError> {
    Ok(StoredPlan {
        id: PlanId(new_id()),
        identity,
        content_hash,
        title: plan.title.clone().unwrap_or_default(),
        issued_by: plan.issued_by.clone(),
        document_number: plan.document_number.clone(),
        first_year: first_year(plan),
        source_name: source_name.to_owned(),
        problems: serde_json::to_value(&plan.problems)
            .map_err(|error| FlowError::refused(RefusalCode::InvalidValue, error.to_string()))?,
        first_phase_starts_on: plan.phases.iter().filter_map(|phase| phase.starts_on).min(),
        last_phase_ends_on: plan.phases.iter().filter_map(|phase| phase.ends_on).max(),
        issue_count: 0,
        imported_at: now,
        issued_on: None,
        closed_on: None,
        origin: PlanOrigin::Document,
    })
}

async fn write_plan(tx: &WriteTx, plan: &ParsedPlan, stored: &StoredPlan) -> Result<(), FlowError> {
    plans::insert(tx, stored).await?;
    let phases = phases_of(plan);
    plans::insert_phases(tx, stored.id, &phases).await?;
    let mut indicators: Vec<StoredIndicator> = plan
        .goals
        .iter()
        .map(|goal| indicator_of(goal, None))
        .collect();
    let mut rows = Vec::new();
    for measure in &plan.measures {
        let (task, parties) = task_of(measure, stored.id);
        let indicators_of = |one| indicator_of(one, Some(task.id));
        indicators.extend(measure.indicators.iter().map(indicators_of));
        rows.push((task, parties));
    }
    tasks::insert(tx, 0, &rows).await?;
    plans::insert_indicators(tx, stored.id, &indicators).await?;
    let deadlines = deadlines_of(plan);
    plans::insert_deadlines(tx, stored.id, &deadlines).await?;
    for cycle in cycles_of(plan, stored.id) {
        cycles::insert(tx, &cycle).await?;
    }
    Ok(())
}

/// A measure as a task, with the parties it names.
fn task_of(measure: &Measure, plan_id: PlanId) -> (StoredTask, Vec<Party>) {
    let task = StoredTask {
        id: TaskId(new_id()),
        plan_id,
        number: measure.number.clone(),
        section: measure.section.clone(),
        title: measure.title.clone(),
        text: measure.text.clone(),
        due_on: measure.due_on,
        continuous: measure.continuous,
        state: TaskState::Imported,
        held_reason: None,
        issued_at: None,
        origin_note: None,
        template_id: None,
        split_from: None,
        first_due_on: None,
        collects: false,
    };
    let mut parties = Vec::new();
    for (role, names) in [
        (Role::Lead, &measure.lead_units),
        (Role::Responsible, &measure.responsible_units),
        (Role::Cooperating, &measure.cooperating_units),
    ] {
        parties.extend(names.iter().map(|name| Party {
            role,
            name: name.clone(),
        }));
    }
    (task, parties)
}

pub(super) fn indicator_of(
    indicator: &crate::domain::plan::Indicator,
    task_id: Option<TaskId>,
) -> StoredIndicator {
    StoredIndicator {
        id: IndicatorId(new_id()),
        task_id,
        text: indicator.text.clone(),
        comparator: indicator.comparator.as_str().to_owned(),
        value: indicator.value,
        measured_in: Some(indicator.unit.clone()).filter(|unit| !unit.is_empty()),
        frequency: indicator
            .frequency
            .map(|frequency| frequency.as_str().to_owned()),
    }
}
