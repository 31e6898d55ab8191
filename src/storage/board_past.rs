//! What the rows of the board were before they changed: for most nothing, so that this is looked up by index and finds little.

use crate::domain::amendment::AmendmentKind;
use crate::domain::board::{BoardAssignment, BoardTask, CourseChange, DaysChange, FormerAsk};
use crate::domain::expected_progress::Duty;
use crate::domain::local_time::LocalZone;
use crate::storage::assignment_life::ended_states;
use crate::storage::board_rows::Wanted;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, code, from_json};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{amendment, assignment_event, former_ask, former_day};
use sea_orm::sea_query::{ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Changes of one row, each with its local day, in the order of time.
type Changes<T> = HashMap<Uuid, Vec<(NaiveDate, T)>>;

/// Gives these assignments, which are those wanted in the order of ids, what they were.
///
/// # Errors
/// [`StorageError`].
pub(super) async fn add_courses(
    db: &impl ConnectionTrait,
    wanted: Wanted<'_>,
    zone: LocalZone,
    rows: &mut [BoardAssignment],
) -> Result<(), StorageError> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Ok(());
    };
    let ends = (first.id.0, last.id.0);
    let moved = wanted.referring(former_day::Column::AssignmentId, ends);
    let resumed = wanted.referring(assignment_event::Column::AssignmentId, ends);
    let mut changes: HashMap<Uuid, Vec<(DateTime<Utc>, NaiveDate, CourseChange)>> = HashMap::new();
    for (id, before, at) in former_days(db, moved).await? {
        let moved = CourseChange::DayMoved { before };
        changes
            .entry(id)
            .or_default()
            .push((at, zone.day(at), moved));
    }
    let mut of_interest: BTreeSet<Uuid> = changes.keys().copied().collect();
    of_interest.extend(taken_up_again(db, resumed).await?);
    let of_interest: Vec<Uuid> = of_interest.into_iter().collect();
    for chunk in of_interest.chunks(CHUNK) {
        for (id, at, on, decided) in decisions(db, chunk).await? {
            changes.entry(id).or_default().push((at, on, decided));
        }
    }
    for row in rows {
        if let Some(mut of_row) = changes.remove(&row.id.0) {
            // Stable: decisions of one moment stay in the order in which they were written.
            of_row.sort_by_key(|(at, ..)| *at);
            let of_row: Vec<_> = of_row
                .into_iter()
                .map(|(_, on, change)| (on, change))
                .collect();
            row.past = row.former(&of_row);
        }
    }
    Ok(())
}

/// Own due days that became others, in the order of time.
async fn former_days(
    db: &impl ConnectionTrait,
    about: SimpleExpr,
) -> Result<Vec<(Uuid, Option<NaiveDate>, DateTime<Utc>)>, StorageError> {
    use former_day::Column;
    let rows = former_day::Entity::find()
        .select_only()
        .columns([Column::AssignmentId, Column::DueOn, Column::ChangedAt])
        .filter(about)
        .order_by_asc(Column::ChangedAt)
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows)
}

/// The assignments that had ended, and of which something was decided then.
async fn taken_up_again(
    db: &impl ConnectionTrait,
    about: SimpleExpr,
) -> Result<Vec<Uuid>, StorageError> {
    use assignment_event::Column;
    let ids = assignment_event::Entity::find()
        .select_only()
        .column(Column::AssignmentId)
        .distinct()
        .filter(about)
        .filter(Column::StateBefore.is_in(ended_states()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids)
}

/// The decisions that ended these assignments or took them up again, in the order of time.
async fn decisions(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, DateTime<Utc>, NaiveDate, CourseChange)>, StorageError> {
    use assignment_event::Column;
    let ends = Column::StateAfter.is_in(ended_states());
    let rows: Vec<(Uuid, DateTime<Utc>, NaiveDate, String, String)> =
        assignment_event::Entity::find()
            .select_only()
            .columns([
                Column::AssignmentId,
                Column::DecidedAt,
                Column::DecidedOn,
                Column::StateBefore,
                Column::StateAfter,
            ])
            .filter(Column::AssignmentId.is_in(ids.iter().copied()))
            .filter(ends.or(Column::StateBefore.is_in(ended_states())))
            .order_by_asc(Column::DecidedAt)
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(db)
            .await?;
    let decided = rows.into_iter().map(|(id, at, on, before, after)| {
        let decided = CourseChange::Decided {
            before: code("assignment state", &before)?,
            after: code("assignment state", &after)?,
        };
        Ok((id, at, on, decided))
    });
    decided.collect()
}

/// What these obligations were, which are those wanted; `ends` are the first and the last id of them.
///
/// # Errors
/// [`StorageError`].
pub(super) async fn former_asks(
    db: &impl ConnectionTrait,
    wanted: Wanted<'_>,
    zone: LocalZone,
    ends: (Uuid, Uuid),
) -> Result<HashMap<Uuid, Vec<FormerAsk>>, StorageError> {
    use former_ask::Column;
    let mut found: HashMap<Uuid, Vec<FormerAsk>> = HashMap::new();
    let rows = former_ask::Entity::find()
        .filter(wanted.referring(Column::ObligationId, ends))
        .order_by_asc(Column::ChangedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    for row in rows {
        let Some(until) = zone.day(row.changed_at).pred_opt() else {
            continue;
        };
        found.entry(row.obligation_id).or_default().push(FormerAsk {
            until,
            due_on: row.due_on,
            settled_on: row.settled_at.map(|at| zone.day(at)),
            state: code("obligation state", &row.state)?,
        });
    }
    Ok(found)
}

/// Gives these tasks, which are those wanted in the order of ids, what their days were before amendments.
///
/// # Errors
/// [`StorageError`].
pub(super) async fn add_days(
    db: &impl ConnectionTrait,
    wanted: Wanted<'_>,
    rows: &mut [BoardTask],
) -> Result<(), StorageError> {
    use amendment::Column;
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Ok(());
    };
    let about = wanted.referring(Column::TaskId, (first.id.0, last.id.0));
    let of_tasks = changed_days(db, about, AmendmentKind::Amend, Column::TaskId).await?;
    let plans: BTreeSet<Uuid> = rows.iter().map(|row| row.plan_id.0).collect();
    let plans: Vec<Uuid> = plans.into_iter().collect();
    let mut of_plans = HashMap::new();
    for chunk in plans.chunks(CHUNK) {
        let about = Column::PlanId.is_in(chunk.iter().copied());
        of_plans.extend(changed_days(db, about, AmendmentKind::Revise, Column::PlanId).await?);
    }
    for row in rows {
        let own = of_tasks.get(&row.id.0).into_iter().flatten();
        let of_plan = of_plans.get(&row.plan_id.0).into_iter().flatten();
        let mut changes: Vec<(NaiveDate, DaysChange)> = own.chain(of_plan).copied().collect();
        if !changes.is_empty() {
            // Of one day it does not matter in which order different fields were changed.
            changes.sort_by_key(|(on, _)| *on);
            row.past = row.former(&changes);
        }
    }
    Ok(())
}

/// What amendments of a kind changed of days, by the id in `of`.
async fn changed_days(
    db: &impl ConnectionTrait,
    about: SimpleExpr,
    kind: AmendmentKind,
    of: amendment::Column,
) -> Result<Changes<DaysChange>, StorageError> {
    use amendment::Column;
    let rows: Vec<(Option<Uuid>, NaiveDate, Value, Value)> = amendment::Entity::find()
        .select_only()
        .columns([of, Column::AmendedOn, Column::Before, Column::After])
        .filter(about)
        .filter(Column::Kind.eq(kind.as_str()))
        .order_by_asc(Column::AmendedAt)
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let mut found: Changes<DaysChange> = HashMap::new();
    for (id, on, before, after) in rows {
        let change = days_change(&before, &after)?;
        if let Some(id) = id.filter(|_| change != DaysChange::default()) {
            found.entry(id).or_default().push((on, change));
        }
    }
    Ok(found)
}

/// Reads what an amendment changed of days.
fn days_change(before: &Value, after: &Value) -> Result<DaysChange, StorageError> {
    let changed = |field: &str| {
        let was = before.get(field)?;
        (Some(was) != after.get(field)).then(|| was.clone())
    };
    let day = |field: &str| {
        let was = changed(field);
        was.map(|was| from_json("amendment.before", was))
            .transpose()
    };
    let continuous: Option<bool> = match changed("continuous") {
        Some(was) => Some(from_json("amendment.before", was)?),
        None => None,
    };
    Ok(DaysChange {
        due_on: day("due_on")?,
        phases_end_on: day("last_phase_ends_on")?,
        duty: continuous.map(|continuous| match continuous {
            true => Duty::Standing,
            false => Duty::Ending,
        }),
    })
}
