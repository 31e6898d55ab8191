//! What was decided in dispatches 议定事项.

use crate::domain::decision::DecisionCourse;
use crate::domain::ids::{CycleId, DecisionId, ObligationId, RoundId, TaskId, UnitId};
use crate::domain::obligation::Source;
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, code};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{decision, round};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};

/// A decision as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDecision {
    /// Its id.
    pub id: DecisionId,
    /// The dispatch in which it was made.
    pub round_id: RoundId,
    /// The how-manieth of that round, from 1.
    pub number: i32,
    /// What was decided.
    pub text: String,
    /// Who follows it up.
    pub unit_id: UnitId,
    /// By when, as decided.
    pub due_on: NaiveDate,
    /// The task that it is about.
    pub task_id: Option<TaskId>,
    /// The obligation that it became.
    pub obligation_id: ObligationId,
    /// What people have made of it.
    pub course: DecisionCourse,
    /// Who wrote it down.
    pub made_by: String,
    /// Local day.
    pub made_on: NaiveDate,
    /// When.
    pub made_at: DateTime<Utc>,
    /// Why the unit is asked although it is asked often, or for the same day.
    pub ask_reason: Option<String>,
    /// Who returned, closed or withdrew it last.
    pub decided_by: Option<String>,
    /// Local day.
    pub decided_on: Option<NaiveDate>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// What was said then.
    pub decision_note: Option<String>,
}

/// Writes a decision.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredDecision) -> Result<(), StorageError> {
    let row = decision::ActiveModel {
        id: Set(new.id.0),
        round_id: Set(new.round_id.0),
        number: Set(new.number),
        text: Set(new.text.clone()),
        unit_id: Set(new.unit_id.0),
        due_on: Set(new.due_on),
        task_id: Set(new.task_id.map(|id| id.0)),
        obligation_id: Set(new.obligation_id.0),
        state: Set(new.course.as_str().to_owned()),
        made_by: Set(new.made_by.clone()),
        made_on: Set(new.made_on),
        made_at: Set(new.made_at),
        ask_reason: Set(new.ask_reason.clone()),
        decided_by: Set(new.decided_by.clone()),
        decided_on: Set(new.decided_on),
        decided_at: Set(new.decided_at),
        note: Set(new.decision_note.clone()),
    };
    row.insert(tx).await?;
    tx.note(Resource::Decisions, new.id.0);
    Ok(())
}

/// Notes that decisions look different, because something became of the obligations that they are.
pub fn note_asked<'a>(tx: &WriteTx, asked: impl IntoIterator<Item = &'a StoredObligation>) {
    for one in asked {
        if let Some(id) = Source::decision_of(&one.source) {
            tx.note(Resource::Decisions, id.0);
        }
    }
}

/// The number of the next decision of a round.
///
/// # Errors
/// [`StorageError`].
pub async fn next_number(db: &impl ConnectionTrait, round: RoundId) -> Result<i32, StorageError> {
    let last: Option<Option<i32>> = decision::Entity::find()
        .select_only()
        .column_as(decision::Column::Number.max(), "last")
        .filter(decision::Column::RoundId.eq(round.0))
        .into_tuple()
        .one(db)
        .await?;
    Ok(last.flatten().map_or(1, |last| last.saturating_add(1)))
}

/// The day named by the decision that became this obligation.
///
/// # Errors
/// [`StorageError`].
pub async fn due_of(
    db: &impl ConnectionTrait,
    id: ObligationId,
) -> Result<Option<NaiveDate>, StorageError> {
    let row = decision::Entity::find()
        .filter(decision::Column::ObligationId.eq(id.0))
        .one(db)
        .await?;
    Ok(row.map(|row| row.due_on))
}

/// The decision of that id, kept as it is until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(tx: &WriteTx, id: DecisionId) -> Result<Option<StoredDecision>, StorageError> {
    let row = decision::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(tx)
        .await?;
    row.map(decision_of).transpose()
}

/// Writes what people have made of it.
///
/// # Errors
/// [`StorageError`].
pub async fn decide(tx: &WriteTx, decided: &StoredDecision) -> Result<(), StorageError> {
    use decision::Column as C;
    decision::Entity::update_many()
        .col_expr(C::State, Expr::value(decided.course.as_str()))
        .col_expr(C::DecidedBy, Expr::value(decided.decided_by.clone()))
        .col_expr(C::DecidedOn, Expr::value(decided.decided_on))
        .col_expr(C::DecidedAt, Expr::value(decided.decided_at))
        .col_expr(C::Note, Expr::value(decided.decision_note.clone()))
        .filter(C::Id.eq(decided.id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Decisions, decided.id.0);
    Ok(())
}

/// Everything decided in the rounds of a cycle, the oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn of_cycle(
    db: &impl ConnectionTrait,
    cycle: CycleId,
) -> Result<Vec<StoredDecision>, StorageError> {
    let rounds = round::Entity::find()
        .select_only()
        .column(round::Column::Id)
        .filter(round::Column::CycleId.eq(cycle.0));
    let rows = decision::Entity::find()
        .filter(decision::Column::RoundId.in_subquery(rounds.into_query()))
        .order_by_asc(decision::Column::MadeAt)
        .order_by_asc(decision::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(decision_of).collect()
}

pub(super) fn decision_of(row: decision::Model) -> Result<StoredDecision, StorageError> {
    Ok(StoredDecision {
        id: DecisionId(row.id),
        round_id: RoundId(row.round_id),
        number: row.number,
        text: row.text,
        unit_id: UnitId(row.unit_id),
        due_on: row.due_on,
        task_id: row.task_id.map(TaskId),
        obligation_id: ObligationId(row.obligation_id),
        course: code("course of a decision", &row.state)?,
        made_by: row.made_by,
        made_on: row.made_on,
        made_at: row.made_at,
        ask_reason: row.ask_reason,
        decided_by: row.decided_by,
        decided_on: row.decided_on,
        decided_at: row.decided_at,
        decision_note: row.note,
    })
}
