//! Objections 异议 to scores. `UNIQUE(appraisal_id, unit_id, number)`.

use crate::domain::appraisal::ObjectionState;
use crate::domain::decimal::Decimal;
use crate::domain::ids::{AppraisalId, ObjectionId, UnitId};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code};
use chrono::{DateTime, Utc};
use entity::score_objection;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};

/// An objection as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObjection {
    /// Its id.
    pub id: ObjectionId,
    /// The appraisal.
    pub appraisal_id: AppraisalId,
    /// The unit.
    pub unit_id: UnitId,
    /// The how-manieth of the unit, from 1.
    pub number: i32,
    /// Where it stands.
    pub state: ObjectionState,
    /// Why the unit objects.
    pub reason: String,
    /// Who objected.
    pub raised_by: String,
    /// When.
    pub raised_at: DateTime<Utc>,
    /// Points given or taken.
    pub points: Option<Decimal>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why.
    pub decision_note: Option<String>,
}

/// Writes an objection.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredObjection) -> Result<(), StorageError> {
    let row = score_objection::ActiveModel {
        id: Set(new.id.0),
        appraisal_id: Set(new.appraisal_id.0),
        unit_id: Set(new.unit_id.0),
        number: Set(new.number),
        state: Set(new.state.as_str().to_owned()),
        reason: Set(new.reason.clone()),
        raised_by: Set(new.raised_by.clone()),
        raised_at: Set(new.raised_at),
        micros: Set(new.points.map(Decimal::micros)),
        decided_by: Set(new.decided_by.clone()),
        decided_at: Set(new.decided_at),
        decision_note: Set(new.decision_note.clone()),
    };
    row.insert(tx).await?;
    tx.note(Resource::Appraisals, new.appraisal_id.0);
    Ok(())
}

/// Writes what was decided.
///
/// # Errors
/// [`StorageError`].
pub async fn decide(tx: &WriteTx, decided: &StoredObjection) -> Result<(), StorageError> {
    use score_objection::Column as C;
    score_objection::Entity::update_many()
        .col_expr(C::State, Expr::value(decided.state.as_str()))
        .col_expr(C::Micros, Expr::value(decided.points.map(Decimal::micros)))
        .col_expr(C::DecidedBy, Expr::value(decided.decided_by.clone()))
        .col_expr(C::DecidedAt, Expr::value(decided.decided_at))
        .col_expr(C::DecisionNote, Expr::value(decided.decision_note.clone()))
        .filter(C::Id.eq(decided.id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Appraisals, decided.appraisal_id.0);
    Ok(())
}

/// Every objection of an appraisal, the first first.
///
/// # Errors
/// [`StorageError`].
pub async fn of_appraisal(
    db: &impl ConnectionTrait,
    id: AppraisalId,
) -> Result<Vec<StoredObjection>, StorageError> {
    let rows = score_objection::Entity::find()
        .filter(score_objection::Column::AppraisalId.eq(id.0))
        .order_by_asc(score_objection::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(objection_of).collect()
}

pub(super) fn objection_of(row: score_objection::Model) -> Result<StoredObjection, StorageError> {
    Ok(StoredObjection {
        id: ObjectionId(row.id),
        appraisal_id: AppraisalId(row.appraisal_id),
        unit_id: UnitId(row.unit_id),
        number: row.number,
        state: code("objection state", &row.state)?,
        reason: row.reason,
        raised_by: row.raised_by,
        raised_at: row.raised_at,
        points: row.micros.map(Decimal::of_micros),
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        decision_note: row.decision_note,
    })
}
