//! What happens → deliveries, one a webhook that has chosen it, in the transaction in which it happens: what is told has
//! happened, and what has happened is told.

use crate::domain::assignment_life::AssignmentEvent;
use crate::domain::ids::{AssignmentId, TaskId, UnitId, WebhookId};
use crate::domain::unit::Unit;
use crate::domain::webhook::EventType;
use crate::domain::webhook_event::{
    AssignmentReturned, BulletinPublished, Event, EventData, ReportMade, TaskIssued,
};
use crate::flow::{FlowError, Now};
use crate::storage::assignment_life::{self, NewEvent};
use crate::storage::bulletins::StoredBulletin;
use crate::storage::obligations::StoredObligation;
use crate::storage::plans::StoredPlan;
use crate::storage::reports::NewReport;
use crate::storage::tasks::StoredTask;
use crate::storage::webhook_deliveries::{self, NewDelivery};
use crate::storage::webhooks::{self, StoredWebhook};
use crate::storage::{WriteTx, plans, tasks, units};
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashMap};

/// Queues an event for webhooks that are held.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn queue_event(
    tx: &WriteTx,
    webhooks: &[WebhookId],
    data: EventData,
    at: DateTime<Utc>,
) -> Result<(), FlowError> {
    let (event_type, event_key) = (data.event_type(), data.key());
    let event = Event {
        data,
        timestamp: at,
    };
    let body = serde_json::to_string(&event);
    let body = body.map_err(|error| FlowError::Interrupted(error.to_string()))?;
    for webhook_id in webhooks {
        let new = NewDelivery {
            webhook_id: *webhook_id,
            event_key: &event_key,
            event_type,
            body: &body,
            made_at: at,
        };
        webhook_deliveries::insert(tx, &new).await?;
    }
    Ok(())
}

fn ids(chosen: &[StoredWebhook]) -> Vec<WebhookId> {
    chosen.iter().map(|one| one.id).collect()
}

/// Tells that tasks of a plan were issued, each with the number of its assignments.
pub(super) async fn tell_issued(
    tx: &WriteTx,
    now: Now,
    plan: &StoredPlan,
    issued: &[(StoredTask, usize)],
) -> Result<(), FlowError> {
    if issued.is_empty() {
        return Ok(());
    }
    let chosen = webhooks::hold_choosing(tx, EventType::TaskIssued).await?;
    if chosen.is_empty() {
        return Ok(());
    }
    for (task, assignments) in issued {
        let data = EventData::TaskIssued(TaskIssued {
            task_id: task.id,
            task_number: task.number.clone(),
            task_title: task.title.clone(),
            plan_id: plan.id,
            plan_title: plan.title.clone(),
            due_on: task.due_on,
            assignments: *assignments,
        });
        queue_event(tx, &ids(&chosen), data, now.at).await?;
    }
    Ok(())
}

/// Tells that reports were handed in; `asked` finds what each answers.
pub(super) async fn tell_reported(
    tx: &WriteTx,
    now: Now,
    reports: &[&NewReport],
    asked: impl Fn(&NewReport) -> Option<StoredObligation>,
) -> Result<(), FlowError> {
    let chosen = webhooks::hold_choosing(tx, EventType::ReportMade).await?;
    if chosen.is_empty() {
        return Ok(());
    }
    let told: Vec<(&NewReport, StoredObligation)> = reports
        .iter()
        .filter_map(|report| Some((*report, asked(report)?)))
        .collect();
    let names = Names::of(tx, told.iter().map(|(_, asked)| asked)).await?;
    for (report, asked) in &told {
        let (Some(unit), Some(plan_title)) = names.of_ask(asked) else {
            continue;
        };
        let data = EventData::ReportMade(ReportMade {
            report_id: report.id,
            version: report.version,
            obligation_id: asked.id,
            obligation_kind: asked.kind,
            due_on: asked.due_on,
            unit_id: unit.id,
            unit_code: unit.code.clone(),
            unit_name: unit.name.clone(),
            plan_id: asked.plan_id,
            plan_title,
            items: report.items.len(),
        });
        queue_event(tx, &ids(&chosen), data, now.at).await?;
    }
    Ok(())
}

/// Units and plans that requests are of.
pub(super) struct Names {
    units: HashMap<UnitId, Unit>,
    plans: HashMap<crate::domain::ids::PlanId, String>,
}

impl Names {
    /// Those of these requests.
    pub(super) async fn of<'a>(
        tx: &WriteTx,
        asked: impl Iterator<Item = &'a StoredObligation> + Clone,
    ) -> Result<Self, FlowError> {
        let wanted: BTreeSet<_> = asked.map(|one| one.plan_id).collect();
        let wanted: Vec<_> = wanted.into_iter().collect();
        let all = units::all(tx).await?.into_iter();
        let known = plans::with_ids(tx, &wanted).await?.into_iter();
        Ok(Self {
            units: all.map(|unit| (unit.id, unit)).collect(),
            plans: known.map(|plan| (plan.id, plan.title)).collect(),
        })
    }

    /// The unit of a request, and the title of its plan.
    pub(super) fn of_ask(&self, asked: &StoredObligation) -> (Option<&Unit>, Option<String>) {
        (
            self.units.get(&asked.unit_id),
            self.plans.get(&asked.plan_id).cloned(),
        )
    }
}

/// Tells which assignments were sent back.
pub(super) async fn tell_returned(
    tx: &WriteTx,
    now: Now,
    events: &[NewEvent],
) -> Result<(), FlowError> {
    let sent_back: Vec<&NewEvent> = events
        .iter()
        .filter(|event| event.event.needs_day())
        .collect();
    if sent_back.is_empty() {
        return Ok(());
    }
    let chosen = webhooks::hold_choosing(tx, EventType::AssignmentReturned).await?;
    if chosen.is_empty() {
        return Ok(());
    }
    let held = assignment_life::hold(tx, sent_back.iter().map(|one| one.assignment_id)).await?;
    let wanted: BTreeSet<TaskId> = held.values().map(|one| one.task_id).collect();
    let wanted: Vec<TaskId> = wanted.into_iter().collect();
    let known = tasks::with_ids(tx, &wanted).await?.into_iter();
    let known: HashMap<TaskId, StoredTask> = known.map(|task| (task.id, task)).collect();
    let all = units::all(tx).await?.into_iter();
    let all: HashMap<UnitId, Unit> = all.map(|unit| (unit.id, unit)).collect();
    let place = |id: AssignmentId| {
        let one = held.get(&id)?;
        Some((known.get(&one.task_id)?, all.get(&one.unit_id)?))
    };
    for event in sent_back {
        let Some((task, unit)) = place(event.assignment_id) else {
            continue;
        };
        let data = EventData::AssignmentReturned(returned(event, task, unit));
        queue_event(tx, &ids(&chosen), data, now.at).await?;
    }
    Ok(())
}

fn returned(event: &NewEvent, task: &StoredTask, unit: &Unit) -> AssignmentReturned {
    let what: AssignmentEvent = event.event;
    AssignmentReturned {
        assignment_event_id: event.id,
        event: what,
        assignment_id: event.assignment_id,
        task_id: task.id,
        task_number: task.number.clone(),
        task_title: task.title.clone(),
        unit_id: unit.id,
        unit_code: unit.code.clone(),
        unit_name: unit.name.clone(),
        due_on: event.due_on,
    }
}

/// Tells that a bulletin was published.
pub(super) async fn tell_published(
    tx: &WriteTx,
    now: Now,
    bulletin: &StoredBulletin,
) -> Result<(), FlowError> {
    let chosen = webhooks::hold_choosing(tx, EventType::BulletinPublished).await?;
    let data = EventData::BulletinPublished(BulletinPublished {
        bulletin_id: bulletin.id,
        title: bulletin.title.clone(),
        issue: bulletin.issue.map(|issue| issue.label()),
        version: bulletin.version,
        plan_id: bulletin.plan_id,
        published_on: bulletin.published_on,
    });
    queue_event(tx, &ids(&chosen), data, now.at).await
}
