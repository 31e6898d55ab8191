//! An amended document → amendments of its plan, whole or not at all: new tasks are issued, those that are gone withdrawn,
//! the others amended. The plan's content is that of the document afterwards, so that importing it changes nothing.

use crate::domain::amendment::AmendmentKind;
use crate::domain::fan_out::{Held, Party};
use crate::domain::ids::{AmendmentId, PlanId, TaskId};
use crate::domain::plan::ParsedPlan;
use crate::domain::plan::diff::{Fate, TaskContent, TaskDiff};
use crate::domain::role::Role;
use crate::flow::amend_desk::{AmendDesk, Target};
use crate::flow::amend_task::shifts_to;
use crate::flow::amendment_record::{Record, differences, record, told_parties};
use crate::flow::compare_plan::{Comparison, PlanChanges, gather, refuse_other};
use crate::flow::decide_assignments::Acting;
use crate::flow::import_plan::{content_hash, identity_of, stored_plan};
use crate::flow::issue_asks::reason_held;
use crate::flow::issue_plan::PlanIssued;
use crate::flow::revision_parts::apply_parts;
use crate::flow::{Ctx, FlowError, RefusalCode, WrongField};
use crate::storage::plans::StoredPlan;
use crate::storage::task_changes::{self, end_of_plan};
use crate::storage::tasks::{StoredTask, TaskState};
use crate::storage::{new_id, plan_revisions, plans, task_life, tasks};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// An amended document of a plan.
#[derive(Debug, Clone, Copy)]
pub struct Revision<'a> {
    /// What the reader made of it.
    pub document: &'a ParsedPlan,
    /// Name of the file, for people.
    pub source_name: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// What amending a plan did.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanRevised {
    /// What differed.
    pub changes: PlanChanges,
    /// What was written down of the plan; none where the document was the same.
    pub revision_id: Option<AmendmentId>,
    /// What issuing new tasks did, and what was listed.
    pub issued: PlanIssued,
}

/// Applies an amended document to its plan.
///
/// # Errors
/// [`FlowError::Refused`] as `compare_plan`, where the plan is closed, where the document bears the number of another
/// plan, or where a task names units that match nothing: each such task is named.
pub async fn revise_plan(
    ctx: &Ctx,
    revised_by: &str,
    id: PlanId,
    revision: Revision<'_>,
) -> Result<PlanRevised, FlowError> {
    let calendar = ctx.calendar().await?;
    let tx = ctx.write().await?;
    let acting = Acting {
        ctx,
        tx: &tx,
        calendar: &calendar,
        now: ctx.now(),
        by: revised_by,
    };
    let mut desk = AmendDesk::open(acting, id).await?;
    let plan = desk.plan.clone();
    refuse_other(&plan, revision.document)?;
    let compared = gather(&tx, &plan, revision.document).await?;
    if compared.told.same {
        return Ok(PlanRevised {
            changes: compared.told,
            revision_id: None,
            issued: PlanIssued::default(),
        });
    }
    let revision_id = revise_head(&acting, &plan, &revision, &compared.told).await?;
    desk.revision_id = Some(revision_id);
    let mut applying = Applying {
        desk,
        compared: &compared,
        revision: &revision,
        is_issued: plan.issued_on.is_some(),
        wrong: Vec::new(),
        task_of: HashMap::new(),
        new: Vec::new(),
    };
    applying.tasks().await?;
    let issued = applying.finish(&plan).await?;
    tx.commit().await?;
    tracing::info!(plan = %id, tasks = compared.told.tasks.len(), "Amended a plan");
    Ok(PlanRevised {
        changes: compared.told,
        revision_id: Some(revision_id),
        issued,
    })
}

/// The plan as a whole becomes what the document says; written down before everything that is a part of it.
async fn revise_head(
    acting: &Acting<'_>,
    plan: &StoredPlan,
    revision: &Revision<'_>,
    told: &PlanChanges,
) -> Result<AmendmentId, FlowError> {
    let identity = identity_of(revision.document).unwrap_or_else(|| plan.identity.clone());
    if let Some(other) = plans::by_identity(acting.tx, &identity).await?
        && other.id != plan.id
    {
        let text = format!("这份文件的发文字号已是方案《{}》的，请核对", other.title);
        return Err(FlowError::refused_field(
            RefusalCode::OtherPlan,
            "file",
            text,
        ));
    }
    let hash = content_hash(revision.document)?;
    let read = stored_plan(
        revision.document,
        identity,
        hash,
        revision.source_name,
        acting.now.at,
    )?;
    let revised = StoredPlan {
        id: plan.id,
        problems: serde_json::to_value(&told.problems)
            .map_err(|error| FlowError::Interrupted(error.to_string()))?,
        issue_count: plan.issue_count,
        imported_at: plan.imported_at,
        issued_on: plan.issued_on,
        closed_on: plan.closed_on,
        ..read
    };
    plan_revisions::update(acting.tx, &revised).await?;
    let of = |plan: &StoredPlan| {
        json!({
            "title": plan.title, "issued_by": plan.issued_by, "document_number": plan.document_number,
            "source_name": plan.source_name, "content_hash": plan.content_hash,
            "last_phase_ends_on": plan.last_phase_ends_on,
        })
    };
    let mut after = of(&revised);
    let count = |fate: Fate| told.tasks.iter().filter(|task| task.fate == fate).count();
    after["tasks"] = json!({
        "added": count(Fate::Added), "removed": count(Fate::Removed),
        "changed": count(Fate::Changed), "kept": count(Fate::Kept), "unchanged": told.unchanged,
    });
    after["listed"] = json!(told.listed);
    record(
        acting,
        Record {
            before: of(plan),
            after,
            ..Record::of_plan(&revised, AmendmentKind::Revise, revision.reason)
        },
    )
    .await
}

/// A document on its way into the plan.
struct Applying<'a, 'd> {
    desk: AmendDesk<'a>,
    compared: &'d Comparison,
    revision: &'d Revision<'d>,
    is_issued: bool,
    wrong: Vec<WrongField>,
    /// The task that each measure is.
    task_of: HashMap<usize, TaskId>,
    /// Tasks that the plan has for the first time.
    new: Vec<(StoredTask, Vec<Party>)>,
}

impl Applying<'_, '_> {
    async fn tasks(&mut self) -> Result<(), FlowError> {
        for diff in &self.compared.diffs {
            let known = diff.known.and_then(|at| self.compared.tasks.get(at));
            if let (Some(measure), Some(task)) = (diff.measure, known) {
                self.task_of.insert(measure, task.id);
            }
            match (diff.fate, known, &diff.result) {
                (Fate::Added, _, Some(content)) => self.add(diff, content),
                (Fate::Removed, Some(task), _) => self.remove(task).await?,
                (Fate::Changed, Some(task), Some(content)) => {
                    self.change(diff, task, content).await?;
                }
                (
                    Fate::Added | Fate::Removed | Fate::Changed | Fate::Unchanged | Fate::Kept,
                    _,
                    _,
                ) => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, diff: &TaskDiff, content: &TaskContent) {
        let task = StoredTask {
            id: TaskId(new_id()),
            plan_id: self.desk.plan.id,
            number: content.number.clone(),
            section: content.section.clone(),
            title: content.title.clone(),
            text: content.text.clone(),
            due_on: content.due_on,
            continuous: content.continuous,
            state: TaskState::Imported,
            held_reason: None,
            issued_at: None,
            origin_note: None,
            template_id: None,
            split_from: None,
            first_due_on: None,
            collects: false,
        };
        if let Some(measure) = diff.measure {
            self.task_of.insert(measure, task.id);
        }
        self.new.push((task, parties_of(&content.units)));
    }

    async fn remove(&mut self, task: &StoredTask) -> Result<(), FlowError> {
        let acting = self.desk.acting;
        match task.state {
            TaskState::Issued => {
                let held = self.desk.hold(task.id).await?;
                let reason = format!("方案修订后不再列入：{}", self.revision.reason);
                self.desk.end(&held, &reason).await?;
            }
            TaskState::Imported | TaskState::Held | TaskState::Closed | TaskState::Withdrawn => {
                task_life::set_state(acting.tx, task.id, TaskState::Withdrawn).await?;
            }
        }
        let what = Record {
            revision_id: self.desk.revision_id,
            before: json!({ "state": task.state }),
            after: json!({ "state": TaskState::Withdrawn }),
            ..Record::of(task, AmendmentKind::Remove, self.revision.reason)
        };
        record(&acting, what).await?;
        Ok(())
    }

    async fn change(
        &mut self,
        diff: &TaskDiff,
        task: &StoredTask,
        content: &TaskContent,
    ) -> Result<(), FlowError> {
        let acting = self.desk.acting;
        let held = self.desk.hold(task.id).await?;
        let parties = parties_of(&content.units);
        let after = StoredTask {
            number: content.number.clone(),
            section: content.section.clone(),
            title: content.title.clone(),
            text: content.text.clone(),
            due_on: content.due_on,
            continuous: content.continuous,
            ..held.task.clone()
        };
        let read = diff.measure.and_then(|at| self.compared.contents.get(at));
        let read_units = read.map(|read| told_parties(&parties_of(&read.units)));
        let reason = self.revision.reason;
        if held.task.state == TaskState::Issued {
            match shifts_to(&self.desk, &held, &parties) {
                Ok(shifts) => {
                    let target = Target {
                        task: after,
                        parties,
                        shifts,
                        read_units,
                    };
                    self.desk.amend(&held, target, reason).await?;
                }
                Err(why) => self.refuse(diff, task, &why),
            }
            return Ok(());
        }
        // What held it back may be settled now: the next issue tries again.
        let after = StoredTask {
            state: TaskState::Imported,
            held_reason: None,
            ..after
        };
        let (was, mut is) = differences((&held.task, &held.parties), (&after, &parties));
        if let Some(read_units) = read_units.filter(|_| is.contains_key("units")) {
            is.insert("read_units".to_owned(), read_units);
        }
        task_changes::update(acting.tx, &after).await?;
        task_changes::set_parties(acting.tx, task.id, &parties).await?;
        let what = Record {
            revision_id: self.desk.revision_id,
            before: Value::Object(was),
            after: Value::Object(is),
            ..Record::of(&after, AmendmentKind::Amend, reason)
        };
        record(&acting, what).await?;
        Ok(())
    }

    fn refuse(&mut self, diff: &TaskDiff, task: &StoredTask, why: &Held) {
        let at = diff.measure.unwrap_or_default();
        let text = format!("{} “{}”：{}", task.number, task.title, reason_held(why));
        self.wrong
            .push(WrongField::new(format!("measures[{at}]"), text));
    }

    /// Writes the new tasks and everything else, and asks whoever is to be asked.
    async fn finish(mut self, plan: &StoredPlan) -> Result<PlanIssued, FlowError> {
        let acting = self.desk.acting;
        let end = end_of_plan(acting.tx, plan.id).await?;
        tasks::insert(acting.tx, end.next_position, &self.new).await?;
        for (task, parties) in &self.new {
            let after = json!({
                "number": task.number, "title": task.title, "text": task.text,
                "due_on": task.due_on, "units": told_parties(parties),
            });
            let what = Record {
                revision_id: self.desk.revision_id,
                after,
                ..Record::of(task, AmendmentKind::Add, self.revision.reason)
            };
            record(&acting, what).await?;
        }
        let task_of = |at: usize| self.task_of.get(&at).copied();
        let sends_up = apply_parts(acting.tx, plan, self.revision.document, task_of).await?;
        self.desk.asks_to_send_up = sends_up && self.is_issued;
        let wanted: HashSet<TaskId> = match self.is_issued {
            true => self.new.iter().map(|(task, _)| task.id).collect(),
            false => HashSet::new(),
        };
        let measures: HashMap<TaskId, usize> =
            self.task_of.iter().map(|(at, task)| (*task, *at)).collect();
        let issued = self.desk.finish(&wanted).await?;
        for held in &issued.held {
            let at = measures.get(&held.task_id).copied().unwrap_or_default();
            let text = format!("{} “{}”：{}", held.task_number, held.title, held.reason);
            self.wrong
                .push(WrongField::new(format!("measures[{at}]"), text));
        }
        match self.wrong.is_empty() {
            true => Ok(issued),
            false => Err(FlowError::refused_fields(RefusalCode::TaskHeld, self.wrong)),
        }
    }
}

fn parties_of(units: &BTreeMap<Role, Vec<String>>) -> Vec<Party> {
    let mut parties = Vec::new();
    for (role, names) in units {
        parties.extend(names.iter().map(|name| Party {
            role: *role,
            name: name.clone(),
        }));
    }
    parties
}
