//! Writing down an amendment, and its audit event, in one way.

use crate::domain::amendment::AmendmentKind;
use crate::domain::fan_out::Party;
use crate::domain::ids::{AmendmentId, PlanId, TaskId};
use crate::domain::resource::Resource;
use crate::flow::FlowError;
use crate::flow::decide_assignments::Acting;
use crate::storage::amendments::{self, StoredAmendment};
use crate::storage::audit_events::AuditEntry;
use crate::storage::new_id;
use crate::storage::plans::StoredPlan;
use crate::storage::tasks::StoredTask;
use serde_json::{Map, Value, json};

/// What is to be written down.
pub(super) struct Record<'a> {
    /// Its id.
    pub(super) id: AmendmentId,
    /// The plan.
    pub(super) plan_id: PlanId,
    /// The task; none where it is about the plan.
    pub(super) task_id: Option<TaskId>,
    /// What people know it by.
    pub(super) target: String,
    /// The amendment of the plan that it is a part of.
    pub(super) revision_id: Option<AmendmentId>,
    /// What was done.
    pub(super) kind: AmendmentKind,
    /// What was changed, as it was.
    pub(super) before: Value,
    /// The same as it is now.
    pub(super) after: Value,
    /// Why.
    pub(super) reason: &'a str,
}

impl<'a> Record<'a> {
    /// Something that was done to a task.
    pub(super) fn of(task: &StoredTask, kind: AmendmentKind, reason: &'a str) -> Self {
        Self {
            id: AmendmentId(new_id()),
            plan_id: task.plan_id,
            task_id: Some(task.id),
            target: format!("{} {}", task.number, task.title),
            revision_id: None,
            kind,
            before: json!({}),
            after: json!({}),
            reason,
        }
    }

    /// Something that was done to a plan.
    pub(super) fn of_plan(plan: &StoredPlan, kind: AmendmentKind, reason: &'a str) -> Self {
        Self {
            id: AmendmentId(new_id()),
            plan_id: plan.id,
            task_id: None,
            target: plan.title.clone(),
            revision_id: None,
            kind,
            before: json!({}),
            after: json!({}),
            reason,
        }
    }
}

/// Writes an amendment down.
///
/// # Errors
/// [`FlowError::Storage`].
pub(super) async fn record(
    acting: &Acting<'_>,
    what: Record<'_>,
) -> Result<AmendmentId, FlowError> {
    let (resource, row) = match what.task_id {
        Some(task) => (Resource::Tasks, task.0),
        None => (Resource::Plans, what.plan_id.0),
    };
    let stored = StoredAmendment {
        id: what.id,
        plan_id: what.plan_id,
        task_id: what.task_id,
        revision_id: what.revision_id,
        kind: what.kind,
        before: what.before,
        after: what.after,
        reason: what.reason.to_owned(),
        amended_by: acting.by.to_owned(),
        amended_on: acting.now.today,
        amended_at: acting.now.at,
    };
    amendments::insert(acting.tx, &stored).await?;
    let target = format!("{}：{}", what.target, what.kind.label());
    let mut after = stored.after;
    if let Value::Object(fields) = &mut after {
        fields.insert("reason".to_owned(), what.reason.into());
        fields.insert("amendment_id".to_owned(), json!(stored.id));
    }
    acting.tx.audit(
        AuditEntry::done("amend_tasks", resource, row, target)
            .before(stored.before)
            .after(after),
    );
    Ok(stored.id)
}

/// Parties as they are written down.
pub(super) fn told_parties(parties: &[Party]) -> Value {
    let named = parties
        .iter()
        .map(|party| json!({ "role": party.role, "name": party.name }));
    Value::Array(named.collect())
}

/// What of a task differs, as it was and as it is.
pub(super) fn differences(
    (before, parties_before): (&StoredTask, &[Party]),
    (after, parties_after): (&StoredTask, &[Party]),
) -> (Map<String, Value>, Map<String, Value>) {
    let (mut was, mut is) = (Map::new(), Map::new());
    let mut told = |field: &str, one: Value, other: Value| {
        if one != other {
            was.insert(field.to_owned(), one);
            is.insert(field.to_owned(), other);
        }
    };
    told("number", json!(before.number), json!(after.number));
    told("section", json!(before.section), json!(after.section));
    told("title", json!(before.title), json!(after.title));
    told("text", json!(before.text), json!(after.text));
    told("due_on", json!(before.due_on), json!(after.due_on));
    told(
        "continuous",
        json!(before.continuous),
        json!(after.continuous),
    );
    let parties = (told_parties(parties_before), told_parties(parties_after));
    told("units", parties.0, parties.1);
    (was, is)
}
