//! What else an amended plan says: steps, deadlines for sending up, cycles, goals and indicators. New ones are taken over;
//! what people look after (a cycle's rule, an indicator, a deadline that is asked for) is listed for them.

use crate::domain::cycle::CycleRule;
use crate::domain::ids::{CycleId, DeadlineId, PlanId, TaskId};
use crate::domain::indicator::IndicatorState;
use crate::domain::local_time::chinese_day;
use crate::domain::plan::diff::{Said, SaidChange, compare_said};
use crate::domain::plan::{Indicator, ParsedPlan};
use crate::domain::stage::ReminderPolicy;
use crate::flow::FlowError;
use crate::flow::import_plan::indicator_of;
use crate::storage::cycles::StoredCycle;
use crate::storage::plans::{StoredDeadline, StoredIndicator, StoredPhase, StoredPlan};
use crate::storage::{Session, WriteTx, cycles, indicators, new_id, plan_revisions, plans};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::HashSet;

/// Which part of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanPart {
    /// Title, issuer, document number.
    Head,
    /// 实施步骤.
    Phases,
    /// Deadlines for sending up.
    Deadlines,
    /// 督办周期.
    Cycles,
    /// Goals and indicators.
    Indicators,
}

/// Something that differs beside the tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedChange {
    /// Of which part.
    pub part: PlanPart,
    /// As it is; none where it is new.
    pub before: Option<String>,
    /// As the document has it; none where it is gone.
    pub after: Option<String>,
    /// Whether applying the document changes it; else it is for a person to see to.
    pub applies: bool,
}

/// Compares everything but the tasks.
pub(super) async fn compare_parts(
    db: &impl Session,
    plan: &StoredPlan,
    document: &ParsedPlan,
) -> Result<Vec<ListedChange>, FlowError> {
    let mut listed = Vec::new();
    let mut told = |part, changes: Vec<SaidChange>, applies: fn(&SaidChange) -> bool| {
        listed.extend(changes.into_iter().map(|change| ListedChange {
            part,
            applies: applies(&change),
            before: change.before,
            after: change.after,
        }));
    };
    let is_new = |change: &SaidChange| change.before.is_none();
    told(PlanPart::Head, head(plan, document), |_| true);
    let known: Vec<Said> = plans::phases(db, plan.id)
        .await?
        .iter()
        .map(phase_said)
        .collect();
    let new: Vec<Said> = phases_of(document).iter().map(phase_said).collect();
    told(PlanPart::Phases, compare_said(&known, &new), |_| true);
    let known: Vec<Said> = plans::deadlines(db, plan.id)
        .await?
        .iter()
        .map(deadline_said)
        .collect();
    let new: Vec<Said> = deadlines_of(document).iter().map(deadline_said).collect();
    told(PlanPart::Deadlines, compare_said(&known, &new), is_new);
    let known: Vec<Said> = cycles_of_plan(db, plan.id).await?;
    let new: Vec<Said> = document
        .cycles
        .iter()
        .map(|cycle| Said {
            key: cycle.kind.as_str().to_owned(),
            text: format!("{}：{}", cycle.kind.as_str(), cycle.frequency.as_str()),
        })
        .collect();
    told(PlanPart::Cycles, compare_said(&known, &new), is_new);
    let (known, new) = indicators_said(db, plan.id, document).await?;
    told(PlanPart::Indicators, compare_said(&known, &new), is_new);
    Ok(listed)
}

fn head(plan: &StoredPlan, document: &ParsedPlan) -> Vec<SaidChange> {
    let parts = [
        ("标题", Some(&plan.title), document.title.as_ref()),
        (
            "印发单位",
            plan.issued_by.as_ref(),
            document.issued_by.as_ref(),
        ),
        (
            "发文字号",
            plan.document_number.as_ref(),
            document.document_number.as_ref(),
        ),
    ];
    let differing = parts
        .into_iter()
        .filter(|(_, before, after)| before != after);
    let told = differing.map(|(what, before, after)| SaidChange {
        before: before.map(|text| format!("{what}：{text}")),
        after: after.map(|text| format!("{what}：{text}")),
    });
    told.collect()
}

fn day(day: Option<NaiveDate>) -> String {
    day.map_or_else(|| "未写明".to_owned(), chinese_day)
}

fn phase_said(phase: &StoredPhase) -> Said {
    Said {
        key: phase.name.clone(),
        text: format!(
            "{}：{}至{}",
            phase.name,
            day(phase.starts_on),
            day(phase.ends_on)
        ),
    }
}

fn deadline_said(deadline: &StoredDeadline) -> Said {
    let from = deadline.from_units.join("、");
    let to = deadline.to_unit.as_deref().unwrap_or_default();
    Said {
        key: deadline.what.clone(),
        text: format!(
            "{from}于{}前报送{to}：{}",
            day(deadline.due_on),
            deadline.what
        ),
    }
}

async fn cycles_of_plan(db: &impl Session, plan: PlanId) -> Result<Vec<Said>, FlowError> {
    let all = cycles::all(db).await?.into_iter();
    let said = all.filter(|cycle| cycle.plan_id == plan).map(|cycle| Said {
        key: cycle.kind.as_str().to_owned(),
        text: format!("{}：{}", cycle.kind.as_str(), cycle.rule.frequency.as_str()),
    });
    Ok(said.collect())
}

/// Indicators that the plan's text was found to state, before and now; what people have rejected or retired is theirs.
async fn indicators_said(
    db: &impl Session,
    plan: PlanId,
    document: &ParsedPlan,
) -> Result<(Vec<Said>, Vec<Said>), FlowError> {
    let said = |text: &str| Said {
        key: text.to_owned(),
        text: text.to_owned(),
    };
    let settled: HashSet<String> = indicators::of_plan(db, plan)
        .await?
        .into_iter()
        .filter(|one| match one.state {
            IndicatorState::Rejected | IndicatorState::Retired => true,
            IndicatorState::Proposed | IndicatorState::Confirmed => false,
        })
        .map(|one| one.text)
        .collect();
    let known = plans::indicators(db, plan).await?;
    let known = known.iter().map(|one| one.text.as_str());
    let new = all_indicators(document).map(|one| one.text.as_str());
    let left = |text: &&str| !settled.contains(*text);
    Ok((
        known.filter(left).map(said).collect(),
        new.filter(left).map(said).collect(),
    ))
}

fn all_indicators(document: &ParsedPlan) -> impl Iterator<Item = &Indicator> {
    let of_measures = document
        .measures
        .iter()
        .flat_map(|measure| &measure.indicators);
    document.goals.iter().chain(of_measures)
}

/// The steps of a document.
pub(super) fn phases_of(document: &ParsedPlan) -> Vec<StoredPhase> {
    let phases = document.phases.iter().map(|phase| StoredPhase {
        name: phase.name.clone(),
        starts_on: phase.starts_on,
        ends_on: phase.ends_on,
    });
    phases.collect()
}

/// The deadlines of a document.
pub(super) fn deadlines_of(document: &ParsedPlan) -> Vec<StoredDeadline> {
    let deadlines = document.deadlines.iter().map(|deadline| StoredDeadline {
        id: DeadlineId(new_id()),
        text: deadline.text.clone(),
        what: deadline.what.clone(),
        from_units: deadline.from_units.clone(),
        to_unit: deadline.to_unit.clone(),
        due_on: deadline.due_on,
    });
    deadlines.collect()
}

/// The cycles of a document, off.
pub(super) fn cycles_of(document: &ParsedPlan, plan_id: PlanId) -> Vec<StoredCycle> {
    let cycles = document.cycles.iter().map(|mention| StoredCycle {
        id: CycleId(new_id()),
        plan_id,
        kind: mention.kind,
        rule: CycleRule::standard(mention.kind, mention.frequency),
        reminders: ReminderPolicy::default(),
        text: Some(mention.text.clone()),
        enabled: false,
        switched_on_on: None,
        next_seed: None,
        next_commitment: None,
    });
    cycles.collect()
}

/// Takes over the steps, and what the document says for the first time; `task_of` is the task that each measure is. Whether
/// somebody is to send something up that was not asked for before.
pub(super) async fn apply_parts(
    tx: &WriteTx,
    plan: &StoredPlan,
    document: &ParsedPlan,
    task_of: impl Fn(usize) -> Option<TaskId>,
) -> Result<bool, FlowError> {
    plan_revisions::replace_phases(tx, plan.id, &phases_of(document)).await?;
    let known: HashSet<String> = plans::deadlines(tx, plan.id)
        .await?
        .into_iter()
        .map(|deadline| deadline.what)
        .collect();
    let mut deadlines = deadlines_of(document);
    deadlines.retain(|deadline| !known.contains(&deadline.what));
    plan_revisions::add_deadlines(tx, plan.id, &deadlines).await?;
    for cycle in cycles_of(document, plan.id) {
        cycles::insert(tx, &cycle).await?;
    }
    let known: HashSet<String> = plans::indicators(tx, plan.id)
        .await?
        .into_iter()
        .map(|one| one.text)
        .collect();
    let is_new = |one: &&Indicator| !known.contains(&one.text);
    let mut new: Vec<StoredIndicator> = document
        .goals
        .iter()
        .filter(is_new)
        .map(|goal| indicator_of(goal, None))
        .collect();
    for (at, measure) in document.measures.iter().enumerate() {
        let of_measure = measure.indicators.iter().filter(is_new);
        new.extend(of_measure.map(|one| indicator_of(one, task_of(at))));
    }
    plan_revisions::add_indicators(tx, plan.id, &new).await?;
    Ok(!deadlines.is_empty())
}
