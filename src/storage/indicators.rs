//! Indicators 指标 with all their targets. What a plan's text says of them is in `plans`; their values in
//! `indicator_values`.

use crate::domain::decimal::Decimal;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{IndicatorId, PlanId, TaskId};
use crate::domain::indicator::{IndicatorState, LaterTarget, Target, short_name, target_in};
use crate::domain::period_key::PeriodKey;
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, code, from_json, new_id, to_json};
use chrono::{DateTime, Utc};
use entity::{indicator, indicator_target};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Origin of what stands in the plan's document.
const DOCUMENT: &str = "document";
/// Origin of what a person has added.
const HAND: &str = "hand";

/// An indicator as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicator {
    /// Its id.
    pub id: IndicatorId,
    /// Plan.
    pub plan_id: PlanId,
    /// Task; `None` for a goal of the plan.
    pub task_id: Option<TaskId>,
    /// Order in the plan, from 0.
    pub position: i32,
    /// Clause that states it.
    pub text: String,
    /// What a person calls it.
    pub name: Option<String>,
    /// Unit of measure.
    pub measured_in: Option<String>,
    /// How often the text wants it met.
    pub frequency: Option<Frequency>,
    /// How it stands.
    pub state: IndicatorState,
    /// Why it was rejected or retired.
    pub reason: Option<String>,
    /// Names of the units and unit groups that report it; empty: those that carry out its task.
    pub reporters: Vec<String>,
    /// First period in which it is asked.
    pub starts_in: Option<PeriodKey>,
    /// Whether a person has added it.
    pub by_hand: bool,
    /// The first target.
    pub first: Target,
    /// Later targets, in the order of setting.
    pub later: Vec<SetTarget>,
}

/// A target that a person has set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetTarget {
    /// The target, and from when on it holds.
    pub target: LaterTarget,
    /// Who set it.
    pub set_by: String,
    /// When.
    pub set_at: DateTime<Utc>,
}

impl Indicator {
    /// What it is called: by a person, or by its clause.
    pub fn called(&self) -> Option<&str> {
        self.name.as_deref().or_else(|| short_name(&self.text))
    }

    /// The target of a period.
    pub fn target_in(&self, period: PeriodKey) -> Target {
        let later: Vec<LaterTarget> = self.later.iter().map(|one| one.target).collect();
        target_in(self.first, &later, period)
    }

    /// The target that was set last.
    pub fn newest_target(&self) -> Target {
        let last = self.later.last();
        last.map_or(self.first, |one| one.target.target)
    }
}

/// Indicators of a plan, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn of_plan(
    db: &impl ConnectionTrait,
    plan_id: PlanId,
) -> Result<Vec<Indicator>, StorageError> {
    let rows = indicator::Entity::find()
        .filter(indicator::Column::PlanId.eq(plan_id.0))
        .order_by_asc(indicator::Column::Position)
        .all(db)
        .await?;
    with_targets(db, rows).await
}

/// The indicators with these ids, by id.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = IndicatorId>,
) -> Result<HashMap<IndicatorId, Indicator>, StorageError> {
    let ids: BTreeSet<Uuid> = ids.into_iter().map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = indicator::Entity::find()
        .filter(indicator::Column::Id.is_in(ids))
        .all(db)
        .await?;
    let known = with_targets(db, rows).await?.into_iter();
    Ok(known.map(|one| (one.id, one)).collect())
}

/// The indicator of that id, held until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(tx: &WriteTx, id: IndicatorId) -> Result<Option<Indicator>, StorageError> {
    let row = indicator::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(tx)
        .await?;
    Ok(with_targets(tx, row.into_iter().collect()).await?.pop())
}

/// The place behind the last indicator of a plan; hold the plan.
///
/// # Errors
/// [`StorageError`].
pub async fn next_position(tx: &WriteTx, plan_id: PlanId) -> Result<i32, StorageError> {
    let last: Option<Option<i32>> = indicator::Entity::find()
        .select_only()
        .column_as(indicator::Column::Position.max(), "last")
        .filter(indicator::Column::PlanId.eq(plan_id.0))
        .into_tuple()
        .one(tx)
        .await?;
    Ok(last.flatten().map_or(0, |last| last.saturating_add(1)))
}

/// Writes an indicator that is new.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, one: &Indicator) -> Result<(), StorageError> {
    note(tx, one);
    row_of(one)?.insert(tx).await?;
    Ok(())
}

/// Writes an indicator that has changed; its targets stay as they are.
///
/// # Errors
/// [`StorageError`].
pub async fn update(tx: &WriteTx, one: &Indicator) -> Result<(), StorageError> {
    note(tx, one);
    row_of(one)?.reset_all().update(tx).await?;
    Ok(())
}

/// Sets another target; those before stay. Hold the indicator.
///
/// # Errors
/// [`StorageError`].
pub async fn add_target(
    tx: &WriteTx,
    one: &Indicator,
    added: &SetTarget,
) -> Result<(), StorageError> {
    note(tx, one);
    let revision = i32::try_from(one.later.len()).unwrap_or(i32::MAX);
    let target = added.target.target;
    let row = indicator_target::ActiveModel {
        id: Set(new_id()),
        indicator_id: Set(one.id.0),
        revision: Set(revision.saturating_add(1)),
        comparator: Set(target.comparator.as_str().to_owned()),
        micros: Set(target.value.micros()),
        applies_from: Set(added.target.applies_from.map(String::from)),
        set_by: Set(added.set_by.clone()),
        set_at: Set(added.set_at),
    };
    row.insert(tx).await?;
    Ok(())
}

/// A plan and a task show their indicators too.
fn note(tx: &WriteTx, one: &Indicator) {
    tx.note(Resource::Indicators, one.id.0);
    tx.note(Resource::Plans, one.plan_id.0);
    if let Some(task) = one.task_id {
        tx.note(Resource::Tasks, task.0);
    }
}

fn row_of(one: &Indicator) -> Result<indicator::ActiveModel, StorageError> {
    let origin = if one.by_hand { HAND } else { DOCUMENT };
    Ok(indicator::ActiveModel {
        id: Set(one.id.0),
        plan_id: Set(one.plan_id.0),
        task_id: Set(one.task_id.map(|id| id.0)),
        position: Set(one.position),
        text: Set(one.text.clone()),
        comparator: Set(one.first.comparator.as_str().to_owned()),
        value: Set(one.first.value.to_float()),
        measured_in: Set(one.measured_in.clone()),
        frequency: Set(one.frequency.map(|one| one.as_str().to_owned())),
        name: Set(one.name.clone()),
        state: Set(one.state.as_str().to_owned()),
        reason: Set(one.reason.clone()),
        reporters: Set(to_json("indicator.reporters", &one.reporters)?),
        starts_in: Set(one.starts_in.map(String::from)),
        origin: Set(origin.to_owned()),
    })
}

/// Indicators with their targets, in the order of the rows.
pub(super) async fn with_targets(
    db: &impl ConnectionTrait,
    rows: Vec<indicator::Model>,
) -> Result<Vec<Indicator>, StorageError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut targets: HashMap<Uuid, Vec<SetTarget>> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let found = indicator_target::Entity::find()
            .filter(indicator_target::Column::IndicatorId.is_in(chunk.iter().copied()))
            .order_by_asc(indicator_target::Column::Revision)
            .all(db)
            .await?;
        for row in found {
            let of = targets.entry(row.indicator_id).or_default();
            of.push(target_of(row)?);
        }
    }
    let with = |row: indicator::Model| {
        let later = targets.remove(&row.id).unwrap_or_default();
        indicator_of(row, later)
    };
    rows.into_iter().map(with).collect()
}

fn target_of(row: indicator_target::Model) -> Result<SetTarget, StorageError> {
    Ok(SetTarget {
        target: LaterTarget {
            target: Target {
                comparator: code("comparator", &row.comparator)?,
                value: Decimal::of_micros(row.micros),
            },
            applies_from: row.applies_from.as_deref().map(period).transpose()?,
        },
        set_by: row.set_by,
        set_at: row.set_at,
    })
}

fn period(text: &str) -> Result<PeriodKey, StorageError> {
    code("period", text)
}

fn indicator_of(row: indicator::Model, later: Vec<SetTarget>) -> Result<Indicator, StorageError> {
    let frequency = row.frequency.as_deref();
    Ok(Indicator {
        id: IndicatorId(row.id),
        plan_id: PlanId(row.plan_id),
        task_id: row.task_id.map(TaskId),
        position: row.position,
        name: row.name,
        measured_in: row.measured_in,
        frequency: frequency.map(|text| code("frequency", text)).transpose()?,
        state: code("indicator state", &row.state)?,
        reason: row.reason,
        reporters: from_json("indicator.reporters", row.reporters)?,
        starts_in: row.starts_in.as_deref().map(period).transpose()?,
        by_hand: row.origin == HAND,
        first: Target {
            comparator: code("comparator", &row.comparator)?,
            // A text may promise more than a value can be; nothing attains the largest number there is.
            value: Decimal::near_float(row.value).unwrap_or(Decimal::LARGEST),
        },
        text: row.text,
        later,
    })
}
