//! Obligations 应报事项. `UNIQUE(source, unit_id)`: a unit is asked once for one thing.

use crate::domain::ids::{DeadlineId, ObligationId, PlanId, RoundId, UnitId};
use crate::domain::obligation::{Moved, ObligationKind, ObligationState, Source};
use crate::domain::resource::Resource;
use crate::storage::decisions;
use crate::storage::error::StorageError;
use crate::storage::obligation_items;
pub use crate::storage::obligation_items::{
    Item, ItemRow, add_items, assignments_asked, items, remove_item,
};
use crate::storage::{CHUNK, WriteTx, code, former_values, insert_absent};
use chrono::{DateTime, NaiveDate, Utc};
use entity::obligation;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// An obligation as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObligation {
    /// Its id.
    pub id: ObligationId,
    /// Its source, as text.
    pub source: String,
    /// Who is asked.
    pub unit_id: UnitId,
    /// What for.
    pub kind: ObligationKind,
    /// The plan.
    pub plan_id: PlanId,
    /// The round, if one asks.
    pub round_id: Option<RoundId>,
    /// The deadline, if one asks.
    pub deadline_id: Option<DeadlineId>,
    /// What is sent up.
    pub what: Option<String>,
    /// Local day it was asked.
    pub opened_on: NaiveDate,
    /// Due day.
    pub due_on: NaiveDate,
    /// Due day at first.
    pub first_due_on: NaiveDate,
    /// Raised when the due day moves.
    pub due_revision: i32,
    /// What moved it last; none for a re-plan by the calendar.
    pub moved: Option<Moved>,
    /// The due day rests on a calendar not announced yet.
    pub provisional: bool,
    /// Where it stands.
    pub state: ObligationState,
    /// When it was made.
    pub opened_at: DateTime<Utc>,
}

/// Asks: writes the obligation and its items unless the source has asked this unit before; whether it was written.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    source: &Source,
    new: &StoredObligation,
    items: &[Item],
) -> Result<bool, StorageError> {
    let row = obligation::ActiveModel {
        id: Set(new.id.0),
        source: Set(source.to_string()),
        unit_id: Set(new.unit_id.0),
        kind: Set(new.kind.as_str().to_owned()),
        plan_id: Set(new.plan_id.0),
        round_id: Set(new.round_id.map(|id| id.0)),
        deadline_id: Set(new.deadline_id.map(|id| id.0)),
        what: Set(new.what.clone()),
        opened_on: Set(new.opened_on),
        due_on: Set(new.due_on),
        first_due_on: Set(new.first_due_on),
        due_revision: Set(new.due_revision),
        moved_by: Set(new.moved.as_ref().map(|moved| moved.by.as_str().to_owned())),
        moved_reason: Set(new.moved.as_ref().map(|moved| moved.reason.clone())),
        provisional: Set(new.provisional),
        state: Set(new.state.as_str().to_owned()),
        opened_at: Set(new.opened_at),
        settled_at: Set(None),
    };
    let inserted = insert_absent(
        tx,
        row,
        vec![obligation::Column::Source, obligation::Column::UnitId],
    )
    .await?;
    if inserted {
        tx.note(Resource::Obligations, new.id.0);
        obligation_items::insert(tx, new.id, 0, items).await?;
    }
    Ok(inserted)
}

/// The obligation that `source` has made for a unit.
///
/// # Errors
/// [`StorageError`].
pub async fn by_source(
    db: &impl ConnectionTrait,
    source: &Source,
    unit_id: UnitId,
) -> Result<Option<StoredObligation>, StorageError> {
    let row = obligation::Entity::find()
        .filter(obligation::Column::Source.eq(source.to_string()))
        .filter(obligation::Column::UnitId.eq(unit_id.0))
        .one(db)
        .await?;
    row.map(obligation_of).transpose()
}

/// Every open obligation, the most urgent first.
///
/// # Errors
/// [`StorageError`].
pub async fn open(db: &impl ConnectionTrait) -> Result<Vec<StoredObligation>, StorageError> {
    let rows = obligation::Entity::find()
        .filter(obligation::Column::State.eq(ObligationState::Open.as_str()))
        .order_by_asc(obligation::Column::DueOn)
        .order_by_asc(obligation::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(obligation_of).collect()
}

/// Obligations with these ids, in no particular order.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
) -> Result<Vec<StoredObligation>, StorageError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = obligation::Entity::find()
            .filter(obligation::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .all(db)
            .await?;
        for row in rows {
            found.push(obligation_of(row)?);
        }
    }
    Ok(found)
}

/// Obligations of a unit, or of everyone, newest first; at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    unit_id: Option<UnitId>,
    only_open: bool,
    limit: u64,
) -> Result<Vec<StoredObligation>, StorageError> {
    let mut query = obligation::Entity::find();
    if let Some(unit) = unit_id {
        query = query.filter(obligation::Column::UnitId.eq(unit.0));
    }
    if only_open {
        query = query.filter(obligation::Column::State.eq(ObligationState::Open.as_str()));
    }
    let rows = query
        .order_by_desc(obligation::Column::OpenedAt)
        .order_by_desc(obligation::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(obligation_of).collect()
}

/// Obligations of a round.
///
/// # Errors
/// [`StorageError`].
pub async fn of_round(
    db: &impl ConnectionTrait,
    round_id: RoundId,
) -> Result<Vec<StoredObligation>, StorageError> {
    let rows = obligation::Entity::find()
        .filter(obligation::Column::RoundId.eq(round_id.0))
        .order_by_asc(obligation::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(obligation_of).collect()
}

/// Those of these obligations that are open, kept as they are until the transaction ends: whoever would settle or move
/// one of them waits, and whoever is at it is waited for. (SQLite has one writer at a time anyway.)
///
/// # Errors
/// [`StorageError`].
pub async fn hold_open(
    tx: &WriteTx,
    ids: &[ObligationId],
) -> Result<Vec<StoredObligation>, StorageError> {
    let mut held = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = obligation::Entity::find()
            .filter(obligation::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .filter(obligation::Column::State.eq(ObligationState::Open.as_str()))
            .order_by_asc(obligation::Column::Id)
            .lock_shared()
            .all(tx)
            .await?;
        for row in rows {
            held.push(obligation_of(row)?);
        }
    }
    Ok(held)
}

/// These obligations, whatever their state, kept as they are until the transaction ends: two who answer one obligation
/// wait for each other.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(
    tx: &WriteTx,
    ids: &[ObligationId],
) -> Result<Vec<StoredObligation>, StorageError> {
    let mut held = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = obligation::Entity::find()
            .filter(obligation::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(obligation::Column::Id)
            .lock_exclusive()
            .all(tx)
            .await?;
        for row in rows {
            held.push(obligation_of(row)?);
        }
    }
    Ok(held)
}

/// Asks per unit opened on the local days `from..=to` (those that do not count left out).
///
/// # Errors
/// [`StorageError`].
pub async fn asks_between(
    db: &impl ConnectionTrait,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<std::collections::HashMap<UnitId, u32>, StorageError> {
    let rows: Vec<(Uuid, i64)> = obligation::Entity::find()
        .select_only()
        .column(obligation::Column::UnitId)
        .column_as(obligation::Column::Id.count(), "asks")
        .filter(obligation::Column::OpenedOn.between(from, to))
        .filter(obligation::Column::Kind.is_not_in(ObligationKind::uncounted()))
        .filter(obligation::Column::State.ne(ObligationState::Withdrawn.as_str()))
        .group_by(obligation::Column::UnitId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(unit, asks)| (UnitId(unit), u32::try_from(asks).unwrap_or(u32::MAX)))
        .collect())
}

/// Settles an open obligation; whether this call did it.
///
/// # Errors
/// [`StorageError`].
pub async fn settle(
    tx: &WriteTx,
    id: ObligationId,
    state: ObligationState,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let result = obligation::Entity::update_many()
        .col_expr(obligation::Column::State, Expr::value(state.as_str()))
        .col_expr(obligation::Column::SettledAt, Expr::value(now))
        .filter(obligation::Column::Id.eq(id.0))
        .filter(obligation::Column::State.eq(ObligationState::Open.as_str()))
        .exec(tx)
        .await?;
    tx.note(Resource::Obligations, id.0);
    Ok(result.rows_affected > 0)
}

/// Records that these obligations were answered, also where they had been left unanswered.
///
/// # Errors
/// [`StorageError`].
pub async fn answer(
    tx: &WriteTx,
    ids: &[ObligationId],
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let waiting = [ObligationState::Open, ObligationState::Unanswered];
    for chunk in ids.chunks(CHUNK) {
        let among = obligation::Column::Id.is_in(chunk.iter().map(|id| id.0));
        let was_left = obligation::Column::State.eq(ObligationState::Unanswered.as_str());
        former_values::keep_asks(tx, Condition::all().add(among).add(was_left)).await?;
        obligation::Entity::update_many()
            .col_expr(
                obligation::Column::State,
                Expr::value(ObligationState::Answered.as_str()),
            )
            .col_expr(obligation::Column::SettledAt, Expr::value(now))
            .filter(obligation::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .filter(obligation::Column::State.is_in(waiting.map(ObligationState::as_str)))
            .exec(tx)
            .await?;
    }
    for id in ids {
        tx.note(Resource::Obligations, id.0);
    }
    Ok(())
}

/// Records that a due day no longer rests on a provisional calendar.
///
/// # Errors
/// [`StorageError`].
pub async fn confirm_due(tx: &WriteTx, id: ObligationId) -> Result<(), StorageError> {
    obligation::Entity::update_many()
        .col_expr(obligation::Column::Provisional, Expr::value(false))
        .filter(obligation::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Obligations, id.0);
    Ok(())
}

/// Moves the due day of an open obligation and raises its revision; whether this call did it.
///
/// # Errors
/// [`StorageError`].
pub async fn move_due(
    tx: &WriteTx,
    obligation: &StoredObligation,
    due_on: NaiveDate,
    provisional: bool,
) -> Result<bool, StorageError> {
    let unmoved = Condition::all()
        .add(obligation::Column::Id.eq(obligation.id.0))
        .add(obligation::Column::DueRevision.eq(obligation.due_revision))
        .add(obligation::Column::State.eq(ObligationState::Open.as_str()));
    former_values::keep_asks(tx, unmoved.clone()).await?;
    let result = obligation::Entity::update_many()
        .col_expr(obligation::Column::DueOn, Expr::value(due_on))
        .col_expr(obligation::Column::Provisional, Expr::value(provisional))
        .col_expr(
            obligation::Column::DueRevision,
            Expr::value(obligation.due_revision + 1),
        )
        .filter(unmoved)
        .exec(tx)
        .await?;
    tx.note(Resource::Obligations, obligation.id.0);
    decisions::note_asked(tx, [obligation]);
    Ok(result.rows_affected > 0)
}

/// Sets another due day, or says that the old one holds, and raises the revision: reminders are planned anew. What was
/// answered or left unanswered is open again. A day that a person sets is provisional no more. `one` is the obligation as it
/// is held.
///
/// # Errors
/// [`StorageError`].
pub async fn open_again(
    tx: &WriteTx,
    one: &StoredObligation,
    due_on: NaiveDate,
    moved: &Moved,
) -> Result<StoredObligation, StorageError> {
    if (one.state, one.due_on) != (ObligationState::Open, due_on) {
        let itself = Condition::all().add(obligation::Column::Id.eq(one.id.0));
        former_values::keep_asks(tx, itself).await?;
    }
    let provisional = one.provisional && moved.by.rests_as_before(due_on == one.due_on);
    obligation::Entity::update_many()
        .col_expr(obligation::Column::DueOn, Expr::value(due_on))
        .col_expr(obligation::Column::Provisional, Expr::value(provisional))
        .col_expr(
            obligation::Column::DueRevision,
            Expr::value(one.due_revision + 1),
        )
        .col_expr(
            obligation::Column::State,
            Expr::value(ObligationState::Open.as_str()),
        )
        .col_expr(
            obligation::Column::SettledAt,
            Expr::value(None::<DateTime<Utc>>),
        )
        .col_expr(obligation::Column::MovedBy, Expr::value(moved.by.as_str()))
        .col_expr(
            obligation::Column::MovedReason,
            Expr::value(moved.reason.as_str()),
        )
        .filter(obligation::Column::Id.eq(one.id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Obligations, one.id.0);
    decisions::note_asked(tx, [one]);
    Ok(StoredObligation {
        due_on,
        provisional,
        due_revision: one.due_revision + 1,
        state: ObligationState::Open,
        moved: Some(moved.clone()),
        ..one.clone()
    })
}

pub(super) fn obligation_of(row: obligation::Model) -> Result<StoredObligation, StorageError> {
    Ok(StoredObligation {
        id: ObligationId(row.id),
        source: row.source,
        unit_id: UnitId(row.unit_id),
        kind: code("obligation kind", &row.kind)?,
        plan_id: PlanId(row.plan_id),
        round_id: row.round_id.map(RoundId),
        deadline_id: row.deadline_id.map(DeadlineId),
        what: row.what,
        opened_on: row.opened_on,
        due_on: row.due_on,
        first_due_on: row.first_due_on,
        due_revision: row.due_revision,
        moved: match row.moved_by {
            Some(by) => Some(Moved {
                by: code("move", &by)?,
                reason: row.moved_reason.unwrap_or_default(),
            }),
            None => None,
        },
        provisional: row.provisional,
        state: code("obligation state", &row.state)?,
        opened_at: row.opened_at,
    })
}
