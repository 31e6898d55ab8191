//! A plan and an amended document → what differs. Reads only; applying it is `revise_plan`.

use crate::domain::amendment::AmendmentKind;
use crate::domain::fan_out::Party;
use crate::domain::ids::{PlanId, TaskId};
use crate::domain::plan::diff::{
    Fate, FieldChange, KnownTask, Standing, TaskContent, TaskDiff, compare,
};
use crate::domain::plan::rediscover::Matched;
use crate::domain::plan::{Measure, ParsedPlan, Problem};
use crate::domain::plan_names::unknown_units;
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::role::Role;
use crate::domain::unit::UnitDirectory;
use crate::flow::import_plan::{content_hash, identity_of};
use crate::flow::revision_parts::{ListedChange, compare_parts};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::amendments::{self, StoredAmendment};
use crate::storage::plans::StoredPlan;
use crate::storage::tasks::{StoredTask, TaskState};
use crate::storage::{Session, plans, tasks, units};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What of a plan differs, for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanChanges {
    /// The plan.
    pub plan_id: PlanId,
    /// Whether the document is the one that the plan was read from last: nothing differs then.
    pub same: bool,
    /// Tasks that are new, gone or other than before, or that stay although the document says otherwise.
    pub tasks: Vec<TaskChange>,
    /// Tasks that are as before.
    pub unchanged: usize,
    /// What else differs.
    pub listed: Vec<ListedChange>,
    /// Problems of the document, names that match no unit among them.
    pub problems: Vec<Problem>,
}

/// A task that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskChange {
    /// What becomes of it.
    pub fate: Fate,
    /// The task; none where it is new.
    pub task_id: Option<TaskId>,
    /// Its number as it is, or will be where it is new.
    pub number: String,
    /// Its title, likewise.
    pub title: String,
    /// How it was found again: by number, by title, by a similar title.
    pub matched_by: Option<&'static str>,
    /// How alike a similar title is, 0 to 100.
    pub similarity: Option<u8>,
    /// What differs, field by field.
    pub changes: Vec<FieldChange>,
    /// Why it stays as it is.
    pub kept: Option<&'static str>,
}

/// The comparison with everything that applying it needs.
pub(super) struct Comparison {
    pub(super) tasks: Vec<StoredTask>,
    pub(super) contents: Vec<TaskContent>,
    pub(super) diffs: Vec<TaskDiff>,
    pub(super) told: PlanChanges,
}

/// Compares a plan with a document, and changes nothing.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such plan, it was not read from a document, or the document is another plan's.
pub async fn compare_plan(
    ctx: &Ctx,
    id: PlanId,
    document: &ParsedPlan,
) -> Result<PlanChanges, FlowError> {
    let plan = plans::get(&ctx.db, id).await?.ok_or_else(|| no_plan(id))?;
    refuse_other(&plan, document)?;
    Ok(gather(&ctx.db, &plan, document).await?.told)
}

/// The refusal of a plan that does not exist.
pub(super) fn no_plan(id: PlanId) -> FlowError {
    FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的方案"))
}

/// Refuses a ledger, and a document that is no plan or another one: neither its number nor its title and issuer are the
/// same.
pub(super) fn refuse_other(plan: &StoredPlan, document: &ParsedPlan) -> Result<(), FlowError> {
    if plan.origin != PlanOrigin::Document {
        let text = format!("《{}》的任务是手工登记的，不能按文件修订", plan.title);
        return Err(FlowError::refused(RefusalCode::OtherPlan, text));
    }
    if document.measures.is_empty() {
        let text = "文件中没有找到举措。请确认文件是修订后的方案全文";
        return Err(FlowError::refused_field(
            RefusalCode::NotAPlan,
            "file",
            text,
        ));
    }
    let is_known = identity_of(document).is_some_and(|identity| identity == plan.identity);
    let is_named_alike = document.title.as_deref() == Some(plan.title.as_str())
        && (document.issued_by == plan.issued_by || document.issued_by.is_none());
    if is_known || is_named_alike {
        return Ok(());
    }
    let text = format!(
        "这份文件是《{}》，不是方案《{}》的修订稿：发文字号、标题和印发单位都不相同",
        document.title.as_deref().unwrap_or("（没有标题）"),
        plan.title
    );
    Err(FlowError::refused_field(
        RefusalCode::OtherPlan,
        "file",
        text,
    ))
}

/// Reads what a plan has and compares it.
pub(super) async fn gather(
    db: &impl Session,
    plan: &StoredPlan,
    document: &ParsedPlan,
) -> Result<Comparison, FlowError> {
    let contents: Vec<TaskContent> = document.measures.iter().map(content_of).collect();
    let directory = UnitDirectory::new(units::all(db).await?);
    let mut problems = document.problems.clone();
    if !directory.units().is_empty() {
        problems.extend(unknown_units(document, &directory));
    }
    let mut told = PlanChanges {
        plan_id: plan.id,
        same: content_hash(document)? == plan.content_hash,
        tasks: Vec::new(),
        unchanged: 0,
        listed: Vec::new(),
        problems,
    };
    let (tasks, known) = known_tasks(db, plan.id).await?;
    if told.same {
        told.unchanged = document.measures.len();
        let diffs = Vec::new();
        return Ok(Comparison {
            tasks,
            contents,
            diffs,
            told,
        });
    }
    let diffs = compare(&known, &contents);
    told.listed = compare_parts(db, plan, document).await?;
    for diff in &diffs {
        match diff.fate {
            Fate::Unchanged => told.unchanged += 1,
            Fate::Added | Fate::Removed | Fate::Changed | Fate::Kept => {
                told.tasks.extend(change_of(diff, &tasks, &contents));
            }
        }
    }
    Ok(Comparison {
        tasks,
        contents,
        diffs,
        told,
    })
}

fn change_of(
    diff: &TaskDiff,
    tasks: &[StoredTask],
    contents: &[TaskContent],
) -> Option<TaskChange> {
    let task = diff.known.and_then(|at| tasks.get(at));
    let measure = diff.measure.and_then(|at| contents.get(at));
    let (number, title) = match (task, measure) {
        (Some(task), _) => (&task.number, &task.title),
        (None, Some(measure)) => (&measure.number, &measure.title),
        (None, None) => return None,
    };
    let (matched_by, similarity) = match diff.matched {
        None => (None, None),
        Some(Matched::Number) => (Some("number"), None),
        Some(Matched::Title) => (Some("title"), None),
        Some(Matched::SimilarTitle { percent }) => (Some("similar_title"), Some(percent)),
    };
    let kept = match (diff.fate, diff.kept) {
        (Fate::Kept, Some(Standing::Split)) => Some("已分解"),
        (Fate::Kept, Some(Standing::Withdrawn)) => Some("已撤销"),
        (Fate::Kept, Some(Standing::Closed)) => Some("已整体销号"),
        (Fate::Kept, Some(Standing::Open) | None) => Some("已由人工调整，文件的说法与修订前相同"),
        (Fate::Added | Fate::Removed | Fate::Changed | Fate::Unchanged, _) => None,
    };
    Some(TaskChange {
        fate: diff.fate,
        task_id: task.map(|task| task.id),
        number: number.clone(),
        title: title.clone(),
        matched_by,
        similarity,
        changes: diff.changes.clone(),
        kept,
    })
}

/// What a measure says of a task.
fn content_of(measure: &Measure) -> TaskContent {
    let units = [
        (Role::Lead, &measure.lead_units),
        (Role::Responsible, &measure.responsible_units),
        (Role::Cooperating, &measure.cooperating_units),
    ];
    TaskContent {
        number: measure.number.clone(),
        section: measure.section.clone(),
        title: measure.title.clone(),
        text: measure.text.clone(),
        units: units
            .into_iter()
            .map(|(role, names)| (role, names.clone()))
            .collect(),
        due_on: measure.due_on,
        continuous: measure.continuous,
    }
}

/// The tasks that a document may be about: parts of a split task are people's, and what an earlier amendment of the plan
/// has removed is gone.
async fn known_tasks(
    db: &impl Session,
    plan: PlanId,
) -> Result<(Vec<StoredTask>, Vec<KnownTask>), FlowError> {
    let mut history: HashMap<TaskId, Vec<StoredAmendment>> = HashMap::new();
    for one in amendments::of_plan(db, plan).await? {
        if let Some(task) = one.task_id {
            history.entry(task).or_default().push(one);
        }
    }
    let parties = tasks::parties(db, plan).await?;
    let mut stored = Vec::new();
    let mut known = Vec::new();
    for task in tasks::of_plan(db, plan).await? {
        let past = history.get(&task.id).map(Vec::as_slice).unwrap_or_default();
        let was = |kind: AmendmentKind| past.iter().any(|one| one.kind == kind);
        let ended = task.state == TaskState::Withdrawn;
        if task.split_from.is_some() || ended && was(AmendmentKind::Remove) {
            continue;
        }
        let named = parties.get(&task.id).map(Vec::as_slice).unwrap_or_default();
        let now = TaskContent {
            number: task.number.clone(),
            section: task.section.clone(),
            title: task.title.clone(),
            text: task.text.clone(),
            units: by_role(named),
            due_on: task.due_on,
            continuous: task.continuous,
        };
        known.push(KnownTask {
            read: as_read(now.clone(), past),
            now,
            standing: match task.state {
                TaskState::Imported | TaskState::Held | TaskState::Issued => Standing::Open,
                TaskState::Closed => Standing::Closed,
                TaskState::Withdrawn if was(AmendmentKind::Split) => Standing::Split,
                TaskState::Withdrawn => Standing::Withdrawn,
            },
        });
        stored.push(task);
    }
    Ok((stored, known))
}

fn by_role(parties: &[Party]) -> BTreeMap<Role, Vec<String>> {
    let of = |role: Role| {
        let names = parties.iter().filter(move |party| party.role == role);
        names.map(|party| party.name.clone()).collect()
    };
    Role::ALL.into_iter().map(|role| (role, of(role))).collect()
}

/// What the document said when it was read last: what people have changed since is taken back.
fn as_read(mut content: TaskContent, past: &[StoredAmendment]) -> TaskContent {
    let mut settled: HashSet<String> = HashSet::new();
    for one in past.iter().rev() {
        let by_document = one.revision_id.is_some();
        let told = match by_document {
            true => &one.after,
            false => &one.before,
        };
        let changes = match one.kind {
            AmendmentKind::Amend | AmendmentKind::Settle => told.as_object(),
            AmendmentKind::Split
            | AmendmentKind::Part
            | AmendmentKind::Pause
            | AmendmentKind::Resume
            | AmendmentKind::Withdraw
            | AmendmentKind::Close
            | AmendmentKind::GiveBack
            | AmendmentKind::Reopen
            | AmendmentKind::Add
            | AmendmentKind::Remove
            | AmendmentKind::Revise => None,
        };
        for (field, value) in changes.into_iter().flatten() {
            // What the document said of the units is kept beside what became of them.
            let (field, value) = match (by_document, field.as_str()) {
                (true, "units") => continue,
                (true, "read_units") => ("units", value),
                (_, field) => (field, value),
            };
            if !settled.contains(field) {
                take_back(&mut content, field, value);
            }
            if by_document {
                settled.insert(field.to_owned());
            }
        }
    }
    content
}

fn take_back(content: &mut TaskContent, field: &str, value: &Value) {
    let read = |value: &Value| serde_json::from_value(value.clone()).ok();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match field {
        "number" => content.number = text(value),
        "section" => content.section = serde_json::from_value(value.clone()).unwrap_or_default(),
        "title" => content.title = text(value),
        "text" => content.text = text(value),
        "due_on" => content.due_on = read(value).unwrap_or_default(),
        "continuous" => content.continuous = value.as_bool().unwrap_or_default(),
        "units" => content.units = by_role(&parties_of(value)),
        _ => {}
    }
}

/// Parties as they were written down.
fn parties_of(value: &Value) -> Vec<Party> {
    let all = value.as_array().into_iter().flatten();
    let named = all.filter_map(|one| {
        Some(Party {
            role: one["role"].as_str()?.parse().ok()?,
            name: one["name"].as_str()?.to_owned(),
        })
    });
    named.collect()
}
